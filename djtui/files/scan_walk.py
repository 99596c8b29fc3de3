"""Walking folders: which files in them are sound by their names. Touches the disk; no database.

Hidden files and folders are passed over (`._a.mp3` is what a Mac leaves on a stick), and the attics of NAS
and Windows. A symbolic link is followed where it leads out of the walked folders, for what lies in them is
found anyway; a folder is walked once, whatever leads to it.
"""

from __future__ import annotations

import os
import stat
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from djtui.files.container import SOUND_EXTENSIONS
from djtui.model.text import is_text

UNREADABLE: Final = (
    "Its name, or that of a folder it is in, has letters that no program can read: give it another name in"
    " your file manager."
)

_ATTICS: Final = frozenset(
    ("@eadir", "#recycle", "#snapshot", "$recycle.bin", "system volume information", "lost+found")
)
_QUICKLY: Final = 1  # of nine
_TOGETHER: Final = 250  # files of one folder that are kept, and taken, as one


class Seen(NamedTuple):
    """A file as it lay there. Size in bytes, time of the last change in ns."""

    path: str
    size: int
    mtime_ns: int


@dataclass(slots=True)
class Found:
    """What some folders hold. `failures` are (path, sentence); `unread` those of them that are folders."""

    files: list[Seen] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


class Walk:
    """A walk through folders (or single files), some of them at a time, in the order of their names."""

    def __init__(self, places: Iterable[str]) -> None:
        self._left = list(roots(places))[::-1]
        self._within = [os.path.realpath(place) for place in self._left]
        self._walked: set[tuple[int, int]] = set()

    def some(self, files: int) -> Found | None:
        """The next folders, until they hold so many files; None: there are no more. Blocks."""
        if not self._left:
            return None
        found = Found()
        while self._left and len(found.files) < files:
            self._look_into(self._left.pop(), found)
        return found

    def _look_into(self, place: str, found: Found) -> None:
        try:
            status = os.stat(place)  # noqa: PTH116 - names may be no text
            if not stat.S_ISDIR(status.st_mode):
                self._add(place, status, found)
                return
            if (identity := (status.st_dev, status.st_ino)) in self._walked:
                return
            self._walked.add(identity)
            with os.scandir(place) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except FileNotFoundError:
            return
        except OSError as error:
            found.failures.append((place, f"The folder cannot be read: {error.strerror}."))
            found.unread.append(place)
            return
        folders = [entry.path for entry in listed if self._attend(entry, found)]
        self._left += folders[::-1]

    def _attend(self, entry: os.DirEntry[str], found: Found) -> bool:
        """Take a file, or say that the entry is a folder to look into."""
        name = entry.name
        if name.startswith("."):
            return False
        try:
            if entry.is_dir():
                return name.lower() not in _ATTICS and not self._comes_anyway(entry)
            if is_sound(name) and not self._comes_anyway(entry):
                self._add(entry.path, entry.stat(), found)
        except FileNotFoundError:
            found.failures.append((entry.path, "It is a link to a file that is not there."))
        except OSError as error:
            found.failures.append((entry.path, f"It cannot be looked at: {error.strerror}."))
        return False

    def _comes_anyway(self, entry: os.DirEntry[str]) -> bool:
        """Whether a link leads to what lies in the walked folders itself."""
        if not entry.is_symlink():
            return False
        real = os.path.realpath(entry.path)
        if not os.path.lexists(real) or not (entry.is_dir() or is_sound(real)):
            return False
        return any(lies_in(real, place) and not _hidden(real[len(place) :]) for place in self._within)

    def _add(self, path: str, status: os.stat_result, found: Found) -> None:
        if not is_text(path):
            found.failures.append((path, UNREADABLE))
        else:
            found.files.append(Seen(path, status.st_size, status.st_mtime_ns))


def roots(places: Iterable[str]) -> tuple[str, ...]:
    """Absolute places, each once, without those that lie in another one."""
    absolute = sorted({os.path.normpath(Path(place).expanduser().absolute()) for place in places})
    return tuple(
        place
        for number, place in enumerate(absolute)
        if not any(lies_in(place, other) for other in absolute[:number])
    )


def lies_in(path: str, place: str) -> bool:
    """Whether a path is a place, or below it."""
    return path == place or path.startswith(place.rstrip(os.sep) + os.sep)


def is_sound(name: str) -> bool:
    """Whether a file is sound by its name, in whatever case the extension is written."""
    return name.rpartition(".")[2].lower() in SOUND_EXTENSIONS and "." in name


def _hidden(path: str) -> bool:
    return f"{os.sep}." in path


@dataclass(slots=True)
class _Part:
    folder: str
    names: bytes
    sizes: array[int]
    times: array[int]

    def listed(self) -> list[str]:
        """The names, which are packed: a walk is far ahead of the reading."""
        return zlib.decompress(self.names).decode().split("\0")


class Files:
    """Many files in little memory: a queue that is filled at one end and taken from at the other."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, files: Sequence[Seen]) -> None:
        """Put files behind the others; best sorted by folder."""
        for folder, inside in _by_folder(files):
            names = zlib.compress("\0".join(seen.path[len(folder) :] for seen in inside).encode(), _QUICKLY)
            sizes, times = (array("q", column) for column in list(zip(*inside, strict=True))[1:])
            self._parts.append(_Part(folder, names, sizes, times))
        self._count += len(files)

    def take(self, count: int) -> list[Seen]:
        """The next files: so many, and what else lies in the folder of the last."""
        taken: list[Seen] = []
        at = 0
        while at < len(self._parts) and len(taken) < count:
            part = self._parts[at]
            at += 1
            for name, *numbers in zip(part.listed(), part.sizes, part.times, strict=True):
                taken.append(Seen(part.folder + name, *numbers))
        del self._parts[:at]
        self._count -= len(taken)
        return taken


def _by_folder(files: Sequence[Seen]) -> Iterator[tuple[str, list[Seen]]]:
    folder, inside = "", list[Seen]()
    for seen in files:
        own = seen.path[: seen.path.rfind(os.sep) + 1]
        if own != folder or len(inside) >= _TOGETHER:
            if inside:
                yield folder, inside
            folder, inside = own, []
        inside.append(seen)
    if inside:
        yield folder, inside
