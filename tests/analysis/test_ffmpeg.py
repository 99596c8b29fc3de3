"""ffmpeg may hang, crash, lie or eat: it costs one file, and nothing of it stays behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from djtui.analysis.decode import open_audio
from djtui.analysis.ffmpeg import FfmpegReader
from djtui.analysis.result import Reason, Unanalyzable
from tests.analysis import sounds

FFMPEG = shutil.which("ffmpeg")
needs_ffmpeg = pytest.mark.skipif(FFMPEG is None, reason="no ffmpeg here")


@pytest.fixture
def m4a(tmp_path: Path) -> Path:
    """What only ffmpeg reads, to a stand-in's taste."""
    path = tmp_path / "song.m4a"
    path.write_bytes(sounds.film(seconds=4))
    return path


@pytest.mark.parametrize(
    ("python", "reason", "sentence"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "decoder crashed", "SIGSEGV"),
        ("sys.exit(1)", "damaged", "status 1"),
        ("pass", "damaged", "gave none"),
        ("os.write(1, b'nonsense' * 100_000)", "decoder crashed", "no sound"),
        ("os.write(1, b'RIFF....WAVE' + bytes(4) + b'\\xff' * 100_000)", "damaged", "gave none"),
        ("answer(0, rate=0)", "decoder crashed", "no sound"),
        ("answer(100, rate=1)", "damaged", "1 Hz"),
        ("answer(0)", "empty", "not one sample"),
        ("hoard = bytearray(1 << 31)", "damaged", "status 1"),
    ],
)
def test_a_decoder_that_gives_nothing_costs_the_file_and_says_why(
    tmp_path: Path, m4a: Path, python: str, reason: Reason, sentence: str
) -> None:
    with pytest.raises(Unanalyzable, match=sentence) as failure:
        open_audio(str(m4a), sounds.program(tmp_path / "ffmpeg", python))
    assert failure.value.reason == reason


@pytest.mark.parametrize(
    ("python", "note"),
    [
        (
            "answer(44_100); sys.exit(1)",
            "Decoded 2 s of 4 s: cut off or damaged (ffmpeg ended with status 1).",
        ),
        (
            "answer(44_100); os.kill(os.getpid(), signal.SIGSEGV)",
            "Decoded 2 s of 4 s: cut off or damaged (ffmpeg was ended by SIGSEGV).",
        ),
        ("answer(44_100)", "Decoded 2 s of 4 s: cut off or damaged."),
        ("answer(88_200); sys.exit(1)", "Decoding broke off after 4 s (ffmpeg ended with status 1)."),
    ],
)
def test_what_came_before_a_decoder_broke_off_is_kept(
    tmp_path: Path, m4a: Path, python: str, note: str
) -> None:
    with open_audio(str(m4a), sounds.program(tmp_path / "ffmpeg", python)) as source:
        sound = np.concatenate(list(source))
    assert (source.decoder, source.samplerate, source.stated) == ("ffmpeg", 22_050, 4.0)
    assert (sound == 0.25).all()
    assert source.notes == [note]


@pytest.mark.parametrize("python", ["time.sleep(60)", "answer(10); time.sleep(60)"])
def test_a_decoder_that_hangs_is_ended(tmp_path: Path, m4a: Path, python: str) -> None:
    program = sounds.program(tmp_path / "ffmpeg", python)
    started = time.monotonic()
    with pytest.raises(Unanalyzable) as failure:
        FfmpegReader(program, str(m4a), patience=0.5).read(1000)
    assert failure.value.reason == "too long to decode"
    assert time.monotonic() - started < 5
    assert not running(program)


def test_a_reader_that_is_closed_early_ends_its_decoder(tmp_path: Path, m4a: Path) -> None:
    program = sounds.program(tmp_path / "ffmpeg", "while True: answer(100_000)")
    with open_audio(str(m4a), program):
        assert running(program)
    assert not running(program)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has death signals")
def test_a_decoder_dies_with_its_worker(tmp_path: Path, m4a: Path) -> None:
    program = sounds.program(tmp_path / "ffmpeg", "answer(1_000_000); time.sleep(60)")
    code = "import sys; from djtui.analysis.ffmpeg import FfmpegReader\n"
    code += "reader = FfmpegReader(*sys.argv[1:]); print('reading', flush=True); reader.read(1 << 24)"
    with subprocess.Popen([sys.executable, "-c", code, program, str(m4a)], stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        assert running(program)
        os.kill(worker.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while running(program):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_program_that_cannot_be_started_is_said(tmp_path: Path, m4a: Path) -> None:
    with pytest.raises(Unanalyzable) as failure:
        open_audio(str(m4a), str(tmp_path / "gone"))
    assert failure.value.reason == "needs ffmpeg"


def test_ffmpeg_is_given_nothing_but_a_local_file_and_one_thread(tmp_path: Path) -> None:
    path = tmp_path / "-i http:x%03d.m4a"
    path.write_bytes(sounds.film(seconds=4))
    said = tmp_path / "said"
    program = sounds.program(
        tmp_path / "ffmpeg", f"open({str(said)!r}, 'w').write('\\n'.join(sys.argv)); answer(9)"
    )
    with open_audio(str(path), program) as source:
        list(source)
    arguments = said.read_text().split("\n")
    assert f"file:{path}" in arguments
    assert arguments[arguments.index("-protocol_whitelist") + 1] == "file,pipe"
    assert arguments[arguments.index("-threads") + 1] == "1"
    assert "-nostdin" in arguments


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.m4a", "a.wma", "a.opus", "a.mka", "-b %d:é.aac", "a.wv"])
def test_what_ffmpeg_reads_is_heard(tmp_path: Path, name: str) -> None:
    sound = sounds.beats(3, 48_000)
    wav = sounds.write(tmp_path / "in.wav", sound, 48_000)
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, f"file:{tmp_path / name}"], check=True)
    with open_audio(str(tmp_path / name), FFMPEG) as source:
        decoded = np.concatenate(list(source))
    assert (source.decoder, source.samplerate, source.channels) == ("ffmpeg", 48_000, 2)
    assert source.notes == []
    assert len(decoded) == pytest.approx(len(sound), abs=4096)


@needs_ffmpeg
def test_many_channels_come_as_they_are(tmp_path: Path) -> None:
    wav = sounds.write(tmp_path / "in.wav", sounds.beats(2, 48_000, 6), 48_000)
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, tmp_path / "a.mka"], check=True)
    with open_audio(str(tmp_path / "a.mka"), FFMPEG) as source:
        assert source.channels == 6


def running(program: str) -> bool:
    """Whether a process of this program is alive."""
    for process in psutil.process_iter(["cmdline", "status"]):
        if program in (process.info["cmdline"] or ()) and process.info["status"] != psutil.STATUS_ZOMBIE:
            return True
    return False
