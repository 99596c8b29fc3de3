"""Undoing a run: each playlist is made what it held before, as carefully as it was changed.

What an app cannot put back, local files, was never taken away. A playlist that somebody changed since is
asked about; one that the run made is emptied, and stays for the DJ to take away.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any, Final

from djtui.config import Settings
from djtui.jobs.job import Batch, Context, Cursor, JobError
from djtui.library.database import Library, Reader, Tx
from djtui.library.history import Change, HistoryError
from djtui.library.route_runs import Run, Write, run, writes
from djtui.library.routes import Child
from djtui.routing import journal
from djtui.routing.applying import RouteJob, held_by, quiet
from djtui.routing.phases import RoutePhase
from djtui.routing.port import Held, Route, Steps
from djtui.routing.steps import songs
from djtui.routing.updating import Outcome, Updating, Verifying, family
from djtui.routing.writing import Verdict
from djtui.spotify.clock import WALL, Clock

UNDO: Final = "route-undo"


def undo_job(
    params: dict[str, Any], library: Library, settings: Settings, *, clock: Clock = WALL
) -> RouteJob:
    """The job that undoes a run. Params: base and run (ids), undoes (the change of the history), confirmed
    (ids of children that are put back though they were changed since). Raises `JobError`."""
    base_id, run_id = int(params["base"]), int(params["run"])
    name, held = held_by(library, base_id)
    route = Route(quiet(settings), clock, undoes=params.get("undoes"))
    outcome = Outcome()
    confirmed = frozenset(params.get("confirmed", ()))
    return RouteJob(
        kind=UNDO,
        key=f"{UNDO}:{run_id}",
        title=f"Undoing routing of {name}",
        phases=(
            Looking(route, base_id, run_id),
            Updating(route, base_id, partial(_judged, run_id=run_id, confirmed=confirmed)),
            Verifying(route, base_id, outcome),
        ),
        reads=held.reads,
        writes=held.writes,
        library=library,
        route=route,
        outcome=outcome,
    )


async def undo_params(library: Reader, change: Change) -> dict[str, Any]:
    """The params of the job that undoes a change of the kind "route". Raises `HistoryError`."""
    if change.undone is not None:
        raise HistoryError(f"Change {change.id} ({change.title}) is undone already.")
    row = await library.fetchone("SELECT id FROM route_run WHERE change_id = ?", (change.id,))
    if row is None:
        raise HistoryError(f"Change {change.id} ({change.title}) left nothing that could be put back.")
    return await params_of(library, int(row["id"]))


async def params_of(library: Reader, run_id: int) -> dict[str, Any]:
    """The params of the job that undoes a run. Raises `HistoryError` where it wrote nothing."""
    found = await run(library, run_id)
    if found is None or found.change_id is None:
        raise HistoryError(f"Run {run_id} wrote nothing to Spotify: there is nothing to undo.")
    job = await library.fetchone("SELECT state FROM job WHERE id = ?", (found.job_id,))
    if job is not None and job["state"] not in ("succeeded", "failed", "cancelled"):
        raise HistoryError(f"Run {run_id} is not finished: let its job end or cancel it, then undo.")
    return {"base": found.base_id, "run": run_id, "undoes": found.change_id}


class Looking(RoutePhase):
    """Writes into the journal of the undo what each playlist held before the run."""

    name = "Planning"

    def __init__(self, route: Route, base_id: int, run_id: int) -> None:
        super().__init__(route)
        self._base_id = base_id
        self._undone = run_id

    async def steps(self, cursor: Cursor | None, ctx: Context) -> Steps:
        base, children = await family(ctx, self._base_id)
        await self.route.account(ctx)
        undone = await run(ctx.library, self._undone)
        if undone is None or undone.base_id != base.id:
            raise JobError(f"There is no run {self._undone} of {base.name} any more.")
        if self.route.run_id is None:
            yield Batch(partial(self._begin, ctx=ctx))
        for write in await written(ctx.library, undone):
            yield Batch(partial(self._note, write=write, child=children.get(write.child_id)), durable=True)

    async def _begin(self, tx: Tx, ctx: Context) -> None:
        self.route.run_id = await journal.begin_run(tx, self._base_id, ctx.job_id, "undo", self.route.now)

    async def _note(self, tx: Tx, write: Write, child: Child | None) -> None:
        run_id = self.route.run_id
        assert run_id is not None
        present = None if child is None else child.spotify_id if write.part == "songs" else child.review_id
        target = songs(write.before or ())
        await journal.plan(tx, run_id, write.child_id, write.part, write.spotify_id, target)
        if present != write.spotify_id:
            again = await journal.planned(tx, run_id, write.child_id, write.part)
            if again is not None:
                await journal.settle(tx, again, "refused", self.route.now, _ANOTHER)


async def written(library: Library, undone: Run) -> list[Write]:
    """What a run wrote, playlist by playlist."""
    return [
        write for write in await writes(library, undone.id) if write.requests and write.spotify_id is not None
    ]


async def _judged(
    child: Child, write: Write, ctx: Context, held: Held, *, run_id: int, confirmed: Collection[int]
) -> Verdict | None:
    """Whether a playlist holds what the run left in it: anything else is somebody's later work."""
    if child.id in confirmed or songs(held.rows) == list(write.target):
        return None
    for left in await writes(ctx.library, run_id):
        if (left.child_id, left.part) == (write.child_id, write.part) and left.state == "verified":
            return None if songs(held.rows) == list(left.target) else ("asking", _CHANGED)
    return None


_ANOTHER: Final = "The child has another playlist by now; the one that the run wrote stays as it is."
_CHANGED: Final = "Its songs were changed since that run. Undo it all the same?"
