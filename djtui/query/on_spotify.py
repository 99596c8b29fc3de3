"""What Spotify says of a track, in SQL: by the song that is linked to it. Unknown where there is none.

On a connection for songs (`library.songs`) a song is linked to itself, and the same SQL speaks of it.
"""

from __future__ import annotations

from typing import Final

_SONG: Final = "FROM spotify_link AS l JOIN spotify_track AS s ON s.id = l.song_id"
_ARTISTS: Final = (
    "FROM spotify_link AS l JOIN spotify_track_artist AS a ON a.track_id = l.song_id"
    " JOIN spotify_artist AS r ON r.id = a.artist_id"
)
_MINE: Final = "WHERE l.track_id = track.id"

POPULARITY: Final = f"(SELECT max(s.popularity) {_SONG} {_MINE})"
EXPLICIT: Final = f"(SELECT max(s.explicit) {_SONG} {_MINE})"
ARTIST_POPULARITY: Final = f"(SELECT max(r.popularity) {_ARTISTS} {_MINE})"
FOLLOWERS: Final = f"(SELECT max(r.followers) {_ARTISTS} {_MINE})"
LIKED: Final = (
    "(SELECT max(k.track_id IS NOT NULL) FROM spotify_link AS l"
    f" LEFT JOIN spotify_like AS k ON k.track_id = l.song_id {_MINE})"
)
LINKED: Final = f"CASE WHEN EXISTS (SELECT 1 FROM spotify_link AS l {_MINE}) THEN 'linked' ELSE 'missing' END"
OWNED: Final = "(track.id IN (SELECT id FROM owned_track))"
GENRES: Final = f"{_ARTISTS}, json_each(r.genres) AS item {_MINE}"
"""Rows of `item.value`: the genres of its artists."""
