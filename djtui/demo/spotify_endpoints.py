"""The table of the Spotify stand-in's endpoints: who may use which, and with which scope."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from djtui.demo import spotify_api as reads
from djtui.demo import spotify_writes as writes
from djtui.demo.spotify_api import Asked, Endpoint, State
from djtui.demo.spotify_limits import Answer, AnswerNow, refused

Audience = Literal["all", "earlier", "nobody"]
_EITHER_MODIFY: Final = "playlist-modify-public playlist-modify-private"


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint. One of `scopes` must be granted; `earlier`: not for apps made since February 2026."""

    method: str
    path: re.Pattern[str]
    endpoint: Endpoint
    scopes: frozenset[str]
    audience: Audience


def _route(line: str, endpoint: Endpoint, scopes: str = "", audience: Audience = "all") -> Route:
    method, path = line.split()
    return Route(
        method, re.compile(path.replace("*", "([^/]+)")), endpoint, frozenset(scopes.split()), audience
    )


def _gone(_state: State, _asked: Asked) -> Answer:
    raise AnswerNow(404, "Resource not found")


_ROUTES: Final = (
    _route("GET me", reads.me),
    _route("GET me/tracks", reads.liked, "user-library-read"),
    _route("GET me/library/contains", reads.liked_among, "user-library-read playlist-read-private"),
    _route("GET me/playlists", reads.playlists, "playlist-read-private"),
    _route("GET me/following", reads.followed_artists, "user-follow-read"),
    _route("GET me/top/*", reads.top, "user-top-read"),
    _route("GET me/player/recently-played", reads.recently_played, "user-read-recently-played"),
    _route("GET playlists/*", reads.playlist),
    _route("GET playlists/*/items", reads.items, "playlist-read-private"),
    _route("GET playlists/*/images", reads.images),
    _route("GET tracks/*", reads.track),
    _route("GET episodes/*", reads.episode),
    _route("GET artists/*", reads.artist),
    _route("GET artists/*/albums", reads.artist_albums),
    _route("GET albums/*", reads.album),
    _route("GET albums/*/tracks", reads.album_tracks),
    _route("GET search", reads.search),
    _route("POST me/playlists", writes.create_playlist, _EITHER_MODIFY),
    _route("PUT me/library", writes.save),
    _route("DELETE me/library", writes.unsave),
    _route("PUT playlists/*", writes.change_playlist, _EITHER_MODIFY),
    _route("POST playlists/*/items", writes.add_items, _EITHER_MODIFY),
    _route("PUT playlists/*/items", writes.put_items, _EITHER_MODIFY),
    _route("DELETE playlists/*/items", writes.remove_items, _EITHER_MODIFY),
    # what new apps lost in February 2026
    _route("GET tracks", reads.tracks, "", "earlier"),
    _route("GET artists", reads.artists, "", "earlier"),
    _route("GET albums", reads.albums, "", "earlier"),
    _route("GET me/tracks/contains", reads.liked_among_ids, "user-library-read", "earlier"),
    _route("PUT me/tracks", writes.like_ids, "user-library-modify", "earlier"),
    _route("DELETE me/tracks", writes.unlike_ids, "user-library-modify", "earlier"),
    _route("GET playlists/*/tracks", reads.tracks_of_playlist, "playlist-read-private", "earlier"),
    _route("POST playlists/*/tracks", writes.add_items, _EITHER_MODIFY, "earlier"),
    _route("PUT playlists/*/tracks", writes.put_items, _EITHER_MODIFY, "earlier"),
    _route("DELETE playlists/*/tracks", writes.remove_items, _EITHER_MODIFY, "earlier"),
    _route("PUT playlists/*/followers", writes.follow, _EITHER_MODIFY, "earlier"),
    _route("DELETE playlists/*/followers", writes.unfollow, _EITHER_MODIFY, "earlier"),
    _route("POST users/*/playlists", writes.create_playlist, _EITHER_MODIFY, "earlier"),
    # what nobody is answered since November 2024
    _route("GET audio-features", _gone, "", "nobody"),
    _route("GET audio-features/*", _gone, "", "nobody"),
    _route("GET audio-analysis/*", _gone, "", "nobody"),
    _route("GET artists/*/related-artists", _gone, "", "nobody"),
    _route("GET recommendations", _gone, "", "nobody"),
)


def answer(state: State, asked: Asked) -> Answer:
    """What Spotify answers. A slash at the end of a path does not matter."""
    path = asked.path.strip("/")
    for start, kind in state.faults.refuse.items():
        if path.startswith(start):
            raise refused(kind)
    for route in _ROUTES:
        found = route.path.fullmatch(path) if route.method == asked.method else None
        if found is None:
            continue
        if route.audience == "earlier" and not state.cohort.batches:
            raise refused("removed")
        if route.scopes and not route.scopes & asked.scope:
            raise refused("scope")
        named = Asked(asked.method, path, asked.query, asked.body, asked.scope, found.groups())
        return route.endpoint(state, named)
    raise AnswerNow(404, "Service not found")
