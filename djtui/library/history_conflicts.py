"""Opening the conflicts again that a change settled, and settling them again."""

from __future__ import annotations

import json
from typing import Any

from djtui.library import conflict_rows, tracks
from djtui.library.database import Library, Reader, Tx
from djtui.library.history_rows import Image, Undone, called
from djtui.model.cue import IDENTITY as CUE
from djtui.model.cue import with_cue
from djtui.model.track import SYNCED


async def swap_conflicts(library: Library, change_id: int, result: Undone, *, forward: bool) -> None:
    """Open conflicts again that a change settled, or settle them again; all in one transaction."""
    async with library.writing() as tx:
        rows = await tx.fetchall(
            "SELECT before, after FROM change_row WHERE change_id = ? AND what = 'conflict' ORDER BY row_id",
            (change_id,),
        )
        for row in rows:
            before, after = json.loads(row["before"] or "null"), json.loads(row["after"] or "null")
            conflict = before or after
            if not conflict:
                continue
            opens = (before is None) == forward
            swap = _open(tx, conflict) if opens else _close(tx, conflict, settled=before is not None)
            if reason := await swap:
                result.refuse(await _called(tx, conflict), reason)
            else:
                result.conflicts += 1


async def _open(tx: Tx, conflict: Image) -> str | None:
    """Make a conflict again, and the field's base what it was then. Returns why not, if so."""
    for table, name in (("nml_file", "file_id"), ("track", "track_id"), ("playlist", "playlist_id")):
        id = conflict[name]
        if id is not None and await tx.fetchone(f"SELECT 1 FROM {table} WHERE id = ?", (id,)) is None:
            return f"its {table.removeprefix('nml_')} is no longer in the library"
    if (there := await _the_same(tx, conflict)) is not None:
        return None if _values(there) == _values(conflict) else "there is a newer conflict about it"
    if _has_base(conflict):
        about = conflict["file_id"], conflict["track_id"], conflict["field"]
        known, value = await tracks.file_value(tx, *about)
        if not known or value != _value(conflict, "traktor"):
            return "Traktor's file has another value by now"
        await tracks.set_file_value(tx, *about, _value(conflict, "base"))
    else:
        await _set_base(tx, conflict, "base")
    await conflict_rows.put_back(tx, [conflict])
    return None


async def _close(tx: Tx, conflict: Image, *, settled: bool) -> str | None:
    """Remove a conflict; if it is `settled` so, what the file has is the field's base. Returns why not."""
    there = await _the_same(tx, conflict)
    if there is None:
        return "it is not open any more"
    if _values(there) != _values(conflict):
        return "it is about other values by now"
    await tx.execute("DELETE FROM conflict WHERE id = ?", (there["id"],))
    if settled and _has_base(conflict):
        about = conflict["file_id"], conflict["track_id"], conflict["field"]
        await tracks.set_file_value(tx, *about, _value(conflict, "traktor"))
    elif settled:
        await _set_base(tx, conflict, "traktor")
    return None


async def _set_base(tx: Tx, conflict: Image, side: str) -> None:
    """Make one side's value the base of a cue, or of a field of a playlist."""
    field, value = conflict["field"], _value(conflict, side)
    if conflict["playlist_id"] is not None and field != "deleted":
        await conflict_rows.set_node_base(tx, conflict["file_id"], conflict["playlist_id"], field, value)
    elif conflict["track_id"] is not None and field.startswith(CUE):
        about = conflict["file_id"], conflict["track_id"]
        _, there = await tracks.file_value(tx, *about, "cues")
        await tracks.set_file_value(tx, *about, "cues", with_cue(there, field, value))


async def _the_same(tx: Tx, conflict: Image) -> Image | None:
    row = await tx.fetchone(
        "SELECT * FROM conflict WHERE file_id = :file_id AND track_id IS :track_id"
        " AND playlist_id IS :playlist_id AND field = :field",
        conflict,
    )
    return None if row is None else dict(row)


def _has_base(conflict: Image) -> bool:
    return conflict["track_id"] is not None and conflict["field"] in SYNCED


def _value(conflict: Image, side: str) -> Any:
    return json.loads(conflict[side] or "null")


def _values(conflict: Image) -> list[Any]:
    return [_value(conflict, side) for side in ("base", "library", "traktor")]


async def _called(library: Reader, conflict: Image) -> str:
    about = "a playlist"
    if conflict["track_id"] is not None:
        image = (await tracks.images(library, [conflict["track_id"]])).get(conflict["track_id"])
        about = called(image) if image else f"track {conflict['track_id']}"
    return f"conflict over {conflict['field']} of {about}"
