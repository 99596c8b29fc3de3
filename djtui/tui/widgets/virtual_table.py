"""A DataTable whose rows live elsewhere: a hundred thousand of them cost what the visible ones cost.

To whoever uses it, it is textual's DataTable: component classes, cursor types, messages, keys, mouse and
`query_one(DataTable)`. Four things differ underneath. The containers of rows are views of a `Source`;
geometry is arithmetic, for every row is one line; a line is painted straight from the row, in one segment
where it can; and the mouse finds its cell by arithmetic. Rows are not added: `reload` after a change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual._two_way_dict import TwoWayDict
from textual.binding import Binding, BindingType
from textual.coordinate import Coordinate
from textual.geometry import Region, Size
from textual.reactive import Reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import DataTable
from textual.widgets._data_table import Column, ColumnKey

from djtui.tui import keys
from djtui.tui.widgets.table_columns import TableColumn, cell, fit
from djtui.tui.widgets.virtual_rows import Source, VirtualRows

STRIPS_KEPT: Final = 1000
WHOLE_ROW: Final = -1
UNSEEN_WIDTH: Final = 80
UP: Final = "↑"
DOWN: Final = "↓"
CURSOR: Final = "▌"
CURSOR_END: Final = "▐"


def _move(key: str, action: str, description: str, name: str, tooltip: str) -> Binding:
    return Binding(key, action, description, show=False, id=f"table.{name}", tooltip=tooltip, group=keys.MOVE)


class VirtualDataTable(VirtualRows, inherit_bindings=False):
    """A DataTable over a `Source`. Fixed rows, fixed columns, row labels and higher rows are not drawn."""

    DEFAULT_CSS = """
    VirtualDataTable { height: 1fr; overflow: hidden hidden; scrollbar-size: 0 0; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        _move("down,j", "cursor_down", "Down", "down", "Go down a row"),
        _move("up,k", "cursor_up", "Up", "up", "Go up a row"),
        _move("pagedown,ctrl+f", "page_down", "A page down", "page_down", "Go down as far as one sees"),
        _move("pageup,ctrl+b", "page_up", "A page up", "page_up", "Go up as far as one sees"),
        _move("ctrl+d", "half_page(1)", "Half a page down", "half_down", "Go down half as far as one sees"),
        _move("ctrl+u", "half_page(-1)", "Half a page up", "half_up", "Go up half as far as one sees"),
        _move("g,ctrl+home", "scroll_top", "First", "first", "Go to the first row"),
        _move("G,ctrl+end", "scroll_bottom", "Last", "last", "Go to the last row"),
        _move("home", "scroll_home", "Home", "home", "Go to the first row, or the row's first cell"),
        _move("end", "scroll_end", "End", "end", "Go to the last row, or the row's last cell"),
        _move("left", "cursor_left", "Left", "left", "Look further left, or go to the previous cell"),
        _move("right", "cursor_right", "Right", "right", "Look further right, or go to the next cell"),
        _move("enter", "select_cursor", "Open", "open", "Open what is under the cursor"),
    ]

    # Rows come and go without a new layout: the table's own size never follows them.
    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False, repaint=False)

    def __init__(self, source: Source, columns: Sequence[TableColumn] = (), **options: Any) -> None:
        """`options` are DataTable's; the cursor is a row unless they say otherwise."""
        self.table_columns = tuple(columns)
        self.sorted_by: str | None = None
        self.sorted_down = False
        self._strips: dict[tuple[int, int | None, int | None], Strip] = {}
        self._kept_styles: dict[tuple[str, ...], Style] = {}
        super().__init__(source, **{"cursor_type": "row", **options})
        self._painted_state = self._pseudo_class_state
        self._highlighted_key: str | None = None
        self._fit_columns()

    # -- rows -------------------------------------------------------------------------------------

    def reload(self, *, row: int | None = None, line: int | None = None, repaint: bool = True) -> None:
        """The source's rows changed: put the cursor on `row`, shown on a line of the window if it can be.

        Both default to where the cursor is now. `repaint` False: the window will show what it shows now.
        """
        at, column = self.cursor_coordinate
        top = self.scroll_offset.y
        row = at if row is None else row
        line = at - top if line is None else line
        self._measure()
        self.forget_strips()
        destination = self._clamp_cursor_coordinate(Coordinate(row, column))
        self.set_reactive(DataTable.cursor_coordinate, destination)
        if not self.is_mounted:
            return
        if repaint or self.zebra_stripes:
            self.scroll_to(y=destination.row - line, animate=False, force=True)
            self.refresh(self.size.region)
        else:
            self.set_reactive(Widget.scroll_y, self.validate_scroll_y(destination.row - line))
            self.set_reactive(Widget.scroll_target_y, self.scroll_y)
        key = self.source.key(destination.row) if len(self.source) else None
        if self.show_cursor and key != self._highlighted_key:
            self._highlight_cursor()

    def forget_strips(self) -> None:
        """What was painted is not true any more."""
        self._strips.clear()

    def repaint_rows(self, which: Callable[[int], bool]) -> None:
        """Paint those of the seen rows anew that are to be."""
        self.forget_strips()
        first = self.scroll_offset.y
        for row in range(first, min(first + self._page, len(self.source))):
            if which(row):
                self.refresh_row(row)

    # -- columns ----------------------------------------------------------------------------------

    def set_columns(self, columns: Sequence[TableColumn]) -> None:
        """Show these columns. The source's rows must already have their cells in this order."""
        self.table_columns = tuple(columns)
        self._fit_columns()
        self.refresh(self.size.region)

    def show_sorted(self, field: str | None, reverse: bool = False) -> None:
        """Say in the header which column the rows are sorted by. Sorting them is the source's affair."""
        self.sorted_by, self.sorted_down = field, reverse
        self.forget_strips()
        self.refresh(Region(0, 0, self.size.width, self._head))

    def add_column(
        self, label: str | Text, *, width: int | None = None, key: str | None = None, default: Any = None
    ) -> ColumnKey:
        """Add a column that is never dropped. The source's rows must have a cell for it."""
        name = label.plain if isinstance(label, Text) else label
        column = TableColumn(key or name, name, width or max(len(name), 10), flex=0 if width else 1)
        self.set_columns((*self.table_columns, column))
        return ColumnKey(column.field)

    def remove_column(self, column_key: ColumnKey | str) -> None:
        self._refuse()

    def _fit_columns(self) -> None:
        places = {column.field: at for at, column in enumerate(self.table_columns)}
        self._fitted_width = self.size.width
        chosen = fit(self.table_columns, self._fitted_width or UNSEEN_WIDTH, self.cell_padding)
        self.fitted = [(places[column.field], column, width) for column, width in chosen]
        self.columns = {
            (key := ColumnKey(column.field)): Column(key, Text(column.label), width, width)
            for column, width in chosen
        }
        self._column_locations = TwoWayDict({key: at for at, key in enumerate(self.columns)})
        self.set_reactive(DataTable.cursor_coordinate, self._clamp_cursor_coordinate(self.cursor_coordinate))
        self._measure()
        self.forget_strips()

    # -- geometry ---------------------------------------------------------------------------------

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        changed = super()._size_updated(size, virtual_size, container_size, layout)
        if self.size.width != self._fitted_width:
            self._fit_columns()
        if changed:
            self._scroll_cursor_into_view()
        return changed

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        if round(old_value) != round(new_value):
            self.forget_strips()
            self.refresh(self.size.region)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        if round(old_value) != round(new_value):
            width, height = self.size
            self.refresh(Region(0, self._head, width, height - self._head))

    def watch_show_header(self, show: bool) -> None:
        self._fit_columns()

    def watch_header_height(self) -> None:
        self._fit_columns()

    def watch_cell_padding(self, old_padding: int, new_padding: int) -> None:
        self._fit_columns()

    # -- moving -----------------------------------------------------------------------------------

    def _go(self, rows: int) -> None:
        """Move the window and the cursor in it by so many rows."""
        self._set_hover_cursor(False)
        self.scroll_to(y=self.scroll_offset.y + rows, animate=False, force=True)
        self.move_cursor(row=self.cursor_row + rows, scroll=False)

    @property
    def _page(self) -> int:
        return max(1, self.size.height - self._head)

    def action_page_down(self) -> None:
        self._go(self._page)

    def action_page_up(self) -> None:
        self._go(-self._page)

    def action_half_page(self, direction: int) -> None:
        """Go down (1) or up (-1) by half of what is seen."""
        self._go(direction * max(1, self._page // 2))

    def action_scroll_home(self) -> None:
        if self.cursor_type == "row":
            self.action_scroll_top()
        else:
            super().action_scroll_home()

    def action_scroll_end(self) -> None:
        if self.cursor_type == "row":
            self.action_scroll_bottom()
        else:
            super().action_scroll_end()

    def _highlight_row(self, row_index: int) -> None:
        self._highlighted_key = self.source.key(row_index) if row_index < len(self.source) else None
        super()._highlight_row(row_index)

    def _set_hover_cursor(self, active: bool) -> None:
        if active != self._show_hover_cursor:  # else every key would paint the row under the mouse
            super()._set_hover_cursor(active)

    # -- painting ---------------------------------------------------------------------------------

    def row_look(self, index: int, row: Sequence[Any]) -> tuple[str, Mapping[str, str]]:
        """How a row departs from the plain: a component class over it ("" for none), and classes over its
        cells by field. To be overridden."""
        return "", {}

    def cell_text(self, index: int, row: Sequence[Any], column: TableColumn, value: Any, width: int) -> str:
        """The text of a cell, however long or hostile. To be overridden where a format cannot tell."""
        return column.format(value, width)

    def _clear_caches(self) -> None:
        super()._clear_caches()
        self._forget_styles()

    def notify_style_update(self) -> None:
        self._forget_styles()
        super().notify_style_update()

    def _forget_styles(self) -> None:
        self._kept_styles.clear()
        self.forget_strips()

    def _style(self, *classes: str) -> Style:
        """The table's style with component classes over it: stock ones whole, of others the letters."""
        style = self._kept_styles.get(classes)
        if style is None:
            style = self.rich_style
            for name in classes:
                over = self.get_component_rich_style(name)
                stock = name.startswith("datatable--")
                style += over if stock else Style(color=over.color, bold=over.bold, italic=over.italic)
            self._kept_styles[classes] = style
        return style

    def render_lines(self, crop: Region) -> list[Strip]:
        if (state := self.get_pseudo_class_state()) != self._painted_state:
            self._painted_state = state
            self._forget_styles()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        index = y - self._head + self.scroll_offset.y if y >= self._head else y - self._head
        if index >= len(self.source):
            return Strip.blank(self.size.width, self._style())
        lit = self._lit(self.cursor_coordinate, index)
        hover = self._lit(self.hover_coordinate, index) if self._show_hover_cursor else None
        strip = self._strips.get((index, lit, hover))
        if strip is None:
            if len(self._strips) >= STRIPS_KEPT:
                self._strips.clear()
            strip = self._row_strip(index, lit, hover) if index >= 0 else self._header_strip(y)
            self._strips[index, lit, hover] = strip
        return strip

    def _lit(self, coordinate: Coordinate, index: int) -> int | None:
        """What of a row a coordinate lights up: WHOLE_ROW, a column, or nothing."""
        if not self.show_cursor or index < 0 or self.cursor_type == "none":
            return None
        if self.cursor_type == "column":
            return coordinate.column
        if coordinate.row != index:
            return None
        return WHOLE_ROW if self.cursor_type == "row" else coordinate.column

    def _header_strip(self, y: int) -> Strip:
        style = self._style("datatable--header")
        if y:
            return Strip.blank(self.size.width, style)
        texts = [self._heading(column, width) for _, column, width in self.fitted]
        return self._strip([Segment("".join(texts), style)], style)

    def _heading(self, column: TableColumn, width: int) -> str:
        label = column.short if column.short and len(column.label) > width else column.label
        if column.field != self.sorted_by:
            return self._padded(label, column, width)
        arrow = DOWN if self.sorted_down else UP
        if len(label) + 2 <= width:
            return self._padded(f"{label} {arrow}", column, width)
        return self._padded(label, column, width)[:-1] + arrow  # in the blank between two columns

    def _padded(self, text: str, column: TableColumn, width: int) -> str:
        pad = " " * self.cell_padding
        return pad + cell(text, width, column.align) + pad

    def _row_strip(self, index: int, cursor: int | None, hover: int | None) -> Strip:
        row = self.source.row(index)
        if row is None:
            return Strip.blank(self.size.width, self._style())
        row_class, cell_classes = self.row_look(index, row)
        base: tuple[str, ...] = (row_class,) if row_class else ()
        if self.zebra_stripes:
            base = ("datatable--odd-row" if index % 2 else "datatable--even-row", *base)
        texts = [
            self._padded(self.cell_text(index, row, column, row[at], width), column, width)
            for at, column, width in self.fitted
        ]

        def style(at: int, field: str) -> Style:
            classes = base
            if name := cell_classes.get(field):
                classes += (name,)
            if hover in (WHOLE_ROW, at):
                classes += ("datatable--hover",)
            if cursor in (WHOLE_ROW, at):
                classes += ("datatable--cursor",)
            return self._style(*classes)

        row_style = style(WHOLE_ROW, "")
        if not cell_classes and cursor in (None, WHOLE_ROW) and hover in (None, WHOLE_ROW):
            segments = [Segment("".join(texts), row_style)]
        else:
            styles = (style(at, column.field) for at, (_, column, _) in enumerate(self.fitted))
            segments = [Segment(text, one) for text, one in zip(texts, styles, strict=True)]
        return self._strip(segments, row_style, barred=cursor == WHOLE_ROW)

    def _strip(self, segments: list[Segment], style: Style, *, barred: bool = False) -> Strip:
        """The visible part of a line, drawn out to the table's edge; `barred`: between the cursor's bars."""
        width, left = self.size.width, self.scroll_offset.x
        line = self.virtual_size.width
        if line < width:
            segments.append(Segment(" " * (width - line), style))
        if barred and self.cell_padding:
            text, first, _ = segments[0]
            segments[0] = Segment(CURSOR + text[1:], first)
            text, last, _ = segments[-1]
            segments[-1] = Segment(text[:-1] + CURSOR_END, last)
        strip = Strip(Segment.simplify(segments), max(line, width))
        return strip.crop(left, left + width) if line > width else strip

    # -- the mouse: arithmetic instead of a style for each cell -----------------------------------

    def _coordinate_at(self, event: events.MouseEvent) -> Coordinate | None:
        """The cell under the mouse; its row is -1 in the header. None outside of rows and columns."""
        if (offset := event.get_content_offset(self)) is None:
            return None
        row = -1 if offset.y < self._head else offset.y - self._head + self.scroll_offset.y
        x = offset.x + self.scroll_offset.x
        for column, (_, _, width) in enumerate(self.fitted):
            x -= width + 2 * self.cell_padding
            if x < 0:
                return Coordinate(row, column) if row < len(self.source) else None
        wide = self.cursor_type == "row" and 0 <= row < len(self.source) and self.fitted
        return Coordinate(row, len(self.fitted) - 1) if wide else None

    def _on_mouse_move(self, event: events.MouseMove) -> None:
        event.prevent_default()
        at = self._coordinate_at(event)
        over = at is not None and at.row >= 0 and self.show_cursor and self.cursor_type != "none"
        if over and at is not None and at != self.hover_coordinate:
            self.hover_coordinate = at
        self._set_hover_cursor(over)

    async def _on_click(self, event: events.Click) -> None:
        event.prevent_default()
        at = self._coordinate_at(event)
        if at is None:
            return
        event.stop()
        if at.row < 0:
            column = self.ordered_columns[at.column]
            self.post_message(DataTable.HeaderSelected(self, column.key, at.column, label=column.label))
        elif self.show_cursor and self.cursor_type != "none":
            lit = self._lit(self.cursor_coordinate, at.row)
            again = lit == WHOLE_ROW or lit == at.column
            self.cursor_coordinate = at
            if again:
                self.action_select_cursor()
