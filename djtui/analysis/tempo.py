"""How fast a track is: octave, exact value, steadiness, and how sure all that is."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from djtui.analysis import octave, ridge, steadiness
from djtui.analysis.onset import RATE, Curves, Floats
from djtui.analysis.result import Options, Tempo

_SHORTEST: Final = 4.0  # seconds
_LIVELY: Final = 1.0  # onset strength that the strongest hundredth exceeds in all but a constant tone
_PEAK_ERROR: Final = 0.003  # seconds: a round tempo that the farthest peak allows is the one that was meant
_SUREST: Final = 0.99  # of 258 known tracks 1 was wrong, and the next will be unlike them
_ENOUGH: Final = 12.0  # seconds below which a tempo is a guess in part
_UNSTEADY: Final = 0.6  # of the confidence is left where one number cannot say it all


def find(curves: Curves, duration: float, options: Options) -> Tempo | None:
    """The tempo of a track; None: it has none that can be heard (silence, speech, noise, under 4 s)."""
    if min(duration, curves.seconds) < _SHORTEST or np.percentile(curves.full, 99) < _LIVELY:
        return None
    full, low = ridge.normalized(curves.full), ridge.normalized(curves.low)
    guess = octave.guess(full, options)
    found = None
    if guess.pulse >= steadiness.needed_pulse(curves.seconds):
        found = _constant(full, low, guess)
    if found is not None and found.steadiness == "steady":
        return found
    return _unsteady(full, low, guess, found, options)


def _constant(full: Floats, low: Floats, guess: octave.Guess) -> Tempo | None:
    """The one tempo of the whole track."""
    line = ridge.follow(guess.bpm, ridge.correlated(full, low), len(full))
    if line is None:
        return None
    bpm = rounded(line)
    late, clear = steadiness.deviations(full, bpm)
    steady = steadiness.keeps_grid(late, clear)
    sure = guess.confidence * line.support * min(1.0, len(full) / RATE / _ENOUGH)
    return Tempo(
        bpm=bpm,
        confidence=min(_SUREST, sure),
        steadiness="steady" if steady else "drifting",
        spread=1000 * line.residual,
        others=_at_scale(guess.others, bpm / guess.bpm),
    )


def _unsteady(
    full: Floats, low: Floats, guess: octave.Guess, constant: Tempo | None, options: Options
) -> Tempo | None:
    """A tempo that keeps to no grid; or that does, with breaks in which its beats cannot be followed."""
    course = steadiness.course(full, low, constant.bpm if constant else guess.bpm, options)
    if course is None:  # too little rhythm in the pieces, but the whole has one
        return constant and replace(constant, steadiness="steady", confidence=_UNSTEADY * constant.confidence)
    if course.steadiness == "steady" and constant:
        late, clear = steadiness.deviations(full, constant.bpm)
        if not steadiness.wanders(late, clear):
            return replace(constant, steadiness="steady")
    late, clear = steadiness.deviations(full, course.bpm)
    return Tempo(
        bpm=course.bpm,
        confidence=_UNSTEADY * min(_SUREST, guess.confidence),
        steadiness="changing" if course.tempi else "drifting",
        spread=steadiness.spread(late, clear),
        others=course.tempi or _at_scale(guess.others, course.bpm / guess.bpm),
    )


def _at_scale(tempi: tuple[float, ...], scale: float) -> tuple[float, ...]:
    return tuple(tempo * scale for tempo in tempi)


def rounded(line: ridge.Line) -> float:
    """A whole or half number of BPM, where the measurement cannot tell it from what was found."""
    allowed = line.bpm * _PEAK_ERROR / max(line.reach, 1.0)
    for steps in (1, 2):
        round_tempo = round(line.bpm * steps) / steps
        if abs(round_tempo - line.bpm) < allowed:
            return round_tempo
    return line.bpm
