"""What a plan of renames has to know of the disk, looked up when it is asked for and then remembered."""

# Names may be no text.
# ruff: noqa: PTH112, PTH116, PTH208

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from unicodedata import normalize

from djtui.files.disk import Disk
from djtui.files.placing import identity
from djtui.files.step_rows import Identity


class Folders:
    """The folders that were looked into, and what is in them beside the files of the plan."""

    def __init__(self, sources: Iterable[str], *, folds_case: bool, folds_forms: bool) -> None:
        disk = Disk(folds_case=folds_case, folds_forms=folds_forms)
        self._twin, self._place = disk.twin, disk.place
        self._sources = {self._place(path) for path in sources}
        self._strangers: dict[str, frozenset[str]] = {}
        self._exists: dict[str, bool] = {}
        self._devices: dict[str, int] = {}

    def taken(self, path: str) -> bool:
        """Whether anything lies at a path, or at one that looks the same, that is no file of the plan."""
        folder, _, name = path.rpartition("/")
        found = self._strangers.get(folder)
        if found is None:
            found = self._strangers[folder] = self._look(folder)
        return self._twin(name) in found

    def _look(self, folder: str) -> frozenset[str]:
        try:
            inside = os.listdir(folder or "/")
        except OSError:
            return frozenset()
        return frozenset(
            self._twin(name) for name in inside if self._place(f"{folder}/{name}") not in self._sources
        )

    def exists(self, folder: str) -> bool:
        """Whether there is such a folder."""
        if folder not in self._exists:
            self._exists[folder] = os.path.isdir(folder)
        return self._exists[folder]

    def device(self, folder: str) -> int:
        """The device that a folder is on, or will be."""
        found = self._devices.get(folder)
        if found is None:
            try:
                found = os.stat(folder or "/").st_dev
            except OSError:
                parent = folder.rpartition("/")[0]
                found = self.device(parent) if folder else 0
            self._devices[folder] = found
        return found


def disk(sources: Iterable[str]) -> Disk:
    """The disk as it is, for a plan of these files."""
    paths = list(sources)
    folds_case, folds_forms = folding(paths)
    folders = Folders(paths, folds_case=folds_case, folds_forms=folds_forms)
    return Disk(
        taken=folders.taken,
        folders=folders.exists,
        device=folders.device,
        folds_case=folds_case,
        folds_forms=folds_forms,
    )


def folding(paths: Iterable[str]) -> tuple[bool, bool]:
    """Whether the disk takes names for one that differ in case, or in the form of letters.

    It is asked with the first file whose name has letters; where there is none, as the system mostly does.
    """
    case: bool | None = None
    forms: bool | None = None
    for path in paths:
        folder, _, name = path.rpartition("/")
        if case is None and (swapped := name.swapcase()) != name and len(swapped) == len(name):
            case = _same(path, f"{folder}/{swapped}")
        other = normalize("NFD", name)
        if forms is None and (other := other if other != name else normalize("NFC", name)) != name:
            forms = _same(path, f"{folder}/{other}")
        if case is not None and forms is not None:
            break
    usual = sys.platform in ("darwin", "win32")
    return usual if case is None else case, sys.platform == "darwin" if forms is None else forms


def _same(one: str, other: str) -> bool | None:
    try:
        first = os.lstat(one)
    except (OSError, ValueError):
        return None
    try:
        second = os.lstat(other)
    except (OSError, ValueError):
        return False
    return (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino) and first.st_nlink == 1


def found_files(paths: Mapping[int, str]) -> dict[int, tuple[str, Identity]]:
    """The files of tracks, by the names that they have on disk: a letter may have two forms."""
    found: dict[int, tuple[str, Identity]] = {}
    for id, path in paths.items():
        forms = (path,) if path.isascii() else (path, normalize("NFC", path), normalize("NFD", path))
        for spelled in dict.fromkeys(forms):
            with suppress(OSError, ValueError):
                found[id] = spelled, identity(os.lstat(spelled))
                break
    return found
