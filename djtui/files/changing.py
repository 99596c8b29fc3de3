"""The phase that carries out what a change means to do to files: batch by batch, each confirmed.

The steps stand in table file_step (`step_rows.write_down`) and are on the disk before this phase begins. A
batch is carried out, then what became of it is stored; cut off in between, the phase begins with looking at
the disk for what had been done. Where a step cannot be done any more it is refused with a sentence.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Final, TypeVar

from djtui.files import confirming, rewriting, step_rows
from djtui.files.confirming import Moved
from djtui.files.placing import NOT_DONE, Placing, restore_times, tidy
from djtui.files.playlist_files import Names
from djtui.files.step_rows import COUNTED, PLACING, REWRITING, FileStep, Kind, Outcome, State
from djtui.files.tag_writing import WriteOptions
from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure, Wait
from djtui.library.database import Reader, Tx
from djtui.library.tracks import as_json

LANE: Final = "export"
MOST: Final = 1000
"""Steps in a batch; more only where a file would be left with a temporary name."""

_MOST_PARKED: Final = 5 * MOST
_COPIED: Final = 256 << 20
_AT_ONCE: Final = 8

Batches = AsyncGenerator[Batch | Wait, None]
Done = Callable[[Tx, Sequence[Outcome]], Awaitable[None]]
T = TypeVar("T")


@dataclass
class Change:
    """A change of files under way: `id` in the history, once its steps are written down.

    `origin` is the change that it takes back or does again. `moved` is told of new paths. `done` are the
    tracks that it touched, `counts` its steps by kind, as far as phases have come to their ends. `lasting`:
    it stays in the history though no step was done. `shared`: two tracks may have one file. `title`
    is how the history calls it when so many tracks were touched; None: as it was announced.
    """

    id: int | None = None
    origin: int | None = None
    options: WriteOptions = WriteOptions()
    moved: Moved = confirming.nobody
    lasting: bool = False
    shared: bool = True
    title: Callable[[int], str] | None = None
    done: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    async def look_back(self, library: Reader) -> None:
        """Count what was done, by kinds of steps, also what a job did that was cut off."""
        if self.id is None:
            return
        self.done = await step_rows.tracks_in(library, self.id)
        self.counts = await step_rows.counts(library, self.id, ("done",))
        if await library.fetchone("SELECT 1 FROM change WHERE id = ?", (self.id,)) is None:
            self.id = None


@dataclass
class Changing:
    """Carries out the steps of some kinds."""

    change: Change
    name: str
    kinds: tuple[Kind, ...] = PLACING
    repeat: bool = True  # the rows say what is left to do, also of a change that the job has begun anew
    _stop: threading.Event = field(default_factory=threading.Event)
    _several: set[int] | None = None

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        change = self.change
        if change.id is None:
            return
        counted = tuple(kind for kind in self.kinds if kind in COUNTED)
        total = await step_rows.count(ctx.library, change.id, ("meant",), counted)
        ctx.report(total=ctx.done + total)
        self._stop.clear()
        refused = await step_rows.read(ctx.library, change.id, states=("refused",), kinds=counted)
        if refused and not ctx.done:
            yield Batch(_nothing, failures=_failures_before(refused))
        if placing := tuple(kind for kind in self.kinds if kind in PLACING):
            async for batch in self._place(ctx, placing):
                yield batch
        if rewriting_ := tuple(kind for kind in self.kinds if kind in REWRITING):
            async for batch in self._rewrite(ctx, rewriting_):
                yield batch
        yield Batch(partial(finish, change=change))
        await change.look_back(ctx.library)

    # -- where files lie --

    async def _place(self, ctx: Context, kinds: Sequence[Kind]) -> Batches:
        """Batch after batch, in the order of the steps."""
        self.change.shared = await confirming.shared(ctx.library)
        steps = await _next_steps(ctx, self._id, kinds, None)
        folders = {(step.target or step.source).rpartition("/")[0] for step in steps}
        await asyncio.to_thread(tidy, folders)
        while steps:
            outcomes = await self._carried_out(ctx.library, steps)
            following = asyncio.ensure_future(_next_steps(ctx, self._id, kinds, steps[-1].step))
            files = _files(outcomes)
            try:
                yield Batch(
                    partial(self._confirm, outcomes=outcomes),
                    processed=len(files),
                    updated=_done(files),
                    failures=failures(outcomes),
                )
                steps = await following
            finally:
                following.cancel()
        made = await step_rows.read(ctx.library, self._id, states=("done",), kinds=("folder",))
        await asyncio.to_thread(restore_times, made)

    async def _carried_out(self, library: Reader, steps: Sequence[FileStep]) -> list[Outcome]:
        """What became of some steps."""
        return await self._in_thread((await self._placing(library, steps)).carried_out)

    async def _placing(
        self, library: Reader, steps: Sequence[FileStep], *, only_look: bool = False
    ) -> Placing:
        """The steps with all that is known of files of several steps: where they go on, and came from."""
        further: dict[int, list[str]] = {}
        homes: dict[int, str] = {}
        if self._several is None:
            self._several = await step_rows.of_several_steps(library, self._id)
        for id in {step.track_id for step in steps if step.track_id is not None} & self._several:
            own = await step_rows.of_track(library, self._id, id)
            further[id] = [it.target for it in own if it.step > steps[-1].step and it.target is not None]
            if own[0].step < steps[0].step and own[0].state == "done":
                homes[id] = own[0].source
        return Placing(steps, further, homes=homes, only_look=only_look, stop=self._stop)

    # -- what is in files --

    async def _rewrite(self, ctx: Context, kinds: Sequence[Kind]) -> Batches:
        """Some at once, in any order; what a crash left is settled before."""
        change_id = self._id
        names = Names({})
        if "list" in kinds and await step_rows.count(ctx.library, change_id, ("meant",), ("list",)):
            names = Names(await step_rows.names(ctx.library, change_id))
        await _forget_old_files(ctx.library, change_id)
        last: int | None = None
        while True:
            steps = await step_rows.read(
                ctx.library, change_id, kinds=kinds, after=last, limit=min(ctx.batch_size, MOST)
            )
            if not steps:
                return
            last = steps[-1].step
            steps = await self._where_they_are(ctx.library, steps)
            await asyncio.to_thread(rewriting.settle, change_id, steps)
            lists = [step for step in steps if step.kind == "list"]
            others = iter([step for step in steps if step.kind != "list"])
            parts = list(iter(lambda others=others: list(islice(others, _AT_ONCE)), []))  # type: ignore[misc]
            async for outcomes in self._written(ctx, parts):
                yield self._batch(outcomes)
                await _let_go(change_id, outcomes)
            for step in lists:
                outcomes = await self._in_thread(
                    partial(rewriting.write_all, change_id, [step], self.change.options, names)
                )
                yield self._batch(outcomes)
                await _let_go(change_id, outcomes)

    async def _written(
        self, ctx: Context, parts: list[list[FileStep]]
    ) -> AsyncGenerator[list[Outcome], None]:
        """The parts through the pool, two on the way."""
        write = partial(ctx.run, LANE, rewriting.write_all)
        waiting = [partial(write, self._id, part, self.change.options, Names({})) for part in parts]
        active: set[asyncio.Future[list[Outcome]]] = set()
        try:
            while waiting or active:
                while waiting and len(active) <= ctx.settings.pool.export_max:
                    active.add(asyncio.ensure_future(waiting.pop(0)()))
                done, active = await asyncio.wait(active, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        finally:
            for task in active:
                task.cancel()
            await asyncio.gather(*active, return_exceptions=True)

    async def _where_they_are(self, library: Reader, steps: Sequence[FileStep]) -> list[FileStep]:
        """The steps with the paths that their tracks have now, for files may have been moved."""
        ids = [step.track_id for step in steps if step.track_id is not None]
        rows = await library.fetchall(
            "SELECT id, path FROM track WHERE path IS NOT NULL AND id IN (SELECT value FROM json_each(?))",
            (as_json(ids),),
        )
        paths = {row["id"]: row["path"] for row in rows}
        return [step._replace(source=paths.get(step.track_id, step.source)) for step in steps]

    def _batch(self, outcomes: Sequence[Outcome]) -> Batch:
        return Batch(
            partial(self._confirm, outcomes=outcomes),
            processed=len(outcomes),
            updated=_done(outcomes),
            failures=failures(outcomes),
            durable=True,  # what puts the old bytes back, before the old file goes
        )

    # -- both --

    @property
    def _id(self) -> int:
        assert self.change.id is not None
        return self.change.id

    async def _confirm(self, tx: Tx, outcomes: Sequence[Outcome]) -> None:
        await confirm(tx, self.change, outcomes)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Work on a thread. A job that is cut off waits for the step that is under way, and no longer."""
        thread = asyncio.ensure_future(asyncio.to_thread(work))
        try:
            return await asyncio.shield(thread)
        except asyncio.CancelledError:
            self._stop.set()
            await asyncio.wait({thread})
            raise


async def _let_go(change_id: int, outcomes: Sequence[Outcome]) -> None:
    await asyncio.to_thread(rewriting.let_go, change_id, [(it.step.step, it.step.source) for it in outcomes])


async def _forget_old_files(library: Reader, change_id: int) -> None:
    """Of a job that was cut off between noting what it wrote and letting the old files go."""
    if written := await step_rows.rewritten(library, change_id):
        await asyncio.to_thread(rewriting.let_go, change_id, written)


async def confirm(tx: Tx, change: Change, outcomes: Sequence[Outcome]) -> None:
    """Store what became of steps, and what that means for the library."""
    assert change.id is not None
    await step_rows.mark(tx, change.id, outcomes)
    if change.origin is not None:
        await step_rows.mark_origin(tx, change.id, change.origin, outcomes)
    await confirming.note_moves(tx, outcomes, change.moved, shared=change.shared)
    if any(it.step.kind == "tags" for it in outcomes):
        await confirming.note_tags(tx, outcomes)


async def settle(ctx: Context, change: Change) -> Batches:
    """End a change whose job will not go on: what was done of what is still meant is noted, else refused."""
    assert change.id is not None
    await _forget_old_files(ctx.library, change.id)
    last: int | None = None
    while steps := await step_rows.read(ctx.library, change.id, after=last, limit=MOST):
        last = steps[-1].step
        rewritten = [step for step in steps if step.kind in REWRITING]
        await asyncio.to_thread(rewriting.settle, change.id, rewritten)
        outcomes = [Outcome(step, "refused", NOT_DONE) for step in rewritten]
        if placed := [step for step in steps if step.kind in PLACING]:
            placing = await Changing(change, "")._placing(ctx.library, placed, only_look=True)
            outcomes += await asyncio.to_thread(placing.carried_out)
        yield Batch(partial(_settled, change=change, outcomes=outcomes))
    if last is not None:
        yield Batch(partial(finish, change=change))


async def _settled(tx: Tx, change: Change, outcomes: Sequence[Outcome]) -> None:
    await confirm(tx, change, outcomes)


async def _next_steps(
    ctx: Context, change_id: int, kinds: Sequence[Kind], last: int | None
) -> list[FileStep]:
    """The next batch: it ends where no file has a temporary name, and before it copies too much."""
    wanted = min(ctx.batch_size, MOST)
    steps = await step_rows.read(ctx.library, change_id, kinds=kinds, after=last, limit=wanted)
    if len(steps) < wanted:
        return steps
    copied = 0
    for number, step in enumerate(steps):
        copied += step.file.size if step.kind == "copy" and step.file is not None else 0
        if copied > _COPIED:
            return steps[: number + 1]
    end = _end(steps)
    if end is None:
        steps = await step_rows.read(ctx.library, change_id, kinds=kinds, after=last, limit=_MOST_PARKED)
        end = _end(steps, least=wanted)
    return steps if end is None else steps[:end]


def _end(steps: Sequence[FileStep], least: int = 1) -> int | None:
    """Behind the last step (with `least`: the first from there on) after which no file is parked."""
    parked: set[int | None] = set()
    end = None
    for number, step in enumerate(steps, 1):
        (parked.add if step.parked else parked.discard)(step.track_id)
        if not parked and number >= least:
            end = number
            if least > 1:
                return end
    return end


def _files(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Of each file the last step."""
    return [it for it in outcomes if it.step.kind in COUNTED and not it.step.parked]


def _done(outcomes: Sequence[Outcome]) -> int:
    return sum(it.state == "done" for it in outcomes)


def failures(outcomes: Sequence[Outcome]) -> list[ItemFailure]:
    """What was refused, each file once."""
    return [
        ItemFailure(it.step.source, it.reason or "", it.step.track_id)
        for it in outcomes
        if it.state == "refused" and not it.step.parked
    ]


async def _nothing(tx: Tx) -> None:
    """Only a checkpoint."""


def _failures_before(refused: Sequence[FileStep]) -> list[ItemFailure]:
    """What was refused before the job was cut off."""
    return failures([Outcome(step, "refused", step.detail.get("reason")) for step in refused])


async def finish(tx: Tx, change: Change) -> None:
    """When no step is left: how many tracks a change has touched; one that did nothing is forgotten."""
    assert change.id is not None
    if await _has(tx, change.id, "meant"):
        return
    if await _has(tx, change.id, "done"):  # be it that only folders were made
        done = await step_rows.tracks_in(tx, change.id)
        await tx.execute("UPDATE change SET items = ? WHERE id = ? AND kind != 'merge'", (done, change.id))
        if change.title is not None:
            await tx.execute("UPDATE change SET title = ? WHERE id = ?", (change.title(done), change.id))
        if change.origin is not None:
            await _note_reversal(tx, change.id, change.origin)
    elif not change.lasting:
        await tx.execute("DELETE FROM change WHERE id = ? AND kind != 'merge'", (change.id,))


async def _has(tx: Tx, change_id: int, state: State) -> bool:
    query = "SELECT 1 FROM file_step WHERE change_id = ? AND state = ? LIMIT 1"
    return await tx.fetchone(query, (change_id, state)) is not None


async def _note_reversal(tx: Tx, change_id: int, origin: int) -> None:
    """A change is undone when none of its steps is left, and done again when one of them is."""
    row = await tx.fetchone("SELECT kind FROM change WHERE id = ?", (change_id,))
    is_undo = row is not None and row["kind"] == "undo"
    undone = change_id if is_undo and not await step_rows.tracks_in(tx, origin) else None
    await tx.execute("UPDATE change SET undone = ? WHERE id = ?", (undone, origin))
