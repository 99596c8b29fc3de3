"""What a DJ does to playlists is one change each, can be taken back, and is marked for the export."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest

from djtui.library import history, playlists
from djtui.library.database import Library
from djtui.library.playlists import PlaylistError
from tests.making import add_tracks


async def tree(library: Library) -> list[tuple[Any, ...]]:
    """All there is to playlists, but for `edited`."""
    rows = await library.fetchall(
        "SELECT id, parent_id, position, kind, name, uuid, query, items FROM playlist ORDER BY id"
    )
    return [(*row, await playlists.items(library, row["id"])) for row in rows]


async def tracks_in(library: Library, id: int) -> list[int | None]:
    return [track for track, _, _ in await playlists.items(library, id)]


async def names(library: Library) -> list[str]:
    found = await playlists.all_playlists(library)
    paths = playlists.paths(found)
    return [paths[node.id] for node in found]


async def edited(library: Library) -> set[str]:
    return {node.name for node in await playlists.all_playlists(library) if node.edited}


async def synced(library: Library) -> None:
    async with library.writing() as tx:
        await tx.execute("UPDATE playlist SET edited = 0")


async def undo(library: Library, change: int | None = None) -> history.Undone:
    found = await (history.find(library, change) if change else history.newest(library, undone=False))
    assert found is not None
    return await history.undo(library, found)


async def redo(library: Library) -> history.Undone:
    found = await history.newest(library, undone=True)
    assert found is not None
    return await history.redo(library, found)


async def a_tree(library: Library) -> dict[str, int]:
    """Gigs/(Friday, Saturday), Preparation; eight tracks."""
    await add_tracks(library, [{"title": f"track {number}"} for number in range(8)])
    ids = {"Gigs": (await playlists.create(library, "Gigs", "folder"))[0]}
    ids["Friday"], _ = await playlists.create(library, "Friday", parent=ids["Gigs"], track_ids=[1, 2, 3])
    ids["Saturday"], _ = await playlists.create(library, "Saturday", parent=ids["Gigs"])
    ids["Preparation"], _ = await playlists.create(library, "Preparation")
    return ids


async def test_a_new_list_has_a_uuid_and_waits_for_export(library: Library) -> None:
    ids = await a_tree(library)
    nodes = {node.name: node for node in await playlists.all_playlists(library)}
    assert re.fullmatch("[0-9a-f]{32}", nodes["Friday"].uuid or "")
    assert nodes["Gigs"].uuid is None
    assert {node.source for node in nodes.values()} == {"djtui"}
    assert await edited(library) == set(ids)
    assert await names(library) == ["Gigs", "Gigs/Friday", "Gigs/Saturday", "Preparation"]


async def test_a_new_list_can_stand_between_others(library: Library) -> None:
    ids = await a_tree(library)
    await synced(library)
    await playlists.create(library, "Late", parent=ids["Gigs"], position=1)
    assert await names(library) == ["Gigs", "Gigs/Friday", "Gigs/Late", "Gigs/Saturday", "Preparation"]
    assert await edited(library) == {"Late", "Saturday"}


async def test_a_smart_playlist_has_a_filter_that_can_be_read(library: Library) -> None:
    id, _ = await playlists.create(library, "Peak", "smart", query="bpm:>=130")
    await playlists.set_query(library, id, "bpm:>=128")
    assert (await playlists.all_playlists(library))[0].query == "bpm:>=128"
    await undo(library)
    assert (await playlists.all_playlists(library))[0].query == "bpm:>=130"
    with pytest.raises(PlaylistError, match="not a filter"):
        await playlists.create(library, "Odd", "smart", query="bmp:>=130")
    with pytest.raises(PlaylistError, match="has a filter"):
        await playlists.create(library, "Odd", "list", query="bpm:130")


@pytest.mark.parametrize(
    ("name", "kind", "sentence"),
    [
        ("  ", "list", "wants a name"),
        ("a\x1bb", "list", "control characters"),
        ("Friday", "list", "another playlist Friday in Gigs"),
        ("Gigs", "folder", ""),
    ],
)
async def test_names_that_would_do_harm_are_refused(
    library: Library, name: str, kind: Any, sentence: str
) -> None:
    ids = await a_tree(library)
    if not sentence:  # the same name elsewhere harms nobody
        await playlists.create(library, name, kind, ids["Gigs"])
        return
    with pytest.raises(PlaylistError, match=sentence):
        await playlists.create(library, name, kind, ids["Gigs"])
    with pytest.raises(PlaylistError, match=sentence):
        await playlists.rename(library, ids["Saturday"], name)


async def test_renaming_marks_the_list_alone(library: Library) -> None:
    ids = await a_tree(library)
    await synced(library)
    assert await playlists.rename(library, ids["Friday"], "Friday") is None
    change = await playlists.rename(library, ids["Friday"], "Thursday ")
    assert change is not None
    assert (await history.find(library, change)).title == "Playlist Friday: renamed to Thursday"
    assert await edited(library) == {"Thursday"}
    await undo(library)
    assert "Gigs/Friday" in await names(library)


async def test_a_folder_is_not_put_into_itself(library: Library) -> None:
    ids = await a_tree(library)
    inner, _ = await playlists.create(library, "2026", "folder", ids["Gigs"])
    for target in (inner, ids["Gigs"]):
        with pytest.raises(PlaylistError, match="into itself"):
            await playlists.move(library, ids["Gigs"], target)
    with pytest.raises(PlaylistError, match="only a folder"):
        await playlists.move(library, ids["Preparation"], ids["Friday"])
    with pytest.raises(PlaylistError, match="is not there"):
        await playlists.move(library, ids["Preparation"], 999)


async def test_moving_renumbers_the_siblings_and_comes_back(library: Library) -> None:
    ids = await a_tree(library)
    before = await tree(library)
    assert await playlists.move(library, ids["Saturday"], ids["Gigs"], 1) is None
    await playlists.move(library, ids["Preparation"], ids["Gigs"], 0)
    assert await names(library) == ["Gigs", "Gigs/Preparation", "Gigs/Friday", "Gigs/Saturday"]
    await playlists.move(library, ids["Saturday"], None, 0)
    assert (await names(library))[0] == "Saturday"
    await undo(library)
    await undo(library)
    assert await tree(library) == before


async def test_a_deleted_folder_comes_back_with_everything_in_it(library: Library) -> None:
    ids = await a_tree(library)
    before = await tree(library)
    deleted, change = await playlists.delete(library, [ids["Friday"], ids["Gigs"]])
    assert deleted == 3
    assert await names(library) == ["Preparation"]
    assert change is not None
    assert (await history.find(library, change)).items == 3
    fresh, _ = await playlists.create(library, "New")
    assert fresh not in ids.values()
    await undo(library)
    assert (await undo(library)).playlists == 3
    assert await tree(library) == before
    assert (await redo(library)).playlists == 3
    assert await names(library) == ["Preparation"]
    assert await playlists.delete(library, [ids["Gigs"]]) == (0, None)


async def test_tracks_are_added_once_unless_again(library: Library) -> None:
    ids = await a_tree(library)
    friday = ids["Friday"]
    added, change = await playlists.add(library, friday, [3, 4, 5, 4, 999])
    assert added == 2
    assert change is not None
    assert (await history.find(library, change)).title == "Playlist Friday: 2 tracks added"
    assert await playlists.add(library, friday, [4]) == (0, None)
    assert (await playlists.add(library, friday, [1], 0, again=True))[0] == 1
    assert await tracks_in(library, friday) == [1, 1, 2, 3, 4, 5]
    with pytest.raises(PlaylistError, match="has no tracks of its own"):
        await playlists.add(library, ids["Gigs"], [1])


async def test_a_stem_is_added_as_a_stem(library: Library) -> None:
    await add_tracks(library, [{"title": "a", "kind": "stem"}])
    id, _ = await playlists.create(library, "Stems", track_ids=[1])
    assert await playlists.items(library, id) == [(1, None, "stem")]


async def test_items_are_removed_and_moved_by_their_places(library: Library) -> None:
    friday = (await a_tree(library))["Friday"]
    await playlists.add(library, friday, [4, 5, 1], again=True)
    await playlists.reorder(library, friday, [0, 4], 3)
    assert await tracks_in(library, friday) == [2, 3, 1, 5, 4, 1]
    assert await playlists.reorder(library, friday, [2, 3], 2) is None
    await playlists.reorder(library, friday, [0], 6)
    assert await tracks_in(library, friday) == [3, 1, 5, 4, 1, 2]
    assert (await playlists.remove(library, friday, [1, 5]))[0] == 2
    assert await tracks_in(library, friday) == [3, 5, 4, 1]
    assert await playlists.remove(library, friday, []) == (0, None)
    with pytest.raises(PlaylistError, match="only 4 tracks"):
        await playlists.remove(library, friday, [4])


async def test_a_list_takes_the_order_of_a_view(library: Library) -> None:
    friday = (await a_tree(library))["Friday"]
    await playlists.add(library, friday, [1], again=True)
    assert await playlists.order(library, friday, [3, 1, 7]) is not None
    assert await tracks_in(library, friday) == [3, 1, 2, 1]
    assert await playlists.order(library, friday, [3, 1]) is None
    await undo(library)
    assert await tracks_in(library, friday) == [1, 2, 3, 1]


async def test_undo_refuses_what_was_changed_since(library: Library) -> None:
    friday = (await a_tree(library))["Friday"]
    _, first = await playlists.add(library, friday, [4])
    renamed = await playlists.rename(library, friday, "Late")
    await playlists.add(library, friday, [5])
    refused = (await undo(library, first)).refused
    assert [(one.item, one.reason) for one in refused] == [("playlist Late", "its tracks were changed since")]
    assert (await undo(library, renamed)).refused == []  # only what the change had changed is compared
    assert await tracks_in(library, friday) == [1, 2, 3, 4, 5]


async def test_a_folder_that_was_filled_since_is_not_undone(library: Library) -> None:
    gigs, made = await playlists.create(library, "Gigs", "folder")
    await playlists.create(library, "Friday", parent=gigs)
    assert [one.reason for one in (await undo(library, made)).refused] == ["there are others in it by now"]
    assert await names(library) == ["Gigs", "Gigs/Friday"]


async def test_undo_never_makes_two_folders_of_one_name_nor_a_circle(library: Library) -> None:
    ids = await a_tree(library)
    renamed = await playlists.rename(library, ids["Gigs"], "Nights")
    await playlists.create(library, "Gigs", "folder")
    refused = (await undo(library, renamed)).refused
    assert [one.reason for one in refused] == ["there is another folder Gigs in that place"]
    outer, _ = await playlists.create(library, "Outer", "folder")
    await playlists.move(library, ids["Gigs"], outer)
    out = await playlists.move(library, ids["Gigs"], None)
    await playlists.move(library, outer, ids["Gigs"])
    assert [one.reason for one in (await undo(library, out)).refused] == [
        "folder Nights cannot be put into itself"
    ]


async def test_a_list_whose_folder_went_waits_for_it(library: Library) -> None:
    ids = await a_tree(library)
    _, first = await playlists.delete(library, [ids["Friday"]])
    await playlists.delete(library, [ids["Gigs"]])
    assert "is not there" in (await undo(library, first)).refused[0].reason
    await undo(library)
    assert (await undo(library, first)).refused == []
    assert await names(library) == ["Gigs", "Gigs/Friday", "Gigs/Saturday", "Preparation"]


async def test_many_changes_taken_back_one_by_one_leave_what_was(library: Library) -> None:
    ids = await a_tree(library)
    await playlists.delete(library, [ids["Preparation"]])
    chance = random.Random(3)
    states = [await tree(library)]
    while len(states) < 60:
        change = await something(library, chance)
        if change is not None:
            states.append(await tree(library))
    for state in states[-2::-1]:
        assert (await undo(library)).refused == []
        assert await tree(library) == state
    for state in states[1:]:
        assert (await redo(library)).refused == []
        assert await tree(library) == state


async def something(library: Library, chance: random.Random) -> int | None:
    """Change the tree at random; None where that is refused or changes nothing."""
    nodes = await playlists.all_playlists(library)
    folders = [None, *(node.id for node in nodes if node.kind == "folder")]
    lists = [node.id for node in nodes if node.kind == "list"]
    node = chance.choice(nodes).id if nodes else 0
    name, place = chance.choice("abcdef"), chance.randrange(3)
    some = [chance.randint(1, 8) for _ in range(3)]
    try:
        match chance.randrange(8):
            case 0 | 1:
                kind: Any = chance.choice(["list", "folder"])
                parent = chance.choice(folders)
                return (await playlists.create(library, name, kind, parent, place))[1]
            case 2:
                return await playlists.rename(library, node, name)
            case 3 | 4:
                return await playlists.move(library, node, chance.choice(folders), place)
            case 5:
                return (await playlists.delete(library, [node]))[1]
            case 6 if lists:
                return (await playlists.add(library, chance.choice(lists), some, place, again=True))[1]
            case 7 if lists:
                return await playlists.reorder(library, chance.choice(lists), [0], place)
    except PlaylistError:
        pass
    return None


async def test_changes_are_undone_after_a_restart(tmp_path: Path) -> None:
    library = await Library.open(tmp_path / "library.db")
    ids = await a_tree(library)
    before = await tree(library)
    await playlists.delete(library, [ids["Gigs"]])
    await library.close()
    library = await Library.open(tmp_path / "library.db")
    await undo(library)
    assert await tree(library) == before
    await library.close()
