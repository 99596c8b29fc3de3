"""One job at work: its phases in order, some beside each other, and how it ends."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from djtui.config import reloaded
from djtui.jobs import records
from djtui.jobs.estimates import estimates, summary
from djtui.jobs.job import Context, Estimate, Job, JobError, keeps, may_overlap, repeats
from djtui.jobs.phases import CommitGate, Halted, PhaseRun
from djtui.jobs.progress import Figures
from djtui.jobs.trouble import Patience, is_expected, passes, sentence
from djtui.library.database import LibraryError

if TYPE_CHECKING:
    from djtui.config import Settings
    from djtui.jobs.job import JobKinds
    from djtui.jobs.pool import Pool
    from djtui.jobs.progress import Progress
    from djtui.jobs.vitals import Vitals
    from djtui.library.database import Library, Tx

_STATES: Final = {"pause": "paused", "cancel": "cancelled"}
_RECORD_AGAIN_S: Final = 5.0
log = logging.getLogger(__name__)


@dataclass(eq=False)
class Services:
    """What the jobs of one host share."""

    library: Library
    kinds: JobKinds
    settings: Settings
    pool: Pool
    progress: Progress
    vitals: Vitals
    gate: CommitGate
    patience: Patience
    grace_s: float
    log_path: Path


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job leaves the host."""

    state: str
    error: str | None = None
    result: dict[str, Any] | None = None
    message: str | None = None


class JobRun:
    """A job that a host has taken up."""

    def __init__(self, services: Services, row: sqlite3.Row) -> None:
        self.services = services
        self.id = int(row["id"])
        self.kind = str(row["kind"])
        self.title = str(row["title"])
        self._params: dict[str, Any] = json.loads(row["params"])
        # A host may be older than the settings: a volume was mapped while it was idle.
        self._settings = reloaded(services.settings)
        self._wanted = "run"
        self._leave: str | None = None
        self._cut = False
        self._called = asyncio.Event()
        self._called_at = 0.0

    # -- what is wanted of it --

    def ask(self, wanted: str) -> None:
        """What the library says is wanted now: run, pause or cancel."""
        self._wanted = wanted
        self._call()

    def stop(self, leave: str) -> None:
        """The host ends: stop at the next checkpoint and be `leave` (interrupted or queued)."""
        self._leave = leave
        self._call()

    def cut(self) -> None:
        """One phase has ended the job: the others stop where they are, for nobody waits for them."""
        self._cut = True
        self._call()

    def _call(self) -> None:
        if self._wanted == "run" and self._leave is None and not self._cut:
            self._called.clear()
        elif not self._called.is_set():
            self._called_at = time.monotonic()
            self._called.set()

    def obey(self) -> None:
        """Raises `Halted` where the job is wanted to stop."""
        if self._wanted != "run":
            raise Halted(_STATES[self._wanted])
        if self._leave is not None:
            raise Halted(self._leave)
        if self._cut:
            raise Halted("interrupted")

    @property
    def overdue(self) -> bool:
        """Whether the job was to end (a pause has time) and reached no checkpoint in its grace."""
        ending = self._wanted == "cancel" or self._leave is not None
        late = time.monotonic() - self._called_at > self.services.grace_s
        return self._cut or (ending and self._called.is_set() and late)

    async def rest(self, seconds: float) -> None:
        """Sleep, unless the job is called. Raises `Halted` then."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._called.wait(), seconds)
        self.obey()

    # -- the work --

    async def work(self) -> None:
        """Work the job until it ends or is halted, and record which."""
        log.info("%s (job %d) begins", self.title, self.id)
        ending = await self._work()
        log.info("%s (job %d): %s. %s", self.title, self.id, ending.state, ending.error or "")
        while True:
            try:
                async with self.services.library.writing() as tx:
                    await self._record(tx, ending)
                return
            except LibraryError as error:
                log.error("The end of %s could not be recorded: %s", self.title, error)
                if self._leave is not None:
                    return
            await asyncio.sleep(_RECORD_AGAIN_S)

    async def _record(self, tx: Tx, ending: Ending) -> None:
        result = ending.result
        if result is not None:
            result = await records.totals(tx, self.id) | result
        await records.end(
            tx, self.id, ending.state, message=ending.message, error=ending.error, result=result
        )

    async def _work(self) -> Ending:
        job: Job | None = None
        try:
            job = self._make()
            try:
                async with self.services.library.lean() if job.lean else nullcontext():
                    await self._work_phases(await self._prepare(job))
            finally:
                await job.close()
            return Ending("succeeded", result=job.result())
        except Halted as halted:
            stopped = "Its host was stopped." if halted.state == "interrupted" else None
            ending = Ending(halted.state, message=stopped)
            return ending if halted.state != "cancelled" else await self._with_what_is_left(job, ending)
        except Exception as error:
            return await self._with_what_is_left(job, Ending("failed", error=self._reason(error)))

    def _reason(self, error: Exception) -> str:
        """Why the job fails, as a sentence."""
        if is_expected(error):
            log.info("%s fails: %s", self.title, error)
            return sentence(error)
        log.error("%s fails", self.title, exc_info=error)
        if isinstance(error, OSError):
            return sentence(error)
        return (
            f"A mistake in djtui stopped this job ({type(error).__name__}: {sentence(error)}). "
            f"What was done is kept. The details are in {self.services.log_path}."
        )

    async def _with_what_is_left(self, job: Job | None, ending: Ending) -> Ending:
        """The end of a job that was cut short, with what it leaves behind."""
        try:
            left = None if job is None else await job.left(self.services.library, ending.error or "")
        except Exception:
            log.exception("What %s leaves behind is not known", self.title)
            return ending
        if left is None:
            return ending
        if ending.state == "cancelled":
            return replace(ending, result=left.result, message=left.said or None)
        return replace(ending, result=left.result, error=left.said)

    def _make(self) -> Job:
        factory = self.services.kinds.get(self.kind)
        if factory is None:
            raise JobError(f"This djtui does not know jobs of the kind {self.kind}; another version may.")
        return factory(self._params, self.services.library, self._settings)

    async def _prepare(self, job: Job) -> list[PhaseRun]:
        """The phases that are still to be worked, each where it stands."""
        rows = await self._rows()
        names = [phase.name for phase in job.phases]
        if [row["name"] for row in rows] != names:
            found = await self._estimate(job)
            async with self.services.library.writing() as tx:
                await records.create_phases(tx, self.id, names, found)
                await tx.execute(
                    "UPDATE job SET estimate = ? WHERE id = ?",
                    (records.as_json(summary(job, found)), self.id),
                )
            rows = await self._rows()
        else:
            async with self.services.library.writing() as tx:
                for position, phase in enumerate(job.phases):
                    if repeats(phase) and rows[position]["state"] != "queued":
                        await records.repeat_phase(tx, self.id, position, keep=keeps(phase))
            rows = await self._rows()
        return [
            self._phase_run(job, position, row)
            for position, row in enumerate(rows)
            if row["state"] != "succeeded"
        ]

    async def _estimate(self, job: Job) -> list[Estimate]:
        try:
            return await estimates(job, self._context(None))
        except Exception as error:
            if not passes(error):
                raise
            log.info("%s: no estimate (%s)", self.title, error)
            return [Estimate()] * len(job.phases)

    async def _rows(self) -> list[sqlite3.Row]:
        return await self.services.library.fetchall(
            "SELECT * FROM job_phase WHERE job_id = ? ORDER BY position", (self.id,)
        )

    def _context(self, figures: Figures | None) -> Context:
        services = self.services
        return Context(
            self.id,
            services.library,
            self._settings,
            pool=services.pool,
            figures=figures,
            batch_size=lambda: services.vitals.batch_size,
        )

    def _phase_run(self, job: Job, position: int, row: sqlite3.Row) -> PhaseRun:
        figures = Figures(self.id, position)
        figures.restore(**{name: row[name] for name in Figures.KEPT})
        return PhaseRun(self, job.phases[position], figures, self._context(figures))

    async def _work_phases(self, runs: Sequence[PhaseRun]) -> None:
        waiting = list(runs)
        active: dict[asyncio.Task[None], PhaseRun] = {}
        try:
            while waiting or active:
                for run in self._ready(waiting, list(active.values())):
                    self.obey()
                    waiting.remove(run)
                    active[asyncio.ensure_future(run.work())] = run
                done, _ = await asyncio.wait(active, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    active.pop(task)
                errors = [error for task in done if (error := task.exception()) is not None]
                for error in sorted(errors, key=lambda error: isinstance(error, Halted)):
                    raise error
        except Halted:
            if active:  # its neighbours were called too: let them reach their checkpoints
                await asyncio.wait(active, timeout=self.services.grace_s)
            raise
        finally:
            self.cut()
            await asyncio.gather(*active, return_exceptions=True)

    @staticmethod
    def _ready(waiting: Sequence[PhaseRun], active: Sequence[PhaseRun]) -> list[PhaseRun]:
        """The phases that may begin: all before them are done or may run beside them."""
        ready = []
        ahead = list(active)
        for run in waiting:
            if all(may_overlap(run.phase, other.phase) for other in ahead):
                ready.append(run)
            ahead.append(run)
        return ready
