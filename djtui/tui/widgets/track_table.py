"""The table of tracks: marks, and a cursor that stays on its track whatever happens to the view."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from djtui.library.live import TrackRows, find
from djtui.model import key as keys_of_music
from djtui.model.key import Notation
from djtui.tui import keys
from djtui.tui.widgets.table_columns import TableColumn
from djtui.tui.widgets.track_columns import DEFAULT_COLUMNS, TRACK_COLUMNS
from djtui.tui.widgets.virtual_table import VirtualDataTable

MARK: Final = "●"
IN_RANGE: Final = "○"
MISSING: Final = "✗"
MARKED_MISSING: Final = "⊗"


# Its value is the track's id: what tells whether the track is marked.
_MARK_COLUMN: Final = TableColumn("id", "", 1)


class TrackTable(VirtualDataTable):
    """Tracks, by their ids. Marks are of tracks, not of rows: they outlive every sort and filter."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tracktable--mark", "tracktable--missing", "tracktable--lost"}
    DEFAULT_CSS = """
    TrackTable {
        & > .tracktable--mark { color: $accent; }
        & > .tracktable--missing { color: $text-muted; }
        & > .tracktable--lost { color: $warning; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space",
            "toggle_mark",
            "mark",
            id="tracks.mark",
            tooltip="Mark this track for what comes next, or unmark it",
            group=keys.TRACKS,
        ),
        Binding(
            "v",
            "range",
            "Range",
            show=False,
            id="tracks.range",
            tooltip="Mark from here to where the cursor goes; v or space ends it",
            group=keys.TRACKS,
        ),
        Binding(
            "escape",
            "leave_range",
            "No range",
            show=False,
            id="tracks.leave_range",
            tooltip="Leave the range without marking it",
            group=keys.TRACKS,
        ),
    ]

    class TrackHighlighted(Message):
        """Another track is under the cursor, or none. Only the last of several in a row arrives."""

        def __init__(self, table: TrackTable, track_id: int | None) -> None:
            super().__init__()
            self.table = table
            self.track_id = track_id

        @property
        def control(self) -> TrackTable:
            return self.table

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, TrackTable.TrackHighlighted)

    class MarksChanged(Message):
        """So many tracks are marked now, whether they are in view or not."""

        def __init__(self, table: TrackTable, count: int) -> None:
            super().__init__()
            self.table = table
            self.count = count

        @property
        def control(self) -> TrackTable:
            return self.table

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, TrackTable.MarksChanged)

    def __init__(
        self,
        connection: sqlite3.Connection,
        columns: Sequence[str] = DEFAULT_COLUMNS,
        *,
        notation: Notation = "camelot",
        **options: Any,
    ) -> None:
        """Rows are read from `connection`; none are shown until `show`. `options` are those of DataTable.

        Raises `ValueError` for an unknown column.
        """
        self._connection = connection
        self._notation: Notation = notation
        self._marks: set[int] = set()
        self._anchor: int | None = None
        self._range = range(0)
        self._told: int | None = None
        chosen = self._columns(columns)
        super().__init__(self._rows_of(chosen), chosen, **options)
        self.source: TrackRows

    # -- columns ----------------------------------------------------------------------------------

    def choose_columns(self, names: Sequence[str]) -> None:
        """Show these columns of TRACK_COLUMNS. Raises `ValueError` for an unknown one."""
        chosen = self._columns(names)
        ids = self.source.ids
        self.source = self._rows_of(chosen)
        self.source.ids = ids
        self.set_columns(chosen)

    @property
    def notation(self) -> Notation:
        """How keys are spelt."""
        return self._notation

    @notation.setter
    def notation(self, notation: Notation) -> None:
        self._notation = notation
        self.set_columns(
            [self._spelt(column) if column.field == "key" else column for column in self.table_columns]
        )

    def _columns(self, names: Sequence[str]) -> list[TableColumn]:
        if strangers := [name for name in names if name not in TRACK_COLUMNS]:
            raise ValueError(f"There is no column {strangers[0]!r}; there are {', '.join(TRACK_COLUMNS)}.")
        chosen = [TRACK_COLUMNS[name] for name in dict.fromkeys(names)]
        return [
            _MARK_COLUMN,
            *(self._spelt(column) if column.field == "key" else column for column in chosen),
        ]

    def _spelt(self, column: TableColumn) -> TableColumn:
        notation = self._notation
        return replace(column, format=lambda value, width: keys_of_music.spell(value, notation))

    def _rows_of(self, columns: Sequence[TableColumn]) -> TrackRows:
        return TrackRows(self._connection, [*(column.field for column in columns), "missing"])

    # -- tracks -----------------------------------------------------------------------------------

    @property
    def cursor_track_id(self) -> int | None:
        """The track under the cursor, or None where there are no rows."""
        ids = self.source.ids
        return ids[self.cursor_row] if self.cursor_row < len(ids) else None

    def show(self, ids: array[int], keep: int | None = None, *, top: bool = False) -> None:
        """Show these tracks. The cursor stays on `keep`, by default on its own track, and on its line.

        Where that track is no longer there, the cursor stays in its row. `top` puts it on the first row.
        The array is taken over: it must not be changed afterwards.
        """
        old, cursor, first = self.source.ids, self.cursor_row, self.scroll_offset.y
        wanted = self.cursor_track_id if keep is None else keep
        self.source.ids = ids
        row = None if top or wanted is None else self._place(ids, wanted, cursor)
        line = cursor - first
        if top:
            row, line = 0, 0
        elif row is not None and not 0 <= line < self._page and first < len(old):
            # The window is away from the cursor: what is seen there stays in place.
            seen = self._place(ids, old[first], first)
            line = row - (first if seen is None else seen)
        row = cursor if row is None else row
        now = max(0, row - line)
        same = old[first : first + self._page] == ids[now : now + self._page] and line == cursor - first
        self.reload(row=row, line=line, repaint=not same)
        self._follow_range()

    @staticmethod
    def _place(ids: array[int], id: int, near: int) -> int | None:
        """Where a track stands; where it stands twice, and once at `near`, there."""
        return near if near < len(ids) and ids[near] == id else find(ids, id)

    def refresh_tracks(self, ids: Iterable[int] | None = None) -> None:
        """These tracks changed (None: any may have): read them anew, paint those that are seen."""
        changed = None if ids is None else frozenset(ids)
        self.source.forget(changed)
        self.repaint_rows(lambda row: changed is None or self.source.ids[row] in changed)

    def _highlight_row(self, row_index: int) -> None:
        super()._highlight_row(row_index)
        self._follow_range()
        self.call_later(self._tell)

    def _tell(self) -> None:
        if self.cursor_track_id != self._told:
            self._told = self.cursor_track_id
            self.post_message(self.TrackHighlighted(self, self._told))

    # -- marks ------------------------------------------------------------------------------------

    @property
    def marked(self) -> frozenset[int]:
        """The marked tracks, those that are not in view too."""
        return frozenset(self._marks)

    @property
    def chosen(self) -> list[int]:
        """What an action is for: the marked tracks in the view's order, else the one under the cursor."""
        if not self._marks:
            return [] if self.cursor_track_id is None else [self.cursor_track_id]
        in_view = dict.fromkeys(id for id in self.source.ids if id in self._marks)
        return [*in_view, *sorted(self._marks - in_view.keys())]

    def toggle_mark(self, track_id: int | None = None) -> None:
        """Mark a track, by default that under the cursor, or unmark it."""
        if (id := self.cursor_track_id if track_id is None else track_id) is not None:
            self._set_marks(self._marks ^ {id})

    def mark_range(self, first: int, last: int) -> None:
        """Mark the tracks of the rows from `first` to `last`, both included."""
        self._set_marks(self._marks | set(self.source.ids[min(first, last) : max(first, last) + 1]))

    def clear_marks(self) -> None:
        """Unmark all."""
        self._set_marks(set())

    @property
    def range_rows(self) -> range:
        """The rows that are about to be marked; empty unless a range was begun."""
        return self._range

    def _follow_range(self) -> None:
        """The cursor or the view moved: the range reaches from its first track to the cursor."""
        ids, cursor, before = self.source.ids, self.cursor_row, self._range
        anchor = None if self._anchor is None else self._place(ids, self._anchor, cursor)
        if anchor is None:
            self._anchor, self._range = None, range(0)
        else:
            self._range = range(min(anchor, cursor), max(anchor, cursor) + 1)
        if self._range != before:
            self.repaint_rows(lambda row: (row in self._range) != (row in before))
            self.refresh_bindings()

    def _set_marks(self, marks: set[int]) -> None:
        changed, self._marks = self._marks ^ marks, marks
        self.action_leave_range()
        self.repaint_rows(lambda row: self.source.ids[row] in changed)
        self.post_message(self.MarksChanged(self, len(marks)))

    def action_toggle_mark(self) -> None:
        if self._anchor is not None:
            self.action_range()
        else:
            self.toggle_mark()
            self.action_cursor_down()

    def action_range(self) -> None:
        """Begin a range at the cursor, or mark the one that was begun."""
        if self._anchor is None:
            self._anchor = self.cursor_track_id
            self._follow_range()
        else:
            self.mark_range(self._range[0], self._range[-1])

    def action_leave_range(self) -> None:
        """Forget the range that was begun."""
        self._anchor = None
        self._follow_range()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._anchor is not None if action == "leave_range" else True

    # -- painting and mouse -----------------------------------------------------------------------

    def row_look(self, index: int, row: Sequence[Any]) -> tuple[str, Mapping[str, str]]:
        missing = "tracktable--missing" if row[-1] else ""
        if row[0] in self._marks or index in self._range:
            return missing, {"id": "tracktable--mark"}
        return missing, {"id": "tracktable--lost"} if missing else {}

    def cell_text(self, index: int, row: Sequence[Any], column: TableColumn, value: Any, width: int) -> str:
        if column.field != "id":
            return column.format(value, width)
        if value in self._marks:
            return MARKED_MISSING if row[-1] else MARK
        if index in self._range:
            return IN_RANGE
        return MISSING if row[-1] else ""

    async def _on_click(self, event: events.Click) -> None:
        """A click on a mark sets or takes it, and so does a click anywhere in the row with ctrl."""
        at = self._coordinate_at(event)
        if at is not None and at.row >= 0 and (at.column == 0 or event.ctrl):
            event.prevent_default()
            event.stop()
            self.toggle_mark(self.source.ids[at.row])
