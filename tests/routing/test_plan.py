"""What applying would do is known before anything is written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from djtui.library.routes import LIKED, Base, Child
from djtui.routing.costs import Cost, read_cost
from djtui.routing.plan import Difference, known_rows, make, plan_child, with_child
from djtui.routing.songs import BaseSongs
from djtui.routing.steps import Insert, Remove, Replace
from djtui.routing.why import why
from djtui.spotify.budget import Budget
from tests.routing.account import BASE, EPISODE, LOCAL, Artist, Song, names, uri
from tests.routing.conftest import Accounts

NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
SONGS = (
    Song("a", duration=100.0, mine={"bpm": 119.9, "key": 14}),
    Song("b", duration=200.0, mine={"bpm": 126.0}),
    Song("c", duration=300.0, mine={"bpm": 121.0, "key": 21}),
    Song("d", duration=400.0),
    Song("e", duration=500.0),
)


def child(id: int, name: str, rule: str, **values: Any) -> Child:
    return Child(id, 1, name, rule=rule, **values)


def test_a_child_gets_what_its_rule_takes_in_the_order_of_the_base(account: Accounts) -> None:
    plan = account(SONGS).child("duration:>=200", present=["e", "a", "c"])
    assert plan.songs is not None
    assert names(plan.songs.songs.target) == "b c d e"
    assert names(plan.songs.songs.added) == "b d"
    assert names(plan.songs.songs.removed) == "a"
    assert names(plan.songs.songs.kept) == "c e"
    assert plan.counts == {"add": 2, "remove": 1, "keep": 2, "unknown": 0}


def test_a_child_that_is_right_costs_no_write(account: Accounts) -> None:
    plan = account(SONGS).child("duration:>=200", present=["b", LOCAL, "c", None, "d", "e"])
    assert plan.songs is not None
    assert plan.songs.is_right
    assert plan.songs.cost == Cost(reads=1)


@pytest.mark.parametrize(
    ("policy", "target", "review"),
    [("out", "a c", ""), ("in", "a c d e", ""), ("review", "a c", "d e")],
)
def test_what_is_unknown_goes_where_the_dj_wants_it(
    account: Accounts, policy: Any, target: str, review: str
) -> None:
    plan = account(SONGS).child("bpm:..122", unknown=policy)
    assert names(plan.target) == target
    assert names(plan.unknown) == "d e"
    assert names(plan.review.songs.target if plan.review else ()) == review
    if plan.review is not None:
        assert plan.review.title == "[Friday] > Warm-up ?"
        assert plan.review.cost.writes == 2, "made and filled"


def test_a_review_playlist_that_is_not_wanted_any_more_is_emptied(account: Accounts) -> None:
    asked = account(SONGS)
    told = child(7, "Warm-up", "bpm:..122", spotify_id="w", review_id="r")
    plan = plan_child(asked.base_songs, BASE, told, {"r": [uri("d")]})
    assert plan.review is not None
    assert plan.review.steps == (Remove((uri("d"),)),)


def test_an_exception_goes_before_the_rule(account: Accounts) -> None:
    said = {uri("a"): False, uri("b"): True, uri("d"): True, uri("x"): True, uri("y"): False, LOCAL: True}
    plan = account(SONGS).child("bpm:..122", present=["z", "x"], unknown="review", exceptions=said)
    assert names(plan.target) == "b c d x"
    assert plan.review is not None
    assert names(plan.review.songs.target) == "e"


def test_always_songs_of_no_base_stay_where_they_are_among_each_other(account: Accounts) -> None:
    said = {uri("x"): True, uri("y"): True, uri("z"): True}
    plan = account(SONGS).child("duration:>450", present=["e", "z", "x"], exceptions=said)
    assert names(plan.target) == "e z x y"


def test_songs_of_no_child_and_of_several_are_told(account: Accounts) -> None:
    plan = account(SONGS).plan(
        child(1, "Short", "duration:..300"),
        child(2, "Middle", "duration:200..400"),
        child(3, "Asleep", "", active=False),
        child(4, "Maybe", "bpm:>900", unknown="review"),
    )
    assert [each.child.id for each in plan.children] == [1, 2, 4]
    assert plan.several == {uri("b"): (1, 2), uri("c"): (1, 2)}
    assert names(plan.nowhere) == "", "e is looked at"
    assert plan.songs == 5


def test_an_edited_rule_changes_the_plan_of_its_child_alone(account: Accounts) -> None:
    asked = account(SONGS)
    one, two = child(1, "One", "title:a"), child(2, "Two", "title:b")
    plan = asked.plan(one, two)
    assert names(plan.nowhere) == "c d e"
    edited = plan_child(asked.base_songs, BASE, child(2, "Two", "-title:a"), {})
    again = with_child(plan, asked.base_songs, edited)
    assert again.children[0] is plan.children[0]
    assert names(again.nowhere) == ""


@pytest.mark.parametrize(
    ("present", "rule", "trouble"),
    [
        ([], "title:zzz", None),
        ([LOCAL, None], "title:zzz", None),
        (["a"], "title:zzz", "empties"),
        (["a", "b", "c", "x"], "title:a,b,c", None),
        (["a", "b", "x"], "title:a,b", "loses"),
        (["a", "a", "a", "b", "c", "x"], "title:a,b,c", None),
        ([EPISODE], "", "loses"),
    ],
)
def test_a_loss_is_asked_about(account: Accounts, present: Any, rule: str, trouble: str | None) -> None:
    plan = account(SONGS).child(rule, present=present)
    assert plan.songs is not None
    assert (plan.songs.question and plan.songs.question.trouble) == trouble


def test_the_question_says_what_would_be_lost(account: Accounts) -> None:
    plan = account(SONGS).child("title:a", present=["a", "b", "c"])
    assert plan.songs is not None
    assert plan.songs.question is not None
    assert plan.songs.question.text == "[Friday] > Warm-up would lose 2 of its 3 songs."


def test_more_than_a_playlist_holds_is_refused(account: Accounts) -> None:
    asked = account([Song("a")])
    rows = [uri(f"{number}") for number in range(10_000)]
    songs = BaseSongs(asked.connection, rows)
    told = child(7, "All", "", spotify_id="all")
    full = plan_child(songs, BASE, told, {"all": [LOCAL]}).songs
    assert full is not None
    assert full.question is not None
    assert full.question.text == "[Friday] > All would have 10,001 rows; a playlist holds 10,000 at most."
    assert full.steps == ()
    fits = plan_child(songs, BASE, told, {"all": []}).songs
    assert fits is not None
    assert fits.question is None


def test_a_playlist_of_the_library_gets_the_files_of_the_songs(account: Accounts) -> None:
    asked = account(SONGS)
    asked.execute(
        "INSERT INTO playlist (id, position, kind, source, name) VALUES (5, 0, 'list', 'djtui', 'x')"
    )
    for place, track in enumerate((102, 101)):
        asked.execute(
            "INSERT INTO playlist_item (playlist_id, position, track_id) VALUES (5, ?, ?)", (place, track)
        )
    plan = asked.child("duration:<=400 -title:b", kind="local", playlist_id=5, spotify_id=None)
    assert plan.local is not None
    assert plan.local.tracks == Difference((101, 103), added=(103,), removed=(102,), kept=(101,))
    assert names(plan.local.missing) == "d"
    assert plan.lists == ()
    assert not plan.local.is_right
    right = asked.child("title:b OR title:a", kind="local", playlist_id=5, spotify_id=None)
    assert right.local is not None
    assert not right.local.is_right, "another order"


def test_the_cost_counts_reading_writing_and_looking_again(account: Accounts) -> None:
    asked = account(SONGS)
    asked.hold(20, "same", ["a", "b"])
    asked.hold(21, "changed", ["a"], snapshot="older")
    asked.execute("UPDATE spotify_playlist SET total = 101 WHERE id = 21")
    children = (
        child(1, "Same", "title:a,b", spotify_id="same"),
        child(2, "Changed", "title:a,b", spotify_id="changed"),
        child(3, "New", "title:c"),
    )
    rows = known_rows(asked.connection, children)
    plan = make(asked.base_songs, BASE, children, rows)
    assert plan.base_cost == Cost(reads=1)
    assert [each.cost for each in plan.lists] == [Cost(1), Cost(3, 1, 1), Cost(0, 2, 1)]
    assert [type(step) for step in plan.lists[1].steps] == [Insert]
    assert plan.cost == Cost(5, 3, 2)
    read = make(asked.base_songs, BASE, children, rows, is_read=True)
    assert read.cost == Cost(0, 3, 2)
    assert read_cost(asked.connection, LIKED) == 1


def test_ten_children_that_stand_cost_a_request_each(account: Accounts) -> None:
    asked = account(SONGS[:2])
    children = [child(id, f"C{id}", "", spotify_id=f"p{id}") for id in range(30, 40)]
    for told in children:
        asked.hold(told.id, told.spotify_id or "", ["a", "b"])
    plan = make(asked.base_songs, BASE, children, known_rows(asked.connection, children))
    assert plan.cost == Cost(reads=11)


def test_a_cost_is_told_in_time_and_against_what_is_left_of_the_day() -> None:
    cost = Cost(4, 2, 1)
    assert cost.text(1.0) == "2 writes, 5 reads · about 3 s"
    assert Cost(300, 1, 4).text(1.0) == "1 write, 304 reads · about 6 min"
    assert cost.shortage(None, NOW) is None
    assert cost.shortage(budget(used=990), NOW) is None
    assert cost.shortage(budget(used=994), NOW) == (
        "This takes 7 requests, and 6 are left of the day's 1,000: "
        "it waits where they are used up, and goes on by itself."
    )
    blocked = cost.shortage(budget(used=0, blocked=NOW + timedelta(hours=1)), NOW)
    assert blocked is not None
    assert blocked.startswith("Spotify asks for a pause until")


def budget(used: int, blocked: datetime | None = None) -> Budget:
    return Budget(used, 1000, 1000, None, (0,) * 24, {}, blocked, None, None)


def test_one_request_replaces_what_has_nothing_in_common(account: Accounts) -> None:
    plan = account(SONGS).child("title:a", present=["x", "y"])
    assert plan.songs is not None
    assert plan.songs.steps == (Replace((uri("a"),)),)


def test_the_liked_songs_are_a_base() -> None:
    liked = Base(2, LIKED, "Liked songs")
    assert liked.is_liked
    assert child(1, "Fast", "").title(liked) == "[Liked songs] > Fast"


def test_for_every_song_it_is_told_why(account: Accounts) -> None:
    asked = account((*SONGS, Song("f", artists=[Artist("F", None)], mine={"bpm": None})))
    plan = asked.child(
        "bpm:..122 (genre:deep OR key:~8A OR title:f)",
        present=["b", "c", "x"],
        exceptions={uri("e"): False},
    )
    told = why(asked.base_songs, plan, [uri(name) for name in "abcdefx"])
    assert {names([uri]): (each.sign, each.text) for uri, each in told.items()} == {
        "a": ("+", "because bpm 119.9 in ..122 and key 7A near 8A"),
        "b": ("-", "bpm 126 > 122"),
        "c": ("=", "because bpm 121 in ..122 and key 8A near 8A"),
        "d": ("?", "bpm unknown and genre unknown and key unknown: no file matched"),
        "e": (" ", "you said never"),
        "f": ("?", "bpm unknown"),
        "x": ("-", "no longer in the base"),
    }


def test_why_tells_what_is_not_sent_and_what_no_file_matched(account: Accounts) -> None:
    asked = account(SONGS)
    genres = asked.child("genres:house")
    assert why(asked.base_songs, genres, [uri("a")], unsent={"genres"})[uri("a")].text == (
        "genres unknown: not sent to this app"
    )
    local = asked.child("duration:<450", kind="local", spotify_id=None)
    told = why(asked.base_songs, local, [uri("d"), uri("a")])
    assert {uri: (each.sign, each.text) for uri, each in told.items()} == {
        uri("d"): (" ", "duration 6:40 in <7:30, but no file matched"),
        uri("a"): ("+", "because duration 1:40 in <7:30"),
    }
    everything = asked.child("")
    assert why(asked.base_songs, everything, [uri("a")])[uri("a")].text == "every song"
