"""One playlist made right: careful at every moment, and never twice.

Before a request is sent, the journal says on the disk what the playlist will hold after it. Where it is not
known whether a request was carried out (no answer came, the process was killed), the playlist is read, and
if it does not hold that, read once more when Spotify can no longer be late; only then is anything sent again.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from itertools import groupby
from typing import Final

from djtui.jobs.job import Batch, Context, Wait
from djtui.library.database import Tx
from djtui.library.route_runs import Write, WriteState
from djtui.routing import contents, journal
from djtui.routing.journal import InFlight
from djtui.routing.port import Held, Route, Steps, ends_all
from djtui.routing.steps import Insert, Move, Remove, Replace, Row, Step, after, is_fixed, songs, steps
from djtui.spotify import storing_playlists
from djtui.spotify.api import Spotify
from djtui.spotify.errors import BadRequest, NotFound, RateLimited, Refused, ServiceTrouble
from djtui.spotify.gate import Use
from djtui.spotify.rows import PLAYLIST_ROWS, URIS

SETTLES_S: Final = 30.0
"""After so long Spotify shows what was written. Measured: rows after 0.6 s, snapshots after 30 s."""

Verdict = tuple[WriteState, str]
Judge = Callable[[Held], Awaitable[Verdict | None]]
"""Why a playlist that holds this is not to be written: asking, refused; None: go ahead."""

log = logging.getLogger(__name__)


class Writing:
    """One playlist of a run, from what it holds to what it shall hold.

    `judge` is asked once, before the first request. `wipe`: replace all rows instead of the few that differ.
    """

    def __init__(
        self, route: Route, write: Write, name: str, ctx: Context, *, judge: Judge, wipe: bool = False
    ) -> None:
        assert write.spotify_id is not None
        self._route = route
        self._write = write
        self._name = name
        self._ctx = ctx
        self._judge = judge
        self._wipe = wipe and write.state == "planned"
        self._id = write.spotify_id

    async def work(self) -> Steps:
        """Write what is missing. After RateLimited and ServiceTrouble it is made anew, with the journal's
        row as it is then."""
        write = self._write
        try:
            async for wait in self._look():
                yield wait
            held = self._route.held[self._id]
            begins = write.before is None
            if begins and (verdict := full(held.rows, write.target) or await self._judge(held)):
                yield Batch(
                    partial(
                        journal.settle, write=write, state=verdict[0], now=self._route.now, error=verdict[1]
                    )
                )
                return
            todo = list((wiped if self._wipe else wanted)(held.rows, write.target))
            if begins and not todo:
                yield Batch(partial(self._is_right, held=held))
                return
            if begins:
                self._check_room(len(todo))
            async for batch in self._send(todo, held):
                yield batch
        except (NotFound, BadRequest, Refused) as error:
            if ends_all(error):
                raise
            yield Batch(partial(self._gave_up, error=f"{self._name}: {error}"))

    def _check_room(self, writes: int) -> None:
        """Begin only what the day's requests have room for. Raises RateLimited."""
        budget = self._route.spotify.gate.budget()
        room, share, release = budget.room(Use.WRITE), budget.share(Use.WRITE), budget.next_release
        if room is None or share is None or release is None or writes <= room or writes > share:
            return
        raise RateLimited(
            release,
            "budget",
            f"{self._name} takes {writes:,} requests, and {room:,} are left of today's: it is begun when "
            "there is room for it.",
        )

    async def _look(self) -> Steps:
        """Know what the playlist holds."""
        route = self._route
        if route.fresh(self._id) is not None:
            return
        held = await contents.read(route, self._id, self._name)
        flight = await journal.last_flight(self._ctx.library, self._id)
        settled = None if flight is None else flight.began + timedelta(seconds=SETTLES_S)
        if flight is None or settled is None or route.clock.now() >= settled or flight.is_done(held.rows):
            return
        log.info("%s: an answer of Spotify was lost; looking again when it can be seen", self._name)
        del route.held[self._id]
        yield Wait(settled, f"Spotify did not answer; what became of {self._name} is looked at in a moment.")
        await contents.read(route, self._id, self._name)

    async def _send(self, todo: Sequence[Step], held: Held) -> Steps:
        route, rows, acknowledged = self._route, list(held.rows), 0
        for number, step in enumerate(todo):
            coming = after(rows, step)
            flight = InFlight.of(route.clock.now(), coming)
            first = held if self._write.before is None and number == 0 else None
            yield Batch(
                partial(self._about_to, flight=flight, acknowledged=acknowledged, first=first), durable=True
            )
            self._ctx.report(message=f"{self._name}: {number + 1} of {len(todo)} requests")
            try:
                snapshot = await send(route.spotify, self._id, step, len(rows))
            except RateLimited:
                yield self._not_sent(rows)
                raise
            except ServiceTrouble as trouble:
                del route.held[self._id]
                if not trouble.sent:
                    yield self._not_sent(rows)
                raise
            rows, acknowledged = coming, 1
            route.held[self._id] = Held(tuple(rows), route.clock.now(), snapshot=snapshot)
        yield Batch(
            partial(self._is_written, acknowledged=acknowledged), processed=1, updated=1, durable=True
        )

    def _not_sent(self, rows: Sequence[Row]) -> Batch:
        flight = InFlight.of(self._route.clock.now(), rows)
        return Batch(partial(self._about_to, flight=flight, acknowledged=0, first=None), durable=True)

    async def _about_to(self, tx: Tx, flight: InFlight, acknowledged: int, first: Held | None) -> None:
        if first is not None:
            await journal.note_before(tx, self._write, first)
        await journal.open_change(tx, self._write.run_id, self._route.undoes)
        await journal.note_flight(tx, self._write, flight, acknowledged=acknowledged)
        await storing_playlists.wrote(tx, self._id, self._route.clock.now())

    async def _is_written(self, tx: Tx, acknowledged: int) -> None:
        await journal.note_written(tx, self._write, acknowledged=acknowledged)
        await storing_playlists.wrote(tx, self._id, self._route.clock.now())

    async def _is_right(self, tx: Tx, held: Held) -> None:
        await journal.note_before(tx, self._write, held)
        await journal.settle(tx, self._write, "verified", self._route.now)

    async def _gave_up(self, tx: Tx, error: str) -> None:
        written = await tx.fetchone(
            "SELECT 1 FROM route_write WHERE run_id = ? AND child_id = ? AND part = ? AND requests > 0",
            journal.key(self._write),
        )
        await journal.settle(tx, self._write, "partial" if written else "failed", self._route.now, error)


async def send(spotify: Spotify, playlist_id: str, step: Step, rows: int) -> str | None:
    """Send one request; the snapshot that it made. `rows`: how many the playlist has before it."""
    match step:
        case Remove(uris):
            return await spotify.remove_items(playlist_id, uris, None)
        case Insert(position, uris):
            return await spotify.add_items(playlist_id, uris, position, rows=rows)
        case Move(start, before, length):
            return await spotify.move_items(playlist_id, start, before, length)
        case Replace(uris):
            return await spotify.replace_items(playlist_id, uris)


def full(rows: Sequence[Row], target: Sequence[str]) -> Verdict | None:
    """Whether a playlist would hold more than Spotify lets it."""
    fixed = sum(map(is_fixed, rows))
    if len(target) + fixed <= PLAYLIST_ROWS:
        return None
    return "refused", (
        f"It would hold {len(target) + fixed:,} songs, and a playlist holds {PLAYLIST_ROWS:,}: divide it "
        "into several by their rules. Nothing of it was written."
    )


def wanted(rows: Sequence[Row], target: Sequence[str]) -> list[Step]:
    """The writes after which the songs are `target`, which may name a song twice, as what a DJ had may."""
    if songs(rows) == list(target):
        return []
    once = list(dict.fromkeys(target))
    todo = steps(rows, once)
    if len(once) < len(target):
        for step in todo:
            rows = after(rows, step)
        todo += _repeats(rows, target)
    return todo


def _repeats(rows: Sequence[Row], target: Sequence[str]) -> Iterator[Step]:
    """What makes rows that have each song of the target once have it as often as the target."""
    first_at = {uri: place for place, uri in reversed(list(enumerate(target)))}
    behind = 0
    for is_first, run in groupby(enumerate(target), lambda one: first_at[one[1]] == one[0]):
        uris = [uri for _, uri in run]
        if is_first:
            behind = list(rows).index(uris[-1], behind) + 1
            continue
        for start in range(0, len(uris), URIS):
            insert = Insert(behind, tuple(uris[start : start + URIS]))
            rows = after(rows, insert)
            behind += len(insert.uris)
            yield insert


def wiped(rows: Sequence[Row], target: Sequence[str]) -> Iterator[Step]:
    """The writes that make a playlist anew: everything out, then in. Local files stay all the same."""
    if any(map(is_fixed, rows)):
        gone = list(dict.fromkeys(songs(rows)))
        for part in _parts(gone):
            rows = after(rows, step := Remove(part))
            yield step
        first: tuple[str, ...] = ()
        count = len(rows)
    else:
        first = tuple(target[:URIS])
        yield Replace(first)
        count = len(first)
    for part in _parts(target[len(first) :]):
        yield Insert(count, part)
        count += len(part)


def _parts(uris: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(uris), URIS):
        yield tuple(uris[start : start + URIS])


def lost(before: Iterable[Row], now: Iterable[Row]) -> list[Row]:
    """Rows that no app can put back, and that are gone."""
    return [*(Counter(filter(is_fixed, before)) - Counter(filter(is_fixed, now))).elements()]
