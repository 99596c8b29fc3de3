"""Single items of a change are undone and done again, and what can go is known before anybody tries."""

from __future__ import annotations

import pytest

from djtui.library import history, playlists, removal, tracks
from djtui.library.database import Library
from djtui.library.history import Change, HistoryError
from tests.library.test_history import edited, genre
from tests.library.test_playlists import tracks_in
from tests.making import add_tracks

HOUSE = [{"title": name, "genre": "House"} for name in ("Opal", "Kids", "Glue")]


async def again(library: Library, change: Change) -> Change:
    return await history.find(library, change.id)


async def genres(library: Library) -> list[str | None]:
    return [await genre(library, id) for id in (1, 2, 3)]


async def test_one_track_of_an_edit_is_undone_then_the_others_then_all_is_done_again(
    library: Library,
) -> None:
    await add_tracks(library, HOUSE)
    change = await edited(library, [1, 2, 3], genre="Acid")
    first = await history.undo(library, change, only=[("fields", 2)])
    assert (first.undone, await genres(library)) == (1, ["Acid", "House", "Acid"])
    assert (await again(library, change)).undone is None
    assert await history.taken_in_part(library, [change.id]) == {change.id}
    rest = await history.undo(library, await again(library, change))
    assert (rest.undone, await genres(library)) == (2, ["House"] * 3)
    assert (await again(library, change)).undone == rest.change
    assert await history.taken_in_part(library, [change.id]) == set()
    assert (await history.redo(library, await again(library, change))).undone == 3
    assert await genres(library) == ["Acid"] * 3
    assert (await again(library, change)).undone is None


async def test_what_was_undone_in_part_is_done_again_and_no_more(library: Library) -> None:
    await add_tracks(library, HOUSE)
    change = await edited(library, [1, 2, 3], genre="Acid")
    await history.undo(library, change, only=[("fields", 1), ("fields", 2)])
    assert (await history.redo(library, change, only=[("fields", 1)])).undone == 1
    assert await genres(library) == ["Acid", "House", "Acid"]
    assert (await history.redo(library, change)).undone == 1
    with pytest.raises(HistoryError, match="is not undone"):
        await history.redo(library, change)


async def test_one_after_the_other_all_are_undone_and_so_is_the_change(library: Library) -> None:
    await add_tracks(library, HOUSE)
    change = await edited(library, [1, 2], genre="Acid")
    await history.undo(library, change, only=[("fields", 1)])
    last = await history.undo(library, change, only=[("fields", 2)])
    assert (await again(library, change)).undone == last.change


async def test_the_entry_of_an_undo_tells_what_it_did(library: Library) -> None:
    await add_tracks(library, HOUSE)
    change = await edited(library, [1, 2], genre="Acid")
    undone = await history.undo(library, change, only=[("fields", 2)])
    assert await history.images(library, undone.change) == [(2, {"genre": "Acid"}, {"genre": "House"})]
    redone = await history.redo(library, change)
    assert await history.images(library, redone.change) == [(2, {"genre": "House"}, {"genre": "Acid"})]


async def test_undo_means_what_is_whole_and_redo_what_was_taken_back_last(library: Library) -> None:
    await add_tracks(library, HOUSE)
    older = await edited(library, [3], genre="Dub")
    change = await edited(library, [1, 2], genre="Acid")
    await history.undo(library, change, only=[("fields", 1)])
    assert await history.newest(library, undone=False) == older
    assert await history.newest(library, undone=True) == change
    await history.redo(library, change)
    assert await history.newest(library, undone=False) == change
    assert await history.newest(library, undone=True) is None


async def test_what_is_left_alone_stays_in_the_entry_and_can_be_tried_again(library: Library) -> None:
    await add_tracks(library, HOUSE)
    change = await edited(library, [1, 2], genre="Acid")
    later = await edited(library, [1], genre="Dub")
    assert [it.key for it in (await history.undo(library, change)).refused] == [("fields", 1)]
    assert (await again(library, change)).undone is None
    await history.undo(library, later)
    assert (await history.undo(library, await again(library, change))).undone == 1
    assert (await again(library, change)).undone is not None


async def test_an_outlook_knows_what_undo_will_do_and_changes_nothing(library: Library) -> None:
    await add_tracks(library, [*HOUSE, {"title": "Rain"}])
    change = await edited(library, [1, 2, 3, 4], genre="Acid", rating=4)
    await edited(library, [1], genre="Dub")
    await removal.remove(library, [4], "1 track removed")
    entries = await history.changes(library)
    found = await history.outlook(library, change)
    assert (found.can, found.why) == (2, None)
    assert [(it.key, it.reason) for it in found.refused] == [
        (("fields", 1), "genre was changed since"),
        (("fields", 4), "it is no longer in the library"),
    ]
    assert found.sentence().startswith("2 of 4 tracks can be undone; 2 stay: genre was changed since (1); ")
    assert await history.changes(library) == entries
    result = await history.undo(library, change)
    assert (result.undone, result.refused) == (found.can, found.refused)
    over = await history.outlook(library, change, redo=True)
    assert over.can == 2


def test_an_outlook_is_a_sentence() -> None:
    one = history.Refusal("a", "It was renamed again since.")
    assert history.Outlook(812).sentence("file") == "812 files can be undone."
    assert (
        history.Outlook(806, [one] * 6).sentence("file")
        == "806 of 812 files can be undone; 6 stay: it was renamed again since."
    )
    assert (
        history.Outlook(0, [one]).sentence("file")
        == "Nothing of it can be undone now: it was renamed again since."
    )
    assert history.Outlook(1).sentence("file", redo=True) == "1 file can be done again."
    assert history.Outlook(why="It is too late.").sentence() == "It is too late."


async def test_the_outlook_of_playlists_is_what_undo_will_do(library: Library) -> None:
    await add_tracks(library, HOUSE)
    folder, _ = await playlists.create(library, "Gigs", "folder")
    friday, _ = await playlists.create(library, "Friday", parent=folder, track_ids=[1, 2])
    saturday, _ = await playlists.create(library, "Saturday", parent=folder)
    await playlists.delete(library, [folder])
    deleted = await history.newest(library, undone=False)
    assert deleted is not None
    before = await playlists.all_playlists(library)
    assert (await history.outlook(library, deleted)).can == 3
    alone = await history.outlook(library, deleted, only=[("playlist", friday)])
    assert [it.reason for it in alone.refused] == ["the folder that it belongs into is not there"]
    assert await playlists.all_playlists(library) == before
    some = await history.undo(library, deleted, only=[("playlist", folder), ("playlist", friday)])
    assert (some.playlists, some.refused) == (2, [])
    assert await tracks_in(library, friday) == [1, 2]
    assert (await history.undo(library, deleted)).playlists == 1
    assert {node.id for node in await playlists.all_playlists(library)} == {folder, friday, saturday}
    await playlists.rename(library, friday, "Late")
    made = next(it for it in await history.changes(library) if "Friday: created" in it.title)
    assert [it.reason for it in (await history.outlook(library, made)).refused] == ["it was renamed since"]


async def test_one_removed_track_comes_back_into_its_playlists_and_the_others_later(
    library: Library,
) -> None:
    await add_tracks(library, [*HOUSE, {"title": "Rain"}])
    friday, _ = await playlists.create(library, "Friday", track_ids=[1, 2, 3, 2, 4])
    _, number = await removal.remove(library, [1, 2, 3], "3 tracks removed")
    assert number is not None
    change = await history.find(library, number)
    assert (await history.undo(library, change, only=[("track", 3)])).tracks == 1
    assert await tracks_in(library, friday) == [3, 4]
    with pytest.raises(HistoryError, match="once all of it is undone"):
        await history.redo(library, change)
    assert (await history.outlook(library, change)).can == 2
    result = await history.undo(library, change)
    assert (result.tracks, result.refused) == (2, [])
    assert await tracks_in(library, friday) == [1, 2, 3, 2, 4]
    assert (await again(library, change)).undone == result.change
    assert (await history.outlook(library, await again(library, change), redo=True)).can == 3
    assert (await history.redo(library, await again(library, change))).tracks == 3
    assert await tracks_in(library, friday) == [4]


async def test_an_import_is_undone_in_part_but_for_the_new_tracks(library: Library) -> None:
    await add_tracks(library, HOUSE)
    await add_tracks(library, [{"title": "new"}, {"title": "new, edited"}], job_id=7)
    async with library.writing() as tx:
        number = await history.begin(tx, "import", "Import of collection.nml", job_id=7)
        await tracks.update(tx, {1: {"genre": "Acid"}, 2: {"genre": "Acid"}})
        images = ({"genre": "House"}, {"genre": "Acid"})
        await history.add(tx, number, {1: images, 2: images})
    change = await history.find(library, number)
    assert (await history.undo(library, change, only=[("fields", 1)])).tracks == 1
    assert await genres(library) == ["House", "Acid", "House"]
    edit = await edited(library, [4, 5], rating=5)
    found = await history.outlook(library, change)
    assert (found.can, [it.key for it in found.refused]) == (1, [("track", 4), ("track", 5)])
    await history.undo(library, edit, only=[("fields", 4)])
    assert (await history.outlook(library, change)).can == 2, "an edit that was taken back is none"
    result = await history.undo(library, change)
    assert [it.item for it in result.refused] == ["new, edited"]
    left = await library.fetchall("SELECT title FROM track ORDER BY id")
    assert [row["title"] for row in left] == ["Opal", "Kids", "Glue", "new, edited"]


async def test_kinds_that_go_back_as_a_whole_or_not_forth_say_why(library: Library) -> None:
    async with library.writing() as tx:
        settled = await history.begin(tx, "resolve", "genre of Opal: djtui's")
        number = await history.begin(tx, "import", "Import")
    with pytest.raises(HistoryError, match="opened again together"):
        await history.undo(library, await history.find(library, settled), only=[("conflict", 1)])
    assert "import the collection again" in str(history.why_no_redo(await history.find(library, number)))
    assert history.why_no_redo(await history.find(library, settled)) is None


async def test_changes_are_found_by_kind_and_by_words(library: Library) -> None:
    await add_tracks(library, HOUSE)
    await edited(library, [1], genre="Acid")
    await playlists.create(library, "Friday Late")
    assert await history.kinds(library) == {"edit": 1, "playlist": 1}
    assert [it.kind for it in await history.changes(library, kind="edit")] == ["edit"]
    assert [it.kind for it in await history.changes(library, text="friday late")] == ["playlist"]
    assert await history.count(library, kind="edit", text="friday") == 0
