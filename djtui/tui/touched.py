"""What a change of the history touched, line by line: fields, cues, playlists, conflicts, tracks, files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final

from djtui.library import cues, history, tracks, typed
from djtui.library.database import Library
from djtui.library.history import Change
from djtui.library.tracks import as_json
from djtui.model.cue import CueType
from djtui.tui import environment, formats
from djtui.tui.formats import Part
from djtui.tui.widgets.rows import Row

Image = Mapping[str, Any]
Names = Mapping[int, str]

DETAILS: Final = 200
OTHERS: Final = 50

_TYPE, _LENGTH, _SLOT = 0, 2, 3  # in a cue row
_CHANGED: Final = " → "
_FATES: Final = {
    "kept": "Traktor has read it since, and kept it.",
    "lost": "Traktor has overwritten it since: all of it waits for export again.",
    "undone": "It was taken back: all of it waits for export again.",
}


async def read(library: Library, change: Change) -> list[Row]:
    """The lines of all that a change touched. Raises `LibraryError`."""
    images = await history.images(library, change.id, DETAILS)
    others = await history.rows(library, change.id, limit=OTHERS)
    ids: set[int | None] = {id for id, _, _ in images}
    ids |= {side.get("track_id") for *_, was, now in others for side in (was, now) if side}
    if any(what == "conflict" for what, *_ in others):
        await environment.loaded("djtui.traktor.conflicts")
    names = await _names(library, ids)
    rows = [track_row(id, was, now, names) for id, was, now in images]
    rows += [other_row(what, id, was, now, names) for what, id, was, now in others]
    if change.kind == "export":
        rows += await _exported(library, change)
    if change.kind == "import" and not rows:
        return [said("Its new tracks leave the library when it is undone.")]
    if len(images) == DETAILS or len(others) == OTHERS:
        rows.append(said("and more"))
    return rows


async def _exported(library: Library, change: Change) -> list[Row]:
    """What an export wrote. Raises `LibraryError`."""
    await environment.loaded("djtui.traktor.journal")
    from djtui.traktor import journal

    export = await journal.of_change(library, change.id)
    if export is None:
        return []
    edits = export.edits
    shown = dict(list(edits.fields.items())[:DETAILS])
    entries = await library.fetchall(
        "SELECT id, track_id FROM nml_entry WHERE id IN (SELECT value FROM json_each(?))",
        (as_json(list(shown)),),
    )
    tracks_of = {row["id"]: row["track_id"] for row in entries}
    named = await _names(library, tracks_of.values())
    names = {entry: named[id] for entry, id in tracks_of.items() if id in named}
    rows = [said(_FATES[export.state])] if export.state in _FATES else []
    rows += export_rows(shown, names)
    rows += [node_row(*pair) for pair in edits.nodes[:DETAILS]]
    if edits.added:
        rows.append(said(f"{formats.plural(len(edits.added), 'track')} new in the collection"))
    if edits.removed:
        rows.append(said(f"{formats.plural(len(edits.removed), 'track')} taken out of the collection"))
    return rows


async def _names(library: Library, ids: Iterable[int | None]) -> dict[int, str]:
    found = await tracks.get_many(library, [id for id in ids if id is not None])
    return {
        id: " - ".join(text for text in (track.artist, track.title) if text) or f"track {id}"
        for id, track in found.items()
    }


# -- values ---------------------------------------------------------------------------------------


def value_text(field: str, value: Any) -> str:
    """A field's value for the eye."""
    if field == "cues":
        return formats.plural(len(value or ()), "cue")
    if value is None:
        return "unknown"
    return typed.show(field, value) or "none"


# -- tracks ---------------------------------------------------------------------------------------


def track_row(id: int, before: Image, after: Image, names: Names) -> Row:
    """A track of which fields changed."""
    said = [
        f"cues: {cue_changes(before.get(field) or (), value or ())}"
        if field == "cues"
        else f"{formats.label(field)}: "
        f"{value_text(field, before.get(field))}{_CHANGED}{value_text(field, value)}"
        for field, value in after.items()
    ]
    return _row(("fields", id), _name(id, names), "  ".join(said))


def cue_changes(before: Sequence[cues.Row], after: Sequence[cues.Row]) -> str:
    """How cues became others: "hotcue 3 “drop” at 1:04.200 → hotcue 5 “drop” at 1:04.200"."""
    was = [list(cue) for cue in before]
    now = [list(cue) for cue in after]
    gone = [_cue_text(cue) for cue in was if cue not in now]
    new = [_cue_text(cue) for cue in now if cue not in was]
    if len(gone) == len(new) == 1:
        return f"{gone[0]}{_CHANGED}{new[0]}"
    return ", ".join([*(f"- {cue}" for cue in gone), *(f"+ {cue}" for cue in new)]) or "in another order"


def _cue_text(cue: cues.Row) -> str:
    kind = CueType(cue[_TYPE])
    word = f" {kind.word}" if cue[_SLOT] is not None and kind is not CueType.CUE else ""
    length = f" of {typed.clock(cue[_LENGTH])}" if cue[_LENGTH] else ""
    return f"{cues.label(cue)}{word}{length}"


# -- other things ---------------------------------------------------------------------------------


def other_row(what: str, id: int, before: Image | None, after: Image | None, names: Names) -> Row:
    """A track as a whole, a playlist, a conflict or a file."""
    key = (what, id)
    if what == "track":
        image = (before or after or {}).get("row", {})
        name = " - ".join(text for text in (image.get("artist"), image.get("title")) if text)
        return _row(key, name or f"track {id}", "removed from the library" if after is None else "new")
    if what == "playlist":
        image = before or after or {}
        kind = "" if image.get("kind", "list") == "list" else f"{image['kind']} "
        return _row(key, f"{kind}{image.get('name', id)}", playlist_change(before, after))
    if what == "conflict":
        return _conflict(key, before, after, names)
    backup = (after or {}).get("backup")
    return _row(key, "collection", f"put back from {PurePath(backup).name}" if backup else "written")


def playlist_change(before: Image | None, after: Image | None) -> str:
    """What happened to a playlist."""
    if before is None:
        held = len((after or {}).get("items") or ())
        return f"created with {formats.plural(held, 'track')}" if held else "created"
    if after is None:
        held = len(before.get("items") or ())
        return f"deleted with {formats.plural(held, 'track')}" if held else "deleted"
    if not after:
        return "changed"
    said = []
    if after.get("name") != before.get("name"):
        said.append(f"renamed to {after['name']}")
    if after.get("parent_id") != before.get("parent_id"):
        said.append("moved to another folder")
    elif after.get("position") != before.get("position"):
        said.append(f"moved to place {after['position'] + 1}")
    if after.get("query") != before.get("query"):
        said.append(f"filter {before.get('query')}{_CHANGED}{after.get('query')}")
    if after.get("items") != before.get("items"):
        said.append(_items(before.get("items") or (), after.get("items") or ()))
    return ", ".join(said) or "changed"


def _items(before: Sequence[Any], after: Sequence[Any]) -> str:
    was, now = (set(map(tuple, items)) for items in (before, after))
    added = sum(tuple(item) not in was for item in after)
    removed = sum(tuple(item) not in now for item in before)
    if not added and not removed and len(before) == len(after):
        return "put in another order"
    added, removed = added or max(0, len(after) - len(before)), removed or max(0, len(before) - len(after))
    said = (f"+{added:,}" if added else "", f"-{removed:,}" if removed else "")
    return f"{' '.join(text for text in said if text)} of its tracks"


def _conflict(key: tuple[str, int], before: Image | None, after: Image | None, names: Names) -> Row:
    from djtui.traktor.conflicts import label, shown

    conflict = before or after or {}
    field, track = conflict.get("field", ""), conflict.get("track_id")
    here, there = (
        shown(field, json.loads(conflict.get(side) or "null"), side) for side in ("library", "traktor")
    )
    what = "settled" if after is None else "found"
    name = _name(track, names) if track is not None else "playlist"
    return _row(key, name, f"conflict over {label(field)} {what}: here {here}, in Traktor {there}")


# -- exports --------------------------------------------------------------------------------------


def export_rows(fields: Mapping[int, Image], names: Names) -> Iterator[Row]:
    """The entries of a collection that an export wrote: by entry, field -> (old, new)."""
    for entry, changes in fields.items():
        before = {field: old for field, (old, _) in changes.items()}
        yield track_row(entry, before, {field: new for field, (_, new) in changes.items()}, names)


def node_row(before: Image | None, after: Image | None) -> Row:
    """A playlist of a collection that an export wrote, as rows of `nml_node`."""
    row = after or before or {}
    what = "new in the collection" if before is None else "deleted" if after is None else "written"
    return _row(("node", row.get("id") or 0), json.loads(row["base"])["name"], what)


# -- rows -----------------------------------------------------------------------------------------


def said(text: str, style: str = "$quiet") -> Row:
    """A line of words."""
    return Row(("said", text), ((f" {text}", style),))


def _row(key: tuple[str, int], name: str, what: str) -> Row:
    parts: tuple[Part, ...] = ((f" {name}  ", ""), (what, "$quiet"))
    return Row(key, parts)


def _name(id: int, names: Names) -> str:
    return names.get(id) or f"track {id}, no longer here"
