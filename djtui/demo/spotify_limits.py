"""The Spotify stand-in's limits and the trouble it makes, each of which can be set while it runs.

The refusals are worded as recorded of Spotify: by other programs' bug reports, and in its announcements of
July 2026 (quota) and June 2026 (sign-ins end after six months).
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from time import monotonic
from typing import Any, Final, Literal

Trouble = Literal["500", "502", "503", "timeout", "lost", "hang", "window", "quota"]
Limit = Literal["window", "quota"]
Refusal = Literal["premium", "allowlist", "owner", "scope", "removed"]

REFUSALS: Final[dict[str, str]] = {
    "premium": "Active premium subscription required for the owner of the app.",
    "allowlist": "Check settings on developer.spotify.com/dashboard, the user may not be registered.",
    "owner": "You cannot add tracks to a playlist you don't own.",
    "scope": "Insufficient client scope",
    "removed": "Forbidden",
}
_ON_ITS_WAY_S: Final = 0.25
_WORDED_AS_TEXT: Final = ("premium", "allowlist")


@dataclass(frozen=True, slots=True)
class Window:
    """So many requests in so many seconds; then Retry-After, by default until the oldest is outside."""

    requests: int
    seconds: float = 30
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """So many requests in 24 hours; then Retry-After, as measured in August 2026."""

    requests: int
    retry_after: int = 48_925


@dataclass(slots=True)
class Faults:
    """What goes wrong. Chances are from 0 to 1 and drawn for each request to the API."""

    p_500: float = 0.0
    p_timeout: float = 0.0  # the connection drops before anything was done
    p_lost: float = 0.0  # what was asked is done, then the connection drops
    at: dict[int, Trouble] = field(default_factory=dict)  # by the number of the request to the API, from 1
    delay_s: float = 0.0  # before every answer, in real time
    plain_429: bool = False  # limits are answered with text instead of JSON
    garbled_retry_after: str | None = None  # sent instead of the seconds; "" for none at all
    stale_snapshot_s: float = 0.0  # for so long after a change a playlist shows its old snapshot
    third_snapshot: bool = False  # for that while it shows one that it never had
    item_lag_s: float = 0.0  # for so long after a change a playlist shows its old rows
    total_wobble: float = 0.0  # the chance that a page of likes or rows says one too many or too few
    refuse: dict[str, Refusal] = field(default_factory=dict)  # by the beginning of a path: "" is all
    full_status: int = 500  # what adding to a full playlist answers; the documents say 403
    invalid_grant: bool | int = False  # refreshing is refused: always, or so many times more
    rotate_refresh: bool = False  # refreshing yields a new refresh token and ends the old one
    deny: bool = False  # who signs in refuses the app
    accounts_down: bool = False  # signing in and refreshing answer 503
    seed: int = 0
    rng: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)

    def trouble(self, number: int) -> Trouble | None:
        """What befalls the request of this number."""
        if number in self.at:
            return self.at[number]
        draw = self.rng.random()
        chances: tuple[tuple[Trouble, float], ...] = (
            ("500", self.p_500),
            ("timeout", self.p_timeout),
            ("lost", self.p_lost),
        )
        for trouble, chance in chances:
            if draw < chance:
                return trouble
            draw -= chance
        return None

    def total(self, total: int) -> int:
        """How long a list is said to be."""
        if self.total_wobble and self.rng.random() < self.total_wobble:
            return max(0, total + self.rng.choice((-1, 1)))
        return total


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the server. `body`: None for none, text as it is, anything else as JSON."""

    status: int
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


class AnswerNow(Exception):
    """Ends a request with an answer."""

    def __init__(self, status: int, message: str, *, plain: bool = False) -> None:
        super().__init__(message)
        body = message if plain else {"error": {"status": status, "message": message}}
        self.answer = Answer(status, body)


def refused(kind: str) -> AnswerNow:
    """A 403 of a kind. Those about the whole app are recorded as text without JSON around it."""
    return AnswerNow(403, REFUSALS[kind], plain=kind in _WORDED_AS_TEXT)


class Limits:
    """Counts requests and blocks. Asking in spite of a block begins it anew, as Spotify is said to do."""

    def __init__(self, window: Window | None, quota: Quota | None) -> None:
        self.window = window
        self.quota = quota
        self.blocked_until: datetime | None = None
        self._kind: Limit = "window"
        self._told: set[int] = set()  # the connections that were answered 429
        self._told_at = 0.0
        self._recent: deque[datetime] = deque()
        self._today: deque[datetime] = deque()

    def blocked(self, now: datetime) -> bool:
        return self.blocked_until is not None and now < self.blocked_until

    def defied(self, now: datetime, connection: int) -> bool:
        """Whether a request comes in spite of a block: not what was on its way when its client was told."""
        late = monotonic() - self._told_at > _ON_ITS_WAY_S
        return self.blocked(now) and (late or connection in self._told)

    def block(self, now: datetime, kind: Limit, connection: int, faults: Faults) -> Answer:
        """Block from now on."""
        seconds = self._quota_seconds() if kind == "quota" else self._window_seconds(now)
        self._kind = kind
        self.blocked_until = now + timedelta(seconds=seconds)
        self._told = {connection}
        self._told_at = monotonic()
        return self._refusal(seconds, faults)

    def _refusal(self, seconds: int, faults: Faults) -> Answer:
        said = str(seconds) if faults.garbled_retry_after is None else faults.garbled_retry_after
        headers = (("Retry-After", said),) if said else ()
        if faults.plain_429:
            return Answer(429, "Too many requests", headers)
        error: dict[str, Any] = {"status": 429, "message": "API rate limit exceeded"}
        if self._kind == "quota":
            error = {"status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED"}
        return Answer(429, {"error": error}, headers)

    def admit(self, now: datetime, connection: int, faults: Faults) -> Answer | None:
        """Count a request; what refuses it, if it is one too many. After a block counting begins anew."""
        if self.blocked_until is not None and now < self.blocked_until:
            if self.defied(now, connection):
                return self.block(now, self._kind, connection, faults)
            self._told.add(connection)
            return self._refusal(ceil((self.blocked_until - now).total_seconds()), faults)
        if self.blocked_until is not None:
            self._recent.clear()
            if self._kind == "quota":
                self._today.clear()
            self.blocked_until = None
        if self.quota:
            _forget(self._today, now - timedelta(days=1))
            if len(self._today) >= self.quota.requests:
                return self.block(now, "quota", connection, faults)
        if self.window:
            _forget(self._recent, now - timedelta(seconds=self.window.seconds))
            if len(self._recent) >= self.window.requests:
                return self.block(now, "window", connection, faults)
        self._recent.append(now)
        self._today.append(now)
        return None

    def _quota_seconds(self) -> int:
        return (self.quota or Quota(0)).retry_after

    def _window_seconds(self, now: datetime) -> int:
        window = self.window or Window(0, retry_after=7)
        if window.retry_after is not None:
            return window.retry_after
        oldest = self._recent[0] if self._recent else now
        return max(1, ceil(window.seconds - (now - oldest).total_seconds()))


def _forget(times: deque[datetime], before: datetime) -> None:
    while times and times[0] <= before:
        times.popleft()
