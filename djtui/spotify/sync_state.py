"""What the phases of a sync share: the way to Spotify, the batch as they make it, and how they wait."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from djtui.config import SpotifySettings
from djtui.jobs.job import Batch, Context, Cursor, ItemFailure, JobError, TransientError, Wait
from djtui.jobs.records import stamp
from djtui.library.database import Tx
from djtui.spotify.api import Spotify
from djtui.spotify.clock import Clock
from djtui.spotify.errors import RateLimited
from djtui.spotify.rows import PAGE, Account, Page
from djtui.spotify.storing import Entry, Named
from djtui.spotify.tokens import SignInDoubtful

Row = TypeVar("Row")

Batches = AsyncGenerator[Batch | Wait, None]
Store = Callable[[Tx], Awaitable[Any]]

_OVER: Final = "over"
log = logging.getLogger(__name__)


async def nothing(tx: Tx) -> None:
    """What a batch stores that only says where the phase stands."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one batch of a phase came to. `next` is where the one after it begins, None after the last.

    An `error` with a time in `rate_limited_until` is no more than a wait; without, it is about `item`.
    """

    processed: int = 0
    added: int = 0
    updated: int = 0
    next: Cursor | None = None
    estimated_total: int | None = None
    rate_limited_until: datetime | None = None
    error: str | None = None
    item: str = ""
    store: Store = nothing

    @property
    def has_more(self) -> bool:
        return self.next is not None

    def step(self, cached: int = 0) -> Batch | Wait:
        """The same for the engine. `cached`: what the phase had from the cache so far."""
        if self.rate_limited_until is not None:
            return Wait(self.rate_limited_until, self.error or "")
        failures = () if self.error is None else (ItemFailure(self.item, self.error),)
        cursor: Cursor = {_OVER: True} if self.next is None else dict(self.next)
        if cached:
            cursor["cached"] = cached
        return Batch(self.store, cursor, self.processed, self.added, self.updated, failures)


Parts = AsyncGenerator[Part, None]


@dataclass(slots=True, eq=False)
class Sync:
    """One sync under way, or another job that reads Spotify. Made without touching file or network.

    `full`: read everything again. `named` is what is stored of artists and albums already.
    """

    settings: SpotifySettings
    clock: Clock
    full: bool = False
    named: Named = field(default_factory=Named)
    result: dict[str, Any] = field(default_factory=dict)
    _began: datetime | None = None
    _port: Spotify | None = None
    _account: Account | None = None
    _requests: int = 0
    _cached: int = 0

    @property
    def spotify(self) -> Spotify:
        """The way to Spotify, opened when it is first wanted."""
        if self._port is None:
            self._port = Spotify.of(
                self.settings, clock=self.clock, told=lambda note: log.warning("%s", note)
            )
            self._requests = self._cached = 0
        return self._port

    async def close(self) -> None:
        """Hang up."""
        port, self._port = self._port, None
        if port is not None:
            await port.close()

    @property
    def now(self) -> str:
        return stamp(self.clock.now())

    def before(self, **ago: float) -> str:
        """The time so long before this job began."""
        self._began = self._began or self.clock.now()
        return stamp(self._began - timedelta(**ago))

    def entry(self, ctx: Context, *, news: bool = True) -> Entry:
        return Entry(ctx.job_id, self.now, news)

    async def account(self, ctx: Context) -> Account:
        """Who is signed in, asked once. Raises `JobError` if the library holds another account's songs."""
        if self._account is None:
            account = await self.spotify.me()
            row = await ctx.library.fetchone("SELECT id, name FROM spotify_account LIMIT 1")
            if row is not None and row["id"] != account.id:
                raise JobError(
                    f"This library holds the songs of another Spotify account ({row['name'] or row['id']}). "
                    "Drop them with `djtui spotify logout --forget`, or use another --library."
                )
            self._account = account
        return self._account

    async def doubts_sign_in(self, until: datetime) -> bool:
        """Whether it is still no use to ask: that time has not come, and nobody has signed in anew."""
        if self.clock.now() >= until:
            return False
        signed_in = await asyncio.to_thread(self.spotify.tokens.signed_in)
        return signed_in is not None and signed_in.doubtful is not None and not signed_in.ended

    @contextmanager
    def counting(self, ctx: Context) -> Iterator[None]:
        """Count the requests that are made within, once each, whichever phase makes them."""
        try:
            yield
        finally:
            if self._port is not None:
                made, self._requests = self._port.requests - self._requests, self._port.requests
                if made:
                    ctx.requested(made)

    def taken_from_cache(self) -> int:
        """What came from the cache since this was asked last."""
        if self._port is None:
            return 0
        new, self._cached = self._port.cached - self._cached, self._port.cached
        return new

    async def took(self, ctx: Context) -> dict[str, Any]:
        """The requests that the job's phases made and had no need to make, each time it was begun."""
        row = await ctx.library.fetchone(
            "SELECT sum(requests) AS requests, sum(cursor ->> 'cached') AS cached FROM job_phase"
            " WHERE job_id = ?",
            (ctx.job_id,),
        )
        assert row is not None
        return {"requests": row["requests"] or 0, "cached": row["cached"] or 0}


class SyncPhase(ABC):
    """A phase that reads Spotify. Its `parts` may raise RateLimited or SignInDoubtful: when that time has
    come, or somebody has signed in anew, it goes on from what was committed."""

    name: str

    def __init__(self, sync: Sync) -> None:
        self.sync = sync

    @abstractmethod
    def parts(self, cursor: Cursor | None, ctx: Context) -> Parts:
        """Work on from `cursor`; control comes back from a yield when that part is committed."""

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        cached = int((cursor or {}).get("cached", 0))
        self.sync.named = Named()
        while not (cursor or {}).get(_OVER):
            try:
                async with aclosing(self.parts(cursor, ctx)) as parts:
                    async for part in self._counted(parts, ctx):
                        if part.estimated_total is not None:
                            ctx.report(total=part.estimated_total)
                        cached += self.sync.taken_from_cache()
                        step = part.step(cached)
                        yield step
                        cursor = step.cursor if isinstance(step, Batch) else cursor
                return
            except RateLimited as limited:
                yield Part(rate_limited_until=limited.until, error=str(limited)).step()
            except SignInDoubtful as doubt:
                while await self.sync.doubts_sign_in(doubt.until):
                    yield Wait(None, str(doubt))

    async def _counted(self, parts: Parts, ctx: Context) -> Parts:
        while True:
            with self.sync.counting(ctx):
                part = await anext(parts, None)
            if part is None:
                return
            yield part


async def gathered(
    read: Callable[[int], Awaitable[Page[Row]]], offset: int, rows: int = PAGE
) -> list[Page[Row]]:
    """Pages from `offset` on, until they have so many rows or the list ends.

    Trouble after the first page only ends them earlier: what came is not lost, and whoever asks for the next
    one meets it again.
    """
    pages: list[Page[Row]] = []
    while True:
        try:
            pages.append(await read(offset))
        except (RateLimited, TransientError):
            if not pages:
                raise
            return pages
        following = pages[-1].next
        if following is None or sum(len(page.rows) for page in pages) >= rows:
            return pages
        offset = following
