"""Editing tracks on the screen: every field, one change, nothing that was not meant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from djtui.model.track import Track
from djtui.tui import themes
from djtui.tui.screens.edit import EditDialog
from tests.tui.conftest import Opened

OPAL = Track(1, 1, title="Opal", artist="Bicep", genre="House", label="Ninja Tune", key=0, rating=2)
KIDS = Track(2, 1, title="Kids", artist="Alan Fitzpatrick", genre="House", locked=True, bpm=126.0)


class Bare(App[None]):
    """Nothing but a dialog, and what it answered."""

    def __init__(self, *tracks: Track) -> None:
        super().__init__()
        self.dialog = EditDialog(tracks)
        self.answers: list[dict[str, Any] | None] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(themes.DEFAULTS)

    def on_mount(self) -> None:
        self.push_screen(self.dialog, self.answers.append)

    @property
    def text(self) -> str:
        return "\n".join(strip.text for strip in self.screen._compositor.render_strips())

    async def go_to(self, pilot: Pilot[None], field: str) -> None:
        """From one field to another, the shorter way round."""
        entries = self.dialog.entries
        wanted = next(at for at, entry in enumerate(entries) if entry.field.name == field)
        down = (wanted - self.dialog.at) % len(entries)
        up = len(entries) - down
        await pilot.press(*(["down"] * down if down <= up else ["up"] * up))

    def type(self, text: str) -> None:
        """Type into the field, at once."""
        self.dialog.query_one(Input).value = text


@asynccontextmanager
async def editing(
    *tracks: Track, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Bare, Pilot[None]]]:
    app = Bare(*tracks)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


async def test_all_fields_are_seen_at_80x24_and_typed_as_a_dj_writes_them() -> None:
    async with editing(OPAL) as (app, pilot):
        assert all(word in app.text for word in ("Edit Opal", "title", "8B · C · 1d", "track number", "lock"))
        await app.go_to(pilot, "rating")
        for text in ("4", "v", "F# minor", "126.5", "7", "2025-06", "yes"):
            app.type(text)
            await pilot.press("down")
        assert all(word in app.text for word in ("★★★★", "■ violet", "11A · Gbm · 4m"))
        await pilot.press("enter")
        assert app.answers == [
            {
                "rating": 4,
                "color": 6,
                "key": 18,
                "bpm": 126.5,
                "track_number": 7,
                "released": "2025-06",
                "locked": 1,
            }
        ]


async def test_a_mistake_stands_under_its_field_until_it_is_mended_and_saves_nothing() -> None:
    async with editing(OPAL) as (app, pilot):
        await app.go_to(pilot, "bpm")
        app.type("fast")
        await pilot.press("enter")
        assert "bpm wants a tempo from 20 to 400" in app.text
        app.type("128")
        await pilot.pause()
        assert "bpm wants" not in app.text
        await pilot.press("escape")
        assert app.answers == [None]


async def test_fields_that_mistakes_push_out_of_sight_are_announced() -> None:
    async with editing(OPAL) as (app, pilot):
        assert "↓ more" not in app.text
        for field in ("bpm", "key", "rating"):
            await app.go_to(pilot, field)
            app.type("fast")
        await pilot.press("enter")
        await pilot.pause()
        assert "↓ more" in app.text
        assert "lock" not in app.text
        await app.go_to(pilot, "locked")
        await pilot.pause()
        assert "↓ more" not in app.text
        assert "lock" in app.text


async def test_mistakes_are_said_in_the_words_of_the_form() -> None:
    async with editing(OPAL) as (app, pilot):
        for field in ("color", "track_number"):
            await app.go_to(pilot, field)
            app.type("fast")
        await pilot.press("enter")
        assert "colour wants red" in app.text
        assert "track number wants a number" in app.text


async def test_several_values_stay_unless_they_are_cleared_on_purpose() -> None:
    async with editing(OPAL, KIDS) as (app, pilot):
        assert "several values" in app.text
        assert "1 locked" in app.text
        await pilot.press("x", "backspace")
        await app.go_to(pilot, "label")
        await pilot.press("ctrl+l", "down", "ctrl+l", "ctrl+z")
        assert "● label         will be unknown" in app.text
        await pilot.press("enter")
        assert "enter again sets label of all 2 tracks" in app.text
        await pilot.press("enter")
        assert app.answers == [{"label": None}]


async def test_keys_that_come_in_a_burst_land_in_their_fields() -> None:
    async with editing(OPAL) as (app, pilot):
        for key in ("N", "down", "B", "down", "up", "!", "down", "down", "enter"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        for _ in range(100):
            if app.answers:
                break
            await pilot.pause(0.02)
        assert app.answers == [{"title": "N", "artist": "!"}]


async def test_a_colour_is_two_keys_away(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await djtui.press("space", "space", "number_sign")
        await djtui.sees("Colour 2 tracks", "■ green")
        await djtui.press("g")
        await djtui.sees("colour: 2 tracks changed")
        assert await djtui.value("SELECT sum(color) FROM track") == 8
        await djtui.press("number_sign", "0")
        await djtui.until(lambda: djtui.app.counters.changes == 2)
        assert await djtui.value("SELECT count(color) FROM track") == 0


async def test_removing_tracks_says_what_it_does_asks_first_and_is_undone(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await djtui.press("j", "j", "space", "D")
        await djtui.sees("Remove 1 track from the library?", "No music file is touched", "1 playlist will be")
        await djtui.press("n", "D", "y")
        await djtui.until(lambda: djtui.table.row_count == 299)
        assert not djtui.table.marked
        assert await djtui.value("SELECT items FROM playlist WHERE name = 'Friday'") == 3
        await djtui.press("u")
        await djtui.until(lambda: djtui.table.row_count == 300)
        assert await djtui.value("SELECT items FROM playlist WHERE name = 'Friday'") == 5
