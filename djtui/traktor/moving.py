"""Files that were renamed or moved here, and that Traktor does not know under their new names yet.

`nml_entry.moved` is the key that an entry is to have. Until an export has written it, or Traktor has found
the file itself, the entry keeps its old key, and its track has the new path.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import Row
from typing import Final, NamedTuple

from djtui.library import tracks
from djtui.library.database import Reader, Tx
from djtui.traktor.journal import parts
from djtui.traktor.location import Keys, VolumeMap, nfc, portable, spellings
from djtui.traktor.matching import Link
from djtui.traktor.writer import possible

PATH: Final = "path"
"""The field under which a move is shown: `C:/Music/a.mp3 -> C:/Music/b.mp3`."""

_NO_MAPS: Final[Mapping[int, VolumeMap]] = {}


@dataclass(slots=True)
class Moves:
    """What new paths of tracks mean for the collections.

    `waiting` are tracks that Traktor has to be told about, `settled` those that lie where it has them.
    `refused`: track -> why a collection cannot name its new path, as a sentence; nothing is noted of those.
    Tracks that no collection has are in none of the three.
    """

    waiting: set[int] = field(default_factory=set)
    settled: set[int] = field(default_factory=set)
    refused: dict[int, str] = field(default_factory=dict)


class _Collection(NamedTuple):
    """A file of entries, and how it spells paths. `whole`: it is the DJ's collection."""

    name: str
    whole: bool
    volumes: VolumeMap
    keys: Keys


class Naming:
    """How each collection spells paths: read once, for any number of moves."""

    def __init__(self, collections: Mapping[int, _Collection]) -> None:
        self._collections = collections

    @classmethod
    async def read(cls, library: Reader, maps: Mapping[int, VolumeMap] = _NO_MAPS) -> Naming:
        """Learn it from the entries that the collections have: some 0.3 s for 100,000.

        `maps` are those of files that were looked at since their last import.
        """
        files = await library.fetchall(
            "SELECT id, path, role, volumes FROM nml_file ORDER BY role != 'collection', id"
        )
        found = {}
        for file in files:
            rows = await library.fetchall(
                "SELECT key FROM nml_entry WHERE file_id = ? AND gone = 0 ORDER BY id", (file["id"],)
            )
            volumes = maps.get(file["id"]) or VolumeMap.stored(file["volumes"])
            keys = await asyncio.to_thread(Keys, volumes, [row["key"] for row in rows])
            found[file["id"]] = _Collection(
                Path(file["path"]).name, file["role"] == "collection", volumes, keys
            )
        return cls(found)

    def moved(self, file_id: int, key: str, path: str) -> str | None:
        """The key that an entry of a file is to have; its own if that leads to the path already.

        None where it cannot be named. What is no collection may borrow the spelling of one that is.
        """
        own = self._collections[file_id]
        if own.volumes.local(key) == nfc(path):
            return key
        others = () if own.whole else self._collections.values()
        for it in (own, *others):
            if (found := it.keys.key(path, key)) is not None and possible("".join(found)):
                return "".join(found)
        return None

    def whole(self, file_id: int) -> bool:
        """Whether a file is the DJ's collection."""
        return self._collections[file_id].whole

    def refusal(self, file_id: int, path: str) -> str:
        """Why a collection cannot name a path."""
        name = self._collections[file_id].name
        if not possible(path):
            return f"{path!r} has control characters, which {name} cannot hold: Traktor would lose the file."
        return f"{path} lies on no volume that {name} knows: Traktor would lose the file."

    def order(self, file_id: int) -> int:
        """The collection comes before what is none."""
        return list(self._collections).index(file_id)


async def can_move(library: Reader, paths: Mapping[int, str], naming: Naming | None = None) -> Moves:
    """What `note_moves` would do, to be asked before any file is moved. Writes nothing."""
    moves, _, _ = await _planned(library, paths, naming or await Naming.read(library))
    return moves


async def note_moves(tx: Tx, paths: Mapping[int, str], naming: Naming | None = None) -> Moves:
    """Note that the files of tracks lie elsewhere now: track -> its new path on this machine.

    Sets what the next export tells Traktor, and `track.location`; the caller sets `track.path`. Where a file
    is back where its entry says, nothing waits any more. For many batches, read `naming` once.
    """
    moves, keys, locations = await _planned(tx, paths, naming or await Naming.read(tx))
    await tx.executemany("UPDATE nml_entry SET moved = ? WHERE id = ?", [(key, id) for id, key in keys])
    await tracks.update(tx, {id: {"location": location} for id, location in locations.items()})
    return moves


async def unknown_names(library: Reader) -> int:
    """How many tracks have new names that Traktor does not know yet."""
    row = await library.fetchone(
        "SELECT count(DISTINCT track_id) AS tracks FROM nml_entry JOIN nml_file AS file ON file.id = file_id"
        " WHERE moved IS NOT NULL AND gone = 0 AND file.role = 'collection'"
    )
    return int(row["tracks"]) if row is not None else 0


async def awaited(library: Reader, track_ids: Sequence[int]) -> dict[tuple[int, str], str]:
    """The moves of some tracks that wait: track and old key, in whichever file -> new key."""
    if await library.fetchone("SELECT 1 FROM nml_entry WHERE moved IS NOT NULL LIMIT 1") is None:
        return {}
    found: dict[tuple[int, str], str] = {}
    for part in parts(track_ids):
        rows = await library.fetchall(
            "SELECT track_id, key, moved FROM nml_entry WHERE moved IS NOT NULL"
            f" AND track_id IN ({','.join('?' * len(part))})",
            part,
        )
        found |= {(row["track_id"], row["key"]): row["moved"] for row in rows}
    return found


async def aliases(
    library: Reader, file_id: int | None, former: Mapping[int, str] | None = None
) -> dict[str, Link]:
    """Keys that entries of a file may have instead of their own: those that they are to have.

    `former`: entry -> the key that it had before an export that did not last.
    """
    rows = await library.fetchall(
        "SELECT id, track_id, moved FROM nml_entry"
        " WHERE file_id = ? AND moved IS NOT NULL AND track_id IS NOT NULL ORDER BY id DESC",
        (file_id,),
    )
    found = {row["moved"]: Link(row["track_id"], row["id"]) for row in rows}
    if former:
        rows = await library.fetchall(
            "SELECT id, track_id FROM nml_entry"
            " WHERE track_id IS NOT NULL AND id IN (SELECT value FROM json_each(?))",
            (tracks.as_json(list(former)),),
        )
        found |= {former[row["id"]]: Link(row["track_id"], row["id"]) for row in rows}
    return found


async def still_there(library: Reader, entry_ids: Iterable[int]) -> set[int]:
    """Of some entries those that wait for a move, and whose tracks' files are where they were moved to."""
    rows = await library.fetchall(
        "SELECT entry.id, track.path FROM nml_entry AS entry JOIN track ON track.id = entry.track_id"
        " WHERE moved IS NOT NULL AND path IS NOT NULL AND entry.id IN (SELECT value FROM json_each(?))",
        (tracks.as_json(list(entry_ids)),),
    )
    paths = {row["id"]: row["path"] for row in rows}
    return await asyncio.to_thread(
        lambda: {id for id, path in paths.items() if any(map(os.path.isfile, spellings(path)))}
    )


_Planned = tuple[Moves, list[tuple[int, str | None]], dict[int, str]]


async def _planned(library: Reader, paths: Mapping[int, str], naming: Naming) -> _Planned:
    """The moves, the key that each entry is to have (None: it has it), and the location of each track."""
    moves = Moves()
    keys: list[tuple[int, str | None]] = []
    locations: dict[int, str] = {}
    for id, rows in (await _entries(library, paths)).items():
        rows.sort(key=lambda row: naming.order(row["file_id"]))
        found = {row["id"]: naming.moved(row["file_id"], row["key"], paths[id]) for row in rows}
        unnamed = [row for row in rows if found[row["id"]] is None and not row["gone"]]
        if refused := next((row for row in unnamed if naming.whole(row["file_id"])), None):
            moves.refused[id] = naming.refusal(refused["file_id"], paths[id])
            continue
        waiting = {row["id"]: key for row in rows if (key := found[row["id"]]) not in (None, row["key"])}
        if there := {row["id"] for row in rows if not row["gone"]}:
            (moves.waiting if there & waiting.keys() else moves.settled).add(id)
        keys += [(row["id"], waiting.get(row["id"])) for row in rows]
        if (first := next(filter(None, found.values()), None)) is not None:
            locations[id] = portable(first)
    return moves, keys, locations


async def _entries(library: Reader, ids: Iterable[int]) -> dict[int, list[Row]]:
    """The entries of tracks, in all files."""
    found: dict[int, list[Row]] = {}
    for part in parts(list(ids)):
        rows = await library.fetchall(
            "SELECT id, file_id, track_id, key, gone FROM nml_entry"
            f" WHERE track_id IN ({','.join('?' * len(part))}) ORDER BY id",
            part,
        )
        for row in rows:
            found.setdefault(row["track_id"], []).append(row)
    return found
