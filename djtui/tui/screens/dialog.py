"""Dialogs: one frame over the view, a title in it, and what can be pressed in its lower edge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from djtui.model.text import harmless
from djtui.tui import styles
from djtui.tui.widgets.home import OfApp
from djtui.tui.widgets.rows import Row, Rows

R = TypeVar("R")


class Dialog(OfApp, ModalScreen[R | None], Generic[R]):
    """A frame in the middle of the screen; Esc closes it with None."""

    CSS_PATH = styles.sheet("dialog")
    HINTS = "esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, id="dialog.leave")
    ]

    def __init__(self, title: str, *, hints: str = "", wide: bool = False) -> None:
        super().__init__()
        self._title = title
        self._hints = hints or self.HINTS
        self._wide = wide

    def compose(self) -> ComposeResult:
        frame = Vertical(classes="dialog frame -wide" if self._wide else "dialog frame")
        frame.border_title = Content(harmless(self._title))
        frame.border_subtitle = Content(self._hints)
        with frame:
            yield from self.body()

    def body(self) -> ComposeResult:
        """The dialog's content."""
        yield from ()

    def action_leave(self) -> None:
        self.dismiss(None)


class Picker(Dialog[str]):
    """A list to choose from; typing narrows it. Answers the key of the chosen row."""

    HINTS = "type to narrow · enter choose · esc leave"
    PLACEHOLDER = "narrow the list"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "move(1)", show=False),
        Binding("up,ctrl+p", "move(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
    ]

    def __init__(self, title: str, rows: Sequence[Row], *, cursor: str | None = None) -> None:
        super().__init__(title, wide=True)
        self._rows = rows
        self._cursor = cursor

    def body(self) -> ComposeResult:
        yield Input(placeholder=self.PLACEHOLDER, compact=True, id="narrow")
        yield Rows(empty="Nothing like that.", id="choices")

    def on_mount(self) -> None:
        self.query_one(Rows).show(self._rows, cursor=self._cursor)

    def on_input_changed(self, event: Input.Changed) -> None:
        kept = self.choices(event.value)
        self.query_one(Rows).show(kept, cursor=kept[0].key if kept and event.value.strip() else None)

    def choices(self, typed: str) -> Sequence[Row]:
        """The rows that what is typed leaves."""
        wanted = typed.casefold().split()
        if not wanted:
            return self._rows
        return [row for row in self._rows if row.live and all(word in _text(row) for word in wanted)]

    def on_input_submitted(self) -> None:
        self.query_one(Rows).action_select()

    def on_rows_selected(self, event: Rows.Selected) -> None:
        self.dismiss(str(event.row.key))

    def action_move(self, step: int) -> None:
        self.query_one(Rows).action_move(step)

    def action_page(self, pages: float) -> None:
        self.query_one(Rows).action_page(pages)


class Question(Dialog[str]):
    """A question with a few answers, each with its key. Answers the key."""

    def __init__(self, title: str, text: str, answers: Sequence[tuple[str, str]]) -> None:
        super().__init__(title, hints=" · ".join(f"{key} {what}" for key, what in answers))
        self._text = text
        self._answers = answers

    def body(self) -> ComposeResult:
        yield Static(Content(harmless(self._text)), classes="text")
        rows = [Row(key, ((f"{key}  ", "$accent"), (what, ""))) for key, what in self._answers]
        choices = Rows(id="choices")
        choices.styles.height = len(rows)
        choices.show(rows)
        yield choices

    def on_rows_selected(self, event: Rows.Selected) -> None:
        self.dismiss(str(event.row.key))

    def key_pressed(self, key: str) -> bool:
        """Answer with a key, if it is one of the answers."""
        if any(key == answer for answer, _ in self._answers):
            self.dismiss(key)
            return True
        return False

    def on_key(self, event: object) -> None:
        from textual.events import Key

        if isinstance(event, Key) and event.character and self.key_pressed(event.character):
            event.stop()


class Prompt(Dialog[str]):
    """One line of text to type. `check` answers a sentence when the text will not do."""

    HINTS = "enter take it · esc leave"

    def __init__(
        self,
        title: str,
        text: str,
        value: str = "",
        *,
        check: Callable[[str], str | None] = lambda text: None,
    ) -> None:
        super().__init__(title)
        self._text = text
        self._value = value
        self._check = check

    def body(self) -> ComposeResult:
        yield Static(Content(harmless(self._text)), classes="text")
        yield Input(self._value, compact=True)
        yield Static("", classes="mistake")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if sentence := self._check(event.value):
            self.query_one(".mistake", Static).update(Content(harmless(sentence)))
        else:
            self.dismiss(event.value)


class Lines(Dialog[R], Generic[R]):
    """A list to read: a log, the failures of a job, a track in full."""

    HINTS = "j k move · esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "leave", show=False)]

    def __init__(
        self, title: str, rows: Sequence[Row], *, empty: str = "", end: bool = False, hints: str = ""
    ) -> None:
        super().__init__(title, wide=True, hints=hints)
        self._rows = rows
        self._empty = empty
        self._end = end

    def body(self) -> ComposeResult:
        yield Rows(empty=self._empty, id="lines")

    def on_mount(self) -> None:
        rows = self.query_one(Rows)
        rows.show(self._rows)
        if self._end:
            rows.action_jump(-1)
        rows.focus()


def _text(row: Row) -> str:
    return " ".join(text for text, _ in (*row.left, *row.right)).casefold()


def plain(key: str, text: str, right: str = "", style: str = "") -> Row:
    """A row of one text, and perhaps another at its right edge."""
    return Row(key, ((text, style),), ((right, "$quiet"),) if right else ())
