"""The second phase of a scan: files read in the process pool, some at a time, and stored as they come."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from djtui.files import storing
from djtui.files.scan_read import ReadFile, Trouble, read_files
from djtui.files.scan_state import Batches, Scan, nothing
from djtui.files.scan_walk import Seen
from djtui.files.storing import Candidates, Plan, Storing
from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure, TaskCrashed, TaskTimeout
from djtui.library.database import Tx
from djtui.model.text import fold

LANE: Final = "import"

_FIRST: Final = 40  # so that there is something to see at once
_AT_ONCE: Final = 300
_LISTED: Final = 500
_NAP_S: Final = 0.25
_BASE_S: Final = 30.0
_FILE_S: Final = 0.5


@dataclass
class Reading:
    """What was read says so itself, by its row: that is how the phase goes on after a crash."""

    job: Scan
    name: str = "Reading"
    _tasks: dict[asyncio.Task[list[ReadFile | Trouble]], list[Seen]] = field(default_factory=dict)
    _alone: list[Seen] = field(default_factory=list)
    _started: bool = False

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        work.moved = int((cursor or {}).get("moved", 0))
        keeping = Storing(ctx.job_id, f"Scan of {work.title}")
        try:
            while True:
                while work.known_bad:
                    count = min(_LISTED, len(work.known_bad))
                    bad = [work.known_bad[place] for place in range(count)]
                    yield Batch(nothing, processed=count, failures=bad)
                    for _ in bad:
                        work.known_bad.popleft()
                self._begin(ctx)
                self._tell(ctx)
                if not self._tasks:
                    if work.complete and not work.known_bad:
                        return
                    await self._wait_for_news()
                    yield Batch(nothing)  # a job that is to end is asked between batches
                    continue
                done, _ = await asyncio.wait(self._tasks, timeout=_NAP_S, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    results = self._judge(task, self._tasks[task])
                    batch, found = await self._batch(ctx, keeping, results)
                    yield batch
                    del self._tasks[task]
                    self._note(found)
                if not done:
                    yield Batch(nothing)
        finally:
            await self._drop()

    # -- tasks --

    def _begin(self, ctx: Context) -> None:
        """Send files to the pool, one task more than workers. Those whose task failed go last and alone."""
        width = ctx.settings.pool.import_max + 1
        while len(self._tasks) < width and (len(self.job.pending) or self._alone):
            if len(self.job.pending):
                size = min(_AT_ONCE, ctx.batch_size) if self._started else _FIRST
                files = self.job.pending.take(size)
            else:
                files = [self._alone.pop()]
            self._started = True
            limit = _BASE_S + _FILE_S * len(files)
            today = datetime.now(UTC).strftime("%Y-%m-%d")
            run = ctx.run(LANE, read_files, [seen.path for seen in files], today, timeout=limit)
            self._tasks[asyncio.ensure_future(run)] = files

    def _tell(self, ctx: Context) -> None:
        under_way = sum(map(len, self._tasks.values()))
        left = len(self.job.pending) + len(self._alone) + len(self.job.known_bad) + under_way
        ctx.report(total=ctx.done + left)

    async def _wait_for_news(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.job.news.wait(), _NAP_S)
        self.job.news.clear()

    def _judge(
        self, task: asyncio.Task[list[ReadFile | Trouble]], files: list[Seen]
    ) -> list[ReadFile | Trouble]:
        """What a task came to. When it took too long or its worker died, each of its files is tried alone."""
        try:
            return task.result()
        except (TaskTimeout, TaskCrashed) as error:
            if isinstance(error.__cause__, BrokenProcessPool):
                raise
            if len(files) > 1:
                self._alone += files[::-1]
                return []
            slow = isinstance(error, TaskTimeout)
            reason = "too long" if slow else "crashed"
            said = f"It was not read within {_BASE_S:.0f} seconds." if slow else f"Its reader died: {error}"
            seen = files[0]
            return [Trouble(seen.path, seen.size, seen.mtime_ns, reason, said)]

    async def _drop(self) -> None:
        """Nothing is under way any more; what was goes back on the list."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for files in self._tasks.values():
            self.job.pending.add(files)
        self._tasks.clear()

    # -- results --

    async def _batch(
        self, ctx: Context, keeping: Storing, results: Sequence[ReadFile | Trouble]
    ) -> tuple[Batch, _Stored]:
        work = self.job
        read = [it for it in results if isinstance(it, ReadFile)]
        # What was there a moment ago and is gone is no failure: Missing will see it.
        troubles = [it for it in results if isinstance(it, Trouble) and it.reason != "missing"]
        moved = await self._moved(ctx, read)
        plan = await storing.plan(ctx.library, read, moved)
        if plan.moved and work.neighbour is not None:
            await work.neighbour.prepare(ctx.library)
        found = _Stored(plan)
        at = await storing.known_at(ctx.library, [it.path for it in troubles]) if troubles else {}

        async def store(tx: Tx) -> None:
            if await storing.revision(tx) != plan.revision:
                found.plan = await storing.plan(tx, read, moved)
            found.ids = await keeping.store(tx, found.plan)
            if found.plan.moved and work.neighbour is not None:
                await work.neighbour.moved(tx, found.plan.moved)
            await storing.put_troubles(tx, troubles)

        batch = Batch(
            nothing if work.dry_run else store,
            cursor={"moved": work.moved + len(plan.moved)},
            processed=len(results),
            added=len(plan.new),
            updated=plan.updated,
            failures=[
                ItemFailure(it.path, it.sentence, at[it.path].track_id if it.path in at else None)
                for it in troubles
            ],
        )
        return batch, found

    async def _moved(self, ctx: Context, read: Sequence[ReadFile]) -> dict[str, int]:
        """The files among these that are those of tracks which lay elsewhere: path -> track."""
        known = await storing.known_at(ctx.library, [it.path for it in read])
        strange = [it for it in read if it.path not in known]
        candidates = await storing.maybe_moved(ctx.library, strange, self.job.has_seen)
        if not candidates:
            return {}
        return storing.choose_moved(await asyncio.to_thread(_left, candidates))

    def _note(self, found: _Stored) -> None:
        """Remember, when it is committed, whose files were seen."""
        for id in (*found.ids, *(it.track_id for it in found.plan.known)):
            self.job.see(id)
        self.job.moved += len(found.plan.moved)


@dataclass(slots=True)
class _Stored:
    """What a batch stored, and the ids of its new tracks."""

    plan: Plan
    ids: range = range(0)


def _left(candidates: Candidates) -> Candidates:
    """Those of the candidates whose file is no longer where it was."""
    return {
        path: left
        for path, tracks in candidates.items()
        if (left := [(id, old) for id, old in tracks if has_left(old, path)])
    }


def has_left(old: str, new: str) -> bool:
    """Whether a file that lies at `new` cannot also lie at `old`: nothing is there, or it is the same file
    on a disk that does not tell two spellings of a name apart."""
    try:
        there = os.lstat(old)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    if fold(old) != fold(new):
        return False
    with suppress(OSError):
        return os.path.samestat(there, os.lstat(new)) and there.st_nlink == 1
    return False
