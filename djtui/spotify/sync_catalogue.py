"""Artists and albums, read several at a time where Spotify lets this app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from djtui.config import SpotifySettings
from djtui.jobs.job import Context, Cursor, Estimate, TransientError
from djtui.spotify import rows, storing_catalogue
from djtui.spotify.api import Spotify
from djtui.spotify.capabilities import Capability
from djtui.spotify.errors import RateLimited
from djtui.spotify.gate import Use
from djtui.spotify.storing_catalogue import ALBUMS, ARTISTS, Details, Sort
from djtui.spotify.sync_state import Part, Parts, Sync, SyncPhase


@dataclass(frozen=True, slots=True)
class Shelf:
    """Artists or albums, and how they are asked for. `limit`: ids a request may name."""

    name: str
    sort: Sort[Any]
    limit: int
    capability: Capability
    lacking: str
    ask: Callable[[Spotify, list[str], Use], Awaitable[Mapping[str, Any] | None]]
    batch: Callable[[SpotifySettings], int]
    days: Callable[[SpotifySettings], int]

    def cutoff(self, sync: Sync) -> str:
        """What was not read since then is read again: from the cache, if it is there."""
        return sync.before(days=0 if sync.full else self.days(sync.settings))

    def size(self, sync: Sync) -> int:
        """How many are read between two checkpoints: whole requests."""
        return -(-self.batch(sync.settings) // self.limit) * self.limit


ARTIST_SHELF: Final = Shelf(
    "Artists",
    ARTISTS,
    rows.ARTISTS,
    "batch_artists",
    "not available to this app: genres, popularity and followers of artists",
    lambda spotify, ids, use: spotify.artists(ids, use=use),
    lambda settings: settings.batch_artists,
    lambda settings: settings.ttl_artist_days,
)
ALBUM_SHELF: Final = Shelf(
    "Albums",
    ALBUMS,
    rows.ALBUMS,
    "batch_albums",
    "not available to this app: labels; `djtui spotify warm` reads copyrights, one album at a time",
    lambda spotify, ids, use: spotify.albums(ids, use=use),
    lambda settings: settings.batch_albums,
    lambda settings: settings.ttl_album_days,
)


class Catalogue(SyncPhase):
    """The artists or the albums of the songs that are known.

    It asks for whole requests' worth; what is left over goes along with those that playlists name as well.
    """

    def __init__(self, sync: Sync, shelf: Shelf, beside: tuple[str, ...] = ()) -> None:
        super().__init__(sync)
        self.name = shelf.name
        self.beside = beside
        self._shelf = shelf

    async def estimate(self, ctx: Context) -> Estimate:
        things = await storing_catalogue.count_unread(
            ctx.library, self._shelf.sort, self._shelf.cutoff(self.sync)
        )
        return Estimate(items=things or None)

    async def parts(self, cursor: Cursor | None, ctx: Context) -> Parts:
        things = await storing_catalogue.count_unread(
            ctx.library, self._shelf.sort, self._shelf.cutoff(self.sync)
        )
        ctx.report(total=ctx.done + things)
        after = str((cursor or {}).get("after", ""))
        async for part in details(self.sync, self._shelf, ctx, after, to_the_last=False):
            yield part


async def details(sync: Sync, shelf: Shelf, ctx: Context, after: str, *, to_the_last: bool) -> Parts:
    """Read and store what is not known of artists or albums, by key. What Spotify does not have counts as
    read. Ends at once where this app may not ask for several."""
    spotify, size = sync.spotify, shelf.size(sync)
    while True:
        ids = await storing_catalogue.unread(ctx.library, shelf.sort, after, shelf.cutoff(sync), size)
        rest = 0 if to_the_last else len(ids) % shelf.limit
        if rest and (len(ids) > rest or spotify.capabilities.get(shelf.capability)):
            ids = ids[:-rest]
            ctx.report(message=f"{rest} more go along with those of the playlists")
        if not ids:
            return
        found = await _several(spotify, shelf, ids)
        if found is None:
            if not to_the_last:
                ctx.report(message=shelf.lacking)
            return
        beside = await Details.beside(ctx.library, shelf.sort, found)
        after = list(found)[-1]
        yield Part(
            processed=len(found),
            added=beside.added,
            updated=beside.updated,
            next={"after": after},
            store=partial(beside.store, now=sync.now),
        )


async def _several(spotify: Spotify, shelf: Shelf, ids: list[str]) -> dict[str, Any] | None:
    """What Spotify knows of these, request by request; trouble after the first ends it earlier."""
    found: dict[str, Any] = {}
    for start in range(0, len(ids), shelf.limit):
        part = ids[start : start + shelf.limit]
        try:
            things = await shelf.ask(spotify, part, Use.SYNC)
        except (RateLimited, TransientError):
            if not found:
                raise
            break
        if things is None:
            return None
        found |= {id: things.get(id) for id in part}
    return found
