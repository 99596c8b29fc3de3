"""The track under the cursor as a picture: its waveform in dots of braille, and its cues below.

A cell holds two dots side by side and four above each other, so 110 cells of three rows show 220 columns in
12 heights. Its colour says what leads there: the bass, or, where that is away, the voices or the hats.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from rich.cells import cell_len

from djtui.model.cue import Cue, CueType
from djtui.model.text import harmless
from djtui.tui import formats
from djtui.tui.details import Details
from djtui.tui.formats import Part
from djtui.tui.widgets.lines import signs

ROWS: Final = 3
"""The lines of a waveform."""

_BANDS: Final = 3
_BLANK: Final = 0x2800
_LEFT: Final = (0x00, 0x40, 0x44, 0x46, 0x47)
_RIGHT: Final = (0x00, 0x80, 0xA0, 0xB0, 0xB8)
_TOP: Final = 190  # of 255: louder is cut, so that usual music fills the height
_STYLES: Final = ("$wave-low", "$wave-mid", "$wave-high")
_PRESENT: Final = 0.6  # of what the bass usually is
_NARROWEST: Final = 10

Line = list[Part]


def picture(details: Details, width: int) -> list[Line]:
    """The waveform, or the bare time and what is to be done for one; and the marks of the cues."""
    line, marks = time_line(details, width)
    total = formats.clock(_known_length(details))
    span, length = width - cell_len(total) - 1, length_of(details)
    if not details.waveform or not length or span < _NARROWEST:
        return [[], without(details), line, marks]
    heard = (details.heard.duration if details.heard else None) or length
    columns = max(1, min(span, round(span * heard / length)))
    *upper, last = drawn(details.waveform, columns)
    gap = " " * (span - columns + 1)
    return [*map(list, upper), [*last, (f"{gap}{total}", "$quiet")], marks]


def without(details: Details) -> Line:
    """Why there is no waveform, and what makes one."""
    heard = details.heard
    if heard is not None and heard.failure:
        return [("✗ not analysed: ", "$warning"), (heard.failure, "")]
    if heard is not None:
        return [("analysed: silence", "$quiet")]
    if details.track.missing or details.track.path is None:
        return [("not analysed: its file is not here", "$quiet")]
    return [("not analysed yet: ", "$quiet"), ("a", "$accent"), (" hears it", "$quiet")]


def length_of(details: Details) -> float:
    """The track's length in seconds, or a guess by its cues; 0.0 if there are none."""
    last = max((cue.start + cue.length for cue in details.set_cues), default=0.0)
    return _known_length(details) or last * 1.05 / 1000


def _known_length(details: Details) -> float | None:
    """What the tags say, or what was heard where that is longer."""
    heard = details.heard.duration if details.heard else None
    return max(details.track.duration or 0.0, heard or 0.0) or None


@lru_cache(maxsize=16)
def drawn(waveform: bytes, width: int, rows: int = ROWS) -> tuple[tuple[Part, ...], ...]:
    """A waveform (columns of three bytes: low, middle, high) in `width` cells, `rows` lines from the top."""
    bands = [_shrunk(waveform[band::_BANDS], 2 * width) for band in range(_BANDS)]
    heights = [_height(max(levels), 4 * rows) for levels in zip(*bands, strict=True)]
    styles = _styles(bands, width)
    return tuple(_row(heights, styles, below=4 * row) for row in reversed(range(rows)))


def _shrunk(levels: bytes, columns: int) -> list[float]:
    """The mean of each of so many equal parts."""
    edges = [at * len(levels) // columns for at in range(columns + 1)]
    parts = (levels[start : max(end, start + 1)] for start, end in pairwise(edges))
    return [sum(part) / len(part) for part in parts]


def _height(level: float, most: int) -> int:
    """In dots; a sound that is hardly there has one."""
    return min(most, max(round(level * most / _TOP), level >= 1))


def _styles(bands: Sequence[Sequence[float]], width: int) -> list[str]:
    """The style of each cell. The bass leads where it is as loud as it usually is in this track."""
    low, middle, high = (
        [one + other for one, other in zip(*[iter(band)] * 2, strict=True)] for band in bands
    )
    usual = sorted(low)[width * 3 // 4]
    return [
        _STYLES[0 if usual and bass >= _PRESENT * usual else 1 if voices >= hats else 2]
        for bass, voices, hats in zip(low, middle, high, strict=True)
    ]


def _row(heights: Sequence[int], styles: Sequence[str], below: int) -> tuple[Part, ...]:
    """The cells that lie over so many dots, like ones put together."""
    parts: list[Part] = []
    for cell, style in enumerate(styles):
        left, right = (min(4, max(0, height - below)) for height in heights[2 * cell : 2 * cell + 2])
        sign = chr(_BLANK | _LEFT[left] | _RIGHT[right]) if left or right else " "
        if parts and (parts[-1][1] == style or sign == " "):
            parts[-1] = (parts[-1][0] + sign, parts[-1][1])
        else:
            parts.append((sign, style))
    return tuple(parts)


# -- time and cues ---------------------------------------------------------------------------------


def time_line(details: Details, width: int) -> list[Line]:
    """Two lines: the track's time with a tick at each cue, and the cues' marks below.

    The line is underlined blanks: it looks like one drawn in signs, and takes a third of the bytes.
    """
    length = length_of(details) * 1000
    total = formats.clock(_known_length(details))
    span = width - cell_len(total) - 1
    if not length or span < _NARROWEST:
        return [[("time unknown" if not length else "", "$quiet")], [("", "")]]
    ticks, styled = [" "] * span, [False] * span
    for cue in details.set_cues:
        at, end = _cells(cue, length, span)
        for cell in range(at, end + 1):
            ticks[cell], styled[cell] = "▁", True
        ticks[at], styled[at] = "╷", True
    line: Line = []
    for sign, on in zip(ticks, styled, strict=True):
        style = "underline $accent" if on else "underline $frame"
        if line and line[-1][1] == style:
            line[-1] = (line[-1][0] + sign, style)
        else:
            line.append((sign, style))
    return [[*line, (f" {total}", "$quiet")], _marks(details, length, span)]


def _cells(cue: Cue, length: float, span: int) -> tuple[int, int]:
    """The first and the last cell of a cue."""
    at = min(span - 1, max(0, int(cue.start / length * span)))
    loop = cue.type is CueType.LOOP
    return at, min(span - 1, int((cue.start + cue.length) / length * span)) if loop else at


def _marks(details: Details, length: float, span: int) -> Line:
    """The names of the cues at their places, and a quiet tick where another part of the beat grid begins."""
    marks = [" "] * span
    free = 0
    for cue in details.set_cues:
        at, _ = _cells(cue, length, span)
        text = formats.cut(harmless(cue_mark(cue)), span - max(at, free))
        if at >= free and text and text != "…":
            for offset, char in enumerate(signs(text)):
                marks[at + offset] = char
            free = at + cell_len(text) + 1
    grid = [cue for cue in details.cues if cue.type is CueType.GRID]
    ticks = {_cells(cue, length, span)[0] for cue in grid} if len(grid) > 1 else set()
    for cell in ticks:
        if marks[cell] == " ":
            marks[cell] = "┆"
    return _runs("".join(marks))


def _runs(marks: str) -> Line:
    parts: Line = []
    for piece in marks.replace("┆", "\0┆\0").split("\0"):
        if piece:
            parts.append((piece, "$quiet" if piece == "┆" else "$accent"))
    return parts or [("", "")]


def cue_mark(cue: Cue) -> str:
    """A cue below the time line: "╵2 drop", "⟲4 loop"; without a pad a point and its kind."""
    sign = "⟲" if cue.type is CueType.LOOP else "╵"
    name = cue.name if cue.name and cue.name != "n.n." else ""
    if cue.slot is None:
        return f"{sign}{name or {CueType.CUE: '', CueType.LOOP: ''}.get(cue.type, cue.type.word)}"
    return f"{sign}{cue.slot}{f' {name}' if name else ''}"
