"""Where a track lies: Traktor's `/:` keys, and the paths they mean on this machine.

A key is VOLUME + DIR + FILE to the letter: `C:/:Music/:a.mp3`, `Macintosh HD/:Users/:ada/:a.mp3`. `/:`
separates, `//` is a slash within a name (which a Mac's own paths spell `:`). Keys come from other people's
files: nothing in one may lead out of the folder that its volume is mapped to.
"""

from __future__ import annotations

import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple
from unicodedata import is_normalized, normalize

_TOKENS: Final = re.compile(r"//|/:")
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_SLASHES: Final = re.compile(r"[/\\]+")
_UNSAFE: Final = frozenset(("", ".", ".."))
_MOUNTS: Final = ("/media/{user}/{volume}", "/run/media/{user}/{volume}", "/media/{volume}", "/mnt/{volume}")
_SAMPLES: Final = 400  # files of one volume that are looked for before it counts as not here


class Parts(NamedTuple):
    """A key taken apart; `folders` and `name` have plain slashes."""

    volume: str
    folders: tuple[str, ...]
    name: str


def split(key: str) -> Parts:
    """Take a key apart. A text without a separator is a volume alone."""
    if "//" in key:
        key = _TOKENS.sub(lambda match: "\0" if match[0] == "/:" else "/", key)
        volume, *names = key.split("\0")
    else:
        volume, *names = key.split("/:")
    return Parts(volume, tuple(names[:-1]), names[-1] if names else "")


def key_hash(key: str) -> int:
    """What a key is looked up by in the library: blake2b-8 as a signed integer."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


def nfc(text: str) -> str:
    """Text composed (NFC), as Traktor writes names even where the disk has them decomposed."""
    return text if text.isascii() or is_normalized("NFC", text) else normalize("NFC", text)


def spellings(path: str) -> tuple[str, ...]:
    """The forms in which a path may stand on disk: composed, and decomposed where that differs."""
    composed, decomposed = normalize("NFC", path), normalize("NFD", path)
    return (composed,) if composed == decomposed else (composed, decomposed)


def comparable(path: str, platform: str = sys.platform) -> str:
    """A path as two of them are compared: composed, and without case where disks ignore it."""
    return nfc(path).casefold() if platform in ("win32", "darwin") else nfc(path)


def portable(key: str) -> str:
    """A key as its home machine names the file: `C:/Music/a.mp3`, `/Volumes/USB/a.mp3`. For the eye."""
    volume, folders, name = split(key)
    return _home(volume, folders) + nfc(name.replace("/", ":")) if name else nfc(key)


def _home(volume: str, folders: Sequence[str]) -> str:
    """A folder on its home machine, with a slash behind it."""
    if volume.startswith("\\\\"):
        volume = volume.replace("\\", "/")
    elif volume and not _DRIVE.fullmatch(volume):
        volume = f"/Volumes/{volume}"
    names = (name.replace("/", ":") for name in folders)
    return nfc("/".join((volume, *names, "")))


def _folded(text: str) -> str:
    return nfc(text).casefold()


def _prefix(text: str) -> tuple[str, tuple[str, ...]]:
    """Volume and folders of a key of the user's table, however they spelled it."""
    if "/:" in text:
        volume, folders, name = split(text)
        return volume, (*folders, name) if name else folders
    names = [name for name in _SLASHES.split(text.strip()) if name]
    if text.startswith("/"):
        names = names[1:] if names[:1] == ["Volumes"] else ["", *names]
    return (names[0], tuple(names[1:])) if names else ("", ())


class _Place(NamedTuple):
    """A folder of a volume, and the local folder it is."""

    folders: tuple[str, ...]
    local: str


@dataclass(frozen=True, slots=True)
class VolumeMap:
    """Which local folders the volumes of a collection are. Plain data: it goes to the process pool.

    Asked in this order: the user's table, then what `learn` found on disk; on Windows a drive is itself.
    """

    places: Mapping[str, tuple[_Place, ...]] = field(default_factory=dict)
    platform: str = sys.platform

    @classmethod
    def of(cls, table: Mapping[str, str], platform: str = sys.platform) -> VolumeMap:
        """The map of the user's table: a volume (`C:`, `USB`) or a folder on it -> a local folder."""
        places: defaultdict[str, list[_Place]] = defaultdict(list)
        for text, local in table.items():
            volume, folders = _prefix(text)
            place = _Place(tuple(_folded(name) for name in folders), str(Path(local).expanduser()))
            places[_folded(volume)].append(place)
        deepest = {
            volume: tuple(sorted(found, key=lambda place: -len(place.folders)))
            for volume, found in places.items()
        }
        return cls(deepest, platform)

    def learn(self, keys: Iterable[str]) -> VolumeMap:
        """This map, with the volumes of `keys` that are found on disk. Touches the disk.

        The boot volume of a Mac is known by its files being there, never by its name, for users rename it.
        """
        volumes: defaultdict[str, list[str]] = defaultdict(list)
        for key in keys:
            volumes[key.partition("/:")[0]].append(key)
        learned = dict(self.places)
        for volume, members in volumes.items():
            known = learned.get(_folded(volume), ())
            if all(place.folders for place in known):
                sample = members[:: max(1, len(members) // _SAMPLES)]
                if (root := self._root(volume, sample)) is not None:
                    learned[_folded(volume)] = (*known, _Place((), root))
        return replace(self, places=learned)

    def _root(self, volume: str, sample: Sequence[str]) -> str | None:
        """The local folder that holds a volume's files, None where there is none."""
        if self.platform == "win32" or _DRIVE.fullmatch(volume) or volume.startswith("\\\\"):
            return None
        named = self._safe(volume) == volume
        mounted = f"/Volumes/{volume}" if named and self.platform == "darwin" else None
        if mounted is not None and Path(mounted).is_dir():
            return mounted
        user = os.environ.get("USER", "")
        mounts = [mount.format(user=user, volume=volume) for mount in _MOUNTS] if named else []
        for root in ("/", *mounts):
            there = VolumeMap({_folded(volume): (_Place((), root),)}, self.platform)
            paths = [path for key in sample if (path := there.local(key)) is not None]
            if any(Path(form).exists() for path in paths for form in spellings(path)):
                return root
        return mounted

    def local(self, key: str) -> str | None:
        """The path of a key on this machine, composed (NFC). None: not mapped, or not to be trusted."""
        volume, folders, name = split(key)
        folder, safe = self.folder(volume, folders), self._safe(name)
        return None if folder is None or safe is None else folder + nfc(safe)

    def folder(self, volume: str, folders: Sequence[str]) -> str | None:
        """A folder on this machine, with a separator behind it."""
        names = [self._safe(name) for name in folders]
        if (place := self._place(volume, folders)) is None or None in names:
            return None
        separator = "\\" if self.platform == "win32" else "/"
        rest = [name for name in names[len(place.folders) :] if name]
        return nfc(separator.join((place.local.rstrip("/\\"), *rest, "")))

    def _place(self, volume: str, folders: Sequence[str]) -> _Place | None:
        if places := self.places.get(_folded(volume)):
            folded = tuple(_folded(name) for name in folders)
            for place in places:
                if folded[: len(place.folders)] == place.folders:
                    return place
        return _Place((), volume) if self.platform == "win32" and _DRIVE.fullmatch(volume) else None

    def _safe(self, name: str) -> str | None:
        """A name of a file or folder as the disk spells it; None if it were no name or led elsewhere."""
        if name in _UNSAFE or "\0" in name:
            return None
        if self.platform == "win32":
            return None if any(char in name for char in "/\\:") else name
        return name.replace("/", ":")


class Locator:
    """Finds location and path of many entries: a folder is worked out once."""

    def __init__(self, volumes: VolumeMap) -> None:
        self._volumes = volumes
        self._special = re.compile(r"[/\\:\0]" if volumes.platform == "win32" else r"[/\0]").search
        self._folders: dict[tuple[str, str], tuple[str, str | None]] = {}

    def find(self, volume: str, directory: str, file: str) -> tuple[str, str | None]:
        """What `portable` and `VolumeMap.local` say of the key volume + directory + file."""
        folder = self._folders.get((volume, directory))
        if folder is None:
            whole = split(volume + directory)
            regular = directory[:2] == directory[-2:] == "/:" and "/:" not in volume and not whole.name
            if not regular:
                return self._odd(volume + directory + file)
            local = self._volumes.folder(whole.volume, whole.folders)
            folder = self._folders[volume, directory] = (_home(whole.volume, whole.folders), local)
        if file in _UNSAFE or self._special(file):
            return self._odd(volume + directory + file)
        home, local = folder
        name = file if file.isascii() else nfc(file)
        return home + name, None if local is None else local + name

    def _odd(self, key: str) -> tuple[str, str | None]:
        return portable(key), self._volumes.local(key)
