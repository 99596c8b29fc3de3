"""What an analysis has found goes to the tags of the files: by tags jobs that it asks for at its end.

Only what is in the library is written, and only where that is what the analysis hears: where the two differ,
the DJ has the say first. A job of its own, for writing holds the files, and hours of listening must not.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from djtui.analysis.analyzing import AnalysisJob
from djtui.analysis.choosing import Selection, candidates
from djtui.analysis.storing import KIND as ANALYSIS
from djtui.files.tag_defaults import as_params
from djtui.files.tagging import KIND as TAGS
from djtui.files.tagging import tags_job
from djtui.jobs import records
from djtui.jobs.job import Batch, Context, Cursor, Estimate, Job, JobError
from djtui.library.database import Reader, Tx
from djtui.library.tracks import as_json
from djtui.query.differing import SAME_BPM

_HEARD: Final = {
    "bpm": f"abs(track.bpm - analysis.bpm) <= {SAME_BPM}",
    "key": "track.key = analysis.key",
    "replaygain": "track.lufs = analysis.lufs",
}
"""Whether the library has what the analysis hears, by field."""

FIELDS: Final = tuple(_HEARD)

_MEANT: Final = f"""
SELECT track.id, {", ".join(f"coalesce({heard}, 0) AS {field}" for field, heard in _HEARD.items())}
FROM analysis JOIN track ON track.id = analysis.track_id AND track.path = analysis.path
WHERE analysis.reason IS NULL AND (
    track.id IN (SELECT value FROM json_each(?))
    OR track.id IN (SELECT track_id FROM change_item JOIN change ON change.id = change_id
                    WHERE change.job_id = ? AND change.kind = '{ANALYSIS}')
)
ORDER BY track.id
"""


def with_tags(job: Job, fields: Sequence[str]) -> Job:
    """The analysis with one more phase, which asks for the tags jobs. Raises `JobError`."""
    assert isinstance(job, AnalysisJob)
    if strange := [name for name in fields if name not in FIELDS]:
        raise JobError(f"{strange[0]!r} is nothing that an analysis finds; there are {', '.join(FIELDS)}.")
    job.key = f"{job.key}:{'+'.join(fields)}"
    job.phases = (*job.phases, Handing(job.job.selection, tuple(fields)))
    return job


@dataclass
class Handing:
    """Asks for the writing, in one job for all files that get the same fields."""

    selection: Selection
    fields: tuple[str, ...]
    name: str = "Handing to tags"

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> AsyncGenerator[Batch, None]:
        jobs: list[tuple[Job, dict[str, Any]]] = []
        tracks = 0
        for fields, ids in (await self._groups(ctx)).items():
            params = {"fields": list(fields), "ids": ids, "after": ctx.job_id}
            params |= as_params(ctx.settings.files)
            jobs.append((tags_job(params, ctx.settings), params))
            tracks += len(ids)
        yield Batch(partial(_ask, jobs=jobs, after=ctx.job_id), processed=tracks)

    async def _groups(self, ctx: Context) -> dict[tuple[str, ...], list[int]]:
        """The tracks by the fields that are to be written of them."""
        meant: Sequence[int] = ()
        it = self.selection
        if it.ids is not None or it.query is not None or it.again:
            meant, _ = await candidates(ctx.library, replace(it, retry=False))
        groups: dict[tuple[str, ...], list[int]] = {}
        for row in await ctx.library.fetchall(_MEANT, (as_json(list(meant)), ctx.job_id)):
            if fields := tuple(name for name in self.fields if row[name]):
                groups.setdefault(fields, []).append(row["id"])
        return groups


async def _ask(tx: Tx, jobs: Sequence[tuple[Job, dict[str, Any]]], after: int) -> None:
    """Ask for the jobs; not a second time, should this batch be done again."""
    if not await asked(tx, after):
        for job, params in jobs:
            await records.insert(tx, job, params)


async def asked(library: Reader, after: int) -> list[int]:
    """The tags jobs that an analysis job has asked for."""
    rows = await library.fetchall(
        "SELECT id FROM job WHERE kind = ? AND params ->> 'after' = ? ORDER BY id", (TAGS, after)
    )
    return [row["id"] for row in rows]
