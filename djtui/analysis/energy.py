"""How much a track pushes, 1 to 10: a measure of our own, for sorting a set and not for science.

    energy = 1 + 9 x the weighted mean of five parts, rounded; each part rises evenly from 0 to 1:

    part         weight   0 at          1 at
    loudness        30    -20 LUFS      -7 LUFS       integrated, EBU R128
    attacks         25    1 a second    6 a second    onsets at least half as strong as the strong ones
    bass            15    -6 dB         10 dB         below 200 Hz, against 200 to 2,000 Hz
    brightness      15    -20 dB        0 dB          above 2,000 Hz, against 200 to 2,000 Hz
    tempo           15    80 BPM        160 BPM       left out where there is none

More of any part never gives less energy. A lullaby is at 1 or 2, a warm-up at 4, peak time at 7 and above.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from djtui.analysis.onset import RATE, Curves, Floats
from djtui.analysis.result import Loudness, Tempo

_MOMENT: Final = 9
"""Frames, 52 ms: two attacks within are one."""
_STRONG: Final = 0.5
"""Of the 95th percentile of all moments."""


def measure(curves: Curves, loudness: Loudness, tempo: Tempo | None) -> int | None:
    """The energy; None for silence."""
    if loudness.lufs is None or not curves.levels.any():
        return None
    low, middle, high = 20 * np.log10(np.sqrt((curves.levels**2).mean(axis=0)) + 1e-9)
    parts = [
        (30, _between(-20, -7, loudness.lufs)),
        (25, _between(1, 6, attacks(curves.full))),
        (15, _between(-6, 10, low - middle)),
        (15, _between(-20, 0, high - middle)),
    ]
    if tempo is not None:
        parts.append((15, _between(80, 160, tempo.bpm)))
    weights, values = zip(*parts, strict=True)
    return 1 + round(9 * float(np.average(values, weights=weights)))


def attacks(onsets: Floats) -> float:
    """How many sounds begin in a second, of an onset curve of RATE frames a second."""
    moments = onsets[: len(onsets) // _MOMENT * _MOMENT].reshape(-1, _MOMENT).max(axis=1)
    if len(moments) < 3:
        return 0.0
    middle = moments[1:-1]
    tops = (middle > moments[:-2]) & (middle >= moments[2:])
    strong = middle > _STRONG * np.percentile(moments, 95)
    return float((tops & strong).sum() / (len(onsets) / RATE))


def _between(lowest: float, highest: float, value: float) -> float:
    return min(1.0, max(0.0, (value - lowest) / (highest - lowest)))
