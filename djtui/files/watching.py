"""Watched folders: scanned again whenever something changes in them, while djtui or `djtui host` runs."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from djtui.files.scan_state import KIND
from djtui.files.scan_walk import is_sound
from djtui.files.storing import folders
from djtui.jobs import requests, views
from djtui.jobs.job import JobError
from djtui.jobs.locks import host_is_free
from djtui.jobs.trouble import sentence
from djtui.library.database import LibraryError, network_file_system

if TYPE_CHECKING:
    from djtui.config import Settings
    from djtui.jobs.job import JobKinds
    from djtui.library.database import Library

_TOGETHER_MS: Final = 500
_LONGEST_S: Final = 60.0  # without quiet: something is being recorded
_DEAF_S: Final = 600.0


class Watching:
    """Asks for a scan of each folder that is watched: at the start, and when it has been left alone for
    `quiet_s` after a change. Where nobody tells of changes (a network file system, no watches left) it is
    scanned every ten minutes. Several processes may do so at once: a second request for the same job is no
    second job.

    `host` sees to it that somebody works the jobs; `told` hears why a scan could not be asked for.
    """

    def __init__(
        self,
        library: Library,
        settings: Callable[[], Settings],
        kinds: JobKinds,
        host: Callable[[], Awaitable[object]],
        *,
        told: Callable[[str], object] | None = None,
        quiet_s: float = 3.0,
        look_s: float = 1.0,
    ) -> None:
        self._library = library
        self._settings = settings
        self._kinds = kinds
        self._host = host
        self._told = told
        self._quiet_s = quiet_s
        self._look_s = look_s
        self._changed: dict[str, tuple[float, float]] = {}
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._said: dict[str, str] = {}

    async def run(self) -> None:
        """Watch until cancelled. Trouble is told, not raised."""
        try:
            while True:
                with suppress(LibraryError):
                    await self._look()
                await asyncio.sleep(self._look_s)
        finally:
            for task in self._watches.values():
                task.cancel()
            await asyncio.gather(*self._watches.values(), return_exceptions=True)

    async def _look(self) -> None:
        wanted = await folders(self._library, watched=True)
        for folder in self._watches.keys() - set(wanted):
            self._watches.pop(folder).cancel()
            self._changed.pop(folder, None)
        for folder in wanted:
            if folder not in self._watches:
                self._changed[folder] = 0.0, 0.0
                self._watches[folder] = asyncio.create_task(self._watch(folder))
        now = time.monotonic()
        for folder, (first, last) in list(self._changed.items()):
            if now - last >= self._quiet_s or now - first >= _LONGEST_S:
                del self._changed[folder]
                if not await self._ask(folder):
                    self._changed.setdefault(folder, (first, last))

    async def _ask(self, folder: str) -> bool:
        """Have a folder scanned. False: not now, so it is asked for again."""
        last = await self._library.fetchone(
            "SELECT state FROM job WHERE key = ? ORDER BY id DESC LIMIT 1", (f"{KIND}:{folder}",)
        )
        if last is not None and last["state"] == "paused":
            return False
        if last is not None and last["state"] in views.AT_WORK and not host_is_free(self._library.path):
            return False  # it may have passed by what has changed
        settings = self._settings()
        params: dict[str, Any] = {"folders": [folder]}
        if settings.analysis.after_scan:
            params["analyze"] = True
        try:
            await requests.submit(self._library, self._kinds, KIND, params, settings=settings)
        except (requests.RequestError, JobError) as error:
            self._tell(folder, f"{Path(folder).name} is not scanned: {sentence(error)}")
            return not isinstance(error, JobError)
        self._tell(folder, "")
        await self._host()
        return True

    async def _watch(self, folder: str) -> None:
        """Note when something changes below a folder."""
        while True:
            if await asyncio.to_thread(network_file_system, Path(folder)) is None:
                with suppress(Exception):  # no such folder, no watches left: then there is the clock
                    await self._follow(folder)
            await asyncio.sleep(_DEAF_S)
            self._note(folder)

    async def _follow(self, folder: str) -> None:
        from watchfiles import awatch

        def matters(_: object, path: str) -> bool:
            inside = path[len(folder) :]
            return f"{os.sep}." not in inside and (is_sound(path) or not os.path.isfile(path))  # noqa: PTH113

        async for _ in awatch(folder, watch_filter=matters, debounce=_TOGETHER_MS):
            self._note(folder)

    def _note(self, folder: str) -> None:
        now = time.monotonic()
        first, _ = self._changed.get(folder, (now, now))
        self._changed[folder] = first, now

    def _tell(self, folder: str, text: str) -> None:
        if self._told is not None and text and text != self._said.get(folder):
            self._told(text)
        self._said[folder] = text
