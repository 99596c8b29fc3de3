"""Playlists, folders and smart lists: the tree of crates."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from djtui.library.database import Library, Reader, Tx
from djtui.model.playlist import Playlist

_COLUMNS = "id, parent_id, position, kind, source, name, items, uuid, query, foreign_query"
_IMAGE: Final = ("parent_id", "position", "name", "query", "foreign_query")

Item = tuple[int | None, str | None, str]
"""track id or None, then what an unknown item pointed to, then track | stem | set."""


async def all_playlists(library: Library) -> list[Playlist]:
    """The whole tree, parents before their children, each level in its order."""
    rows = await library.fetchall(f"SELECT {_COLUMNS} FROM playlist ORDER BY parent_id, position, id")
    children: dict[int | None, list[Playlist]] = {}
    for row in rows:
        children.setdefault(row["parent_id"], []).append(Playlist(*row))
    ordered: list[Playlist] = []
    waiting = children.get(None, [])[::-1]
    while waiting:
        playlist = waiting.pop()
        ordered.append(playlist)
        waiting += children.get(playlist.id, [])[::-1]
    return ordered


def paths(playlists: Sequence[Playlist]) -> dict[int, str]:
    """The path of names of each playlist: "Gigs/Friday". Parents must stand before their children."""
    found: dict[int, str] = {}
    for playlist in playlists:
        above = found.get(playlist.parent_id, "") if playlist.parent_id is not None else ""
        found[playlist.id] = f"{above}/{playlist.name}" if above else playlist.name
    return found


async def images(library: Reader, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Whole playlists as dictionaries: what history keeps of them."""
    found: dict[int, dict[str, Any]] = {}
    for id in ids:
        row = await library.fetchone(f"SELECT {', '.join(_IMAGE)} FROM playlist WHERE id = ?", (id,))
        items = await library.fetchall(
            "SELECT track_id, location, kind FROM playlist_item WHERE playlist_id = ? ORDER BY position",
            (id,),
        )
        if row is not None:
            found[id] = dict(row) | {"items": [list(item) for item in items]}
    return found


async def restore(tx: Tx, id: int, image: Mapping[str, Any]) -> bool:
    """Make a playlist what it was; False if it is no longer there. Items whose track went become unknown."""
    assignments = ", ".join(f"{name} = ?" for name in _IMAGE)
    updated = await tx.execute(
        f"UPDATE playlist SET {assignments} WHERE id = ?", (*(image[name] for name in _IMAGE), id)
    )
    if updated.rowcount != 1:
        return False
    known = {
        row["id"]
        for row in await tx.fetchall(
            "SELECT id FROM track WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps([track_id for track_id, _, _ in image["items"]]),),
        )
    }
    await set_items(
        tx,
        id,
        [(track if track in known else None, location, kind) for track, location, kind in image["items"]],
    )
    await tx.execute(
        "UPDATE nml_playlist SET hash = x'' WHERE playlist_id = ?", (id,)
    )  # not what the file says
    return True


async def set_items(tx: Tx, playlist_id: int, items: Sequence[Item]) -> None:
    """Replace the items of a list, in order; the same track may stand in it twice."""
    await tx.execute("DELETE FROM playlist_item WHERE playlist_id = ?", (playlist_id,))
    await tx.executemany(
        "INSERT INTO playlist_item (playlist_id, position, track_id, location, kind) VALUES (?, ?, ?, ?, ?)",
        [(playlist_id, position, *item) for position, item in enumerate(items)],
    )
    await tx.execute("UPDATE playlist SET items = ? WHERE id = ?", (len(items), playlist_id))
    await tx.touch("playlists")
