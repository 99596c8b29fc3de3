"""The job that takes a relocation back: tracks lie where they were, and are missing unless a file is there.

No file is touched.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from sqlite3 import Row
from typing import Any, Final

from djtui.files import relocated
from djtui.files.relocating import KIND
from djtui.files.scan_state import Batches, Neighbour
from djtui.files.scanning import RESOURCE
from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure, Job, JobError
from djtui.jobs.locks import host_is_free
from djtui.library import history
from djtui.library.database import Library, Reader, Tx

_AT_ONCE: Final = 100


def undo_job(params: Mapping[str, Any], *, neighbour: Neighbour | None = None) -> Job:
    """The job that takes a relocation back. Params: change; title (of it); tracks (ids: only these of it)."""
    some = params.get("tracks")
    phase = TakingBack(
        int(params["change"]), neighbour, tracks=None if some is None else frozenset(map(int, some))
    )
    digest = "" if some is None else f":{','.join(map(str, sorted(some)))}"
    return UnrelocateJob(
        kind=f"{KIND}-undo",
        key=f"{KIND}-undo:{phase.origin}{digest}",
        title=f"Undo of “{params['title']}”" if params.get("title") else f"Undo · change {phase.origin}",
        phases=(phase,),
        writes=frozenset({RESOURCE}),
        phase=phase,
    )


async def undo_params(
    library: Library, change: history.Change, *, redo: bool = False, tracks: Collection[int] | None = None
) -> dict[str, Any]:
    """The params of the job "relocate-undo" for a change. Raises `HistoryError`."""
    if redo:
        raise history.HistoryError(history.NOT_REDONE[KIND])
    if change.undone is not None:
        raise history.HistoryError(
            f"Change {change.id} ({change.title}) is undone already, by change {change.undone}."
        )
    row = await library.fetchone("SELECT state FROM job WHERE id = ?", (change.job_id,))
    if row is not None and row["state"] in ("running", "waiting") and not host_is_free(library.path):
        raise history.HistoryError(
            f"Change {change.id} ({change.title}) is not finished: its job is {row['state']}. "
            "Cancel the job or let it end, then undo."
        )
    params: dict[str, Any] = {"change": change.id, "title": change.title}
    return params if tracks is None else params | {"tracks": sorted(tracks)}


async def outlook(
    library: Reader, change: history.Change, tracks: Collection[int] | None = None
) -> history.Outlook:
    """What the job would do, and what it would leave alone and why. Reads only."""
    found = history.Outlook()
    rows = await _left(library, change.id, tracks)
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        refused = await relocated.moved_since(library, part)
        found.can += len(part) - len(refused)
        for failure in refused:
            found.refuse(failure.item, failure.reason, ("fields", failure.track_id or 0))
    return found


async def _left(library: Reader, change_id: int, tracks: Collection[int] | None) -> list[Row]:
    """The items of a relocation that are not taken back: all, or those of some tracks."""
    taken = await history.taken_back(library, change_id)
    rows = await library.fetchall(
        "SELECT track_id, before, after FROM change_item WHERE change_id = ? ORDER BY track_id", (change_id,)
    )
    return [
        row
        for row in rows
        if ("fields", row["track_id"]) not in taken and (tracks is None or row["track_id"] in tracks)
    ]


@dataclass(eq=False)
class UnrelocateJob(Job):
    """The job; its result says how many tracks lie where they lay before."""

    phase: TakingBack = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        return {"undone": self.phase.undone, "change": self.phase.change}


@dataclass
class TakingBack:
    """Track by track, but for those whose files were moved since. `tracks`: only these."""

    origin: int
    neighbour: Neighbour | None = None
    tracks: Collection[int] | None = None
    name: str = "Taking back"
    undone: int = 0
    change: int | None = None

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate(items=len(await _left(ctx.library, self.origin, self.tracks)))

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        origin = await self._checked(ctx)
        if self.neighbour is not None:
            await self.neighbour.prepare(ctx.library)
        self.change = await _begun(ctx.library, self.origin, ctx.job_id)
        rows = await _left(ctx.library, self.origin, self.tracks)
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            failures: list[ItemFailure] = []  # filled by the store
            store = partial(
                self._store,
                ids=[row["track_id"] for row in part],
                there=await relocated.there_again(ctx.library, part),
                failures=failures,
                title=origin.title,
                job_id=ctx.job_id,
            )
            yield Batch(store, processed=len(part), failures=failures)
        last: list[ItemFailure] = []
        yield Batch(partial(self._finish, failures=last), failures=last)

    async def _checked(self, ctx: Context) -> history.Change:
        try:
            origin = await history.find(ctx.library, self.origin)
        except history.HistoryError as error:
            raise JobError(str(error)) from error
        if origin.kind != KIND:
            raise JobError(f"Change {origin.id} ({origin.title}) is no relocation.")
        if origin.undone is not None:
            raise JobError(
                f"Change {origin.id} ({origin.title}) is undone already, by change {origin.undone}."
            )
        return origin

    async def _store(
        self,
        tx: Tx,
        ids: Sequence[int],
        there: Collection[str],
        failures: list[ItemFailure],
        title: str,
        job_id: int,
    ) -> None:
        found = await relocated.take_back(tx, self.origin, ids, there)
        failures[:] = found.refused
        self.change = await _begun(tx, self.origin, job_id)
        if self.change is None:
            self.change = await history.begin(tx, "undo", f"Undo: {title}", job_id=job_id, undoes=self.origin)
        await history.add(tx, self.change, found.images)
        if found.paths and self.neighbour is not None:
            await self.neighbour.moved(tx, found.paths)

    async def _finish(self, tx: Tx, failures: list[ItemFailure]) -> None:
        """The files that tracks have lost are those of the tracks again that a scan had made of them."""
        if self.change is None:
            return
        rows = await tx.fetchall(
            "SELECT before ->> 'path' AS path FROM change_item WHERE change_id = ?", (self.change,)
        )
        self.undone = len(rows)
        failures[:] = await relocated.put_scanned_back(tx, self.origin, {row["path"] for row in rows})
        if not rows:
            await tx.execute("DELETE FROM change WHERE id = ?", (self.change,))
            self.change = None
            return
        await tx.execute("UPDATE change SET items = ? WHERE id = ?", (self.undone, self.change))
        if not await _left(tx, self.origin, None):
            await tx.execute("UPDATE change SET undone = ? WHERE id = ?", (self.change, self.origin))


async def _begun(library: Reader, origin: int, job_id: int) -> int | None:
    """The change that the job has begun before it was cut off."""
    row = await library.fetchone(
        "SELECT max(id) AS id FROM change WHERE undoes = ? AND job_id = ?", (origin, job_id)
    )
    return None if row is None or row["id"] is None else int(row["id"])
