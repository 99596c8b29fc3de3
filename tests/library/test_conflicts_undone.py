"""Settling a conflict is taken back and done again, with what the file has as the field's base."""

from __future__ import annotations

import json
from typing import Any

import pytest

from djtui.library import history, playlists, tracks
from djtui.library.conflict_rows import about
from djtui.library.database import Library, Tx
from tests.library.test_playlists import redo, undo
from tests.making import add_tracks

BASE, OURS, THEIRS = "House", "Breaks", "Electro"


async def a_conflict(library: Library) -> dict[str, Any]:
    """The genre was House, is Breaks here and Electro in the file."""
    await add_tracks(library, [{"title": "Opal", "genre": BASE}])
    async with library.writing() as tx:
        await tx.execute("INSERT INTO nml_file (id, path, role) VALUES (1, 'c.nml', 'collection')")
        await tx.execute(
            "INSERT INTO nml_entry (file_id, track_id, hash, key_hash, key, cues)"
            " VALUES (1, 1, x'', 1, 'C:/:1.mp3', 0)"
        )
        await tracks.update(tx, {1: {"genre": OURS}})
        await tx.execute(
            "INSERT INTO conflict (id, file_id, track_id, field, base, library, traktor, found)"
            " VALUES (5, 1, 1, 'genre', ?, ?, ?, 'then')",
            [json.dumps(value) for value in (BASE, OURS, THEIRS)],
        )
        return (await about(tx, "id", [5]))[0]


async def settle(library: Library, conflict: dict[str, Any], take: str) -> int:
    async with library.writing() as tx:
        change = await history.begin(tx, "resolve", "Conflict over genre settled")
        await history.note(tx, change, "conflict", {conflict["id"]: (conflict, None)})
        if take == "traktor":
            await tracks.update(tx, {1: {"genre": THEIRS}})
            await history.add(tx, change, {1: ({"genre": OURS}, {"genre": THEIRS})})
        await tracks.set_file_value(tx, 1, 1, "genre", THEIRS)
        await tx.execute("DELETE FROM conflict WHERE id = ?", (conflict["id"],))
    return change


async def state(library: Library) -> tuple[Any, ...]:
    """The genre here, the base, and the number of conflicts."""
    row = await library.fetchone(
        "SELECT genre, base, (SELECT count(*) FROM conflict) FROM track JOIN nml_entry ON track_id = track.id"
    )
    assert row is not None
    return tuple(row)


@pytest.mark.parametrize(
    ("take", "settled"), [("traktor", (THEIRS, None, 0)), ("library", (OURS, f'{{"genre":"{THEIRS}"}}', 0))]
)
async def test_a_settled_conflict_is_opened_and_settled_again(
    library: Library, take: str, settled: tuple[Any, ...]
) -> None:
    conflict = await a_conflict(library)
    await settle(library, conflict, take)
    assert await state(library) == settled
    result = await undo(library)
    assert (result.conflicts, result.refused) == (1, [])
    assert await state(library) == (OURS, f'{{"genre":"{BASE}"}}', 1)
    assert await about(library, "id", [5]) == [conflict]
    assert (await redo(library)).refused == []
    assert await state(library) == settled


async def test_a_change_of_nothing_but_conflicts_counts_them(library: Library) -> None:
    change = await settle(library, await a_conflict(library), "library")
    assert (await history.find(library, change)).items == 1
    assert [row[:2] for row in await history.rows(library, change)] == [("conflict", 5)]
    assert (await undo(library)).undone == 1


async def test_a_conflict_is_not_opened_again_when_the_file_has_moved_on(library: Library) -> None:
    await settle(library, await a_conflict(library), "library")
    async with library.writing() as tx:
        await tracks.set_file_value(tx, 1, 1, "genre", OURS)  # exported
    result = await undo(library)
    assert [one.reason for one in result.refused] == ["Traktor's file has another value by now"]
    assert await state(library) == (OURS, None, 0)


async def test_a_conflict_whose_track_went_stays_settled(library: Library) -> None:
    change = await settle(library, await a_conflict(library), "library")
    async with library.writing() as tx:
        await tracks.delete(tx, [1])
    result = await undo(library, change)
    assert [one.reason for one in result.refused] == ["its track is no longer in the library"]


async def test_a_conflict_over_a_playlist_is_opened_and_settled_again(library: Library) -> None:
    id, _ = await playlists.create(library, "Friday")

    async def settled(tx: Tx) -> None:
        await tx.execute("INSERT INTO nml_file (id, path, role) VALUES (1, 'c.nml', 'collection')")
        await tx.execute(
            "INSERT INTO conflict (id, file_id, playlist_id, field, found) VALUES (5, 1, ?, 'order', 'then')",
            (id,),
        )
        change = await history.begin(tx, "resolve", "Conflict over Friday settled")
        await history.note(tx, change, "conflict", {5: ((await about(tx, "id", [5]))[0], None)})
        await tx.execute("DELETE FROM conflict")

    async with library.writing() as tx:
        await settled(tx)
    await undo(library)
    assert [row["field"] for row in await about(library, "playlist_id", [id])] == ["order"]
    await redo(library)
    assert await about(library, "playlist_id", [id]) == []
