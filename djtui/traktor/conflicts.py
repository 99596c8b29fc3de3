"""The conflict queue: what both sides changed since the last sync, and settling it one way or the other.

Taking Traktor's side sets the value here. Keeping the library's makes it wait for export. Either is one
change of the history.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from djtui.library import history, playlists, removal, tracks, typed
from djtui.library.database import Library, Reader, Tx
from djtui.library.playlist_paths import paths
from djtui.model.cue import IDENTITY as CUE_IDENTITY
from djtui.model.cue import CueType, by_identity, with_cue
from djtui.traktor.identity import settle_identity
from djtui.traktor.merge_tree import DELETED, ORDER
from djtui.traktor.settle_playlist import settle_playlist

Side = Literal["library", "traktor"]

KIND: Final = "resolve"
"""The kind of these changes in the history."""

IDENTITY: Final = "identity"
_COLUMNS: Final = "id, file_id, track_id, playlist_id, field, base, library, traktor, found"


class ConflictError(Exception):
    """A conflict cannot be settled so; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """An open conflict. `subject` names the track or playlist; the sides are as stored in the library.

    `field` is a synced field, `cue:…` one cue, `deleted`, `identity` (which track is it), or of a playlist
    `name`, `parent`, `query`, `order`.
    """

    id: int
    file_id: int
    track_id: int | None
    playlist_id: int | None
    field: str
    base: Any
    library: Any
    traktor: Any
    found: str
    subject: str = ""

    @property
    def label(self) -> str:
        """The field as a DJ calls it: "genre", "hotcue 3", "cue at 1:04.2"."""
        return label(self.field)

    def shown(self, side: Literal["base", "library", "traktor"]) -> str:
        """One side's value, for the eye."""
        return shown(self.field, getattr(self, side), side)


class Resolved(NamedTuple):
    """How many were settled, the change of the history, and those that were not: (conflict id, reason)."""

    resolved: int
    change: int | None
    refused: list[tuple[int, str]]


async def conflicts(library: Reader, ids: Sequence[int] | None = None) -> list[Conflict]:
    """The open conflicts, oldest first; of `ids`, those still open. The library's side is as it is now."""
    condition, parameters = ("", ()) if ids is None else (_among("id"), (tracks.as_json(list(ids)),))
    rows = await library.fetchall(f"SELECT {_COLUMNS} FROM conflict {condition} ORDER BY id", parameters)
    images = await tracks.images(library, [row["track_id"] for row in rows if row["track_id"]], cues=True)
    names = await _playlist_names(library, rows)
    found = []
    for row in rows:
        values = {name: json.loads(row[name] or "null") for name in ("base", "library", "traktor")}
        subject = names.get(row["playlist_id"], "")
        if (image := images.get(row["track_id"])) is not None:
            subject = " - ".join(text for text in (image["title"], image["artist"]) if text)
            subject = subject or (image["location"] or "").rpartition("/")[2]
            if row["field"] in image:
                values["library"] = image[row["field"]]
            elif row["field"].startswith(CUE_IDENTITY):
                values["library"] = by_identity(image["cues"] or ()).get(row["field"])
        found.append(Conflict(**(dict(row) | values), subject=subject))
    return found


async def resolve(library: Library, ids: Sequence[int], take: Side) -> Resolved:
    """Settle conflicts for one side, as one change of the history."""
    done = 0
    change: int | None = None
    refused: list[tuple[int, str]] = []
    for id in dict.fromkeys(ids):
        async with library.writing() as tx:
            open_ones = await conflicts(tx, [id])
            if not open_ones:
                refused.append((id, "it is not open, or never was"))
                continue
            conflict = open_ones[0]
            first = change is None
            if change is None:
                side = "Traktor's" if take == "traktor" else "mine"
                change = await history.begin(tx, KIND, f"{conflict.label} of {conflict.subject}: {side}")
            try:
                await _settle(tx, change, conflict, take)
            except ConflictError as error:
                refused.append((id, str(error)))
                if first:
                    await tx.execute("DELETE FROM change WHERE id = ?", (change,))
                    change = None
                continue
            await history.note(tx, change, "conflict", {id: (await _row(tx, id), None)})
            await tx.execute("DELETE FROM conflict WHERE id = ?", (id,))
            done += 1
            if done > 1:
                title = f"{done:,} conflicts: {'Traktor' if take == 'traktor' else 'djtui'} wins"
                await tx.execute("UPDATE change SET title = ?, items = ? WHERE id = ?", (title, done, change))
            else:
                await tx.execute("UPDATE change SET items = 1 WHERE id = ?", (change,))
    return Resolved(done, change, refused)


async def _settle(tx: Tx, change: int, conflict: Conflict, take: Side) -> None:
    if conflict.playlist_id is not None:
        of = (conflict.file_id, conflict.playlist_id, conflict.field)
        await settle_playlist(tx, change, *of, conflict.traktor, take)
    elif conflict.track_id is None:
        return
    elif conflict.field == DELETED:
        if take == "traktor":
            await history.note(tx, change, "conflict", {conflict.id: (await _row(tx, conflict.id), None)})
            await removal.remove_tracks(tx, change, [conflict.track_id], tombstones=False)
        else:  # a track that the file does not have is written there by the next export
            await tx.execute(
                "DELETE FROM nml_entry WHERE file_id = ? AND track_id = ?",
                (conflict.file_id, conflict.track_id),
            )
    elif conflict.field == IDENTITY:
        if take == "library":
            if len(conflict.library) != 1:
                named = ", ".join(f"id:{id}" for id in conflict.library)
                raise ConflictError(f"It may be one of several tracks ({named}): only you can tell.")
            await settle_identity(tx, change, conflict.file_id, conflict.track_id, conflict.library[0])
    else:
        await _settle_field(tx, change, conflict, conflict.track_id, take)


async def _settle_field(tx: Tx, change: int, conflict: Conflict, track_id: int, take: Side) -> None:
    """A field of a track, or one of its cues: what the file has is the base from now on."""
    image = (await tracks.images(tx, [track_id], cues=True))[track_id]
    field, theirs = conflict.field, conflict.traktor
    if field.startswith(CUE_IDENTITY):
        _, was = await tracks.file_value(tx, conflict.file_id, track_id, "cues")
        present = image["cues"]
        in_file = with_cue(was, field, theirs)
        fields: dict[str, Any] = {"cues": with_cue(present, field, theirs) or []}
        name = "cues"
    else:
        in_file, name = theirs, field
        fields = {field: theirs}
        if field == "released":
            fields["year"] = int(theirs[:4]) if theirs else None
    if take == "traktor":
        before = {each: image[each] or [] if each == "cues" else image[each] for each in fields}
        changed = {each: value for each, value in fields.items() if value != before[each]}
        if changed:
            await tracks.update(tx, {track_id: changed})
            await _add(tx, change, track_id, {each: before[each] for each in changed}, changed)
    await tracks.set_file_value(tx, conflict.file_id, track_id, name, in_file)


async def _add(tx: Tx, change: int, track_id: int, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Note what a change did to a track; it may have done something to it already."""
    row = await tx.fetchone(
        "SELECT before, after FROM change_item WHERE change_id = ? AND track_id = ?", (change, track_id)
    )
    if row is None:
        await history.add(tx, change, {track_id: (before, after)})
        return
    await tx.execute(
        "UPDATE change_item SET before = ?, after = ? WHERE change_id = ? AND track_id = ?",
        (
            tracks.as_json(before | json.loads(row["before"])),
            tracks.as_json(json.loads(row["after"]) | after),
            change,
            track_id,
        ),
    )


async def _row(tx: Tx, id: int) -> dict[str, Any]:
    row = await tx.fetchone(f"SELECT {_COLUMNS} FROM conflict WHERE id = ?", (id,))
    return dict(row) if row is not None else {}


async def _playlist_names(library: Reader, rows: Sequence[Any]) -> dict[int, str]:
    if not any(row["playlist_id"] for row in rows):
        return {}
    return paths(await playlists.all_playlists(library))


def _among(column: str) -> str:
    return f"WHERE {column} IN (SELECT value FROM json_each(?))"


# -- for the eye -----------------------------------------------------------------------------------

_LABELS: Final = {
    "comment2": "comment 2",
    "track_number": "track number",
    "key_text": "key as text",
    "locked": "lock",
    IDENTITY: "which track",
    ORDER: "order",
    DELETED: "deleted",
    "parent": "folder",
}


def label(field: str) -> str:
    """A field as a DJ calls it: "genre", "hotcue 3", "loop at 1:04.200"."""
    if not field.startswith(CUE_IDENTITY):
        return _LABELS.get(field, field)
    plain, _, number = field.removeprefix(CUE_IDENTITY).partition("#")
    kind, _, value = plain.partition(":")
    again = f" ({number})" if number else ""
    if kind == "slot":
        return f"hotcue {value}{again}"
    return f"{CueType(int(kind)).word} at {typed.clock(float(value))}{again}"


def shown(field: str, value: Any, side: str) -> str:
    """A value of a field for the eye."""
    if field == DELETED:
        if side == "base":
            return "there"
        if side == "traktor":
            return "deleted"
        return f"changed: {', '.join(value)}" if isinstance(value, list) else str(value or "changed")
    if field == ORDER:
        return f"{len(value or ()):,} tracks in {'the last' if side == 'base' else 'another'} order"
    if field == IDENTITY:
        return ", ".join(f"id:{id}" for id in value) if isinstance(value, list) else ""
    if field.startswith(CUE_IDENTITY):
        if value is None:
            return "no such cue" if side == "base" else "deleted"
        kind, start, length, slot, name, *_ = value
        pad = f"pad {slot} " if slot else ""
        long = f" for {length / 1000:.3f} s" if length else ""
        return f"{pad}{CueType(kind).word} {typed.clock(start)}{long}{f' “{name}”' if name else ''}"
    if value is None:
        return "—"
    if field in typed.TYPED:
        return typed.show(field, value)
    return str(value)
