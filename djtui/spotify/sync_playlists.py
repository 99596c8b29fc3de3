"""The account's playlists: which there are, and what is in those that may be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final, Self

from djtui.jobs.job import Context, Cursor, Estimate
from djtui.jobs.records import stamp
from djtui.library.database import Tx
from djtui.spotify import storing, storing_playlists
from djtui.spotify.errors import NotFound, Refused
from djtui.spotify.rows import PAGE, Item, Page
from djtui.spotify.storing import Entry
from djtui.spotify.storing_playlists import Listed, Rows, Unread
from djtui.spotify.sync_catalogue import ALBUM_SHELF, ARTIST_SHELF, details
from djtui.spotify.sync_state import Part, Parts, SyncPhase, gathered
from djtui.spotify.sync_walk import Walk

_TRIES: Final = 3
_SETTLING_S: Final = 60.0
_CHANGING: Final = "It kept changing while it was read. The next sync reads it again."
_OF_ONE_LIST: Final = ("owner", "removed", "other")  # refusals that say nothing of the other playlists
_SHELVES: Final = (ARTIST_SHELF, ALBUM_SHELF)


class Playlists(SyncPhase):
    """Which playlists there are, in the account's order: the songs in them come later."""

    name = "Playlists"

    async def estimate(self, ctx: Context) -> Estimate:
        known = await storing_playlists.listed(ctx.library)
        return Estimate(items=known or None, requests=max(1, -(-known // PAGE)))

    async def parts(self, cursor: Cursor | None, ctx: Context) -> Parts:
        sync, library = self.sync, ctx.library
        account = await sync.account(ctx)
        entry = sync.entry(ctx, news="playlists_complete" in await storing.facts(library))
        last = await storing_playlists.last_generation(library)
        walk: Walk | None = Walk.resumed(cursor) if cursor else Walk("whole", last + 1)
        while walk is not None:
            if walk.ended:
                count = await storing_playlists.listed(library, walk.generation)
                if walk.is_complete(count):
                    sweep = partial(storing_playlists.sweep, generation=walk.generation, entry=entry)
                    yield Part(store=sweep)
                    return
                walk = walk.again(count)
                continue
            pages = await gathered(sync.spotify.playlists, walk.offset, sync.settings.batch_playlists)
            rows = [row for page in pages for row in page.rows]
            listed = await Listed.beside(library, rows, walk.offset, account.user_id, walk.generation)
            counts = walk.wholes == 0 and walk.way == "whole"
            walk = walk.past(pages, new=not listed.met)
            yield Part(
                processed=len(rows) if counts else 0,
                added=listed.added,
                updated=listed.updated,
                next=walk.cursor(),
                estimated_total=walk.total,
                store=partial(listed.store, entry=entry),
            )
        yield Part(error=_CHANGING, item="the list of playlists")


@dataclass(frozen=True, slots=True)
class Place:
    """How far the playlist that comes after `after` is read. `total` is what its pages have said, `last` what
    the try before was told and met."""

    after: int = 0
    playlist: int | None = None
    offset: int = 0
    total: int | None = None
    tries: int = 0
    last: tuple[int, int] | None = None

    @classmethod
    def resumed(cls, cursor: Cursor | None) -> Self:
        found = {name: value for name, value in (cursor or {}).items() if name in cls.__slots__}
        found["last"] = tuple(found["last"]) if found.get("last") else None
        return cls(**found)


class Contents(SyncPhase):
    """The rows of the playlists that changed, then what is still to be read of artists and albums."""

    name = "Contents"

    async def estimate(self, ctx: Context) -> Estimate:
        items, requests = await self._unread(ctx)
        return Estimate(items=items or None, requests=requests)

    async def _unread(self, ctx: Context) -> tuple[int, int]:
        sync = self.sync
        return await storing_playlists.count_unread(ctx.library, full=sync.full, read_before=self._stale)

    @property
    def _stale(self) -> str:
        return self.sync.before(days=self.sync.settings.reread_days)

    async def parts(self, cursor: Cursor | None, ctx: Context) -> Parts:
        shelf = int((cursor or {}).get("shelf", 0))
        if cursor is None or "shelf" not in cursor:
            async for part in self._playlists(Place.resumed(cursor), ctx):
                yield part
            cursor = None
        for number in range(shelf, len(_SHELVES)):
            after = str((cursor or {}).get("after", "")) if number == shelf else ""
            async for part in details(self.sync, _SHELVES[number], ctx, after, to_the_last=True):
                yield replace(part, processed=0, next={"shelf": number, **(part.next or {})})
        yield Part()
        await self._sum_up(ctx)

    async def _playlists(self, place: Place, ctx: Context) -> Parts:
        if place == Place():
            items, _ = await self._unread(ctx)
            ctx.report(total=items)
        while (playlist := await self._next(place, ctx)) is not None:
            if place.playlist != playlist.id:
                place = Place(place.after, playlist.id)
                ctx.report(message=playlist.name)
            part, place = await self._read(playlist, place, ctx)
            yield replace(part, next=asdict(place))

    async def _next(self, place: Place, ctx: Context) -> Unread | None:
        settling = self.sync.clock.now() - timedelta(seconds=_SETTLING_S)
        return await storing_playlists.unread(
            ctx.library,
            place.after,
            full=self.sync.full,
            read_before=self._stale,
            written_after=stamp(settling),
        )

    async def _read(self, playlist: Unread, place: Place, ctx: Context) -> tuple[Part, Place]:
        """Read on in a playlist: what that came to, and where it goes on."""
        sync, entry = self.sync, self.sync.entry(ctx)
        pages: Sequence[Page[Item]] = [Page((), 0, 0)]
        if playlist.total != 0 or place.tries:
            page = partial(
                sync.spotify.items,
                playlist.spotify_id,
                snapshot=playlist.snapshot,
                fresh=not playlist.hinted or place.tries > 0,
            )
            try:
                pages = await gathered(page, place.offset, sync.settings.batch_playlists)
            except NotFound as gone:
                return Part(error=str(gone), item=playlist.item), Place(playlist.id)
            except Refused as refusal:
                if refusal.kind not in _OF_ONE_LIST:
                    raise
                return Part(error=str(refusal), item=playlist.item), Place(playlist.id)
        items = [item for page in pages for item in page.rows]
        read, total = place.offset + len(items), pages[-1].total
        steady = all(page.total == (total if place.total is None else place.total) for page in pages)
        is_end = pages[-1].next is None
        is_whole = read == total == (total if playlist.total is None else playlist.total)
        if not steady or (is_end and not is_whole and place.last != (total, read)):
            return self._again(playlist, place, (total, read) if steady else None)
        rows = await Rows.beside(ctx.library, playlist, place.offset, items, sync.named)
        part = Part(
            processed=len(items) if not place.tries else 0,
            added=len(rows.songs.new),
            updated=len(rows.songs.changed),
            store=partial(_store, rows=rows, entry=entry, whole=is_end),
        )
        return part, Place(playlist.id) if is_end else replace(place, offset=read, total=total)

    @staticmethod
    def _again(playlist: Unread, place: Place, last: tuple[int, int] | None) -> tuple[Part, Place]:
        """The playlist changed under our eyes: read it once more, but not for ever."""
        tries = place.tries + 1
        if tries < _TRIES:
            return Part(), Place(place.after, playlist.id, tries=tries, last=last)
        return Part(error=_CHANGING, item=playlist.item), Place(playlist.id)

    async def _sum_up(self, ctx: Context) -> None:
        """Count for the job's result what the library has of Spotify now, and what that took."""
        row = await ctx.library.fetchone(
            "SELECT (SELECT count(*) FROM spotify_like) AS tracks,"
            " (SELECT count(*) FROM spotify_artist) AS artists,"
            " (SELECT count(*) FROM spotify_album) AS albums,"
            " (SELECT count(*) FROM spotify_playlist) AS playlists,"
            " (SELECT coalesce(sum(items), 0) FROM spotify_playlist) AS items"
        )
        assert row is not None
        blocked = self.sync.spotify.gate.budget().blocked_until
        self.sync.result |= await self.sync.took(ctx) | dict(row)
        self.sync.result["blocked_until"] = None if blocked is None else stamp(blocked)


async def _store(tx: Tx, rows: Rows, entry: Entry, whole: bool) -> None:
    await rows.store(tx, entry)
    if whole:
        await storing_playlists.take_over(tx, rows.playlist, entry)
