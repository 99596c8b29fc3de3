"""The line that a rule is typed into, with a mistake in it pointed at."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from djtui.tui import keys
from djtui.tui.widgets.filter_bar import FilterBar, FilterInput


class RuleInput(FilterInput):
    """The line itself: enter keeps what is typed, Esc puts back what was there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "leave", "Keep the rule", show=False),
        Binding("enter", "leave", "keep the rule", id="rule.keep", group=keys.ROUTING,
                tooltip="Keep the rule as it is typed; Spotify hears of it only when it is applied"),
        Binding("escape", "clear", "put back", id="rule.back", group=keys.ROUTING,
                tooltip="Put back the rule as it was"),
    ]  # fmt: skip

    class Left(Message):
        """The DJ is done with it; `keep`: what is typed is to be the rule."""

        def __init__(self, *, keep: bool) -> None:
            super().__init__()
            self.keep = keep

    def action_leave(self) -> None:
        self.post_message(self.Left(keep=True))

    def action_clear(self) -> None:
        self.post_message(self.Left(keep=False))

    def on_blur(self) -> None:
        self.post_message(self.Left(keep=True))


class RuleLine(FilterBar):
    """The line, how many songs the rule takes, and a mistake."""

    LEAD: ClassVar[str] = "rule "

    def line(self) -> FilterInput:
        return RuleInput(placeholder="every song", compact=True, select_on_focus=False)

    def put(self, text: str) -> None:
        """Have that stand there, as if it had always."""
        if self.input.value != text:
            with self.prevent(RuleInput.Changed):
                self.input.value = text
        self.all_right()
