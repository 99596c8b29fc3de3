"""Libraries with Spotify's songs in them, as a sync leaves them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from djtui.library.database import Library, Tx
from djtui.model.text import fold

NAMES = ("Opal", "Kids", "Apricots", "Glue", "[bold]Not bold[/bold]", "Rain", "\x1b[31mRed", "Björk in 東京")
ARTISTS = ("Bicep", "Alan Fitzpatrick", "Björk", "Four Tet", "DJ 東京")
ACCOUNT = ("account-1", "ada", "Ada Lovelace", "premium")


async def add_songs(tx: Tx, count: int, first: int = 0) -> None:
    """Add so many made-up songs, each third of a single album; song n has the number n + 1."""
    revision = await tx.revision()
    for number in range(first, first + count):
        title, artist = f"{NAMES[number % len(NAMES)]} {number:04}", ARTISTS[number % len(ARTISTS)]
        album = f"Album {number // 3}"
        await tx.execute(
            "INSERT OR IGNORE INTO spotify_album (id, name, release_date, release_precision)"
            " VALUES (?, ?, ?, 'day')",
            (f"album{number // 3}", album, f"20{10 + number // 3 % 16:02}-0{1 + number % 9}-11"),
        )
        await tx.execute(
            "INSERT INTO spotify_track (id, uri, spotify_id, kind, revision, title, artist, words, album_id,"
            " album, duration, explicit, isrc) VALUES (?, ?, ?, 'track', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number + 1,
                f"spotify:track:{number:022}",
                f"{number:022}",
                revision,
                title,
                artist,
                fold(f"{title} {artist} {album}"),
                f"album{number // 3}",
                album,
                180.0 + number % 240,
                number % 7 == 0,
                f"GBCFB{number:07}",
            ),
        )


async def like(tx: Tx, numbers: Iterable[int]) -> None:
    """Like these songs, the first of them last."""
    for at, number in enumerate(numbers):
        added = f"2026-{10 - at // 28 % 10:02}-{28 - at % 28:02}T12:00:00Z"
        await tx.execute("INSERT INTO spotify_like VALUES (?, ?, 1)", (number, added))


async def add_playlist(
    tx: Tx, name: str | None, songs: Iterable[int] | None, *, readable: bool = True
) -> None:
    """Add a playlist with these songs; None: they have not been read, or cannot be."""
    items = list(songs or ())
    cursor = await tx.execute(
        "INSERT INTO spotify_playlist (spotify_id, position, name, owner_id, owner, readable, total,"
        " generation, items_generation, items)"
        " SELECT ?, count(*), ?, 'x', ?, ?, 77, 1, ?, ? FROM spotify_playlist",
        (
            f"list {name}",
            name,
            "Ada" if readable else "Spotify",
            readable,
            1 if songs is not None else None,
            len(items),
        ),
    )
    for position, song in enumerate(items):
        await tx.execute(
            "INSERT INTO spotify_item VALUES (?, 1, ?, ?, '2026-03-01T00:00:00Z', 'ada')",
            (cursor.lastrowid, position, song),
        )


async def add_sync(tx: Tx, state: str = "succeeded", error: str | None = None) -> int:
    """A sync of the past; returns its job's number."""
    cursor = await tx.execute(
        "INSERT INTO job (key, kind, title, params, state, created, finished, error, result)"
        " VALUES ('spotify-sync', 'spotify-sync', 'Spotify sync', '{}', ?, ?, ?, ?, '{\"requests\": 12}')",
        (state, "2026-11-20T09:00:00Z", "2026-11-20T09:12:00Z", error),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


async def fill(path: Path, songs: int = 300) -> None:
    """An account that likes two thirds of so many songs, with four playlists; the library has ten songs."""
    library = await Library.open(path)
    try:
        async with library.writing() as tx:
            await tx.execute(
                "INSERT INTO spotify_account VALUES (?, ?, ?, ?, '2026-11-20T09:00:00Z')", ACCOUNT
            )
            await add_songs(tx, songs)
            await like(tx, range(1, songs * 2 // 3 + 1))
            await add_playlist(tx, "Friday (base)", [5, 3, 9, 3, 7])
            await add_playlist(tx, "Discover Weekly", None, readable=False)
            await add_playlist(tx, "Not read yet", None)
            await add_playlist(tx, "Empty", [])
            tracks = await tx.fetchall("SELECT id FROM track ORDER BY id LIMIT 10")
            for number, row in enumerate(tracks):
                await tx.execute(
                    "INSERT INTO spotify_link VALUES (?, ?, 'isrc', 1.0, '2026-11-20T09:00:00Z')",
                    (number + 1, row["id"]),
                )
            job = await add_sync(tx)
            changes = (
                ("liked", 1, None, None),
                ("unliked", 20, None, None),
                ("added", 5, "Friday (base)", None),
                ("playlist", None, "Empty", None),
                ("renamed", None, "Friday (base)", "Thursday"),
            )
            for kind, song, playlist, detail in changes:
                await tx.execute(
                    "INSERT INTO spotify_change (job_id, at, kind, track_id, playlist, detail)"
                    " VALUES (?, '2026-11-20T09:12:00Z', ?, ?, ?, ?)",
                    (job, kind, song, playlist, detail),
                )
            await tx.touch("spotify")
    finally:
        await library.close()
