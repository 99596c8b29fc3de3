"""The song under the cursor in two lines: what Spotify says of it, and what the library has of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from djtui.tui import formats
from djtui.tui.formats import Part, Parts
from djtui.tui.widgets.lines import Lines

HOW: Final = {"hand": "by hand", "isrc": "by ISRC", "exact": "by name", "fuzzy": "by a similar name"}
_KINDS: Final = {"episode": "episode of a podcast", "local": "file of another machine"}
_LISTS: Final = 12


@dataclass(frozen=True, slots=True)
class Song:
    """What is known of one song. `track` is the path of the library's own, `linked` whether it has one."""

    kind: str
    uri: str
    title: str | None
    artist: str | None
    album: str | None
    duration: float | None
    released: str | None
    isrc: str | None
    label: str | None
    explicit: bool | None
    popularity: int | None
    liked: str | None
    linked: bool
    track: str | None
    how: str | None
    score: float | None
    genres: tuple[str, ...]
    playlists: tuple[str, ...]


def read(connection: sqlite3.Connection, id: int) -> Song | None:
    """A song, or None; takes well under a millisecond. The connection is any that reads the library."""
    row = connection.execute(_SONG, (id,)).fetchone()
    if row is None:
        return None
    names = [genre for (texts,) in connection.execute(_GENRES, (id,)) for genre in json.loads(texts or "[]")]
    lists = tuple(name or "without a name" for (name,) in connection.execute(_PLAYLISTS, (id,)))
    values = dict(row)
    explicit = None if values["explicit"] is None else bool(values["explicit"])
    values |= {"explicit": explicit, "linked": bool(values["linked"])}
    return Song(**values, genres=tuple(dict.fromkeys(names)), playlists=lists)


_SONG: Final = """
SELECT song.kind, song.uri, song.title, song.artist, song.album, song.duration, song.isrc, song.explicit,
 song.popularity, album.release_date AS released, album.label, liked.added AS liked,
 mine.id IS NOT NULL AS linked, coalesce(mine.path, mine.location) AS track, link.how, link.score
FROM main.spotify_track AS song
LEFT JOIN main.spotify_album AS album ON album.id = song.album_id
LEFT JOIN main.spotify_like AS liked ON liked.track_id = song.id
LEFT JOIN main.spotify_link AS link ON link.song_id = song.id
LEFT JOIN main.track AS mine ON mine.id = link.track_id
WHERE song.id = ?
"""
_GENRES: Final = (
    "SELECT genres FROM main.spotify_track_artist JOIN main.spotify_artist AS artist ON artist.id = artist_id"
    " WHERE track_id = ? AND genres IS NOT NULL ORDER BY position"
)
_PLAYLISTS: Final = (
    "SELECT list.name FROM main.spotify_item AS item JOIN main.spotify_playlist AS list"
    " ON list.id = item.playlist_id AND list.items_generation = item.generation"
    f" WHERE item.track_id = ? GROUP BY list.id ORDER BY list.position LIMIT {_LISTS}"
)


class SongLines(Lines):
    """The two lines."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._song: Song | None = None

    def show(self, song: Song | None) -> None:
        """Show this song; None: there is none."""
        if song != self._song:
            self._song = song
            self.repaint_changes()

    def lines(self, width: int) -> Sequence[Parts]:
        song = self._song
        if song is None:
            return [(), ()]
        return [formats.line([(" ", ""), *parts], (), width) for parts in (on_spotify(song), here(song))]


def on_spotify(song: Song) -> list[Part]:
    """What Spotify says."""
    parts: list[Part] = [(_KINDS[song.kind], "$warning"), ("   ", "")] if song.kind in _KINDS else []
    said = (
        ("album ", song.album), ("released ", song.released), ("label ", song.label), ("ISRC ", song.isrc),
        ("popularity ", None if song.popularity is None else f"{song.popularity}"),
        ("", "explicit" if song.explicit else None), ("genres ", ", ".join(song.genres)),
    )  # fmt: skip
    for name, value in said:
        if value:
            parts += [(name, "$quiet"), (f"{value}   ", "")]
    return parts or [("Spotify says no more of it", "$quiet")]


def here(song: Song) -> list[Part]:
    """Whether the library has it, and the playlists it is in."""
    parts: list[Part]
    if song.linked:
        how = HOW.get(song.how or "", song.how or "")
        score = f" {song.score:.2f}" if song.how == "fuzzy" and song.score is not None else ""
        parts = [("✓ ", "$accent"), (formats.tilde(Path(song.track)) if song.track else "in the library", "")]
        parts.append((f" ({how}{score})   ", "$quiet"))
    else:
        none = "· none of the library's tracks, you said" if song.how == "hand" else "· not in the library"
        parts = [(f"{none}   ", "$quiet")]
    lists = (*(("Liked",) if song.liked else ()), *song.playlists)
    return [*parts, ("in ", "$quiet"), (", ".join(lists), "")] if lists else parts
