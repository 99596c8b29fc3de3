"""Everything that the earlier router could filter by can be said, and what is unknown is unknown."""

from __future__ import annotations

import pytest

from djtui.query import QueryError, parse
from djtui.routing.rules import check, needs, not_sent
from tests.routing.account import Artist, Song, names
from tests.routing.conftest import Accounts

HOUSE, UK = Artist("Bicep", ["deep house", "uk bass"], 71), Artist("Ross", ["UK Bass"], 20)
NOTHING_TOLD, NO_GENRES = Artist("Nobody"), Artist("Shy", [], 0)

SONGS = (
    Song("short", [HOUSE], duration=180.0, popularity=0, explicit=False, released="2014-12-31"),
    Song("middle", [UK], duration=240.0, popularity=50, explicit=True, released="2015-01-01"),
    Song("long", [UK, HOUSE], duration=300.0, popularity=100, explicit=False, released="2020"),
    Song("longer", [NO_GENRES], duration=300.001, popularity=51, explicit=None, released=None),
    Song("hidden", [NOTHING_TOLD], duration=None, popularity=None, explicit=None, released="2016"),
)

TABLE = [
    # what the earlier router called it; the rule; in; unknown
    ("no rules take everything", "", "short middle long longer hidden", ""),
    ("duration from and to, both included", "duration:3:00..5:00", "short middle long", "hidden"),
    ("duration from", "duration:4:00..", "middle long longer", "hidden"),
    ("duration to", "duration:..3:00", "short", "hidden"),
    ("popularity from and to, both included", "popularity:50..100", "middle long longer", "hidden"),
    ("popularity to, nought included", "popularity:..0", "short", "hidden"),
    ("explicit only", "explicit:yes", "middle", "longer hidden"),
    ("explicit not", "explicit:no", "short long", "longer hidden"),
    ("explicit and not", "explicit:any", "short middle long", ""),
    ("year from and to, both included", "year:2015..2020", "middle long hidden", "longer"),
    ("year to: an unknown year is not the year 0", "year:..2014", "short", "longer"),
    ("an unknown year, if it is wanted", "(year:..2014 OR year:none)", "short longer", ""),
    ("genres, any of them, whatever the case", "genres:=techno,=UK-BASS", "", "longer hidden"),
    ("genres, any of them", 'genres:="uk bass",=techno', "short middle long", "longer hidden"),
    ("a genre is the whole of it", "genres:=house", "", "longer hidden"),
    ("a genre in part, if it is wanted", "genres:house", "short long", "longer hidden"),
    ("genres, none of them", '-genres:="deep house"', "middle", "longer hidden"),
    ("excluded beats included", 'genres:="uk bass" -genres:="deep house"', "middle", "longer hidden"),
    ("artists without genres, if wanted", 'genres:="deep house",none', "short long longer hidden", ""),
    ("the best known artist", "artist_popularity:71..", "short long", "hidden"),
    ("the best known artist, from and to", "artist_popularity:20..70", "middle", "hidden"),
    ("a keyword of the title is a part of it", "title:LONG", "long longer", ""),
    ("keywords of the title, any of them", "title:ort,idd", "short middle hidden", ""),
    ("keywords of the title, none of them", "-title:ong", "short middle hidden", ""),
    ("a title keyword excluded beats one included", "title:long -title:er", "long", ""),
    ("a keyword of any artist", "artist:bice", "short long", ""),
    ("keywords of the artist, none of them", "-artist:bice,shy", "middle hidden", ""),
    ("all of them at once", "duration:4:00.. popularity:50.. explicit:no", "long", "longer hidden"),
    ("alternatives, which it did not have", "explicit:yes OR popularity:100", "middle long", "longer hidden"),
    ("groups turned round, which it did not have", "-(explicit:yes OR year:2020)", "short", "longer hidden"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "matching", "unknown"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_a_filter_of_the_earlier_router(account: Accounts, rule: str, matching: str, unknown: str) -> None:
    assert account(SONGS).answers(rule) == (matching, unknown)


LOCAL = (
    Song("mine", mine={"bpm": 119.9, "key": 14, "rating": 5, "genre": "Deep House", "energy": 4, "plays": 3}),
    Song("bare", mine={"bpm": None}, label="Ninja", liked="2025-06-01T00:00:00Z"),
    Song("nobodys"),
)


@pytest.mark.parametrize(
    ("rule", "matching", "unknown"),
    [
        ("bpm:..122", "mine", "bare nobodys"),
        ("key:~8A", "mine", "bare nobodys"),
        ("rating:>=4", "mine", "bare nobodys"),
        ("genre:deep", "mine", "bare nobodys"),
        ("energy:..5", "mine", "bare nobodys"),
        ("plays:>2", "mine", "bare nobodys"),
        ("label:ninja", "bare", "mine nobodys"),
        ("owned:yes", "mine bare", ""),
        ("crate:warm", "mine", ""),
        ("-crate:warm", "bare nobodys", ""),
        ("liked:yes", "bare", ""),
        ("added:2025-06", "bare", "mine nobodys"),
        ("bpm:none", "bare nobodys", ""),
        ("mine", "mine", ""),
        ("-mi", "bare nobodys", ""),
        ("deep", "mine", ""),
    ],
)
def test_a_rule_asks_what_the_file_tells(account: Accounts, rule: str, matching: str, unknown: str) -> None:
    asked = account(LOCAL, lists={"Warm": ["mine"]})
    assert asked.answers(rule) == (matching, unknown)


def test_a_rule_says_what_it_needs_and_of_how_many_songs_there_is_none(account: Accounts) -> None:
    songs = account([*SONGS, *LOCAL]).base_songs
    capabilities = {"has_genres": 0, "has_label": 0, "has_popularity": 1}
    found = needs(
        check("genres:house label:x bpm:..122 (year:2015 OR owned:yes) popularity:5 glue"),
        songs,
        not_sent(lambda name: capabilities.get(name)),
    )
    assert [str(need) for need in found] == [
        "genres: not sent to this app; unknown for 5 of 8",
        "label: not sent to this app, taken from local tags; unknown for 7 of 8",
        "bpm: of the files in your library; unknown for 7 of 8",
        "year: unknown for 4 of 8",
        "popularity: unknown for 4 of 8",
    ]


def test_a_rule_that_is_none_points_at_the_mistake() -> None:
    with pytest.raises(QueryError, match="bmp") as caught:
        check("bmp:120")
    assert caught.value.suggestion == "bpm"


def test_what_this_app_was_never_asked_is_not_called_missing() -> None:
    assert not_sent(lambda name: None) == frozenset()


def test_a_song_the_library_never_met_is_unknown_to_every_rule_but_the_empty_one(account: Accounts) -> None:
    asked = account([Song("known", duration=200.0)], rows=["stranger", "known"])
    assert asked.answers("duration:3:00..") == ("known", "stranger")
    assert asked.answers("") == ("stranger known", "")
    assert names(asked.base_songs.subjects(asked.base_songs.uris, ()).keys()) == "known"
    assert parse("") == check("")
