"""The table of tracks: columns, marks, and a cursor that stays on its track."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import DataTable

from djtui.library import tracks
from djtui.library.database import Library, connect_readonly
from djtui.tui.widgets.track_columns import DEFAULT_COLUMNS, TRACK_COLUMNS
from djtui.tui.widgets.track_table import TrackTable
from tests.making import add_tracks

FIRST = {
    "title": "Opal (Four Tet Remix)",
    "artist": "Bicep",
    "bpm": 124.0,
    "key": 21,
    "rating": 4,
    "duration": 458.0,
    "genre": "House",
    "added": "2026-11-14T20:15:00Z",
    "label": "Feel My Bicep",
    "plays": 41,
}


@pytest.fixture
def connection(library: Library) -> Iterator[sqlite3.Connection]:
    opened = connect_readonly(library.path)
    yield opened
    opened.close()


class Harness(App[None]):
    """A table of tracks, and what it told."""

    def __init__(self, connection: sqlite3.Connection, **options: Any) -> None:
        super().__init__()
        self.table = TrackTable(connection, **options)
        self.told: list[int | None] = []
        self.counts: list[int] = []
        self.painted = 0

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()

    def on_track_table_track_highlighted(self, event: TrackTable.TrackHighlighted) -> None:
        self.told.append(event.track_id)

    def on_track_table_marks_changed(self, event: TrackTable.MarksChanged) -> None:
        self.counts.append(event.count)

    def _display(self, screen: Any, renderable: Any) -> None:
        super()._display(screen, renderable)
        self.painted += renderable is not None

    def lines(self) -> list[str]:
        return [strip.text for strip in self.screen._compositor.render_strips()]


@asynccontextmanager
async def running(
    connection: sqlite3.Connection, ids: range | list[int], size: tuple[int, int] = (80, 24), **options: Any
) -> AsyncIterator[tuple[Harness, TrackTable, Pilot[None]]]:
    app = Harness(connection, **options)
    async with app.run_test(size=size) as pilot:
        app.table.show(array("i", ids))
        await pilot.pause()
        yield app, app.table, pilot


async def numbered(library: Library, count: int) -> range:
    return await add_tracks(library, [{"title": f"Track {number}"} for number in range(1, count + 1)])


# -- columns --------------------------------------------------------------------------------------


async def test_a_track_reads_as_a_dj_writes_it(library: Library, connection: sqlite3.Connection) -> None:
    await add_tracks(library, [FIRST, {"title": "Set", "duration": 3723.0, "rating": 0}, {}])
    async with running(connection, [1, 2, 3], size=(140, 10)) as (app, _table, _):
        first = app.lines()[1]
        told = " ".join(first.split())
        assert told.startswith("▌ Opal (Four Tet Remix) Bicep 124.00 8A ★★★★ 7:38 House 2026-11-14")
        assert "Feel My Bicep 41" in told
        assert " 1h02 " in app.lines()[2]
        assert app.lines()[3].strip() == ""


async def test_at_eighty_columns_the_first_six_are_there(
    library: Library, connection: sqlite3.Connection
) -> None:
    await add_tracks(library, [FIRST])
    async with running(connection, [1]) as (app, _table, _):
        assert app.lines()[0].split() == ["Title", "Artist", "BPM", "Key", "★★★★★", "Time"]


async def test_a_rating_without_room_for_stars_is_a_number(
    library: Library, connection: sqlite3.Connection
) -> None:
    await add_tracks(library, [FIRST])
    async with running(connection, [1], size=(77, 5)) as (app, _table, _):
        assert app.lines()[0].split() == ["Title", "Artist", "BPM", "Key", "★", "Time"]
        assert app.lines()[1].split()[-2:] == ["4", "7:38▐"]


async def test_keys_are_spelt_in_the_wanted_notation(
    library: Library, connection: sqlite3.Connection
) -> None:
    await add_tracks(library, [FIRST])
    async with running(connection, [1], notation="musical") as (app, table, pilot):
        assert " Am " in app.lines()[1]
        table.notation = "open"
        await pilot.pause()
        assert " 1m " in app.lines()[1]


async def test_columns_are_chosen_by_name(library: Library, connection: sqlite3.Connection) -> None:
    await add_tracks(library, [FIRST | {"year": 2017}])
    async with running(connection, [1], columns=["year", "title"]) as (app, table, pilot):
        assert app.lines()[1].split()[1:3] == ["2017", "Opal"]
        table.choose_columns(["artist", "title"])
        await pilot.pause()
        assert app.lines()[1].split()[1] == "Bicep"
        with pytest.raises(ValueError, match="no column 'tempo'"):
            table.choose_columns(["title", "tempo"])


async def test_every_column_that_can_be_chosen_can_be_read(
    library: Library, connection: sqlite3.Connection
) -> None:
    await add_tracks(library, [FIRST | {"color": 3, "locked": 1, "bitrate": 320_000, "filesize": 9_400_000}])
    assert DEFAULT_COLUMNS[:6] == ("title", "artist", "bpm", "key", "rating", "duration")
    async with running(connection, [1], size=(600, 5), columns=list(TRACK_COLUMNS)) as (app, table, _):
        assert len(table.columns) == 1 + len(TRACK_COLUMNS)
        assert {"yellow", "yes", "320", "9.4"} <= set(app.lines()[1].split())


async def test_a_missing_file_is_dim_and_says_so(library: Library, connection: sqlite3.Connection) -> None:
    await add_tracks(library, [{"title": "Here"}, {"title": "Gone", "missing": 1}, {"title": "There"}])
    async with running(connection, [1, 2, 3]) as (app, _table, _):
        strips = app.screen._compositor.render_strips()
        assert strips[2].text.startswith(" ✗  Gone")
        dim, plain = (next(s for s in strips[y] if "ere" in s.text or "Gone" in s.text).style for y in (2, 3))
        assert dim is not None and plain is not None
        assert dim.color != plain.color and dim.bgcolor == plain.bgcolor


# -- the cursor stays on its track ----------------------------------------------------------------


async def test_the_cursor_stays_on_its_track_and_line_when_the_order_changes(
    library: Library, connection: sqlite3.Connection
) -> None:
    ids = await numbered(library, 500)
    async with running(connection, ids) as (app, table, pilot):
        table.move_cursor(row=300)
        await pilot.press("up", "up", "up")
        await pilot.pause()
        line = table.cursor_row - table.scroll_offset.y
        table.show(array("i", reversed(ids)))
        await pilot.pause()
        assert table.cursor_track_id == 298
        assert table.cursor_row - table.scroll_offset.y == line
        assert "Track 298 " in app.lines()[1 + line]


async def test_tracks_that_arrive_above_and_below_do_not_move_the_cursor_on_the_screen(
    library: Library, connection: sqlite3.Connection
) -> None:
    ids = await numbered(library, 500)
    async with running(connection, list(ids)[200:300]) as (app, table, pilot):
        await pilot.press("pagedown", "down")
        before = app.lines()
        table.show(array("i", ids))
        await pilot.pause()
        assert table.cursor_track_id == 225
        assert app.lines() == before


async def test_what_would_look_the_same_is_not_painted_again(
    library: Library, connection: sqlite3.Connection
) -> None:
    ids = await numbered(library, 500)
    async with running(connection, list(ids)[200:300]) as (app, table, pilot):
        await pilot.press("pagedown")
        await pilot.pause()
        painted = app.painted
        table.show(array("i", list(ids)[150:400]))
        await pilot.pause()
        assert (app.painted, table.cursor_track_id, table.row_count) == (painted, 224, 250)


async def test_a_window_that_was_scrolled_away_stays_where_it_is(
    library: Library, connection: sqlite3.Connection
) -> None:
    ids = await numbered(library, 500)
    async with running(connection, list(ids)[100:]) as (app, table, pilot):
        table.scroll_to(y=200, animate=False)
        await pilot.pause()
        before = app.lines()
        table.show(array("i", ids))
        await pilot.pause()
        assert app.lines() == before
        assert table.cursor_track_id == 101


async def test_a_track_that_is_no_longer_there_leaves_the_cursor_in_its_row(
    library: Library, connection: sqlite3.Connection
) -> None:
    ids = await numbered(library, 50)
    async with running(connection, ids) as (app, table, pilot):
        await pilot.press("down", "down")
        table.show(array("i", [id for id in ids if id != 3]))
        await pilot.pause()
        assert (table.cursor_row, table.cursor_track_id) == (2, 4)
        assert app.told[-1] == 4


async def test_the_cursor_goes_where_it_is_sent(library: Library, connection: sqlite3.Connection) -> None:
    ids = await numbered(library, 500)
    async with running(connection, ids) as (_, table, pilot):
        table.show(array("i", ids), keep=400)
        await pilot.pause()
        assert table.cursor_track_id == 400
        assert 0 <= table.cursor_row - table.scroll_offset.y < 23
        table.show(array("i", ids), top=True)
        assert (table.cursor_track_id, table.scroll_offset.y) == (1, 0)


async def test_in_a_playlist_the_cursor_stays_on_the_second_of_two_equal_tracks(
    library: Library, connection: sqlite3.Connection
) -> None:
    await numbered(library, 3)
    async with running(connection, [2, 1, 2, 3]) as (_, table, pilot):
        await pilot.press("down", "down")
        table.show(array("i", [2, 1, 2, 3, 1]))
        assert table.cursor_row == 2


async def test_only_the_last_of_several_tracks_is_told_and_none_twice(
    library: Library, connection: sqlite3.Connection
) -> None:
    ids = await numbered(library, 100)
    async with running(connection, ids) as (app, table, pilot):
        assert app.told == [1]
        for row in (10, 20, 30):
            table.move_cursor(row=row)
        await pilot.pause()
        assert app.told == [1, 31]
        told = list(app.told)
        table.show(array("i", list(ids)[5:]))
        await pilot.pause()
        assert app.told == told
        table.show(array("i"))
        await pilot.pause()
        assert app.told == [*told, None]


async def test_an_edited_track_is_read_anew(library: Library, connection: sqlite3.Connection) -> None:
    ids = await numbered(library, 100)
    async with running(connection, ids) as (app, table, pilot):
        async with library.writing() as tx:
            await tracks.update(tx, {2: {"title": "Glue"}, 90: {"title": "Opal"}})
        table.refresh_tracks([2, 90])
        await pilot.pause()
        assert "Glue" in app.lines()[2]
        await pilot.press("G")
        assert any("Opal" in line for line in app.lines())


# -- marks ----------------------------------------------------------------------------------------


async def test_space_marks_and_goes_on(library: Library, connection: sqlite3.Connection) -> None:
    ids = await numbered(library, 10)
    async with running(connection, ids) as (app, table, pilot):
        await pilot.press("space", "space", "down", "space")
        await pilot.pause()
        assert table.marked == {1, 2, 4}
        assert app.counts[-1] == 3
        assert [line[1] for line in app.lines()[1:6]] == ["●", "●", " ", "●", " "]
        await pilot.press("g", "space")
        assert table.marked == {2, 4}


async def test_a_range_is_marked_from_where_it_began_to_the_cursor(
    library: Library, connection: sqlite3.Connection
) -> None:
    ids = await numbered(library, 100)
    async with running(connection, ids) as (app, table, pilot):
        await pilot.press("down", "v", "down", "down")
        assert list(table.range_rows) == [1, 2, 3]
        assert [line[1] for line in app.lines()[1:6]] == [" ", "○", "○", "○", " "]
        await pilot.press("v")
        assert table.marked == {2, 3, 4}
        await pilot.press("v", "up", "up", "up", "space")
        assert table.marked == {1, 2, 3, 4}


async def test_escape_leaves_the_range_and_marks_nothing(
    library: Library, connection: sqlite3.Connection
) -> None:
    ids = await numbered(library, 10)
    async with running(connection, ids) as (app, table, pilot):
        assert table.check_action("leave_range", ()) is False
        await pilot.press("v", "down", "down", "escape")
        await pilot.pause()
        assert (table.marked, list(table.range_rows)) == (frozenset(), [])
        assert not any("○" in line for line in app.lines())


async def test_a_range_keeps_its_first_track_when_the_view_changes(
    library: Library, connection: sqlite3.Connection
) -> None:
    ids = await numbered(library, 100)
    async with running(connection, list(ids)[10:]) as (_, table, pilot):
        await pilot.press("v", "down", "down")
        table.show(array("i", ids))
        await pilot.press("v")
        assert table.marked == {11, 12, 13}


async def test_marks_outlive_filters_and_name_what_an_action_is_for(
    library: Library, connection: sqlite3.Connection
) -> None:
    ids = await numbered(library, 10)
    async with running(connection, ids) as (_, table, pilot):
        assert table.chosen == [1]
        table.mark_range(8, 6)
        table.toggle_mark(2)
        table.show(array("i", [9, 5, 8]))
        await pilot.pause()
        assert table.marked == {2, 7, 8, 9}
        assert table.chosen == [9, 8, 2, 7]
        table.clear_marks()
        assert table.chosen == [table.cursor_track_id]
        table.show(array("i"))
        assert table.chosen == []


async def test_a_click_on_the_mark_and_one_with_ctrl_mark(
    library: Library, connection: sqlite3.Connection
) -> None:
    ids = await numbered(library, 10)
    async with running(connection, ids) as (_, table, pilot):
        await pilot.click(DataTable, offset=(1, 3))
        await pilot.click(DataTable, offset=(20, 6), control=True)
        await pilot.pause()
        assert table.marked == {3, 6}
        assert table.cursor_row == 0


async def test_a_marked_track_whose_file_is_missing_shows_both(
    library: Library, connection: sqlite3.Connection
) -> None:
    await add_tracks(library, [{"title": "Gone", "missing": 1}])
    async with running(connection, [1]) as (app, _table, pilot):
        await pilot.press("space")
        await pilot.pause()
        assert app.lines()[1][1] == "⊗"


async def test_every_key_has_an_id_and_a_tooltip() -> None:
    ids = [binding.id for _, binding in TrackTable._merged_bindings or ()]
    assert {"tracks.mark", "tracks.range", "tracks.leave_range", "table.down"} <= set(ids)
    assert all(binding.tooltip and binding.group for _, binding in TrackTable._merged_bindings or ())


async def test_a_track_removed_by_another_terminal_leaves_a_blank_row_until_it_is_listed_again(
    library: Library, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    ids = await numbered(library, 5)
    async with running(connection, ids) as (app, table, pilot):
        async with library.writing() as tx:
            await tracks.delete(tx, [2])
        table.refresh_tracks()
        await pilot.pause()
        assert app.lines()[2].strip() == ""
        table.show(array("i", [1, 3, 4, 5]))
        await pilot.pause()
        assert "Track 3" in app.lines()[2]
