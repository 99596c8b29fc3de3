"""Changing the cues of a track: pure functions on its list of cue rows.

A row is (type, start, length, slot, name, repeats, grid_bpm, color), as `tracks.images` has it: times in
milliseconds, slot the hotcue pad 1..8 or None.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import Enum
from typing import Any, Final

from djtui.library.typed import clock
from djtui.model.cue import CueType
from djtui.model.text import harmless

Row = Sequence[Any]
SLOTS: Final = range(1, 9)
TYPES: Final = {type.word: type for type in CueType}
LONGEST_MS: Final = 24 * 3600 * 1000.0

_TYPE, _START, _LENGTH, _SLOT, _NAME, _REPEATS, _GRID_BPM, _COLOR = range(8)
_FOR_EVER: Final = -1  # repeats: what Traktor writes


class CueError(Exception):
    """Cues cannot be changed so; the message is a sentence."""


class Keep(Enum):
    """Says that a value stays what it is."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


def set_cue(
    cues: Sequence[Row],
    index: int | None,
    *,
    type: CueType | Keep = KEEP,
    start: float | Keep = KEEP,
    length: float | Keep = KEEP,
    slot: int | Keep | None = KEEP,
    name: str | Keep | None = KEEP,
    grid_bpm: float | Keep | None = KEEP,
) -> list[list[Any]]:
    """The cues with one of them changed; index None adds one, which wants a `start`. Raises `CueError`.

    What was a loop and is none any more has no length.
    """
    new = [list(cue) for cue in cues]
    if index is None:
        if start is KEEP:
            raise CueError("A new cue wants a time.")
        new.append([CueType.CUE, 0.0, 0.0, None, None, _FOR_EVER, None, None])
        index = len(new) - 1
    cue = new[index]
    given = ((_TYPE, type), (_START, start), (_LENGTH, length), (_SLOT, slot), (_GRID_BPM, grid_bpm))
    for place, value in given:
        if value is not KEEP:
            cue[place] = value
    cue[_TYPE] = int(cue[_TYPE])
    if name is not KEEP:
        cue[_NAME] = (name or "").strip() or None
    if length is KEEP and cue[_TYPE] != CueType.LOOP:
        cue[_LENGTH] = 0.0
    if cue[_TYPE] != CueType.GRID:
        cue[_GRID_BPM] = None
    _check(new, index)
    return new


def delete_cues(cues: Sequence[Row], indexes: Collection[int]) -> list[list[Any]]:
    """The cues without some."""
    return [list(cue) for index, cue in enumerate(cues) if index not in indexes]


def by_slot(cues: Sequence[Row], slot: int) -> int | None:
    """The cue on a hotcue pad."""
    return next((index for index, cue in enumerate(cues) if cue[_SLOT] == slot), None)


def by_time(cues: Sequence[Row], start: float, within: float = 50.0) -> int | None:
    """The cue nearest to a time, if it is that near (ms). A grid marker only if nothing else is there."""
    near = [index for index, cue in enumerate(cues) if abs(cue[_START] - start) <= within]
    return min(
        near,
        key=lambda index: (cues[index][_TYPE] == CueType.GRID, abs(cues[index][_START] - start)),
        default=None,
    )


def free_slot(cues: Sequence[Row]) -> int | None:
    """The first hotcue pad that nothing is on."""
    taken = {cue[_SLOT] for cue in cues}
    return next((slot for slot in SLOTS if slot not in taken), None)


def label(cue: Row) -> str:
    """A cue in a message: "hotcue 3 “drop” at 1:04.200"."""
    what = f"hotcue {cue[_SLOT]}" if cue[_SLOT] is not None else CueType(cue[_TYPE]).word
    name = f" “{harmless(cue[_NAME])}”" if cue[_NAME] else ""
    return f"{what}{name} at {clock(cue[_START])}"


def _check(cues: Sequence[Row], index: int) -> None:
    cue = cues[index]
    if not 0 <= cue[_START] <= LONGEST_MS:
        raise CueError("A cue stands between 0:00 and 24 hours.")
    if cue[_TYPE] == CueType.LOOP and not 0 < cue[_LENGTH] <= LONGEST_MS:
        raise CueError("A loop wants a length in milliseconds.")
    if cue[_TYPE] != CueType.LOOP and cue[_LENGTH]:
        raise CueError(f"Only a loop has a length; this is a {CueType(cue[_TYPE]).word}.")
    if cue[_SLOT] is None:
        return
    if cue[_SLOT] not in SLOTS:
        raise CueError(f"There are hotcues 1 to 8, and no {cue[_SLOT]}.")
    for other, there in enumerate(cues):
        if other != index and there[_SLOT] == cue[_SLOT]:
            raise CueError(f"Hotcue {cue[_SLOT]} is taken: {label(there)}.")
