"""Libraries for the tests of the screens: real ones, filled through the library's own doors."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from djtui.library import playlists, tracks
from djtui.library.database import Library, Tx
from djtui.library.tracks import GIVEN

ARTISTS = ("Bicep", "Alan Fitzpatrick", "Björk", "Four Tet", "DJ 東京", "Burial", "Róisín Murphy", "Objekt")
GENRES = ("House", "Techno", "Breaks", "Ambient", None)
TITLES = ("Opal", "Kids", "Apricots", "Glue", "Untitled", "[bold]Not bold[/bold]", "Rain", "\x1b[31mRed")
CUES = (
    (0, 12_000.0, 0.0, 1, "intro", None, None, None),
    (0, 64_250.0, 0.0, 2, "drop", None, None, None),
    (5, 180_000.0, 8_000.0, 4, "loop 8", 1, None, None),
    (4, 100.0, 0.0, None, None, None, 124.0, None),
)


def row(number: int, **fields: Any) -> list[Any]:
    """A track in the order of GIVEN; what is not named is made from its number."""
    made = {
        "title": f"{TITLES[number % len(TITLES)]} {number:05}",
        "artist": ARTISTS[number % len(ARTISTS)],
        "album": f"Album {number // 10}",
        "genre": GENRES[number % len(GENRES)],
        "label": ("Drumcode", "Ninja Tune", None)[number % 3],
        "bpm": None if number % 17 == 0 else 118.0 + number % 20,
        "key": number % 24,
        "rating": number % 6,
        "duration": 180.0 + number % 300,
        "added": f"2026-{1 + number % 12:02}-{1 + number % 28:02}",
        "plays": number % 40,
        "missing": 1 if number % 50 == 7 else 0,
        "cue_count": 3 if number % 2 == 0 else 0,
        "kind": "track",
        "format": "mp3",
        "bitrate": 320_000,
        "year": 2000 + number % 26,
        "path": f"/music/{number:05}.mp3",
        **fields,
    }
    return [made.get(name) for name in GIVEN]


async def add_tracks(tx: Tx, count: int, first: int = 0, **fields: Any) -> range:
    """Add so many made-up tracks; every second one has cues."""
    numbers = range(first, first + count)
    rows = [row(number, **fields) for number in numbers]
    texts = [tracks.text_row(dict(zip(GIVEN, one, strict=True))) for one in rows]
    return await tracks.insert(tx, rows, texts, [CUES if number % 2 == 0 else () for number in numbers])


async def add_playlist(
    tx: Tx, name: str, kind: str = "list", parent: int | None = None, items: Sequence[int] = (), **more: Any
) -> int:
    """Add a node to the tree; returns its id."""
    cursor = await tx.execute(
        "INSERT INTO playlist (parent_id, position, kind, source, name, query, foreign_query)"
        " VALUES (?, (SELECT count(*) FROM playlist), ?, 'traktor', ?, ?, ?)",
        (parent, kind, name, more.get("query"), more.get("foreign_query")),
    )
    assert cursor.lastrowid is not None
    if items:
        await playlists.set_items(tx, cursor.lastrowid, [(id, None, "track") for id in items])
    return cursor.lastrowid


async def fill(path: Path, count: int = 300) -> None:
    """Make a library of so many tracks with a small tree of crates."""
    library = await Library.open(path)
    try:
        for start in range(0, count, 5000):
            async with library.writing() as tx:
                await add_tracks(tx, min(5000, count - start), start)
        async with library.writing() as tx:
            folder = await add_playlist(tx, "Gigs", "folder")
            await add_playlist(tx, "Friday", parent=folder, items=[5, 3, 9, 3, 7])
            await add_playlist(tx, "Preparation", items=range(10, 42))
            await add_playlist(tx, "Peak", "smart", query="bpm:>=130")
            await add_playlist(tx, "Recent", "smart", foreign_query="$IMPORTDATE >= MONTHS_AGO(1)")
            await tx.touch("playlists")
    finally:
        await library.close()


def made(path: Path, count: int = 300) -> Path:
    """`fill` for those without an event loop."""
    asyncio.run(fill(path, count))
    return path
