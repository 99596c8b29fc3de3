"""Each entry of the history tells what it touched, and which of its files can go back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from djtui import ways_back
from djtui.bridge import reversing, touched
from djtui.bridge import touched_words as words
from djtui.bridge.touched import Item
from djtui.config import FilesSettings, Settings
from djtui.library import history, removal
from djtui.library.database import Library
from djtui.library.history import Change, HistoryError
from tests.bridge.test_renaming import song
from tests.files.shelf import Shelf
from tests.files.sounds import made
from tests.making import add_tracks
from tests.traktor.both_ways import Deck
from tests.traktor.test_importing import collection, entry


@pytest.fixture
def shelf(library: Library, tmp_path: Path) -> Shelf:
    return Shelf(library, tmp_path / "music", Settings(files=FilesSettings(trash=str(tmp_path / "trash"))))


async def items(library: Library, change: int | Change) -> list[Item]:
    entry = await history.find(library, change) if isinstance(change, int) else change
    found = await touched.touched(library, entry)
    return await touched.items(library, found, 0, len(found))


async def lines(library: Library, change: int) -> list[str]:
    return [item.line for item in await items(library, change)]


async def newest(library: Library) -> int:
    return (await history.changes(library, 1))[0].id


async def test_a_rename_with_tags_and_lists_tells_old_and_new(shelf: Shelf) -> None:
    await shelf.put({"a.mp3": song("Bicep", "Opal"), "in/b.mp3": song("Ada", "Fall")}, contents=False)
    for name in ("a.mp3", "in/b.mp3"):
        Path(shelf.path(name)).write_bytes(made("mp3"))
    Path(shelf.path("list.m3u")).write_text("a.mp3\n")
    change = (
        await shelf.rename(
            "{artist}/{title}", root=shelf.path(""), tags=["title"], m3u=[shelf.path("list.m3u")]
        )
    )["change"]
    found = await items(shelf.library, change)
    assert [item.line for item in found] == [
        "a.mp3 → Bicep/Opal.mp3 · title: unknown → Opal",
        f"b.mp3 → {shelf.path('Ada/Fall.mp3')} · title: unknown → Fall",
        "list.m3u  its paths follow the files",
    ]
    assert found[0].fields["path"] == (shelf.path("a.mp3"), shelf.path("Bicep/Opal.mp3"))
    assert [item.key[0] for item in found] == ["file", "file", "list"]


async def test_a_span_of_many_items_is_read_alone(shelf: Shelf) -> None:
    ids = await add_tracks(shelf.library, [{"title": f"{number:03}"} for number in range(300)])
    await history.edit(shelf.library, ids, {"genre": "Acid"}, "genre")
    await removal.remove(shelf.library, ids[:2], "2 tracks removed")
    entry = (await history.changes(shelf.library))[1]
    found = await touched.touched(shelf.library, entry)
    assert len(found) == 300
    span = await touched.items(shelf.library, found, 128, 131)
    assert [item.line for item in span] == [f"{number}  genre: unknown → Acid" for number in (128, 129, 130)]
    assert list(found.keys(299, 500)) == [("fields", 300)]
    first = await touched.items(shelf.library, found, 0, 1)
    assert first[0].line == "track 1, no longer here  genre: unknown → Acid"


async def test_files_of_a_rename_are_undone_one_by_one_and_the_entry_says_so(shelf: Shelf) -> None:
    await shelf.put({f"{name}.mp3": song("Ada", name.upper()) for name in "abcd"})
    before = shelf.tree()
    change = (await shelf.rename("{artist} - {title}"))["change"]
    entry = await history.find(shelf.library, change)
    os.rename(shelf.path("Ada - C.mp3"), shelf.path("gone.mp3"))
    Path(shelf.path("d.mp3")).write_bytes(b"a stranger")
    found = await ways_back.outlook(shelf.library, entry)
    assert (found.can, [it.key for it in found.refused]) == (2, [("file", 4), ("file", 3)])
    assert ways_back.said(entry, found).startswith("2 of 4 files can be undone; 2 stay: ")
    alone = await ways_back.way(shelf.library, entry, only=[("file", 1)])
    assert (alone.job, alone.params["change"], alone.params["tracks"]) == ("file-undo", change, [1])
    await shelf.undo(change, tracks=[1])
    states = [item.state for item in await items(shelf.library, change)]
    assert states == ["undone", "done", "done", "done"]
    assert await history.taken_in_part(shelf.library, [change]) == {change}
    assert await lines(shelf.library, await newest(shelf.library)) == ["Ada - A.mp3 → a.mp3"]
    again = await reversing.undo_params(shelf.library, entry, redo=True)
    assert (await shelf.done("file-undo", **again))["undone"] == 1
    os.rename(shelf.path("gone.mp3"), shelf.path("Ada - C.mp3"))
    Path(shelf.path("d.mp3")).unlink()
    await shelf.undo(change)
    assert shelf.tree() == before
    assert {item.state for item in await items(shelf.library, change)} == {"undone"}
    with pytest.raises(HistoryError, match="undone already"):
        await ways_back.way(shelf.library, await history.find(shelf.library, change))


async def test_a_rename_that_nothing_was_taken_back_of_is_not_redone(shelf: Shelf) -> None:
    await shelf.put({"a.mp3": song("Ada", "Fall")})
    change = (await shelf.rename("{artist} - {title}"))["change"]
    with pytest.raises(HistoryError, match="is not undone"):
        await ways_back.way(shelf.library, await history.find(shelf.library, change), redo=True)


async def test_a_merge_tells_what_went_into_what_and_goes_back_as_a_whole(shelf: Shelf) -> None:
    opal = {"artist": "Bicep", "title": "Opal", "duration": 300.0, "missing": 0}
    await shelf.put({"a.mp3": opal | {"rating": None}, "b.mp3": opal | {"rating": 5}})
    change = (await shelf.done("merge", groups=[[1, 2]]))["change"]
    said = await lines(shelf.library, change)
    assert said[0] == "Bicep - Opal  rating: unknown → 5"
    assert said[1].startswith("Bicep - Opal  merged into Bicep - Opal · file moved to ")
    entry = await history.find(shelf.library, change)
    assert (await ways_back.outlook(shelf.library, entry)).can == 1
    with pytest.raises(HistoryError, match="as a whole"):
        await ways_back.way(shelf.library, entry, only=[("track", 2)])
    await shelf.undo(change)
    entry = await history.find(shelf.library, change)
    assert "merge the duplicates again" in (
        (await ways_back.outlook(shelf.library, entry, redo=True)).why or ""
    )
    assert "Bicep - Opal  back in the library" in await lines(shelf.library, await newest(shelf.library))


async def test_an_export_tells_what_it_wrote_and_is_not_undone_over_newer_work(
    library: Library, tmp_path: Path
) -> None:
    deck = Deck(library, tmp_path / "collection.nml")
    deck.write(collection(entry("a"), entry("b")))
    await deck.imported()
    await deck.edit("b", genre="Acid")
    await deck.exported()
    change = await history.find(library, await newest(library))
    assert await lines(library, change.id) == ["Bicep - b  genre: House → Acid"]
    said = ways_back.said(change, await ways_back.outlook(library, change))
    assert said == "The collection can be put back as it was before, from its backup."
    deck.replace("Acid", "Electro")
    later = await ways_back.outlook(library, change)
    assert (later.can, "was written since that export" in (later.why or "")) == (0, True)
    imported = (await history.changes(library))[-1]
    assert (await lines(library, imported.id))[:2] == [
        "Bicep - a  new in the library",
        "Bicep - b  new in the library",
    ]


async def test_an_undo_is_looked_at_where_it_belongs(library: Library) -> None:
    await add_tracks(library, [{"title": "Opal"}])
    _, number = await history.edit(library, [1], {"genre": "Acid"}, "genre")
    assert number is not None
    undone = await history.undo(library, await history.find(library, number))
    found = await ways_back.outlook(library, await history.find(library, undone.change))
    assert found.why == f"This is an undo of change {number}: undo it or do it again there."
    assert (await ways_back.outlook(library, await history.find(library, number))).why is not None


def test_a_file_s_way_is_told_by_names() -> None:
    assert words.moved("/m/a.mp3", "/m/b.mp3") == "a.mp3 → b.mp3"
    assert words.moved("/m/a.mp3", "/m/in/b.mp3") == "a.mp3 → in/b.mp3"
    assert words.moved("/m/in/a.mp3", "/n/b.mp3") == "a.mp3 → /n/b.mp3"


def images(**fields: tuple[object, object]) -> tuple[dict[str, object], dict[str, object]]:
    same = {"name": "Friday", "kind": "list"}
    return same | {name: was for name, (was, _) in fields.items()}, same | {
        name: now for name, (_, now) in fields.items()
    }


def test_a_playlist_s_change_is_told_by_what_is_different() -> None:
    one, two, unknown = [1, None, "track"], [2, None, "track"], [None, "C:/:x", "track"]
    said = words.playlist
    names = {1: "Bicep - Opal", 2: "Björk - Glue"}
    assert said(*images(items=([one, two], [two, one])), names) == ["put in another order"]
    assert said(*images(items=([one, unknown], [one, one])), names) == ["+ Bicep - Opal", "- unknown track"]
    assert said(*images(parent_id=(None, 3), position=(0, 1)), names) == ["moved to another folder"]
    assert said(*images(parent_id=(3, 3), position=(0, 1)), names) == ["moved to place 2"]
    assert said(*images(query=("bpm:1", "bpm:2")), names) == ["filter: bpm:1 → bpm:2"]
    assert said(None, {"name": "x", "items": [one]}, names) == ["made with 1 track"]
    assert said({"name": "x", "items": []}, {}, names) == ["changed"]


def test_a_playlist_that_an_export_wrote_is_named_by_its_image_as_a_row_or_as_it_was_stored() -> None:
    for base in ({"name": "Friday"}, '{"name": "Friday"}'):
        assert words.node(None, {"id": 1, "base": base}) == ("Friday", ["new in the collection"])
