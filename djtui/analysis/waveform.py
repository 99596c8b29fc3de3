"""The overview of a track: how loud its low, middle and high band are from beginning to end."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from djtui.analysis.result import COLUMNS

Floats = npt.NDArray[np.float32]

_AUDIBLE: Final = 1e-3  # -60 dB of full scale


def draw(levels: Floats) -> bytes:
    """COLUMNS x 3 bytes: low, middle and high band of each column; empty: silence.

    `levels`: [m, 3], the amplitude of each band in m stretches of equal length, 1 being full scale. A
    column is the mean of its stretches, as the square root of the amplitude: 0 is silence, 128 is -12 dB,
    255 full scale. Loud and quiet tracks stay apart, and a quiet intro can still be seen.
    """
    if not len(levels) or not levels.max() >= _AUDIBLE:
        return b""
    heights = 255 * np.sqrt(np.minimum(_columns(levels), 1))
    return bytes(np.rint(heights).astype(np.uint8))


def _columns(levels: Floats) -> Floats:
    """Means over COLUMNS equal parts, which need not begin or end where a stretch does."""
    sums = np.zeros((len(levels) + 1, levels.shape[1]))
    np.cumsum(levels, axis=0, out=sums[1:])
    edges = np.linspace(0, len(levels), COLUMNS + 1)
    places = np.arange(len(levels) + 1)
    until = np.stack([np.interp(edges, places, band) for band in sums.T], axis=1)
    return (np.diff(until, axis=0) * (COLUMNS / len(levels))).astype(np.float32)
