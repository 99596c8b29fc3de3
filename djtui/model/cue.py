"""Cue points: everything a DJ may have set on a track's time line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class CueType(IntEnum):
    """CUE_V2 TYPE in collection.nml."""

    CUE = 0
    FADE_IN = 1
    FADE_OUT = 2
    LOAD = 3
    GRID = 4
    LOOP = 5

    @property
    def word(self) -> str:
        """The type as a DJ calls it."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue. `start` and `length` in milliseconds; `slot` is the hotcue pad 1..8, or None."""

    type: CueType
    start: float
    length: float = 0.0
    slot: int | None = None
    name: str | None = None
    repeats: int | None = None
    grid_bpm: float | None = None
    color: str | None = None
