"""What routing costs in requests to Spotify, in time, and whether the day's budget has room for it."""

from __future__ import annotations

import math
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from djtui.library.routes import LIKED
from djtui.spotify.budget import Budget, Use
from djtui.spotify.clock import local_time
from djtui.spotify.rows import PAGE

_BURST: Final = 5  # requests that the gate lets through at once
_ANSWER_S: Final = 0.25
_SETTLES_S: Final = 1.0  # from the last write to the first look whether it is there


@dataclass(frozen=True, slots=True)
class Cost:
    """Requests: `reads` before anything is written, `writes`, and `checks`, the reads after them."""

    reads: int = 0
    writes: int = 0
    checks: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.reads + other.reads, self.writes + other.writes, self.checks + other.checks)

    @property
    def requests(self) -> int:
        return self.reads + self.writes + self.checks

    def seconds(self, requests_per_s: float) -> float:
        """About how long it takes at the pace of the settings."""
        queueing = max(0, self.requests - _BURST) / requests_per_s
        return max(queueing, self.requests * _ANSWER_S) + (_SETTLES_S if self.writes else 0.0)

    def text(self, requests_per_s: float) -> str:
        """ "2 writes, 4 reads · about 6 s"."""
        seconds = math.ceil(self.seconds(requests_per_s))
        duration = f"{seconds} s" if seconds < 120 else f"{math.ceil(seconds / 60):,} min"
        writes = f"{self.writes:,} write{'' if self.writes == 1 else 's'}"
        reads = self.reads + self.checks
        return f"{writes}, {reads:,} read{'' if reads == 1 else 's'} · about {duration}"

    def shortage(self, budget: Budget | None, now: datetime) -> str | None:
        """Why there is no room for it now, as a sentence; None: there is, or no limit is known."""
        if budget is None:
            return None
        if budget.blocked_until is not None:
            return f"Spotify asks for a pause until {local_time(budget.blocked_until, now)}."
        room = budget.room(Use.WRITE)
        if room is None or self.requests <= room:
            return None
        return (
            f"This takes {self.requests:,} requests, and {room:,} are left of the day's {budget.ceiling:,}: "
            "it waits where they are used up, and goes on by itself."
        )


NOTHING: Final = Cost()


def pages(rows: int) -> int:
    """The requests that reading so many rows takes."""
    return max(1, math.ceil(rows / PAGE))


def read_cost(connection: sqlite3.Connection, spotify_id: str) -> int:
    """The requests that reading a playlist takes: one where it stands as the library knows it, else one for
    each page. Of the liked songs nothing tells that they stand, so that all are read."""
    if spotify_id == LIKED:
        (count,) = connection.execute("SELECT count(*) FROM main.spotify_like").fetchone()
        return pages(count)
    row = connection.execute(
        "SELECT read IS NOT NULL AND snapshot IS listed_snapshot, coalesce(total, items)"
        " FROM main.spotify_playlist WHERE spotify_id = ?",
        (spotify_id,),
    ).fetchone()
    return 1 if row is None or row[0] else pages(row[1])
