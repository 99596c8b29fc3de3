"""The sync job: what Spotify knows of the account, into the library, request by request.

Tracks reads the liked songs, all or what came since; Artists and Albums read what the songs' rows do not
say; Playlists lists the playlists, and Contents reads those that changed. Each batch is at most a few
requests, and what it brought is stored together with where the phase stands: so a limit, a quota, a failing
line or a killed host costs no request twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from djtui.config import Settings
from djtui.jobs.job import Job
from djtui.spotify.asking import KIND
from djtui.spotify.clock import WALL, Clock
from djtui.spotify.sync_catalogue import ALBUM_SHELF, ARTIST_SHELF, Catalogue
from djtui.spotify.sync_playlists import Contents, Playlists
from djtui.spotify.sync_state import Sync
from djtui.spotify.sync_tracks import Tracks


def sync_job(params: dict[str, Any], settings: Settings, *, clock: Clock = WALL) -> Job:
    """The job for `djtui spotify sync`. Params: full (read everything again)."""
    full = bool(params.get("full"))
    sync = Sync(settings.spotify, clock, full)
    return SyncJob(
        kind=KIND,
        key=KIND,
        title=f"Spotify sync{' of everything' if full else ''}",
        phases=(
            Tracks(sync),
            Catalogue(sync, ARTIST_SHELF, beside=(ALBUM_SHELF.name,)),
            Catalogue(sync, ALBUM_SHELF),
            Playlists(sync),
            Contents(sync),
        ),
        sync=sync,
    )


@dataclass(eq=False)
class SyncJob(Job):
    """The job, with what the library has of Spotify, and what it took, as the result."""

    sync: Sync = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        return self.sync.result

    async def close(self) -> None:
        await self.sync.close()
