"""Renaming on the screen: seen before it happens, chosen, done, and in step with Traktor."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from djtui.config import FilesSettings, WarnSettings, load
from djtui.jobs.locks import HostLock
from djtui.tui.screens.dialog import Question
from djtui.tui.screens.rename import RenameDialog
from tests.files.shelf import Shelf
from tests.traktor.moved_files import Disk
from tests.traktor.pretending import no_traktor, running_traktor
from tests.traktor.test_importing import collection, entry, playlist
from tests.tui.conftest import SETTINGS, Opened, Session, another

MIXING = "{artist} - {title} [{camelot} {bpm}]"
SONGS: dict[str, dict[str, object]] = {
    "new/01 opal.flac": {"artist": "Bicep", "title": "Opal (Four Tet Remix)", "bpm": 124.0, "key": 21},
    "new/apricots.mp3": {"artist": "Bicep", "title": "Apricots", "bpm": 126.0, "key": 2},
    "new/b.mp3": {"artist": "Bicep", "title": "Apricots", "bpm": 126.0, "key": 2},
    "old/Ada - Fall.mp3": {"artist": "Ada", "title": "Fall"},
    "old/gone.mp3": {"artist": "Ada", "title": "Gone"},
}


@pytest.fixture
async def music(tmp_path: Path, quiet_home: Path) -> AsyncIterator[Shelf]:
    """Five tracks in two folders; the file of one is not there."""
    async with another(tmp_path / "Music.db") as library:
        shelf = Shelf(library, tmp_path / "music")
        await shelf.put(SONGS)
        (tmp_path / "music" / "old" / "gone.mp3").unlink()
        yield shelf


@asynccontextmanager
async def renaming(shelf: Shelf, opened: Opened, *keys: str, **options: Any) -> AsyncIterator[Session]:
    """The rename screen on the library, with a lock that keeps job hosts from starting."""
    async with HostLock(shelf.library.path), opened(shelf.library.path, **options) as djtui:
        await djtui.press(*(keys or ("r", "a")))
        await djtui.until(lambda: isinstance(djtui.app.screen, RenameDialog))
        await planned(djtui)
        yield djtui


def dialog(djtui: Session) -> RenameDialog:
    screen = djtui.app.screen
    assert isinstance(screen, RenameDialog)
    return screen


async def planned(djtui: Session) -> None:
    await djtui.until(lambda: dialog(djtui).complete)
    await djtui.pilot.pause()


async def retyped(djtui: Session, text: str) -> None:
    """Type another template, and go back to the list."""
    await djtui.press("e", "ctrl+u")
    await djtui.type(text)
    await djtui.press("enter")
    await planned(djtui)


async def asked(djtui: Session) -> Any:
    """With what the last job was asked for; None if none was."""
    return json.loads(await djtui.value("SELECT params FROM job ORDER BY id DESC") or "null")


def line(djtui: Session, text: str) -> str:
    return next(line for line in djtui.lines if text in line)


# -- what is seen ----------------------------------------------------------------------------------


async def test_r_shows_each_name_now_and_then_and_what_needs_the_dj(music: Shelf, opened: Opened) -> None:
    before = music.tree()
    async with renaming(music, opened) as djtui:
        await djtui.sees(f"Rename 5 files · {MIXING}", "1 mixing", "2 rename · 1 unchanged · 2 need you")
        assert "Bicep - Opal (Four Tet Remix) [8A 124].flac" in line(djtui, "01 opal.flac")
        assert "! b.mp3" in djtui.text and "[10B 126] (2).mp3  taken: gets a number" in djtui.text
        assert "✗ gone.mp3" in djtui.text and "stays: The file is not there." in djtui.text
        await djtui.sees(f"In {music.folder}/new")
        await djtui.press("j", "j")
        await djtui.sees("“apricots.mp3” becomes “Bicep - Apricots [10B 126].mp3” too.")
        await djtui.press("n")
        await djtui.sees("only what needs you", "gone.mp3")
        assert "01 opal.flac" not in djtui.text
        await djtui.press("escape")
        await djtui.until(lambda: not isinstance(djtui.app.screen, RenameDialog))
        assert await asked(djtui) is None
    assert music.tree() == before


async def test_all_of_it_stands_on_80x24(music: Shelf, opened: Opened) -> None:
    async with renaming(music, opened, size=(80, 24)) as djtui:
        await djtui.sees("Rename 5 files", "Template", "Which", "Now", "Then", "w tags too", "enter do it")
        assert len(djtui.lines) == 24
        assert all(len(text) <= 80 for text in djtui.lines)


async def test_names_follow_while_the_template_is_typed(music: Shelf, opened: Opened) -> None:
    async with renaming(music, opened) as djtui:
        await djtui.press("e", "ctrl+u")
        await djtui.type("{title}")
        await djtui.sees("Opal (Four Tet Remix).flac", "Rename 5 files · {title} ")
        await djtui.type(" {bpn}")
        await djtui.sees("^^^ There is no token bpn. Did you mean bpm?", "Opal (Four Tet Remix).flac")
        await djtui.sees("the template has a mistake")
        assert "enter do it" not in djtui.text and "need you" not in djtui.text
        await djtui.press("enter", "enter")
        await djtui.sees("Nothing happens while the template has a mistake. There is no token bpn.")
        assert await asked(djtui) is None
        await djtui.press("e", "left", "backspace", "m")
        await djtui.sees("Opal (Four Tet Remix) 124.flac")
        await djtui.press("escape")
        await djtui.sees("Rename 5 files · {title} {bpn}")


async def test_folders_are_shown_where_they_begin(music: Shelf, opened: Opened) -> None:
    async with renaming(music, opened) as djtui:
        await retyped(djtui, "{artist}/{title}")
        await djtui.sees("Bicep/Opal (Four Tet Remix).flac", f"From {music.folder}/new ", "folders in: each")
        await djtui.press("o")
        await djtui.type(str(music.folder))
        await djtui.press("enter")
        await planned(djtui)
        await djtui.sees(f"To {music.folder}/Bicep/Opal (Four Tet", f"folders in: {music.folder}")
        await djtui.press("enter")
        await djtui.until(lambda: not isinstance(djtui.app.screen, RenameDialog))
        assert await asked(djtui) == {"template": "{artist}/{title}", "root": str(music.folder)}


# -- which tracks ----------------------------------------------------------------------------------


async def test_marked_tracks_come_first_and_the_keys_of_the_line_choose_others(
    music: Shelf, opened: Opened
) -> None:
    async with renaming(music, opened, "space", "space", "r") as djtui:
        await djtui.sees("Rename 2 files", "m ● 2 marked", "a all tracks")
        await djtui.press("a")
        await djtui.sees("Rename 5 files", "a ● all tracks")
        await planned(djtui)
        await djtui.press("m")
        await djtui.sees("Rename 2 files")
        await planned(djtui)
        await djtui.press("enter")
        await djtui.until(lambda: not isinstance(djtui.app.screen, RenameDialog))
        assert len((await asked(djtui))["ids"]) == 2


async def test_with_none_marked_what_the_table_shows_is_meant(music: Shelf, opened: Opened) -> None:
    async with HostLock(music.library.path), opened(music.library.path) as djtui:
        await djtui.press("slash")
        await djtui.type("ada")
        await djtui.until(lambda: djtui.table.row_count == 2)
        await djtui.press("enter", "r")
        await djtui.until(lambda: isinstance(djtui.app.screen, RenameDialog))
        await djtui.sees("Rename 2 files", "f ● shown: All tracks ada", "t this track")
        await djtui.press("t")
        await djtui.sees("Rename 1 file ·")


async def test_with_nothing_narrowed_down_only_this_track_is_meant(music: Shelf, opened: Opened) -> None:
    async with renaming(music, opened, "r") as djtui:
        await djtui.sees("Rename 1 file ·", "t ● this track", "a all tracks")
        await djtui.press("enter")
        await djtui.until(lambda: not isinstance(djtui.app.screen, RenameDialog))
        assert len((await asked(djtui))["ids"]) == 1


async def test_enter_right_behind_another_choice_of_tracks_renames_nothing_unseen(
    music: Shelf, opened: Opened
) -> None:
    async with renaming(music, opened, "r") as djtui:
        dialog(djtui).chosen = "a"
        dialog(djtui).look_again()
        assert not dialog(djtui).complete
        await djtui.sees("Rename 5 files")


# -- templates -------------------------------------------------------------------------------------


async def test_presets_are_taken_by_number_saved_and_deleted(music: Shelf, opened: Opened) -> None:
    async with renaming(music, opened) as djtui:
        await djtui.press("2")
        await djtui.sees("2 plain", "Bicep - Apricots.mp3")
        await retyped(djtui, "{bpm} {title}")
        await djtui.press("p")
        await djtui.sees("Presets", "mixing", "gives  Bicep - Opal (Four Tet Remix) [8A 124]")
        await djtui.press("d")
        await djtui.sees("Only presets of your own can be deleted.")
        await djtui.press("s")
        await djtui.type("tempo first")
        await djtui.press("enter")
        await djtui.sees("Saved as tempo first.", "yours")
        source = djtui.app.settings.source
        assert load(source).files.presets == {"tempo first": "{bpm} {title}"}
        await djtui.press("escape")
        await djtui.sees("1 tempo first")
        await djtui.press("p", "g", "d")
        await djtui.sees("tempo first is deleted.")
        assert load(source).files.presets == {}


async def test_albums_and_singles_have_templates_of_their_own(music: Shelf, opened: Opened) -> None:
    album: dict[str, object] = {"artist": "Bicep", "album": "Isles", "albumartist": "Bicep"}
    tracks = {f"isles/{n}.mp3": {**album, "title": f"Song {n}", "track_number": n} for n in (1, 2, 3)}
    await music.put(tracks)
    async with renaming(music, opened) as djtui:
        await djtui.press("b")
        await djtui.sees(
            "by album and single",
            "Album: one album and album artist, three or more files",
            "Album ",
            "Single ",
            "01 Bicep - Song 1.mp3",
            "Ada - Fall.mp3",
        )
        await retyped(djtui, "{album} {track} {title}")
        await djtui.sees("Isles 01 Song 1.mp3", "Bicep - Opal (Four Tet Remix) [8A 124].flac")
        await djtui.press("p", "s")
        await djtui.sees("Saved: albums and singles begin with these")
        assert load(djtui.app.settings.source).files.album == "{album} {track} {title}"
        await djtui.press("escape", "enter")
        await djtui.until(lambda: not isinstance(djtui.app.screen, RenameDialog))
        assert (await asked(djtui))["templates"]["album"] == "{album} {track} {title}"


async def test_tokens_are_listed_with_their_values_and_put_where_the_cursor_is(
    music: Shelf, opened: Opened
) -> None:
    async with renaming(music, opened) as djtui:
        await djtui.press("e", "ctrl+u")
        await djtui.type("{title} ")
        await djtui.press("ctrl+t")
        await djtui.sees("What a template can be made of", "{camelot}", "the key on the Camelot wheel", "8A")
        await djtui.type("camelot wheel")
        await djtui.press("enter")
        await djtui.sees("Rename 5 files · {title} {camelot}", "Opal (Four Tet Remix) 8A.flac")


async def test_the_question_mark_lists_the_keys(music: Shelf, opened: Opened) -> None:
    async with renaming(music, opened) as djtui:
        await djtui.press("question_mark")
        await djtui.sees("Do it", "Traktor follows", "M3U lists")


# -- doing it --------------------------------------------------------------------------------------


async def test_enter_renames_and_u_takes_it_back(music: Shelf, opened: Opened) -> None:
    before = music.tree()
    async with opened(music.library.path) as djtui:
        await djtui.press("r", "a")
        await djtui.until(lambda: isinstance(djtui.app.screen, RenameDialog))
        await planned(djtui)
        await djtui.press("enter")
        await djtui.until(lambda: "new/Bicep - Apricots [10B 126] (2).mp3" in music.tree(), 30)
        await djtui.until(lambda: "it is, 3 renamed" in djtui.app.toasts.toasts[-1].text)
        await djtui.press("u")
        await djtui.until(lambda: isinstance(djtui.app.screen, Question))
        await djtui.press("y")
        await djtui.until(lambda: music.tree() == before, 30)


async def test_tags_and_lists_go_along(music: Shelf, opened: Opened) -> None:
    listed = music.folder / "set.m3u8"
    listed.write_text("new/b.mp3\n")
    settings = replace(SETTINGS, files=FilesSettings(lists=[str(listed)]))
    async with renaming(music, opened, settings=settings) as djtui:
        await djtui.sees("M3U lists: 1 follow")
        await djtui.press("w", "b", "k", "enter")
        await djtui.sees("tags too: BPM, key")
        await djtui.press("enter")
        await djtui.until(lambda: not isinstance(djtui.app.screen, RenameDialog))
        params = await asked(djtui)
        assert (params["tags"], params["m3u"]) == (["bpm", "key"], [str(listed)])
        assert params["notation"] == "camelot"


async def test_of_one_rename_the_next_remembers_the_template_and_nothing_that_is_done_besides(
    music: Shelf, opened: Opened
) -> None:
    async with renaming(music, opened) as djtui:
        await djtui.press("w", "b", "enter")
        await djtui.sees("tags too: BPM")
        await retyped(djtui, "{title} {bpm}")
        await djtui.press("escape", "r")
        await djtui.until(lambda: isinstance(djtui.app.screen, RenameDialog))
        await djtui.sees("· {title} {bpm} ", "tags too: no")
        await djtui.press("e")
        await djtui.type("{")
        await djtui.press("enter", "escape", "r")
        await djtui.until(lambda: isinstance(djtui.app.screen, RenameDialog))
        await djtui.sees("· {title} {bpm} ")


async def test_without_a_collection_t_says_so(music: Shelf, opened: Opened) -> None:
    async with renaming(music, opened) as djtui:
        await djtui.press("T")
        await djtui.sees("No Traktor collection is linked")


async def test_very_many_are_asked_about_first(music: Shelf, opened: Opened) -> None:
    settings = replace(SETTINGS, warn=WarnSettings(files=3))
    async with renaming(music, opened, settings=settings) as djtui:
        await djtui.press("enter")
        await djtui.sees("Rename 3 files?")
        await djtui.press("n")
        await djtui.until(lambda: isinstance(djtui.app.screen, RenameDialog))
        assert await asked(djtui) is None


async def test_what_changed_meanwhile_is_said_and_looked_at_again(music: Shelf, opened: Opened) -> None:
    async with renaming(music, opened) as djtui:
        await music.put({"new/c.mp3": {"artist": "Ada", "title": "Sun"}})
        await djtui.sees("The library changed meanwhile: ^r looks again.")
        await djtui.press("ctrl+r")
        await djtui.sees("Rename 6 files", "Ada - Sun.mp3")


# -- Traktor ---------------------------------------------------------------------------------------


@pytest.fixture
async def disk(tmp_path: Path, quiet_home: Path) -> AsyncIterator[Disk]:
    """Two tracks of a collection, one of them twice in a playlist."""
    async with another(tmp_path / "Music.db") as library:
        disk = Disk(library, tmp_path)
        disk.fill("a", "b")
        key = "C:/:Music/:a.mp3"
        disk.write(collection(entry("a"), entry("b"), nodes=playlist("Friday", key, key)))
        await disk.imported()
        yield disk


async def test_it_says_what_changes_in_traktor_and_asks_once_for_another_machine(
    disk: Disk, opened: Opened
) -> None:
    async with HostLock(disk.library.path), opened(disk.library.path) as djtui:
        with no_traktor():
            await djtui.press("r", "a")
            await djtui.until(lambda: isinstance(djtui.app.screen, RenameDialog))
            await retyped(djtui, "{title} by {artist}")
            await djtui.sees("Traktor: 2 locations and 2 playlist entries change in the same step")
            await djtui.sees("The collection belongs to another machine: enter asks once")
            await djtui.press("enter")
            await djtui.sees("Is Traktor closed there")
            await djtui.press("y")
            await djtui.until(lambda: not isinstance(djtui.app.screen, RenameDialog | Question))
            assert await asked(djtui) == {"template": "{title} by {artist}"}
            assert await djtui.value("SELECT asked FROM nml_file") == 1


async def test_while_traktor_runs_nothing_begins_unless_it_is_left_out(
    disk: Disk, opened: Opened, tmp_path: Path
) -> None:
    async with HostLock(disk.library.path), opened(disk.library.path) as djtui:
        with running_traktor(tmp_path / "bin"):
            await djtui.press("r", "a")
            await djtui.until(lambda: isinstance(djtui.app.screen, RenameDialog))
            await djtui.sees("Traktor Pro 4 is running: quit it first, or T renames without it")
            await retyped(djtui, "{title} by {artist}")
            await djtui.press("enter")
            await djtui.sees("is running and would lose the files")
            assert await djtui.value("SELECT count(*) FROM job WHERE kind = 'rename'") == 0
            await djtui.press("T")
            await djtui.sees("Traktor is not told now: the new names wait for the next export")
            await djtui.press("enter")
            await djtui.until(lambda: not isinstance(djtui.app.screen, RenameDialog))
            assert await asked(djtui) == {"template": "{title} by {artist}", "export": False}
