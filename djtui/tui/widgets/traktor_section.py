"""A section of the Traktor view: one list in a frame, with what it says when there is nothing in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from djtui.model.text import harmless
from djtui.tui.screens.traktor_facts import Facts
from djtui.tui.widgets.edge import Edge
from djtui.tui.widgets.home import OfApp
from djtui.tui.widgets.traktor_table import ListTable

if TYPE_CHECKING:
    from djtui.tui.screens.view import View

IMPORT_FIRST: Final = "Nothing has been imported yet: i imports the collection, and only reads it."
_EDGE: Final = 8
"""Cells of the lower edge that are no words: its corners, and what parts two facts."""


class Section(OfApp, Vertical):
    """One of the lists. It reads itself anew whenever the facts are others and it is on the screen."""

    NAME: ClassVar[str] = ""
    TITLE: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__(id=self.NAME, classes="section")
        self.facts = Facts()
        self.seen: Facts | None = None
        """The facts that its rows were read with."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="list"):
            yield Static("", classes="empty")
            yield from self.body()
        yield Edge()

    def body(self) -> ComposeResult:
        """The list."""
        yield from ()

    def badge(self, facts: Facts) -> str:
        """What its tab says behind the name: how many there are."""
        return ""

    async def read(self, facts: Facts) -> None:
        """Read the rows and show them. Raises `LibraryError`."""

    @property
    def list(self) -> Widget:
        """What has the cursor."""
        return self.query_one(".list").children[-1]

    def position(self) -> str:
        """Where the cursor is."""
        return ""

    def escape(self) -> None:
        """Esc was pressed."""

    def leave(self) -> None:
        """Another section, or another view, takes its place."""

    def on_descendant_focus(self) -> None:
        self.add_class("-focus")  # :focus-within alone would not reach the edge, which is beside the list

    def on_descendant_blur(self) -> None:
        self.remove_class("-focus")

    def say_title(self, text: str) -> None:
        """What stands in the upper edge."""
        self.query_one(".list").border_title = Content(harmless(text))

    def say_edge(self, *facts: str) -> None:
        """What stands in the lower edge."""
        self.query_one(Edge).say(*facts)

    def say_empty(self, text: str) -> None:
        """What stands there instead of rows; "" where there are some."""
        self.set_class(bool(text), "-nothing")
        self.query_one(".empty", Static).update(Content(harmless(text)))


class TableSection(Section):
    """A section whose list is a table."""

    @property
    def table(self) -> ListTable:
        return self.query_one(ListTable)

    def position(self) -> str:
        table = self.table
        return f"{table.cursor_row + 1:,} / {table.row_count:,}" if table.row_count else ""

    def say_empty(self, text: str) -> None:
        super().say_empty(text)
        self.table.show_header = not text

    def say_position(self) -> None:
        """The cursor is elsewhere, or the rows are others."""
        view = cast("View", self.screen)
        position = "" if view.has_class("-narrow") else self.position()
        room = self.size.width - _EDGE - len(position)
        hints = self.hints()
        self.say_edge(
            next((hint for hint in hints if len(hint) <= room), hints[-1] if hints else ""), position
        )
        view.refresh_position()

    def hints(self) -> Sequence[str]:
        """What can be pressed, for the lower edge: the first of these that there is room for."""
        return ()

    def on_resize(self) -> None:
        self.say_position()

    def on_data_table_row_highlighted(self, event: Any) -> None:
        self.say_position()
