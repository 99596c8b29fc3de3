"""Where missing files may be: which local folder would explain most of the keys that lead nowhere.

A DJ's library keeps its shape when it moves: `C:/:Music/:Techno/:a.mp3` is `/media/usb/Techno/a.mp3` now. So
a file of the right name is looked for, the folders above both are compared from the end, and each pair of
folders that remains has one vote. What the votes favour is then counted; nothing is taken on trust.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path, PurePath
from typing import Final, NamedTuple, TypeVar

from djtui.traktor.location import VolumeMap, folded, nfc, prefix_text, split

SAMPLE: Final = 1000  # missing keys of a volume that are looked for
_COMMON: Final = 40  # a name that so many files have tells nothing
_COUNTED: Final = 40  # pairs that are counted at most
_HELD: Final = 300  # files that are found already, of which none may be lost
_ENOUGH: Final = 3  # files that a suggestion has to find, where so many are missing
_MOST_FOLDERS: Final = 50_000
_MOST_SECONDS: Final = 20.0
_MOUNTS: Final = ("/media", "/run/media", "/mnt", "/Volumes", "/srv")
_SKIPPED: Final = frozenset(("$recycle.bin", "system volume information", "lost+found", "node_modules"))

_NONE: Final[Mapping[str, str]] = {}

T = TypeVar("T")
There = Callable[[Sequence[str]], Sequence[bool]]


class Suggestion(NamedTuple):
    """A line for the user's table, `prefix` = `path`, and how many of the tracks below it it would find."""

    prefix: str
    path: str
    would_find: int
    total: int


class Walked(NamedTuple):
    """The files that were found, and whether every folder was looked into."""

    files: tuple[str, ...]
    complete: bool


class _Pair(NamedTuple):
    """Folders of a volume (names folded), and the local folder that they would be."""

    folders: tuple[str, ...]
    local: tuple[str, ...]


def file_name(key: str) -> str:
    """The name that a key's file has on disk, folded: what `walk` looks for."""
    return folded(split(key).name.replace("/", ":"))


def spread(many: Sequence[T], most: int = SAMPLE) -> Sequence[T]:
    """At most so many of the keys, or of whatever else, from everywhere among them."""
    return many if len(many) <= most else [many[place * len(many) // most] for place in range(most)]


def suggest(
    keys: Sequence[str],
    files: Iterable[str],
    there: There | None = None,
    held: Mapping[str, str] = _NONE,
    platform: str = sys.platform,
) -> tuple[Suggestion, ...]:
    """The mapping that finds most of `keys`, missing keys of one volume, among `files`, local paths.

    None or one; several where they find equally many in different places: then it is not ours to choose.
    `there` says which of some paths are files (by default: those in `files`). `held` are the keys of the
    volume whose files are found already, and where: no suggestion may lose them, or use a file twice.
    """
    paths = [nfc(path) for path in files]
    there = there or _among(paths)
    taken, some_held = frozenset(held.values()), spread(list(held), _HELD)
    best: list[tuple[Suggestion, Mapping[str, str]]] = []
    most = min(_ENOUGH, len(keys))
    for prefix, local, votes in _candidates(keys, paths, held):
        if votes < most:
            break
        volumes = VolumeMap.of({prefix: local}, platform)
        if len(_found(volumes, some_held, there)) < len(_mapped(volumes, some_held)):
            continue
        found = {key: path for key, path in _found(volumes, keys, there).items() if path not in taken}
        suggestion = Suggestion(prefix, local, len(found), len(_mapped(volumes, keys)))
        if len(found) > most or (len(found) == most and not best):
            best, most = [(suggestion, found)], len(found)
        elif len(found) == most and all(_rival(found, other) for _, other in best):
            best.append((suggestion, found))
    return tuple(suggestion for suggestion, _ in best)


def _mapped(volumes: VolumeMap, keys: Sequence[str]) -> dict[str, str]:
    """The paths of those keys that the map knows."""
    return {key: path for key in keys if (path := volumes.local(key)) is not None}


def _found(volumes: VolumeMap, keys: Sequence[str], there: There) -> dict[str, str]:
    """The paths of those keys whose files are there."""
    mapped = _mapped(volumes, keys)
    here = there([*mapped.values()])
    return {key: path for (key, path), is_file in zip(mapped.items(), here, strict=True) if is_file}


def _candidates(keys: Sequence[str], paths: Sequence[str], held: Iterable[str]) -> list[tuple[str, str, int]]:
    """Prefix, local folder and votes, in the order of counting: most votes first.

    A pair of folders shares its votes with the pairs of their subfolders; the whole comes before the parts.
    """
    spelled: dict[tuple[str, ...], str] = {}
    votes = Counter[_Pair]()
    for key, pairs in _ballots(keys, paths, held):
        volume, folders, _ = split(key)
        for pair in pairs:
            spelled.setdefault(pair.folders, prefix_text(volume, folders[: len(pair.folders)]))
        votes.update(pairs)
    order = sorted(votes.items(), key=lambda item: (-item[1], len(item[0].folders), item[0]))
    return [(spelled[pair.folders], str(PurePath(*pair.local)), count) for pair, count in order[:_COUNTED]]


def _among(paths: Sequence[str]) -> There:
    known = frozenset(paths)
    return lambda some: [path in known for path in some]


def _rival(found: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two mappings say of one key that its file is in two places, not in one of two spellings."""
    return any(folded(other.get(key, path)) != folded(path) for key, path in found.items())


def _ballots(
    keys: Sequence[str], paths: Sequence[str], held: Iterable[str]
) -> Iterator[tuple[str, set[_Pair]]]:
    """For each key the pairs of folders that would lead to a file of its name.

    A name that other keys have too (`01.mp3`) tells nothing unless a folder's name agrees with it.
    """
    by_name: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    for path in paths:
        *folders, name = PurePath(path).parts
        by_name[folded(name)].append(tuple(folders))
    owners = Counter(map(file_name, chain(keys, held)))
    for key in keys:
        name = file_name(key)
        if 0 < len(places := by_name.get(name, ())) <= _COMMON:
            wanted = tuple(folded(folder.replace("/", ":")) for folder in split(key).folders)
            ballots = [_pairs(wanted, place) for place in places]
            yield key, {pair for pairs in ballots if len(pairs) > 1 or owners[name] == 1 for pair in pairs}


def _pairs(wanted: tuple[str, ...], place: tuple[str, ...]) -> list[_Pair]:
    """What remains of both when none of their last folders is taken away, and each that agrees."""
    pairs = [_Pair(wanted, place)]
    for shared in range(1, min(len(wanted), len(place)) + 1):
        if wanted[-shared] != folded(place[-shared]):
            break
        pairs.append(_Pair(wanted[:-shared], place[:-shared]))
    return pairs


def search_roots(home: Path | None = None) -> list[str]:
    """Where files are looked for unless somebody says where: what is mounted, and the music folder."""
    roots = [*_MOUNTS, str((home or Path.home()) / "Music")]
    if sys.platform == "win32":
        roots += [f"{letter}:\\" for letter in "DEFGHIJKLMNOPQRSTUVWXYZ"]
    return [root for root in roots if os.path.isdir(root)]  # noqa: PTH112 - must not raise


def walk(
    roots: Sequence[str],
    names: frozenset[str],
    *,
    folders: int = _MOST_FOLDERS,
    seconds: float = _MOST_SECONDS,
) -> Walked:
    """The files below `roots` whose folded name is one of `names`, the nearest first.

    Looks into at most so many folders for at most so long. Hidden folders are left out, and no folder is
    entered twice, by whatever link.
    """
    found: list[str] = []
    seen: set[tuple[int, int]] = set()
    waiting = deque(dict.fromkeys(str(Path(root).expanduser().absolute()) for root in roots))
    end = time.monotonic() + seconds
    while waiting:
        if folders <= 0 or time.monotonic() > end:
            return Walked(tuple(found), complete=False)
        folders -= 1
        folder = waiting.popleft()
        inside, files = _listed(folder, names, seen)
        waiting.extend(inside)
        found.extend(files)
    return Walked(tuple(found), complete=True)


def _listed(folder: str, names: frozenset[str], seen: set[tuple[int, int]]) -> tuple[list[str], list[str]]:
    """The folders in a folder, and its files that have one of the names; nothing of one seen before."""
    inside: list[str] = []
    files: list[str] = []
    with suppress(OSError):  # not ours to read, or gone: as good as empty
        status = Path(folder).stat()
        if (status.st_dev, status.st_ino) in seen:
            return inside, files
        seen.add((status.st_dev, status.st_ino))
        with os.scandir(folder) as entries:
            for entry in entries:
                if _is_folder(entry):
                    if _entered(entry):
                        inside.append(entry.path)
                elif folded(entry.name) in names:
                    files.append(entry.path)
    return sorted(inside), files


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _entered(entry: os.DirEntry[str]) -> bool:
    """Whether to look into a folder: not if it is hidden or has a name that no text can hold.

    Nor through a link that leads back up: `/Volumes/Macintosh HD` is `/`.
    """
    hidden = entry.name.startswith(".") or entry.name.casefold() in _SKIPPED
    if hidden or any("\ud800" <= char <= "\udfff" for char in entry.name):
        return False
    if not entry.is_symlink():
        return True
    place = Path(entry.path)
    return not place.parent.resolve().is_relative_to(place.resolve())
