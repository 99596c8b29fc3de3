"""The exact period of a beat: the autocorrelation of the onsets, followed out to most of the track.

A constant tempo lays peaks at every multiple of 4 beats. The line through them is as exact as the farthest
peak: a peak found to 1 ms at 3 minutes gives the tempo to 0.001 BPM. No beat has to be found for it,
so breaks and half-heard beats do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from djtui.analysis import fourier as fft
from djtui.analysis.onset import RATE, Floats

BAR: Final = 4  # beats from one peak to the next: bars are more alike than beats

_FARTHEST_SHARE: Final = 0.72  # of the track: beyond it too little overlaps
_FARTHEST_BEATS: Final = 512
_FIRST_TOLERANCE: Final = 0.0035  # of the period: how far the octave's guess may be off
_LAST_TOLERANCE: Final = 0.0004
_NEIGHBOUR: Final = 0.16  # beats: farther off lies the next subdivision
_SMOOTHING: Final = 1.6  # frames: an onset's own width
_NEAR: Final = 2.0  # frames, 12 ms: a peak that lies on the line
_LOCAL_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class Line:
    """The line through the peaks of the ridge."""

    bpm: float
    residual: float
    """Seconds by which the peaks stray from it (root mean square)."""
    support: float
    """0 to 1: the share of the peaks, by weight, that lie on it."""
    reach: float
    """Seconds: the farthest peak that lies on it."""


def normalized(onsets: Floats) -> Floats:
    """The onsets against their surroundings of 4 s: quiet passages count as much as loud ones."""
    half = int(RATE * _LOCAL_SECONDS) // 2
    count = len(onsets)
    start = np.maximum(np.arange(count) - half, 0)
    end = np.minimum(np.arange(count) + half, count)

    def local_mean(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        total = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
        return np.asarray((total[end] - total[start]) / (end - start))

    centred = onsets - local_mean(onsets)
    spread = np.sqrt(local_mean(centred * centred))
    return np.asarray(centred / (spread + 0.3 * spread.mean() + 1e-9), np.float32)


def autocorrelation(values: Floats, lags: int) -> Floats:
    """Of lag 0 (1.0) to `lags` - 1 frames, made up for the shrinking overlap (to a third of the length)."""
    count = len(values)
    size = fft.next_fast_len(count + lags, real=True)
    spectrum = fft.rfft(values, size)
    raw = fft.irfft(spectrum.real**2 + spectrum.imag**2, size)[:lags]
    overlap = np.maximum(count - np.arange(lags), 0.3 * count) / count
    return np.asarray(raw / (raw[0] + 1e-9) / overlap, np.float32)


def correlated(full: Floats, low: Floats) -> Floats:
    """The autocorrelation in which the ridge is followed, of two normalised curves."""
    lags = min(len(full), int(len(full) * _FARTHEST_SHARE) + int(RATE))
    risen = [np.maximum(curve, 0) for curve in (full, low)]
    total = np.sum([autocorrelation(curve - curve.mean(), lags) for curve in risen], axis=0)
    reach = np.arange(-5, 6)
    kernel = np.exp(-0.5 * (reach / _SMOOTHING) ** 2)
    return np.asarray(np.convolve(total, kernel / kernel.sum(), "same"), np.float32)


def follow(bpm: float, correlation: Floats, count: int) -> Line | None:
    """The line that starts at `bpm`; None: no peak where it should be. `count`: frames of the track."""
    period = 60 / bpm * RATE
    ground = float(np.median(correlation))
    beats: list[int] = []
    lags: list[float] = []
    weights: list[float] = []
    tolerance = _FIRST_TOLERANCE
    sums = np.zeros(2)  # of w·m² and w·m·lag
    for beat in range(BAR, _FARTHEST_BEATS + 1, BAR):
        centre = beat * period
        width = max(2.5, min(_NEIGHBOUR * period, tolerance * centre))
        if centre + width > min(_FARTHEST_SHARE * count, len(correlation) - 3):
            break
        found = _peak(correlation, centre, width)
        if found is None:
            continue
        lag, height = found
        weight = max(0.0, height - ground) ** 2
        beats.append(beat)
        lags.append(lag)
        weights.append(weight)
        sums += weight * beat * beat, weight * beat * lag
        if sums[0] > 0:
            period = sums[1] / sums[0]
            tolerance = max(_LAST_TOLERANCE, _FIRST_TOLERANCE * BAR / beat)
    if not beats or not sum(weights):
        return None
    return _line(np.array(beats), np.array(lags), np.array(weights), float(period))


def _peak(correlation: Floats, centre: float, width: float) -> tuple[float, float] | None:
    """The place, between frames, and the height of the highest peak around a lag."""
    start = int(np.ceil(centre - width))
    top = start + int(np.argmax(correlation[start : int(centre + width) + 1]))
    before, height, after = (float(value) for value in correlation[top - 1 : top + 2])
    if height < before or height < after:
        return None
    return top + parabola(before, height, after), height


def parabola(before: float, top: float, after: float) -> float:
    """Where between -0.5 and 0.5 the parabola through three values has its top."""
    curvature = before - 2 * top + after
    return 0.5 * (before - after) / curvature if curvature < 0 else 0.0


def _line(
    beats: npt.NDArray[np.int64],
    lags: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    period: float,
) -> Line:
    """Least squares through the origin, with less and less regard to what lies off (Cauchy's weights)."""
    for _ in range(3):
        off = lags - beats * period
        robust = weights / (1 + (off / 1.5) ** 2)
        period = float((robust * beats * lags).sum() / (robust * beats * beats).sum())
    off = lags - beats * period
    on = np.abs(off) < _NEAR
    return Line(
        bpm=60 * RATE / period,
        residual=float(np.sqrt(np.average(off * off, weights=weights))) / RATE,
        support=float(np.average(on, weights=weights)),
        reach=float(lags[on].max(initial=0)) / RATE,
    )
