"""The History view tells what every kind of change did, and takes back exports through a job."""

from __future__ import annotations

from pathlib import Path

import pytest

from djtui.files import step_rows
from djtui.files.step_rows import FileStep, State
from djtui.library import history, playlists, removal
from djtui.library.cues import set_cue
from djtui.tui import touched
from djtui.tui.widgets.item_list import ItemList
from tests.traktor.both_ways import SETTINGS, Deck
from tests.traktor.pretending import no_traktor
from tests.traktor.test_importing import collection, entry
from tests.tui.conftest import Opened, another
from tests.working import working


async def test_every_kind_of_change_tells_what_it_touched(path: Path, opened: Opened) -> None:
    async with another(path) as library:
        await history.edit_each(
            library, [1], lambda image: {"cues": set_cue(image["cues"], 1, slot=5)}, "hotcue 2: moved"
        )
        await playlists.rename(library, 2, "Saturday")
        await playlists.add(library, 2, [2])
        await playlists.delete(library, [1])
        await removal.remove(library, [8], "1 track removed")
    async with opened(path) as djtui:
        await djtui.press("6")
        await djtui.sees("remove ", "1 track", "Objekt -", "Red 00007  removed from the library")
        await djtui.press("j")
        await djtui.sees("2 playlists", "folder Gigs  deleted", "Saturday  deleted with 6 tracks")
        await djtui.press("j")
        await djtui.sees("+ Alan Fitzpatrick - Kids 00001")
        await djtui.press("j")
        await djtui.sees("Friday  renamed to Saturday")
        await djtui.press("j")
        await djtui.sees("- hotcue 2 “drop” at 1:04.250", "+ hotcue 5 “drop” at 1:04.250")


@pytest.fixture
async def exported(tmp_path: Path, quiet_home: Path) -> Path:
    """A library whose one edit was exported."""
    path = tmp_path / "Music.db"
    async with another(path) as library:
        deck = Deck(library, tmp_path / "collection.nml")
        deck.write(collection(entry("a"), entry("b")))
        await deck.imported()
        await deck.edit("b", genre="Acid")
        await deck.exported()
    return path


async def test_an_export_is_taken_back_by_a_job_that_asks_first_and_is_not_redone(
    exported: Path, opened: Opened
) -> None:
    nml = exported.with_name("collection.nml")
    async with opened(exported) as djtui:
        await djtui.press("6")
        await djtui.sees("Export to collection.nml", "genre: House → Acid", "The collection can be put back")
        with no_traktor():
            async with another(exported) as host, working(host, SETTINGS):
                await djtui.press("u")
                await djtui.sees(
                    "Undo “Export to collection.nml”?", "your edits stay", "y  put the collection back"
                )
                assert "Acid" in nml.read_text()
                await djtui.press("y")
                await djtui.until(lambda: "Acid" not in nml.read_text(), 20)
        await djtui.sees("Undo: Export to collection.nml", "undone", "It was taken back")
        await djtui.press("ctrl+r")
        await djtui.sees("An undone export is not redone from the history")


async def test_what_cannot_be_read_is_said_in_the_place_of_what_stood_there(
    path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise TypeError("no dict")

    async with another(path) as library:
        await history.edit(library, [1], {"genre": "Acid"}, "genre of 1 track")
        await history.edit(library, [2], {"genre": "Dub"}, "genre of another")
    async with opened(path) as djtui:
        await djtui.press("6")
        await djtui.sees("genre: Techno → Dub")
        monkeypatch.setattr(touched, "read", broken)
        await djtui.press("j")
        await djtui.sees("What it touched cannot be read.", "TypeError: no dict")
        assert "Dub" not in djtui.text


async def test_marked_items_are_undone_alone_and_done_again(path: Path, opened: Opened) -> None:
    async with another(path) as library:
        await history.edit(library, [1, 2, 3], {"genre": "Acid"}, "genre of 3 tracks")
    async with opened(path) as djtui:
        await djtui.press("6")
        await djtui.sees("3 tracks can be undone.", "u undo this")
        assert "redo" not in djtui.lines[-1]
        await djtui.press("tab", "j", "space")
        await djtui.sees("● Alan Fitzpatrick - Kids 00001", "3 · 1 marked", "u undo 1 marked")
        await djtui.press("u")
        await djtui.sees(
            "partly undone", "2 tracks can be undone.", "Partly undone: ^r does that part again."
        )
        assert "1 marked" not in djtui.text
        assert await djtui.value("SELECT genre FROM track WHERE id = 2") == "Techno"
        await djtui.press("ctrl+r")
        await djtui.sees("3 tracks can be undone.")
        assert await djtui.value("SELECT genre FROM track WHERE id = 2") == "Acid"


async def test_what_cannot_be_done_now_is_not_offered_and_its_key_does_nothing_else(
    path: Path, opened: Opened
) -> None:
    async with another(path) as library:
        await history.edit(library, [1], {"genre": "Acid"}, "an older edit")
        async with library.writing() as tx:
            merge = await history.begin(tx, "merge", "Merge of 1 duplicate")
            undo = await history.begin(tx, "undo", "Undo: Merge of 1 duplicate", undoes=merge)
            await tx.execute("UPDATE change SET undone = ? WHERE id = ?", (undo, merge))
    async with opened(path) as djtui:
        await djtui.press("6")
        await djtui.sees("This is an undo of change 2")
        assert "undo" not in djtui.lines[-1] and "redo" not in djtui.lines[-1]
        await djtui.press("j")
        await djtui.sees("It is undone, by change 3.")
        assert "redo" not in djtui.lines[-1]
        await djtui.press("ctrl+r")
        await djtui.sees("An undone merge is not redone")
        await djtui.press("u")
        await djtui.sees("is undone already")
    async with another(path) as library:
        assert (await history.find(library, 1)).undone is None


async def test_items_that_would_stay_are_known_before_anybody_tries(path: Path, opened: Opened) -> None:
    async with another(path) as library:
        await history.edit(library, [1, 2], {"genre": "Acid"}, "genre of 2 tracks")
        await history.edit(library, [1], {"genre": "Dub"}, "later")
    async with opened(path) as djtui:
        await djtui.press("6", "j")
        await djtui.sees(
            "1 of 2 tracks can be undone; 1 stays: genre was changed", "House → Acid           stays"
        )
        await djtui.press("tab")
        await djtui.sees("stays: genre was changed since")
        await djtui.press("enter")
        await djtui.sees("genre: House → Acid", "esc leave")


async def test_changes_of_one_kind_and_with_some_words(path: Path, opened: Opened) -> None:
    async with another(path) as library:
        await history.edit(library, [1], {"genre": "Acid"}, "the only edit")
        await playlists.rename(library, 2, "Saturday")
    async with opened(path) as djtui:
        await djtui.press("6")
        await djtui.sees("the only edit", "renamed to Saturday")
        await djtui.press("f")
        await djtui.sees("Show which changes?", "every kind")
        await djtui.press(*"playlist", "enter")
        await djtui.until(lambda: "the only edit" not in djtui.text)
        await djtui.sees("History · playlist")
        await djtui.press("escape")
        await djtui.sees("the only edit")
        await djtui.press("slash", *"ONLY", "enter")
        await djtui.until(lambda: "renamed to Saturday" not in djtui.text)
        await djtui.press("slash", *"xx", "enter")
        await djtui.sees("No change like that. Esc shows all of them.")


async def test_a_rename_that_was_cut_off_is_unfinished_and_says_what_to_do(
    path: Path, opened: Opened
) -> None:
    async with another(path) as library, library.writing() as tx:
        await tx.execute(
            "INSERT INTO job (id, key, kind, title, params, state, created)"
            " VALUES (7, 'rename:x', 'rename', 'Rename', '{}', 'running', '2026-01-01T00:00:00Z')"
        )
        change = await history.begin(tx, "rename", "Rename of 3 tracks", job_id=7)
        states: tuple[State, ...] = ("done", "done", "meant")
        await step_rows.write_down(
            tx,
            change,
            [
                FileStep(id, id, "move", f"/music/old {id}.mp3", f"/music/{id - 1:05}.mp3", state)
                for id, state in enumerate(states, 1)
            ],
        )
    async with opened(path, size=(80, 24)) as djtui:
        await djtui.press("6")
        await djtui.sees(
            "unfinished",
            "It was cut off. 2 of 3 files were touched. R goes on with it.",
            "u takes back",
        )
        await djtui.sees("old 1.mp3 → 00000.mp3", "not done yet")


async def test_of_many_items_only_those_seen_are_read(path: Path, opened: Opened) -> None:
    async with another(path) as library:
        await history.edit(library, range(1, 301), {"genre": "Acid", "comment": "x"}, "many")
    async with opened(path) as djtui:
        await djtui.press("6")
        await djtui.sees("Opal 00000", "300")
        asked = djtui.app.screen.query_one(ItemList)
        assert sorted(asked._lazy._pages) == [0]
        await djtui.press("tab", "G")
        await djtui.sees("Glue 00299")
        assert sorted(asked._lazy._pages) == [0, 2]
