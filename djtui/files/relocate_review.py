"""The proposals of the last look for missing files, and which of them the DJ has chosen.

They stand in the library, not in a job's result: on the day of a new disk all of 100,000 tracks are missing.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from djtui.files.relocate import Lost, Match, Score
from djtui.files.relocated import IS_LOST, LOST
from djtui.library.database import Reader, Tx
from djtui.library.tracks import as_json

_COLUMNS: Final = ("track_id", "place", "certain", "candidates")
_AMONG: Final = "IN (SELECT value FROM json_each(?))"
_OVERVIEW: Final = f"""
SELECT track.id, relocation.place IS NOT NULL, relocation.certain
FROM track LEFT JOIN relocation ON relocation.track_id = track.id
WHERE {IS_LOST} ORDER BY relocation.place IS NULL, relocation.place, track.id
"""
_DEEP: Final = 4
"""So many names of a path say where it was: "/Volumes/Disk/Music"."""


@dataclass(frozen=True, slots=True)
class Overview:
    """The missing tracks in the order of the list: what is certain, what may be, what was not found."""

    certain: Sequence[int]
    doubtful: Sequence[int]
    nowhere: Sequence[int]

    @property
    def total(self) -> int:
        return len(self.certain) + len(self.doubtful) + len(self.nowhere)


# -- what the job writes --------------------------------------------------------------------------


async def clear(tx: Tx) -> None:
    """Forget the proposals of the look before."""
    await tx.execute("DELETE FROM relocation")


async def put(tx: Tx, first: int, matches: Sequence[Match]) -> None:
    """Write proposals down; `first` is the place of the first of them in the list."""
    rows = [
        (match.lost.id, place, int(match.certain), as_json([each[:3] for each in match.candidates]))
        for place, match in enumerate(matches, first)
    ]
    known = await tx.fetchall(f"SELECT id FROM track WHERE id {_AMONG}", (as_json([row[0] for row in rows]),))
    there = {row["id"] for row in known}
    await tx.insert("relocation", _COLUMNS, [row for row in rows if row[0] in there])


async def chosen(library: Reader) -> list[tuple[int, str]]:
    """The tracks whose file the DJ has chosen, and its path; those that are still missing."""
    rows = await library.fetchall(
        "SELECT track_id, candidates ->> ('$[' || choice || '][0]') AS path"
        " FROM relocation JOIN track ON track.id = track_id"
        f" WHERE choice IS NOT NULL AND {IS_LOST} ORDER BY place"
    )
    return [(row["track_id"], row["path"]) for row in rows if row["path"] is not None]


# -- what the list reads and says -----------------------------------------------------------------


async def overview(library: Reader) -> Overview:
    """The missing tracks by what was found for them."""
    found: tuple[list[int], list[int], list[int]] = [], [], []
    for id, proposed, certain in await library.fetchall(_OVERVIEW):
        found[0 if certain else 1 if proposed else 2].append(id)
    return Overview(*found)


async def places(library: Reader) -> list[tuple[str, int]]:
    """Where the missing tracks were, as their home machine spells it: places and numbers, the most first."""
    rows = await library.fetchall(f"SELECT coalesce(track.path, track.location) FROM track WHERE {IS_LOST}")
    return Counter("/".join(row[0].split("/")[:-1][:_DEEP]) for row in rows).most_common()


async def last_look(library: Reader) -> str | None:
    """When files were last looked for, with what is proposed still there; None: never."""
    row = await library.fetchone(
        "SELECT finished FROM job WHERE kind = 'relocate' AND state = 'succeeded'"
        " AND params ->> 'folders' IS NOT NULL AND EXISTS (SELECT 1 FROM relocation) ORDER BY id DESC LIMIT 1"
    )
    return None if row is None else str(row["finished"])


def matches(reader: sqlite3.Connection, ids: Sequence[int]) -> dict[int, Match]:
    """Missing tracks with their candidates; of one that was not found there are none."""
    rows = reader.execute(
        f"SELECT lost.*, certain, candidates FROM ({LOST}) AS lost"
        f" LEFT JOIN relocation ON relocation.track_id = lost.id WHERE lost.id {_AMONG}",
        (as_json(list(ids)),),
    )
    found = {}
    for *lost, certain, candidates in rows:
        track = Lost(*lost)
        scores = [
            Score(path, score, tuple(reasons)) for path, score, reasons in json.loads(candidates or "[]")
        ]
        found[track.id] = Match(track, tuple(scores), bool(certain))
    return found


async def choose(tx: Tx, choices: Mapping[int, int]) -> None:
    """Note which candidate the DJ takes for each track, and for none else."""
    await tx.execute("UPDATE relocation SET choice = NULL WHERE choice IS NOT NULL")
    await tx.executemany("UPDATE relocation SET choice = ? WHERE track_id = ?", _swapped(choices))


def _swapped(choices: Mapping[int, int]) -> Iterable[tuple[int, int]]:
    return ((choice, id) for id, choice in choices.items())
