"""Spotify's songs are listed, filtered and sorted by what lists tracks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from djtui.library.database import Library
from djtui.library.listing import Lister
from djtui.library.live import TrackRows
from djtui.library.songs import LIKED, songs_connection
from djtui.library.view import View, conditions, first_page
from djtui.query import FIELDS, parse

SONGS = (
    # id, title, artist, album, duration; of a file of the library: which
    (1, "Glue", "Bicep", "Bicep", 270.0, 7),
    (2, "Opal", "Bicep", "Feel My Bicep", 458.0, None),
    (3, "Été", "Rødhåd", None, 400.0, 8),
)


@pytest.fixture
async def songs(tmp_path: Path) -> sqlite3.Connection:
    path = tmp_path / "library.db"
    library = await Library.open(path)
    async with library.writing() as tx:
        await tx.insert(
            "track",
            ("id", "revision", "title", "bpm", "key", "genre"),
            [(7, 1, "Glue (mine)", 130.0, 21, "Breaks"), (8, 1, "Ete", 124.0, None, "Techno")],
        )
        await tx.insert("track_text", ("id", "title", "genre", "words"), [(7, "glue (mine)", "breaks", "")])
        await tx.insert(
            "spotify_track",
            ("id", "uri", "kind", "revision", "words", "title", "artist", "album", "duration", "album_id"),
            [
                (
                    id,
                    f"spotify:track:{id}",
                    "track",
                    id,
                    f"{title} {artist}".lower(),
                    title,
                    artist,
                    album,
                    s,
                    album,
                )
                for id, title, artist, album, s, _ in SONGS
            ],
        )
        await tx.insert(
            "spotify_link",
            ("song_id", "track_id", "how", "made"),
            [(id, mine, "isrc", "") for id, *_, mine in SONGS if mine],
        )
        await tx.insert("spotify_album", ("id", "release_date", "label"), [("Bicep", "2017-09-01", "Ninja")])
        await tx.insert(
            "spotify_artist", ("id", "name", "genres"), [("b", "Bicep", '["deep house", "uk bass"]')]
        )
        await tx.insert(
            "spotify_track_artist", ("track_id", "position", "artist_id"), [(1, 0, "b"), (2, 0, "b")]
        )
        await tx.insert(
            "spotify_like",
            ("track_id", "added", "generation"),
            [(1, "2024-01-01T00:00:00Z", 1), (3, "2025-01-01T00:00:00Z", 1)],
        )
        await tx.insert(
            "spotify_playlist",
            ("id", "spotify_id", "position", "name", "readable", "generation", "items_generation"),
            [(5, "p5", 0, "Friday", 1, 1, 2)],
        )
        await tx.insert(
            "spotify_item",
            ("playlist_id", "generation", "position", "track_id"),
            [(5, 1, 0, 3), (5, 2, 0, 2), (5, 2, 1, None), (5, 2, 2, 1)],
        )
        await tx.insert(
            "playlist", ("id", "position", "kind", "source", "name"), [(4, 0, "list", "djtui", "Peak")]
        )
        await tx.insert("playlist_item", ("playlist_id", "position", "track_id"), [(4, 0, 8)])
    await library.close()
    return songs_connection(path)


@pytest.fixture
def lister(songs: sqlite3.Connection) -> Iterator[Lister]:
    yield Lister(songs)
    songs.close()


def found(lister: Lister, query: str) -> list[int]:
    return list(lister.listing(View(where=conditions(parse(query), indexed=False))).ids)


def test_the_liked_songs_are_a_list_with_the_newest_first(songs: sqlite3.Connection) -> None:
    assert list(first_page(songs, View(LIKED))[0]) == [3, 1]


def test_a_playlist_has_the_rows_that_were_read_whole(lister: Lister) -> None:
    assert list(lister.listing(View(5)).ids) == [2, 1]


def test_a_song_has_what_spotify_says_and_what_its_file_tells(songs: sqlite3.Connection) -> None:
    rows = TrackRows(songs, ("title", "album", "year", "label", "bpm", "key", "genre", "added"))
    rows.ids.extend((1, 2))
    assert rows.row(0) == ("Glue", "Bicep", 2017, "Ninja", 130.0, 21, "Breaks", "2024-01-01T00:00:00Z")
    assert rows.row(1) == ("Opal", "Feel My Bicep", None, None, None, None, None, None)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("bicep", [1, 2]),
        ("ete", [3]),
        ("bpm:124..130", [1, 3]),
        ("bpm:none", [2]),
        ("genre:breaks", [1]),
        ("genres:house", [1, 2]),
        ('genres:="uk bass"', [1, 2]),
        ("genres:none", [3]),
        ("liked:yes", [1, 3]),
        ("owned:no", [2]),
        ("crate:friday", [1, 2]),
        ("crate:liked -crate:friday", [3]),
        ("crate:peak", [3]),
        ("label:ninja", [1]),
        ("year:2017", [1]),
        ("artist:rødhåd duration:>6:00", [3]),
    ],
)
def test_the_filter_language_speaks_of_songs(lister: Lister, query: str, ids: list[int]) -> None:
    assert found(lister, query) == ids


def test_what_is_not_known_of_a_song_is_counted_as_unknown(lister: Lister) -> None:
    assert lister.count_unknown(View(where=conditions(parse("bpm:130"), indexed=False))) == 1


@pytest.mark.parametrize("field", [field for field in FIELDS.values() if field.sort_sql], ids=str)
def test_songs_are_sorted_by_every_field(lister: Lister, field: object) -> None:
    assert sorted(lister.listing(View(order=field.sort_sql)).ids) == [1, 2, 3]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_can_be_asked_of_songs(lister: Lister, name: str) -> None:
    assert set(found(lister, f"{name}:any")) | set(found(lister, f"{name}:none")) == {1, 2, 3}
