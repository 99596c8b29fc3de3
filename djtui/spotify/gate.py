"""The gate that every request to Spotify goes through: one a developer account, whatever the process.

Spotify limits an app twice ("Rate limits" and "Changes of July 2026" in its developer documentation). A
rolling window of half a minute answers 429 with a few seconds of Retry-After. A daily quota, counted for the
developer account, answers 429 with the reason QUOTA_EXCEEDED and hours of it. Neither number is published,
and who asks on while limited waits longer. So: a pace of our own, a count of the last 24 hours, and not one
request before Spotify's own time has come.
"""

from __future__ import annotations

import asyncio
import math
import random
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from djtui.config import SpotifySettings
from djtui.spotify.budget import (
    SHARES,
    SLOT_S,
    Budget,
    Use,
    budget_of,
    read_budget,
    slot_of,
    still_blocked,
    to_milliseconds,
)
from djtui.spotify.clock import WALL, Clock, local_time
from djtui.spotify.errors import LimitKind, RateLimited
from djtui.spotify.state import State

__all__ = ["SHARES", "Budget", "Gate", "Use", "read_budget", "seconds_of"]

QUOTA_EXCEEDED: Final = "QUOTA_EXCEEDED"
LEARNED_FROM: Final = 100
"""A quota that is used up after fewer requests was used by something else, or the count was lost: nothing is
learned from it."""

_BURST: Final = 5.0
_WINDOW_S: Final = 300.0
_DEFAULT_S: Final = 30.0
_LONGEST_S: Final = 30 * 24 * 3600.0
_JITTER_S: Final = (1.0, 3.0)
_NAP_S: Final = 1.0
_MOMENT_S: Final = 0.001
_KEPT_SLOTS: Final = 8 * 24 * 3600 // SLOT_S  # longer than they count: a clock set ahead may be set back
_ALMOST: Final = 1 - 1e-6  # a token, but for what the adding up of fractions loses
_BEHIND_S: Final[Mapping[Use, float]] = {
    use: 0.02 * rank for rank, use in enumerate((Use.INTERACTIVE, Use.WRITE, Use.SYNC, Use.ENRICH))
}
"""Who waits for the same token looks for it a little later, the less urgent the request is."""


class Gate:
    """Paces and counts the requests to one service, and lets none through while Spotify says wait."""

    def __init__(self, state: State, settings: SpotifySettings, clock: Clock = WALL) -> None:
        self._state = state
        self._clock = clock
        self._rate = settings.requests_per_s
        self._own = settings.budget_per_day
        self._service = urlsplit(settings.api_url).netloc

    async def admit(self, use: Use) -> None:
        """Wait for this request's turn and count it. Whoever returns from here sends exactly one request.

        Raises `RateLimited` while Spotify says wait, and when this use has had its share of the day.
        """
        while True:
            answer = await asyncio.to_thread(self._state.write, partial(self._take, use))
            if isinstance(answer, RateLimited):
                raise answer
            if answer == 0:
                return
            await self._clock.sleep(min(answer, _NAP_S) + _BEHIND_S[use])

    def limited(self, retry_after: str | None, reason: str | None, *, use: Use | None = None) -> RateLimited:
        """Note a 429 answer, by its Retry-After header and the `reason` of its body; what to raise for it.

        With the `use`, its time is when that one may go on: by what was learned, that can be later.
        """
        return self._state.write(partial(self._noted, retry_after, reason, use))

    def budget(self) -> Budget:
        """What the last 24 hours took and what is left."""
        now = self._clock.now()
        return self._state.read(lambda connection: budget_of(connection, self._service, self._own, now))

    def affords(self, use: Use, requests: int) -> bool:
        """Whether so many requests of that use could be made now."""
        budget = self.budget()
        room = budget.room(use)
        return budget.blocked_until is None and (room is None or requests <= room)

    def _take(self, use: Use, connection: sqlite3.Connection) -> float | RateLimited:
        """Take a token and count the attempt: 0. No token yet: the seconds until there is one."""
        now = self._clock.now()
        self._settle(connection, now)
        budget = budget_of(connection, self._service, self._own, now)
        if (refusal := _refusal(budget, use, now)) is not None:
            return refusal
        left, filled = connection.execute(
            "SELECT tokens, filled FROM gate WHERE service = ?", (self._service,)
        ).fetchone()
        tokens: float = min(_BURST, left + max(0.0, now.timestamp() - filled) * self._rate)
        if tokens < _ALMOST:
            return max(_MOMENT_S, (1 - tokens) / self._rate)
        connection.execute(
            "UPDATE gate SET tokens = ?, filled = ?, own = ? WHERE service = ?",
            (max(0.0, tokens - 1), now.timestamp(), self._own, self._service),
        )
        if budget.doubted and budget.learned is not None and budget.used > budget.learned:
            connection.execute("UPDATE gate SET learned = ? WHERE service = ?", (budget.used, self._service))
        connection.execute(
            "INSERT INTO attempt VALUES (?, ?, ?, 1) "
            "ON CONFLICT (service, slot, use) DO UPDATE SET attempts = attempts + 1",
            (self._service, slot_of(now), use),
        )
        return 0

    def _noted(
        self, retry_after: str | None, reason: str | None, use: Use | None, connection: sqlite3.Connection
    ) -> RateLimited:
        now = self._clock.now()
        self._settle(connection, now)
        seconds = seconds_of(retry_after, now)
        kind: LimitKind = "quota" if reason == QUOTA_EXCEEDED or seconds > _WINDOW_S else "window"
        until = to_milliseconds(now.timestamp() + seconds + random.uniform(*_JITTER_S))
        connection.execute(
            "UPDATE gate SET blocked_at = ?1, blocked_until = ?2, blocked_kind = ?3 "
            "WHERE service = ?4 AND coalesce(blocked_until, 0) < ?2",
            (now.timestamp(), until, kind, self._service),
        )
        connection.execute(  # so that the first seconds after the block are no burst
            "UPDATE gate SET tokens = min(tokens, 1), filled = max(filled, blocked_until) WHERE service = ?",
            (self._service,),
        )
        budget = budget_of(connection, self._service, self._own, now)
        if reason == QUOTA_EXCEEDED and (through := budget.used - 1) >= LEARNED_FROM:
            connection.execute(
                "UPDATE gate SET learned = ?, learned_at = ? WHERE service = ?",
                (min(through, budget.learned or through), now.timestamp(), self._service),
            )
        return _blocked(budget_of(connection, self._service, self._own, now), use, now)

    def _settle(self, connection: sqlite3.Connection, now: datetime) -> None:
        """Have a row to work with, forget what is long past, and follow a clock that was set back."""
        stamp, current = now.timestamp(), slot_of(now)
        connection.execute(
            "INSERT OR IGNORE INTO gate (service, tokens, filled, own) VALUES (?, ?, ?, ?)",
            (self._service, _BURST, stamp, self._own),
        )
        filled, blocked_at, blocked_until = connection.execute(
            "SELECT filled, blocked_at, blocked_until FROM gate WHERE service = ?", (self._service,)
        ).fetchone()
        if blocked_at is not None and blocked_at > stamp:
            blocked_until = still_blocked(blocked_at, blocked_until, stamp)
            blocked_at = stamp
        if filled > max(stamp, blocked_until or 0):
            filled = stamp
        connection.execute(
            "UPDATE gate SET filled = ?1, blocked_at = ?2, blocked_until = ?3 "
            "WHERE service = ?4 AND (filled <> ?1 OR blocked_at <> ?2)",
            (filled, blocked_at, blocked_until, self._service),
        )
        connection.execute(
            "INSERT INTO attempt SELECT service, ?1, use, sum(attempts) FROM attempt "
            "WHERE service = ?2 AND slot > ?1 GROUP BY use "
            "ON CONFLICT (service, slot, use) DO UPDATE SET attempts = attempts + excluded.attempts",
            (current, self._service),
        )
        connection.execute(
            "DELETE FROM attempt WHERE service = ? AND (slot > ? OR slot < ?)",
            (self._service, current, current - _KEPT_SLOTS),
        )


def seconds_of(retry_after: str | None, now: datetime) -> float:
    """The seconds that a Retry-After header asks for: a number, or a date (RFC 9110); else thirty."""
    text = (retry_after or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError):
            return _DEFAULT_S
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    if not math.isfinite(seconds) or seconds < 0:
        return _DEFAULT_S
    return min(seconds, _LONGEST_S)


def _refusal(budget: Budget, use: Use, now: datetime) -> RateLimited | None:
    """Why a request of that use may not be sent now, or None."""
    if budget.blocked_until is not None:
        return _blocked(budget, use, now)
    if budget.room(use) != 0:
        return None
    until = budget.free_again(use)
    assert until is not None
    return RateLimited(until, "budget", _budget_sentence(budget, use, until, now))


def _blocked(budget: Budget, use: Use | None, now: datetime) -> RateLimited:
    assert budget.blocked_until is not None
    until = budget.blocked_until
    if budget.kind == "window":
        at = local_time(until, now, seconds=True)
        return RateLimited(until, "window", f"Spotify asks for a pause; it goes on at {at}.")
    if use is not None:
        until = max(until, budget.free_again(use) or until)
    at = local_time(until, now)
    return RateLimited(until, "quota", f"Spotify's daily quota is used up; it goes on at {at}.")


def _budget_sentence(budget: Budget, use: Use, until: datetime, now: datetime) -> str:
    at = local_time(until, now)
    if SHARES[use] == 1:
        return f"The {budget.share(use):,} requests a day to Spotify are used up; it goes on at {at}."
    purpose = "a sync" if use is Use.SYNC else "filling the gaps"
    return (
        f"Of the {budget.ceiling:,} requests a day to Spotify, the {budget.share(use):,} that {purpose} "
        f"may go up to are used up; it goes on at {at}."
    )
