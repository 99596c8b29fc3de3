"""What waits for export: everything in the library that a collection does not have yet.

Found from the library alone; an export then holds it against the file itself. What is an open conflict does
not wait, it is the DJ's turn.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from djtui.library import tracks
from djtui.library.database import Reader
from djtui.model.cue import IDENTITY as CUE_IDENTITY
from djtui.model.cue import by_identity, with_cue
from djtui.model.track import SYNCED
from djtui.traktor.journal import parts
from djtui.traktor.location import portable
from djtui.traktor.merge_tree import DELETED, ORDER, MergedTree, Node, NodeId, merge_trees
from djtui.traktor.moving import PATH
from djtui.traktor.tree import TreeNode
from djtui.traktor.tree_sides import STRANGER, Sides, read_rows, read_sides

_SYNCED: Final = frozenset(SYNCED)


@dataclass(frozen=True, slots=True)
class Edit:
    """A track whose fields wait: field -> (what the file has, what the library has).

    With `moved`, the key that it is to have, PATH is among them.
    """

    entry_id: int
    track_id: int
    name: str
    key: str
    hash: bytes
    fields: dict[str, tuple[Any, Any]]
    moved: str | None = None

    @property
    def synced(self) -> dict[str, tuple[Any, Any]]:
        """The fields but for PATH."""
        return {name: pair for name, pair in self.fields.items() if name != PATH}


class Row(NamedTuple):
    """An entry to take out of the file: its track was removed here."""

    id: int
    key: str
    key_hash: int
    hash: bytes
    audio: bytes | None
    cues: int


@dataclass(slots=True)
class Pending:
    """What waits for one file. `new` are tracks that the file does not have."""

    edits: list[Edit] = field(default_factory=list)
    new: list[int] = field(default_factory=list)
    removed: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Tree:
    """The playlist tree as the file should have it: nodes by id, and what the ids mean."""

    sides: Sides
    nodes: dict[NodeId, Node]
    left_out: int = 0

    def rekey(self, keys: Mapping[str, str]) -> None:
        """Call entries by other keys, in what the file has as in what it should have."""
        for nodes in (self.nodes, self.sides.traktor) if keys else ():
            for id, node in nodes.items():
                if node.items is not None and not keys.keys().isdisjoint(node.items):
                    nodes[id] = node._replace(items=tuple(keys.get(key, key) for key in node.items))


@dataclass(frozen=True, slots=True)
class TreeChange:
    """One line of a diff: a playlist and what happens to it."""

    path: str
    what: str


async def waiting(library: Reader, file_id: int, *, whole: bool) -> Pending:
    """What waits for a file. `whole`: it is a collection, so that tracks it does not have belong into it."""
    pending = Pending()
    rows = await library.fetchall(
        "SELECT id, track_id, key, hash, base, moved FROM nml_entry WHERE id IN ("
        " SELECT id FROM nml_entry WHERE file_id = :file AND base IS NOT NULL"
        " UNION SELECT id FROM nml_entry WHERE file_id = :file AND moved IS NOT NULL)"
        " AND gone = 0 AND track_id IS NOT NULL ORDER BY id",
        {"file": file_id},
    )
    open_conflicts = await _conflicts(library, file_id)
    for part in parts(rows):
        images = await tracks.images(library, [row["track_id"] for row in part], cues=True)
        for row in part:
            image = images[row["track_id"]]
            conflicts = open_conflicts.get(row["track_id"], {})
            fields = differences(json.loads(row["base"] or "{}"), image, conflicts)
            moved: str | None = row["moved"]
            if moved is not None:
                fields = {PATH: (portable(row["key"]), portable(moved))} | fields
            if fields:
                name = name_of(image, row["key"])
                edit = Edit(row["id"], row["track_id"], name, row["key"], row["hash"], fields, moved)
                pending.edits.append(edit)
    removed = await library.fetchall(
        "SELECT id, key, key_hash, hash, audio, cues FROM nml_entry"
        " WHERE file_id = ? AND track_id IS NULL AND gone = 0",
        (file_id,),
    )
    pending.removed = [Row(*row) for row in removed]
    if whole:
        pending.new = await _new(library, file_id)
    return pending


def differences(
    base: Mapping[str, Any], image: Mapping[str, Any], conflicts: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """The fields that wait: (old, new). `conflicts`: field -> what Traktor has; those do not wait."""
    found: dict[str, tuple[Any, Any]] = {}
    for name, was in base.items():
        if name not in _SYNCED or name in conflicts or was == image[name]:
            continue
        if name == "cues":
            old, new = was, image["cues"]
            for identity, theirs in conflicts.items():
                if identity.startswith(CUE_IDENTITY):
                    old, new = with_cue(old, identity, theirs), with_cue(new, identity, theirs)
            if by_identity(old or ()) != by_identity(new or ()):
                found[name] = old, new
        else:
            found[name] = was, image[name]
    return found


async def tree(library: Reader, file_id: int, nodes: Sequence[TreeNode] | None, *, whole: bool) -> Tree:
    """The playlist tree that the file should have. Without its `nodes`, they are taken to be the base."""
    rows = await read_rows(library, file_id)
    sides = await read_sides(library, file_id, rows, nodes, whole=whole)
    if nodes is None:
        sides.traktor = await _as_last_read(library, file_id, sides)
    merged = merge_trees(sides.base, sides.library, sides.traktor, "merge")
    return await _wanted(library, file_id, sides, merged)


async def tree_as_it_is(library: Reader, file_id: int, nodes: Sequence[TreeNode]) -> Tree:
    """The playlist tree of a file, for an export that changes nothing but keys in it."""
    sides = await read_sides(library, file_id, await read_rows(library, file_id), nodes, whole=False)
    return Tree(sides, dict(sides.traktor))


async def _as_last_read(library: Reader, file_id: int, sides: Sides) -> dict[NodeId, Node]:
    """The file's side as the last import saw it: the base, but for open conflicts."""
    nodes = dict(sides.base)
    ids = {playlist: id for id, playlist in sides.playlists.items()}
    rows = await library.fetchall(
        "SELECT playlist_id, field, traktor FROM conflict WHERE file_id = ? AND playlist_id IS NOT NULL",
        (file_id,),
    )
    for row in rows:
        id, theirs = ids.get(row["playlist_id"], ""), json.loads(row["traktor"] or "null")
        if id not in nodes:
            continue
        if row["field"] == DELETED:
            del nodes[id]
        elif row["field"] == ORDER:
            nodes[id] = nodes[id]._replace(items=tuple(theirs))
        else:
            changed: dict[str, Any] = {row["field"]: ids.get(theirs) if row["field"] == "parent" else theirs}
            nodes[id] = nodes[id]._replace(**changed)
    return nodes


async def _wanted(library: Reader, file_id: int, sides: Sides, merged: MergedTree) -> Tree:
    """The library's nodes; where there is a conflict, what the file has."""
    known = {
        row["key"]
        for row in await library.fetchall(
            "SELECT key FROM nml_entry WHERE file_id = ? AND gone = 0 AND track_id IS NOT NULL", (file_id,)
        )
    }
    wanted = Tree(sides, {})
    for id, node in merged.nodes.items():
        theirs = sides.traktor.get(id)
        for conflict in merged.conflicts.get(id, ()):
            if theirs is not None:
                name = "items" if conflict.field == ORDER else conflict.field
                node = node._replace(**{name: getattr(theirs, name)})
        asked = any(conflict.field == DELETED for conflict in merged.conflicts.get(id, ()))
        if asked or (node.parent is not None and node.parent not in wanted.nodes):
            continue
        if node.items is not None:
            there = set((theirs.items if theirs is not None else None) or ())
            items = tuple(
                key for key in node.items if key in known or key in there or key.startswith(STRANGER)
            )
            wanted.left_out += len(node.items) - len(items)
            node = node._replace(items=items)
        wanted.nodes[id] = node
    return wanted


def tree_changes(tree: Tree, inserted: Iterable[str] = ()) -> list[TreeChange]:
    """What an export does to the playlists, one line each. `inserted`: strangers that get a key."""
    after, before = tree.nodes, tree.sides.traktor
    keys = set(inserted)
    changes = []
    for id, node in after.items():
        items = tuple(key for key in node.items or () if not key.startswith(STRANGER) or key in keys)
        was = before.get(id)
        if was is None:
            what = (
                f"new, {len(items):,} track{'' if len(items) == 1 else 's'}"
                if node.items is not None
                else "new"
            )
            changes.append(TreeChange(_path(after, id), what))
            continue
        said = []
        if node.name != was.name:
            said.append(f"was called {was.name}")
        if node.parent != was.parent:
            said.append("moved")
        if node.items is not None and items != was.items:
            said.append(_items_said(was.items or (), items))
        if said:
            changes.append(TreeChange(_path(after, id), ", ".join(said)))
    changes += [TreeChange(_path(before, id), "deleted") for id in before if id not in after]
    if not changes and _siblings(before, after) != _siblings(after, before):
        changes.append(TreeChange("playlists", "in another order"))
    return changes


def _siblings(nodes: Mapping[NodeId, Node], others: Mapping[NodeId, Node]) -> dict[str, list[NodeId]]:
    """The nodes that both sides have, by their folders, in order."""
    found: defaultdict[str, list[NodeId]] = defaultdict(list)
    for id, node in nodes.items():
        if id in others:
            found[node.parent or ""].append(id)
    return found


def _items_said(was: Sequence[str], now: Sequence[str]) -> str:
    added = len(now) - sum(key in set(was) for key in now)
    removed = len(was) - sum(key in set(now) for key in was)
    parts = [f"+{added:,}" if added else "", f"-{removed:,}" if removed else ""]
    return " ".join(part for part in parts if part) or "in another order"


def _path(nodes: Mapping[NodeId, Node], id: NodeId) -> str:
    names = []
    at: NodeId | None = id
    while at is not None and at in nodes:
        names.append(nodes[at].name)
        at = nodes[at].parent
    return "/".join(reversed(names))


async def _conflicts(library: Reader, file_id: int) -> dict[int, dict[str, Any]]:
    rows = await library.fetchall(
        "SELECT track_id, field, traktor FROM conflict WHERE file_id = ? AND track_id IS NOT NULL", (file_id,)
    )
    found: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for row in rows:
        found[row["track_id"]][row["field"]] = json.loads(row["traktor"] or "null")
    return found


async def _new(library: Reader, file_id: int) -> list[int]:
    """Tracks whose files are there and that were never in the file. (What Traktor deleted has been.)"""
    rows = await library.fetchall(
        "SELECT id FROM track WHERE missing = 0 AND path IS NOT NULL AND kind != 'set' AND NOT EXISTS ("
        " SELECT 1 FROM nml_entry WHERE nml_entry.track_id = track.id AND nml_entry.file_id = ?)"
        " AND id NOT IN (SELECT track_id FROM conflict WHERE track_id IS NOT NULL AND field = 'deleted')",
        (file_id,),
    )
    return [row["id"] for row in rows]


def name_of(image: Mapping[str, Any], key: str) -> str:
    """What to call a track in a message."""
    named = " - ".join(text for text in (image["title"], image["artist"]) if text)
    return named or key.rpartition("/:")[2]


async def touched(library: Reader, file_id: int) -> bool:
    """Whether playlists were changed here since the last sync: then they are compared with the file's."""
    row = await library.fetchone(
        "SELECT EXISTS (SELECT 1 FROM playlist WHERE edited) OR EXISTS ("
        " SELECT 1 FROM nml_node WHERE file_id = ? AND playlist_id IS NULL) AS touched",
        (file_id,),
    )
    return row is not None and bool(row["touched"])


class Waiting(NamedTuple):
    """How many tracks and playlists wait for a file, by what waits. Open conflicts are not counted."""

    changed: int
    moved: int
    removed: int
    new: int
    playlists: int


async def count(library: Reader, file_id: int) -> int:
    """How many tracks and playlists wait: for the status line."""
    return sum(await counts(library, file_id))


async def counts(library: Reader, file_id: int) -> Waiting:
    """The same by what waits."""
    row = await library.fetchone(_COUNT, {"file": file_id})
    assert row is not None
    playlists = 0
    if await touched(library, file_id):
        playlists = len(tree_changes(await tree(library, file_id, None, whole=bool(row["whole"]))))
    return Waiting(row["changed"], row["moved"], row["removed"], row["new"], playlists)


_COUNT: Final = """
SELECT (SELECT count(*) FROM nml_entry AS entry
        WHERE entry.file_id = :file AND entry.base IS NOT NULL AND entry.gone = 0
        AND entry.moved IS NULL AND entry.track_id IS NOT NULL
        AND EXISTS (SELECT 1 FROM json_each(entry.base) AS field WHERE NOT EXISTS (
            SELECT 1 FROM conflict WHERE conflict.track_id = entry.track_id
            AND (conflict.field = field.key
                 OR field.key = 'cues' AND substr(conflict.field, 1, 4) = 'cue:')))) AS changed,
       (SELECT count(*) FROM nml_entry
        WHERE file_id = :file AND moved IS NOT NULL AND gone = 0 AND track_id IS NOT NULL) AS moved,
       (SELECT count(*) FROM nml_entry
        WHERE file_id = :file AND track_id IS NULL AND gone = 0) AS removed,
       (SELECT count(*) FROM track WHERE missing = 0 AND path IS NOT NULL AND kind != 'set'
        AND file.role = 'collection'
        AND NOT EXISTS (SELECT 1 FROM nml_entry
                        WHERE nml_entry.track_id = track.id AND nml_entry.file_id = :file)
        AND id NOT IN (SELECT track_id FROM conflict WHERE track_id IS NOT NULL AND field = 'deleted'))
       AS new,
       file.role = 'collection' AS whole
FROM nml_file AS file WHERE file.id = :file
"""
