"""The cache in a SQLite file of its own: a file that the library's daily backup need not carry along."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar

from djtui.config import SpotifySettings
from djtui.spotify.cache import (
    KINDS,
    VERSION,
    Entry,
    Figures,
    Kind,
    KindFigures,
    kept_for,
    packed,
    saved_requests,
    scope,
    unpacked,
)
from djtui.spotify.clock import WALL, Clock
from djtui.spotify.shared_file import SharedFile

log = logging.getLogger(__name__)
Result = TypeVar("Result")

_TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS entry (
        scope   TEXT NOT NULL,
        kind    TEXT NOT NULL,
        id      TEXT NOT NULL,
        value   BLOB NOT NULL,
        expires REAL NOT NULL,           -- seconds since 1970, UTC
        used    REAL NOT NULL,           -- when it was last of use, to the hour
        PRIMARY KEY (scope, kind, id)
    )""",
    "CREATE INDEX IF NOT EXISTS entry_used ON entry (used)",
    """CREATE TABLE IF NOT EXISTS figure (
        scope  TEXT NOT NULL,
        kind   TEXT NOT NULL,
        hits   INTEGER NOT NULL,
        misses INTEGER NOT NULL,
        saved  INTEGER NOT NULL,
        PRIMARY KEY (scope, kind)
    ) WITHOUT ROWID""",
)
_PRAGMAS: Final = ("auto_vacuum = INCREMENTAL", "wal_autocheckpoint = 250", "journal_size_limit = 1048576")
_USED_TO_S: Final = 3600
_FULL: Final = 0.95  # of cache_mb: what is being written comes on top
_EMPTIED_TO: Final = 0.85


class SqliteCache:
    """Answers in `spotify-cache.db` of the user's cache folder, at most `spotify.cache_mb` of them."""

    def __init__(self, settings: SpotifySettings, clock: Clock = WALL, path: Path | None = None) -> None:
        self.note: str | None = None
        self.path = path or _default_path()
        self._settings = settings
        self._scope = scope(settings)
        self._clock = clock
        self._limit = settings.cache_mb << 20
        self._file = self._opened()

    def get(self, kind: Kind, ids: Iterable[str], *, batch: int = 1) -> dict[str, Entry]:
        asked = list(dict.fromkeys(ids))
        now = self._clock.now().timestamp()
        named = (self._scope, kind, json.dumps(asked))

        def work(connection: sqlite3.Connection) -> dict[str, Entry]:
            rows = connection.execute(
                f"SELECT id, value FROM entry WHERE {_NAMED} AND expires > ?", (*named, now)
            ).fetchall()
            found, broken = _read(rows)
            if broken:
                self._delete(connection, kind, broken)
            if found:
                connection.execute(
                    f"UPDATE entry SET used = ? WHERE {_NAMED} AND used < ?",
                    (now, self._scope, kind, json.dumps(list(found)), now - _USED_TO_S),
                )
            connection.execute(
                "INSERT INTO figure VALUES (?, ?, ?, ?, ?) ON CONFLICT (scope, kind) DO UPDATE SET "
                "hits = hits + excluded.hits, misses = misses + excluded.misses, "
                "saved = saved + excluded.saved",
                (
                    self._scope,
                    kind,
                    len(found),
                    len(asked) - len(found),
                    saved_requests(len(asked), len(found), batch),
                ),
            )
            return found

        return self._without_fail(lambda file: file.write(work), {}) if asked else {}

    def put(self, kind: Kind, entries: Mapping[str, Entry], ttl: timedelta | None = None) -> None:
        now = self._clock.now()
        rows = []
        for id_, entry in entries.items():
            keep = kept_for(self._settings, kind, entry) if ttl is None else ttl
            if keep > timedelta(0):
                expires = (now + keep).timestamp()
                rows.append((self._scope, kind, id_, packed(entry), expires, now.timestamp()))

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?)", rows)
            self._trim(connection)

        def keep_all(file: SharedFile) -> None:
            file.write(work)
            file.read(self._shrink)

        if rows:
            self._without_fail(keep_all, None)

    def forget(self, kind: Kind | None = None, id: str | None = None) -> int:
        where, values = "scope = ?", [self._scope]
        if kind is not None:
            where, values = where + " AND kind = ?", [*values, kind]
        if id is not None:
            where += " AND (id = ? OR substr(id, 1, ?) = ?)"
            values = [*values, id, str(len(id) + 1), f"{id}:"]

        def work(connection: sqlite3.Connection) -> int:
            gone = connection.execute(f"DELETE FROM entry WHERE {where}", values).rowcount
            _give_back(connection)
            return gone

        return self._without_fail(lambda file: file.read(work), 0)

    def figures(self) -> Figures:
        def work(connection: sqlite3.Connection) -> dict[Kind, KindFigures]:
            held = {
                kind: (entries, size)
                for kind, entries, size in connection.execute(
                    "SELECT kind, count(*), sum(length(value)) FROM entry WHERE scope = ? AND expires > ? "
                    "GROUP BY kind",
                    (self._scope, self._clock.now().timestamp()),
                )
            }
            used = {
                kind: counts
                for kind, *counts in connection.execute(
                    "SELECT kind, hits, misses, saved FROM figure WHERE scope = ?", (self._scope,)
                )
            }
            return {kind: KindFigures(*held.get(kind, (0, 0)), *used.get(kind, (0, 0, 0))) for kind in KINDS}

        kinds: dict[Kind, KindFigures] = self._without_fail(lambda file: file.read(work), {})
        return Figures(str(self.path), kinds)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _opened(self) -> SharedFile | None:
        try:
            file = SharedFile(
                self.path, _TABLES, version=VERSION, pragmas=_PRAGMAS, moved=self._begun_anew, busy_s=5
            )
            file.write(_drop_other_versions)
        except (OSError, sqlite3.Error) as error:
            self.note = f"Nothing is kept of Spotify's answers: {self.path} cannot be used ({error})."
            return None
        return file

    def _begun_anew(self, _connection: sqlite3.Connection, kept: Path) -> None:
        self.note = f"The cache of Spotify's answers was damaged and is begun anew (the old file is {kept})."

    def _without_fail(self, work: Callable[[SharedFile], Result], otherwise: Result) -> Result:
        if self._file is None:
            return otherwise
        try:
            return work(self._file)
        except (OSError, sqlite3.Error) as error:
            log.warning("The cache of Spotify's answers: %s", error)
            self.note = f"Spotify's answers cannot be kept at the moment: {self.path}: {error}."
            return otherwise

    def _delete(self, connection: sqlite3.Connection, kind: Kind, ids: list[str]) -> None:
        connection.execute(f"DELETE FROM entry WHERE {_NAMED}", (self._scope, kind, json.dumps(ids)))

    def _shrink(self, connection: sqlite3.Connection) -> None:
        """Give free room back when the file itself is too large, as after `spotify.cache_mb` was lowered."""
        if self.path.stat().st_size > self._limit * _FULL:
            _give_back(connection)

    def _trim(self, connection: sqlite3.Connection) -> None:
        """Drop the least recently used while there is more than `spotify.cache_mb`."""
        if _size(connection) <= self._limit * _FULL:
            return
        connection.execute("DELETE FROM entry WHERE expires <= ?", (self._clock.now().timestamp(),))
        while (size := _size(connection)) > self._limit * _EMPTIED_TO:
            entries = connection.execute("SELECT count(*) FROM entry").fetchone()[0]
            excess = 1 - self._limit * _EMPTIED_TO / size
            gone = connection.execute(
                "DELETE FROM entry WHERE rowid IN (SELECT rowid FROM entry ORDER BY used LIMIT ?)",
                (int(entries * excess) + 1,),
            ).rowcount
            if not gone:
                break


_NAMED: Final = "scope = ? AND kind = ? AND id IN (SELECT value FROM json_each(?))"


def _default_path() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("djtui", appauthor=False) / "spotify-cache.db"


def _read(rows: Iterable[tuple[str, bytes]]) -> tuple[dict[str, Entry], list[str]]:
    """The entries, and the ids of those that cannot be read."""
    found: dict[str, Entry] = {}
    broken = []
    for id_, value in rows:
        try:
            found[id_] = unpacked(value)
        except ValueError:
            broken.append(id_)
    return found, broken


def _drop_other_versions(connection: sqlite3.Connection) -> None:
    ours = f"{VERSION}.*"
    for table in ("entry", "figure"):
        connection.execute(f"DELETE FROM {table} WHERE scope NOT GLOB ?", (ours,))


def _give_back(connection: sqlite3.Connection) -> None:
    connection.executescript("PRAGMA incremental_vacuum")  # `execute` would give back a single page
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def _size(connection: sqlite3.Connection) -> int:
    """Bytes of the file that are in use."""
    pages, free, page = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * page)
