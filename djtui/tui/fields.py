"""The fields of a form: what is typed in each, what it means, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from djtui.model.text import harmless
from djtui.tui.formats import Parts

SEVERAL: Final = "several values"


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


class Entry:
    """A field with what was typed into it."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.shown = harmless(field.text)
        self.text = self.shown
        self.cleared = False
        self.mistake = ""

    @property
    def touched(self) -> bool:
        """Whether the field is to be set. An emptied one that had several values is left alone."""
        return self.cleared or (self.text != self.shown and not (self.field.several and not self.text))

    @property
    def placeholder(self) -> str:
        """What stands in the field while it is empty."""
        if self.touched:
            return f"will be {self.field.empty}"
        return SEVERAL if self.field.several else self.field.empty

    def value(self) -> Any:
        """What is typed, as a value. Raises `ValueError`."""
        return self.field.read(self.text)

    def type(self, text: str) -> None:
        """The text is another one now. A mistake that was pointed out goes as soon as it is mended."""
        self.text = text
        self.cleared = self.cleared and not text
        if self.mistake:
            self.check()

    def clear(self) -> None:
        """The value is to be unknown."""
        self.text, self.cleared = "", True
        self.check()

    def put_back(self) -> None:
        """As it was when the form opened."""
        self.text, self.cleared, self.mistake = self.shown, False, ""

    def check(self) -> bool:
        """Whether the text is all right; if not, `mistake` is a sentence."""
        self.mistake = ""
        if self.touched:
            try:
                self.value()
            except ValueError as error:
                self.mistake = str(error)
        return not self.mistake
