"""How far Traktor's clock is from ours: what it plays of an MP3 and we leave out."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from djtui.analysis import mpeg
from djtui.analysis.decode import open_audio
from djtui.analysis.ffmpeg import FfmpegReader
from djtui.analysis.mp3_delay import Delay, from_nml, read_delay, to_nml
from djtui.analysis.result import Unanalyzable
from tests.analysis import sounds

FFMPEG = shutil.which("ffmpeg")


def noise(samplerate: int = 44_100, channels: int = 2) -> sounds.Floats:
    """Three seconds like no other."""
    mono = np.convolve(np.random.default_rng(3).standard_normal(3 * samplerate), np.hanning(32) / 40, "same")
    return np.tile(mono[:, None], channels).astype(np.float32)


def lag(path: Path, ffmpeg: str | None = None) -> int:
    """By how many samples the noise is late, as libsndfile (or ffmpeg, where given) decodes the file."""
    if ffmpeg is None:
        with open_audio(str(path)) as source:
            sound, samplerate = np.concatenate(list(source)), source.samplerate
    else:
        reader = FfmpegReader(ffmpeg, str(path))
        sound, samplerate = reader.read(10 * reader.samplerate), reader.samplerate
        reader.close()
    size = 1 << 19
    spectra = np.fft.rfft(sound[:, 0], size) * np.conj(np.fft.rfft(noise(samplerate)[:, 0], size))
    best = int(np.fft.irfft(spectra).argmax())
    return best if best < size // 2 else best - size


def information_of(path: Path) -> tuple[bytes, mpeg.Frame]:
    data = path.read_bytes()
    frame = mpeg.first_frame(data)
    assert frame is not None
    return data, frame


def played_whole(path: Path) -> Path:
    """The same MP3 as a decoder plays it that knows nothing of information frames."""
    data, frame = information_of(path)
    table = frame.start + frame.side_information
    blind = path.with_name("blind.mp3")
    blind.write_bytes(data[:table] + bytes(4) + data[table + 4 :])
    return blind


def bare(path: Path) -> Path:
    """The MP3 without its information frame."""
    data, frame = information_of(path)
    path.write_bytes(data[frame.start + frame.length :])
    return path


@pytest.mark.parametrize(("samplerate", "samples"), [(44_100, 2257), (48_000, 2257), (22_050, 1681)])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_delay_is_what_libsndfile_leaves_out(
    tmp_path: Path, samplerate: int, samples: int, channels: int
) -> None:
    path = sounds.write(tmp_path / "a.mp3", noise(samplerate, channels), samplerate)
    delay = read_delay(str(path))
    assert (delay.samples, delay.samplerate) == (samples, samplerate)
    assert abs(lag(path)) <= 1
    assert abs(lag(played_whole(path)) - samples) <= 1


def test_a_position_in_the_sound_is_later_in_traktor_and_comes_back(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "a.mp3", noise(), 44_100)
    delay = read_delay(str(path))
    assert to_nml(1.0, delay) == pytest.approx(1051.179, abs=0.001)
    assert from_nml(to_nml(1.0, delay), delay) == pytest.approx(1.0, abs=1e-12)
    assert from_nml(20.979167, delay) < 0, "a grid of Traktor's may begin in the encoder's silence"
    assert to_nml(from_nml(20.979167, delay), delay) == pytest.approx(20.979167)
    assert to_nml(-1.0, delay) == 0


def test_only_mp3s_have_a_delay(song: Path, tmp_path: Path) -> None:
    assert read_delay(str(song)) == Delay()
    assert read_delay(str(sounds.write(tmp_path / "a.ogg", noise(), 44_100))).samples == 0
    assert to_nml(1.5, Delay()) == 1500


def test_an_mp3_without_an_information_frame_has_none(tmp_path: Path) -> None:
    path = bare(sounds.write(tmp_path / "a.mp3", noise(), 44_100, bitrate_mode="CONSTANT"))
    assert read_delay(str(path)) == Delay(samplerate=44_100)


def test_the_information_frame_is_found_behind_pictures(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "a.mp3", noise(), 44_100)
    picture = b"\xff\xfb\x90\x64" * 50_000  # which looks like the beginning of many frames
    size = bytes(len(picture) >> shift & 127 for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\x03\0\0" + size + picture + path.read_bytes())
    assert read_delay(str(path)).samples == 2257


def test_it_says_what_is_proven_and_what_else_is_possible(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "a.mp3", noise(), 44_100)
    lame = read_delay(str(path))
    assert (lame.proven, lame.otherwise) == (False, 1105)
    data, _ = information_of(path)
    path.write_bytes(data.replace(b"LAME3.100", b"Lavc59.37", 1))
    assert read_delay(str(path)) == Delay(2257, 44_100, proven=True)
    path.write_bytes(data.replace(b"LAME3.100", b"LAME3.99r", 1))
    assert read_delay(str(path)) == Delay(2257, 44_100, proven=False), "the checksum is wrong now"


@pytest.mark.parametrize("kind", ["xing", "vbri"])
@pytest.mark.parametrize(
    "ffmpeg", [None, pytest.param(FFMPEG, marks=pytest.mark.skipif(not FFMPEG, reason="none"))]
)
def test_other_information_frames_count_as_each_decoder_treats_them(
    tmp_path: Path, kind: str, ffmpeg: str | None
) -> None:
    path = bare(sounds.write(tmp_path / "a.mp3", noise(), 44_100, bitrate_mode="CONSTANT"))
    played = lag(path, ffmpeg) + 1152
    music = path.read_bytes()
    frames = mpeg.count_frames(music, 0)
    extra = bytearray(mpeg.xing_frame(music[:4], frames, len(music)))
    if kind == "vbri":
        numbers = len(music).to_bytes(4, "big") + frames.to_bytes(4, "big")
        extra[36:62] = b"VBRI\0\1" + bytes(4) + numbers + bytes([0, 1, 0, 1, 0, 2, 0, 1])
    path.write_bytes(bytes(extra) + music)
    delay = read_delay(str(path), "libsndfile" if ffmpeg is None else "ffmpeg")
    assert abs(played - lag(path, ffmpeg) - delay.samples) <= 1


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unanalyzable) as failure:
        read_delay(str(tmp_path / "gone.mp3"))
    assert failure.value.reason == "missing"
