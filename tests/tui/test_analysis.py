"""The analysis on the screen: asked for, looked at, settled where it differs, put right by hand."""

from __future__ import annotations

import json
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual import events

from djtui.jobs import records
from djtui.jobs.locks import HostLock
from djtui.library.database import Library
from djtui.tui.screens.analyse import AnalyseDialog
from djtui.tui.screens.differing import DifferencesDialog
from djtui.tui.screens.tap import TapDialog
from tests.tui.conftest import SETTINGS, Opened, Session, another
from tests.tui.hearing import failed, hear, heard
from tests.working import working

BRAILLE = "⣿"


@asynccontextmanager
async def unworked(path: Path, opened: Opened, **options: Any) -> AsyncIterator[Session]:
    """The app, with a lock that keeps job hosts from starting."""
    async with HostLock(path), opened(path, **options) as djtui:
        yield djtui


async def asked(djtui: Session) -> Any:
    """With what the last analysis was asked for; None if none was."""
    return json.loads(await djtui.value("SELECT params FROM job ORDER BY id DESC") or "null")


# -- the track under the cursor --------------------------------------------------------------------


async def test_the_pane_shows_the_waveform_the_values_and_who_says_so(path: Path, opened: Opened) -> None:
    async with another(path) as library:
        await hear(
            library,
            heard(1, taken=("key",), key=0, tuning=-31.0, notes=("Decoded 27 of 82 s.",)),
            heard(2, bpm=238.0, steadiness="drifting"),
            failed(3, "damaged", "Nothing of it could be decoded."),
        )
        async with library.writing() as tx:
            await tx.execute(
                "UPDATE track SET bpm = 124.0, key = 0, key_text = '9A', energy = 7 WHERE id = 1"
            )
    async with opened(path) as djtui:
        await djtui.sees(BRAILLE, "╵1 intro", "⟲4 loop 8", "124.00 BPM", "energy 7", "tuning -31 ct")
        await djtui.sees(
            "bpm: file tag", "key: analysis 0.91 (tag said 9A)", "grid: file tag", "Decoded 27 of"
        )
        await djtui.press("j")
        await djtui.sees(
            "119.00 BPM   tempo drifts", "bpm: file tag, heard 238 (double 0.97)", "= settles them"
        )
        await djtui.press("j")
        await djtui.sees("✗ not analysed: Nothing of it could be decoded.")
        await djtui.press("j")
        await djtui.sees("not analysed yet: a hears it")


async def test_the_pane_lies_over_the_table_at_80x24(path: Path, opened: Opened) -> None:
    async with another(path) as library:
        await hear(library, heard(1))
    async with opened(path, size=(80, 24)) as djtui:
        await djtui.press("i")
        await djtui.sees(BRAILLE, "╵2 drop", "heard 8A (relative 0.91)")
        assert len(djtui.lines) == 24
        await djtui.press("i")
        await djtui.until(lambda: BRAILLE not in djtui.text)


async def test_all_that_was_heard_stands_behind_enter(path: Path, opened: Opened) -> None:
    async with another(path) as library:
        await hear(library, heard(1, tempi=[[0.0, 120.0], [64.0, 128.5]], downbeat=2, true_peak=0.2))
    async with opened(path) as djtui:
        await djtui.press("enter")
        await djtui.sees(
            "124.00 BPM  0.97 sure  steady",
            "goes through  0:00 120.0 · 1:04 128.5",
            "first beat    0:00.129",
        )
        await djtui.sees("a bar begins on beat 3", "8A Am  0.91 sure  else 8B C", "true peak 0.2 dBTP")


async def test_a_result_is_shown_as_it_comes(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await djtui.sees("not analysed yet")
        async with another(path) as library:
            await hear(library, heard(1))
        await djtui.sees(BRAILLE)


# -- asking for an analysis ------------------------------------------------------------------------


async def test_a_says_what_can_be_analysed_and_how_long_that_takes(path: Path, opened: Opened) -> None:
    async with unworked(path, opened) as djtui:
        await djtui.press("slash")
        await djtui.type("bicep")
        await djtui.until(lambda: djtui.table.row_count < 300)
        await djtui.press("enter", "space", "a")
        await djtui.sees(
            "the 1 marked track", "what is shown: bicep", "all that was not analysed yet", "about"
        )
        await djtui.sees("  38  about ", "  294  about ", "none", "1 track: about ")
        await djtui.press("f")
        await djtui.sees("Analysis · bicep · queued")
        params = await asked(djtui)
        assert params["query"] == "bicep"
        assert params["first"][0] in djtui.table.marked
        assert set(params["first"]) <= set(djtui.ids)


async def test_what_is_known_is_heard_again_only_when_asked(path: Path, opened: Opened) -> None:
    async with another(path) as library:
        await hear(library, heard(1))
    async with unworked(path, opened) as djtui:
        await djtui.press("a")
        await djtui.sees("this track", "Nothing of this is left to hear")
        await djtui.press("enter")
        assert isinstance(djtui.app.screen, AnalyseDialog)
        await djtui.press("n", "p")
        await djtui.sees("n known files too: yes", "p true peak: yes", "everything", "1 track: about")
        await djtui.press("enter")
        await djtui.sees("Analysis · 1 track · queued")
        assert await asked(djtui) == {"ids": [1], "again": True, "true_peak": True}


async def test_the_tracks_of_a_playlist_are_analysed_in_its_order(path: Path, opened: Opened) -> None:
    async with unworked(path, opened, size=(80, 24)) as djtui:
        await djtui.press("c", "G", "k", "k", "enter")
        await djtui.until(lambda: djtui.table.row_count == 5)
        await djtui.press("a")
        await djtui.sees("what is shown: Friday")
        await djtui.press("f")
        await djtui.sees("Analysis · 4 tracks")
        assert (await asked(djtui))["ids"] == [5, 3, 9, 7]


async def test_an_analysis_streams_into_the_table(empty: Path, tmp_path: Path, opened: Opened) -> None:
    from djtui.demo import music
    from tests.making import add_tracks

    file, broken = tmp_path / "house.flac", tmp_path / "broken.mp3"
    music.write(file, 126.0, "Am", seconds=20)
    broken.write_bytes(b"")
    async with another(empty) as library:
        await add_tracks(
            library, [{"title": it.stem, "path": str(it), "format": "flac"} for it in (file, broken)]
        )
        async with working(library, SETTINGS), opened(empty) as djtui:
            await djtui.sees("house", "not analysed yet")
            await djtui.press("a", "a")
            await djtui.until(lambda: BRAILLE in djtui.text and "LUFS" in djtui.text, 30)
            await djtui.sees("1 analysed")
            await djtui.press("2", "f")
            await djtui.sees("1 empty", "broken.mp3")
            await djtui.press("escape", "1", "u")
            await djtui.sees("Undo “Analysis of what is missing”?", "What was heard is kept")
            await djtui.press("y")
            await djtui.sees("Undo · Analysis of what is missing: 1 track")
            assert await djtui.value("SELECT count(bpm) FROM track") == 0


# -- its job ---------------------------------------------------------------------------------------


async def add_run(path: Path, state: str) -> None:
    """An analysis of which three files failed: one of them was heard since."""
    async with another(path) as library:
        await hear(
            library, failed(1, "damaged", "It is torn."), failed(2, "needs ffmpeg", "It is WMA."), heard(3)
        )
        async with library.writing() as tx:
            await tx.execute(
                "INSERT INTO job (id, key, kind, title, params, state, created, finished, result)"
                " VALUES (1, 'analysis:missing', 'analysis', 'Analysis · what is missing', '{}', ?, ?, ?, ?)",
                (state, records.stamp(), records.stamp(), json.dumps({"analyzed": 297, "added": 297})),
            )
            await tx.execute(
                "INSERT INTO job_phase (job_id, position, name, state, done, total, failures, message)"
                " VALUES (1, 0, 'Analysing', ?, 250, 300, 3, 'one.mp3 · two.mp3')",
                (state,),
            )
            for id, sentence in ((1, "It is torn."), (2, "It is WMA."), (3, "It vanished.")):
                await tx.execute(
                    "INSERT INTO job_failure VALUES (1, 'Analysing', ?, ?, ?, ?)",
                    (f"/music/{id}.mp3", sentence, id, records.stamp()),
                )


async def test_its_pane_counts_the_failures_by_reasons_and_f_lists_them(path: Path, opened: Opened) -> None:
    await add_run(path, "paused")
    async with opened(path) as djtui:
        await djtui.press("2")
        await djtui.sees("3 items could not be done: 1 analysed since · 1 damaged · 1 need ffmpeg")
        await djtui.press("f")
        await djtui.sees("3 failures", "1 need ffmpeg  install ffmpeg, then t", "2.mp3  It is WMA.  /music")


async def test_t_has_the_failed_files_tried_again(path: Path, opened: Opened) -> None:
    await add_run(path, "succeeded")
    async with unworked(path, opened) as djtui:
        await djtui.press("2")
        await djtui.sees("! 3 failed, 297 analysed")
        await djtui.press("t")
        await djtui.until(lambda: djtui.app.jobs_at_work)
        assert (await asked(djtui))["retry"] == ["/music/1.mp3", "/music/2.mp3", "/music/3.mp3"]


# -- by hand ---------------------------------------------------------------------------------------


async def test_plus_and_minus_double_and_halve_and_u_takes_it_back(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        async with (await djtui.app.library()).writing() as tx:
            await tx.execute("UPDATE track SET locked = 1 WHERE id = 3")
        await djtui.press("j", "space", "space", "minus")
        await djtui.sees("tempo halved: 1 track; 1 left alone: It is locked")
        assert await djtui.value("SELECT bpm FROM track WHERE id = 2") == 59.5
        await djtui.press("plus")
        await djtui.sees("tempo doubled: 1 track")
        await djtui.press("u", "u")
        await djtui.until(lambda: djtui.app.counters.changes == 4)
        assert await djtui.value("SELECT bpm FROM track WHERE id = 2") == 119.0
        djtui.table.clear_marks()
        await djtui.press("g", "minus")
        await djtui.sees("It has no tempo yet: b taps one")


async def test_the_grid_moves_by_key_and_one_that_was_heard_is_offered(
    path: Path, tmp_path: Path, opened: Opened
) -> None:
    sound = tmp_path / "two.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes(bytes(2000))
    async with another(path) as library:
        async with library.writing() as tx:
            await tx.execute("UPDATE track SET path = ?, bpm = 124.0 WHERE id = 2", (str(sound),))
        await hear(library, heard(2, path=str(sound)))
    async with opened(path) as djtui:
        start = "SELECT start FROM cue WHERE type = 4 AND track_id = ?"
        await djtui.press("less_than_sign")
        await djtui.sees("grid 10 ms earlier")
        assert await djtui.value(start, 1) == 90.0
        await djtui.press("right_square_bracket")
        await djtui.sees("grid 1 beat later")
        await djtui.press("j", "greater_than_sign")
        await djtui.sees("has no beat grid", "first beat at 0:00.129", "y  take that grid")
        await djtui.press("y")
        await djtui.sees("grid as the analysis hears it", "grid: analysis 0.90")
        assert await djtui.value(start, 2) == 129.0
        await djtui.press("j", "j", "greater_than_sign")
        await djtui.sees("It has no beat grid, and none was heard: a has it analysed.")


async def test_a_tapped_tempo_is_that_of_the_track(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await djtui.press("j", "b")
        await djtui.sees("Tap the tempo of Kids", "now 119.00")
        await djtui.press("enter")
        assert isinstance(djtui.app.screen, TapDialog)
        for beat in range(9):
            key = events.Key("b", "b")
            key.time = 100 + beat * 0.48
            djtui.app.post_message(key)
        await djtui.sees("125.0 BPM   9 taps")
        await djtui.press("enter")
        await djtui.sees("tempo tapped: 125.00 BPM · u takes it back")
        assert await djtui.value("SELECT bpm FROM track WHERE id = 2") == 125.0


# -- differences -----------------------------------------------------------------------------------


async def differing(path: Path) -> None:
    """Tracks 2 to 5 have half the tempo that was heard, and 2 another key."""
    async with another(path) as library:
        found = [heard(id, bpm=2 * (117.0 + id), key=id - 1) for id in range(2, 6)]
        await hear(library, found[0], *found[1:])
        async with library.writing() as tx:
            await tx.execute("UPDATE analysis SET key = 22 WHERE track_id = 2")


async def state(library: Library, id: int) -> tuple[Any, ...]:
    row = await library.fetchone("SELECT bpm, key FROM track WHERE id = ?", (id,))
    return tuple(row) if row is not None else ()


async def test_differences_are_taken_one_by_one_or_all_alike_and_u_takes_it_back(
    path: Path, opened: Opened
) -> None:
    await differing(path)
    async with opened(path, size=(80, 24)) as djtui:
        library = await djtui.app.library()
        await djtui.press("equals_sign")
        await djtui.sees(
            "bpm double 4 · key relative 1", "119 → 238", "The tag says 119; the analysis hears 238"
        )
        await djtui.press("t")
        await djtui.sees("bpm double 3", "1 track set as the analysis hears it · u takes it back")
        assert await state(library, 2) == (238.0, 1)
        await djtui.press("j", "T")
        await djtui.until(
            lambda: "bpm" not in djtui.text.partition("key relative")[0].partition("otherwise")[2]
        )
        assert [(await state(library, id))[0] for id in (3, 4, 5)] == [240.0, 242.0, 244.0]
        await djtui.press("u")
        await djtui.sees("bpm double 3")
        assert await state(library, 3) == (120.0, 2)


async def test_what_is_left_as_it_is_goes_from_the_list_and_can_be_put_back(
    path: Path, opened: Opened
) -> None:
    await differing(path)
    async with opened(path) as djtui:
        await djtui.press("equals_sign")
        await djtui.sees("bpm double 4")
        await djtui.press("d")
        await djtui.sees("bpm double 3", "1 difference left as it is")
        await djtui.press("u")
        await djtui.sees("bpm double 4")
        await djtui.press("D")
        await djtui.sees("4 differences left as they are")
        await djtui.press("tab")
        await djtui.sees("left as it is: bpm double 4", "d list again")
        await djtui.press("d", "tab")
        await djtui.sees("bpm double 1", "key relative 1")
        assert await djtui.value("SELECT count(*) FROM change") == 0


async def test_only_those_of_the_marked_tracks_are_listed(path: Path, opened: Opened) -> None:
    await differing(path)
    async with opened(path) as djtui:
        await djtui.press("j", "j", "space", "equals_sign")
        await djtui.sees("hears otherwise of 1 marked track", "bpm double 1")
        assert isinstance(djtui.app.screen, DifferencesDialog)
        await djtui.press("t")
        await djtui.sees("Nothing differs.")
