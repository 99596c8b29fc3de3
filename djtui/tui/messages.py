"""What widgets tell the screen they are on."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from djtui.tui.scope import Scope


@dataclass
class ScopeChosen(Message):
    """The cursor came to a crate; `enter` says that the DJ wants to go into it."""

    scope: Scope
    enter: bool = False


@dataclass
class FilterTyped(Message, bubble=True):
    """The filter is another one now."""

    text: str

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, FilterTyped)


class FilterLeft(Message):
    """The DJ is done with the filter line and goes on in the table."""
