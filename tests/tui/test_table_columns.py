"""Columns fit the width of a table, and texts fit their column."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from rich.cells import cell_len

from djtui.tui.widgets.table_columns import TableColumn, cell, fit

COLUMNS = (
    TableColumn("name", "Name", 20, min_width=8, flex=1, priority=1),
    TableColumn("size", "Size", 8, align="right", priority=2),
    TableColumn("note", "Note", 30, min_width=10, priority=3),
)


def widths(columns: Sequence[TableColumn], width: int) -> dict[str, int]:
    return {column.field: cells for column, cells in fit(columns, width)}


def test_columns_fill_the_width_and_keep_their_order() -> None:
    for width in range(40, 200):
        fitted = fit(COLUMNS, width)
        assert sum(cells + 2 for _, cells in fitted) <= width
        assert [column for column, _ in fitted] == list(COLUMNS[: len(fitted)])
    assert widths(COLUMNS, 100) == {"name": 56, "size": 8, "note": 30}


def test_a_column_shrinks_before_it_is_dropped() -> None:
    assert widths(COLUMNS, 64) == {"name": 20, "size": 8, "note": 30}
    assert widths(COLUMNS, 50) == {"name": 20, "size": 8, "note": 16}
    assert widths(COLUMNS, 43) == {"name": 31, "size": 8}


def test_what_is_left_over_is_shared_by_the_flexible_columns() -> None:
    columns = (
        TableColumn("title", "Title", 10, flex=3, priority=1),
        TableColumn("artist", "Artist", 10, flex=2, priority=2),
    )
    assert widths(columns, 24 + 50) == {"title": 40, "artist": 30}


@pytest.mark.parametrize(
    "text", ["", "plain", "a long plain text", "東京の夜", "a東京", "e\u0301te\u0301", "\x1b["]
)
def test_a_cell_is_as_wide_as_its_column(text: str) -> None:
    for width in range(8):
        assert cell_len(cell(text, width)) == cell_len(cell(text, width, "right")) == width


def test_a_cut_text_ends_with_an_ellipsis_and_no_half_of_a_wide_character() -> None:
    assert cell("Opal (Four Tet Remix)", 8) == "Opal (F…"
    assert cell("坂本龍一", 6) == "坂本… "
    assert cell("124.00", 8, "right") == "  124.00"
