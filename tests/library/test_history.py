"""Every change can be undone, and later work is never undone with it."""

from __future__ import annotations

import pytest

from djtui.library import history, tracks
from djtui.library.database import Library
from djtui.library.history import HistoryError
from tests.making import add_tracks


async def genre(library: Library, id: int) -> str | None:
    track = await tracks.get(library, id)
    assert track is not None
    return track.genre


async def edited(library: Library, ids: list[int], **fields: object) -> history.Change:
    _, number = await history.edit(library, ids, fields, "an edit")
    assert number is not None
    return await history.find(library, number)


async def test_an_edit_is_undone_and_redone(library: Library) -> None:
    await add_tracks(library, [{"genre": "House"}, {"genre": None}])
    change = await edited(library, [1, 2], genre="Breaks")
    assert change.items == 2
    undone = await history.undo(library, change)
    assert (undone.undone, undone.refused) == (2, [])
    assert [await genre(library, 1), await genre(library, 2)] == ["House", None]
    redone = await history.redo(library, await history.find(library, change.id))
    assert redone.undone == 2
    assert await genre(library, 2) == "Breaks"
    assert (await history.undo(library, await history.find(library, change.id))).undone == 2


async def test_an_edit_that_changes_nothing_is_no_change(library: Library) -> None:
    await add_tracks(library, [{"genre": "House"}])
    assert await history.edit(library, [1], {"genre": "House"}, "nothing") == (0, None)
    assert await history.changes(library) == []


async def test_undo_leaves_alone_what_was_changed_since_and_says_so(library: Library) -> None:
    await add_tracks(library, [{"genre": "House", "title": "Opal"}, {"genre": "House", "title": "Kids"}])
    first = await edited(library, [1, 2], genre="Breaks")
    await edited(library, [1], genre="Techno")
    result = await history.undo(library, first)
    assert result.undone == 1
    assert [(refusal.item, refusal.reason) for refusal in result.refused] == [
        ("Opal", "genre was changed since")
    ]
    assert [await genre(library, 1), await genre(library, 2)] == ["Techno", "House"]


async def test_a_change_is_undone_once(library: Library) -> None:
    await add_tracks(library, [{"genre": "House"}])
    change = await edited(library, [1], genre="Breaks")
    await history.undo(library, change)
    with pytest.raises(HistoryError, match="undone already"):
        await history.undo(library, await history.find(library, change.id))


async def test_undo_without_a_number_walks_back_through_the_changes(library: Library) -> None:
    await add_tracks(library, [{"genre": "House", "rating": None}])
    await edited(library, [1], genre="Breaks")
    await edited(library, [1], rating=4)
    for expected in (("Breaks", None), ("House", None)):
        newest = await history.newest(library, undone=False)
        assert newest is not None
        await history.undo(library, newest)
        track = await tracks.get(library, 1)
        assert track is not None
        assert (track.genre, track.rating) == expected
    assert await history.newest(library, undone=False) is None
    again = await history.newest(library, undone=True)
    assert again is not None
    await history.redo(library, again)
    assert await genre(library, 1) == "Breaks"


async def test_undoing_an_import_removes_what_it_brought_but_not_what_was_edited_since(
    library: Library,
) -> None:
    await add_tracks(library, [{"title": "mine", "genre": "House"}])
    await add_tracks(library, [{"title": "new"}, {"title": "new, rated"}], job_id=7)
    async with library.writing() as tx:
        number = await history.begin(tx, "import", "Import of collection.nml", job_id=7)
        await tracks.update(tx, {1: {"genre": "Techno"}})
        await history.add(tx, number, {1: ({"genre": "House"}, {"genre": "Techno"})})
    await edited(library, [3], rating=5)
    result = await history.undo(library, await history.find(library, number))
    left = await library.fetchall("SELECT title, genre FROM track ORDER BY id")
    assert [tuple(row) for row in left] == [("mine", "House"), ("new, rated", None)]
    assert [refusal.item for refusal in result.refused] == ["new, rated"]
    with pytest.raises(HistoryError, match="import the collection again"):
        await history.redo(library, await history.find(library, number))


async def test_cues_are_put_back_too(library: Library) -> None:
    old, new = (0, 1.0, 0.0, 1, None, -1, None, None), (0, 2.0, 0.0, 1, "drop", -1, None, None)
    await add_tracks(library, [{"title": "Opal"}], cues={0: [old]})
    async with library.writing() as tx:
        number = await history.begin(tx, "import", "Import")
        await tracks.update(tx, {1: {"cues": [new]}})
        await history.add(tx, number, {1: ({"cues": [old]}, {"cues": [new]})})
    result = await history.undo(library, await history.find(library, number))
    assert result.refused == []
    assert [cue.start for cue in await tracks.cues(library, 1)] == [1.0]
