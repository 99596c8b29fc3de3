"""The account's playlists and their rows into the library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from djtui.jobs.records import stamp
from djtui.library.database import Reader, Tx
from djtui.library.tracks import as_json
from djtui.spotify.rows import PAGE, Item, Playlist
from djtui.spotify.storing import Change, Entry, Named, Songs, changed, note

_VALUES: Final = (
    "position",
    "name",
    "description",
    "owner_id",
    "owner",
    "public",
    "collaborative",
    "readable",
    "total",
    "listed_snapshot",
)
_STORED: Final = (*_VALUES, "generation", "spotify_id")
_ROWS: Final = (
    "SELECT position, track_id, added, added_by FROM spotify_item WHERE playlist_id = ? AND generation IS ?"
)
_UNREAD: Final = "readable AND (:full OR read IS NULL OR listed_snapshot IS NOT snapshot OR read < :before)"
_WRITTEN: Final = "written:"


@dataclass(slots=True)
class Listed:
    """A part of the account's list of playlists beside what the library knows."""

    values: dict[str, tuple[Any, ...]]
    known: dict[str, tuple[Any, ...]]
    generation: int
    met: int  # those that were met in this generation already

    @classmethod
    async def beside(
        cls, library: Reader, rows: Sequence[Playlist], first: int, user_id: str, generation: int
    ) -> Listed:
        """Playlists from position `first` on, of the account whose own playlists `user_id` owns."""
        values = {row.id: _values(row, first + at, user_id) for at, row in enumerate(rows)}
        found = await library.fetchall(
            f"SELECT spotify_id, generation, {', '.join(_VALUES)} FROM spotify_playlist"
            " WHERE spotify_id IN (SELECT value FROM json_each(?))",
            (as_json(list(values)),),
        )
        met = sum(row["generation"] == generation for row in found)
        return cls(values, {row["spotify_id"]: tuple(row)[2:] for row in found}, generation, met)

    @property
    def added(self) -> int:
        return len(self.values) - len(self.known)

    @property
    def updated(self) -> int:
        return sum(self.values[id] != was for id, was in self.known.items())

    async def store(self, tx: Tx, entry: Entry) -> None:
        await tx.executemany(
            f"INSERT INTO spotify_playlist ({', '.join(_STORED)}) VALUES ({', '.join('?' * len(_STORED))})"
            " ON CONFLICT (spotify_id) DO UPDATE SET "
            + ", ".join(f"{name} = excluded.{name}" for name in _STORED[:-1]),
            [(*values, self.generation, id) for id, values in self.values.items()],
        )
        if self.added or self.updated:
            await changed(tx)
            await entry.tell(tx, [*self._changes()])

    def _changes(self) -> list[Change]:
        at = _VALUES.index("name")
        found = []
        for id, values in self.values.items():
            was = self.known.get(id)
            if was is None:
                found.append(Change("playlist", playlist=values[at]))
            elif was[at] != values[at]:
                found.append(Change("renamed", playlist=values[at], detail=was[at]))
        return found


def _values(row: Playlist, position: int, user_id: str) -> tuple[Any, ...]:
    return (
        position,
        row.name,
        row.description,
        row.owner_id,
        row.owner,
        row.public,
        row.collaborative,
        row.owner_id == user_id or bool(row.collaborative),
        row.total,
        row.snapshot,
    )


async def listed(library: Reader, generation: int | None = None) -> int:
    """How many playlists there are, or were met in a generation."""
    condition, values = ("", ()) if generation is None else (" WHERE generation = ?", (generation,))
    row = await library.fetchone(f"SELECT count(*) AS lists FROM spotify_playlist{condition}", values)
    return int(row["lists"]) if row is not None else 0


async def last_generation(library: Reader) -> int:
    """The newest generation that any playlist was met in; 0: there are none."""
    row = await library.fetchone("SELECT coalesce(max(generation), 0) AS last FROM spotify_playlist")
    return int(row["last"]) if row is not None else 0


async def sweep(tx: Tx, generation: int, entry: Entry) -> None:
    """Forget the playlists, rows and all, that the complete reading of this generation did not meet."""
    rows = await tx.fetchall(
        "SELECT name FROM spotify_playlist WHERE generation != ? ORDER BY position", (generation,)
    )
    if rows:
        await tx.execute("DELETE FROM spotify_playlist WHERE generation != ?", (generation,))
        await changed(tx)
        await entry.tell(tx, [Change("playlist gone", playlist=row["name"]) for row in rows])
    await note(tx, playlists_complete=entry.now)


# -- rows -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unread:
    """A playlist whose rows are to be read. `hinted`: for no other reason than its snapshot."""

    id: int
    spotify_id: str
    name: str
    snapshot: str | None
    total: int | None  # as the list of playlists says
    hinted: bool
    known: bool  # its rows were read before
    generation: int  # that the rows to be read get

    @property
    def item(self) -> str:
        """How a failure names it."""
        return f"playlist {self.name}"


async def unread(
    library: Reader, after: int, *, full: bool, read_before: str, written_after: str
) -> Unread | None:
    """The next playlist (by `id > after`) that changed or was read before a time; with `full`, any.

    One that djtui itself wrote after a time is passed over: Spotify may still show its old rows.
    """
    row = await library.fetchone(
        "SELECT *, listed_snapshot IS NOT snapshot AS differs FROM spotify_playlist"
        f" WHERE {_UNREAD} AND id > :after AND NOT EXISTS"
        " (SELECT 1 FROM spotify_fact WHERE name = :written || spotify_id AND value > :since)"
        " ORDER BY id LIMIT 1",
        {
            "full": full,
            "before": read_before,
            "after": after,
            "written": _WRITTEN,
            "since": written_after,
        },
    )
    if row is None:
        return None
    return Unread(
        id=row["id"],
        spotify_id=row["spotify_id"],
        name=row["name"] or row["spotify_id"],
        snapshot=row["listed_snapshot"],
        total=row["total"],
        hinted=bool(row["differs"]) and not full,
        known=row["read"] is not None,
        generation=(row["items_generation"] or 0) + 1,
    )


async def count_unread(library: Reader, *, full: bool, read_before: str) -> tuple[int, int]:
    """How many rows the playlists have that `unread` will name, and how many requests those take."""
    row = await library.fetchone(
        f"SELECT sum(total) AS items, sum((coalesce(total, {PAGE}) + {PAGE - 1}) / {PAGE}) AS pages"
        f" FROM spotify_playlist WHERE {_UNREAD}",
        {"full": full, "before": read_before},
    )
    return (int(row["items"] or 0), int(row["pages"] or 0)) if row is not None else (0, 0)


async def wrote(tx: Tx, playlist_id: str, when: datetime) -> None:
    """Note that djtui has just written this playlist: for a minute its rows are not read by a sync."""
    await note(tx, **{_WRITTEN + playlist_id: stamp(when)})


@dataclass(slots=True)
class Rows:
    """Rows of a playlist, from position `first` on, to be stored in the generation that is being read."""

    playlist: Unread
    first: int
    rows: Sequence[Item]
    songs: Songs
    named: Named

    @classmethod
    async def beside(
        cls, library: Reader, playlist: Unread, first: int, rows: Sequence[Item], named: Named
    ) -> Rows:
        songs = [row.song for row in rows if row.song is not None]
        return cls(playlist, first, rows, await Songs.beside(library, songs), named)

    async def store(self, tx: Tx, entry: Entry) -> None:
        """Write the rows beside those that are shown. The first ones clear what an earlier try left."""
        playlist = self.playlist
        if self.first == 0:
            await tx.execute(
                "DELETE FROM spotify_item WHERE playlist_id = ? AND generation ="
                " (SELECT coalesce(items_generation, 0) + 1 FROM spotify_playlist WHERE id = playlist_id)",
                (playlist.id,),
            )
        await self.songs.store(tx, entry.now, self.named)
        ids = self.songs.ids
        await tx.executemany(
            "INSERT OR REPLACE INTO spotify_item"
            " (playlist_id, generation, position, track_id, added, added_by) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    playlist.id,
                    playlist.generation,
                    position,
                    ids[row.song.uri] if row.song is not None else None,
                    row.added,
                    row.added_by,
                )
                for position, row in enumerate(self.rows, self.first)
            ],
        )
        if self.songs.changed:
            await changed(tx)


async def take_over(tx: Tx, playlist: Unread, entry: Entry) -> None:
    """Show the rows that were read, now that they are whole, and with them the snapshot they are of.

    They are not whole if another job has taken over rows of its own meanwhile: those are newer, and stay.
    """
    before = await tx.fetchall(_ROWS, (playlist.id, await _shown(tx, playlist)))
    after = await tx.fetchall(_ROWS, (playlist.id, playlist.generation))
    if any(row["position"] not in range(len(after)) for row in after):
        await tx.execute(
            "DELETE FROM spotify_item WHERE playlist_id = ? AND generation = ?",
            (playlist.id, playlist.generation),
        )
        return
    await tx.execute(
        "UPDATE spotify_playlist SET snapshot = ?, items_generation = ?, items = ?, read = ? WHERE id = ?",
        (playlist.snapshot, playlist.generation, len(after), entry.now, playlist.id),
    )
    await tx.execute(
        "DELETE FROM spotify_item WHERE playlist_id = ? AND generation != ?",
        (playlist.id, playlist.generation),
    )
    if [tuple(row) for row in before] != [tuple(row) for row in after] or not playlist.known:
        await changed(tx)
    if playlist.known:
        was, now = Counter(_ids(before)), Counter(_ids(after))
        changes = [Change("added", id, playlist.name) for id in (now - was).elements()]
        changes += [Change("removed", id, playlist.name) for id in (was - now).elements()]
        await entry.tell(tx, changes)


async def _shown(tx: Tx, playlist: Unread) -> int | None:
    row = await tx.fetchone("SELECT items_generation FROM spotify_playlist WHERE id = ?", (playlist.id,))
    return None if row is None else row["items_generation"]


def _ids(rows: Sequence[Any]) -> list[int]:
    return [row["track_id"] for row in rows if row["track_id"] is not None]
