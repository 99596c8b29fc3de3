"""Tempi and grids by hand."""

from __future__ import annotations

from typing import Any

import pytest

from djtui.model.cue import CueType
from djtui.tui.beats import BeatError, Taps, scaled, shifted

GRID = [int(CueType.GRID), 100.0, 0.0, None, "AutoGrid", -1, 62.0, None]
CUE = [int(CueType.CUE), 5_000.0, 0.0, 1, "drop", -1, None, None]


def track(**fields: Any) -> dict[str, Any]:
    return {"bpm": 62.0, "locked": 0, "cues": [GRID, CUE], **fields}


def test_the_tempo_of_taps_is_that_of_the_median_so_that_a_missed_one_does_not_matter() -> None:
    taps = Taps()
    for at in (0.0, 0.5, 1.0, 2.0, 2.5, 3.0):
        taps.tap(at)
    assert (taps.bpm, taps.count) == (120.0, 6)


def test_a_key_that_bounces_is_one_tap_and_a_pause_begins_anew() -> None:
    taps = Taps()
    for at in (0.0, 0.01, 0.5, 0.52, 1.0):
        taps.tap(at)
    assert [taps.bpm, taps.count] == [120.0, 3]
    taps.tap(4.5)
    assert [taps.bpm, taps.count] == [None, 1]
    taps.tap(5.5)
    assert [taps.bpm, taps.count] == [60.0, 2]


def test_a_doubled_tempo_doubles_that_of_every_grid_marker_and_leaves_the_cues() -> None:
    second = [*GRID[:1], 60_000.0, *GRID[2:]]
    changed = scaled(track(cues=[GRID, CUE, second]), 2)
    assert changed["bpm"] == 124.0
    assert [cue[6] for cue in changed["cues"]] == [124.0, None, 124.0]
    assert [cue[1] for cue in changed["cues"]] == [100.0, 5_000.0, 60_000.0]
    assert scaled(track(cues=None), 0.5) == {"bpm": 31.0}


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (track(bpm=None), "no tempo yet"),
        (track(locked=1), "It is locked"),
        (track(bpm=250.0), "500 BPM would be no tempo"),
    ],
)
def test_a_tempo_that_cannot_be_doubled_says_why(image: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BeatError, match=sentence):
        scaled(image, 2)


def test_a_shifted_grid_moves_its_markers_alone() -> None:
    assert [cue[1] for cue in shifted(track(), ms=10)["cues"]] == [110.0, 5_000.0]
    assert shifted(track(), beats=1)["cues"][0][1] == pytest.approx(100 + 60_000 / 62)


def test_a_grid_that_would_begin_before_the_track_goes_on_by_a_bar() -> None:
    bar = 4 * 60_000 / 62
    assert shifted(track(), ms=-110)["cues"][0][1] == pytest.approx(bar - 10)
    assert shifted(track(), beats=-1)["cues"][0][1] == pytest.approx(100 + bar * 3 / 4)
    second = [*GRID[:1], 60_000.0, *GRID[2:]]
    with pytest.raises(BeatError, match="cannot begin before"):
        shifted(track(cues=[GRID, second]), ms=-110)


def test_what_has_no_grid_or_is_locked_is_not_shifted() -> None:
    with pytest.raises(BeatError, match="no beat grid"):
        shifted(track(cues=[CUE]), ms=10)
    with pytest.raises(BeatError, match="It is locked"):
        shifted(track(locked=1), ms=10)
