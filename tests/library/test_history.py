"""Every change can be undone, and later work is never undone with it."""

from __future__ import annotations

import pytest

from djtui.library import history, playlists, tracks
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


async def test_an_import_that_is_undone_takes_its_playlists_along(library: Library) -> None:
    await add_tracks(library, [{"title": "new"}], job_id=7)
    async with library.writing() as tx:
        number = await history.begin(tx, "import", "Import of collection.nml", job_id=7)
        await tx.execute("INSERT INTO nml_file (id, path, role, digest) VALUES (1, 'c', 'collection', x'01')")
        for id, parent, kind, name in (
            (1, None, "folder", "Gigs"),
            (2, 1, "list", "Friday"),
            (3, None, "folder", "Nights"),
            (4, None, "list", "Preparation"),
        ):
            await tx.execute(
                "INSERT INTO playlist (id, parent_id, position, kind, source, name, job_id)"
                " VALUES (?, ?, 0, ?, 'traktor', ?, 7)",
                (id, parent, kind, name),
            )
            await tx.execute(
                "INSERT INTO nml_node (file_id, playlist_id, identity, hash, base) VALUES (1, ?, ?, x'', '')",
                (id, name),
            )
            await tx.execute(
                "INSERT INTO conflict (file_id, playlist_id, field, found) VALUES (1, ?, 'order', 'then')",
                (id,),
            )
    mine, _ = await playlists.create(library, "Mine", parent=3)
    await playlists.add(library, 4, [1])
    result = await history.undo(library, await history.find(library, number))
    assert {(one.item, one.reason) for one in result.refused} == {
        ("folder Nights", "there are others in it by now"),
        ("playlist Preparation", "it was changed after the import"),
    }
    assert [node.id for node in await playlists.all_playlists(library)] == [3, mine, 4]
    for table in ("nml_node", "conflict"):
        rows = await library.fetchall(f"SELECT playlist_id FROM {table} ORDER BY playlist_id")
        assert [row["playlist_id"] for row in rows] == [3, 4]
    assert [row["digest"] for row in await library.fetchall("SELECT digest FROM nml_file")] == [None]


async def test_an_import_gives_the_playlists_that_it_changed_back(library: Library) -> None:
    await add_tracks(library, [{"title": "a"}, {"title": "b"}])
    id, _ = await playlists.create(library, "Friday", track_ids=[1])
    async with library.writing() as tx:
        number = await history.begin(tx, "import", "Import of collection.nml", job_id=7)
        await history.add_playlists(tx, number, [id])
        await playlists.set_items(tx, id, [(2, None, "track")])
        await tx.execute("UPDATE playlist SET name = 'Late'")
    result = await history.undo(library, await history.find(library, number))
    assert (result.playlists, result.refused) == (1, [])
    assert [node.name for node in await playlists.all_playlists(library)] == ["Friday"]
    assert await playlists.items(library, id) == [(1, None, "track")]


async def test_what_is_noted_twice_has_its_first_before_and_its_last_after(library: Library) -> None:
    async with library.writing() as tx:
        number = await history.begin(tx, "import", "Import")
        await history.note(tx, number, "playlist", {1: ({"name": "a"}, {"name": "b"})})
        await history.note(tx, number, "playlist", {1: ({"name": "b"}, {"name": "c"})})
    assert await history.rows(library, number) == [("playlist", 1, {"name": "a"}, {"name": "c"})]


@pytest.mark.parametrize("kind", sorted(history.BY_JOB))
async def test_what_is_about_a_file_is_undone_by_a_job(library: Library, kind: str) -> None:
    async with library.writing() as tx:
        number = await history.begin(tx, kind, "Export to collection.nml")
    change = await history.find(library, number)
    for act in (history.undo, history.redo):
        with pytest.raises(HistoryError, match="a job takes it back"):
            await act(library, change)


async def test_an_undo_that_was_cut_off_is_simply_started_again(library: Library) -> None:
    await add_tracks(library, [{"genre": "House"}, {"genre": "House"}])
    change = await edited(library, [1, 2], genre="Breaks")
    async with library.writing() as tx:
        await tracks.update(tx, {1: {"genre": "House"}})  # so far it came
    assert (await history.undo(library, change)).refused == []
    assert [await genre(library, 1), await genre(library, 2)] == ["House", "House"]
