"""Scanning on the screen: which folders, what is said before a large one, and the table that follows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from djtui.config import AnalysisSettings, WarnSettings
from djtui.jobs.locks import HostLock
from djtui.tui.screens.scan import ScanDialog
from djtui.tui.screens.scan_facts import completed, typed, unfit
from djtui.tui.screens.scan_size import SizeDialog
from djtui.tui.widgets.filter_bar import FilterBar
from tests.files.test_scanning import song, state
from tests.tui.conftest import SETTINGS, Opened, Session, another
from tests.tui.test_screens import add_job, set_state
from tests.working import working

SCANNED = "INSERT INTO scan_folder (path, scanned, files, watched) VALUES (?, '2026-01-02T10:00:00Z', ?, ?)"


@pytest.fixture
def music(quiet_home: Path) -> Path:
    """Two folders with a song each, and a file that cannot be read."""
    for name in ("Acid", "House"):
        song(quiet_home / "Music" / name, f"{name}.flac", f"All {name}", artist="Bicep")
    (quiet_home / "Music/broken.flac").touch()
    return quiet_home / "Music"


@asynccontextmanager
async def unworked(path: Path, opened: Opened, **options: Any) -> AsyncIterator[Session]:
    """The app, with a lock that keeps job hosts from starting."""
    async with HostLock(path), opened(path, **options) as djtui:
        yield djtui


@asynccontextmanager
async def worked(path: Path, opened: Opened, **options: Any) -> AsyncIterator[Session]:
    """The app, and a host that works its jobs."""
    async with another(path) as library, working(library, SETTINGS), opened(path, **options) as djtui:
        yield djtui


async def asked(djtui: Session) -> Any:
    """With what the last scan was asked for; None if none was."""
    return json.loads(await djtui.value("SELECT params FROM job ORDER BY id DESC") or "null")


async def is_asked(djtui: Session, **params: Any) -> None:
    """Wait for a scan, and see what it was asked for."""
    await djtui.until(lambda: djtui.app.jobs)
    assert await asked(djtui) == params


async def known(path: Path, *folders: Path, files: int = 2, watched: int = 0) -> None:
    async with another(path) as library, library.writing() as tx:
        await tx.executemany(SCANNED, [(str(folder), files, watched) for folder in folders])


# -- which folders ---------------------------------------------------------------------------------


async def test_an_empty_library_asks_for_a_folder_and_tab_completes_it(
    empty: Path, music: Path, opened: Opened
) -> None:
    async with unworked(empty, opened) as djtui:
        await djtui.sees("This library is empty.", "F scans a folder of music")
        await djtui.press("F")
        await djtui.sees("A folder to scan", "~/Music/")
        await djtui.press("tab")
        await djtui.sees("Acid  House")
        await djtui.press("x", "enter")
        await djtui.sees("There is no ~/Music/x. Is its drive there?")
        await djtui.press("backspace", "H", "tab")
        await djtui.until(lambda: djtui.app.screen.query_one(Input).value == "~/Music/House/")
        await djtui.press("enter")
        await djtui.sees("~/Music/House", "never scanned", "another folder …")
        await djtui.press("enter")
        await is_asked(djtui, folders=[str(music / "House")])
        await djtui.sees("A folder is being scanned: its first tracks come in a moment.")


def test_completing_goes_on_as_far_as_there_is_one_way(music: Path) -> None:
    for name in ("House Classics", ".hidden", "\x1b[31mRed"):
        (music / name).mkdir()
    assert completed("~/Mus") == ("~/Music/", [])
    assert completed("~/Music/ho") == ("~/Music/House", ["House", "House Classics"])
    assert completed("~/Music/House C") == ("~/Music/House Classics/", [])
    assert completed("~/Music/.h") == ("~/Music/.hidden/", [])
    assert completed("~/Music/") == ("~/Music/", ["Acid", "House", "House Classics"])
    assert completed("~/Music/nothing") == ("~/Music/nothing", [])
    assert completed("~") == ("~/", [])


def test_what_is_typed_must_be_a_folder(music: Path) -> None:
    assert typed(" '~/Music/../Music/Acid/' ") == str(music / "Acid")
    assert unfit("~/Music") is None
    assert unfit(" ") == "Type the path of a folder."
    assert unfit("~/Music/broken.flac") == "~/Music/broken.flac is a file: type the folder that it lies in."


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_the_folders_scanned_before_are_listed_with_what_is_known_of_them(
    path: Path, music: Path, opened: Opened, size: tuple[int, int]
) -> None:
    await known(path, music / "Acid", files=12_345)
    await known(path, music / "House", files=1)
    await known(path, Path("/gone"), watched=1)
    async with unworked(path, opened, size=size) as djtui:
        await djtui.press("F")
        await djtui.sees("all of them", "12,348 files", "~/Music/Acid", "12,345 files  ", "1 file  ")
        await djtui.sees("✗ /gone  not there", "watched")


async def test_all_folders_are_scanned_in_one_job(path: Path, music: Path, opened: Opened) -> None:
    await known(path, music / "Acid", music / "House")
    async with unworked(path, opened) as djtui:
        await djtui.press("F")
        await djtui.sees("all of them", "4 files")
        await djtui.press("enter")
        await is_asked(djtui, folders=[str(music / "Acid"), str(music / "House")])
        await djtui.until(lambda: not isinstance(djtui.app.screen, ScanDialog))
        assert djtui.table.row_count == 300


async def test_a_folder_is_watched_and_analysed_as_the_dialog_says(
    path: Path, music: Path, opened: Opened
) -> None:
    await known(path, music)
    settings = replace(SETTINGS, analysis=AnalysisSettings(after_scan=True))
    async with unworked(path, opened, settings=settings) as djtui:
        await djtui.press("F")
        await djtui.sees("analyse the new tracks afterwards: yes")
        await djtui.press("w")
        await djtui.sees(" watched ")
        assert await djtui.value("SELECT watched FROM scan_folder") == 1
        await djtui.press("b")
        await is_asked(djtui, folders=[str(music)], analyze=True)
        await djtui.press("F")
        await djtui.sees("~/Music")
        await djtui.press("w", "a")
        await djtui.sees("afterwards: no, tags only")
        await djtui.until(lambda: " watched " not in djtui.text)
        await djtui.press("enter")
        await djtui.until(lambda: not isinstance(djtui.app.screen, ScanDialog))
        assert await djtui.value("SELECT watched FROM scan_folder") == 0


async def test_a_new_folder_is_watched_only_once_it_is_scanned(
    path: Path, music: Path, opened: Opened
) -> None:
    async with unworked(path, opened) as djtui:
        await djtui.press("F")
        await djtui.sees("A folder to scan")
        await djtui.press("enter")
        await djtui.sees("never scanned")
        await djtui.press("w")
        await djtui.sees(" watched ")
        assert await djtui.value("SELECT count(*) FROM scan_folder") == 0
        await djtui.press("enter")
        await is_asked(djtui, folders=[str(music)])
        assert await djtui.value("SELECT watched FROM scan_folder") == 1


# -- large ones ------------------------------------------------------------------------------------


async def test_a_large_folder_is_announced_with_cheaper_ways(path: Path, music: Path, opened: Opened) -> None:
    settings = replace(SETTINGS, warn=WarnSettings(files=3, critical=4))
    async with unworked(path, opened, settings=settings) as djtui:
        await djtui.press("F")
        await djtui.sees("A folder to scan")
        await djtui.press("enter")
        await djtui.sees("never scanned")
        await djtui.press("a", "enter")
        await djtui.sees("Before the scan: 3 files", "about 1 s to read", "tags only", "in the background")
        await djtui.press("s")
        await djtui.sees("One of the folders in ~/Music", "Acid", "House", "1 file")
        await djtui.type("hou")
        await djtui.press("enter")
        await is_asked(djtui, folders=[str(music / "House")], analyze=True)


async def test_a_very_large_one_is_called_so_and_may_be_left_alone_or_read_without_analysis(
    path: Path, music: Path, opened: Opened
) -> None:
    settings = replace(SETTINGS, warn=WarnSettings(files=1, critical=2))
    async with unworked(path, opened, settings=settings, size=(80, 24)) as djtui:
        await djtui.press("F")
        await djtui.sees("A folder to scan")
        await djtui.press("enter")
        await djtui.sees("never scanned")
        await djtui.press("a", "enter")
        await djtui.sees("A large scan: 3 files", "That is a large library.", "go on: all 3 files")
        await djtui.press("n")
        await djtui.until(lambda: isinstance(djtui.app.screen, ScanDialog))
        assert await asked(djtui) is None
        await djtui.press("enter")
        await djtui.until(lambda: isinstance(djtui.app.screen, SizeDialog))
        await djtui.press("t")
        await is_asked(djtui, folders=[str(music)])


async def test_enter_goes_on_with_all_of_a_large_folder(empty: Path, music: Path, opened: Opened) -> None:
    settings = replace(SETTINGS, warn=WarnSettings(files=1, critical=2))
    async with unworked(empty, opened, settings=settings) as djtui:
        await djtui.press("F")
        await djtui.sees("A folder to scan")
        await djtui.press("enter")
        await djtui.sees("never scanned")
        await djtui.press("enter")
        await djtui.until(lambda: isinstance(djtui.app.screen, SizeDialog))
        await djtui.press("enter")
        await is_asked(djtui, folders=[str(music)])


# -- the table -------------------------------------------------------------------------------------


async def test_the_table_follows_a_scan_unless_it_goes_on_in_the_background(
    path: Path, music: Path, opened: Opened
) -> None:
    await known(path, music)
    async with unworked(path, opened) as djtui:
        await djtui.press("F")
        await djtui.sees("~/Music")
        await djtui.press("b")
        await djtui.until(lambda: djtui.app.jobs)
        assert djtui.table.row_count == 300
        await djtui.press("F")
        await djtui.sees("another folder")
        await djtui.press("enter")
        await djtui.until(lambda: djtui.app.screen.query_one(FilterBar).input.value == f'folder:"{music}/"')
        await djtui.until(lambda: djtui.table.row_count == 0)
        async with another(path) as library, library.writing() as tx:
            await tx.execute("UPDATE track SET path = ? WHERE id = 7", (str(music / "a.mp3"),))
            await tx.execute("UPDATE meta SET value = value + 1 WHERE name = 'revision'")
            await tx.execute("UPDATE track SET revision = (SELECT value FROM meta WHERE name = 'revision')")
        await djtui.until(lambda: djtui.ids == [7])
        djtui.app.toasts.close_newest()
        await djtui.press("escape")
        await djtui.until(lambda: djtui.table.row_count == 300)


async def test_what_a_scan_reads_is_seen_at_once_and_what_it_cannot_read_is_listed_and_tried_again(
    empty: Path, music: Path, opened: Opened
) -> None:
    async with worked(empty, opened) as djtui:
        await djtui.press("F")
        await djtui.sees("A folder to scan")
        await djtui.press("enter")
        await djtui.sees("never scanned")
        await djtui.press("enter")
        await djtui.until(lambda: "All Acid" in djtui.text and "All House" in djtui.text, 30)
        await djtui.press("2")
        await djtui.until(lambda: "1 failed" in djtui.text and "2 new" in djtui.text, 30)
        await djtui.press("f")
        await djtui.sees("Scan · Music: 1 failure", "broken.flac", "The file is empty.", "t retry these")
        song(music, "broken.flac", "Mended")
        await djtui.press("t")
        await djtui.until(lambda: not djtui.app.jobs and "1 new" in djtui.text, 30)
        await djtui.press("1")
        await djtui.sees("Mended")


async def test_a_dry_run_says_what_would_change_and_changes_nothing(
    empty: Path, music: Path, opened: Opened
) -> None:
    before = state(music)
    async with worked(empty, opened) as djtui:
        await djtui.press("F")
        await djtui.sees("A folder to scan")
        await djtui.press("enter")
        await djtui.sees("never scanned")
        await djtui.press("d")
        await djtui.until(lambda: "2 new, 1 that cannot be read. Nothing was changed." in djtui.text, 30)
        assert state(music) == before
        assert await djtui.value("SELECT count(*) FROM track") == 0
        await djtui.press("escape")
        await djtui.sees("F scans a folder of music")


async def test_an_empty_library_says_what_comes_only_of_jobs_that_bring_tracks(
    empty: Path, opened: Opened
) -> None:
    async with opened(empty) as djtui:
        id = await add_job(empty, "queued")
        await djtui.sees("A collection is being imported")
        async with (await djtui.app.library()).writing() as tx:
            await tx.execute("UPDATE job SET kind = 'spotify-sync' WHERE id = ?", (id,))
        await djtui.sees("F scans a folder of music")
        assert {"F scan a folder", "I import"} <= set(djtui.lines[-1].strip().split("  ")), djtui.lines[-1]
        assert not {"e edit", "r rename", "a analyse"} & set(djtui.lines[-1].strip().split("  "))
        await set_state(djtui, id, "paused")
        assert "being imported" not in djtui.text
