"""Auto-sync while the screens are open."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from djtui.config import TraktorSettings
from djtui.traktor.auto_state import AutoState
from djtui.tui import syncing
from tests.tui.conftest import SETTINGS, Opened


async def test_it_runs_while_the_screens_are_open_and_goes_by_new_settings_at_once(
    path: Path, opened: Opened
) -> None:
    said: list[AutoState] = []
    async with opened(path) as djtui:
        watching = asyncio.create_task(syncing.watch(djtui.app, said.append))
        await djtui.until(lambda: said and said[-1].phase == "off" or watching.done())
        djtui.app.apply(replace(SETTINGS, traktor=TraktorSettings(auto=True)))
        await djtui.until(lambda: said[-1].phase == "held")
        assert said[-1].line == "auto-sync: held · No collection was imported yet."
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
