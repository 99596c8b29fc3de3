"""True peak as BS.1770-4 (annex 2) means it: the highest value between the samples, at 4 times the rate.

Oversampling everything would cost more than decoding, so only what can still win is oversampled. The bound:
an interpolator that reproduces straight lines exactly differs from the line through the two neighbouring
samples by a weighted sum of the second differences around them, x[k-1] - 2 x[k] + x[k+1]. Hence within any
stretch

    |value between samples| <= max |sample| + G * max |second difference|,

where G is the sum of the absolute weights, the worst over the positions between two samples. Music has little
energy near half its sampling rate, so its second differences are small and most stretches are out at once.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_HALF: Final = 12  # taps on either side
_CONTEXT: Final = 2 * _HALF - 1
_KAISER: Final = 6.0
_STRETCH: Final = 32  # frames
_REACH: Final = -(-_CONTEXT // _STRETCH)  # stretches
_ROUND: Final = (16, 256, 4096)  # stretches that are tried before the rest: they raise what is to be beaten
_CHUNK: Final = 1 << 16  # frames at a time: larger chunks are no quicker
_RATE: Final = 192_000  # from here on, samples are dense enough


class TruePeak:
    """The true peak, over all channels, of blocks of float32 [n, channels]."""

    def __init__(self, channels: int, samplerate: int) -> None:
        factor = 4 if samplerate < _RATE / 2 else 2 if samplerate < _RATE else 1
        weights, self._bound = _interpolator(factor)
        self._interpolate = _by_the_stretch(weights)
        # Made once: memory of this size is else mapped anew for every chunk.
        self._sound, self._sizes, self._steps = np.zeros(
            (3, channels, _CONTEXT + _STRETCH + _CHUNK), np.float32
        )
        self._waiting = _HALF
        self._peak = 0.0

    def feed(self, block: Floats) -> None:
        """The next samples."""
        for start in range(0, len(block), _CHUNK):
            part = block[start : start + _CHUNK]
            frames = self._waiting + len(part)
            self._sound[:, self._waiting : frames] = part.T
            taken = self._take(frames) * _STRETCH
            self._waiting = frames - taken
            self._sound[:, : self._waiting] = self._sound[:, taken:frames].copy()

    def result(self) -> float:
        """Linear: 1 is full scale. Nothing may be fed after it."""
        self.feed(np.zeros((_CONTEXT + _STRETCH, len(self._sound)), np.float32))
        return self._peak

    def _take(self, frames: int) -> int:
        """Look at all stretches of the first frames that the interpolator has a context for; how many there
        are a channel."""
        stretches = (frames - _CONTEXT) // _STRETCH
        if stretches <= 0:
            return 0
        bounds = self._bounds(frames, stretches)
        contenders = np.flatnonzero(bounds > self._peak)
        contenders = contenders[np.argsort(-bounds[contenders])]
        windows = np.lib.stride_tricks.sliding_window_view(self._sound, _STRETCH + _CONTEXT, axis=1)
        done = 0
        for most in (*_ROUND, len(contenders)):
            chosen = contenders[done:most]
            chosen = chosen[bounds[chosen] > self._peak]
            if len(chosen):
                between = windows[chosen // stretches, chosen % stretches * _STRETCH] @ self._interpolate
                self._peak = max(self._peak, float(between.max(initial=0)), -float(between.min(initial=0)))
            done = most
        return stretches

    def _bounds(self, frames: int, stretches: int) -> Floats:
        """What the sound cannot exceed between its samples: one value for each stretch of the first channel,
        then of the next. Raises the peak to the highest sample."""
        sound, sizes, steps = (each[:, :frames] for each in (self._sound, self._sizes, self._steps))
        edges = np.arange(0, frames, _STRETCH)
        np.abs(sound, out=sizes)
        levels = np.maximum.reduceat(sizes, edges, axis=1)
        self._peak = max(self._peak, float(levels.max()))

        bends = sizes  # whose memory serves once more
        np.subtract(sound[:, 1:], sound[:, :-1], out=steps[:, 1:])
        np.subtract(steps[:, 2:], steps[:, 1:-1], out=bends[:, 1:-1])
        bends[:, 0] = bends[:, -1] = 0
        np.abs(bends, out=bends)
        sharpness = np.maximum.reduceat(bends, edges, axis=1)
        bounds = _around(levels, stretches) + np.float32(self._bound) * _around(sharpness, stretches)
        return bounds.reshape(-1)


def _around(values: Floats, stretches: int) -> Floats:
    """The highest value of each stretch and of those after it that the interpolator reaches into."""
    highest = values[:, :stretches]
    for after in range(1, _REACH + 1):
        highest = np.maximum(highest, values[:, after : after + stretches])
    return highest


def _interpolator(factor: int) -> tuple[Doubles, float]:
    """Weights [2 * _HALF, factor - 1] for the positions between two samples, and the bound G."""
    taps = np.arange(-_HALF + 1, _HALF + 1)
    columns, bound = [np.zeros((2 * _HALF, 0))], 0.0
    for step in range(1, factor):
        between = step / factor
        weights = _exact_on_lines((taps - between).astype(np.float64))
        columns.append(weights[:, None])
        line = np.where(taps == 0, 1 - between, np.where(taps == 1, between, 0))
        bound = max(bound, float(np.abs(np.cumsum(np.cumsum(weights - line))).sum()))
    return np.concatenate(columns, axis=1), bound


def _exact_on_lines(distance: Doubles) -> Doubles:
    """A sinc in a Kaiser window, changed as little as it takes for its sum to be 1 and its centre to be 0."""
    window = np.i0(_KAISER * np.sqrt(np.maximum(0, 1 - (distance / _HALF) ** 2))) / np.i0(_KAISER)
    weights = np.sinc(distance) * window
    moments = np.array([[window.sum(), window @ distance], [window @ distance, window @ distance**2]])
    constant, slope = np.linalg.solve(moments, [1 - weights.sum(), -(weights @ distance)])
    return np.asarray(weights + window * (constant + slope * distance))


def _by_the_stretch(weights: Doubles) -> Floats:
    """A matrix [_STRETCH + _CONTEXT, _STRETCH * positions] that interpolates a stretch in one product."""
    positions = weights.shape[1]
    matrix = np.zeros((_STRETCH + _CONTEXT, _STRETCH, positions), np.float32)
    for frame in range(_STRETCH):
        matrix[frame : frame + 2 * _HALF, frame] = weights
    return matrix.reshape(_STRETCH + _CONTEXT, _STRETCH * positions)
