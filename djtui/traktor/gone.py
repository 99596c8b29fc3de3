"""Tracks that Traktor has deleted: which of them go here too, and which stay.

A deletion travels only if the track was in the file at the last sync, nobody changed it here since, and
nothing else here needs it. A collection that suddenly lacks a third of its tracks has more likely lost them
than been tidied: then nothing is deleted unless Traktor is to win.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from djtui.library import tracks
from djtui.library.database import Reader
from djtui.library.tracks import as_json
from djtui.traktor.merge import Strategy
from djtui.traktor.moving import PATH

UNDECIDED: Final = 2  # nml_entry.gone: vanished since the last sync
STAYS: Final = 1  # ... and its track stays all the same

_MANY: Final = 50
_SHARE: Final = 0.3


@dataclass(slots=True)
class Fates:
    """What becomes of the entries that vanished, by entry id.

    `removed`: entry -> track that goes. `changed`: entry -> the fields that were changed here, a question
    for the DJ. `kept`: entries whose tracks stay without a question. `forgotten`: entries to be written to
    the file again. `keys` are those of all tracks that stay. `refused`: so many vanished that none goes.
    """

    removed: dict[int, int] = field(default_factory=dict)
    changed: dict[int, list[str]] = field(default_factory=dict)
    kept: list[int] = field(default_factory=list)
    forgotten: list[int] = field(default_factory=list)
    keys: frozenset[str] = frozenset()
    refused: int = 0


async def fates(
    library: Reader, file_id: int | None, strategy: Strategy, planned: Iterable[int] = ()
) -> Fates:
    """Decide over every vanished entry of a file, and over those that a dry run finds. Writes nothing."""
    found = Fates()
    rows = await library.fetchall(
        "SELECT id, track_id, key, base, moved FROM nml_entry WHERE track_id IS NOT NULL"
        " AND (file_id IS ? AND gone = ? OR gone = 0 AND id IN (SELECT value FROM json_each(?)))",
        (file_id, UNDECIDED, as_json(list(planned))),
    )
    if not rows:
        return found
    there = await library.fetchone(
        "SELECT count(*) AS entries FROM nml_entry WHERE file_id IS ? AND gone != ?", (file_id, STAYS)
    )
    assert there is not None
    if len(rows) > max(_MANY, there["entries"] * _SHARE) and strategy != "traktor":
        found.kept = [row["id"] for row in rows]
        found.refused = len(rows)
        found.keys = frozenset(row["key"] for row in rows)
        return found
    needed = await _needed(library, file_id, [row["id"] for row in rows])
    edited = await drifts(library, {row["id"]: (row["track_id"], row["base"]) for row in rows})
    for row in rows:
        if row["moved"] is not None:  # Traktor had no chance to find its file
            edited[row["id"]] = [PATH, *edited.get(row["id"], ())]
    keys = set()
    for row in rows:
        id = row["id"]
        keys.add(row["key"])
        if row["track_id"] in needed or (strategy == "fill" and edited.get(id)):
            found.kept.append(id)
        elif strategy == "traktor" or not edited.get(id):
            found.removed[id] = row["track_id"]
            keys.discard(row["key"])
        elif strategy == "library":
            found.forgotten.append(id)
        else:
            found.changed[id] = edited[id]
    found.keys = frozenset(keys)
    return found


async def drifts(library: Reader, bases: Mapping[int, tuple[int, str | None]]) -> dict[int, list[str]]:
    """The synced fields that differ here from the file, by entry (entry -> track and base as stored)."""
    stored: dict[int, tuple[int, dict[str, Any]]] = {
        entry: (track, json.loads(base)) for entry, (track, base) in bases.items() if base
    }
    images = await tracks.images(library, [track for track, _ in stored.values()], cues=True)
    return {
        entry: [name for name, was in base.items() if was != images[track][name]]
        for entry, (track, base) in stored.items()
        if track in images
    }


async def _needed(library: Reader, file_id: int | None, entries: Sequence[int]) -> set[int]:
    """The tracks of these entries that another file has, or a playlist that was made here."""
    queries = (
        "SELECT other.track_id AS id FROM nml_entry AS other JOIN nml_entry AS entry USING (track_id)"
        " WHERE entry.id IN (SELECT value FROM json_each(:entries))"
        " AND other.gone = 0 AND other.id != entry.id",
        "SELECT item.track_id AS id FROM playlist_item AS item"
        " JOIN nml_entry AS entry USING (track_id) JOIN playlist ON playlist.id = item.playlist_id"
        " WHERE entry.id IN (SELECT value FROM json_each(:entries)) AND playlist.source = 'djtui'"
        " AND playlist.id NOT IN (SELECT playlist_id FROM nml_node"
        "  WHERE file_id IS :file AND playlist_id IS NOT NULL)",
    )
    found: set[int] = set()
    for query in queries:
        rows = await library.fetchall(query, {"file": file_id, "entries": as_json(entries)})
        found |= {row["id"] for row in rows}
    return found
