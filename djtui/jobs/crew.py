"""Crews: worker processes opened on demand, one task at a time each, with limits that hold.

Each worker is a pebble pool of one process. In a pebble pool of several, the workers share one locked pipe,
and one that is killed while it sends its result takes the lock with it and stalls all the others (of six
such kills, one lost every task and one hung). Here a death costs what that worker was doing, and a worker
is used again only if its last task came back whole and in time.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol

from djtui.jobs import worker as inside
from djtui.jobs.job import TaskCrashed, TaskTimeout
from djtui.jobs.worker import Outcome

_LOOK_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class CrewSize:
    """A crew: at most `most` workers, of which those idle for `idle_s` seconds end, down to `least`."""

    name: str
    most: int
    least: int = 0
    idle_s: float = 60.0
    niceness: int = 0


@dataclass(slots=True)
class LaneStatistics:
    """A lane at this moment; `done` and `killed` count from the start of the pool.

    `total` are the workers that the lane could use now, `killed` the tasks that took too long or crashed.
    """

    max: int
    total: int = 0
    busy: int = 0
    idle: int = 0
    queued: int = 0
    done: int = 0
    killed: int = 0


class Worker(Protocol):
    """Somebody who does one task at a time."""

    pid: int | None

    @property
    def alive(self) -> bool: ...
    async def run(self, function: Callable[..., Any], args: Sequence[Any], limit: float | None) -> Outcome:
        """Raises TimeoutError over the limit, TaskCrashed, BrokenProcessPool if it never took the task."""
        ...

    def close(self) -> None: ...


class ProcessWorker:
    """One process under pebble. Opening and closing block; both are done on other threads."""

    def __init__(self, niceness: int, memory_limit: int | None) -> None:
        import multiprocessing

        from pebble import ProcessPool

        inside.one_thread_each()
        self.pid: int | None = None
        self._pool = ProcessPool(
            max_workers=1,
            initializer=inside.initialize,
            initargs=(os.getpid(), niceness, memory_limit),
            context=multiprocessing.get_context("spawn"),
        )
        introduction = self._pool.schedule(os.getpid)
        introduction.add_done_callback(self._introduced)

    def _introduced(self, future: Any) -> None:
        if not future.cancelled() and future.exception() is None:
            self.pid = future.result()

    @property
    def alive(self) -> bool:
        return bool(self._pool.active)

    async def run(self, function: Callable[..., Any], args: Sequence[Any], limit: float | None) -> Outcome:
        from pebble import ProcessExpired

        try:
            future = self._pool.schedule(inside.perform, args=(function, args), timeout=limit)
        except RuntimeError as error:  # its process died while it was idle
            raise BrokenProcessPool(str(error)) from error
        waiting = asyncio.wrap_future(future)
        try:
            while not (await asyncio.wait({waiting}, timeout=_LOOK_S))[0]:
                # Pebble forgets a task that it was given while its idle process died.
                if not self._pool.active and not (await asyncio.wait({waiting}, timeout=_LOOK_S))[0]:
                    raise BrokenProcessPool("its process was gone")
            outcome: Outcome = waiting.result()
        except ProcessExpired as error:
            raise TaskCrashed(f"A worker died ({_cause(error.exitcode)}).") from error
        finally:
            waiting.cancel()
        return outcome

    def close(self) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


class ThreadWorker:
    """A thread in place of a process, where no process may be started. One that hangs cannot be killed."""

    pid: int | None = None

    @property
    def alive(self) -> bool:
        return True

    async def run(self, function: Callable[..., Any], args: Sequence[Any], limit: float | None) -> Outcome:
        import threading

        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()

        def deliver(outcome: Outcome) -> None:
            if not future.done():
                future.set_result(outcome)

        def work() -> None:
            outcome = inside.perform(function, args)
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(deliver, outcome)

        threading.Thread(target=work, name="pool-task", daemon=True).start()
        return await asyncio.wait_for(future, limit)

    def close(self) -> None:
        """A thread ends with its task."""


class Crew:
    """Workers of one kind: opened on demand, closed when idle."""

    def __init__(self, size: CrewSize, hire: Callable[[], Worker], opener: ThreadPoolExecutor) -> None:
        self.size = size
        self._hire = hire
        self._opener = opener
        self._seats = asyncio.Semaphore(size.most)
        self._idle: list[tuple[Worker, float]] = []
        self._busy: set[Worker] = set()
        self._leaving: set[asyncio.Future[None]] = set()
        self._sweep: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> int:
        return len(self._idle)

    def pids(self) -> list[int]:
        workers = [worker for worker, _ in self._idle] + list(self._busy)
        return [worker.pid for worker in workers if worker.pid is not None]

    async def run(
        self,
        function: Callable[..., Any],
        args: Sequence[Any],
        limit: float | None,
        statistics: LaneStatistics,
    ) -> Outcome:
        async with self._seats:
            try:
                return await self._once(function, args, limit, statistics)
            except BrokenProcessPool:
                pass  # that worker died before it began: no fault of the task
            try:
                return await self._once(function, args, limit, statistics)
            except BrokenProcessPool as error:
                raise TaskCrashed(f"A worker could not begin a task: {error}.") from error

    async def _once(
        self,
        function: Callable[..., Any],
        args: Sequence[Any],
        limit: float | None,
        statistics: LaneStatistics,
    ) -> Outcome:
        worker = await self._take()
        self._busy.add(worker)
        reusable = False
        try:
            outcome = await worker.run(function, args, limit)
            reusable = True
        except TaskCrashed:
            statistics.killed += 1
            raise
        except TimeoutError as error:
            statistics.killed += 1
            raise TaskTimeout(f"A task took longer than its limit of {limit:g} s.") from error
        finally:
            self._busy.discard(worker)
            if reusable:
                self._rest(worker)
            else:
                self._retire(worker)
        return outcome

    async def _take(self) -> Worker:
        while self._idle:
            worker, _ = self._idle.pop()
            if worker.alive:
                return worker
            self._retire(worker)
        opening = asyncio.get_running_loop().run_in_executor(self._opener, self._hire)
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(self._unwanted)
            raise
        except OSError as error:
            raise BrokenProcessPool(f"no process could be started ({error.strerror})") from error

    def _unwanted(self, opening: asyncio.Future[Worker]) -> None:
        if not opening.cancelled() and opening.exception() is None:
            self._rest(opening.result())

    def _rest(self, worker: Worker) -> None:
        loop = asyncio.get_running_loop()
        self._idle.append((worker, loop.time()))
        if self._sweep is None:
            self._sweep = loop.call_later(self.size.idle_s, self._close_idle)

    def _close_idle(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweep = None
        excess = len(self._idle) + len(self._busy) - self.size.least
        stale = [entry for entry in self._idle if loop.time() - entry[1] >= self.size.idle_s][
            : max(0, excess)
        ]
        for entry in stale:
            self._idle.remove(entry)
            self._retire(entry[0])
        if self._idle and len(self._idle) > self.size.least:
            next_at = min(since for _, since in self._idle) + self.size.idle_s
            self._sweep = loop.call_at(max(next_at, loop.time() + 0.1), self._close_idle)

    def _retire(self, worker: Worker) -> None:
        leaving = asyncio.get_running_loop().run_in_executor(None, worker.close)
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    async def close(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        for worker in [worker for worker, _ in self._idle] + list(self._busy):
            self._retire(worker)
        self._idle.clear()
        await asyncio.gather(*self._leaving, return_exceptions=True)


def _cause(exitcode: int | None) -> str:
    import signal

    if exitcode is None or exitcode >= 0:
        return f"exit code {exitcode}"
    try:
        return signal.Signals(-exitcode).name
    except ValueError:
        return f"signal {-exitcode}"
