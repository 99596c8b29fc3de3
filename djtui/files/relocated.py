"""What relocating reads and writes: tracks without their files, strange files, and both brought together."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from sqlite3 import Row
from typing import Any, Final

from djtui.files import storing
from djtui.files.relocate import Lost
from djtui.files.scan_read import FILE, ReadFile
from djtui.files.scan_walk import Seen
from djtui.files.storing import Difference
from djtui.jobs.job import ItemFailure
from djtui.library import history, removal, tracks
from djtui.library.database import Reader, Tx
from djtui.library.history_rows import called
from djtui.library.tracks import as_json

_AMONG: Final = "IN (SELECT value FROM json_each(?))"
IS_LOST: Final = (
    "(track.missing = 1 OR track.path IS NULL) AND coalesce(track.path, track.location) IS NOT NULL"
    " AND track.kind != 'set'"
)
LOST: Final = f"""
SELECT track.id, coalesce(track.path, track.location), title, artist, duration,
       coalesce(file.size, filesize), file.payload
FROM track LEFT JOIN file ON file.track_id = track.id
WHERE {IS_LOST}
"""
_UNTOUCHED: Final = ("title", "artist", "album", "genre", "label", "comment", "rating")
_BARE: Final = f"""
SELECT track.id, track.path FROM track JOIN file ON file.track_id = track.id AND file.path = track.path
WHERE track.path {_AMONG} AND track.job_id IS NOT NULL AND cue_count = 0 AND plays IS NULL AND color IS NULL
      AND NOT EXISTS (SELECT 1 FROM nml_entry WHERE nml_entry.track_id = track.id)
      AND NOT EXISTS (SELECT 1 FROM playlist_item WHERE playlist_item.track_id = track.id)
      AND NOT EXISTS (SELECT 1 FROM play WHERE play.track_id = track.id)
      AND {" AND ".join(f"track.{name} IS file.tags ->> '{name}'" for name in _UNTOUCHED)}
"""
_TAKEN: Final = "It is the file of another track of the library: see the duplicates."
_FILE: Final = ("track_id", *FILE, "scanned")


async def lost(library: Reader) -> list[Lost]:
    """The tracks whose files are not on this machine, as far as the library knows."""
    return [Lost(*row) for row in await library.fetchall(f"{LOST} ORDER BY track.id")]


async def strangers(library: Reader, files: Sequence[Seen]) -> list[Seen]:
    """The files that are no track's. One that a scan has made a track of is, as long as nobody has done
    anything with that: the scan came before the relocating."""
    paths = as_json([seen.path for seen in files])
    rows = await library.fetchall(f"SELECT path FROM track WHERE path {_AMONG}", (paths,))
    taken = {row["path"] for row in rows}
    taken -= (await _bare(library, taken)).keys()
    return [seen for seen in files if seen.path not in taken]


async def _bare(library: Reader, paths: Iterable[str]) -> dict[str, int]:
    """The tracks of these paths that a scan has made and that are still what their tags say."""
    rows = await library.fetchall(_BARE, (as_json(list(paths)),))
    return {row["path"]: row["id"] for row in rows}


async def change(library: Reader, job_id: int) -> int | None:
    """The change of the history that a job has begun."""
    row = await library.fetchone("SELECT id FROM change WHERE job_id = ? AND kind = 'relocate'", (job_id,))
    return None if row is None else int(row["id"])


async def accepted(library: Reader, change_id: int | None) -> int:
    """How many tracks have their files again."""
    row = await library.fetchone(
        "SELECT count(*) AS tracks FROM change_item WHERE change_id = ?", (change_id,)
    )
    return int(row["tracks"]) if row is not None else 0


async def accept(
    tx: Tx, change_id: int, found: Mapping[int, ReadFile]
) -> tuple[list[ItemFailure], dict[int, str]]:
    """Give tracks their files, as a scan does that finds a moved file: what the tags say of unknown fields
    comes along. Returns what was refused, and the tracks that lie elsewhere now with their paths.
    """
    present = await tracks.images(tx, list(found))
    paths = [file.path for file in found.values()]
    rows = await tx.fetchall(f"SELECT id, path FROM track WHERE path {_AMONG}", (as_json(paths),))
    bare = await _bare(tx, paths)
    owners = {row["path"]: row["id"] for row in rows if row["id"] != bare.get(row["path"])}
    refused: list[ItemFailure] = []
    moved: dict[str, int] = {}
    for id, file in found.items():
        owner = owners.get(file.path)
        if id not in present:
            refused.append(ItemFailure(file.path, "Its track is no longer in the library.", id))
        elif (owner is not None and owner != id) or file.path in moved:
            refused.append(ItemFailure(file.path, _TAKEN, id))
        elif present[id]["path"] != file.path or present[id]["missing"] != 0:
            moved[file.path] = id
    await removal.remove_tracks(
        tx, change_id, [id for path, id in bare.items() if path in moved], tombstones=False
    )
    plan = await storing.plan(tx, [file for file in found.values() if file.path in moved], moved)
    await tracks.update(tx, {it.track_id: it.after for it in plan.known})
    await history.add(tx, change_id, {it.track_id: (it.before, it.after) for it in plan.known})
    await _put_files(tx, plan.known)
    await _move_analyses(tx, {it.track_id: (present[it.track_id]["path"], it.read.path) for it in plan.known})
    return refused, {it.track_id: it.read.path for it in plan.known if "path" in it.after}


async def there_again(library: Reader, rows: Sequence[Row]) -> set[str]:
    """Of items of a relocation the old paths at which a file lies now: those tracks will not be missing."""
    present = await tracks.images(library, [row["track_id"] for row in rows])
    old = [
        json.loads(row["before"]).get("path", image["path"])
        for row in rows
        if (image := present.get(row["track_id"])) is not None
    ]
    return await asyncio.to_thread(lambda: {path for path in old if path and os.path.isfile(path)})  # noqa: PTH113


@dataclass(slots=True)
class TakenBack:
    """What an undo came to: what was refused, the tracks that lie elsewhere now with their paths, and of
    those that went their fields before and after the undo."""

    refused: list[ItemFailure]
    paths: dict[int, str] = field(default_factory=dict)
    images: dict[int, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)


async def take_back(tx: Tx, change_id: int, ids: Sequence[int], there: Collection[str]) -> TakenBack:
    """Undo `accept` for some tracks: they lie where they lay, and what else their files brought goes again.

    At the paths `there` is a file, so that nothing is missing there.
    """
    rows = await tx.fetchall(
        f"SELECT track_id, before, after FROM change_item WHERE change_id = ? AND track_id {_AMONG}",
        (change_id, as_json(list(ids))),
    )
    refused = await moved_since(tx, rows)
    stay = {failure.track_id for failure in refused}
    present = await tracks.images(tx, list(ids))
    found = TakenBack(refused)
    changes: dict[int, dict[str, Any]] = {}
    paths: dict[int, tuple[str, str]] = {}
    for row in rows:
        id, before, after = row["track_id"], json.loads(row["before"]), json.loads(row["after"])
        if id in stay:
            continue
        image = present[id]
        if "missing" in before and before.get("path", image["path"]) in there:
            before["missing"] = 0
        found.images[id] = after, before
        changes[id] = {name: was for name, was in before.items() if image[name] == after[name]}
        if changes[id].get("path") is not None:
            paths[id] = image["path"], before["path"]
    await tracks.update(tx, {id: fields for id, fields in changes.items() if fields})
    await tx.executemany(
        "UPDATE OR IGNORE file SET path = ? WHERE track_id = ?", [(old, id) for id, (_, old) in paths.items()]
    )
    await _move_analyses(tx, paths)
    found.paths = {id: old for id, (_, old) in paths.items()}
    return found


async def moved_since(library: Reader, rows: Sequence[Row]) -> list[ItemFailure]:
    """Of items of a relocation those that cannot be taken back, and why. Reads only."""
    present = await tracks.images(library, [row["track_id"] for row in rows])
    refused = []
    for row in rows:
        id, before, after = row["track_id"], json.loads(row["before"]), json.loads(row["after"])
        if (image := present.get(id)) is None:
            refused.append(ItemFailure(f"track {id}", "It is no longer in the library.", id))
        elif image["path"] not in (after.get("path"), before.get("path", image["path"])):
            refused.append(ItemFailure(called(image), "Its file was moved since.", id))
    return refused


async def put_scanned_back(tx: Tx, change_id: int, paths: Collection[str]) -> list[ItemFailure]:
    """Make the tracks again that a scan had made of these files before they were those of missing tracks."""
    rows = await tx.fetchall(
        "SELECT row_id, before FROM change_row WHERE change_id = ? AND what = 'track'", (change_id,)
    )
    images = {row["row_id"]: json.loads(row["before"]) for row in rows}
    images = {id: image for id, image in images.items() if image["row"]["path"] in paths}
    _, refused = await removal.put_back(tx, images)
    return [ItemFailure(called(images[id]["row"]), reason, id) for id, reason in refused.items()]


async def _put_files(tx: Tx, found: Iterable[Difference]) -> None:
    rows = [(it.track_id, *it.read.file, history.now()) for it in found]
    await tx.executemany(
        "DELETE FROM file WHERE path = ? OR track_id = ?", [(row[1], row[0]) for row in rows]
    )
    await tx.insert("file", _FILE, rows)


async def _move_analyses(tx: Tx, paths: Mapping[int, tuple[str | None, str]]) -> None:
    """What was heard of files is heard, wherever they lie now: track -> old and new path."""
    await tx.executemany(
        "UPDATE analysis SET path = ? WHERE track_id = ? AND path = ?",
        [(new, id, old) for id, (old, new) in paths.items()],
    )
