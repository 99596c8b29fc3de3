"""What the kept track gets: everything that a DJ has put into the others."""

from __future__ import annotations

from typing import Any

import pytest

from djtui.bridge.merged import comments, cues, in_place_of, merged
from djtui.model.track import COLUMNS

GRID = (4, 12.5, 0.0, None, "AutoGrid", -1, 124.0, None)
INTRO = (0, 1000.0, 0.0, 1, "intro", -1, None, None)
DROP = (0, 64_200.0, 0.0, 3, "drop", -1, None, None)
LOOP = (5, 90_000.0, 4000.0, 3, "loop", -1, None, None)


def track(**fields: Any) -> dict[str, Any]:
    return {**dict.fromkeys(COLUMNS), "cues": None} | fields


def test_nothing_changes_where_the_other_knows_nothing_more() -> None:
    one = track(title="Opal", rating=3, cues=[list(DROP)])
    assert merged(one, track(title="opal!!"), same_sound=True) == {}
    assert merged(one, track(rating=2, cues=[list(DROP)]), same_sound=True) == {}


def test_plays_are_added_up_and_the_better_the_later_the_older_wins() -> None:
    one = track(rating=2, plays=3, played="2024-01-01", added="2020-05-05", color=1)
    other = track(rating=5, plays=4, played="2025-01-01", added="2019-01-01", color=2)
    assert merged(one, other, same_sound=True) == {
        "rating": 5, "plays": 7, "played": "2025-01-01", "added": "2019-01-01",
    }  # fmt: skip


def test_what_is_unknown_is_filled_and_what_is_known_stays() -> None:
    one = track(genre="House", key=None, key_text="8A", lufs=None)
    other = track(
        genre="Breaks", label="Ninja", released="2017-09-01", year=2017, key=21, lufs=-8.0, bpm=124.0
    )
    assert merged(one, other, same_sound=True) == {
        "label": "Ninja", "released": "2017-09-01", "year": 2017, "bpm": 124.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("keeper", "other", "both"),
    [
        (None, None, None),
        (None, "vocals", "vocals"),
        ("big", None, "big"),
        ("big Vocals", "vocals", "big Vocals"),
        ("big", "vocals", "big; vocals"),
    ],
)
def test_comments_stand_behind_each_other(keeper: str | None, other: str | None, both: str | None) -> None:
    assert comments(keeper, other) == both


def test_cues_are_added_where_there_are_none_on_free_pads() -> None:
    near = (0, 64_230.0, 0.0, 5, "the same", -1, None, None)
    found = cues([INTRO, DROP], [near, LOOP], same_sound=True)
    assert found == [list(INTRO), list(DROP), [*LOOP[:3], 2, *LOOP[4:]]]


def test_with_all_pads_taken_a_cue_has_none() -> None:
    full = [(0, 1000.0 * pad, 0.0, pad, None, -1, None, None) for pad in range(1, 9)]
    assert cues(full, [LOOP], same_sound=True)[-1][3] is None


def test_a_grid_comes_along_with_the_same_sound_only() -> None:
    assert cues([], [GRID], same_sound=True) == [list(GRID)]
    assert cues([], [GRID, DROP], same_sound=False) == [list(DROP)]
    own = (4, 99.0, 0.0, None, "mine", -1, 124.0, None)
    assert cues([own], [GRID], same_sound=True) == [list(own)]


def test_the_keeper_takes_the_places_of_the_others_once() -> None:
    items = [(2, None, "track"), (5, None, "track"), (3, None, "track"), (None, "C:/x.mp3", "track")]
    assert in_place_of(items, {2: 1, 3: 1}) == [[1, None, "track"], items[1], items[3]]
    assert in_place_of([(1, None, "track"), *items], {2: 1, 3: 1}) == [(1, None, "track"), items[1], items[3]]
