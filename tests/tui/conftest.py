"""A real library, and the app on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from djtui.config import Settings, UiSettings
from djtui.library.database import Library, prepare
from djtui.tui.app import DjtuiApp
from djtui.tui.screens.library import LibraryView
from djtui.tui.widgets.track_table import TrackTable
from tests.tui import library

SETTINGS = Settings(ui=UiSettings(theme="djtui"))
Opened = Callable[..., AbstractAsyncContextManager["Session"]]


class Session:
    """The app with a pilot, and words for what is on its screen."""

    def __init__(self, app: DjtuiApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        await self.press(*text)

    async def until(self, holds: Callable[[], Any], seconds: float = 5.0) -> None:
        """Wait until something is so; what it waited for is in the traceback."""
        for _ in range(round(seconds / 0.02)):
            if holds():
                return
            await self.pilot.pause(0.02)
        assert holds(), self.text

    async def sees(self, *texts: str) -> None:
        """Wait until all of these stand on the screen."""
        await self.until(lambda: all(text in self.text for text in texts))

    @property
    def lines(self) -> list[str]:
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def table(self) -> TrackTable:
        view = self.app.screen_stack[0]
        assert isinstance(view, LibraryView)
        return view.table

    @property
    def ids(self) -> list[int]:
        """The tracks that the table shows."""
        return list(self.table.source.ids)

    async def value(self, sql: str, *parameters: object) -> Any:
        """The first value of the first row of a query."""
        row = await (await self.app.library()).fetchone(sql, parameters)
        return row[0] if row else None


@asynccontextmanager
async def another(path: Path) -> AsyncIterator[Library]:
    """The library as another terminal has it open."""
    library = await Library.open(path)
    try:
        yield library
    finally:
        await library.close()


@pytest.fixture
def quiet_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without anybody's Traktor, a UTF-8 locale, and no SSH."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("SSH_CONNECTION", "NO_COLOR", "LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.setenv("HOME", str(home))
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return home


@pytest.fixture
async def path(tmp_path: Path, quiet_home: Path) -> Path:
    """A library of 300 tracks with crates."""
    await library.fill(tmp_path / "Music.db", 300)
    return tmp_path / "Music.db"


@pytest.fixture
def empty(tmp_path: Path, quiet_home: Path) -> Path:
    """A library without tracks."""
    prepare(tmp_path / "Music.db")
    return tmp_path / "Music.db"


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """`async with opened(path) as djtui:` is the app in full work on that library."""

    @asynccontextmanager
    async def open_app(
        path: Path, *, size: tuple[int, int] = (120, 36), settings: Settings = SETTINGS
    ) -> AsyncIterator[Session]:
        app = DjtuiApp(path, replace(settings, source=tmp_path / "config.toml"))
        async with app.run_test(size=size) as pilot:
            session = Session(app, pilot)
            await app.library()
            await session.until(lambda: app.counters.revision >= 0)
            yield session

    return open_app
