"""The job "merge": of tracks that are the same one is kept, with all that the others had.

Planning looks at the files and writes down which go to the trash folder, on the disk before the first one is
touched. Merging moves them there; in the transaction that notes it the keeper gets cues, rating, plays, the
places in playlists, and the other track leaves the library (and at the next export Traktor's collection).
Nothing is deleted, and the job of `reversing` takes it all back.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from sqlite3 import Row
from typing import Any, Final

from djtui.bridge.merge_rows import merge
from djtui.config import Settings
from djtui.files import step_rows
from djtui.files.announcing import Announcement, begun
from djtui.files.changing import Batches, Change, Changing
from djtui.files.placing import look
from djtui.files.scanning import RESOURCE
from djtui.files.step_rows import FileStep, Identity, Outcome
from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure, Job, JobError
from djtui.library.database import Reader, Tx
from djtui.library.tracks import as_json

KIND: Final = "merge"
"""The kind of the jobs, and of their changes in the history."""

_AT_ONCE: Final = 100
_KEEPER: Final = "keeper"
_CHANGED: Final = "It was changed since it was scanned, and may no longer be the same: scan it again."


@dataclass(slots=True)
class Merge:
    """One merge under way. `groups`: keeper -> the tracks that are merged into it."""

    groups: Mapping[int, Sequence[int]]
    trash: str
    change: Change = field(default_factory=Change)
    merged: int = 0
    fileless: list[tuple[int, int]] = field(default_factory=list)


def merging_job(params: dict[str, Any], settings: Settings) -> Job:
    """The job that merges. Params: groups, each the keeper's id and then those of the others.

    Raises `JobError` where a track stands in two groups.
    """
    groups: dict[int, list[int]] = {}
    seen: set[int] = set()
    for keeper, *others in params["groups"]:
        ids = {int(keeper), *map(int, others)}
        if seen & ids or len(ids) != 1 + len(others):
            raise JobError("A track stands in two groups: merge one of them after the other.")
        seen |= ids
        groups[int(keeper)] = [int(id) for id in others]
    many = len(seen) - len(groups)
    work = Merge(groups, settings.files.trash)
    digest = hashlib.blake2b(as_json(params["groups"]).encode(), digest_size=8).hexdigest()
    title = f"Merge · {many:,} duplicate{'' if many == 1 else 's'}"
    return MergeJob(
        kind=KIND,
        key=f"{KIND}:{digest}",
        title=title,
        phases=(Planning(work, title.replace(" · ", " of ")), Merging(work)),
        writes=frozenset({RESOURCE}),
        work=work,
    )


@dataclass(eq=False)
class MergeJob(Job):
    """The job; its result says how many tracks were merged into others, and which change that is."""

    work: Merge = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        return {"merged": self.work.merged, "change": self.work.change.id}


def trash_folder(setting: str, library: Path) -> str:
    """Where files go that are no longer wanted: by default a folder beside the library's file."""
    return os.path.normpath(Path(setting).expanduser().absolute() if setting else library.parent / "trash")


# -- planning -------------------------------------------------------------------------------------


@dataclass
class Planning:
    """Looks at the files and writes down which go where. The plan of a job that was cut off stands."""

    job: Merge
    title: str
    name: str = "Planning"
    repeat: bool = True
    keeps: bool = True

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate(items=sum(map(len, self.job.groups.values())))

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        work.change.id = await begun(ctx.library, ctx.job_id, KIND)
        planned = await _planned(ctx.library, work.change.id)
        folder = _folder(trash_folder(work.trash, ctx.library.path), ctx.job_id)
        found = _Looked(folder)
        ctx.report(total=sum(map(len, work.groups.values())))
        keepers = list(work.groups)
        for start in range(0, len(keepers), _AT_ONCE):
            groups = {id: work.groups[id] for id in keepers[start : start + _AT_ONCE]}
            tracks = await _tracks(ctx.library, [id for keeper in groups for id in (keeper, *groups[keeper])])
            await asyncio.to_thread(found.look_at, groups, tracks, planned)
        work.fileless = found.fileless
        if work.change.id is not None:
            return
        ctx.start_over()
        announcement = Announcement(work.change, KIND, self.title, ctx.job_id, found.numbered())
        yield Batch(
            partial(announcement.store, whole=bool(found.fileless)),
            processed=len(found.steps) + len(found.fileless) + len(found.failures),
            failures=found.failures,
            durable=True,
        )
        announcement.written()


async def _planned(library: Reader, change_id: int | None) -> set[int]:
    """The tracks whose files a change means to move."""
    rows = await library.fetchall(
        "SELECT track_id FROM file_step WHERE change_id IS ? AND kind = 'trash'", (change_id,)
    )
    return {row["track_id"] for row in rows}


async def _tracks(library: Reader, ids: Sequence[int]) -> dict[int, Row]:
    rows = await library.fetchall(
        "SELECT track.id, track.path, title, artist, file.size, file.mtime_ns, file.whole,"
        " (SELECT json_group_array(id) FROM track AS other WHERE other.path = track.path) AS sharing"
        " FROM track LEFT JOIN file ON file.track_id = track.id AND file.path = track.path"
        " WHERE track.id IN (SELECT value FROM json_each(?))",
        (as_json(list(ids)),),
    )
    return {row["id"]: row for row in rows}


def _folder(trash: str, job_id: int) -> str:
    """The folder in the trash for the files of one merge."""
    return os.path.join(trash, f"{datetime.now(UTC):%Y-%m-%d} merge {job_id}")  # noqa: PTH118


@dataclass(slots=True)
class _Looked:
    """What the groups come to: files to be moved, (keeper, other) pairs without one, and what cannot be."""

    folder: str
    steps: list[FileStep] = field(default_factory=list)
    fileless: list[tuple[int, int]] = field(default_factory=list)
    failures: list[ItemFailure] = field(default_factory=list)
    _sources: set[str] = field(default_factory=set)
    _targets: set[str] = field(default_factory=set)

    def numbered(self) -> list[FileStep]:
        """The steps in their order, behind the one that makes the folder."""
        if not self.steps:
            return []
        steps = [FileStep(0, None, "folder", self.folder), *self.steps]
        return [step._replace(step=number) for number, step in enumerate(steps, 1)]

    def look_at(
        self, groups: Mapping[int, Sequence[int]], tracks: Mapping[int, Row], planned: Collection[int]
    ) -> None:
        """Look at the files of some groups."""
        for keeper, others in groups.items():
            left = [tracks[id] for id in others if id in tracks and id not in planned]
            if keeper not in tracks:
                self.failures += [_failure(row, "The track to keep is no longer there.") for row in left]
                continue
            for row in left:
                self._pair(tracks[keeper], row, {keeper, *others})

    def _pair(self, keeper: Row, other: Row, group: Collection[int]) -> None:
        """Look at the files of two tracks of which the other is to go."""
        path, kept = other["path"], keeper["path"]
        there = None if path is None else look(path)
        kept_there = None if kept is None else look(kept)
        if there is None or _is_one_file(path, kept) or self._has_others(other, group):
            self.fileless.append((keeper["id"], other["id"]))
        elif kept_there is None:
            self.failures.append(_failure(other, "The file of the track to keep is not there."))
        elif _same_sound(keeper, other) and not (
            _is_scanned(keeper, kept_there) and _is_scanned(other, there)
        ):
            self.failures.append(_failure(other, _CHANGED))
        else:
            self._sources.add(path)
            target = self._free(path, other["id"])
            detail = {_KEEPER: keeper["id"]}
            self.steps.append(FileStep(0, other["id"], "trash", path, target, file=there, detail=detail))

    def _has_others(self, row: Row, group: Collection[int]) -> bool:
        """Whether a file is also that of a track which stays, or goes already."""
        return row["path"] in self._sources or not set(json.loads(row["sharing"])) <= set(group)

    def _free(self, path: str, id: int) -> str:
        """A place in the trash that nobody has: the file's own name there, else in a folder of its own."""
        name = path.rpartition("/")[2]
        for place in (self.folder, f"{self.folder}/{id}"):
            target = f"{place}/{name}"
            if target not in self._targets and not os.path.lexists(target):
                break
        self._targets.add(target)
        return target


def _is_scanned(row: Row, there: Identity) -> bool:
    """Whether a file is still the one that was scanned."""
    return (there.size, there.mtime_ns) == (row["size"], row["mtime_ns"])


def _same_sound(one: Row, other: Row) -> bool:
    return one["whole"] is not None and one["whole"] == other["whole"]


def _is_one_file(path: str, kept: str | None) -> bool:
    """Whether two paths lead to one file, so that it must stay; a hard link of its own may go."""
    if kept is None:
        return False
    if path == kept or os.path.realpath(path) == os.path.realpath(kept):
        return True
    try:
        one, other = os.stat(path), os.stat(kept)  # noqa: PTH116
    except OSError:
        return False
    return os.path.samestat(one, other) and one.st_nlink == 1


def _failure(row: Row, reason: str) -> ItemFailure:
    name = " - ".join(text for text in (row["artist"], row["title"]) if text)
    return ItemFailure(row["path"] or name or f"track {row['id']}", reason, row["id"])


# -- merging --------------------------------------------------------------------------------------


class Merging(Changing):
    """Moves the files to the trash and merges their tracks; then the tracks that have no file."""

    def __init__(self, job: Merge) -> None:
        super().__init__(job.change, "Merging", ("folder", "trash"))
        self.job = job

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        if self.change.id is None:
            return
        async for batch in super().work(cursor, ctx):
            yield batch
        pairs = self.job.fileless
        for start in range(0, len(pairs), _AT_ONCE):
            part = pairs[start : start + _AT_ONCE]
            yield Batch(partial(self._merge, pairs=part), processed=len(part), updated=len(part))
        row = await ctx.library.fetchone(
            "SELECT count(*) AS merged FROM change_row WHERE change_id = ? AND what = 'track'", (self._id,)
        )
        self.job.merged = row["merged"] if row is not None else 0

    async def _confirm(self, tx: Tx, outcomes: Sequence[Outcome]) -> None:
        """The tracks leave with the paths that they had: undone, their files are there again first."""
        await step_rows.mark(tx, self._id, outcomes)
        await self._merge(tx, _merged(outcomes))

    async def _merge(self, tx: Tx, pairs: Iterable[tuple[int, int]]) -> None:
        await merge(tx, self._id, pairs)


def _merged(outcomes: Iterable[Outcome]) -> list[tuple[int, int]]:
    """(keeper, other) of the files that are in the trash now."""
    return [
        (it.step.detail[_KEEPER], it.step.track_id)
        for it in outcomes
        if it.state == "done" and it.step.kind == "trash" and it.step.track_id is not None
    ]
