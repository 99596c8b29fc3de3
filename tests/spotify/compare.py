"""Does the library hold what the server has, and was the server asked as it wants to be?

Compared is everything but times of our own, revisions and generations.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from djtui.demo.spotify import StandIn
from djtui.demo.spotify_answers import Cohort
from djtui.demo.spotify_music import Album, Artist, Episode, Song, Track
from djtui.demo.spotify_world import Playlist, World
from djtui.library.database import Library
from djtui.model.text import fold, words


async def differences(library: Library, stand_in: StandIn, *, details: bool = True) -> list[str]:
    """What differs between the two, table by table; [] is what a test wants.

    Without `details` it does not matter whether artists and albums were read themselves.
    """
    world, cohort = stand_in.world, stand_in.cohort
    with world.lock:
        met = _met(world)
        expected: dict[str, Sequence[Any]] = {
            "account": [(world.me.account_id, world.me.id, world.me.name)],
            "likes": [(like.track.uri, like.added_at) for like in world.liked],
            "playlists": [_playlist(world, it, place, cohort) for place, it in enumerate(world.playlists)],
            "rows": [
                (
                    it.id,
                    place,
                    row.song.uri if row.song else None,
                    row.added_at,
                    row.added_by and row.added_by.id,
                )
                for it in world.playlists
                if world.readable(it)
                for place, row in enumerate(it.rows)
            ],
            "songs": [_song(song, cohort) for song in met.values()],
            "artists": [_artist(it, cohort, details) for it in _artists(met.values())],
            "albums": [_album(it, cohort, details) for it in _albums(met.values())],
        }
    found = await _found(library, details)
    return [
        f"{name}: {len(found[name])} instead of {len(expected[name])} rows; "
        f"too many {_less(found[name], expected[name])}, missing {_less(expected[name], found[name])}"
        for name in expected
        if sorted(map(repr, found[name])) != sorted(map(repr, expected[name]))
    ] + await _wrong(library)


def _less(one: Sequence[Any], other: Sequence[Any]) -> list[str]:
    return list((Counter(map(repr, one)) - Counter(map(repr, other))).elements())[:3]


async def _found(library: Library, details: bool) -> dict[str, list[Any]]:
    shown = "i.playlist_id = p.id AND i.generation = p.items_generation"
    used = (
        "t.id IN (SELECT track_id FROM spotify_like UNION"
        f" SELECT track_id FROM spotify_item i JOIN spotify_playlist p ON {shown})"
    )
    by = "(SELECT json_group_array(artist_id) FROM spotify_track_artist a WHERE a.track_id = t.id)"
    read = "" if details else "NULL AND "
    queries = {
        "account": "SELECT id, user_id, name FROM spotify_account",
        "likes": "SELECT t.uri, l.added FROM spotify_like l JOIN spotify_track t ON t.id = l.track_id",
        "playlists": "SELECT spotify_id, position, name, description, owner_id, owner, public, collaborative,"
        " readable, total FROM spotify_playlist",
        "rows": "SELECT p.spotify_id, i.position, t.uri, i.added, i.added_by FROM spotify_playlist p"
        f" JOIN spotify_item i ON {shown} LEFT JOIN spotify_track t ON t.id = i.track_id",
        "songs": f"SELECT uri, spotify_id, kind, title, artist, {by} AS artists, album_id, album, duration,"
        f" explicit, disc_number, track_number, isrc, popularity, words FROM spotify_track t WHERE {used}",
        "artists": f"SELECT id, name, {read}genres, {read}popularity, {read}followers FROM spotify_artist"
        " WHERE id IN (SELECT a.artist_id FROM spotify_track_artist a JOIN spotify_track t"
        f" ON t.id = a.track_id WHERE {used})",
        "albums": "SELECT id, name, type, release_date, release_precision, total_tracks, artists,"
        f" {read}label, {read}copyrights, {read}upc, {read}popularity FROM spotify_album"
        f" WHERE id IN (SELECT album_id FROM spotify_track t WHERE {used})",
    }
    found = {}
    for name, query in queries.items():
        found[name] = [tuple(row) for row in await library.fetchall(query)]
    return found


async def _wrong(library: Library) -> list[str]:
    """What no library may hold: rows of readings that were left, wrong counts, broken references."""
    left = await library.fetchall(
        "SELECT p.name FROM spotify_item i JOIN spotify_playlist p ON p.id = i.playlist_id"
        " WHERE i.generation IS NOT p.items_generation GROUP BY p.id"
    )
    short = await library.fetchall(
        "SELECT name FROM spotify_playlist p WHERE items != (SELECT count(*) FROM spotify_item i"
        " WHERE i.playlist_id = p.id AND i.generation = p.items_generation)"
    )
    broken = await library.fetchall("PRAGMA foreign_key_check")
    return (
        [f"rows left in {row['name']}" for row in left]
        + [f"{row['name']} counts wrongly" for row in short]
        + [f"broken reference in {row['table']}" for row in broken]
    )


def _met(world: World) -> dict[str, Song]:
    """The songs that the account may see, by uri."""
    songs: dict[str, Song] = {like.track.uri: like.track for like in world.liked}
    for playlist in world.playlists:
        if world.readable(playlist):
            songs |= {row.song.uri: row.song for row in playlist.rows if row.song is not None}
    return songs


def _artists(songs: Any) -> list[Artist]:
    return list({it.id: it for song in songs if isinstance(song, Track) for it in song.artists}.values())


def _albums(songs: Any) -> list[Album]:
    return list({song.album.id: song.album for song in songs if isinstance(song, Track)}.values())


def _playlist(world: World, it: Playlist, place: int, cohort: Cohort) -> tuple[Any, ...]:
    readable = world.readable(it)
    return (
        it.id,
        place,
        it.name,
        it.description or None,
        it.owner.id,
        it.owner.name,
        None if it.public is None else int(it.public),
        int(it.collaborative),
        int(readable),
        len(it.rows) if readable or cohort.foreign_rows else None,
    )


def _song(song: Song, cohort: Cohort) -> tuple[Any, ...]:
    texts: tuple[str | None, str | None, str | None]
    if isinstance(song, Track):
        artist = ", ".join(it.name for it in song.artists)
        texts = (song.name, artist, song.album.name)
        kind, ids, album_id = "track", [it.id for it in song.artists], song.album.id
        more: tuple[Any, ...] = (song.disc_number, song.track_number, song.isrc)
        more += (song.popularity if cohort.details else None,)
        duration, explicit = song.duration_ms / 1000, int(song.explicit)
    elif isinstance(song, Episode):
        texts, kind, ids, album_id = (song.name, song.show, None), "episode", [], None
        more, duration, explicit = (None,) * 4, song.duration_ms / 1000, int(song.explicit)
    else:
        texts = (song.title or None, song.artist or None, song.album or None)
        kind, ids, album_id = "local", [], None
        more = (0, 0, None, 0 if cohort.details else None)
        duration, explicit = float(song.seconds), 0
    title, artist_text, album = texts
    said = words(*[fold(text) for text in texts if text])
    head = (song.uri, song.id, kind, title, artist_text, _json(ids), album_id, album)
    return (*head, duration, explicit, *more, said)


def _artist(it: Artist, cohort: Cohort, details: bool) -> tuple[Any, ...]:
    if not details or not cohort.batches:
        return (it.id, it.name, None, None, None)
    genres = None if cohort.genres is None else _json(it.genres if cohort.genres else [])
    return (it.id, it.name, genres, *((it.popularity, it.followers) if cohort.details else (None, None)))


def _album(it: Album, cohort: Cohort, details: bool) -> tuple[Any, ...]:
    known = (
        it.id,
        it.name,
        it.type,
        it.release_date,
        it.release_precision,
        it.total_tracks,
        _json([artist.id for artist in it.artists]),
    )
    if not details or not cohort.batches:
        return (*known, None, None, None, None)
    label, popularity = (it.label, it.popularity) if cohort.details else (None, None)
    return (*known, label, _json([text for _, text in it.copyrights]), it.upc, popularity)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def fewest_requests(stand_in: StandIn) -> int:
    """What a first sync cannot do without: lists and things by whole pages, and who is signed in."""
    world = stand_in.world
    lists = [len(it.rows) for it in world.playlists if world.readable(it)]
    pages = _pages(len(world.liked)) + _pages(len(world.playlists)) + sum(map(_pages, lists))
    songs = {like.track for like in world.liked}
    songs |= {
        row.song
        for it in world.playlists
        if world.readable(it)
        for row in it.rows
        if isinstance(row.song, Track)
    }
    albums = {song.album for song in songs}
    artists = {artist for song in songs for artist in song.artists}
    things = _pages(len(artists)) + _pages(len(albums), 20) if stand_in.cohort.batches else 2
    return 1 + pages + things


def _pages(rows: int, size: int = 50) -> int:
    return -(-rows // size)


def unbroken(stand_in: StandIn) -> None:
    """Nothing was sent while blocked, and no 429 came right after another."""
    assert stand_in.sent_while_blocked == []
    statuses = [logged.status for logged in stand_in.requests]
    assert (429, 429) not in list(pairwise(statuses))
