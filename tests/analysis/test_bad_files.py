"""Bad input: of every file there is one analysis, with a note if it is not whole, or one reason why not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from djtui.analysis.analyze import analyze
from djtui.analysis.result import Options, Reason, Unanalyzable
from tests.analysis import sounds
from tests.analysis.sounds import RATE, Floats

HTML = b"<!DOCTYPE html><html><head><title>404</title></head><body>Not found</body></html>\n" * 40
NOISE = np.random.default_rng(7).bytes(200_000)
PROTECTED_WMA = bytes.fromhex("3026B2758E66CF11A6D900AA0062CE6C") + bytes(40)
PROTECTED_WMA += bytes.fromhex("FBB3112223BDD211B4B700A0C955FC6E") + bytes(400)
CODED_WAV = (
    b"RIFF\xff\0\0\0WAVEfmt \x10\0\0\0\xfe\xca\x02\0\x44\xac\0\0\0\0\0\0\0\0\0\0data\xf0\0\0\0" + bytes(240)
)


def failure(path: Path, options: Options | None = None) -> Unanalyzable:
    with pytest.raises(Unanalyzable) as caught:
        analyze(str(path), options)
    assert str(caught.value).endswith("."), "a sentence"
    return caught.value


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.mp3", b"", "empty"),
        ("empty.flac", b"", "empty"),
        ("one byte.wav", b"R", "not audio"),
        ("random.mp3", NOISE, "not audio"),
        ("random.wav", NOISE, "not audio"),
        ("page.mp3", HTML, "not audio"),
        ("page.au", HTML, "not audio"),
        ("zeros.mp3", bytes(140_000), "not audio"),
        ("tags alone.mp3", b"ID3\x04\0\0\0\0\x07\x76" + bytes(1014), "not audio"),
        ("picture.mp3", b"\x89PNG\r\n\x1a\n" + NOISE[:2000], "not audio"),
        ("heading alone.flac", b"fLaC", "damaged"),
        ("heading alone.wav", b"RIFF\x24\0\0\0WAVE", "damaged"),
        ("heading alone.ogg", b"OggS\0\x02" + bytes(60), "damaged"),
        ("heading alone.aiff", b"FORM\0\0\0\x2eAIFF", "damaged"),
        ("codec of nobody.wav", CODED_WAV, "damaged"),
        ("bought.m4a", sounds.film(b"drms"), "protected"),
        ("rented.mp4", sounds.film(b"enca"), "protected"),
        ("bought.wma", PROTECTED_WMA, "protected"),
        ("song.m4a", sounds.film(), "needs ffmpeg"),
        ("song.ape", b"MAC \x96\x0f" + bytes(400), "needs ffmpeg"),
        ("song.aac", b"\xff\xf1\x50\x80\x2e\x7f\xfc" + bytes(400), "needs ffmpeg"),
        ("cut in the heading.m4a", sounds.film()[:30], "needs ffmpeg"),
        ("no end of atoms.m4a", b"\0\0\0\x10ftypM4A \0\0\0\0" + b"\0\0\0\x08free" * 9000, "needs ffmpeg"),
        ("atoms of size 0.m4a", b"\0\0\0\x10ftypM4A \0\0\0\0" + bytes(4000), "needs ffmpeg"),
    ],
)
def test_what_holds_no_sound_has_a_reason(tmp_path: Path, name: str, content: bytes, reason: Reason) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert failure(path).reason == reason


def test_a_film_without_sound_is_not_audio(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(sounds.film().replace(b"soun", b"vide"))
    assert failure(tmp_path / "a.mp4").reason == "not audio"


def test_what_is_no_file_has_a_reason_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.mp3")
    (tmp_path / "folder.mp3").mkdir()
    (tmp_path / "loop.mp3").symlink_to("loop.mp3")
    (tmp_path / "dangling.mp3").symlink_to("gone.mp3")
    assert failure(tmp_path / "fifo.mp3").reason == "not a file"
    assert failure(tmp_path / "folder.mp3").reason == "not a file"
    assert failure(Path("/dev/zero")).reason == "not a file"
    assert failure(tmp_path / "loop.mp3").reason == "unreadable"
    assert failure(tmp_path / "dangling.mp3").reason == "missing"
    assert failure(tmp_path / "gone.mp3").reason == "missing"
    assert failure(tmp_path / "folder.mp3" / "gone.mp3").reason == "missing"
    assert failure(tmp_path / "a\0b.mp3").reason == "missing"


def test_a_file_that_may_not_be_read_is_unreadable(tmp_path: Path, song: Path) -> None:
    path = tmp_path / "secret.flac"
    path.write_bytes(song.read_bytes())
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("root may read everything")
    assert failure(path).reason == "unreadable"


@pytest.mark.parametrize(
    ("ending", "note"),
    [
        ("mp3", "Decoded 8 s of 20 s: cut off or damaged."),
        ("flac", "Decoded 8 s of 20 s: cut off or damaged (libsndfile: "),
        ("wav", "Decoded 8 s of 20 s: cut off or damaged."),
        ("aiff", "Decoded 8 s of 20 s: cut off or damaged."),
        ("ogg", "The end of the file is missing: it breaks off after "),
        ("opus", "The end of the file is missing: it breaks off after "),
    ],
)
def test_a_truncated_file_is_analysed_as_far_as_it_goes(tmp_path: Path, ending: str, note: str) -> None:
    rate = 8_000 if ending == "opus" else RATE
    path = sounds.write(tmp_path / f"a.{ending}", sounds.beats(20, rate), rate)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 5])
    analysis = analyze(str(path))
    assert 6 < analysis.duration < 9
    assert analysis.notes[0].startswith(note)
    assert analysis.loudness.lufs is not None
    assert analysis.waveform


def test_a_truncated_m4a_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    path.write_bytes(b"\0\0\0\x10ftypM4A \0\0\0\0" + b"\0\x10\0\0mdat" + NOISE)
    decoder = sounds.program(tmp_path / "ffmpeg", "sys.exit(1)")  # as it does without a moov atom
    assert failure(path, Options(ffmpeg=decoder)).reason == "damaged"


def flipped(data: bytes, seed: int) -> bytes:
    """Four hundred bits of a file turned over, none of them in its heading."""
    random = np.random.default_rng(seed)
    changed = bytearray(data)
    for place in random.integers(2000, len(data), 400):
        changed[place] ^= 1 << int(random.integers(8))
    return bytes(changed)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("ending", ["mp3", "flac", "ogg", "wav"])
def test_flipped_bits_never_make_it_loud(tmp_path: Path, ending: str, seed: int) -> None:
    path = sounds.write(
        tmp_path / f"a.{ending}", sounds.beats(10), subtype="FLOAT" if ending == "wav" else None
    )
    path.write_bytes(flipped(path.read_bytes(), seed))
    try:
        analysis = analyze(str(path))
    except Unanalyzable as error:
        assert error.reason == "damaged"
        return
    assert analysis.loudness.lufs is None or analysis.loudness.lufs < 6
    assert analysis.loudness.sample_peak is None or analysis.loudness.sample_peak <= 12.05
    if analysis.duration < 8.9:
        assert analysis.notes


@pytest.mark.parametrize(("start", "least"), [(5_000, 0), (100_000, 4)])
def test_140_kb_of_zeros_inside_leave_what_is_before_them(tmp_path: Path, start: int, least: float) -> None:
    path = sounds.write(tmp_path / "a.mp3", sounds.beats(20), bitrate_mode="CONSTANT", compression_level=0)
    data = bytearray(path.read_bytes())
    data[start : start + 140_000] = bytes(140_000)
    path.write_bytes(data)
    if not least:
        assert failure(path).reason == "damaged"
        return
    analysis = analyze(str(path))
    assert analysis.duration > least
    assert analysis.notes[0].startswith("Decoded ")


def sound_of(kind: str) -> Floats:
    t = np.arange(8 * RATE) / RATE
    shapes: dict[str, Callable[[], Any]] = {
        "silence": lambda: np.zeros(len(t)),
        "an offset": lambda: np.full(len(t), 0.5),
        "nan": lambda: np.full(len(t), np.nan),
        "one sample": lambda: np.ones(1),
        "a tenth of a second": lambda: 0.5 * np.sin(2 * np.pi * 440 * t[: RATE // 10]),
        "a whisper": lambda: 1e-6 * np.sin(2 * np.pi * 440 * t),
    }
    return np.tile(shapes[kind]()[:, None], 2).astype(np.float32)


@pytest.mark.parametrize(
    "kind", ["silence", "an offset", "nan", "one sample", "a tenth of a second", "a whisper"]
)
def test_where_nothing_can_be_heard_nothing_is_guessed(tmp_path: Path, kind: str) -> None:
    path = sounds.write(tmp_path / "a.wav", sound_of(kind), subtype="FLOAT")
    analysis = analyze(str(path), Options(true_peak=True))
    assert analysis.loudness.lufs is None
    assert (analysis.tempo, analysis.grid, analysis.key, analysis.energy) == (None, None, None, None)
    assert analysis.waveform == b""
    assert bool(analysis.notes) == (kind == "nan")


def test_a_file_without_a_sample_is_empty(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "a.wav", np.zeros((0, 2), np.float32))
    assert failure(path).reason == "empty"


def test_a_file_that_changes_meanwhile_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    path.write_bytes(sounds.film())
    change = f"answer(100_000); os.utime({str(path)!r}, (1, 1)); answer(100_000)"
    assert failure(path, Options(ffmpeg=sounds.program(tmp_path / "ffmpeg", change))).reason == "changed"


def test_a_file_that_vanishes_meanwhile_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    path.write_bytes(sounds.film())
    change = f"answer(100_000); os.remove({str(path)!r})"
    assert failure(path, Options(ffmpeg=sounds.program(tmp_path / "ffmpeg", change))).reason == "missing"


def test_a_file_replaced_by_another_of_its_size_and_time_is_not_believed(tmp_path: Path) -> None:
    path, other = tmp_path / "a.m4a", tmp_path / "b.m4a"
    for file in (path, other):
        file.write_bytes(sounds.film())
        os.utime(file, (1, 1))
    change = f"answer(100_000); os.replace({str(other)!r}, {str(path)!r})"
    assert failure(path, Options(ffmpeg=sounds.program(tmp_path / "ffmpeg", change))).reason == "changed"


def test_libraries_that_print_print_into_the_workers_void(tmp_path: Path, mp3: Path) -> None:
    """mpg123 complains on file descriptor 2; a worker has that one at /dev/null."""
    path = tmp_path / "a.mp3"
    path.write_bytes(flipped(mp3.read_bytes(), 1))
    code = (
        "import os, sys\n"
        "from djtui.jobs.worker import initialize\n"
        "initialize(os.getppid(), 0, None)\n"
        "from djtui.analysis.hearing import hear\n"
        "from djtui.analysis.result import Options\n"
        "os._exit(hear(sys.argv[1], Options()).duration < 5)\n"
    )
    run = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")


def test_a_stopped_decoder_leaves_no_thread_and_no_zombie(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    path.write_bytes(sounds.film())
    crash = sounds.program(tmp_path / "ffmpeg", "os.kill(os.getpid(), signal.SIGKILL)")
    threads, children = threading.active_count(), set(psutil.Process().children())
    assert failure(path, Options(ffmpeg=crash)).reason == "decoder crashed"
    assert threading.active_count() == threads
    assert set(psutil.Process().children()) <= children
    assert signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL
