"""Routing: rules against a loop written by hand over the same conditions, and a preview while one types.

The loop gets what it asks of the songs by one SELECT, as a program for these rules alone would, and keeps
apart what is unknown, as the rules do: `and`, `or` and `not` of three values, spelled out.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from djtui.library.routes import Base, Child
from djtui.library.songs import songs_connection
from djtui.model.key import neighbours, parse
from djtui.query import parse as parse_rule
from djtui.routing.plan import make, plan_child, with_child
from djtui.routing.songs import BaseSongs, fields_of, rows_of
from tests.benchmarks.measure import Line, best, show
from tests.routing.invented import build

ROUNDS: Final = 5
NEAR_8A: Final = neighbours(parse("8A") or 0)
BASE: Final = Base(1, "base", "base")


@dataclass(slots=True)
class Song:
    """What the loop knows of a song."""

    bpm: float | None
    key: int | None
    rating: int | None
    energy: int | None
    plays: int | None
    year: int | None
    genre: str | None
    label: str | None
    title: str
    artist: str
    duration: float
    explicit: int
    popularity: int | None
    liked: int
    owned: int


Test = Callable[[Song], bool | None]


def _not(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _and(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _or(one: bool | None, other: bool | None) -> bool | None:
    if one is True or other is True:
        return True
    return None if one is None or other is None else False


RULES: Final[tuple[tuple[str, Test], ...]] = (
    ("bpm:..122", lambda s: None if s.bpm is None else s.bpm <= 122.0005),
    ("bpm:124..128", lambda s: None if s.bpm is None else 123.9995 <= s.bpm <= 128.0005),
    ("bpm:>=140", lambda s: None if s.bpm is None else s.bpm >= 139.9995),
    ("key:~8A", lambda s: None if s.key is None else s.key in NEAR_8A),
    ("rating:4..", lambda s: None if s.rating is None else s.rating >= 4),
    ("energy:>=7", lambda s: None if s.energy is None else s.energy >= 7),
    ("year:2015..", lambda s: None if s.year is None else s.year >= 2015),
    ("genre:house", lambda s: None if s.genre is None else "house" in s.genre),
    ("genre:=techno", lambda s: None if s.genre is None else s.genre == "techno"),
    ('label:="label 7"', lambda s: None if s.label is None else s.label == "label 7"),
    ("title:rain", lambda s: "rain" in s.title),
    ('-artist:="artist 9"', lambda s: s.artist != "artist 9"),
    ("duration:4:00..6:00", lambda s: 240 <= s.duration <= 360),
    ("explicit:no", lambda s: not s.explicit),
    ("popularity:50..", lambda s: None if s.popularity is None else s.popularity >= 50),
    ("liked:yes", lambda s: s.liked == 1),
    (
        "bpm:120..126 key:~8A",
        lambda s: _and(
            None if s.bpm is None else 119.9995 <= s.bpm <= 126.0005,
            None if s.key is None else s.key in NEAR_8A,
        ),
    ),
    (
        "(genre:techno OR energy:>=8) bpm:>128",
        lambda s: _and(
            _or(
                None if s.genre is None else "techno" in s.genre,
                None if s.energy is None else s.energy >= 8,
            ),
            None if s.bpm is None else s.bpm > 128.0005,
        ),
    ),
    (
        "-(genre:house OR explicit:yes) year:1995..2010",
        lambda s: _and(
            _not(_or(None if s.genre is None else "house" in s.genre, s.explicit == 1)),
            None if s.year is None else 1995 <= s.year <= 2010,
        ),
    ),
    (
        "owned:yes plays:..10 rating:>=3",
        lambda s: _and(
            _and(s.owned == 1, None if s.plays is None else s.plays <= 10),
            None if s.rating is None else s.rating >= 3,
        ),
    ),
)

_READ: Final = """
SELECT t.bpm, t.key, t.rating, t.energy, t.plays,
  coalesce(CAST(substr(a.release_date, 1, 4) AS INTEGER), t.year), x.genre, lower(coalesce(a.label, t.label)),
  lower(s.title), lower(s.artist), s.duration, s.explicit, s.popularity, l.track_id IS NOT NULL,
  k.track_id IS NOT NULL
FROM spotify_playlist p JOIN spotify_item i ON i.playlist_id = p.id AND i.generation = p.items_generation
JOIN spotify_track s ON s.id = i.track_id LEFT JOIN spotify_album a ON a.id = s.album_id
LEFT JOIN spotify_like l ON l.track_id = s.id LEFT JOIN spotify_link k ON k.song_id = s.id
LEFT JOIN track t ON t.id = k.track_id LEFT JOIN track_text x ON x.id = t.id
WHERE p.spotify_id = 'base' ORDER BY i.position
"""
Answers = list[tuple[list[int], list[int]]]


def by_hand(songs: list[Song]) -> Answers:
    """The loop: for each rule the places of the songs that are in, and of those that may be."""
    found: Answers = []
    for _, test in RULES:
        matching: list[int] = []
        unknown: list[int] = []
        for place, song in enumerate(songs):
            answer = test(song)
            if answer:
                matching.append(place)
            elif answer is None:
                unknown.append(place)
        found.append((matching, unknown))
    return found


def by_rules(songs: BaseSongs) -> Answers:
    """The same, by the filter language."""
    rules = [parse_rule(rule) for rule, _ in RULES]
    songs.prepare(field for rule in rules for field in fields_of(rule))
    answers = [songs.ask(rule) for rule in rules]
    return [(list(answer.matching), list(answer.unknown)) for answer in answers]


def read_by_hand(connection: sqlite3.Connection) -> list[Song]:
    """The songs as the loop wants them."""
    cursor = connection.cursor()
    cursor.row_factory = None
    return [Song(*row) for row in cursor.execute(_READ)]


def read_for_rules(connection: sqlite3.Connection) -> BaseSongs:
    """The songs in a table that has all these rules ask, and no more."""
    return BaseSongs(connection, rows_of(connection, "base"))


def main(songs: int = 10_000) -> list[Line]:
    """Measure and return the lines of the table."""
    with tempfile.TemporaryDirectory(prefix="djtui-bench-") as name:
        path = Path(name) / "library.db"
        build(path, songs)
        connection = songs_connection(path)
        plain = songs_connection(path)  # its names are those of the tables
        for view in [row[0] for row in plain.execute("SELECT name FROM temp.sqlite_master")]:
            plain.execute(f"DROP VIEW temp.{view}")
        loop, rules, both_loop, both_rules = ([] for _ in range(4))
        for _ in range(ROUNDS):
            seconds, there = _timed(read_by_hand, plain)
            asked, expected = _timed(by_hand, there)
            loop.append(asked)
            both_loop.append(seconds + asked)
            base = read_for_rules(connection)
            first, found = _timed(lambda: by_rules(read_for_rules(connection)))
            both_rules.append(first)
            if found != expected:
                raise SystemExit("The rules and the loop do not agree.")
            by_rules(base)
            rules.append(_timed(by_rules, base)[0])
        typed = best([_typing(base) for _ in range(ROUNDS)])
        connection.close()
        plain.close()
    return [
        Line(
            f"{len(RULES)} rules over {songs:,} songs, of a loop by hand",
            best(rules) / best(loop), 3, 1.5,
            detail=f"{best(rules) * 1000:.0f} ms against {best(loop) * 1000:.0f} ms",
        ),
        Line(
            "the same with the reading of the songs",
            best(both_rules) / best(both_loop), 3, 2,
            detail=f"{best(both_rules) * 1000:.0f} ms against {best(both_loop) * 1000:.0f} ms",
        ),
        Line("a preview while a rule is typed, the slowest of its keystrokes", typed, 50, 25, " ms"),
    ]  # fmt: skip


def _typing(songs: BaseSongs) -> float:
    """Milliseconds of the slowest answer while a rule is typed for a child that holds a third of the base,
    beside nineteen others."""
    songs.prepare()
    children = [Child(id, 1, f"C{id}", rule=rule) for id, (rule, _) in enumerate(RULES)]
    edited = Child(0, 1, "C0", spotify_id="child")
    present = {"child": songs.uris[::3]}
    plan = make(songs, BASE, children, present)
    whole = "bpm:..122 (genre:deep OR key:~8A) year:2015.. -explicit:yes"
    slowest = 0.0
    for end in (9, 20, 34, 46, len(whole)):
        rule = whole[:end] + (")" if "(" in whole[:end] and ")" not in whole[:end] else "")
        child = replace(edited, rule=rule)
        started = time.perf_counter()
        with_child(plan, songs, plan_child(songs, BASE, child, present))
        slowest = max(slowest, time.perf_counter() - started)
    return slowest * 1000


def _timed(work: Callable[..., Any], *given: Any) -> tuple[float, Any]:
    started = time.perf_counter()
    result = work(*given)
    return time.perf_counter() - started, result


if __name__ == "__main__":
    show(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
