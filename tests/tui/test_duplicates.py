"""Duplicates on the screen: what is one and why, which stays, and nothing is merged that was not said."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from djtui.config import FilesSettings
from djtui.files.duplicates import Copy, Group, grouped
from djtui.jobs.locks import HostLock
from djtui.library import playlists
from djtui.tui.screens.duplicates import DuplicatesDialog
from djtui.tui.screens.duplicates_review import Case, Found, Review
from tests.making import add_tracks
from tests.traktor.pretending import no_traktor
from tests.tui.conftest import SETTINGS, Opened, Session, another
from tests.working import working

SONG: dict[str, Any] = {"artist": "Bicep", "title": "Opal", "duration": 300.0, "missing": 0}
CUE = (0, 64_200.0, 0.0, 3, "drop", -1, None, None)


@pytest.fixture
async def twice(empty: Path, tmp_path: Path) -> Path:
    """Three songs: one twice by name, one three times by ISRC, one in two files of one sound."""
    music = tmp_path / "home" / "Music"
    music.mkdir()
    kids = {
        "artist": "Alan Fitzpatrick",
        "title": "Kids",
        "duration": 200.0,
        "missing": 0,
        "isrc": "GBAYE1700001",
    }
    glue = {"artist": "Zed", "title": "Glue", "duration": 250.0, "missing": 0}
    many = [
        SONG | {"path": f"{music}/opal.flac", "format": "flac", "filesize": 31_000_000, "rating": 3},
        SONG | {"path": f"{music}/opal (1).mp3", "format": "mp3", "bitrate": 320_000, "plays": 41},
        *(kids | {"path": f"{music}/kids {n}.mp3", "format": "mp3", "bitrate": 320_000} for n in range(3)),
        *(glue | {"path": f"{music}/{name}.wav", "format": "wav"} for name in ("copy of t0", "t0")),
    ]
    async with another(empty) as library:
        ids = await add_tracks(library, many, cues={1: [CUE]})
        async with library.writing() as tx:
            await tx.execute("UPDATE track SET cue_count = 1 WHERE id = 2")
            for row in await tx.fetchall("SELECT id, path FROM track"):
                Path(row["path"]).write_bytes(row["path"].encode())
                state = Path(row["path"]).stat()
                await tx.execute(
                    "INSERT INTO file (track_id, path, size, mtime_ns, payload, whole, tags, scanned)"
                    " VALUES (?, ?, ?, ?, ?, ?, '{}', 'now')",
                    (row["id"], row["path"], state.st_size, state.st_mtime_ns, b"p%d" % row["id"],
                     b"s" if row["id"] in ids[-2:] else None),
                )  # fmt: skip
        await playlists.create(library, "Friday", track_ids=[2, 6, 7])
    return empty


@asynccontextmanager
async def dialog(path: Path, opened: Opened, **options: Any) -> AsyncIterator[Session]:
    """The dialog with its groups, and a lock that keeps job hosts from starting."""
    async with HostLock(path), opened(path, **options) as djtui:
        await djtui.press("d")
        await djtui.sees("3 groups")
        yield djtui


async def asked(djtui: Session) -> Any:
    """The groups that the last merge was asked for."""
    await djtui.until(lambda: bool(djtui.app.jobs))
    return json.loads(await djtui.value("SELECT params FROM job ORDER BY id DESC"))["groups"]


async def test_each_group_says_why_it_is_one_which_copy_stays_and_what_the_others_have(
    twice: Path, opened: Opened
) -> None:
    async with dialog(twice, opened) as djtui:
        await djtui.sees("1 same sound · 1 same ISRC · 1 doubtful")
        await djtui.sees("? same name and length", "✓ stays  opal.flac", "trash  opal (1).mp3", "↑FLAC")
        await djtui.sees("✓ stays  t0.wav", "trash  copy of t0.wav", "MP3 320 kbit/s")
        await djtui.press("j", "j", "j", "j")
        await djtui.sees("~/Music/opal (1).mp3", "in Friday", "Doubtful: only artist, title and length agree")
        await djtui.sees("Enter gives it the cues, rating, plays and playlist places of the other", "trash")


async def test_all_of_it_has_room_at_80x24(twice: Path, opened: Opened) -> None:
    async with dialog(twice, opened, size=(80, 24)) as djtui:
        await djtui.sees("✓ stays  opal.flac", "31.0 MB", "enter merge", "u takes it back")
        assert len(djtui.lines) == 24
        await djtui.press("space", "G")
        await djtui.sees("● Alan Fitzpatrick - Kids", "Enter merges the marked group", "2 files")


async def test_another_copy_may_stay_and_enter_merges_this_group_only(twice: Path, opened: Opened) -> None:
    async with dialog(twice, opened) as djtui:
        await djtui.press("j", "j", "j", "j", "t")
        await djtui.sees("✓ stays  opal (1).mp3", "as you chose. ↑ sounds better")
        await djtui.press("enter")
        assert await asked(djtui) == [[2, 1]]
        await djtui.until(lambda: "opal" not in djtui.text)
        assert "t0.wav" in djtui.text


async def test_what_is_no_duplicate_stays_out_and_u_takes_that_back(twice: Path, opened: Opened) -> None:
    async with dialog(twice, opened) as djtui:
        await djtui.press("j", "x")
        await djtui.until(lambda: "trash  kids 1.mp3" not in djtui.text)
        await djtui.press("u")
        await djtui.sees("trash  kids 1.mp3", "Taken back")
        await djtui.press("x", "enter")  # it was the last of its group: the cursor stays there
        assert await asked(djtui) == [[3, 4]]


async def test_a_group_of_which_one_is_left_goes(twice: Path, opened: Opened) -> None:
    async with dialog(twice, opened) as djtui:
        await djtui.press("G", "x")
        await djtui.sees("2 groups: 0 same sound")
        await djtui.press("s")
        await djtui.sees("1 group: ")
        await djtui.press("r")
        await djtui.sees("3 groups: 1 same sound")


async def test_only_the_doubtful_ones_or_only_the_same_sound(twice: Path, opened: Opened) -> None:
    async with dialog(twice, opened) as djtui:
        await djtui.press("tab")
        await djtui.until(lambda: "t0.wav" in djtui.text and "opal" not in djtui.text)
        await djtui.sees("shown: only the same sound")
        await djtui.press("tab")
        await djtui.until(lambda: "opal.flac" in djtui.text and "t0.wav" not in djtui.text)
        await djtui.sees("shown: only the doubtful ones")
        await djtui.press("A")
        await djtui.sees("Merge 1 group?", "Doubtful:")
        await djtui.press("n")
        assert await djtui.value("SELECT count(*) FROM job") == 0


async def test_all_of_the_same_sound_are_merged_only_when_asked_twice(twice: Path, opened: Opened) -> None:
    async with dialog(twice, opened) as djtui:
        await djtui.press("E")
        await djtui.sees("Merge 1 group?", "places of 1 other")
        await djtui.press("y")
        assert await asked(djtui) == [[7, 6]]


async def test_marked_groups_are_merged_together(twice: Path, opened: Opened) -> None:
    async with dialog(twice, opened) as djtui:
        await djtui.press("space", "space")
        await djtui.sees("Enter merges the 2 marked groups", "places of 3 others")
        await djtui.press("enter")
        assert await asked(djtui) == [[3, 4, 5], [1, 2]]


async def test_a_click_goes_to_a_line_and_merges_nothing(twice: Path, opened: Opened) -> None:
    async with dialog(twice, opened) as djtui:
        line = next(y for y, text in enumerate(djtui.lines) if "opal (1).mp3" in text)
        await djtui.pilot.click(offset=(20, line))
        await djtui.sees("~/Music/opal (1).mp3")
        assert await djtui.value("SELECT count(*) FROM job") == 0


async def test_a_keeper_without_its_file_is_refused(twice: Path, opened: Opened) -> None:
    async with another(twice) as library, library.writing() as tx:
        await tx.execute("UPDATE track SET missing = 1 WHERE id = 2")
    async with dialog(twice, opened) as djtui:
        await djtui.press("j", "j", "j", "j")
        await djtui.sees("merge  opal (1).mp3", "no file is moved")
        await djtui.press("t", "enter")
        await djtui.sees("The file of opal (1).mp3 is not there")
        assert await djtui.value("SELECT count(*) FROM job") == 0


async def test_merged_and_taken_back_with_real_files(twice: Path, opened: Opened, tmp_path: Path) -> None:
    settings = replace(SETTINGS, files=FilesSettings(trash=str(tmp_path / "bin")))
    music = tmp_path / "home" / "Music"
    async with another(twice) as library:
        with no_traktor():
            async with working(library, settings), opened(twice, settings=settings) as djtui:
                await djtui.press("d")
                await djtui.sees("3 groups", str(tmp_path / "bin"))
                await djtui.press("G", "space", "enter")
                await djtui.until(lambda: "1 track merged · u takes it back" in djtui.text, 20)
                await djtui.sees("2 groups: 0 same sound")
                assert not (music / "copy of t0.wav").exists()
                assert [path.name for path in (tmp_path / "bin").rglob("*.wav")] == ["copy of t0.wav"]
                assert [item[0] for item in await playlists.items(library, 1)] == [2, 7]
                await djtui.press("u")
                await djtui.sees("Undo “Merge of 1 duplicate”?")
                await djtui.press("y")
                await djtui.until(lambda: "3 groups" in djtui.text, 20)
                assert (music / "copy of t0.wav").exists()


async def test_files_that_were_not_compared_yet_are_offered(twice: Path, opened: Opened) -> None:
    async with another(twice) as library, library.writing() as tx:
        await tx.execute("UPDATE file SET payload = x'01' WHERE track_id < 3")
    async with dialog(twice, opened) as djtui:
        await djtui.sees("2 files may be the same sound as others: c reads them")
        await djtui.press("c")
        await djtui.sees("Comparing files · queued")


async def test_nothing_twice_is_said(empty: Path, opened: Opened) -> None:
    async with another(empty) as library:
        await add_tracks(library, [SONG])
    async with opened(empty) as djtui:
        await djtui.press("d")
        await djtui.sees("No track is there twice.", "0 groups")
        await djtui.press("enter", "t", "x", "s", "space", "E", "A", "tab", "escape")
        assert not isinstance(djtui.app.screen, DuplicatesDialog)


# -- what was said --------------------------------------------------------------------------------


def groups(count: int) -> list[Group]:
    copies = {
        id: Copy(id, f"/m/{id}.mp3", f"{id // 2:06}", "x", sound=b"%d" % (id // 4)) for id in range(2 * count)
    }
    return grouped(copies, [[2 * at, 2 * at + 1] for at in range(0, count, 2)],
                   [[2 * at, 2 * at + 1] for at in range(1, count, 2)])  # fmt: skip


def made(count: int = 4) -> Review:
    review = Review()
    review.take(Found(groups(count)))
    return review


def keys(cases: list[Case]) -> list[int]:
    return [case.key for case in cases]


def test_lines_and_places_agree() -> None:
    review = made(50)
    review.take_out(review.line(1)[1] or Copy(-1))
    assert len(review) == 49 * 3
    for place in range(len(review)):
        case, copy = review.line(place)
        if copy is not None:
            assert review.line_of(copy.id) == place
            assert copy in case.copies
    assert review.line_of(0) is None
    assert review.line_of(10**6) is None


def test_what_is_being_merged_is_not_open_and_comes_back_if_it_fails() -> None:
    review = made()
    review.hide({0, 1})
    assert (keys(review.cases()), review.kinds()["sound"]) == ([2, 4, 6], 1)
    review.hide(())
    assert keys(review.cases()) == [0, 2, 4, 6]


def test_what_was_said_holds_when_the_groups_are_found_again() -> None:
    review = made()
    case, _ = review.line(0)
    review.keep(case, case.others[0])
    review.skip([review.cases()[1]])
    review.take(Found(groups(6)))
    assert review.cases()[0].merge() == [1, 0]
    assert keys(review.cases()) == [0, 4, 6, 8, 10]
    review.undo()
    review.undo()
    assert review.cases()[0].merge() == [0, 1]
    assert not review.undo()


async def test_the_cursor_is_on_the_screen_however_fast_the_list_changes(empty: Path, opened: Opened) -> None:
    async with another(empty) as library:
        many = [SONG | {"title": f"Song {n // 2:02}", "path": f"/music/{n}.mp3"} for n in range(80)]
        await add_tracks(library, many)
    async with HostLock(empty), opened(empty, size=(80, 24)) as djtui:
        await djtui.press("d")
        await djtui.sees("40 groups")
        dialog = djtui.app.screen
        assert isinstance(dialog, DuplicatesDialog)
        dialog._show(80)  # far below, and back before that was painted
        dialog._show(1)
        await djtui.sees("/music/0.mp3", "✓ stays  0.mp3")
        await djtui.pilot.pause()
        assert dialog._rows.scroll_offset.y == 0
