"""The fields that can be written into files, each with its key and whether it is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any, Final

from textual import events
from textual.message import Message

from djtui.tui import formats
from djtui.tui.formats import Part, Parts
from djtui.tui.widgets.lines import Lines

FIELDS: Final = {
    "bpm": "b", "key": "k", "rating": "*", "comment": "c", "genre": "g", "replaygain": "R",
    "title": "t", "artist": "a", "remixer": "r", "producer": "p", "album": "l", "albumartist": "A",
    "label": "L", "catalogue": "C", "isrc": "i", "track": "#", "year": "y", "released": "d",
}  # fmt: skip
"""Field -> its key: first what a DJ writes most often."""

_LABELS: Final = {
    "bpm": "BPM",
    "isrc": "ISRC",
    "replaygain": "ReplayGain",
    "released": "release date",
    "track": "track number",
}
_WIDTH: Final = 22


def label(field: str) -> str:
    """A field as a DJ calls it."""
    return _LABELS.get(field, formats.label(field))


def shown(field: str, value: Any) -> str:
    """A value as it stands in a tag; "none" where there is none."""
    if value is None:
        return "none"
    if field == "rating":
        return "★" * int(value) or "0"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


class TagFields(Lines):
    """All fields, in columns."""

    class Clicked(Message):
        """A field was clicked."""

        def __init__(self, field: str) -> None:
            super().__init__()
            self.field = field

    def __init__(self, chosen: Sequence[str]) -> None:
        super().__init__()
        self._chosen = chosen

    def choose(self, chosen: Sequence[str]) -> None:
        """These fields are chosen."""
        self._chosen = chosen
        self.repaint_changes()

    def get_content_height(self, container: Any, viewport: Any, width: int) -> int:
        return ceil(len(FIELDS) / _columns(width))

    def lines(self, width: int) -> Sequence[Parts]:
        columns = _columns(width)
        cells = [self._cell(field, key) for field, key in FIELDS.items()]
        return [
            [part for cell in cells[start : start + columns] for part in cell]
            for start in range(0, len(cells), columns)
        ]

    def _cell(self, field: str, key: str) -> list[Part]:
        chosen = field in self._chosen
        sign, style = ("✓", "bold") if chosen else ("·", "$quiet")
        return [(f" {key} ", "$accent"), (f"{sign} {formats.fit(label(field), _WIDTH - 5)}", style)]

    def on_click(self, event: events.Click) -> None:
        at = event.y * _columns(self.size.width) + event.x // _WIDTH
        if event.x // _WIDTH < _columns(self.size.width) and at < len(FIELDS):
            self.post_message(self.Clicked(list(FIELDS)[at]))


def _columns(width: int) -> int:
    return max(1, width // _WIDTH)
