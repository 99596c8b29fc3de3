"""Which track an entry of an NML file is.

By its stored key; else by the path it maps to; else it may have been moved: the same AUDIO_ID, a length
within a second, and the same file name or artist and title, with one candidate on either side. Two
candidates are a question for the DJ, never a guess; without a candidate it is a new track.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from djtui.library.database import Library
from djtui.model.text import fold
from djtui.traktor.location import key_hash

_PART: Final = 500
_SAME_LENGTH_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Link:
    """The track that an entry is, and its row in nml_entry if this file had it before.

    `stays`: the track's file was moved here and is there, whatever the entry says.
    """

    track_id: int
    entry_id: int | None = None
    stays: bool = False


@dataclass(slots=True)
class Matches:
    """What is known of the entries that are new or changed, by their place in the file.

    `either`: entries at a key that stored entries have, or are to have for their files were moved here.
    """

    links: dict[int, Link] = field(default_factory=dict)
    doubles: dict[int, str] = field(default_factory=dict)
    questions: dict[int, tuple[int, ...]] = field(default_factory=dict)
    unmatched: dict[int, str] = field(default_factory=dict)
    either: dict[int, tuple[str, list[Link]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Portrait:
    """What a moved track is recognised by."""

    audio: bytes | None
    duration: float | None
    file: str
    artist: str | None
    title: str | None

    def resembles(self, other: Portrait) -> bool:
        """Whether two may be the same recording, given that their AUDIO_IDs are equal."""
        if self.duration is None or other.duration is None:
            return False
        if abs(self.duration - other.duration) > _SAME_LENGTH_S:
            return False
        same_file = fold(self.file) == fold(other.file)
        named = self.artist is not None and self.title is not None
        same_name = named and _name(self) == _name(other)
        return same_file or same_name


def _name(portrait: Portrait) -> tuple[str, str]:
    return fold(portrait.artist or ""), fold(portrait.title or "")


async def match_keys(
    library: Library,
    file_id: int | None,
    vanished: set[int],
    keys: Mapping[int, str],
    path_of: Callable[[str], str | None],
    matches: Matches,
    aliases: Mapping[str, Link] | None = None,
) -> None:
    """Match entries (place -> key) by stored key, then by path. What is found leaves `vanished`.

    Those at a key of `aliases`, which a stored entry may have instead of its own, are left to `tell_apart`.
    """
    by_key = await _stored(library, list(keys.values()))
    missed: dict[int, str] = {}
    for place, key in keys.items():
        own = by_key.get(key, {}).get(file_id)
        alias = aliases.get(key) if aliases else None
        if alias is not None and alias.entry_id in vanished and (own is None or own[0] in vanished):
            matches.either[place] = key, [alias] if own is None else [Link(own[1], own[0]), alias]
        elif own is not None:
            entry_id, track_id = own
            if entry_id in vanished:
                vanished.discard(entry_id)
                matches.links[place] = Link(track_id, entry_id)
            else:
                matches.doubles[place] = (
                    key  # the file still has, or has had by now, another entry of this key
                )
        elif others := by_key.get(key):
            candidates = {track_id for _, track_id in others.values()}
            _settle(matches, place, candidates)
        else:
            missed[place] = key
    await _match_paths(library, missed, path_of, matches)


async def _stored(library: Library, keys: Sequence[str]) -> dict[str, dict[int | None, tuple[int, int]]]:
    found: dict[str, dict[int | None, tuple[int, int]]] = defaultdict(dict)
    for part in _parts([key_hash(key) for key in keys]):
        rows = await library.fetchall(
            "SELECT key, file_id, id, track_id FROM nml_entry"
            f" WHERE key_hash IN ({','.join('?' * len(part))}) AND track_id IS NOT NULL",
            part,
        )
        for row in rows:
            found[row["key"]][row["file_id"]] = row["id"], row["track_id"]
    return found


async def _match_paths(
    library: Library, keys: Mapping[int, str], path_of: Callable[[str], str | None], matches: Matches
) -> None:
    paths = {place: path for place, key in keys.items() if (path := path_of(key)) is not None}
    exact: dict[str, set[int]] = defaultdict(set)
    folded: dict[str, set[int]] = defaultdict(set)
    if paths:
        for row in await library.fetchall("SELECT id, path FROM track WHERE path IS NOT NULL"):
            exact[row["path"]].add(row["id"])
            folded[_case_blind(row["path"])].add(row["id"])
    for place, key in keys.items():
        path = paths.get(place)
        candidates = path and (exact.get(path) or folded.get(_case_blind(path)))
        if candidates:
            _settle(matches, place, candidates)
        else:
            matches.unmatched[place] = key


def _case_blind(path: str) -> str:
    # Traktor's volumes are those of Windows and macOS, which know a file by any case of its name.
    return unicodedata.normalize("NFC", path).casefold()


def _settle(matches: Matches, place: int, candidates: set[int]) -> None:
    if len(candidates) == 1:
        matches.links[place] = Link(next(iter(candidates)))
    else:
        matches.questions[place] = tuple(sorted(candidates))


def tell_apart(
    matches: Matches,
    vanished: set[int],
    come: Mapping[int, Portrait],
    gone: Mapping[int, tuple[Portrait, int]],
) -> None:
    """Decide which stored entry each of `either` is. What is found leaves `vanished`.

    First those for which there is one candidate; then who resembles the other one more than the one whose
    key it is. What is left without a candidate is a second entry of its key.
    """
    claims: defaultdict[int | None, list[int]] = defaultdict(list)
    for place, (_, links) in matches.either.items():
        for link in links:
            claims[link.entry_id].append(place)
    undecided = list(reversed(matches.either))
    ready = [place for place in undecided if len(matches.either[place][1]) == 1]
    while matches.either:
        place = ready.pop() if ready else undecided.pop()
        if place not in matches.either:
            continue
        key, links = matches.either.pop(place)
        links = [link for link in links if link.entry_id in vanished]
        if not links:
            matches.doubles[place] = key
            continue
        link = max(links, key=lambda link: _likeness(come.get(place), gone.get(link.entry_id or 0)))
        matches.links[place] = link
        vanished.discard(link.entry_id or 0)
        ready += claims[link.entry_id]


def _likeness(one: Portrait | None, stored: tuple[Portrait, int] | None) -> tuple[bool, bool, bool]:
    """How sure it is that two are the same recording: to be compared."""
    if one is None or stored is None:
        return False, False, False
    other, _ = stored
    lengths = one.duration, other.duration
    return (
        one.audio is not None and one.audio == other.audio,
        _name(one) == _name(other),
        None not in lengths and abs((lengths[0] or 0) - (lengths[1] or 0)) <= _SAME_LENGTH_S,
    )


async def portraits(library: Library, entry_ids: Iterable[int]) -> dict[int, tuple[Portrait, int]]:
    """The tracks of stored entries, by entry id, each with its track's id."""
    found: dict[int, tuple[Portrait, int]] = {}
    for part in _parts(list(entry_ids)):
        rows = await library.fetchall(
            "SELECT entry.id, entry.audio, entry.key, track.id AS track_id, duration, artist, title"
            " FROM nml_entry AS entry JOIN track ON track.id = entry.track_id"
            f" WHERE entry.id IN ({','.join('?' * len(part))})",
            part,
        )
        for row in rows:
            file = row["key"].rpartition("/:")[2]
            portrait = Portrait(row["audio"], row["duration"], file, row["artist"], row["title"])
            found[row["id"]] = portrait, row["track_id"]
    return found


def match_moved(
    gone: Mapping[int, tuple[Portrait, int]],
    come: Mapping[int, Portrait],
    matches: Matches,
) -> set[int]:
    """Match entries that came (place -> portrait) with entries that went; returns those that were found."""
    went_by_audio: dict[bytes, list[int]] = defaultdict(list)
    for entry_id, (portrait, _) in gone.items():
        if portrait.audio is not None:
            went_by_audio[portrait.audio].append(entry_id)
    candidates = {
        place: [
            entry_id
            for entry_id in went_by_audio.get(portrait.audio or b"", ())
            if gone[entry_id][0].resembles(portrait)
        ]
        for place, portrait in come.items()
    }
    claims: dict[int, list[int]] = defaultdict(list)
    for place, entry_ids in candidates.items():
        for entry_id in entry_ids:
            claims[entry_id].append(place)
    found: set[int] = set()
    for place, entry_ids in candidates.items():
        if not entry_ids:
            continue
        if len(entry_ids) == 1 and len(claims[entry_ids[0]]) == 1:
            matches.links[place] = Link(gone[entry_ids[0]][1], entry_ids[0])
            found.add(entry_ids[0])
        else:
            matches.questions[place] = tuple(gone[entry_id][1] for entry_id in entry_ids)
        matches.unmatched.pop(place, None)
    return found


def _parts(values: Sequence[int]) -> Iterable[Sequence[int]]:
    return (values[start : start + _PART] for start in range(0, len(values), _PART))
