"""Folders that a rename leaves empty go with it, come back with its undo, and no other folder does."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from djtui.files import step_rows
from djtui.files.placing import look
from djtui.files.step_rows import FileStep
from djtui.library import history
from djtui.library.database import Library
from tests.files.shelf import Shelf


@pytest.fixture
def shelf(library: Library, tmp_path: Path) -> Shelf:
    return Shelf(library, tmp_path / "music")


def song(title: str) -> dict[str, object]:
    return {"artist": "Ada", "title": title}


def folders(shelf: Shelf) -> dict[str, tuple[int, int]]:
    """All folders below the shelf's with their rights and times."""
    found = {}
    for name, data in shelf.tree().items():
        if data is None:
            status = os.stat(shelf.path(name))
            found[name] = (stat.S_IMODE(status.st_mode), status.st_mtime_ns)
    return found


async def scanned(shelf: Shelf, *paths: str) -> None:
    async with shelf.library.writing() as tx:
        await tx.insert("scan_folder", ("path",), [(path,) for path in paths])


async def test_emptied_folders_go_and_come_back_with_their_rights_and_times(shelf: Shelf) -> None:
    await shelf.put({"in/a/x.mp3": song("X"), "in/a/b/y.mp3": song("Y"), "in/z.mp3": song("Z")})
    os.chmod(shelf.path("in/a/b"), 0o700)
    for number, name in enumerate(("in", "in/a", "in/a/b")):
        os.utime(shelf.path(name), ns=(0, 10**18 + number))
    before, kept = shelf.tree(), folders(shelf)
    change = (await shelf.rename("{artist}/{title}", root=str(shelf.folder)))["change"]
    after = shelf.tree()
    assert set(after) == {
        "Ada", "Ada/X.mp3", "Ada/Y.mp3", "Ada/Z.mp3",
    }  # fmt: skip
    assert (await history.find(shelf.library, change)).items == 3
    for _ in range(2):
        assert (await shelf.undo(change))["undone"] == 3
        assert (shelf.tree(), folders(shelf)) == (before, kept)
        assert (await shelf.undo(change, redo=True))["undone"] == 3
        assert shelf.tree() == after


async def test_a_folder_with_anything_in_it_stays(shelf: Shelf) -> None:
    await shelf.put({"in/x.mp3": song("X"), "full/y.mp3": song("Y"), "deep/er/z.mp3": song("Z")})
    Path(shelf.path("full/.DS_Store")).touch()
    os.mkdir(shelf.path("deep/empty before"))
    before = shelf.tree()
    change = (await shelf.rename("{artist}/{title}", root=str(shelf.folder)))["change"]
    assert {name for name, data in shelf.tree().items() if data is None} == {
        "Ada", "full", "deep", "deep/empty before",
    }  # fmt: skip
    await shelf.undo(change)
    assert shelf.tree() == before


async def test_scanned_folders_and_the_root_stay_however_they_are_reached(shelf: Shelf) -> None:
    await shelf.put({"scanned/x.mp3": song("X"), "scanned/below/y.mp3": song("Y"), "old/a/z.mp3": song("Z")})
    os.symlink(shelf.path("scanned"), shelf.path("link"))
    await scanned(shelf, shelf.path("link"), str(shelf.folder))
    await shelf.rename("{artist}/{title}", root=shelf.path("old"))
    assert {name for name, data in shelf.tree().items() if data is None} == {
        "old", "old/Ada", "link", "scanned",
    }  # fmt: skip


async def test_folders_outside_of_all_that_is_scanned_stay(shelf: Shelf) -> None:
    await shelf.put({"Downloads/x.mp3": song("X"), "music/y.mp3": song("Y")})
    await shelf.rename("{artist}/{title}", root=shelf.path("music"))
    assert os.path.isdir(shelf.path("Downloads"))


async def test_single_tracks_come_back_into_their_folders_and_no_other_is_made(shelf: Shelf) -> None:
    ids = await shelf.put({"a/x.mp3": song("X"), "b/y.mp3": song("Y")})
    before = shelf.tree()
    change = (await shelf.rename("{artist}/{title}", root=str(shelf.folder)))["change"]
    await shelf.undo(change, tracks=[ids["b/y.mp3"]])
    assert set(shelf.tree()) == {"Ada", "Ada/X.mp3", "b", "b/y.mp3"}
    await shelf.undo(change)
    assert shelf.tree() == before
    await shelf.undo(change, redo=True)
    assert set(shelf.tree()) == {"Ada", "Ada/X.mp3", "Ada/Y.mp3"}


async def test_a_file_that_cannot_come_back_makes_no_folder(shelf: Shelf) -> None:
    await shelf.put({"a/x.mp3": song("X"), "b/y.mp3": song("Y")})
    change = (await shelf.rename("{artist}/{title}", root=str(shelf.folder)))["change"]
    os.unlink(shelf.path("Ada/X.mp3"))
    assert await shelf.failed("file-undo", change=change) == {"Ada/X.mp3": "The file is not there any more."}
    assert set(shelf.tree()) == {"b", "b/y.mp3"}


async def test_of_a_rename_that_was_killed_when_it_had_removed_a_folder_the_undo_makes_it(
    shelf: Shelf,
) -> None:
    await shelf.put({"a/x.mp3": song("X")})
    before, kept = shelf.tree(), folders(shelf)
    source, target = shelf.path("a/x.mp3"), shelf.path("x.mp3")
    steps = [
        FileStep(1, 1, "move", source, target, file=look(source)),
        FileStep(2, None, "unfolder", shelf.path("a"), file=look(shelf.path("a")), detail={"mode": 0o755}),
    ]
    async with shelf.library.writing() as tx:
        change = await history.begin(tx, "rename", "Rename")
        await step_rows.write_down(tx, change, steps)
    os.rename(source, target)
    os.rmdir(shelf.path("a"))
    await shelf.undo(change)
    assert (shelf.tree(), folders(shelf)) == (before, kept)
