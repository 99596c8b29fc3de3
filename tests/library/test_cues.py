"""Cues are changed one at a time; no change costs another cue."""

from __future__ import annotations

from typing import Any

import pytest

from djtui.library.cues import CueError, by_slot, by_time, delete_cues, free_slot, label, set_cue
from djtui.model.cue import CueType

GRID: list[Any] = [4, 1000.0, 0.0, None, "AutoGrid", -1, 124.0, None]
DROP: list[Any] = [0, 1000.0, 0.0, 1, "drop", -1, None, "#FFFFFF"]
LOOP: list[Any] = [5, 64200.0, 4000.0, 3, None, -1, None, None]
CUES = [GRID, DROP, LOOP]


def test_a_cue_is_found_by_its_slot_or_its_time() -> None:
    assert (by_slot(CUES, 3), by_slot(CUES, 2)) == (2, None)
    assert (by_time(CUES, 64190.0), by_time(CUES, 64100.0), by_time(CUES, 1000.0)) == (2, None, 1)
    assert by_time([GRID], 1000.0) == 0
    assert free_slot(CUES) == 2


def test_only_what_is_said_changes() -> None:
    assert set_cue(CUES, 1, name=" big drop ") == [GRID, [*DROP[:4], "big drop", *DROP[5:]], LOOP]
    assert set_cue(CUES, 1, start=2000.0)[1] == [0, 2000.0, *DROP[2:]]
    assert set_cue(CUES, 1, name="", slot=None)[1] == [0, 1000.0, 0.0, None, None, -1, None, "#FFFFFF"]
    assert DROP[4] == "drop"


def test_a_new_cue_stands_last() -> None:
    new = [3, 500.0, 0.0, 2, "in", -1, None, None]
    assert set_cue(CUES, None, type=CueType.LOAD, start=500.0, slot=2, name="in") == [*CUES, new]


def test_a_loop_has_a_length_and_nothing_else_has() -> None:
    assert set_cue(CUES, 2, type=CueType.CUE)[2][:3] == [0, 64200.0, 0.0]
    assert set_cue(CUES, 1, type=CueType.LOOP, length=2000.0)[1][:3] == [5, 1000.0, 2000.0]
    assert set_cue(CUES, 0, type=CueType.CUE)[0][6] is None


@pytest.mark.parametrize(
    ("index", "change", "sentence"),
    [
        (1, {"slot": 3}, "Hotcue 3 is taken: hotcue 3 at 1:04.200"),
        (1, {"slot": 9}, "hotcues 1 to 8"),
        (1, {"type": CueType.LOOP}, "wants a length"),
        (1, {"length": 500.0}, "Only a loop"),
        (1, {"start": -1.0}, "stands between"),
        (1, {"start": float("nan")}, "stands between"),
        (None, {"name": "x"}, "wants a time"),
    ],
)
def test_what_cannot_be_is_refused(index: int | None, change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CueError, match=sentence):
        set_cue(CUES, index, **change)


def test_deleting_leaves_the_others_as_they_are() -> None:
    assert delete_cues(CUES, {1}) == [GRID, LOOP]


def test_a_cue_has_a_name_in_messages() -> None:
    assert [label(cue) for cue in CUES] == [
        "grid “AutoGrid” at 0:01.000",
        "hotcue 1 “drop” at 0:01.000",
        "hotcue 3 at 1:04.200",
    ]
