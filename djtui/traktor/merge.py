"""Merging one track three ways: the value at the last sync, the library's, and Traktor's.

One side changed: take it. Both changed, and not to the same value: a conflict, and the library's stays
until the DJ settles it. Cues are merged one by one: a new hotcue of one side never costs the other side's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from djtui.model.cue import CueRow, by_identity
from djtui.model.track import SYNCED

Strategy = Literal["merge", "traktor", "library", "fill"]
_NEVER_LOWERED: Final = frozenset(("plays", "played"))
_PLAIN: Final = tuple(name for name in SYNCED if name != "cues")


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides changed a field since the last sync. For one cue the field is its identity."""

    field: str
    base: Any
    library: Any
    traktor: Any


@dataclass(slots=True)
class Merged:
    """What a merge comes to: the columns to set, the conflicts, and the new base of fields that differ."""

    changes: dict[str, Any] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    base: dict[str, Any] = field(default_factory=dict)


class Decision(NamedTuple):
    """What the library is to have, what counts as agreed upon, and whether the DJ must decide."""

    value: Any
    settled: Any
    conflict: bool = False


def merge(
    base: Mapping[str, Any], library: Mapping[str, Any], traktor: Mapping[str, Any], strategy: Strategy
) -> Merged:
    """Merge the synced fields. A field that a mapping lacks is unknown there; no cues are unknown cues.

    An empty `base` means that the two sides have never met: what one of them does not know is taken
    from the other; where each knows something else, that is a conflict.
    """
    merged = Merged()
    for name in _PLAIN:
        ours, theirs, was = library.get(name), traktor.get(name), base.get(name)
        if ours == theirs:
            continue
        decision = decide(was, ours, theirs, strategy, rising=name in _NEVER_LOWERED)
        if decision.conflict:
            merged.conflicts.append(Conflict(name, was, ours, theirs))
        if decision.value != ours:
            merged.changes[name] = decision.value
        merged.base[name] = decision.settled
    if library.get("cues") != traktor.get("cues"):
        was, ours, theirs = (side.get("cues") or () for side in (base, library, traktor))
        _merge_cues(merged, was, ours, theirs, strategy)
    if "released" in merged.changes:
        released = merged.changes["released"]
        merged.changes["year"] = int(released[:4]) if released else None
    return merged


def decide(was: Any, ours: Any, theirs: Any, strategy: Strategy, *, rising: bool = False) -> Decision:
    """Merge one value three ways. A `rising` one (a play count) is never lowered by either side."""
    if ours == theirs:
        return Decision(ours, theirs)
    if rising:
        return Decision(max(value for value in (ours, theirs) if value is not None), theirs)
    if strategy == "fill":  # what is not taken is no edit of ours either: the base stays
        return Decision(theirs, theirs) if ours is None else Decision(ours, was)
    if ours == was:
        return Decision(theirs, theirs)
    if theirs == was:
        return Decision(ours, theirs)
    if strategy == "traktor":
        return Decision(theirs, theirs)
    return Decision(ours, theirs) if strategy == "library" else Decision(ours, was, conflict=True)


def _merge_cues(
    merged: Merged,
    base: Iterable[CueRow],
    library: Iterable[CueRow],
    traktor: Iterable[CueRow],
    strategy: Strategy,
) -> None:
    """Cues stand in Traktor's order, those that only the library has behind them."""
    was, ours, theirs = map(by_identity, (base, library, traktor))
    values: list[CueRow] = []
    settled: list[CueRow] = []
    for identity in dict.fromkeys((*theirs, *ours, *was)):
        sides = was.get(identity), ours.get(identity), theirs.get(identity)
        decision = decide(*sides, strategy)
        if decision.conflict:
            merged.conflicts.append(Conflict(identity, *sides))
        if decision.value is not None:
            values.append(decision.value)
        if decision.settled is not None:
            settled.append(decision.settled)
    if values != list(library):
        merged.changes["cues"] = values
    merged.base["cues"] = settled or None
