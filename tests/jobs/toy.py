"""A small kind of job for the tests of the engine: it counts, into a table of its own, as it is told to.

The parameters are plain JSON, so that a host in another process understands them as well.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from djtui.config import Settings
from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure, Job, JobError, TransientError, Wait
from djtui.library.database import Library, Tx

TABLE = "CREATE TABLE IF NOT EXISTS toy (run TEXT, item INTEGER, worker INTEGER, PRIMARY KEY (run, item))"


class Counting:
    """Stores the numbers below `items`, a batch at a time. `told` may hold:

    step (items a batch), nap (seconds before each batch), lane (count in the pool), task_nap (seconds in
    it), flag (a file to wait for before the end), and what happens at which number: transient {number:
    times}, broken, mistake, wait {number: seconds}, wait_for {number: file}, failing [numbers].
    """

    def __init__(self, run: str, told: dict[str, Any]) -> None:
        self.name: str = told.get("name", "Counting")
        self.repeat: bool = told.get("repeat", False)
        self.beside: tuple[str, ...] = tuple(told.get("beside", ()))
        self.opened: list[int] = []
        self._run = f"{run}/{self.name}"
        self._told = told
        self._items: int = told.get("items", 10)
        self._transient: dict[str, int] = dict(told.get("transient", {}))

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate(
            items=self._items, requests=self._told.get("requests"), note=self._told.get("note", "")
        )

    async def work(self, cursor: Cursor | None, ctx: Context) -> AsyncGenerator[Batch | Wait, None]:
        at = cursor["at"] if cursor else 0
        self.opened.append(at)
        while at < self._items:
            async for wait in self._waits(at):
                yield wait
            await asyncio.sleep(self._told.get("nap", 0))
            self._stumble(at)
            upto = min(self._items, at + self._told.get("step", 1))
            numbers = await self._count(ctx, at, upto)
            ctx.report(message=f"at {at}")
            if self._told.get("requests"):
                ctx.requested(1)
            yield Batch(
                store=self._store(numbers),
                cursor={"at": upto},
                processed=upto - at,
                added=upto - at,
                failures=[
                    ItemFailure(str(item), f"{item} does not count")
                    for item in self._told.get("failing", ())
                    if at <= item < upto
                ],
            )
            at = upto

    async def _waits(self, at: int) -> AsyncGenerator[Wait, None]:
        if (seconds := self._told.get("wait", {}).get(str(at))) is not None:
            yield Wait(datetime.now(UTC) + timedelta(seconds=seconds), "the service says wait")
        if (flag := self._told.get("wait_for", {}).get(str(at))) is not None:
            while not Path(flag).exists():
                yield Wait(None, f"{Path(flag).name} is missing")

    def _stumble(self, at: int) -> None:
        if self._transient.get(str(at), 0):
            self._transient[str(at)] -= 1
            raise TransientError(f"The line dropped at {at}.")
        if self._told.get("broken") == at:
            raise JobError(f"The source is broken at {at}. Mend it and try again.")
        if self._told.get("mistake") == at:
            raise KeyError("oops")

    async def _count(self, ctx: Context, start: int, stop: int) -> list[tuple[int, int]]:
        if (lane := self._told.get("lane")) is None:
            return [(item, 0) for item in range(start, stop)]
        counted: list[tuple[int, int]] = await ctx.run(
            lane, count, start, stop, self._told.get("task_nap", 0.0)
        )
        return counted

    def _store(self, numbers: list[tuple[int, int]]) -> Any:
        async def store(tx: Tx) -> None:
            await tx.executemany(
                "INSERT OR REPLACE INTO toy (run, item, worker) VALUES (?, ?, ?)",
                [(self._run, item, worker) for item, worker in numbers],
            )

        return store


def count(start: int, stop: int, nap: float) -> list[tuple[int, int]]:
    """The numbers from `start` to `stop`, each with the process that counted it."""
    time.sleep(nap)
    return [(item, os.getpid()) for item in range(start, stop)]


class Toy(Job):
    """Counts in one phase, or in several as `phases` says."""

    def result(self) -> dict[str, Any]:
        return {"phases": len(self.phases)}


def toy(params: dict[str, Any], library: Library, settings: Settings) -> Toy:
    name = params.get("name", "toy")
    told = params.get("phases") or [params.get("told", {})]
    return Toy(
        kind="toy",
        key=f"toy:{name}",
        title=f"Toy {name}",
        phases=[Counting(name, each) for each in told],
        reads=frozenset(params.get("reads", ())),
        writes=frozenset(params.get("writes", ())),
    )


KINDS = {"toy": toy}


async def counted(library: Library, run: str) -> list[int]:
    """The numbers that a phase (`name/Phase`) has stored."""
    rows = await library.fetchall("SELECT item FROM toy WHERE run = ? ORDER BY item", (run,))
    return [row["item"] for row in rows]
