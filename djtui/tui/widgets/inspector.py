"""The track under the cursor: its time line with cues, its tags, where it is and where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.cells import cell_len

from djtui.model import key as musical_keys
from djtui.model.cue import Cue, CueType
from djtui.model.text import harmless
from djtui.tui import formats
from djtui.tui.details import Details
from djtui.tui.formats import Part, Parts
from djtui.tui.swatch import swatch
from djtui.tui.widgets.lines import Lines, signs


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
            return [[] for _ in range(5)]
        return [*time_line(details, width), sound(details, self.notation), tags(details), place(details)]


def time_line(details: Details, width: int) -> list[list[Part]]:
    """Two lines: the track's time with a tick at each cue, and the cues' marks below.

    The line is underlined blanks: it looks like one drawn in signs, and takes a third of the bytes.
    """
    length = (details.track.duration or 0) * 1000
    cues = details.set_cues
    if not length and cues:
        length = max(cue.start + cue.length for cue in cues) * 1.05
    total = formats.clock(details.track.duration)
    span = width - cell_len(total) - 1
    if not length or span < 10:
        return [[("time unknown" if not length else "", "$quiet")], [("", "")]]
    ticks, marks, styled = [" "] * span, [" "] * span, [False] * span
    free = 0
    for cue in cues:
        at = min(span - 1, max(0, int(cue.start / length * span)))
        end = min(span - 1, int((cue.start + cue.length) / length * span)) if cue.type is CueType.LOOP else at
        for cell in range(at, end + 1):
            ticks[cell], styled[cell] = "▁", True
        ticks[at], styled[at] = "╷", True
        text = formats.cut(harmless(cue_mark(cue)), span - max(at, free))
        if at >= free and text and text != "…":
            for offset, char in enumerate(signs(text)):
                marks[at + offset] = char
            free = at + cell_len(text) + 1
    line: list[Part] = []
    for sign, on in zip(ticks, styled, strict=True):
        style = "underline $accent" if on else "underline $frame"
        if line and line[-1][1] == style:
            line[-1] = (line[-1][0] + sign, style)
        else:
            line.append((sign, style))
    return [[*line, (f" {total}", "$quiet")], [("".join(marks), "$accent")]]


def cue_mark(cue: Cue) -> str:
    """A cue below the time line: "╵2 drop", "⟲4 loop"; without a pad a point and its kind."""
    sign = "⟲" if cue.type is CueType.LOOP else "╵"
    name = cue.name if cue.name and cue.name != "n.n." else ""
    if cue.slot is None:
        return f"{sign}{name or {CueType.CUE: '', CueType.LOOP: ''}.get(cue.type, cue.type.word)}"
    return f"{sign}{cue.slot}{f' {name}' if name else ''}"


def sound(details: Details, notation: musical_keys.Notation) -> list[Part]:
    """What it sounds like: tempo, key, loudness, length, format."""
    track = details.track
    parts: list[Part] = []
    if track.bpm is not None:
        parts += [(f"{track.bpm:.2f}", ""), (" BPM   ", "$quiet")]
    if track.key is not None:
        parts += [
            (musical_keys.spell(track.key, notation), ""),
            (f" {musical_keys.musical(track.key)}   ", "$quiet"),
        ]
    if track.key_text and (track.key is None or musical_keys.parse(track.key_text) != track.key):
        parts += [(f"tag says {track.key_text}   ", "$quiet")]
    if track.lufs is not None:
        parts += [(f"{track.lufs:.1f}", ""), (" LUFS   ", "$quiet")]
    if track.rating:
        parts += [("★" * track.rating + "   ", "$accent")]
    if track.format or track.bitrate:
        rate = f" {track.bitrate // 1000:,} kbit/s" if track.bitrate else ""
        parts += [((track.format or "").upper(), ""), (f"{rate}   ", "$quiet")]
    parts += [("cues ", "$quiet"), (f"{track.cue_count}   ", "")]
    if track.plays:
        last = f", last {track.played}" if track.played and not details.nights else ""
        parts += [("played ", "$quiet"), (f"{track.plays}{last}   ", "")]
    if track.color:
        parts += [*swatch(track.color), ("   ", "")]
    if details.nights:
        parts += [("nights ", "$quiet"), (", ".join(map(formats.day, details.nights)), "")]
    return parts


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
    if details.waiting:
        names = ", ".join(formats.label(name) for name in details.waiting)
        parts += [(f"{names}: ", "$quiet"), ("edited here, not yet in Traktor", "$accent"), ("   ", "")]
    return parts


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
