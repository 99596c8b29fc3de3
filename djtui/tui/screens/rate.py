"""The dialog behind *: a digit, and the chosen tracks have so many stars."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from djtui.tui.screens.dialog import Dialog


class RateDialog(Dialog[int]):
    """Waits for a digit."""

    HINTS = "0-5 stars · esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(str(stars), f"rate({stars})", f"{stars} stars", show=False) for stars in range(6)
    ]

    def body(self) -> ComposeResult:
        yield Static(Content("How many stars? 0 to 5."), classes="text")

    def action_rate(self, stars: int) -> None:
        self.dismiss(stars)
