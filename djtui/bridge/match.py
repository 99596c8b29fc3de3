"""Which track of the library a song of Spotify is: certain, or none. What is doubtful is for the DJ.

First the ISRC; then the same artist, title and version with the same length; then much the same of both.
Two tracks that fit equally well are no answer, unless they are the same recording twice: then the first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from djtui.bridge.recording import Recording

How = Literal["isrc", "exact", "fuzzy"]

ISRC_LENGTH_S: Final = 5.0
"""An ISRC is shared by edits now and then, and mistyped: the lengths must agree by so much."""

LENGTH_S: Final = 3.0
TITLE: Final = 90.0
ARTIST: Final = 85.0
MARGIN: Final = 5.0
"""By so much the best of similar ones must be better than the next; scores are 0 to 100."""


@dataclass(frozen=True, slots=True)
class Match:
    """The track, how it was found, and how alike it is (0 to 100)."""

    track_id: int
    how: How
    score: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """Tracks that might be it, the likeliest first, with their scores."""

    candidates: tuple[tuple[int, float], ...]


class Shelf:
    """The tracks of a library, laid out to be found by recording."""

    def __init__(self, tracks: Mapping[int, Recording]) -> None:
        self._tracks = tracks
        self._by_isrc: defaultdict[str, list[int]] = defaultdict(list)
        self._by_key: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        self._by_artist: defaultdict[str, list[int]] = defaultdict(list)
        for id, recording in tracks.items():
            if recording.isrc:
                self._by_isrc[recording.isrc].append(id)
            self._by_key[recording.key].append(id)
            for artist in recording.artists:
                self._by_artist[artist].append(id)

    def match(self, song: Recording) -> Match | Doubt | None:
        """The track that a song is; a doubt where that is open; None where nothing is like it."""
        named = [
            id for id in self._by_isrc.get(song.isrc or "", ()) if self._as_long(song, id, ISRC_LENGTH_S)
        ]
        if len(named) == 1:
            return Match(named[0], "isrc", 100.0)
        exact = [
            id
            for id in self._by_key.get(song.key, ())
            if song.artists & self._tracks[id].artists and self._as_long(song, id, LENGTH_S)
        ]
        both = [id for id in named if id in exact] or named or exact
        if both:
            same = self._nearest(song, both)
            return Match(same, "isrc" if named else "exact", 100.0)
        return self._similar(song)

    def _as_long(self, song: Recording, id: int, tolerance: float) -> bool:
        """Whether the lengths agree; unknown ones do not speak against it."""
        mine = self._tracks[id].duration
        return song.duration is None or mine is None or abs(song.duration - mine) <= tolerance

    def _nearest(self, song: Recording, ids: Iterable[int]) -> int:
        def distance(id: int) -> tuple[bool, float, int]:
            track = self._tracks[id]
            off = abs((track.duration or 0.0) - (song.duration or 0.0))
            return track.key != song.key, off, id

        return min(ids, key=distance)

    def _similar(self, song: Recording) -> Match | Doubt | None:
        from rapidfuzz import fuzz

        near = {id for artist in song.artists for id in self._by_artist.get(artist, ())}
        scored = []
        for id in near:
            track = self._tracks[id]
            title = fuzz.ratio(song.title, track.title)
            if title < TITLE:
                continue
            artist = fuzz.token_set_ratio(" ".join(sorted(song.artists)), " ".join(sorted(track.artists)))
            if artist >= ARTIST:
                scored.append((round((title + artist) / 2, 1), id))
        scored.sort(key=lambda pair: (-pair[0], pair[1]))
        sure = [
            (score, id)
            for score, id in scored
            if self._tracks[id].version == song.version
            and self._as_long(song, id, LENGTH_S)
            and song.duration is not None
            and self._tracks[id].duration is not None
        ]
        if sure and (len(sure) == 1 or sure[0][0] - sure[1][0] >= MARGIN):
            return Match(sure[0][1], "fuzzy", sure[0][0])
        return Doubt(tuple((id, score) for score, id in scored[:5])) if scored else None
