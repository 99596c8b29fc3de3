"""What changes did, in words: fields, names of files, cues, playlists, conflicts. Texts may be hostile."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final

from djtui.library import cues, typed
from djtui.model.cue import CueType
from djtui.model.text import plural
from djtui.traktor import conflicts

Image = Mapping[str, Any]
Names = Mapping[int, str]

ITEMS: Final = 10
CHANGED: Final = " → "
_MORE_LABELS: Final = {"albumartist": "album artist", "color": "colour"}
_TYPE, _LENGTH, _SLOT = 0, 2, 3  # in a cue row


def label(field: str) -> str:
    """A field as a DJ calls it."""
    return _MORE_LABELS.get(field) or conflicts.label(field)


def fields(before: Image, after: Image) -> list[str]:
    """What became of fields: "genre: House → Acid"; of the path the names."""
    said: list[str] = []
    for field, value in after.items():
        was = before.get(field)
        if field == "cues":
            said += cue_changes(was or (), value or ())
        elif field == "path" and was and value:
            said.append(moved(was, value))
        else:
            said.append(f"{label(field)}: {value_text(field, was)}{CHANGED}{value_text(field, value)}")
    return said


def value_text(field: str, value: Any) -> str:
    """A field's value for the eye."""
    if field == "cues":
        return plural(len(value or ()), "cue")
    if value is None:
        return "unknown"
    return typed.show(field, value) or "none"


def moved(old: str, new: str) -> str:
    """Where a file went: in its folder the names alone suffice, and below it the way from there."""
    was, now = PurePath(old), PurePath(new)
    shown = now.relative_to(was.parent) if now.is_relative_to(was.parent) else now
    return f"{was.name}{CHANGED}{shown}"


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


def playlist(before: Image | None, after: Image | None, names: Names) -> list[str]:
    """What happened to a playlist."""
    if before is None or after is None:
        fate = "made" if before is None else "deleted"
        held = len((before or after or {}).get("items") or ())
        return [f"{fate} with {plural(held, 'track')}" if held else fate]
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
        said.append(f"filter: {before.get('query')}{CHANGED}{after.get('query')}")
    if after.get("items") != before.get("items"):
        said += _exchange(*exchanged(before, after), names)
    return said or ["changed"]


def exchanged(before: Image, after: Image) -> tuple[list[int | None], list[int | None]]:
    """The tracks that came into a playlist, and those that went; None for one that nobody knows."""
    was, now = (Counter(map(tuple, image.get("items") or ())) for image in (before, after))
    return [item[0] for item in (now - was).elements()], [item[0] for item in (was - now).elements()]


def _exchange(added: Sequence[int | None], removed: Sequence[int | None], names: Names) -> list[str]:
    said = []
    for sign, word, ids in (("+", "added", added), ("-", "taken out", removed)):
        if not ids:
            continue
        if len(ids) > ITEMS:
            said.append(f"{plural(len(ids), 'track')} {word}, such as")
        said += [f"{sign} {track(id, names) if id is not None else 'unknown track'}" for id in ids[:ITEMS]]
    return said or ["put in another order"]


def conflict(before: Image | None, after: Image | None) -> list[str]:
    """What happened to a conflict, and what its sides say."""
    it = before or after or {}
    field = it.get("field", "")
    here, there = (
        conflicts.shown(field, json.loads(it.get(side) or "null"), side) for side in ("library", "traktor")
    )
    fate = "settled" if after is None else "found"
    return [f"conflict over {label(field)} {fate}", f"here {here}", f"in Traktor {there}"]


def node(before: Image | None, after: Image | None) -> tuple[str, list[str]]:
    """The name of a playlist of a collection that an export wrote, of its rows of `nml_node`; what it did."""
    row = after or before or {}
    what = "new in the collection" if before is None else "deleted" if after is None else "written"
    base = row.get("base") or {}
    image = json.loads(base) if isinstance(base, str) else base
    return image.get("name") or "a playlist", [what]


def track(id: int, names: Names) -> str:
    """A track by name."""
    return names.get(id) or f"track {id}, no longer here"
