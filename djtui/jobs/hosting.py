"""Ways to have jobs worked: by a process of its own, within a command, in a thread; and following them."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from djtui.jobs.host import Host
from djtui.jobs.job import JobKinds
from djtui.jobs.locks import HostTaken, host_is_free
from djtui.jobs.requests import submit, want
from djtui.jobs.starting import NICENESS, HostError, ensure_host
from djtui.jobs.views import RESTING, JobView, job
from djtui.library.database import Library, LibraryError, backup_if_due
from djtui.library.tracks import settle_index

if TYPE_CHECKING:
    from djtui.config import Settings

_LOOK_S: Final = 0.1
_LOCK_LOOK_S: Final = 0.5
_HOSTLESS_S: Final = 10.0


async def serve_process(
    library: Path, kinds: JobKinds, settings: Settings, *, idle: float | None = 60.0
) -> bool:
    """Be the host process: until idle for that many seconds, or until SIGTERM or SIGINT, when jobs stop at
    their next checkpoint and are left interrupted. False if there is a host already. Raises `LibraryError`.
    """
    os.nice(max(0, NICENESS - os.nice(0)))
    opened = await Library.open(library)
    try:
        host = Host(opened, kinds, settings)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, host.stop)
        try:
            await host.serve(idle)
        except HostTaken:
            return False
        await _tidy(opened)
        return True
    finally:
        await opened.close()


async def _tidy(library: Library) -> None:
    """What is best done when nobody waits: the segments of the search index merged, a backup once a day."""
    more = True
    while more:
        async with library.writing() as tx:
            more = await settle_index(tx)
    await asyncio.to_thread(backup_if_due, library.path)


@asynccontextmanager
async def hosting(
    library: Library, kinds: JobKinds, settings: Settings, *, config: Path | None = None
) -> AsyncIterator[Host]:
    """Host the library within this process for as long as the block runs.

    Jobs still at work at its end stop at a checkpoint, are queued, and handed to a host process. Raises
    `HostTaken` if there is a host, `LibraryError`.
    """
    host = Host(library, kinds, settings, mode="cli")
    serving = asyncio.ensure_future(host.serve(None))
    beginning = asyncio.ensure_future(host.began.wait())
    try:
        await asyncio.wait((serving, beginning), return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
        yield host
    finally:
        beginning.cancel()
        host.stop("queued")
        await asyncio.gather(serving, beginning, return_exceptions=True)
    serving.result()
    waiting = await library.fetchone("SELECT 1 FROM job WHERE state = 'queued' AND wanted = 'run' LIMIT 1")
    if waiting is not None:
        with suppress(HostError):  # they stay queued for whoever hosts next
            ensure_host(library.path, config)


async def follow(library: Library, job_id: int) -> AsyncGenerator[JobView, None]:
    """The job as it is now, and again each time it changes (ten times a second at most), until nobody works
    it: it is over, paused or interrupted, or queued where nobody hosts. Raises `LibraryError`."""
    shown: JobView | None = None
    version = -1
    looked_at = hosted_at = time.monotonic()
    while True:
        row = await library.fetchone("PRAGMA data_version")
        now = time.monotonic()
        if (row is not None and row[0] != version) or now - looked_at > _LOCK_LOOK_S:
            version = row[0] if row is not None else version
            looked_at = now
            view = await job(library, job_id)
            if view is None:
                return
            if view != shown:
                shown = view
                yield view
            if not host_is_free(library.path):
                hosted_at = now
            if view.is_over or view.state in RESTING or now - hosted_at > _HOSTLESS_S:
                return
        await asyncio.sleep(_LOOK_S)


async def perform(
    library: Library,
    kinds: JobKinds,
    kind: str,
    params: dict[str, Any],
    settings: Settings,
    *,
    config: Path | None = None,
) -> AsyncGenerator[JobView, None]:
    """Have a job done and follow it: hosted here if nobody hosts, else by whoever does. Should that host
    vanish, the job is taken over. The last view tells how it ended.

    To be closed (`contextlib.aclosing`) when it is left early. Raises what `submit` raises.
    """
    job_id = await submit(library, kinds, kind, params, settings=settings)
    while True:
        try:
            async with hosting(library, kinds, settings, config=config):
                if (view := await job(library, job_id)) is not None and view.state == "interrupted":
                    await want(library, job_id, "run")
                async for view in follow(library, job_id):
                    yield view
                return
        except HostTaken:
            view = None
        async for view in follow(library, job_id):
            yield view
        if view is None or view.is_over or view.state == "paused":
            return


class ThreadHost:
    """A host in a thread of this process, with a pool of threads: for where no process may be started.

    A task that hangs cannot be killed here, and what computes slows the screen: say so to the DJ.
    """

    def __init__(self, library: Path, kinds: JobKinds, settings: Settings) -> None:
        self.error: str | None = None
        self._library = library
        self._kinds = kinds
        self._settings = settings
        self._host: Host | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="job-host", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self, limit: float = 15.0) -> None:
        """Stop the jobs at their next checkpoint, interrupted, and end. Blocks for up to `limit` seconds."""
        self._ready.wait(limit)
        if self._loop is not None and self._host is not None:
            with suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._host.stop)
        self._thread.join(limit)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except (LibraryError, HostTaken) as error:
            self.error = str(error)
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        library = await Library.open(self._library)
        try:
            self._host = Host(library, self._kinds, self._settings, mode="thread")
            self._loop = asyncio.get_running_loop()
            self._ready.set()
            await self._host.serve()
        finally:
            await library.close()


def host_in_thread(library: Path, kinds: JobKinds, settings: Settings) -> ThreadHost:
    """Host the library in a thread until it is idle for a minute, or stopped."""
    host = ThreadHost(library, kinds, settings)
    host.start()
    return host


def host_anyhow(
    library: Path, kinds: JobKinds, settings: Settings, *, config: Path | None = None
) -> ThreadHost | None:
    """See to it that somebody hosts: a process (then None), or a thread of ours where none may be started."""
    try:
        ensure_host(library, config)
    except HostError:
        return host_in_thread(library, kinds, settings)
    return None
