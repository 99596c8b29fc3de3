"""What Spotify is made of, as its stand-in keeps it: songs with their artists and albums, and rows of lists.

Times are ISO 8601 in UTC with a Z, as Spotify sends them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import quote_plus


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account. `account_id` is sent of the one who is signed in alone."""

    id: str
    name: str | None
    account_id: str = ""
    product: str = "premium"


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist."""

    id: str
    name: str
    genres: tuple[str, ...]
    popularity: int
    followers: int

    @property
    def uri(self) -> str:
        return f"spotify:artist:{self.id}"


@dataclass(frozen=True, slots=True)
class Album:
    """An album. `release_date` is as precise as `release_precision` says: 1994, 1994-03 or 1994-03-21."""

    id: str
    name: str
    type: Literal["album", "single", "compilation"]
    artists: tuple[Artist, ...]
    release_date: str
    release_precision: Literal["year", "month", "day"]
    total_tracks: int
    label: str
    upc: str
    popularity: int

    @property
    def uri(self) -> str:
        return f"spotify:album:{self.id}"

    @property
    def copyrights(self) -> tuple[tuple[str, str], ...]:
        """Kind (C: of the content, P: of the recording) and text."""
        text = f"{self.release_date[:4]} {self.label}"
        return (("C", text), ("P", text))


@dataclass(frozen=True, slots=True)
class Track:
    """A song of the catalogue."""

    id: str
    name: str
    artists: tuple[Artist, ...]
    album: Album
    duration_ms: int
    explicit: bool
    disc_number: int
    track_number: int
    isrc: str | None
    popularity: int

    @property
    def uri(self) -> str:
        return f"spotify:track:{self.id}"


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode of a podcast."""

    id: str
    name: str
    show: str
    show_id: str
    duration_ms: int
    explicit: bool
    release_date: str

    @property
    def uri(self) -> str:
        return f"spotify:episode:{self.id}"


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file of somebody's own machine that stands in a playlist: it has no id, and no app can add it."""

    artist: str
    album: str
    title: str
    seconds: int

    @property
    def id(self) -> None:
        return None

    @property
    def uri(self) -> str:
        parts = (self.artist, self.album, self.title, str(self.seconds))
        return "spotify:local:" + ":".join(quote_plus(part) for part in parts)


Song: TypeAlias = Track | Episode | LocalFile


@dataclass(frozen=True, slots=True)
class Like:
    """A liked song."""

    track: Track
    added_at: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a playlist. `song` None: its song is gone from Spotify, its place is not."""

    song: Song | None
    added_at: str | None
    added_by: User | None


@dataclass(frozen=True, slots=True)
class Play:
    """A song that the account played. `context` is the uri of what it was played from."""

    track: Track
    played_at: str
    context: str | None
