"""The reading part of the Spotify stand-in's Web API, and the table of all its endpoints."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, TypeVar

from djtui.demo.spotify_answers import Answers, Cohort, Json
from djtui.demo.spotify_limits import Answer, AnswerNow, Faults
from djtui.demo.spotify_music import Album, Artist, Episode, Play, Track
from djtui.demo.spotify_world import Playlist, Version, World

_T = TypeVar("_T")

_ID: Final = re.compile(r"[0-9A-Za-z]{22}")
_FIELD: Final = re.compile(r'(track|artist|album|isrc):("[^"]*"|\S+)')


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to the API, as it was read. `names` are the parts of its path that stand for ids."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    scope: frozenset[str]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """What every endpoint works with."""

    world: World
    cohort: Cohort
    answers: Answers
    faults: Faults

    def shown(self, playlist: Playlist) -> Version:
        """A playlist as Spotify shows it now: maybe with its old rows, its old snapshot or both."""
        now = self.world.now
        rows = playlist.as_of(now - timedelta(seconds=self.faults.item_lag_s))
        snapshot = playlist.as_of(now - timedelta(seconds=self.faults.stale_snapshot_s)).snapshot
        if self.faults.third_snapshot and snapshot != playlist.snapshot:
            snapshot = snapshot[::-1]
        return Version(rows.at, snapshot, rows.rows)

    def playlist(self, playlist_id: str) -> Playlist:
        """A playlist that may be looked at, or the 404."""
        if not _ID.fullmatch(playlist_id):
            raise AnswerNow(400, "Invalid base62 id")
        try:
            playlist = self.world.playlist(playlist_id)
        except KeyError:
            raise AnswerNow(404, "Resource not found") from None
        if playlist.id in self.world.hidden:
            raise AnswerNow(404, "Resource not found")
        return playlist


Endpoint = Callable[[State, Asked], Answer]


def number(asked: Asked, name: str, default: int, low: int, high: int | None) -> int:
    """A number of the query within its limits, or the 400 that names it."""
    text = asked.query.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"-?\d+", text) or int(text) < low or (high is not None and int(text) > high):
        raise AnswerNow(400, f"Invalid {name}")
    return int(text)


def me(state: State, asked: Asked) -> Answer:
    return Answer(200, state.answers.account(state.world.me))


def liked(state: State, asked: Asked) -> Answer:
    likes = state.world.liked
    limit, offset = number(asked, "limit", 20, 1, 50), number(asked, "offset", 0, 0, None)
    total = state.faults.total(len(likes))
    return Answer(200, state.answers.page("me/tracks", likes, offset, limit, state.answers.like, total=total))


def liked_among(state: State, asked: Asked) -> Answer:
    world = state.world
    followed = {playlist.uri for playlist in world.playlists} | {artist.uri for artist in world.following}
    return Answer(200, [world.likes(uri) or uri in followed for uri in uris_of(asked, 40)])


def uris_of(asked: Asked, most: int) -> list[str]:
    """The uris that a query names, or the 400."""
    uris = [uri for uri in asked.query.get("uris", "").split(",") if uri]
    if not uris:
        raise AnswerNow(400, "Missing required field: uris")
    if len(uris) > most:
        raise AnswerNow(400, f"Too many uris: at most {most}")
    for uri in uris:
        if not re.fullmatch(r"spotify:(track|album|artist|episode|show|audiobook|user|playlist):\S+", uri):
            raise AnswerNow(400, f"Invalid uri: {uri}")
    return uris


def liked_among_ids(state: State, asked: Asked) -> Answer:
    return Answer(200, [state.world.likes(f"spotify:track:{name}") for name in _ids(asked, 50)])


def playlists(state: State, asked: Asked) -> Answer:
    limit, offset = number(asked, "limit", 20, 1, 50), number(asked, "offset", 0, 0, None)
    return Answer(
        200,
        state.answers.page(
            "me/playlists",
            state.world.playlists,
            offset,
            limit,
            lambda playlist: state.answers.playlist_stub(
                playlist, state.shown(playlist), readable=state.world.readable(playlist)
            ),
        ),
    )


def playlist(state: State, asked: Asked) -> Answer:
    found = state.playlist(asked.names[0])
    readable = state.world.readable(found)
    return Answer(200, state.answers.playlist(found, state.shown(found), readable=readable))


def items(state: State, asked: Asked, keys: tuple[str, ...] | None = None) -> Answer:
    found = state.playlist(asked.names[0])
    if not (state.world.readable(found) or state.cohort.foreign_rows):
        raise AnswerNow(403, "Forbidden")
    limit = number(asked, "limit", 20 if keys is None else 100, 1, 50 if keys is None else 100)
    offset = number(asked, "offset", 0, 0, None)
    rows = state.shown(found).rows
    path = f"playlists/{found.id}/{'items' if keys is None else 'tracks'}"
    extra = {name: asked.query[name] for name in ("additional_types", "fields") if name in asked.query}
    return Answer(
        200,
        state.answers.page(
            path,
            rows,
            offset,
            limit,
            lambda row: state.answers.row(row, keys),
            total=state.faults.total(len(rows)),
            query=extra,
        ),
    )


def tracks_of_playlist(state: State, asked: Asked) -> Answer:
    """The address that rows had until 2026."""
    return items(state, asked, ("track",))


def images(state: State, asked: Asked) -> Answer:
    state.playlist(asked.names[0])
    return Answer(200, [])


def track(state: State, asked: Asked) -> Answer:
    return Answer(200, state.answers.track(_known(_track(state.world, asked.names[0]))))


def episode(state: State, asked: Asked) -> Answer:
    song = state.world.songs.get(f"spotify:episode:{_checked(asked.names[0])}")
    return Answer(200, state.answers.episode(_known(song if isinstance(song, Episode) else None)))


def artist(state: State, asked: Asked) -> Answer:
    return Answer(200, state.answers.artist(_known(state.world.artists.get(_checked(asked.names[0])))))


def album(state: State, asked: Asked) -> Answer:
    return Answer(200, _album(state, _known(state.world.albums.get(_checked(asked.names[0])))))


def album_tracks(state: State, asked: Asked) -> Answer:
    found = _known(state.world.albums.get(_checked(asked.names[0])))
    limit, offset = number(asked, "limit", 20, 1, 50), number(asked, "offset", 0, 0, None)
    songs = state.world.album_tracks[found.id]
    path = f"albums/{found.id}/tracks"
    return Answer(200, state.answers.page(path, songs, offset, limit, state.answers.track_stub))


def artist_albums(state: State, asked: Asked) -> Answer:
    found = _known(state.world.artists.get(_checked(asked.names[0])))
    limit = number(asked, "limit", 5, 1, state.cohort.search_max)
    offset = number(asked, "offset", 0, 0, None)
    own = [album for album in state.world.albums.values() if found in album.artists]
    path = f"artists/{found.id}/albums"
    return Answer(200, state.answers.page(path, own, offset, limit, lambda album: _discography(state, album)))


def tracks(state: State, asked: Asked) -> Answer:
    found = [_track(state.world, name) for name in _ids(asked, 50)]
    return Answer(200, {"tracks": [song and state.answers.track(song) for song in found]})


def artists(state: State, asked: Asked) -> Answer:
    found = [state.world.artists.get(name) for name in _ids(asked, 50)]
    return Answer(200, {"artists": [one and state.answers.artist(one) for one in found]})


def albums(state: State, asked: Asked) -> Answer:
    found = [state.world.albums.get(name) for name in _ids(asked, 20)]
    return Answer(200, {"albums": [one and _album(state, one) for one in found]})


def search(state: State, asked: Asked) -> Answer:
    query, kinds = asked.query.get("q", ""), asked.query.get("type", "")
    if not query:
        raise AnswerNow(400, "No search query")
    if not kinds:
        raise AnswerNow(400, "Missing parameter type")
    limit = number(asked, "limit", 5, 1, state.cohort.search_max)
    offset = number(asked, "offset", 0, 0, 1000)
    wanted = _Wanted.read(query)
    world, answers = state.world, state.answers
    extra = {"query": query, "type": kinds}
    answer: Json = {}
    if "track" in kinds.split(","):
        songs = [song for song in world.songs.values() if isinstance(song, Track) and wanted.track(song)]
        answer["tracks"] = answers.page("search", songs, offset, limit, answers.track, query=extra)
    if "artist" in kinds.split(","):
        people = [one for one in world.artists.values() if wanted.text(one.name)]
        answer["artists"] = answers.page("search", people, offset, limit, answers.artist, query=extra)
    if "album" in kinds.split(","):
        found = [one for one in world.albums.values() if wanted.text(one.name, *_names(one.artists))]
        answer["albums"] = answers.page("search", found, offset, limit, answers.album_stub, query=extra)
    return Answer(200, answer)


def followed_artists(state: State, asked: Asked) -> Answer:
    if asked.query.get("type") != "artist":
        raise AnswerNow(400, "Invalid type")
    limit = number(asked, "limit", 20, 1, 50)
    following = state.world.following
    names = [one.id for one in following]
    after = asked.query.get("after")
    start = names.index(after) + 1 if after in names else 0
    shown = following[start : start + limit]
    more = start + limit < len(following)
    cursor = {"after": shown[-1].id if more else None}
    place = state.answers.address(f"me/following?type=artist&limit={limit}")
    page = {
        "href": place,
        "items": [state.answers.artist(one) for one in shown],
        "limit": limit,
        "next": f"{place}&after={cursor['after']}" if more else None,
        "cursors": cursor,
        "total": len(following),
    }
    return Answer(200, {"artists": page})


def top(state: State, asked: Asked) -> Answer:
    limit, offset = number(asked, "limit", 20, 1, 50), number(asked, "offset", 0, 0, None)
    kind, answers = asked.names[0], state.answers
    songs = [like.track for like in state.world.liked[:50]]
    if kind == "tracks":
        return Answer(200, answers.page("me/top/tracks", songs, offset, limit, answers.track))
    if kind == "artists":
        people = list(dict.fromkeys(artist for song in songs for artist in song.artists))
        return Answer(200, answers.page("me/top/artists", people, offset, limit, answers.artist))
    raise AnswerNow(400, "Invalid type")


def recently_played(state: State, asked: Asked) -> Answer:
    limit = number(asked, "limit", 20, 1, 50)
    plays = [play for play in state.world.plays if _between(asked, play)]
    more, plays = len(plays) > limit, plays[:limit]
    cursors = {"after": str(_millis(plays[0])), "before": str(_millis(plays[-1]))} if plays else None
    place = state.answers.address(f"me/player/recently-played?limit={limit}")
    answer = {
        "href": place,
        "items": [state.answers.play(play) for play in plays],
        "limit": limit,
        "next": f"{place}&before={_millis(plays[-1])}" if more else None,
        "cursors": cursors,
    }
    return Answer(200, answer)


def _between(asked: Asked, play: Play) -> bool:
    moment = _millis(play)
    after, before = asked.query.get("after"), asked.query.get("before")
    return (after is None or moment > int(after)) and (before is None or moment < int(before))


def _millis(play: Play) -> int:
    moment = datetime.strptime(play.played_at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def _album(state: State, album: Album) -> Json:
    return state.answers.album(album, state.world.album_tracks[album.id])


def _discography(state: State, album: Album) -> Json:
    answer = state.answers.album_stub(album)
    return {**answer, "album_group": album.type} if state.cohort.details else answer


def _track(world: World, name: str) -> Track | None:
    song = world.songs.get(f"spotify:track:{_checked(name)}")
    return song if isinstance(song, Track) else None


def _known(thing: _T | None) -> _T:
    if thing is None:
        raise AnswerNow(404, "Resource not found")
    return thing


def _checked(name: str) -> str:
    if not _ID.fullmatch(name):
        raise AnswerNow(400, "Invalid base62 id")
    return name


def _ids(asked: Asked, most: int) -> list[str]:
    names = [name for name in asked.query.get("ids", "").split(",") if name]
    if not names:
        raise AnswerNow(400, "Missing required field: ids")
    if len(names) > most:
        raise AnswerNow(400, "Too many ids requested")
    return [_checked(name) for name in names]


def _names(artists: Iterable[Artist]) -> list[str]:
    return [artist.name for artist in artists]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A search: words that must all occur, and what named fields must hold."""

    words: tuple[str, ...]
    fields: tuple[tuple[Literal["track", "artist", "album", "isrc"], str], ...]

    @classmethod
    def read(cls, query: str) -> _Wanted:
        fields = tuple((name, text.strip('"').casefold()) for name, text in _FIELD.findall(query))
        return cls(tuple(_FIELD.sub(" ", query).casefold().split()), fields)

    def text(self, *texts: str) -> bool:
        whole = " ".join(texts).casefold()
        return all(word in whole for word in (*self.words, *(text for _, text in self.fields)))

    def track(self, track: Track) -> bool:
        names = " ".join(_names(track.artists))
        values = {"track": track.name, "artist": names, "album": track.album.name, "isrc": track.isrc or ""}
        whole = f"{track.name} {names} {track.album.name}".casefold()
        return all(word in whole for word in self.words) and all(
            text in values[name].casefold() for name, text in self.fields
        )
