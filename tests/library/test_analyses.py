"""Where the analysis and the library differ is listed with its kind, taken or left, and can be undone."""

from __future__ import annotations

from typing import Any

import pytest

from djtui.library import analyses, differences, history, tracks
from djtui.library.analyses import Heard
from djtui.library.database import Library, connect_readonly
from djtui.library.differences import key_kind, tempo_kind
from djtui.model import key as keys
from tests.making import add_tracks

GRID = (4, 50.0, 0.0, None, "AutoGrid", -1, 64.0, None)


async def a_library(library: Library) -> None:
    """A doubled tempo, a relative key, a track as it is heard, one that nothing is known of, a locked one."""
    given: list[dict[str, Any]] = [
        {"title": "Opal", "artist": "Bicep", "bpm": 64.0, "key": 21},
        {"title": "Kids", "bpm": 120.0, "key": 21, "key_text": "Am"},
        {"title": "Glue", "bpm": 128.000061, "key": 21},
        {"path": "/music/x.mp3"},
        {"title": "Locked", "bpm": 90.0, "key": 21, "locked": 1},
    ]
    await add_tracks(library, given, cues={0: [GRID]})
    rows = [
        row(1, bpm=128.0, bpm_confidence=0.9, key=21, key_confidence=0.9),
        row(2, bpm=120.0, bpm_confidence=0.9, key=0, key_confidence=0.6),
        row(3, bpm=128.0, bpm_confidence=0.9, key=21, key_confidence=0.9),
        row(4, bpm=100.0, bpm_confidence=0.3),
        row(5, bpm=180.0, bpm_confidence=0.9, key=21, key_confidence=0.9),
    ]
    async with library.writing() as tx:
        await analyses.put(tx, rows, {1: b"abc"})


def row(id: int, **heard: Any) -> Heard:
    return Heard(id, 1, f"/music/{id}.mp3", 1000, 7, "2026-01-01T00:00:00.000000Z", **heard)


@pytest.mark.parametrize(
    ("ours", "heard", "kind"),
    [
        (None, 128, "empty"),
        (64, 128, "double"),
        (63.5, 128.2, "double"),
        (174, 87, "half"),
        (80, 120, "3:2"),
        (120, 80, "2:3"),
        (90, 120, "4:3"),
        (120, 90, "3:4"),
        (60, 180, "triple"),
        (180, 60, "third"),
        (128, 125.5, "near"),
        (128, 113, "other"),
    ],
)
def test_tempi_stand_to_each_other_as_a_dj_would_say(ours: float | None, heard: float, kind: str) -> None:
    assert tempo_kind(ours, heard) == kind


@pytest.mark.parametrize(
    ("ours", "heard", "kind"),
    [("C", "Am", "relative"), ("Am", "C", "relative"), ("Am", "Em", "fifth"), ("Am", "Dm", "fifth"),
     ("C", "Cm", "parallel"), ("C", "F#m", "other"), ("", "C", "empty")],
)  # fmt: skip
def test_keys_stand_to_each_other_as_a_dj_would_say(ours: str, heard: str, kind: str) -> None:
    wanted = keys.parse(heard)
    assert wanted is not None
    assert key_kind(keys.parse(ours), wanted) == kind


async def test_differences_are_listed_the_surest_first(library: Library) -> None:
    await a_library(library)
    found = await differences.differences(library)
    assert [(it.name, it.sentence) for it in found] == [
        ("Bicep - Opal", "bpm is 64, the analysis hears 128: double"),
        ("Kids", "key is Am, the analysis hears C: relative"),
        ("x.mp3", "bpm is none, the analysis hears 100: empty"),
    ]
    assert [it.kind for it in await differences.differences(library, kinds=["double"])] == ["double"]
    assert [it.field for it in await differences.differences(library, fields=["key"])] == ["key"]
    assert len(await differences.differences(library, at_least=0.5)) == 2
    assert len(await differences.differences(library, ids=[4])) == 1


async def test_what_is_taken_sets_the_track_its_grid_and_its_spelling_and_is_undone_as_one(
    library: Library,
) -> None:
    await a_library(library)
    found = await differences.differences(library)
    assert await differences.take(library, found) == (3, 1)
    one, two = (await tracks.get_many(library, [1, 2])).values()
    assert (one.bpm, two.key, two.key_text) == (128.0, 0, "C")
    assert (await tracks.cues(library, 1))[0].grid_bpm == 128.0
    assert await differences.differences(library) == []
    taken = await analyses.get(library, 1)
    assert taken is not None and taken.taken == ("bpm",)
    await history.undo(library, await history.find(library, 1))
    assert await differences.differences(library) == found


async def test_what_was_changed_since_it_was_listed_is_not_taken(library: Library) -> None:
    await a_library(library)
    found = await differences.differences(library)
    await history.edit(library, [1], {"bpm": 130.0}, "edit")
    await history.edit(library, [2], {"locked": 1}, "edit")
    changed, _ = await differences.take(library, found)
    assert changed == 2
    opal = await tracks.get(library, 1)
    assert opal is not None and opal.bpm == 130.0


async def test_missing_counts_tracks_whose_file_is_there_and_not_heard_by_this_version(
    library: Library,
) -> None:
    path = "/music/{}.mp3".format
    await add_tracks(
        library,
        [{"path": path(1)}, {"path": path(2)}, {"path": path(9)}, {"path": path(4)}, {},
         {"path": path(6), "missing": 1}],
    )  # fmt: skip
    async with library.writing() as tx:
        await analyses.put(tx, [row(1), row(3), row(4, reason="empty", failure="It is empty.")], {})
    assert await analyses.missing(library, 1) == 2
    assert await analyses.missing(library, 2) == 4
    assert await analyses.failed(library) == await analyses.failed(library, "empty") == [4]
    assert await analyses.failed(library, "damaged") == []


async def test_a_screen_reads_a_row_and_its_waveform_at_once(library: Library) -> None:
    await a_library(library)
    connection = connect_readonly(library.path)
    heard, waveform = analyses.read(connection, 1)
    assert heard is not None and heard.bpm == 128.0
    assert waveform == b"abc"
    assert analyses.read(connection, 99) == (None, b"")
    connection.close()


async def test_a_removed_track_takes_its_analysis_along(library: Library) -> None:
    await a_library(library)
    async with library.writing() as tx:
        await tracks.delete(tx, [1])
    assert await analyses.get(library, 1) is None
    assert await analyses.waveform(library, 1) == b""
