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
_ROUND: Final = (16, 256, 4096)  # stretches that are tried before the rest: they raise what is to be beaten
_CHUNK: Final = (
    1 << 14
)  # frames at a time: arrays of 128 kB, which the allocator keeps instead of mapping anew
_RATE: Final = 192_000  # from here on, samples are dense enough


class TruePeak:
    """The true peak, over all channels, of blocks of float32 [n, channels]."""

    def __init__(self, channels: int, samplerate: int) -> None:
        factor = 4 if samplerate < _RATE / 2 else 2 if samplerate < _RATE else 1
        weights, self._bound = _interpolator(factor)
        self._interpolate = _by_the_stretch(weights)
        self._rest = np.zeros((_HALF, channels), np.float32)
        self._peak = 0.0

    def feed(self, block: Floats) -> None:
        """The next samples."""
        for start in range(0, len(block), _CHUNK):
            sound = np.concatenate([self._rest, block[start : start + _CHUNK]])
            self._rest = sound[self._take(sound) * _STRETCH :].copy()

    def result(self) -> float:
        """Linear: 1 is full scale. Nothing may be fed after it."""
        self.feed(np.zeros((3 * _STRETCH, self._rest.shape[1]), np.float32))
        return self._peak

    def _take(self, sound: Floats) -> int:
        """Look at all stretches of the sound that have a neighbour; how many these are."""
        bounds, highest = self._bounds(sound)
        self._peak = max(self._peak, highest)
        contenders = np.flatnonzero(bounds > self._peak)
        contenders = contenders[np.argsort(-bounds[contenders])]
        done = 0
        for most in (*_ROUND, len(contenders)):
            chosen = contenders[done:most]
            chosen = chosen[bounds[chosen] > self._peak]
            if len(chosen):
                self._peak = max(self._peak, self._highest(sound, chosen * _STRETCH))
            done = most
        return len(bounds)

    def _bounds(self, sound: Floats) -> tuple[Floats, float]:
        """What the sound cannot exceed in each stretch between its samples, and the highest sample."""
        channels = sound.shape[1]
        values = sound.reshape(-1)
        edges = np.arange(0, len(sound) // _STRETCH * _STRETCH, _STRETCH) * channels
        sizes = np.abs(values)
        highest = float(sizes.max())
        levels = _highest_each(sizes, edges)

        steps = values[channels:] - values[:-channels]
        bends = sizes  # whose memory serves once more
        np.subtract(steps[channels:], steps[:-channels], out=bends[channels:-channels])
        bends[:channels] = 0
        np.abs(bends, out=bends)
        sharpness = _highest_each(bends, edges)
        return _with_next(levels) + np.float32(self._bound) * _with_next(sharpness), highest

    def _highest(self, sound: Floats, starts: Places) -> float:
        """The highest value between the samples of these stretches."""
        around = sound[starts[:, None] + np.arange(_STRETCH + _CONTEXT)]
        between = around.swapaxes(1, 2) @ self._interpolate
        return max(float(between.max()), -float(between.min())) if between.size else 0.0


def _highest_each(values: Floats, edges: Places) -> Floats:
    """The highest value of each stretch; the last one reaches to the end."""
    if not len(edges):
        return np.zeros(1, np.float32)
    return np.asarray(np.maximum.reduceat(values, edges))


def _with_next(values: Floats) -> Floats:
    """Each value, or its successor if that is higher: the interpolator reaches into the next stretch."""
    return np.maximum(values[:-1], values[1:])


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
