"""Playlists and folders by key: in the crates, and in the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.widgets import Input

from djtui.library import playlists
from djtui.tui import in_list
from djtui.tui.screens.library import LibraryView
from djtui.tui.steps import Steps
from tests.tui.conftest import Opened, Session, another

FRIDAY = 2
PREPARATION = 3


async def tree(djtui: Session) -> list[str]:
    """The paths of the tree, in order."""
    return list(playlists.paths(await playlists.all_playlists(await djtui.app.library())).values())


async def tracks_of(djtui: Session, id: int) -> list[int | None]:
    return [item[0] for item in await playlists.items(await djtui.app.library(), id)]


async def go_to(djtui: Session, id: int) -> None:
    """Into the crates, onto a playlist."""
    view = djtui.app.screen
    assert isinstance(view, LibraryView)
    await djtui.until(lambda: view.crates.find(id))
    if not view.crates.has_focus:
        await djtui.press("c")
    view.crates.move_to(f"playlist:{id}")
    await djtui.pilot.pause()


async def name_it(djtui: Session, name: str) -> None:
    await djtui.until(lambda: djtui.app.screen.query(Input))
    djtui.app.screen.query_one(Input).value = name
    await djtui.press("enter")


async def test_playlists_and_folders_are_made_renamed_moved_and_put_in_order_by_key(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await go_to(djtui, FRIDAY)
        await djtui.press("n")
        await djtui.sees("New playlist", "Its name, in Gigs:")
        await name_it(djtui, "Friday")
        await djtui.sees("There is another playlist Friday in Gigs.")
        await name_it(djtui, "Saturday")
        await djtui.sees("▌     Saturday")
        await djtui.press("K")
        await djtui.until(lambda: djtui.text.index("    Saturday") < djtui.text.index("    Friday"))
        await djtui.press("r")
        await djtui.sees("Rename playlist Saturday")
        await name_it(djtui, "[bold]Sunday\u202e")
        await djtui.sees("[bold]Sunday")
        await djtui.press("N")
        await djtui.sees("New folder")
        await name_it(djtui, "Old")
        await djtui.sees("▾ Old")
        await go_to(djtui, PREPARATION)
        await djtui.press("m")
        await djtui.sees("Move Preparation into", "the top", "Gigs/Old")
        await djtui.type("old")
        await djtui.press("enter")
        await djtui.sees("▌       Preparation")
        assert (await tree(djtui))[:5] == [
            "Gigs",
            "Gigs/[bold]Sunday\u202e",
            "Gigs/Old",
            "Gigs/Old/Preparation",
            "Gigs/Friday",
        ]
        assert await djtui.value("SELECT count(*) FROM change WHERE kind = 'playlist'") == 5


async def test_deleting_a_folder_says_what_goes_with_it_and_u_brings_it_back(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await djtui.press("c", "r")
        await djtui.sees("This is no playlist and no folder: n makes one.")
        await go_to(djtui, 1)
        await djtui.press("d")
        await djtui.sees("Delete folder Gigs?", "It holds 1 playlist, which goes with it.", "u brings back")
        await djtui.press("y")
        await djtui.until(lambda: "Gigs" not in djtui.text.replace("Folder Gigs: deleted", ""))
        await djtui.press("escape", "u")
        await djtui.sees("▾ Gigs", "    Friday")
        assert await tracks_of(djtui, FRIDAY) == [5, 3, 9, 3, 7]


async def test_tracks_are_added_to_a_playlist_found_by_typing_and_again_with_one_key(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await djtui.press("space", "space", "space", "A")
        await djtui.sees("Add 3 tracks to a playlist", "Gigs/Friday", "Preparation")
        await djtui.type("fri")
        await djtui.sees("new: fri")
        await djtui.press("enter")
        await djtui.sees("Friday: 2 tracks added, 1 was in it already")
        assert await tracks_of(djtui, FRIDAY) == [5, 3, 9, 3, 7, 1, 2]
        await djtui.press("escape", "escape", "full_stop")
        await djtui.sees("Friday: 1 track added")
        assert await tracks_of(djtui, FRIDAY) == [5, 3, 9, 3, 7, 1, 2, 4]
        await djtui.press("A")
        await djtui.sees("the last one")
        await djtui.type("Gigs/Late")
        await djtui.sees("new: Late  in Gigs")
        await djtui.press("enter")
        await djtui.until(lambda: djtui.app.counters.changes == 3)
        assert "Gigs/Late" in await tree(djtui)
        assert await djtui.value("SELECT items FROM playlist WHERE name = 'Late'") == 1


async def test_a_new_playlist_is_named_by_its_path_as_on_the_command_line(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await djtui.press("A")
        await djtui.type("Fest/Main stage")
        await djtui.sees("There is no folder Fest. For a slash in a name: Fest//Main stage")
        await djtui.press("enter")
        assert djtui.app.counters.changes == 0
        await djtui.press("escape", "A")
        await djtui.type("Gigs/AC//DC")
        await djtui.sees("new: AC/DC  in Gigs")
        await djtui.press("enter")
        await djtui.until(lambda: djtui.app.counters.changes == 1)
        assert "Gigs/AC//DC" in await tree(djtui)


async def test_tracks_move_in_the_playlist_s_own_order_and_are_taken_out(path: Path, opened: Opened) -> None:
    async with opened(path) as djtui:
        await go_to(djtui, FRIDAY)
        await djtui.press("enter")
        await djtui.until(lambda: djtui.ids == [5, 3, 9, 3, 7])
        await djtui.press("j", "J")
        await djtui.until(lambda: djtui.ids == [5, 9, 3, 3, 7])
        assert djtui.table.cursor_row == 2
        await djtui.press("J", "J", "J", "J")
        await djtui.until(lambda: djtui.ids == [5, 9, 3, 7, 3])
        assert djtui.table.cursor_row == 4
        await djtui.press("x")
        await djtui.until(lambda: djtui.ids == [5, 9, 3, 7])
        djtui.table.toggle_mark(3)
        djtui.table.toggle_mark(7)
        await djtui.press("K")
        await djtui.until(lambda: djtui.ids == [5, 3, 7, 9])
        await djtui.press("x")
        await djtui.until(lambda: djtui.ids == [5, 9])
        assert await tracks_of(djtui, FRIDAY) == [5, 9]
        await djtui.press("u")
        await djtui.until(lambda: djtui.ids == [5, 3, 7, 9])


async def test_a_sorted_playlist_is_not_moved_about_in_but_can_keep_its_order(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await djtui.press("J")
        await djtui.sees("Only a playlist can be put in order")
        await go_to(djtui, FRIDAY)
        await djtui.press("enter", "s")
        await djtui.type("title")
        await djtui.press("enter")
        await djtui.sees("sort title")
        await djtui.until(lambda: djtui.ids == [3, 3, 9, 7, 5])
        await djtui.press("J")
        await djtui.sees("Tracks move in the playlist's own order")
        await djtui.press("g", "x")
        await djtui.sees("It stands in Friday 2 times")
        await djtui.press("O")
        await djtui.sees("Friday: put in this order")
        assert await tracks_of(djtui, FRIDAY) == [3, 3, 9, 7, 5]


async def test_the_table_follows_what_another_terminal_does_to_its_playlist(
    path: Path, opened: Opened
) -> None:
    async with opened(path) as djtui:
        await go_to(djtui, FRIDAY)
        await djtui.press("enter")
        await djtui.until(lambda: len(djtui.ids) == 5)
        async with another(path) as other:
            await playlists.rename(other, FRIDAY, "Easter Monday")
            await djtui.sees("─ Easter Monday ─")
            await playlists.delete(other, [FRIDAY])
            await djtui.sees("─ All tracks ─")
            await djtui.until(lambda: len(djtui.ids) == 300)


# -- places in a list -----------------------------------------------------------------------------

ITEMS: list[in_list.Item] = [
    (7, None, "track"),
    (None, "gone", "track"),
    (8, None, "track"),
    (7, None, "track"),
]


def test_an_occurrence_is_found_behind_items_that_nobody_knows() -> None:
    shown = [id for id, _, _ in ITEMS if id is not None]
    assert in_list.occurrence(shown, 2) == (7, 1)
    assert in_list.places(ITEMS, {(7, 1)}) == [3]
    assert in_list.places(ITEMS, {(9, 0)}) == []
    assert in_list.places_of(ITEMS, {7}) == [0, 3]


def moved(chosen: list[int], steps: int) -> list[int]:
    return in_list.moved(len(ITEMS), chosen, in_list.target(ITEMS, chosen, steps))


def test_a_step_passes_one_track_that_is_seen_whatever_lies_between() -> None:
    assert moved([2], -1) == [2, 0, 1, 3]
    assert moved([0], 1) == [1, 2, 0, 3]
    assert moved([2], 1) == [0, 1, 3, 2]
    assert moved([0], 9) == [1, 2, 3, 0]
    assert moved([3], -9) == [3, 0, 1, 2]


async def test_steps_that_come_while_one_is_taken_are_taken_in_one_go() -> None:
    import asyncio

    taken: list[Any] = []
    go = asyncio.Event()

    async def take(what: str, steps: int) -> None:
        taken.append((what, steps))
        await go.wait()

    steps = Steps(take)
    work = [asyncio.create_task(steps.add(what, 1)) for what in "aaab"]
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(*work)
    assert taken == [("a", 1), ("a", 2), ("b", 1)]
