"""The phase of an import that merges folders, playlists and smart lists, three ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure
from djtui.library import history, playlists
from djtui.library.database import Reader, Tx
from djtui.library.tracks import as_json
from djtui.traktor.gone import fates
from djtui.traktor.import_state import LANE, Batches, Import, nothing, reading
from djtui.traktor.location import key_hash
from djtui.traktor.merge import Conflict
from djtui.traktor.merge_tree import MergedTree, Node, NodeId, merge_trees
from djtui.traktor.tree import Tree
from djtui.traktor.tree_sides import STRANGER, Row, Sides, read_rows, read_sides

_ITEMS_AT_ONCE: Final = 3000
_KEYS_AT_ONCE: Final = 500


@dataclass
class Playlists:
    """Merges the tree of the file with the library's, and stores the nodes that this changes."""

    job: Import
    name: str = "Playlists"
    _tree: Tree = field(default_factory=lambda: Tree([], []))
    _sides: Sides = field(default_factory=Sides)
    _merged: MergedTree = field(default_factory=MergedTree)
    _rows: dict[NodeId, Row] = field(default_factory=dict)

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        if work.survey is None or work.survey.playlists is None or work.unchanged:
            return
        async with reading(work):
            tree: Tree = await ctx.run(
                LANE, read_tree_of, str(work.path), work.survey.fingerprint, work.survey.playlists
            )
        self._tree = tree
        ctx.report(total=ctx.done + len(tree.nodes))
        work.plan["playlists"] = sum(node.kind != "folder" for node in tree.nodes)
        failures = [ItemFailure(failure.item, failure.reason) for failure in tree.failures]
        rows = await read_rows(ctx.library, work.file_id)
        if Counter(row.hash for row in rows) == Counter(node.hash for node in tree.nodes):
            yield Batch(
                nothing if work.dry_run else self._settle, processed=len(tree.nodes), failures=failures
            )
            return
        await self._merge(ctx.library, rows)
        for ids in self._batches():

            async def store(tx: Tx, ids: Sequence[NodeId] = ids) -> None:
                await self._store(tx, ids, ctx.job_id)

            yield Batch(nothing if work.dry_run else store, processed=len(ids), failures=failures)
            failures = []
        work.plan["conflicts"] += sum(map(len, self._merged.conflicts.values()))
        yield Batch(nothing if work.dry_run else self._finish, failures=failures)

    async def _merge(self, library: Reader, rows: Sequence[Row]) -> None:
        work = self.job
        whole = work.survey is not None and work.survey.role == "collection"
        self._rows = {f"n{row.id}": row for row in rows}
        self._sides = sides = await read_sides(library, work.file_id, rows, self._tree.nodes, whole=whole)
        if not whole:  # what a partial file does not have, it says nothing about
            for id, node in sides.base.items():
                if id not in sides.traktor:
                    sides.traktor[id] = node
        stay = await fates(library, work.file_id, work.strategy, work.vanished)
        self._merged = merge_trees(sides.base, sides.library, sides.traktor, work.strategy, stay.keys)

    def _batches(self) -> Iterator[Sequence[NodeId]]:
        """The nodes to look at, so many at a time as fit into a short transaction."""
        batch: list[NodeId] = []
        items = 0
        for id, node in self._merged.nodes.items():
            batch.append(id)
            if self._sides.library.get(id) != node:
                items += 20 + len(node.items or ())
            if items > _ITEMS_AT_ONCE:
                yield batch
                batch, items = [], 0
        if batch:
            yield batch

    async def _store(self, tx: Tx, ids: Sequence[NodeId], job_id: int) -> None:
        """Make these nodes what they were merged to, and note it."""
        sides, nodes = self._sides, self._merged.nodes
        changed = [id for id in ids if sides.library.get(id) != nodes[id]]
        known = [playlist for id in changed if (playlist := sides.playlists.get(id)) is not None]
        before = await playlists.images(tx, known)
        tracks = await self._tracks(tx, {key for id in changed for key in nodes[id].items or ()})
        for id in ids:
            if id in changed:
                await self._node(tx, id, nodes[id], tracks, job_id)
        after = await playlists.images(tx, known)
        images = {id: (before[id], after[id]) for id in known if before[id] != after[id]}
        if images:
            await history.note(tx, await self.job.storing.change(tx), "playlist", images)
        await self._place(tx, ids)
        await self._note(tx, ids)
        if changed:
            await tx.touch("playlists")

    async def _node(self, tx: Tx, id: NodeId, node: Node, tracks: Mapping[str, int], job_id: int) -> None:
        parent = None if node.parent is None else self._sides.playlists[node.parent]
        place = self._sides.places.get(id)
        read = None if place is None else self._tree.nodes[place]
        values = (parent, node.kind, node.name, node.query)
        ours = self._sides.library.get(id)
        if ours is not None:
            await tx.execute(
                "UPDATE playlist SET parent_id = ?, kind = ?, name = ?, foreign_query = ? WHERE id = ?",
                (*values, self._sides.playlists[id]),
            )
        else:
            await self.job.storing.change(tx)
            self._sides.playlists[id] = new = await playlists.new_id(tx)
            await tx.execute(
                "INSERT INTO playlist"
                " (parent_id, kind, name, foreign_query, uuid, source, job_id, position, id)"
                " VALUES (?, ?, ?, ?, ?, 'traktor', ?, 0, ?)",
                (*values, read.uuid if read is not None else None, job_id, new),
            )
        if node.items is not None and (ours is None or ours.items != node.items):
            kinds = {item.key: item.kind for item in read.items} if read is not None else {}
            await playlists.set_items(
                tx,
                self._sides.playlists[id],
                [_item(key, tracks, kinds.get(key, "track")) for key in node.items],
            )

    async def _place(self, tx: Tx, ids: Sequence[NodeId]) -> None:
        """Put siblings in order. (The library's other playlists keep the places they have.)"""
        places: Counter[NodeId | None] = Counter()
        rows = []
        wanted = set(ids)
        for id, node in self._merged.nodes.items():
            if id in wanted:
                rows.append((places[node.parent], self._sides.playlists[id], places[node.parent]))
            places[node.parent] += 1
        await tx.executemany("UPDATE playlist SET position = ? WHERE id = ? AND position != ?", rows)

    async def _note(self, tx: Tx, ids: Sequence[NodeId]) -> None:
        """Keep what both sides now agree upon, and whether the library has more to say."""
        displaced = self._displaced()
        for id in ids:
            base, playlist = self._merged.base.get(id), self._sides.playlists[id]
            row = self._rows.get(id)
            if base is None:
                if row is not None:
                    await tx.execute("DELETE FROM nml_node WHERE id = ?", (row.id,))
                await tx.execute("UPDATE playlist SET edited = 1 WHERE id = ?", (playlist,))
                continue
            edited = base != self._merged.nodes[id] or id in displaced
            await tx.execute(
                "UPDATE playlist SET edited = ? WHERE id = ? AND edited != ?", (edited, playlist, edited)
            )
            place = self._sides.places.get(id)
            read = None if place is None else self._tree.nodes[place]
            identity = read.identity if read is not None else row.identity if row is not None else id
            stored = {
                "kind": base.kind,
                "name": base.name,
                "parent": self._identity(base.parent),
                "position": read.position if read is not None else row.base["position"] if row else 0,
                "query": base.query,
                "items": list(base.items or ()),
            }
            hash = read.hash if read is not None else b""
            if row is not None:
                await tx.execute(
                    "UPDATE OR REPLACE nml_node SET playlist_id = ?, identity = ?, hash = ?, base = ?"
                    " WHERE id = ?",
                    (playlist, identity, hash, as_json(stored), row.id),
                )
            else:
                await tx.execute(
                    "INSERT OR REPLACE INTO nml_node (file_id, playlist_id, identity, hash, base)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (self.job.file_id, playlist, identity, hash, as_json(stored)),
                )

    def _identity(self, id: NodeId | None) -> str | None:
        """What the file calls a node."""
        if id is None:
            return None
        if (place := self._sides.places.get(id)) is not None:
            return self._tree.nodes[place].identity
        return self._rows[id].identity if id in self._rows else None

    def _displaced(self) -> set[NodeId]:
        """Nodes that stand elsewhere among their siblings than in the file."""
        there = [id for id in self._sides.traktor if id in self._merged.nodes]
        here = [id for id in self._merged.nodes if id in self._sides.traktor]
        if there == here:
            return set()
        children: dict[NodeId | None, list[list[NodeId]]] = {}
        for side, ids in enumerate((there, here)):
            for id in ids:
                lists = children.setdefault(self._merged.nodes[id].parent, [[], []])
                lists[side].append(id)
        return {id for theirs, ours in children.values() if theirs != ours for id in ours}

    async def _finish(self, tx: Tx) -> None:
        """What Traktor deleted goes; what could not be settled is a question."""
        removed = [id for id in self._sides.library if id in self._merged.removed]
        ids = [self._sides.playlists[id] for id in reversed(removed)]  # what is in a folder before it
        images = await playlists.images(tx, ids)
        if images:
            gone = {id: (image, None) for id, image in images.items()}
            await history.note(tx, await self.job.storing.change(tx), "playlist", gone)
            await playlists.drop(tx, ids)
            await tx.touch("playlists")
        rows = [self._rows[id].id for id in self._rows if self._is_over(id)]
        await tx.executemany("DELETE FROM nml_node WHERE id = ?", [(id,) for id in rows])
        await self._ask(tx)
        await self._settle(tx)

    def _is_over(self, id: NodeId) -> bool:
        """Whether neither side has a node any more."""
        return id in self._merged.removed or (id not in self._merged.nodes and id not in self._sides.traktor)

    async def _ask(self, tx: Tx) -> None:
        conflicts: list[tuple[int, Conflict]] = [
            (self._sides.playlists[id], self._storable(conflict))
            for id, found in self._merged.conflicts.items()
            for conflict in found
        ]
        await self.job.storing.ask_playlists(tx, conflicts)

    def _storable(self, conflict: Conflict) -> Conflict:
        """A conflict that names folders by their playlists: the ids here last no longer than the import."""
        if conflict.field != "parent":
            return conflict
        places = (conflict.base, conflict.library, conflict.traktor)
        return Conflict("parent", *(self._sides.playlists.get(place or "") for place in places))

    async def _tracks(self, tx: Tx, keys: set[str]) -> Mapping[str, int]:
        """The tracks of keys: of this file's entries, else of any other's (an exported playlist has none)."""
        found: dict[str, int] = {key: int(key.removeprefix(STRANGER)) for key in keys if _stranger(key)}
        wanted = [key_hash(key) for key in keys if not _stranger(key)]
        for start in range(0, len(wanted), _KEYS_AT_ONCE):
            part = wanted[start : start + _KEYS_AT_ONCE]
            rows = await tx.fetchall(
                "SELECT key, track_id FROM nml_entry"
                f" WHERE key_hash IN ({','.join('?' * len(part))}) AND track_id IS NOT NULL"
                " ORDER BY file_id = ?",  # this file's come last and so win
                (*part, self.job.file_id),
            )
            found |= {row["key"]: row["track_id"] for row in rows}
        return found

    async def _settle(self, tx: Tx) -> None:
        """Items of earlier imports whose track has come since find it."""
        lost = await tx.fetchall("SELECT DISTINCT location FROM playlist_item WHERE track_id IS NULL")
        found = await self._tracks(tx, {row["location"] for row in lost if row["location"] is not None})
        await tx.executemany(
            "UPDATE playlist_item SET track_id = ?, location = NULL WHERE track_id IS NULL AND location = ?",
            [(track_id, key) for key, track_id in found.items()],
        )


def read_tree_of(path: str, expected: Any, section: tuple[int, int]) -> Tree:
    """The playlist tree of a surveyed file, for the pool: its parser is imported there."""
    from djtui.traktor.tree import read_tree

    return read_tree(path, expected, section)


def _stranger(key: str) -> bool:
    return key.startswith(STRANGER) and key[len(STRANGER) :].isdigit()


def _item(key: str, tracks: Mapping[str, int], kind: str) -> playlists.Item:
    """An item of a list: its track, or what it points to while nobody knows that."""
    track_id = tracks.get(key)
    return track_id, None if track_id is not None else key, kind
