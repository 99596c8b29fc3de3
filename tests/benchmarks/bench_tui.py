"""The screens as a whole: start, bytes on the line, memory, and how long the event loop stalls."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

from djtui.config import Settings
from djtui.demo.collection import write_collection
from djtui.demo.music import RATE, compose, save
from djtui.jobs import views
from djtui.jobs.hosting import host_anyhow
from djtui.jobs.requests import submit
from djtui.kinds import KINDS
from djtui.library import tracks
from djtui.library.database import Library, prepare
from tests.benchmarks.measure import Line, show
from tests.benchmarks.synthetic import build_library
from tests.benchmarks.terminal import PAGE_DOWN, Terminal, wait_for

ROUNDS = 7
FILES = 60


def main(size: int = 100_000) -> list[Line]:
    """Measure and return the lines of the table."""
    with tempfile.TemporaryDirectory(prefix="djtui-bench-") as name:
        folder = Path(name)
        library = folder / "library.db"
        build_library(library, size)
        collection = folder / "collection.nml"
        write_collection(collection, size)
        return [
            *_start(library),
            *_on_the_line(library),
            asyncio.run(_while_importing(folder, collection)),
            asyncio.run(_while_analysing(library, folder)),
        ]


def _djtui(library: Path) -> list[str]:
    return [sys.executable, "-m", "djtui", "--library", str(library)]


def _start(library: Path) -> list[Line]:
    """The two in turn, so that both meet the same noise."""
    minimal = [sys.executable, "-m", "tests.benchmarks.minimal_app"]
    _first_content(_djtui(library), b"BPM")
    pairs = [
        (_first_content(_djtui(library), b"100,000"), _first_content(minimal, b"All tracks"))
        for _ in range(ROUNDS)
    ]
    ratio = median(ours / theirs for ours, theirs in pairs)
    ours, theirs = (median(side) for side in zip(*pairs, strict=True))
    return [
        Line(
            "process start to first content / minimal app",
            ratio,
            1.7,
            1.3,
            detail=f"{ours:.0f} / {theirs:.0f} ms",
        )
    ]


def _first_content(command: Sequence[str], text: bytes) -> float:
    """Milliseconds from the start of a program until it has written `text`."""
    started = time.perf_counter()
    with Terminal(command, 120, 40) as terminal:
        seen = b""
        while text not in seen:
            seen += terminal.read_some()
        return (time.perf_counter() - started) * 1e3


def _on_the_line(library: Path) -> list[Line]:
    lines = []
    memory = 0.0
    for (columns, rows), limit, aim in (((120, 40), 7.0, 5.0), ((80, 24), 4.0, 2.5)):
        with Terminal(_djtui(library), columns, rows) as terminal:
            wait_for(terminal, b"BPM")
            terminal.read_until_quiet(1.5)
            sent = terminal.bytes_of(PAGE_DOWN) / 1000
            terminal.press(b"s")
            memory = max(memory, terminal.private_mb())
        lines.append(Line(f"sent for a page-down at {columns}x{rows}", sent, limit, aim, " kB"))
    return [*lines, Line("private memory of the screens at 100k", memory, 120, 90, " MB")]


async def _while_importing(folder: Path, collection: Path) -> Line:
    """While a host imports 100,000 tracks beside the screens."""
    path = folder / "import.db"
    prepare(path)
    p99, worst = await _stall(path, "traktor-import", {"path": str(collection)})
    return Line(
        "stall of the event loop during the import, p99", p99, 50, 16, " ms", detail=f"longest {worst:.0f} ms"
    )


async def _while_analysing(library: Path, folder: Path) -> Line:
    """While the pool analyses files of a library of 100,000 tracks, whose results come into the table."""
    ids = await _with_files(library, folder)
    p99, worst = await _stall(library, "analysis", {"ids": ids})
    return Line(
        "longest stall of the event loop during an analysis", worst, 50, 16, " ms", detail=f"p99 {p99:.1f} ms"
    )


async def _with_files(library: Path, folder: Path) -> list[int]:
    """Give the first tracks of a library files that can be analysed; which tracks these are."""
    sounds = []
    for number in range(FILES):
        sounds.append(folder / f"{number}.flac")
        save(sounds[-1], compose(120 + number % 20, "Am", "house", seconds=30, seed=number), RATE)
    opened = await Library.open(library)
    rows = await opened.fetchall("SELECT id FROM track ORDER BY id LIMIT ?", (FILES,))
    ids = [int(row["id"]) for row in rows]
    async with opened.writing() as tx:
        await tracks.update(tx, {id: {"path": str(path)} for id, path in zip(ids, sounds, strict=True)})
    await opened.close()
    return ids


async def _stall(path: Path, kind: str, params: dict[str, Any]) -> tuple[float, float]:
    """Milliseconds, p99 and the longest, by which the screens' event loop is late while a job runs."""
    from djtui.tui.app import DjtuiApp

    lags: list[float] = []

    async def watch() -> None:
        while True:
            started = time.perf_counter()
            await asyncio.sleep(0.002)
            lags.append((time.perf_counter() - started - 0.002) * 1e3)

    app = DjtuiApp(path, Settings())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(1.0)
        library = await Library.open(path)
        job = await submit(library, KINDS, kind, params)
        host_anyhow(path, KINDS, Settings())
        watcher = asyncio.create_task(watch())
        state = "queued"
        while state in ("queued", "running", "waiting", "interrupted"):
            await asyncio.sleep(0.5)
            view = await views.job(library, job)
            state = view.state if view else "gone"
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher
        await library.close()
    if state != "succeeded":
        raise SystemExit(f"The job ended {state}.")
    lags.sort()
    return lags[int(len(lags) * 0.99)], lags[-1]


if __name__ == "__main__":
    show(main())
