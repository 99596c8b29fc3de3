"""The liked songs: all of them, or what came since; and, where wanted, the songs played lately."""

from __future__ import annotations

from functools import partial
from typing import Final

from djtui.jobs.job import Context, Cursor, Estimate
from djtui.library.database import Tx
from djtui.spotify import storing, storing_likes
from djtui.spotify.errors import Refused
from djtui.spotify.rows import PAGE, Account
from djtui.spotify.storing import Entry, Songs
from djtui.spotify.storing_likes import Likes
from djtui.spotify.sync_state import Part, Parts, SyncPhase, gathered
from djtui.spotify.sync_walk import Walk

_CHANGING: Final = "They kept changing while they were read. The next sync reads them again."
_PLAYS: Final = {"plays": True}


class Tracks(SyncPhase):
    """Liked songs, the newest first. With nothing new that is one request."""

    name = "Tracks"

    async def estimate(self, ctx: Context) -> Estimate:
        facts = await storing.facts(ctx.library)
        if "likes_complete" not in facts:
            return Estimate(note="How much there is to read turns out on the way.")
        if not self.sync.full:
            return Estimate(requests=1)
        total = int(facts["likes_total"])
        return Estimate(items=total, requests=-(-total // PAGE))

    async def parts(self, cursor: Cursor | None, ctx: Context) -> Parts:
        if cursor is None or "plays" not in cursor:
            async for part in self._likes(cursor, ctx):
                yield part
        if self.sync.settings.plays:
            async for part in self._plays(ctx):
                yield part

    async def _likes(self, cursor: Cursor | None, ctx: Context) -> Parts:
        sync, library = self.sync, ctx.library
        account = await sync.account(ctx)
        facts = await storing.facts(library)
        entry = sync.entry(ctx, news="likes_complete" in facts)
        uncounted = int(facts.get("likes_uncounted", 0))
        walk: Walk | None = Walk.resumed(cursor) if cursor else await self._begin(ctx, entry)
        after = _PLAYS if sync.settings.plays else None
        while walk is not None:
            if walk.ended:
                count = await storing_likes.liked(library, None if walk.way == "news" else walk.generation)
                if walk.is_complete(count, uncounted):
                    yield Part(store=partial(_finish, walk=walk, count=count, entry=entry), next=after)
                    return
                walk = walk.again(count)
                continue
            rows = sync.settings.batch_tracks if walk.way == "whole" else PAGE
            pages = await gathered(sync.spotify.liked, walk.offset, rows)
            items = [item for page in pages for item in page.rows]
            likes = await Likes.beside(library, items, walk.generation, sync.named)
            counts = walk.wholes == 0 and walk.way != "top"
            walk = walk.past(pages, new=not (likes.are_known if walk.way == "news" else likes.were_met))
            yield Part(
                processed=len(items) if counts else 0,
                added=len(likes.fresh),
                updated=likes.updated,
                next=walk.cursor(),
                estimated_total=walk.total if counts and walk.way == "whole" else None,
                store=partial(_store, likes=likes, account=account, entry=entry),
            )
        yield Part(error=_CHANGING, item="liked songs", next=after)

    async def _begin(self, ctx: Context, entry: Entry) -> Walk:
        last = await storing_likes.last_generation(ctx.library)
        if entry.news and not self.sync.full:
            return Walk("news", last)
        return Walk("whole", last + 1)

    async def _plays(self, ctx: Context) -> Parts:
        sync = self.sync
        row = await ctx.library.fetchone("SELECT max(played) AS last FROM spotify_play")
        try:
            plays = await sync.spotify.plays(row["last"] if row is not None else None)
        except Refused as refusal:
            if refusal.kind not in ("scope", "removed"):
                raise
            ctx.report(message=str(refusal))
            plays = ()
        songs = await Songs.beside(ctx.library, [play.song for play in plays])
        yield Part(
            processed=len(plays),
            store=partial(
                storing_likes.store_plays, plays=plays, songs=songs, named=sync.named, now=sync.now
            ),
        )


async def _store(tx: Tx, likes: Likes, account: Account, entry: Entry) -> None:
    await storing.note_account(tx, account, entry.now)
    await likes.store(tx, entry)


async def _finish(tx: Tx, walk: Walk, count: int, entry: Entry) -> None:
    if walk.way != "news":
        await storing_likes.sweep(tx, walk.generation, entry)
    assert walk.total is not None
    await storing_likes.complete(tx, walk.total, walk.total - count, entry.now)
