"""Liked songs into the library, and out of it what is no longer liked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from djtui.library.database import Reader, Tx
from djtui.spotify.rows import Item, Play
from djtui.spotify.storing import Change, Entry, Named, Songs, changed, note

_LIKE: Final = (
    "INSERT INTO spotify_like (track_id, added, generation) VALUES (?, ?, ?)"
    " ON CONFLICT (track_id) DO UPDATE SET added = excluded.added, generation = excluded.generation"
)


@dataclass(slots=True)
class Likes:
    """Rows of the liked songs beside what the library knows, to be stored as met in a generation."""

    rows: dict[str, str | None]  # when each was liked, by uri
    generation: int
    songs: Songs
    named: Named

    @classmethod
    async def beside(cls, library: Reader, rows: Sequence[Item], generation: int, named: Named) -> Likes:
        """These rows beside the library's. Rows without a song are passed over."""
        songs = [row.song for row in rows if row.song is not None]
        first = {row.song.uri: row.added for row in reversed(rows) if row.song is not None}
        return cls(first, generation, await Songs.beside(library, songs), named)

    @property
    def fresh(self) -> list[str]:
        """Those that were not liked before."""
        return [uri for uri in self.rows if uri not in self.songs.likes]

    @property
    def moved(self) -> list[str]:
        """Those that were, but at another time."""
        liked = self.songs.likes
        return [uri for uri, added in self.rows.items() if uri in liked and liked[uri][0] != added]

    @property
    def updated(self) -> int:
        """How many known songs, or likes of them, changed."""
        changed = {song.uri for _, _, song in self.songs.changed}
        return len(changed.union(self.moved) - {*self.fresh})

    @property
    def are_known(self) -> bool:
        """Whether the library has all of them just so."""
        return not self.fresh and not self.moved

    @property
    def were_met(self) -> int:
        """How many of them were met in this generation already."""
        likes = self.songs.likes
        return sum(uri in likes and likes[uri][1] == self.generation for uri in self.rows)

    async def store(self, tx: Tx, entry: Entry) -> None:
        """Write the likes, and the songs that are new or changed."""
        fresh, moved = self.fresh, self.moved
        again = [self.songs.ids[uri] for uri in (*fresh, *moved) if uri in self.songs.ids]
        await self.songs.store(tx, entry.now, self.named)
        ids, likes = self.songs.ids, self.songs.likes
        met = [
            (ids[uri], added, self.generation)
            for uri, added in self.rows.items()
            if likes.get(uri) != (added, self.generation)
        ]
        if met:
            await tx.executemany(_LIKE, met)
        if fresh or moved or self.songs.new or self.songs.changed:
            await changed(tx, again)
            await entry.tell(tx, [Change("liked", ids[uri]) for uri in fresh])


async def liked(library: Reader, generation: int | None = None) -> int:
    """How many songs are liked, or were met in a generation."""
    condition, values = ("", ()) if generation is None else (" WHERE generation = ?", (generation,))
    row = await library.fetchone(f"SELECT count(*) AS songs FROM spotify_like{condition}", values)
    return int(row["songs"]) if row is not None else 0


async def last_generation(library: Reader) -> int:
    """The newest generation that any liked song was met in; 0: there are none."""
    row = await library.fetchone("SELECT coalesce(max(generation), 0) AS last FROM spotify_like")
    return int(row["last"]) if row is not None else 0


async def sweep(tx: Tx, generation: int, entry: Entry) -> int:
    """Forget the likes that the complete reading of this generation did not meet; how many there were."""
    rows = await tx.fetchall("SELECT track_id FROM spotify_like WHERE generation != ?", (generation,))
    gone = [row["track_id"] for row in rows]
    if gone:
        await tx.execute("DELETE FROM spotify_like WHERE generation != ?", (generation,))
        await changed(tx, gone)
        await entry.tell(tx, [Change("unliked", id) for id in gone])
    return len(gone)


async def complete(tx: Tx, total: int, uncounted: int, now: str) -> None:
    """Note that all liked songs are here. `uncounted`: rows of the list that are no songs of their own."""
    await note(tx, likes_total=total, likes_uncounted=uncounted, likes_complete=now)


async def store_plays(tx: Tx, plays: Sequence[Play], songs: Songs, named: Named, now: str) -> None:
    """Write which songs were played, and when."""
    await songs.store(tx, now, named)
    await tx.executemany(
        "INSERT OR IGNORE INTO spotify_play (played, track_id, context) VALUES (?, ?, ?)",
        [(play.played, songs.ids[play.song.uri], play.context) for play in plays],
    )
    if plays:
        await changed(tx)
