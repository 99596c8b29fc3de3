"""The rows of playlists: images of whole playlists, and making them what an image says. No history here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from djtui.library import conflict_rows
from djtui.library.database import Reader, Tx
from djtui.library.playlist_tree import PlaylistError, PlaylistTree
from djtui.library.tracks import as_json

Item = tuple[int | None, str | None, str]
"""track id or None, then what an unknown item pointed to, then track | stem | set."""

_IMAGE: Final = (
    "id", "kind", "source", "uuid", "job_id", "parent_id", "position", "name", "query", "foreign_query",
)  # fmt: skip
_OWN: Final = ("name", "query", "foreign_query")
_AMONG: Final = "IN (SELECT value FROM json_each(?))"


async def new_id(tx: Tx) -> int:
    """The id of a new playlist. None is used twice: history and the files' nodes go by it."""
    rows = await tx.fetchall(
        "INSERT INTO meta VALUES ('playlist', (SELECT coalesce(max(id), 0) + 1 FROM playlist))"
        " ON CONFLICT (name) DO UPDATE SET"
        " value = max(value, (SELECT coalesce(max(id), 0) FROM playlist)) + 1 RETURNING value"
    )
    return int(rows[0]["value"])


async def items(library: Reader, id: int) -> list[Item]:
    """The items of a list, in order."""
    rows = await library.fetchall(
        "SELECT track_id, location, kind FROM playlist_item WHERE playlist_id = ? ORDER BY position", (id,)
    )
    return [(row["track_id"], row["location"], row["kind"]) for row in rows]


async def images(library: Reader, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Whole playlists as dictionaries: what history keeps of them, by id.

    Their columns, `items` (as lists), `nodes` (file and identity of each) and `conflicts` (rows).
    """
    wanted = (as_json(list(ids)),)
    rows = await library.fetchall(f"SELECT {', '.join(_IMAGE)} FROM playlist WHERE id {_AMONG}", wanted)
    found: dict[int, dict[str, Any]] = {
        row["id"]: dict(row) | {"items": [], "nodes": [], "conflicts": []} for row in rows
    }
    for row in await library.fetchall(
        "SELECT playlist_id, track_id, location, kind FROM playlist_item"
        f" WHERE playlist_id {_AMONG} ORDER BY playlist_id, position",
        wanted,
    ):
        id, *item = row
        found[id]["items"].append(item)
    for row in await library.fetchall(
        f"SELECT playlist_id, file_id, identity FROM nml_node WHERE playlist_id {_AMONG} ORDER BY id", wanted
    ):
        if row["playlist_id"] in found:
            found[row["playlist_id"]]["nodes"].append([row["file_id"], row["identity"]])
    for conflict in await conflict_rows.about(library, "playlist_id", ids):
        found[conflict["playlist_id"]]["conflicts"].append(conflict)
    return {id: found[id] for id in ids if id in found}


async def set_items(tx: Tx, playlist_id: int, items: Iterable[Sequence[Any]]) -> None:
    """Replace the items of a list, in order; the same track may stand in it twice."""
    await tx.execute("DELETE FROM playlist_item WHERE playlist_id = ?", (playlist_id,))
    rows = [(playlist_id, position, *item) for position, item in enumerate(items)]
    await tx.insert("playlist_item", ("playlist_id", "position", "track_id", "location", "kind"), rows)
    await tx.execute("UPDATE playlist SET items = ? WHERE id = ?", (len(rows), playlist_id))
    await tx.touch("playlists")


async def restore(tx: Tx, id: int, image: Mapping[str, Any]) -> bool:
    """Make a playlist what an image (or the part of one) says, and `edited`; False if it is not there.

    Items whose track was removed since stay away. Raises `PlaylistError` where it cannot stand.
    """
    tree = await PlaylistTree.read(tx)
    if id not in tree:
        return False
    if "parent_id" in image or "position" in image:
        tree.move(id, (image.get("parent_id", tree.parents[id]), image.get("position")))
    if "name" in image:
        tree.rename(id, image["name"])
    await tree.save(tx)
    await restore_content(tx, id, image)
    return True


async def restore_content(tx: Tx, id: int, image: Mapping[str, Any]) -> None:
    """`restore`, but for the place."""
    columns = {name: image[name] for name in _OWN if name in image}
    assignments = "".join(f"{name} = ?, " for name in columns)
    await tx.execute(f"UPDATE playlist SET {assignments}edited = 1 WHERE id = ?", (*columns.values(), id))
    if "items" in image:
        await set_items(tx, id, await _still_known(tx, image["items"]))
    await tx.touch("playlists")


async def insert_image(tx: Tx, image: Mapping[str, Any]) -> int:
    """Make a deleted playlist again, with its old id, `edited`. Returns the id.

    The nodes of files that still wait to be taken out are its nodes again. If it had some and they are
    gone, no program has it any more but this one. Raises `PlaylistError` where it cannot stand.
    """
    id: int = image["id"]
    for node in image["nodes"]:
        if await tx.fetchone(
            "SELECT 1 FROM nml_node JOIN nml_file ON nml_file.id = file_id"
            " WHERE role = 'collection' AND playlist_id != ? AND file_id = ? AND identity = ?",
            (id, *node),
        ):
            raise PlaylistError("The collection has brought it back as another playlist.")
    tree = await PlaylistTree.read(tx)
    tree.add(id, image["kind"], image["name"], (image["parent_id"], image["position"]))
    await tx.execute(
        f"INSERT INTO playlist ({', '.join(_IMAGE)}, edited) VALUES ({', '.join('?' * len(_IMAGE))}, 1)",
        [image[name] for name in _IMAGE],
    )
    await tree.save(tx)
    await set_items(tx, id, await _still_known(tx, image["items"]))
    for node in image["nodes"]:
        await tx.execute(
            "UPDATE nml_node SET playlist_id = ? WHERE playlist_id IS NULL AND file_id = ? AND identity = ?",
            (id, *node),
        )
    if image["nodes"] and not await tx.fetchone("SELECT 1 FROM nml_node WHERE playlist_id = ?", (id,)):
        await tx.execute("UPDATE playlist SET source = 'djtui' WHERE id = ?", (id,))
    await conflict_rows.put_back(tx, image["conflicts"])
    return id


async def drop(tx: Tx, ids: Sequence[int]) -> None:
    """Delete playlists, what is in a folder before it; their nodes wait to be taken out of the files."""
    await tx.execute(
        f"UPDATE nml_node SET playlist_id = NULL WHERE playlist_id {_AMONG}", (as_json(list(ids)),)
    )
    await tx.executemany("DELETE FROM playlist WHERE id = ?", [(id,) for id in ids])
    await tx.touch("playlists")


async def renumber(tx: Tx, parent_id: int | None) -> None:
    """Give what stands in a folder the positions 0, 1, 2 …; those that get another one are `edited`."""
    rows = await tx.fetchall(
        "SELECT id FROM playlist WHERE parent_id IS ? ORDER BY position, id", (parent_id,)
    )
    await tx.executemany(
        "UPDATE playlist SET position = ?1, edited = 1 WHERE id = ?2 AND position != ?1",
        [(position, row["id"]) for position, row in enumerate(rows)],
    )


async def _still_known(tx: Tx, items: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """Items without those whose track was removed since: nobody could say any more what they were."""
    rows = await tx.fetchall(f"SELECT id FROM track WHERE id {_AMONG}", (as_json([row[0] for row in items]),))
    known = {row["id"] for row in rows}
    return [
        (id if id in known else None, location, kind)
        for id, location, kind in items
        if id in known or location is not None
    ]
