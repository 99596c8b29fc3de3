"""A collection whose files are there, and files that are renamed as the rename job does it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from djtui.library import tracks
from djtui.library.database import Library
from djtui.traktor import moving
from tests.traktor.both_ways import SETTINGS, Deck

KEY = re.compile(r'<PRIMARYKEY TYPE="(\w+)" KEY="([^"]*)">')
LOCATION = re.compile(r'<LOCATION DIR="([^"]*)" FILE="([^"]*)" VOLUME="([^"]*)"')
STAMP = re.compile(r'MODIFIED_DATE="[^"]*" MODIFIED_TIME="[^"]*"')


class Disk(Deck):
    """A deck with a disk: `C:` and `D:` of the collection are folders of it."""

    def __init__(self, library: Library, folder: Path) -> None:
        self.folder = folder
        volumes = {"C:": str(folder / "c"), "D:": str(folder / "d")}
        settings = replace(SETTINGS, traktor=replace(SETTINGS.traktor, volumes=volumes))
        super().__init__(library, folder / "collection.nml", settings)

    def path(self, name: str) -> Path:
        """The file of a track: `a` lies in `C:/Music`, all else is named from the drive on."""
        return self.folder / (name if "/" in name else f"c/Music/{name}.mp3")

    def fill(self, *names: str) -> None:
        """Make files."""
        for name in names:
            self.path(name).parent.mkdir(parents=True, exist_ok=True)
            self.path(name).write_bytes(name.encode())

    async def rename(self, names: Mapping[str, str]) -> moving.Moves:
        """Rename files all at once, by the titles of their tracks."""
        ids = await self.ids()
        new = {ids[title]: self.path(name) for title, name in names.items()}
        rows = await self.library.fetchall("SELECT id, path FROM track")
        old = {row["id"]: Path(row["path"]) for row in rows if row["id"] in new and row["path"]}
        contents = {id: path.read_bytes() for id, path in old.items() if path.exists()}
        for id in contents:
            old[id].unlink()
        for id, data in contents.items():
            new[id].parent.mkdir(parents=True, exist_ok=True)
            new[id].write_bytes(data)
        async with self.library.writing() as tx:
            await tracks.update(tx, {id: {"path": str(path)} for id, path in new.items()})
            return await moving.note_moves(tx, {id: str(path) for id, path in new.items()})

    async def places(self) -> dict[str, tuple[str | None, str | None, int | None]]:
        """Path below the folder, location and `missing` of each track, by title."""
        rows = await self.library.fetchall("SELECT title, path, location, missing FROM track ORDER BY id")
        return {
            row["title"]: (
                row["path"] and str(Path(row["path"]).relative_to(self.folder)),
                row["location"],
                row["missing"],
            )
            for row in rows
        }

    async def waiting(self) -> dict[str, str | None]:
        """The keys of entries and those that they are to have."""
        rows = await self.library.fetchall("SELECT key, moved FROM nml_entry ORDER BY id")
        return {row["key"]: row["moved"] for row in rows}

    def items(self) -> list[str]:
        """The keys of all playlists, in their order."""
        return [key for _, key in KEY.findall(self.text)]

    def keys(self) -> list[str]:
        """The keys of all entries."""
        return ["".join((volume, folder, file)) for folder, file, volume in LOCATION.findall(self.text)]


def unplaced(text: str) -> str:
    """A collection without what a move changes: dates, places and keys."""
    return KEY.sub("KEY", LOCATION.sub("PLACE", STAMP.sub("", text)))
