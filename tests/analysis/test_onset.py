"""Onset curves: what begins, when, and how the sound may be fed."""

from __future__ import annotations

import numpy as np
import pytest

from djtui.analysis.onset import FRAME, HOP, RATE, SAMPLERATE, Curves, Floats, Onsets


def curves_of(sound: Floats, block: int = 100_000) -> Curves:
    onsets = Onsets()
    for start in range(0, len(sound), block):
        onsets.feed(sound[start : start + block])
    return onsets.result()


def noise(seconds: float, level: float = 0.1) -> Floats:
    samples = np.random.default_rng(3).standard_normal(round(seconds * SAMPLERATE))
    return (level * samples).astype(np.float32)


def sine(hertz: float, seconds: float = 2.0) -> Floats:
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * SAMPLERATE)) / SAMPLERATE).astype(np.float32)


@pytest.mark.parametrize("block", [1, 63, 1000, 131_072])
def test_the_size_of_the_blocks_changes_nothing(block: int) -> None:
    sound = noise(0.5 if block == 1 else 14)
    whole, parts = curves_of(sound, len(sound)), curves_of(sound, block)
    for name in ("full", "low", "high", "bass", "levels"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))


def test_there_is_a_value_every_64_samples() -> None:
    curves = curves_of(noise(3))
    assert len(curves.full) == len(curves.low) == len(curves.high) == len(curves.bass)
    assert curves.seconds == pytest.approx(3, abs=FRAME / SAMPLERATE)
    assert curves.levels.shape == (-(-len(curves.full) // 8), 3)
    assert RATE == SAMPLERATE / HOP


def test_an_attack_is_seen_where_it_is() -> None:
    sound = 1e-4 * noise(4)
    sound[2 * SAMPLERATE : 2 * SAMPLERATE + 500] += noise(500 / SAMPLERATE)
    curves = curves_of(sound)
    assert np.argmax(curves.full) / RATE == pytest.approx(2.0, abs=0.015)


def test_a_bass_drum_shows_in_the_low_bands_and_a_hat_in_the_high_ones() -> None:
    fades = np.exp(-np.arange(SAMPLERATE) / 800).astype(np.float32)
    kick = curves_of(np.concatenate([1e-4 * noise(1), fades * sine(60, 1)]))
    hat = curves_of(np.concatenate([1e-4 * noise(1), fades * sine(4000, 1)]))
    after = slice(int(1.02 * RATE) - 6, int(1.02 * RATE) + 6)
    assert kick.bass[after].max() > 20 * hat.bass[after].max()
    assert hat.high[after].sum() > hat.low[after].sum()
    assert kick.low[after].sum() > kick.high[after].sum()


def test_the_level_of_a_full_sine_is_one_in_its_own_band() -> None:
    for band, hertz in enumerate((100, 800, 4000)):
        middle = curves_of(sine(hertz)).levels[5:-5]
        assert middle[:, band] == pytest.approx(1.0, abs=0.05)
        assert np.delete(middle, band, axis=1).max() < 0.1


def test_nothing_fed_gives_nothing() -> None:
    assert len(Onsets().result().full) == 0
    assert len(curves_of(noise(0.001)).full) <= 1


def test_quiet_music_has_the_curves_of_loud_music() -> None:
    loud = curves_of(noise(6, 0.5)).full
    quiet = curves_of(noise(6, 0.005)).full
    np.testing.assert_allclose(quiet, loud, rtol=0.35, atol=1.0)
