"""From what the library knows to what each playlist shall hold: the phases between reading and writing."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from djtui.jobs.job import Batch, Context, Cursor, JobError
from djtui.library.database import Library, Tx
from djtui.library.playlists import PlaylistError
from djtui.library.routes import Base, Child
from djtui.library.songs import songs_connection
from djtui.query import QueryError, parse
from djtui.routing import asking, journal, local
from djtui.routing.asking import Answers
from djtui.routing.bases import mark
from djtui.routing.phases import RoutePhase
from djtui.routing.plan import ListPlan, LocalPlan, Plan, known_rows, make
from djtui.routing.port import Held, Route, Steps
from djtui.routing.reading import chosen
from djtui.routing.songs import BaseSongs, fields_of, rows_of
from djtui.routing.steps import Row
from djtui.routing.updating import family
from djtui.spotify.gate import Use
from djtui.spotify.rows import ALBUMS, ARTISTS
from djtui.spotify.storing_catalogue import Details
from djtui.spotify.sync_catalogue import ALBUM_SHELF, ARTIST_SHELF, Shelf

_OF_ARTISTS: Final = frozenset(("genres", "artist_popularity", "followers"))
_OF_ALBUMS: Final = frozenset(("label",))


@dataclass(slots=True)
class Work:
    """What the phases of one run hand on."""

    base_id: int
    wanted: Collection[int] | None
    answers: Answers
    wipe: bool = False
    plan: Plan | None = None


class Enriching(RoutePhase):
    """Reads what the rules ask of the artists and albums of the base's songs, and is not known yet."""

    name = "Enriching"

    def __init__(self, route: Route, work: Work) -> None:
        super().__init__(route)
        self._work = work

    async def steps(self, cursor: Cursor | None, ctx: Context) -> Steps:
        base, children = await family(ctx, self._work.base_id)
        asked = {
            field.name
            for child in chosen(children.values(), self._work.wanted)
            for field in fields_of(_parsed(child))
        }
        for shelf, names, limit in ((ARTIST_SHELF, _OF_ARTISTS, ARTISTS), (ALBUM_SHELF, _OF_ALBUMS, ALBUMS)):
            if asked & names:
                async for step in self._read(shelf, limit, base, ctx):
                    yield step

    async def _read(self, shelf: Shelf, limit: int, base: Base, ctx: Context) -> Steps:
        route = self.route
        cutoff = shelf.cutoff(route)
        while ids := await _unread(ctx.library, shelf, base, cutoff, limit):
            found = await shelf.ask(route.spotify, ids, Use.WRITE)
            if found is None:
                ctx.report(message=shelf.lacking)
                return
            details = await Details.beside(ctx.library, shelf.sort, {id: found.get(id) for id in ids})
            yield Batch(partial(details.store, now=route.now), processed=len(ids))


class Filtering(RoutePhase):
    """Asks every rule of the base's songs. What the DJ did by hand and keeps is an exception first."""

    name = "Filtering"
    repeat = True

    def __init__(self, route: Route, work: Work) -> None:
        super().__init__(route)
        self._work = work

    async def steps(self, cursor: Cursor | None, ctx: Context) -> Steps:
        work = self._work
        base, children = await family(ctx, work.base_id)
        mine = chosen(children.values(), work.wanted)
        for id, change in (await asking.changed_by_hand(ctx.library, mine)).items():
            if work.answers.hand(id) == "keep":
                yield Batch(partial(asking.keep_for_good, child_id=id, change=change))
        base, children = await family(ctx, work.base_id)
        mine = [replace(child, active=True) for child in chosen(children.values(), work.wanted)]
        try:
            held = self.route.held.get(base.spotify_id)
            rows = None if held is None else held.rows
            work.plan = await asyncio.to_thread(_planned, ctx.library, base, mine, rows)
        except QueryError as error:
            raise JobError(f"A rule of {base.name} is none: {error}") from error
        yield Batch(_nothing, processed=work.plan.songs)


class Planning(RoutePhase):
    """Writes into the journal what each playlist shall hold. What is right already is done with that."""

    name = "Planning"

    def __init__(self, route: Route, work: Work) -> None:
        super().__init__(route)
        self._work = work

    async def steps(self, cursor: Cursor | None, ctx: Context) -> Steps:
        plan, run_id = self._work.plan, self.route.run_id
        assert plan is not None and run_id is not None
        ctx.report(total=len(plan.children))
        taken = {plan.base.spotify_id} | await journal.playlists_of_others(ctx.library, plan.base.id)
        yield Batch(partial(self._note_songs, plan=plan, mark=await mark(ctx.library, plan.base)))
        for child in plan.children:
            for part in child.lists:
                yield Batch(partial(self._note, part=part, is_taken=part.spotify_id in taken), durable=True)
                taken.add(part.spotify_id or "")
            if child.local is not None:
                yield Batch(partial(self._fill, plan=child.local, target=child.target))
            yield Batch(_nothing, processed=1)

    async def _note_songs(self, tx: Tx, plan: Plan, mark: str | None) -> None:
        await tx.execute("UPDATE route_run SET songs = ? WHERE id = ?", (plan.songs, self.route.run_id))
        await tx.execute("UPDATE route_base SET snapshot = ? WHERE id = ?", (mark, plan.base.id))

    async def _note(self, tx: Tx, part: ListPlan, is_taken: bool) -> None:
        run_id = self.route.run_id
        assert run_id is not None
        target = part.songs.target
        await journal.plan(tx, run_id, part.child.id, part.part, part.spotify_id, target)
        write = await journal.planned(tx, run_id, part.child.id, part.part)
        if write is None:
            return
        held = Held(part.present, self.route.clock.now())
        if is_taken and part.spotify_id:
            await journal.settle(tx, write, "refused", self.route.now, _TAKEN)
        elif part.question is not None and part.question.trouble == "full":
            await journal.settle(tx, write, "refused", self.route.now, part.question.text)
        elif part.is_right and not self._work.wipe:
            await journal.note_before(tx, write, held)
            await journal.settle(tx, write, "verified", self.route.now)
        elif (verdict := await asking.verdict(tx, part.child, write, held, self._work.answers)) is not None:
            await journal.settle(tx, write, verdict[0], self.route.now, verdict[1])

    async def _fill(self, tx: Tx, plan: LocalPlan, target: Sequence[str]) -> None:
        run_id = self.route.run_id
        assert run_id is not None
        there = [uri for uri in target if uri not in set(plan.missing)]
        await journal.plan(tx, run_id, plan.child.id, "songs", None, there)
        counts = {
            "added": len(plan.tracks.added),
            "removed": len(plan.tracks.removed),
            "kept": len(plan.tracks.kept),
        }
        await journal.note_local(tx, run_id, plan.child.id, counts, self.route.now)
        try:
            await local.fill(tx, plan.child.id, plan.playlist_id, plan.title, plan.tracks.target)
        except PlaylistError as error:
            await journal.note_local(tx, run_id, plan.child.id, {}, self.route.now, error=str(error))


def _planned(library: Library, base: Base, children: Sequence[Child], rows: Sequence[Row] | None) -> Plan:
    """The plan for a base with these rows (None: as the library has them)."""
    connection = songs_connection(library.path)
    try:
        songs = BaseSongs(connection, rows_of(connection, base.spotify_id) if rows is None else rows)
        return make(songs, base, children, known_rows(connection, children), is_read=True)
    finally:
        connection.close()


def _parsed(child: Child) -> Any:
    try:
        return parse(child.rule)
    except QueryError as error:
        raise JobError(f"The rule of {child.name} is none: {error}") from error


async def _unread(library: Library, shelf: Shelf, base: Base, cutoff: str, limit: int) -> list[str]:
    """The next artists or albums of the base's songs that were never read, or not since `cutoff`."""
    of_base = (
        "SELECT track_id FROM spotify_like"
        if base.is_liked
        else "SELECT item.track_id FROM spotify_item AS item JOIN spotify_playlist AS list"
        " ON list.id = item.playlist_id AND list.items_generation = item.generation"
        " WHERE list.spotify_id = :base"
    )
    named = (
        f"SELECT artist_id FROM spotify_track_artist WHERE track_id IN ({of_base})"
        if shelf is ARTIST_SHELF
        else f"SELECT album_id FROM spotify_track WHERE id IN ({of_base})"
    )
    rows = await library.fetchall(
        f"SELECT id FROM {shelf.sort.table} WHERE (fetched IS NULL OR fetched < :cutoff) AND id IN ({named})"
        " ORDER BY id LIMIT :limit",
        {"base": base.spotify_id, "cutoff": cutoff, "limit": limit},
    )
    return [row["id"] for row in rows]


_TAKEN: Final = (
    "Its playlist is the base itself or that of another child: two rules would undo each other's work in it. "
    "Give it a playlist of its own."
)


async def _nothing(tx: Tx) -> None:
    """What a batch stores that only counts."""
