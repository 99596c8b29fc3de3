"""What Spotify sends, as djtui uses it. Every value that an app may not be sent, or that is gone, is None."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeVar

Kind = Literal["track", "episode", "local"]
Row = TypeVar("Row")

PAGE: Final = 50  # rows a page of liked songs, playlists and playlist items may have
TRACKS: Final = 50  # ids a request for several tracks may name
ARTISTS: Final = 50
ALBUMS: Final = 20
URIS: Final = 100  # songs a writing request for a playlist may name
LIBRARY_URIS: Final = 40  # songs a request for the liked ones may name
PLAYLIST_ROWS: Final = 10_000  # a playlist holds no more


@dataclass(frozen=True, slots=True)
class Account:
    """Who is signed in. `id` stays the same for ever; `user_id` is what playlists call their owner."""

    id: str
    user_id: str
    name: str | None
    product: str | None


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist. Of those that stand in a song's row only id and name are known."""

    id: str
    name: str | None
    genres: tuple[str, ...] | None = None
    popularity: int | None = None
    followers: int | None = None


@dataclass(frozen=True, slots=True)
class Album:
    """An album. In a song's row there is neither label nor copyright."""

    id: str
    name: str | None
    type: str | None = None
    release_date: str | None = None
    release_precision: str | None = None
    total_tracks: int | None = None
    artists: tuple[Artist, ...] = ()
    label: str | None = None
    copyrights: tuple[str, ...] | None = None
    upc: str | None = None
    popularity: int | None = None


@dataclass(frozen=True, slots=True)
class Song:
    """A track, an episode of a podcast, or a file of the account's own machine ("local", without an id)."""

    kind: Kind
    uri: str
    id: str | None
    title: str | None
    artists: tuple[Artist, ...] = ()
    album: Album | None = None
    duration: float | None = None  # seconds
    explicit: bool | None = None
    disc_number: int | None = None
    track_number: int | None = None
    isrc: str | None = None
    popularity: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A row of liked songs or of a playlist. `song` None: Spotify sends it empty, yet it has its place."""

    song: Song | None
    added: str | None
    added_by: str | None = None


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist. `total` is None where its songs are not sent (somebody else's)."""

    id: str
    name: str | None
    description: str | None
    owner_id: str | None
    owner: str | None
    public: bool | None
    collaborative: bool | None
    snapshot: str | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Play:
    """A song that was played."""

    song: Song
    played: str
    context: str | None


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list: its rows from `offset` on, and how many the whole list has."""

    rows: tuple[Row, ...]
    offset: int
    total: int

    @property
    def next(self) -> int | None:
        """Where the next page begins, or None after the last."""
        end = self.offset + len(self.rows)
        return end if self.rows and end < self.total else None


Answer = Mapping[str, Any]
Answers = Sequence[Any]
