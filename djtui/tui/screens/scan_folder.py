"""The dialog that asks for a folder: a line to type into, with names that Tab completes."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from djtui.model.text import harmless
from djtui.tui.beside import beside
from djtui.tui.screens import scan_facts
from djtui.tui.screens.dialog import Dialog

_ABOUT: Final = "Its sound files become tracks, and those of the folders in it. The files are only read."


class FolderPrompt(Dialog[str]):
    """Answers an absolute path. The disk is asked beside the event loop: it may be far away."""

    HINTS = "enter take it · tab complete · esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", "Complete", show=False)]

    def __init__(self, title: str, value: str) -> None:
        super().__init__(title, wide=True)
        self._value = value

    def body(self) -> ComposeResult:
        yield Static(Content(_ABOUT), classes="text")
        yield Input(self._value, compact=True, select_on_focus=False)
        yield Static("", id="folders")
        yield Static("", classes="mistake")

    def on_mount(self) -> None:
        line = self.query_one(Input)
        line.focus()
        line.action_end()

    def on_input_changed(self) -> None:
        self._say("")

    def _say(self, mistake: str, folders: str = "") -> None:
        self.query_one(".mistake", Static).update(Content(harmless(mistake)))
        self.query_one("#folders", Static).update(Content(harmless(folders)))

    def action_complete(self) -> None:
        self.djtui.do(self._complete())

    async def _complete(self) -> None:
        line = self.query_one(Input)
        text = line.value
        longer, folders = await beside(scan_facts.completed, text)
        if not self.is_attached or line.value != text:
            return
        with self.prevent(Input.Changed):
            line.value = longer
        line.action_end()
        self._say("", "  ".join(folders) or ("" if longer != text else "No folder goes on like this."))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.djtui.do(self._take(event.value))

    async def _take(self, text: str) -> None:
        mistake = await beside(scan_facts.unfit, text)
        if not self.is_attached:
            return
        if mistake:
            self._say(mistake)
        else:
            self.dismiss(scan_facts.typed(text))
