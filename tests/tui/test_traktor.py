"""The Traktor view: what waits, what is in conflict, and everything that can be done with a collection."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from djtui import config
from djtui.config import Settings, TraktorSettings
from djtui.jobs.host import Host
from djtui.jobs.hosting import perform
from djtui.jobs.locks import HostLock
from djtui.kinds import KINDS
from djtui.library import history, playlists
from djtui.library.database import Library
from djtui.tui.screens.traktor import TraktorView
from djtui.tui.widgets.traktor_conflicts import ConflictSection
from djtui.tui.widgets.traktor_pending import PendingSection
from tests.traktor import nml_text
from tests.traktor.pretending import no_traktor
from tests.tui.conftest import SETTINGS, Opened, Session

TITLES = ("One", "Two", "Three", "Four", "[bold]Five", "Six")
AT_ONCE = replace(SETTINGS, traktor=TraktorSettings(quiet_s=0, recheck_s=0))
NARROW = (80, 24)


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
    async with aclosing(perform(library, KINDS, "traktor-import", {"path": str(nml)}, Settings())) as views:
        states = [view.state async for view in views]
    assert states[-1] == "succeeded"


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
async def at(deck: Deck, opened: Opened, *keys: str, **options: object) -> AsyncIterator[Session]:
    """The Traktor view, with a lock that keeps job hosts from starting."""
    async with HostLock(deck.library), opened(deck.library, **options) as djtui:
        await djtui.press("3")
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


async def job(djtui: Session, kind: str) -> str | None:
    params: str | None = await djtui.value("SELECT params FROM job WHERE kind = ? ORDER BY id DESC", kind)
    return params


# -- head and sections -----------------------------------------------------------------------------


async def test_the_head_says_which_collection_it_is_and_what_waits(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened) as djtui:
        await djtui.sees("collection.nml", "NML 19", "imported today", "exported never")
        await djtui.sees("↑ 4 for export", "! 4 conflicts", "✗ 6 missing", "auto-sync: off")
        await djtui.sees("3 Traktor +4", "↑ 4 changes for Traktor")
        await djtui.press("1")
        await djtui.sees("All tracks", "3 Traktor +4", "↑ 4 changes for Traktor")


@pytest.mark.parametrize("size", [(120, 36), NARROW])
async def test_every_section_is_reached_by_its_key_and_by_tab(
    deck: Deck, opened: Opened, size: tuple[int, int]
) -> None:
    async with at(deck, opened, size=size) as djtui:
        for key, said in (
            ("c", "4 conflicts"),
            ("m", "0 of 6 files found"),
            ("b", "No backups yet"),
            ("n", "No nights yet"),
            ("p", "4 changes for Traktor"),
        ):
            await djtui.press(key)
            await djtui.sees(said)
        await djtui.press("tab")
        await djtui.sees("4 conflicts", "Last sync")
        await djtui.press("shift+tab", "shift+tab")
        await djtui.sees("No nights yet")
        assert all(len(line) == size[0] for line in djtui.lines)


async def test_a_click_on_a_tab_goes_there(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened) as djtui:
        await djtui.pilot.click("Tabs", offset=(djtui.lines[6].index("Conflicts"), 0))
        await djtui.sees("Last sync")


async def test_the_help_knows_the_keys_of_the_section(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened, "c") as djtui:
        await djtui.sees("Last sync")
        await djtui.press("question_mark")
        await djtui.sees("Keep djtui's", "conflicts.take_field", "Import", "traktor.export")


async def test_without_a_collection_it_says_what_to_do(empty: Path, opened: Opened) -> None:
    async with opened(empty) as djtui:
        await djtui.press("3")
        await djtui.sees("No collection of Traktor's was found.", "Nothing has been imported yet")
        await djtui.press("x")
        await djtui.sees("i imports the collection, then it can be exported")
        await djtui.press("o")
        await djtui.sees("The collection.nml that this library is kept in step with.")


async def test_a_collection_that_is_found_is_offered_for_import(
    empty: Path, quiet_home: Path, opened: Opened
) -> None:
    nml = quiet_home / "Documents/Native Instruments/Traktor 4.1.0/collection.nml"
    nml.parent.mkdir(parents=True)
    nml.write_text(collection())
    async with HostLock(empty), opened(empty) as djtui:
        await djtui.press("3")
        await djtui.sees("Traktor 4.1.0/collection.nml", "not imported yet", "i imports it")
        await djtui.press("i")
        await djtui.until(lambda: djtui.app.jobs)
        assert await job(djtui, "traktor-import") == f'{{"path":"{nml}"}}'


async def test_another_collection_can_be_chosen_and_is_remembered(
    deck: Deck, tmp_path: Path, opened: Opened
) -> None:
    other = nml_text.written(tmp_path, nml_text.nml(), "other.nml")
    async with at(deck, opened, "o") as djtui:
        await djtui.sees("Traktor's collection")
        await djtui.press("ctrl+u")
        await djtui.type(str(other))
        await djtui.press("enter")
        await djtui.sees("other.nml", "not imported yet")
        assert config.load(djtui.app.settings.source).traktor.collection == str(other)


# -- pending ---------------------------------------------------------------------------------------


async def test_what_waits_is_a_diff_of_fields_and_playlists(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened) as djtui:
        await djtui.sees("4 changes for Traktor", "Friday", "new, 2 tracks")
        shown = view(djtui).query_one(PendingSection).table.source.rows
        assert ("", "Four - Ada", "rating", "★★", "→", "★★★★") in shown
        assert ("+", "Friday", "playlist", "", "→", "new, 2 tracks") in shown
        assert not [row for row in shown if row[1:3] == ("One - Ada", "rating")]  # it is in conflict
        assert "\x1b" not in djtui.text
        assert "[bold]Five - Ada" in djtui.text


async def test_a_long_value_is_shown_in_full(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened) as djtui:
        await djtui.sees("Four - Ada")
        await djtui.press("j", "enter")
        await djtui.sees("Four - Ada · comment", "In Traktor", "old")
        assert djtui.text.count("long long long") > 2


async def test_an_edit_elsewhere_appears_by_itself_and_the_cursor_stays(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened) as djtui:
        await djtui.sees("[bold]Five - Ada")
        table = view(djtui).query_one(PendingSection).table
        await djtui.press("j", "j")
        key = table.cursor_key
        other = await Library.open(deck.library)
        await history.edit(other, [2], {"title": "Zwei"}, "title")
        await other.close()
        await djtui.sees("5 changes for Traktor", "Zwei - Ada")
        assert table.cursor_key == key


async def test_x_shows_the_diff_and_only_enter_writes_it(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened, "c") as djtui:
        await djtui.until(lambda: conflict_rows(djtui))
        await djtui.press("x")
        await djtui.sees("Write 4 changes into collection.nml?", "enter writes it", "Four - Ada")
        await djtui.press("escape")
        await djtui.sees("4 changes for Traktor")
        await djtui.press("enter")
        await djtui.sees("In Traktor", "esc leave")
        await djtui.press("escape", "x", "c", "p")
        await djtui.sees("4 changes for Traktor", "x export")  # who goes elsewhere has not said yes
        assert await job(djtui, "traktor-export") is None


async def test_the_question_about_another_machine_comes_once(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened) as djtui:
        await djtui.sees("Four - Ada")
        await djtui.press("x", "enter")
        await djtui.sees("Is Traktor closed", "not now")
        await djtui.press("n")
        assert await job(djtui, "traktor-export") is None
        await djtui.press("x", "enter")
        await djtui.sees("Is Traktor closed")
        await djtui.press("y")
        await djtui.until(lambda: djtui.app.jobs)
        assert await job(djtui, "traktor-export") == f'{{"path":"{deck.nml}"}}'
        assert await djtui.value("SELECT asked FROM nml_file") == 1


# -- conflicts -------------------------------------------------------------------------------------


async def test_a_conflict_shows_all_sides_and_is_settled_with_one_key(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened, "c") as djtui:
        await djtui.sees("Last sync", "House", "Deep House", "Melodic 1", "H / L the same for every genre")
        await djtui.press("l")
        await djtui.sees("3 conflicts", "genre of One - Ada: Traktor's taken · u takes it back")
        await djtui.until(lambda: djtui.app.counters.changes)
        assert await djtui.value("SELECT genre FROM track WHERE title = 'One'") == "Melodic 1"
        await djtui.press("h")
        await djtui.sees("2 conflicts", "rating of One - Ada: djtui's kept")
        assert await djtui.value("SELECT rating FROM track WHERE title = 'One'") == 5
        await djtui.sees("↑ 5 for export")


async def test_keys_that_come_in_a_burst_mean_one_conflict_each(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened, "c") as djtui:
        await djtui.until(lambda: len(conflict_rows(djtui)) == 4)
        await djtui.press("l", "l", "l")
        await djtui.sees("! 1 conflict ", "1 conflict ─")
        assert await djtui.value("SELECT count(*) FROM conflict") == 1
        assert not [toast for toast in djtui.app.toasts.toasts if toast.kind == "error"]


async def test_capital_letters_settle_every_conflict_of_the_field(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened, "c") as djtui:
        await djtui.until(lambda: len(conflict_rows(djtui)) == 4)
        await djtui.press("L")
        await djtui.sees("1 conflict ─", "3 conflicts: Traktor's taken")
        assert conflict_rows(djtui) == [("One - Ada", "rating")]
        await djtui.press("u")
        await djtui.sees("4 conflicts ─")


async def test_t_settles_every_conflict_of_the_track(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened, "c") as djtui:
        await djtui.until(lambda: len(conflict_rows(djtui)) == 4)
        await djtui.press("T")
        await djtui.sees("2 conflicts: Traktor's taken")
        assert conflict_rows(djtui) == [("Two - Ada", "genre"), ("Three - Ada", "genre")]


async def test_marked_conflicts_are_settled_and_the_cursor_stays_near(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened, "c") as djtui:
        await djtui.until(lambda: len(conflict_rows(djtui)) == 4)
        await djtui.press("j", "space")
        await djtui.sees("1 marked · 3 / 4")
        await djtui.press("space", "k")
        await djtui.press("h")
        await djtui.until(lambda: len(conflict_rows(djtui)) == 2)
        table = view(djtui).query_one(ConflictSection).table
        assert conflict_rows(djtui)[table.cursor_row] == ("Three - Ada", "genre")
        assert not table.marked


async def test_a_conflict_that_is_gone_meanwhile_is_no_harm(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened, "c") as djtui:
        await djtui.until(lambda: len(conflict_rows(djtui)) == 4)
        async with (await djtui.app.library()).writing() as tx:
            await tx.execute("DELETE FROM conflict")
        await djtui.press("h")
        await djtui.sees("1 left open, such as genre of One - Ada: it is not open, or never was.")
        await djtui.sees("No conflicts.")


# -- map, backups, nights --------------------------------------------------------------------------


async def test_the_map_suggests_where_the_files_are_and_one_key_takes_it(
    deck: Deck, quiet_home: Path, opened: Opened
) -> None:
    (quiet_home / "Music").mkdir()
    for number in range(5):
        (quiet_home / "Music" / f"{number}.mp3").touch()
    async with at(deck, opened, "m") as djtui:
        await djtui.sees("1 volume · 0 of 6 files found", "C:", "nowhere on this machine", "missing  C:")
        await djtui.sees("perhaps", "has 5 of 6", "a accept")
        await djtui.press("a")
        await djtui.sees("i imports with it", "5 of 6 files found", "83%", "missing  5.mp3")
        volumes = config.load(djtui.app.settings.source).traktor.volumes
        assert volumes == djtui.app.settings.traktor.volumes != {}
        await djtui.press("d")
        await djtui.sees("0 of 6 files found")
        assert djtui.app.settings.traktor.volumes == {}


async def test_a_folder_can_be_typed_for_a_volume(deck: Deck, tmp_path: Path, opened: Opened) -> None:
    async with at(deck, opened, "m") as djtui:
        await djtui.sees("nowhere on this machine")
        await djtui.press("e")
        await djtui.type("/nowhere")
        await djtui.press("enter")
        await djtui.sees("There is no folder /nowhere.")
        await djtui.press("ctrl+u")
        await djtui.type(str(tmp_path))
        await djtui.press("enter")
        await djtui.until(lambda: djtui.app.settings.traktor.volumes == {"C:": str(tmp_path)})


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


async def test_reading_the_history_is_a_job(deck: Deck, opened: Opened) -> None:
    async with at(deck, opened, "n", "r") as djtui:
        await djtui.until(lambda: djtui.app.jobs)
        params = await job(djtui, "traktor-nights")
        assert params is not None
        assert re.search(r'"path":".*/deck/History"', params)


async def test_an_export_and_a_restore_go_all_the_way_to_the_file(deck: Deck, opened: Opened) -> None:
    before = deck.nml.read_bytes()
    with no_traktor():
        async with opened(deck.library, settings=AT_ONCE) as djtui:
            host = Host(await djtui.app.library(), KINDS, AT_ONCE)
            serving = asyncio.create_task(host.serve(None))
            try:
                await djtui.press("3")
                await djtui.sees("Four - Ada")
                await djtui.press("x", "enter")
                await djtui.sees("Is Traktor closed")
                await djtui.press("y")
                await djtui.until(lambda: deck.nml.read_bytes() != before, 20)
                assert b'NAME="Friday"' in deck.nml.read_bytes()
                await djtui.sees("exported today", "1 playlist changed")
                await djtui.press("b")
                await djtui.sees("1 backup", "before an export of")
                await djtui.press("enter")
                await djtui.sees("Restore a backup")
                await djtui.press("y")
                await djtui.until(lambda: deck.nml.read_bytes() == before, 20)
                await djtui.sees("2 backups", "! lost", "↑ 4 for export")
            finally:
                host.stop("interrupted")
                await serving
