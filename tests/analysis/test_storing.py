"""An analysis fills what is unknown, and touches nothing that somebody set."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from djtui.analysis.gridding import give_grids
from djtui.analysis.listening import File, Result
from djtui.analysis.result import Analysis, Grid, Key, Loudness, Tempo
from djtui.analysis.storing import Storing, as_heard, filled, news
from djtui.config import AnalysisSettings
from djtui.demo import music
from djtui.library import analyses, differences, history, sources, tracks
from djtui.library.database import Library
from tests.making import add_tracks

SETTINGS = AnalysisSettings()
PATH = "/music/opal.flac"
GRID: tracks.CueRow = (4, 50.0, 0.0, None, "AutoGrid", -1, 64.0, None)

HEARD = Analysis(
    path=PATH,
    size=1000,
    mtime_ns=7,
    duration=240.0,
    stated=240.0,
    samplerate=44_100,
    channels=2,
    decoder="libsndfile",
    loudness=Loudness(-8.123, -0.05),
    tempo=Tempo(128.0, 0.95, "steady", 0.2, (64.0,)),
    grid=Grid(0.5, 0.9, 1, 0.8),
    key=Key(21, 0.8, 0, 3.0),
    energy=7,
    waveform=b"\x01\x02\x03" * 1200,
    notes=("decoded 240 of 250 s",),
    seconds=0.6,
)

EMPTY: dict[str, Any] = dict.fromkeys(
    ("bpm", "key", "duration", "lufs", "energy", "analyzed", "locked", "cues"), None
)


def heard(**changes: Any) -> analyses.Heard:
    return replace(as_heard(1, HEARD, "then"), **changes)


async def store(
    library: Library, *found: Analysis | Result, settings: AnalysisSettings = SETTINGS, job: int = 1
) -> None:
    """Store analyses, each of the track whose number is its place."""
    results = [
        each if isinstance(each, Result) else Result(File(each.path, track_id=place), each)
        for place, each in enumerate(found, 1)
    ]
    storing = Storing(job, "Analysis", settings)
    async with library.writing() as tx:
        await storing.store(tx, news(results, settings))


async def track(library: Library, **fields: Any) -> None:
    await add_tracks(library, [{"path": PATH, "title": "Opal", **fields}])


async def in_collection(library: Library) -> None:
    async with library.writing() as tx:
        await tx.execute("INSERT INTO nml_file (id, path, role) VALUES (1, 'c.nml', 'collection')")
        await tx.execute(
            "INSERT INTO nml_entry (file_id, track_id, hash, key_hash, key, cues)"
            " VALUES (1, 1, x'', 1, 'C:/:opal', 0)"
        )


async def values(library: Library, *names: str) -> list[Any]:
    found = await tracks.get(library, 1)
    return [getattr(found, name) for name in names]


def test_what_is_unknown_is_filled() -> None:
    assert filled(EMPTY, None, heard(), SETTINGS) == {
        "lufs": -8.12, "energy": 7, "analyzed": 1, "duration": 240.0, "bpm": 128.0, "key": 21
    }  # fmt: skip


def test_what_the_dj_or_traktor_set_stays() -> None:
    fields = filled({**EMPTY, "bpm": 64.0, "key": 3, "duration": 251.0}, None, heard(), SETTINGS)
    assert fields.keys() == {"lufs", "energy", "analyzed"}


def test_a_doubtful_tempo_or_key_and_one_that_changes_fill_nothing() -> None:
    doubtful = heard(bpm_confidence=0.49, key_confidence=0.1)
    assert not filled(EMPTY, None, doubtful, SETTINGS).keys() & {"bpm", "key"}
    assert "bpm" not in filled(EMPTY, None, heard(steadiness="changing"), SETTINGS)


def test_a_locked_track_gets_no_tempo_and_no_grid() -> None:
    assert "bpm" not in filled({**EMPTY, "locked": 1}, None, heard(), SETTINGS)


def test_what_an_older_analysis_filled_follows_the_newer_one_but_not_to_another_octave() -> None:
    before = heard(bpm=127.98, taken=("bpm", "key"), key=3, key_confidence=0.7)
    image = {**EMPTY, "bpm": 127.98, "key": 3}
    assert filled(image, before, heard(), SETTINGS)["bpm"] == 128.0
    assert filled(image, before, heard(), SETTINGS)["key"] == 21
    assert "bpm" not in filled(image, before, heard(bpm=64.0), SETTINGS)
    assert "key" not in filled(image, before, heard(key_confidence=0.6), SETTINGS)
    edited = {**image, "bpm": 127.5}
    assert "bpm" not in filled(edited, before, heard(), SETTINGS)


async def test_a_row_holds_all_that_was_heard(library: Library) -> None:
    await track(library)
    await store(library, HEARD)
    row = await analyses.get(library, 1)
    assert row is not None
    assert row == heard(heard=row.heard, taken=("analyzed", "bpm", "duration", "energy", "key", "lufs"))
    assert (row.tempi, row.notes) == ((64.0,), ("decoded 240 of 250 s",))
    assert await analyses.waveform(library, 1) == HEARD.waveform


async def test_a_fill_waits_for_export_as_an_edit_does(library: Library) -> None:
    await track(library)
    await in_collection(library)
    await store(library, HEARD)
    row = await library.fetchone("SELECT base FROM nml_entry")
    assert row is not None
    assert json.loads(row["base"]) == {"bpm": None, "key": None}


async def test_a_whole_analysis_is_one_change_and_is_undone_and_redone(library: Library) -> None:
    await track(library)
    await store(library, HEARD, job=9)
    await store(library, HEARD, job=9)
    (change,) = await history.changes(library)
    assert (change.kind, change.items, change.job_id) == ("analysis", 1, 9)
    assert (await history.undo(library, change)).refused == []
    assert await values(library, "bpm", "key", "lufs", "analyzed") == [None] * 4
    await history.redo(library, await history.find(library, change.id))
    assert await values(library, "bpm", "key", "lufs") == [128.0, 21, -8.12]


async def test_a_failure_is_a_row_and_leaves_the_track_alone(library: Library) -> None:
    await track(library)
    await store(library, Result(File(PATH, 5, 6, track_id=1), None, "not audio", "It is a web page."))
    row = await analyses.get(library, 1)
    assert row is not None
    assert (row.reason, row.failure, row.size, row.mtime_ns) == ("not audio", "It is a web page.", 5, 6)
    assert await values(library, "analyzed", "bpm") == [None, None]
    assert await history.changes(library) == []
    assert await analyses.failures(library) == {"not audio": 1}


async def test_a_track_that_moved_or_went_meanwhile_gets_nothing(library: Library) -> None:
    await track(library, path="/elsewhere/opal.flac")
    await store(library, HEARD, replace(HEARD, path="/music/gone.flac"))
    assert await library.fetchall("SELECT * FROM analysis") == []
    assert await library.fetchall("SELECT * FROM waveform") == []


async def test_what_the_dj_left_stays_left_until_something_else_is_heard(library: Library) -> None:
    await track(library, bpm=64.0, key=3)
    await store(library, HEARD)
    await differences.dismiss(library, await differences.differences(library))
    assert await differences.differences(library) == []
    assert len(await differences.differences(library, dismissed=True)) == 2
    await store(library, replace(HEARD, key=Key(0, 0.9, None, 0.0)))
    (again,) = await differences.differences(library)
    assert again.sentence == "key is Eb, the analysis hears C: other"


async def test_grids_are_given_only_where_the_setting_or_the_dj_says_so(
    library: Library, tmp_path: Path
) -> None:
    path = tmp_path / "opal.wav"
    music.write(path, 128.0, seconds=2)
    found = replace(HEARD, path=str(path))
    expected = [[4, 968.75, 0.0, None, "AutoGrid", -1, 128.0, None]]
    await add_tracks(library, [{"path": str(path)}] * 2)
    await store(library, found)
    assert await tracks.cues(library, 1) == []
    assert (await give_grids(library, [1]))[0] == 1
    await store(library, found, found, settings=replace(SETTINGS, grids=True))
    images = await tracks.images(library, [1, 2], cues=True)
    assert [images[id]["cues"] for id in (1, 2)] == [expected, expected]
    assert str((await sources.of_tracks(library, [2]))[2]["grid"]) == "analysis 0.90"


async def test_a_grid_that_is_there_a_locked_track_and_another_tempo_keep_the_grid_away(
    library: Library, tmp_path: Path
) -> None:
    path = tmp_path / "opal.wav"
    music.write(path, 128.0, seconds=2)
    fields = {"path": str(path)}
    await add_tracks(library, [fields, {**fields, "locked": 1}, {**fields, "bpm": 64.0}], cues={0: [GRID]})
    await store(library, *[replace(HEARD, path=str(path))] * 3, settings=replace(SETTINGS, grids=True))
    assert [len(await tracks.cues(library, id)) for id in (1, 2, 3)] == [1, 0, 0]
    assert await give_grids(library, [1, 2, 3]) == (0, None)
