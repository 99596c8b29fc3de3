"""Following a tempo that changes: librosa's dynamic beat tracking, for the few files that need it.

librosa costs some seconds and 260 MB to import, so it is imported when it is called, and nothing on the way
of an ordinary analysis imports this module. What it finds is for the eye: "118 to 126".
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from djtui.analysis import decode, tempo
from djtui.analysis.mono import Downmix
from djtui.analysis.onset import HOP, SAMPLERATE, Curves, Onsets
from djtui.analysis.result import Options

_EVERY: Final = 2  # frames that are added up: 11.6 ms is fine enough for a curve of tempi
_STRETCH: Final = 120.0  # seconds at a time: librosa keeps 8 s of autocorrelation for every frame
_BEATS: Final = 16  # over which a tempo is taken
_SAME: Final = 0.015  # relative: smaller changes are the tracking's own
_OCTAVES: Final = 0.4  # around the usual tempo: its half and double are 2.5 times as far


def follow(path: str, options: Options | None = None) -> list[tuple[float, float]]:
    """The tempi of a file: from which second on, and how fast in BPM. Raises Unanalyzable."""
    options = options or Options()
    onsets = Onsets()
    with decode.open_audio(path, options.ffmpeg) as source:
        downmix = Downmix(source.samplerate)
        for block in source:
            onsets.feed(downmix.feed(block))
    onsets.feed(downmix.rest())
    return tempi(onsets.result(), options)


def tempi(curves: Curves, options: Options) -> list[tuple[float, float]]:
    """The same of onset curves. Empty: no beat."""
    found = tempo.find(curves, curves.seconds, options)
    if found is None:
        return []
    return _merged(_tempo_at(_beats(curves, found.bpm)))


def _beats(curves: Curves, usual: float) -> npt.NDArray[np.float64]:
    """The seconds of the beats, stretch by stretch."""
    import librosa

    hop = HOP * _EVERY
    count = len(curves.full) // _EVERY
    onsets = curves.full[: count * _EVERY].reshape(count, _EVERY).sum(1)
    stretches = np.array_split(onsets, int(np.ceil(count * hop / SAMPLERATE / _STRETCH)))
    beats = []
    first = 0
    for stretch in stretches:
        local = librosa.feature.tempo(
            onset_envelope=stretch,
            sr=SAMPLERATE,
            hop_length=hop,
            start_bpm=usual,
            std_bpm=_OCTAVES,
            aggregate=None,
        )
        _, frames = librosa.beat.beat_track(
            onset_envelope=stretch, sr=SAMPLERATE, hop_length=hop, bpm=local, trim=False
        )
        beats.append((first + frames) * hop / SAMPLERATE)
        first += len(stretch)
    return np.concatenate(beats)


def _tempo_at(beats: npt.NDArray[np.float64]) -> list[tuple[float, float]]:
    """The tempo of every 16 beats, by the middle one of their distances."""
    parts = [
        beats[first : first + _BEATS + 1] for first in range(0, max(1, len(beats) - _BEATS // 2), _BEATS)
    ]
    return [(float(part[0]), 60 / float(np.median(np.diff(part)))) for part in parts if len(part) > 2]


def _merged(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Only the points at which the tempo becomes another."""
    kept: list[tuple[float, float]] = []
    for second, bpm in points:
        if not kept or abs(bpm / kept[-1][1] - 1) > _SAME:
            kept.append((round(second, 1), round(bpm, 1)))
    return kept
