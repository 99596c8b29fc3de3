"""Loudness as ITU-R BS.1770-4 and EBU R128 define it, of a sound that comes in blocks.

The mean square behind the K-weighting filter is taken in the spectrum of each tenth of a second (Parseval's
theorem): the spectrum's power times the power response of the filter, which is exact but for the filter's
ringing across the edges of a tenth. Against ffmpeg's ebur128 that is worth some hundredths of a LU.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from djtui.analysis import fourier
from djtui.analysis.result import Loudness
from djtui.analysis.true_peak import TruePeak

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

_OFFSET: Final = -0.691  # BS.1770: so that a sine of 997 Hz at 0 dBFS has -3.01 LUFS
_ABSOLUTE_GATE: Final = -70.0  # LUFS
_RELATIVE_GATE: Final = -10.0  # LU below the loudness of what passed the first gate
_WINDOW: Final = 4  # tenths of a second, moved on by one
_SURROUND: Final = 1.41
_AT_ONCE: Final = 20  # tenths of a second whose spectra fit into the processor's cache


class Meter:
    """Measures blocks of float32 [n, channels], all n but the last ideally whole tenths of a second."""

    def __init__(self, samplerate: int, channels: int, true_peak: bool = False) -> None:
        self._tenth = max(1, round(samplerate / 10))
        self._weights = _channel_weights(channels)
        self._rest = np.zeros((0, channels), np.float32)
        self._powers: list[Doubles] = []
        self._sample_peak = 0.0
        self._true_peak = TruePeak(channels, samplerate) if true_peak else None

    def feed(self, block: Floats) -> None:
        """The next samples."""
        if not len(block):
            return
        self._sample_peak = max(self._sample_peak, float(block.max()), -float(block.min()))
        if self._true_peak is not None:
            self._true_peak.feed(block)
        if len(self._rest):
            block = np.concatenate([self._rest, block])
        tenths = len(block) // self._tenth
        whole = tenths * self._tenth
        for start in range(0, whole, _AT_ONCE * self._tenth):
            part = block[start : min(whole, start + _AT_ONCE * self._tenth)]
            self._powers.append(_power(part, self._tenth, self._weights))
        self._rest = block[whole:].copy()

    def result(self) -> Loudness:
        """The loudness of all that was fed; the last part of a tenth does not count."""
        powers = np.concatenate(self._powers) if self._powers else np.zeros(0)
        true_peak = None if self._true_peak is None else self._true_peak.result()
        return Loudness(_integrated(powers), _decibels(self._sample_peak), _decibels(true_peak))


def _integrated(powers: Doubles) -> float | None:
    """Gated loudness of the mean squares of tenths; None: nothing is loud enough, or it is too short."""
    if len(powers) < _WINDOW:
        return None
    windows = np.convolve(powers, np.full(_WINDOW, 1 / _WINDOW), "valid")
    for gate in (_ABSOLUTE_GATE, None):
        if gate is None:
            gate = _loudness(windows.mean()) + _RELATIVE_GATE
        windows = windows[windows > 10 ** ((gate - _OFFSET) / 10)]
        if not len(windows):
            return None
    return _loudness(windows.mean())


def _loudness(power: float) -> float:
    return float(_OFFSET + 10 * np.log10(power))


def _decibels(amplitude: float | None) -> float | None:
    return float(20 * np.log10(amplitude)) if amplitude else None


def _channel_weights(channels: int) -> tuple[float, ...]:
    """In the order of WAV and FLAC: of 4 and 5 the last two are surround, of more the fourth is the LFE."""
    if channels <= 3:
        return (1.0,) * channels
    if channels <= 5:
        return (*(1.0,) * (channels - 2), _SURROUND, _SURROUND)
    return (1.0, 1.0, 1.0, 0.0, *(_SURROUND,) * (channels - 4))


def _power(sound: Floats, tenth: int, weights: tuple[float, ...]) -> Doubles:
    """The weighted mean square of each tenth of a sound of whole tenths, summed over the channels."""
    if weights == (1.0, 1.0):
        pairs = np.ascontiguousarray(sound).view(np.complex64).reshape(-1, tenth)
        return _spectral_power(fourier.fft(pairs, axis=1), _response(tenth)).astype(np.float64)
    total = np.zeros(len(sound) // tenth)
    for channel, weight in enumerate(weights):
        if weight:
            mono = np.ascontiguousarray(sound[:, channel]).reshape(-1, tenth)
            total += weight * _spectral_power(fourier.rfft(mono, axis=1), _one_sided(tenth))
    return total


def _spectral_power(spectrum: npt.NDArray[np.complex64], response: Floats) -> Floats:
    """Parseval: the sum of both channels' powers is that of left + i right, the response being even."""
    parts = spectrum.view(np.float32)
    np.square(parts, out=parts)
    return parts @ np.repeat(response, 2)


@cache
def _one_sided(tenth: int) -> Floats:
    """The response for the bins of a real spectrum, which stand for their mirror images too."""
    half = _response(tenth)[: tenth // 2 + 1] * 2
    half[0] /= 2
    if tenth % 2 == 0:
        half[-1] /= 2
    return half


@cache
def _response(tenth: int) -> Floats:
    """|K(f)|² for the bins of the spectrum of a tenth of a second, over its length squared (BS.1770-4).

    The standard gives the two filters for 48 kHz; the analogue prototypes behind them (as pyloudnorm,
    libebur128 and ffmpeg derive them) serve every rate.
    """
    samplerate = 10 * tenth
    delay = np.exp(-2j * np.pi * np.fft.fftfreq(tenth))
    shelf = _biquad(1681.974450955533, 0.7071752369554196, 3.999843853973347, samplerate, delay)
    high_pass = _biquad(38.13547087602444, 0.5003270373238773, None, samplerate, delay)
    return (np.abs(shelf * high_pass) ** 2 / tenth**2).astype(np.float32)


def _biquad(
    frequency: float, quality: float, gain: float | None, samplerate: float, delay: npt.NDArray[np.complex128]
) -> npt.NDArray[np.complex128]:
    """The response of a high shelf of `gain` dB, or, without one, of BS.1770's high-pass."""
    k = np.tan(np.pi * frequency / samplerate)
    below = 1 + k / quality + k * k
    feedback = 1 + 2 * (k * k - 1) / below * delay + (1 - k / quality + k * k) / below * delay**2
    if gain is None:
        return np.asarray((1 - 2 * delay + delay**2) / feedback)
    high = 10 ** (gain / 20)
    band = high**0.4996667741545416
    forward = (high + band * k / quality + k * k) + 2 * (k * k - high) * delay
    return np.asarray((forward + (high - band * k / quality + k * k) * delay**2) / below / feedback)
