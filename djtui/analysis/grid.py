"""Where the beats are: the phase of the constant grid whose tempo is known.

The onsets of the whole track are laid over each other beat by beat. The peaks of that fold are what a beat
can be: the kick, the hat between two kicks, a bass that plays off the beat. Which of them it is, is weighed
by what is heard there and around it, and by where the track begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from djtui.analysis import downbeat
from djtui.analysis.onset import LEVEL_FRAMES, RATE, Curves, Floats
from djtui.analysis.pitch import PitchFrames
from djtui.analysis.result import Grid, Tempo
from djtui.analysis.ridge import normalized, parabola

Values = npt.NDArray[np.float64]

LATE: Final = 0.006
"""Seconds by which an onset curve peaks after the attack that it shows: the median over 242 tracks whose
beats are known. Half of them lie within 2.3 ms of it, nine tenths within 4.4 ms."""

_BINS: Final = 96  # of a beat: 5 ms at 120 BPM; a parabola finds what lies between
_EXACT: Final = 1.5  # bins by which the fold is smoothed to find a peak
_ROUGH: Final = 2.0  # and to compare two places
_LEAST: Final = 0.15  # of the highest peak
_APART: Final = 1 / 12  # of a beat: closer peaks are one
_BASS_RISE: Final = 0.5  # against the onsets of all bands
_START: Final = 0.025  # seconds around a beat within which a track begins on it
_LOUD: Final = 0.3  # of the strong onsets: less is a fade-in or a crackle

# Learnt from 334 tracks whose beats are known: 241 generated, 93 songs, tunes and loops; 10 numbers. Of 61
# real songs and loops 51 are right by the highest peak alone and 57 by these (8-fold cross-validation). Two
# thirds of the learning was from the same tracks as if they began anywhere, else that would count too much.
_WEIGHTS: Final = np.array([0.52, -1.01, 4.29, 0.54, 5.63, -0.97, 0.71, 2.8, 2.07, 1.19])


@dataclass(frozen=True, slots=True)
class Folded:
    """What begins at each place of a beat, on the average: [_BINS] each."""

    peaks: Values
    """All bands, and the bass once more, smoothed little."""
    parts: dict[str, Values]
    """low, middle, high: onsets; rise: of the bass's amplitude."""


def find(curves: Curves, tempo: Tempo, pitches: PitchFrames | None = None) -> Grid | None:
    """The grid of a track; None where the tempo changes, for no grid fits."""
    if tempo.steadiness == "changing":
        return None
    period = 60 / tempo.bpm * RATE
    attacks = parts_of(curves)
    folded = fold(attacks, period)
    places = candidates(folded)
    start = first_sound(curves)
    score = evidence(folded, places, start / period, period) @ _WEIGHTS
    likely = np.exp(score - score.max())
    best = int(np.argmax(likely))
    phase = float(places[best]) * period
    beats = np.arange(phase, len(curves.full) - period, period)
    bar = downbeat.find(attacks, curves.levels, pitches, beats, start)
    return Grid(
        first_beat=float((phase / RATE - LATE) % (60 / tempo.bpm)),
        confidence=float(likely[best] / likely.sum()) * tempo.confidence,
        downbeat=_moved(bar.beat, phase, period),
        downbeat_confidence=bar.confidence,
    )


def parts_of(curves: Curves) -> dict[str, Floats]:
    """What begins in each frame, by band, against its surroundings."""
    rise = np.maximum(np.diff(curves.bass, prepend=curves.bass[:1]), 0)
    onsets = {
        "full": curves.full,
        "low": curves.low,
        "middle": curves.full - curves.low - curves.high,
        "high": curves.high,
    }
    parts = {name: np.maximum(normalized(curve), 0) for name, curve in onsets.items()}
    parts["rise"] = rise / (rise.std() + np.float32(1e-9))
    return parts


def fold(parts: dict[str, Floats], period: float) -> Folded:
    """Lay all beats over each other; `period` in frames."""
    count = len(parts["full"])
    place = ((np.arange(count) / period % 1) * _BINS).astype(np.int64)
    beats = count / period
    folds = {name: np.bincount(place, part, minlength=_BINS) / beats for name, part in parts.items()}
    peaks = smoothed(folds.pop("full") + _BASS_RISE * folds["rise"], _EXACT)
    return Folded(peaks, {name: smoothed(values, _ROUGH) for name, values in folds.items()})


def candidates(folded: Folded) -> Values:
    """The places, in beats from 0 to 1, where a beat can be; the highest peak first."""
    heights = folded.peaks
    before, after = np.roll(heights, 1), np.roll(heights, -1)
    ground = float(np.median(heights))
    tops = np.flatnonzero((heights > before) & (heights >= after))
    tops = tops[np.argsort(-heights[tops])]
    places: list[float] = []
    for top in tops:
        if places and heights[top] - ground <= _LEAST * (heights.max() - ground):
            break
        place = (top + 0.5 + parabola(before[top], heights[top], after[top])) / _BINS
        if (np.abs(_apart(np.array(places), place)) > _APART).all():
            places.append(place)
    return np.array(places or [0.0])


def evidence(folded: Folded, places: Values, start: float, period: float) -> Values:
    """[places, 10]: how high the peak is; how much begins there in each band; how much more a 16th before
    than a 16th after (what leads to a beat); whether the track begins there (`start` in beats)."""
    columns = [_at(folded.peaks, places)]
    columns += [_at(part, places) for part in folded.parts.values()]
    columns += [_at(part, places - 0.25) - _at(part, places + 0.25) for part in folded.parts.values()]
    away = _apart(places, start) * period / RATE
    columns.append(np.exp(-0.5 * (away / _START) ** 2))
    return np.stack(columns, axis=1)


def first_sound(curves: Curves) -> int:
    """The frame of the first loud onset; 0 if the track is loud at once, which no onset shows."""
    amplitude = curves.levels.max(1)
    if amplitude[0] > _LOUD * np.percentile(amplitude, 90):
        return 0
    loud = curves.full > _LOUD * np.percentile(curves.full, 97)
    first = int(np.argmax(loud))
    return first + int(np.argmax(curves.full[first : first + LEVEL_FRAMES]))


def smoothed(ring: Values, width: float) -> Values:
    """A ring (its end joins its start) under a Gaussian window of `width` bins."""
    reach = int(4 * width) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    wrapped = np.concatenate([ring[-reach:], ring, ring[:reach]])
    return np.convolve(wrapped, kernel / kernel.sum(), "valid")


def _at(ring: Values, places: Values) -> Values:
    """Against the highest of the ring."""
    bins = np.floor(places * _BINS).astype(np.int64) % _BINS
    return np.asarray(ring[bins] / (ring.max() + 1e-9))


def _apart(places: Values, other: float) -> Values:
    """In beats, -0.5 to 0.5."""
    return (places - other + 0.5) % 1 - 0.5


def _moved(beat: int | None, phase: float, period: float) -> int | None:
    """Counted from the first beat at or after 0: one later, if the peak is at 0 but its beat before it."""
    if beat is None:
        return None
    return (beat - 1) % 4 if phase / RATE < LATE else beat
