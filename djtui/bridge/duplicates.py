"""Duplicates of the library: tracks of one sound, and those of one recording however they are written."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from sqlite3 import Row
from typing import Final

from djtui.bridge.match import ISRC_LENGTH_S
from djtui.bridge.recording import Recording, recording
from djtui.files import duplicates
from djtui.files.duplicates import Group
from djtui.library.database import Reader

LENGTH_S: Final = 2.0
"""By so much the lengths of one recording may differ."""

_AT_ONCE: Final = 5000
_NOBODY: Final = frozenset(
    ("unknown artist", "unknown", "various artists", "various", "va", "no artist", "untitled")
)


_Place = tuple[float, int]
"""How long a track is, and which."""


async def find(library: Reader, *, looked_at: Callable[[int], object] = lambda tracks: None) -> list[Group]:
    """All duplicates: read once the job "duplicates" has compared what may be the same sound.

    Costs some seconds for 100,000 tracks, most of them in a thread; `looked_at` hears how many are done.
    """
    shelves = Shelves()
    last, done = -1, 0
    while rows := await library.fetchall(
        "SELECT id, kind, title, artist, mix, duration, isrc FROM track WHERE id > ? AND kind != 'set'"
        " AND duration IS NOT NULL ORDER BY id LIMIT ?",
        (last, _AT_ONCE),
    ):
        last = rows[-1]["id"]
        await asyncio.to_thread(_put, shelves, rows)
        done += len(rows)
        looked_at(done)
    coded, alike = await asyncio.to_thread(lambda: (list(shelves.coded()), list(shelves.named())))
    exact = await duplicates.same_sound(library)
    copies = await duplicates.copies(library, {id for same in (*exact, *coded, *alike) for id in same})
    return await asyncio.to_thread(duplicates.grouped, copies, exact, alike, coded)


def _put(shelves: Shelves, rows: Sequence[Row]) -> None:
    for row in rows:
        song = recording(
            row["title"], [row["artist"]], mix=row["mix"], duration=row["duration"], isrc=row["isrc"]
        )
        if song is not None:
            shelves.put(row["id"], row["kind"], song)


class Shelves:
    """Tracks laid out by what they are recordings of. Of two kinds (a stem, a track) none are alike."""

    def __init__(self) -> None:
        self._named: defaultdict[tuple[str, ...], list[_Place]] = defaultdict(list)
        self._coded: defaultdict[tuple[str, str], list[_Place]] = defaultdict(list)

    def put(self, id: int, kind: str, song: Recording) -> None:
        """Lay out a track; one of unknown length is like none."""
        if song.duration is None:
            return
        place = song.duration, id
        if song.isrc is not None:
            self._coded[kind, song.isrc].append(place)
        for artist in song.artists - _NOBODY if song.title else ():
            self._named[kind, *song.key, artist].append(place)

    def coded(self) -> Iterator[list[int]]:
        """The tracks of one ISRC that are about as long as each other."""
        return _as_long(self._coded.values(), ISRC_LENGTH_S)

    def named(self) -> Iterator[list[int]]:
        """The tracks with an artist in common, one title and version, that are as long as each other."""
        return _as_long(self._named.values(), LENGTH_S)


def _as_long(shelves: Iterable[list[_Place]], tolerance: float) -> Iterator[list[int]]:
    """The tracks of each shelf that differ in length by no more than the tolerance."""
    for shelf in shelves:
        if len(shelf) < 2:
            continue
        near: list[_Place] = []
        for duration, id in sorted(shelf):
            if near and duration - near[0][0] > tolerance:
                yield from _several(near)
                near = []
            near.append((duration, id))
        yield from _several(near)


def _several(near: Sequence[_Place]) -> Iterator[list[int]]:
    if len(near) > 1:
        yield [id for _, id in near]
