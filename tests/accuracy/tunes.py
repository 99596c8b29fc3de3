"""Composing tunes as hymns and folk songs go: phrases that cadence, so that their key leaves no doubt."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.accuracy.composing import HAT, KICK, NAMES, SNARE
from tests.accuracy.midi import DRUMS, Score

MELODY, HARMONY, BASS = 0, 1, 2
MELODIES = (0, 40, 56, 68, 71, 73, 105, 22)
HARMONIES = (0, 6, 16, 19, 24, 25, 46, 48)
BASSES = (32, 33, 42, 43, 58)

SCALES = {False: (0, 2, 4, 5, 7, 9, 11), True: (0, 2, 3, 5, 7, 8, 10)}
OPENINGS = ((0, 3), (0, 4), (0, 5), (0, 0), (3, 0), (5, 1), (2, 5))
HALF_CADENCES, FULL_CADENCES = ((1, 4), (3, 4), (0, 4)), ((4, 0), (4, 0), (3, 0))
"""Scale degrees of two bars."""


@dataclass(frozen=True, slots=True)
class Tune:
    """What a tune shall be."""

    bpm: float
    root: int
    minor: bool
    beats_a_bar: int
    drums: bool
    periods: int
    """Of eight bars: question and answer."""
    seed: int

    @property
    def key(self) -> str:
        return NAMES[self.root] + ("m" if self.minor else "")


def compose(tune: Tune) -> Score:
    """Write the score. In minor, the dominant has its leading note, as hymns have it."""
    choose = random.Random(tune.seed)
    score = Score(tune.bpm)
    for channel, programs, volume in (
        (MELODY, MELODIES, 95), (HARMONY, HARMONIES, 75), (BASS, BASSES, 95),
    ):  # fmt: skip
        score.instrument(channel, choose.choice(programs), volume)
    score.instrument(DRUMS, 0, 80)
    beats = tune.beats_a_bar
    verses = [_degrees(choose) for _ in range(2)]
    for bar in range(8 * tune.periods):
        degree = verses[bar // 8 % 2][bar % 8]
        start = bar * beats
        chord = _chord(tune, degree)
        score.note(BASS, 36 + chord[0] % 12, 0.75, start, beats * 0.95)
        for beat in range(beats):
            for note in chord:
                score.note(HARMONY, 48 + note, 0.6, start + beat, 0.9)
        for at, length in _rhythm(choose, beats):
            own = at == 0 or choose.random() < 0.6
            pitch = choose.choice(chord) if own else tune.root + choose.choice(SCALES[tune.minor])
            score.note(MELODY, 60 + pitch, 0.75, start + at, length * 0.95)
        if tune.drums:
            _drums(score, start, beats)
    return score


def _degrees(choose: random.Random) -> list[int]:
    """Eight bars: a phrase to the dominant, and its answer to the tonic."""
    parts = (OPENINGS, HALF_CADENCES, OPENINGS, FULL_CADENCES)
    return [degree for part in parts for degree in choose.choice(part)]


def _chord(tune: Tune, degree: int) -> list[int]:
    scale = SCALES[tune.minor]
    notes = [tune.root + scale[step % 7] + 12 * (step // 7) for step in (degree, degree + 2, degree + 4)]
    if tune.minor and degree == 4:
        notes[1] += 1
    return notes


def _rhythm(choose: random.Random, beats: int) -> list[tuple[float, float]]:
    """Where in a bar the melody's notes begin, and how long they are."""
    rhythm: list[tuple[float, float]] = []
    at = 0.0
    while at < beats:
        length = min(choose.choice((0.5, 0.5, 1.0, 1.0, 2.0)), beats - at)
        rhythm.append((at, length))
        at += length
    return rhythm


def _drums(score: Score, start: int, beats: int) -> None:
    for beat in range(beats):
        score.note(DRUMS, KICK if beat % 2 == 0 else SNARE, 0.8, start + beat, 0.2)
        for half in (0, 0.5):
            score.note(DRUMS, HAT, 0.5, start + beat + half, 0.2)
