"""A clock for tests that jumps instead of waiting."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


class JumpingClock:
    """It stands still until somebody sleeps or sets it: then it is that much later, at once."""

    def __init__(self, at: datetime = datetime(2026, 11, 20, 10, 4, 30, tzinfo=UTC)) -> None:
        self.time = at
        self.slept = 0.0

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.forward(seconds=seconds)
        await asyncio.sleep(0)

    def forward(self, **amount: float) -> None:
        self.time += timedelta(**amount)
