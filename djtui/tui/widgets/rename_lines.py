"""The lines around the list of a rename: the template that is typed, and what is painted below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from djtui.files.template import Template, TemplateError
from djtui.model.text import harmless
from djtui.tui import keys
from djtui.tui.formats import Parts
from djtui.tui.widgets.lines import Lines

LABEL: Final = 10


class Painted(Lines):
    """Lines that a function makes of the width."""

    def __init__(self, paint: Callable[[int], Sequence[Parts]], **options: Any) -> None:
        super().__init__(**options)
        self._paint = paint

    def lines(self, width: int) -> Sequence[Parts]:
        return self._paint(width)

    def get_content_height(self, container: Any, viewport: Any, width: int) -> int:
        return len(self._paint(width))


class TemplateInput(Input):
    """The line itself. Enter keeps what is typed, Esc puts back what stood there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "keep", "to the list", id="rename.keep", group=keys.FILES,
                tooltip="Keep the template and go to the files"),
        Binding("escape", "put_back", "as it was", id="rename.put_back", group=keys.FILES,
                tooltip="The template as it was, and back to the files"),
    ]  # fmt: skip

    class Left(Message):
        """The DJ goes on in the list."""

    def __init__(self, text: str) -> None:
        super().__init__(text, placeholder="{artist} - {title}", compact=True, select_on_focus=False)
        self._before = text

    def on_focus(self) -> None:
        self._before = self.value
        self.cursor_position = len(self.value)

    def action_keep(self) -> None:
        self.post_message(self.Left())

    def action_put_back(self) -> None:
        self.value = self._before
        self.post_message(self.Left())


class TemplateLine(Vertical):
    """A template with its name, and below it a mistake, pointed at."""

    class Typed(Message):
        """The template of this line is another one now."""

        def __init__(self, number: int, text: str) -> None:
            super().__init__()
            self.number = number
            self.text = text

    def __init__(self, number: int, label: str, text: str) -> None:
        super().__init__(classes="template")
        self.number = number
        self._label = label
        self._text = text

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(Content(f" {self._label}".ljust(LABEL)), classes="label")
            yield TemplateInput(self._text)
            yield Static("", classes="preset")
        yield Static("", classes="mistake")

    @property
    def input(self) -> TemplateInput:
        return self.query_one(TemplateInput)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.point_at_mistake()
        self.post_message(self.Typed(self.number, event.value))

    def on_click(self, event: events.Click) -> None:
        self.input.focus()

    def call(self, label: str, preset: str) -> None:
        """What the template is for, and by what name it is a preset."""
        self.query_one(".label", Static).update(Content(f" {label}".ljust(LABEL)))
        self.query_one(".preset", Static).update(Content(harmless(preset)))

    def put(self, text: str) -> None:
        """Another template stands here, which was not typed."""
        if text != self.input.value:
            with self.prevent(Input.Changed):
                self.input.value = text
        self.point_at_mistake()

    def point_at_mistake(self) -> None:
        """Show what is wrong with the template, and where; or that nothing is."""
        text, said = self.input.value, self.query_one(".mistake", Static)
        try:
            Template(text)
        except TemplateError as error:
            indent = LABEL + cell_len(text[: error.position]) - round(self.input.scroll_offset.x)
            pointed = " " * max(0, indent) + "^" * max(1, cell_len(text[error.position :][: error.length]))
            sentence = harmless(str(error))
            fits = cell_len(pointed) + 1 + cell_len(sentence) <= self.size.width
            said.update(Content(f"{pointed} {sentence}" if fits else f"{pointed}\n {sentence}"))
            said.display = True
        else:
            said.display = False
