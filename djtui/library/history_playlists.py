"""Taking the playlists of a change from one of their images to the other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from djtui.library import playlist_rows
from djtui.library.database import Library, Tx
from djtui.library.history_rows import GONE, Image, Undone
from djtui.library.playlist_tree import Place, PlaylistError, PlaylistTree
from djtui.library.tracks import as_json

_PLACE: Final = ("parent_id", "position")
_CONTENT: Final = ("name", "query", "foreign_query", "items")
_COMPARED: Final = {
    "name": "it was renamed since",
    "parent_id": "it was moved since",
    "query": "its filter was changed since",
    "foreign_query": "its filter was changed since",
    "items": "its tracks were changed since",
}


async def swap_playlists(library: Library, change_id: int, result: Undone, *, forward: bool) -> None:
    """Take the playlists of a change from one of their images to the other, all in one transaction.

    Key by key: a playlist that was moved since can still get its old name back.
    """
    async with library.writing() as tx:
        rows = await tx.fetchall(
            "SELECT row_id, before, after FROM change_row WHERE change_id = ? AND what = 'playlist'",
            (change_id,),
        )
        made, changed, gone = {}, {}, {}
        for row in rows:
            sides = json.loads(row["before"] or "null"), json.loads(row["after"] or "null")
            expected, target = sides if forward else sides[::-1]
            if expected is None and target is not None:
                made[row["row_id"]] = target
            elif target is None and expected is not None:
                gone[row["row_id"]] = expected
            elif target is not None:
                changed[row["row_id"]] = expected, target
        await _make_playlists(tx, made, result)
        await _change_playlists(tx, changed, result)
        await _remove_playlists(tx, gone, result, change_id, "before" if forward else "after")


async def _make_playlists(tx: Tx, images: Mapping[int, Image], result: Undone) -> None:
    def depth(id: int) -> int:
        parent = images[id]["parent_id"]
        return 1 + depth(parent) if parent in images else 0

    for id in sorted(images, key=lambda id: (depth(id), images[id]["position"])):
        if await tx.fetchone("SELECT 1 FROM playlist WHERE id = ?", (id,)) is None:
            try:
                await playlist_rows.insert_image(tx, images[id])
            except PlaylistError as error:
                result.refuse(_called(images[id]), _reason(error))
                continue
        result.playlists += 1


async def _change_playlists(tx: Tx, sides: Mapping[int, tuple[Image, Image]], result: Undone) -> None:
    if not sides:
        return
    tree = await PlaylistTree.read(tx)
    present = await playlist_rows.images(tx, list(sides))
    places: dict[int, Place] = {}
    for id, (expected, target) in sides.items():
        if id not in present:
            result.refuse(_called(target), GONE)
            continue
        keys = [key for key in target if not expected or expected.get(key, target[key]) != target[key]]
        if expected and (reason := _changed_since(present[id], expected, keys, target)):
            result.refuse(_called(present[id]), reason)
            continue
        content = {key: target[key] for key in keys if key in _CONTENT}
        try:
            if "name" in content:
                tree.rename(id, content["name"])
        except PlaylistError as error:
            result.refuse(_called(present[id]), _reason(error))
            continue
        if not set(keys).isdisjoint(_PLACE):
            places[id] = target.get("parent_id", tree.parents[id]), target.get("position")
        await playlist_rows.restore_content(tx, id, content)
        result.playlists += 1
    for id, reason in tree.arrange(places).items():
        result.refuse(_called(present[id]), _reason(reason))
        result.playlists -= 1
    await tree.save(tx)


async def _remove_playlists(
    tx: Tx, images: Mapping[int, Image], result: Undone, change_id: int, side: str
) -> None:
    """Delete playlists; what they are by then is noted as the side of the change that makes them again."""
    if not images:
        return
    tree = await PlaylistTree.read(tx)
    present = await playlist_rows.images(tx, list(images))
    for id in images.keys() - present.keys():
        result.refuse(_called(images[id]), GONE)
    for id in [id for id in tree.with_contents(present) if id in images][::-1]:
        if reason := _changed_since(present[id], images[id], list(images[id])):
            result.refuse(_called(present[id]), reason)
        elif tree.children(id):
            result.refuse(_called(present[id]), "there are others in it by now")
        else:
            image = present[id] | {"position": tree.place(id)[1]}
            await tx.execute(
                f"UPDATE change_row SET {side} = ? WHERE change_id = ? AND what = 'playlist' AND row_id = ?",
                (as_json(image), change_id, id),
            )
            await playlist_rows.drop(tx, [id])
            tree.remove([id])
            result.playlists += 1
    await tree.save(tx)


def _changed_since(
    present: Image, expected: Image, keys: list[str], target: Image | None = None
) -> str | None:
    """Why an image is no longer what a change left, looking at some of its keys; None if it is."""
    for key in keys:
        if key not in _COMPARED or key not in expected or present[key] == expected[key]:
            continue
        if target is None or present[key] != target[key]:
            return _COMPARED[key]
    return None


def _called(image: Image) -> str:
    return f"{'folder' if image.get('kind') == 'folder' else 'playlist'} {image['name']}"


def _reason(error: object) -> str:
    """A sentence as a part of another one."""
    text = str(error).removesuffix(".")
    return text[:1].lower() + text[1:]
