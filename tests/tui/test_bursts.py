"""Keys that come all at once, as over a slow line: each goes where the one before it leads."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from djtui.tui import in_turn
from djtui.tui.screens.dialog import Dialog
from djtui.tui.screens.library import LibraryView
from djtui.tui.screens.rename import RenameDialog
from djtui.tui.screens.tap import TapDialog
from djtui.tui.widgets.rename_lines import TemplateInput
from tests.tui.conftest import Opened, Session

KEYS = {"/": "slash", "\r": "enter", "\x1b": "escape", "{": "left_curly_bracket", "|": "vertical_line",
        "}": "right_curly_bracket", " ": "space", ":": "colon", "?": "question_mark",
        "\x12": "ctrl+r", "\x15": "ctrl+u"}  # fmt: skip


def burst(djtui: Session, text: str) -> None:
    """All of it at once, with nothing done between two keys."""
    for character in text:
        assert djtui.app.post_message(events.Key(KEYS.get(character, character), character))


def typed(djtui: Session) -> str | None:
    """The filter of the Library view; None while another is on the screen."""
    here = djtui.app.here
    return here.question.filter if isinstance(here, LibraryView) else None


async def test_a_filter_typed_at_once_is_a_filter(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        burst(djtui, "/bicep")
        await djtui.until(lambda: typed(djtui) == "bicep")
        assert isinstance(djtui.app.screen, LibraryView)


async def test_no_dialog_opens_and_none_is_answered_by_what_is_typed_into_the_filter(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        before = await djtui.value("SELECT count(*) FROM track")
        burst(djtui, "/Dub yes\rj")
        await djtui.until(lambda: typed(djtui) == "Dub yes")
        await djtui.until(lambda: djtui.table.has_focus)
        assert isinstance(djtui.app.screen, LibraryView)
        assert await djtui.value("SELECT count(*) FROM track") == before


async def test_keys_behind_one_that_opens_a_dialog_are_for_the_dialog(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        burst(djtui, ":quit")
        await djtui.until(lambda: isinstance(djtui.app.screen, Dialog))
        await djtui.until(lambda: djtui.app.screen.query_one(Input).value == "quit")
        assert len(djtui.app.screen_stack) == 2


async def test_a_dialog_that_takes_its_time_gets_the_keys_behind_it(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        burst(djtui, "e\x1b/opal")
        await djtui.until(lambda: typed(djtui) == "opal")
        assert isinstance(djtui.app.screen, LibraryView)
        burst(djtui, "\rb\x1bj")
        await djtui.until(lambda: djtui.table.cursor_row == 1)
        assert not isinstance(djtui.app.screen, TapDialog)


async def test_keys_behind_one_that_opens_a_view_are_for_the_view(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        burst(djtui, "61/kids")
        await djtui.until(lambda: typed(djtui) == "kids")


async def test_a_template_typed_at_once_stands_there_as_it_was_typed(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        burst(djtui, "re\x15{artist|first}")
        await djtui.until(lambda: isinstance(djtui.app.screen, RenameDialog))
        await djtui.until(lambda: djtui.app.screen.query(TemplateInput))
        line = djtui.app.screen.query(TemplateInput).first()
        await djtui.until(lambda: line.value == "{artist|first}")
        await djtui.sees("· {artist|first} ")
        assert line.value == "{artist|first}"


async def test_keys_are_dropped_where_what_they_wait_for_does_not_come(
    path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = asyncio.Event()

    async with opened(path) as djtui:
        monkeypatch.setattr(in_turn, "HOLD_S", 0.2)
        begun: list[str] = []

        def begin() -> None:
            begun.append("redo")
            djtui.app.do(never.wait())

        monkeypatch.setattr(djtui.app, "action_redo", begin)
        burst(djtui, "\x12b")
        await djtui.until(lambda: begun and djtui.app._settling is None)
        await djtui.press("j")
        await djtui.until(lambda: djtui.table.cursor_row == 1)
        assert isinstance(djtui.app.screen, LibraryView)
        never.set()
