"""A whole music folder that was moved by hand is found again, and stays so; Traktor is told, or it is said
that it cannot be."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from djtui.config import FilesSettings, Settings
from djtui.library import removal, tracks
from djtui.library.database import Library
from djtui.traktor import moving
from tests.files.test_scanning import song
from tests.traktor.both_ways import SETTINGS, Deck
from tests.traktor.test_importing import collection, entry

COLLECTED, SCANNED = ("a", "b", "c"), "only scanned"


class Box(Deck):
    """A deck with a folder of sounds: three that the collection has, and one that only a scan knows."""

    def __init__(self, library: Library, folder: Path, settings: Settings, volume: str) -> None:
        super().__init__(library, folder / "collection.nml", settings)
        self.folder = folder
        for name in (*COLLECTED, SCANNED):
            song(folder / "music", f"{name}.flac", name, artist="Bicep")
        text = (
            collection(*map(entry, COLLECTED)).replace(".mp3", ".flac").replace("C:", volume.split("/:")[0])
        )
        self.write(text.replace("/:Music/:", "".join(f"/:{name}" for name in volume.split("/:")[1:]) + "/:"))

    async def done(self, kind: str, **params: Any) -> dict[str, Any]:
        view = await self.job(kind, **params)
        assert view.state == "succeeded", view.error
        return view.result or {}

    async def paths(self) -> list[tuple[str | None, int | None]]:
        """Where the tracks lie below the folder, and whether they are missing."""
        rows = await self.library.fetchall("SELECT path, missing FROM track ORDER BY title")
        return [(row[0] and os.path.relpath(row[0], self.folder), row[1]) for row in rows]

    def all_in(self, folder: str) -> list[tuple[str, int]]:
        return [(f"{folder}/{name}.flac", 0) for name in (*COLLECTED, SCANNED)]


def with_volume(folder: str) -> Settings:
    """The settings of somebody who says where `C:` lies."""
    return replace(SETTINGS, traktor=replace(SETTINGS.traktor, volumes={"C:": folder}))


def key(folder: Path) -> str:
    return "Macintosh HD" + "".join(f"/:{part}" for part in folder.parts[1:])


@pytest.fixture
async def box(library: Library, tmp_path: Path) -> Box:
    """Nobody has said where its volume lies: it was found by its files."""
    box = Box(library, tmp_path, SETTINGS, key(tmp_path / "music"))
    await box.imported()
    await box.done("scan", folders=[str(tmp_path / "music")])
    assert await box.paths() == box.all_in("music")
    return box


@pytest.mark.parametrize("import_first", [True, False])
async def test_nobody_has_to_scan_and_traktor_is_told_where_all_of_it_lies(
    box: Box, import_first: bool
) -> None:
    new = box.folder / "disk/Music2"
    os.renames(box.folder / "music", new)
    if import_first:
        box.replace("Bicep", "Bicep and Friends")  # the collection is read anew
        await box.imported()
    result = await box.done("relocate", folders=[str(box.folder / "disk")], apply=True)
    assert (result["accepted"], result["missing"], result["untold"]) == (4, 0, 0)
    assert await box.paths() == box.all_in("disk/Music2")
    assert await moving.unknown_names(box.library) == 3
    await box.imported()
    assert await box.paths() == box.all_in("disk/Music2")
    assert (await box.exported())["moved"] == 3
    directory, *_ = {line.split('"')[1] for line in box.text.split("<LOCATION ")[1:]}
    assert directory == key(new).removeprefix("Macintosh HD") + "/:"
    await box.imported(retry=[])
    assert await box.paths() == box.all_in("disk/Music2")


async def test_where_traktor_cannot_be_told_nothing_is_promised_and_nothing_is_lost(
    library: Library, tmp_path: Path
) -> None:
    box = Box(library, tmp_path, with_volume(str(tmp_path)), "C:/:music")
    await box.imported()
    await box.done("scan", folders=[str(tmp_path / "music")])
    new = tmp_path.parent / f"{tmp_path.name} new disk"
    os.renames(tmp_path / "music", new)
    result = await box.done("relocate", folders=[str(new)], apply=True)
    assert (result["accepted"], result["untold"], result["untold_in"]) == (4, 3, str(new))
    assert str(new) in result["notes"][0]
    there = box.all_in(os.path.relpath(new, tmp_path))

    box.replace("Bicep", "Bicep and Friends")
    await box.imported()
    assert await box.paths() == there
    (tmp_path / "empty").mkdir()
    box.settings = with_volume(str(tmp_path / "empty"))
    await box.imported()
    assert await box.paths() == there
    assert await moving.unknown_names(library) == 0

    box.settings = with_volume(str(new))
    await box.imported()
    assert await box.paths() == there
    assert (await box.exported())["moved"] == 3
    assert 'DIR="/:" FILE="a.flac" VOLUME="C:"' in box.text
    await box.imported()
    assert await box.paths() == there


async def test_a_volume_whose_files_are_away_keeps_its_place(box: Box) -> None:
    os.renames(box.folder / "music", box.folder / "away")
    await box.imported()
    assert await box.paths() == [
        *((f"music/{name}.flac", 1) for name in COLLECTED),
        (f"music/{SCANNED}.flac", 0),
    ]
    os.renames(box.folder / "away", box.folder / "music")
    await box.imported()
    assert await box.paths() == box.all_in("music")


async def files(library: Library) -> list[tuple[Any, ...]]:
    """What the last scan read."""
    return [tuple(row) for row in await library.fetchall("SELECT * FROM file ORDER BY track_id")]


async def test_an_undone_merge_knows_its_files_as_before(box: Box) -> None:
    ids, before = await box.ids(), await files(box.library)
    box.settings = replace(box.settings, files=FilesSettings(trash=str(box.folder / "trash")))
    merged = await box.done("merge", groups=[[ids["a"], ids["b"], ids[SCANNED]]])
    assert (merged["merged"], len(await files(box.library))) == (2, 2)
    await box.done("file-undo", change=merged["change"])
    assert await files(box.library) == before
    assert await box.paths() == box.all_in("music")


async def test_what_a_scan_knew_of_a_file_comes_back_with_its_track(box: Box) -> None:
    ids = await box.ids()
    before = await files(box.library)
    assert len(before) == 4
    _, change = await removal.remove(box.library, [ids["a"], ids[SCANNED]], "gone")
    assert len(await files(box.library)) == 2
    os.rename(box.folder / "music/a.flac", box.folder / "music/renamed by hand.flac")
    await box.undo(change or 0)
    assert [
        tuple(row) for row in await box.library.fetchall("SELECT * FROM file ORDER BY track_id")
    ] == before
    back = await tracks.get_many(box.library, [ids["a"], ids[SCANNED]])
    assert [back[ids[title]].missing for title in ("a", SCANNED)] == [1, 0]
    assert (await box.done("scan", folders=[str(box.folder / "music")]))["moved"] == 1
    track = await tracks.get(box.library, ids["a"])
    assert track is not None and track.path == str(box.folder / "music/renamed by hand.flac")
