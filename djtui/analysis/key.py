"""In which key a track is.

A chroma averaged over a track can't tell a key from its relative: A minor and C major have the same notes.
So the chords are followed first. How long each sounds, which one the music begins with and which one it ends
on say where home is; the notes as a whole say which scale it is. What each is worth stands in `profiles.py`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from djtui.analysis import chords, profiles
from djtui.analysis.chords import Chords
from djtui.analysis.pitch import RATE, Chroma, PitchFrames
from djtui.analysis.result import Key

_SHORTEST: Final = int(4 * RATE)
"""Frames: four seconds."""
_SILENT: Final = 1e-2
"""Power of the loudest frame: a tone of -80 dBFS."""
_TONAL: Final = 0.15
"""Of `tonality`."""


def find(frames: PitchFrames) -> Key | None:
    """The key; None for silence, noise, speech, drums alone, and less than four seconds."""
    if len(frames) < _SHORTEST or frames.level.max() < _SILENT:
        return None
    tuning = frames.tuning()
    chroma = frames.chroma(tuning)
    heard = chords.follow(frames, chroma, frames.bass(tuning))
    if tonality(chroma, heard) < _TONAL:
        return None
    chances = _chances(score(chroma, heard))
    second, best = (int(key) for key in np.argsort(chances)[-2:])
    return Key(best, float(chances[best]), second, tuning)


def tonality(chroma: Chroma, heard: Chords) -> float:
    """How much there is of a key, 0 to 0.5: how clear the chords are, times how unevenly the twelve notes
    are used over the track. Noise has 0.03, speech up to 0.09, drums alone up to 0.145, music 0.15 to 0.35.
    """
    sounding = heard.clarity != 0
    notes = chroma[sounding].mean(axis=0)
    return float(np.median(heard.clarity[sounding]) * notes.std() / notes.max())


def score(chroma: Chroma, heard: Chords) -> NDArray[np.float64]:
    """[24]: the evidence for each key, in natural logarithms of odds."""
    notes = chords.centred(chroma[heard.clarity != 0].mean(axis=0, keepdims=True))[0]
    evidence: NDArray[np.float64] = profiles.SCALE * (profiles.SCALES @ notes)
    evidence += profiles.FUNCTIONS @ heard.shares()
    evidence[12:] += profiles.MINOR
    if heard.first is not None:
        evidence[heard.first] += profiles.FIRST
    if heard.last is not None:
        evidence[[heard.last % 12, heard.last % 12 + 12]] += profiles.LAST
    return evidence


def _chances(evidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """[24], together 1."""
    chances: NDArray[np.float64] = np.exp(evidence - evidence.max())
    chances /= chances.sum()
    return chances
