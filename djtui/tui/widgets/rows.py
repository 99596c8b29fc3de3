"""A list of lines with a cursor: crates, history, settings, failures, commands. Drawn line by line.

It has the keys of the track table, paints only what is seen, and each row is plain text: never markup.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, overload

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from djtui.tui import formats, keys


@dataclass(frozen=True, slots=True)
class Row:
    """A line: `left` is cut where room is short, `right` stays whole. One that is not `live` is a heading."""

    key: Hashable
    left: formats.Parts
    right: formats.Parts = ()
    live: bool = True


class RowSource(Sequence[Row]):
    """Rows of a list, each put together when it is painted."""

    @abstractmethod
    def line(self, at: int) -> Row:
        """The row at a place from 0 on."""

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        places = range(len(self))[at]
        return self.line(places) if isinstance(places, int) else [self.line(place) for place in places]


class Rows(ScrollView, can_focus=True, inherit_bindings=False):
    """A list of `Row`s."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--cursor", "rows--away", "rows--gutter"}
    DEFAULT_CSS = """
    Rows {
        height: 1fr; scrollbar-size: 0 0; overflow: hidden auto;
        & > .rows--cursor { background: $cursor; color: $cursor-text; text-style: $cursor-style; }
        & > .rows--away { background: $cursor-away; color: $foreground; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False, id="list.down", group=keys.MOVE),
        Binding("up,k", "move(-1)", "Up", show=False, id="list.up", group=keys.MOVE),
        Binding("g,home,ctrl+home", "jump(0)", "First", show=False, id="list.first", group=keys.MOVE),
        Binding("G,end,ctrl+end", "jump(-1)", "Last", show=False, id="list.last", group=keys.MOVE),
        Binding("pagedown", "page(1)", "A page down", show=False, id="list.page_down", group=keys.MOVE),
        Binding("pageup", "page(-1)", "A page up", show=False, id="list.page_up", group=keys.MOVE),
        Binding("ctrl+d", "page(0.5)", "Half a page down", show=False, id="list.half_down", group=keys.MOVE),
        Binding("ctrl+u", "page(-0.5)", "Half a page up", show=False, id="list.half_up", group=keys.MOVE),
        Binding("enter", "select", "Open", show=False, id="list.open", group=keys.MOVE),
    ]

    cursor: reactive[int] = reactive(0, init=False)
    """The index of the row under the cursor."""

    class Highlighted(Message):
        """The cursor came to another row."""

        def __init__(self, rows: Rows, row: Row) -> None:
            super().__init__()
            self.rows = rows
            self.row = row

        @property
        def control(self) -> Rows:
            return self.rows

    class Selected(Highlighted):
        """A row was chosen with enter or a click."""

    def __init__(self, *, empty: str = "", **kwargs: Any) -> None:
        """`empty` is what stands there when there are no rows: what to do next."""
        super().__init__(**kwargs)
        self._rows: Sequence[Row] = ()
        self._empty = empty
        self._told: Hashable = None

    @property
    def rows(self) -> Sequence[Row]:
        return self._rows

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None

    def show(self, rows: Sequence[Row], *, cursor: Hashable = None) -> None:
        """Show these rows. The cursor goes to the row with that key, else stays on its own."""
        wanted = cursor if cursor is not None else (self.row.key if self.row else None)
        self._rows = rows
        self.virtual_size = Size(self.size.width, len(rows))
        index = next((index for index, row in enumerate(rows) if row.key == wanted), None)
        self.set_reactive(
            Rows.cursor, self._live(min(self.cursor, len(rows) - 1) if index is None else index, 1)
        )
        self._reveal()
        self._tell()
        self.refresh()

    def say(self, empty: str) -> None:
        """What stands there when there are no rows."""
        self._empty = empty
        self.refresh()

    def move_to(self, key: Hashable) -> None:
        """Put the cursor on the row with this key, if it is there."""
        for index, row in enumerate(self._rows):
            if row.key == key:
                self.cursor = index

    # -- the cursor -------------------------------------------------------------------------------

    def _live(self, index: int, step: int) -> int:
        """The nearest row that the cursor may stand on, first in the direction of `step`."""
        if not self._rows:
            return 0
        index = max(0, min(index, len(self._rows) - 1))
        ahead = range(index, len(self._rows)) if step > 0 else range(index, -1, -1)
        back = range(index, -1, -1) if step > 0 else range(index, len(self._rows))
        return next((at for span in (ahead, back) for at in span if self._rows[at].live), index)

    def watch_cursor(self) -> None:
        self._reveal()
        self._tell()
        self.refresh()

    def _reveal(self) -> None:
        """Scroll to the cursor, and to the headings right above it."""
        if self._rows:
            first = self.cursor
            while 0 < first <= len(self._rows) and not self._rows[first - 1].live:
                first -= 1
            region = Region(0, first, 1, self.cursor - first + 1)
            self.scroll_to_region(region, animate=False, force=True)

    def _tell(self) -> None:
        if (row := self.row) and row.live and row.key != self._told:
            self._told = row.key
            self.post_message(self.Highlighted(self, row))

    def action_move(self, step: int) -> None:
        self.cursor = self._live(self.cursor + step, step)

    def action_jump(self, to: int) -> None:
        self.cursor = self._live(0, 1) if to == 0 else self._live(len(self._rows) - 1, -1)

    def action_page(self, pages: float) -> None:
        step = round(pages * max(1, self.size.height - 1))
        self.cursor = self._live(self.cursor + step, step)

    def action_select(self) -> None:
        if (row := self.row) and row.live:
            self.post_message(self.Selected(self, row))

    # -- mouse and focus --------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        index = event.y - self.content_region.y + self.region.y + self.scroll_offset.y
        if 0 <= index < len(self._rows) and self._rows[index].live:
            self.cursor = index
            self.action_select()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_resize(self) -> None:
        self.virtual_size = Size(self.size.width, len(self._rows))
        self._reveal()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    # -- painting ---------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        index = y + self.scroll_offset.y
        if not self._rows and y == 0 and self._empty:
            return self._strip([(" " + self._empty, "$quiet")], width)
        if index >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        row = self._rows[index]
        here = index == self.cursor and row.live
        mark = ("▌", "$accent") if here and self.has_focus else (" ", "")
        parts = [mark, *formats.line(row.left, [*row.right, (" ", "")], width - 1)]
        return self._strip(parts, width, ("rows--cursor" if self.has_focus else "rows--away") if here else "")

    def _strip(self, parts: formats.Parts, width: int, component: str = "") -> Strip:
        style = self.get_visual_style(component) if component else self.visual_style
        content = formats.content(parts)
        return Visual.to_strips(self, content, width, 1, style, pad=True)[0]
