"""Scanning folders: wall time against a bare loop of `mutagen.File`, and private memory."""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from subprocess import DEVNULL, Popen

from tests.benchmarks.many_files import write_files
from tests.benchmarks.measure import Line, Run, best, run, show

ROUNDS = 3
FIRST = 1000

LOOP = """
import os, sys, time
import mutagen
paths = [os.path.join(place, name) for place, _, names in os.walk(sys.argv[1]) for name in names]
started = time.perf_counter()
for path in paths:
    mutagen.File(path)
print(time.perf_counter() - started)
"""


def main(files: int = 10_000, many: int = 100_000) -> list[Line]:
    """Measure and return the lines of the table."""
    with tempfile.TemporaryDirectory(prefix="djtui-bench-") as name:
        folder = Path(name)
        music = folder / "music"
        write_files(music, files)
        bare: list[float] = []
        first: list[float] = []
        for number in range(ROUNDS):
            bare.append(float(_checked(run([sys.executable, "-c", LOOP, str(music)])).output))
            first.append(_scan(music, folder / f"{number}.db").seconds)
        library = folder / "0.db"
        again = [_scan(music, library).seconds for _ in range(ROUNDS)]
        unchanged = best(_job_seconds(library)[1:])
        write_files(folder / "few", files, small=True)
        write_files(folder / "many", many, small=True)
        few_mb = _scan(folder / "few", folder / "few.db", memory=True).peak_mb
        many_mb = _scan(folder / "many", folder / "many.db", memory=True).peak_mb
        browsed = _browsable(folder / "many", folder / "browsed.db")
    whole, loop = best(first), best(bare)
    return [
        Line(
            f"first scan of {files:,} files against a bare loop of mutagen.File, wall",
            whole / loop, 0.75, 0.6,
            detail=f"{whole:.2f} s against {loop:.2f} s",
        ),
        Line(
            "scanning them again unchanged, against the same loop",
            unchanged / loop, 0.03, 0.03,
            detail=f"{unchanged * 1000:.0f} ms of the job; the whole command {best(again):.2f} s",
        ),
        Line(
            f"peak private memory of any process, {many:,} files against {files:,}",
            many_mb / few_mb, 1.2, 1.1,
            detail=f"{many_mb:.0f} MB against {few_mb:.0f} MB",
        ),
        Line(f"until {FIRST:,} of {many:,} files can be browsed", browsed, 2.0, 1.5, " s"),
    ]  # fmt: skip


def _scan(music: Path, library: Path, *, memory: bool = False) -> Run:
    return _checked(run(_command(music, library), memory=memory))


def _command(music: Path, library: Path) -> list[str]:
    return [sys.executable, "-m", "djtui", "--library", str(library), "scan", str(music), "--yes"]


def _checked(finished: Run) -> Run:
    if finished.code:
        raise SystemExit(finished.output)
    return finished


def _job_seconds(library: Path) -> list[float]:
    """What each scan took from its first batch to its last; Reading runs beside Finding."""
    with closing(sqlite3.connect(library)) as connection:
        rows = connection.execute("SELECT job_id, json_group_object(name, seconds) FROM job_phase GROUP BY 1")
        found = [json.loads(phases) for _, phases in rows]
    return [max(it["Finding"], it["Reading"]) + it["Missing"] for it in found]


def _browsable(music: Path, library: Path) -> float:
    """Seconds from the start of the command until the library has the first files."""
    started = time.perf_counter()
    process = Popen(_command(music, library), stdout=DEVNULL, stderr=DEVNULL)
    try:
        while time.perf_counter() - started < 60:
            if library.exists() and _tracks(library) >= FIRST:
                return time.perf_counter() - started
            time.sleep(0.02)
        raise SystemExit("The scan brought nothing.")
    finally:
        process.terminate()
        process.wait()


def _tracks(library: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{library}?mode=ro", uri=True, timeout=5)) as connection:
            return int(connection.execute("SELECT count(*) FROM track").fetchone()[0])
    except sqlite3.OperationalError:  # not made yet
        return 0


if __name__ == "__main__":
    show(main(*map(int, sys.argv[1:])))
