"""How every phase of a routing job is worked: its requests counted, its limits waited out, its end noted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from djtui.jobs.job import Batch, Context, Cursor, Estimate, JobError, Wait
from djtui.library.database import Tx
from djtui.routing import journal
from djtui.routing.port import Route, Steps
from djtui.spotify.errors import RateLimited
from djtui.spotify.storing import Named
from djtui.spotify.sync_state import Store


class RoutePhase(ABC):
    """A phase whose `steps` may raise RateLimited: they begin anew then, from what was committed."""

    name: str

    def __init__(self, route: Route) -> None:
        self.route = route

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    @abstractmethod
    def steps(self, cursor: Cursor | None, ctx: Context) -> Steps:
        """Work on from `cursor`, as `Phase.work` does."""

    async def work(self, cursor: Cursor | None, ctx: Context) -> Steps:
        route = self.route
        if route.run_id is None:
            route.run_id = await journal.run_of(ctx.library, ctx.job_id)
            if route.run_id is not None:
                yield Batch(partial(journal.go_on, run_id=route.run_id))
        route.named = Named()
        while True:
            try:
                async with aclosing(self.steps(cursor, ctx)) as steps:
                    async for step in _counted(steps, route, ctx):
                        if isinstance(step, Batch):
                            cursor = step.cursor or cursor
                            step = replace(step, store=partial(_booked, store=step.store, route=route))
                        yield step
                return
            except RateLimited as limit:
                yield Wait(limit.until, str(limit))
            except JobError as error:
                yield Batch(partial(_failed, route=route, error=str(error)))
                raise


async def _counted(steps: Steps, route: Route, ctx: Context) -> Steps:
    while True:
        try:
            step = await anext(steps, None)
        finally:
            route.counted(ctx)
        if step is None:
            return
        yield step


async def _booked(tx: Tx, store: Store, route: Route) -> None:
    await store(tx)
    await route.book(tx)


async def _failed(tx: Tx, route: Route, error: str) -> None:
    if route.run_id is not None:
        await route.book(tx)
        await journal.end_run(tx, route.run_id, route.now, error=error)
