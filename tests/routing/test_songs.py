"""The temporary table answers as the library's own views and as memory do."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from djtui.library.routes import LIKED
from djtui.library.songs import songs_connection
from djtui.query import FIELDS, evaluate, parse, to_sql
from djtui.routing.songs import BaseSongs, fields_of, rows_of
from tests.routing.account import EPISODE, LOCAL, Song, names, uri
from tests.routing.conftest import Accounts
from tests.routing.invented import build

NOW = datetime(2025, 6, 15, tzinfo=UTC)

# One rule for each field and more, over values that the invented account has.
RULES = [f"{name}:any" for name in FIELDS] + [f"-{name}:none" for name in FIELDS]
RULES += [
    "bpm:..122 (genre:deep OR key:~8A) year:2015.. -explicit:yes",
    "bpm:~126 rating:4..",
    "genres:house,none",
    'genres:="deep house",="uk bass" -genres:disco',
    "-genres:/^t/ popularity:>50",
    "crate:peak -crate:closing",
    "crate:none",
    "crate:/^c/",
    "glue OR été",
    "gl 1",
    "artist:9 -title:rain",
    "folder:music path:a",
    "released:1999..2005 label:=label\t7",
    "added:<1y liked:yes",
    "artist_popularity:20..60 followers:>=1000",
    "duration:3:00..4:30",
    "energy:>=7 OR plays:0",
    "owned:no -spotify:missing",
    "-(genre:house OR bpm:>150) cue:none",
]  # fmt: skip


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path: Path = tmp_path_factory.mktemp("account") / "library.db"
    build(path, 300)
    opened = songs_connection(path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def songs(connection: sqlite3.Connection) -> BaseSongs:
    return BaseSongs(connection, rows_of(connection, "base"))


@pytest.mark.parametrize("rule", RULES)
def test_the_table_answers_as_the_views_do(
    connection: sqlite3.Connection, songs: BaseSongs, rule: str
) -> None:
    expression = parse(rule)
    where = to_sql(expression, now=NOW, indexed=False)
    asked = "SELECT track.id FROM track LEFT JOIN track_text ON track_text.id = track.id WHERE"
    matching, unknown = (
        {row[0] for row in connection.execute(f"{asked} {condition}", where.params)}
        for condition in (where.sql, where.unknown_sql)
    )
    answer = songs.ask(expression, now=NOW)
    ids = dict(connection.execute("SELECT uri, id FROM main.spotify_track").fetchall())
    assert {ids[songs.uris[place]] for place in answer.matching} == matching
    assert {ids[songs.uris[place]] for place in answer.unknown} == unknown
    assert list(answer.matching) == sorted(answer.matching)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "gl 1"])
def test_the_table_answers_as_memory_does(songs: BaseSongs, rule: str) -> None:
    expression = parse(rule)
    answer = songs.ask(expression, now=NOW)
    subjects = songs.subjects(songs.uris, fields_of(expression))
    remembered = [evaluate(expression, subjects[uri], now=NOW) for uri in songs.uris]
    assert [place for place, found in enumerate(remembered) if found] == list(answer.matching)
    assert [place for place, found in enumerate(remembered) if found is None] == list(answer.unknown)


def test_a_base_has_each_song_once_and_says_what_it_leaves_out(account: Accounts) -> None:
    rows = ["b", LOCAL, "a", None, "b", EPISODE, None, "b"]
    songs = account([Song("a"), Song("b")], rows=rows).base_songs
    assert names(songs.uris) == "b a"
    assert songs.left_out == {"local files": 1, "empty rows": 2, "episodes": 1, "there twice": 2}
    assert len(songs) == 2


def test_the_rows_are_those_that_were_read_whole_and_the_liked_ones_newest_first(account: Accounts) -> None:
    asked = account([Song("a", liked="2024-01-01T00:00:00Z"), Song("b", liked="2025-01-01T00:00:00Z")])
    asked.execute("INSERT INTO spotify_item VALUES (1, 2, 0, NULL, NULL, NULL)")
    assert asked.known("base") == "a b"
    assert asked.known(LIKED) == "b a"
    asked.execute("UPDATE spotify_playlist SET items_generation = 2 WHERE id = 1")
    assert rows_of(asked.connection, "base") == [None]
    asked.execute("UPDATE spotify_playlist SET items_generation = 1 WHERE id = 1")
    assert rows_of(asked.connection, "gone") == []


def test_a_rule_that_asks_more_finds_it_there(account: Accounts) -> None:
    asked = account([Song("a", duration=100.0), Song("b", duration=300.0, popularity=5)])
    assert asked.answers("duration:>200")[0] == "b"
    assert asked.answers("popularity:5")[0] == "b"
    assert asked.answers("duration:>200 popularity:5 crate:base")[0] == "b"


def test_two_bases_on_one_connection_do_not_answer_for_each_other(account: Accounts) -> None:
    asked = account([Song("a", duration=100.0), Song("b", duration=300.0)])
    other = BaseSongs(asked.connection, [uri("b")])
    rule = parse("duration:>0")
    for _ in range(2):
        assert asked.base_songs.ask(rule).matching == (0, 1)
        assert other.ask(rule).matching == (0,)


def test_hostile_text_stays_text(account: Accounts) -> None:
    asked = account([Song("it's"), Song('a"b')])
    assert asked.answers("title:it's")[0] == "it's"
    assert asked.answers('"a""b"')[0] == 'a"b'
    assert asked.answers('genres:"\'); DROP TABLE x; --"') == ("", "it's a\"b")


def test_an_interrupted_question_can_be_asked_again(tmp_path: Path) -> None:
    build(tmp_path / "library.db", 3000)
    connection = songs_connection(tmp_path / "library.db")
    songs = BaseSongs(connection, rows_of(connection, "base"))
    stopped: list[str] = []
    began = threading.Event()

    def ask() -> None:
        began.set()
        try:
            songs.prepare()
        except sqlite3.OperationalError as error:
            stopped.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    began.wait()
    while thread.is_alive() and not stopped:
        connection.interrupt()
        time.sleep(0.0002)
    thread.join()
    assert stopped in (["interrupted"], ["vtable constructor failed: json_each"])
    assert songs.ask(parse("glue popularity:any crate:base")).matching
    connection.close()


def test_songs_of_the_library_are_their_tracks(account: Accounts) -> None:
    asked = account([Song("a", mine={"bpm": 120}), Song("b"), Song("c", mine={"bpm": 121})])
    assert asked.base_songs.linked([uri("c"), uri("b"), uri("a")]) == {uri("c"): 103, uri("a"): 101}
    assert asked.base_songs.titles([uri("b"), uri("x")]) == {uri("b"): ("b", "Bicep")}
