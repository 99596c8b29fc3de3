"""Tracks that are one sound or one recording several times: which of them to keep, and why."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from djtui.library.database import Reader
from djtui.library.tracks import as_json

How = Literal["exact", "recording"]
Basis = Literal["sound", "isrc", "name"]

_LOSSLESS_CODECS: Final = frozenset(("FLAC", "ALAC", "PCM"))
_LOSSLESS_FORMATS: Final = frozenset(("flac", "wav", "aif", "aiff", "aifc"))
_RATE_STEP: Final = 16_000
"""Bit rates that differ by less are one quality: of two measured from sizes, one counts the tags."""

_DAY_NS: Final = 86_400_000_000_000
_NEVER: Final = 99_999_999
"""A date (as 20261231, or in days) that is later than any."""

_NAMED_AS_COPY: Final = re.compile(
    r"^(copy|kopie|copie|copia)( ?\(?\d+\)?)? (of|von|de|di) "
    r"|[ _-](copy|kopie|copie|copia)( ?\(?\d+\)?)?$"
    r"|[ _]?\(\d{1,2}\)$",
    re.IGNORECASE,
)
"""How file managers name a copy: "Copy of a", "a - Copy (2)", "a copy 2", "a (1)"; without the extension."""

_AT_ONCE: Final = 500
_COPY: Final = """
SELECT track.id, track.path, title, artist, track.kind, duration, format, codec, bitrate, samplerate,
       filesize, missing, cue_count, plays, rating, added,
       EXISTS (SELECT 1 FROM nml_entry JOIN nml_file ON nml_file.id = file_id
               WHERE track_id = track.id AND gone = 0 AND role = 'collection') AS collected, file.whole,
       (SELECT count(DISTINCT playlist_id) FROM playlist_item WHERE track_id = track.id) AS lists,
       file.mtime_ns
FROM track LEFT JOIN file ON file.track_id = track.id AND file.path = track.path
"""
_SAME_SOUND: Final = """
SELECT json_group_array(track.id) FROM file JOIN track ON track.id = file.track_id AND track.path = file.path
WHERE whole IS NOT NULL AND track.kind != 'set' GROUP BY whole, track.kind HAVING count(*) > 1
UNION ALL
SELECT json_group_array(id) FROM track
WHERE path IS NOT NULL AND kind != 'set' GROUP BY path HAVING count(*) > 1
"""


class Copy(NamedTuple):
    """A track as it is compared with its likes. Units: seconds, bit/s, Hz, bytes, ns; unknown is None.

    `collected`: it is in the DJ's collection; `sound` is the hash of all of its sound; `lists` is the number
    of playlists that it stands in, `changed` when its file was last written.
    """

    id: int
    path: str | None = None
    title: str | None = None
    artist: str | None = None
    kind: str = "track"
    duration: float | None = None
    format: str | None = None
    codec: str | None = None
    bitrate: int | None = None
    samplerate: int | None = None
    size: int | None = None
    missing: bool | None = None
    cues: int = 0
    plays: int | None = None
    rating: int | None = None
    added: str | None = None
    collected: bool = False
    sound: bytes | None = None
    lists: int = 0
    changed: int | None = None

    @property
    def is_there(self) -> bool:
        """Whether its file is on this machine, as far as is known."""
        return self.path is not None and not self.missing

    @property
    def lossless(self) -> bool:
        """By the codec; where that is unknown, by the file's extension."""
        if self.codec is not None:
            return self.codec in _LOSSLESS_CODECS
        return self.format in _LOSSLESS_FORMATS

    @property
    def quality(self) -> str:
        """As a DJ says it: "FLAC 44.1 kHz", "MP3 320 kbit/s"."""
        name = self.codec if self.codec not in (None, "PCM") else (self.format or "").upper()
        rate = f"{self.samplerate / 1000:g} kHz" if self.lossless and self.samplerate else ""
        if not self.lossless and self.bitrate:
            rate = f"{round(self.bitrate / 1000)} kbit/s"
        return " ".join(part for part in (name, rate) if part)

    @property
    def rate(self) -> float:
        """How good it sounds among the lossless, or among the others; 0 where that is unknown."""
        if self.lossless:
            return float(self.samplerate or 0)
        return float(round((self.bitrate or 0) / _RATE_STEP))

    def sounds_better(self, other: Copy) -> bool:
        """Whether it is certain that this one has the better quality."""
        if self.lossless != other.lossless:
            return self.lossless
        return bool(other.rate) and self.rate > other.rate

    @property
    def name(self) -> str:
        """The name of its file, else that of the track."""
        said = " - ".join(text for text in (self.artist, self.title) if text) or f"track {self.id}"
        return self.path.rpartition("/")[2] if self.path else said

    @property
    def is_named_as_copy(self) -> bool:
        """Whether its file is called as file managers call copies: "Copy of Opal", "Opal (1)"."""
        name = (self.path or "").rpartition("/")[2]
        return _NAMED_AS_COPY.search(name.rpartition(".")[0] or name) is not None


@dataclass(frozen=True, slots=True)
class Group:
    """Tracks that are the same, the best first: that one is the suggested keeper, and `reason` says why.

    "exact": the same sound to the last bit, whatever the tags. "recording": the same by ISRC, or by artist,
    title, mix and length. `basis` is the weakest of what holds the group together: where that is the names
    and lengths alone, it is doubtful.
    """

    how: How
    copies: tuple[Copy, ...]
    reason: str
    basis: Basis = "name"

    @property
    def keeper(self) -> Copy:
        return self.copies[0]

    @property
    def others(self) -> tuple[Copy, ...]:
        return self.copies[1:]

    @property
    def wasted(self) -> int:
        """The bytes that the others take."""
        return sum(copy.size or 0 for copy in self.others if copy.is_there and copy.path != self.keeper.path)


# -- the best of several --------------------------------------------------------------------------


def ranked(copies: Iterable[Copy]) -> tuple[tuple[Copy, ...], str]:
    """Copies, the best first, and why that is the best: a sentence without its full stop."""
    ordered = tuple(sorted(copies, key=lambda copy: ([-of(copy) for of, _ in _MERITS], copy.id)))
    best, second = ordered[0], ordered[1]
    for of, words in _MERITS:
        if of(best) != of(second):
            return ordered, words(best, second)
    return ordered, "the first of equals"


def _age(copy: Copy) -> float:
    """Older is more; unknown least."""
    digits = "".join(filter(str.isdigit, (copy.added or "")[:10]))
    return -float(digits.ljust(8, "0")) if digits else -float(_NEVER)


def _quality(best: Copy, second: Copy) -> str:
    return f"{best.quality} against {second.quality or 'less'}"


def _cues(best: Copy, second: Copy) -> str:
    return f"{best.cues} cue{'s' if best.cues != 1 else ''} against {second.cues or 'none'}"


def _lists(best: Copy, second: Copy) -> str:
    return f"in {best.lists} playlist{'s' if best.lists != 1 else ''} against {second.lists or 'none'}"


def _plays(best: Copy, second: Copy) -> str:
    return f"played {_times(best.plays)} against {_times(second.plays)}"


def _times(plays: int | None) -> str:
    return "never" if not plays else f"{plays:,} time{'s' if plays != 1 else ''}"


_MERITS: Final[Sequence[tuple[Callable[[Copy], float], Callable[[Copy, Copy], str]]]] = (
    (lambda copy: copy.is_there, lambda best, second: "the only one whose file is there"),
    (lambda copy: copy.lossless, _quality),
    (lambda copy: copy.rate, _quality),
    (lambda copy: copy.cues, _cues),
    (lambda copy: copy.lists, _lists),
    (lambda copy: copy.plays or 0, _plays),
    (lambda copy: copy.rating or 0, lambda best, second: "the better rating"),
    (lambda copy: copy.collected, lambda best, second: "the one that Traktor knows"),
    (lambda copy: not copy.is_named_as_copy, lambda best, second: "the other is called a copy"),
    (_age, lambda best, second: "the older one"),
    (lambda copy: -(copy.changed // _DAY_NS) if copy.changed else -_NEVER, lambda *_: "the older file"),
)


# -- groups ---------------------------------------------------------------------------------------


def grouped(
    copies: Mapping[int, Copy],
    exact: Iterable[Collection[int]],
    alike: Iterable[Collection[int]] = (),
    coded: Iterable[Collection[int]] = (),
) -> list[Group]:
    """The groups that sets of ids come to, by the title of their keepers.

    `exact` are tracks of one sound, `coded` of one ISRC, `alike` of one recording by their names and lengths;
    sets that have a track in common are one group. Ids of no copy are passed over.
    """
    by_sound, by_code, any_way = _Joined(), _Joined(), _Joined()
    for sets, ways in (
        (exact, (by_sound, by_code, any_way)),
        (coded, (by_code, any_way)),
        (alike, (any_way,)),
    ):
        for ids in sets:
            known = [id for id in ids if id in copies]
            for way in ways:
                way.join(known)
    groups = []
    for ids in any_way.sets():
        ordered, reason = ranked(copies[id] for id in ids)
        basis: Basis = "sound" if by_sound.holds(ids) else "isrc" if by_code.holds(ids) else "name"
        groups.append(Group("exact" if basis == "sound" else "recording", ordered, reason, basis))
    return sorted(groups, key=lambda group: _name(group.keeper))


def _name(copy: Copy) -> tuple[str, str, int]:
    return (copy.artist or "").casefold(), (copy.title or "").casefold(), copy.id


class _Joined:
    """Ids that belong together, directly or through others."""

    def __init__(self) -> None:
        self._up: dict[int, int] = {}

    def join(self, ids: Iterable[int]) -> None:
        first = None
        for id in ids:
            self._up.setdefault(id, id)
            first = self.root(id) if first is None else first
            self._up[self.root(id)] = first

    def root(self, id: int) -> int:
        while (up := self._up.get(id, id)) != id:
            self._up[id] = self._up[up]
            id = up
        return id

    def holds(self, ids: Iterable[int]) -> bool:
        """Whether all of these belong together."""
        return len({self.root(id) for id in ids}) == 1

    def sets(self) -> list[list[int]]:
        """Those of two and more."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for id in self._up:
            found[self.root(id)].append(id)
        return [ids for ids in found.values() if len(ids) > 1]


# -- reading --------------------------------------------------------------------------------------


async def same_sound(library: Reader) -> list[list[int]]:
    """The tracks whose sound is known to be the same (see the job "duplicates"), and those of one file."""
    return [json.loads(row[0]) for row in await library.fetchall(_SAME_SOUND)]


async def copies(library: Reader, ids: Collection[int]) -> dict[int, Copy]:
    """Tracks as they are compared, by id."""
    found: dict[int, Copy] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), _AT_ONCE):
        part = as_json(wanted[start : start + _AT_ONCE])
        rows = await library.fetchall(f"{_COPY} WHERE track.id IN (SELECT value FROM json_each(?))", (part,))
        found |= {row["id"]: Copy(*row) for row in rows}
    return found
