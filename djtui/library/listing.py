"""What the track table shows: the ids of tracks, in order and filtered.

A view is an array of track ids; no row is kept but the few pages around the cursor. A `Lister` holds one
rank for each order it was asked for (the ids of all tracks in that order) and, for each condition of the
filter, one bit a track; a view is the rank with the others left out. When tracks change, only they move.

This is blocking code: a thread runs it (`live.Searches`). numpy comes in with the first listing; what is
painted before that is `view.first_page`.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from array import array
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from djtui.library.view import Condition, Listing, View, tables

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ids = NDArray[np.int32]
    Mask = NDArray[np.bool_]

MANY: Final = 2000  # from here on sorting anew is cheaper than moving the changed ones
FEW: Final = 256  # up to here a search index is quicker asked for each of them than for all
LARGE: Final = 200_000  # from here on the first screen is worth an answer of its own
SCREEN: Final = 64
SOON_S: Final = 0.01
RANKS_KEPT: Final = 6
MASKS_KEPT: Final = 16

_AMONG: Final = "track.id IN (SELECT value FROM json_each(?))"
# A search for words is a set of ids that the index can tell without a look at any track.
_WORDS: Final = re.compile(
    r"(NOT )?track\.id IN \((SELECT rowid FROM (track_search|track_words) WHERE \3 MATCH \?)\)"
)
# A filter that looks into other tables may change its mind about a track that did not change.
_ELSEWHERE: Final = re.compile(r"\bFROM\s+(?!track_search\b|track_words\b)", re.IGNORECASE)


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

    def __init__(self, connection: sqlite3.Connection, *, large: int = LARGE) -> None:
        """From `large` tracks on, views have a `beginning`."""
        self._connection = connection
        self._large = large
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

    def beginning(self, view: View) -> Listing | None:
        """The first screen of a filtered view, where it can be told much sooner than the whole."""
        import numpy as np

        with self._snapshot():
            rank = self._ranks.get(view.order)
            if view.playlist is not None or rank is None or rank.revision < self._revision:
                return None
            if len(rank.ids) < self._large or all(
                self._known(condition) is not None for condition in view.where
            ):
                return None
            everything = self._unfiltered(view)
            deadline = time.monotonic() + SOON_S
            ids = everything[:0]
            for start in range(0, len(everything), FEW):
                some = everything[start : start + FEW]
                for condition in view.where:
                    mask = self._known(condition)
                    some = some[np.isin(some, self._among(condition, some)) if mask is None else mask[some]]
                ids = np.concatenate((ids, some))
                if len(ids) >= SCREEN:
                    return Listing(view, _frozen(ids), len(everything), self._revision, whole=False)
                if time.monotonic() > deadline:
                    return None
            return None

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
            f"WITH sorted (id, value) AS (SELECT track.id, {value} FROM {tables(order)} ORDER BY {by})"
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
        sql = f"SELECT track.id, {order or 'track.id'} FROM {tables(order)} WHERE {_AMONG}"
        return dict(self._cursor.execute(sql, (json.dumps(ids),)).fetchall())

    # -- filters ----------------------------------------------------------------------------------

    def _all_of(self, where: Sequence[Condition]) -> Mask:
        first, *more = where
        mask = self._mask(first)
        for condition in more:
            mask = mask & self._mask(condition)
        return mask

    def _known(self, condition: Condition) -> Mask | None:
        """The mask of a condition, where it is known already."""
        mask, revision = self._masks.get(condition, (None, 0))
        return mask if revision == self._revision else None

    def _mask(self, condition: Condition) -> Mask:
        """For each id up to the highest whether a condition lets its track in."""
        mask = self._known(condition)
        if mask is None:
            mask = self._find_again(condition)
            if mask is None:
                mask = self._find(condition)
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
            sql = f"SELECT track.id FROM {tables(condition.sql)} WHERE {condition.sql}"
            found = self._ids(sql, condition.params)
        mask = np.zeros(self._top, dtype=np.bool_)
        mask[found] = True
        return ~mask if words and words[1] else mask

    def _find_again(self, condition: Condition) -> Mask | None:
        """An older mask with the changed tracks looked at anew; None where that does not pay, or not do."""
        import numpy as np

        old, revision = self._masks.get(condition, (None, 0))
        if old is None or _ELSEWHERE.search(condition.sql):
            return None
        changed = self._changed_since(revision)
        if changed is None or (len(changed) > FEW and _WORDS.fullmatch(condition.sql)):
            return None
        mask = np.zeros(self._top, dtype=np.bool_)
        mask[: len(old)] = old[: self._top]
        mask[changed] = False
        mask[self._among(condition, np.array(changed, dtype=np.int32))] = True
        return mask

    def _among(self, condition: Condition, ids: Ids) -> Ids:
        """Those of some tracks that a condition lets in."""
        import numpy as np

        some = json.dumps(ids.tolist())
        if words := _WORDS.fullmatch(condition.sql):
            sql = f"{words[2]} AND rowid IN (SELECT value FROM json_each(?))"
            found = self._ids(sql, (*condition.params, some))
            return np.setdiff1d(ids, found) if words[1] else found
        sql = f"SELECT track.id FROM {tables(condition.sql)} WHERE {_AMONG} AND ({condition.sql})"
        return self._ids(sql, (some, *condition.params))


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
