"""The track table against textual's own DataTable: `python -m tests.benchmarks.bench_table [--no-million]`.

Ratios hold within one run on one machine: the reference is a stock DataTable with 10,000 rows of the same
columns in a terminal of the same size. Frames are made headless but written out in full; bytes are counted
on a pseudo-terminal.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from textual import events
from textual._compositor import CompositorUpdate
from textual.app import App, ComposeResult
from textual.message import Message
from textual.widgets import DataTable, Input

from djtui.library.database import connect_readonly
from djtui.library.listing import Lister
from djtui.library.live import Answer, Searches
from djtui.library.view import Listing, View, conditions
from djtui.query import FIELDS, QueryError, parse
from djtui.tui.widgets.track_table import TrackTable
from tests.benchmarks.measure import Line, show
from tests.benchmarks.synthetic import build_library
from tests.benchmarks.terminal import PAGE_DOWN, Terminal, wait_for

SIZE: Final = (120, 40)
REFERENCE_ROWS: Final = 10_000
TYPED: Final = ("maro", "ka lo", "quelum vo", "mar bpm:124..128", "björk", "techno key:~8A", "sol -remix")
TITLE: Final = FIELDS["title"].sort_sql or ""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step cost: ms until its last frame was painted, and ms of CPU until all was quiet."""

    wall: float
    cpu: float


class Bench(App[None]):
    """An app that knows when it painted."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "Input { height: 1; border: none; }"

    def __init__(self, table: DataTable[Any]) -> None:
        super().__init__()
        self.table = table
        self.painted = asyncio.Event()
        self.last_paint = 0.0

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()

    def _display(self, screen: Any, renderable: Any) -> None:
        super()._display(screen, renderable)
        if isinstance(renderable, CompositorUpdate):
            renderable.render_segments(self.console).encode()
        self.last_paint = time.perf_counter()
        self.painted.set()

    def _busy(self) -> bool:
        screen, table = self.screen, self.table
        waiting = sum(pump._message_queue.qsize() for pump in (self, screen, table))
        return bool(
            waiting
            or table._repaint_required
            or screen._dirty_widgets
            or screen._layout_required
            or screen._repaint_required
            or screen._callbacks
        )

    async def quiet(self) -> None:
        """Wait until nothing is left to do."""
        times = 0
        while times < 4:
            await asyncio.sleep(0.002)
            times = 0 if self._busy() else times + 1

    async def step(self, act: Callable[[], object]) -> Step:
        self.painted.clear()
        cpu, start = time.process_time(), time.perf_counter()
        act()
        await asyncio.wait_for(self.painted.wait(), 60)
        await self.quiet()
        return Step((self.last_paint - start) * 1e3, (time.process_time() - cpu) * 1e3)

    async def press(self, key: str) -> Step:
        def post() -> None:
            event = events.Key(key, None)
            event.set_sender(self)
            assert self._driver is not None
            self._driver.process_message(event)

        return await self.step(post)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    return sorted(values)[max(0, round(len(values) * 0.95) - 1)]


# -- the reference --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reference:
    """What stock DataTable needs, in ms."""

    load: float
    page_cpu: float
    step: float


async def reference(library: Path) -> Reference:
    """A stock DataTable with the first 10,000 tracks, showing what the track table shows."""
    connection = connect_readonly(library)
    table: DataTable[str] = DataTable(cursor_type="row")
    ours = TrackTable(connection)
    async with Bench(ours).run_test(size=SIZE) as pilot:
        await pilot.pause()
        columns = [(column, width) for _, column, width in ours.fitted]
        ours.show(Lister(connection).listing(View()).ids[:REFERENCE_ROWS])
        rows = [
            [
                column.format(value, width)
                for (column, width), value in zip(columns, ours.get_row_at(at), strict=True)
            ]
            for at in range(REFERENCE_ROWS)
        ]
    app = Bench(table)
    async with app.run_test(size=SIZE) as pilot:
        for column, width in columns:
            table.add_column(column.label, width=width, key=column.field)
        await pilot.pause()
        load = await app.step(lambda: table.add_rows(rows))
        await app.step(lambda: table.move_cursor(row=REFERENCE_ROWS // 2))
        pages = [await app.press("pagedown") for _ in range(20)]
        steps = [await app.press("down") for _ in range(20)]
    connection.close()
    return Reference(load.wall, median([step.cpu for step in pages]), median([step.wall for step in steps]))


# -- the track table ------------------------------------------------------------------------------


class Found(Message):
    """An answer of the searching thread."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class Browser(Bench):
    """A filter line over a track table: the whole way from a key to the frame that answers it."""

    table: TrackTable

    def __init__(self, library: Path) -> None:
        super().__init__(TrackTable(connect_readonly(library)))
        self.searches = Searches(connect_readonly(library), lambda answer: self.post_message(Found(answer)))
        self.asked: View | None = None
        self.shown = asyncio.Event()
        self.shown_at = 0.0

    def compose(self) -> ComposeResult:
        yield Input(compact=True)
        yield self.table

    def ask(self, text: str) -> None:
        self.shown.clear()
        try:
            where = conditions(parse(text))
        except QueryError:
            self.asked = None
            return
        self.asked = View(where=where, order=TITLE)
        self.searches.show(self.asked, beginning=True)

    def on_input_changed(self, event: Input.Changed) -> None:
        self.ask(event.value)

    def on_found(self, event: Found) -> None:
        if isinstance(event.answer, Listing) and event.answer.view is self.asked:
            self.table.show(event.answer.ids, top=True)
            self.shown_at = time.perf_counter()
            self.shown.set()

    async def listed(self) -> float:
        """Wait for the answer; returns when it was painted (or, had nothing to change, when it came)."""
        await asyncio.wait_for(self.shown.wait(), 120)
        await self.quiet()
        return max(self.shown_at, self.last_paint)


@dataclass(frozen=True, slots=True)
class Measured:
    """What the track table needs, in ms."""

    show: float
    page_cpu: float
    filter_median: float
    filter_p95: float


async def measured(library: Path) -> Measured:
    app = Browser(library)
    async with app.run_test(size=SIZE) as pilot:
        app.ask("")
        await app.listed()
        ids = app.table.source.ids
        app.table.show(ids[:0])
        await pilot.pause()
        shows = []
        for _ in range(5):
            app.table.refresh_tracks()
            shows.append(await app.step(lambda: app.table.show(ids)))
            app.table.show(ids[:0])
            await pilot.pause()
        await app.step(lambda: app.table.show(ids))
        app.table.move_cursor(row=len(ids) // 2)
        app.table.focus()
        await pilot.pause()
        pages = [await app.press("pagedown") for _ in range(40)]
        walls = await _typing(app)
    app.searches.close()
    return Measured(
        show=median([step.wall for step in shows]),
        page_cpu=median([step.cpu for step in pages]),
        filter_median=median(walls),
        filter_p95=p95(walls),
    )


async def _typing(app: Browser) -> list[float]:
    """ms from each key to the frame with its answer; keys that leave an unfinished expression don't count."""
    line = app.query_one(Input)
    line.cursor_blink = False
    line.focus()
    walls: list[float] = []
    for text in TYPED:
        for key in text:
            asked, start = app.asked, time.perf_counter()
            line.insert_text_at_cursor(key)
            while app.asked is asked and time.perf_counter() - start < 0.05:
                await asyncio.sleep(0.001)
            if app.asked not in (asked, None):
                walls.append((await app.listed() - start) * 1e3)
        line.value = ""
        await app.listed()
    return walls


# -- the result -----------------------------------------------------------------------------------


async def lines(folder: Path, *, million: bool) -> list[Line]:
    """Measure all of it. Libraries that lie in `folder` already are used again."""
    small = _library(folder, 100_000)
    now = await measured(small)
    stock = await reference(small)
    result = [
        Line("table: page-down, CPU / stock at 10k", now.page_cpu / stock.page_cpu, 0.25, 0.15,
             detail=f"{now.page_cpu:.1f} / {stock.page_cpu:.1f} ms"),
        Line("table: rows ready to first paint, 100k / stock at 10k", now.show / stock.load, 0.1, 0.05,
             detail=f"{now.show:.1f} / {stock.load:.0f} ms"),
        Line("filter: key to frame, p95 / cursor step of stock at 10k", now.filter_p95 / stock.step, 1.6, 1.2,
             detail=f"{now.filter_p95:.1f} (median {now.filter_median:.1f}) / {stock.step:.1f} ms"),
    ]  # fmt: skip
    if million:
        then = await measured(_library(folder, 1_000_000))
        result.append(
            Line("filter: the same at 1,000,000 rows", then.filter_p95 / stock.step, 5, 3,
                 detail=f"{then.filter_p95:.1f} (median {then.filter_median:.1f}) ms")
        )  # fmt: skip
    return result


def terminal_lines(folder: Path) -> list[Line]:
    """What the table alone, over the whole terminal, sends for a page-down, and what memory it takes."""
    result = []
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.bench_table",
        "--alone",
        str(_library(folder, 100_000)),
    ]
    for (columns, rows), limit, aim in ((SIZE, 7.0, 5.0), ((80, 24), 4.0, 2.5)):
        with Terminal(command, columns, rows) as terminal:
            wait_for(terminal, b"BPM")
            sent = terminal.bytes_of(PAGE_DOWN) / 1000
            memory = terminal.private_mb()
        result.append(Line(f"table: sent for a page-down at {columns}x{rows}", sent, limit, aim, " kB"))
    return [*result, Line("table: private memory at 100k", memory, 120, 90, " MB")]


def _library(folder: Path, count: int) -> Path:
    path = folder / f"{count}.db"
    if not path.exists():
        build_library(path, count)
    return path


def alone(library: Path) -> None:
    """The table alone, for the pseudo-terminal."""
    connection = connect_readonly(library)
    ids = Lister(connect_readonly(library)).listing(View(order=TITLE)).ids

    class Alone(App[None]):
        def compose(self) -> ComposeResult:
            yield TrackTable(connection)

        def on_mount(self) -> None:
            self.query_one(TrackTable).show(ids)

    Alone().run()


def main(*, million: bool = True, keep: Path | None = None) -> list[Line]:
    """Measure all of it; libraries that lie in the folder `keep` are used, and new ones left there."""
    with tempfile.TemporaryDirectory(prefix="djtui-bench-") as temporary:
        folder = keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        return [*asyncio.run(lines(folder, million=million)), *terminal_lines(folder)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-million", action="store_true", help="leave out the library of a million tracks")
    parser.add_argument("--keep", type=Path, help="a folder to keep the libraries in for the next run")
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        alone(options.alone)
    else:
        show(main(million=not options.no_million, keep=options.keep))
