"""Missing files on the screen: looked for where the DJ says, shown with reasons, taken only when said."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from djtui.files import relocate_review
from djtui.files.relocate import Lost, Match, Score
from djtui.jobs.locks import HostLock
from djtui.library.database import Library
from djtui.tui.screens.relocate import RelocateDialog
from djtui.tui.screens.relocate_folders import FoldersDialog
from tests.files.sounds import film
from tests.making import add_tracks
from tests.traktor.pretending import no_traktor
from tests.tui.conftest import SETTINGS, Opened, Session, another
from tests.working import working

COUNT = 5


async def propose(library: Library, *, certain: int) -> None:
    """What a look leaves behind: some certain ones, a doubtful one with two files, the rest nowhere."""
    matches = [
        Match(Lost(id, ""), (Score(f"/new/{id}.mp3", 100, ("same sound", "same size")),), certain=True)
        for id in range(1, certain + 1)
    ]
    doubtful = (Score("/new/a.mp3", 80, ("same name",)), Score("/backup/b.mp3", 60, ("same title",)))
    matches.append(Match(Lost(certain + 1, ""), doubtful))
    async with library.writing() as tx:
        await relocate_review.clear(tx)
        await relocate_review.put(tx, 0, matches)
        await tx.execute(
            "INSERT INTO job (key, kind, title, params, state, created, finished) VALUES"
            " ('k', 'relocate', 'Relocate', '{\"folders\": [\"/new\"]}', 'succeeded', ?, ?)",
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        )


@pytest.fixture
async def lost(empty: Path) -> Path:
    """Five missing tracks: three were found, of one there are two files, one is nowhere."""
    many = [
        {"artist": "Bicep", "title": f"Opal {n}", "path": f"/old/music/disk/{n}.mp3", "missing": 1}
        for n in range(1, COUNT + 1)
    ]
    async with another(empty) as library:
        await add_tracks(library, many)
        await propose(library, certain=3)
    return empty


@asynccontextmanager
async def listed(path: Path, opened: Opened, **options: tuple[int, int]) -> AsyncIterator[Session]:
    """The list of the last look, and a lock that keeps job hosts from starting."""
    async with HostLock(path), opened(path, **options) as djtui:
        await djtui.press("M")
        await djtui.sees("5 tracks are missing here, from /old/music/disk (5)", "l lists again")
        await djtui.press("l")
        await djtui.sees("5 missing: 3 found · 1 doubtful · 1 not found · 0 taken")
        yield djtui


async def choices(path: Path) -> list[tuple[int, str]]:
    async with another(path) as library:
        return await relocate_review.chosen(library)


async def test_each_track_has_its_file_with_score_and_reasons(lost: Path, opened: Opened) -> None:
    async with listed(lost, opened) as djtui:
        await djtui.sees("Bicep - Opal 1", "100  sure: same sound, same size", "was   /old/music/disk/1.mp3")
        await djtui.sees("1/2   80  same name")
        await djtui.press("j", "j", "j")
        await djtui.sees("▸ 80  /new/a.mp3  same name", "60  /backup/b.mp3  same title")
        await djtui.press("n")
        await djtui.sees("2/2   60  same title", "▸ 60  /backup/b.mp3")


async def test_one_key_takes_a_file_and_goes_on_and_enter_does_it(lost: Path, opened: Opened) -> None:
    async with listed(lost, opened, size=(80, 24)) as djtui:
        await djtui.sees("A takes all 3 certain ones", "t take")
        assert len(djtui.lines) == 24
        await djtui.press("t", "s", "j", "n", "t")
        await djtui.sees("2 taken", "Enter gives 2 tracks their files", "Traktor's collection")
        await djtui.press("enter")
        await djtui.sees("Relocate · the files you chose · queued", "are being given to their tracks")
        assert json.loads(await djtui.value("SELECT params FROM job ORDER BY id DESC")) == {"reviewed": True}
    assert await choices(lost) == [(1, "/new/1.mp3"), (4, "/backup/b.mp3")]


async def test_all_certain_ones_at_once_but_those_that_were_left(lost: Path, opened: Opened) -> None:
    async with listed(lost, opened) as djtui:
        await djtui.press("s")
        await djtui.sees("left   Bicep - Opal 1")
        await djtui.press("A")
        await djtui.sees("2 certain ones taken", "· 2 taken")
        await djtui.press("u")
        await djtui.sees("· 0 taken", "left   Bicep - Opal 1")
        await djtui.press("u")
        await djtui.until(lambda: "left   Bicep" not in djtui.text)
        await djtui.press("enter")
        assert await djtui.value("SELECT count(*) FROM job WHERE state = 'queued'") == 0


async def test_the_lists_are_found_certain_doubtful_taken_and_not_found(lost: Path, opened: Opened) -> None:
    async with listed(lost, opened) as djtui:
        await djtui.press("j", "j", "j", "t", "tab")
        await djtui.until(lambda: "Opal 4" not in djtui.text and "Opal 3" in djtui.text)
        await djtui.sees("shown: the certain ones")
        await djtui.press("tab")
        await djtui.until(lambda: "Opal 4" in djtui.text and "Opal 3" not in djtui.text)
        await djtui.press("tab")
        await djtui.sees("shown: what you took", "✓ taken  Bicep - Opal 4")
        await djtui.press("tab")
        await djtui.sees("shown: what was not found", "Bicep - Opal 5", "not found", "/old/music/disk/5.mp3")
        await djtui.press("t", "n")
        await djtui.sees("1 taken")


async def test_what_was_said_is_kept_when_others_change_the_library(lost: Path, opened: Opened) -> None:
    async with listed(lost, opened) as djtui:
        await djtui.press("t", "t")
        await djtui.sees("2 taken")
        async with another(lost) as library, library.writing() as tx:
            await tx.execute("UPDATE track SET missing = 0 WHERE id = 1")
            await tx.execute(
                "INSERT INTO job (key, kind, title, params, state, created) VALUES"
                " ('s', 'scan', 'Scan', '{}', 'queued', '2026-01-01T00:00:00Z')"
            )
        await djtui.until(lambda: bool(djtui.app.jobs))
        async with another(lost) as library, library.writing() as tx:
            await tx.execute("UPDATE job SET state = 'succeeded' WHERE kind = 'scan'")
        await djtui.sees("4 missing: 2 found", "1 taken", "✓ taken  Bicep - Opal 2")


async def test_a_click_takes_nothing(lost: Path, opened: Opened) -> None:
    async with listed(lost, opened) as djtui:
        await djtui.press("A")
        await djtui.pilot.click(offset=(20, 4))
        await djtui.sees("3 taken")
        assert await djtui.value("SELECT count(*) FROM job WHERE state = 'queued'") == 0


async def test_folders_are_left_out_and_typed(lost: Path, opened: Opened, tmp_path: Path) -> None:
    async with another(lost) as library, library.writing() as tx:
        for name in ("/music/a", "/music/b"):
            await tx.execute("INSERT INTO scan_folder (path) VALUES (?)", (name,))
    async with HostLock(lost), opened(lost) as djtui:
        await djtui.press("M")
        await djtui.sees("✓ /music/a", "✓ /music/b")
        await djtui.press("space", "j", "space", "enter")
        await djtui.sees("No folder is chosen", "· /music/b", "left out")
        await djtui.press("a")
        await djtui.type("/no/such")
        await djtui.press("enter")
        await djtui.sees("There is no folder /no/such. Is its drive there?")
        await djtui.press("a")
        await djtui.type(str(tmp_path))
        await djtui.press("enter")
        await djtui.sees(f"✓ {tmp_path}")
        await djtui.press("enter")
        await djtui.sees("⟳ Relocate · ", "queued", "x stop looking")
        params = json.loads(await djtui.value("SELECT params FROM job ORDER BY id DESC"))
        assert params == {"folders": [str(tmp_path)]}
        await djtui.press("x")
        await djtui.sees("The look was stopped. r looks again.", "3 found", "by an earlier look")


async def test_with_nothing_missing_that_is_said(path: Path, opened: Opened) -> None:
    async with another(path) as library, library.writing() as tx:
        await tx.execute("UPDATE track SET missing = 0, path = ?", (str(path),))
    async with opened(path) as djtui:
        await djtui.press("M")
        await djtui.sees("No file is missing: all tracks have theirs")
        assert not isinstance(djtui.app.screen, FoldersDialog)


async def test_files_that_nobody_knew_to_be_missing_are_looked_for(empty: Path, opened: Opened) -> None:
    async with another(empty) as library:
        await add_tracks(library, [{"title": "Opal", "path": "/old/music/disk/opal.mp3", "missing": 0}])
    async with opened(empty) as djtui:
        await djtui.press("M")
        await djtui.sees("1 track is missing here, from /old/music/disk (1).")
        assert isinstance(djtui.app.screen, FoldersDialog)


async def test_found_taken_and_taken_back_with_real_files(
    empty: Path, opened: Opened, tmp_path: Path
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    for number in range(3):
        (old / f"{number}.m4a").write_bytes(film(number.to_bytes(4, "big") * 20_000))
    async with another(empty) as library:
        with no_traktor():
            async with working(library, SETTINGS), opened(empty) as djtui:
                await djtui.app.run_worker(_scan(djtui, old)).wait()
                async with asyncio.timeout(20):
                    while await djtui.value("SELECT state FROM job") != "succeeded":
                        await djtui.pilot.pause(0.02)
                await djtui.until(lambda: len(djtui.ids) == 3)
                os.rename(old, new)
                (old).mkdir()
                shutil.copytree(new, tmp_path / "copy")
                os.unlink(tmp_path / "copy" / "0.m4a")
                async with library.writing() as tx:
                    await tx.execute("UPDATE track SET missing = 1, revision = ?", (await tx.revision(),))
                await djtui.press("M")
                await djtui.sees("3 tracks are missing here", "✓ ")
                await djtui.press("space", "a")
                await djtui.type(str(tmp_path))
                await djtui.press("enter")
                await djtui.sees("left out")
                await djtui.until(lambda: isinstance(djtui.app.screen, FoldersDialog))
                await djtui.press("enter")
                await djtui.until(lambda: "3 missing: 1 found · 2 doubtful" in djtui.text, 20)
                await djtui.press("A", "j", "n", "t", "enter")
                await djtui.until(lambda: "2 found again" in djtui.text and "1 missing" in djtui.text, 20)
                rows = await library.fetchall("SELECT path FROM track WHERE missing = 0 ORDER BY path")
                assert str(new / "0.m4a") in [row["path"] for row in rows]
                await djtui.press("u")
                await djtui.sees("Undo “Missing files found again”?")
                await djtui.press("y")
                await djtui.until(lambda: "3 missing" in djtui.text, 20)
                await djtui.press("escape")
                assert not isinstance(djtui.app.screen, RelocateDialog)


async def _scan(djtui: Session, folder: Path) -> None:
    from djtui.tui import changing

    await changing.submit(djtui.app, "scan", {"folders": [str(folder)]})
