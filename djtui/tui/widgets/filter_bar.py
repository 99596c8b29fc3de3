"""The filter line: what is typed, how many tracks that leaves, and where a mistake is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from djtui.model.text import harmless
from djtui.tui import keys
from djtui.tui.messages import FilterLeft, FilterTyped

if TYPE_CHECKING:
    from djtui.library.view import View


class Question(Protocol):
    """What a table is asked to show."""

    @property
    def filter(self) -> str: ...

    def view(self) -> View:
        """Raises `QueryError`."""
        ...


class FilterInput(Input):
    """The line itself. Esc clears it, and leaves it when it is clear."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "leave", "to the tracks", id="filter.leave", group=keys.FIND,
                tooltip="Keep the filter and go to the tracks"),
        Binding("escape", "clear", "clear", id="filter.clear", group=keys.FIND,
                tooltip="Clear the filter; when it is clear, go to the tracks"),
    ]  # fmt: skip

    def action_leave(self) -> None:
        self.post_message(FilterLeft())

    def action_clear(self) -> None:
        if self.value:
            self.value = ""
        else:
            self.post_message(FilterLeft())


class FilterBar(Vertical):
    """The filter line with its count, and below it a mistake, pointed at."""

    LEAD: ClassVar[str] = "/ "

    def __init__(self, text: str = "", **options: Any) -> None:
        super().__init__(**options)
        self._text = text

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(self.LEAD, classes="lead")
            yield self.line()
            yield Static("", classes="count")
        yield Static("", classes="mistake")

    def line(self) -> FilterInput:
        """The line to type into."""
        return FilterInput(self._text, placeholder="filter", compact=True, select_on_focus=False)

    @property
    def input(self) -> FilterInput:
        return self.query_one(FilterInput)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.input.value if self.is_mounted else self._text

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(FilterTyped(event.value))

    def on_click(self, event: events.Click) -> None:
        self.input.focus()

    def say_count(self, text: str) -> None:
        """How many tracks there are."""
        self.query_one(".count", Static).update(Content(text))

    def view_of(self, question: Question) -> View | None:
        """What a question asks for; None where its filter is wrong, which is pointed at if it stands here."""
        from djtui.query.errors import QueryError

        try:
            wanted = question.view()
        except QueryError as error:
            if self.text == question.filter:
                self.point_at(error.position, error.length, str(error))
            return None
        self.all_right()
        return wanted

    def point_at(self, position: int, length: int, sentence: str) -> None:
        """Show a mistake: carets below it, and the sentence."""
        text = self.input.value
        indent = len(self.LEAD) + cell_len(text[:position]) - round(self.input.scroll_offset.x)
        carets = "^" * max(1, cell_len(text[position : position + length]))
        pointed = " " * max(0, indent) + carets
        said = harmless(sentence)
        fits = cell_len(pointed) + 1 + cell_len(said) <= self.size.width - 2
        mistake = self.query_one(".mistake", Static)
        mistake.update(Content(f"{pointed} {said}" if fits else f"{pointed}\n{said}"))
        mistake.display = True

    def all_right(self) -> None:
        """There is no mistake."""
        self.query_one(".mistake", Static).display = False
