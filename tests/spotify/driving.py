"""Working a Spotify job without a host: as the engine does, but on a clock that jumps, and killed at will."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from djtui.config import Settings, SpotifySettings
from djtui.demo.spotify import Faults, Logged, StandIn, World
from djtui.jobs.job import Batch, Context, ItemFailure, Job, Wait
from djtui.jobs.progress import Figures
from djtui.jobs.trouble import passes
from djtui.library.database import Library
from djtui.spotify.clock import WALL
from djtui.spotify.syncing import sync_job
from djtui.spotify.token_file import token_path
from tests.spotify.signing import CLIENT, App
from tests.spotify.times import JumpingClock

ATTEMPTS = 5
SMALL = {"liked": 180, "artists": 70, "albums": 110, "playlists": 8, "rows": 300}


class RealTime(JumpingClock):
    """The machine's clock after all: for runs under a real host, which waits by it."""

    def now(self) -> datetime:
        return WALL.now()


class Killed(Exception):
    """The process is gone, between two steps or in the middle of a request."""


@dataclass
class Run:
    """What one job came to."""

    result: dict[str, Any] = field(default_factory=dict)
    failures: list[ItemFailure] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    messages: dict[str, str] = field(default_factory=dict)
    processed: dict[str, int] = field(default_factory=dict)
    added: int = 0
    updated: int = 0
    kills: int = 0
    requests: int = 0
    batches: int = 0


@dataclass
class Driver:
    """A library and a stand-in, signed in, on one clock."""

    library: Library
    stand_in: StandIn
    clock: JumpingClock
    settings: SpotifySettings
    job_id: int = 0
    before: Callable[[], None] | None = None  # called before each request, beside the kills
    asked_again: Callable[[], None] | None = None  # called while a phase waits for no certain moment

    @property
    def world(self) -> World:
        return self.stand_in.world

    @property
    def asked(self) -> list[str]:
        return [logged.path.removeprefix("/v1/") for logged in self.stand_in.requests]

    async def sync(self, *, full: bool = False, kill_at: set[int] | None = None, again: bool = True) -> Run:
        """Sync to the end. `kill_at`: numbers of requests in the middle of which the process dies; it is
        started anew then, unless `again` is False."""
        self.job_id += 1
        return await self.work(
            lambda: sync_job({"full": full}, Settings(spotify=self.settings), clock=self.clock),
            kill_at=kill_at,
            again=again,
        )

    async def work(
        self, make: Callable[[], Job], *, kill_at: set[int] | None = None, again: bool = True
    ) -> Run:
        run = Run()
        before = len(self.stand_in.requests)
        cursors: dict[str, Any] = {}
        done: set[str] = set()
        loop = asyncio.get_running_loop()
        while True:
            job = make()
            process = asyncio.ensure_future(self._process(job, run, cursors, done))
            if kill_at or self.before:
                self.stand_in.hook = self._hook(kill_at or set(), before, loop, process)
            try:
                await process
                run.result = job.result()
                break
            except asyncio.CancelledError:
                run.kills += 1
                if not again:
                    raise Killed from None
            finally:
                if kill_at or self.before:
                    self.stand_in.hook = None
                await job.close()
        run.requests = len(self.stand_in.requests) - before
        return run

    async def _process(self, job: Job, run: Run, cursors: dict[str, Any], done: set[str]) -> None:
        for phase in job.phases:
            if phase.name in done:
                continue
            figures = Figures(self.job_id, 0)
            ctx = Context(self.job_id, self.library, Settings(spotify=self.settings), figures=figures)
            await phase.estimate(ctx)
            attempt, batches = 0, -1
            while True:
                try:
                    await self._phase(phase, ctx, run, cursors)
                    break
                except Exception as error:
                    attempt, batches = (attempt + 1 if batches == run.batches else 1), run.batches
                    if not passes(error) or attempt > ATTEMPTS:
                        raise
                    await self.clock.sleep(2.0**attempt)
            run.messages[phase.name] = figures.message or ""
            done.add(phase.name)

    async def _phase(self, phase: Any, ctx: Context, run: Run, cursors: dict[str, Any]) -> None:
        text = cursors.get(phase.name)
        generator = phase.work(None if text is None else json.loads(text), ctx)
        try:
            async for step in generator:
                if isinstance(step, Wait):
                    if step.until is not None:
                        run.waits.append(step)
                        self.clock.time = max(self.clock.time, step.until)
                    else:
                        if not run.waits or run.waits[-1] != step:
                            run.waits.append(step)
                        if self.asked_again is not None:
                            self.asked_again()
                        await self.clock.sleep(5)
                    continue
                await self._commit(phase.name, step, run, cursors)
        finally:
            await generator.aclose()

    async def _commit(self, name: str, batch: Batch, run: Run, cursors: dict[str, Any]) -> None:
        async with self.library.writing() as tx:
            await batch.store(tx)
        if batch.cursor is not None:
            cursors[name] = json.dumps(batch.cursor)
        run.processed[name] = run.processed.get(name, 0) + batch.processed
        run.added += batch.added
        run.updated += batch.updated
        run.failures += batch.failures
        run.batches += 1

    def _hook(
        self, kill_at: set[int], before: int, loop: asyncio.AbstractEventLoop, process: asyncio.Future[None]
    ) -> Callable[[int, Logged], None]:
        def hook(number: int, _: Logged) -> None:
            if self.before is not None:
                self.before()
            if number - before in kill_at:
                loop.call_soon_threadsafe(process.cancel)

        return hook


@asynccontextmanager
async def driving(
    folder: Path, *, world: dict[str, int] | None = None, seed: int = 3, **options: Any
) -> AsyncIterator[Driver]:
    """A library in `folder` and a stand-in, signed in. `options` are the stand-in's, and `spotify` settings.

    The files of the state and the cache lie where XDG_STATE_HOME and XDG_CACHE_HOME say.
    """
    knobs = {name: options.pop(name) for name in ("cohort", "window", "quota") if name in options}
    faults = options.pop("faults", None) or Faults()
    clock = RealTime() if options.pop("real", False) else JumpingClock()
    made = World.generated(seed, clock=clock, **(world or SMALL))
    library = await Library.open(folder / "library.db")
    try:
        with StandIn(made, clock=clock, faults=faults, **knobs) as stand_in:
            settings = SpotifySettings(
                client_id=CLIENT,
                api_url=stand_in.api_url,
                accounts_url=stand_in.accounts_url,
                **{"requests_per_s": 1000, "budget_per_day": 0, **options},
            )
            App(stand_in, clock, token_path(), settings).signed_in()
            yield Driver(library, stand_in, clock, settings)
    finally:
        await library.close()
