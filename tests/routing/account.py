"""A small account in a library: a base playlist, its songs, and the tracks that they are linked to."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from djtui.library.database import prepare
from djtui.library.routes import Base, Child
from djtui.library.songs import songs_connection
from djtui.model.text import fold, words
from djtui.model.track import FOLDED
from djtui.routing.plan import ChildPlan, Plan, make, plan_child
from djtui.routing.songs import BaseSongs, rows_of

BASE = Base(1, "base", "Friday")
LOCAL = "spotify:local:Bicep:Isles:Atlas:312"
EPISODE = "spotify:episode:1"


def uri(name: str) -> str:
    return f"spotify:track:{name}"


@dataclass(frozen=True)
class Artist:
    """An artist; None: this app was not told."""

    name: str = "Bicep"
    genres: Sequence[str] | None = None
    popularity: int | None = None


@dataclass(frozen=True)
class Song:
    """A song of the base, called by its title; `mine` is the track it is linked to, by columns."""

    title: str
    artists: Sequence[Artist] = (Artist(),)
    released: str | None = None
    album: str | None = None
    label: str | None = None
    duration: float | None = None
    explicit: bool | None = None
    popularity: int | None = None
    liked: str | None = None
    mine: Mapping[str, Any] | None = None


@dataclass
class Account:
    """Writes the library and asks it. Songs are named by their titles."""

    path: Path
    songs: Sequence[Song]
    rows: Sequence[str | None] | None = None
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        prepare(self.path)
        self._library = sqlite3.connect(self.path, isolation_level=None)
        for number, song in enumerate(self.songs, start=1):
            self._add(number, song)
        titles = [song.title for song in self.songs]
        self._rows = [row if row is None or ":" in row else uri(row) for row in (self.rows or titles)]
        for number, (name, members) in enumerate({"base": titles, **self.lists}.items(), start=1):
            self.hold(number, name, members)
        self.connection = songs_connection(self.path)
        self.base_songs = BaseSongs(self.connection, self._rows)

    def hold(self, id: int, name: str, members: Sequence[str], *, snapshot: str = "s") -> None:
        """A playlist of the account with these songs."""
        self._insert(
            "spotify_playlist",
            id=id,
            spotify_id=name,
            position=id,
            name=name,
            readable=1,
            generation=1,
            total=len(members),
            items=len(members),
            snapshot=snapshot,
            listed_snapshot="s",
            items_generation=1,
            read="2025-06-01T00:00:00Z",
        )
        for place, title in enumerate(members):
            self._library.execute(
                "INSERT INTO spotify_item (playlist_id, generation, position, track_id)"
                " VALUES (?, 1, ?, (SELECT id FROM spotify_track WHERE uri = ?))",
                (id, place, uri(title)),
            )

    def _add(self, number: int, song: Song) -> None:
        artists = ", ".join(artist.name for artist in song.artists)
        album = f"album {number}"
        self._insert("spotify_album", id=album, release_date=song.released, label=song.label)
        self._insert(
            "spotify_track",
            id=number,
            uri=uri(song.title),
            kind="track",
            revision=1,
            title=song.title,
            artist=artists,
            words=words(fold(song.title), fold(artists)),
            album_id=album,
            album=song.album,
            duration=song.duration,
            explicit=song.explicit,
            popularity=song.popularity,
        )
        for place, artist in enumerate(song.artists):
            genres = None if artist.genres is None else json.dumps(artist.genres)
            id = f"{number}-{place}"
            self._insert("spotify_artist", id=id, genres=genres, popularity=artist.popularity)
            self._insert("spotify_track_artist", track_id=number, position=place, artist_id=id)
        if song.liked is not None:
            self._insert("spotify_like", track_id=number, added=song.liked, generation=1)
        if song.mine is not None:
            self._insert("track", id=number + 100, revision=1, **song.mine)
            folded = {name: fold(text) for name in FOLDED if (text := song.mine.get(name))}
            self._insert("track_text", id=number + 100, words="", **folded)
            self._insert("spotify_link", song_id=number, track_id=number + 100, how="isrc", made="")

    def _insert(self, table: str, **columns: object) -> None:
        marks = ", ".join("?" * len(columns))
        self._library.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", tuple(columns.values())
        )

    def execute(self, sql: str, params: Sequence[object] = ()) -> None:
        self._library.execute(sql, params)

    def answers(self, rule: str) -> tuple[str, str]:
        """The titles a rule holds for, and those of which it cannot tell, each joined by blanks."""
        plan = self.child(rule)
        return names(plan.target), names(plan.unknown)

    def child(self, rule: str = "", present: Sequence[str | None] = (), **values: Any) -> ChildPlan:
        """The plan for one child whose playlist holds these rows."""
        child = Child(7, 1, "Warm-up", rule=rule, **({"spotify_id": "warm"} | values))
        return plan_child(self.base_songs, BASE, child, {"warm": _rows(present)})

    def plan(self, *children: Child, **present: Sequence[str | None]) -> Plan:
        return make(self.base_songs, BASE, children, {id: _rows(rows) for id, rows in present.items()})

    def known(self, spotify_id: str) -> str:
        return names(row for row in rows_of(self.connection, spotify_id) if row)

    def close(self) -> None:
        self.connection.close()
        self._library.close()


def _rows(names: Sequence[str | None]) -> list[str | None]:
    return [name if name is None or ":" in name else uri(name) for name in names]


def names(uris: Any) -> str:
    """Songs by their titles, joined by blanks."""
    return " ".join(each.rpartition(":")[2] for each in uris)
