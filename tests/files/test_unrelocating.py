"""Of a relocation single tracks are taken back, and the rest later; none is redone from the history."""

from __future__ import annotations

from pathlib import Path

import pytest

from djtui import ways_back
from djtui.library import history
from djtui.library.database import Library
from djtui.library.history import HistoryError
from tests.files.shelf import Shelf
from tests.files.test_relocating import lose, missing, scan, shelf

__all__ = ["shelf"]


async def test_one_wrong_find_is_taken_back_and_the_others_stay(shelf: Shelf) -> None:
    new = await lose(shelf)
    await scan(shelf, Path(new))
    with_strays = await shelf.paths()
    result = await shelf.done("relocate", folders=[new], apply=True)
    entry = await history.find(shelf.library, result["change"])
    assert (await missing(shelf), len(await shelf.paths())) == ([], 3)
    found = await ways_back.outlook(shelf.library, entry, only=[("fields", 2)])
    assert (found.can, found.refused) == (1, [])
    way = await ways_back.way(shelf.library, entry, only=[("fields", 2)])
    assert (way.job, (await shelf.done("relocate-undo", **way.params))["undone"]) == ("relocate-undo", 1)
    assert await missing(shelf) == [2]
    assert len(await shelf.paths()) == 4, "the track that a scan had made of its file is back, it alone"
    assert (await history.find(shelf.library, entry.id)).undone is None
    assert await history.taken_in_part(shelf.library, [entry.id]) == {entry.id}
    rest = await ways_back.way(shelf.library, entry)
    undone = await shelf.done("relocate-undo", **rest.params)
    assert undone["undone"] == 2
    assert await shelf.paths() == with_strays
    entry = await history.find(shelf.library, entry.id)
    assert entry.undone == undone["change"]
    with pytest.raises(HistoryError, match="relocate again"):
        await ways_back.way(shelf.library, entry, redo=True)


async def test_a_file_that_was_moved_since_stays_and_is_named_before(shelf: Shelf) -> None:
    new = await lose(shelf)
    result = await shelf.done("relocate", folders=[new], apply=True)
    async with shelf.library.writing() as tx:
        await tx.execute("UPDATE track SET path = '/elsewhere' WHERE id = 1")
    entry = await history.find(shelf.library, result["change"])
    found = await ways_back.outlook(shelf.library, entry)
    assert (found.can, [(it.key, it.reason) for it in found.refused]) == (
        2,
        [(("fields", 1), "Its file was moved since.")],
    )
    assert (await shelf.done("relocate-undo", change=entry.id))["undone"] == 2
    assert (await history.find(shelf.library, entry.id)).undone is None


async def test_nothing_is_taken_back_twice(shelf: Shelf, library: Library) -> None:
    new = await lose(shelf)
    change = (await shelf.done("relocate", folders=[new], apply=True))["change"]
    await shelf.done("relocate-undo", change=change, tracks=[1])
    before = await history.changes(library)
    assert (await shelf.done("relocate-undo", change=change, tracks=[1]))["undone"] == 0
    assert await history.changes(library) == before
