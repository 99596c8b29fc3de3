"""The tags job: chosen values of the library into the tags of the files, as one change that can be undone.

Only fields that the DJ names are written, and of those only what is known: what the library does not know
stays in the file as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, cast

from djtui.config import Settings
from djtui.files import chosen, tag_writing, tags
from djtui.files.announcing import LongAnnouncement, begun
from djtui.files.changing import Batches, Change, Changing
from djtui.files.container import Unreadable
from djtui.files.on_disk import found_files
from djtui.files.safe_write import Unwritable
from djtui.files.scanning import RESOURCE
from djtui.files.step_rows import FileStep
from djtui.files.tag_writing import Value, WriteOptions
from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure, Job, JobError
from djtui.library import tracks
from djtui.library.database import Reader
from djtui.model.key import Notation
from djtui.model.text import plural
from djtui.model.track import Track

KIND: Final = "tags"
"""The kind of these changes in the history."""

REPLAYGAIN_LUFS: Final = -18.0
"""The loudness at which ReplayGain 2.0 aims."""

_PART: Final = 500
_GROUP: Final = 5000

MISSING: Final = "The file is not there."


def _loudness(track: Track) -> float | None:
    return None if track.lufs is None else round(REPLAYGAIN_LUFS - track.lufs, 2)


FIELDS: Final[dict[str, Callable[[Track], Value]]] = {
    "title": lambda track: track.title,
    "artist": lambda track: track.artist,
    "album": lambda track: track.album,
    "albumartist": lambda track: track.albumartist,
    "genre": lambda track: track.genre,
    "label": lambda track: track.label,
    "catalogue": lambda track: track.catalogue,
    "remixer": lambda track: track.remixer,
    "producer": lambda track: track.producer,
    "comment": lambda track: track.comment,
    "isrc": lambda track: track.isrc,
    "track": lambda track: track.track_number,
    "year": lambda track: track.year,
    "released": lambda track: track.released,
    "rating": lambda track: track.rating,
    "bpm": lambda track: track.bpm,
    "key": lambda track: track.key if track.key is not None else track.key_text,
    "replaygain": _loudness,
}
"""What can be written: field -> where its value comes from."""


def tags_job(params: dict[str, Any], settings: Settings) -> Job:
    """The job for `djtui tags write`.

    Params: fields; ids | query | neither (all); notation (of keys: camelot, musical, open); mtime (keep,
    now); id3_version (3, 4: of files that have no tag); retry (a list of paths). Raises `JobError`.
    """
    fields = checked(params.get("fields") or ())
    if not fields:
        raise JobError(f"Name the fields to write: {', '.join(FIELDS)}.")
    work = Tagging(params, fields, Change(options=options(params)))
    return TagsJob(
        kind="tags",
        key=f"tags:{chosen.key(params, 'fields', 'notation', 'mtime', 'id3_version')}",
        title=f"Tags · {', '.join(fields)} · {chosen.said(params)}",
        phases=(Planning(work), Changing(work.change, "Writing", ("tags",))),
        writes=frozenset({RESOURCE}),
        lean=True,
        work=work,
    )


@dataclass
class Tagging:
    """One such job under way."""

    params: Mapping[str, Any]
    fields: Sequence[str]
    change: Change
    planned: int = 0
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(eq=False)
class TagsJob(Job):
    """The job, with what it did as the result."""

    work: Tagging = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        return {"written": self.work.change.done, "change": self.work.change.id}


def checked(fields: Sequence[str]) -> list[str]:
    """Fields that can be written, each once. Raises `JobError`."""
    for name in fields:
        if name not in FIELDS:
            raise JobError(f"{name!r} is no tag that djtui writes; there are {', '.join(FIELDS)}.")
    return list(dict.fromkeys(fields))


def options(params: Mapping[str, Any]) -> WriteOptions:
    """How tags are written, as the params of a job say."""
    return WriteOptions(
        notation=cast(Notation, params.get("notation") or "camelot"),
        mtime=params.get("mtime") or "keep",
        id3_version=int(params.get("id3_version") or 3),
    )


def values(track: Track, fields: Sequence[str]) -> dict[str, Value]:
    """What is known of these fields."""
    found = {name: FIELDS[name](track) for name in fields}
    return {name: value for name, value in found.items() if value is not None}


@dataclass
class Planning:
    """Writes down which tags of which files are to be written. The plan of a job that was cut off stands."""

    job: Tagging
    name: str = "Planning"
    repeat: bool = True
    keeps: bool = True

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate(items=await chosen.count(ctx.library, self.job.params))

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        work.change.id = await begun(ctx.library, ctx.job_id, KIND, whole=True)
        if work.change.id is not None:
            return
        ctx.start_over()
        ids = await chosen.chosen(ctx.library, work.params)
        ctx.report(total=len(ids))
        written = LongAnnouncement(work.change, KIND, ctx.job_id, f"Tags: {', '.join(work.fields)}")
        for start in range(0, len(ids), _GROUP):
            part = ids[start : start + _GROUP]
            steps, missing = await tag_steps(ctx.library, part, work.fields, first=written.next)
            yield Batch(
                partial(written.add, steps=steps),
                processed=len(part),
                failures=[ItemFailure(path or f"track {id}", MISSING, id) for id, path in missing.items()],
            )
            written.added(steps)
        if written.id is None:
            return
        written.title = f"Tags of {plural(written.tracks, 'track')}: {', '.join(work.fields)}"
        yield Batch(written.close, durable=True)
        written.written()


@dataclass(frozen=True, slots=True)
class Difference:
    """What would be written into one file: field -> (what it says, what it would say)."""

    track_id: int
    path: str
    fields: Mapping[str, tuple[Value, Value]]


async def preview(library: Reader, params: Mapping[str, Any], limit: int = 200) -> list[Difference]:
    """What the job would write, of the first so many files that it means. Reads only. Raises `JobError`."""
    fields = checked(params.get("fields") or ())
    ids = (await chosen.chosen(library, params))[:limit]
    steps, _ = await tag_steps(library, ids, fields)
    return await asyncio.to_thread(_differences, steps, options(params))


def _differences(steps: Sequence[FileStep], options: WriteOptions) -> list[Difference]:
    found = []
    for step in steps:
        try:
            was = tags.read(step.source)
            wanted = tag_writing.as_read(step.detail["fields"], options)
        except (Unreadable, Unwritable):
            continue
        before = {name: getattr(was, name) for name in wanted}
        fields = {name: (before[name], now) for name, now in wanted.items() if before[name] != now}
        if fields:
            found.append(Difference(step.track_id or 0, step.source, fields))
    return found


async def tag_steps(
    library: Reader,
    ids: Sequence[int],
    fields: Sequence[str],
    *,
    first: int = 1,
    paths: Mapping[int, str] | None = None,
) -> tuple[list[FileStep], dict[int, str | None]]:
    """The steps that write fields of tracks, and the tracks whose files are not there, with their paths.

    `first`: the number of the first step. `paths`: where the files of some tracks will be by then.
    """
    steps: list[FileStep] = []
    missing: dict[int, str | None] = {}
    for start in range(0, len(ids), _PART):
        found = await tracks.get_many(library, ids[start : start + _PART])
        there = await asyncio.to_thread(found_files, {id: it.path for id, it in found.items() if it.path})
        for id in ids[start : start + _PART]:
            if (track := found.get(id)) is None:
                continue
            if id not in there:
                missing[id] = track.path
                continue
            path, file = there[id]
            if wanted := values(track, fields):
                source = (paths or {}).get(id, path)
                number = first + len(steps)
                steps.append(FileStep(number, id, "tags", source, file=file, detail={"fields": wanted}))
    return steps, missing
