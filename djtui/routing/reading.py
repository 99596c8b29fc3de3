"""The base and its children into the library, as they are on Spotify now: those that changed are read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from djtui.jobs.job import Batch, Context, Cursor, Estimate, JobError, Wait
from djtui.jobs.records import stamp
from djtui.library.database import Library, Tx
from djtui.library.route_runs import Part, RunKind
from djtui.library.routes import Base, Child
from djtui.routing import contents, journal
from djtui.routing.phases import RoutePhase
from djtui.routing.port import Route, Steps, ends_all
from djtui.routing.updating import family
from djtui.spotify import storing_playlists
from djtui.spotify.errors import NotFound, Refused
from djtui.spotify.rows import PAGE, Playlist
from djtui.spotify.sync_tracks import Tracks

_SETTLING: Final = timedelta(seconds=60)


class Reading(RoutePhase):
    """Reads the base completely or not at all, then the children; nothing where snapshots say so."""

    name = "Reading"

    def __init__(
        self,
        route: Route,
        base_id: int,
        kind: RunKind,
        wanted: Collection[int] | None,
        remake: Collection[int] = (),
    ) -> None:
        super().__init__(route)
        self._base_id = base_id
        self._kind = kind
        self._wanted = wanted
        self._remake = remake
        self._listed: dict[str, Playlist | None] = {}

    async def estimate(self, ctx: Context) -> Estimate:
        base, children = await family(ctx, self._base_id)
        lists = [id for child in chosen(children.values(), self._wanted) for _, id in parts(child)]
        return Estimate(items=len(lists) + 1, requests=2 + base.is_liked)

    async def steps(self, cursor: Cursor | None, ctx: Context) -> Steps:
        route = self.route
        await family(ctx, self._base_id)
        await route.account(ctx)
        if route.run_id is None:
            yield Batch(partial(self._begin, ctx=ctx))
        base, children = await family(ctx, self._base_id)
        stage = dict(cursor or {})
        lists = [
            (child, part, id)
            for child in chosen(children.values(), self._wanted)
            for part, id in parts(child)
        ]
        await self._list(base, [id for *_, id in lists], ctx.library)
        ctx.report(total=len(lists) + 1)
        if not stage.get("base"):
            ctx.report(message=base.name)
            async for step in self._liked(stage, ctx) if base.is_liked else self._base(base, ctx):
                yield step
            yield Batch(_nothing, {"base": True}, processed=1)
        done = set(stage.get("done", ()))
        for child, part, id in lists:
            if id in done:
                continue
            ctx.report(message=child.title(base))
            async for step in self._child(child, part, id, child.title(base), ctx):
                yield step
            done.add(id)
            yield Batch(_nothing, {"base": True, "done": sorted(done)}, processed=1)

    async def _begin(self, tx: Tx, ctx: Context) -> None:
        self.route.run_id = await journal.begin_run(tx, self._base_id, ctx.job_id, self._kind, self.route.now)
        await tx.executemany(
            "UPDATE route_child SET spotify_id = NULL, digest = NULL WHERE id = ? AND base_id = ?",
            [(id, self._base_id) for id in self._remake],
        )

    async def _list(self, base: Base, ids: Sequence[str], library: Library) -> None:
        """Have what Spotify says of the playlists now: by the list of all, or one by one if that is less."""
        wanted = [*ids] if base.is_liked else [base.spotify_id, *ids]
        missing = [id for id in wanted if id not in self._listed]
        since = stamp(self.route.clock.now() - _SETTLING)
        deletable = {id for id in ids if not await contents.was_written(library, id, since)}
        pages = max(1, -(-await storing_playlists.listed(library) // PAGE))
        if pages < len(missing):
            offset: int | None = 0
            found: dict[str, Playlist] = {}
            while offset is not None:
                page = await self.route.spotify.playlists(offset)
                found |= {row.id: row for row in page.rows}
                offset = page.next
            # Who deletes a playlist of their own only unfollows it: it is still there for who has its id.
            self._listed |= {id: found.get(id) for id in missing if id in found or id in deletable}
            missing = [id for id in missing if id not in self._listed]
        for id in missing:
            try:
                self._listed[id] = await self.route.spotify.playlist(id)
            except NotFound:
                self._listed[id] = None

    async def _liked(self, stage: Cursor, ctx: Context) -> Steps:
        """The liked songs, as a sync reads them: what came since, and all of them where some went."""
        tracks = Tracks(self.route)
        async for part in tracks.parts(stage.get("likes"), ctx):
            if part.error is not None:
                raise JobError(f"Your liked songs: {part.error} Nothing was written.")
            step = part.step()
            if isinstance(step, Wait):
                yield step
            else:
                yield Batch(step.store, {"likes": part.next} if part.next else None)

    async def _base(self, base: Base, ctx: Context) -> Steps:
        playlist = self._listed[base.spotify_id]
        if playlist is None:
            raise JobError(f"The base {base.name} is no longer on Spotify. Nothing was written.")
        user_id = (await self.route.account(ctx)).user_id
        if playlist.owner_id != user_id and not playlist.collaborative:
            raise JobError(
                f"Spotify sends the songs of {base.name} to no app: it is somebody else's playlist."
            )
        if not await self._is_known(playlist, ctx):
            held = await contents.read_steadily(self.route, playlist, base.name)
            async for step in contents.keep(self.route, playlist, held, ctx):
                yield step

    async def _child(self, child: Child, part: Part, id: str, name: str, ctx: Context) -> Steps:
        playlist = self._listed[id]
        run_id = self.route.run_id
        assert run_id is not None
        if playlist is None:
            yield Batch(partial(_failed, run_id=run_id, child=child, part=part, id=id, error=_GONE))
            return
        if await self._is_known(playlist, ctx):
            return
        try:
            held = await contents.read(self.route, id, name)
        except (NotFound, Refused, contents.KeepsChanging) as error:
            if ends_all(error):
                raise
            yield Batch(partial(_failed, run_id=run_id, child=child, part=part, id=id, error=str(error)))
            return
        async for step in contents.keep(self.route, playlist, held, ctx):
            yield step

    async def _is_known(self, playlist: Playlist, ctx: Context) -> bool:
        route = self.route
        return await contents.is_known(
            ctx.library,
            playlist,
            read_before=route.before(days=route.settings.reread_days),
            written_after=stamp(route.clock.now() - _SETTLING),
        )


async def _nothing(tx: Tx) -> None:
    """What a batch stores that only says where the phase stands."""


async def _failed(tx: Tx, run_id: int, child: Child, part: Part, id: str, error: str) -> None:
    await journal.plan(tx, run_id, child.id, part, id, (), state="failed", error=error)


def chosen(children: Collection[Child], wanted: Collection[int] | None) -> list[Child]:
    """The children that a run is about: those that are wanted, or else those that are active."""
    return [child for child in children if (child.active if wanted is None else child.id in wanted)]


def parts(child: Child) -> list[tuple[Part, str]]:
    """The playlists on Spotify that a child has already."""
    if child.kind != "spotify":
        return []
    found: list[tuple[Part, str]] = []
    if child.spotify_id is not None:
        found.append(("songs", child.spotify_id))
    if child.review_id is not None:
        found.append(("review", child.review_id))
    return found


_GONE: Final = (
    "Its playlist is no longer on Spotify. Have it made anew (`djtui route apply BASE --remake CHILD`), or "
    "switch the child off."
)
