"""Three-way merging: one side's edit is taken, two sides' edits are a conflict."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtui.model.track import SYNCED
from djtui.traktor.merge import Strategy, merge


def merged(base: Any, library: Any, traktor: Any, strategy: Strategy = "merge") -> tuple[dict[str, Any], int]:
    """Changes and number of conflicts for the genre."""
    result = merge({"genre": base}, {"genre": library}, {"genre": traktor}, strategy)
    return result.changes, len(result.conflicts)


def test_what_only_traktor_changed_is_taken() -> None:
    assert merged("House", "House", "Breaks") == ({"genre": "Breaks"}, 0)


def test_what_only_the_library_changed_stays() -> None:
    assert merged("House", "Breaks", "House") == ({}, 0)


def test_what_traktor_emptied_is_emptied() -> None:
    assert merged("House", "House", None) == ({"genre": None}, 0)


def test_two_different_edits_are_a_conflict_and_the_librarys_stays() -> None:
    result = merge({"genre": "House"}, {"genre": "Deep House"}, {"genre": "Breaks"}, "merge")
    assert result.changes == {}
    assert [(it.base, it.library, it.traktor) for it in result.conflicts] == [
        ("House", "Deep House", "Breaks")
    ]
    assert result.base["genre"] == "House"


def test_the_same_edit_on_both_sides_is_no_conflict() -> None:
    assert merged("House", "Breaks", "Breaks") == ({}, 0)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [("traktor", ({"genre": "Breaks"}, 0)), ("library", ({}, 0)), ("fill", ({}, 0)), ("merge", ({}, 1))],
)
def test_strategies_say_who_wins_when_both_changed(strategy: Strategy, expected: object) -> None:
    assert merged("House", "Deep House", "Breaks", strategy) == expected


def test_fill_takes_only_what_is_empty_here() -> None:
    assert merged("House", "House", "Breaks", "fill") == ({}, 0)
    assert merged(None, None, "Breaks", "fill") == ({"genre": "Breaks"}, 0)


def test_plays_are_never_lowered() -> None:
    assert merge({"plays": 5}, {"plays": 9}, {"plays": 7}, "traktor").changes == {}
    assert merge({"plays": 5}, {"plays": 5}, {"plays": 7}, "library").changes == {"plays": 7}


def test_the_year_follows_the_release_date() -> None:
    assert merge({}, {}, {"released": "2017-09-01"}, "merge").changes == {
        "released": "2017-09-01",
        "year": 2017,
    }


def test_cues_that_traktor_deleted_are_deleted_as_an_empty_list() -> None:
    cue = [0, 1.0, 0.0, 1, None, -1, None, None]
    assert merge({"cues": [cue]}, {"cues": [cue]}, {}, "merge").changes == {"cues": []}


VALUES = st.none() | st.sampled_from(["a", "b", "c"])
SIDES = st.dictionaries(
    st.sampled_from([name for name in SYNCED if name not in ("released", "cues")]), VALUES
)


@given(SIDES, SIDES, SIDES)
def test_merging_again_changes_nothing(
    base: dict[str, Any], library: dict[str, Any], traktor: dict[str, Any]
) -> None:
    once = merge(base, library, traktor, "merge")
    settled = library | once.changes
    again = merge(settled | once.base, settled, traktor, "merge")
    assert again.changes == {}
    assert [it.field for it in again.conflicts] == [it.field for it in once.conflicts]
    drift = {name: was for name, was in once.base.items() if was != settled.get(name)}
    assert {name: was for name, was in again.base.items() if was != settled.get(name)} == drift
