"""Made-up music of known tempo, as the curves that the tempo side of the analysis gets."""

from __future__ import annotations

from functools import cache

import numpy as np

from djtui.analysis.onset import SAMPLERATE, Curves, Floats, Onsets
from djtui.analysis.pitch import Pitches, PitchFrames
from djtui.demo import music


@cache
def track(bpm: float, style: str = "house", seconds: float = 40.0, start: float = 0.0) -> Floats:
    """Mono at 11,025 Hz."""
    sound = music.compose(bpm, "Am", style, seconds, start=start, samplerate=SAMPLERATE)
    return np.asarray(sound.mean(axis=1), np.float32)


def curves_of(sound: Floats) -> Curves:
    onsets = Onsets()
    onsets.feed(sound)
    return onsets.result()


def pitches_of(sound: Floats) -> PitchFrames:
    pitches = Pitches()
    pitches.feed(sound)
    return pitches.result()


def bent(sound: Floats, depth: float, every: float) -> Floats:
    """Played up to `depth` faster and slower, in turns of `every` seconds, as a hand does."""
    time = np.arange(len(sound)) / SAMPLERATE
    played = time + depth * every / (2 * np.pi) * (1 - np.cos(2 * np.pi * time / every))
    return np.interp(played * SAMPLERATE, np.arange(len(sound)), sound).astype(np.float32)
