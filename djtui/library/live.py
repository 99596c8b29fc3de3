"""What a screen holds to stay in step with the library: rows, what changed, and a thread that lists.

`TrackRows` and `TrackFeed` read a connection and answer within a millisecond or so: they may be used on the
event loop. `Searches` runs a `Lister` in a thread of its own.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from djtui.library.listing import MANY, Lister
from djtui.library.view import PAGE, Listing, View
from djtui.model.track import COLUMNS

ROWS_KEPT: Final = 64 * PAGE
SHARE: Final = 20  # following the library may take a twentieth of the time
REBUILD_S: Final = 1.0


class TrackRows:
    """The rows of a view, read from a connection in pages of 128 and kept while they are recent.

    A row is a tuple of the wanted columns of `track`. Raises `ValueError` for a column that `track` has not.
    """

    def __init__(self, connection: sqlite3.Connection, columns: Sequence[str]) -> None:
        if strangers := [name for name in columns if name not in COLUMNS]:
            raise ValueError(f"A track has no column {strangers[0]!r}; it has {', '.join(COLUMNS)}.")
        self.ids = array("i")
        self._cursor = connection.cursor()
        self._cursor.row_factory = None
        self._sql = f"SELECT id, {', '.join(columns)} FROM track WHERE id IN (SELECT value FROM json_each(?))"
        self._rows: dict[int, tuple[Any, ...] | None] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def row(self, index: int) -> tuple[Any, ...] | None:
        """The row at an index of the view; None where its track was removed meanwhile."""
        id = self.ids[index]
        if id not in self._rows:
            self._read(index - index % PAGE)
        return self._rows[id]

    def key(self, index: int) -> str:
        return str(self.ids[index])

    def index_of(self, key: str) -> int | None:
        """Where a track (its id as text) stands in the view: the first place, if it has several."""
        return find(self.ids, int(key)) if key.isdecimal() else None

    def forget(self, ids: Iterable[int] | None = None) -> None:
        """Read these tracks anew when they are next wanted; None means all."""
        if ids is None:
            self._rows.clear()
        else:
            for id in ids:
                self._rows.pop(id, None)

    def _read(self, start: int) -> None:
        missing = [id for id in self.ids[start : start + PAGE] if id not in self._rows]
        while len(self._rows) > ROWS_KEPT - PAGE:
            del self._rows[next(iter(self._rows))]
        rows = {row[0]: row[1:] for row in self._cursor.execute(self._sql, (json.dumps(missing),))}
        for id in missing:
            self._rows[id] = rows.get(id)


def find(ids: array[int], id: int) -> int | None:
    """The first index of an id, or None."""
    if len(ids) > 20_000:  # such a list was made by numpy, so that importing it costs nothing here
        import numpy as np

        found = np.flatnonzero(np.frombuffer(ids, dtype=np.int32) == id)
        return int(found[0]) if len(found) else None
    try:
        return ids.index(id)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened in the library. `tracks`: the ids added or changed, None when they are over 2,000."""

    tracks: tuple[int, ...] | None
    removed: bool
    playlists: bool


class TrackFeed:
    """Tells what was changed in the library through other connections than its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._cursor = connection.cursor()
        self._cursor.row_factory = None
        self._version = self._data_version()
        self._seen = self._meta()

    def poll(self) -> Changes | None:
        """What changed since the last poll, or None: a few microseconds then."""
        if (version := self._data_version()) == self._version:
            return None
        self._version = version
        seen, self._seen = self._seen, self._meta()
        if self._seen["revision"] == seen["revision"]:
            return None
        sql = f"SELECT id FROM track WHERE revision > ? LIMIT {MANY + 1}"
        ids = tuple(id for (id,) in self._cursor.execute(sql, (seen["revision"],)))
        return Changes(
            tracks=ids if len(ids) <= MANY else None,
            removed=self._seen["removal"] > seen["removal"],
            playlists=self._seen["playlists"] > seen["playlists"],
        )

    def _data_version(self) -> int:
        return int(self._cursor.execute("PRAGMA data_version").fetchone()[0])

    def _meta(self) -> dict[str, int]:
        return dict(self._cursor.execute("SELECT name, value FROM meta").fetchall())


@dataclass(frozen=True, slots=True)
class Unknown:
    """For how many tracks the filter of a view cannot tell."""

    view: View
    count: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A view that SQLite would not answer, and why."""

    view: View
    reason: str


Answer = Listing | Unknown | Refused


class Searches:
    """A thread that lists what was asked for last. A newer question interrupts the older.

    `deliver` is called in that thread, with a `Listing`, then with `Unknown` if its filter may be unsure; or
    with `Refused`. A listing is delivered again when `changed` was called: soon after, but never so often
    that it takes over a twentieth of the time (or more than once a second where all had to be sorted).
    """

    def __init__(self, connection: sqlite3.Connection, deliver: Callable[[Answer], object]) -> None:
        """The connection belongs to the thread from now on; `close` closes it."""
        self._connection = connection
        self._deliver = deliver
        self._wake = threading.Condition()
        self._view: View | None = None
        self._hasty = False
        self._asked = 0
        self._answered = 0
        self._stale = False
        self._busy = False
        self._closed = False
        self._due = 0.0
        self._thread = threading.Thread(target=self._work, name="listing", daemon=True)
        self._thread.start()

    def show(self, view: View, *, beginning: bool = False) -> None:
        """List this view from now on. `beginning`: in a large library deliver the first screen ahead."""
        with self._wake:
            self._view, self._hasty = view, beginning
            self._asked += 1
            self._interrupt()

    def changed(self) -> None:
        """The library changed: list the view anew when its turn comes."""
        with self._wake:
            self._stale = True
            self._wake.notify()

    def close(self) -> None:
        """Stop the thread, whatever it does."""
        with self._wake:
            self._closed = True
            self._interrupt()
        self._thread.join()
        self._connection.close()

    def _interrupt(self) -> None:
        if self._busy:
            self._connection.interrupt()
        self._wake.notify()

    def _next(self) -> tuple[View, int, bool] | None:
        with self._wake:
            self._busy = False
            while not self._closed:
                wait = None
                if self._view is not None:
                    wait = max(0.0, self._due - time.monotonic()) if self._stale else None
                    new = self._asked > self._answered
                    if new or wait == 0:
                        self._busy, self._stale, self._answered = True, False, self._asked
                        return self._view, self._asked, new and self._hasty
                self._wake.wait(wait)
        return None

    def _work(self) -> None:
        lister = Lister(self._connection)
        while (work := self._next()) is not None:
            view, number, hasty = work
            start = time.monotonic()
            try:
                if hasty and (first := lister.beginning(view)) is not None:
                    self._answer(number, first)
                self._answer(number, lister.listing(view))
                if any(condition.unknown for condition in view.where):
                    self._answer(number, Unknown(view, lister.count_unknown(view)))
            except sqlite3.Error as error:
                self._answer(number, Refused(view, str(error)))
            took = time.monotonic() - start
            self._due = start + took + max(took * SHARE, REBUILD_S if lister.sorted_anew else 0.0)

    def _answer(self, number: int, answer: Answer) -> None:
        with self._wake:
            outdated = self._closed or number != self._asked
        if not outdated:
            self._deliver(answer)
