"""A DataTable's rows as views of a source, and its geometry as arithmetic: no cost grows with the rows.

Private names of DataTable are used (textual >= 8.2, < 9); tests/tui/test_virtual_table.py stands guard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn, Protocol, cast, overload

from textual._two_way_dict import TwoWayDict
from textual.coordinate import Coordinate
from textual.geometry import Region, Size, Spacing
from textual.widgets import DataTable
from textual.widgets._data_table import ColumnKey, Row, RowDoesNotExist, RowKey

from djtui.tui.widgets.table_columns import TableColumn


class Source(Protocol):
    """Where the rows of a virtual table live. Where a key is not unique, its first place counts."""

    def __len__(self) -> int: ...

    def row(self, index: int, /) -> Sequence[Any] | None:
        """The cells of a row in the order of the table's columns (more may follow); None: it is gone."""

    def key(self, index: int, /) -> str:
        """The key of a row."""

    def index_of(self, key: str, /) -> int | None:
        """Where the row of a key stands; None: nowhere."""


def row_at(source: Source, index: int) -> Row:
    return Row(RowKey(source.key(index)), height=1)


class Locations:
    """`DataTable._row_locations`: from keys to places and back."""

    def __init__(self, table: VirtualRows) -> None:
        self._table = table

    def __len__(self) -> int:
        return len(self._table.source)

    def __iter__(self) -> Iterator[RowKey]:
        return (RowKey(self._table.source.key(index)) for index in range(len(self)))

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None

    def get(self, key: object) -> int | None:
        value = key.value if isinstance(key, RowKey) else key
        return self._table.source.index_of(value) if isinstance(value, str) else None

    def get_key(self, index: int) -> RowKey | None:
        return RowKey(self._table.source.key(index)) if 0 <= index < len(self) else None

    def contains_value(self, index: int) -> bool:
        return 0 <= index < len(self)


class _ByKey(Mapping[Any, Any]):
    def __init__(self, table: VirtualRows) -> None:
        self._table = table
        self._locations = Locations(table)

    def __len__(self) -> int:
        return len(self._locations)

    def __iter__(self) -> Iterator[RowKey]:
        return iter(self._locations)

    def __contains__(self, key: object) -> bool:
        return key in self._locations

    def __getitem__(self, key: object) -> Any:
        if (index := self._locations.get(key)) is None:
            raise KeyError(key)
        return self.value(index)

    def value(self, index: int) -> Any:
        raise KeyError(index)


class Rows(_ByKey):
    """`DataTable.rows`: from keys to rows."""

    def value(self, index: int) -> Row:
        return row_at(self._table.source, index)


class Cells(_ByKey):
    """`DataTable._data`: from keys to the shown cells by their columns' keys."""

    def value(self, index: int) -> dict[ColumnKey, Any]:
        return self._table.cells_at(index)


class OrderedRows(Sequence[Row]):
    """`DataTable.ordered_rows`; its slices are lazy too."""

    def __init__(self, source: Source, span: range) -> None:
        self._source = source
        self._span = span

    def __len__(self) -> int:
        return len(self._span)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> OrderedRows: ...
    def __getitem__(self, at: int | slice) -> Row | OrderedRows:
        if isinstance(at, slice):
            return OrderedRows(self._source, self._span[at])
        return row_at(self._source, self._span[at])


class VirtualRows(DataTable[Any]):
    """A DataTable whose rows are those of a source, each one line high. It does not paint them."""

    def __init__(self, source: Source, **options: Any) -> None:
        self.source = source
        self.fitted: list[tuple[int, TableColumn, int]] = []
        """The shown columns: which cell of a source's row each is, and how wide."""
        super().__init__(**options)
        self.rows = cast("dict[RowKey, Row]", Rows(self))
        self._row_locations = cast("TwoWayDict[RowKey, int]", Locations(self))
        self._data = cast("dict[RowKey, dict[ColumnKey, Any]]", Cells(self))

    @property
    def row_count(self) -> int:
        return len(self.source)

    @property
    def ordered_rows(self) -> list[Row]:
        return cast("list[Row]", OrderedRows(self.source, range(len(self.source))))

    def get_row_at(self, row_index: int) -> list[Any]:
        if not self.is_valid_row_index(row_index):
            raise RowDoesNotExist(f"Row index {row_index!r} is not valid.")
        return list(self.cells_at(row_index).values())

    def get_cell_at(self, coordinate: Coordinate) -> Any:
        column_key = self.coordinate_to_cell_key(coordinate).column_key
        return self.cells_at(coordinate.row)[column_key]

    def cells_at(self, index: int) -> dict[ColumnKey, Any]:
        """The shown cells of a row by their columns' keys; None for each where the row is gone."""
        row = self.source.row(index)
        return {
            key: None if row is None else row[at]
            for key, (at, _, _) in zip(self.columns, self.fitted, strict=True)
        }

    def _refuse(self, *_args: Any, **_options: Any) -> NoReturn:
        raise TypeError(
            "A virtual table has no rows of its own. Change what its source reads, then call reload()."
        )

    add_row = add_rows = remove_row = update_cell = update_cell_at = sort = clear = _refuse

    # -- geometry: every row is one line ----------------------------------------------------------

    @property
    def allow_vertical_scroll(self) -> bool:
        return self.max_scroll_y > 0 and not self._check_disabled()

    @property
    def allow_horizontal_scroll(self) -> bool:
        return self.max_scroll_x > 0 and not self._check_disabled()

    def _measure(self) -> None:
        width = sum(width + 2 * self.cell_padding for _, _, width in self.fitted)
        self.virtual_size = Size(width, len(self.source) + self._head)

    @property
    def _head(self) -> int:
        return self.header_height if self.show_header else 0

    @property
    def _total_row_height(self) -> int:
        return len(self.source)

    def _update_dimensions(self, new_rows: object) -> None:
        self._measure()

    def _get_row_region(self, row_index: int) -> Region:
        if not self.is_valid_row_index(row_index):
            return Region(0, 0, 0, 0)
        return Region(0, row_index + self._head, max(self.size.width, self.virtual_size.width), 1)

    def _get_cell_region(self, coordinate: Coordinate) -> Region:
        if not self.is_valid_coordinate(coordinate):
            return Region(0, 0, 0, 0)
        return self._get_column_region(coordinate.column).intersection(self._get_row_region(coordinate.row))

    def _get_fixed_offset(self) -> Spacing:
        return Spacing(self._head, 0, 0, 0)

    def _clamp_cursor_coordinate(self, coordinate: Coordinate) -> Coordinate:
        row, column = coordinate
        return Coordinate(max(0, min(row, len(self.source) - 1)), max(0, min(column, len(self.columns) - 1)))

    def _scroll_cursor_into_view(self, animate: bool = False) -> None:
        super()._scroll_cursor_into_view(animate=False)
