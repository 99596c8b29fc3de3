"""Where a track lies: Traktor's `/:` keys, and the paths they mean on this machine.

A key is VOLUME + DIR + FILE to the letter: `C:/:Music/:a.mp3`, `Macintosh HD/:Users/:ada/:a.mp3`. `/:`
separates, `//` is a slash within a name (which a Mac's own paths spell `:`). Keys come from other people's
files: nothing in one may lead out of the folder that its volume is mapped to.
"""

from __future__ import annotations

import json
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
_MOUNT_FOLDERS: Final = (
    "/volumes/",
    "/Volumes/",
    "/media/",
    "/run/media/",
    "/mnt/",
)  # never of a boot volume
_SAMPLES: Final = 400  # files of one volume that are looked for before it counts as not here


class Parts(NamedTuple):
    """A key taken apart; `folders` and `name` have plain slashes."""

    volume: str
    folders: tuple[str, ...]
    name: str


def split(key: str) -> Parts:
    """Take a key apart. A text without a separator is a volume alone."""
    volume, *names = _raw(key)
    if "//" in key:
        volume, *names = (name.replace("//", "/") for name in (volume, *names))
    return Parts(volume, tuple(names[:-1]), names[-1] if names else "")


def _raw(key: str) -> list[str]:
    """What stands between the separators of a key, slashes still escaped."""
    if "//" in key:
        return _TOKENS.sub(lambda match: "\0" if match[0] == "/:" else match[0], key).split("\0")
    return key.split("/:")


def head(key: str) -> str:
    """A key without its file: VOLUME and DIR, but for the last separator. A volume alone stays as it is."""
    names = _raw(key) if "//" in key else key.rsplit("/:", 1)
    return "/:".join(names[:-1] or names)


def prefix_text(volume: str, folders: Sequence[str] = ()) -> str:
    """A volume or a folder on it as the user's table spells it: `C:`, `C:/:Music`."""
    if not folders and _prefix(volume) == (volume, ()):
        return volume
    escaped = [name.replace("/", "//") for name in (volume, *folders)]
    return "/:".join(escaped if folders else (*escaped, ""))


def same_place(left: str, right: str) -> bool:
    """Whether two keys of the user's table mean one folder: `C:/Music` and `c:/:music`."""
    one, other = ((volume, *folders) for volume, folders in map(_prefix, (left, right)))
    return [folded(name) for name in one] == [folded(name) for name in other]


def key_hash(key: str) -> int:
    """What a key is looked up by in the library: blake2b-8 as a signed integer."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


def nfc(text: str) -> str:
    """Text composed (NFC), as Traktor writes names even where the disk has them decomposed."""
    return text if text.isascii() or is_normalized("NFC", text) else normalize("NFC", text)


def folded(text: str) -> str:
    """A name as volumes and the user's table are compared: composed, without case."""
    return nfc(text).casefold()


def spellings(path: str) -> tuple[str, ...]:
    """The forms in which a path may stand on disk: composed, and decomposed where that differs."""
    composed, decomposed = normalize("NFC", path), normalize("NFD", path)
    return (composed,) if composed == decomposed else (composed, decomposed)


def is_drive(volume: str) -> bool:
    """Whether a volume is one of Windows: `C:`, or a share `\\\\nas\\music`."""
    return bool(_DRIVE.fullmatch(volume)) or volume.startswith("\\\\")


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
    """A folder of a volume, and the local folder it is; `found`: nobody said so, its files were there."""

    folders: tuple[str, ...]
    local: str
    found: bool = False


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
            place = _Place(tuple(folded(name) for name in folders), str(Path(local).expanduser()))
            places[folded(volume)].append(place)
        deepest = {
            volume: tuple(sorted(found, key=lambda place: -len(place.folders)))
            for volume, found in places.items()
        }
        return cls(deepest, platform)

    @classmethod
    def stored(cls, text: str | None) -> VolumeMap:
        """The map that `spelled` wrote."""
        found = json.loads(text) if text else {}
        return cls(
            {
                volume: tuple(_Place(tuple(folders), local, *found) for folders, local, *found in places)
                for volume, places in found.items()
            }
        )

    def spelled(self) -> str:
        """This map as text: to store it, and to see whether it changed."""
        found = {
            volume: [[*place] if place.found else [place.folders, place.local] for place in places]
            for volume, places in sorted(self.places.items())
        }
        return json.dumps(found, ensure_ascii=False, separators=(",", ":"))

    def learn(self, keys: Iterable[str], before: VolumeMap | None = None) -> VolumeMap:
        """This map, with the volumes of `keys` that are found on disk. Touches the disk.

        The boot volume of a Mac is known by its files being there, never by its name, for users rename it.
        Once found, it stays where it was `before`: files that were moved by hand are on no other volume.
        """
        volumes: defaultdict[str, list[str]] = defaultdict(list)
        for key in keys:
            volumes[key.partition("/:")[0]].append(key)
        learned = dict(self.places)
        for volume, members in volumes.items():
            known = learned.get(folded(volume), ())
            if all(place.folders for place in known):
                sample = members[:: max(1, len(members) // _SAMPLES)]
                last = before.found(volume) if before is not None else None
                if (root := self._root(volume, sample, last)) is not None:
                    learned[folded(volume)] = (*known, _Place((), root, found=True))
        return replace(self, places=learned)

    def found(self, volume: str) -> str | None:
        """The local folder of a whole volume that `learn` found."""
        places = self.places.get(folded(volume), ())
        return next((place.local for place in places if place.found and not place.folders), None)

    def _root(self, volume: str, sample: Sequence[str], last: str | None) -> str | None:
        """The local folder that holds a volume's files: where they are, else where they were `last`."""
        if self.platform == "win32" or is_drive(volume):
            return None
        named = self._safe(volume) == volume
        mounted = f"/Volumes/{volume}" if named and self.platform == "darwin" else None
        if mounted is not None and os.path.isdir(mounted):  # noqa: PTH112 - never raises
            return mounted
        user = os.environ.get("USER", "")
        mounts = [mount.format(user=user, volume=volume) for mount in _MOUNTS] if named else []
        for root in ("/", *mounts):
            there = VolumeMap({folded(volume): (_Place((), root),)}, self.platform)
            paths = [path for key in sample if (path := there.local(key)) is not None]
            if any(any(map(os.path.exists, spellings(path))) for path in paths):
                return root
        return last or mounted

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

    def mapped(self, volume: str, folders: Sequence[str]) -> tuple[int, str] | None:
        """How many of these folders the deepest mapping takes, and the local folder that it leads to."""
        place = self._place(volume, folders)
        return None if place is None else (len(place.folders), place.local)

    def _place(self, volume: str, folders: Sequence[str]) -> _Place | None:
        if places := self.places.get(folded(volume)):
            wanted = tuple(folded(name) for name in folders)
            for place in places:
                if wanted[: len(place.folders)] == place.folders:
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


class Key(NamedTuple):
    """A key as the attributes of a LOCATION; joined they are the key."""

    volume: str
    directory: str
    file: str


def taken_apart(key: str) -> Key:
    """A key as the attributes of a LOCATION, each to the letter."""
    volume, *folders, file = _raw(key)
    return Key(volume, "/:".join(("", *folders, "")), file)


class Keys:
    """The way back: the keys that Traktor would give to files of this machine.

    A volume has a name, and a folder a spelling, that only Traktor knows; so both are taken from keys that
    are in the collection already (`siblings`). Where these disagree, the first one counts.
    """

    def __init__(self, volumes: VolumeMap, siblings: Iterable[str]) -> None:
        self._volumes = volumes
        self._separator = "\\" if volumes.platform == "win32" else "/"
        roots = {self._rooted(place.local) for places in volumes.places.values() for place in places}
        self._roots = sorted(roots | ({*_MOUNT_FOLDERS} if "/" in roots else set()), key=len, reverse=True)
        self._known: dict[str, tuple[str, str, str]] = {}  # local folder -> its root, volume and DIR
        for prefix in dict.fromkeys(map(head, siblings)):
            self._learn(_raw(prefix))

    def _learn(self, names: Sequence[str]) -> None:
        """A folder of the collection and all those above it. Names as they stand in the key."""
        volume, *folders = (name.replace("//", "/") for name in names)
        for depth in range(len(folders), -1, -1):
            mapping = self._volumes.mapped(volume, folders[:depth])
            local = self._volumes.folder(volume, folders[:depth])
            if mapping is None or local is None:
                continue
            root, directory = self._rooted(mapping[1]), "/:".join(("", *names[1 : depth + 1], ""))
            known = self._known.get(self._comparable(local))
            if known is None or len(known[0]) < len(root):
                self._known[self._comparable(local)] = (root, names[0], directory)
            elif known[0] == root:
                return  # and so are those above it

    def key(self, path: str, beside: str | None = None) -> Key | None:
        """The key of a file: DIR of the deepest folder that is known, and below it the file's own names.

        Those are composed (NFC) and escaped. None where no folder above the file is known, where the key
        would lead to another path, or where the file lies on a volume of which the collection has nothing.
        `beside` is another file's key: in the same folder, its spelling of that folder is taken.
        """
        wanted = self._comparable(path)
        *folders, file = nfc(path).split(self._separator)
        if beside is not None and "/:" in beside:
            key = taken_apart(beside)._replace(file=self._escaped(file))
            if self._volumes.local("".join(key)) == nfc(path):
                return key
        for depth in range(len(folders), 0, -1):
            known = self._known.get(self._comparable(self._separator.join((*folders[:depth], ""))))
            if known is not None:
                root, volume, directory = known
                nearest = next((root for root in self._roots if wanted.startswith(root)), root)
                below = [f"{self._escaped(name)}/:" for name in folders[depth:]]
                key = Key(volume, directory + "".join(below), self._escaped(file))
                back = self._volumes.local("".join(key))
                fits = nearest == root and back is not None and self._comparable(back) == wanted
                return key if fits else None
        return None

    def _rooted(self, folder: str) -> str:
        return self._comparable(folder.rstrip("/\\") + self._separator)

    def _comparable(self, path: str) -> str:
        return comparable(path, self._volumes.platform)

    def _escaped(self, name: str) -> str:
        return name if self._volumes.platform == "win32" else name.replace(":", "//")
