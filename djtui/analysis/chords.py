"""Which chord sounds when: a major or a minor triad for each frame, without flutter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from djtui.analysis.pitch import Chroma, PitchFrames

_BREADTH: Final = 5
"""Frames that a chord is heard in at once: 0.9 s, about a bar's half."""
_BASS: Final = 0.2
"""How much a root in the bass adds to a chord, against 1 for all notes of the triad and no other."""
_EVIDENCE: Final = 4.0
_CHANGE: Final = 4.0
"""A change of chord has to be worth one frame of perfect evidence."""
_QUIET: Final = 0.03
"""Of the mean power: less is a pause."""
_CLEAR: Final = 0.9
"""Of the median clarity: less is noise, a bass alone, a passing note."""
_LONG: Final = 4
"""Frames that a chord has to be clear for: 0.75 s."""


@dataclass(frozen=True, slots=True, eq=False)
class Chords:
    """Chords are numbered as keys are: 0..11 C to B major, 12..23 C to B minor."""

    chord: NDArray[np.intp]
    """[frames]"""
    clarity: NDArray[np.float32]
    """[frames]: how well the frame's notes are those of the chord, a correlation, -1 to 1; 0 in a pause."""
    first: int | None
    """The first chord that is clear: not a bass or a drum before the music begins."""
    last: int | None

    def shares(self) -> NDArray[np.float64]:
        """[24]: how much of the music each chord has; together 1."""
        shares = np.zeros(24)
        np.add.at(shares, self.chord, np.maximum(self.clarity, 0))
        shares /= max(shares.sum(), 1e-9)
        return shares


def follow(frames: PitchFrames, chroma: Chroma, bass: Chroma) -> Chords:
    """The chords of a track."""
    fit = centred(_smoothed(chroma)) @ _TRIADS.T
    roots = _smoothed(bass)
    roots /= np.maximum(roots.max(axis=1, keepdims=True), 1e-9)
    chord = _steadiest(fit + _BASS * np.tile(roots, 2))

    audible = frames.level > _QUIET * frames.level.mean()
    clarity = np.where(audible, fit[np.arange(len(chord)), chord], np.float32(0))
    clear = clarity > _CLEAR * np.median(clarity[audible])
    first, last = _ends(chord, clear)
    return Chords(chord, clarity, first, last)


def _steadiest(evidence: NDArray[np.float32]) -> NDArray[np.intp]:
    """The path through [frames, 24] with the most evidence, changes paid for (Viterbi, 1967)."""
    frames, chords = evidence.shape
    stayed = np.arange(chords)
    came_from = np.empty((frames, chords), np.int8)
    score = np.zeros(chords)
    for frame in range(frames):
        best = int(score.argmax())
        changed = score[best] - _CHANGE
        came_from[frame] = np.where(score < changed, best, stayed)
        score = np.maximum(score, changed) + _EVIDENCE * evidence[frame]
    path = np.empty(frames, np.intp)
    chord = int(score.argmax())
    for frame in range(frames - 1, -1, -1):
        path[frame] = chord
        chord = int(came_from[frame, chord])
    return path


def _ends(chord: NDArray[np.intp], clear: NDArray[np.bool_]) -> tuple[int | None, int | None]:
    """The first and the last chord. The first has to be clear for the most part; the last may ring out."""
    begins = np.flatnonzero(np.diff(chord, prepend=-1))
    length = np.diff(begins, append=len(chord))
    clear_frames = np.add.reduceat(clear, begins, dtype=np.intp)
    can_begin = np.flatnonzero((length >= _LONG) & (clear_frames > 0.6 * length))
    can_end = np.flatnonzero(clear_frames >= _LONG)
    return (
        int(chord[begins[can_begin[0]]]) if len(can_begin) else None,
        int(chord[begins[can_end[-1]]]) if len(can_end) else None,
    )


def _smoothed(chroma: Chroma) -> Chroma:
    """The sum of each frame and its neighbours, 0.9 s in all."""
    before = _BREADTH // 2
    sums = np.cumsum(np.pad(chroma, ((before + 1, before), (0, 0))), axis=0, dtype=np.float64)
    return (sums[_BREADTH:] - sums[:-_BREADTH]).astype(np.float32)


def centred(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row less its mean, of length 1: products of two are correlations."""
    result: NDArray[np.float32] = rows - rows.mean(axis=1, keepdims=True)
    result /= np.maximum(np.linalg.norm(result, axis=1, keepdims=True), 1e-6)
    return result


def _triads() -> NDArray[np.float32]:
    major, minor = np.zeros((2, 12), np.float32)
    major[[0, 4, 7]] = minor[[0, 3, 7]] = 1
    return centred(np.stack([np.roll(triad, root) for triad in (major, minor) for root in range(12)]))


_TRIADS: Final = _triads()
