"""What a playlist holds: read whole or not at all, and kept in the library as a sync would have it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Final

from djtui.jobs.job import Batch, Context, JobError
from djtui.library.database import Reader, Tx
from djtui.routing.port import Held, Pages, Route, Steps
from djtui.routing.steps import Row
from djtui.spotify import storing_playlists
from djtui.spotify.rows import Playlist
from djtui.spotify.storing import Entry
from djtui.spotify.storing_playlists import Rows, Unread

TRIES: Final = 3
_LONG_AGO: Final = timedelta(minutes=10)
_AT_ONCE: Final = 500  # rows of one transaction


class KeepsChanging(JobError):
    """A playlist changes faster than it can be read."""


async def read(route: Route, playlist_id: str, name: str) -> Held:
    """All rows of a playlist, as it stood for the whole time of the reading by all that its pages say.

    After RateLimited or ServiceTrouble it is called again, and goes on where it was. Raises NotFound,
    Refused, and KeepsChanging.
    """
    for _ in range(TRIES):
        pages = route.unfinished.get(playlist_id)
        if pages is None or route.clock.now() - pages.began > _LONG_AGO:
            pages = route.unfinished[playlist_id] = Pages(route.clock.now())
        if await _read_on(route, playlist_id, pages):
            del route.unfinished[playlist_id]
            written = route.held.get(playlist_id)
            snapshot = None if written is None else written.snapshot
            held = route.held[playlist_id] = Held.read(pages.items, route.clock.now(), snapshot)
            return held
        del route.unfinished[playlist_id]
    raise KeepsChanging(f"{name} kept changing while it was read. Nothing of it was written; try again.")


async def _read_on(route: Route, playlist_id: str, pages: Pages) -> bool:
    """Read to the end. False: it changed meanwhile."""
    while True:
        page = await route.spotify.items(playlist_id, len(pages.items))
        if pages.total not in (None, page.total):
            return False
        pages.total = page.total
        pages.items += page.rows
        if page.next is None:
            return len(pages.items) == page.total


async def read_steadily(route: Route, playlist: Playlist, name: str) -> Held:
    """`read`, and Spotify agrees at the end that nothing changed: by the snapshot, or by a second reading
    that found the same. `playlist` is from before the reading."""
    snapshot = playlist.snapshot
    last: tuple[Row, ...] | None = None
    for _ in range(TRIES):
        held = route.fresh(playlist.id) or await read(route, playlist.id, name)
        if last is not None and held.rows == last:
            return held
        now = await route.spotify.playlist(playlist.id)
        if now.snapshot == snapshot:
            return held
        snapshot, last = now.snapshot, held.rows
        del route.held[playlist.id]
    raise KeepsChanging(f"{name} kept changing while it was read. Nothing was written; try again.")


async def keep(route: Route, playlist: Playlist, held: Held, ctx: Context) -> Steps:
    """Store what a playlist holds, as that of the playlist's snapshot.

    In a generation of its own: a sync may be reading the same playlist.
    """
    entry = Entry(ctx.job_id, route.now, news=False)
    unread = await _unread(ctx.library, playlist)
    if unread is None:
        user_id = (await route.account(ctx)).user_id
        yield Batch(partial(note_playlist, playlist=playlist, user_id=user_id))
        unread = await _unread(ctx.library, playlist)
    assert unread is not None
    parts = [held.items[start : start + _AT_ONCE] for start in range(0, len(held.items), _AT_ONCE)] or [()]
    for number, items in enumerate(parts):
        rows = await Rows.beside(ctx.library, unread, number * _AT_ONCE, items, route.named)
        yield Batch(partial(_store, rows=rows, entry=entry, is_last=number == len(parts) - 1))


async def _store(tx: Tx, rows: Rows, entry: Entry, is_last: bool) -> None:
    if rows.first == 0:
        await tx.execute(
            "DELETE FROM spotify_item WHERE playlist_id = ? AND generation = ?",
            (rows.playlist.id, rows.playlist.generation),
        )
    await rows.store(tx, entry)
    if is_last:
        await storing_playlists.take_over(tx, rows.playlist, entry)
        await tx.execute(
            "UPDATE spotify_playlist SET listed_snapshot = ?, total = items WHERE id = ?",
            (rows.playlist.snapshot, rows.playlist.id),
        )


async def note_playlist(tx: Tx, playlist: Playlist, user_id: str) -> None:
    """Note what Spotify says of a playlist; one that is not known comes last."""
    readable = playlist.owner_id == user_id or bool(playlist.collaborative)
    await tx.execute(
        "INSERT INTO spotify_playlist (spotify_id, position, name, description, owner_id, owner, public,"
        " collaborative, readable, total, generation) SELECT ?, coalesce(max(position), -1) + 1,"
        " ?, ?, ?, ?, ?, ?, ?, ?, coalesce(max(generation), 0) FROM spotify_playlist WHERE true"
        " ON CONFLICT (spotify_id) DO UPDATE SET name = excluded.name, readable = excluded.readable",
        (
            playlist.id,
            playlist.name,
            playlist.description,
            playlist.owner_id,
            playlist.owner,
            playlist.public,
            playlist.collaborative,
            readable,
            playlist.total,
        ),
    )
    await tx.touch("spotify")


async def is_known(library: Reader, playlist: Playlist, *, read_before: str, written_after: str) -> bool:
    """Whether the library has what a playlist holds, by the snapshot that Spotify says it has now.

    Not to be believed of one that was written a moment ago, nor for ever.
    """
    row = await library.fetchone(
        "SELECT 1 FROM spotify_playlist WHERE spotify_id = ?1 AND snapshot IS ?2 AND snapshot IS NOT NULL"
        " AND read >= ?3 AND items IS ?4"
        " AND NOT EXISTS (SELECT 1 FROM spotify_fact WHERE name = 'written:' || ?1 AND value > ?5)",
        (playlist.id, playlist.snapshot, read_before, playlist.total, written_after),
    )
    return row is not None


async def was_written(library: Reader, playlist_id: str, since: str) -> bool:
    """Whether djtui wrote a playlist since a time."""
    row = await library.fetchone(
        "SELECT 1 FROM spotify_fact WHERE name = 'written:' || ? AND value > ?", (playlist_id, since)
    )
    return row is not None


async def present(library: Reader, playlist_id: str) -> tuple[Row, ...]:
    """The rows of a playlist as the library has them."""
    rows = await library.fetchall(
        "SELECT song.uri FROM spotify_playlist AS list JOIN spotify_item AS item"
        " ON item.playlist_id = list.id AND item.generation = list.items_generation"
        " LEFT JOIN spotify_track AS song ON song.id = item.track_id"
        " WHERE list.spotify_id = ? ORDER BY item.position",
        (playlist_id,),
    )
    return tuple(row["uri"] for row in rows)


async def _unread(library: Reader, playlist: Playlist) -> Unread | None:
    row = await library.fetchone(
        "SELECT id, name, read, items_generation FROM spotify_playlist WHERE spotify_id = ?", (playlist.id,)
    )
    if row is None:
        return None
    return Unread(
        id=row["id"],
        spotify_id=playlist.id,
        name=row["name"] or playlist.id,
        snapshot=playlist.snapshot,
        total=playlist.total,
        hinted=False,
        known=row["read"] is not None,
        generation=(row["items_generation"] or 0) + 2,
    )
