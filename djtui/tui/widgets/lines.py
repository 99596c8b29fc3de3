"""Lines of text of which only the cells that changed are painted anew: on a slow line bytes are time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from djtui.model.text import harmless
from djtui.tui import formats
from djtui.tui.formats import Part, Parts

Cell = tuple[str, str]
"""What stands in a cell, and its style; the second cell of a wide character holds ""."""


class Lines(Widget):
    """As many lines as the widget is high. Subclasses say what stands there in `lines`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._painted: list[list[Cell]] = []

    def lines(self, width: int) -> Sequence[Parts]:
        """The lines, given the width in cells. To be overridden."""
        return ()

    def repaint_changes(self) -> None:
        """What the lines say may have changed: paint the cells that did."""
        now = [cells(line) for line in self.lines(self.size.width)]
        if len(now) != len(self._painted):
            self.refresh()
            return
        changes = [changed(*pair) for pair in zip(self._painted, now, strict=True)]
        regions = [Region(span.start, y, len(span), 1) for y, span in enumerate(changes) if span]
        if regions:
            self.refresh(*regions)

    def render(self) -> Content:
        lines = self.lines(self.size.width)
        self._painted = [cells(line) for line in lines]
        return Content("\n").join(formats.content(line) for line in lines)


def cells(parts: Iterable[Part]) -> list[Cell]:
    """Parts cell by cell."""
    return [(sign, style) for text, style in parts for sign in signs(harmless(text))]


def signs(text: str) -> list[str]:
    """A text as one entry a cell: a wide character is followed by an empty one."""
    if text.isascii():
        return list(text)
    found: list[str] = []
    for char in text:
        width = cell_len(char)
        if width == 0 and found:
            found[-1] += char
        else:
            found += [char, *[""] * (width - 1)]
    return found


def changed(old: Sequence[Cell], now: Sequence[Cell]) -> range:
    """The cells from the first to the last that is another one; whole characters."""
    pairs = list(zip_longest(old, now, fillvalue=(" ", "")))
    different = [at for at, (was, is_now) in enumerate(pairs) if was != is_now]
    if not different:
        return range(0)
    end = different[-1] + 1
    while end < len(pairs) and "" in (pairs[end][0][0], pairs[end][1][0]):
        end += 1
    return range(different[0], end)
