"""A playlist that goes takes along what files and the queue of conflicts say of it, and brings it back."""

from __future__ import annotations

from djtui.library import history, playlists, removal
from djtui.library.database import Library
from tests.library.test_playlists import a_tree, redo, tracks_in, undo


async def in_a_collection(library: Library, id: int) -> None:
    async with library.writing() as tx:
        await tx.execute("INSERT INTO nml_file (id, path, role) VALUES (1, 'c.nml', 'collection')")
        await tx.execute(
            "INSERT INTO nml_node (file_id, playlist_id, identity, hash, base)"
            " VALUES (1, ?, 'abc', x'', '{}')",
            (id,),
        )
        await tx.execute("UPDATE playlist SET source = 'traktor' WHERE id = ?", (id,))


async def node(library: Library) -> int | None:
    row = await library.fetchone("SELECT playlist_id FROM nml_node")
    assert row is not None
    return row["playlist_id"]  # type: ignore[no-any-return]


async def test_a_deleted_list_waits_to_be_taken_out_of_the_file_until_it_comes_back(library: Library) -> None:
    friday = (await a_tree(library))["Friday"]
    await in_a_collection(library, friday)
    await playlists.delete(library, [friday])
    assert await node(library) is None
    await undo(library)
    assert await node(library) == friday
    await redo(library)
    assert await node(library) is None


async def test_a_list_that_left_the_file_meanwhile_is_one_of_ours_when_it_comes_back(
    library: Library,
) -> None:
    friday = (await a_tree(library))["Friday"]
    await in_a_collection(library, friday)
    await playlists.delete(library, [friday])
    async with library.writing() as tx:
        await tx.execute("DELETE FROM nml_node")
    await undo(library)
    found = playlists.find(await playlists.all_playlists(library), f"id:{friday}")
    assert (found.source, found.edited) == ("djtui", True)


async def test_a_list_that_traktor_brought_back_does_not_come_twice(library: Library) -> None:
    ids = await a_tree(library)
    await in_a_collection(library, ids["Friday"])
    await playlists.delete(library, [ids["Friday"]])
    async with library.writing() as tx:
        await tx.execute("UPDATE nml_node SET playlist_id = ?", (ids["Saturday"],))
    assert [one.reason for one in (await undo(library)).refused] == [
        "the collection has brought it back as another playlist"
    ]


async def test_a_deleted_list_takes_its_conflicts_along_and_brings_them_back(library: Library) -> None:
    friday = (await a_tree(library))["Friday"]
    await in_a_collection(library, friday)
    async with library.writing() as tx:
        await tx.execute(
            "INSERT INTO conflict (file_id, playlist_id, field, base, found)"
            " VALUES (1, ?, 'order', '[1]', 'x')",
            (friday,),
        )
    before = [tuple(row) for row in await library.fetchall("SELECT * FROM conflict")]
    await playlists.delete(library, [friday])
    assert await library.fetchall("SELECT * FROM conflict") == []
    await undo(library)
    assert [tuple(row) for row in await library.fetchall("SELECT * FROM conflict")] == before


async def test_items_of_a_track_that_went_do_not_come_back(library: Library) -> None:
    friday = (await a_tree(library))["Friday"]
    await playlists.delete(library, [friday])
    await removal.remove(library, [2], "1 track removed")
    changes = await history.changes(library)
    await undo(library, changes[1].id)
    assert await tracks_in(library, friday) == [1, 3]
