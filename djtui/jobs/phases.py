"""One phase at work: batch after batch, each committed with its checkpoint, through waits and retries."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Final

from djtui.jobs import records
from djtui.jobs.job import Batch, Context, JobError, Phase, Wait
from djtui.jobs.progress import Figures
from djtui.jobs.trouble import passes, sentence

if TYPE_CHECKING:
    from djtui.jobs.running import JobRun

GAP_S: Final = 0.004
_ASK_AGAIN_S: Final = 5.0
_LOOK_S: Final = 0.5
log = logging.getLogger(__name__)


class Halted(Exception):
    """The job stops here, at a checkpoint, in the state `state`."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class CommitGate:
    """Lets one batch at a time be committed, with a gap before the next.

    Writers in other processes ask for their turn every 2 ms; without the gap a host that has its next batch
    ready would begin again before they look.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._free_at = 0.0

    async def __aenter__(self) -> None:
        await self._lock.acquire()
        try:
            if (delay := self._free_at - time.monotonic()) > 0:
                await asyncio.sleep(delay)
        except BaseException:
            self._lock.release()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._free_at = time.monotonic() + GAP_S
        self._lock.release()


class PhaseRun:
    """One phase of one job, from where it stands to its end."""

    def __init__(self, run: JobRun, phase: Phase, figures: Figures, context: Context) -> None:
        self.phase = phase
        self.figures = figures
        self._run = run
        self._services = run.services
        self._context = context
        self._attempt = 0
        self._shown_waiting = False

    async def work(self) -> None:
        """Work the phase to its end. Raises `Halted` at a checkpoint, else what cannot be overcome."""
        self._services.progress.live.add(self.figures)
        try:
            await self._show("running")
            while True:
                try:
                    await self._work_through()
                    break
                except Exception as error:
                    if not passes(error):
                        raise
                    await self._back_off(error)
            await self._services.vitals.weigh()
            await self._show("succeeded")
        except Halted:
            raise
        except Exception as error:
            await self._show("failed", last_error=sentence(error))
            raise
        finally:
            self.figures.stop_clock()
            self._services.progress.live.discard(self.figures)

    async def _work_through(self) -> None:
        self.figures.reopen()
        cursor = await records.cursor(self._services.library, self.figures)
        generator = self.phase.work(cursor, self._context)
        try:
            self._run.obey()
            while (step := await self._next(generator)) is not None:
                if isinstance(step, Wait):
                    await self._wait_out(step)
                else:
                    await self._commit(step)
                self._run.obey()
        finally:
            self.figures.stop_clock()
            await generator.aclose()

    async def _next(self, generator: AsyncGenerator[Batch | Wait, None]) -> Batch | Wait | None:
        """The generator's next step. A job that is to end and reaches no checkpoint in time is cut off."""
        self.figures.start_clock()
        step = asyncio.ensure_future(_step(generator))
        try:
            while not (await asyncio.wait({step}, timeout=_LOOK_S))[0]:
                if self._run.overdue:
                    log.info("%s, %s: cut off between checkpoints", self._run.title, self.phase.name)
                    self._run.obey()
                if self._shown_waiting:
                    await self._show("running")
            return step.result()
        finally:
            self.figures.stop_clock()
            if not step.done():
                step.cancel()
                await asyncio.wait({step})

    async def _commit(self, batch: Batch) -> None:
        figures = self.figures
        figures.start_clock()
        figures.advance(batch.processed, batch.added, batch.updated)
        try:
            async with self._services.gate, self._services.library.writing(durable=batch.durable) as tx:
                began = time.perf_counter()
                await batch.store(tx)
                wanted = await records.checkpoint(tx, figures, batch)
                if self._attempt or self._shown_waiting:
                    await records.phase_state(tx, figures, "running")
        except BaseException:
            figures.advance(-batch.processed, -batch.added, -batch.updated)
            raise
        self._context.took(batch.processed, time.perf_counter() - began)
        figures.changed = self._shown_waiting = False
        self._attempt = 0
        self._run.ask(wanted)

    async def _wait_out(self, wait: Wait) -> None:
        if not self._shown_waiting or wait.until is not None:
            await self._show("waiting", until=wait.until, reason=wait.reason)
        if wait.until is None:
            await self._run.rest(_ASK_AGAIN_S)
            return
        # By the wall clock, in short naps: a monotonic one stands still while a laptop sleeps.
        while (left := (wait.until - datetime.now(UTC)).total_seconds()) > 0:
            await self._run.rest(min(left, 1.0))

    async def _back_off(self, error: Exception) -> None:
        patience = self._services.patience
        self._attempt += 1
        if self._attempt > patience.attempts:
            raise JobError(
                f"{sentence(error)} Given up after {patience.attempts} retries; what is done is kept: "
                "retry the job to go on from there."
            ) from error
        delay = patience.delay(self._attempt)
        message = (
            f"retry {self._attempt} of {patience.attempts} in {max(1, round(delay))} s: {sentence(error)}"
        )
        log.warning("%s, %s: %s", self._run.title, self.phase.name, message, exc_info=error)
        await self._show(
            "waiting",
            until=datetime.now(UTC) + timedelta(seconds=delay),
            reason=message,
            last_error=sentence(error),
        )
        await self._run.rest(delay)
        await self._show("running")

    async def _show(
        self,
        state: str,
        *,
        until: datetime | None = None,
        reason: str | None = None,
        last_error: str | None = None,
    ) -> None:
        async with self._services.library.writing() as tx:
            await records.phase_state(
                tx,
                self.figures,
                state,
                until=until,
                reason=reason,
                last_error=last_error,
                attempt=self._attempt,
            )
        self._shown_waiting = state == "waiting"


async def _step(generator: AsyncGenerator[Batch | Wait, None]) -> Batch | Wait | None:
    try:
        return await anext(generator)
    except StopAsyncIteration:
        return None
