"""Jobs, History, Settings, the greeting, help and commands: what they promise."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import psutil

from djtui import config
from djtui.config import Settings, UiSettings
from djtui.jobs import records, requests, views
from djtui.jobs.locks import HostLock
from djtui.kinds import KINDS
from djtui.library.database import Library, prepare
from djtui.tui import changing
from djtui.tui.widgets.chrome import Progress
from djtui.tui.widgets.rows import Rows
from tests.making import add_tracks
from tests.tui.conftest import SETTINGS, Opened, Session, another
from tests.working import working

PHASES = (
    ("Reading", "succeeded", 1200, 1200),
    ("Syncing", "running", 300, 1200),
    ("Playlists", "queued", 0, None),
)


async def add_job(path: Path, state: str = "paused", title: str = "Traktor import", failures: int = 0) -> int:
    """A job as the engine leaves it in the library. Paused: no host is at work in these tests."""
    other = await Library.open(path)
    async with other.writing() as tx:
        cursor = await tx.execute(
            "INSERT INTO job (key, kind, title, params, state, created, finished, result)"
            " VALUES (?, 'traktor-import', ?, '{}', ?, ?, ?, ?)",
            (
                title,
                title,
                state,
                records.stamp(),
                records.stamp(),
                json.dumps({"entries": 1200, "added": 5}),
            ),
        )
        id = cursor.lastrowid
        assert id is not None
        for position, (name, phase, done, total) in enumerate(PHASES):
            await tx.execute(
                "INSERT INTO job_phase (job_id, position, name, state, done, total, rate, seconds, failures)"
                " VALUES (?, ?, ?, ?, ?, ?, 100, 3, ?)",
                (id, position, name, phase, done, total, failures if position == 0 else 0),
            )
        for number in range(failures):
            await tx.execute(
                "INSERT INTO job_failure VALUES (?, 'Reading', ?, 'LOCATION is missing', NULL, ?)",
                (id, f"entry {number} [bold]", records.stamp()),
            )
    await other.close()
    return id


async def set_state(djtui: Session, id: int, state: str) -> None:
    async with (await djtui.app.library()).writing() as tx:
        await tx.execute("UPDATE job SET state = ? WHERE id = ?", (state, id))


async def test_a_job_has_a_pane_with_a_line_a_phase(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await djtui.press("2")
        await djtui.sees("Nothing has run yet")
        await add_job(path)
        await djtui.sees("Traktor import", "✓ Reading", "1,200 / 1,200", "300 / 1,200", "paused", "x cancel")


async def test_a_job_that_a_command_left_in_the_queue_is_worked(path: Path, opened: Opened) -> None:
    async with another(path) as library:
        id = await requests.submit(library, KINDS, "duplicates", {}, settings=SETTINGS)
        async with opened(path) as djtui:
            await djtui.sees("Duplicates")
            while not (view := await views.job(library, id)) or not view.is_over:
                await djtui.pilot.pause(0.05)
            assert view.state == "succeeded"
        host = await views.host(library)
    if host is not None:
        process = psutil.Process(host.pid)
        process.terminate()
        process.wait(timeout=10)


async def test_a_job_that_nobody_works_is_offered_for_resume(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await add_job(path, "running")
        await djtui.sees("Traktor import was cut off in Syncing at 25%", "R resumes it")


async def test_what_was_cut_off_is_said_whole_at_100_columns(path: Path, opened: Opened) -> None:
    async with opened(path, size=(100, 24)) as djtui:
        await add_job(path, "interrupted", title="Rename · {artist} - {title} [{camelot} {bpm}] · 600 tracks")
        await djtui.sees("! Rename was cut off in Syncing at 25%", "R resumes it")


async def test_how_to_resume_is_seen_at_80x24_however_much_was_cut_off(path: Path, opened: Opened) -> None:
    async with opened(path, size=(80, 24)) as djtui:
        for title in ("Traktor import · a collection with a long name.nml", "Analysis · 300 tracks"):
            await add_job(path, "running", title=title)
        await djtui.sees("! Traktor import was cut off in Syncing at 25% ! Analysis was… R resumes 1/300")


async def test_a_phase_that_does_more_than_was_thought_has_no_total(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        id = await add_job(path)
        async with (await djtui.app.library()).writing() as tx:
            await tx.execute("UPDATE job_phase SET done = 11, total = 6 WHERE job_id = ?", (id,))
        await djtui.press("2")
        await djtui.sees("Traktor import", "  11  ")
        assert "11 / 6" not in djtui.text


async def test_x_cancels_and_the_run_moves_to_the_past(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        id = await add_job(path)
        await djtui.press("2")
        await djtui.sees("x cancel")
        await djtui.press("x")
        await djtui.sees("Past runs", "cancelled: ", "t goes on with the rest")
        assert await djtui.value("SELECT state FROM job WHERE id = ?", id) == "cancelled"
        await djtui.until(lambda: "x cancel" not in djtui.text)


async def test_failures_open_as_a_list(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await add_job(path, "succeeded", failures=3)
        await djtui.press("2")
        await djtui.sees("! 3 failed, 1,200 entries, 5 added")
        await djtui.press("f")
        await djtui.sees("Traktor import: 3 failures", "entry 0 [bold]", "LOCATION is missing", "t retry")


async def test_one_note_a_job_is_updated_in_place_and_escape_closes_it(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        id = await add_job(path, "queued")
        await djtui.until(lambda: len(djtui.app.toasts.toasts) == 1)
        assert djtui.app.toasts.toasts[0].kind == "running"
        await set_state(djtui, id, "succeeded")
        await djtui.sees("✓ Traktor import · 1,200 entries, 5 added")
        assert len(djtui.app.toasts.toasts) == 1
        await djtui.press("escape")
        assert not djtui.app.toasts.toasts
        await set_state(djtui, id, "queued")
        await djtui.until(lambda: bool(djtui.app.toasts.toasts))
        await djtui.press("escape")
        await set_state(djtui, id, "failed")
        await djtui.until(lambda: [toast.kind for toast in djtui.app.toasts.toasts] == ["error"])


async def test_what_goes_on_covers_no_row_and_what_ends_warns_of_failures(path: Path, opened: Opened) -> None:
    async with opened(path, size=(80, 24)) as djtui:
        await djtui.press("G")
        body, progress = djtui.app.screen.query_one("#body"), djtui.app.screen.query_one(Progress)
        height = body.region.height
        id = await add_job(path, "queued", title="Scan · " + "long " * 30, failures=2)
        await djtui.until(lambda: progress.region.height == 1)
        assert body.region.bottom == progress.region.y == 21
        assert body.region.height == height - 1
        line = djtui.lines[21]
        assert "⟳ Scan · long" in line and line.rstrip().endswith("…")
        await djtui.until(lambda: djtui.table.region.bottom <= 21)
        assert "00299" in djtui.text, "the cursor is on the last row"
        await set_state(djtui, id, "succeeded")
        await djtui.sees("! Scan · long", "2 failed")
        assert [toast.kind for toast in djtui.app.toasts.toasts] == ["warning"]
        await djtui.until(lambda: progress.region.height == 0 and body.region.height == height)


async def test_history_lists_changes_with_what_they_touched_and_undoes_the_one_chosen(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await djtui.press("asterisk", "4")
        await djtui.sees("rating: 1 track changed")
        await djtui.press("j", "asterisk", "3")
        await djtui.press("6")
        await djtui.sees("rating of 1 track", "rating: 1 → 3", "undo this")
        await djtui.press("j", "u")
        await djtui.sees("undone")
        assert await djtui.value("SELECT rating FROM track WHERE id = 1") == 0
        assert await djtui.value("SELECT rating FROM track WHERE id = 2") == 3


async def test_an_undo_that_would_undo_later_work_is_refused_with_the_reason(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await djtui.press("asterisk", "4")
        await djtui.sees("rating: 1 track changed")
        await djtui.press("asterisk", "2", "6")
        await djtui.until(lambda: djtui.app.counters.changes == 2)
        await djtui.sees("rating: 4 → 2")
        await djtui.press("j", "u")
        await djtui.sees("left alone", "changed since")


async def test_a_setting_is_checked_saved_and_used_at_once(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await djtui.press("7")
        await djtui.sees("import.max", "Tasks that read collections at once.", "enter change")
        await djtui.press("enter", "backspace", "0", "enter")
        await djtui.sees("must be 1 or more")
        await djtui.press("backspace", "4", "enter")
        await djtui.sees("default 2", "Saved to")
        source = djtui.app.settings.source
        assert config.load(source).pool.import_max == 4
        await djtui.press("d")
        await djtui.until(lambda: djtui.app.settings.pool.import_max == 2)


async def test_the_settings_say_how_they_are_changed_and_show_every_group(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await djtui.press("7")
        await djtui.sees("enter change", "d default")
        heads = {option.key.partition(".")[0] for option in config.options(djtui.app.settings)}
        groups = [row for row in djtui.app.screen.query_one(Rows).rows if not row.live]
        assert len(groups) == len(heads)


async def test_an_empty_library_says_where_traktors_collection_is(
    empty: Path, quiet_home: Path, opened: Opened
) -> None:
    for version in ("3.9.0", "3.11.1"):
        folder = quiet_home / "Documents/Native Instruments" / f"Traktor {version}"
        folder.mkdir(parents=True)
        (folder / "collection.nml").write_text("<NML/>")
    async with opened(empty) as djtui:
        await djtui.sees("This library is empty.", "▌ ", "enter imports it")
        first = next(line for line in djtui.lines if "▌" in line)
        assert "3.11.1" in first


async def test_an_empty_library_without_traktor_asks_for_a_path_and_says_what_is_wrong_with_it(
    empty: Path, opened: Opened
) -> None:
    async with opened(empty) as djtui:
        await djtui.sees("No Traktor collection was found")
        await djtui.press("enter")
        await djtui.sees("Import a Traktor collection")
        await djtui.type("/nowhere.nml")
        await djtui.press("enter")
        await djtui.sees("There is no /nowhere.nml.")


async def test_help_lists_what_can_be_pressed_here_and_commands_run_by_name(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await djtui.press("question_mark")
        await djtui.sees("Help · Library", "Edit the fields of the marked tracks")
        await djtui.press("escape", "colon")
        await djtui.type("missing")
        await djtui.press("enter")
        await djtui.until(lambda: djtui.table.row_count == 6)


async def test_keys_can_be_given_to_other_actions(path: Path, opened: Opened) -> None:
    settings = Settings(ui=UiSettings(theme="djtui", keys={"table.sort": "o"}))
    async with opened(path, settings=settings) as djtui:
        await djtui.sees("o sort")
        await djtui.press("o")
        await djtui.sees("Sort by")


async def test_quitting_with_jobs_at_work_asks(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        id = await add_job(path, "queued")
        await djtui.until(lambda: djtui.app.jobs_at_work)
        await djtui.press("Q")
        await djtui.sees("Waiting, and nobody works it: Traktor import", "leave it paused")
        assert "keep going" not in djtui.text
        await djtui.press("escape", "Q", "s")
        await djtui.pilot.pause(0.3)
    other = await Library.open(path)
    assert (await other.fetchall("SELECT state FROM job WHERE id = ?", (id,)))[0][0] == "paused"
    await other.close()


async def test_a_host_that_is_killed_is_noticed_though_nobody_writes(path: Path, opened: Opened) -> None:
    lock = HostLock(path)
    async with opened(path) as djtui:
        async with lock:
            async with another(path) as other, other.writing() as tx:
                await tx.execute("INSERT INTO host (id, pid, started, mode) VALUES (1, 1, '', 'process')")
            await add_job(path, "running")
            await djtui.press("2")
            await djtui.sees("Traktor import", "p pause")
            await djtui.until(lambda: djtui.app.jobs_at_work)
            await djtui.press("Q")
            await djtui.sees("Still at work: Traktor import", "keep going")
            await djtui.press("escape")
        await djtui.sees("Traktor import was cut off in Syncing")
        assert not djtui.app.jobs_at_work
        assert djtui.app.news.host is None


async def test_however_fast_a_job_that_was_asked_for_here_fails_it_is_told(
    path: Path, quiet_home: Path, opened: Opened
) -> None:
    wrong = quiet_home / "collection.nml"
    wrong.write_text("no XML")
    async with another(path) as host, working(host, SETTINGS), opened(path) as djtui:
        for _ in range(3):
            await changing.import_collection(djtui.app, wrong)
            await djtui.until(lambda: [toast.kind for toast in djtui.app.toasts.toasts] == ["error"])
            await djtui.press("escape")
            assert not djtui.app.toasts.toasts


async def test_a_job_that_ended_before_anybody_looked_is_told(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        id = await add_job(path, "failed")
        await djtui.pilot.pause(0.3)
        assert not djtui.app.toasts.toasts
        djtui.app.feed.expect(id)
        await djtui.until(lambda: [toast.kind for toast in djtui.app.toasts.toasts] == ["error"])


async def test_every_binding_has_a_name_to_rebind_it_by(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        for view in "12367":
            await djtui.press(view)
            for active in djtui.app.screen.active_bindings.values():
                ours = type(active.node).__dict__.get("BINDINGS", ())
                assert all(binding.id and binding.description for binding in ours), ours


async def test_few_colours_no_colours_and_ascii_show_the_same_words(
    path: Path, opened: Opened, monkeypatch: object
) -> None:
    from pytest import MonkeyPatch

    assert isinstance(monkeypatch, MonkeyPatch)
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setenv("NO_COLOR", "1")
    plain = replace(SETTINGS, ui=UiSettings(theme="auto"))
    async with opened(path, settings=plain) as djtui:
        await djtui.sees("Opal 00000", "Bjork", "DJ ????")
        assert djtui.text.isascii()
        assert djtui.app.theme == "djtui-mono"
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "1 2 3 4")
    async with opened(path, settings=plain) as djtui:
        await djtui.sees("Opal 00000", "Björk")
        assert djtui.app.theme == "djtui-16"


async def test_the_first_tracks_of_an_import_are_shown_as_they_come(tmp_path: Path, opened: Opened) -> None:
    path = tmp_path / "empty.db"
    prepare(path)
    async with opened(path) as djtui:
        await djtui.sees("This library is empty")
        library = await Library.open(path)
        await add_tracks(library, [{"title": "Nocturne"}])
        await djtui.sees("Nocturne")
        await library.close()
