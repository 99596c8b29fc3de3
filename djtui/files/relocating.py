"""The job "relocate": files of missing tracks found again under some folders.

Looking asks first which files are no longer where they were, whatever was scanned. It walks through the
folders and reads, in the pool, first the files that some missing track's size or name speaks for, and then,
if that does not find them all, the others. Its proposals are written down, to be looked through
(`relocate_review`). Accepting gives tracks their files: the certain ones, those that are named, or those of
the proposals that the DJ has chosen.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from djtui.files import looking, relocate_review, relocated
from djtui.files.relocate import Candidate, Lost, Match, Search, summary
from djtui.files.scan_read import ReadFile, Trouble, read_files
from djtui.files.scan_state import Batches, Neighbour, nothing
from djtui.files.scan_walk import Files, Walk, roots
from djtui.files.scanning import RESOURCE, check_name
from djtui.files.storing import mark_missing
from djtui.jobs.job import (
    Batch,
    Context,
    Cursor,
    Estimate,
    ItemFailure,
    Job,
    JobError,
    TaskCrashed,
    TaskTimeout,
)
from djtui.library import history
from djtui.library.database import Tx
from djtui.library.tracks import as_json
from djtui.model.text import spelled

KIND: Final = "relocate"
"""The kind of the jobs, and of their changes in the history."""

PROPOSALS: Final = "relocation"
"""The resource that the written proposals are."""

LANE: Final = "import"
LISTED: Final = 2_000
"""So many matches stand in the result of a job."""

_LOOKED: Final = "{found:,} found, {ambiguous:,} that may be others, {missing:,} not found"
_PUT: Final = 1_000
_WALKED: Final = 2_000
_READ: Final = 50
_WIDTH: Final = 2
_BASE_S: Final = 60.0
_FILE_S: Final = 2.0
_ACCEPTED: Final = 50


@dataclass(slots=True)
class Relocation:
    """One search under way. `wanted` are the pairs (track, path) that were named; None: the certain ones,
    with `apply`, or the chosen proposals, with `reviewed`. `untold`: new paths that Traktor cannot name."""

    folders: tuple[str, ...]
    wanted: Sequence[tuple[int, str]] | None = None
    apply: bool = False
    reviewed: bool = False
    neighbour: Neighbour | None = None
    search: Search = field(default_factory=lambda: Search(()))
    matches: list[Match] = field(default_factory=list)
    accepted: int = 0
    change: int | None = None
    untold: list[str] = field(default_factory=list)


def relocate_job(params: Mapping[str, Any], *, neighbour: Neighbour | None = None) -> Job:
    """The job for `djtui relocate`. Raises `JobError`.

    Params: folders, and apply: give tracks the files that are certain; or accept: a list of [track, path],
    or reviewed: what was chosen of the proposals; these two look for nothing. `neighbour` hears where tracks
    lie now.
    """
    folders = roots(params.get("folders") or ())
    accept = params.get("accept")
    if params.get("reviewed"):
        return _reviewed_job(neighbour)
    if accept is None and not folders:
        raise JobError("Name a folder in which the missing files may be.")
    for folder in folders:
        check_name(folder)
        if not os.path.isdir(folder):  # noqa: PTH112 - names may be no text
            raise JobError(f"There is no folder {folder}. Is its drive there?")
    wanted = None if accept is None else [(int(id), str(path)) for id, path in accept]
    work = Relocation(folders, wanted, bool(params.get("apply")), neighbour=neighbour)
    applies = work.apply or wanted is not None
    about = "|".join(folders) if wanted is None else f"accept:{_digest(wanted)}"
    first, *more = (folder.rstrip("/").rpartition("/")[2] or folder for folder in folders or ("",))
    said = (
        f"{len(wanted):,} files" if wanted is not None else f"{first} and {len(more)} more" if more else first
    )
    return RelocateJob(
        kind=KIND,
        key=f"{KIND}{'' if applies else '-preview'}:{about}",
        title=f"Relocate · {said}",
        phases=(*((Looking(work),) if wanted is None else ()), *((Accepting(work),) if applies else ())),
        reads=frozenset() if applies else frozenset({RESOURCE}),
        writes=frozenset({RESOURCE, PROPOSALS}) if applies else frozenset({PROPOSALS}),
        work=work,
    )


def _reviewed_job(neighbour: Neighbour | None) -> Job:
    work = Relocation((), reviewed=True, neighbour=neighbour)
    return RelocateJob(
        kind=KIND,
        key=f"{KIND}:reviewed",
        title="Relocate · the files you chose",
        phases=(Accepting(work),),
        writes=frozenset({RESOURCE, PROPOSALS}),
        work=work,
    )


@dataclass(eq=False)
class RelocateJob(Job):
    """The job; its result is what was found, for a list to be looked through.

    `matches`: {"track", "name", "from", "certain", "candidates": [{"path", "score", "reasons"}]}, the certain
    ones first, LISTED of them. `accepted` tracks have their files again; of `untold` of them, in the folder
    `untold_in`, Traktor's collection cannot be told.
    """

    work: Relocation = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        work = self.work
        listed = [as_listed(match) for match in work.matches[:LISTED]]
        counts = summary(work.matches, work.search.lost)
        note = f"{work.accepted:,} found again" if work.change is not None else _LOOKED.format(**counts)
        folder = os.path.commonpath(map(os.path.dirname, work.untold)) if work.untold else None
        if folder is not None:
            note += f"; on which of Traktor's volumes {folder} lies is not known, so it cannot be told"
        return counts | {
            "accepted": work.accepted,
            "change": work.change,
            "untold": len(work.untold),
            "untold_in": folder,
            "matches": listed,
            "notes": [note],
        }


def as_listed(match: Match) -> dict[str, Any]:
    """A match as the result of the job has it."""
    return {
        "track": match.lost.id,
        "name": match.lost.name,
        "from": match.lost.path,
        "certain": match.certain,
        "candidates": [
            {"path": each.path, "score": each.score, "reasons": list(each.reasons)}
            for each in match.candidates
        ],
    }


def _digest(wanted: Sequence[tuple[int, str]]) -> str:
    return hashlib.blake2b(as_json(wanted).encode(), digest_size=8).hexdigest()


# -- looking --------------------------------------------------------------------------------------


@dataclass
class Looking:
    """Finds files. What it finds is written down at the end, so it runs again after a crash."""

    job: Relocation
    name: str = "Looking"
    repeat: bool = True

    async def estimate(self, ctx: Context) -> Estimate:
        lost = await relocated.lost(ctx.library)
        return Estimate(note=f"{len(lost):,} tracks have no file here")

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        async for marks in looking.gone(ctx.library):
            yield Batch(partial(mark_missing, marks=marks) if marks else nothing)
        search = work.search = Search(await relocated.lost(ctx.library))
        if not search.lost:
            yield Batch(relocate_review.clear)
            return
        for id in await asyncio.to_thread(_there_again, list(search.lost.values())):
            search.is_there_again(id)
        likely, others = Files(), Files()
        walk = Walk(work.folders)
        while (found := await asyncio.to_thread(walk.some, _WALKED)) is not None:
            strange = await relocated.strangers(ctx.library, found.files)
            likely.add([seen for seen in strange if search.looks_likely(seen.path, seen.size)])
            others.add([seen for seen in strange if not search.looks_likely(seen.path, seen.size)])
            ctx.report(message=f"{len(likely) + len(others):,} files found")
            unfit = [ItemFailure(spelled(path), sentence) for path, sentence in found.failures]
            yield Batch(nothing, failures=unfit)
        for files in (likely, others):
            if search.complete:
                break
            ctx.report(total=ctx.done + len(files))
            async for batch in self._read(ctx, files):
                yield batch
        work.matches = await asyncio.to_thread(search.matches)
        yield Batch(relocate_review.clear)
        for start in range(0, len(work.matches), _PUT):
            part = work.matches[start : start + _PUT]
            yield Batch(partial(relocate_review.put, first=start, matches=part))

    async def _read(self, ctx: Context, files: Files) -> Batches:
        while len(files):
            parts = [part for _ in range(_WIDTH) if (part := files.take(_READ))]
            answers = await asyncio.gather(*(read(ctx, [seen.path for seen in part]) for part in parts))
            failures = []
            for each in (each for answer in answers for each in answer):
                if isinstance(each, Trouble):
                    failures.append(ItemFailure(each.path, each.sentence))
                else:
                    self.job.search.offer(_candidate(each))
            yield Batch(nothing, processed=sum(map(len, parts)), failures=failures)


async def read(ctx: Context, paths: Sequence[str]) -> list[ReadFile | Trouble]:
    """Read files in the pool; where that kills a worker, each alone."""
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    limit = _BASE_S + _FILE_S * len(paths)
    try:
        found: list[ReadFile | Trouble] = await ctx.run(LANE, read_files, list(paths), today, timeout=limit)
        return found
    except (TaskTimeout, TaskCrashed) as error:
        if len(paths) == 1:
            return [Trouble(paths[0], None, None, "crashed", f"It could not be read: {error}")]
        return [each for path in paths for each in await read(ctx, [path])]


def _candidate(file: ReadFile) -> Candidate:
    said = file.said
    return Candidate(
        file.path, file.size, file.payload, said.get("title"), said.get("artist"), said.get("duration")
    )


def _there_again(lost: Sequence[Lost]) -> list[int]:
    return [track.id for track in lost if track.path.startswith("/") and os.path.isfile(track.path)]  # noqa: PTH113


# -- accepting ------------------------------------------------------------------------------------


@dataclass
class Accepting:
    """Gives tracks their files. A track that has one by then is passed over: so it goes on after a crash."""

    job: Relocation
    name: str = "Accepting"

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate(items=None if self.job.wanted is None else len(self.job.wanted))

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        wanted = await relocate_review.chosen(ctx.library) if work.reviewed else work.wanted
        if wanted is None:
            wanted = [(match.lost.id, match.candidates[0].path) for match in work.matches if match.certain]
        ctx.report(total=ctx.done + len(wanted))
        work.change = await relocated.change(ctx.library, ctx.job_id)
        if wanted and work.neighbour is not None:
            await work.neighbour.prepare(ctx.library)
        for start in range(0, len(wanted), _ACCEPTED):
            part = dict(wanted[start : start + _ACCEPTED])
            answers = await read(ctx, list(part.values()))
            files = {each.path: each for each in answers if isinstance(each, ReadFile)}
            unread = [ItemFailure(each.path, each.sentence) for each in answers if isinstance(each, Trouble)]
            found = {id: files[path] for id, path in part.items() if path in files}
            failures: list[ItemFailure] = []  # filled by the store
            store = partial(self._store, job_id=ctx.job_id, found=found, unread=unread, failures=failures)
            yield Batch(store, processed=len(part), failures=failures)
        work.accepted = await relocated.accepted(ctx.library, work.change)

    async def _store(
        self,
        tx: Tx,
        job_id: int,
        found: Mapping[int, ReadFile],
        unread: Sequence[ItemFailure],
        failures: list[ItemFailure],
    ) -> None:
        work = self.job
        work.change = await relocated.change(tx, job_id)
        if work.change is None:
            work.change = await history.begin(tx, KIND, "Missing files found again", job_id=job_id)
        refused, paths = await relocated.accept(tx, work.change, found)
        failures[:] = [*unread, *refused]
        if paths and work.neighbour is not None:
            work.untold += [paths[id] for id in await work.neighbour.moved(tx, paths)]
