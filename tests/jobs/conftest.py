"""A library with the toy table, and hosts that work it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from djtui.config import Settings
from djtui.jobs.host import Host
from djtui.jobs.locks import host_is_free
from djtui.jobs.trouble import Patience
from djtui.jobs.views import JobView, job
from djtui.library.database import Library
from tests.jobs.toy import KINDS, TABLE

Hosting = Callable[..., AbstractAsyncContextManager[Host]]
StartHost = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(autouse=True)
def _own_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest_asyncio.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    """A library in which toy jobs can count."""
    opened = await Library.open(tmp_path / "library.db")
    async with opened.writing() as tx:
        await tx.execute(TABLE)
    yield opened
    await opened.close()


@pytest.fixture
def at_work(library: Library) -> Hosting:
    """`async with at_work(…):` hosts the library in this process, with short patience."""

    @asynccontextmanager
    async def work(**options: Any) -> AsyncIterator[Host]:
        leave = options.pop("leave", "interrupted")
        settings = options.pop("settings", Settings())
        options.setdefault("patience", Patience(attempts=3, first_s=0.02))
        options.setdefault("grace_s", 2.0)
        host = Host(library, KINDS, settings, **options)
        serving = asyncio.ensure_future(host.serve(None))
        try:
            yield host
        finally:
            host.stop(leave)
            await serving

    return work


@pytest.fixture
def start_host(library: Library) -> Iterator[StartHost]:
    """Starts a host process of its own for the library, and waits until it holds the lock."""
    started: list[subprocess.Popen[bytes]] = []

    def start(idle: float = 60.0) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.jobs.toy_host", str(library.path), str(idle)],
            cwd=Path(__file__).parents[2],
        )
        started.append(process)
        deadline = time.monotonic() + 10
        while host_is_free(library.path) and time.monotonic() < deadline:
            time.sleep(0.02)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()


async def until(library: Library, job_id: int, *states: str, within: float = 10.0) -> JobView:
    """Wait until the job is in one of these states."""
    deadline = time.monotonic() + within
    while True:
        view = await job(library, job_id)
        assert view is not None
        if view.state in states:
            return view
        assert time.monotonic() < deadline, f"{view.state}, {view.message}, {view.error}, {view.phases}"
        await asyncio.sleep(0.02)


async def done_at_least(library: Library, job_id: int, count: int, *, within: float = 10.0) -> JobView:
    """Wait until the job's first phase has done so many items."""
    deadline = time.monotonic() + within
    while True:
        view = await job(library, job_id)
        assert view is not None
        if view.phases and view.phases[0].done >= count:
            return view
        assert time.monotonic() < deadline, f"{view.state}, {view.message}, {view.error}, {view.phases}"
        await asyncio.sleep(0.01)
