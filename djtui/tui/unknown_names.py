"""How many new names of files Traktor does not know yet: counted beside the event loop, after changes."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from djtui.tui import environment
from djtui.tui.beside import reading

if TYPE_CHECKING:
    from djtui.tui.app import DjtuiApp

LOOK_S: Final = 0.5


async def watch(app: DjtuiApp) -> None:
    """Keep `app.unknown_names` true, until cancelled."""
    await environment.loaded("djtui.traktor.moving")
    from djtui.traktor import moving

    counted = None
    while True:
        if counted != app.counters:
            counted = app.counters
            with suppress(sqlite3.Error):  # the library is busy: the next change is looked at again
                now = await reading(app.library_path, moving.unknown_names)
                if now != app.unknown_names:
                    app.unknown_names = now
                    app.names_changed.publish(None)
        await asyncio.sleep(LOOK_S)
