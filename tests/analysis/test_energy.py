"""Energy: 1 to 10, more of anything never less, nothing where nothing is."""

from __future__ import annotations

import numpy as np
import pytest

from djtui.analysis import energy
from djtui.analysis.onset import RATE, Curves
from djtui.analysis.result import Loudness, Tempo

_SECONDS = 60


def curves(attacks: float = 3, bass: float = 0.3, middle: float = 0.3, treble: float = 0.1) -> Curves:
    """So many attacks a second, and the levels of the three bands."""
    onsets = np.zeros(int(_SECONDS * RATE), np.float32)
    onsets[np.arange(0, len(onsets) - 1, RATE / attacks).astype(int)] = 5
    levels = np.tile(np.array([bass, middle, treble], np.float32), (len(onsets) // 8, 1))
    return Curves(onsets, onsets, onsets, onsets, levels)


def measured(lufs: float | None = -13, bpm: float | None = 125, **sound: float) -> int | None:
    tempo = None if bpm is None else Tempo(bpm, 1.0, "steady", 0.0)
    return energy.measure(curves(**sound), Loudness(lufs, -0.1), tempo)


def is_rising(values: list[int | None]) -> bool:
    known = [value for value in values if value is not None]
    return len(known) == len(values) and sorted(known) == known and known[-1] > known[0]


def test_everything_at_once_is_a_ten_and_nothing_of_it_a_one() -> None:
    assert measured(lufs=-5, bpm=174, attacks=8, bass=0.9, middle=0.2, treble=0.3) == 10
    assert measured(lufs=-30, bpm=70, attacks=0.5, bass=0.05, middle=0.3, treble=0.01) == 1


def test_louder_is_never_less() -> None:
    assert is_rising([measured(lufs=lufs) for lufs in (-40, -20, -16, -13, -10, -7, 0)])


def test_more_attacks_are_never_less() -> None:
    assert is_rising([measured(attacks=attacks) for attacks in (0.5, 1, 2, 4, 6, 9)])


def test_more_bass_is_never_less() -> None:
    assert is_rising([measured(bass=bass) for bass in (0.0, 0.1, 0.3, 0.6, 1.0)])


def test_brighter_is_never_less() -> None:
    assert is_rising([measured(treble=treble) for treble in (0.0, 0.03, 0.1, 0.3, 1.0)])


def test_faster_is_never_less() -> None:
    assert is_rising([measured(bpm=bpm) for bpm in (60, 90, 120, 150, 200)])


def test_without_a_tempo_the_other_parts_decide() -> None:
    assert measured(bpm=None) in (4, 5, 6)


def test_silence_has_no_energy() -> None:
    assert measured(lufs=None) is None
    assert measured(bass=0, middle=0, treble=0) is None


@pytest.mark.parametrize("a_second", [1, 2, 5])
def test_attacks_are_counted(a_second: int) -> None:
    assert energy.attacks(curves(attacks=a_second).full) == pytest.approx(a_second, abs=0.1)


def test_a_moment_has_no_attacks() -> None:
    assert energy.attacks(np.ones(10, np.float32)) == 0
