"""The Traktor view: what waits, what is in conflict, and everything that can be done with a collection."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from textual.binding import Binding
from textual.dom import DOMNode
from textual.widgets import Input

from djtui import config
from djtui.config import TraktorSettings
from djtui.jobs.locks import HostLock
from djtui.library import history, playlists
from djtui.library.database import Library
from djtui.tui.screens.traktor import TraktorView
from djtui.tui.widgets.traktor_conflicts import ConflictSection
from djtui.tui.widgets.traktor_pending import PendingSection
from djtui.tui.widgets.traktor_table import MarkTable
from tests.traktor import nml_text
from tests.traktor.pretending import no_traktor
from tests.tui.conftest import SETTINGS, Opened, Session
from tests.working import finished, working

TITLES = ("One", "Two", "Three", "Four", "[bold]Five", "Six")
AT_ONCE = replace(SETTINGS, traktor=TraktorSettings(quiet_s=0, recheck_s=0))


@dataclass(frozen=True, slots=True)
class Deck:
    """A library with three edited tracks and a playlist that wait, four conflicts, and its collection."""

    library: Path
    nml: Path


def collection() -> str:
    cue = nml_text.cue(start="64200.000000", hotcue="2")
    entries = [
        nml_text.entry(
            f"{number}.mp3",
            attributes=f'TITLE="{title}" ARTIST="Ada"',
            info='BITRATE="320000" GENRE="House" COMMENT="old" PLAYTIME="300" RANKING="102"',
            inside=cue,
        )
        for number, title in enumerate(TITLES)
    ]
    return nml_text.nml(*entries, tree=nml_text.playlists(nml_text.playlist("Gigs", "C:/:Music/:0.mp3")))


async def made(folder: Path) -> None:
    """What a DJ does at home and at the gig: edits on both sides, and an import that brings them together."""
    nml = folder / "collection.nml"
    nml.write_text(collection(), encoding="utf-8")
    library = await Library.open(folder / "Music.db")
    try:
        await imported(library, nml)
        ids = [row["id"] for row in await library.fetchall("SELECT id FROM track ORDER BY id")]
        await history.edit(library, ids[:3], {"genre": "Deep House"}, "genre")
        await history.edit(library, ids[:1], {"rating": 5}, "rating")
        await history.edit(library, ids[3:], {"rating": 4, "comment": "\x1b[31m" + "long " * 40}, "both")
        await playlists.create(library, "Friday", track_ids=ids[:2])
        text = nml.read_text(encoding="utf-8")
        parts = text.split("<ENTRY ")
        for at in (1, 2, 3):
            parts[at] = parts[at].replace('GENRE="House"', f'GENRE="Melodic {at}"')
        parts[1] = parts[1].replace('RANKING="102"', 'RANKING="51"')
        nml.write_text("<ENTRY ".join(parts), encoding="utf-8")
        await imported(library, nml)
    finally:
        await library.close()


async def imported(library: Library, nml: Path) -> None:
    assert (await finished(library, "traktor-import", path=str(nml))).state == "succeeded"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the deck as it is before each test."""
    folder = tmp_path_factory.mktemp("deck")
    asyncio.run(made(folder))
    return folder


@pytest.fixture
def deck(original: Path, tmp_path: Path, quiet_home: Path) -> Deck:
    """A copy of it for one test."""
    folder = tmp_path / "deck"
    shutil.copytree(original, folder)
    nml = folder / "collection.nml"
    with sqlite3.connect(folder / "Music.db") as connection:
        connection.execute("UPDATE nml_file SET path = ?", (str(nml),))
    connection.close()
    return Deck(folder / "Music.db", nml)


@asynccontextmanager
async def at(deck: Deck, opened: Opened, *keys: str, **options: Any) -> AsyncIterator[Session]:
    """The Traktor view, with a lock that keeps job hosts from starting."""
    async with HostLock(deck.library), opened(deck.library, **options) as djtui:
        djtui.app.action_view("traktor")
        await djtui.until(lambda: view(djtui).facts.file_id)
        if keys:
            await djtui.press(*keys)
        yield djtui


def view(djtui: Session) -> TraktorView:
    bottom = djtui.app.screen_stack[0]
    assert isinstance(bottom, TraktorView)
    return bottom


def conflict_rows(djtui: Session) -> list[tuple[str, ...]]:
    """Track and field of the shown conflicts."""
    table = view(djtui).query_one(ConflictSection).table
    return [tuple(row[1:3]) for row in table.source.rows]


async def asked(djtui: Session, kind: str) -> Any:
    """With what a job of this kind was asked for last; None if there was none."""
    return json.loads(
        await djtui.value("SELECT params FROM job WHERE kind = ? ORDER BY id DESC", kind) or "null"
    )


async def answer(djtui: Session, text: str) -> None:
    """Type into the dialog."""
    djtui.app.screen.query_one(Input).value = text
    await djtui.press("enter")


def saved(djtui: Session) -> TraktorSettings:
    return config.load(djtui.app.settings.source).traktor


# -- head and sections -----------------------------------------------------------------------------


async def test_every_section_is_reached_by_key_tab_and_click_and_fills_any_screen(
    deck: Deck, opened: Opened
) -> None:
    async with at(deck, opened) as djtui:
        await djtui.sees("collection.nml", "NML 19", "imported today", "exported never")
        await djtui.sees("↑ 4 for export", "! 4 conflicts", "✗ 6 missing", "auto-sync: off")
        await djtui.pilot.click("Tabs", offset=(djtui.lines[6].index("Conflicts"), 0))
        await djtui.sees("4 conflicts ─")
        await djtui.press("question_mark")
        await djtui.sees("Keep djtui's", "conflicts.take_field", "traktor.export")
        await djtui.press("escape")
        await djtui.pilot.resize_terminal(80, 24)
        for key, said in (
            ("m", "0 of 6 files found"),
            ("b", "No backups yet"),
            ("n", "No nights yet"),
            ("tab", "4 changes for Traktor ─"),
            ("shift+tab", "No nights yet"),
        ):
            await djtui.press(key)
            await djtui.sees(said, "↑4")
            assert {cell_len(line) for line in djtui.lines} == {80}
        await djtui.press("1")
        await djtui.sees("3Trk+4", "· ↑4")


async def test_without_a_collection_it_says_what_to_do_and_one_that_is_found_is_imported_with_a_key(
    empty: Path, quiet_home: Path, opened: Opened
) -> None:
    async with HostLock(empty), opened(empty) as djtui:
        await djtui.press("3")
        await djtui.sees("No collection of Traktor's was found.", "Nothing has been imported yet")
        await djtui.press("x")
        await djtui.sees("Import the collection first")
        nml = quiet_home / "Documents/Native Instruments/Traktor 4.1.0/collection.nml"
        nml.parent.mkdir(parents=True)
        nml.write_text(collection())
        view(djtui).look_again()
        await djtui.sees("Traktor 4.1.0/collection.nml", "not imported yet", "i imports it")
        await djtui.press("i")
        await djtui.until(lambda: djtui.app.jobs)
        assert await asked(djtui, "traktor-import") == {"path": str(nml)}


async def test_another_collection_and_the_folders_of_volumes_are_chosen_and_remembered(
    deck: Deck, quiet_home: Path, opened: Opened
) -> None:
    other = nml_text.written(quiet_home, nml_text.nml(), "other.nml")
    (quiet_home / "Music").mkdir()
    for number in range(5):
        (quiet_home / "Music" / f"{number}.mp3").touch()
    async with at(deck, opened, "m") as djtui:
        await djtui.sees("0 of 6 files found", "C:", "nowhere on this machine", "missing  C:")
        await djtui.sees("perhaps", "has 5 of 6", "a accept")
        await djtui.press("a")
        await djtui.sees("5 of 6 files found", "Map 83%", "missing  Music/5.mp3")
        assert saved(djtui).volumes == djtui.app.settings.traktor.volumes == {"C:": str(quiet_home)}
        await djtui.press("d")
        await djtui.sees("0 of 6 files found")
        await djtui.press("e")
        await answer(djtui, "/nowhere")
        await djtui.sees("There is no folder /nowhere.")
        await answer(djtui, str(quiet_home))
        await djtui.sees("5 of 6 files found")
        await djtui.press("o")
        await djtui.sees("Traktor's collection")
        await answer(djtui, str(other))
        await djtui.sees("other.nml", "not imported yet")
        assert saved(djtui).collection == str(other)


def test_every_binding_has_a_name_to_rebind_it_by_and_says_what_it_does() -> None:
    kinds: list[type[DOMNode]] = [TraktorView, MarkTable, *(type(each) for each in TraktorView().sections)]
    for kind in kinds:
        for binding in kind.BINDINGS:
            assert isinstance(binding, Binding)
            assert binding.id and binding.description and binding.group, binding
            assert binding.tooltip or binding.id == "traktor.previous", binding


# -- pending ---------------------------------------------------------------------------------------


async def test_what_waits_is_a_diff_that_follows_the_library(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened) as djtui:
        await djtui.sees("4 changes for Traktor", "new, 2 tracks", "[bold]Five - Ada")
        table = view(djtui).query_one(PendingSection).table
        rows = table.source.rows
        assert ("", "Four - Ada", "rating", "★★", "→", "★★★★") in rows
        assert ("+", "Friday", "playlist", "", "→", "new, 2 tracks") in rows
        assert not [row for row in rows if row[1:3] == ("One - Ada", "rating")]  # it is in conflict
        await djtui.press("enter")
        await djtui.sees("Four - Ada · comment", "In Traktor", "old", "long long long")
        assert djtui.text.count("long long long") > 2
        assert "\x1b" not in djtui.text
        await djtui.press("escape", "j", "j")
        key = table.cursor_key
        other = await Library.open(deck.library)
        await history.edit(other, [2], {"title": "Zwei", "color": 4}, "both")
        await other.close()
        await djtui.sees("5 changes for Traktor", "Zwei - Ada", "colour", "green")
        assert table.cursor_key == key


async def test_x_shows_the_diff_and_only_enter_and_a_yes_write_it(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened, "c", "x") as djtui:
        await djtui.sees("Write 4 changes into collection.nml?", "enter writes it", "Four - Ada")
        await djtui.press("escape", "x", "c", "p")
        await djtui.sees("4 changes for Traktor", "x export")  # who goes elsewhere has not said yes
        await djtui.press("x", "enter")
        await djtui.sees("Is Traktor closed", "not now")
        await djtui.press("n")
        assert await asked(djtui, "traktor-export") is None
        await djtui.press("x", "enter")
        await djtui.sees("Is Traktor closed")
        await djtui.press("y")
        await djtui.until(lambda: djtui.app.jobs)
        assert await asked(djtui, "traktor-export") == {"path": str(deck.nml)}
        assert await djtui.value("SELECT asked FROM nml_file") == 1


# -- conflicts -------------------------------------------------------------------------------------


async def test_a_conflict_is_settled_with_one_key_and_comes_back_with_u(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened, "c") as djtui:
        await djtui.sees("Last sync", "House", "Deep House", "Melodic 1", "H / L the same for every genre")
        await djtui.press("l")
        await djtui.sees("3 conflicts ─", "genre of One - Ada: Traktor's taken · u takes it back")
        assert await djtui.value("SELECT genre FROM track WHERE title = 'One'") == "Melodic 1"
        await djtui.press("h")
        await djtui.sees("2 conflicts ─", "rating of One - Ada: djtui's kept", "↑ 5 for export")
        assert await djtui.value("SELECT rating FROM track WHERE title = 'One'") == 5
        await djtui.press("u")
        await djtui.sees("3 conflicts ─", "↑ 4 for export")
        await djtui.press("G", "L")
        await djtui.sees("2 conflicts: Traktor's taken")
        assert conflict_rows(djtui) == [("One - Ada", "rating")]
        async with (await djtui.app.library()).writing() as tx:
            await tx.execute("DELETE FROM conflict")  # another terminal was quicker
        await djtui.press("h")
        await djtui.sees("1 left open, such as rating of One - Ada", "No conflicts.")


async def test_all_of_a_track_or_of_the_marks_is_settled_at_once_and_the_cursor_stays_near(
    deck: Deck, opened: Opened
) -> None:
    async with at(deck, opened, "c") as djtui:
        await djtui.until(lambda: len(conflict_rows(djtui)) == 4)
        await djtui.press("T")
        await djtui.sees("2 conflicts: Traktor's taken")
        assert conflict_rows(djtui) == [("Two - Ada", "genre"), ("Three - Ada", "genre")]
        await djtui.press("u")
        await djtui.sees("4 conflicts ─")
        await djtui.press("g", "j", "space", "space")
        await djtui.until(lambda: view(djtui).section.position() == "2 marked · 4 / 4")
        await djtui.press("k", "h")
        await djtui.until(lambda: len(conflict_rows(djtui)) == 2)
        table = view(djtui).query_one(ConflictSection).table
        assert conflict_rows(djtui)[table.cursor_row] == ("Three - Ada", "genre")
        assert not table.marked
        await djtui.press("l", "l")  # in a burst, each means another one
        await djtui.sees("No conflicts.")
        assert not [toast for toast in djtui.app.toasts.toasts if toast.kind == "error"]


# -- nights, and all the way -----------------------------------------------------------------------


async def test_a_night_shows_its_plays_and_becomes_a_playlist(deck: Deck, opened: Opened) -> None:
    with sqlite3.connect(deck.library) as connection:
        connection.execute("INSERT INTO night VALUES (1, '/h.nml', x'00', '2026-11-14T21:07:00', 3)")
        connection.executemany(
            "INSERT INTO play VALUES (1, ?, ?, 'C:/:x.mp3', ?, 'Ada', '2026-11-14T21:10:00', 1, 200, ?)",
            [(0, 2, None, 1), (1, None, "Lost \x1b[1m", 1), (2, 3, None, 0)],
        )
    connection.close()
    async with at(deck, opened, "n") as djtui:
        await djtui.sees("2026-11-14 21:07", "3 plays", "2 heard", "1 not in the library")
        await djtui.press("enter")
        await djtui.sees("Two - Ada", "not in the library", "only cued", "3:20")
        await djtui.press("a")
        await djtui.sees("A playlist of this night", "Set 2026-11-14 21h07")
        await djtui.press("enter")
        await djtui.sees("Set 2026-11-14 21h07: 1 track, 1 left out")
        assert await djtui.value("SELECT items FROM playlist WHERE name LIKE 'Set %'") == 1
        await djtui.press("r")
        await djtui.until(lambda: djtui.app.jobs)
        params = {"path": str(deck.nml.parent / "History"), "collection": str(deck.nml)}
        assert await asked(djtui, "traktor-nights") == params


async def test_an_export_and_a_restore_go_all_the_way_to_the_file(deck: Deck, opened: Opened) -> None:
    before = deck.nml.read_bytes()
    with no_traktor():
        async with (
            opened(deck.library, settings=AT_ONCE) as djtui,
            working(await djtui.app.library(), AT_ONCE),
        ):
            await djtui.press("3")
            await djtui.sees("Four - Ada")
            await djtui.press("x", "enter")
            await djtui.sees("Is Traktor closed")
            await djtui.press("y")
            await djtui.until(lambda: deck.nml.read_bytes() != before, 20)
            assert b'NAME="Friday"' in deck.nml.read_bytes()
            await djtui.sees("exported today")
            await djtui.until(lambda: "1 playlist changed" in djtui.app.toasts.toasts[-1].text)
            await djtui.press("b")
            await djtui.sees("1 backup ─", "before an export of")
            await djtui.press("enter")
            await djtui.sees("Restore a backup")
            await djtui.press("y")
            await djtui.until(lambda: deck.nml.read_bytes() == before, 20)
            await djtui.sees("2 backups ─", "taken back", "↑ 4 for export")
            assert "! lost" not in djtui.text
            await djtui.press("6", "j")
            await djtui.sees("A backup was put back since", "Friday  new in the collection")
