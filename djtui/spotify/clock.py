"""The time of day as Spotify's waits need it: the wall clock, for a monotonic one stands still in a sleeping
laptop and means nothing to another process."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol


class Clock(Protocol):
    """What tells the time and waits. Tests have one that jumps."""

    def now(self) -> datetime:
        """The time now, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        ...


class WallClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


WALL: Final[Clock] = WallClock()


def local_time(moment: datetime, now: datetime, *, seconds: bool = False) -> str:
    """When that is for the person at the keyboard: "14:05", "tomorrow at 14:05", "14:05 on 24 November"."""
    here = moment.astimezone()
    text = here.strftime("%H:%M:%S" if seconds else "%H:%M")
    today = now.astimezone().date()
    if here.date() == today:
        return text
    if here.date() == today + timedelta(days=1):
        return f"{text} tomorrow"
    return f"{text} on {here.day} {_MONTHS[here.month - 1]}"


_MONTHS: Final = (
    "January February March April May June July August September October November December".split()
)
