"""Pitches: peaks of the spectrum, the tuning, and the chroma folded from them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from djtui.analysis.pitch import HOP, RATE, SAMPLERATE, Pitches, PitchFrames

Sound = NDArray[np.float32]

A, C, E = 9, 0, 4


def tone(note: float, seconds: float, harmonics: int = 5) -> Sound:
    """A MIDI note with harmonics that fall off; a fraction of a note is a detuned one."""
    time = np.arange(int(seconds * SAMPLERATE)) / SAMPLERATE
    hertz = 440 * 2 ** ((note - 69) / 12)
    partials = [np.sin(2 * np.pi * hertz * n * time) / n for n in range(1, harmonics + 1)]
    return np.asarray(0.2 * np.sum(partials, axis=0), np.float32)


def kicks(seconds: float, hertz: float = 70.0) -> Sound:
    """A drum twice a second: a tone without overtones that dies away."""
    time = np.arange(SAMPLERATE // 2) / SAMPLERATE
    hit = 0.8 * np.sin(2 * np.pi * hertz * time) * np.exp(-8 * time)
    return np.resize(hit, int(seconds * SAMPLERATE)).astype(np.float32)


def heard(sound: Sound, block: int = 110_250) -> PitchFrames:
    pitches = Pitches()
    for start in range(0, len(sound), block):
        pitches.feed(sound[start : start + block])
    return pitches.result()


def test_a_chord_is_heard_as_its_notes() -> None:
    frames = heard(tone(69, 3) + tone(60, 3) + tone(64, 3))
    chroma = frames.chroma(0.0)
    assert chroma.shape == (len(frames), 12)
    assert chroma.max() == 1
    assert {int(c) for c in np.argsort(chroma.mean(axis=0))[-3:]} == {A, C, E}


def test_there_is_a_frame_every_2048_samples() -> None:
    seconds = 10
    assert len(heard(tone(69, seconds))) == pytest.approx(seconds * RATE, abs=2)


@pytest.mark.parametrize("cents", [-45, -20, 0, 10, 31, 45])
def test_the_tuning_is_found_to_two_cents_and_taken_out(cents: int) -> None:
    frames = heard(tone(69 + cents / 100, 3) + tone(76 + cents / 100, 3))
    assert frames.tuning() == pytest.approx(cents, abs=2)
    assert {int(c) for c in np.argsort(frames.chroma(frames.tuning()).mean(axis=0))[-2:]} == {A, E}


@pytest.mark.parametrize("block", [1, 1000, HOP, 30_000])
def test_blocks_of_any_size_give_the_same_frames(block: int) -> None:
    sound = tone(57, 1.5) + tone(64, 1.5)
    whole, parts = heard(sound, len(sound)), heard(sound, block)
    assert np.array_equal(whole.pitch, parts.pitch)
    assert np.array_equal(whole.starts, parts.starts)
    assert np.allclose(whole.level, parts.level)


def test_the_bass_is_folded_alone() -> None:
    frames = heard(tone(45, 3, harmonics=3) + tone(76, 3))
    assert int(frames.bass(0.0).mean(axis=0).argmax()) == A


def test_a_bass_note_is_heard_beneath_a_louder_drum() -> None:
    frames = heard(tone(45, 4) + kicks(4))
    assert int(frames.bass(0.0).mean(axis=0).argmax()) == A


def test_silence_has_no_pitch_class() -> None:
    frames = heard(np.zeros(3 * SAMPLERATE, np.float32))
    assert not frames.chroma(0.0).any()
    assert frames.tuning() == 0


@pytest.mark.parametrize("samples", [0, 1, 4095])
def test_sound_shorter_than_a_window_has_no_frames(samples: int) -> None:
    frames = heard(np.ones(samples, np.float32))
    assert len(frames) == 0
    assert frames.chroma(0.0).shape == (0, 12)


def test_two_hours_are_kept_in_less_than_30_mb_whatever_they_hold() -> None:
    noise = np.random.default_rng(1).normal(0, 0.2, 60 * SAMPLERATE).astype(np.float32)  # the most peaks
    frames = heard(noise)
    size = frames.pitch.nbytes + frames.strength.nbytes + frames.starts.nbytes + frames.level.nbytes
    assert 120 * size < 30e6


def test_a_long_track_folds_as_its_parts_do() -> None:
    noise = np.random.default_rng(2).normal(0, 0.2, 400 * SAMPLERATE).astype(np.float32)
    frames = heard(noise)
    assert len(frames.pitch) > 200_000  # folded in several stretches
    ends = frames.chroma(0.0)[[0, -1]]
    assert np.allclose(ends[0], heard(noise[: 3 * SAMPLERATE]).chroma(0.0)[0], atol=1e-3)
    assert ends[1].max() == 1
