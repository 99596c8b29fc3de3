"""Settling a conflict over a playlist or folder."""

from __future__ import annotations

from typing import Any, Final, Literal

from djtui.library import conflict_rows, history, playlists
from djtui.library.database import Tx
from djtui.traktor.merge_tree import DELETED, ORDER, ordered_like

_COLUMN: Final = {"name": "name", "parent": "parent_id", "query": "foreign_query"}

_BELOW: Final = """
WITH RECURSIVE below (id, depth) AS (
    SELECT :id, 0 UNION ALL
    SELECT playlist.id, depth + 1 FROM playlist JOIN below ON playlist.parent_id = below.id
)
SELECT id FROM below ORDER BY depth DESC
"""


async def settle_playlist(
    tx: Tx,
    change: int,
    file_id: int,
    playlist_id: int,
    field: str,
    theirs: Any,
    take: Literal["library", "traktor"],
) -> None:
    """Give a playlist Traktor's value, or note that the library's is to be written."""
    if field == DELETED:
        await (_delete if take == "traktor" else _keep)(tx, change, file_id, playlist_id)
        return
    if take == "traktor":
        before = await playlists.images(tx, [playlist_id])
        if field == ORDER:
            await _reorder(tx, file_id, playlist_id, theirs)
        else:
            await tx.execute(f"UPDATE playlist SET {_COLUMN[field]} = ? WHERE id = ?", (theirs, playlist_id))
            await tx.touch("playlists")
        after = await playlists.images(tx, [playlist_id])
        await history.note(tx, change, "playlist", {playlist_id: (before[playlist_id], after[playlist_id])})
    else:
        await tx.execute("UPDATE playlist SET edited = 1 WHERE id = ?", (playlist_id,))
    await conflict_rows.set_node_base(tx, file_id, playlist_id, field, theirs)


async def _reorder(tx: Tx, file_id: int, playlist_id: int, theirs: list[str]) -> None:
    rows = await tx.fetchall(
        "SELECT track_id, location, kind, coalesce((SELECT key FROM nml_entry AS entry"
        "  WHERE entry.track_id = item.track_id AND entry.file_id = ? ORDER BY gone, id LIMIT 1),"
        "  location, 'track:' || track_id) AS key"
        " FROM playlist_item AS item WHERE playlist_id = ? ORDER BY position",
        (file_id, playlist_id),
    )
    waiting: dict[str, list[playlists.Item]] = {}
    for row in rows:
        waiting.setdefault(row["key"], []).append((row["track_id"], row["location"], row["kind"]))
    ordered = ordered_like(theirs, [row["key"] for row in rows])
    await playlists.set_items(tx, playlist_id, [waiting[key].pop(0) for key in ordered])


async def _delete(tx: Tx, change: int, file_id: int, playlist_id: int) -> None:
    ids = [row["id"] for row in await tx.fetchall(_BELOW, {"id": playlist_id})]
    images = await playlists.images(tx, ids)
    await history.note(tx, change, "playlist", {id: (images[id], None) for id in ids if id in images})
    await tx.execute("DELETE FROM nml_node WHERE file_id = ? AND playlist_id = ?", (file_id, playlist_id))
    await playlists.drop(tx, ids)
    await tx.touch("playlists")


async def _keep(tx: Tx, change: int, file_id: int, playlist_id: int) -> None:
    """As if it had been made here: the next export writes it to the file again."""
    await tx.execute("DELETE FROM nml_node WHERE file_id = ? AND playlist_id = ?", (file_id, playlist_id))
    await tx.execute("UPDATE playlist SET source = 'djtui', edited = 1 WHERE id = ?", (playlist_id,))
