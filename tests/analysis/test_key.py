"""The key: of progressions that a listener would not doubt, and of none where there is none."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from djtui.analysis import key
from djtui.analysis.pitch import SAMPLERATE, Pitches
from djtui.analysis.result import Key
from djtui.model.key import parse
from tests.analysis.test_pitch import Sound, kicks, tone

_ROOTS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@cache
def chord(name: str, transposed: float, seconds: float) -> Sound:
    root = _ROOTS[name[0]] + transposed
    third = 3 if name.endswith("m") else 4
    notes = (36 + root, 60 + root, 60 + root + third, 60 + root + 7)
    return np.asarray(np.sum([tone(note, seconds) for note in notes], axis=0) / 2)


def song(chords: str, transposed: float = 0.0, rounds: int = 4, seconds: float = 1.6) -> Sound:
    """Chords over a kick drum; `chords` as "Am F C G"."""
    music = np.concatenate([chord(name, transposed, seconds) for name in chords.split()] * rounds)
    return (music + kicks(len(music) / SAMPLERATE + 1)[: len(music)]).astype(np.float32)


def found(sound: Sound) -> Key | None:
    pitches = Pitches()
    pitches.feed(sound)
    return key.find(pitches.result())


def speech(seconds: float) -> Sound:
    """Syllables: a gliding buzz, as a voice has it, with pauses."""
    random = np.random.default_rng(3)
    length = int(seconds * SAMPLERATE)
    hertz, loudness = np.zeros(length), np.zeros(length)
    start = 0
    while start < length:
        end = min(length, start + int(random.uniform(0.1, 0.3) * SAMPLERATE))
        glide = random.normal(0, 0.2, 2)
        hertz[start:end] = 130 * np.exp(np.linspace(glide[0], glide[1], end - start))
        loudness[start:end] = np.hanning(end - start)
        start = end + int(random.uniform(0, 0.2) * SAMPLERATE)
    phase = 2 * np.pi * np.cumsum(hertz) / SAMPLERATE
    buzz = np.sum([np.sin(n * phase) / n for n in range(1, 16)], axis=0)
    return np.asarray(0.25 * loudness * buzz, np.float32)


@pytest.mark.parametrize(
    ("chords", "expected"),
    [
        ("C F G C", "C"),
        ("C G Am F", "C"),
        ("Am F C G Am F G Am", "Am"),
        ("Am Dm E Am", "Am"),
        ("Am G F G", "Am"),
        ("G C D G", "G"),
        ("Em C D Em", "Em"),
        ("Am", "Am"),
        ("D", "D"),
    ],
)
def test_the_key_of_a_progression(chords: str, expected: str) -> None:
    answer = found(song(chords))
    assert answer is not None
    assert answer.key == parse(expected)
    assert answer.second not in (None, answer.key)
    assert 0.3 < answer.confidence <= 1


@pytest.mark.parametrize("semitones", range(12))
def test_a_transposed_song_has_the_transposed_key(semitones: int) -> None:
    answer = found(song("Am Dm E Am", transposed=semitones, rounds=2))
    assert answer is not None
    assert answer.key == 12 + (9 + semitones) % 12


@pytest.mark.parametrize("cents", [-40, 25])
def test_a_song_at_another_pitch_keeps_its_key_and_says_its_tuning(cents: int) -> None:
    answer = found(song("C F G C", transposed=cents / 100))
    assert answer is not None
    assert answer.key == parse("C")
    assert answer.tuning == pytest.approx(cents, abs=3)


def test_a_cadence_is_surer_than_a_loop_that_two_keys_share() -> None:
    cadence, loop = found(song("C F G C")), found(song("F G Am C"))
    assert cadence is not None
    assert loop is not None
    assert cadence.confidence > loop.confidence + 0.1


def test_a_silent_minute_before_the_music_changes_nothing() -> None:
    music = song("Am Dm E Am")
    alone, after = found(music), found(np.concatenate([np.zeros(60 * SAMPLERATE, np.float32), music]))
    assert alone is not None
    assert after is not None
    assert after.key == alone.key
    assert after.confidence == pytest.approx(alone.confidence, abs=0.05)


@pytest.mark.parametrize("seconds", [4.5, 30])
def test_noise_has_no_key(seconds: float) -> None:
    random = np.random.default_rng(4)
    assert found(random.normal(0, 0.2, int(seconds * SAMPLERATE)).astype(np.float32)) is None


def test_speech_has_no_key() -> None:
    assert found(speech(30)) is None


def test_drums_alone_have_no_key() -> None:
    hats = np.random.default_rng(5).normal(0, 0.1, 30 * SAMPLERATE)
    hats *= np.resize(np.exp(-np.arange(SAMPLERATE // 4) / 400), len(hats))
    assert found((kicks(30, hertz=55) + hats).astype(np.float32)) is None


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_silence_has_no_key_with_or_without_an_offset(value: float) -> None:
    assert found(np.full(20 * SAMPLERATE, value, np.float32)) is None


@pytest.mark.parametrize("seconds", [0.0, 0.2, 3.0])
def test_less_than_four_seconds_have_no_key(seconds: float) -> None:
    assert found(chord("C", 0.0, 4.0)[: int(seconds * SAMPLERATE)]) is None
