"""Cue points: everything a DJ may have set on a track's time line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final


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


CueRow = Sequence[Any]
"""A cue as it is stored: type, start, length, slot, and the rest in the order of `Cue`."""

IDENTITY: Final = "cue:"
"""Begins what `by_identity` calls a cue."""


def by_identity(cues: Iterable[CueRow]) -> dict[str, CueRow]:
    """Cues by what makes each the same cue on both sides: its slot, else type and position to 1 ms."""
    found: dict[str, CueRow] = {}
    for cue in cues:
        kind, start, _, slot, *_ = cue
        plain = identity = f"{IDENTITY}slot:{slot}" if slot else f"{IDENTITY}{kind}:{start:.0f}"
        number = 1
        while identity in found:
            number += 1
            identity = f"{plain}#{number}"
        found[identity] = cue
    return found


def with_cue(cues: Iterable[CueRow] | None, identity: str, cue: CueRow | None) -> list[CueRow] | None:
    """The cues with one of them replaced, added or (None) taken out; None when none are left."""
    found = by_identity(cues or ())
    if cue is None:
        found.pop(identity, None)
    else:
        found[identity] = cue
    return list(found.values()) or None
