"""Loudness and peaks as EBU R128 and BS.1770 define them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from djtui.analysis.loudness import Meter
from djtui.analysis.result import Loudness
from djtui.analysis.true_peak import TruePeak
from tests.analysis import sounds
from tests.analysis.sounds import Floats

FFMPEG = shutil.which("ffmpeg")


def measured(
    sound: Floats, samplerate: int = 48_000, true_peak: bool = False, block: int = 1 << 17
) -> Loudness:
    meter = Meter(samplerate, sound.shape[1], true_peak)
    for start in range(0, len(sound), block):
        meter.feed(sound[start : start + block])
    return meter.result()


def sine(
    frequency: float, level: float, seconds: float, samplerate: int = 48_000, phase: float = 0.0
) -> Floats:
    t = np.arange(round(seconds * samplerate)) / samplerate
    mono = 10 ** (level / 20) * np.sin(2 * np.pi * frequency * t + phase)
    return np.stack([mono, mono], axis=1).astype(np.float32)


@pytest.mark.parametrize("samplerate", [44_100, 48_000, 96_000, 32_000])
@pytest.mark.parametrize("level", [-23.0, -33.0])
def test_a_sine_of_1_khz_in_both_channels_is_as_loud_as_its_level(samplerate: int, level: float) -> None:
    """Cases 1 and 2 of EBU Tech 3341."""
    loudness = measured(sine(1000, level, 20, samplerate), samplerate)
    assert loudness.lufs == pytest.approx(level, abs=0.05)
    assert loudness.sample_peak == pytest.approx(level, abs=0.01)


def test_quiet_passages_do_not_count() -> None:
    """Case 3 of EBU Tech 3341: 10 s at -36, 60 s at -23, 10 s at -36."""
    quiet, loud = sine(1000, -36, 10), sine(1000, -23, 60)
    assert measured(np.concatenate([quiet, loud, quiet])).lufs == pytest.approx(-23, abs=0.1)


def test_silence_under_the_absolute_gate_does_not_count() -> None:
    """Case 4: -72, -36, -23, -36, -72."""
    parts = [
        sine(1000, level, seconds)
        for level, seconds in ((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10))
    ]
    assert measured(np.concatenate(parts)).lufs == pytest.approx(-23, abs=0.1)


def test_surround_weighs_more_and_the_subwoofer_nothing() -> None:
    """Case 6: -28 in left and right, -24 in the centre, -30 in both surrounds."""
    levels = (-28, -28, -24, 0, -30, -30)
    sound = np.concatenate([sine(1000, level, 20)[:, :1] for level in levels], axis=1)
    assert measured(sound).lufs == pytest.approx(-23, abs=0.1)


def test_mono_is_one_channel() -> None:
    assert measured(sine(1000, -20, 5)[:, :1]).lufs == pytest.approx(-20 - 3.01, abs=0.05)


def test_the_size_of_the_blocks_changes_nothing() -> None:
    sound = sounds.beats(7.77, 44_100)
    whole = measured(sound, 44_100, true_peak=True)
    for block in (1000, 4410, 44_100, 99_999):
        parts = measured(sound, 44_100, true_peak=True, block=block)
        assert parts.lufs == pytest.approx(whole.lufs, abs=1e-5)
        assert parts.sample_peak == whole.sample_peak
        assert parts.true_peak == pytest.approx(whole.true_peak, abs=1e-4)


@pytest.mark.parametrize(
    "sound",
    [np.zeros((0, 2), np.float32), np.zeros((50_000, 2), np.float32), np.full((50_000, 1), 0.5, np.float32)],
    ids=["nothing", "silence", "an offset"],
)
def test_what_cannot_be_heard_has_no_loudness(sound: Floats) -> None:
    assert measured(sound, true_peak=True).lufs is None


def test_less_than_a_window_has_a_peak_but_no_loudness() -> None:
    loudness = measured(sine(1000, -6, 0.3))
    assert loudness.lufs is None
    assert loudness.sample_peak == pytest.approx(-6, abs=0.01)


@pytest.mark.parametrize("samplerate", [44_100, 48_000, 96_000])
def test_the_true_peak_of_a_sine_is_found_between_its_samples(samplerate: int) -> None:
    """At a quarter of the rate, 45 degrees off, every sample is 3 dB below the crest (EBU Tech 3341)."""
    sound = sine(samplerate / 4, -6, 1, samplerate, np.pi / 4)
    sound *= np.hanning(samplerate)[:, None].astype(np.float32)
    loudness = measured(sound, samplerate, true_peak=True)
    assert loudness.sample_peak == pytest.approx(-9.01, abs=0.05)
    assert loudness.true_peak == pytest.approx(-6, abs=0.2)


def test_true_peak_is_measured_only_where_asked() -> None:
    assert measured(sine(1000, -6, 1)).true_peak is None


@pytest.mark.parametrize("seed", range(6))
def test_leaving_stretches_out_never_loses_the_true_peak(seed: int) -> None:
    """The bound against the interpolation of everything, for noise of every colour and for clipped sound."""
    random = np.random.default_rng(seed)
    noise = random.standard_normal((60_000, 2))
    if seed % 2:
        noise = np.cumsum(noise, axis=0)
    sound = np.clip(noise / np.abs(noise).max() * (1 + seed), -1, 1).astype(np.float32)
    pruned, whole = TruePeak(2, 44_100), TruePeak(2, 44_100)
    whole._bound = 1e6  # which leaves nothing out
    pruned.feed(sound)
    whole.feed(sound)
    assert pruned.result() == pytest.approx(whole.result(), rel=1e-6)


@pytest.mark.skipif(FFMPEG is None, reason="no ffmpeg here")
@pytest.mark.parametrize("samplerate", [44_100, 48_000])
def test_it_agrees_with_ffmpeg(tmp_path: Path, samplerate: int) -> None:
    sound = np.tanh(4 * sounds.beats(12, samplerate))
    path = sounds.write(tmp_path / "a.wav", sound, samplerate, subtype="FLOAT")
    filters = "ebur128=peak=true:metadata=1,ametadata=print:file=-"
    command = ["ffmpeg", "-v", "quiet", "-nostdin", "-i", str(path), "-af", filters, "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    loudness = measured(sound, samplerate, true_peak=True)
    assert loudness.lufs == pytest.approx(float(re.findall(r"r128\.I=(\S+)", said)[-1]), abs=0.05)
    peak = max(float(value) for value in re.findall(r"true_peaks_ch\d=(\S+)", said))
    assert loudness.true_peak == pytest.approx(20 * np.log10(peak), abs=0.2)
