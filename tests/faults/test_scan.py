"""A scan that is killed again and again brings every file once, and loses no track that moved meanwhile.

`FAULT_FILES=20000 make faults` for the whole thing.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.benchmarks.many_files import write_files

FILES = int(os.environ.get("FAULT_FILES", "2000"))
KILLS = int(os.environ.get("FAULT_KILLS", "12"))
BAD = 20


def start(library: Path, music: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "djtui", "--library", str(library), "scan", str(music), "--yes"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def ask(library: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{library}?mode=ro", uri=True, timeout=30)) as connection:
        return connection.execute(sql).fetchall()


def count(library: Path) -> int:
    try:
        return int(ask(library, "SELECT count(*) FROM track")[0][0])
    except sqlite3.OperationalError:  # not made yet
        return 0


def killed(library: Path, music: Path, at: int, patience: float) -> None:
    """Begin a scan, and kill it some moment after the library has so many tracks."""
    process = start(library, music)
    deadline = time.monotonic() + 60 + FILES / 50
    while process.poll() is None and count(library) < at and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(random.uniform(0, patience))
    process.send_signal(signal.SIGKILL)
    process.wait()


def check(library: Path, files: set[str]) -> None:
    """Every file has one track, every track its row, search knows it, and nothing else is there."""
    there = [path for (path,) in ask(library, "SELECT path FROM track WHERE missing = 0")]
    assert len(there) == len(set(there))
    assert set(there) == files
    assert ask(library, "SELECT count(*) FROM track WHERE missing != 0") == [(0,)]
    assert ask(
        library,
        "SELECT count(*) FROM file JOIN track ON track.id = file.track_id AND track.path = file.path",
    ) == [(len(files),)]
    assert ask(library, "SELECT count(*) FROM track_text") == [(len(files),)]
    assert ask(library, "PRAGMA integrity_check") == [("ok",)]


def test_killed_scans_bring_every_file_once_and_keep_what_moved(tmp_path: Path) -> None:
    music, library = tmp_path / "music", tmp_path / "library.db"
    files = write_files(music, FILES)
    for number in range(BAD):
        (music / f"bad {number}.mp3").write_bytes(b"" if number % 2 else b"<html>" * 99)
    random.seed(11)

    for kill in range(KILLS):
        killed(library, music, kill * FILES // (2 * KILLS), 0.05)
    assert count(library) < FILES, "the scans were killed too late"
    assert start(library, music).wait(timeout=60 + FILES) == 3
    check(library, {str(path) for path in files})
    failures = "SELECT failures FROM job_phase WHERE name = 'Reading' ORDER BY job_id DESC LIMIT 1"
    assert ask(library, failures) == [(BAD,)]
    assert len(ask(library, "SELECT 1 FROM file_trouble")) == BAD

    before = dict(ask(library, "SELECT title, id FROM track"))
    for folder in sorted(music.glob("*/*")):
        folder.rename(folder.with_name(f"{folder.name} (moved)"))
    for _ in range(3):
        killed(library, music, 0, 1.5)
    assert start(library, music).wait(timeout=60 + FILES) == 3
    check(library, {str(path) for path in music.glob("*/*/*")})
    assert dict(ask(library, "SELECT title, id FROM track")) == before
