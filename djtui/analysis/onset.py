"""Onset curves: how much new sound begins at each moment, in all bands and in the low ones.

A spectrum every 5.8 ms, summed into 20 mel bands, compressed by a logarithm; what a band has gained over two
frames counts as onset (log spectral flux: Böck, Krebs and Schedl, "Evaluating the online capabilities of
onset detection methods", ISMIR 2012). Fed in blocks of any size; what is kept grows by 3 kB a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from djtui.analysis import fourier as fft

Floats = npt.NDArray[np.float32]

SAMPLERATE: Final = 11_025
"""Of the sound that is fed, in Hz."""

HOP: Final = 64
FRAME: Final = 256
RATE: Final = SAMPLERATE / HOP
"""Frames a second, 172.3. Frame i is centred on sample i * HOP."""

BANDS: Final = 20
LOW_BANDS: Final = 3  # up to some 300 Hz: kick and bass
HIGH_BANDS: Final = 6  # from some 2.5 kHz: hats
LEVEL_EDGES: Final = (200.0, 2000.0)  # Hz: between low and middle, middle and high
LEVEL_FRAMES: Final = 8

_LAG: Final = 2  # frames: as long as half a window, so that an attack counts whole
_RANGE: Final = 1e3  # sound 30 dB below the loud passages is the knee of the logarithm
_LOUD: Final = 0.9  # "loud" is what a tenth of the frames exceed
_CHUNK: Final = 2048  # frames worked on at a time: 2 MB, near the processor's cache
_FLOOR: Final = 1e-12  # power that is silence
_DECIBELS: Final = 240  # histogram from -120 to 120 dB


@dataclass(frozen=True, slots=True)
class Curves:
    """One value a frame (RATE a second) but for `levels`."""

    full: Floats
    """Onset strength over all bands."""
    low: Floats
    """Onset strength of the low bands."""
    high: Floats
    """Onset strength of the high bands."""
    bass: Floats
    """Amplitude of the low bands."""
    levels: Floats
    """[m, 3]: the highest amplitude below 200 Hz, up to 2 kHz and above in LEVEL_FRAMES frames; a sine of
    full scale is 1."""

    @property
    def seconds(self) -> float:
        return len(self.full) / RATE


class Onsets:
    """Collects the curves of a sound that comes in blocks."""

    def __init__(self) -> None:
        self._pending = np.zeros(FRAME // 2, np.float32)  # so that frame 0 is centred on sample 0
        self._before = np.full((_LAG, BANDS), np.nan, np.float32)
        self._histogram = np.zeros(_DECIBELS, np.int64)
        self._flux: list[Floats] = []
        self._levels: list[Floats] = []

    def feed(self, mono: Floats) -> None:
        """The next samples: float32 [n] at SAMPLERATE."""
        sound = np.concatenate([self._pending, mono])
        chunk = _CHUNK * HOP
        start = 0
        while len(sound) - start >= chunk + FRAME - HOP:
            self._take(sound[start : start + chunk + FRAME - HOP])
            start += chunk
        self._pending = sound[start:].copy()

    def result(self) -> Curves:
        """The curves of all that was fed; nothing may be fed after it."""
        heard = bool(self._flux) or len(self._pending) > FRAME // 2
        rest = np.concatenate([self._pending, np.zeros(FRAME // 2, np.float32)])
        if heard and len(rest) >= FRAME:
            self._take(rest)
        flux = np.concatenate(self._flux) if self._flux else np.zeros((0, 4), np.float32)
        levels = np.concatenate(self._levels) if self._levels else np.zeros((0, 3), np.float32)
        full, low, high, bass = np.ascontiguousarray(flux.T)
        return Curves(full, low, high, bass, levels)

    def _take(self, sound: Floats) -> None:
        windows = np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::HOP]
        spectrum = fft.rfft(windows * _WINDOW, axis=1)
        power = (spectrum.real**2 + spectrum.imag**2) @ _FILTERS
        bands, parts = power[:, :BANDS], power[:, BANDS:]
        if np.isnan(self._before[0, 0]):
            self._before[:] = bands[0]

        levels = compressed(np.concatenate([self._before, bands]), self._reference(bands))
        gain = np.maximum(levels[_LAG:] - levels[:-_LAG], 0)
        self._before = bands[-_LAG:].copy() if len(bands) >= _LAG else self._before

        low, high = gain[:, :LOW_BANDS].sum(1), gain[:, -HIGH_BANDS:].sum(1)
        bass = np.sqrt(bands[:, :LOW_BANDS].sum(1))
        self._flux.append(np.stack([gain.sum(1), low, high, bass], axis=1))

        first = np.arange(0, len(parts), LEVEL_FRAMES)
        self._levels.append(np.sqrt(np.maximum.reduceat(parts, first)))

    def _reference(self, bands: Floats) -> float:
        """The power of the loud passages so far: the level of a track without waiting for its end."""
        decibels = 10 * np.log10(bands.mean(1) + _FLOOR)
        place = np.clip(decibels + _DECIBELS / 2, 0, _DECIBELS - 1).astype(np.int64)
        self._histogram += np.bincount(place, minlength=_DECIBELS)
        reached = np.cumsum(self._histogram)
        loud = int(np.searchsorted(reached, _LOUD * reached[-1]))
        return float(10 ** ((loud + 0.5 - _DECIBELS / 2) / 10))


def compressed(power: Floats, reference: float) -> Floats:
    """Logarithm of a power, flat below 30 dB under the reference."""
    return np.asarray(np.log1p(power * np.float32(_RANGE / (reference + _FLOOR))))


def _mel_filters() -> Floats:
    """[bins, BANDS] of triangles, each of sum 1, equally wide on the mel scale of O'Shaughnessy (1987)."""
    lowest, highest = 30.0, 5400.0
    bins = np.fft.rfftfreq(FRAME, 1 / SAMPLERATE)
    mel = np.linspace(2595 * np.log10(1 + lowest / 700), 2595 * np.log10(1 + highest / 700), BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    filters = np.zeros((len(bins), BANDS))
    for band, (left, centre, right) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
        triangle = np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre))
        filters[:, band] = np.maximum(triangle, 0)
        if not filters[:, band].any():  # narrower than the distance of two bins
            filters[np.argmin(np.abs(bins - centre)), band] = 1
    return np.asarray(filters / filters.sum(0), np.float32)


def _level_filters() -> Floats:
    """[bins, 3]: sums of the low, middle and high bins."""
    bins = np.fft.rfftfreq(FRAME, 1 / SAMPLERATE)
    which = np.digitize(bins, LEVEL_EDGES)
    sine = FRAME * float((_WINDOW**2).sum()) / 4  # the power, over all bins, of a sine of full scale
    filters = (which[:, None] == np.arange(3)) / sine
    filters[0] = 0  # a constant offset is no sound
    return np.asarray(filters, np.float32)


_WINDOW: Final = np.hanning(FRAME + 1)[:-1].astype(np.float32)
_FILTERS: Final = np.concatenate([_mel_filters(), _level_filters()], axis=1)
