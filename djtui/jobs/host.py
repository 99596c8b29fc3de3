"""The host: the one process of a library that works its jobs, and the only place where they commit."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from djtui.jobs import records
from djtui.jobs.locks import HostLock, HostTaken, host_is_free
from djtui.jobs.log import log_path, logging_to
from djtui.jobs.phases import CommitGate
from djtui.jobs.pool import Pool, prepare
from djtui.jobs.progress import EVERY_S as PROGRESS_S
from djtui.jobs.progress import Progress
from djtui.jobs.resources import Claim, claims, obstacle
from djtui.jobs.running import JobRun, Services
from djtui.jobs.starting import HostError, ensure_host
from djtui.jobs.trouble import Patience
from djtui.jobs.vitals import FLOOR, Vitals, share_heaps
from djtui.library.database import LibraryError

if TYPE_CHECKING:
    from djtui.config import Settings
    from djtui.jobs.job import JobKinds
    from djtui.library.database import Library

__all__ = ["Host", "HostError", "HostTaken", "ensure_host", "host_is_free"]

_POLL_S: Final = 0.1
_VITALS_S: Final = 1.0
_FAILURES: Final = 30
log = logging.getLogger(__name__)


class Host:
    """Works the queue of a library: every queued job whose resources are free, several at once.

    `mode` says where it runs (process, cli, thread); in a thread the pool is made of threads too. `grace_s`
    is how long a job that is cancelled, or whose host ends, may take to reach a checkpoint.
    """

    def __init__(
        self,
        library: Library,
        kinds: JobKinds,
        settings: Settings,
        *,
        mode: str = "process",
        pool: Pool | None = None,
        patience: Patience | None = None,
        grace_s: float = 10.0,
        memory_floor: float = FLOOR,
    ) -> None:
        self._library = library
        self._settings = settings
        self._mode = mode
        pool = pool or Pool.of(settings.pool, threads=mode == "thread")
        progress = Progress(library)
        self._services = Services(
            library=library,
            kinds=kinds,
            settings=settings,
            pool=pool,
            progress=progress,
            vitals=Vitals(settings.jobs.batch, pool, progress, memory_floor),
            gate=CommitGate(),
            patience=patience or Patience(),
            grace_s=grace_s,
            log_path=log_path(library.path),
        )
        self._runs: dict[int, tuple[JobRun, asyncio.Task[None]]] = {}
        self._told: dict[int, str] = {}
        self._leave: str | None = None
        self._shown_pool = ""
        self.began = asyncio.Event()

    @property
    def batch_size(self) -> int:
        """The batch that the machine's memory allows now."""
        return self._services.vitals.batch_size

    def stop(self, leave: str = "interrupted") -> None:
        """End soon: jobs at work stop at their next checkpoint and are left interrupted, or "queued"."""
        self._leave = leave
        for run, _ in self._runs.values():
            run.stop(leave)

    async def serve(self, idle: float | None = 60.0) -> None:
        """Be the host until there was nothing to do for `idle` seconds (None: until `stop`).

        Raises `HostTaken` if there is a host, `LibraryError` when the library cannot be used.
        """
        with logging_to(self._services.log_path):
            try:
                while True:
                    async with HostLock(self._library.path):
                        await self._serve(idle)
                    # Somebody who asked between the last look and the unlocking has started no host.
                    if self._leave is not None or not await self._has_work():
                        return
            finally:
                await self._services.pool.close()

    async def _serve(self, idle: float | None) -> None:
        if self._mode != "thread":
            share_heaps()
            await asyncio.to_thread(prepare)
        async with self._library.writing() as tx:
            await records.host_began(tx, os.getpid(), self._mode)
            left = await records.settle(tx, resume=self._settings.jobs.resume == "always")
        log.info("Host begins (%s); jobs left at work by another: %s", self._mode, left or "none")
        self.began.set()
        ended = asyncio.Event()
        helpers = [
            asyncio.ensure_future(_every(PROGRESS_S, self._services.progress.write, ended)),
            asyncio.ensure_future(_every(_VITALS_S, self._show_vitals, ended)),
        ]
        try:
            await self._work_queue(idle)
        finally:
            await self._end_runs()
            ended.set()
            for error in await asyncio.gather(*helpers, return_exceptions=True):
                if isinstance(error, Exception):
                    log.error("A helper of the host stopped early", exc_info=error)
            with suppress(LibraryError):
                async with self._library.writing() as tx:
                    await records.host_left(tx)
            log.info("Host ends")

    async def _work_queue(self, idle: float | None) -> None:
        busy_at = time.monotonic()
        failures = 0
        while self._leave is None:
            try:
                await self._look_at_queue()
                failures = 0
            except LibraryError as error:
                failures += 1
                if failures > _FAILURES:
                    raise
                log.warning("The queue cannot be read: %s", error)
                await asyncio.sleep(1)
            if self._runs:
                busy_at = time.monotonic()
                tasks = [task for _, task in self._runs.values()]
                await asyncio.wait(tasks, timeout=_POLL_S, return_when=asyncio.FIRST_COMPLETED)
                self._drop_ended()
            elif idle is not None and time.monotonic() - busy_at > idle:
                return
            else:
                await asyncio.sleep(_POLL_S)

    async def _look_at_queue(self) -> None:
        rows = await self._library.fetchall(
            "SELECT * FROM job WHERE state IN ('queued', 'running', 'waiting') ORDER BY id"
        )
        self._pass_on(rows)
        await self._begin([row for row in rows if row["state"] == "queued" and row["wanted"] == "run"])

    def _pass_on(self, rows: Iterable[sqlite3.Row]) -> None:
        for row in rows:
            if row["id"] in self._runs:
                self._runs[row["id"]][0].ask(row["wanted"])

    async def _begin(self, queued: list[sqlite3.Row]) -> None:
        """Take up the queued jobs whose resources are free; an earlier one goes first."""
        if not queued:
            return
        found = await claims(self._library, [row["id"] for row in queued] + list(self._runs))
        ahead = [found[job_id] for job_id in self._runs if job_id in found]
        for row in queued:
            if row["id"] in self._runs or row["id"] not in found:
                continue  # its end is just being recorded, or it was deleted
            claim = found[row["id"]]
            if (reason := obstacle(claim, ahead)) is None:
                await self._take_up(row, claim)
            elif self._told.get(row["id"]) != reason:
                self._told[row["id"]] = reason
                async with self._library.writing() as tx:
                    await records.say(tx, row["id"], reason)
            ahead.append(claim)

    async def _take_up(self, row: sqlite3.Row, claim: Claim) -> None:
        self._told.pop(claim.job_id, None)
        async with self._library.writing() as tx:
            if not await records.claim(tx, claim.job_id):
                return
        run = JobRun(self._services, row)
        self._runs[claim.job_id] = run, asyncio.ensure_future(run.work())

    def _drop_ended(self) -> None:
        for job_id, (run, task) in list(self._runs.items()):
            if task.done():
                del self._runs[job_id]
                if not task.cancelled() and (error := task.exception()) is not None:
                    log.error("%s was lost", run.title, exc_info=error)

    async def _has_work(self) -> bool:
        found = await self._library.fetchone(
            "SELECT 1 FROM job WHERE state = 'queued' AND wanted = 'run' LIMIT 1"
        )
        return found is not None

    async def _end_runs(self) -> None:
        """Let every job reach a checkpoint; those that do not in their grace are cut off by themselves."""
        if not self._runs:
            return
        tasks = [task for _, task in self._runs.values()]
        for run, _ in self._runs.values():
            run.stop(self._leave or "interrupted")
        _, late = await asyncio.wait(tasks, timeout=2 * self._services.grace_s + 1)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._drop_ended()

    async def _show_vitals(self) -> None:
        await self._show_pool()
        if not self._runs:
            return
        await self._services.vitals.weigh()
        if (message := await self._services.vitals.look()) is not None:
            log.warning("%s", message)
            async with self._library.writing() as tx:
                for job_id in self._runs:
                    await records.say(tx, job_id, message)

    async def _show_pool(self) -> None:
        statistics = self._services.pool.statistics()
        text = records.as_json({name: asdict(lane) for name, lane in statistics.items()})
        if text != self._shown_pool:
            self._shown_pool = text
            async with self._library.writing() as tx:
                await records.host_pool(tx, text)


async def _every(seconds: float, step: Callable[[], Awaitable[None]], ended: asyncio.Event) -> None:
    while not ended.is_set():
        try:
            await step()
        except LibraryError as error:
            log.warning("%s", error)
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), seconds)
