"""The songs of a base in a temporary table, where any number of rules can be asked of them.

All that rules may ask lies ready there, a column for each field of the filter language, so that a rule costs
a walk over the base and not a search of the library for each of its songs. This is blocking code for a
thread, on a connection of `library.songs.songs_connection`; another thread may call its `interrupt()`.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import compress, count
from typing import Any, Final

from djtui.library.routes import LIKED
from djtui.model.track import COLUMNS, SEARCHED, Track
from djtui.query import EVERYTHING, FIELDS, Expression, Field, Subject, Where, evaluate, to_sql
from djtui.query.expression import And, Comparison, Known, Not, OneOf, Or, Test
from djtui.query.subject import OnSpotify
from djtui.routing.steps import Row, is_fixed

_EPISODE: Final = "spotify:episode:"

# What a rule says of playlists is asked of those of the base's songs alone; a name that WITH gives goes
# before any view or table of that name.
_CRATES: Final = (
    "WITH playlist (id, name) AS (SELECT id, name FROM base_list),"
    " playlist_item (playlist_id, track_id) AS (SELECT list_id, song_id FROM base_item) "
)
_WORDS: Final = " JOIN base_song AS track_text ON track_text.rowid = track.rowid"
_ELSEWHERE: Final = ("conflict", "source", "analysis", "steadiness", "differs", "owned")
_ON_SPOTIFY: Final = ("popularity", "artist_popularity", "followers", "explicit", "liked")
_IS_TRUE: Final = bytes(sign == ord("+") for sign in range(256))
_IS_UNKNOWN: Final = bytes(sign == ord("?") for sign in range(256))
_NUMBERS: Final = count()
_NOBODY: Final = Subject(Track(0, 0))
_AMONG: Final = "song.uri IN (SELECT value FROM json_each(?))"
_CRATES_OF: Final = (
    "SELECT song.uri, list.name FROM main.spotify_track AS song"
    " JOIN base_item AS item ON item.song_id = song.id"
    f" JOIN base_list AS list ON list.id = item.list_id WHERE {_AMONG} ORDER BY list.name"
)
_ONE: Final = "FROM main.spotify_track AS song JOIN track ON track.id = song.id JOIN "
_GENRES_OF: Final = (
    f"SELECT song.uri, item.value {FIELDS['genres'].names_sql.replace('FROM ', _ONE, 1)} AND {_AMONG}"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says of the songs of a base, by their places, in order: those it holds for, and those of
    which it cannot tell."""

    matching: tuple[int, ...]
    unknown: tuple[int, ...]


class BaseSongs:
    """The songs of a base, each once and in its order; a song's place is its index in `uris`.

    `left_out` counts the rows that no rule is asked about, by the reason. The table holds what the library
    knew when it was filled: after a change of the library make another one. A connection has one table: of
    two bases that take turns on it, each fills it anew. Every method may raise `sqlite3.OperationalError`
    when it is interrupted, and can be called again then.
    """

    def __init__(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        """`rows` are those of the base, as `rows_of` gives them or as they were read just now."""
        self.connection = connection
        self._cursor = connection.cursor()
        self._cursor.row_factory = None
        self._mark = (
            f"base_of_{next(_NUMBERS)}"  # a table of this name: the others are whole, and of this base
        )
        self._fields: frozenset[str] = frozenset()
        self._known: tuple[int, ...] = ()
        self._strangers: tuple[int, ...] = ()
        self._genres: dict[str, int] = {}
        self.uris: tuple[str, ...] = tuple(
            dict.fromkeys(row for row in rows if row is not None and _reason(row) is None)
        )
        self.left_out: Mapping[str, int] = _left_out(rows, len(self.uris))
        self.places: Mapping[str, int] = {uri: place for place, uri in enumerate(self.uris)}

    def __len__(self) -> int:
        return len(self.uris)

    def prepare(self, fields: Iterable[Field] | None = None) -> None:
        """Have these fields ready, all of them by default. Done by itself for the fields of a rule: who asks
        for all before a rule is typed answers each keystroke without reading the library again."""
        names = frozenset(FIELDS if fields is None else (field.name for field in fields))
        if not (self._is_filled() and names <= self._fields):
            self._fill(self._fields | names | {"id", *SEARCHED})

    def ask(self, expression: Expression, *, now: datetime | None = None) -> Answer:
        """For which songs the expression holds, and for which it cannot tell."""
        if expression == EVERYTHING:
            return Answer(tuple(range(len(self.uris))), ())
        self.prepare(fields_of(expression))
        where = to_sql(self._of_table(expression), now=now, indexed=False)
        signs = self._signs(where)
        matching = tuple(compress(self._known, signs.translate(_IS_TRUE)))
        unknown = tuple(compress(self._known, signs.translate(_IS_UNKNOWN)))
        return Answer(matching, tuple(sorted((*unknown, *self._strangers))) if self._strangers else unknown)

    def count_unknown(self, fields: Iterable[Field]) -> dict[str, int]:
        """For each field by its name how many songs have no value in it."""
        wanted = [field for field in fields if not field.always_known]
        if not wanted:
            return {}
        self.prepare(wanted)
        counts = ", ".join(f'count("{field.name}")' for field in wanted)
        known = self._cursor.execute(f"SELECT {counts} FROM base_song").fetchone()
        return {field.name: len(self) - count for field, count in zip(wanted, known, strict=True)}

    def linked(self, uris: Sequence[str]) -> dict[str, int]:
        """The track of the library that each of some songs is, in their order; not in it: left out."""
        return dict(
            self._cursor.execute(
                "SELECT song.uri, link.track_id FROM json_each(?) AS given"
                " CROSS JOIN main.spotify_track AS song ON song.uri = given.value"
                " JOIN main.spotify_link AS link ON link.song_id = song.id"
                " WHERE link.track_id IS NOT NULL ORDER BY given.key",
                (json.dumps(list(uris)),),
            )
        )

    def titles(self, uris: Sequence[str]) -> dict[str, tuple[str | None, str | None]]:
        """Title and artist of each of some songs that the library knows."""
        rows = self._cursor.execute(
            "SELECT uri, title, artist FROM main.spotify_track WHERE uri IN (SELECT value FROM json_each(?))",
            (json.dumps(list(uris)),),
        )
        return {uri: (title, artist) for uri, title, artist in rows}

    def subjects(self, uris: Sequence[str], fields: Iterable[Field]) -> dict[str, Subject]:
        """Songs of the base as `evaluate` and `explain` take them; of other tables only what these fields
        say is filled in. Songs that the library does not know are left out."""
        asked = list(fields)
        self.prepare(asked)
        names = {field.name for field in asked}
        extra = [name for name in (*_ELSEWHERE, *_ON_SPOTIFY) if name in names]
        values = [f"track.{name}" for name in COLUMNS] + [FIELDS[name].sql for name in extra]
        found = self._cursor.execute(
            f"SELECT song.uri, {', '.join(values)} FROM json_each(?) AS given"
            " CROSS JOIN main.spotify_track AS song ON song.uri = given.value"
            " JOIN track ON track.id = song.id",
            (json.dumps(list(uris)),),
        ).fetchall()
        crates = self._several(_CRATES_OF, uris) if "crate" in names else {}
        genres = self._several(_GENRES_OF, uris) if "genres" in names else {}
        return {
            uri: _subject(
                Track(*columns[: len(COLUMNS)]),
                dict(zip(extra, columns[len(COLUMNS) :], strict=True)),
                crates.get(uri, ()),
                genres.get(uri, ()),
            )
            for uri, *columns in found
        }

    # -- the table ------------------------------------------------------------------------------------

    def _is_filled(self) -> bool:
        found = self._cursor.execute("SELECT name FROM temp.sqlite_master WHERE name = ?", (self._mark,))
        return found.fetchone() is not None

    def _fill(self, names: frozenset[str]) -> None:
        tables = self._cursor.execute(
            "SELECT name FROM temp.sqlite_master WHERE type = 'table' AND name GLOB 'base_*'"
        ).fetchall()
        for (table,) in tables:
            self._cursor.execute(f"DROP TABLE temp.{table}")
        self._fields = names
        columns = [
            f'{_value(field)} AS "{name}"' for name, field in FIELDS.items() if name in names - {"crate"}
        ]
        self._cursor.execute(
            f"CREATE TEMP TABLE base_song AS SELECT given.key AS place, {', '.join(columns)},"
            " track_text.words AS words FROM json_each(?) AS given"
            " CROSS JOIN main.spotify_track AS song ON song.uri = given.value"
            " JOIN track ON track.id = song.id JOIN track_text ON track_text.id = track.id"
            " ORDER BY given.key",
            (json.dumps(self.uris),),
        )
        if "genres" in names:
            self._fill_genres()
        if "crate" in names:
            self._fill_crates()
        self._known = tuple(place for (place,) in self._cursor.execute("SELECT place FROM base_song"))
        self._strangers = tuple(sorted({*range(len(self.uris))}.difference(self._known)))
        self._cursor.execute(f"CREATE TEMP TABLE {self._mark} (whole)")

    def _fill_genres(self) -> None:
        """Which songs have which genre: a rule looks at each genre once, not at each song's."""
        of_all = FIELDS["genres"].names_sql.replace("FROM ", "FROM base_song AS track CROSS JOIN ", 1)
        found = self._cursor.execute(f"SELECT DISTINCT item.value, track.id {of_all}").fetchall()
        self._genres = {name: number for number, name in enumerate(dict.fromkeys(name for name, _ in found))}
        self._cursor.execute(
            "CREATE TEMP TABLE base_genre (genre INTEGER, song_id INTEGER, PRIMARY KEY (genre, song_id))"
            " WITHOUT ROWID"
        )
        self._cursor.executemany(
            "INSERT INTO base_genre VALUES (?, ?)", [(self._genres[name], id) for name, id in found]
        )

    def _fill_crates(self) -> None:
        self._cursor.execute(
            "CREATE TEMP TABLE base_item AS"
            " SELECT DISTINCT item.playlist_id AS list_id, item.track_id AS song_id"
            " FROM playlist_item AS item WHERE item.track_id IN (SELECT id FROM base_song)"
        )
        self._cursor.execute(
            "CREATE TEMP TABLE base_list AS SELECT id, name FROM playlist"
            " WHERE id IN (SELECT list_id FROM base_item)"
        )

    def _of_table(self, expression: Expression) -> Expression:
        """The expression about the columns of the table."""
        match expression:
            case Comparison(field, tests) if field.type == "names":
                return self._of_genres(field, tests)
            case Comparison(field, tests):
                return Comparison(_COLUMN.get(field.name, field), tests)
            case Not(term):
                return Not(self._of_table(term))
            case And(terms):
                return And(tuple(map(self._of_table, terms)))
            case Or(terms):
                return Or(tuple(map(self._of_table, terms)))
        return expression

    def _of_genres(self, field: Field, tests: tuple[Test, ...]) -> Expression:
        column = _COLUMN[field.name]
        known = tuple(test for test in tests if isinstance(test, Known))
        asked = tuple(test for test in tests if not isinstance(test, Known))
        terms: list[Expression] = [Comparison(column, known)] if known else []
        if asked:
            numbers = [str(self._genres[name]) for name in self._genres if _passes(field, asked, name)]
            has = f"track.id IN (SELECT song_id FROM base_genre WHERE genre IN ({', '.join(numbers)}))"
            answer = replace(column, type="bool", sql=f"CASE WHEN {column.sql} IS NOT NULL THEN {has} END")
            terms.append(Comparison(answer, (OneOf((1,)),)))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _signs(self, where: Where) -> bytes:
        """For each song of the table, in order, whether a condition is true, unknown or false of it: as one
        text, for rows of numbers take longer to fetch than to find."""
        sign = f"CASE WHEN {where.sql} THEN '+' WHEN {where.unknown_sql} THEN '?' ELSE '-' END"
        crates = _CRATES if "playlist_item" in sign else ""
        words = _WORDS if "track_text" in sign else ""
        (signs,) = self._cursor.execute(
            f"{crates}SELECT group_concat({sign}, '') FROM base_song AS track{words}", where.params * 2
        ).fetchone()
        return (signs or "").encode()

    def _several(self, sql: str, uris: Sequence[str]) -> dict[str, tuple[str, ...]]:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for uri, value in self._cursor.execute(sql, (json.dumps(list(uris)),)):
            found[uri].append(value)
        return {uri: tuple(values) for uri, values in found.items()}


def rows_of(connection: sqlite3.Connection, spotify_id: str) -> list[Row]:
    """The rows of a playlist, or of the liked songs (`routes.LIKED`), as the library knows them."""
    cursor = connection.cursor()
    cursor.row_factory = None
    if spotify_id == LIKED:
        sql = (
            "SELECT song.uri FROM main.spotify_like AS liked JOIN main.spotify_track AS song"
            " ON song.id = liked.track_id ORDER BY liked.added DESC, liked.track_id"
        )
        return [uri for (uri,) in cursor.execute(sql)]
    sql = (
        "SELECT song.uri FROM main.spotify_playlist AS list JOIN main.spotify_item AS item"
        " ON item.playlist_id = list.id AND item.generation = list.items_generation"
        " LEFT JOIN main.spotify_track AS song ON song.id = item.track_id"
        " WHERE list.spotify_id = ? ORDER BY item.position"
    )
    return [uri for (uri,) in cursor.execute(sql, (spotify_id,))]


def fields_of(expression: Expression) -> tuple[Field, ...]:
    """The fields that an expression compares, each once, in its order; bare words compare none."""
    match expression:
        case Comparison(field):
            return (field,)
        case Not(term):
            return fields_of(term)
        case And(terms) | Or(terms):
            return tuple(dict.fromkeys(field for term in terms for field in fields_of(term)))
    return ()


def _reason(row: Row) -> str | None:
    """Why no rule is asked about a row of the base."""
    if row is None:
        return "empty rows"
    if is_fixed(row):
        return "local files"
    return "episodes" if row.startswith(_EPISODE) else None


def _left_out(rows: Sequence[Row], songs: int) -> dict[str, int]:
    counts = Counter(reason for row in rows if (reason := _reason(row)) is not None)
    doubles = len(rows) - songs - counts.total()
    return dict(counts) | ({"there twice": doubles} if doubles else {})


def _value(field: Field) -> str:
    return field.folded_sql if field.type == "text" else field.sql


def _column_of(field: Field) -> Field:
    """The field where its value lies ready. It has another name: that of its folder, too, is a value."""
    column = f'track."{field.name}"'
    return replace(field, name=f"base {field.name}", sql=column, folded_sql=column, searched=False)


_COLUMN: Final = {name: _column_of(field) for name, field in FIELDS.items() if field.type != "crate"}


def _passes(field: Field, tests: tuple[Test, ...], name: str) -> bool:
    """Whether a name passes one of the tests of a field of names."""
    return evaluate(Comparison(replace(field, value=lambda _: (name,)), tests), _NOBODY) is True


def _subject(
    track: Track, extra: Mapping[str, Any], crates: tuple[str, ...], genres: tuple[str, ...]
) -> Subject:
    on_spotify = {name: extra[name] for name in _ON_SPOTIFY if name in extra}
    return Subject(
        track,
        crates=crates,
        conflict=bool(extra.get("conflict")),
        sources=frozenset({"traktor"} if extra.get("source") == "traktor" else ()),
        analysis=extra.get("analysis"),
        steadiness=extra.get("steadiness"),
        differs=extra.get("differs") or "no",
        on_spotify=OnSpotify(genres=genres, **on_spotify),
        owned=bool(extra.get("owned", True)),
    )
