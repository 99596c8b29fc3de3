"""How fast: exact values, octaves, steadiness, and silence about what has no tempo."""

from __future__ import annotations

import numpy as np
import pytest

from djtui.analysis import octave, tempo
from djtui.analysis.onset import SAMPLERATE, Floats
from djtui.analysis.result import Options, Tempo
from tests.analysis.rhythms import bent, curves_of, track


def found(sound: Floats, **options: object) -> Tempo | None:
    return tempo.find(curves_of(sound), len(sound) / SAMPLERATE, Options(**options))  # type: ignore[arg-type]


def surely_found(sound: Floats) -> Tempo:
    answer = found(sound)
    assert answer is not None
    return answer


@pytest.mark.parametrize(
    ("bpm", "style"),
    [(119.61, "house"), (138.0, "techno"), (174.27, "dnb"), (84.0, "hiphop"), (140.35, "dubstep")],
)
def test_a_constant_tempo_is_found_to_a_hundredth(bpm: float, style: str) -> None:
    answer = surely_found(track(bpm, style))
    assert answer.bpm == pytest.approx(bpm, abs=0.01)
    assert answer.steadiness == "steady"
    assert answer.confidence > 0.8
    assert answer.spread < 2


def test_a_round_tempo_is_given_as_such() -> None:
    assert surely_found(track(128.0)).bpm == 128.0
    assert surely_found(track(127.5)).bpm == 127.5


def test_a_tempo_that_only_looks_round_is_left() -> None:
    assert surely_found(track(128.04)).bpm == pytest.approx(128.04, abs=0.01)


def test_a_few_seconds_are_enough_but_less_sure() -> None:
    answer = surely_found(track(126.0, seconds=6))
    assert answer.bpm == pytest.approx(126, abs=0.5)
    assert answer.confidence < 0.6


def test_a_drifting_player_is_told_from_a_machine() -> None:
    answer = surely_found(bent(track(120.0, "breaks", 90), 0.008, 40))
    assert answer.steadiness == "drifting"
    assert answer.bpm == pytest.approx(120, abs=2)
    assert answer.spread > 5


def test_two_tempi_are_given_in_order() -> None:
    answer = surely_found(np.concatenate([track(118.0, seconds=70), track(126.0, seconds=70)]))
    assert answer.steadiness == "changing"
    assert answer.others == pytest.approx((118, 126), abs=0.3)
    assert answer.confidence < 0.7


def test_a_break_without_drums_is_no_change() -> None:
    sound = track(124.0, seconds=90).copy()
    middle = slice(35 * SAMPLERATE, 50 * SAMPLERATE)
    sound[middle] = 0.1 * np.sin(2 * np.pi * 220 * np.arange(15 * SAMPLERATE) / SAMPLERATE)
    answer = surely_found(sound)
    assert (answer.bpm, answer.steadiness) == (124.0, "steady")


def noise(seconds: float, seed: int) -> Floats:
    return np.random.default_rng(seed).normal(0, 0.1, int(seconds * SAMPLERATE)).astype(np.float32)


def random_hits(seconds: float, seed: int) -> Floats:
    random = np.random.default_rng(seed)
    hits = (random.random(int(seconds * SAMPLERATE)) < 4 / SAMPLERATE).astype(float)
    ring = np.exp(-np.arange(2000) / 200) * random.standard_normal(2000)
    return np.convolve(hits, ring)[: len(hits)].astype(np.float32)


@pytest.mark.parametrize("seconds", [4, 8, 20, 60])
@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_guessed_for_noise_and_hits_at_random(seconds: float, seed: int) -> None:
    assert found(noise(seconds, seed)) is None
    assert found(random_hits(seconds, seed)) is None


def test_nothing_is_guessed_for_silence_a_tone_and_a_moment() -> None:
    assert found(np.zeros(30 * SAMPLERATE, np.float32)) is None
    assert found(np.sin(np.arange(30 * SAMPLERATE) / 8).astype(np.float32)) is None
    assert found(track(128.0, seconds=3.9)) is None
    assert found(np.zeros(0, np.float32)) is None


def test_a_genre_has_its_usual_tempi() -> None:
    slow, fast = octave.genre_range("Hip-Hop"), octave.genre_range("Drum & Bass")
    assert slow and slow[0] <= 87 <= slow[1]
    assert fast and fast[0] <= 174 <= fast[1]
    assert octave.genre_range("Deep House") == octave.genre_range("house")
    assert octave.genre_range("Polka") is None
    assert octave.genre_range(None) is None


def test_a_genre_and_a_range_only_lean() -> None:
    """They move the likelihood, and a clear tempo stays."""
    sound = track(124.0)
    for options in ({"genre": "Drum & Bass"}, {"octave": (140.0, 200.0)}):
        answer = found(sound, **options)
        assert answer is not None
        assert answer.bpm == 124.0
    leaning = octave.preference(Options(genre="dnb", octave=(100, 200)))
    at = {bpm: leaning[np.argmin(np.abs(octave.TEMPI - bpm))] for bpm in (87, 124, 174)}
    assert at[174] > at[124] > at[87]
