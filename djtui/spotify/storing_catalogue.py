"""What is only known of artists and albums once they are read themselves: genres, labels, copyrights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from djtui.library.database import Reader, Tx
from djtui.library.tracks import as_json
from djtui.spotify.rows import Album, Artist
from djtui.spotify.storing import changed

Thing = TypeVar("Thing", Artist, Album)


@dataclass(frozen=True, slots=True)
class Sort(Generic[Thing]):
    """Artists or albums: their table, the songs that name one, and what is stored of it."""

    table: str
    songs: str  # the ids of the songs that name `?`
    columns: tuple[str, ...]
    values: Callable[[Thing], tuple[Any, ...]]

    @property
    def unread(self) -> str:
        """The condition: a song names it, and it was not read since `:cutoff`."""
        named = self.songs.replace("?", f"{self.table}.id")
        return f"(fetched IS NULL OR fetched < :cutoff) AND EXISTS ({named})"


def _artist(artist: Artist) -> tuple[Any, ...]:
    genres = None if artist.genres is None else as_json(artist.genres)
    return artist.name, genres, artist.popularity, artist.followers


def _album(album: Album) -> tuple[Any, ...]:
    return (
        album.name,
        album.type,
        album.release_date,
        album.release_precision,
        album.total_tracks,
        as_json([artist.id for artist in album.artists if artist.id]) if album.artists else None,
        album.label,
        None if album.copyrights is None else as_json(album.copyrights),
        album.upc,
        album.popularity,
    )


ARTISTS: Final = Sort(
    "spotify_artist",
    "SELECT track_id FROM spotify_track_artist WHERE artist_id = ?",
    ("name", "genres", "popularity", "followers"),
    _artist,
)
ALBUMS: Final = Sort(
    "spotify_album",
    "SELECT id FROM spotify_track WHERE album_id = ?",
    (
        "name",
        "type",
        "release_date",
        "release_precision",
        "total_tracks",
        "artists",
        "label",
        "copyrights",
        "upc",
        "popularity",
    ),
    _album,
)


async def unread(library: Reader, sort: Sort[Any], after: str, cutoff: str, limit: int) -> list[str]:
    """The next ids (by `id > after`) of things that were never read, or not since `cutoff`."""
    rows = await library.fetchall(
        f"SELECT id FROM {sort.table} WHERE id > :after AND {sort.unread} ORDER BY id LIMIT :limit",
        {"after": after, "cutoff": cutoff, "limit": limit},
    )
    return [row["id"] for row in rows]


async def most_used(library: Reader, cutoff: str, limit: int) -> list[str]:
    """The albums to read next, those with the most likes and rows in playlists first."""
    rows = await library.fetchall(
        "SELECT id, (SELECT sum(EXISTS (SELECT 1 FROM spotify_like l WHERE l.track_id = t.id)"
        " + (SELECT count(*) FROM spotify_item i WHERE i.track_id = t.id))"
        " FROM spotify_track t WHERE t.album_id = spotify_album.id) AS uses"
        f" FROM spotify_album WHERE {ALBUMS.unread} ORDER BY uses DESC, id LIMIT :limit",
        {"cutoff": cutoff, "limit": limit},
    )
    return [row["id"] for row in rows]


async def count_unread(library: Reader, sort: Sort[Any], cutoff: str) -> int:
    """How many things `unread` will name."""
    row = await library.fetchone(
        f"SELECT count(*) AS things FROM {sort.table} WHERE {sort.unread}", {"cutoff": cutoff}
    )
    return int(row["things"]) if row is not None else 0


@dataclass(slots=True)
class Details(Generic[Thing]):
    """Things that were read, beside what the library knows of them. None: Spotify has it no more."""

    sort: Sort[Thing]
    things: Mapping[str, Thing | None]
    known: Mapping[str, tuple[Any, ...]]  # fetched, then the columns

    @classmethod
    async def beside(
        cls, library: Reader, sort: Sort[Thing], things: Mapping[str, Thing | None]
    ) -> Details[Thing]:
        rows = await library.fetchall(
            f"SELECT id, fetched, {', '.join(sort.columns)} FROM {sort.table}"
            " WHERE id IN (SELECT value FROM json_each(?))",
            (as_json(list(things)),),
        )
        known = {str(row["id"]): tuple(row)[1:] for row in rows}
        return cls(sort, things, known)

    @property
    def added(self) -> int:
        """How many were never read before."""
        return sum(row[0] is None for row in self.known.values())

    @property
    def updated(self) -> int:
        """How many were, and have changed since."""
        return sum(self.known[id][0] is not None for id in self._differing)

    async def store(self, tx: Tx, now: str) -> None:
        """Write what is known of them now, and that they were read."""
        assignments = ", ".join(f"{name} = ?" for name in self.sort.columns)
        await tx.executemany(
            f"UPDATE {self.sort.table} SET fetched = ?, {assignments} WHERE id = ?",
            [self._row(id, now) for id in self.known],
        )
        if differing := self._differing:
            await changed(tx, await self._songs(tx, differing))

    def _row(self, id: str, now: str) -> tuple[Any, ...]:
        return (now, *self._merged(id), id)

    @property
    def _differing(self) -> list[str]:
        return [id for id, row in self.known.items() if self._merged(id) != row[1:]]

    def _merged(self, id: str) -> tuple[Any, ...]:
        thing, known = self.things[id], self.known[id][1:]
        if thing is None:
            return known
        sent = self.sort.values(thing)
        return tuple([old if new is None else new for new, old in zip(sent, known, strict=True)])

    async def _songs(self, tx: Tx, ids: Sequence[str]) -> list[int]:
        named = self.sort.songs.replace("= ?", "IN (SELECT value FROM json_each(?))")
        return [row[0] for row in await tx.fetchall(named, (as_json(ids),))]
