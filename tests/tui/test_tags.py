"""Writing tags on the screen: which fields of which tracks, what that would change, and back again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mutagen.flac import FLAC

from djtui.files import tagging
from djtui.jobs.locks import HostLock
from djtui.tui.screens.tags import TagsDialog
from djtui.tui.screens.tags_fields import FIELDS, TagFields
from tests.files.test_scanning import song
from tests.making import add_tracks
from tests.tui.conftest import SETTINGS, Opened, Session, another
from tests.working import working

TITLES = ("Opal", "Glue", "Rain")


@pytest.fixture
async def shelf(empty: Path, quiet_home: Path) -> Path:
    """A library of three tracks with files, of which tempo and key are known here."""
    folder = quiet_home / "Music"
    files = [song(folder, f"{title}.flac", title, artist="Bicep") for title in TITLES]
    async with another(empty) as library:
        await add_tracks(
            library,
            [
                {"title": title, "artist": "Bicep", "path": str(file), "missing": 0, "bpm": 124.0, "key": 21}
                for title, file in zip(TITLES, files, strict=True)
            ],
        )
    return empty


async def asked(djtui: Session) -> Any:
    return json.loads(await djtui.value("SELECT params FROM job ORDER BY id DESC") or "null")


def test_every_field_that_can_be_written_has_a_key_of_its_own() -> None:
    assert FIELDS.keys() == tagging.FIELDS.keys()
    taken = {binding.key for binding in TagsDialog.BINDINGS if not isinstance(binding, tuple)}
    assert len({*FIELDS.values()} - taken) == len(FIELDS)


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_nothing_is_written_that_was_not_chosen_and_the_choice_is_kept(
    shelf: Path, opened: Opened, size: tuple[int, int]
) -> None:
    async with HostLock(shelf), opened(shelf, size=size) as djtui:
        await djtui.sees("Opal")
        await djtui.press("w")
        await djtui.sees("Write tags", "this track   1 track", "· BPM", "Nothing is written that you do not")
        await djtui.press("enter")
        assert isinstance(djtui.app.screen, TagsDialog)
        await djtui.press("b", "k")
        await djtui.sees("✓ BPM", "✓ key", "1 of 1 would change:", "BPM none → 124.00  key none → 8A")
        await djtui.press("n", "m", "v", "tab")
        await djtui.sees("what is shown: All tracks   3 tracks", "3 of 3 would change:", "key none → Am")
        await djtui.sees("date of files: now", "ID3v2.4", "all else in the files, stays as it is.")
        await djtui.press("k", "enter")
        await djtui.until(lambda: djtui.app.jobs)
        assert await asked(djtui) == {
            "fields": ["bpm"],
            "notation": "musical",
            "mtime": "now",
            "id3_version": 4,
        }
        await djtui.press("w")
        await djtui.sees("✓ BPM", "· key", "n keys as 8A")


async def test_the_marked_tracks_are_meant_and_a_click_chooses_a_field(shelf: Path, opened: Opened) -> None:
    async with HostLock(shelf), opened(shelf) as djtui:
        await djtui.sees("Opal")
        await djtui.press("space", "space", "w")
        await djtui.sees("the 2 marked tracks   2 tracks")
        await djtui.pilot.click(TagFields, offset=(24, 0))
        await djtui.sees("✓ key")
        await djtui.press("enter")
        await djtui.until(lambda: djtui.app.jobs)
        params = await asked(djtui)
        assert (params["ids"], params["fields"]) == ([1, 2], ["key"])


async def test_tags_are_written_and_u_puts_every_byte_back(
    shelf: Path, quiet_home: Path, opened: Opened
) -> None:
    file = quiet_home / "Music/Opal.flac"
    before = file.read_bytes()

    def tempo() -> Any:
        form: Any = FLAC
        return form(file).get("bpm")

    async with another(shelf) as library, working(library, SETTINGS), opened(shelf) as djtui:
        await djtui.sees("Opal")
        await djtui.press("w", "b")
        await djtui.sees("1 of 1 would change:")
        await djtui.press("enter")
        await djtui.until(lambda: "1 file written" in djtui.text, 30)
        assert tempo() == ["124"]
        await djtui.press("u")
        await djtui.sees("Undo “Tags of 1 track: bpm”?")
        await djtui.press("y")
        await djtui.until(lambda: file.read_bytes() == before, 30)


async def test_an_analysis_writes_tags_afterwards_if_the_dj_says_so(shelf: Path, opened: Opened) -> None:
    async with HostLock(shelf), opened(shelf, size=(80, 24)) as djtui:
        await djtui.sees("Opal")
        await djtui.press("a")
        await djtui.sees("w into the files' tags: no", "1 track: about")
        await djtui.press("w")
        await djtui.sees("w into the files' tags: BPM, key")
        await djtui.press("w")
        await djtui.sees("BPM, key, ReplayGain")
        await djtui.press("t")
        await djtui.until(lambda: djtui.app.jobs)
        assert (await asked(djtui))["write_tags"] == ["bpm", "key", "replaygain"]
