"""Has Traktor overwritten an export? Looked at when the file has changed since, before anything is merged.

An export was lost if the file has old values again and none of the new ones. A value that is neither is an
edit made in Traktor since, and says nothing. Several exports in a row may be lost at once: then the values
are those from before the first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from djtui.library.tracks import GIVEN
from djtui.traktor.entry import ParsedEntry, entry_keys, parse_entries
from djtui.traktor.journal import Export, Move
from djtui.traktor.location import VolumeMap
from djtui.traktor.nml import Survey
from djtui.traktor.patch import locate
from djtui.traktor.tree import Tree, read_tree

Run = Callable[..., Awaitable[Any]]


@dataclass(slots=True)
class Found:
    """What the file has of the things that exports wrote: values by key, all keys, hashes of entries, hashes
    of nodes by identity."""

    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    hashes: set[str] = field(default_factory=set)
    nodes: dict[str, str] = field(default_factory=dict)


async def look(run: Run, survey: Survey, exports: Sequence[Export], keys: Mapping[int, str]) -> Found:
    """Read what the exports wrote. `keys` are those of the entries that they changed."""
    wanted = set(keys.values())
    for export in exports:
        wanted |= {row["key"] for row in (*export.edits.added, *export.edits.removed)}
        for move in export.edits.moved.values():
            wanted |= {move.old, move.new}
    found = Found(hashes=_hashes(survey, exports))
    if wanted:
        for entry in await run(read_entries, survey, wanted):
            values = dict(zip(GIVEN, entry.row, strict=True))
            found.entries[entry.key] = values | {"cues": [list(cue) for cue in entry.cues] or None}
            found.keys.add(entry.key)
    if survey.playlists is not None and any(export.edits.nodes for export in exports):
        tree: Tree = await run(read_tree, survey.path, survey.fingerprint, survey.playlists)
        found.nodes = {node.identity: node.hash.hex() for node in tree.nodes}
    return found


def lost(exports: Sequence[Export], keys: Mapping[int, str], found: Found) -> list[Export]:
    """Those that Traktor has overwritten, newest first. `exports` oldest first."""
    for first in range(len(exports)):
        candidates = exports[first:]
        old, new = _evidence(candidates, keys, found)
        if old and not new:
            return list(reversed(candidates))
    return []


def read_entries(survey: Survey, keys: set[str]) -> list[ParsedEntry]:
    """The entries of some keys, parsed: for the pool."""
    chosen: list[int] = []
    seen: set[str] = set()
    places = range(len(survey.entries))
    for start in range(0, len(places), 5000):
        part = places[start : start + 5000]
        found = entry_keys(survey.path, survey.fingerprint, survey.entries.pick(part))
        for place, key in zip(part, found, strict=True):
            if key in keys and key not in seen:
                seen.add(key)
                chosen.append(place)
    parsed = parse_entries(survey.path, survey.fingerprint, survey.entries.pick(chosen), VolumeMap())
    return [entry for entry in parsed.entries if entry is not None]


def _evidence(exports: Sequence[Export], keys: Mapping[int, str], found: Found) -> tuple[int, int]:
    """How many things are as before these exports, and how many as behind them."""
    fields: dict[tuple[int, str], tuple[Any, Any]] = {}
    moves = _moves(exports)
    swapped = {move.old for move in moves.values()} & {move.new for move in moves.values()}
    old = new = 0
    for export in exports:
        for entry, pairs in export.edits.fields.items():
            for name, (was, became) in pairs.items():
                first = fields.get((entry, name), (was, None))[0]
                fields[entry, name] = first, became
        for row in export.edits.added:
            if row["key"] in found.keys:
                new += 1
            else:
                old += 1
        for row in export.edits.removed:
            if row["key"] in found.keys:
                old += 1
            else:
                new += 1
        for before, after in export.edits.nodes:
            old += _is_there(before, found)
            new += _is_there(after, found)
    for entry, move in moves.items():
        became_hash = next((hash for it in reversed(exports) if (hash := it.edits.hashes.get(entry))), "")
        there = move.old in found.keys, move.new in found.keys
        if move.hash in found.hashes or became_hash in found.hashes:
            there = move.hash in found.hashes, became_hash in found.hashes
        old += there == (True, False) and move.old != move.new
        new += there == (False, True) and move.old != move.new
    for (entry, name), (was, became) in fields.items():
        places = [moves[entry].old, moves[entry].new] if entry in moves else [keys.get(entry, "")]
        present = [key for key in places if key in found.entries and key not in swapped]
        if present:
            values = found.entries[present[0]]
            old += values[name] == was != became
            new += values[name] == became != was
    return old, new


def _moves(exports: Sequence[Export]) -> dict[int, Move]:
    """Where entries were before the first of some exports, and where they are behind the last."""
    moves: dict[int, Move] = {}
    for export in exports:
        for entry, move in export.edits.moved.items():
            moves[entry] = moves[entry]._replace(new=move.new) if entry in moves else move
    return moves


def _hashes(survey: Survey, exports: Sequence[Export]) -> set[str]:
    """The hashes that moved entries had or have, as far as the file has them."""
    wanted: set[str] = set()
    for export in exports:
        for entry, move in export.edits.moved.items():
            wanted |= {move.hash, export.edits.hashes.get(entry, move.hash)}
    return {hash.hex() for hash in locate(survey.entries, map(bytes.fromhex, wanted))}


def _is_there(node: Mapping[str, Any] | None, found: Found) -> bool:
    return node is not None and found.nodes.get(node["identity"]) == node["hash"]
