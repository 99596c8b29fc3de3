"""The virtual table keeps every promise of textual's DataTable, at any length.

It uses private names of DataTable: where a new textual breaks one, a test here or in
test_virtual_table_mouse.py says so.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.coordinate import Coordinate
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import DataTable
from textual.widgets.data_table import CellDoesNotExist, RowDoesNotExist

from djtui.tui.widgets.table_columns import TableColumn
from djtui.tui.widgets.virtual_table import VirtualDataTable

COLUMNS = (
    TableColumn("name", "Name", 20, min_width=8, flex=1, priority=1),
    TableColumn("size", "Size", 8, align="right", priority=2),
    TableColumn("note", "Note", 30, min_width=10, priority=3),
)


class Numbers:
    """A source of so many rows, which are counted, not stored."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.gone: set[int] = set()
        self.names: dict[int, str] = {}

    def __len__(self) -> int:
        return self.count

    def row(self, index: int, /) -> Sequence[Any] | None:
        if index in self.gone:
            return None
        return (self.names.get(index, f"Row {index}"), index * 10, f"note {index}")

    def key(self, index: int, /) -> str:
        return f"k{index}"

    def index_of(self, key: str, /) -> int | None:
        number = key.removeprefix("k")
        return int(number) if number.isdecimal() and int(number) < self.count else None


class Harness(App[None]):
    """A virtual table, and what it told."""

    def __init__(self, count: int = 100_000, **options: Any) -> None:
        super().__init__()
        self.source = Numbers(count)
        self.table = VirtualDataTable(self.source, COLUMNS, **options)
        self.told: list[tuple[Any, ...]] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        self.told.append(("highlighted", event.cursor_row, event.row_key.value))

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        self.told.append(("selected", event.cursor_row, event.row_key.value))

    def on_data_table_cell_selected(self, event: DataTable.CellSelected) -> None:
        self.told.append(("cell", event.coordinate, event.value))

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        self.told.append(("header", event.column_key.value, event.column_index))

    def lines(self) -> list[str]:
        """What stands on the screen."""
        return [strip.text for strip in self.strips()]

    def strips(self) -> list[Strip]:
        return self.screen._compositor.render_strips()


@asynccontextmanager
async def running(
    count: int = 100_000, size: tuple[int, int] = (80, 24), **options: Any
) -> AsyncIterator[tuple[Harness, VirtualDataTable, Pilot[None]]]:
    app = Harness(count, **options)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, app.table, pilot


# -- as a DataTable -------------------------------------------------------------------------------


async def test_it_is_found_as_a_data_table_and_knows_its_rows() -> None:
    async with running() as (app, table, _):
        assert app.query_one(DataTable) is table
        assert table.row_count == 100_000
        assert len(table.rows) == len(table.ordered_rows) == 100_000
        assert table.ordered_rows[99_999].key.value == "k99999"
        assert [row.key.value for row in table.ordered_rows[5:7]] == ["k5", "k6"]


async def test_rows_cells_and_keys_lead_to_one_another() -> None:
    async with running() as (_, table, _pilot):
        assert table.get_row_at(7) == ["Row 7", 70, "note 7"]
        assert table.get_row("k7") == ["Row 7", 70, "note 7"]
        assert table.get_cell("k7", "size") == table.get_cell_at(Coordinate(7, 1)) == 70
        assert table.get_row_index("k500") == 500
        assert table.get_cell_coordinate("k500", "note") == Coordinate(500, 2)
        key = table.coordinate_to_cell_key(Coordinate(3, 1))
        assert (key.row_key.value, key.column_key.value) == ("k3", "size")
        assert table.get_column_index("note") == 2
        with pytest.raises(RowDoesNotExist):
            table.get_row_at(100_000)
        with pytest.raises(RowDoesNotExist):
            table.get_row("nobody")
        with pytest.raises(CellDoesNotExist):
            table.get_cell("k1", "nothing")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("add_row", ("a", 1, "b")),
        ("add_rows", ([("a", 1, "b")],)),
        ("remove_row", ("k1",)),
        ("update_cell", ("k1", "name", "x")),
        ("update_cell_at", (Coordinate(0, 0), "x")),
        ("sort", ("name",)),
        ("clear", ()),
    ],
)
async def test_what_would_change_its_rows_says_where_they_are_changed(
    name: str, arguments: tuple[Any, ...]
) -> None:
    async with running(5) as (_, table, _pilot):
        with pytest.raises(TypeError, match=r"Change what its source reads, then call reload\(\)"):
            getattr(table, name)(*arguments)


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        ("down down", 2),
        ("j j j k", 2),
        ("pagedown", 23),
        ("ctrl+f ctrl+f ctrl+b", 23),
        ("pagedown pageup", 0),
        ("ctrl+d", 11),
        ("ctrl+d ctrl+d ctrl+u", 11),
        ("end", 99_999),
        ("G", 99_999),
        ("G g", 0),
        ("ctrl+end", 99_999),
        ("end home", 0),
        ("end ctrl+home", 0),
    ],
)
async def test_keys_move_the_cursor_and_it_stays_in_sight(keys: str, row: int) -> None:
    async with running() as (_, table, pilot):
        await pilot.press(*keys.split())
        assert table.cursor_row == row
        assert 0 <= row - table.scroll_offset.y < 23


async def test_a_page_shows_what_follows_and_the_cursor_keeps_its_line() -> None:
    async with running() as (app, _table, pilot):
        await pilot.press("down", "down", "pagedown")
        lines = app.lines()
        assert lines[1].split()[:2] == ["Row", "23"]
        assert lines[3].startswith("▌Row 25 ")


async def test_every_key_has_an_id_a_description_and_a_tooltip() -> None:
    for _, binding in VirtualDataTable._merged_bindings or ():
        assert binding.id and binding.id.startswith("table.")
        assert binding.description and binding.tooltip and binding.group


async def test_enter_selects_the_row_under_the_cursor() -> None:
    async with running() as (app, _table, pilot):
        await pilot.press("G", "enter")
        await pilot.pause()
        assert app.told[-2:] == [("highlighted", 99_999, "k99999"), ("selected", 99_999, "k99999")]


async def test_the_cursor_moves_from_code() -> None:
    async with running() as (app, table, pilot):
        table.move_cursor(row=5000)
        await pilot.pause()
        assert app.told[-1] == ("highlighted", 5000, "k5000")
        assert any("Row 5000 " in line for line in app.lines())


async def test_an_empty_table_takes_every_key() -> None:
    async with running(0) as (app, table, pilot):
        await pilot.press(*"down up pagedown pageup ctrl+d ctrl+u home end g G enter left right".split())
        await pilot.pause()
        assert table.row_count == 0
        assert app.told == []
        assert app.lines()[0].split() == ["Name", "Size", "Note"]


# -- what it shows --------------------------------------------------------------------------------


async def test_a_row_is_one_segment_and_the_cursor_stands_between_bars() -> None:
    async with running() as (app, _table, pilot):
        await pilot.press("down")
        strips = app.strips()
        assert len(list(strips[1])) == len(list(strips[2])) == 1
        assert strips[2].text.startswith("▌Row 1 ") and strips[2].text.endswith("▐")
        assert next(iter(strips[1])).style != next(iter(strips[2])).style


async def test_hostile_texts_are_shown_to_the_letter_and_harmlessly() -> None:
    async with running(4) as (app, table, pilot):
        app.source.names = {
            0: "[bold]Foo [Remix]",
            1: "\x1b[31mred\nline",
            2: "東京" * 30,
            3: "\u202egpj.exe " + "e\u0301" * 40,
        }
        table.reload()
        await pilot.pause()
        lines = app.lines()
        assert "[bold]Foo [Remix]" in lines[1]
        assert "\x1b" not in "".join(lines) and "\n" not in "".join(lines) and "\u202e" not in "".join(lines)
        assert "東京…" in lines[3] or "東…" in lines[3]
        assert {cell_len(line) for line in lines} == {80}


async def test_a_row_that_is_gone_is_blank() -> None:
    async with running(3) as (app, table, pilot):
        app.source.gone = {1}
        table.reload()
        await pilot.pause()
        assert [line.strip("▌▐ ")[:5] for line in app.lines()[1:4]] == ["Row 0", "", "Row 2"]
        assert table.get_row_at(1) == [None, None, None]


async def test_the_header_says_what_the_rows_are_sorted_by() -> None:
    async with running() as (app, table, pilot):
        table.show_sorted("size")
        await pilot.pause()
        assert "Size ↑" in app.lines()[0]
        table.show_sorted("name", reverse=True)
        await pilot.pause()
        assert "Name ↓" in app.lines()[0] and "↑" not in app.lines()[0]


async def test_there_are_no_scrollbars_and_the_last_row_can_be_seen() -> None:
    async with running() as (app, table, pilot):
        await pilot.press("G")
        assert table.scrollbars_space == (0, 0)
        assert table.scroll_offset.y == table.max_scroll_y == 100_000 - 23
        assert app.lines()[-1].startswith("▌Row 99999")


@pytest.mark.parametrize(("width", "columns"), [(120, 3), (80, 3), (60, 3), (40, 2), (19, 1)])
async def test_columns_are_dropped_by_priority_when_it_is_narrow(width: int, columns: int) -> None:
    async with running(size=(width, 10)) as (app, table, _):
        assert [column.key.value for column in table.ordered_columns] == ["name", "size", "note"][:columns]
        assert len(table.get_row_at(0)) == columns
        assert {cell_len(line) for line in app.lines()} == {width}


async def test_a_resize_fits_columns_and_rows_anew() -> None:
    async with running(size=(120, 40)) as (app, table, pilot):
        await pilot.press("G")
        await pilot.resize_terminal(40, 12)
        await pilot.pause()
        assert len(table.columns) == 2
        assert [cell_len(line) for line in app.lines()] == [40] * 12
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert len(table.columns) == 3


async def test_a_column_can_be_added_as_to_any_data_table() -> None:
    async with running(size=(30, 10)) as (app, _, pilot):
        table = VirtualDataTable(app.source)
        await app.mount(table)
        keys = [table.add_column("Name", width=20, key="name"), table.add_column("Size", width=20)]
        await pilot.pause()
        assert [key.value for key in keys] == ["name", "Size"]
        assert table.get_row_at(2) == ["Row 2", 20]
        await pilot.press("tab", "right", "right")  # too wide for the screen: it scrolls
        await pilot.pause()
        assert table.max_scroll_x == 44 - 30


# -- when the rows change -------------------------------------------------------------------------


async def test_the_cursor_comes_to_the_row_and_line_it_is_given() -> None:
    async with running() as (app, table, pilot):
        await pilot.press("down", "down")
        table.reload(row=5000, line=2)
        await pilot.pause()
        assert (table.cursor_row, table.scroll_offset.y) == (5000, 4998)
        assert app.told[-1] == ("highlighted", 5000, "k5000")


async def test_a_table_that_shrinks_brings_the_cursor_to_its_last_row() -> None:
    async with running() as (app, table, pilot):
        await pilot.press("G")
        app.source.count = 10
        table.reload()
        await pilot.pause()
        assert (table.cursor_row, table.scroll_offset.y) == (9, 0)
        assert app.told[-1] == ("highlighted", 9, "k9")
        app.source.count = 0
        table.reload()
        await pilot.pause()
        assert not any("Row" in line for line in app.lines())
        app.source.count = 100
        table.reload()
        await pilot.pause()
        assert app.told[-1] == ("highlighted", 0, "k0")


async def test_a_table_can_be_filled_before_it_is_mounted() -> None:
    app = Harness(0)
    app.source.count = 50
    app.table.reload(row=30)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.table.cursor_row == 30
        assert any(line.startswith("▌Row 30 ") for line in app.lines())


async def test_nothing_heavy_is_imported_before_the_first_paint() -> None:
    heavy = {"numpy", "lark", "lxml", "pebble", "psutil", "djtui.query"}
    code = (
        "import sys, djtui.tui.widgets.track_table, djtui.library.live;"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
