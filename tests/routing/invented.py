"""An invented account: a base playlist of many songs, most of them linked to a track of the library."""

from __future__ import annotations

import json
import random
import sqlite3
from pathlib import Path

from djtui.library.database import prepare
from djtui.model.text import fold, words

_GENRES = "deep house;tech house;uk bass;techno;minimal techno;drum and bass;breakbeat;disco;ambient".split(
    ";"
)
_TAGS = ["House", "Deep House", "Techno", "Breaks", "Electro", "Disco", None]
_NAMES = ["Glue", "Opal", "Atlas", "Apricots", "Kites", "Vale", "Sundial", "Rain", "Saku", "Lido", "Été"]


def uri(number: int) -> str:
    return f"spotify:track:{number:022d}"


def build(path: Path, songs: int, seed: int = 5) -> None:
    """A library with the playlist "base" of that many songs, by a tenth as many artists."""
    dice = random.Random(seed)
    prepare(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO spotify_artist (id, name, genres, popularity, followers) VALUES (?, ?, ?, ?, ?)",
        [
            (
                f"a{n}",
                f"Artist {n}",
                json.dumps(dice.sample(_GENRES, dice.randint(0, 3))),
                dice.randint(0, 100),
                dice.randint(0, 10**6),
            )
            for n in range(songs // 10 + 1)
        ],
    )
    connection.executemany(
        "INSERT INTO spotify_album (id, name, release_date, label) VALUES (?, ?, ?, ?)",
        [(f"b{n}", f"Album {n}", f"{dice.randint(1990, 2025)}-0{dice.randint(1, 9)}-01", f"Label {n % 90}")
         for n in range(songs // 4 + 1)],
    )  # fmt: skip
    for n in range(1, songs + 1):
        title, artist = f"{dice.choice(_NAMES)} {dice.choice(_NAMES)} {n}", dice.randrange(songs // 10 + 1)
        connection.execute(
            "INSERT INTO spotify_track (id, uri, spotify_id, kind, revision, title, artist, words, album_id,"
            " album, duration, explicit, popularity) VALUES (?, ?, ?, 'track', 1, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                n, uri(n), f"{n:022d}", title, f"Artist {artist}", words(fold(title), f"artist {artist}"),
                f"b{n // 4}", f"Album {n // 4}", dice.randint(120_000, 480_000) / 1000, dice.random() < 0.1,
                dice.choice([None, dice.randint(0, 100)]),
            ),
        )  # fmt: skip
        connection.execute("INSERT INTO spotify_track_artist VALUES (?, 0, ?)", (n, f"a{artist}"))
        if dice.random() < 0.5:
            connection.execute("INSERT INTO spotify_like VALUES (?, '2025-01-01T00:00:00Z', 1)", (n,))
        if dice.random() < 0.7:
            genre = dice.choice(_TAGS)
            connection.execute(
                "INSERT INTO track (id, revision, title, genre, bpm, key, rating, energy, year, plays)"
                " VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?)",
                (n, title, genre, dice.choice([None, dice.uniform(90, 175)]),
                 dice.choice([None, dice.randrange(24)]),
                 dice.choice([None, dice.randint(0, 5)]), dice.randint(1, 10), dice.randint(1990, 2025),
                 dice.randint(0, 40)),
            )  # fmt: skip
            connection.execute(
                "INSERT INTO track_text (id, title, genre, words) VALUES (?, ?, ?, ?)",
                (n, fold(title), genre and genre.lower(), words(fold(title), genre and genre.lower())),
            )
            connection.execute(
                "INSERT INTO spotify_link (song_id, track_id, how, made) VALUES (?, ?, 'isrc', '')", (n, n)
            )
    for id, name in ((1, "base"), (2, "Peak time"), (3, "Closing")):
        connection.execute(
            "INSERT INTO spotify_playlist (id, spotify_id, position, name, readable, generation, snapshot,"
            " listed_snapshot, items_generation, read) VALUES (?, ?, ?, ?, 1, 1, 's', 's', 1, '')",
            (id, name, id, name),
        )
        members = range(1, songs + 1) if id == 1 else sorted(dice.sample(range(1, songs + 1), songs // 5))
        connection.executemany(
            "INSERT INTO spotify_item (playlist_id, generation, position, track_id) VALUES (?, 1, ?, ?)",
            [(id, place, n) for place, n in enumerate(members)],
        )
    connection.execute("COMMIT")
    connection.close()
