"""The Library view keeps its promises to a DJ at the keyboard."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import DataTable

from djtui.library.database import Library
from djtui.tui.widgets.crates import Crates
from djtui.tui.widgets.filter_bar import FilterBar
from djtui.tui.widgets.inspector import Inspector
from djtui.tui.widgets.track_table import TrackTable
from tests.tui import library
from tests.tui.conftest import Opened


async def test_the_first_screen_shows_crates_tracks_counts_and_the_track_under_the_cursor(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await djtui.sees("Crates", "Preparation", "All tracks", "1 / 300", "Opal 00000 · Bicep", "╵2 drop")
        await djtui.until(lambda: djtui.app.query_one(DataTable).row_count == 300)


async def test_typing_a_filter_narrows_the_table_live_and_counts_the_unknown(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await djtui.press("slash")
        await djtui.type("bicep bpm:120..125")
        await djtui.until(lambda: 0 < djtui.table.row_count < 38)
        await djtui.sees("unknown")
        shown = djtui.table.row_count
        assert f" {shown} · +" in djtui.text
        await djtui.press("enter")
        assert djtui.app.focused is djtui.table


async def test_a_mistake_is_pointed_at_and_the_table_keeps_its_last_good_result(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await djtui.press("slash")
        await djtui.type("bicep")
        await djtui.until(lambda: djtui.table.row_count == 38)
        djtui.app.screen.query_one(FilterBar).input.value = "bicep bmp:1"
        await djtui.sees("^^^", "bpm?")
        assert djtui.table.row_count == 38
        caret = next(line for line in djtui.lines if "^^^" in line)
        typed = next(line for line in djtui.lines if "bmp:1" in line)
        assert caret.index("^^^") == typed.index("bmp")


async def test_escape_clears_the_filter_then_leaves_it(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await djtui.press("slash")
        await djtui.type("bicep")
        await djtui.until(lambda: djtui.table.row_count == 38)
        await djtui.press("escape")
        await djtui.until(lambda: djtui.table.row_count == 300)
        assert djtui.app.focused is not None and djtui.app.focused.has_class("-textual-compact")
        await djtui.press("escape")
        assert isinstance(djtui.app.focused, TrackTable)


async def test_a_list_is_shown_in_its_own_order_with_a_track_that_stands_in_it_twice(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await djtui.press("c", "down", "down", "down", "down")
        await djtui.until(lambda: djtui.ids == [5, 3, 9, 3, 7])
        await djtui.press("enter")
        assert djtui.app.focused is djtui.table


async def test_a_folder_shows_all_that_is_in_the_lists_below_it_and_closes(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await djtui.press("c", "down", "down", "down")
        await djtui.until(lambda: sorted(djtui.ids) == [3, 5, 7, 9])
        await djtui.press("space")
        assert "playlist:2" not in [row.key for row in djtui.app.screen.query_one(Crates).rows]


async def test_a_smart_list_of_ours_is_worked_out_and_one_of_traktors_says_its_rule(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        crates = djtui.app.screen.query_one(Crates)
        await djtui.press("c")
        await djtui.sees("Recent")
        crates.move_to("playlist:4")
        await djtui.until(lambda: 0 < djtui.table.row_count < 300)
        crates.move_to("playlist:5")
        await djtui.sees("MONTHS_AGO(1)", "not worked out here")


async def test_missing_files_are_one_key_away(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await djtui.press("m")
        await djtui.until(lambda: djtui.table.row_count == 6)
        assert all(id % 50 == 8 for id in djtui.ids)


async def test_sorting_keeps_the_cursor_on_its_track_and_the_unknown_last(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await djtui.press("j", "j", "s")
        await djtui.type("bpm")
        await djtui.press("enter")
        await djtui.sees("sort bpm ↑")
        assert djtui.table.cursor_track_id == 3
        await djtui.press("S")
        await djtui.sees("sort bpm ↓")
        last = await djtui.value("SELECT bpm FROM track WHERE id = ?", djtui.ids[-1])
        assert last is None


async def test_a_click_on_a_header_sorts_and_a_second_one_reverses(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await djtui.pilot.click(djtui.table, offset=(8, 0))
        await djtui.sees("sort title ↑")
        await djtui.pilot.click(djtui.table, offset=(8, 0))
        await djtui.sees("sort title ↓")


async def test_marked_tracks_are_rated_together_and_u_takes_it_back(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await djtui.press("space", "space")
        await djtui.sees("2 marked")
        await djtui.press("asterisk", "5")
        await djtui.sees("rating: 2 tracks changed")
        assert await djtui.value("SELECT sum(rating) FROM track WHERE id IN (1, 2)") == 10
        await djtui.press("u")
        await djtui.sees("Undo · rating of 2 tracks")
        assert await djtui.value("SELECT sum(rating) FROM track WHERE id IN (1, 2)") == 1


async def test_the_edit_dialog_shows_several_values_and_changes_only_what_was_typed(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await djtui.press("space", "space", "e")
        await djtui.sees("Edit 2 tracks", "several values")
        await djtui.press("down", "down", "down", "down", "down", "down", "down")
        await djtui.type("Acid")
        await djtui.press("enter")
        await djtui.sees("enter again sets genre of all 2 tracks")
        await djtui.press("enter")
        await djtui.sees("genre: 2 tracks changed")
        assert await djtui.value("SELECT count(*) FROM track WHERE genre = 'Acid'") == 2
        assert await djtui.value("SELECT title FROM track WHERE id = 2") == "Kids 00001"


async def test_n_goes_from_mark_to_mark(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        djtui.table.toggle_mark(40)
        djtui.table.toggle_mark(90)
        await djtui.press("n")
        assert djtui.table.cursor_track_id == 40
        await djtui.press("n")
        assert djtui.table.cursor_track_id == 90
        await djtui.press("N")
        assert djtui.table.cursor_track_id == 40


async def test_enter_opens_the_track_in_full_with_its_cues(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await djtui.press("enter")
        await djtui.sees("Cues  3", "1:04.250", "drop", "8.00 s long", "at 124.00 BPM")


async def test_what_another_terminal_changes_appears_without_moving_the_cursor(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await djtui.press("j", "j")
        other = await Library.open(path)
        async with other.writing() as tx:
            await library.add_tracks(tx, 50, 1000)
            await tx.execute(
                "UPDATE track SET title = 'Renamed', revision = ? WHERE id = 3", (await tx.revision(),)
            )
        await other.close()
        await djtui.until(lambda: djtui.table.row_count == 350)
        await djtui.sees("Renamed")
        assert djtui.table.cursor_track_id == 3


async def test_titles_with_markup_and_control_characters_are_harmless_everywhere(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await djtui.press(*["j"] * 5)
        await djtui.sees("[bold]Not bold[/bold] 00005 · Burial")
        await djtui.press("j", "j")
        await djtui.sees("[31mRed 00007 · Objekt")
        await djtui.press("enter")
        assert "\x1b" not in djtui.text


async def test_at_80x24_the_table_has_the_width_and_panes_come_as_overlays(
    path: Path, opened: Opened
) -> None:
    async with opened(path, size=(80, 24)) as djtui:
        assert djtui.table.size.width == 80
        assert "Crates" not in djtui.text
        await djtui.press("c")
        await djtui.sees("Crates", "Preparation")
        await djtui.press("c", "i")
        await djtui.sees("Opal 00000 · Bicep", "╵1 intro")
        assert "Crates" not in djtui.text
        await djtui.press("escape")
        await djtui.until(lambda: not djtui.app.screen.query_one(Inspector).display)


async def test_any_size_is_survived(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        for width, height in ((40, 10), (10, 3), (1, 1), (200, 60), (80, 24)):
            await djtui.pilot.resize_terminal(width, height)
            await djtui.pilot.pause()
        await djtui.sees("1/300")


async def test_the_next_start_goes_on_where_the_last_one_ended(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await djtui.press("s")
        await djtui.type("title")
        await djtui.press("enter", "slash")
        await djtui.type("bicep")
        await djtui.until(lambda: djtui.table.row_count == 38)
        await djtui.press("enter", "G", "k")
        track = djtui.table.cursor_track_id
        await djtui.press("Q")
        await djtui.pilot.pause(0.2)
    async with opened(path) as djtui:
        await djtui.until(lambda: djtui.table.row_count == 38)
        assert djtui.table.cursor_track_id == track
        await djtui.sees("/ bicep", "sort title ↑", "37 / 38")
