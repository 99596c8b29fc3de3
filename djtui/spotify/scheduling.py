"""Syncs by the clock, while djtui or `djtui host` runs and the settings want them."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from djtui.jobs import requests
from djtui.jobs.job import JobError
from djtui.jobs.trouble import sentence
from djtui.library.database import LibraryError
from djtui.spotify.asking import KIND, LIMITED, sync_params
from djtui.spotify.clock import WALL, Clock, local_time
from djtui.spotify.tokens import Tokens

if TYPE_CHECKING:
    from sqlite3 import Row

    from djtui.config import Settings
    from djtui.jobs.job import JobKinds
    from djtui.library.database import Library

LOOK_S: Final = 20.0
_AT_WORK: Final = ("queued", "running", "waiting")


class Timetable(ABC):
    """Asks for jobs by itself, looking every 20 s at what is due.

    `settings` are asked for at each look, for they may change; `host` sees to it that somebody works the
    jobs; `told` hears why one could not be asked for, and what is to be expected.
    """

    def __init__(
        self,
        library: Library,
        settings: Callable[[], Settings],
        kinds: JobKinds,
        host: Callable[[], Awaitable[object]],
        *,
        told: Callable[[str], object] | None = None,
        clock: Clock = WALL,
    ) -> None:
        self._library = library
        self._settings = settings
        self._kinds = kinds
        self._host = host
        self._told = told
        self._clock = clock
        self._said = ""

    async def run(self) -> None:
        """Keep to it until cancelled. Raises nothing else."""
        while True:
            await self.look()
            await self._clock.sleep(LOOK_S)

    @abstractmethod
    async def look(self) -> object:
        """Ask for what is due now."""

    async def _submit(self, kind: str, params: dict[str, Any]) -> int:
        """Raises what `requests.submit` does."""
        return await requests.submit(self._library, self._kinds, kind, params, settings=self._settings())

    def _tell(self, text: str) -> None:
        if self._told is not None and text and text != self._said:
            self._told(text)
        self._said = text


class Schedule(Timetable):
    """Asks for a sync every `spotify.every_min` minutes, counted from the end of the last one, whoever asked
    for that. Several processes may do so at once: a second request for the same job is no second job.
    """

    async def look(self) -> None:
        try:
            if await self.is_due():
                await self._submit(KIND, await sync_params(self._library, full=False))
                await self._host()
            self._tell(await self.outlook())
        except (requests.RequestError, LibraryError, JobError) as error:
            self._tell(f"No sync with Spotify: {sentence(error)}")

    async def is_due(self) -> bool:
        """Whether it is time: somebody is signed in, and the last sync ended so long ago."""
        if not self._settings().spotify.every_min or not await self._is_signed_in():
            return False
        last = await self._last()
        return last is None or (
            last["state"] not in (*_AT_WORK, "paused") and self._clock.now() >= self._next(last)
        )

    async def outlook(self) -> str:
        """What is to be expected, as a sentence; "" where nothing is wanted."""
        every = self._settings().spotify.every_min
        if not every:
            return ""
        said = f"Spotify is synced every {every:,} min"
        if not await self._is_signed_in():
            return f"{said} once somebody is signed in: djtui spotify login."
        last = await self._last()
        if last is None or last["state"] in _AT_WORK:
            return f"{said}; a sync is under way."
        if last["state"] == "paused":
            return f"{said}, but the last sync is paused: djtui jobs resume goes on."
        return f"{said}; the next sync is due at {local_time(self._next(last), self._clock.now())}."

    async def _is_signed_in(self) -> bool:
        tokens = Tokens(self._settings().spotify, clock=self._clock)
        signed_in = await asyncio.to_thread(tokens.signed_in)
        return signed_in is not None and not signed_in.ended

    async def _last(self) -> Row | None:
        """The last sync; one that the day's quota has paused is as good as over."""
        return await self._library.fetchone(
            "SELECT iif(state = 'paused' AND message = ?, 'succeeded', state) AS state,"
            " coalesce(finished, started, created) AS at FROM job WHERE key = ? ORDER BY id DESC LIMIT 1",
            (LIMITED, KIND),
        )

    def _next(self, last: Row) -> datetime:
        return datetime.fromisoformat(last["at"]) + timedelta(minutes=self._settings().spotify.every_min)
