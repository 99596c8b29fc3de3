"""Editing tracks on the screen: every field, one change, nothing that was not meant."""

from __future__ import annotations

from pathlib import Path

from textual import events
from textual.widgets import Input

from djtui.tui.screens.edit import EditDialog
from tests.tui.conftest import Opened, Session


async def go_to(djtui: Session, field: str) -> None:
    """From one field of the form to another, the shorter way round."""
    form = djtui.app.screen
    assert isinstance(form, EditDialog)
    wanted = next(at for at, entry in enumerate(form.entries) if entry.field.name == field)
    down = (wanted - form.at) % len(form.entries)
    up = len(form.entries) - down
    await djtui.press(*(["down"] * down if down <= up else ["up"] * up))


def typed(djtui: Session, text: str) -> None:
    """Type into the field, at once."""
    djtui.app.screen.query_one(Input).value = text


async def test_all_fields_are_typed_as_a_dj_writes_them_and_saved_as_one_change(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await djtui.press("e")
        await djtui.sees("Edit Opal 00000", "track number", "8B", "8B · C · 1d")
        await go_to(djtui, "rating")
        for text in ("4", "v", "F# minor", "126.5", "7", "2025-06", "yes"):
            typed(djtui, text)
            await djtui.press("down")
        await djtui.sees("★★★★", "■ violet", "11A · Gbm · 4m")
        await djtui.press("enter")
        await djtui.until(lambda: djtui.app.counters.changes == 1)
        row = await (await djtui.app.library()).fetchone(
            "SELECT rating, color, key, bpm, track_number, released, year, locked FROM track WHERE id = 1"
        )
        assert row is not None
        assert tuple(row) == (4, 6, 18, 126.5, 7, "2025-06", 2025, 1)
        assert await djtui.value("SELECT title FROM track WHERE id = 1") == "Opal 00000"
        await djtui.press("u")
        await djtui.until(lambda: djtui.app.counters.changes == 3)
        assert await djtui.value("SELECT bpm FROM track WHERE id = 1") is None


async def test_a_mistake_stands_under_its_field_and_nothing_is_saved_at_80x24(
    path: Path, opened: Opened
) -> None:
    async with opened(path, size=(80, 24)) as djtui:
        await djtui.press("e")
        await djtui.sees("title", "lock")
        await go_to(djtui, "bpm")
        typed(djtui, "fast")
        await djtui.press("enter")
        await djtui.sees("bpm wants a tempo from 20 to 400", "'fast'")
        typed(djtui, "128")
        await djtui.until(lambda: "bpm wants" not in djtui.text)
        await djtui.press("escape")
        assert await djtui.value("SELECT count(*) FROM change") == 0


async def test_several_values_stay_unless_they_are_cleared_on_purpose(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await djtui.press("space", "space", "e")
        await djtui.sees("Edit 2 tracks", "several values")
        await djtui.press("x", "backspace")
        await go_to(djtui, "label")
        await djtui.press("ctrl+l")
        await djtui.sees("● label", "will be unknown")
        await go_to(djtui, "genre")
        await djtui.press("ctrl+l", "ctrl+z")
        await djtui.press("enter")
        await djtui.sees("enter again sets label of all 2 tracks")
        await djtui.press("enter")
        await djtui.sees("label: 2 tracks changed")
        assert await djtui.value("SELECT count(label) FROM track WHERE id IN (1, 2)") == 0
        assert await djtui.value("SELECT count(genre) FROM track WHERE id IN (1, 2)") == 2
        assert await djtui.value("SELECT title FROM track WHERE id = 2") == "Kids 00001"


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
        await djtui.sees(
            "Remove 1 track from the library?", "No music file is touched", "1 playlist will be without"
        )
        await djtui.press("n", "D", "y")
        await djtui.until(lambda: djtui.table.row_count == 299)
        assert not djtui.table.marked
        assert await djtui.value("SELECT items FROM playlist WHERE name = 'Friday'") == 3
        await djtui.press("u")
        await djtui.until(lambda: djtui.table.row_count == 300)
        assert await djtui.value("SELECT items FROM playlist WHERE name = 'Friday'") == 5


async def test_keys_that_come_in_a_burst_land_in_their_fields(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await djtui.press("e")
        await djtui.sees("Edit Opal 00000")
        for key in ("N", "down", "B", "down", "up", "!", "down", "down", "enter"):
            djtui.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await djtui.until(lambda: djtui.app.counters.changes == 1)
        assert await djtui.value("SELECT title FROM track WHERE id = 1") == "N"
        assert await djtui.value("SELECT artist FROM track WHERE id = 1") == "!"
        assert await djtui.value("SELECT album FROM track WHERE id = 1") == "Album 0"
