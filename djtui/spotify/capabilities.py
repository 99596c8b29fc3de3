"""What this app may ask Spotify for and is sent, as found out by asking once.

Apps of different age and standing are served differently, and the reports about which is which contradict
each other: so nothing is concluded from an app's age. What was found holds for seven days.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from djtui.spotify.clock import WALL, Clock
from djtui.spotify.errors import NotFound, Refused
from djtui.spotify.state import State

Capability = Literal[
    "batch_tracks",  # several tracks by one request
    "batch_artists",
    "batch_albums",
    "search_max",  # rows a page of search results may have
    "has_genres",  # artists come with genres
    "has_popularity",
    "has_label",  # albums come with their label
    "plays",  # the songs played lately
]
CAPABILITIES: Final[tuple[Capability, ...]] = (
    "batch_tracks",
    "batch_artists",
    "batch_albums",
    "search_max",
    "has_genres",
    "has_popularity",
    "has_label",
    "plays",
)
KEPT: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Known:
    """A capability: 1 or 0 for yes and no, or a number; and when it was tested."""

    value: int
    tested: datetime


class Capabilities:
    """The capabilities of one app for one account, remembered for all processes. Each call takes well under
    a millisecond."""

    def __init__(self, state: State, client_id: str, account_id: str, clock: Clock = WALL) -> None:
        self._state = state
        self._whose = (client_id, account_id)
        self._clock = clock

    def get(self, name: Capability) -> int | None:
        """What is known of it; None: never tested, or over seven days ago."""
        known = self.all().get(name)
        return None if known is None else known.value

    def set(self, name: Capability, value: int) -> None:
        """Remember what a test found."""
        row = (*self._whose, name, int(value), self._clock.now().timestamp())

        def store(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO capability VALUES (?, ?, ?, ?, ?)", row)

        self._state.write(store)

    def learn(self, name: Capability, outcome: BaseException | None) -> bool | None:
        """Remember what an attempt says: None, it was answered: yes; refused because Spotify took that
        away (403, 404): no. Any other trouble says nothing about the app: not stored, and None is returned.
        """
        if outcome is None:
            may = True
        elif isinstance(outcome, NotFound) or (isinstance(outcome, Refused) and outcome.kind == "removed"):
            may = False
        else:
            return None
        self.set(name, may)
        return may

    def all(self) -> Mapping[Capability, Known]:
        """All that is known and not too old."""

        def rows(connection: sqlite3.Connection) -> list[tuple[Capability, int, float]]:
            return connection.execute(
                "SELECT name, value, tested FROM capability WHERE client_id = ? AND account_id = ?",
                self._whose,
            ).fetchall()

        now = self._clock.now()
        found = {
            name: Known(value, datetime.fromtimestamp(tested, UTC))
            for name, value, tested in self._state.read(rows)
        }
        return {name: known for name, known in found.items() if abs(now - known.tested) < KEPT}

    def forget(self) -> None:
        """Have all of them tested anew."""

        def delete(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM capability WHERE client_id = ? AND account_id = ?", self._whose)

        self._state.write(delete)
