"""What is written of songs, artists and albums: once, completely, and never less than was known."""

from __future__ import annotations

from dataclasses import replace

from djtui.library.database import Library
from djtui.spotify import storing_likes
from djtui.spotify.rows import Album, Artist, Item, Song
from djtui.spotify.storing import Entry, Named
from djtui.spotify.storing_catalogue import ALBUMS, ARTISTS, Details, unread
from djtui.spotify.storing_likes import Likes

NOW = "2026-11-21T12:00:00Z"
ENTRY = Entry(1, NOW)
ABBA, BJORK = Artist("a1", "Abba"), Artist("a2", "Björk")
ALBUM = Album("b1", "Début", "album", "1993-07", "month", 11, (BJORK,))
SONG = Song(
    "track", "spotify:track:s1", "s1", "Human Behaviour", (BJORK, ABBA), ALBUM, 252.0, False, 1, 1, "GB1", 60
)


async def like(
    library: Library, *songs: Song, generation: int = 1, added: str = "2026-01-01T00:00:00Z"
) -> Likes:
    likes = await Likes.beside(library, [Item(song, added) for song in songs], generation, Named())
    async with library.writing() as tx:
        await likes.store(tx, ENTRY)
    return likes


async def song(library: Library) -> dict[str, object]:
    row = await library.fetchone("SELECT * FROM spotify_track")
    assert row is not None
    return dict(row)


async def revisions(library: Library) -> tuple[int, int]:
    row = await library.fetchone(
        "SELECT (SELECT value FROM meta WHERE name = 'spotify'), (SELECT max(revision) FROM spotify_track)"
    )
    assert row is not None
    return row[0], row[1]


async def test_a_song_is_found_by_its_folded_words_and_knows_its_artists_in_order(library: Library) -> None:
    await like(library, SONG)
    assert (await song(library))["words"] == "human behaviour bjork abba debut"
    rows = await library.fetchall("SELECT artist_id FROM spotify_track_artist ORDER BY position")
    assert [row["artist_id"] for row in rows] == ["a2", "a1"]


async def test_what_spotify_no_longer_sends_stays_known(library: Library) -> None:
    await like(library, SONG)
    await like(library, replace(SONG, popularity=None, isrc=None, album=None, artists=()))
    stored = await song(library)
    assert (stored["popularity"], stored["isrc"], stored["album"]) == (60, "GB1", "Début")
    assert stored["artist"] == "Björk, Abba"


async def test_the_same_again_changes_nothing_and_wakes_no_screen(library: Library) -> None:
    await like(library, SONG)
    before = await revisions(library)
    again = await like(library, SONG)
    assert again.are_known and (again.fresh, again.updated) == ([], 0)
    assert await revisions(library) == before


async def test_a_changed_song_a_new_like_and_a_lost_one_reach_the_feed(library: Library) -> None:
    await like(library, SONG)
    seen = await revisions(library)
    await like(library, replace(SONG, title="Venus as a Boy"))
    changed = await revisions(library)
    assert changed[0] == changed[1] > seen[0]
    async with library.writing() as tx:
        assert await storing_likes.sweep(tx, 2, ENTRY) == 1
    assert (await revisions(library))[1] > changed[1]


async def test_the_same_song_twice_in_a_page_is_one(library: Library) -> None:
    await like(library, SONG, SONG)
    assert await storing_likes.liked(library) == 1


async def test_a_row_without_a_song_is_passed_over(library: Library) -> None:
    likes = await Likes.beside(library, [Item(None, NOW), Item(SONG, NOW)], 1, Named())
    assert list(likes.rows) == [SONG.uri]


async def test_songs_that_come_with_other_artists_are_linked_anew(library: Library) -> None:
    await like(library, SONG)
    await like(library, replace(SONG, artists=(replace(ABBA, id="a9"),)))
    rows = await library.fetchall("SELECT artist_id FROM spotify_track_artist")
    assert [row["artist_id"] for row in rows] == ["a9"]


async def test_a_thing_that_spotify_has_not_counts_as_read(library: Library) -> None:
    await like(library, SONG)
    assert await unread(library, ARTISTS, "", NOW, 10) == ["a1", "a2"]
    details = await Details.beside(library, ARTISTS, {"a1": None, "a2": replace(BJORK, genres=("pop",))})
    async with library.writing() as tx:
        await details.store(tx, NOW)
    assert await unread(library, ARTISTS, "", NOW, 10) == []
    rows = await library.fetchall("SELECT name, genres FROM spotify_artist ORDER BY id")
    assert [tuple(row) for row in rows] == [("Abba", None), ("Björk", '["pop"]')]


async def test_genres_and_labels_that_come_later_mark_the_songs_as_changed(library: Library) -> None:
    await like(library, SONG)
    before = await revisions(library)
    details = await Details.beside(library, ALBUMS, {"b1": replace(ALBUM, label="One Little Indian")})
    assert (details.added, details.updated) == (1, 0)
    async with library.writing() as tx:
        await details.store(tx, NOW)
    assert (await revisions(library))[1] > before[1]


async def test_who_is_only_an_albums_artist_is_known_by_name_and_not_read(library: Library) -> None:
    various = Artist("a0", "Various")
    await like(library, replace(SONG, album=replace(ALBUM, artists=(various,))))
    assert await unread(library, ARTISTS, "", NOW, 10) == ["a1", "a2"]
    row = await library.fetchone("SELECT name FROM spotify_artist WHERE id = 'a0'")
    assert row is not None and row["name"] == "Various"
