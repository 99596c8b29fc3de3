"""One file, one result: everything that was heard, and what it cost."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from djtui.analysis.analyze import analyze
from djtui.analysis.mono import SAMPLERATE, Downmix
from djtui.analysis.result import COLUMNS, VERSION, Options
from tests.analysis import sounds
from tests.analysis.sounds import RATE, Floats


def test_a_result_says_everything_about_its_file(song: Path) -> None:
    analysis = analyze(str(song))
    status = song.stat()
    assert (analysis.path, analysis.size, analysis.mtime_ns) == (
        str(song),
        status.st_size,
        status.st_mtime_ns,
    )
    assert (analysis.duration, analysis.stated) == (20, 20)
    assert (analysis.samplerate, analysis.channels, analysis.decoder) == (RATE, 2, "libsndfile")
    assert analysis.tempo is not None
    assert analysis.tempo.bpm == pytest.approx(120, abs=0.05)
    assert analysis.grid is not None
    assert analysis.energy is not None
    assert 1 <= analysis.energy <= 10
    assert len(analysis.waveform) == 3 * COLUMNS
    assert analysis.loudness.lufs is not None
    assert analysis.loudness.true_peak is None
    assert analysis.version == VERSION
    assert analysis.notes == ()
    assert 0 < analysis.seconds < 20
    assert pickle.loads(pickle.dumps(analysis)) == analysis


def test_true_peak_comes_where_it_is_asked_for(song: Path) -> None:
    loudness = analyze(str(song), Options(true_peak=True)).loudness
    assert loudness.true_peak is not None
    assert loudness.sample_peak is not None
    assert loudness.true_peak >= loudness.sample_peak - 1e-6


@pytest.mark.parametrize(
    ("samplerate", "channels"), [(8_000, 1), (11_025, 2), (48_000, 6), (192_000, 2), (44_100, 1)]
)
def test_rate_and_channels_change_nothing_that_is_heard(
    tmp_path: Path, samplerate: int, channels: int
) -> None:
    path = sounds.write(
        tmp_path / "a.wav", sounds.beats(5, samplerate, channels), samplerate, subtype="PCM_24"
    )
    analysis = analyze(str(path))
    assert analysis.tempo is not None
    assert analysis.tempo.bpm == pytest.approx(120, abs=0.1)
    assert analysis.waveform


def test_the_time_of_a_decoder_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    path.write_bytes(sounds.film())
    slow = sounds.program(tmp_path / "ffmpeg", "while time.process_time() < 0.5: pass\nanswer(50_000)")
    assert analyze(str(path), Options(ffmpeg=slow)).seconds > 0.5


def test_what_is_longer_than_a_track_is_a_mix(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("djtui.analysis.analyze._MIX_S", 15)
    assert analyze(str(song)).notes == ("20 s long: taken for a mix.",)


@pytest.mark.parametrize("samplerate", [8_000, 11_025, 44_100, 48_000, 192_000])
@pytest.mark.parametrize("block", [0.1, 0.7, 10.0])
def test_the_downmix_keeps_every_moment_at_its_place(samplerate: int, block: float) -> None:
    sound = np.zeros((2 * samplerate, 2), np.float32)
    t = (np.arange(len(sound)) - samplerate) / samplerate
    sound[:] = np.exp(-((t * 800) ** 2))[:, None]
    downmix, size = Downmix(samplerate), round(block * samplerate)
    parts: list[Floats] = [downmix.feed(sound[start : start + size]) for start in range(0, len(sound), size)]
    mono = np.concatenate([*parts, downmix.rest()])
    assert len(mono) == pytest.approx(2 * SAMPLERATE, abs=1)
    assert int(mono.argmax()) == SAMPLERATE
    assert mono.max() == pytest.approx(1, abs=0.02)


def test_the_fast_path_imports_nothing_slow(song: Path) -> None:
    code = (
        "import sys\n"
        "from djtui.analysis.analyze import analyze\n"
        "analyze(sys.argv[1])\n"
        "slow = {'librosa', 'numba', 'scipy.signal', 'scipy.sparse', 'scipy.stats', 'pandas', 'textual'}\n"
        "print(sorted(slow & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", code, str(song)], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
