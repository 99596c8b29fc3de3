"""A virtual table over rows that are in memory: what waits for export, what is in conflict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.message import Message

from djtui.tui import keys
from djtui.tui.widgets.table_columns import TableColumn
from djtui.tui.widgets.virtual_table import VirtualDataTable

MARK: Final = "●"
MARK_COLUMN: Final = TableColumn("mark", "", 1)

Cells = Sequence[Any]


class ListSource:
    """Rows by their keys, each key once."""

    def __init__(self) -> None:
        self.rows: Sequence[Cells] = ()
        self.keys: Sequence[str] = ()
        self._places: Mapping[str, int] = {}

    def fill(self, rows: Mapping[str, Cells]) -> None:
        """Hold these rows, in their order."""
        self.rows, self.keys = list(rows.values()), list(rows)
        self._places = {key: place for place, key in enumerate(self.keys)}

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, index: int, /) -> Cells | None:
        return self.rows[index] if index < len(self.rows) else None

    def key(self, index: int, /) -> str:
        return self.keys[index]

    def index_of(self, key: str, /) -> int | None:
        return self._places.get(key)


class ListTable(VirtualDataTable):
    """Rows with a name in the column `track`: where it is that of the row above, it is quiet."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"listtable--again", "listtable--accent"}
    DEFAULT_CSS = """
    ListTable {
        & > .listtable--again { color: $quiet; }
        & > .listtable--accent { color: $accent; }
    }
    """

    def __init__(self, columns: Sequence[TableColumn], **options: Any) -> None:
        super().__init__(ListSource(), columns, **options)
        self.source: ListSource
        self._name_at = [column.field for column in columns].index("track")

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor."""
        return self.source.keys[self.cursor_row] if self.cursor_row < len(self.source) else None

    def show(self, rows: Mapping[str, Cells]) -> None:
        """Show these rows, by key. The cursor stays on its row; where that went, it goes to the next left."""
        before, at = self.source.keys, self.cursor_row
        self.source.fill(rows)
        left = (self.source.index_of(key) for key in before[at:])
        row = next((place for place in left if place is not None), at)
        self.reload(row=row)

    def row_look(self, index: int, row: Cells) -> tuple[str, Mapping[str, str]]:
        above = self.source.row(index - 1) if index else None
        again = above is not None and above[self._name_at] == row[self._name_at]
        return "", {"track": "listtable--again"} if again else {}


class MarkTable(ListTable):
    """Rows that can be marked. Marks are of keys: a row that goes takes its mark along."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "mark", id="list.mark", group=keys.TRACKS,
                tooltip="Mark this row for what comes next, or unmark it"),
    ]  # fmt: skip

    class MarksChanged(Message):
        """Other rows are marked now."""

    def __init__(self, columns: Sequence[TableColumn], **options: Any) -> None:
        self._marks: frozenset[str] = frozenset()
        super().__init__((MARK_COLUMN, *columns), **options)

    @property
    def marked(self) -> list[str]:
        """The keys of the marked rows, in their order."""
        return [key for key in self.source.keys if key in self._marks]

    @property
    def chosen(self) -> list[str]:
        """What an action is for: the marked rows, else the one under the cursor."""
        return self.marked or ([] if self.cursor_key is None else [self.cursor_key])

    def show(self, rows: Mapping[str, Cells]) -> None:
        kept = self._marks & rows.keys()
        changed = kept != self._marks
        self._marks = kept
        super().show(rows)
        if changed:
            self.post_message(self.MarksChanged())

    def clear_marks(self) -> None:
        """Unmark all."""
        self._mark(frozenset())

    def action_mark(self) -> None:
        if (key := self.cursor_key) is not None:
            self._mark(self._marks ^ {key})
            self.action_cursor_down()

    def _mark(self, marks: frozenset[str]) -> None:
        changed, self._marks = self._marks ^ marks, marks
        self.repaint_rows(lambda row: self.source.keys[row] in changed)
        self.post_message(self.MarksChanged())

    def row_look(self, index: int, row: Cells) -> tuple[str, Mapping[str, str]]:
        row_class, classes = super().row_look(index, row)
        if self.source.keys[index] in self._marks:
            classes = {**classes, "mark": "listtable--accent"}
        return row_class, classes

    def cell_text(self, index: int, row: Cells, column: TableColumn, value: Any, width: int) -> str:
        if column.field == "mark":
            return MARK if self.source.keys[index] in self._marks else ""
        return super().cell_text(index, row, column, value, width)
