"""What Spotify still grants today, and what its cache saved: read beside the event loop, once a second."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from djtui.tui.beside import beside

if TYPE_CHECKING:
    from djtui.config import SpotifySettings
    from djtui.spotify.budget import Budget
    from djtui.spotify.cache import Cache, Figures
    from djtui.tui.app import DjtuiApp

KINDS: Final = ("spotify-sync", "spotify-warm", "route-apply", "route-undo")
"""The jobs that ask Spotify."""
LOOK_S: Final = 1.0
FIGURES_S: Final = 5.0
_VIEWS: Final = ("spotify", "routing", "jobs")


@dataclass(frozen=True, slots=True)
class Allowance:
    """The requests of the last 24 hours, and the cache of answers; None where nothing is known."""

    budget: Budget | None = None
    cache: Figures | None = None

    def blocked_until(self, now: datetime | None = None) -> datetime | None:
        """Until when Spotify is not to be asked, if that is not over."""
        until = self.budget.blocked_until if self.budget is not None else None
        return until if until is not None and until > (now or datetime.now(UTC)) else None

    @property
    def reason(self) -> str:
        """Why a job waits for it: "quota", "window", or the "budget" that a sync may use of a day; empty
        where it is none of these, as far as is known."""
        if self.budget is None:
            return ""
        from djtui.spotify.budget import Use

        return self.budget.kind or ("budget" if self.budget.room(Use.SYNC) == 0 else "")


async def watch(app: DjtuiApp) -> None:
    """Keep `app.allowance` true while somebody sees it, until cancelled."""
    reader = _Reader()
    while True:
        if _is_wanted(app):
            now = await beside(reader.read, app.settings.spotify)
            if now != app.allowance:
                app.allowance = now
                app.allowance_changed.publish(now)
        await asyncio.sleep(LOOK_S)


def _is_wanted(app: DjtuiApp) -> bool:
    return app.current_mode in _VIEWS or any(job.kind in KINDS for job in app.jobs)


class _Reader:
    """Reads both, and keeps the cache open between two readings. One thread at a time calls it."""

    def __init__(self) -> None:
        self._settings: SpotifySettings | None = None
        self._cache: Cache | None = None
        self._figures: Figures | None = None
        self._due = 0.0

    def read(self, settings: SpotifySettings) -> Allowance:
        from djtui.spotify.budget import read_budget

        budget = read_budget()
        if budget is not None and (settings != self._settings or time.monotonic() >= self._due):
            self._figures = self._read_figures(settings)
            self._due = time.monotonic() + FIGURES_S
        return Allowance(budget, self._figures)

    def _read_figures(self, settings: SpotifySettings) -> Figures:
        from djtui.spotify.cache import open_cache

        if self._cache is None or settings != self._settings:
            if self._cache is not None:
                self._cache.close()
            self._settings, self._cache = settings, open_cache(settings)
        return self._cache.figures()
