"""The playlists of the library that a rule feeds: the tracks that its songs are, in order."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from djtui.library import journal as history
from djtui.library import playlists
from djtui.library.database import Tx
from djtui.library.tracks import as_json


async def fill(tx: Tx, child_id: int, playlist_id: int | None, name: str, track_ids: Sequence[int]) -> None:
    """Have the child's playlist hold these tracks, in order; it is made where there is none.

    Items that are no track of the library stay, at the end. Raises `PlaylistError` where it cannot stand.
    """
    rows = await tx.fetchall(
        "SELECT id, kind FROM track WHERE id IN (SELECT value FROM json_each(?))", (as_json(list(track_ids)),)
    )
    kinds = {row["id"]: row["kind"] for row in rows}
    wanted: list[list[Any]] = [[id, None, kinds[id]] for id in track_ids if id in kinds]
    there = (await playlists.images(tx, [playlist_id])).get(playlist_id) if playlist_id is not None else None
    if there is None:
        await _make(tx, child_id, name, wanted)
        return
    wanted += [item for item in there["items"] if item[0] is None]
    if wanted == there["items"]:
        return
    await playlists.restore(tx, there["id"], {"items": wanted})
    named = {"name": there["name"], "kind": there["kind"]}
    change = await history.begin(tx, playlists.KIND, f"Playlist {there['name']}: filled by its rule")
    sides = (named | {"items": there["items"]}, named | {"items": wanted})
    await history.note(tx, change, "playlist", {there["id"]: sides})


async def _make(tx: Tx, child_id: int, name: str, items: list[list[Any]]) -> None:
    id = await playlists.new_id(tx)
    image = {
        "id": id,
        "kind": "list",
        "source": "djtui",
        "uuid": uuid.uuid4().hex,
        "job_id": None,
        "parent_id": None,
        "position": None,
        "name": name,
        "query": None,
        "foreign_query": None,
        "items": items,
        "nodes": [],
        "conflicts": [],
    }
    await playlists.insert_image(tx, image | {"position": await _end(tx)})
    await tx.execute("UPDATE route_child SET playlist_id = ? WHERE id = ?", (id, child_id))
    change = await history.begin(tx, playlists.KIND, f"Playlist {name}: made by its rule")
    await history.note(tx, change, "playlist", {id: (None, (await playlists.images(tx, [id]))[id])})


async def _end(tx: Tx) -> int:
    row = await tx.fetchone("SELECT count(*) AS nodes FROM playlist WHERE parent_id IS NULL")
    return 0 if row is None else int(row["nodes"])
