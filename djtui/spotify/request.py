"""A request to Spotify's Web API, and the answer that came, before anybody has judged it. No I/O here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Method = Literal["GET", "POST", "PUT", "DELETE"]

NOTHING: Final = object()
"""The content of an answer that is no JSON: a page of HTML, half of an answer, or no body at all."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `path` has no slash at either end; `about` says it in words: "the liked songs"."""

    method: Method
    path: str
    about: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


class Answer:
    """What came back: status, headers, and the content if it is JSON.

    spotipy hands this through from its session to its caller as if it were the decoded answer: it would else
    raise on an error whose body it does not expect, and format every page for a debug log that nobody reads.
    """

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.empty = not body.strip()
        try:
            self.content: Any = json.loads(body)
        except (ValueError, RecursionError):
            self.content = NOTHING
            self._text = body[:500].decode("utf-8", "replace")
        else:
            self._text = ""

    def raise_for_status(self) -> None:
        """Asked by spotipy. The status is judged by the port."""

    def json(self) -> Answer:
        """Asked by spotipy."""
        return self

    def __repr__(self) -> str:
        return f"<Answer {self.status}>"

    @property
    def message(self) -> str:
        """What Spotify says of an error: `error.message` of the body, or the body's words; '' if none."""
        error = self._error
        found = error.get("message") if isinstance(error, dict) else error
        return _one_line(found if isinstance(found, str) else self._text)

    @property
    def reason(self) -> str | None:
        """Spotify's word for an error: `error.reason`, as QUOTA_EXCEEDED."""
        error = self._error
        found = error.get("reason") if isinstance(error, dict) else None
        return found if isinstance(found, str) else None

    @property
    def _error(self) -> Any:
        return self.content.get("error") if isinstance(self.content, dict) else None


def _one_line(text: str) -> str:
    """Other people's words, fit for a sentence: 200 characters, none of which moves a cursor."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text[:500]).split())[:200]
