"""When to look at the collection again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from djtui.library.database import network_file_system

_TOGETHER_MS: Final = 200


class FileWatch:
    """Tells when a file may have changed: at once where its folder can be watched, and every `every_s`
    seconds whatever happens. That is all there is on a network file system, and for a drive that was taken
    out and put back.
    """

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._path: Path | None = None
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def follow(self, path: Path | None) -> None:
        """Watch this file from now on, and no other."""
        if path == self._path:
            return
        await self.close()
        self._path = path
        if path is not None:
            self._task = asyncio.create_task(self._follow(path))

    async def changed(self, seconds: float) -> bool:
        """Wait for so long at most; whether it is time to look at the file."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)
        told = self._news.is_set()
        self._news.clear()
        return told

    async def close(self) -> None:
        """Watch nothing any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        self._path = None

    async def _follow(self, path: Path) -> None:
        while True:
            real = await asyncio.to_thread(path.resolve)
            if await asyncio.to_thread(network_file_system, real) is None:
                with suppress(Exception):  # no such folder, no watches left: then there is the clock
                    async for _ in _events(path, real, self._every_s):
                        self._news.set()
            await asyncio.sleep(self._every_s)
            self._news.set()


async def _events(path: Path, real: Path, every_s: float) -> AsyncIterator[object]:
    """One item for each burst of changes to a file, or to what it links to, and one for each quiet spell."""
    from watchfiles import awatch

    names = {path.name, real.name}
    async for changes in awatch(
        *{path.parent, real.parent},
        watch_filter=lambda _, changed: Path(changed).name in names,
        debounce=_TOGETHER_MS,
        rust_timeout=round(every_s * 1000),
        yield_on_timeout=True,
        recursive=False,
    ):
        yield changes
