"""An import that is killed at any moment and started again ends as one that was left in peace.

`FAULT_TRACKS=100000 FAULT_KILLS=20 make faults` for the whole thing.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import pytest

from djtui.demo.collection import write_collection
from djtui.model.track import COLUMNS

TRACKS = int(os.environ.get("FAULT_TRACKS", "8000"))
KILLS = int(os.environ.get("FAULT_KILLS", "6"))

# What must be equal; only times, revisions (a clock too) and the jobs' own bookkeeping may differ.
COMPARED = {
    "track": ", ".join(name for name in COLUMNS if name != "revision"),
    "track_text": "*",
    "cue": "*",
    "playlist": "*",
    "playlist_item": "*",
    "nml_entry": "*",
    "nml_node": "*",
    "nml_file": "id, path, role, version, size, digest, volumes",
    "change": "id, kind, title, items, job_id",
    "change_item": "*",
    "change_row": "*",
    "conflict": "id, file_id, track_id, playlist_id, field, base, library, traktor",
}


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("traktor") / "collection.nml"
    write_collection(path, TRACKS)
    return path


@pytest.fixture(scope="module")
def undisturbed(collection: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], float]:
    """The library of an import that was left in peace, and the seconds that it took."""
    library = tmp_path_factory.mktemp("peace") / "library.db"
    started = time.perf_counter()
    assert start(library, collection).wait() == 0
    return contents(library), time.perf_counter() - started


def start(library: Path, collection: Path, *command: str) -> subprocess.Popen[bytes]:
    arguments = command or ("traktor", "import", str(collection))
    return subprocess.Popen(
        [sys.executable, "-m", "djtui", "--library", str(library), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def contents(library: Path) -> dict[str, Any]:
    connection = sqlite3.connect(library)
    for index in ("track_search", "track_words"):
        connection.execute(f"INSERT INTO {index} ({index}) VALUES ('integrity-check')")
    connection.rollback()
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    found = {
        table: connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2").fetchall()
        for table, columns in COMPARED.items()
    }
    connection.close()
    return found


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return [
        f"{table}: {len(one[table])} / {len(other[table])} rows, "
        f"first: {next(((a, b) for a, b in zip(one[table], other[table], strict=False) if a != b), None)}"
        for table in one
        if one[table] != other[table]
    ]


def workers(pid: int) -> Iterator[psutil.Process]:
    for child in psutil.Process(pid).children(recursive=True):
        if any("spawn_main" in word for word in child.cmdline()):
            yield child


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_an_import_killed_at_random_moments_ends_as_if_left_in_peace(
    collection: Path, undisturbed: tuple[dict[str, Any], float], tmp_path: Path
) -> None:
    expected, seconds = undisturbed
    dice = random.Random(7)
    library = tmp_path / "library.db"
    for _ in range(KILLS):
        process = start(library, collection)
        time.sleep(dice.uniform(0.3, seconds * 0.9))
        orphans = list(workers(process.pid)) if process.poll() is None else []
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(1.0)
        assert [orphan for orphan in orphans if _lives(orphan)] == [], "workers outlived their host"
    assert start(library, collection).wait() == 0
    assert differences(contents(library), expected) == []


def test_killed_workers_cost_nothing_but_time(
    collection: Path, undisturbed: tuple[dict[str, Any], float], tmp_path: Path
) -> None:
    expected, seconds = undisturbed
    dice = random.Random(11)
    library = tmp_path / "library.db"
    process = start(library, collection)
    killed = 0
    until = time.monotonic() + seconds * 3
    while process.poll() is None and killed < 3 and time.monotonic() < until:
        time.sleep(dice.uniform(0.3, seconds / 4))
        for victim in list(workers(process.pid))[:1] if process.poll() is None else []:
            victim.kill()
            killed += 1
    assert process.wait() == 0
    assert killed > 0
    assert differences(contents(library), expected) == []


def test_edits_from_another_process_wait_little_and_none_is_lost(collection: Path, tmp_path: Path) -> None:
    library = tmp_path / "library.db"
    process = start(library, collection)
    edits = """
import asyncio, sys, time
from pathlib import Path
from djtui.library import history
from djtui.library.database import Library

async def main():
    library = await Library.open(Path(sys.argv[1]))
    waits = []
    for number in range(100):
        started = time.perf_counter()
        changed, _ = await history.edit(library, [1 + number], {"comment2": f"edit {number}"}, "edit")
        waits.append((time.perf_counter() - started) * 1e3)
        assert changed == 1, number
        await asyncio.sleep(0.01)
    await library.close()
    print(" ".join(map(str, waits)))

asyncio.run(main())
"""
    while not _tracks(library):
        time.sleep(0.05)
    finished = subprocess.run(
        [sys.executable, "-c", edits, str(library)], capture_output=True, text=True, check=True
    )
    alive = process.poll() is None
    waits = sorted(map(float, finished.stdout.split()))
    print(
        f"edits waited {median(waits):.1f} ms at the median, {waits[-1]:.0f} ms at most; importing: {alive}"
    )
    assert process.wait() == 0
    connection = sqlite3.connect(library)
    (kept,) = connection.execute("SELECT count(*) FROM track WHERE comment2 LIKE 'edit %'").fetchone()
    connection.close()
    assert kept == 100
    assert median(waits) <= 50


def _tracks(library: Path) -> int:
    try:
        connection = sqlite3.connect(f"file:{library}?mode=ro", uri=True)
        (count,) = connection.execute("SELECT count(*) FROM track").fetchone()
        connection.close()
    except sqlite3.Error:
        return 0
    return int(count) > 150
