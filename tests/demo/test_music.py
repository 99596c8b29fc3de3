"""The made-up tracks are what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from djtui.demo.drums import STEPS, STYLES
from djtui.demo.music import RATE, Sound, compose, write


def _loudness(sound: Sound, at: float, seconds: float = 0.02) -> float:
    piece = sound[round(at * RATE) : round((at + seconds) * RATE)]
    return float(np.sqrt(np.mean(piece**2)))


def test_the_same_arguments_give_the_same_track_and_another_seed_another() -> None:
    assert np.array_equal(compose(126, seed=3, seconds=8), compose(126, seed=3, seconds=8))
    assert not np.array_equal(compose(126, seed=3, seconds=8), compose(126, seed=4, seconds=8))


@pytest.mark.parametrize("style", STYLES)
def test_every_style_is_as_long_as_asked_and_within_full_scale(style: str) -> None:
    sound = compose(STYLES[style].tempi[0], "F#m", style, seconds=20)
    assert sound.shape == (20 * RATE, 2) and sound.dtype == np.float32
    assert 0.5 < np.abs(sound).max() <= 1
    assert np.isfinite(sound).all()


@pytest.mark.parametrize("style", STYLES.values())
def test_every_pattern_is_of_whole_bars(style: object) -> None:
    for part in ("kick", "snare", "hat", "bass", "open_hat", "shaker", "stabs"):
        assert len(getattr(style, part)) % STEPS == 0


def test_beats_fall_where_the_tempo_says_to_the_last_one() -> None:
    bpm, start = 127.3, 0.25
    sound = compose(bpm, "C", "techno", seconds=120, start=start)
    assert np.abs(sound[: round(start * RATE)]).max() == 0
    beats = [start + number * 60 / bpm for number in (0, 40, 250)]
    for beat in beats:
        assert _loudness(sound, beat) > 3 * _loudness(sound, beat - 0.025)


def test_a_long_track_has_a_breakdown_without_drums_and_a_short_one_has_none() -> None:
    bar = 4 * 60 / 120
    long = compose(120, "C", "house", seconds=64)
    beat = 16 * bar
    assert _loudness(long, beat) < 0.5 * _loudness(long, beat + 4 * bar)
    short = compose(120, "C", "house", seconds=16)
    assert _loudness(short, 4 * bar) > 0.5 * _loudness(long, beat + 4 * bar)


def test_the_tonic_and_its_fifth_are_the_strongest_notes() -> None:
    sound = compose(120, "Am", "trance", seconds=32).mean(axis=1)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    heard = (hertz > 200) & (hertz < 1000)
    pitch = np.round(12 * np.log2(hertz[heard] / 440)).astype(int) % 12
    notes = np.bincount(pitch, weights=spectrum[heard] ** 2, minlength=12)
    assert 0 in np.argsort(notes)[-2:]
    assert notes[[0, 2, 3, 5, 7, 8, 10]].sum() > 5 * notes[[1, 4, 6, 9, 11]].sum()


@pytest.mark.parametrize("extension", ["wav", "aiff", "flac", "ogg", "mp3"])
def test_files_are_written_in_the_format_that_their_name_says(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"track.{extension}"
    write(path, 120, seconds=8, samplerate=22_050, channels=1)
    about = soundfile.info(path)
    assert (about.samplerate, about.channels) == (22_050, 1)
    assert about.duration == pytest.approx(8, abs=0.1)


def test_a_long_track_is_written_as_vorbis(tmp_path: Path) -> None:
    write(tmp_path / "long.ogg", 120, seconds=120, samplerate=22_050)
    assert soundfile.info(tmp_path / "long.ogg").duration == pytest.approx(120, abs=0.1)


def test_what_cannot_be_played_is_refused() -> None:
    with pytest.raises(ValueError, match="styles are"):
        compose(120, "Am", "polka")
    with pytest.raises(ValueError, match="no key"):
        compose(120, "H#x")
