"""What the track table can be asked to show: which tracks, in which order."""

from __future__ import annotations

import sqlite3
from array import array
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from djtui.query import Expression

PAGE: Final = 128


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
        origin = tables(self.order, *wanted)
        if self.playlist is not None:
            origin = f"playlist_item JOIN {tables(self.order, *wanted, on='playlist_item.track_id')}"
            wanted.insert(0, "playlist_item.playlist_id = ?")
            params.insert(0, self.playlist)
        where = f" WHERE {' AND '.join(f'({sql})' for sql in wanted)}" if wanted else ""
        return f"FROM {origin}{where}", tuple(params)

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


def tables(*parts: str, on: str = "") -> str:
    """The tables that parts of SQL speak of: SQLite walks a join that is not asked for at a high price."""
    track = f"track ON track.id = {on}" if on else "track"
    text = any("track_text" in part for part in parts)
    return f"{track} LEFT JOIN track_text ON track_text.id = track.id" if text else track


@dataclass(frozen=True, slots=True)
class Listing:
    """A view as it was at a revision: its track ids, and how many tracks there are without the filter.

    Not `whole`: only its first tracks, ahead of the rest.
    """

    view: View
    ids: array[int]
    total: int
    revision: int
    whole: bool = True


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
