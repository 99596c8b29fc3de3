"""What is written to put back what a DJ had, doubles and all, and to make a playlist anew."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from djtui.routing.steps import Replace, Row, Step, after, is_fixed, songs
from djtui.routing.writing import full, lost, wanted, wiped
from tests.routing.test_steps import LOCAL, numbers, song, targets

rows = st.lists(numbers | st.sampled_from([LOCAL, None]), max_size=40)


def done(present: list[Row], todo: list[Step]) -> list[Row]:
    for step in todo:
        present = after(present, step)
    return present


@settings(max_examples=120, deadline=None)
@given(rows, st.lists(numbers, max_size=40))
def test_songs_that_stood_there_twice_stand_there_twice_again(present: list[Row], image: list[str]) -> None:
    now = done(present, wanted(present, image))
    assert songs(now) == image
    assert list(filter(is_fixed, now)) == list(filter(is_fixed, present))
    assert wanted(now, image) == []


@settings(max_examples=120, deadline=None)
@given(rows, targets)
def test_made_anew_it_holds_what_it_should_and_no_local_file_is_lost(
    present: list[Row], target: list[str]
) -> None:
    todo = list(wiped(present, target))
    now = done(present, todo)
    assert songs(now) == target and lost(present, now) == []
    assert not any(map(is_fixed, present)) or not any(isinstance(step, Replace) for step in todo)


def test_what_went_that_cannot_be_put_back_is_told() -> None:
    assert lost([LOCAL, None, song(1), LOCAL], [None, LOCAL]) == [LOCAL]


def test_local_files_count_towards_what_a_playlist_holds() -> None:
    target = [song(number) for number in range(9_999)]
    assert full([LOCAL], target) is None
    assert full([LOCAL, None], target) is not None
