"""Merging tracks in the library: what the keepers get, and the leaving of the others; all of it noted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from djtui.bridge.merged import in_place_of, merged
from djtui.library import history, playlist_rows, removal, tracks
from djtui.library.database import Reader, Tx
from djtui.library.tracks import as_json

_AMONG: Final = "IN (SELECT value FROM json_each(?))"


async def merge(tx: Tx, change_id: int, pairs: Iterable[tuple[int, int]]) -> int:
    """Merge tracks, each into its keeper: (keeper, other). Returns how many; those that are gone are passed
    over. All goes through `tracks.update` and the playlists, so that an export carries it to Traktor."""
    wanted = list(pairs)
    images = await tracks.images(tx, [id for pair in wanted for id in pair], cues=True)
    others = {other: keeper for keeper, other in wanted if keeper in images and other in images}
    if not others:
        return 0
    await _merge_fields(tx, change_id, images, others)
    await _merge_playlists(tx, change_id, others)
    ids = as_json(list(others))
    plays = await tx.fetchall(
        f"SELECT night_id, position, track_id FROM play WHERE track_id {_AMONG}", (ids,)
    )
    await tx.executemany(
        "UPDATE spotify_link SET track_id = ?, how = CASE how WHEN 'hand' THEN how ELSE 'exact' END"
        " WHERE track_id = ?",
        [(keeper, other) for other, keeper in others.items()],
    )
    await removal.remove_tracks(tx, change_id, list(others), tombstones=True)
    await tx.executemany(
        "UPDATE change_row SET before = json_set(before, ?, ?)"
        " WHERE change_id = ? AND what = 'track' AND row_id = ?",
        [(f"$.{removal.KEEPER}", keeper, change_id, other) for other, keeper in others.items()],
    )
    await tx.executemany(
        "UPDATE play SET track_id = ? WHERE night_id = ? AND position = ?",
        [(others[row["track_id"]], row["night_id"], row["position"]) for row in plays],
    )
    return len(others)


async def _merge_fields(
    tx: Tx, change_id: int, images: Mapping[int, dict[str, Any]], others: Mapping[int, int]
) -> None:
    sounds = await _sounds(tx, [*others, *others.values()])
    before: dict[int, dict[str, Any]] = {}
    after: dict[int, dict[str, Any]] = {}
    for other, keeper in others.items():
        image = images[keeper]
        image["cues"] = image["cues"] or []
        same = sounds.get(other) is not None and sounds.get(other) == sounds.get(keeper)
        fields = merged(image, images[other], same_sound=same)
        before[keeper] = {name: image[name] for name in fields} | before.get(keeper, {})
        after[keeper] = after.get(keeper, {}) | fields
        image |= fields
    changed = {id: fields for id, fields in after.items() if fields}
    await tracks.update(tx, changed)
    await _note(tx, change_id, {id: (before[id], fields) for id, fields in changed.items()})


async def _note(tx: Tx, change_id: int, images: Mapping[int, tuple[dict[str, Any], dict[str, Any]]]) -> None:
    """Note what keepers got; of one that got something of another one before, both together."""
    noted = await tx.fetchall(
        f"SELECT track_id, before, after FROM change_item WHERE change_id = ? AND track_id {_AMONG}",
        (change_id, as_json(list(images))),
    )
    whole = dict(images)
    for row in noted:
        before, after = images[row["track_id"]]
        whole[row["track_id"]] = before | json.loads(row["before"]), json.loads(row["after"]) | after
    await tx.executemany(
        "DELETE FROM change_item WHERE change_id = ? AND track_id = ?",
        [(change_id, row["track_id"]) for row in noted],
    )
    await history.add(tx, change_id, whole)


async def _merge_playlists(tx: Tx, change_id: int, others: Mapping[int, int]) -> None:
    lists = await tx.fetchall(
        "SELECT id, name, kind FROM playlist"
        f" WHERE id IN (SELECT playlist_id FROM playlist_item WHERE track_id {_AMONG})",
        (as_json(list(others)),),
    )
    images = {}
    for row in lists:
        named = {"name": row["name"], "kind": row["kind"]}
        there = [list(item) for item in await playlist_rows.items(tx, row["id"])]
        new = [list(item) for item in in_place_of(there, others)]
        await playlist_rows.restore_content(tx, row["id"], {"items": new})
        images[row["id"]] = named | {"items": there}, named | {"items": new}
    if images:
        await history.note(tx, change_id, "playlist", images)


async def _sounds(library: Reader, ids: Sequence[int]) -> dict[int, bytes | None]:
    """The hashes of the whole sounds of tracks. By now their files may lie in the trash."""
    rows = await library.fetchall(
        f"SELECT track_id, whole FROM file WHERE track_id {_AMONG}", (as_json(list(ids)),)
    )
    return {row["track_id"]: row["whole"] for row in rows}
