"""One account of the Spotify stand-in: what it likes, its playlists, and how other clients change them.

Everything that changes goes through a method of `World`, which the server calls too: tests use the methods as
the DJ's telephone would, while a sync runs.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import Final, Protocol

from djtui.demo.spotify_music import Album, Artist, Like, Play, Row, Song, Track, User

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VERSIONS: Final = 50  # of a playlist that are remembered, for stale answers


class Clock(Protocol):
    """Tells the time: aware, in UTC."""

    def now(self) -> datetime: ...


class RealClock:
    """The time of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Full(Exception):
    """A playlist would hold more rows than Spotify lets it."""


def new_id(rng: random.Random) -> str:
    """An id as Spotify makes them: 22 letters and digits."""
    return "".join(rng.choices(_BASE62, k=22))


def stamp(at: datetime) -> str:
    """A time as Spotify writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Version:
    """A playlist as it stood from `at` on."""

    at: datetime
    snapshot: str
    rows: tuple[Row, ...]


@dataclass(slots=True)
class Playlist:
    """A playlist. The newest of its versions is what it holds; Spotify may answer with an older one."""

    id: str
    name: str
    description: str
    owner: User
    public: bool | None
    collaborative: bool
    versions: list[Version] = field(default_factory=list)

    @property
    def uri(self) -> str:
        return f"spotify:playlist:{self.id}"

    @property
    def rows(self) -> tuple[Row, ...]:
        return self.versions[-1].rows

    @property
    def snapshot(self) -> str:
        return self.versions[-1].snapshot

    @property
    def uris(self) -> list[str | None]:
        """The rows' uris in order; None: the song is gone."""
        return [row.song.uri if row.song else None for row in self.rows]

    def as_of(self, at: datetime) -> Version:
        """The version that stood at a time; the oldest remembered one if that is younger."""
        for version in reversed(self.versions):
            if version.at <= at:
                return version
        return self.versions[0]


class World:
    """One account and the music around it. `liked` has the newest first, `playlists` the account's order."""

    def __init__(self, me: User, *, clock: Clock | None = None, seed: int = 0) -> None:
        self.me = me
        self.clock: Clock = clock or RealClock()
        self.lock = RLock()
        self.row_limit = 10_000
        self.users: dict[str, User] = {me.id: me}
        self.songs: dict[str, Song] = {}  # by uri
        self.artists: dict[str, Artist] = {}
        self.albums: dict[str, Album] = {}
        self.album_tracks: dict[str, list[Track]] = {}
        self.following: list[Artist] = []
        self.plays: list[Play] = []  # the latest first
        self.playlists: list[Playlist] = []
        self.unlisted: dict[str, Playlist] = {}  # playlists that the account does not follow
        self.hidden: set[str] = set()  # ids of playlists that are answered as if they were not there
        self._likes: dict[str, Like] = {}  # by uri, the oldest first
        self._liked: list[Like] | None = None
        self._rng = random.Random(seed)

    @classmethod
    def generated(
        cls,
        seed: int = 1,
        *,
        liked: int = 500,
        artists: int = 250,
        albums: int = 350,
        playlists: int = 12,
        rows: int = 600,
        clock: Clock | None = None,
    ) -> World:
        """An account with so many likes and playlists; all artists and albums occur in what it can read.

        `rows` are those of the playlists it can read, together: a few are local files, episodes, empty rows
        and duplicates. About a tenth of the playlists are other people's, followed, with rows on top of
        that; one belongs to somebody else and is collaborative. The same arguments make the same world.
        """
        from djtui.demo.spotify_making import generate

        return generate(cls, seed, liked, artists, albums, playlists, rows, clock)

    # what is there

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def liked(self) -> list[Like]:
        with self.lock:
            if self._liked is None:
                newest_first = list(reversed(self._likes.values()))
                self._liked = sorted(newest_first, key=lambda like: like.added_at, reverse=True)
            return self._liked

    @property
    def liked_uris(self) -> list[str]:
        return [like.track.uri for like in self.liked]

    def likes(self, uri: str) -> bool:
        return uri in self._likes

    def readable(self, playlist: Playlist) -> bool:
        """Whether the account may see a playlist's rows: its own, and collaborative ones it follows."""
        return playlist.owner.id == self.me.id or (playlist.collaborative and playlist in self.playlists)

    def playlist(self, playlist_id: str) -> Playlist:
        """By id; KeyError if there is none."""
        for playlist in self.playlists:
            if playlist.id == playlist_id:
                return playlist
        return self.unlisted[playlist_id]

    def track(self, number: int) -> Track:
        """A song of the catalogue by its place in it, for tests that need any."""
        return [song for song in self.songs.values() if isinstance(song, Track)][number]

    # what changes

    def add_song(self, song: Song) -> None:
        """Put a song, its album and its artists into the catalogue."""
        with self.lock:
            self.songs[song.uri] = song
            if not isinstance(song, Track):
                return
            self.albums[song.album.id] = song.album
            self.album_tracks.setdefault(song.album.id, []).append(song)
            for artist in (*song.artists, *song.album.artists):
                self.artists[artist.id] = artist

    def like(self, uri: str, at: str | None = None) -> None:
        """Like a song, now or at a time. One that is liked already stays, unless a time is said."""
        with self.lock:
            if at is None and uri in self._likes:
                return
            track = self.songs[uri]
            if not isinstance(track, Track):
                raise KeyError(uri)
            newest = self.liked[0].added_at if self._likes else ""
            self._likes.pop(uri, None)
            self._likes[uri] = Like(track, at or max(stamp(self.now), newest))
            self._liked = None

    def like_all(self, likes: Iterable[Like]) -> None:
        """Like many songs, the oldest first."""
        with self.lock:
            self._likes |= {like.track.uri: like for like in likes}
            self._liked = None

    def like_again(self, uri: str) -> None:
        """Unlike and like a song, which brings it to the top."""
        self.unlike(uri)
        self.like(uri)

    def unlike(self, uri: str) -> None:
        """Do no longer like a song; without effect if it is not liked."""
        with self.lock:
            if self._likes.pop(uri, None):
                self._liked = None

    def create(
        self,
        name: str,
        *,
        description: str = "",
        public: bool | None = True,
        collaborative: bool = False,
        owner: User | None = None,
        rows: Iterable[Row] = (),
    ) -> Playlist:
        """A new playlist, at the top of the account's list."""
        with self.lock:
            playlist = Playlist(new_id(self._rng), name, description, owner or self.me, public, collaborative)
            playlist.versions.append(Version(self.now, self._snapshot(1), tuple(rows)))
            self.playlists.insert(0, playlist)
            return playlist

    def describe(
        self,
        playlist: Playlist,
        *,
        name: str | None = None,
        description: str | None = None,
        public: bool | None = None,
        collaborative: bool | None = None,
    ) -> None:
        """Change what is said about a playlist, which changes its snapshot too."""
        with self.lock:
            playlist.name = playlist.name if name is None else name
            playlist.description = playlist.description if description is None else description
            playlist.public = playlist.public if public is None else public
            playlist.collaborative = playlist.collaborative if collaborative is None else collaborative
            self.set_rows(playlist, playlist.rows)

    def unfollow(self, playlist: Playlist) -> None:
        """Take a playlist off the account's list: for its owner that is what deleting means."""
        with self.lock:
            if playlist in self.playlists:
                self.playlists.remove(playlist)
                self.unlisted[playlist.id] = playlist

    def follow(self, playlist: Playlist) -> None:
        """Put a playlist at the top of the account's list."""
        with self.lock:
            if playlist not in self.playlists:
                self.unlisted.pop(playlist.id, None)
                self.playlists.insert(0, playlist)

    def set_rows(self, playlist: Playlist, rows: Sequence[Row]) -> str:
        """Give a playlist these rows. Returns the new snapshot; raises Full."""
        with self.lock:
            if len(rows) > self.row_limit:
                raise Full
            number = int.from_bytes(base64.b64decode(playlist.snapshot)[:4]) + 1
            playlist.versions.append(Version(self.now, self._snapshot(number), tuple(rows)))
            del playlist.versions[:-_VERSIONS]
            return playlist.snapshot

    def replace(self, playlist: Playlist, uris: Iterable[str]) -> str:
        """Let a playlist hold these songs alone, all added now."""
        return self._edit(playlist, lambda _rows: self._new_rows(uris))

    def add(self, playlist: Playlist, uris: Iterable[str], position: int | None = None) -> str:
        """Add songs, at the end or before the row at `position`."""

        def added(rows: list[Row]) -> list[Row]:
            place = len(rows) if position is None else position
            return [*rows[:place], *self._new_rows(uris), *rows[place:]]

        return self._edit(playlist, added)

    def remove(self, playlist: Playlist, uris: Iterable[str]) -> str:
        """Remove every row of these songs."""
        gone = set(uris)
        return self._edit(
            playlist, lambda rows: [row for row in rows if not row.song or row.song.uri not in gone]
        )

    def move(self, playlist: Playlist, start: int, length: int, before: int) -> str:
        """Move `length` rows from `start` to before the row that is now at `before`."""

        def moved(rows: list[Row]) -> list[Row]:
            taken = rows[start : start + length]
            rest = rows[:start] + rows[start + length :]
            place = before if before <= start else before - len(taken)
            return [*rest[:place], *taken, *rest[place:]]

        return self._edit(playlist, moved)

    def vanish(self, uri: str) -> None:
        """Take a song out of the catalogue: it is no longer liked, and its rows in playlists are empty."""
        with self.lock:
            self.unlike(uri)
            self.songs.pop(uri, None)
            for playlist in self.playlists:
                if uri in playlist.uris:
                    rows = [
                        Row(None, row.added_at, row.added_by) if row.song and row.song.uri == uri else row
                        for row in playlist.rows
                    ]
                    self.set_rows(playlist, rows)

    def play(self, uri: str, at: datetime | None = None, context: str | None = None) -> None:
        """Play a song."""
        with self.lock:
            track = self.songs[uri]
            if not isinstance(track, Track):
                raise KeyError(uri)
            played = (at or self.now).astimezone(UTC)
            text = f"{played:%Y-%m-%dT%H:%M:%S}.{played.microsecond // 1000:03}Z"
            self.plays = sorted([Play(track, text, context), *self.plays], key=_played, reverse=True)[:50]

    def _edit(self, playlist: Playlist, change: Callable[[list[Row]], Sequence[Row]]) -> str:
        with self.lock:
            return self.set_rows(playlist, change(list(playlist.rows)))

    def _new_rows(self, uris: Iterable[str]) -> list[Row]:
        added = stamp(self.now)
        return [Row(self.songs[uri], added, self.me) for uri in uris]

    def _snapshot(self, number: int) -> str:
        return base64.b64encode(number.to_bytes(4) + self._rng.randbytes(20)).decode()


def _played(play: Play) -> str:
    return play.played_at
