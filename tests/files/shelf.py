"""A folder of files, the library of them, and jobs done to their end: for tests of changing files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from djtui.config import Settings
from djtui.jobs.views import JobView, failures
from djtui.library import history
from djtui.library.database import Library
from tests.making import add_tracks
from tests.traktor.pretending import no_traktor
from tests.working import finished

Tree = dict[str, bytes | None]


class Shelf:
    """Tracks whose files lie below `folder`."""

    def __init__(self, library: Library, folder: Path, settings: Settings | None = None) -> None:
        self.library = library
        self.folder = folder
        self.settings = settings or Settings()
        folder.mkdir(exist_ok=True)

    def path(self, name: str) -> str:
        return f"{self.folder}/{name}"

    async def put(self, files: Mapping[str, Mapping[str, Any]], *, contents: bool = True) -> dict[str, int]:
        """Make files with tracks: name -> fields. What is in a file is its name, unless it is there."""
        for name in files:
            path = Path(self.path(name))
            path.parent.mkdir(parents=True, exist_ok=True)
            if contents and not os.path.lexists(path):
                path.write_bytes(os.fsencode(name))
        ids = await add_tracks(self.library, [{"path": self.path(name), **it} for name, it in files.items()])
        return dict(zip(files, ids, strict=True))

    async def job(self, kind: str, **params: Any) -> JobView:
        with no_traktor():
            return await finished(self.library, kind, self.settings, **params)

    async def done(self, kind: str, **params: Any) -> dict[str, Any]:
        """The result of a job that succeeds."""
        view = await self.job(kind, **params)
        assert view.state == "succeeded", view.error
        return view.result or {}

    async def rename(self, template: str, **params: Any) -> dict[str, Any]:
        return await self.done("rename", template=template, **params)

    async def undo(self, change: int | None = None, **params: Any) -> dict[str, Any]:
        if change is None:
            newest = await history.newest(self.library, undone=bool(params.get("redo")))
            assert newest is not None
            change = newest.id
        return await self.done("file-undo", change=change, **params)

    async def failed(self, kind: str, **params: Any) -> dict[str, str]:
        """What a job could not do: the names of the files, and why."""
        view = await self.job(kind, **params)
        assert view.state == "succeeded", view.error
        return {
            os.path.relpath(it.item, self.folder): it.reason for it in await failures(self.library, view.id)
        }

    async def paths(self) -> dict[int, str]:
        """Where the library says that files lie, below the folder."""
        rows = await self.library.fetchall("SELECT id, path FROM track ORDER BY id")
        return {row["id"]: os.path.relpath(row["path"], self.folder) for row in rows}

    def tree(self) -> Tree:
        """All files and folders, with what is in them."""
        return tree(self.folder)

    def names(self) -> list[str]:
        """The files."""
        return sorted(name for name, data in self.tree().items() if data is not None)

    def with_volumes(self, **volumes: str) -> Settings:
        return replace(self.settings, traktor=replace(self.settings.traktor, volumes=volumes))


def tree(folder: Path) -> Tree:
    found: Tree = {}
    for place, folders, files in os.walk(folder):
        for name in folders:
            found[os.path.relpath(os.path.join(place, name), folder)] = None
        for name in files:
            path = os.path.join(place, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


def attributes(folder: Path) -> dict[str, tuple[int, ...]]:
    """Of all files and folders what a change would leave behind: times, sizes, inodes, rights."""
    found: dict[str, tuple[int, ...]] = {}
    for place, folders, files in os.walk(folder):
        for path in (place, *(os.path.join(place, name) for name in (*folders, *files))):
            it = os.lstat(path)
            found[path] = (it.st_mode, it.st_ino, it.st_size, it.st_mtime_ns, it.st_ctime_ns, it.st_nlink)
    return found
