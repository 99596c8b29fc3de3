"""The sound that tempo and key are heard in: one channel at 11,025 Hz."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import soxr  # type: ignore[import-untyped]

Floats = npt.NDArray[np.float32]

SAMPLERATE: Final = 11_025
_QUALITY: Final = "LQ"  # 16 bits, flat up to two thirds of the band: beats and keys need no more


class Downmix:
    """Makes it out of blocks of float32 [n, channels]. Its sample n was heard n / SAMPLERATE seconds in."""

    def __init__(self, samplerate: int) -> None:
        self._resampler: soxr.ResampleStream | None = None
        if samplerate != SAMPLERATE:
            self._resampler = soxr.ResampleStream(
                samplerate, SAMPLERATE, 1, dtype="float32", quality=_QUALITY
            )

    def feed(self, block: Floats) -> Floats:
        """What can be given of the next samples."""
        return self._resampled(_mean(block), last=False)

    def rest(self) -> Floats:
        """What was held back. Nothing may be fed after it."""
        return self._resampled(np.zeros(0, np.float32), last=True)

    def _resampled(self, mono: Floats, last: bool) -> Floats:
        if self._resampler is None:
            return mono
        return np.asarray(self._resampler.resample_chunk(mono, last=last), np.float32)


def _mean(block: Floats) -> Floats:
    """The mean of the channels."""
    channels = block.shape[1]
    mono = block[:, 0].copy()
    for channel in range(1, channels):
        mono += block[:, channel]
    if channels > 1:
        mono *= np.float32(1 / channels)
    return mono
