"""A track's colour for the eye: a square in it and its name, for nobody has to tell colours apart."""

from __future__ import annotations

from djtui.model.track import COLORS
from djtui.tui.formats import Part


def swatch(color: int | None) -> list[Part]:
    """The colour with this number; nothing for none, or for one that nobody knows."""
    name = COLORS[color] if color is not None and 0 <= color < len(COLORS) else None
    return [("■ ", f"$color-{name}"), (name, "")] if name else []


def swatches(beginning: str) -> list[Part]:
    """The colours whose names begin so; several are told by their first letters, which differ."""
    numbers = [number for number, name in enumerate(COLORS) if name and name.startswith(beginning)]
    if len(numbers) == 1:
        return swatch(numbers[0])
    parts: list[Part] = []
    for number in numbers:
        square, (name, _) = swatch(number)
        parts += [(square[0].strip(), square[1]), (f"{name[0]} ", "$quiet")]
    return parts
