"""Working the jobs inside the screen's own process, where no other process may be started."""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path

from djtui.config import Settings

log = logging.getLogger(__name__)


def in_thread(library: Path, settings: Settings) -> threading.Thread:
    """Host the jobs of a library in a thread until there is nothing to do. A second host gives way."""
    thread = threading.Thread(target=_work, args=(library, settings), name="host", daemon=True)
    thread.start()
    return thread


def _work(path: Path, settings: Settings) -> None:
    from djtui.jobs.host import Host, HostTaken
    from djtui.kinds import KINDS
    from djtui.library.database import Library, LibraryError

    async def serve() -> None:
        library = await Library.open(path)
        try:
            await Host(library, KINDS, settings, mode="thread").serve()
        finally:
            await library.close()

    try:
        asyncio.run(serve())
    except (HostTaken, LibraryError) as error:
        log.error("%s", error)
