"""Editing tracks: which fields, what follows from a new value, and the change in the history."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from djtui.library import journal, tracks
from djtui.library.database import Library
from djtui.model import key as keys
from djtui.model.cue import CueType

EDITABLE: Final = (
    "title", "artist", "album", "albumartist", "remixer", "producer", "label", "genre", "comment", "comment2",
    "mix", "catalogue", "rating", "color", "key", "bpm", "track_number", "released", "locked", "cues",
)  # fmt: skip

Image = Mapping[str, Any]
"""A whole track: its columns, and "cues", a list of cue rows."""

_BATCH: Final = 500
_TYPE, _GRID_BPM = 0, 6  # in a cue row
_WHEEL: Final = re.compile(r"(0?)[0-9]+\s*([abdm])", re.IGNORECASE)
_MUSICAL: Final = re.compile(r"([a-h])(?:\s*([#♯b♭]))?(\s*)(\w*)", re.IGNORECASE)
_MODES: Final = (("", "m"), ("maj", "min"), ("major", "minor"), ("dur", "moll"))


async def edit(
    library: Library, ids: Sequence[int], fields: Mapping[str, Any], title: str
) -> tuple[int, int | None]:
    """Set fields of tracks as one change. Returns (tracks changed, the change or None if nothing changed)."""
    return await edit_each(library, ids, lambda image: fields, title)


async def edit_each(
    library: Library, ids: Sequence[int], compute: Callable[[Image], Mapping[str, Any]], title: str
) -> tuple[int, int | None]:
    """Set for each track the fields that `compute` says for it, as one change. Returns as `edit` does.

    `compute` is called within the transaction; what it raises ends the edit at that track's batch.
    """
    change_id: int | None = None
    changed = 0
    for start in range(0, len(ids), _BATCH):
        async with library.writing() as tx:
            present = await tracks.images(tx, ids[start : start + _BATCH], cues=True)
            images = {}
            for id, image in present.items():
                image["cues"] = image["cues"] or []
                before, after = _difference(image, derived(image, compute(image)))
                if after:
                    images[id] = before, after
            if not images:
                continue
            if change_id is None:
                change_id = await journal.begin(tx, "edit", title)
            await tracks.update(tx, {id: after for id, (_, after) in images.items()})
            await journal.add(tx, change_id, images)
            changed += len(images)
    return changed, change_id


def derived(image: Image, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields to set when a DJ sets these: with what follows from them.

    The key is spelled anew in the notation of the tag, the year is that of the release, the tempo goes to
    the beat grid if that has one marker with a tempo. No stars and no colour are unknown ones.
    """
    full = dict(fields)
    for name in ("rating", "color"):
        if name in full:
            full[name] = full[name] or None
    if "released" in full:
        full["year"] = int(full["released"][:4]) if full["released"] else None
    if "key" in full and "key_text" not in full and keys.parse(image["key_text"] or "") is not None:
        full["key_text"] = None if full["key"] is None else respelled(image["key_text"], full["key"])
    if full.get("bpm") is not None:
        cues = [list(cue) for cue in full.get("cues", image["cues"]) or ()]
        markers = [cue for cue in cues if cue[_TYPE] == CueType.GRID and cue[_GRID_BPM] is not None]
        if len(markers) == 1:
            markers[0][_GRID_BPM] = round(full["bpm"], 6)
            full["cues"] = cues
    return full


def respelled(text: str, key: int) -> str:
    """A key, spelled in the notation of `text`: `("08A", 20)` -> "01A", `("F# min", 1)` -> "C# maj"."""
    if wheel := _WHEEL.fullmatch(text.strip()):
        zero, letter = wheel.groups()
        spelled = keys.camelot(key) if letter.lower() in "ab" else keys.open_key(key)
        spelled = spelled.lower() if letter.islower() else spelled.upper()
        padded = f"0{spelled}" if zero and len(spelled) == 2 else spelled
        return padded if keys.parse(padded) == key else spelled
    spelled = _musical(text.strip(), key)
    return spelled if keys.parse(spelled) == key else keys.musical(key)


def _musical(text: str, key: int) -> str:
    match = _MUSICAL.fullmatch(text)
    assert match is not None
    letter, accidental, blank, mode = match.groups()
    name = keys.MAJOR[key % 12]
    if accidental in ("#", "♯") and len(name) == 2:
        name = keys.MAJOR[(key - 1) % 12] + accidental
    elif accidental == "♭":
        name = name.replace("b", "♭")
    if letter.islower():
        name = name.lower()
    major, minor = next((pair for pair in _MODES if mode.lower() in pair), _MODES[0])
    ending = minor if key >= 12 else major
    if mode.istitle() or (mode.isupper() and len(mode) > 1):
        ending = ending.title() if mode.istitle() else ending.upper()
    return name + (blank + ending if ending else "")


def _difference(image: Image, fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    wanted = dict(fields)
    if "cues" in wanted:
        wanted["cues"] = [list(cue) for cue in wanted["cues"] or ()]
    after = {name: value for name, value in wanted.items() if image[name] != value}
    return {name: image[name] for name in after}, after
