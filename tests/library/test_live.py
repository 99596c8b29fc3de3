"""What a screen holds to stay in step with the library."""

from __future__ import annotations

import asyncio
import sqlite3
from array import array
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from djtui.library import playlists, tracks
from djtui.library.database import Library, connect_readonly
from djtui.library.listing import MANY
from djtui.library.live import Answer, Refused, Searches, TrackFeed, TrackRows, Unknown
from djtui.library.view import PAGE, Condition, Listing, View, conditions
from djtui.query import parse
from tests.making import add_tracks

# Runs for minutes unless it is interrupted.
ENDLESS = Condition(
    "track.id IN (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000000)"
    " SELECT i FROM n)"
)


@pytest.fixture
def connection(library: Library) -> Iterator[sqlite3.Connection]:
    opened = connect_readonly(library.path)
    yield opened
    opened.close()


# -- rows -----------------------------------------------------------------------------------------


async def test_rows_are_read_a_page_at_a_time_and_read_anew_when_they_changed(
    library: Library, connection: sqlite3.Connection
) -> None:
    await add_tracks(library, [{"title": f"Track {number}"} for number in range(1, 301)])
    rows = TrackRows(connection, ["id", "title"])
    rows.ids = array("i", range(300, 0, -1))
    assert rows.row(0) == (300, "Track 300")
    assert [rows.row(index) for index in (PAGE - 1, PAGE, 299)] == [
        (173, "Track 173"),
        (172, "Track 172"),
        (1, "Track 1"),
    ]
    async with library.writing() as tx:
        await tracks.update(tx, {300: {"title": "Opal"}, 1: {"title": "Glue"}})
    assert rows.row(0) == (300, "Track 300")
    rows.forget([300])
    assert [rows.row(0), rows.row(299)] == [(300, "Opal"), (1, "Track 1")]
    rows.forget()
    assert rows.row(299) == (1, "Glue")


async def test_the_row_of_a_removed_track_is_none(library: Library, connection: sqlite3.Connection) -> None:
    await add_tracks(library, [{"title": "a"}, {"title": "b"}])
    rows = TrackRows(connection, ["title"])
    rows.ids = array("i", [1, 2])
    async with library.writing() as tx:
        await tracks.delete(tx, [2])
    assert [rows.row(0), rows.row(1)] == [("a",), None]


async def test_a_key_is_the_id_and_leads_back_to_the_first_place(connection: sqlite3.Connection) -> None:
    rows = TrackRows(connection, ["title"])
    rows.ids = array("i", [7, 9, 7])
    assert [rows.key(index) for index in range(3)] == ["7", "9", "7"]
    assert [rows.index_of(key) for key in ("7", "9", "8", "x")] == [0, 1, None, None]


async def test_an_index_is_found_in_a_long_list_too(connection: sqlite3.Connection) -> None:
    rows = TrackRows(connection, ["title"])
    rows.ids = array("i", range(100_000, 0, -1))
    assert [rows.index_of(key) for key in ("100000", "1", "100001")] == [0, 99_999, None]


async def test_a_column_that_no_track_has_is_refused_by_name(connection: sqlite3.Connection) -> None:
    with pytest.raises(ValueError, match="no column 'tempo'"):
        TrackRows(connection, ["title", "tempo"])


# -- the feed -------------------------------------------------------------------------------------


async def test_the_feed_tells_what_was_added_and_changed(
    library: Library, connection: sqlite3.Connection
) -> None:
    feed = TrackFeed(connection)
    assert feed.poll() is None
    await add_tracks(library, [{"title": "a"}, {"title": "b"}, {"title": "c"}])
    changes = feed.poll()
    assert changes is not None
    assert (changes.tracks, changes.removed, changes.playlists) == ((1, 2, 3), False, False)
    assert feed.poll() is None
    async with library.writing() as tx:
        await tracks.update(tx, {2: {"rating": 5}})
    changes = feed.poll()
    assert changes is not None
    assert changes.tracks == (2,)


async def test_the_feed_tells_of_removed_tracks_and_of_playlists(
    library: Library, connection: sqlite3.Connection
) -> None:
    await add_tracks(library, [{"title": "a"}, {"title": "b"}])
    feed = TrackFeed(connection)
    async with library.writing() as tx:
        await tracks.delete(tx, [1])
    changes = feed.poll()
    assert changes is not None
    assert (changes.tracks, changes.removed, changes.playlists) == ((), True, False)
    async with library.writing() as tx:
        await tx.touch("playlists")
    changes = feed.poll()
    assert changes is not None
    assert (changes.tracks, changes.removed, changes.playlists) == ((), False, True)


async def test_the_feed_does_not_count_what_is_too_many(
    library: Library, connection: sqlite3.Connection
) -> None:
    feed = TrackFeed(connection)
    await add_tracks(library, [{"title": "a"}] * (MANY + 1))
    changes = feed.poll()
    assert changes is not None
    assert changes.tracks is None


async def test_what_jobs_write_about_themselves_is_no_change(
    library: Library, connection: sqlite3.Connection
) -> None:
    feed = TrackFeed(connection)
    async with library.writing() as tx:
        await tx.execute("INSERT INTO ui_state VALUES ('library', '{}')")
    assert feed.poll() is None


# -- searches -------------------------------------------------------------------------------------


class Screen:
    """Searches, and a queue of what they deliver."""

    def __init__(self, library: Library) -> None:
        self._loop = asyncio.get_running_loop()
        self._answers: asyncio.Queue[Answer] = asyncio.Queue()
        self.searches = Searches(connect_readonly(library.path), self._deliver)

    def _deliver(self, answer: Answer) -> None:
        self._loop.call_soon_threadsafe(self._answers.put_nowait, answer)

    async def answer(self) -> Answer:
        return await asyncio.wait_for(self._answers.get(), 20)

    async def ids(self) -> list[int]:
        answer = await self.answer()
        assert isinstance(answer, Listing)
        return answer.ids.tolist()


@pytest_asyncio.fixture
async def screen(library: Library) -> AsyncIterator[Screen]:
    await add_tracks(library, [{"title": "Opal", "bpm": 124.0}, {"title": "Glue"}, {"title": "Opal II"}])
    screen = Screen(library)
    yield screen
    await asyncio.to_thread(screen.searches.close)


async def test_what_is_asked_for_is_delivered_with_the_number_of_unknown(screen: Screen) -> None:
    view = View(where=conditions(parse("bpm:>100")))
    screen.searches.show(view)
    assert await screen.ids() == [1]
    assert await screen.answer() == Unknown(view, 2)


async def test_a_newer_question_interrupts_the_older_and_only_it_is_answered(screen: Screen) -> None:
    screen.searches.show(View(where=(ENDLESS,)))
    await asyncio.sleep(0.1)
    screen.searches.show(View(where=conditions(parse("glue"))))
    assert await screen.ids() == [2]


async def test_closing_does_not_wait_for_a_long_search(library: Library) -> None:
    await add_tracks(library, [{"title": "Opal"}])
    screen = Screen(library)
    screen.searches.show(View(where=(ENDLESS,)))
    await asyncio.sleep(0.1)
    await asyncio.wait_for(asyncio.to_thread(screen.searches.close), 10)


async def test_a_changed_library_is_listed_again(library: Library, screen: Screen) -> None:
    view = View(where=(Condition("track.bpm IS NULL"),))
    screen.searches.show(view)
    assert await screen.ids() == [2, 3]
    await add_tracks(library, [{"title": "Opal III"}])
    screen.searches.changed()
    assert await screen.ids() == [2, 3, 4]


async def test_a_condition_that_sqlite_cannot_read_is_refused_with_the_reason(screen: Screen) -> None:
    view = View(where=(Condition("track.tempo > 1"),))
    screen.searches.show(view)
    answer = await screen.answer()
    assert isinstance(answer, Refused)
    assert answer.view == view
    assert "track.tempo" in answer.reason
    screen.searches.show(View())
    assert await screen.ids() == [1, 2, 3]


async def test_changes_of_a_playlist_are_listed(library: Library, screen: Screen) -> None:
    async with library.writing() as tx:
        await tx.execute(
            "INSERT INTO playlist (id, position, kind, source, name) VALUES (1, 0, 'list', 'djtui', 'Friday')"
        )
        await playlists.set_items(tx, 1, [(2, None, "track")])
    screen.searches.show(View(1))
    assert await screen.ids() == [2]
    async with library.writing() as tx:
        await playlists.set_items(tx, 1, [(3, None, "track"), (2, None, "track")])
        await tx.touch("playlists")
    screen.searches.changed()
    assert await screen.ids() == [3, 2]
