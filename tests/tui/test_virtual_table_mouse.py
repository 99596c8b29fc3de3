"""The virtual table under the mouse, and with cursors other than a row."""

from __future__ import annotations

from textual import events
from textual.coordinate import Coordinate
from textual.widgets import DataTable

from tests.tui.test_virtual_table import running


async def test_a_click_goes_to_a_row_and_another_selects_it() -> None:
    async with running() as (app, table, pilot):
        await pilot.click(DataTable, offset=(5, 4))
        await pilot.pause()
        assert table.cursor_row == 3
        assert app.told[-1] == ("highlighted", 3, "k3")
        await pilot.click(DataTable, offset=(60, 4))
        await pilot.pause()
        assert app.told[-1] == ("selected", 3, "k3")


async def test_a_click_on_the_header_selects_its_column_and_leaves_the_cursor() -> None:
    async with running() as (app, table, pilot):
        _, _, width = table.fitted[0]
        await pilot.click(DataTable, offset=(width + 4, 0))
        await pilot.pause()
        assert app.told[-1] == ("header", "size", 1)
        assert table.cursor_row == 0


async def test_a_click_below_the_rows_does_nothing() -> None:
    async with running(3) as (app, table, pilot):
        before = list(app.told)
        await pilot.click(DataTable, offset=(5, 15))
        await pilot.pause()
        assert (table.cursor_row, app.told) == (0, before)


async def test_the_row_under_the_mouse_is_told_from_the_others() -> None:
    async with running() as (app, table, pilot):
        await pilot.hover(DataTable, offset=(5, 8))
        await pilot.pause()
        assert table.hover_coordinate.row == 7
        strips = app.strips()
        assert next(iter(strips[8])).style != next(iter(strips[9])).style


async def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    async with running() as (app, table, pilot):
        table.post_message(events.MouseScrollDown(table, 5, 5, 0, 1, 0, False, False, False, 5, 5))
        await pilot.pause()
        assert table.scroll_offset.y > 0
        assert table.cursor_row == 0
        assert not any("▌" in line for line in app.lines())


async def test_a_cell_cursor_walks_over_cells() -> None:
    async with running(cursor_type="cell") as (app, table, pilot):
        await pilot.press("right", "right", "left", "down", "enter")
        await pilot.pause()
        assert table.cursor_coordinate == Coordinate(1, 1)
        assert app.told[-1] == ("cell", Coordinate(1, 1), 10)
        await pilot.press("end")
        assert table.cursor_coordinate == Coordinate(1, 2)
        await pilot.press("home")
        assert table.cursor_coordinate == Coordinate(1, 0)
        assert len([segment for segment in app.strips()[2] if segment.text.strip()]) > 1


async def test_without_a_cursor_nothing_is_lit() -> None:
    async with running(show_cursor=False) as (app, _table, pilot):
        await pilot.press("down")
        assert not any("▌" in line for line in app.lines())
