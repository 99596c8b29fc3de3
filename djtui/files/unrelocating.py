"""The job that takes a relocation back: tracks are missing again where they were. No file is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from djtui.files import relocated
from djtui.files.relocating import KIND
from djtui.files.scan_state import Batches, Neighbour
from djtui.files.scanning import RESOURCE
from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure, Job, JobError
from djtui.library import history
from djtui.library.database import Library, Tx

_AT_ONCE: Final = 100


def undo_job(params: Mapping[str, Any], *, neighbour: Neighbour | None = None) -> Job:
    """The job that takes a relocation back. Params: change."""
    phase = TakingBack(int(params["change"]), neighbour)
    return UnrelocateJob(
        kind=f"{KIND}-undo",
        key=f"{KIND}-undo:{phase.origin}",
        title=f"Undo · change {phase.origin}",
        phases=(phase,),
        writes=frozenset({RESOURCE}),
        phase=phase,
    )


async def undo_params(library: Library, change: history.Change, *, redo: bool = False) -> dict[str, Any]:
    """The params of the job "relocate-undo" for a change. Raises `HistoryError`."""
    if redo:
        raise history.HistoryError("A relocation is not redone from the history: relocate again.")
    if change.undone is not None:
        raise history.HistoryError(
            f"Change {change.id} ({change.title}) is undone already, by change {change.undone}."
        )
    row = await library.fetchone("SELECT state FROM job WHERE id = ?", (change.job_id,))
    if row is not None and row["state"] in ("running", "waiting"):
        raise history.HistoryError(
            f"Change {change.id} ({change.title}) is not finished: its job is {row['state']}. "
            "Cancel the job or let it end, then undo."
        )
    return {"change": change.id}


@dataclass(eq=False)
class UnrelocateJob(Job):
    """The job; its result says how many tracks lie where they lay before."""

    phase: TakingBack = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        return {"undone": self.phase.undone, "change": self.phase.change}


@dataclass
class TakingBack:
    """Track by track, but for those whose files were moved since."""

    origin: int
    neighbour: Neighbour | None = None
    name: str = "Taking back"
    undone: int = 0
    change: int | None = None

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate(items=await relocated.accepted(ctx.library, self.origin))

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        origin = await self._checked(ctx)
        if self.neighbour is not None:
            await self.neighbour.prepare(ctx.library)
        rows = await ctx.library.fetchall(
            "SELECT track_id FROM change_item WHERE change_id = ? ORDER BY track_id", (self.origin,)
        )
        ids = [row["track_id"] for row in rows]
        self.undone = 0
        for start in range(0, len(ids), _AT_ONCE):
            part = ids[start : start + _AT_ONCE]
            failures: list[ItemFailure] = []  # filled by the store
            yield Batch(
                partial(self._store, ids=part, failures=failures), processed=len(part), failures=failures
            )
            self.undone += len(part) - len(failures)
        last: list[ItemFailure] = []
        yield Batch(
            partial(self._finish, title=origin.title, job_id=ctx.job_id, failures=last), failures=last
        )

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

    async def _store(self, tx: Tx, ids: Sequence[int], failures: list[ItemFailure]) -> None:
        failures[:], paths = await relocated.take_back(tx, self.origin, ids)
        if paths and self.neighbour is not None:
            await self.neighbour.moved(tx, paths)

    async def _finish(self, tx: Tx, title: str, job_id: int, failures: list[ItemFailure]) -> None:
        failures[:] = await relocated.put_scanned_back(tx, self.origin)
        self.change = await history.begin(tx, "undo", f"Undo: {title}", job_id=job_id, undoes=self.origin)
        await tx.execute("UPDATE change SET items = ? WHERE id = ?", (self.undone, self.change))
        await tx.execute("UPDATE change SET undone = ? WHERE id = ?", (self.change, self.origin))
