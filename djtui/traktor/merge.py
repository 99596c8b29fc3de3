"""Merging one track three ways: the value at the last sync, the library's, and Traktor's.

One side changed: take it. Both changed, and not to the same value: a conflict, and the library's stays
until the DJ settles it. Cues are merged as a whole here: taken over while the library has not touched
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from djtui.model.track import SYNCED

Strategy = Literal["merge", "traktor", "library", "fill"]

_NEVER_LOWERED: Final = frozenset(("plays", "played"))


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides changed a field since the last sync."""

    field: str
    base: Any
    library: Any
    traktor: Any


@dataclass(slots=True)
class Merged:
    """What a merge comes to: the columns to set, the conflicts, and the new base."""

    changes: dict[str, Any] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    base: dict[str, Any] = field(default_factory=dict)


def merge(
    base: Mapping[str, Any], library: Mapping[str, Any], traktor: Mapping[str, Any], strategy: Strategy
) -> Merged:
    """Merge the synced fields. A field that a mapping lacks is unknown there; no cues are unknown cues.

    An empty `base` means that the two sides have never met: what one of them does not know is taken
    from the other; where each knows something else, that is a conflict.
    """
    merged = Merged()
    for name in SYNCED:
        ours, theirs, was = (side.get(name) for side in (library, traktor, base))
        taken = _decide(name, was, ours, theirs, strategy)
        if taken is _CONFLICT:
            merged.conflicts.append(Conflict(name, was, ours, theirs))
            settled = was
        else:
            if taken != ours:
                merged.changes[name] = [] if name == "cues" and taken is None else taken
            settled = theirs
        merged.base[name] = settled
    if "released" in merged.changes:
        released = merged.changes["released"]
        merged.changes["year"] = int(released[:4]) if released else None
    return merged


_CONFLICT: Final = object()


def _decide(name: str, was: Any, ours: Any, theirs: Any, strategy: Strategy) -> Any:
    if ours == theirs:
        return ours
    if name in _NEVER_LOWERED:
        return max(value for value in (ours, theirs) if value is not None)
    if strategy == "fill":
        return theirs if ours is None else ours
    if ours == was:
        return theirs
    if theirs == was:
        return ours
    if strategy == "traktor":
        return theirs
    return ours if strategy == "library" else _CONFLICT
