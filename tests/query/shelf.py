"""A small library for tests of the filter language: the real schema, filled from subjects."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime

from djtui.library.database import migrations
from djtui.model.text import fold, words
from djtui.model.track import COLUMNS, FOLDED, SEARCHED, Track
from djtui.query import Expression, Subject, Where, evaluate, parse, to_sql
from djtui.query.subject import OnSpotify

NOW = datetime(2025, 6, 15, 12, 0, tzinfo=UTC)

_TABLES = (
    "analysis",
    "conflict",
    "nml_entry",
    "nml_file",
    "playlist_item",
    "spotify_like",
    "spotify_link",
    "spotify_track_artist",
    "spotify_artist",
    "spotify_track",
    "playlist",
    "track_text",
    "track",
)
_VIEW = "SELECT track.id FROM track LEFT JOIN track_text ON track_text.id = track.id"


class Shelf:
    """A library in memory. What it answers was asked in SQL and in memory, and was the same."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:")
        for _, sql in migrations():
            self.connection.executescript(sql)
        self.connection.create_function("fold", 1, lambda text: None if text is None else fold(text))
        self.connection.create_function("regexp", 2, _regexp)
        self.subjects: Sequence[Subject] = ()

    def fill(self, subjects: Sequence[Subject]) -> None:
        """Replace what is there. A playlist item, an entry and a conflict of no track are always there."""
        self.subjects = subjects
        for table in _TABLES:
            self.connection.execute(f"DELETE FROM {table}")
        self._insert("nml_file", id=1, path="collection.nml", role="collection")
        self._insert("nml_entry", file_id=1, hash=b"", key_hash=0, key="nobody", cues=0)
        self._insert("playlist", id=1, position=0, kind="list", source="traktor", name="Ghosts")
        self._insert("playlist_item", playlist_id=1, position=0, location="C:/gone.mp3")
        self._insert("conflict", file_id=1, playlist_id=1, field="order", found="2025-06-01T00:00:00Z")
        for subject in subjects:
            self._add(subject)
        for index in ("track_search", "track_words"):
            self.connection.execute(f"INSERT INTO {index} ({index}) VALUES ('rebuild')")

    def _add(self, subject: Subject) -> None:
        id = subject.track.id
        self._insert("track", **{name: getattr(subject.track, name) for name in COLUMNS})
        texts = {name: getattr(subject.track, name) for name in FOLDED}
        folded = {name: None if text is None else fold(text) for name, text in texts.items()}
        self._insert("track_text", id=id, **folded, words=words(*(folded[name] for name in SEARCHED)))
        for number, name in enumerate(subject.crates, start=id * 100):
            self._insert("playlist", id=number, position=0, kind="list", source="djtui", name=name)
            self._insert("playlist_item", playlist_id=number, position=0, track_id=id)
        if subject.conflict:
            self._insert("conflict", file_id=1, track_id=id, field="bpm", found="2025-06-01T00:00:00Z")
        if subject.analysis is not None:
            self._analyse(subject)
        if subject.on_spotify is not None:
            self._link(id, subject.on_spotify)
        if "traktor" in subject.sources:
            self._insert("nml_entry", file_id=1, track_id=id, hash=b"", key_hash=id, key=str(id), cues=0)

    def _analyse(self, subject: Subject) -> None:
        """An analysis that hears the same, nothing, or something else, as the subject says."""
        track, differs = subject.track, subject.differs
        self._insert(
            "analysis",
            track_id=track.id,
            version=1,
            path="",
            heard="2025-06-01T00:00:00Z",
            reason="empty" if subject.analysis == "failed" else None,
            steadiness=subject.steadiness,
            bpm=(track.bpm or 100) * 2 if differs in ("bpm", "both") else track.bpm,
            key=((track.key or 0) + 1) % 24 if differs in ("key", "both") else track.key,
        )

    def _link(self, id: int, song: OnSpotify) -> None:
        """A song that is this track, by two artists, of whom Spotify says the same or nothing."""
        self._insert(
            "spotify_track",
            id=id + 1000,
            uri=str(id),
            kind="track",
            revision=0,
            words="",
            popularity=song.popularity,
            explicit=song.explicit,
        )
        self._insert("spotify_link", song_id=id + 1000, track_id=id, how="isrc", made="2025-06-01T00:00:00Z")
        facts: dict[str, object] = {"popularity": song.artist_popularity, "followers": song.followers}
        facts["genres"] = json.dumps(song.genres) if song.genres else None
        silent: dict[str, object] = {"genres": "[]"}
        for position, known in enumerate((facts, silent)):
            self._insert("spotify_artist", id=f"{id}-{position}", **known)
            self._insert(
                "spotify_track_artist", track_id=id + 1000, position=position, artist_id=f"{id}-{position}"
            )
        if song.liked:
            self._insert("spotify_like", track_id=id + 1000, generation=1)

    def _insert(self, table: str, **columns: object) -> None:
        marks = ", ".join("?" * len(columns))
        self.connection.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", tuple(columns.values())
        )

    def answers(self, query: str | Expression) -> dict[int, bool | None]:
        """True, False or None for each track by id; fails where SQL and memory disagree."""
        expression = parse(query) if isinstance(query, str) else query
        remembered = {subject.track.id: evaluate(expression, subject, now=NOW) for subject in self.subjects}
        by_index, by_scan = (to_sql(expression, now=NOW, indexed=indexed) for indexed in (True, False))
        assert self._ask(by_index) == remembered, query
        assert by_index == by_scan or self._ask(by_scan) == remembered, query
        return remembered

    def found(self, query: str) -> set[int]:
        """The ids of the tracks that are in."""
        return {id for id, answer in self.answers(query).items() if answer}

    def _ask(self, where: Where) -> dict[int, bool | None]:
        matching = self._ids(where.sql, where.params)
        unknown = self._ids(where.unknown_sql, where.params)
        assert not matching & unknown
        ids = (subject.track.id for subject in self.subjects)
        return {id: True if id in matching else None if id in unknown else False for id in ids}

    def _ids(self, condition: str, params: Sequence[str | int | float]) -> set[int]:
        return {id for (id,) in self.connection.execute(f"{_VIEW} WHERE {condition}", params)}


def track(id: int, **columns: object) -> Subject:
    """A subject of nothing but a track."""
    return Subject(Track(id, 0, **columns))  # type: ignore[arg-type]


def _regexp(pattern: str | None, text: str | None) -> bool | None:
    if pattern is None or text is None:
        return None
    return re.search(pattern, text, re.IGNORECASE) is not None
