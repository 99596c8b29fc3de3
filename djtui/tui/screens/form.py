"""A form: labelled fields to type into, each with what its text means beside it and what is wrong below.

All fields are painted by one widget, and one input line lies over the field that the cursor is in: a form of
twenty fields opens as quickly as one of two.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from djtui.model.text import harmless
from djtui.tui import formats
from djtui.tui.fields import Entry, Field
from djtui.tui.formats import Parts
from djtui.tui.screens.dialog import Dialog
from djtui.tui.widgets.lines import Lines

_LABEL: Final = 16
_FIELD: Final = "↑ ↓ field"
_MORE: Final = "↓ more fields"
_FRAME: Final = 4  # lines that are no field: the frame's and those of the sentence


class Fields(Lines):
    """The painted fields."""

    class Clicked(Message):
        """A line was clicked."""

        def __init__(self, line: int) -> None:
            super().__init__()
            self.line = line

    class Resized(Message):
        """There is room for more lines, or fewer."""

    def __init__(self, paint: Callable[[int], Sequence[Parts]]) -> None:
        super().__init__()
        self._paint = paint

    def on_resize(self) -> None:
        self.post_message(self.Resized())

    def lines(self, width: int) -> Sequence[Parts]:
        return self._paint(width)

    def on_click(self, event: events.Click) -> None:
        self.post_message(self.Clicked(event.y))


class FieldInput(Input):
    """The line that is typed into. It sees to the form's keys itself: in a burst they stay in order."""

    FORM_KEYS: ClassVar[Mapping[str, str]] = {
        "enter": "save",
        "ctrl+s": "save",
        "down": "step(1)",
        "tab": "step(1)",
        "up": "step(-1)",
        "shift+tab": "step(-1)",
        "ctrl+l": "clear",
        "ctrl+z": "put_back",
    }

    async def on_key(self, event: events.Key) -> None:
        if action := self.FORM_KEYS.get(event.key):
            event.stop()
            event.prevent_default()
            await self.screen.run_action(action)


class Form(Dialog[dict[str, Any]]):
    """Answers the values of the fields that were touched; None is an unknown value."""

    HINTS = f"enter save · {_FIELD} · ^l unknown · ^z as it was · esc leave"

    def __init__(self, title: str, fields: Sequence[Field], *, first: str | None = None) -> None:
        """The cursor begins in the field `first`."""
        super().__init__(title, wide=True)
        self.entries = [Entry(field) for field in fields]
        self.at = next((at for at, field in enumerate(fields) if field.name == first), 0)
        self._top = 0

    def body(self) -> ComposeResult:
        with Container(classes="fields"):
            yield Fields(self._paint)
            yield FieldInput(self._here.text, compact=True, select_on_focus=False)
        yield Static("", id="refusal", classes="mistake")

    def on_mount(self) -> None:
        self.query_one(".dialog", Vertical).styles.max_height = len(self.entries) + _FRAME
        self._input.focus()
        self._input.select_all()
        self.call_after_refresh(self._repaint)

    def refusal(self, values: dict[str, Any]) -> str | None:
        """Why these values cannot be saved (yet), in a sentence. To be overridden."""
        return None

    @property
    def _input(self) -> Input:
        return self.query_one(Input)

    @property
    def _here(self) -> Entry:
        return self.entries[self.at]

    # -- painting ---------------------------------------------------------------------------------

    def _paint(self, width: int) -> Sequence[Parts]:
        lines: list[Parts] = []
        for at, entry in enumerate(self.entries):
            lines.append(self._line(entry, width, here=at == self.at))
            lines += [[(" " * _LABEL, ""), (line, "$error")] for line in _wrapped(entry, width)]
        return lines[self._top : self._top + max(1, self.query_one(Fields).size.height)]

    def _line(self, entry: Entry, width: int, *, here: bool) -> Parts:
        sign = "● " if entry.touched else "  "
        room = _room(entry, width)
        text, style = (entry.text, "") if entry.text else (entry.placeholder, "$quiet")
        value = " " * room if here else formats.fit(harmless(text), room)
        label = formats.fit(entry.field.label, _LABEL - 2)
        explained = entry.field.explain(entry.text) if entry.field.explain else ()
        beside = formats.cut_parts(explained, max(0, width - _LABEL - room - 2))
        marked = "$accent" if entry.touched else "$quiet"
        return [(sign, "$accent"), (label, marked), (value, style), ("  ", ""), *beside]

    def _repaint(self) -> None:
        """Paint what changed, scroll to the field, and lay the input line over it."""
        painted, line = self.query_one(Fields), self._input
        width, height = painted.size
        if not height:
            return
        above = sum(1 + len(_wrapped(entry, width)) for entry in self.entries[: self.at])
        needed = 1 + len(_wrapped(self._here, width))
        total = sum(1 + len(_wrapped(entry, width)) for entry in self.entries)
        self.query_one(".dialog", Vertical).styles.max_height = total + _FRAME
        self._top = max(min(self._top, above), above + min(needed, height) - height)
        line.styles.offset = (_LABEL, above - self._top)
        line.styles.width = _room(self._here, width)
        line.placeholder = self._here.placeholder
        painted.repaint_changes()
        self._hint(more=self._top + height < total)

    def _hint(self, *, more: bool) -> None:
        """What can be pressed, and whether there are fields below those that are seen."""
        frame, hints = self.query_one(".dialog", Vertical), self._hints
        if more:
            hints = hints.replace(_FIELD, _MORE)
        if str(frame.border_subtitle) != hints:
            frame.border_subtitle = Content(hints)

    def on_fields_resized(self) -> None:
        self._repaint()

    # -- typing -----------------------------------------------------------------------------------

    def _go(self, at: int) -> None:
        """Put the cursor into a field."""
        self.at = at
        self._show_text()
        self._input.select_all()

    def _show_text(self) -> None:
        with self.prevent(Input.Changed):
            self._input.value = self._here.text
        self._repaint()

    def _take(self) -> None:
        """What is typed by now: messages about it may still be under way."""
        self._here.type(self._input.value)

    def on_input_changed(self) -> None:
        self._take()
        self._repaint()

    def on_fields_clicked(self, message: Fields.Clicked) -> None:
        lines = [at for at, entry in enumerate(self.entries) for _ in range(1 + len(self._mistake(entry)))]
        if message.line + self._top < len(lines):
            self._leave_for(lines[message.line + self._top])

    def _mistake(self, entry: Entry) -> list[str]:
        return _wrapped(entry, self.query_one(Fields).size.width)

    def _leave_for(self, at: int) -> None:
        self._take()
        self._here.check()
        self._go(at)

    def action_step(self, step: int) -> None:
        self._leave_for((self.at + step) % len(self.entries))

    def action_clear(self) -> None:
        self._here.clear()
        self._show_text()

    def action_put_back(self) -> None:
        self._here.put_back()
        self._show_text()

    def action_save(self) -> None:
        self._take()
        wrong = [at for at, entry in enumerate(self.entries) if not entry.check()]
        if wrong:
            self._go(wrong[0])
            return
        values = {entry.field.name: entry.value() for entry in self.entries if entry.touched}
        if sentence := self.refusal(values):
            self.query_one("#refusal", Static).update(Content(harmless(sentence)))
        else:
            self.dismiss(values)


def _room(entry: Entry, width: int) -> int:
    """The cells for a value: half of what is beside the label, where something explains it, else all."""
    rest = max(0, width - _LABEL)
    return rest // 2 if entry.field.explain else rest


def _wrapped(entry: Entry, width: int) -> list[str]:
    return textwrap.wrap(harmless(entry.mistake), max(10, width - _LABEL)) if entry.mistake else []
