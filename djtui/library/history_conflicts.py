"""Opening the conflicts again that a change settled, and settling them again."""

from __future__ import annotations

import json
from typing import Any

from djtui.library import conflict_rows, journal, tracks
from djtui.library.database import Library, Reader, Tx
from djtui.library.history_parts import Outlook
from djtui.library.history_rows import Image, Undone, called
from djtui.model.cue import IDENTITY as CUE
from djtui.model.cue import with_cue
from djtui.model.track import SYNCED


async def swap_conflicts(library: Library, change_id: int, result: Undone, *, forward: bool) -> None:
    """Open conflicts again that a change settled, or settle them again; all in one transaction."""
    async with library.writing() as tx:
        for id, conflict, opens, settled in await _conflicts(tx, change_id, forward=forward):
            if reason := await _obstacle(tx, conflict, opens=opens):
                result.refuse(await _called(tx, conflict), reason, ("conflict", id))
                continue
            await (_open(tx, conflict) if opens else _close(tx, conflict, settled=settled))
            result.conflicts += 1
            sides = (None, conflict) if opens else (conflict, None)
            await journal.note(tx, result.change, "conflict", {id: sides})


async def outlook(reader: Reader, change_id: int, found: Outlook, *, forward: bool) -> None:
    """Add to an outlook what `swap_conflicts` would do. Writes nothing."""
    for id, conflict, opens, _ in await _conflicts(reader, change_id, forward=forward):
        if reason := await _obstacle(reader, conflict, opens=opens):
            found.refuse(await _called(reader, conflict), reason, ("conflict", id))
        else:
            found.can += 1


async def _conflicts(reader: Reader, change_id: int, *, forward: bool) -> list[tuple[int, Image, bool, bool]]:
    """The conflicts of a change: id, row, whether it is to be opened, and whether it was there before."""
    found = []
    for row in await reader.fetchall(
        "SELECT row_id, before, after FROM change_row WHERE change_id = ? AND what = 'conflict'"
        " ORDER BY row_id",
        (change_id,),
    ):
        before, after = json.loads(row["before"] or "null"), json.loads(row["after"] or "null")
        if conflict := before or after:
            found.append((row["row_id"], conflict, (before is None) == forward, before is not None))
    return found


async def _obstacle(reader: Reader, conflict: Image, *, opens: bool) -> str | None:
    """Why a conflict cannot be opened, or settled, again."""
    there = await _the_same(reader, conflict)
    if not opens:
        if there is None:
            return "it is not open any more"
        return None if _values(there) == _values(conflict) else "it is about other values by now"
    for table, name in (("nml_file", "file_id"), ("track", "track_id"), ("playlist", "playlist_id")):
        id = conflict[name]
        if id is not None and await reader.fetchone(f"SELECT 1 FROM {table} WHERE id = ?", (id,)) is None:
            return f"its {table.removeprefix('nml_')} is no longer in the library"
    if there is not None:
        return None if _values(there) == _values(conflict) else "there is a newer conflict about it"
    if _has_base(conflict):
        about = conflict["file_id"], conflict["track_id"], conflict["field"]
        known, value = await tracks.file_value(reader, *about)
        if not known or value != _value(conflict, "traktor"):
            return "Traktor's file has another value by now"
    return None


async def _open(tx: Tx, conflict: Image) -> None:
    """Make a conflict again, and the field's base what it was then."""
    if await _the_same(tx, conflict) is not None:
        return
    if _has_base(conflict):
        about = conflict["file_id"], conflict["track_id"], conflict["field"]
        await tracks.set_file_value(tx, *about, _value(conflict, "base"))
    else:
        await _set_base(tx, conflict, "base")
    await conflict_rows.put_back(tx, [conflict])


async def _close(tx: Tx, conflict: Image, *, settled: bool) -> None:
    """Remove a conflict; if it is `settled` so, what the file has is the field's base."""
    there = await _the_same(tx, conflict)
    assert there is not None
    await tx.execute("DELETE FROM conflict WHERE id = ?", (there["id"],))
    if settled and _has_base(conflict):
        about = conflict["file_id"], conflict["track_id"], conflict["field"]
        await tracks.set_file_value(tx, *about, _value(conflict, "traktor"))
    elif settled:
        await _set_base(tx, conflict, "traktor")


async def _set_base(tx: Tx, conflict: Image, side: str) -> None:
    """Make one side's value the base of a cue, or of a field of a playlist."""
    field, value = conflict["field"], _value(conflict, side)
    if conflict["playlist_id"] is not None and field != "deleted":
        await conflict_rows.set_node_base(tx, conflict["file_id"], conflict["playlist_id"], field, value)
    elif conflict["track_id"] is not None and field.startswith(CUE):
        about = conflict["file_id"], conflict["track_id"]
        _, there = await tracks.file_value(tx, *about, "cues")
        await tracks.set_file_value(tx, *about, "cues", with_cue(there, field, value))


async def _the_same(reader: Reader, conflict: Image) -> Image | None:
    row = await reader.fetchone(
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
