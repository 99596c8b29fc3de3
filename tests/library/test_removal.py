"""A removed track leaves no trace but what an export and an undo need, and comes back as it was."""

from __future__ import annotations

from typing import Any

import pytest

from djtui.library import history, playlists, removal, tracks
from djtui.library.database import Library
from tests.library.test_playlists import redo, tracks_in, undo
from tests.library.test_tracks import check_index, found
from tests.making import add_tracks

CUE = (0, 1000.0, 0.0, 1, "drop", -1, None, None)
KEPT = ("track", "track_text", "cue", "playlist_item", "nml_entry", "conflict", "play")


async def a_library(library: Library) -> int:
    """Three tracks in a collection, the first edited since, in a list and played. Returns the list."""
    await add_tracks(
        library,
        [{"title": "Opal", "genre": "House"}, {"title": "Kids"}, {"title": "Glue"}],
        cues={0: [CUE]},
    )
    async with library.writing() as tx:
        await tx.execute("INSERT INTO nml_file (id, path, role) VALUES (1, 'c.nml', 'collection')")
        await tx.execute("INSERT INTO nml_file (id, path, role) VALUES (2, 'p.nml', 'partial')")
        for file, track in ((1, 1), (1, 2), (1, 3), (2, 1)):
            await tx.execute(
                "INSERT INTO nml_entry (file_id, track_id, hash, audio, key_hash, key, cues)"
                " VALUES (?, ?, x'0a0b', x'ff', ?, ?, 1)",
                (file, track, -track, f"C:/:{track}.mp3"),
            )
        await tracks.update(tx, {1: {"genre": "Breaks"}})
        await tx.execute(
            "INSERT INTO conflict (file_id, track_id, field, base, library, traktor, found)"
            " VALUES (1, 1, 'genre', '\"House\"', '\"Breaks\"', '\"Electro\"', 'then')"
        )
        await tx.execute("INSERT INTO night (id, path, digest) VALUES (1, 'night.nml', x'')")
        await tx.execute("INSERT INTO play (night_id, position, track_id, key) VALUES (1, 0, 1, 'C:/:1.mp3')")
    return (await playlists.create(library, "Friday", track_ids=[2, 1, 3]))[0]


async def contents(library: Library) -> dict[str, list[tuple[Any, ...]]]:
    """What removing may touch. (What is read anew has a new revision, and rows of entries new numbers.)"""
    tables = {}
    for table in KEPT:
        rows = [dict(row) for row in await library.fetchall(f"SELECT * FROM {table}")]
        for row in rows:
            row.pop("revision", None)
            if table == "nml_entry":
                row.pop("id")
        tables[table] = sorted(tuple(row.items()) for row in rows) if table == "nml_entry" else [
            tuple(row.items()) for row in rows
        ]  # fmt: skip
    return tables


async def entries(library: Library) -> list[tuple[Any, ...]]:
    rows = await library.fetchall("SELECT file_id, track_id, key FROM nml_entry ORDER BY file_id, key")
    return [tuple(row) for row in rows]


async def test_a_removed_track_comes_back_to_the_letter(library: Library) -> None:
    friday = await a_library(library)
    before = await contents(library)
    removed, change = await removal.remove(library, [1, 3, 99], "2 tracks removed")
    assert removed == 2
    assert change is not None
    assert (await history.find(library, change)).items == 2
    assert await tracks_in(library, friday) == [2]
    assert await found(library, "opal") == []
    result = await undo(library)
    assert (result.tracks, result.playlists, result.refused) == (2, 1, [])
    assert await contents(library) == before
    assert await found(library, "opal") == [1]
    await check_index(library)


async def test_its_entry_waits_in_the_collection_to_be_taken_out(library: Library) -> None:
    await a_library(library)
    await removal.remove(library, [1], "1 track removed")
    assert await entries(library) == [(1, None, "C:/:1.mp3"), (1, 2, "C:/:2.mp3"), (1, 3, "C:/:3.mp3")]


async def test_what_traktor_deleted_itself_leaves_no_entry(library: Library) -> None:
    await a_library(library)
    async with library.writing() as tx:
        change = await history.begin(tx, "import", "Import of c.nml")
        await removal.remove_tracks(tx, change, [1], tombstones=False)
    assert await entries(library) == [(1, 2, "C:/:2.mp3"), (1, 3, "C:/:3.mp3")]
    assert (await undo(library)).refused == []
    assert await entries(library) == [(1, 2, "C:/:2.mp3"), (1, 3, "C:/:3.mp3"), (2, 1, "C:/:1.mp3")]


async def test_a_removal_is_done_again_with_what_was_edited_in_between(library: Library) -> None:
    friday = await a_library(library)
    await removal.remove(library, [1], "1 track removed")
    await undo(library)
    await history.edit(library, [1], {"title": "Opal (Remix)"}, "title")
    await playlists.reorder(library, friday, [1], 0)
    changes = await history.changes(library)
    removal_change = next(change for change in changes if change.kind == "remove")
    assert (await history.redo(library, removal_change)).tracks == 1
    assert await tracks_in(library, friday) == [2, 3]
    await undo(library, removal_change.id)
    assert await found(library, "remix") == [1]
    assert await tracks_in(library, friday) == [1, 2, 3]


async def test_redo_removes_what_undo_brought_back(library: Library) -> None:
    await a_library(library)
    await removal.remove(library, [1, 2, 3], "3 tracks removed")
    gone = await contents(library)
    await undo(library)
    assert (await redo(library)).tracks == 3
    assert await contents(library) == gone


async def test_a_list_that_was_changed_since_keeps_its_state(library: Library) -> None:
    friday = await a_library(library)
    _, change = await removal.remove(library, [1], "1 track removed")
    await playlists.remove(library, friday, [0])
    result = await undo(library, change)
    assert result.tracks == 1
    assert [one.item for one in result.refused] == ["playlist Friday"]
    assert await tracks_in(library, friday) == [3]


async def test_a_track_that_the_collection_brought_back_is_not_made_twice(library: Library) -> None:
    await a_library(library)
    await removal.remove(library, [1], "1 track removed")
    async with library.writing() as tx:
        await tx.execute("UPDATE nml_entry SET track_id = 2 WHERE track_id IS NULL")
    result = await undo(library)
    assert result.tracks == 0
    assert [one.reason for one in result.refused] == ["the collection has brought it back as another track"]


@pytest.mark.parametrize(
    "exported",
    [
        "DELETE FROM nml_entry WHERE track_id IS NULL",
        "UPDATE nml_entry SET gone = 1 WHERE track_id IS NULL",
    ],
)
async def test_a_track_that_the_export_took_out_is_a_new_one_for_the_file(
    library: Library, exported: str
) -> None:
    await a_library(library)
    await removal.remove(library, [1], "1 track removed")
    async with library.writing() as tx:
        await tx.execute(exported)
    assert (await undo(library)).refused == []
    assert await entries(library) == [(1, 2, "C:/:2.mp3"), (1, 3, "C:/:3.mp3"), (2, 1, "C:/:1.mp3")]


async def test_traktors_changes_meanwhile_are_merged_at_the_next_import(library: Library) -> None:
    await a_library(library)
    await removal.remove(library, [1], "1 track removed")
    async with library.writing() as tx:
        await tx.execute("UPDATE nml_entry SET hash = x'00' WHERE track_id IS NULL")
        await tx.execute("UPDATE nml_file SET digest = x'01', mtime_ns = 5")
    await undo(library)
    entry = await library.fetchone("SELECT hex(hash) AS hash, base FROM nml_entry WHERE track_id = 1")
    assert entry is not None
    assert tuple(entry) == ("0A0B", '{"genre":"House"}')
    file = await library.fetchone("SELECT digest, mtime_ns FROM nml_file WHERE id = 1")
    assert file is not None
    assert tuple(file) == (None, None)


async def test_thousands_are_removed_as_one_change(library: Library) -> None:
    await add_tracks(library, [{"title": f"track {number}"} for number in range(1200)])
    friday, _ = await playlists.create(library, "All", track_ids=range(1, 1201))
    removed, change = await removal.remove(library, range(1, 1101), "1,100 tracks removed")
    assert removed == 1100
    assert await tracks_in(library, friday) == list(range(1101, 1201))
    assert (await undo(library, change)).tracks == 1100
    assert await tracks_in(library, friday) == list(range(1, 1201))


async def test_a_new_name_that_traktor_does_not_know_yet_waits_again_when_the_track_is_back(
    library: Library,
) -> None:
    await a_library(library)
    async with library.writing() as tx:
        await tx.execute("UPDATE nml_entry SET moved = 'C:/:new.mp3' WHERE track_id = 1")
    before = await contents(library)
    await removal.remove(library, [1], "1 track removed")
    async with library.writing() as tx:  # an export took it out, and Traktor has overwritten that
        await tx.execute("UPDATE nml_entry SET moved = NULL WHERE track_id IS NULL")
    assert (await undo(library)).refused == []
    assert await contents(library) == before
