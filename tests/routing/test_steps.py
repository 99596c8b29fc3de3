"""The writes of a child playlist: right at the end, careful on the way, and few."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from djtui.routing.steps import Insert, Move, Remove, Replace, Row, Step, after, is_fixed, songs, steps

LOCAL = "spotify:local:Bicep:Isles:Atlas:312"


def song(number: int) -> str:
    return f"spotify:track:{number}"


numbers = st.integers(0, 40).map(song)
rows = st.lists(numbers | st.sampled_from([LOCAL, None]), max_size=60)
targets = st.lists(numbers, unique=True, max_size=40)


def carried_out(present: Sequence[Row], todo: Sequence[Step]) -> list[list[Row]]:
    """The playlist after each step."""
    states = [list(present)]
    for step in todo:
        states.append(after(states[-1], step))
    return states


@settings(max_examples=120, deadline=None)
@given(rows, targets)
def test_the_songs_end_up_as_they_should_and_nothing_fixed_is_lost(
    present: list[Row], target: list[str]
) -> None:
    todo = steps(present, target)
    states = carried_out(present, todo)
    assert songs(states[-1]) == target
    assert list(filter(is_fixed, states[-1])) == list(filter(is_fixed, present))
    assert steps(states[-1], target) == []


@settings(max_examples=120, deadline=None)
@given(rows, targets, st.integers(0, 5))
def test_broken_off_anywhere_it_goes_on_from_what_is_there(
    present: list[Row], target: list[str], done: int
) -> None:
    broken_off = carried_out(present, steps(present, target)[:done])[-1]
    assert songs(carried_out(broken_off, steps(broken_off, target))[-1]) == target


@settings(max_examples=120, deadline=None)
@given(rows, targets)
def test_what_stays_is_there_at_every_moment(present: list[Row], target: list[str]) -> None:
    """But for songs that were there twice: an app can only remove them all."""
    todo = steps(present, target)
    if any(isinstance(step, Replace) for step in todo):
        assert len(todo) == 1
        return
    once = {uri for uri in songs(present) if present.count(uri) == 1} & set(target)
    removed = {uri for step in todo if isinstance(step, Remove) for uri in step.uris}
    for state in carried_out(present, todo):
        assert once - removed <= set(songs(state))
    assert len(once & removed) == 0 or len(once & removed) > 20


def test_thirty_more_and_ten_less_of_three_thousand_are_two_writes() -> None:
    present = [song(number) for number in range(3000)]
    target = [uri for uri in present if int(uri.rpartition(":")[2]) % 300] + [
        song(number) for number in range(5000, 5030)
    ]
    todo = steps(present, target)
    assert [type(step) for step in todo] == [Remove, Insert]
    assert min(len(state) for state in carried_out(present, todo)) == 2990


def test_a_song_that_changed_its_place_is_moved_and_keeps_its_date() -> None:
    present = [song(number) for number in range(200)]
    target = [song(199), *present[:-1]]
    assert steps(present, target) == [Move(199, 0)]


def test_a_long_run_goes_in_hundreds() -> None:
    todo = steps([LOCAL], [song(number) for number in range(250)])
    assert [len(step.uris) for step in todo if isinstance(step, Insert)] == [100, 100, 50]
    assert [step.position for step in todo if isinstance(step, Insert)] == [1, 101, 201]


def test_a_playlist_is_replaced_at_once_where_no_row_would_stay() -> None:
    present = [song(number) for number in range(50)]
    target = [song(number) for number in range(60, 90)]
    assert steps(present, target) == [Replace(tuple(target))]
    assert Replace not in map(type, steps([*present, LOCAL], target))
    assert Replace not in map(type, steps(present, [*target, song(1)]))
    assert steps([song(1), song(1)], [song(1)]) == [Replace((song(1),))]


def test_a_child_without_a_match_is_emptied_but_for_what_cannot_be_removed() -> None:
    assert steps([song(1), LOCAL, song(2)], []) == [Remove((song(1), song(2)))]
    assert steps([LOCAL, None], []) == []


def test_a_target_names_each_song_once() -> None:
    with pytest.raises(ValueError, match="once"):
        steps([], [song(1), song(1)])
    with pytest.raises(ValueError, match="local"):
        steps([], [LOCAL])


def test_ten_thousand_shuffled_songs_are_planned_at_once() -> None:
    present = [song(number) for number in range(10_000)]
    target = random.Random(1).sample(present, len(present))
    assert songs(carried_out(present, steps(present, target))[-1]) == target
