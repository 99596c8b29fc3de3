"""Words the Spotify stand-in's answers as Spotify does, for the kind of app that asks.

Shapes as in Spotify's Web API reference and its changes of February and March 2026: an app in development
mode made since then is no longer sent popularity, followers, genres, labels and markets, and a playlist's
rows name their song `item` where it was `track` before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from djtui.demo.spotify_music import Album, Artist, Episode, Like, LocalFile, Play, Row, Song, Track, User
from djtui.demo.spotify_world import Playlist, Version

Json = dict[str, Any]
_T = TypeVar("_T")

_MARKETS: Final = [
    "AT",
    "AU",
    "BR",
    "CA",
    "CH",
    "DE",
    "ES",
    "FR",
    "GB",
    "IE",
    "IT",
    "JP",
    "MX",
    "NL",
    "SE",
    "US",
]


@dataclass(frozen=True, slots=True)
class Cohort:
    """What Spotify lets an app do and sends it, which depends on when it was made and by whom."""

    name: str
    batches: bool  # several songs, artists or albums a request; and the endpoints that new apps lost
    details: bool  # popularity, followers, labels, markets
    genres: bool | None  # of artists; False: always empty; None: the key is not there
    row_keys: tuple[str, ...]  # what a playlist's rows call their song
    page_keys: tuple[str, ...]  # what a playlist calls its rows
    search_max: int
    foreign_rows: bool  # rows of playlists that are neither the account's own nor collaborative


COHORTS: Final = {
    "new": Cohort("new", False, False, None, ("item",), ("items",), 10, False),
    "old": Cohort("old", True, True, False, ("track", "item"), ("tracks", "items"), 50, True),
    "extended": Cohort("extended", True, True, True, ("track", "item"), ("tracks", "items"), 50, True),
}


class Answers:
    """Puts what the world holds into Spotify's words. `base` is the API's address, ending with /v1/."""

    def __init__(self, base: str, cohort: Cohort) -> None:
        self._base = base
        self._cohort = cohort

    def address(self, path: str) -> str:
        return self._base + path

    # users

    def user(self, user: User) -> Json:
        return self._named("user", user.id)

    def owner(self, user: User) -> Json:
        return {"display_name": user.name, **self.user(user)}

    def account(self, user: User) -> Json:
        answer = {**self.owner(user), "account_id": user.account_id, "images": []}
        if self._cohort.details:
            answer |= {
                "country": "DE",
                "email": "dj@example.org",
                "explicit_content": {"filter_enabled": False, "filter_locked": False},
                "followers": {"href": None, "total": 21},
                "product": user.product,
            }
        return answer

    # the catalogue

    def artist_stub(self, artist: Artist) -> Json:
        return {**self._named("artist", artist.id), "name": artist.name}

    def artist(self, artist: Artist) -> Json:
        answer = {**self.artist_stub(artist), "images": _images("6761610000e5eb", artist.id)}
        if self._cohort.genres is not None:
            answer["genres"] = list(artist.genres) if self._cohort.genres else []
        if self._cohort.details:
            answer["followers"] = {"href": None, "total": artist.followers}
            answer["popularity"] = artist.popularity
        return answer

    def album_stub(self, album: Album) -> Json:
        answer = {
            **self._named("album", album.id),
            "album_type": album.type,
            "artists": [self.artist_stub(artist) for artist in album.artists],
            "images": _images("67616d0000b273", album.id),
            "is_playable": True,
            "name": album.name,
            "release_date": album.release_date,
            "release_date_precision": album.release_precision,
            "total_tracks": album.total_tracks,
        }
        return self._with_markets(answer)

    def album(self, album: Album, tracks: Sequence[Track]) -> Json:
        answer = {
            **self.album_stub(album),
            "copyrights": [{"text": text, "type": kind} for kind, text in album.copyrights],
            "external_ids": {"upc": album.upc},
            "genres": [],
            "tracks": self.page(f"albums/{album.id}/tracks", tracks, 0, 50, self.track_stub),
        }
        if self._cohort.details:
            answer |= {"label": album.label, "popularity": album.popularity}
        return answer

    def track_stub(self, track: Track) -> Json:
        answer = {
            **self._named("track", track.id),
            "artists": [self.artist_stub(artist) for artist in track.artists],
            "disc_number": track.disc_number,
            "duration_ms": track.duration_ms,
            "explicit": track.explicit,
            "is_local": False,
            "is_playable": True,
            "name": track.name,
            "track_number": track.track_number,
        }
        if self._cohort.details:
            answer["preview_url"] = None
        return self._with_markets(answer)

    def track(self, track: Track) -> Json:
        answer = self.track_stub(track)
        answer["album"] = self.album_stub(track.album)
        answer["external_ids"] = {"isrc": track.isrc} if track.isrc else {}
        if self._cohort.details:
            answer["popularity"] = track.popularity
        return answer

    def episode(self, episode: Episode) -> Json:
        show = {
            **self._named("show", episode.show_id),
            "copyrights": [],
            "description": f"All about {episode.show}.",
            "explicit": False,
            "html_description": f"<p>All about {episode.show}.</p>",
            "images": _images("6765630000ba8a", episode.show_id),
            "is_externally_hosted": False,
            "languages": ["en"],
            "media_type": "audio",
            "name": episode.show,
            "total_episodes": 40,
        }
        answer = {
            **self._named("episode", episode.id),
            "audio_preview_url": None,
            "description": f"{episode.name}.",
            "duration_ms": episode.duration_ms,
            "explicit": episode.explicit,
            "html_description": f"<p>{episode.name}.</p>",
            "images": _images("6765630000ba8a", episode.id),
            "is_externally_hosted": False,
            "is_playable": True,
            "language": "en",
            "languages": ["en"],
            "name": episode.name,
            "release_date": episode.release_date,
            "release_date_precision": "day",
            "show": self._with_markets(show),
        }
        if self._cohort.details:
            show["publisher"] = episode.show
        return answer

    def local_file(self, file: LocalFile) -> Json:
        artist: Json = {
            "external_urls": {},
            "href": None,
            "id": None,
            "name": file.artist,
            "type": "artist",
            "uri": None,
        }
        album: Json = {
            "album_type": None,
            "artists": [],
            "external_urls": {},
            "href": None,
            "id": None,
            "images": [],
            "name": file.album,
            "release_date": None,
            "release_date_precision": None,
            "type": "album",
            "uri": None,
        }
        answer = {
            "album": self._with_markets(album, []),
            "artists": [artist],
            "disc_number": 0,
            "duration_ms": file.seconds * 1000,
            "explicit": False,
            "external_ids": {},
            "external_urls": {},
            "href": None,
            "id": None,
            "is_local": True,
            "name": file.title,
            "track_number": 0,
            "type": "track",
            "uri": file.uri,
        }
        if self._cohort.details:
            answer |= {"popularity": 0, "preview_url": None}
        return self._with_markets(answer, [])

    def song(self, song: Song) -> Json:
        if isinstance(song, Track):
            return self.track(song)
        return self.episode(song) if isinstance(song, Episode) else self.local_file(song)

    # lists

    def like(self, like: Like) -> Json:
        return {"added_at": like.added_at, "track": self.track(like.track)}

    def play(self, play: Play) -> Json:
        context = None
        if play.context:
            _, kind, name = play.context.split(":")
            context = self._named(kind, name)
        return {"track": self.track(play.track), "played_at": play.played_at, "context": context}

    def row(self, row: Row, keys: tuple[str, ...] | None = None) -> Json:
        """`keys`: what to call the song, if not as this app's rows do."""
        song: Json | None = None
        if row.song:
            episode = isinstance(row.song, Episode)
            song = {**self.song(row.song), "episode": episode, "track": not episode}
        return {
            "added_at": row.added_at,
            "added_by": self.user(row.added_by) if row.added_by else None,
            "is_local": isinstance(row.song, LocalFile),
            "primary_color": None,
            "video_thumbnail": {"url": None},
            **dict.fromkeys(keys or self._cohort.row_keys, song),
        }

    def playlist_stub(self, playlist: Playlist, shown: Version, *, readable: bool) -> Json:
        """A playlist as the list of playlists has it: how many rows, and only where they may be read."""
        answer = self._playlist(playlist, shown)
        if readable or self._cohort.foreign_rows:
            place = f"{self._base}playlists/{playlist.id}/items"
            answer |= {key: {"href": place, "total": len(shown.rows)} for key in self._cohort.page_keys}
        return answer

    def playlist(self, playlist: Playlist, shown: Version, *, readable: bool) -> Json:
        """A playlist by itself, with its first hundred rows where they may be read."""
        answer = {**self._playlist(playlist, shown), "followers": {"href": None, "total": 0}}
        if readable or self._cohort.foreign_rows:
            page = self.page(f"playlists/{playlist.id}/items", shown.rows, 0, 100, self.row)
            answer |= dict.fromkeys(self._cohort.page_keys, page)
        return answer

    def page(
        self,
        path: str,
        rows: Sequence[_T],
        offset: int,
        limit: int,
        word: Callable[[_T], Json],
        *,
        total: int | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Json:
        """The part of a list from `offset` on. `total`: how long the list is said to be, if not as it is."""
        said = len(rows) if total is None else total

        def link(start: int) -> str:
            return f"{self._base}{path}?{urlencode({**(query or {}), 'offset': start, 'limit': limit})}"

        return {
            "href": link(offset),
            "items": [word(row) for row in rows[offset : offset + limit]],
            "limit": limit,
            "next": link(offset + limit) if offset + limit < said else None,
            "offset": offset,
            "previous": link(max(0, offset - limit)) if offset else None,
            "total": said,
        }

    def _playlist(self, playlist: Playlist, shown: Version) -> Json:
        return {
            **self._named("playlist", playlist.id),
            "collaborative": playlist.collaborative,
            "description": playlist.description,
            "images": [],
            "name": playlist.name,
            "owner": self.owner(playlist.owner),
            "primary_color": None,
            "public": playlist.public,
            "snapshot_id": shown.snapshot,
        }

    def _named(self, kind: str, name: str) -> Json:
        return {
            "external_urls": {"spotify": f"https://open.spotify.com/{kind}/{name}"},
            "href": f"{self._base}{kind}s/{name}",
            "id": name,
            "type": kind,
            "uri": f"spotify:{kind}:{name}",
        }

    def _with_markets(self, answer: Json, markets: list[str] = _MARKETS) -> Json:
        if self._cohort.details:
            answer["available_markets"] = markets
        return answer


def _images(kind: str, name: str) -> list[Json]:
    picture = name.encode().hex()[:24]
    return [
        {"height": size, "url": f"https://i.scdn.co/image/ab{kind}{size:04x}{picture}", "width": size}
        for size in (640, 300, 64)
    ]
