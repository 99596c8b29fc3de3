"""What the track table shows: the ids of tracks, in order and filtered.

A view is an array of track ids; no row is kept but the few pages around the cursor. A `Lister` holds one
rank for each order it was asked for (the ids of all tracks in that order) and, for each condition of the
filter, one bit a track; a view is the rank with the others left out. When tracks change, only they move.

This is blocking code: a thread runs it (`live.Searches`). Only `first_page` is quick enough for the event
loop, and needs no numpy, which comes in with the first whole listing.
"""

from __future__ import annotations

import json
import re
import sqlite3
from array import array
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from djtui.query import Expression

    Ids = NDArray[np.int32]
    Mask = NDArray[np.bool_]

MANY: Final = 2000  # from here on sorting anew is cheaper than moving the changed ones
PAGE: Final = 128
RANKS_KEPT: Final = 6
MASKS_KEPT: Final = 16

_AMONG: Final = "track.id IN (SELECT value FROM json_each(?))"
# A search for words is a set of ids that the index can tell without a look at any track.
_WORDS: Final = re.compile(
    r"(NOT )?track\.id IN \((SELECT rowid FROM (track_search|track_words) WHERE \3 MATCH \?)\)"
)
# A filter that looks into other tables may change its mind about a track that did not change.
_ELSEWHERE: Final = re.compile(r"\bFROM\s+(?!track_search\b|track_words\b)", re.IGNORECASE)


class Condition(NamedTuple):
    """SQL over `track` and `track_text` that is true of the tracks it lets in.

    `unknown` is true of those of which it cannot tell; "" where that is none. Both take all of `params`.
    """

    sql: str
    params: tuple[Any, ...] = ()
    unknown: str = ""


def conditions(
    expression: Expression, *, now: datetime | None = None, indexed: bool = True
) -> tuple[Condition, ...]:
    """A filter as conditions that must all hold: one for each word and comparison, so that a word that is
    being typed costs only itself. `now` and `indexed` are those of `query.to_sql`."""
    from djtui.query import to_sql
    from djtui.query.expression import EVERYTHING, And

    if expression == EVERYTHING:
        return ()
    terms = expression.terms if isinstance(expression, And) else (expression,)
    wheres = [to_sql(term, now=now, indexed=indexed) for term in terms]
    return tuple(Condition(where.sql, where.params, where.unknown_sql) for where in wheres)


@dataclass(frozen=True, slots=True)
class View:
    """What is asked for: which tracks, and in which order.

    playlist: None for every track, else the list whose items are meant, which may hold a track twice.
    where: conditions which must all be true; none lets everything in.
    order: an SQL expression of one value (text is compared by code point); "" is the order of the
        playlist, or of arrival. Tracks whose value is unknown (NULL) come last either way.
    """

    playlist: int | None = None
    where: tuple[Condition, ...] = ()
    order: str = ""
    reverse: bool = False

    @property
    def source(self) -> tuple[str, tuple[Any, ...]]:
        """Where the tracks come from: FROM and WHERE in SQL, and its parameters."""
        wanted = [condition.sql for condition in self.where]
        params = [param for condition in self.where for param in condition.params]
        tables = _tables(self.order, *wanted)
        if self.playlist is not None:
            tables = f"playlist_item JOIN {_tables(self.order, *wanted, on='playlist_item.track_id')}"
            wanted.insert(0, "playlist_item.playlist_id = ?")
            params.insert(0, self.playlist)
        where = f" WHERE {' AND '.join(f'({sql})' for sql in wanted)}" if wanted else ""
        return f"FROM {tables}{where}", tuple(params)

    @property
    def ordering(self) -> str:
        """The terms of ORDER BY. In reverse all is turned round but the unknown, which stay behind."""
        place = "track.id" if self.playlist is None else "playlist_item.position"
        if not self.order:
            return f"{place} DESC" if self.reverse else place
        if not self.reverse:
            return f"{self.order} IS NULL, {self.order}, {place}"
        back = f"CASE WHEN {self.order} IS NULL THEN {place} ELSE -{place} END"
        return f"{self.order} IS NULL, {self.order} DESC, {back}"


def _tables(*parts: str, on: str = "") -> str:
    """The tables that parts of SQL speak of: SQLite walks a join that is not asked for at a high price."""
    track = f"track ON track.id = {on}" if on else "track"
    text = any("track_text" in part for part in parts)
    return f"{track} LEFT JOIN track_text ON track_text.id = track.id" if text else track


@dataclass(frozen=True, slots=True)
class Listing:
    """A view as it was at a revision: its track ids, and how many tracks there are without the filter."""

    view: View
    ids: array[int]
    total: int
    revision: int


def first_page(connection: sqlite3.Connection, view: View, limit: int = PAGE) -> tuple[array[int], int]:
    """The first ids of a view, and how many it has in all: what the first paint needs."""
    cursor = connection.cursor()
    cursor.row_factory = None
    source, params = view.source
    sql = f"SELECT track.id {source} ORDER BY {view.ordering} LIMIT {limit}"
    ids = array("i", (id for (id,) in cursor.execute(sql, params)))
    if len(ids) < limit:
        return ids, len(ids)
    source, params = View(view.playlist, view.where).source
    return ids, int(cursor.execute(f"SELECT count(*) {source}", params).fetchone()[0])


@dataclass(frozen=True, slots=True)
class _Rank:
    """Every track's id in ascending order of one expression; behind the first `known` it is unknown."""

    ids: Ids
    known: int
    revision: int


class Lister:
    """Lists views on one connection, in one thread at a time.

    Any method raises `sqlite3.OperationalError` when another thread calls `connection.interrupt()`.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._cursor.row_factory = None
        self._ranks: OrderedDict[str, _Rank] = OrderedDict()
        self._masks: OrderedDict[Condition, tuple[Mask, int]] = OrderedDict()
        self._revision = 0
        self._removal = 0
        self._top = 1
        self.sorted_anew = False

    def listing(self, view: View) -> Listing:
        """The whole of a view, from one state of the library; `sorted_anew` tells whether that was dear."""
        self.sorted_anew = False
        with self._snapshot():
            ids = everything = self._unfiltered(view)
            if view.where:
                ids = everything[self._all_of(view.where)[everything]]
            return Listing(view, _frozen(ids), len(everything), self._revision)

    def count_unknown(self, view: View) -> int:
        """How many tracks of a view's scope its filter lets neither in nor keeps out, for it cannot tell."""
        import numpy as np

        if not any(condition.unknown for condition in view.where):
            return 0
        with self._snapshot():
            possible = np.ones(self._top, dtype=np.bool_)
            for condition in view.where:
                mask = self._mask(condition)
                if condition.unknown:
                    mask = mask | self._mask(Condition(condition.unknown, condition.params))
                possible &= mask
            possible &= ~self._all_of(view.where)
            return int(np.count_nonzero(possible[self._unfiltered(View(view.playlist))]))

    def _unfiltered(self, view: View) -> Ids:
        import numpy as np

        if view.playlist is not None:
            scope = View(view.playlist, order=view.order, reverse=view.reverse)
            source, params = scope.source
            return self._ids(f"SELECT track.id {source} ORDER BY {scope.ordering}", params)
        rank = self._rank(view.order)
        if not view.reverse:
            return rank.ids
        return np.concatenate((rank.ids[: rank.known][::-1], rank.ids[rank.known :]))

    # -- one state of the library -----------------------------------------------------------------

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        self._cursor.execute("BEGIN")
        try:
            meta = dict(self._cursor.execute("SELECT name, value FROM meta").fetchall())
            self._revision, self._removal = meta["revision"], meta["removal"]
            self._top = 1 + self._cursor.execute("SELECT coalesce(max(id), 0) FROM track").fetchone()[0]
            yield
        finally:
            while self._connection.in_transaction:
                try:
                    self._cursor.execute("ROLLBACK")
                except sqlite3.OperationalError:
                    continue  # an interrupt that came late; it holds for one statement

    def _ids(self, sql: str, params: Sequence[Any] = ()) -> Ids:
        """The ids that a statement yields, fetched as one row: five times faster than a row for each."""
        one = f"WITH hit (id) AS ({sql}) SELECT group_concat(id) FROM hit"
        return _numbers(self._cursor.execute(one, params).fetchone()[0])

    def _changed_since(self, revision: int) -> list[int] | None:
        """The tracks that changed after a revision; None where they are too many to be worth it."""
        sql = f"SELECT id FROM track WHERE revision > ? LIMIT {MANY + 1}"
        ids = [id for (id,) in self._cursor.execute(sql, (revision,))]
        return ids if len(ids) <= MANY else None

    # -- ranks ------------------------------------------------------------------------------------

    def _rank(self, order: str) -> _Rank:
        rank = self._ranks.get(order)
        if rank is None:
            rank = self._sort(order)
        elif rank.revision < self._revision:
            changed = self._changed_since(rank.revision)
            rank = self._sort(order) if changed is None else self._move(order, rank, changed)
        self._ranks[order] = rank
        self._ranks.move_to_end(order)
        if len(self._ranks) > RANKS_KEPT:
            self._ranks.popitem(last=False)
        return rank

    def _sort(self, order: str) -> _Rank:
        import numpy as np

        self.sorted_anew = True
        value = order or "track.id"
        by = f"{order}, track.id" if order else "track.id"
        text, known = self._cursor.execute(
            f"WITH sorted (id, value) AS (SELECT track.id, {value} FROM {_tables(order)} ORDER BY {by})"
            " SELECT group_concat(id), count(value) FROM sorted"
        ).fetchone()
        ids = _numbers(text)
        ids = np.roll(ids, known - len(ids))  # NULL sorts first
        return _Rank(ids, known, self._revision)

    def _move(self, order: str, rank: _Rank, changed: list[int]) -> _Rank:
        """The rank with the changed tracks put where they belong now, and without the removed ones."""
        import numpy as np

        stays = np.ones(max(self._top, _top(rank.ids)), dtype=np.bool_)
        if self._removal > rank.revision:
            stays[:] = False
            stays[self._ids("SELECT id FROM track")] = True
        stays[changed] = False
        keep = stays[rank.ids]
        rest, known = rank.ids[keep], int(np.count_nonzero(keep[: rank.known]))

        values = self._values(order, changed)
        moved = sorted((_comparable(value), id) for id, value in values.items() if value is not None)
        lost = sorted(id for id, value in values.items() if value is None)
        places = self._places(order, rest[:known], moved)
        places += (known + np.searchsorted(rest[known:], lost)).tolist() if lost else []
        ids = np.insert(rest, places, np.array([id for _, id in moved] + lost, dtype=np.int32))
        return _Rank(ids, known + len(moved), self._revision)

    def _places(self, order: str, rest: Ids, moved: Sequence[tuple[Any, int]]) -> list[int]:
        """Where in `rest` each moved track belongs: a bisection of all at once, one query a step."""
        low, high = [0] * len(moved), [len(rest)] * len(moved)
        values: dict[int, Any] = {}
        while unsettled := [at for at in range(len(moved)) if low[at] < high[at]]:
            middles = {at: int(rest[(low[at] + high[at]) // 2]) for at in unsettled}
            values |= self._values(order, [id for id in set(middles.values()) if id not in values])
            for at, id in middles.items():
                middle = (low[at] + high[at]) // 2
                if (_comparable(values[id]), id) < moved[at]:
                    low[at] = middle + 1
                else:
                    high[at] = middle
        return low

    def _values(self, order: str, ids: Sequence[int]) -> dict[int, Any]:
        if not ids:
            return {}
        sql = f"SELECT track.id, {order or 'track.id'} FROM {_tables(order)} WHERE {_AMONG}"
        return dict(self._cursor.execute(sql, (json.dumps(ids),)).fetchall())

    # -- filters ----------------------------------------------------------------------------------

    def _all_of(self, where: Sequence[Condition]) -> Mask:
        first, *more = where
        mask = self._mask(first)
        for condition in more:
            mask = mask & self._mask(condition)
        return mask

    def _mask(self, condition: Condition) -> Mask:
        """For each id up to the highest whether a condition lets its track in."""
        mask, revision = self._masks.get(condition, (None, 0))
        if mask is None or revision < self._revision:
            changed = None
            if mask is not None and not _ELSEWHERE.search(condition.sql):
                changed = self._changed_since(revision)
            if mask is None or changed is None:
                mask = self._find(condition)
            else:
                mask = self._find_again(condition, mask, changed)
            self._masks[condition] = mask, self._revision
        self._masks.move_to_end(condition)
        if len(self._masks) > MASKS_KEPT:
            self._masks.popitem(last=False)
        return mask

    def _find(self, condition: Condition) -> Mask:
        import numpy as np

        words = _WORDS.fullmatch(condition.sql)
        if words:
            found = self._ids(words[2], condition.params)
            found = found[found < self._top]
        else:
            sql = f"SELECT track.id FROM {_tables(condition.sql)} WHERE {condition.sql}"
            found = self._ids(sql, condition.params)
        mask = np.zeros(self._top, dtype=np.bool_)
        mask[found] = True
        return ~mask if words and words[1] else mask

    def _find_again(self, condition: Condition, old: Mask, changed: Sequence[int]) -> Mask:
        import numpy as np

        mask = np.zeros(self._top, dtype=np.bool_)
        mask[: len(old)] = old[: self._top]
        mask[changed] = False
        sql = f"SELECT track.id FROM {_tables(condition.sql)} WHERE {_AMONG} AND ({condition.sql})"
        mask[self._ids(sql, (json.dumps(changed), *condition.params))] = True
        return mask


def _numbers(text: str | None) -> Ids:
    import numpy as np

    return np.fromstring(text or "", dtype=np.int32, sep=",")


def _top(ids: Ids) -> int:
    return int(ids.max()) + 1 if len(ids) else 1


def _frozen(ids: Ids) -> array[int]:
    frozen = array("i")
    frozen.frombytes(ids.tobytes())
    return frozen


def _comparable(value: Any) -> tuple[int, Any]:
    """A value that compares in Python as it does in SQLite: numbers before texts."""
    return (1, value) if isinstance(value, str) else (0, value)
