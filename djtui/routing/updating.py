"""Writing the playlists of a run, and reading them again: the part that applying and undoing share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from djtui.jobs.job import Batch, Context, Cursor, ItemFailure, JobError, Wait
from djtui.library import routes
from djtui.library.database import Tx
from djtui.library.route_runs import Write, WriteState, writes
from djtui.library.routes import Base, Child, RouteError
from djtui.routing import contents, journal
from djtui.routing.journal import InFlight
from djtui.routing.phases import RoutePhase
from djtui.routing.port import Held, Route, Steps, ends_all
from djtui.routing.steps import songs
from djtui.routing.writing import SETTLES_S, Verdict, Writing, lost
from djtui.spotify.errors import BadRequest, NotFound, RateLimited, Refused, ServiceTrouble
from djtui.spotify.rows import Playlist

LOOKS_S: Final = (1.0, 5.0, 30.0)
"""So long after the last write a playlist is read again, until it is right."""

Judge = Callable[[Child, Write, Context, Held], Awaitable[Verdict | None]]


@dataclass(slots=True)
class Outcome:
    """What a job of routing says at its end."""

    values: dict[str, Any] = field(default_factory=dict)


class Updating(RoutePhase):
    """Writes what the journal of the run says, playlist by playlist."""

    name = "Updating"

    def __init__(
        self, route: Route, base_id: int, judge: Judge, wipe: Collection[int] | bool = False
    ) -> None:
        super().__init__(route)
        self._base_id = base_id
        self._judge = judge
        self._wipe = wipe

    async def steps(self, cursor: Cursor | None, ctx: Context) -> Steps:
        route, library = self.route, ctx.library
        assert route.run_id is not None
        if await journal.overtaken(library, route.run_id):
            raise JobError("The base was applied anew since: this run writes nothing any more.")
        base, children = await family(ctx, self._base_id)
        todo = await journal.open_writes(library, route.run_id)
        ctx.report(total=ctx.done + len(todo))
        for write in todo:
            child = children.get(write.child_id)
            if child is None:
                yield Batch(partial(journal.settle, write=write, state="failed", now=route.now, error=_GONE))
                continue
            name = title(child, base, write)
            ctx.report(message=name)
            if write.spotify_id is None:
                async for step in self._make(write, child, name, ctx):
                    yield step
                again = [
                    it for it in await writes(library, write.run_id) if journal.key(it) == journal.key(write)
                ]
                write = again[0]
                if write.spotify_id is None:
                    continue
            wipe = self._wipe if isinstance(self._wipe, bool) else child.id in self._wipe
            judge = partial(self._judge, child, write, ctx)
            async with aclosing(Writing(route, write, name, ctx, judge=judge, wipe=wipe).work()) as steps:
                async for step in steps:
                    yield step

    async def _make(self, write: Write, child: Child, name: str, ctx: Context) -> Steps:
        """Make the playlist; one that may have been made when an answer was lost is looked for first."""
        route = self.route
        if not write.target:
            yield Batch(partial(journal.settle, write=write, state="verified", now=route.now), processed=1)
            return
        if write.in_flight is not None:
            settled = InFlight(**write.in_flight).began + timedelta(seconds=SETTLES_S)
            if route.clock.now() < settled:
                yield Wait(
                    settled, f"Spotify did not answer; whether {name} was made is looked at in a moment."
                )
            if (found := await self._made_unheard(name, ctx)) is not None:
                yield Batch(partial(self._note_found, write=write, id=found), durable=True)
                return
        flight = InFlight(route.clock.now().isoformat(), "", creating=True)
        yield Batch(partial(journal.note_creating, write=write, flight=flight), durable=True)
        try:
            made = await route.spotify.create_playlist(name, child.description, child.public)
        except RateLimited:
            yield Batch(partial(journal.note_creating, write=write, flight=None))
            raise
        except ServiceTrouble as trouble:
            if not trouble.sent:
                yield Batch(partial(journal.note_creating, write=write, flight=None))
            raise
        except (BadRequest, NotFound) as error:
            yield Batch(
                partial(journal.settle, write=write, state="failed", now=route.now, error=f"{name}: {error}")
            )
            return
        route.held[made.id] = Held((), route.clock.now(), snapshot=made.snapshot)
        yield Batch(partial(self._note_made, write=write, made=made), durable=True)

    async def _note_made(self, tx: Tx, write: Write, made: Playlist) -> None:
        await journal.open_change(tx, write.run_id, self.route.undoes)
        await journal.note_made(tx, write, made.id)
        await contents.note_playlist(tx, made, made.owner_id or "")

    async def _note_found(self, tx: Tx, write: Write, id: str) -> None:
        await journal.open_change(tx, write.run_id, self.route.undoes)
        await journal.note_made(tx, write, id)

    async def _made_unheard(self, name: str, ctx: Context) -> str | None:
        """An empty playlist of that name that no child has: ours, made by a request whose answer was lost."""
        rows = await ctx.library.fetchall("SELECT spotify_id, review_id FROM route_child")
        taken = {id for row in rows for id in row}
        user_id = (await self.route.account(ctx)).user_id
        offset: int | None = 0
        while offset is not None:
            page = await self.route.spotify.playlists(offset)
            for it in page.rows:
                if it.name == name and not it.total and it.owner_id == user_id and it.id not in taken:
                    return it.id
            offset = page.next
        return None


class Verifying(RoutePhase):
    """Reads what was written until it is there, and sums up the run.

    What is not right half a minute after its last write is left as unverified: the next run looks again."""

    name = "Verifying"
    repeat = True

    def __init__(self, route: Route, base_id: int, outcome: Outcome) -> None:
        super().__init__(route)
        self._base_id = base_id
        self._outcome = outcome

    async def steps(self, cursor: Cursor | None, ctx: Context) -> Steps:
        route, library = self.route, ctx.library
        assert route.run_id is not None
        base, children = await family(ctx, self._base_id)
        began = route.clock.now()
        for look in LOOKS_S:
            waiting = await journal.unverified_writes(library, route.run_id)
            ctx.report(total=ctx.done + len(waiting))
            for write in waiting:
                async for step in self._look(
                    write, title(children.get(write.child_id), base, write), look, began, ctx
                ):
                    yield step
        failures = [
            ItemFailure(title(children.get(it.child_id), base, it), it.error or it.state)
            for it in await writes(library, route.run_id)
            if it.state != "verified"
        ]
        yield Batch(self._end, failures=failures)
        self._outcome.values |= await result(ctx, base, children, route.run_id)

    async def _look(self, write: Write, name: str, look: float, began: datetime, ctx: Context) -> Steps:
        route, playlist_id = self.route, write.spotify_id
        assert playlist_id is not None
        held = route.held.get(playlist_id)
        since = held.at if held is not None and not held.items else began
        if (until := since + timedelta(seconds=look)) > route.clock.now():
            yield Wait(until, f"{name} is read again as soon as Spotify shows what was written.")
        try:
            now = await contents.read(route, playlist_id, name)
        except contents.KeepsChanging as error:
            if look == LOOKS_S[-1]:
                yield Batch(partial(self._settle, write=write, state="unverified", error=str(error)))
            return
        except (NotFound, BadRequest, Refused) as error:
            if ends_all(error):
                raise
            yield Batch(partial(self._settle, write=write, state="failed", error=str(error)))
            return
        if songs(now.rows) == list(write.target):
            missing = len(lost(write.before or (), now.rows))
            note = f"{missing} of its local files or empty rows went away meanwhile." if missing else None
            yield Batch(partial(self._settle, write=write, state="verified", error=note), processed=1)
            snapshot = None if held is None else held.snapshot
            ours = self._ours(playlist_id, name, now, snapshot)
            async for step in contents.keep(route, ours, now, ctx):
                yield step
        elif look == LOOKS_S[-1]:
            yield Batch(partial(self._settle, write=write, state="unverified", error=_differs(write, now)))

    def _ours(self, playlist_id: str, name: str, held: Held, snapshot: str | None) -> Playlist:
        account = self.route.known_account
        user = None if account is None else account.user_id
        return Playlist(playlist_id, name, None, user, None, None, None, snapshot, len(held.rows))

    async def _settle(self, tx: Tx, write: Write, state: WriteState, error: str | None) -> None:
        await journal.settle(tx, write, state, self.route.now, error)

    async def _end(self, tx: Tx) -> None:
        assert self.route.run_id is not None
        await journal.end_run(tx, self.route.run_id, self.route.now)


def _differs(write: Write, held: Held) -> str:
    there, target = songs(held.rows), set(write.target)
    missing, more = len(target.difference(there)), len([uri for uri in there if uri not in target])
    what = (
        f"{missing} songs are missing and {more} too many" if missing or more else "its songs stand otherwise"
    )
    return (
        f"Half a minute after it was written Spotify does not show it so ({what}). It was changed by hand "
        "meanwhile, or Spotify is late: the next run looks again."
    )


async def family(ctx: Context, base_id: int) -> tuple[Base, Mapping[int, Child]]:
    """A base and its children by their ids. Raises `JobError`."""
    try:
        base = await routes.base(ctx.library, base_id)
    except RouteError as error:
        raise JobError(str(error)) from error
    return base, {child.id: child for child in await routes.children(ctx.library, base_id)}


def title(child: Child | None, base: Base, write: Write) -> str:
    """What the playlist of a write is called."""
    if child is None:
        return f"child {write.child_id}"
    return child.title(base) if write.part == "songs" else child.review_title(base)


async def result(ctx: Context, base: Base, children: Mapping[int, Child], run_id: int) -> dict[str, Any]:
    """A run in plain JSON: its children, what it took, and its entry in the history."""
    row = await ctx.library.fetchone("SELECT * FROM route_run WHERE id = ?", (run_id,))
    assert row is not None
    done = [
        {
            "id": it.child_id,
            "name": title(children.get(it.child_id), base, it),
            "part": it.part,
            "added": it.added,
            "removed": it.removed,
            "kept": it.kept,
            "state": it.state,
            "error": it.error,
        }
        for it in await writes(ctx.library, run_id)
    ]
    return {
        "base": base.name,
        "run": run_id,
        "children": done,
        "songs": row["songs"],
        "requests": row["requests"],
        "cached": row["cached"],
        "change": row["change_id"],
    }


_GONE: Final = "The child was deleted meanwhile; its playlist stays as it is."
