"""The track under the cursor: its waveform with cues, how it sounds, its tags, where it is and comes from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.cells import cell_len

from djtui.model import key as musical_keys
from djtui.model.text import harmless
from djtui.tui import formats
from djtui.tui.details import NAME, Details
from djtui.tui.formats import Part, Parts
from djtui.tui.widgets.lines import Lines
from djtui.tui.widgets.sound import origins, sound
from djtui.tui.widgets.waveform import ROWS, picture

_LINES: Final = ROWS + 5
_ORIGINS: Final = ("renamed here", "edited here", "analysed here")


class Inspector(Lines):
    """The pane below the table. It draws its own frame: a border would be painted anew with every title."""

    def __init__(self, notation: musical_keys.Notation, **options: Any) -> None:
        super().__init__(**options)
        self.details: Details | None = None
        self.notation = notation

    def show(self, details: Details | None) -> None:
        """Show this track; None: there is none."""
        if details == self.details:
            return
        self.details = details
        self.repaint_changes()

    def lines(self, width: int) -> Sequence[Parts]:
        inside = max(0, width - 4)
        name = formats.cut(f" {harmless(self.details.name)} ", inside) if self.details else ""
        fill = "─" * (inside + 1 - cell_len(name))
        said = (
            [("│ ", "$frame"), *formats.line(line, (), inside), (" │", "$frame")]
            for line in self._said(inside)
        )
        return [
            [("╭─", "$frame"), (name, ""), (f"{fill}╮", "$frame")],
            *said,
            [(f"╰{'─' * (inside + 2)}╯", "$frame")],
        ]

    def _said(self, width: int) -> list[list[Part]]:
        details = self.details
        if details is None:
            return [[] for _ in range(_LINES)]
        return [
            *picture(details, width),
            sound(details, self.notation),
            origins(details, self.notation),
            tags(details),
            place(details),
        ]


def tags(details: Details) -> list[Part]:
    """What the tags say besides title and artist."""
    track = details.track
    said = (
        ("album", track.album), ("label", track.label), ("genre", track.genre), ("remix", track.remixer),
        ("year", track.year or track.released), ("comment", track.comment),
    )  # fmt: skip
    parts: list[Part] = []
    for name, value in said:
        if value:
            parts += [(f"{name} ", "$quiet"), (f"{value}   ", "")]
    return parts or [("no tags besides title and artist", "$quiet")]


def state(details: Details) -> list[Part]:
    """What there is to settle with Traktor, and what waits for export."""
    parts: list[Part] = []
    if details.conflicts:
        them = "it" if details.conflicts == 1 else "them"
        count = formats.plural(details.conflicts, "conflict")
        parts += [(f"{count} (3 settles {them})", "$warning"), ("   ", "")]
    if details.new:
        parts += [("new: not yet in Traktor", "$accent"), ("   ", "")]
    origins = {name: _origin(details, name) for name in details.waiting}
    for origin in _ORIGINS:
        if names := [name for name in origins if origins[name] == origin]:
            labels = ", ".join(map(formats.label, names))
            parts += [(f"{labels}: ", "$quiet"), (f"{origin}, not yet in Traktor", "$accent"), ("   ", "")]
    return parts


def _origin(details: Details, name: str) -> str:
    if name == NAME:
        return "renamed here"
    return "analysed here" if details.is_heard(name) else "edited here"


def place(details: Details) -> list[Part]:
    """What waits, the crates it is in, and where the file is."""
    track = details.track
    where = formats.tilde(Path(track.path)) if track.path else track.location or "no file"
    parts = state(details)
    if details.crates:
        parts += [("in ", "$quiet"), (", ".join(details.crates), ""), ("   ", "")]
    if track.missing:
        parts.append(("✗ missing: ", "$warning"))
    elif track.path is None and track.location:
        parts.append(("volume not mapped: ", "$warning"))
    parts.append((where, "$quiet"))
    return parts
