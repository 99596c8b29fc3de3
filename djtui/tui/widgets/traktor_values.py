"""The values of fields as the Traktor view shows them: stars as stars, keys as the DJ spells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from djtui.model import key as musical_keys
from djtui.model.key import Notation
from djtui.tui import formats
from djtui.tui.details import NAME

if TYPE_CHECKING:
    from djtui.traktor.conflicts import Conflict

NOTHING: Final = "—"
Side = Literal["base", "library", "traktor"]


def shown(field: str, value: Any, notation: Notation) -> str:
    """A value of a synced field, or one cue; NOTHING for none."""
    from djtui.traktor import conflicts

    if value is None:
        return NOTHING
    if field == "rating":
        return "★" * value or "0"
    if field == "key":
        return musical_keys.spell(value, notation)
    return conflicts.shown(field, value, "library")


def label(field: str) -> str:
    """A synced field, or one cue, as a DJ calls it."""
    from djtui.traktor import conflicts

    return formats.label(conflicts.label(field))


def apart(old: str, new: str) -> tuple[str, str]:
    """Two paths without the folders that both begin with."""
    same = 0
    while (slash := old.find("/", same) + 1) and old[:slash] == new[:slash]:
        same = slash
    return old[same:], new[same:]


def of_conflict(conflict: Conflict, side: Side, notation: Notation) -> str:
    """What one side of a conflict says."""
    value = getattr(conflict, side)
    if conflict.field in ("rating", "key"):
        return shown(conflict.field, value, notation)
    return conflict.shown(side)


def changes(fields: Mapping[str, tuple[Any, Any]], notation: Notation) -> list[tuple[str, str, str, str]]:
    """What changed in a track: field, label, old and new for the eye. Cues are taken one by one; where its
    file lies is its NAME."""
    from djtui.model.cue import by_identity
    from djtui.traktor.moving import PATH

    found = []
    for field, (old, new) in fields.items():
        if field == PATH:
            found.append((field, NAME, *apart(old, new)))
            continue
        if field != "cues":
            found.append((field, label(field), shown(field, old, notation), shown(field, new, notation)))
            continue
        was: Mapping[str, Sequence[Any]] = by_identity(old or ())
        now: Mapping[str, Sequence[Any]] = by_identity(new or ())
        for cue in dict.fromkeys((*was, *now)):
            if was.get(cue) != now.get(cue):
                old, new = (shown(cue, cues.get(cue), notation) for cues in (was, now))
                found.append((cue, label(cue), old, new))
    return found
