"""Spotify's songs listed as the library's tracks are: same table, same filter language, same sorting.

On a connection for songs the names `track`, `track_text`, `playlist` and `playlist_item` are temporary views,
which SQLite prefers to the tables of the same name. So whatever lists tracks (`Lister`, `TrackRows`,
`TrackFeed`, `View`) lists songs there. A song has what Spotify says of it, and from the track it is linked to
what only a file can tell: tempo, key, cues, rating. There is no full-text index: ask with `indexed=False`.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from djtui.library.database import connect_readonly
from djtui.model.track import COLUMNS
from djtui.query.fields import fold_sql

LIKED: Final = 0
"""The playlist that the liked songs are, newest first. Playlists of the library have negative numbers."""

# As Spotify has it; everything else is the linked track's.
_OF_SONG: Final = {
    "id": "song.id",
    "revision": "song.revision",
    "title": "song.title",
    "artist": "song.artist",
    "album": "song.album",
    "duration": "song.duration",
    "isrc": "song.isrc",
    "track_number": "song.track_number",
    "added": "liked.added",
    "released": "coalesce(album.release_date, mine.released)",
    "year": "coalesce(CAST(substr(album.release_date, 1, 4) AS INTEGER), mine.year)",
    "label": "coalesce(album.label, mine.label)",
    "cue_count": "coalesce(mine.cue_count, 0)",
    "kind": "'track'",
}
_FROM: Final = (
    "FROM main.spotify_track AS song"
    " LEFT JOIN main.spotify_album AS album ON album.id = song.album_id"
    " LEFT JOIN main.spotify_like AS liked ON liked.track_id = song.id"
    " LEFT JOIN main.spotify_link AS link ON link.song_id = song.id"
    " LEFT JOIN main.track AS mine ON mine.id = link.track_id"
)
_SONGS: Final = ", ".join(f"{_OF_SONG.get(name, f'mine.{name}')} AS {name}" for name in COLUMNS)
_FOLDED: Final = ", ".join(f"{fold_sql(f'song.{name}')} AS {name}" for name in ("title", "artist", "album"))
_MINE_FOLDED: Final = ", ".join(
    f"mine.{name} AS {name}"
    for name in ("remixer", "genre", "comment", "producer", "albumartist", "comment2", "mix", "catalogue")
)

_VIEWS: Final = {
    "track": f"SELECT {_SONGS} {_FROM}",
    "track_text": (
        f"SELECT song.id AS id, {_FOLDED}, {_MINE_FOLDED},"
        f" coalesce({fold_sql('album.label')}, mine.label) AS label,"
        " song.words || coalesce(' ' || mine.words, '') AS words"
        " FROM main.spotify_track AS song"
        " LEFT JOIN main.spotify_album AS album ON album.id = song.album_id"
        " LEFT JOIN main.spotify_link AS link ON link.song_id = song.id"
        " LEFT JOIN main.track_text AS mine ON mine.id = link.track_id"
    ),
    "playlist": (
        f"SELECT {LIKED} AS id, 'Liked songs' AS name"
        " UNION ALL SELECT id, name FROM main.spotify_playlist"
        " UNION ALL SELECT -id, name FROM main.playlist WHERE kind = 'list'"
    ),
    "playlist_item": (
        f"SELECT {LIKED} AS playlist_id, row_number() OVER (ORDER BY added DESC, track_id) AS position,"
        " track_id FROM main.spotify_like"
        " UNION ALL SELECT item.playlist_id, item.position, item.track_id FROM main.spotify_item AS item"
        " JOIN main.spotify_playlist AS list"
        " ON list.id = item.playlist_id AND list.items_generation = item.generation"
        " UNION ALL SELECT -item.playlist_id, item.position, link.song_id FROM main.playlist_item AS item"
        " JOIN main.spotify_link AS link ON link.track_id = item.track_id"
    ),
    "spotify_link": "SELECT id AS song_id, id AS track_id FROM main.spotify_track",
    "owned_track": "SELECT song_id AS id FROM main.spotify_link WHERE track_id IS NOT NULL",
    "analysis": (
        "SELECT link.song_id AS track_id, reason, steadiness, bpm, key, dismissed FROM main.analysis"
        " JOIN main.spotify_link AS link USING (track_id)"
    ),
    "conflict": "SELECT song_id AS track_id FROM main.conflict JOIN main.spotify_link USING (track_id)",
    "nml_entry": (
        "SELECT song_id AS track_id, gone FROM main.nml_entry JOIN main.spotify_link USING (track_id)"
    ),
}


def songs_connection(library: Path) -> sqlite3.Connection:
    """A reading connection, for any thread, on which songs stand where the library's tracks do elsewhere.

    Raises `LibraryError`.
    """
    connection = connect_readonly(library)
    for name, select in _VIEWS.items():
        connection.execute(f"CREATE TEMP VIEW {name} AS {select}")
    return connection
