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
from djtui.spotify.clock import WALL, Clock
from djtui.spotify.tokens import Tokens

if TYPE_CHECKING:
    from djtui.config import Settings
    from djtui.jobs.job import JobKinds
    from djtui.library.database import Library

LOOK_S: Final = 20.0


class Timetable(ABC):
    """Asks for jobs by itself, looking every 20 s at what is due.

    `settings` are asked for at each look, for they may change; `host` sees to it that somebody works the
    jobs; `told` hears why one could not be asked for.
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
                self._tell("")
        except (requests.RequestError, LibraryError, JobError) as error:
            self._tell(f"No sync with Spotify: {sentence(error)}")

    async def is_due(self) -> bool:
        """Whether it is time: somebody is signed in, and the last sync ended so long ago."""
        settings = self._settings().spotify
        if not settings.every_min:
            return False
        signed_in = await asyncio.to_thread(Tokens(settings, clock=self._clock).signed_in)
        if signed_in is None or signed_in.ended:
            return False
        last = await self._library.fetchone(
            "SELECT state, message, coalesce(finished, started, created) AS at FROM job WHERE key = ?"
            " ORDER BY id DESC LIMIT 1",
            (KIND,),
        )
        if last is None:
            return True
        by_hand = last["state"] == "paused" and last["message"] != LIMITED
        if by_hand or last["state"] in ("queued", "running", "waiting"):
            return False
        return self._clock.now() >= _moment(last["at"]) + timedelta(minutes=settings.every_min)


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(str(text))
