"""The start: nothing heavy is imported before the first paint."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from djtui.tui import styles

HEAVY = ("numpy", "lark", "lxml", "pebble", "psutil", "requests", "click", "spotipy", "segno")
SCRIPT = """
import asyncio, sys
from pathlib import Path
from djtui.config import Settings, UiSettings
from djtui.tui.app import DjtuiApp
from djtui.tui.screens.library import LibraryView

def painted(self):
    print(*[name for name in {heavy!r} if name in sys.modules])

LibraryView._after_first_paint = painted

async def main():
    app = DjtuiApp(Path({path!r}), Settings(ui=UiSettings(theme="djtui")))
    async with app.run_test() as pilot:
        await pilot.pause(0.3)

asyncio.run(main())
"""


def test_nothing_heavy_is_imported_before_the_first_paint(path: Path) -> None:
    script = SCRIPT.format(heavy=HEAVY, path=str(path))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.stdout.strip(), done.returncode) == ("", 0), done.stderr


def test_the_style_sheets_are_found() -> None:
    for name in ("base", "dialog", "library", "jobs", "traktor", "spotify", "history", "settings"):
        assert Path(styles.sheet(name)).is_file()
