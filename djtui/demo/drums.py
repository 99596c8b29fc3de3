"""How a bar of dance music goes, style by style: what the made-up tracks are built from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

STEPS: Final = 16
"""Steps of a bar of four beats: sixteenth notes."""

_STRENGTH: Final = {"X": 1.0, "x": 0.8, "o": 0.5}


@dataclass(frozen=True, slots=True)
class Style:
    """A rhythm, written in steps: `X` loud, `x` normal, `o` soft, `.` nothing. 32 steps are two bars."""

    tempi: tuple[int, int]
    """In BPM: from, to."""
    kick: str
    snare: str
    hat: str
    bass: str
    open_hat: str = "." * STEPS
    shaker: str = "." * STEPS
    stabs: str = ""
    """Where chords are struck; empty: they are held for the bar."""
    swing: float = 0.0
    """How late the off-beat eighths come, in beats."""


STYLES: Final = {
    "house": Style(
        tempi=(118, 130),
        kick="X...X...X...X...",
        snare="....x.......x...",
        hat="o.o.o.o.o.o.o.o.",
        open_hat="..x...x...x...x.",
        bass="..x...x...x...x.",
        stabs="..x...x...x..x..",
    ),
    "techno": Style(
        tempi=(124, 145),
        kick="X...X...X...X...",
        snare="....x.......x...",
        hat="..x...x...x...x.",
        shaker="ooxoooxoooxoooxo",
        bass=".x.x.x.x.x.x.x.x",
    ),
    "trance": Style(
        tempi=(132, 142),
        kick="X...X...X...X...",
        snare="....x.......x...",
        hat="oxoxoxoxoxoxoxox",
        open_hat="..x...x...x...x.",
        bass=".xxx.xxx.xxx.xxx",
    ),
    "dnb": Style(
        tempi=(168, 178),
        kick="X.........x.....",
        snare="....X.......X......oX..o....X...",
        hat="x.o.x.o.x.o.x.o.",
        bass="x..x....x..x....",
    ),
    "hiphop": Style(
        tempi=(78, 100),
        kick="X......o..x.....",
        snare="....X.......X...",
        hat="x.x.x.x.x.x.x.x.",
        bass="x......x..x.....",
        swing=0.08,
    ),
    "trap": Style(
        tempi=(132, 150),
        kick="X..x.......x....",
        snare="........X.......",
        hat="xoxoxoxoxoxoxoxoxoxoxoxoxoxoxxxx",
        bass="x..x.......x....",
    ),
    "dubstep": Style(
        tempi=(138, 142),
        kick="X.....o.........",
        snare="........X.......",
        hat="o.o.o.o.o.o.o.o.",
        bass="x..x..x...x.x...",
    ),
    "garage": Style(
        tempi=(128, 136),
        kick="X.........x.....",
        snare="....X.......X...",
        hat="x...x...x...x...",
        open_hat="..x...x...x...x.",
        shaker="......o.......o.",
        bass="x.....x....x....",
        stabs="x..x..x...x.....",
        swing=0.09,
    ),
    "reggaeton": Style(
        tempi=(88, 104),
        kick="X...X...X...X...",
        snare="...x..x....x..x.",
        hat="o.o.o.o.o.o.o.o.",
        bass="x.....x.x.....x.",
    ),
    "breaks": Style(
        tempi=(124, 140),
        kick="X.....x...x.....",
        snare="....X.......X..o",
        hat="x.x.x.x.x.x.x.x.",
        bass="x.....x...x.....",
    ),
    "rock": Style(
        tempi=(100, 160),
        kick="X.......x.x.....",
        snare="....X.......X...",
        hat="x.x.x.x.x.x.x.x.",
        bass="x.x.x.x.x.x.x.x.",
    ),
}


def strokes(pattern: str, bar: int, swing: float = 0.0) -> Iterator[tuple[float, float]]:
    """The strokes of a bar: when, in beats from its start, and how strong, from 0 to 1."""
    start = bar * STEPS % len(pattern)
    for step, sign in enumerate(pattern[start : start + STEPS]):
        if sign != ".":
            late = swing if step % 4 == 2 else 0.0
            yield step / 4 + late, _STRENGTH[sign]
