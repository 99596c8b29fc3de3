"""What a change of the history touched, line by line: fields, cues, playlists, conflicts, tracks, files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final

from djtui.library import cues, history, tracks, typed
from djtui.library.database import Library
from djtui.library.history import Change
from djtui.library.tracks import as_json
from djtui.model.cue import CueType
from djtui.tui import environment, formats
from djtui.tui.screens.traktor_facts import put_back_since
from djtui.tui.widgets.rows import Row

Image = Mapping[str, Any]
Names = Mapping[int, str]

DETAILS: Final = 200
OTHERS: Final = 50
ITEMS: Final = 10

_NARROW: Final = 54  # what a pane of a narrow screen, or half a wide one, has room for
_TYPE, _LENGTH, _SLOT = 0, 2, 3  # in a cue row
_CHANGED: Final = " → "
_FATES: Final = {
    "kept": "Traktor has read it since, and kept it.",
    "lost": "Traktor has overwritten it since: all of it waits for export again.",
    "put back": "A backup was put back since: all of it waits for export again.",
    "undone": "It was taken back: all of it waits for export again.",
}


async def read(library: Library, change: Change) -> list[Row]:
    """The lines of all that a change touched. Raises `LibraryError`."""
    images = await history.images(library, change.id, DETAILS)
    others = await history.rows(library, change.id, limit=OTHERS)
    ids: set[int | None] = {id for id, _, _ in images}
    ids |= {side.get("track_id") for *_, was, now in others for side in (was, now) if side}
    for what, _, was, now in others:
        if what == "playlist" and was and now:
            ids |= {id for exchanged in _exchanged(was, now) for id in exchanged[:ITEMS]}
    if any(what == "conflict" for what, *_ in others):
        await environment.loaded("djtui.traktor.conflicts")
    names = await _names(library, ids)
    rows: list[Row] = []
    for id, before, after in images:
        rows += track_rows(id, before, after, names)
    for what, id, was, now in others:
        rows += other_rows(what, id, was, now, names)
    if change.kind == "export":
        rows += await _exported(library, change)
    rows += await _routed(library, change)
    if change.kind in history.BROUGHT and not rows:
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
    fate: str = export.state
    if fate == "lost" and await put_back_since(library, export.file_id, change.id):
        fate = "put back"
    rows = [said(_FATES[fate])] if fate in _FATES else []
    rows += export_rows(shown, names)
    for pair in edits.nodes[:DETAILS]:
        rows += node_rows(*pair)
    if edits.added:
        rows.append(said(f"{formats.plural(len(edits.added), 'track')} new in the collection"))
    if edits.removed:
        rows.append(said(f"{formats.plural(len(edits.removed), 'track')} taken out of the collection"))
    return rows


async def _routed(library: Library, change: Change) -> list[Row]:
    """What a run of routing did to playlists on Spotify; nothing, where the change is no run. Raises
    `LibraryError`."""
    found = await library.fetchall(
        "SELECT child.name, part, added, removed, kept, write.error FROM route_write AS write"
        " JOIN route_run AS run ON run.id = run_id LEFT JOIN route_child AS child ON child.id = child_id"
        " WHERE run.change_id = ? AND write.requests > 0 ORDER BY child.position, part DESC LIMIT ?",
        (change.id, DETAILS),
    )
    rows = []
    for row in found:
        name = (row["name"] or "a child that is gone") + (" ?" if row["part"] == "review" else "")
        rows.append(said(f"{name}: +{row['added']:,} -{row['removed']:,}, {row['kept']:,} kept", ""))
        if row["error"]:
            rows.append(said(f"  {row['error']}", "$warning"))
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


def track_rows(id: int, before: Image, after: Image, names: Names) -> Iterator[Row]:
    """A track of which fields changed."""
    said: list[str] = []
    for field, value in after.items():
        if field == "cues":
            said += cue_changes(before.get(field) or (), value or ())
        else:
            was, now = value_text(field, before.get(field)), value_text(field, value)
            said.append(f"{formats.label(field)}: {was}{_CHANGED}{now}")
    return _block(("fields", id), _name(id, names), said)


def cue_changes(before: Sequence[cues.Row], after: Sequence[cues.Row]) -> list[str]:
    """How cues became others: "- hotcue 3 “drop” at 1:04.200", "+ hotcue 5 “drop” at 1:04.200"."""
    was = [list(cue) for cue in before]
    now = [list(cue) for cue in after]
    gone = [f"- {_cue_text(cue)}" for cue in was if cue not in now]
    new = [f"+ {_cue_text(cue)}" for cue in now if cue not in was]
    return [*gone, *new] or ["cues in another order"]


def _cue_text(cue: cues.Row) -> str:
    kind = CueType(cue[_TYPE])
    word = f" {kind.word}" if cue[_SLOT] is not None and kind is not CueType.CUE else ""
    length = f" of {typed.clock(cue[_LENGTH])}" if cue[_LENGTH] else ""
    return f"{cues.label(cue)}{word}{length}"


# -- other things ---------------------------------------------------------------------------------


def other_rows(what: str, id: int, before: Image | None, after: Image | None, names: Names) -> Iterator[Row]:
    """A track as a whole, a playlist, a conflict or a file."""
    key = (what, id)
    image = before or after or {}
    if what == "track":
        track = image.get("row", {})
        name = " - ".join(text for text in (track.get("artist"), track.get("title")) if text)
        fate = "removed from the library" if after is None else "new"
        return _block(key, name or f"track {id}", [fate])
    if what == "playlist":
        kind = "" if image.get("kind", "list") == "list" else f"{image['kind']} "
        return _block(key, f"{kind}{image.get('name', id)}", playlist_changes(before, after, names))
    if what == "conflict":
        return _block(key, *_conflict(before, after, names))
    backup = (after or {}).get("backup")
    return _block(key, "the collection", [f"put back from {PurePath(backup).name}" if backup else "written"])


def playlist_changes(before: Image | None, after: Image | None, names: Names) -> list[str]:
    """What happened to a playlist."""
    if before is None or after is None:
        fate = "made" if before is None else "deleted"
        held = len((before or after or {}).get("items") or ())
        return [f"{fate} with {formats.plural(held, 'track')}" if held else fate]
    if not after:
        return ["changed"]
    said = []
    if after.get("name") != before.get("name"):
        said.append(f"renamed to {after['name']}")
    if after.get("parent_id") != before.get("parent_id"):
        said.append("moved to another folder")
    elif after.get("position") != before.get("position"):
        said.append(f"moved to place {after['position'] + 1}")
    if after.get("query") != before.get("query"):
        said.append(f"filter: {before.get('query')}{_CHANGED}{after.get('query')}")
    if after.get("items") != before.get("items"):
        said += _items(*_exchanged(before, after), names)
    return said or ["changed"]


def _exchanged(before: Image, after: Image) -> tuple[list[int | None], list[int | None]]:
    """The tracks that came into a playlist, and those that went; None for one that nobody knows."""
    was, now = (Counter(map(tuple, image.get("items") or ())) for image in (before, after))
    return [item[0] for item in (now - was).elements()], [item[0] for item in (was - now).elements()]


def _items(added: Sequence[int | None], removed: Sequence[int | None], names: Names) -> list[str]:
    said = []
    for sign, word, ids in (("+", "added", added), ("-", "taken out", removed)):
        if not ids:
            continue
        if len(ids) > ITEMS:
            said.append(f"{formats.plural(len(ids), 'track')} {word}, such as")
        said += [f"{sign} {_name(id, names) if id is not None else 'unknown track'}" for id in ids[:ITEMS]]
    return said or ["put in another order"]


def _conflict(before: Image | None, after: Image | None, names: Names) -> tuple[str, list[str]]:
    from djtui.traktor.conflicts import shown
    from djtui.tui.widgets.traktor_values import label

    conflict = before or after or {}
    field, track = conflict.get("field", ""), conflict.get("track_id")
    here, there = (
        shown(field, json.loads(conflict.get(side) or "null"), side) for side in ("library", "traktor")
    )
    fate = "settled" if after is None else "found"
    name = _name(track, names) if track is not None else "a playlist"
    return name, [f"conflict over {label(field)} {fate}", f"here {here}", f"in Traktor {there}"]


# -- exports --------------------------------------------------------------------------------------


def export_rows(fields: Mapping[int, Image], names: Names) -> Iterator[Row]:
    """The entries of a collection that an export wrote: by entry, field -> (old, new)."""
    for entry, changes in fields.items():
        before = {field: old for field, (old, _) in changes.items()}
        yield from track_rows(entry, before, {field: new for field, (_, new) in changes.items()}, names)


def node_rows(before: Image | None, after: Image | None) -> Iterator[Row]:
    """A playlist of a collection that an export wrote, as rows of `nml_node`."""
    row = after or before or {}
    what = "new in the collection" if before is None else "deleted" if after is None else "written"
    base = row.get("base") or {}
    image = json.loads(base) if isinstance(base, str) else base
    return _block(("node", row.get("id") or 0), image.get("name") or "a playlist", [what])


# -- rows -----------------------------------------------------------------------------------------


def said(text: str, style: str = "$quiet") -> Row:
    """A line of words."""
    return Row(("said", text), ((f" {text}", style),))


def _block(key: tuple[str, int], name: str, lines: Sequence[str]) -> Iterator[Row]:
    """A name and what happened to it: beside it where that is one short line, else below."""
    if len(lines) == 1 and len(name) + len(lines[0]) < _NARROW:
        yield Row(key, ((f" {name}  ", ""), (lines[0], "$quiet")))
        return
    yield Row(key, ((f" {name}", ""),))
    for number, line in enumerate(lines):
        yield Row((*key, number), ((f"   {line}", "$quiet"),))


def _name(id: int, names: Names) -> str:
    return names.get(id) or f"track {id}, no longer here"
