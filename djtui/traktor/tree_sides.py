"""The three sides of a playlist tree: as at the last sync, as in the library, as in the file.

A node has the same id on all sides: n17 is the row 17 of nml_node, t3 the file's node 3 that no row knows,
p5 the library's playlist 5 that was never in the file.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from djtui.library.database import Reader
from djtui.traktor.merge_tree import Node, NodeId
from djtui.traktor.tree import TreeNode

STRANGER: Final = "track:"
"""Begins what stands for a track that has no key in the file: `track:17`. No key begins so: it has a `/:`."""

_ALIKE: Final = 0.5


class Row(NamedTuple):
    """A row of nml_node."""

    id: int
    playlist_id: int | None
    identity: str
    hash: bytes
    base: dict[str, Any]


@dataclass(slots=True)
class Sides:
    """The sides, and what the ids mean: playlists by id, and places in the file's list of nodes."""

    base: dict[NodeId, Node] = field(default_factory=dict)
    library: dict[NodeId, Node] = field(default_factory=dict)
    traktor: dict[NodeId, Node] = field(default_factory=dict)
    playlists: dict[NodeId, int] = field(default_factory=dict)
    places: dict[NodeId, int] = field(default_factory=dict)


async def read_rows(library: Reader, file_id: int | None) -> list[Row]:
    """The nodes that a file had at the last sync."""
    rows = await library.fetchall(
        "SELECT id, playlist_id, identity, hash, base FROM nml_node WHERE file_id IS ?", (file_id,)
    )
    return [
        Row(row["id"], row["playlist_id"], row["identity"], row["hash"], json.loads(row["base"]))
        for row in rows
    ]


async def read_sides(
    library: Reader,
    file_id: int | None,
    rows: Sequence[Row],
    nodes: Sequence[TreeNode] | None,
    *,
    whole: bool,
) -> Sides:
    """All three sides. Without `nodes` the file's side stays empty.

    `whole`: the file is a collection, so that playlists made here belong into it.
    """
    sides = Sides()
    ids = {row.identity: f"n{row.id}" for row in rows}
    for row in sorted(rows, key=lambda row: row.base["position"]):
        items = row.base.get("items") if row.base["kind"] == "list" else None
        sides.base[f"n{row.id}"] = Node(
            row.base["kind"],
            row.base["name"],
            ids.get(row.base["parent"] or ""),
            row.base.get("query"),
            None if items is None else tuple(items),
        )
        if row.playlist_id is not None:
            sides.playlists[f"n{row.id}"] = row.playlist_id
    await _read_library(library, file_id, sides, whole=whole)
    if nodes is not None:
        _read_file(nodes, rows, sides, await _unknown_uuids(library, sides))
    return sides


async def _read_library(library: Reader, file_id: int | None, sides: Sides, *, whole: bool) -> None:
    known = {playlist: id for id, playlist in sides.playlists.items()}
    rows = await library.fetchall(
        "SELECT id, parent_id, kind, name, foreign_query, source FROM playlist ORDER BY position, id"
    )
    in_a_file = {row["playlist_id"] for row in await library.fetchall("SELECT playlist_id FROM nml_node")}
    for row in rows if whole else ():
        if row["source"] == "djtui" and row["kind"] != "smart" and row["id"] not in in_a_file:
            known[row["id"]] = f"p{row['id']}"
            sides.playlists[f"p{row['id']}"] = row["id"]
    members = [row for row in rows if row["id"] in known]
    for row in members:
        sides.library[known[row["id"]]] = Node(
            row["kind"], row["name"], known.get(row["parent_id"]), row["foreign_query"], None
        )
    for id in [id for id, playlist in sides.playlists.items() if id not in sides.library]:
        del sides.playlists[id]  # its playlist went without a word: with an undone import
    items = await _items(library, file_id, known, sides.base)
    for row in members:
        if row["kind"] == "list":
            id = known[row["id"]]
            sides.library[id] = sides.library[id]._replace(items=tuple(items.get(row["id"], ())))


async def _items(
    library: Reader, file_id: int | None, known: Mapping[int, NodeId], base: Mapping[NodeId, Node]
) -> dict[int, list[str]]:
    """The items of playlists as keys of the file."""
    doubled = await _doubled(library, file_id)
    rows = await library.fetchall(
        "SELECT item.playlist_id, item.track_id, item.location, (SELECT key FROM nml_entry AS entry"
        "  WHERE entry.track_id = item.track_id AND entry.file_id = ? ORDER BY gone, id LIMIT 1) AS key"
        " FROM playlist_item AS item ORDER BY item.playlist_id, item.position",
        (file_id,),
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in rows:
        if row["playlist_id"] not in known:
            continue
        key = row["key"]
        if row["track_id"] in doubled:
            was = base.get(known[row["playlist_id"]])
            spelled = set(was.items or ()) if was is not None else set()
            key = next((key for key in doubled[row["track_id"]] if key in spelled), key)
        found[row["playlist_id"]].append(key or row["location"] or f"{STRANGER}{row['track_id']}")
    return found


async def _doubled(library: Reader, file_id: int | None) -> dict[int, list[str]]:
    """Tracks that a file knows by several keys, such as two spellings of one path."""
    rows: list[sqlite3.Row] = await library.fetchall(
        "SELECT track_id, key FROM nml_entry WHERE file_id = ? AND track_id IN ("
        " SELECT track_id FROM nml_entry WHERE file_id = ? GROUP BY track_id HAVING count(*) > 1)",
        (file_id, file_id),
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in rows:
        found[row["track_id"]].append(row["key"])
    return found


async def _unknown_uuids(library: Reader, sides: Sides) -> dict[str, NodeId]:
    """The UUIDs of playlists that were never in the file: one that comes back with it is the same."""
    new = {playlist: id for id, playlist in sides.playlists.items() if id.startswith("p")}
    rows = await library.fetchall("SELECT id, uuid FROM playlist WHERE uuid IS NOT NULL")
    return {row["uuid"]: new[row["id"]] for row in rows if row["id"] in new}


def _read_file(
    nodes: Sequence[TreeNode], rows: Sequence[Row], sides: Sides, uuids: Mapping[str, NodeId]
) -> None:
    matched = match(nodes, rows)
    ids: list[NodeId] = []
    for place, node in enumerate(nodes):
        row = matched.get(place)
        id = f"n{row.id}" if row is not None else uuids.get(node.uuid or "", f"t{place}")
        if id in sides.traktor:
            id = f"t{place}"
        ids.append(id)
        sides.places[id] = place
        items = tuple(item.key for item in node.items) if node.kind == "list" else None
        parent = None if node.parent is None else ids[node.parent]
        sides.traktor[id] = Node(node.kind, node.name, parent, node.foreign_query, items)


def match(nodes: Sequence[TreeNode], rows: Sequence[Row]) -> dict[int, Row]:
    """Which node of the file (by place) is which row: by identity, by name in its folder, by content."""
    by_identity = {row.identity: row for row in rows}
    matched = {
        place: row
        for place, node in enumerate(nodes)
        if (row := by_identity.get(node.identity)) is not None and row.base["kind"] == node.kind
    }
    taken = {row.id for row in matched.values()}
    free: defaultdict[tuple[str, str | None], list[Row]] = defaultdict(list)
    for row in rows:
        if row.id not in taken:
            free[row.base["kind"], row.base["parent"]].append(row)
    if not free:
        return matched
    contents = _contents(nodes)
    children = _children(rows)
    for place, node in enumerate(nodes):
        if place in matched:
            continue
        parent = matched.get(node.parent) if node.parent is not None else None
        if node.parent is not None and parent is None:
            continue
        candidates = free[node.kind, parent.identity if parent is not None else None]
        row = next((row for row in candidates if row.base["name"] == node.name), None)
        row = row or _renamed(node, contents[place], candidates, children)
        if row is not None:
            candidates.remove(row)
            matched[place] = row
    return matched


def _renamed(
    node: TreeNode, content: set[str], candidates: Sequence[Row], children: Mapping[str, set[str]]
) -> Row | None:
    """The row that has this node's content under another name. UUIDs are looked at before."""
    if node.kind == "smart" or (node.uuid and node.kind == "list") or not content:
        return None
    for row in candidates:
        was = children[row.identity] if node.kind == "folder" else set(row.base["items"])
        if was and len(was & content) > _ALIKE * len(was):
            return row
    return None


def _contents(nodes: Sequence[TreeNode]) -> list[set[str]]:
    """What is in each node: the keys of a list; of a folder, its nodes by UUID, else by name."""
    contents: list[set[str]] = [{item.key for item in node.items} for node in nodes]
    for node in nodes:
        if node.parent is not None:
            contents[node.parent].add(node.uuid or node.name)
    return contents


def _children(rows: Sequence[Row]) -> Mapping[str, set[str]]:
    children: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.base["parent"] is not None:
            named = ":" in row.identity
            children[row.base["parent"]].add(row.base["name"] if named else row.identity)
    return children
