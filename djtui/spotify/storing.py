"""Songs, as the rows of lists name them, into the library: with their artists and albums.

A value that Spotify does not send (any more) is unknown, not gone: what was known before stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from djtui.library.database import Reader, Tx
from djtui.library.tracks import as_json
from djtui.model.text import fold, words
from djtui.spotify.rows import Account, Album, Song

_VALUES: Final = (
    "uri",
    "spotify_id",
    "kind",
    "title",
    "artist",
    "album_id",
    "album",
    "duration",
    "explicit",
    "disc_number",
    "track_number",
    "isrc",
    "popularity",
)
_TITLE, _ARTIST, _ALBUM = (_VALUES.index(name) for name in ("title", "artist", "album"))
_SONG: Final = ("revision", "words", "fetched", *_VALUES)
_KNOWN: Final = (
    f"SELECT t.id, {', '.join(f't.{name}' for name in _VALUES)},"
    " (SELECT group_concat(artist_id, ' ') FROM spotify_track_artist a WHERE a.track_id = t.id) AS artists,"
    " l.added AS liked, l.generation AS generation"
    " FROM json_each(?) AS given CROSS JOIN spotify_track t ON t.uri = given.value"
    " LEFT JOIN spotify_like l ON l.track_id = t.id"
)
_AT_ONCE: Final = 200  # rows of one statement

_ARTIST_NAMED: Final = (
    "INSERT INTO spotify_artist (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name"
    " WHERE excluded.name IS NOT NULL AND excluded.name IS NOT name"
)
_ALBUM_VALUES: Final = ("name", "type", "release_date", "release_precision", "total_tracks", "artists")
_ALBUM_KEPT: Final = ", ".join(f"{name} = coalesce(excluded.{name}, {name})" for name in _ALBUM_VALUES)
_ALBUM_DIFFERS: Final = " OR ".join(
    f"(excluded.{name} IS NOT NULL AND excluded.{name} IS NOT {name})" for name in _ALBUM_VALUES
)
_ALBUM_NAMED: Final = (
    f"INSERT INTO spotify_album (id, {', '.join(_ALBUM_VALUES)}) VALUES (?, ?, ?, ?, ?, ?, ?)"
    f" ON CONFLICT (id) DO UPDATE SET {_ALBUM_KEPT} WHERE {_ALBUM_DIFFERS}"
)
ChangeKind = Literal["liked", "unliked", "added", "removed", "playlist", "playlist gone", "renamed"]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that a sync found changed. `playlist` is a name, `detail` the one that it had before."""

    kind: ChangeKind
    track_id: int | None = None
    playlist: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """For whom something is written: the job, its time, and whether what it finds is news to the DJ (what a
    first sync finds is not)."""

    job_id: int
    now: str
    news: bool = True

    async def tell(self, tx: Tx, changes: Sequence[Change]) -> None:
        """Note what was found changed. What the sync before found is shown no longer."""
        if not changes or not self.news:
            return
        await tx.execute("DELETE FROM spotify_change WHERE job_id != ?", (self.job_id,))
        await tx.executemany(
            "INSERT INTO spotify_change (job_id, at, kind, track_id, playlist, detail)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [(self.job_id, self.now, it.kind, it.track_id, it.playlist, it.detail) for it in changes],
        )


@dataclass(slots=True)
class Named:
    """The artists and albums that rows have named, so that each is stored once, not with every song.

    It is as good as the transactions that it was used in: after one that failed a new one is wanted.
    """

    _artists: dict[str, str | None] = field(default_factory=dict)
    _albums: dict[str, Album] = field(default_factory=dict)

    async def store(self, tx: Tx, songs: Iterable[Song]) -> None:
        """Make or mend the rows of the artists and albums of these songs."""
        artists: dict[str, str | None] = {}
        albums: dict[str, Album] = {}
        for song in songs:
            album = song.album
            named = song.artists
            if album is not None and album.id and self._albums.get(album.id) != album:
                albums[album.id] = album
                named += album.artists
            for artist in named:
                if artist.id and self._artists.get(artist.id, "") != artist.name:
                    artists[artist.id] = artist.name
        if artists:
            await tx.executemany(_ARTIST_NAMED, artists.items())
        if albums:
            await tx.executemany(_ALBUM_NAMED, [_album_row(album) for album in albums.values()])
        self._artists |= artists
        self._albums |= albums


@dataclass(slots=True)
class Songs:
    """Songs beside what the library knows of them: looked up ahead, then stored in one short transaction.

    `ids` are those of the songs that are known, by uri; all of them are once it is stored. `likes` is when
    each of them was liked, and the generation that it was last met in.
    """

    given: dict[str, Song]
    ids: dict[str, int]
    likes: dict[str, tuple[str | None, int]]
    new: list[Song]
    changed: list[tuple[int, tuple[Any, ...], Song]]

    @classmethod
    async def beside(cls, library: Reader, songs: Iterable[Song]) -> Songs:
        """These songs, each once, beside the library's."""
        given = {song.uri: song for song in songs}
        found = cls(given, {}, {}, [], [])
        known = (
            {row[1]: row for row in await library.fetchall(_KNOWN, (as_json(list(given)),))} if given else {}
        )
        for uri, song in given.items():
            if (row := known.get(uri)) is None:
                found.new.append(song)
                continue
            id, *values, artists, liked, generation = row
            found.ids[uri] = id
            if generation is not None:
                found.likes[uri] = liked, generation
            sent = _values(song)
            merged = tuple([old if new is None else new for new, old in zip(sent, values, strict=True)])
            if merged != tuple(values) or (_artist_ids(song) or artists) != artists:
                found.changed.append((id, merged, song))
        return found

    async def store(self, tx: Tx, now: str, named: Named) -> None:
        """Write what is new and what has changed, with the artists and albums."""
        await named.store(tx, self.given.values())
        if not self.new and not self.changed:
            return
        revision = await tx.revision()
        for start in range(0, len(self.new), _AT_ONCE):
            part = self.new[start : start + _AT_ONCE]
            marks = f"({', '.join('?' * len(_SONG))})"
            values: list[Any] = []
            for song in part:
                row = _values(song)
                values += revision, _words(row), now, *row
            made = await tx.fetchall(
                f"INSERT INTO spotify_track ({', '.join(_SONG)}) VALUES {', '.join([marks] * len(part))}"
                " ON CONFLICT (uri) DO UPDATE SET uri = excluded.uri RETURNING uri, id",
                values,
            )
            self.ids.update([tuple(row) for row in made])
        if self.changed:
            await tx.executemany(
                f"UPDATE spotify_track SET {', '.join(f'{name} = ?' for name in _SONG)} WHERE id = ?",
                [(revision, _words(row), now, *row, id) for id, row, _ in self.changed],
            )
        await self._link(tx)

    async def _link(self, tx: Tx) -> None:
        """Say which artists the new and changed songs are by."""
        relinked = [(id, song) for id, _, song in self.changed if song.artists]
        if relinked:
            await tx.executemany(
                "DELETE FROM spotify_track_artist WHERE track_id = ?", [(id,) for id, _ in relinked]
            )
        by = [(self.ids[song.uri], song) for song in self.new] + relinked
        await tx.executemany(
            "INSERT OR REPLACE INTO spotify_track_artist (track_id, position, artist_id) VALUES (?, ?, ?)",
            [
                (id, position, artist.id)
                for id, song in by
                for position, artist in enumerate(song.artists)
                if artist.id
            ],
        )


def _values(song: Song) -> tuple[Any, ...]:
    album = song.album
    return (
        song.uri,
        song.id,
        song.kind,
        song.title,
        ", ".join([artist.name for artist in song.artists if artist.name]) or None,
        album.id or None if album is not None else None,
        album.name if album is not None else None,
        song.duration,
        song.explicit,
        song.disc_number,
        song.track_number,
        song.isrc,
        song.popularity,
    )


def _words(values: tuple[Any, ...]) -> str:
    return words(*[fold(text) for text in (values[_TITLE], values[_ARTIST], values[_ALBUM]) if text])


def _artist_ids(song: Song) -> str | None:
    return " ".join([artist.id for artist in song.artists if artist.id]) or None


def _album_row(album: Album) -> tuple[Any, ...]:
    artists = as_json([artist.id for artist in album.artists if artist.id]) if album.artists else None
    return (
        album.id,
        album.name,
        album.type,
        album.release_date,
        album.release_precision,
        album.total_tracks,
        artists,
    )


async def changed(tx: Tx, ids: Iterable[int] = ()) -> None:
    """Tell the screens that something of Spotify has changed, these songs among it."""
    await tx.touch("spotify")
    revision = await tx.revision()
    if rows := [(revision, id) for id in ids]:
        await tx.executemany("UPDATE spotify_track SET revision = ? WHERE id = ?", rows)


async def facts(library: Reader) -> dict[str, str]:
    """What is noted of earlier syncs: totals, and when a list was last read completely."""
    return {
        row["name"]: row["value"] for row in await library.fetchall("SELECT name, value FROM spotify_fact")
    }


async def note(tx: Tx, **found: object) -> None:
    """Note facts."""
    await tx.executemany(
        "INSERT OR REPLACE INTO spotify_fact (name, value) VALUES (?, ?)",
        [(name, str(value)) for name, value in found.items()],
    )


async def note_account(tx: Tx, account: Account, now: str) -> None:
    """Note whose songs the library holds."""
    await tx.execute(
        "INSERT INTO spotify_account (id, user_id, name, product, seen) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, name = excluded.name,"
        " product = coalesce(excluded.product, product), seen = excluded.seen",
        (account.id, account.user_id, account.name, account.product, now),
    )
