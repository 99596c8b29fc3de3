"""A form: labelled fields to type into, each with what its text means beside it and what is wrong below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from djtui.model.text import harmless
from djtui.tui import formats
from djtui.tui.formats import Parts
from djtui.tui.screens.dialog import Dialog

SEVERAL: Final = "several values"
_FRAME: Final = 4  # lines that are no field: the frame's and those of the sentence


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form. `several`: what is edited has several values there, so that it shows none.

    `read` makes a value of what is typed, or raises `ValueError` with a sentence; `explain` says what that
    is, or what is wanted; `empty` is what it means when nothing is typed.
    """

    name: str
    label: str
    text: str
    read: Callable[[str], Any]
    explain: Callable[[str], Parts] | None = None
    several: bool = False
    empty: str = "unknown"

    @property
    def placeholder(self) -> str:
        """What stands in the field while it is empty and untouched."""
        return SEVERAL if self.several else self.empty


class FieldLine(Horizontal):
    """The line of a field. It is touched when it says something else than at first, or was cleared."""

    def __init__(self, field: Field) -> None:
        super().__init__(classes="field")
        self.field = field
        self.cleared = False
        self._shown = harmless(field.text)
        self._mistake: Static | None = None

    def compose(self) -> ComposeResult:
        yield Static(self._label(), classes="name")
        yield Input(self._shown, placeholder=self.field.placeholder, compact=True)
        if self.field.explain:
            yield Static(self._beside(self._shown), classes="beside")

    @property
    def input(self) -> Input:
        return self.query_one(Input)

    @property
    def touched(self) -> bool:
        """Whether the field is to be set. An emptied one that had several values is left alone."""
        text = self.input.value if self.is_mounted else self._shown
        return self.cleared or (text != self._shown and not (self.field.several and not text))

    def value(self) -> Any:
        """What is typed, as a value. Raises `ValueError`."""
        return self.field.read(self.input.value)

    def clear(self) -> None:
        """The value is to be unknown."""
        self.cleared = True
        self.input.value = ""
        self._show()

    def put_back(self) -> None:
        """As it was when the form opened."""
        self.cleared = False
        self.input.value = self._shown
        self._show()

    def check(self) -> bool:
        """Whether the text is all right; if not, the sentence comes up below the field."""
        sentence = ""
        if self.touched:
            try:
                self.value()
            except ValueError as error:
                sentence = str(error)
        self._say(sentence)
        return not sentence

    def on_input_changed(self, event: Input.Changed) -> None:
        self.cleared = self.cleared and not event.value
        self._show()
        if self._mistake:
            self.check()

    def on_input_blurred(self) -> None:
        self.check()

    def _show(self) -> None:
        self.query_one(".name", Static).update(self._label())
        emptied = self.touched and not self.input.value
        self.input.placeholder = f"will be {self.field.empty}" if emptied else self.field.placeholder
        if self.field.explain:
            self.query_one(".beside", Static).update(self._beside(self.input.value))

    def _label(self) -> Content:
        sign, style = ("● ", "$accent") if self.touched else ("  ", "$quiet")
        return formats.content([(sign, "$accent"), (self.field.label, style)])

    def _beside(self, text: str) -> Content:
        assert self.field.explain is not None
        return formats.content(self.field.explain(text))

    def _say(self, sentence: str) -> None:
        if not sentence:
            if self._mistake:
                self._mistake.remove()
                self._mistake = None
        elif self._mistake:
            self._mistake.update(Content(harmless(sentence)))
        elif self.parent:
            self._mistake = Static(Content(harmless(sentence)), classes="mistake")
            self.screen.query_one(VerticalScroll).mount(self._mistake, after=self)


class Form(Dialog[dict[str, Any]]):
    """Answers the values of the fields that were touched; None is an unknown value."""

    HINTS = "enter save · ↑ ↓ field · ^l unknown · ^z as it was · esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+s", "save", "Save", show=False, priority=True),
        Binding("down,tab", "step(1)", "Next field", show=False, priority=True),
        Binding("up,shift+tab", "step(-1)", "Previous field", show=False, priority=True),
        Binding("ctrl+l", "clear", "Unknown", show=False, priority=True),
        Binding("ctrl+z", "put_back", "As it was", show=False, priority=True),
    ]

    def __init__(self, title: str, fields: Sequence[Field], *, first: str | None = None) -> None:
        """The cursor begins in the field `first`."""
        super().__init__(title, wide=True)
        self._fields = fields
        self._first = first or fields[0].name

    def body(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            for field in self._fields:
                yield FieldLine(field)
        yield Static("", id="refusal", classes="mistake")

    def on_mount(self) -> None:
        self.query_one(".dialog", Vertical).styles.max_height = len(self._fields) + _FRAME
        self.set_focus(self._line(self._first).input)

    @property
    def lines(self) -> list[FieldLine]:
        return list(self.query(FieldLine))

    def refusal(self, values: dict[str, Any]) -> str | None:
        """Why these values cannot be saved (yet), in a sentence. To be overridden."""
        return None

    def action_step(self, step: int) -> None:
        inputs = [line.input for line in self.lines]
        at = inputs.index(self.focused) if isinstance(self.focused, Input) else 0
        self.set_focus(inputs[(at + step) % len(inputs)])  # at once: keys come in bursts over a slow line

    def action_clear(self) -> None:
        self._here.clear()

    def action_put_back(self) -> None:
        self._here.put_back()

    def action_save(self) -> None:
        wrong = [line for line in self.lines if not line.check()]
        if wrong:
            self.set_focus(wrong[0].input)
            return
        values = {line.field.name: line.value() for line in self.lines if line.touched}
        if sentence := self.refusal(values):
            self.query_one("#refusal", Static).update(Content(harmless(sentence)))
        else:
            self.dismiss(values)

    @property
    def _here(self) -> FieldLine:
        line = self.focused.parent if self.focused else None
        return line if isinstance(line, FieldLine) else self.lines[0]

    def _line(self, name: str) -> FieldLine:
        return next(line for line in self.lines if line.field.name == name)
