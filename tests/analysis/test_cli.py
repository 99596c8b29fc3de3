"""`djtui analyze` and `djtui differences` as a script sees them."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

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


Finished = tuple[int, list[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def analysed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Finished]:
    """A library that has the first song, with half its tempo; and how analysing both songs went."""
    path = tmp_path_factory.mktemp("library") / "library.db"
    asyncio.run(shelve(path, [{"path": str(folder / "one.wav"), "title": "One", "bpm": 62.0}]))
    return path, djtui(path, "analyze", folder / "one.wav", folder / "deep" / "two.wav", "--workers", "1")


@pytest.fixture
def library(analysed: tuple[Path, Finished], tmp_path: Path) -> Path:
    """A copy of the library, analysed."""
    with sqlite3.connect(analysed[0]) as connection:
        connection.execute("PRAGMA wal_checkpoint (TRUNCATE)")
    return Path(shutil.copy(analysed[0], tmp_path / "library.db"))


async def shelve(library: Path, given: list[dict[str, Any]]) -> None:
    opened = await Library.open(library)
    await add_tracks(opened, given)
    await opened.close()


def start(library: Path, *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "djtui", "--library", str(library), "--json", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def djtui(library: Path, *arguments: str | Path) -> Finished:
    """The exit code, the events but for progress, and the last one."""
    process = start(library, *arguments)
    out, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors, errors
    events = [json.loads(line) for line in out.splitlines()]
    return process.returncode, [it for it in events[:-1] if it["event"] != "progress"], events[-1]


def test_files_and_folders_are_analysed_without_a_library(folder: Path, tmp_path: Path) -> None:
    code, events, result = djtui(tmp_path / "none.db", "analyze", folder, "--workers", "1")
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


def test_a_file_of_the_library_is_stored_and_another_one_is_only_shown(
    folder: Path, analysed: tuple[Path, Finished]
) -> None:
    library, (code, events, result) = analysed
    assert (code, result["analyzed"], result["failed"]) == (0, 2, 0)
    assert {(Path(it["path"]).name, it["id"]) for it in events} == {("one.wav", 1), ("two.wav", None)}
    with sqlite3.connect(library) as connection:
        assert connection.execute("SELECT id, bpm, analyzed FROM track").fetchall() == [(1, 62.0, 1)]
    code, (known,), result = djtui(library, "analyze", folder / "one.wav")
    assert (code, result["analyzed"], result["skipped"]) == (0, 0, 1)
    assert (known["known"], round(known["bpm"])) == (True, 124)


def test_a_doubled_tempo_is_listed_taken_and_undone(library: Path) -> None:
    _, _, listed = djtui(library, "differences", "--field", "bpm")
    (difference,) = listed["differences"]
    assert (difference["here"], round(difference["heard"]), difference["kind"]) == (62.0, 124, "double")
    code, _, taken = djtui(library, "differences", "--field", "bpm", "--kind", "double", "--take")
    assert (code, taken["taken"]) == (0, 1)
    djtui(library, "undo")
    assert djtui(library, "differences", "one", "--field", "bpm", "--dismiss")[2]["dismissed"] == 1
    assert djtui(library, "differences", "--dismissed")[2]["count"] == 1


def test_the_cost_is_told_and_nothing_is_done(library: Path) -> None:
    code, _, cost = djtui(library, "analyze", "--again", "--dry-run")
    assert (code, cost["items"]) == (0, 1)
    assert cost["notes"][0].startswith("1 track: about ")


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
        [sys.executable, "-m", "djtui", "--library", str(tmp_path / "none.db"), "analyze",
         str(folder / "one.wav"), str(folder / "page.mp3"), "--workers", "1"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    header, *lines = finished.stdout.splitlines()
    assert header.split() == ["BPM", "Key", "LUFS", "Energy", "File"]
    assert any(line.endswith("one.wav") and line.startswith("124.0") for line in lines)
    assert "1 analysed, 1 failed." in lines
    assert any("page.mp3: " in line for line in lines)


@pytest.mark.parametrize("stored", [True, False], ids=["a job", "bare files"])
def test_ctrl_c_cancels_and_leaves_no_process(tmp_path: Path, folder: Path, stored: bool) -> None:
    for number in range(200):
        os.link(folder / "one.wav", tmp_path / f"{number}.wav")
    if stored:
        given = [{"path": str(tmp_path / f"{number}.wav")} for number in range(200)]
        asyncio.run(shelve(tmp_path / "library.db", given))
    process = start(tmp_path / "library.db", "analyze", tmp_path, "--workers", "1")
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
