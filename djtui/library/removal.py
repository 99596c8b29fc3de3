"""Removing tracks from the library for good, never their files, and putting them back as they were.

What a collection has of a removed track waits there as an entry without a track, for the next export to take
it out.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from djtui.library import conflict_rows, journal, playlist_rows, tracks
from djtui.library.database import Library, Reader, Tx
from djtui.library.tracks import as_json

KIND: Final = "remove"
"""The kind of these changes in the history."""

KEEPER: Final = "keeper"
"""In the image of a track that was merged into another one: which has its plays meanwhile."""

_AT_ONCE: Final = 500
_ENTRY: Final = ("file_id", "track_id", "hash", "audio", "key_hash", "key", "cues", "base", "gone", "moved")
_RESTORED: Final = ("track_id", "hash", "audio", "cues", "base", "moved")
_FILE: Final = (
    "path", "size", "mtime_ns", "payload", "whole", "codec", "samplerate", "channels", "disc", "grouping",
    "gain", "gain_peak", "cover", "tags", "note", "scanned",
)  # fmt: skip
_BLOBS: Final = ("payload", "whole")
_PUT_FILE: Final = f"INSERT OR IGNORE INTO file (track_id, {', '.join(_FILE)}) VALUES (?{', ?' * len(_FILE)})"
_STAYS: Final = 1  # nml_entry.gone: it left the file, and its track stays all the same
_AMONG: Final = "IN (SELECT value FROM json_each(?))"
_TOLD: Final = """
INSERT INTO change_row (change_id, what, row_id, before, after)
SELECT ?, what, row_id, iif(what = 'track', json_object('row', json_object('id', row_id,
    'artist', before ->> '$.row.artist', 'title', before ->> '$.row.title')), before), after
FROM change_row WHERE change_id = ?
"""


async def remove(library: Library, ids: Sequence[int], title: str) -> tuple[int, int | None]:
    """Remove tracks as one change. Returns (tracks removed, the change or None if there were none)."""
    change_id: int | None = None
    removed = 0
    for start in range(0, len(ids), _AT_ONCE):
        async with library.writing() as tx:
            there = list(await tracks.get_many(tx, ids[start : start + _AT_ONCE]))
            if not there:
                continue
            if change_id is None:
                change_id = await journal.begin(tx, KIND, title)
            removed += await remove_tracks(tx, change_id, there, tombstones=True)
    return removed, change_id


async def remove_tracks(tx: Tx, change_id: int, ids: Sequence[int], *, tombstones: bool) -> int:
    """Remove tracks, take them out of their playlists, and note all of it. Returns how many there were.

    With `tombstones` the entries of collections stay, without a track; else Traktor has deleted them itself.
    """
    images = await _images(tx, ids)
    if not images:
        return 0
    await journal.note(tx, change_id, "track", {id: (image, None) for id, image in images.items()})
    gone = as_json(list(images))
    await _leave_playlists(tx, change_id, gone)
    if tombstones:
        await tx.execute(
            f"UPDATE nml_entry SET track_id = NULL WHERE track_id {_AMONG} AND gone = 0"
            " AND file_id IN (SELECT id FROM nml_file WHERE role = 'collection')",
            (gone,),
        )
    await tracks.delete(tx, images)
    return len(images)


async def remove_again(tx: Tx, change_id: int, redo_id: int) -> tuple[int, list[int]]:
    """Redo a removal: noted anew, for what was done to the tracks since belongs to their images.

    The change `redo_id` tells of it. Returns how many were removed, and those that are not there.
    """
    known = await removable(tx, change_id)
    there = [id for id, is_there in known.items() if is_there]
    await tx.execute(
        "DELETE FROM change_row WHERE change_id = ?1 AND (what = 'playlist'"
        " OR what = 'track' AND row_id IN (SELECT value FROM json_each(?2)))",
        (change_id, as_json(there)),
    )
    removed = await remove_tracks(tx, change_id, there, tombstones=True)
    await tx.execute(_TOLD, (redo_id, change_id))
    return removed, [id for id, is_there in known.items() if not is_there]


async def removable(reader: Reader, change_id: int) -> dict[int, bool]:
    """The tracks that a removal took out, and whether they are there to be removed again."""
    rows = await reader.fetchall(
        "SELECT row_id, EXISTS (SELECT 1 FROM track WHERE id = row_id) AS is_there FROM change_row"
        " WHERE change_id = ? AND what = 'track'",
        (change_id,),
    )
    return {row["row_id"]: bool(row["is_there"]) for row in rows}


@dataclass(slots=True)
class Returning:
    """What there is to know before tracks are made again: those that are there, those that cannot be and
    why, and the entries of the others, each with the row that there is of it now (and its file's role)."""

    there: set[int] = field(default_factory=set)
    refused: dict[int, str] = field(default_factory=dict)
    entries: dict[int, list[tuple[Mapping[str, Any], Any]]] = field(default_factory=lambda: defaultdict(list))


async def returning(reader: Reader, images: Mapping[int, Mapping[str, Any]]) -> Returning:
    """What `put_back` would find. Writes nothing."""
    found = Returning(set(await tracks.get_many(reader, list(images))))
    for id, image in images.items():
        if id in found.there:
            continue
        for entry in image["entries"]:
            row = await reader.fetchone(
                "SELECT entry.id, track_id, gone, role FROM nml_file AS file LEFT JOIN nml_entry AS entry"
                " ON entry.file_id = file.id AND entry.key_hash = ? AND entry.key = ? WHERE file.id = ?",
                (entry["key_hash"], entry["key"], entry["file_id"]),
            )
            if row is None:
                continue  # the whole file is forgotten
            if row["track_id"] is not None and row["role"] == "collection":
                found.refused[id] = "the collection has brought it back as another track"
            found.entries[id].append((entry, row))
    return found


async def put_back(tx: Tx, images: Mapping[int, Mapping[str, Any]]) -> tuple[int, dict[int, str]]:
    """Make removed tracks again, with their cues, entries, conflicts and plays, and with what a scan knew of
    their files unless these are other tracks' now; not their playlists.

    Returns how many are there now, and the tracks that were refused, with the reason.
    """
    found = await returning(tx, images)
    back = {id: image for id, image in images.items() if id not in found.there and id not in found.refused}
    await tracks.put_back(tx, {id: image["row"] | {"cues": image["cues"]} for id, image in back.items()})
    files = {id: file for id, image in back.items() if (file := image.get("file")) is not None}
    await tx.executemany(
        _PUT_FILE, [(id, *(_value(file, name) for name in _FILE)) for id, file in files.items()]
    )
    for id, image in back.items():
        for entry, row in found.entries[id]:
            await _put_entry_back(tx, id, entry, row)
        await conflict_rows.put_back(tx, image["conflicts"])
        await tx.executemany(
            "UPDATE play SET track_id = ? WHERE night_id = ? AND position = ?"
            " AND (track_id IS NULL OR track_id = ?)",
            [(id, *play, image.get(KEEPER)) for play in image["plays"]],
        )
    return len(found.there) + len(back), found.refused


def _value(file: Mapping[str, Any], name: str) -> Any:
    """A column of a file's image."""
    value = file[name]
    return bytes.fromhex(value) if name in _BLOBS and value is not None else value


def name_only(image: Mapping[str, Any]) -> dict[str, Any]:
    """Of an image of a track what it is called: for an entry that only tells of it."""
    return {"row": {name: image["row"][name] for name in ("id", "artist", "title")}}


async def bring_back(tx: Tx, file_id: int, keys: Sequence[str]) -> list[int]:
    """Make tracks again whose entries (by key) wait to be taken out of a collection, for Traktor has changed
    them since: with all they had, in the places that they had in playlists. Returns their ids.
    """
    waiting = {
        row["key"]
        for row in await tx.fetchall(
            f"SELECT key FROM nml_entry WHERE file_id = ? AND track_id IS NULL AND gone = 0 AND key {_AMONG}",
            (file_id, as_json(list(keys))),
        )
    }
    back: list[int] = []
    if not waiting:
        return back
    removals = await tx.fetchall(
        "SELECT change_id, row_id, before FROM change_row JOIN change ON change.id = change_id"
        " WHERE change.kind = ? AND what = 'track' AND after IS NULL ORDER BY change_id DESC",
        (KIND,),
    )
    for row in removals:
        image = json.loads(row["before"])
        own = {entry["key"] for entry in image["entries"] if entry["file_id"] == file_id} & waiting
        if not own:
            continue
        waiting -= own
        count, _ = await put_back(tx, {row["row_id"]: image})
        if count:
            back.append(row["row_id"])
            await join_playlists(tx, row["change_id"], row["row_id"])
    return back


async def join_playlists(tx: Tx, change_id: int, track_id: int) -> None:
    """Put a track into the playlists again that a removal took it out of, where it was: behind what stood
    before it there, as far as that is there."""
    for row in await tx.fetchall(
        "SELECT row_id, before FROM change_row WHERE change_id = ? AND what = 'playlist'", (change_id,)
    ):
        there = [list(item) for item in await playlist_rows.items(tx, row["row_id"])]
        known = await tx.fetchone("SELECT 1 FROM playlist WHERE id = ?", (row["row_id"],))
        if known is None or any(item[0] == track_id for item in there):
            continue
        before = json.loads(row["before"])["items"]
        joined = False
        for place, item in enumerate(before):
            if item[0] == track_id:
                there.insert(_behind(there, before[:place]), item)
                joined = True
        if joined:
            await playlist_rows.restore_content(tx, row["row_id"], {"items": there})


def _behind(there: Sequence[Any], earlier: Sequence[Any]) -> int:
    """The place in a list behind the last of the earlier items that is in it; the first, if none is."""
    for item in reversed(earlier):
        places = [place for place, present in enumerate(there, 1) if present == item]
        if places:
            return places[min(earlier.count(item), len(places)) - 1]
    return 0


async def _put_entry_back(tx: Tx, id: int, entry: Mapping[str, Any], row: Any) -> None:
    """Give a track its entry of one file again; `row`: what there is of it now, and the file's role."""
    values = {
        **entry,
        "track_id": id,
        "hash": bytes.fromhex(entry["hash"]),
        "audio": None if entry["audio"] is None else bytes.fromhex(entry["audio"]),
        "moved": entry.get("moved"),
    }
    if row["id"] is None:
        # Of a collection: it has left the file, so that the track is a new one there.
        if row["role"] != "collection" or entry["gone"] == _STAYS:
            await tx.insert("nml_entry", _ENTRY, [[values[name] for name in _ENTRY]])
    elif row["track_id"] is not None:
        pass
    elif row["gone"] and not entry["gone"]:
        await tx.execute("DELETE FROM nml_entry WHERE id = ?", (row["id"],))
    else:
        await _look_again(tx, entry["file_id"], row["id"], values["hash"])
        await tx.execute(
            f"UPDATE nml_entry SET {', '.join(f'{name} = ?' for name in _RESTORED)} WHERE id = ?",
            (*(values[name] for name in _RESTORED), row["id"]),
        )


async def _look_again(tx: Tx, file_id: int, entry_id: int, hash: bytes) -> None:
    """If Traktor changed the entry meanwhile, the next import is to merge it, unchanged file or not."""
    await tx.execute(
        "UPDATE nml_file SET digest = NULL, mtime_ns = NULL WHERE id = ?"
        " AND EXISTS (SELECT 1 FROM nml_entry WHERE id = ? AND hash != ?)",
        (file_id, entry_id, hash),
    )


async def _leave_playlists(tx: Tx, change_id: int, gone: str) -> None:
    lists = await tx.fetchall(
        "SELECT id, name, kind FROM playlist"
        f" WHERE id IN (SELECT playlist_id FROM playlist_item WHERE track_id {_AMONG})",
        (gone,),
    )
    removed = set(json.loads(gone))
    images = {}
    for row in lists:
        named = {"name": row["name"], "kind": row["kind"]}
        there = [list(item) for item in await playlist_rows.items(tx, row["id"])]
        left = [item for item in there if item[0] not in removed]
        await playlist_rows.restore_content(tx, row["id"], {"items": left})
        images[row["id"]] = named | {"items": there}, named | {"items": left}
    if images:
        await journal.note(tx, change_id, "playlist", images)


async def _images(library: Reader, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """All that goes with tracks by id: {"row", "cues", "entries", "conflicts", "plays"}, and "file" of one
    that was scanned; blobs as hex."""
    found: dict[int, dict[str, Any]] = {
        id: {"cues": row.pop("cues"), "row": row, "entries": [], "conflicts": [], "plays": []}
        for id, row in (await tracks.images(library, ids, cues=True)).items()
    }
    among = (as_json(list(found)),)
    for row in await library.fetchall(
        "SELECT file_id, track_id, hex(hash) AS hash, CASE WHEN audio IS NULL THEN NULL ELSE hex(audio) END"
        " AS audio, key_hash, key, cues, base, gone, moved"
        f" FROM nml_entry WHERE track_id {_AMONG} ORDER BY id",
        among,
    ):
        found[row["track_id"]]["entries"].append(dict(row))
    for conflict in await conflict_rows.about(library, "track_id", list(found)):
        found[conflict["track_id"]]["conflicts"].append(conflict)
    for row in await library.fetchall(
        f"SELECT night_id, position, track_id FROM play WHERE track_id {_AMONG}", among
    ):
        found[row["track_id"]]["plays"].append([row["night_id"], row["position"]])
    for row in await library.fetchall(
        f"SELECT track_id, {', '.join(_FILE)} FROM file WHERE track_id {_AMONG}", among
    ):
        found[row["track_id"]]["file"] = {name: _spelled(row[name]) for name in _FILE}
    return found


def _spelled(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value
