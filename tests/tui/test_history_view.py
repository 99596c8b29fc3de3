"""The History view tells what every kind of change did, and takes back exports through a job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from djtui.jobs.hosting import hosting
from djtui.kinds import KINDS
from djtui.library import history, playlists, removal
from djtui.library.cues import set_cue
from djtui.tui import touched
from tests.traktor.both_ways import SETTINGS, Deck
from tests.traktor.pretending import no_traktor
from tests.traktor.test_importing import collection, entry
from tests.tui.conftest import Opened, another


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
        await djtui.sees("Export to collection.nml", "genre: House → Acid", "puts the collection back")
        with no_traktor():
            async with another(exported) as host, hosting(host, KINDS, SETTINGS):
                await djtui.press("u")
                await djtui.sees(
                    "Undo “Export to collection.nml”?", "your edits stay", "y  put the collection back"
                )
                assert "Acid" in nml.read_text()
                await djtui.press("y")
                await djtui.until(lambda: "Acid" not in nml.read_text(), 20)
        await djtui.sees("Undo: Export to collection.nml", "undone", "It was taken back")
        await djtui.press("ctrl+r")
        await djtui.sees("is not done again")


def images(**fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    same = {"name": "Friday", "kind": "list"}
    return same | {name: was for name, (was, _) in fields.items()}, same | {
        name: now for name, (_, now) in fields.items()
    }


def test_a_playlist_s_change_is_told_by_what_is_different() -> None:
    one, two, unknown = [1, None, "track"], [2, None, "track"], [None, "C:/:x", "track"]
    said = touched.playlist_changes
    names = {1: "Bicep - Opal", 2: "Björk - Glue"}
    assert said(*images(items=([one, two], [two, one])), names) == ["put in another order"]
    assert said(*images(items=([one, unknown], [one, one])), names) == ["+ Bicep - Opal", "- unknown track"]
    assert said(*images(parent_id=(None, 3), position=(0, 1)), names) == ["moved to another folder"]
    assert said(*images(parent_id=(3, 3), position=(0, 1)), names) == ["moved to place 2"]
    assert said(*images(query=("bpm:1", "bpm:2")), names) == ["filter: bpm:1 → bpm:2"]
    assert said(None, {"name": "x", "items": [one]}, names) == ["made with 1 track"]
    assert said({"name": "x", "items": []}, {}, names) == ["changed"]


def test_a_playlist_that_an_export_wrote_is_named_by_its_image_as_a_row_or_as_it_was_stored() -> None:
    for base in ({"name": "Friday"}, '{"name": "Friday"}'):
        rows = list(touched.node_rows(None, {"id": 1, "base": base}))
        assert "".join(text for text, _ in rows[0].left) == " Friday  new in the collection"


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
