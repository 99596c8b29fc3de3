"""What only looks touches nothing: no file, folder, list or collection, and no track of the library."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from djtui.bridge import duplicates, renaming, reversing
from djtui.files import scan_size, tagging
from djtui.files.tag_writing import write
from djtui.library.database import Library
from tests.files.shelf import Shelf, attributes, tree
from tests.files.sounds import made
from tests.traktor.test_importing import collection, entry

TEMPLATE = "{artist|default:Nobody}/{title} [{camelot} {bpm}]"


class House:
    """A folder with all that djtui could touch, and a library that knows it as it was a while ago."""

    def __init__(self, shelf: Shelf, folder: Path) -> None:
        self.shelf, self.folder = shelf, folder
        self.change = 0

    async def furnish(self) -> None:
        shelf = self.shelf
        for name in (
            "a/one.wav",
            "a/two.flac",
            "a/copy of two.flac",
            "b/three.mp3",
            "b/gone.wav",
            "c/four.ogg",
        ):
            path = Path(shelf.path(name))
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(made(path.suffix[1:]))
            title = "Two" if "two" in name else path.stem.title()
            write(str(path), {"title": title, "artist": "Ada", "bpm": 128.0, "key": 21})
        Path(shelf.path("lists.m3u8")).write_text(f"#EXTM3U\na/one.wav\n{shelf.path('c/four.ogg')}\n")
        nml = self.folder / "collection.nml"
        nml.write_text(collection(entry("one")))
        await shelf.done("traktor-import", path=str(nml))
        await shelf.done("scan", folders=[str(shelf.folder)])
        self.change = (await shelf.rename("{title}", query='title:"three"', export=False))["change"]

        # The world goes on.
        os.makedirs(shelf.path("elsewhere"))
        os.rename(shelf.path("b/gone.wav"), shelf.path("elsewhere/gone with another name.wav"))
        await shelf.done("scan", folders=[shelf.path("b")])
        write(shelf.path("c/four.ogg"), {"title": "Four again"})
        Path(shelf.path("a/new.wav")).write_bytes(made("wav"))
        Path(shelf.path("a/broken.mp3")).write_bytes(b"no sound")
        os.symlink(shelf.path("a"), shelf.path("link"))
        os.chmod(shelf.path("a/one.wav"), 0o444)
        with suppress(OSError):
            os.setxattr(shelf.path("a/one.wav"), "user.mood", b"dark")

    async def state(self) -> tuple[Any, ...]:
        """All of it: contents, times, rights, inodes, extended attributes; and what the library knows."""
        rows = [
            tuple(row)
            for table in ("track", "playlist", "playlist_item", "change", "nml_entry", "scan_folder")
            for row in await self.shelf.library.fetchall(f"SELECT * FROM {table}")
        ]
        return tree(self.folder), attributes(self.folder), extended(self.folder), rows


def extended(folder: Path) -> dict[str, dict[str, bytes]]:
    paths = [
        os.path.join(place, name) for place, *names in os.walk(folder) for each in names for name in each
    ]
    if not hasattr(os, "listxattr"):
        return {}
    found: dict[str, dict[str, bytes]] = {}
    for path in paths:
        with suppress(OSError):
            names = os.listxattr(path, follow_symlinks=False)
            found[path] = {name: os.getxattr(path, name, follow_symlinks=False) for name in names}
    return found


@pytest.fixture
async def house(library: Library, tmp_path: Path) -> House:
    folder = tmp_path / "house"
    folder.mkdir()
    shelf = Shelf(library, folder / "music")
    collection_file = str(folder / "collection.nml")
    shelf.settings = replace(
        shelf.settings, traktor=replace(shelf.settings.traktor, collection=collection_file)
    )
    house = House(shelf, folder)
    await house.furnish()
    return house


async def scan(house: House) -> object:
    return await house.shelf.done("scan", folders=[str(house.shelf.folder)], dry_run=True)


async def measured(house: House) -> object:
    return scan_size.measure([str(house.shelf.folder)]).files


async def rename(house: House) -> object:
    params = {"template": TEMPLATE, "root": str(house.folder), "m3u": [str(house.folder)]}
    found = await renaming.preview(house.shelf.library, params)
    return found.counts()["planned"] and found.lists


async def tags(house: House) -> object:
    return await tagging.preview(house.shelf.library, {"fields": ["title", "bpm", "key", "comment"]})


async def undo(house: House) -> object:
    return (await reversing.preview(house.shelf.library, house.change)).files


async def same_sound(house: House) -> object:
    await house.shelf.done("duplicates")
    return await duplicates.find(house.shelf.library)


async def relocate(house: House) -> object:
    result = await house.shelf.done("relocate", folders=[str(house.shelf.folder)])
    return result["found"] + result["ambiguous"]


@pytest.mark.parametrize("look", [scan, measured, rename, tags, undo, same_sound, relocate])
async def test_what_only_looks_finds_something_and_touches_nothing(
    house: House, look: Callable[[House], Awaitable[object]]
) -> None:
    before = await house.state()
    assert await look(house), "a look that finds nothing proves nothing"
    assert await house.state() == before
