"""Patching cues: what stays keeps its bytes, what is added is added once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from djtui.traktor.entry import CueRow
from djtui.traktor.patch_cues import normal, place, same
from tests.traktor.nml_text import cue, entry
from tests.traktor.patch_text import ENTRY, LAYOUTS, demo_entries, patched, read

GRID, DROP, LOOP = read(ENTRY.encode())[0]["cues"]
NEW: CueRow = (0, 90_000.0, 0.0, 3, "New", None, None, None)


def cues_of(text: bytes) -> list[CueRow]:
    rows: list[CueRow] = read(text)[0]["cues"]
    return rows


def marks(text: bytes) -> list[bytes]:
    return re.findall(rb"<CUE_V2.*?</CUE_V2>", text, re.DOTALL)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_new_cue_comes_behind_the_others_and_they_keep_their_bytes(layout: str) -> None:
    before = LAYOUTS[layout].encode()
    after = patched(before, cues=[NEW, LOOP, GRID, DROP])
    assert cues_of(after.text) == [GRID, DROP, LOOP, (*NEW[:5], -1, None, None)]
    new = re.findall(rb'<CUE_V2 NAME="New"[^<]*></CUE_V2>\s*', after.text)
    assert len(new) == 1
    rest = after.text.replace(new[0], b"")
    assert rest[rest.index(b"TITLE=") + 6 :] == before[before.index(b"TITLE=") + 6 :]


def test_a_cue_without_a_slot_or_a_name() -> None:
    text = patched(entry(), cues=[(0, 1.5, 0.0, None, None, None, None, None)]).text
    assert marks(text) == [
        b'<CUE_V2 NAME="n.n." DISPL_ORDER="0" TYPE="0" START="1.500000" LEN="0.000000" REPEATS="-1" '
        b'HOTCUE="-1"></CUE_V2>'
    ]
    assert b"</INFO>\n<CUE_V2" in text
    assert text.endswith(b"</CUE_V2>\n</ENTRY>\n")


def test_a_grid_marker_has_a_grid_if_its_tempo_is_known() -> None:
    text = patched(
        entry(), cues=[(4, 1.5, 0.0, None, "AutoGrid", -1, 128.25, None), (0, 1.5, 0, 2, "", 0, 5, "#FFFFFF")]
    ).text
    assert [mark.partition(b' HOTCUE="')[2] for mark in marks(text)] == [
        b'-1"><GRID BPM="128.250000"></GRID>\n</CUE_V2>',
        b'1" COLOR="#FFFFFF"></CUE_V2>',
    ]
    assert b"GRID" not in patched(entry(), cues=[(4, 1.5, 0.0, None, None, None, None, None)]).text


def test_of_a_changed_cue_only_what_differs_is_written() -> None:
    after = patched(ENTRY, cues=[GRID, (0, 60_000.25, 0.0, 2, None, -1, None, "#FFFFFF"), LOOP])
    assert marks(after.text)[1] == (
        b'<CUE_V2 NAME="n.n." DISPL_ORDER="3" TYPE="0" START="60000.250000" LEN="0.000000" REPEATS="-1" '
        b'HOTCUE="1" COLOR="#FFFFFF" WHAT="ever"><UNKNOWN A="1"></UNKNOWN>\n</CUE_V2>'
    )
    moved = (DROP[0], 1.0, *DROP[2:])  # the pad is what makes it the same cue
    assert b'DISPL_ORDER="3" TYPE="0" START="1.000000"' in patched(ENTRY, cues=[GRID, moved, LOOP]).text
    other_pad = (*DROP[:3], 7, *DROP[4:])  # or else its place
    assert b'HOTCUE="6" WHAT="ever"' in patched(ENTRY, cues=[GRID, other_pad, LOOP]).text
    kind = (5, DROP[1], 500.0, *DROP[3:5], 2, None, None)
    assert (
        b'TYPE="5" START="60000.000000" LEN="500.000000" REPEATS="2" HOTCUE="1" WHAT'
        in patched(ENTRY, cues=[GRID, kind, LOOP]).text
    )


def test_a_cue_that_is_not_wanted_goes_with_its_newline() -> None:
    after = patched(ENTRY, cues=[GRID, LOOP]).text
    before = ENTRY.encode()
    [_, drop, _] = marks(before)
    expected = before.replace(drop + b"\n", b"")
    assert after.partition(b" AUDIO_ID")[2] == expected.partition(b" AUDIO_ID")[2]
    assert marks(patched(ENTRY, cues=[]).text) == []
    assert b"</MUSICAL_KEY>\n<CELL" in patched(ENTRY, cues=[]).text


def test_what_replaces_all_cues_stands_where_they_stood() -> None:
    assert b'</MUSICAL_KEY>\n<CUE_V2 NAME="New"' in patched(ENTRY, cues=[NEW]).text
    assert b"</CUE_V2>\n<CELL" in patched(ENTRY, cues=[NEW]).text


def test_the_tempo_of_a_marker_is_written_into_its_grid() -> None:
    after = patched(ENTRY, cues=[(*GRID[:6], 130.0, None), DROP, LOOP])
    assert marks(after.text)[0].endswith(b'HOTCUE="-1"><GRID BPM="130.000000"></GRID>\n</CUE_V2>')
    old = entry(inside=cue(4).replace("></CUE_V2>", "/>"))
    text = patched(old, cues=[(4, 1000.0, 0.0, None, None, -1, 130.0, None)]).text
    assert text.endswith(b'HOTCUE="-1"><GRID BPM="130.000000"></GRID>\n</CUE_V2>\n</ENTRY>\n')


def test_the_grid_of_a_locked_track_stays_and_its_other_cues_are_done() -> None:
    text = ENTRY.replace('AUDIO_ID="', 'LOCK="1" AUDIO_ID="')
    after = patched(text, cues=[(*GRID[:6], 130.0, None), NEW])
    assert after.refusals == (("cues", "the track is locked in Traktor, so its beat grid stays"),)
    assert marks(after.text)[0] == marks(ENTRY.encode())[0]
    assert [row[4] for row in cues_of(after.text)] == ["AutoGrid", "New"]
    assert patched(text, cues=[]).refusals
    assert patched(text, cues=[GRID, NEW]).refusals == ()
    assert patched(text, {"locked": 0}, [NEW]).refusals == ()


def test_a_pad_with_a_marker_on_it_is_not_taken_for_another_cue() -> None:
    text = entry(inside=cue(4, hotcue="0", name="Beat Marker"))
    after = patched(text, cues=[(0, 1000.0, 0.0, 1, "One", -1, None, None)])
    assert cues_of(after.text) == [(0, 1000.0, 0.0, 1, "One", -1, None, None)]


def test_a_cue_that_is_there_is_not_added_again() -> None:
    near = (0, 60_000.4, 0.0, 2, "Drop", -1, None, None)
    after = patched(ENTRY, cues=[GRID, DROP, LOOP, near, NEW, (*NEW[:4], "Newer", 4, None, None)])
    assert len(marks(after.text)) == 4
    assert after.doubles == 0


def test_doubles_of_the_file_stay_and_are_counted() -> None:
    text = entry(inside=cue(0, name="a") + cue(0, name="b") + cue(0, name="a") + cue(0, "7.5", hotcue="1"))
    rows = cues_of(text.encode())
    after = patched(text, cues=rows)
    assert (after.text, after.doubles) == (text.encode(), 2)
    assert len(marks(patched(text, cues=[rows[0], rows[1], rows[3]]).text)) == 3
    renamed = [rows[0], (*rows[1][:4], "c", *rows[1][5:]), rows[2], rows[3]]
    assert [row[4] for row in cues_of(patched(text, cues=renamed).text)] == ["a", "c", "a", None]


def test_a_name_that_no_file_can_hold_is_refused() -> None:
    after = patched(ENTRY, cues=[(*NEW[:4], "\x00", None, None, None)])
    assert after.text == ENTRY.encode()
    assert [refusal.field for refusal in after.refusals] == ["cues"]


def test_rows_as_json_has_them_are_rows() -> None:
    rows: Any = [list(GRID), list(DROP), [5, 70000, 2000, None, None, -1, None, None]]
    assert patched(ENTRY, cues=rows).text == ENTRY.encode()


_TIMES = st.integers(-1_000_000, 600_000_000).map(lambda number: number / 1000)
_CUES = st.tuples(
    st.sampled_from([0, 1, 2, 3, 5]),
    _TIMES,
    st.just(0.0) | _TIMES,
    st.none() | st.integers(1, 8),
    st.none() | st.text("abc &<\"'", min_size=1, max_size=5),
    st.none() | st.integers(-1, 3),
    st.none(),
    st.none() | st.just("#FFFFFF"),
)
_GRIDS = st.tuples(
    st.just(4), _TIMES, st.just(0.0), st.none(), st.just("AutoGrid"), st.just(-1), st.just(99.5), st.none()
)


@given(
    st.sampled_from([*demo_entries(19), *demo_entries(20), *(text.encode() for text in LAYOUTS.values())]),
    st.lists(_CUES | _GRIDS, max_size=6),
    st.randoms(use_true_random=False),
)
@settings(max_examples=80, deadline=None)
def test_the_cues_are_those_that_are_wanted(before: bytes, new: list[CueRow], random: Any) -> None:
    there = [row for row in cues_of(before) if random.random() < 0.7]
    changed = [
        (*row[:4], "changed", *row[5:]) if random.random() < 0.3 and row[0] != 4 else row for row in there
    ]
    wanted = changed + new
    random.shuffle(wanted)
    after = patched(before, {"locked": 0}, wanted)
    assert not after.refusals
    found = cues_of(after.text)
    for row in wanted:
        double = any(place(row) == place(it) for it in found)
        exact = any(same(it, normal(row)) for it in found)
        assert exact or double
    assert all(any(same(it, normal(row)) for row in wanted) for it in found)
    assert len(found) <= len(wanted)
    [old], [image] = read(before), read(after.text)
    for name in ("cues", "modified", "locked"):
        del old[name], image[name]
    assert old == image
    assert patched(after.text, {"locked": 0}, wanted).text == after.text
