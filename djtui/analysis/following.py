"""The last phase of an analysis: the tempi that a track goes through, for those whose tempo changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import partial
from typing import Final

from djtui.analysis.hearing import follow
from djtui.analysis.listening import File, time_limit
from djtui.analysis.result import Unanalyzable
from djtui.analysis.work import Work, nothing
from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure, TaskCrashed, TaskTimeout, Wait
from djtui.library import analyses

LANE: Final = "wandering"
_SLOWER: Final = 5.0  # than the analysis itself, and its libraries take half a minute to load the first time
_LOOK_S: Final = 0.25

# Those that were followed have pairs of a second and a tempo there, the others have tempi.
_CHANGING: Final = """
SELECT track.id, track.path, track.genre, analysis.size, analysis.mtime_ns, analysis.duration
FROM analysis JOIN track ON track.id = analysis.track_id AND track.path = analysis.path
WHERE analysis.steadiness = 'changing' AND analysis.heard >= ?
AND json_type(analysis.tempi, '$[0]') IS NOT 'array'
ORDER BY track.id
"""


@dataclass
class Following:
    """Follows the tempo of the tracks that this job found changing, one after the other."""

    job: Work
    name: str = "Following tempo changes"

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> AsyncGenerator[Batch | Wait, None]:
        rows = await ctx.library.fetchall(_CHANGING, (self.job.since,))
        ctx.report(total=ctx.done + len(rows))
        for row in rows:
            file = File(row["path"], row["size"], row["mtime_ns"], row["duration"], row["genre"], row["id"])
            ctx.report(message=file.path.rpartition("/")[2])
            limit = self.job.timeout or _SLOWER * time_limit(file, self.job.settings)
            task = asyncio.ensure_future(
                ctx.run(LANE, follow, file.path, self.job.options(file), timeout=limit)
            )
            try:
                while not (await asyncio.wait({task}, timeout=_LOOK_S))[0]:
                    yield Batch(nothing)  # a job that is to end is asked between batches
                yield _batch(file, task)
            finally:
                task.cancel()
                await asyncio.wait({task})


def _batch(file: File, task: asyncio.Future[list[tuple[float, float]]]) -> Batch:
    assert file.track_id is not None
    try:
        tempi = task.result()
    except Unanalyzable as error:
        return _failed(file, error.sentence)
    except (TaskTimeout, TaskCrashed) as error:
        return _failed(file, str(error))
    if not tempi:
        return Batch(nothing, processed=1)
    return Batch(partial(analyses.put_tempi, tempi={file.track_id: tempi}), processed=1, updated=1)


def _failed(file: File, why: str) -> Batch:
    sentence = f"Its tempo changes, and could not be followed: {why}"
    return Batch(nothing, processed=1, failures=[ItemFailure(file.path, sentence, file.track_id)])
