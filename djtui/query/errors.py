"""A mistake in a query, pointed at."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from djtui.model.text import harmless


class QueryError(ValueError):
    """What is wrong with a query, and where: `length` characters from `position` on, counted from 0.

    `message` is a sentence; `suggestion`, if there is one, is what to write in that place instead.
    """

    def __init__(self, message: str, position: int, length: int = 1, suggestion: str | None = None) -> None:
        super().__init__(message, position, length, suggestion)
        self.message = message
        self.position = position
        self.length = max(1, length)
        self.suggestion = suggestion

    def __str__(self) -> str:
        return f"{self.message} Did you mean {self.suggestion}?" if self.suggestion else self.message

    def carets(self, query: str) -> str:
        """The line to print below the query: carets under the mistake, wide characters counted as two."""
        before, wrong = query[: self.position], query[self.position : self.position + self.length]
        return " " * _cells(before) + "^" * max(1, _cells(wrong))

    def pointed(self, query: str) -> str:
        """Three lines for a terminal: the query, the carets, the sentence."""
        return f"{harmless(query)}\n{self.carets(query)}\n{self}"


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate a typing mistake was most likely meant to be."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word.lower(), list(candidates), n=1, cutoff=0.6)), None)


def _cells(text: str) -> int:
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
