"""Auto-sync with Traktor, syncs with Spotify by the clock, watched folders, while the screens are open."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from djtui.tui import changing

if TYPE_CHECKING:
    from djtui.traktor.auto_state import AutoState
    from djtui.tui.app import DjtuiApp

_SETTINGS_S: Final = 1.0


async def watch(app: DjtuiApp, told: Callable[[AutoState], object]) -> None:
    """Keep library, collection and Spotify in step as the settings say, until cancelled.

    `told` hears of every change: its `line` is what a screen shows. With auto-sync off, that is the count of
    what waits for export. Begins anew when the settings change. Raises `LibraryError` if the library cannot
    be opened.
    """
    library = await app.library()
    auto = await asyncio.to_thread(importlib.import_module, "djtui.traktor.auto")
    scheduling = await asyncio.to_thread(importlib.import_module, "djtui.spotify.scheduling")
    routing = await asyncio.to_thread(importlib.import_module, "djtui.routing.scheduling")
    watching = await asyncio.to_thread(importlib.import_module, "djtui.files.watching")
    kinds = await asyncio.to_thread(importlib.import_module, "djtui.kinds")
    host = partial(changing.start_host, app)
    schedule = scheduling.Schedule(library, lambda: app.settings, kinds.KINDS, host)
    folders = watching.Watching(library, lambda: app.settings, kinds.KINDS, host)
    routes = routing.RouteSchedule(library, lambda: app.settings, kinds.KINDS, host)
    scheduled = asyncio.create_task(schedule.run())
    routed = asyncio.create_task(routes.run())
    watched = asyncio.create_task(folders.run())
    try:
        while True:
            settings = app.settings
            sync = auto.AutoSync(
                library, settings, kinds.KINDS, host, told=told, name="djtui in another terminal"
            )
            running = asyncio.create_task(sync.run())
            try:
                while app.settings.traktor == settings.traktor and not running.done():
                    await asyncio.wait({running}, timeout=_SETTINGS_S)
            finally:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running
    finally:
        scheduled.cancel()
        routed.cancel()
        watched.cancel()
