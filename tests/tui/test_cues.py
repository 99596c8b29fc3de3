"""The cues of a track on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.widgets import Input

from djtui.tui.screens.cues import CueForm, CuesDialog
from tests.tui.conftest import Opened, Session


def typed(djtui: Session, text: str) -> None:
    """Type into the field, at once."""
    djtui.app.screen.query_one(Input).value = text


async def cues_of(djtui: Session, id: int = 1) -> list[tuple[Any, ...]]:
    rows = await (await djtui.app.library()).fetchall(
        "SELECT slot, type, start, length, name FROM cue WHERE track_id = ? AND type != 4 ORDER BY start",
        (id,),
    )
    return [tuple(row) for row in rows]


async def test_a_cue_is_named_moved_added_and_deleted_each_as_one_change_that_u_takes_back(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await djtui.press("C")
        await djtui.sees("Cues of Opal 00000", "grid", "124.00 BPM", "1:04.250", "0:08.000  loop 8")
        await djtui.press("j", "e")
        await djtui.until(lambda: isinstance(djtui.app.screen, CueForm))
        typed(djtui, "big drop")
        await djtui.press("down", "down", "down")
        typed(djtui, "1:05")
        await djtui.press("enter")
        await djtui.sees("hotcue 2 “drop” at 1:04.250 changed")
        await djtui.press("3")
        await djtui.sees("moved to pad 3")
        await djtui.press("n")
        await djtui.until(lambda: isinstance(djtui.app.screen, CueForm))
        typed(djtui, "2:00")
        await djtui.press("up", "up")
        typed(djtui, "loo")
        await djtui.press("enter")
        await djtui.sees("A loop wants a length")
        await djtui.press("down", "down", "down")
        typed(djtui, "0:04")
        await djtui.press("enter")
        await djtui.sees("a cue new")
        assert await cues_of(djtui) == [
            (1, 0, 12_000.0, 0.0, "intro"),
            (3, 0, 65_000.0, 0.0, "big drop"),
            (2, 5, 120_000.0, 4_000.0, None),
            (4, 5, 180_000.0, 8_000.0, "loop 8"),
        ]
        await djtui.press("d")
        await djtui.sees("deleted · u takes it back")
        assert await djtui.value("SELECT count(*) FROM change") == 4
        await djtui.press("u")
        await djtui.sees("deleted: taken back · ^r does it again")
        assert djtui.app.counters.changes == 5
        assert len(await cues_of(djtui)) == 4
        await djtui.press("escape")
        await djtui.until(lambda: not isinstance(djtui.app.screen, CuesDialog))


async def test_a_taken_pad_is_refused_and_the_beat_grid_of_a_locked_track_stays(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        async with (await djtui.app.library()).writing() as tx:
            await tx.execute("UPDATE track SET locked = 1 WHERE id = 1")
        await djtui.press("C")
        await djtui.sees("124.00 BPM · locked")
        await djtui.press("k", "d")
        await djtui.sees("The track is locked: its beat grid stays.")
        await djtui.press("e")
        assert isinstance(djtui.app.screen, CuesDialog)
        await djtui.press("j", "2")
        await djtui.sees("Hotcue 2 is taken: hotcue 2 “drop” at 1:04.250.")
        await djtui.press("0")
        await djtui.sees("moved off its pad")
        await djtui.press("d")
        await djtui.sees("cue “intro” at 0:12.000 deleted")
        assert await djtui.value("SELECT count(*) FROM cue WHERE track_id = 1 AND type = 4") == 1


async def test_u_in_the_dialog_takes_back_what_was_done_in_it_and_nothing_else(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await djtui.press("asterisk", "4")
        await djtui.sees("rating: 1 track changed")
        await djtui.press("C")
        await djtui.sees("Cues of Opal 00000")
        await djtui.press("d", "u")
        await djtui.sees("hotcue 1 “intro” at 0:12.000 deleted: taken back")
        await djtui.press("u")
        await djtui.sees("nothing to take back here")
        assert (await cues_of(djtui))[0][4] == "intro"
        assert await djtui.value("SELECT rating FROM track WHERE id = 1") == 4
        await djtui.press("ctrl+r")
        await djtui.sees("deleted again · u takes it back")
        await djtui.press("ctrl+r")
        await djtui.sees("nothing to do again here")
        assert len(await cues_of(djtui)) == 2
        await djtui.press("u")
        await djtui.sees("deleted: taken back")
        assert len(await cues_of(djtui)) == 3


async def test_at_80x24_all_fields_of_a_cue_are_seen_with_what_is_wrong_with_them(
    path: Path, opened: Opened
) -> None:
    async with opened(path, size=(80, 24)) as djtui:
        await djtui.press("C", "n")
        await djtui.until(lambda: isinstance(djtui.app.screen, CueForm))
        for key in ("down", "up", "up", "up", "enter"):
            typed(djtui, "zz")
            await djtui.press(key)
        await djtui.sees("type wants cue", "There are hotcues 1 to 8", "● time", "● length", "esc leave")
        await djtui.until(lambda: djtui.text.count("'zz' is no time") == 2)
        assert "↓ more" not in djtui.text
