"""The host's memory: how much its processes take, and smaller batches while the machine runs short."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from djtui.jobs.pool import Pool
    from djtui.jobs.progress import Progress

FLOOR: Final = 0.10
_LEAST_BATCH: Final = 50
_RELIEF: Final = 1.5
_M_ARENA_MAX: Final = -8  # malloc.h of glibc
_HEAPS: Final = 2
log = logging.getLogger(__name__)


def share_heaps() -> None:
    """Let the threads of this process share two heaps. Work hops between threads, and glibc would give each
    of them one of its own that keeps what it once held; where there is no glibc nothing happens.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _HEAPS)


class Vitals:
    """Private memory of the host and its workers, and the batch size that the machine can afford.

    Below `floor` (a share of all memory) the batch is halved at every look, down to 50; above one and a half
    times the floor it doubles again.
    """

    def __init__(self, batch: int, pool: Pool, progress: Progress, floor: float = FLOOR) -> None:
        self.batch_size = batch
        self._full = batch
        self._floor = floor
        self._pool = pool
        self._progress = progress

    async def weigh(self) -> None:
        """Note in the figures of every live phase the private memory of the largest process."""
        peak = await asyncio.to_thread(_largest, (os.getpid(), *self._pool.pids()))
        for figures in self._progress.live:
            figures.weigh(peak)

    async def look(self) -> str | None:
        """Fit the batch size to the memory that is left. Returns a sentence when it changed."""
        left = await asyncio.to_thread(_share_left)
        before = self.batch_size
        if left < self._floor:
            self.batch_size = max(min(_LEAST_BATCH, self._full), before // 2)
        elif left > self._floor * _RELIEF:
            self.batch_size = min(self._full, before * 2)
        if self.batch_size == before:
            return None
        if self.batch_size == self._full:
            return f"There is memory again: batches of {self.batch_size}."
        return f"Memory is short ({left:.0%} left): batches of {self.batch_size}."


def _share_left() -> float:
    import psutil

    memory = psutil.virtual_memory()
    return float(memory.available / memory.total)


def _largest(pids: Sequence[int]) -> int:
    """Private bytes of the process that has the most; one that ended meanwhile counts nothing."""
    import psutil

    largest = 0
    for pid in pids:
        try:
            largest = max(largest, int(psutil.Process(pid).memory_full_info().uss))
        except psutil.Error:
            continue
    return largest
