"""`djtui analyze` and `djtui differences` as a script sees them."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio

from djtui.demo import music
from djtui.library.database import Library
from tests.making import add_tracks


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of music: two songs, the second one a folder down, and what is no music."""
    folder = tmp_path_factory.mktemp("music")
    (folder / "deep").mkdir()
    music.write(folder / "one.wav", 124.0, "Am", seconds=12, samplerate=22_050, channels=1)
    music.write(folder / "deep" / "two.wav", 128.0, "C", seconds=12, samplerate=22_050, channels=1)
    (folder / "page.mp3").write_text("<html>404</html>" * 100)
    (folder / "notes.txt").write_text("buy milk")
    (folder / "._one.wav").write_bytes(b"what macOS leaves")
    return folder


@pytest_asyncio.fixture
async def library(tmp_path: Path, folder: Path) -> Path:
    """A library that has the first song, with half its tempo."""
    opened = await Library.open(tmp_path / "library.db")
    await add_tracks(opened, [{"path": str(folder / "one.wav"), "title": "One", "bpm": 62.0}])
    await opened.close()
    return tmp_path / "library.db"


def start(library: Path, *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "djtui", "--library", str(library), "--json", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def djtui(library: Path, *arguments: str | Path) -> tuple[int, list[dict[str, Any]], dict[str, Any]]:
    """The exit code, the events but for progress, and the last one."""
    process = start(library, *arguments)
    out, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors, errors
    events = [json.loads(line) for line in out.splitlines()]
    return process.returncode, [it for it in events[:-1] if it["event"] != "progress"], events[-1]


def test_files_and_folders_are_analysed_without_a_library(folder: Path, tmp_path: Path) -> None:
    code, events, result = djtui(tmp_path / "none.db", "analyze", folder)
    assert code == 3
    assert {name: result[name] for name in ("ok", "analyzed", "skipped", "failed")} == {
        "ok": True, "analyzed": 2, "skipped": 0, "failed": 1
    }  # fmt: skip
    tracks = {Path(it["path"]).name: it for it in events if it["event"] == "track"}
    assert {name: round(it["bpm"]) for name, it in tracks.items()} == {"one.wav": 124, "two.wav": 128}
    one = tracks["one.wav"]
    assert (one["id"], one["duration"], one["channels"], one["known"]) == (None, 12.0, 1, False)
    assert {"key", "camelot", "key_confidence", "lufs", "energy", "first_beat", "notes"} <= one.keys()
    (failure,) = [it for it in events if it["event"] == "failure"]
    assert (failure["path"], failure["reason"]) == (str(folder / "page.mp3"), "not audio")
    assert not (tmp_path / "none.db").exists()


def test_a_file_of_the_library_is_stored_and_another_one_is_only_shown(folder: Path, library: Path) -> None:
    files = folder / "one.wav", folder / "deep" / "two.wav"
    code, events, result = djtui(library, "analyze", *files)
    assert (code, result["analyzed"], result["failed"]) == (0, 2, 0)
    assert {(Path(it["path"]).name, it["id"]) for it in events} == {("one.wav", 1), ("two.wav", None)}
    with sqlite3.connect(library) as connection:
        assert connection.execute("SELECT id, bpm, analyzed FROM track").fetchall() == [(1, 62.0, 1)]

    code, (known,), result = djtui(library, "analyze", folder / "one.wav")
    assert (code, result["analyzed"], result["skipped"]) == (0, 0, 1)
    assert (known["known"], round(known["bpm"])) == (True, 124)
    _, _, result = djtui(library, "analyze", "--again", "--query", "one")
    assert (result["analyzed"], result["skipped"]) == (1, 0)


def test_a_doubled_tempo_is_listed_taken_and_undone(folder: Path, library: Path) -> None:
    djtui(library, "analyze")
    _, _, listed = djtui(library, "differences", "--field", "bpm")
    (difference,) = listed["differences"]
    assert (difference["here"], round(difference["heard"]), difference["kind"]) == (62.0, 124, "double")
    code, _, taken = djtui(library, "differences", "--field", "bpm", "--kind", "double", "--take")
    assert (code, taken["taken"]) == (0, 1)
    assert djtui(library, "differences", "--field", "bpm")[2]["count"] == 0
    djtui(library, "undo")
    assert djtui(library, "differences", "one", "--field", "bpm")[2]["count"] == 1
    djtui(library, "differences", "--field", "bpm", "--dismiss")
    assert djtui(library, "differences", "--field", "bpm")[2]["count"] == 0
    assert djtui(library, "differences", "--dismissed")[2]["count"] == 1


def test_the_cost_is_told_and_nothing_is_done(library: Path) -> None:
    code, _, cost = djtui(library, "analyze", "--dry-run")
    assert (code, cost["items"]) == (0, 1)
    assert cost["notes"][0].startswith("1 track: about ")
    assert djtui(library, "analyze", "--dry-run")[2]["items"] == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("a.mp3", "--query", "x"), "Name files or a query, not both."),
        (("--query", "bmp:1"), "Did you mean bpm?"),
        (("--workers", "0"), "0 is not in the range"),
    ],
)
def test_wrong_use_is_one_clear_sentence(library: Path, arguments: tuple[str, ...], expected: str) -> None:
    code, _, error = djtui(library, "analyze", *arguments)
    assert code == 2
    assert expected in error["message"]


def test_a_person_sees_lines_and_where_the_analysis_is_not_sure(folder: Path, tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "djtui", "--library", str(tmp_path / "none.db"), "analyze", str(folder)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    header, *lines = finished.stdout.splitlines()
    assert header.split() == ["BPM", "Key", "LUFS", "Energy", "File"]
    assert any(line.endswith("one.wav") and line.startswith("124.0") for line in lines)
    assert "2 analysed, 1 failed." in lines
    assert any("page.mp3: " in line for line in lines)


@pytest.mark.parametrize("stored", [True, False], ids=["a job", "bare files"])
async def test_ctrl_c_cancels_and_leaves_no_process(tmp_path: Path, folder: Path, stored: bool) -> None:
    for number in range(200):
        os.link(folder / "one.wav", tmp_path / f"{number}.wav")
    if stored:
        opened = await Library.open(tmp_path / "library.db")
        await add_tracks(opened, [{"path": str(tmp_path / f"{number}.wav")} for number in range(200)])
        await opened.close()
    process = start(tmp_path / "library.db", "analyze", tmp_path)
    assert process.stdout is not None
    while json.loads(process.stdout.readline())["event"] != "track":
        pass
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    out, _ = process.communicate(timeout=20)
    assert time.monotonic() - started < 3
    assert process.returncode == 130
    assert json.loads(out.splitlines()[-1])["event"] == "error"
    assert psutil.wait_procs(children, timeout=2)[1] == []
