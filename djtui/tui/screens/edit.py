"""The edit dialog: text fields and rating of one track, or of all that are marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, Static

from djtui.library.history import EDITABLE
from djtui.model.text import harmless
from djtui.model.track import Track
from djtui.tui import formats
from djtui.tui.screens.dialog import Dialog

SEVERAL: Final = "several values"


class EditDialog(Dialog[dict[str, Any]]):
    """Answers the fields that were changed; an emptied field becomes unknown."""

    HINTS = "enter save · ↑ ↓ field · esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+s", "save", "Save", show=False, priority=True),
        Binding("down,tab", "step(1)", "Next field", show=False, priority=True),
        Binding("up,shift+tab", "step(-1)", "Previous field", show=False, priority=True),
    ]

    def __init__(self, tracks: Sequence[Track]) -> None:
        name = tracks[0].title or "untitled" if len(tracks) == 1 else formats.plural(len(tracks), "track")
        super().__init__(f"Edit {name}", wide=True)
        self._before = {field: common(tracks, field) for field in EDITABLE}
        self._typed: set[str] = set()
        self._several = len(tracks)
        self._warned: set[str] = set()

    def body(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            for field, (value, several) in self._before.items():
                with Horizontal(classes="field"):
                    yield Static(field, classes="name")
                    text = "" if value is None else str(value)
                    yield Input(
                        harmless(text),
                        placeholder=SEVERAL if several else "unknown",
                        compact=True,
                        id=f"field-{field}",
                        restrict="[0-5]?" if field == "rating" else None,
                    )
        yield Static("", classes="mistake")

    def on_mount(self) -> None:
        self.query_one("#field-title", Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        field = str(event.input.id).removeprefix("field-")
        value, several = self._before[field]
        shown = "" if value is None else harmless(str(value))
        if event.value != shown:
            self._typed.add(field)
        elif not several:
            self._typed.discard(field)

    def action_step(self, step: int) -> None:
        fields = list(self.query(Input))
        at = fields.index(self.focused) if isinstance(self.focused, Input) else 0
        self.set_focus(fields[(at + step) % len(fields)])  # at once: keys come in bursts over a slow line

    def action_save(self) -> None:
        if self._several > 1 and self._typed and self._typed != self._warned:
            self._warned = set(self._typed)
            fields = ", ".join(field for field in EDITABLE if field in self._typed)
            self.query_one(".mistake", Static).update(
                f"enter again sets {fields} of all {self._several:,} tracks; esc leaves"
            )
            return
        self.dismiss({field: self._value(field) for field in EDITABLE if field in self._typed})

    def _value(self, field: str) -> str | int | None:
        text = self.query_one(f"#field-{field}", Input).value.strip()
        if not text:
            return None
        return int(text) if field == "rating" else text


def common(tracks: Sequence[Track], field: str) -> tuple[Any, bool]:
    """The value that all these tracks have, and False; or None, and whether they have several."""
    values = {getattr(track, field) for track in tracks}
    return (None, True) if len(values) > 1 else (values.pop(), False)
