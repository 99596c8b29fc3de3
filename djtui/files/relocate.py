"""Which found file is which missing track's: scores with their reasons, and what is certain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, NamedTuple
from unicodedata import normalize

from djtui.model.text import fold

LEAST: Final = 40
"""What scores less is no candidate."""

MOST_CANDIDATES: Final = 5
_SOUND, _SIZE, _NAME, _TAGS, _LENGTH, _FOLDER = 90, 30, 30, 20, 15, 5
_CERTAIN: Final = _SIZE + _NAME + _TAGS + _LENGTH
_OTHER_SOUND: Final = 50
"""What a file scores at most whose sound is another one: encoded anew, if it is the song at all."""

_LENGTH_S: Final = 1.0
_OTHER_LENGTH_S: Final = 5.0
_KB: Final = 1024


class Lost(NamedTuple):
    """A track whose file is not where it was. Size in bytes, duration in seconds.

    `path` is where it was, or what its home machine calls it. `payload` is `payload.sampled`; where it is
    unknown, the size is Traktor's, which counts whole kB.
    """

    id: int
    path: str
    title: str | None = None
    artist: str | None = None
    duration: float | None = None
    size: int | None = None
    payload: bytes | None = None

    @property
    def name(self) -> str:
        """The track in a list."""
        return " - ".join(text for text in (self.artist, self.title) if text) or _file_name(self.path)


class Candidate(NamedTuple):
    """A file that was found, as its tags and its sound have it."""

    path: str
    size: int
    payload: bytes | None = None
    title: str | None = None
    artist: str | None = None
    duration: float | None = None


class Score(NamedTuple):
    """How likely a file is a track's, 0 to 100, and why.

    `certain`: the same sound and size; or, of a track that was never scanned here, name, size, length and
    tags.
    """

    path: str
    score: int
    reasons: tuple[str, ...]
    certain: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """What was found for a missing track, the likeliest first. `certain`: the first of them is it."""

    lost: Lost
    candidates: tuple[Score, ...]
    certain: bool = False


# -- one file and one track -----------------------------------------------------------------------


def score(lost: Lost, file: Candidate) -> Score:
    """How likely a file is that of a track."""
    same_sound = lost.payload is not None and lost.payload == file.payload
    if same_sound and lost.size == file.size:
        return Score(file.path, 100, ("same sound", "same size"), certain=True)
    other_sound = not same_sound and lost.payload is not None and file.payload is not None
    merits = list(_merits(lost, file, with_size=not other_sound))
    points = sum(points for points, _ in merits)
    reasons = [words for _, words in merits if words]
    certain = lost.payload is None and points >= _CERTAIN
    if same_sound:
        points = _SOUND + max(0, points) // 12
        reasons.insert(0, "same sound")
    elif other_sound:
        points = min(points, _OTHER_SOUND)
        reasons.append("another sound")
    return Score(file.path, max(0, min(points, 100 if certain else 99)), tuple(reasons), certain)


def _merits(lost: Lost, file: Candidate, *, with_size: bool) -> Iterator[tuple[int, str]]:
    """What speaks for a file, or against it, but for its sound: points and words."""
    if with_size and _same_size(lost, file):
        yield _SIZE, "same size"
    one, other = _file_name(lost.path), _file_name(file.path)
    if one == other:
        yield _NAME, "same name"
    elif _stem(one) == _stem(other):
        yield _NAME // 2, "same name but for its end"
    if lost.title and file.title and fold(lost.title) == fold(file.title):
        if lost.artist and file.artist and fold(lost.artist) == fold(file.artist):
            yield _TAGS, "same artist and title"
        else:
            yield _TAGS // 2, "same title"
    if lost.duration is not None and file.duration is not None:
        off = file.duration - lost.duration
        if abs(off) <= _LENGTH_S:
            yield _LENGTH, "same length"
        elif abs(off) > _OTHER_LENGTH_S:
            yield -_LENGTH, f"{abs(off):.0f} s {'longer' if off > 0 else 'shorter'}"
    if _folder(lost.path) == _folder(file.path):
        yield _FOLDER, ""


def _same_size(lost: Lost, file: Candidate) -> bool:
    if lost.size is None:
        return False
    if lost.payload is not None:
        return lost.size == file.size
    return lost.size // _KB == file.size // _KB


# -- many -----------------------------------------------------------------------------------------


class Search:
    """Missing tracks, laid out to be found by files, and what was found so far."""

    def __init__(self, lost: Iterable[Lost]) -> None:
        self.lost: dict[int, Lost] = {track.id: track for track in lost}
        self._found: defaultdict[int, dict[str, Score]] = defaultdict(dict)
        self._by_sound: defaultdict[bytes, list[int]] = defaultdict(list)
        self._by_size: defaultdict[int, list[int]] = defaultdict(list)
        self._by_name: defaultdict[str, list[int]] = defaultdict(list)
        self._by_title: defaultdict[str, list[int]] = defaultdict(list)
        for track in self.lost.values():
            if track.payload is not None:
                self._by_sound[track.payload].append(track.id)
            if track.size is not None:
                self._by_size[track.size // _KB].append(track.id)
            if track.title:
                self._by_title[fold(track.title)].append(track.id)
            self._by_name[_stem(_file_name(track.path))].append(track.id)

    def looks_likely(self, path: str, size: int) -> bool:
        """Whether a file is worth reading first: some missing track had this size or this name."""
        return size // _KB in self._by_size or _stem(_file_name(path)) in self._by_name

    def offer(self, file: Candidate) -> None:
        """Take a file that was read into account."""
        ids = {
            *self._by_sound.get(file.payload or b"", ()),
            *self._by_size.get(file.size // _KB, ()),
            *self._by_name.get(_stem(_file_name(file.path)), ()),
            *(self._by_title.get(fold(file.title), ()) if file.title else ()),
        }
        for id in ids:
            found = score(self.lost[id], file)
            if found.score >= LEAST:
                self._found[id][file.path] = found

    def is_there_again(self, id: int) -> None:
        """A file lies at a missing track's own path."""
        path = self.lost[id].path
        self._found[id][path] = Score(path, 100, ("it is there again",), certain=True)

    @property
    def complete(self) -> bool:
        """Whether all are certain."""
        return all(any(each.certain for each in self._found.get(id, {}).values()) for id in self.lost)

    def matches(self) -> list[Match]:
        """What was found, by track: certain ones first, then the likeliest; those of which nothing was found
        are not among them. No file is two tracks'."""
        sure = self._sure()
        taken = set(sure.values())
        matches = []
        for id, found in self._found.items():
            own = sure.get(id)
            if own is not None:
                matches.append(Match(self.lost[id], (found[own],), certain=True))
                continue
            left = [each for path, each in found.items() if path not in taken]
            left.sort(key=lambda each: (-each.score, -agreement(each.path, self.lost[id].path), each.path))
            if left:
                matches.append(Match(self.lost[id], tuple(left[:MOST_CANDIDATES])))
        matches.sort(key=lambda match: (not match.certain, -match.candidates[0].score, match.lost.path))
        return matches

    def _sure(self) -> dict[int, str]:
        """The tracks whose file is certain. Of copies that are equal, the one whose path agrees furthest."""
        claims = sorted(
            (-agreement(path, self.lost[id].path), path, id)
            for id, found in self._found.items()
            for path, each in found.items()
            if each.certain
        )
        rivals: defaultdict[tuple[int, str], int] = defaultdict(int)
        choices: defaultdict[tuple[int, int], int] = defaultdict(int)
        for agreed, path, id in claims:
            rivals[agreed, path] += 1
            choices[agreed, id] += 1
        sure: dict[int, str] = {}
        taken: set[str] = set()
        open_: set[int] = set()
        for agreed, path, id in claims:
            if id in sure or id in open_ or path in taken:
                continue
            if rivals[agreed, path] > 1 or choices[agreed, id] > 1:
                open_.add(id)
            else:
                sure[id] = path
                taken.add(path)
        return sure


def agreement(new: str, old: str) -> int:
    """How many names two paths have in common, from the end on."""
    both = zip(_names(new), _names(old), strict=False)
    return sum(1 for _ in takewhile(lambda names: names[0] == names[1], both))


def summary(matches: Sequence[Match], lost: Mapping[int, Lost]) -> dict[str, int]:
    """How many are certain, how many ambiguous, and how many are still missing."""
    certain = sum(match.certain for match in matches)
    return {
        "found": certain,
        "ambiguous": len(matches) - certain,
        "missing": len(lost) - len(matches),
    }


def _names(path: str) -> list[str]:
    return [fold(name) for name in normalize("NFC", path).split("/")[::-1]]


def _file_name(path: str) -> str:
    return fold(normalize("NFC", path.rpartition("/")[2]))


def _folder(path: str) -> str:
    return fold(path.rpartition("/")[0].rpartition("/")[2])


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
