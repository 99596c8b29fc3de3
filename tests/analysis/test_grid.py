"""Where the beats are."""

from __future__ import annotations

import numpy as np
import pytest

from djtui.analysis import grid, tempo
from djtui.analysis.onset import SAMPLERATE, Floats
from djtui.analysis.result import Grid, Options, Tempo
from tests.analysis.rhythms import curves_of, pitches_of, track


def found(sound: Floats) -> tuple[Tempo, Grid]:
    curves = curves_of(sound)
    rhythm = tempo.find(curves, curves.seconds, Options())
    assert rhythm is not None
    answer = grid.find(curves, rhythm, pitches_of(sound))
    assert answer is not None
    return rhythm, answer


@pytest.mark.parametrize("start", [0.0, 0.137, 0.9])
@pytest.mark.parametrize(("bpm", "style"), [(124.3, "house"), (131.15, "garage"), (174.0, "dnb")])
def test_a_beat_is_found_to_a_few_milliseconds(bpm: float, style: str, start: float) -> None:
    _, answer = found(track(bpm, style, start=start))
    beat = 60 / bpm
    off = (answer.first_beat - start + beat / 2) % beat - beat / 2
    assert abs(off) < 0.008


def test_the_first_beat_is_the_earliest_in_the_sound() -> None:
    rhythm, answer = found(track(126.0, start=1.7))
    assert 0 <= answer.first_beat < 60 / rhythm.bpm


def house_from(beats: float) -> Grid:
    """House, cut off so many beats after a kick."""
    return found(track(120.0, "house")[int(beats * 60 / 120 * SAMPLERATE) :])[1]


@pytest.mark.parametrize("cut", [0.1, 0.25, 0.75])
def test_the_kick_is_the_beat_and_not_the_open_hat_between(cut: float) -> None:
    assert house_from(cut).first_beat == pytest.approx((1 - cut) * 60 / 120, abs=0.008)


@pytest.mark.parametrize("cut", [0.4, 0.5])
def test_a_track_whose_first_sound_is_the_open_hat_is_not_called_sure(cut: float) -> None:
    """Its beats may be heard half a beat off: the beginning speaks against the kick."""
    assert house_from(cut).confidence < 0.7


def test_a_changing_tempo_has_no_grid() -> None:
    curves = curves_of(track(120.0))
    assert grid.find(curves, Tempo(120.0, 0.5, "changing", 9.0, (120.0, 130.0)), None) is None


def test_a_beat_less_sure_of_its_tempo_is_less_sure_itself() -> None:
    curves = curves_of(track(120.0))
    sure, unsure = (
        grid.find(curves, Tempo(120.0, confidence, "steady", 0.1), None) for confidence in (0.9, 0.3)
    )
    assert sure is not None and unsure is not None
    assert unsure.confidence == pytest.approx(sure.confidence / 3)


def test_two_places_in_a_beat_are_told_apart_across_its_end() -> None:
    heights = np.zeros(96)
    heights[[0, 95, 48]] = 1.0, 0.9, 0.8
    places = grid.candidates(grid.Folded(grid.smoothed(heights, 1.5), {}))
    assert len(places) == 2
