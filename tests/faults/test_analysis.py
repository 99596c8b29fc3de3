"""An analysis whose host and workers are killed again and again hears every file once, and says what is bad.

`FAULT_TRACKS=2000 make faults` for the whole thing.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psutil

from djtui.demo import music
from djtui.library.database import Library
from tests.making import add_tracks

TRACKS = int(os.environ.get("FAULT_TRACKS", "200"))
BAD = max(8, TRACKS // 50)
HOSTS = int(os.environ.get("FAULT_KILLS", "10"))
WORKERS = 2 * HOSTS
FORMATS = ("wav", "flac", "mp3", "ogg")


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def noise(path: Path) -> None:
    path.write_bytes(random.Random(path.name).randbytes(5000))


def page(path: Path) -> None:
    path.write_text("<html><body>Not found</body></html>" * 50)


def headless(path: Path) -> None:
    path.write_bytes(b"RIFF\x00\x00\x00\x00WAVEfmt ")


def folder(path: Path) -> None:
    path.mkdir()


def missing(path: Path) -> None:
    """There is no such file."""


MISTAKES: tuple[Callable[[Path], None], ...] = (nothing, noise, page, headless, folder, os.mkfifo, missing)


def make(place: Path) -> tuple[list[Path], list[Path]]:
    """The good files, copies of a few songs in several formats, and the bad ones."""
    place.mkdir()
    songs = []
    for number, suffix in enumerate(FORMATS * 2):
        songs.append(place.parent / f"{number}.{suffix}")
        music.write(songs[-1], 118.0 + 3 * number, seconds=12, seed=number, samplerate=22_050, channels=1)
    good = [place / f"{number:05}{songs[number % len(songs)].suffix}" for number in range(TRACKS - BAD)]
    for number, path in enumerate(good):
        shutil.copy(songs[number % len(songs)], path)
    bad = [place / f"bad-{number:03}.mp3" for number in range(BAD)]
    for number, path in enumerate(bad):
        MISTAKES[number % len(MISTAKES)](path)
    return good, bad


async def shelve(library: Path, paths: list[Path]) -> None:
    opened = await Library.open(library)
    await add_tracks(opened, [{"path": str(path)} for path in paths])
    await opened.close()


def start(library: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "djtui", "--library", str(library), "analyze", "--query", ""],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def workers(pid: int) -> Iterator[psutil.Process]:
    for child in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.Error):
            if any("spawn_main" in word for word in child.cmdline()):
                yield child


def ask(library: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{library}?mode=ro", uri=True, timeout=30)) as connection:
        return connection.execute(sql).fetchall()


def wait_for_rows(library: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60 + TRACKS / 5
    while process.poll() is None and time.monotonic() < deadline:
        if ask(library, "SELECT count(*) FROM analysis")[0][0] >= count:
            return
        time.sleep(0.02)


def test_killed_hosts_and_workers_cost_no_file_and_none_is_heard_twice(tmp_path: Path) -> None:
    good, bad = make(tmp_path / "music")
    library = tmp_path / "library.db"
    paths = [*good, *bad]
    random.Random(3).shuffle(paths)
    asyncio.run(shelve(library, paths))
    dice = random.Random(5)

    stored: dict[int, str] = {}
    for kill in range(HOSTS):
        process = start(library)
        wait_for_rows(library, (kill + 1) * TRACKS // (2 * HOSTS), process)
        time.sleep(dice.uniform(0, 0.5))
        orphans = list(workers(process.pid)) if process.poll() is None else []
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert psutil.wait_procs(orphans, timeout=3)[1] == [], "workers outlived their host"
        now = dict(ask(library, "SELECT track_id, heard FROM analysis"))
        assert stored.items() <= now.items(), "what was stored was heard again"
        stored = now
    assert len(stored) < TRACKS, "the hosts were killed too late"

    process = start(library)
    killed = 0
    for kill in range(WORKERS):
        left = TRACKS - len(stored)
        wait_for_rows(library, len(stored) + (kill + 1) * left // (WORKERS + 4), process)
        time.sleep(dice.uniform(0, 0.05))
        for victim in list(workers(process.pid))[:1] if process.poll() is None else []:
            victim.kill()
            killed += 1
    assert process.wait(timeout=120 + TRACKS) == 3
    assert killed >= WORKERS // 2
    print(f"{TRACKS} files, {HOSTS} hosts and {killed} workers killed")

    rows = ask(
        library,
        "SELECT track.path, reason, failure, analysis.bpm, length(columns), taken, heard, track.id"
        " FROM track LEFT JOIN analysis ON analysis.track_id = track.id"
        " LEFT JOIN waveform ON waveform.track_id = track.id",
    )
    found = {str(row[0]): row for row in rows}
    assert len(rows) == len(found) == TRACKS
    assert {Path(path).name: row[1] for path, row in found.items() if row[1]}.keys() == {
        path.name for path in bad
    }
    assert all(found[str(path)][2] for path in bad), "a reason without a sentence"
    for number, path in enumerate(good):
        _, _, _, bpm, waveform, taken, _, _ = found[str(path)]
        expected = 118.0 + 3 * (number % (2 * len(FORMATS)))
        assert isinstance(bpm, float) and abs(bpm - expected) < 0.3, path
        assert waveform == 3600 and "lufs" in str(taken), path
    assert stored.items() <= {row[7]: row[6] for row in rows}.items(), "what was stored was heard again"
    (job,) = ask(library, "SELECT state, result ->> 'analyzed', result ->> 'failed' FROM job")
    assert job == ("succeeded", len(good), len(bad))
    noted = ask(library, "SELECT count(*), count(DISTINCT track_id) FROM change_item")
    assert noted == [(len(good), len(good))]
    assert ask(library, "SELECT count(*), count(DISTINCT item) FROM job_failure") == [(len(bad), len(bad))]
    assert ask(library, "PRAGMA integrity_check") == [("ok",)]
