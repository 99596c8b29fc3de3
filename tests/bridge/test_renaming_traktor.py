"""A rename and Traktor's collection are one job: playlists resolve, and Traktor loses no file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from djtui.demo.collection import write_collection
from djtui.demo.files import place_files
from djtui.library import history
from djtui.library.database import Library
from djtui.traktor import moving
from tests.files.shelf import tree
from tests.traktor.both_ways import SETTINGS, Deck
from tests.traktor.moved_files import KEY, LOCATION, Disk, unplaced
from tests.traktor.pretending import running_traktor
from tests.traktor.test_importing import collection, entry, playlist


@pytest.fixture
def disk(library: Library, tmp_path: Path) -> Disk:
    return Disk(library, tmp_path)


def key(name: str) -> str:
    return f"C:/:Music/:{name}.mp3"


async def begin(disk: Disk, *names: str) -> None:
    disk.fill(*names)
    disk.write(collection(*map(entry, names), nodes=playlist("Friday", *map(key, names), key(names[0]))))
    await disk.imported()


async def rename(disk: Disk, template: str, **params: Any) -> dict[str, Any]:
    view = await disk.job("rename", template=template, **{"force": True} | params)
    assert view.state == "succeeded", view.error
    return view.result or {}


async def undo(disk: Deck, change: int, **params: Any) -> dict[str, Any]:
    view = await disk.job("file-undo", change=change, force=True, **params)
    assert view.state == "succeeded", view.error
    return view.result or {}


async def test_a_rename_ends_with_traktor_knowing_the_new_names_and_its_undo_too(disk: Disk) -> None:
    await begin(disk, "a", "b", "c")
    before, text = tree(disk.folder / "c"), disk.text
    result = await rename(disk, "{title} by {artist}")
    assert result["renamed"] == 3
    assert result["export"]["moved"] == 3
    assert disk.keys() == [key(f"{name} by Bicep") for name in "abc"]
    assert disk.items() == [key(f"{name} by Bicep") for name in "abca"]
    assert unplaced(disk.text) == unplaced(text)
    assert await moving.unknown_names(disk.library) == 0
    newest = await history.newest(disk.library, undone=False)
    assert newest is not None and (newest.id, newest.kind) == (result["change"], "rename")
    undone = await undo(disk, result["change"])
    assert (undone["undone"], undone["export"]["moved"]) == (3, 3)
    assert tree(disk.folder / "c") == before
    assert disk.items() == [key(name) for name in "abca"]
    assert await moving.unknown_names(disk.library) == 0
    newest = await history.newest(disk.library, undone=True)
    assert newest is not None and newest.id == result["change"]
    assert (await disk.places())["a"][:2] == ("c/Music/a.mp3", "C:/Music/a.mp3")


async def test_without_export_the_new_names_wait(disk: Disk) -> None:
    await begin(disk, "a", "b")
    text = disk.text
    result = await rename(disk, "{title} by {artist}", export=False)
    assert "export" not in result
    assert disk.text == text
    assert await moving.unknown_names(disk.library) == 2
    await undo(disk, result["change"], export=False)
    assert await moving.unknown_names(disk.library) == 0
    assert disk.text == text


@contextmanager
def traktor(folder: Path) -> Iterator[None]:
    with running_traktor(folder):
        yield


async def test_nothing_is_moved_while_traktor_runs(disk: Disk) -> None:
    await begin(disk, "a")
    disk.traktor = lambda: traktor(disk.folder / "bin")
    assert "Traktor Pro 4 is running" in await disk.refused("rename", template="{title} by {artist}")
    assert disk.path("a").exists()
    assert [change.kind for change in await history.changes(disk.library)] == ["import"]


async def test_nothing_is_moved_before_the_one_question_about_a_foreign_collection_is_answered(
    disk: Disk,
) -> None:
    await begin(disk, "a")
    sentence = await disk.refused("rename", template="{title} by {artist}", force=False)
    assert "djtui asks once" in sentence and "Nothing was done yet." in sentence
    assert disk.path("a").exists()


async def test_a_file_that_traktor_could_not_find_keeps_its_name_and_its_place(disk: Disk) -> None:
    await begin(disk, "a", "b")
    elsewhere = disk.folder / "elsewhere"
    elsewhere.mkdir()
    view = await disk.job("rename", template="x/{title}", root=str(elsewhere), force=True)
    assert view.state == "succeeded"
    reasons = await disk.failed(view)
    assert len(reasons) == 2 and "lies on no volume that collection.nml knows" in reasons[0]
    assert disk.path("a").exists() and not list(elsewhere.iterdir())


async def test_of_a_whole_collection_only_places_differ_and_every_playlist_resolves(
    library: Library, tmp_path: Path
) -> None:
    nml = tmp_path / "collection.nml"
    write_collection(nml, 500)
    volumes = place_files(nml, tmp_path / "disks")
    deck = Deck(library, nml, replace(SETTINGS, traktor=replace(SETTINGS.traktor, volumes=volumes)))
    await deck.imported()
    text, before = deck.text, tree(tmp_path / "disks")
    view = await deck.job("rename", template="{label|default:None}/{artist} - {title} [{bpm}]", force=True)
    result = view.result or {}
    assert view.state == "succeeded" and result["renamed"] > 450
    assert result["export"]["moved"] == result["renamed"]
    assert unplaced(deck.text) == unplaced(text)
    entries = _entries(deck.text)
    assert len(set(entries)) == len(entries)
    assert {key for _, key in KEY.findall(deck.text)} <= set(entries)
    assert [entries.index(key) for _, key in KEY.findall(deck.text)] == [
        _entries(text).index(key) for _, key in KEY.findall(text)
    ]
    await undo(deck, result["change"])
    assert tree(tmp_path / "disks") == before
    assert _entries(deck.text) == _entries(text)


def _entries(text: str) -> list[str]:
    return ["".join((volume, folder, file)) for folder, file, volume in LOCATION.findall(text)]
