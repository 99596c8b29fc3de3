"""The edit dialog: all that can be typed of one track, or of all that are marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from djtui.library import typed
from djtui.model import key as musical_keys
from djtui.model.track import COLORS, Track
from djtui.tui import formats
from djtui.tui.fields import Field
from djtui.tui.formats import Parts
from djtui.tui.screens.form import Form
from djtui.tui.swatch import swatches


class EditDialog(Form):
    """Answers the fields that were changed."""

    def __init__(self, tracks: Sequence[Track], notation: musical_keys.Notation = "camelot") -> None:
        name = tracks[0].title or "untitled" if len(tracks) == 1 else formats.plural(len(tracks), "track")
        locked = sum(bool(track.locked) for track in tracks)
        explain: dict[str, Callable[[str], Parts]] = {
            "rating": _stars,
            "color": _color,
            "key": partial(_key, notation),
            "bpm": partial(_bpm, locked, len(tracks)),
            "released": partial(_wanted, "2025 or 2025-06-01"),
            "locked": partial(_wanted, "yes or no: keeps its grid"),
        }
        fields = []
        for field in typed.TYPED:
            value, several = common(tracks, field)
            text = typed.show(field, value, notation)
            read = partial(_read, field)
            fields.append(Field(field, formats.label(field), text, read, explain.get(field), several))
        super().__init__(f"Edit {name}", fields)
        self._several = len(tracks)
        self._warned: dict[str, Any] = {}

    def refusal(self, values: dict[str, Any]) -> str | None:
        if self._several == 1 or not values or values == self._warned:
            return None
        self._warned = values
        names = ", ".join(formats.label(field) for field in values)
        return f"enter again sets {names} of all {self._several:,} tracks; esc leaves"


def common(tracks: Sequence[Track], field: str) -> tuple[Any, bool]:
    """The value that all these tracks have, and False; or None, and whether they have several."""
    values = {getattr(track, field) for track in tracks}
    return (None, True) if len(values) > 1 else (values.pop(), False)


def _read(field: str, text: str) -> Any:
    """As `typed.read`, in the form's words; of a colour its beginning will do."""
    if field == "color":
        meant = [name for name in COLORS if name and text.strip() and name.startswith(text.strip().lower())]
        text = meant[0] if len(meant) == 1 else text
    try:
        return typed.read(field, text)
    except ValueError as error:
        raise ValueError(str(error).replace(field, formats.label(field), 1)) from error


# -- what a text means -----------------------------------------------------------------------------


def _wanted(what: str, text: str) -> Parts:
    return [(what, "$quiet")]


def _stars(text: str) -> Parts:
    stars = int(text) if text in ("1", "2", "3", "4", "5") else 0
    return [("★" * stars, "$accent")] if stars else [("0 to 5 stars", "$quiet")]


def _color(text: str) -> Parts:
    return swatches(text.strip().lower()) or [("none", "$quiet")]


def _key(notation: musical_keys.Notation, text: str) -> Parts:
    key = musical_keys.parse(text)
    if key is None:
        return [("8A, Am or 1m", "$quiet")]
    spellings = (musical_keys.camelot(key), musical_keys.musical(key), musical_keys.open_key(key))
    return [(" · ".join(spellings), "$quiet")]


def _bpm(locked: int, tracks: int, text: str) -> Parts:
    if not locked:
        return [("", "")]
    who = "locked" if tracks == 1 else f"{locked:,} locked"
    return [(f"{who}: Traktor keeps its own", "$warning")]
