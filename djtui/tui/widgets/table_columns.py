"""The columns of a table: which fit a width, and how a cell's text fits its column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rich.cells import cell_len

from djtui.model.text import harmless
from djtui.tui import formats

Align = Literal["left", "right"]


def plain(value: Any, width: int) -> str:
    """The text of a value that needs no format of its own; unknown is blank."""
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a virtual table.

    field: the column's key; for tracks a column of `track`.
    width: cells it would have; with `flex` it takes that share of what is left over besides.
    min_width: cells it can do with where room is short; 0 means `width`.
    priority: the columns of the highest numbers are dropped first; 0 is never dropped.
    format: the text of a value in so many cells.
    short: the label where the column is narrower than `label`.
    """

    field: str
    label: str
    width: int
    min_width: int = 0
    flex: int = 0
    align: Align = "left"
    priority: int = 0
    format: Callable[[Any, int], str] = plain
    short: str = ""


def fit(columns: Sequence[TableColumn], width: int, padding: int = 1) -> list[tuple[TableColumn, int]]:
    """The columns that fit into `width` cells, in their order, each with its own width.

    They come in by priority at their full width, else at their least; the first that cannot ends it.
    What is left over widens those at their least, then the flexible ones. Each has `padding` cells on
    both sides besides.
    """
    widths: dict[str, int] = {}
    left = width
    by_priority = sorted(columns, key=lambda column: column.priority)
    for column in by_priority:
        least = column.min_width or column.width
        room = left - 2 * padding
        if room < least and column.priority:
            break
        widths[column.field] = column.width if room >= column.width or not column.priority else least
        left = room - widths[column.field]
    fitting = [column for column in by_priority if column.field in widths]
    for column in fitting:
        more = min(max(left, 0), column.width - widths[column.field])
        widths[column.field] += more
        left -= more
    shares = sum(column.flex for column in fitting)
    for column in fitting:
        if column.flex and left > 0:
            more = left * column.flex // shares
            widths[column.field] += more
            left -= more
            shares -= column.flex
    return [(column, widths[column.field]) for column in columns if column.field in widths]


def cell(text: str, width: int, align: Align = "left") -> str:
    """Anybody's text, made harmless, in exactly `width` cells: filled up with blanks, or cut with `…`."""
    text = formats.cut(harmless(text), width)
    blanks = " " * (width - (len(text) if text.isascii() else cell_len(text)))
    return blanks + text if align == "right" else text + blanks
