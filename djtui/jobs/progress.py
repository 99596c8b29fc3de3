"""The live figures of phases at work, and their way into the database between checkpoints."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from djtui.jobs import records

if TYPE_CHECKING:
    from djtui.library.database import Library

EVERY_S: Final = 0.25


class Figures:
    """One phase at work, in numbers. `done` is what is shown: it may run ahead of what is committed."""

    KEPT: Final = ("committed", "added", "updated", "requests", "total", "seconds")

    def __init__(self, job_id: int, position: int) -> None:
        self.job_id = job_id
        self.position = position
        self.committed = 0
        self.added = 0
        self.updated = 0
        self.requests = 0
        self.total: int | None = None
        self.message: str | None = None
        self.peak_memory = 0
        self.changed = False
        self.fresh = False
        self._reported = 0
        self._seconds = 0.0
        self._started: float | None = None

    @property
    def done(self) -> int:
        return max(self.committed, self._reported)

    @property
    def seconds(self) -> float:
        """Time at work, waits not counted, over all the times that the phase was opened."""
        running = time.monotonic() - self._started if self._started is not None else 0.0
        return self._seconds + running

    @property
    def rate(self) -> float | None:
        """Items a second."""
        return self.done / self.seconds if self.done and self.seconds > 0 else None

    def restore(
        self, *, committed: int, added: int, updated: int, requests: int, total: int | None, seconds: float
    ) -> None:
        """Go on from what an earlier host committed."""
        self.committed, self.added, self.updated = committed, added, updated
        self.requests, self.total, self._seconds = requests, total, seconds

    def start_clock(self) -> None:
        if self._started is None:
            self._started = time.monotonic()

    def stop_clock(self) -> None:
        self._seconds = self.seconds
        self._started = None

    def advance(self, processed: int, added: int, updated: int) -> None:
        """Count a batch (with negative numbers: one that could not be committed)."""
        self.committed += processed
        self.added += added
        self.updated += updated

    def reopen(self) -> None:
        """Forget what was reported but never committed."""
        self._reported = 0

    def report(self, *, done: int | None, total: int | None, message: str | None) -> None:
        if done is not None:
            self._reported = done
        if total is not None:
            self.total = total
        if message is not None:
            self.message = message
        self.changed = True

    def requested(self, count: int) -> None:
        self.requests += count
        self.changed = True

    def start_over(self) -> None:
        """Count from nothing again: the phase's source is another one now."""
        self.committed = self.added = self.updated = self._reported = 0
        self.fresh = self.changed = True

    def weigh(self, peak: int) -> None:
        """Note the private memory, in bytes, of the largest process."""
        if peak > self.peak_memory:
            self.peak_memory = peak
            self.changed = True


class Progress:
    """Writes figures that changed since the last checkpoint, in a short transaction of its own."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.live: set[Figures] = set()

    async def write(self) -> None:
        """Raises `LibraryError`."""
        changed = [figures for figures in self.live if figures.changed]
        if changed:
            async with self._library.writing() as tx:
                for figures in changed:
                    figures.changed = False
                    await records.write_figures(tx, figures)
