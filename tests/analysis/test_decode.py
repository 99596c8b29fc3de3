"""Any file becomes sane blocks of samples, or one reason why not."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from djtui.analysis import mpeg
from djtui.analysis.decode import Source, block_frames, open_audio
from djtui.analysis.result import Unanalyzable
from tests.analysis import sounds
from tests.analysis.sounds import RATE


def heard(path: Path, ffmpeg: str | None = None) -> tuple[Source, sounds.Floats]:
    with open_audio(str(path), ffmpeg) as source:
        blocks = list(source)
    return source, np.concatenate(blocks)


@pytest.mark.parametrize(
    "name", ["a.wav", "a.aiff", "a.flac", "a.ogg", "a.mp3", "a.caf", "a.au", "a.w64", "a.rf64"]
)
def test_every_format_of_libsndfile_gives_the_sound_that_went_in(tmp_path: Path, name: str) -> None:
    sound = sounds.beats(3)
    source, decoded = heard(sounds.write(tmp_path / name, sound))
    assert (source.samplerate, source.channels, source.decoder) == (RATE, 2, "libsndfile")
    assert source.notes == []
    assert len(decoded) == source.frames == len(sound)
    assert np.corrcoef(decoded[:, 0], sound[:, 0])[0, 1] > 0.99


def test_opus_is_read_at_its_own_rate(tmp_path: Path) -> None:
    source, decoded = heard(sounds.write(tmp_path / "a.opus", sounds.beats(3, 48_000), 48_000))
    assert source.samplerate == 48_000
    assert len(decoded) == 3 * 48_000


@pytest.mark.parametrize("samplerate", [8_000, 11_025, 37_800, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6, 32])
def test_rates_and_channels_stay_and_a_block_has_a_bound(
    tmp_path: Path, samplerate: int, channels: int
) -> None:
    path = sounds.write(tmp_path / "a.wav", sounds.beats(0.5, samplerate, channels), samplerate)
    with open_audio(str(path)) as source:
        assert (source.samplerate, source.channels) == (samplerate, channels)
        assert all(block.nbytes <= 8 << 20 and block.dtype == np.float32 for block in source)
    assert block_frames(samplerate, channels) % round(samplerate / 10) == 0


@pytest.mark.parametrize("subtype", ["PCM_24", "PCM_U8", "FLOAT", "DOUBLE"])
def test_any_width_of_sample_is_heard(tmp_path: Path, subtype: str) -> None:
    sound = sounds.beats(1)
    _, decoded = heard(sounds.write(tmp_path / "a.wav", sound, subtype=subtype))
    assert np.abs(decoded - sound).max() < 0.01


def test_samples_that_make_no_sense_are_silenced_and_noted(tmp_path: Path) -> None:
    sound = sounds.beats(6)
    sound[100:110, 0] = np.nan
    sound[200:205] = np.inf
    sound[300:303, 1] = -1e30
    sound[400] = 3.9
    source, decoded = heard(sounds.write(tmp_path / "a.wav", sound, subtype="FLOAT"))
    assert np.isfinite(decoded).all()
    assert np.abs(decoded).max() == np.float32(3.9)
    assert not decoded[100:110, 0].any()
    assert source.notes == ["Damaged: 18 samples made no sense and were silenced."]


def test_the_name_says_nothing(tmp_path: Path, song: Path, mp3: Path) -> None:
    for name, content in (("a.mp3", song), ("b.wav", mp3), ("-c %03d:d", song), ("e.raw", mp3)):
        (tmp_path / name).write_bytes(content.read_bytes())
        source, _ = heard(tmp_path / name)
        assert source.seconds == pytest.approx(20)
    odd = os.fsencode(tmp_path) + b"/caf\xe9.flac"
    with open(odd, "wb") as file:
        file.write(song.read_bytes())
    with open_audio(os.fsdecode(odd)) as source:
        assert sum(map(len, source)) == 20 * RATE


def test_an_mp3_of_variable_bit_rate_without_a_length_is_heard_to_its_end(tmp_path: Path) -> None:
    quiet, loud = sounds.beats(4) * 1e-4, sounds.beats(16)
    path = sounds.write(tmp_path / "a.mp3", np.concatenate([quiet, loud]), bitrate_mode="VARIABLE")
    data = path.read_bytes()
    first = mpeg.first_frame(data)
    assert first is not None
    path.write_bytes(data[first.start + first.length :])  # without the information frame
    source, decoded = heard(path)
    assert source.stated is None
    assert source.notes == []
    assert len(decoded) == pytest.approx(20 * RATE, abs=3 * 1152)


def test_an_information_frame_of_a_shorter_song_cuts_nothing_off(tmp_path: Path, mp3: Path) -> None:
    data = mp3.read_bytes()
    first = mpeg.first_frame(data)
    assert first is not None
    wrong = mpeg.restated(data[: first.length], first, frames=100, size=len(data))
    path = tmp_path / "two in one.mp3"
    path.write_bytes(wrong + 4 * data[first.length :])
    _, decoded = heard(path)
    assert len(decoded) == pytest.approx(4 * 20 * RATE, abs=5 * 1152)


def test_no_descriptor_stays_open(tmp_path: Path, song: Path) -> None:
    (tmp_path / "noise.mp3").write_bytes(os.urandom(5000))
    (tmp_path / "damaged.wav").write_bytes(b"RIFF\x10\0\0\0WAVEfmt " + bytes(100))
    before = len(os.listdir("/dev/fd"))
    for _ in range(20):
        with open_audio(str(song)) as source:
            next(iter(source))
        for name in ("noise.mp3", "damaged.wav", "gone.mp3"):
            with pytest.raises(Unanalyzable):
                open_audio(str(tmp_path / name))
    assert len(os.listdir("/dev/fd")) == before
