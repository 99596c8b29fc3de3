"""Syncing with Spotify: CPU of storing against bare json.loads and executemany, and how many requests.

The requests are counted by the stand-in, for a library of 5,000 liked songs and 40 playlists.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from djtui.demo.spotify import StandIn, World
from djtui.library.database import Library, prepare
from djtui.model.text import fold
from djtui.spotify import reading
from djtui.spotify.storing import Entry, Named
from djtui.spotify.storing_likes import Likes
from tests.benchmarks.measure import Line, best, show
from tests.spotify.compare import fewest_requests
from tests.spotify.driving import driving

ROUNDS: Final = 5
WORLD: Final[dict[str, Any]] = {"liked": 5000, "artists": 2500, "albums": 3500, "playlists": 40, "rows": 6000}
_LISTS: Final = 1  # pages of the list of playlists
_TABLES: Final = {
    "spotify_track": "id uri spotify_id kind revision title artist words album_id album duration explicit"
    " disc_number track_number isrc popularity fetched",
    "spotify_like": "track_id added generation",
    "spotify_track_artist": "track_id position artist_id",
    "spotify_artist": "id name",
    "spotify_album": "id name type release_date release_precision total_tracks artists",
}
_INSERTS: Final = [
    f"INSERT OR IGNORE INTO {table} ({names.replace(' ', ', ')})"
    f" VALUES ({', '.join('?' * len(names.split()))})"
    for table, names in _TABLES.items()
]


def main() -> list[Line]:
    """Measure and return the lines of the table."""
    pages = _pages("new")
    thousands = len(pages) / 20
    with tempfile.TemporaryDirectory(prefix="djtui-bench-") as name:
        folder = Path(name)
        ours, reference = [], []
        for number in range(ROUNDS):
            reference.append(_reference(pages, folder / f"reference{number}.db"))
            ours.append(asyncio.run(_ours(pages, folder / f"library{number}.db")))
        extended = asyncio.run(_requests("extended", folder / "extended"))
        new = asyncio.run(_requests("new", folder / "new"))
    cpu = f"{best(ours) / thousands * 1e3:.0f} ms against {best(reference) / thousands * 1e3:.0f} ms"
    return [
        Line("CPU of 1,000 liked songs, read and stored", best(ours) / best(reference), 2.0, 1.5, detail=cpu),
        Line("first sync of an extended app", extended[0], 610, extended[2], " requests"),
        Line("first sync of a new app", new[0], 380, new[2], " requests"),
        Line("second sync, nothing new", max(extended[1], new[1]), 3 + _LISTS, 3, " requests"),
    ]


def _pages(cohort: str) -> list[bytes]:
    """The pages of the liked songs, as they come over the line."""
    found = []
    with StandIn(World.generated(3, **WORLD), cohort=cohort) as stand_in:
        token = stand_in.sign_in()["access_token"]
        for offset in range(0, WORLD["liked"], 50):
            request = urllib.request.Request(
                f"{stand_in.api_url}me/tracks?limit=50&offset={offset}",
                headers={"Authorization": f"Bearer {token}"},
            )
            with urllib.request.urlopen(request) as answer:
                found.append(answer.read())
    return found


def _reference(pages: Sequence[bytes], path: Path) -> float:
    """Seconds of CPU to decode the pages and insert what they hold, a transaction a page."""
    prepare(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    began = time.process_time()
    last = 0
    for page in pages:
        rows = json.loads(page)["items"]
        connection.execute("BEGIN IMMEDIATE")
        for insert, values in zip(_INSERTS, _bare(rows, last), strict=True):
            connection.executemany(insert, values)
        connection.execute("COMMIT")
        last += len(rows)
    seconds = time.process_time() - began
    connection.close()
    return seconds


def _bare(rows: Sequence[dict[str, Any]], last: int) -> list[list[tuple[Any, ...]]]:
    """For each table the rows that a page comes to, taking for granted that every field is there."""
    tracks, likes, by, artists, albums = [], [], [], [], []
    for id, row in enumerate(rows, last + 1):
        it, album = row["track"], row["track"]["album"]
        names = ", ".join([artist["name"] for artist in it["artists"]])
        text = fold(f"{it['name']} {names} {album['name']}")
        whose = (it["uri"], it["id"], "track", 1, it["name"], names, text, album["id"], album["name"])
        numbers = (it["duration_ms"] / 1000, it["explicit"], it["disc_number"], it["track_number"])
        tracks.append((id, *whose, *numbers, it["external_ids"].get("isrc"), it.get("popularity"), ""))
        likes.append((id, row["added_at"], 1))
        by += [(id, position, artist["id"]) for position, artist in enumerate(it["artists"])]
        artists += [(artist["id"], artist["name"]) for artist in it["artists"]]
        said = (album["album_type"], album["release_date"], album["release_date_precision"])
        whose_album = json.dumps([artist["id"] for artist in album["artists"]])
        albums.append((album["id"], album["name"], *said, album["total_tracks"], whose_album))
    return [tracks, likes, by, artists, albums]


async def _ours(pages: Sequence[bytes], path: Path) -> float:
    """Seconds of CPU for the same, as a sync does it."""
    library = await Library.open(path)
    named, entry = Named(), Entry(1, "2026-11-21T12:00:00Z", news=False)
    began = time.process_time()
    for page in pages:
        items = reading.items(json.loads(page), 0).rows
        likes = await Likes.beside(library, items, 1, named)
        async with library.writing() as tx:
            await likes.store(tx, entry)
    seconds = time.process_time() - began
    await library.close()
    return seconds


async def _requests(cohort: str, folder: Path) -> tuple[int, int, int]:
    """The requests of a first sync and of a second; and the least that a first can do with."""
    folder.mkdir()
    before = {name: os.environ.get(name) for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME")}
    os.environ.update({name: str(folder / name) for name in before})
    try:
        async with driving(folder, world=WORLD, cohort=cohort) as driver:
            first = await driver.sync()
            second = await driver.sync()
            return first.requests, second.requests, fewest_requests(driver.stand_in)
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


if __name__ == "__main__":
    show(main())
