"""A track's colour for the eye: a square in it and its name, for nobody has to tell colours apart."""

from __future__ import annotations

from djtui.model.track import COLORS
from djtui.tui.formats import Part


def swatch(color: int | None) -> list[Part]:
    """The colour with this number; nothing for none, or for one that nobody knows."""
    name = COLORS[color] if color is not None and 0 <= color < len(COLORS) else None
    return [("■ ", f"$color-{name}"), (name, "")] if name else []


def swatches(beginning: str) -> list[Part]:
    """All colours whose names begin so."""
    numbers = (number for number, name in enumerate(COLORS) if name and name.startswith(beginning))
    return [part for number in numbers for part in (*swatch(number), (" ", ""))]
