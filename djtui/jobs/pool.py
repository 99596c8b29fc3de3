"""The process pool: pure functions on other cores.

Three crews of workers, `quick` for collections, `heavy` for audio, and `slow` for what needs large libraries;
and lanes over them that say how many tasks of a kind run at once.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from djtui.jobs.crew import Crew, CrewSize, LaneStatistics, ProcessWorker, ThreadWorker, Worker
from djtui.jobs.job import TaskCrashed
from djtui.jobs.worker import OutOfMemory

if TYPE_CHECKING:
    from djtui.config import PoolSettings

HEAVY_NICENESS: Final = 10
_HEAVY_IDLE_S: Final = 60.0
_LEAST_MEMORY: Final = 2 << 30


@dataclass(frozen=True, slots=True)
class Lane:
    """Tasks of one kind: `most` of them run at once, by workers of the crew `crew`."""

    name: str
    crew: str
    most: int


class Pool:
    """Pure functions in worker processes (or threads), by lane. Belongs to one event loop."""

    def __init__(
        self,
        lanes: Sequence[Lane],
        crews: Sequence[CrewSize],
        *,
        memory_limit: int | None = None,
        threads: bool = False,
    ) -> None:
        # Linux's death signal fires when the *thread* that started the child ends: this one stays.
        self._opener = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pool-opener")

        def hire(niceness: int) -> Callable[[], Worker]:
            return lambda: ThreadWorker() if threads else ProcessWorker(niceness, memory_limit)

        self._crews = {size.name: Crew(size, hire(size.niceness), self._opener) for size in crews}
        self._lanes = {lane.name: lane for lane in lanes}
        self._turns = {lane.name: asyncio.Semaphore(lane.most) for lane in lanes}
        self._statistics = {lane.name: LaneStatistics(max=lane.most) for lane in lanes}

    @classmethod
    def of(cls, settings: PoolSettings, *, threads: bool = False) -> Pool:
        """The pool as the settings say."""
        lanes = (
            Lane("import", "quick", settings.import_max),
            Lane("export", "quick", settings.export_max),
            Lane("analysis", "heavy", settings.analysis_max),
            Lane("wandering", "slow", 1),
        )
        quick = CrewSize(
            "quick",
            max(settings.import_max, settings.export_max),
            max(settings.import_min, settings.export_min),
            max(settings.import_idle_s, settings.export_idle_s),
        )
        heavy = CrewSize("heavy", settings.analysis_max, 0, _HEAVY_IDLE_S, HEAVY_NICENESS)
        slow = CrewSize("slow", 1, 0, _HEAVY_IDLE_S, HEAVY_NICENESS)
        limit = settings.memory_mb * 1_000_000 or max(_LEAST_MEMORY, _physical_memory() // 2)
        return cls(lanes, (quick, heavy, slow), memory_limit=limit, threads=threads)

    async def run(
        self,
        lane: str,
        function: Callable[..., Any],
        *args: Any,
        timeout: float | None = None,  # noqa: ASYNC109 - it is the worker that is stopped
    ) -> Any:
        """Run `function(*args)` in a worker: both plain and importable, as the value that comes back.

        `timeout` in seconds counts from the task's start, not from its wait in the queue. Cancelling the
        caller kills the worker. Raises `TaskTimeout`, `TaskCrashed`, and what the function raises.
        """
        statistics = self._statistics[lane]
        crew = self._crews[self._lanes[lane].crew]
        statistics.queued += 1
        try:
            await self._turns[lane].acquire()
        finally:
            statistics.queued -= 1
        statistics.busy += 1
        try:
            outcome = await crew.run(function, args, timeout, statistics)
        finally:
            statistics.busy -= 1
            self._turns[lane].release()
        statistics.done += 1
        if isinstance(outcome.error, OutOfMemory):
            raise TaskCrashed(str(outcome.error)) from outcome.error
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    def statistics(self) -> dict[str, LaneStatistics]:
        """Every lane as it is now."""
        for name, lane in self._lanes.items():
            statistics = self._statistics[name]
            statistics.idle = min(self._crews[lane.crew].idle, lane.most - statistics.busy)
            statistics.total = statistics.busy + statistics.idle
        return self._statistics

    def pids(self) -> list[int]:
        """The process ids of the workers."""
        return [pid for crew in self._crews.values() for pid in crew.pids()]

    async def close(self) -> None:
        """End every worker, busy or not."""
        for crew in self._crews.values():
            await crew.close()
        self._opener.shutdown(wait=False)


def prepare() -> None:
    """Start multiprocessing's resource tracker. Blocks for some 10 ms.

    Textual replaces sys.stderr by one without a file descriptor, with which the tracker cannot be started.
    """
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()


def _physical_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
