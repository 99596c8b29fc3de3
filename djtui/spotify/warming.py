"""The warming job: albums read one at a time, for apps that may not ask for several.

What an album's own answer adds (copyrights, the UPC) is nice to know, no more. So only what is left over of
the day's requests is spent on it, the most used albums first; a run that ends before all are read is a
success, and the next one goes on from there: the rows themselves say what was read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from djtui.config import Settings
from djtui.jobs.job import Context, Cursor, Estimate, Job
from djtui.spotify import storing_catalogue
from djtui.spotify.clock import WALL, Clock
from djtui.spotify.errors import BadRequest, RateLimited
from djtui.spotify.gate import Use
from djtui.spotify.rows import ALBUMS, Album
from djtui.spotify.storing_catalogue import Details
from djtui.spotify.sync_catalogue import ALBUM_SHELF
from djtui.spotify.sync_state import Part, Parts, Sync, SyncPhase

KIND: Final = "spotify-warm"


def warm_job(params: dict[str, Any], settings: Settings, *, clock: Clock = WALL) -> Job:
    """The job for `djtui spotify warm`. It has no params."""
    sync = Sync(settings.spotify, clock)
    return WarmJob(
        kind=KIND, key=KIND, title="Spotify: what is known of albums", phases=(Warming(sync),), sync=sync
    )


@dataclass(eq=False)
class WarmJob(Job):
    """The job. Its result: albums (read in this run), left (to be read), requests and cached."""

    sync: Sync = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        return self.sync.result

    async def close(self) -> None:
        await self.sync.close()


class Warming(SyncPhase):
    """Reads albums until all are read, or the left-over of the day is spent."""

    name = "Albums"

    async def estimate(self, ctx: Context) -> Estimate:
        albums = await self._unread(ctx)
        return Estimate(items=albums, requests=albums, note="Only requests that are left over are spent.")

    async def _unread(self, ctx: Context) -> int:
        return await storing_catalogue.count_unread(ctx.library, ALBUM_SHELF.sort, self._cutoff)

    @property
    def _cutoff(self) -> str:
        return ALBUM_SHELF.cutoff(self.sync)

    async def parts(self, cursor: Cursor | None, ctx: Context) -> Parts:
        sync, done = self.sync, int((cursor or {}).get("read", 0))
        left = await self._unread(ctx)
        total = done + left
        ctx.report(total=total)
        try:
            while ids := await storing_catalogue.most_used(ctx.library, self._cutoff, ALBUMS):
                async for found in self._read(ids):
                    beside = await Details.beside(ctx.library, ALBUM_SHELF.sort, found)
                    done += len(found)
                    yield Part(
                        processed=len(found),
                        added=beside.added,
                        updated=beside.updated,
                        next={"read": done},
                        store=partial(beside.store, now=sync.now),
                    )
        except RateLimited as limit:
            if limit.kind == "window":
                raise
            ctx.report(message=f"{done:,} of {total:,}. {limit}")
        yield Part()
        sync.result |= {"albums": done, "left": await self._unread(ctx), **await sync.took(ctx)}

    async def _read(self, ids: list[str]) -> AsyncIterator[dict[str, Album | None]]:
        """These albums: all at once where this app may, else one after the other."""
        spotify = self.sync.spotify
        several = await spotify.albums(ids, use=Use.ENRICH)
        if several is not None:
            yield several
            return
        for id in ids:
            try:
                album = await spotify.album(id, use=Use.ENRICH)
            except BadRequest:
                album = None
            yield {id: album}
