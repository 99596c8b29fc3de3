"""The phase of an import that stores folders, playlists and smart lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure
from djtui.library import history, playlists
from djtui.library.database import Tx
from djtui.library.tracks import as_json
from djtui.traktor.import_state import LANE, Batches, Import, nothing, reading
from djtui.traktor.location import key_hash
from djtui.traktor.tree import Tree, TreeNode, read_tree

_ITEMS_AT_ONCE: Final = 3000
_KEYS_AT_ONCE: Final = 500


@dataclass
class Playlists:
    """Stores the nodes that are new or changed; a list whose track nobody knows keeps its place for it."""

    job: Import
    name: str = "Playlists"
    _ids: dict[str, int] = field(default_factory=dict)

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        if work.survey is None or work.survey.playlists is None or work.unchanged:
            return
        async with reading(work):
            tree: Tree = await ctx.run(
                LANE, read_tree, str(work.path), work.survey.fingerprint, work.survey.playlists
            )
        ctx.report(total=ctx.done + len(tree.nodes))
        stored = await ctx.library.fetchall(
            "SELECT identity, playlist_id, hash FROM nml_playlist WHERE file_id IS ?", (work.file_id,)
        )
        self._ids = {row["identity"]: row["playlist_id"] for row in stored}
        hashes = {row["identity"]: row["hash"] for row in stored}
        work.plan["playlists"] = sum(node.kind != "folder" for node in tree.nodes)
        failures = [ItemFailure(failure.item, failure.reason) for failure in tree.failures]
        for nodes in _batches(tree.nodes):
            touched = [node for node in nodes if hashes.get(node.identity) != node.hash]

            async def store(tx: Tx, touched: Sequence[TreeNode] = touched) -> None:
                await self._store(tx, tree.nodes, touched, ctx.job_id)

            yield Batch(
                nothing if work.dry_run or not touched else store,
                processed=len(nodes),
                failures=failures,
            )
            failures = []
        yield Batch(nothing if work.dry_run else self._settle)

    async def _store(
        self, tx: Tx, nodes: Sequence[TreeNode], touched: Sequence[TreeNode], job_id: int
    ) -> None:
        known = [id for node in touched if (id := self._ids.get(node.identity)) is not None]
        await history.add_playlists(tx, await self.job.storing.change(tx), known)
        tracks = await self._tracks(tx, {key for node in touched for key, _ in node.items})
        for node in touched:
            id = await self._node(tx, nodes, node, job_id)
            self._ids[node.identity] = id
            if node.kind == "list":
                items = [(tracks.get(key), None if key in tracks else key, kind) for key, kind in node.items]
                await playlists.set_items(tx, id, items)
            await tx.execute(
                "INSERT OR REPLACE INTO nml_playlist (file_id, identity, playlist_id, hash, base)"
                " VALUES (?, ?, ?, ?, ?)",
                (self.job.file_id, node.identity, id, node.hash, as_json(_base(nodes, node))),
            )
        await tx.touch("playlists")

    async def _node(self, tx: Tx, nodes: Sequence[TreeNode], node: TreeNode, job_id: int) -> int:
        parent = None if node.parent is None else self._ids[nodes[node.parent].identity]
        values = (parent, node.position, node.kind, node.name, node.uuid, node.foreign_query)
        if (id := self._ids.get(node.identity)) is not None:
            await tx.execute(
                "UPDATE playlist SET parent_id = ?, position = ?, kind = ?, name = ?, uuid = ?,"
                " foreign_query = ? WHERE id = ?",
                (*values, id),
            )
            return id
        rows = await tx.fetchall(
            "INSERT INTO playlist (parent_id, position, kind, name, uuid, foreign_query, source, job_id)"
            " VALUES (?, ?, ?, ?, ?, ?, 'traktor', ?) RETURNING id",
            (*values, job_id),
        )
        return int(rows[0]["id"])

    async def _tracks(self, tx: Tx, keys: set[str]) -> Mapping[str, int]:
        """The tracks of keys: of this file's entries, else of any other's (an exported playlist has none)."""
        found: dict[str, int] = {}
        wanted = [key_hash(key) for key in keys]
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


def _base(nodes: Sequence[TreeNode], node: TreeNode) -> dict[str, object]:
    parent = None if node.parent is None else nodes[node.parent].identity
    return {
        "name": node.name,
        "parent": parent,
        "position": node.position,
        "items": [key for key, _ in node.items],
    }


def _batches(nodes: Sequence[TreeNode]) -> Iterator[Sequence[TreeNode]]:
    batch: list[TreeNode] = []
    items = 0
    for node in nodes:
        batch.append(node)
        items += 20 + len(node.items)
        if items > _ITEMS_AT_ONCE:
            yield batch
            batch, items = [], 0
    if batch:
        yield batch
