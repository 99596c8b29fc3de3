"""A library of invented tracks, made fast: what the table is measured on."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from djtui.library.database import prepare
from djtui.model.text import fold, words
from djtui.model.track import FOLDED, SEARCHED

_SYLLABLES = "ka lo mi ra ten vo sha du bel nor zi fa que lum ar os eth ing dro mar sol ven tis pha".split()
_STRANGERS = ["Björk", "Sigur Rós", "Ñandú", "坂本龍一", "Дельфин", "Röyksopp", "Beyoncé"]
_MIXES = ["Original Mix", "Extended Mix", "Dub", "Remix", "VIP", "Edit", "Radio Edit", "Instrumental"]
_GENRES = ["House", "Deep House", "Tech House", "Techno", "Drum & Bass", "Dubstep", "Garage", "Breaks"]
_GENRES += ["Trance", "Disco", "Ambient", "Electro", "Hip-Hop", "Jungle"]
_COLUMNS = ("id", "revision", "bpm", "key", "rating", "duration", "year", "added", "plays", "missing")
_TEXTS = ("title", "artist", "album", "genre", "label", "remixer", "comment")


def build_library(path: Path, count: int, seed: int = 7) -> None:
    """Write a library of `count` tracks, searchable, its index settled, to `path`."""
    prepare(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("BEGIN")
    tracks = f"INSERT INTO track ({', '.join((*_COLUMNS, *_TEXTS))}) VALUES ({_marks(_COLUMNS + _TEXTS)})"
    texts = f"INSERT INTO track_text (id, {', '.join(FOLDED)}, words) VALUES (?, {_marks(FOLDED)}, ?)"
    maker = _Maker(seed)
    for start in range(1, count + 1, 10_000):
        batch = list(maker.tracks(range(start, min(start + 10_000, count + 1))))
        connection.executemany(tracks, [row for row, _ in batch])
        connection.executemany(texts, [folded for _, folded in batch])
    connection.execute("UPDATE meta SET value = 1 WHERE name = 'revision'")
    connection.execute("COMMIT")
    for index in ("track_search", "track_words"):
        connection.execute(f"INSERT INTO {index} ({index}) VALUES ('rebuild')")
        connection.execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")
    connection.execute("PRAGMA wal_checkpoint (TRUNCATE)")
    connection.close()


def _marks(columns: tuple[str, ...]) -> str:
    return ", ".join("?" * len(columns))


class _Maker:
    """Invents tracks from a vocabulary that it invents first."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._words = [self._word() for _ in range(12_000)]
        self._artists = [self._some_words(1, 2) for _ in range(9_000)] + _STRANGERS
        self._albums = [self._some_words(1, 3) for _ in range(15_000)]
        self._labels = [self._some_words(1, 2) for _ in range(800)]

    def _word(self) -> str:
        return "".join(self._random.choices(_SYLLABLES, k=self._random.randint(2, 4))).title()

    def _some_words(self, least: int, most: int) -> str:
        return " ".join(self._random.choices(self._words, k=self._random.randint(least, most)))

    def tracks(self, ids: range) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
        """For each id its row of `track`, and that of `track_text`."""
        chance, pick = self._random.random, self._random.choice
        for id in ids:
            title = f"{self._some_words(1, 4)} ({pick(_MIXES)})"
            remixer = pick(self._artists) if chance() < 0.2 else None
            comment = self._some_words(2, 4) if chance() < 0.3 else None
            label = pick(self._labels) if chance() < 0.9 else None
            texts = (title, pick(self._artists), pick(self._albums), pick(_GENRES), label, remixer, comment)
            numbers = (
                round(70 + chance() * 108, 2) if chance() < 0.95 else None,
                int(chance() * 24) if chance() < 0.95 else None,
                int(chance() * 6),
                60 + chance() * 500,
                int(1990 + chance() * 36),
                f"20{int(5 + chance() * 21):02}-{int(1 + chance() * 12):02}-{int(1 + chance() * 28):02}",
                int(chance() * 50),
                1 if chance() < 0.02 else 0,
            )
            folded = {name: self._fold(text) for name, text in zip(_TEXTS, texts, strict=True)}
            searched = tuple(folded[name] for name in SEARCHED)
            yield (
                (id, 1, *numbers, *texts),
                (id, *(folded.get(name) for name in FOLDED), words(*searched)),
            )

    def _fold(self, text: str | None) -> str | None:
        return None if text is None else fold(text)
