"""Auto-sync while the screens are open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from djtui.config import TraktorSettings
from djtui.traktor.auto_state import Phase
from tests.tui.conftest import SETTINGS, Opened


async def test_it_runs_while_the_screens_are_open_and_goes_by_new_settings(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:

        def is_(phase: Phase) -> bool:
            return djtui.app.auto is not None and djtui.app.auto.phase == phase

        await djtui.until(lambda: is_("off"))
        djtui.app.apply(replace(SETTINGS, traktor=TraktorSettings(auto=True)))
        await djtui.until(lambda: is_("held"))
        assert djtui.app.auto is not None
        assert djtui.app.auto.line == "auto-sync: held · No collection was imported yet."
