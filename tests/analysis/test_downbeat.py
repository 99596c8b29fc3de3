"""Which beat begins the bar."""

from __future__ import annotations

import numpy as np
import pytest

from djtui.analysis import grid, tempo
from djtui.analysis.onset import SAMPLERATE, Floats
from djtui.analysis.result import Grid, Options
from tests.analysis.rhythms import curves_of, pitches_of, track


def found(sound: Floats) -> Grid:
    curves = curves_of(sound)
    rhythm = tempo.find(curves, curves.seconds, Options())
    assert rhythm is not None
    answer = grid.find(curves, rhythm, pitches_of(sound))
    assert answer is not None
    return answer


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_the_bar_is_found_wherever_the_file_begins(cut: int) -> None:
    beat = 60 / 120
    sound = track(120.0, "breaks", 60)[int((cut - 0.5) % 4 * beat * SAMPLERATE) :]
    answer = found(sound)
    assert answer.first_beat == pytest.approx(beat / 2, abs=0.01)
    assert answer.downbeat in (None, (-cut) % 4)


def test_a_track_that_begins_with_its_first_bar_is_sure() -> None:
    answer = found(track(124.0, "house", 60, start=0.3))
    beats = (0.3 - answer.first_beat) / (60 / 124.0)
    assert answer.downbeat == round(beats) % 4
    assert answer.downbeat_confidence > 0.75


def test_beats_that_are_all_alike_have_no_bar() -> None:
    click = np.random.default_rng(5).normal(0, 0.3, 300) * np.exp(-np.arange(300) / 60)
    sound = np.zeros(40 * SAMPLERATE, np.float32)
    for beat in np.arange(0.25, 39.9, 0.5):
        at = round(beat * SAMPLERATE)
        sound[at : at + 300] += click
    assert found(sound).downbeat is None
