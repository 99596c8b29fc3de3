"""How many requests the last 24 hours took, how many there may be, and until when none may be sent."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from djtui.spotify.clock import WALL, Clock
from djtui.spotify.errors import LimitKind
from djtui.spotify.shared_file import connect_readonly
from djtui.spotify.state import state_path

DAY: Final = timedelta(days=1)
LEARNED_FOR: Final = timedelta(days=14)
SLOT_S: Final = 600
_SLOTS: Final = 24 * 3600 // SLOT_S
_HOUR: Final = 3600 // SLOT_S


class Use(StrEnum):
    """What a request is for."""

    INTERACTIVE = "interactive"  # somebody waits at the keyboard
    WRITE = "write"  # a playlist is written, and read before and after that
    SYNC = "sync"
    ENRICH = "enrich"  # what is only nice to know


SHARES: Final[Mapping[Use, float]] = {
    Use.INTERACTIVE: 1.0,
    Use.WRITE: 1.0,
    Use.SYNC: 0.8,
    Use.ENRICH: 0.5,
}
"""The part of the day's ceiling that may be used, by all together, before this use has to wait."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The requests of the last 24 hours: attempts, whether they were answered or not.

    They are counted in slots of ten minutes, and a slot counts until 24 hours after its end.
    """

    used: int
    ceiling: int | None  # the lower one of `own` and `learned`; None: neither is there
    own: int | None  # spotify.budget_per_day
    learned: int | None  # how many went through before Spotify's quota was used up
    by_hour: tuple[int, ...]  # 24 numbers, the oldest hour first, the last 60 minutes at the end
    by_use: Mapping[Use, int]
    blocked_until: datetime | None  # None: requests may be sent
    kind: LimitKind | None  # of the block
    next_release: datetime | None  # when the oldest that are counted fall out
    careful: bool = False  # the count was lost less than a day ago: half the ceiling holds
    doubted: bool = False  # `learned` is over a day old: somebody at the keyboard may try for more
    slots: Mapping[int, int] = field(default_factory=dict, repr=False)

    def share(self, use: Use) -> int | None:
        """How many requests of a day there may be before this use has to wait; None: no limit."""
        ceiling = self.own if use is Use.INTERACTIVE and self.doubted else self.ceiling
        return None if ceiling is None else max(1, int(ceiling * SHARES[use]))

    def room(self, use: Use) -> int | None:
        """How many requests of this use there is room for now; None: no limit."""
        if (share := self.share(use)) is None:
            return None
        return max(0, share - self.used)

    def free_again(self, use: Use) -> datetime | None:
        """When so many have fallen out of the count that this use may go on; None: it may now."""
        left = self.used
        share = self.share(use)
        released = None
        for slot, attempts in sorted(self.slots.items()):
            if share is None or left < share:
                break
            left -= attempts
            released = _falls_out(slot)
        return released


def read_budget(path: Path | None = None, *, clock: Clock = WALL) -> Budget | None:
    """The budget of the service that was asked last, or None where nothing is known.

    For a screen: one short read of the file, which need not be there.
    """
    path = path or state_path()
    if not path.exists():
        return None
    try:
        connection = connect_readonly(path)
        try:
            row = connection.execute("SELECT service, own FROM gate ORDER BY filled DESC LIMIT 1").fetchone()
            return None if row is None else budget_of(connection, row[0], row[1], clock.now())
        finally:
            connection.close()
    except sqlite3.Error:
        return None


def budget_of(connection: sqlite3.Connection, service: str, own: int, now: datetime) -> Budget:
    """The budget of a service as the file has it. `own`: requests a day by the settings, 0 for no limit."""
    stamp = now.timestamp()
    current = slot_of(now)
    since = (service, current - _SLOTS)
    slots = dict(
        connection.execute(
            "SELECT min(slot, ?) AS at, sum(attempts) FROM attempt "  # later than now: the clock was set back
            "WHERE service = ? AND slot >= ? GROUP BY at",
            (current, *since),
        )
    )
    hours = [0] * 24
    for slot, attempts in slots.items():
        hours[max(0, 23 - (current - slot) // _HOUR)] += attempts
    uses = dict.fromkeys(Use, 0)
    for use, attempts in connection.execute(
        "SELECT use, sum(attempts) FROM attempt WHERE service = ? AND slot >= ? GROUP BY use", since
    ):
        uses[Use(use)] = attempts
    blocked_until: float | None = None
    kind: LimitKind | None = None
    learned: int | None = None
    learned_at = 0.0
    row = connection.execute(
        "SELECT blocked_at, blocked_until, blocked_kind, learned, learned_at FROM gate WHERE service = ?",
        (service,),
    ).fetchone()
    if row is not None:
        if row[1] is not None and (until := still_blocked(row[0], row[1], stamp)) > stamp:
            blocked_until, kind = until, row[2]
        if row[3] is not None and stamp < row[4] + LEARNED_FOR.total_seconds():
            learned, learned_at = row[3], row[4]
    lost = connection.execute("SELECT value FROM fact WHERE name = 'begun_anew'").fetchone()
    careful = lost is not None and stamp < lost[0] + DAY.total_seconds()
    limits = [limit for limit in (own or None, learned) if limit is not None]
    ceiling = min(limits) if limits else None
    return Budget(
        used=sum(slots.values()),
        ceiling=ceiling // 2 if careful and ceiling is not None else ceiling,
        own=(own // 2 if careful else own) or None,
        learned=learned,
        by_hour=tuple(hours),
        by_use=uses,
        blocked_until=None if blocked_until is None else datetime.fromtimestamp(blocked_until, UTC),
        kind=kind,
        next_release=_falls_out(min(slots)) if slots else None,
        careful=careful,
        doubted=learned is not None and stamp > learned_at + DAY.total_seconds() + SLOT_S,
        slots=slots,
    )


def slot_of(moment: datetime) -> int:
    """The ten minutes that a moment lies in."""
    return int(moment.timestamp()) // SLOT_S


def still_blocked(blocked_at: float, blocked_until: float, now: float) -> float:
    """Until when a block holds. A clock that was set back since must not make it longer than it was."""
    if now >= blocked_at:
        return blocked_until
    return min(blocked_until, to_milliseconds(now + blocked_until - blocked_at))


def to_milliseconds(stamp: float) -> float:
    """Rounded up to what a `datetime` can say exactly: at its own end a block must be over."""
    return math.ceil(stamp * 1000) / 1000


def _falls_out(slot: int) -> datetime:
    return datetime.fromtimestamp((slot + _SLOTS + 1) * SLOT_S, UTC)
