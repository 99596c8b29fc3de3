"""What Spotify still grants today, and what its cache saved: read beside the event loop, once a second."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from djtui.tui.beside import beside

if TYPE_CHECKING:
    from djtui.config import SpotifySettings
    from djtui.spotify.cache import Figures
    from djtui.spotify.gate import Budget
    from djtui.tui.app import DjtuiApp

LOOK_S: Final = 1.0
KINDS: Final = ("spotify-sync", "spotify-warm")
"""The jobs that ask Spotify."""
_VIEWS: Final = ("spotify", "jobs")


@dataclass(frozen=True, slots=True)
class Allowance:
    """The requests of the last 24 hours, and the cache of answers; None where there is none yet."""

    budget: Budget | None = None
    cache: Figures | None = None

    def blocked_until(self, now: datetime | None = None) -> datetime | None:
        """Until when Spotify is not to be asked, if that is not over."""
        until = self.budget.blocked_until if self.budget is not None else None
        return until if until is not None and until > (now or datetime.now(UTC)) else None

    @property
    def reason(self) -> str:
        """Why it must not be asked: "quota", "window", "budget"; "" while it may."""
        return (self.budget.kind or "") if self.budget is not None else ""


async def watch(app: DjtuiApp) -> None:
    """Keep `app.allowance` true while somebody sees it, until cancelled."""
    while True:
        if _is_wanted(app):
            await look(app)
        await asyncio.sleep(LOOK_S)


async def look(app: DjtuiApp) -> None:
    """Read it now."""
    now = await beside(_read, app.settings.spotify)
    if now != app.allowance:
        app.allowance = now
        app.allowance_changed.publish(now)


def _is_wanted(app: DjtuiApp) -> bool:
    return app.current_mode in _VIEWS or any(job.kind in KINDS for job in app.jobs)


def _read(settings: SpotifySettings) -> Allowance:
    from djtui.spotify.cache import read_figures
    from djtui.spotify.gate import read_budget

    return Allowance(read_budget(), read_figures(settings))
