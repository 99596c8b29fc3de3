"""The job that takes a change of files back, or does it again: renames, tags, merged duplicates.

File by file, in reverse order; Traktor's collection follows as it did. What cannot go back any more, for it
was edited, renamed again, or its old name is taken, is left alone with the reason.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from djtui.bridge import telling
from djtui.bridge.merging import KIND as MERGE
from djtui.bridge.renaming import KIND as RENAME
from djtui.bridge.telling import Telling, teller
from djtui.config import Settings
from djtui.files import reversal
from djtui.files.announcing import Announcement, begun
from djtui.files.changing import Batches, Change, Changing, settle
from djtui.files.reversal import Reversal
from djtui.files.scanning import RESOURCE
from djtui.files.step_rows import COUNTED, PLACING, REWRITING, FileStep
from djtui.jobs import requests
from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure, Job, JobError, Left
from djtui.jobs.locks import host_is_free
from djtui.library import history
from djtui.library.database import Library, Reader, Tx
from djtui.library.history import FILE_KINDS, HistoryError
from djtui.traktor.import_state import nothing
from djtui.traktor.moving import Naming


def reversing_job(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    """The job behind undo and redo of a change of files.

    Params: change; title (of that one); redo; tracks (ids: only these of it); export (default true), force.
    """
    forward = bool(params.get("redo"))
    told = Telling.of(params, library, settings)
    work = Reversing(
        origin=int(params["change"]),
        forward=forward,
        tracks=None if params.get("tracks") is None else frozenset(map(int, params["tracks"])),
        telling=told,
        change=Change(origin=int(params["change"])),
    )
    word = "Redo" if forward else "Undo"
    what = f"of “{params['title']}”" if params.get("title") else f"· change {work.origin}"
    some = "" if work.tracks is None else f":{','.join(map(str, sorted(work.tracks)))}"
    return ReversingJob(
        kind="file-undo",
        key=f"file-{word.lower()}:{work.origin}{some}",
        title=f"{word} {what}",
        phases=(
            Checking(work),
            Changing(work.change, "Moving", (*PLACING, *REWRITING)),
            Values(work),
            *told.phases,
        ),
        writes=frozenset({RESOURCE}) | told.writes,
        lean=True,
        work=work,
    )


@dataclass
class Reversing:
    """One undo or redo under way. `origin` is the change that it is about, `kind` the kind of that."""

    origin: int
    forward: bool
    tracks: frozenset[int] | None
    telling: Telling
    change: Change
    kind: str = ""
    tracks_back: int = 0


@dataclass(eq=False)
class ReversingJob(Job):
    """The job, with what it did as the result."""

    work: Reversing = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        work = self.work
        lists = work.change.counts.get("list", 0)
        found: dict[str, Any] = {
            "undone": work.tracks_back or work.change.done - lists,
            "change": work.change.id,
        }
        if lists:
            found["lists"] = lists
        return found | work.telling.result()

    async def left(self, library: Library, reason: str) -> Left | None:
        work = self.work
        await work.change.look_back(library)
        if work.change.id is None:
            return None
        result = self.result()
        many = result["undone"]
        done = "renamed again" if work.forward else "put back"
        names = "the new names" if work.forward else "the old names"
        said = f"{many:,} file{' was' if many == 1 else 's were'} {done}"
        return Left(result, await telling.left(library, work.change, said, names, reason))


async def undo_params(
    library: Library, change: history.Change, *, redo: bool = False, tracks: Collection[int] | None = None
) -> dict[str, Any]:
    """The params of the job that takes a change of files back. Raises `HistoryError`."""
    await _check(library, change, forward=redo, some=tracks is not None)
    params: dict[str, Any] = {"change": change.id, "title": change.title}
    if redo:
        params["redo"] = True
    return params if tracks is None else params | {"tracks": sorted(tracks)}


async def preview(
    library: Reader, change_id: int, *, redo: bool = False, tracks: Collection[int] | None = None
) -> Reversal:
    """What the job would do, and what it would leave alone and why. Reads only."""
    return await (reversal.forth if redo else reversal.back)(library, change_id, tracks)


async def outlook(
    library: Reader, change: history.Change, *, redo: bool = False, tracks: Collection[int] | None = None
) -> history.Outlook:
    """The same file by file: one that gets its tags back and its name is one. Reads only."""
    found = await preview(library, change.id, redo=redo, tracks=tracks)
    refused = {refusal.key: refusal for refusal in found.refused}
    if change.kind == MERGE:
        # One that had no file goes all the same.
        row = await library.fetchone(
            "SELECT count(*) AS tracks FROM change_row WHERE change_id = ? AND what = 'track'", (change.id,)
        )
        merged = 0 if row is None else row["tracks"]
        return history.Outlook(max(0, merged - len(refused)), list(refused.values()))
    can = {_of(step) for step in found.steps if step.kind in COUNTED} - refused.keys()
    return history.Outlook(len(can), list(refused.values()))


def _of(step: FileStep) -> history.Key:
    return ("list", step.step) if step.track_id is None else ("file", step.track_id)


async def _check(library: Library, change: history.Change, *, forward: bool, some: bool) -> None:
    if change.kind in ("undo", "redo"):
        raise HistoryError(history.why_no_redo(change) or "")
    if change.kind not in FILE_KINDS:
        raise HistoryError(f"Change {change.id} ({change.title}) is not about files.")
    if some and change.kind in history.WHOLE:
        raise HistoryError(history.WHOLE[change.kind])
    if forward and change.kind in history.NOT_REDONE:
        raise HistoryError(history.NOT_REDONE[change.kind])
    if forward and change.undone is None and not await _is_begun(library, change):
        raise HistoryError(f"Change {change.id} ({change.title}) is not undone, so it cannot be redone.")
    if not forward and change.undone is not None:
        raise HistoryError(
            f"Change {change.id} ({change.title}) is undone already, by change {change.undone}."
        )
    if not forward and change.job_id is not None and not host_is_free(library.path):
        row = await library.fetchone("SELECT state FROM job WHERE id = ?", (change.job_id,))
        if row is not None and row["state"] in ("running", "waiting"):
            raise HistoryError(
                f"Change {change.id} ({change.title}) is not finished: its job is {row['state']}. "
                "Cancel the job or let it end, then undo."
            )


async def _is_begun(library: Reader, change: history.Change) -> bool:
    """Whether something of a change was taken back."""
    row = await library.fetchone(
        "SELECT 1 FROM file_step WHERE change_id = ? AND state = 'undone' LIMIT 1", (change.id,)
    )
    return row is not None


@dataclass
class Checking:
    """What can go back, written down before the first file does. The job of the change ends here, if it was
    cut off: what it did not come to is not done any more."""

    job: Reversing
    name: str = "Checking"
    repeat: bool = True
    keeps: bool = True

    async def estimate(self, ctx: Context) -> Estimate:
        row = await ctx.library.fetchone("SELECT items FROM change WHERE id = ?", (self.job.origin,))
        return Estimate(items=None if row is None else row["items"])

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        row = await ctx.library.fetchone("SELECT kind FROM change WHERE id = ?", (work.origin,))
        work.kind = "" if row is None else row["kind"]
        work.change.lasting = work.kind == MERGE
        kind = "redo" if work.forward else "undo"
        there = await begun(ctx.library, ctx.job_id, kind)
        if work.kind == RENAME and (work.forward or await telling.is_told(ctx.library, work.origin)):
            await work.telling.refuse(ctx)
        elif work.kind != RENAME or there is None:
            work.telling.quiet = True
        naming = await Naming.read(ctx.library)

        work.change.moved = await teller(ctx.library, naming)
        if there is not None:
            work.change.id = there
            return
        ctx.start_over()
        try:
            origin = await history.find(ctx.library, work.origin)
            await _check(ctx.library, origin, forward=work.forward, some=work.tracks is not None)
        except HistoryError as error:
            raise JobError(str(error)) from error
        async for batch in self._ended(ctx, origin):
            yield batch
        planned = reversal.forth if work.forward else reversal.back
        found = await planned(ctx.library, origin.id, work.tracks)
        failures = [_failure(refusal) for refusal in found.refused]
        if not found.steps and origin.kind != MERGE:
            yield Batch(nothing, failures=failures)
            return
        title = f"{kind.title()}: {origin.title}"
        announcement = Announcement(work.change, kind, title, ctx.job_id, found.steps)
        yield Batch(
            partial(announcement.store, whole=True), processed=found.files, failures=failures, durable=True
        )
        announcement.written()

    async def _ended(self, ctx: Context, origin: history.Change) -> Batches:
        """A job that was cut off in the midst of the change goes on no more."""
        if origin.job_id is not None and origin.job_id != ctx.job_id:
            row = await ctx.library.fetchone("SELECT state FROM job WHERE id = ?", (origin.job_id,))
            if row is not None and row["state"] in ("queued", "paused", "interrupted"):
                await requests.want(ctx.library, origin.job_id, "cancel")
        async for batch in settle(ctx, Change(id=origin.id, moved=self.job.change.moved)):
            yield batch


@dataclass
class Values:
    """What a merge did in the library goes back when its files are where they were."""

    job: Reversing
    name: str = "Library"
    repeat: bool = True

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        change = self.job.change
        if change.id is None or self.job.kind != MERGE:
            return
        result = await history.put_values_back(ctx.library, self.job.origin, change.id)
        self.job.tracks_back = result.undone
        yield Batch(
            self._note,
            processed=result.undone,
            failures=[_failure(refusal) for refusal in result.refused],
        )

    async def _note(self, tx: Tx) -> None:
        change, back = self.job.change, self.job.tracks_back
        await tx.execute("UPDATE change SET items = ? WHERE id = ?", (back, change.id))
        await tx.execute("UPDATE change SET undone = ? WHERE id = ?", (change.id, change.origin))


def _failure(refusal: history.Refusal) -> ItemFailure:
    what, id = refusal.key or ("", 0)
    return ItemFailure(refusal.item, refusal.reason, id if what in ("file", "fields", "track") else None)
