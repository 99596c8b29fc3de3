"""Importing a collection that both sides have changed: what each of them did survives."""

from __future__ import annotations

from pathlib import Path

import pytest

from djtui.library import analyses, history, playlists
from djtui.library.analyses import Heard
from djtui.library.database import Library
from djtui.traktor import pending, restoring
from djtui.traktor.conflicts import resolve
from tests.traktor import nml_text
from tests.traktor.both_ways import Deck
from tests.traktor.test_importing import GRID, collection, entry, playlist

ONE = nml_text.cue(0, "1000.000000", hotcue="1", name="one")
TWO = nml_text.cue(0, "2000.000000", hotcue="2", name="two")


@pytest.fixture
def deck(library: Library, tmp_path: Path) -> Deck:
    return Deck(library, tmp_path / "collection.nml")


def key(name: str) -> str:
    return f"C:/:Music/:{name}.mp3"


async def test_a_new_hotcue_on_either_side_costs_none_of_the_others(deck: Deck) -> None:
    deck.write(collection(entry("a", inside=GRID + ONE)))
    await deck.imported()
    mine = [0, 5000.0, 0.0, 5, "mine", -1, None, None]
    await deck.edit("a", cues=[*(await deck.image("a"))["cues"], mine])
    deck.replace(ONE, ONE + TWO)
    await deck.imported()
    cues = (await deck.image("a"))["cues"]
    assert [cue[4] for cue in cues] == ["AutoGrid", "one", "two", "mine"]
    assert await deck.conflicts() == []
    file_id = 1
    waiting = await pending.waiting(deck.library, file_id, whole=True)
    assert [list(edit.fields) for edit in waiting.edits] == [["cues"]]


async def test_a_cue_moved_here_and_deleted_there_is_one_question(deck: Deck) -> None:
    deck.write(collection(entry("a", inside=GRID + ONE + TWO)))
    await deck.imported()
    cues = (await deck.image("a"))["cues"]
    cues[1][1] = 1500.0
    await deck.edit("a", cues=cues)
    deck.replace(ONE, "")
    await deck.imported()
    (conflict,) = await deck.conflicts()
    assert (conflict.label, conflict.shown("traktor")) == ("hotcue 2", "deleted")
    assert [cue[4] for cue in (await deck.image("a"))["cues"]] == ["AutoGrid", "two", "one"]
    done = await resolve(deck.library, [conflict.id], "traktor")
    assert done.resolved == 1
    assert [cue[4] for cue in (await deck.image("a"))["cues"]] == ["AutoGrid", "two"]
    assert (await pending.waiting(deck.library, 1, whole=True)).edits == []
    assert done.change is not None
    await deck.undo(done.change)
    assert [cue[4] for cue in (await deck.image("a"))["cues"]] == ["AutoGrid", "two", "one"]
    assert [it.field for it in await deck.conflicts()] == [conflict.field]
    await deck.imported()
    assert [it.field for it in await deck.conflicts()] == [conflict.field]


async def test_keeping_my_side_of_a_conflict_makes_it_wait_for_export(deck: Deck) -> None:
    deck.write(collection(entry("a")))
    await deck.imported()
    await deck.edit("a", genre="Deep House")
    deck.replace('GENRE="House"', 'GENRE="Melodic House"')
    result = await deck.imported()
    assert result["conflicts"] == 1
    assert await pending.count(deck.library, 1) == 0
    (conflict,) = await deck.conflicts()
    assert (conflict.base, conflict.library, conflict.traktor) == ("House", "Deep House", "Melodic House")
    done = await resolve(deck.library, [conflict.id], "library")
    assert await deck.conflicts() == []
    (edit,) = (await pending.waiting(deck.library, 1, whole=True)).edits
    assert edit.fields == {"genre": ("Melodic House", "Deep House")}
    assert await pending.count(deck.library, 1) == 1
    assert done.change is not None
    await deck.undo(done.change)
    assert len(await deck.conflicts()) == 1
    assert (await pending.waiting(deck.library, 1, whole=True)).edits == []


async def test_taking_traktors_side_leaves_nothing_to_export(deck: Deck) -> None:
    deck.write(collection(entry("a")))
    await deck.imported()
    await deck.edit("a", genre="Deep House")
    deck.replace('GENRE="House"', 'GENRE="Melodic House"')
    await deck.imported()
    (conflict,) = await deck.conflicts()
    await resolve(deck.library, [conflict.id], "traktor")
    assert (await deck.image("a"))["genre"] == "Melodic House"
    assert await pending.count(deck.library, 1) == 0


async def test_fill_never_overwrites_and_never_counts_what_it_left_as_an_edit(deck: Deck) -> None:
    deck.write(collection(entry("a")))
    await deck.imported()
    deck.replace('GENRE="House"', 'GENRE="Melodic House" LABEL="Drumcode"')
    await deck.imported(strategy="fill")
    image = await deck.image("a")
    assert (image["genre"], image["label"]) == ("House", "Drumcode")
    assert (await pending.waiting(deck.library, 1, whole=True)).edits == []


async def test_a_track_that_traktor_deleted_goes_and_undo_brings_it_back(deck: Deck) -> None:
    deck.write(collection(entry("a"), entry("b"), nodes=playlist("Friday", key("a"), key("b"))))
    await deck.imported()
    deck.write(collection(entry("a"), nodes=playlist("Friday", key("a"))))
    result = await deck.imported()
    assert (result["entries"], result["removed"]) == (1, 1)
    assert list(await deck.ids()) == ["a"]
    change = await history.newest(deck.library, undone=False)
    assert change is not None
    assert change.kind == "import"
    await deck.undo(change.id)
    assert list(await deck.ids()) == ["a", "b"]
    await deck.imported()
    assert list(await deck.ids()) == ["a", "b"]


async def test_a_track_that_traktor_deleted_and_we_changed_is_a_question(deck: Deck) -> None:
    deck.write(collection(entry("a"), entry("b"), nodes=playlist("Friday", key("a"), key("b"))))
    await deck.imported()
    await deck.edit("b", genre="Acid")
    deck.write(collection(entry("a"), nodes=playlist("Friday", key("a"))))
    await deck.imported()
    assert list(await deck.ids()) == ["a", "b"]
    (conflict,) = await deck.conflicts()
    assert (conflict.field, conflict.library) == ("deleted", ["genre"])
    friday = next(it for it in await playlists.all_playlists(deck.library) if it.name == "Friday")
    assert friday.items == 2
    await resolve(deck.library, [conflict.id], "traktor")
    assert list(await deck.ids()) == ["a"]
    assert await deck.conflicts() == []


async def test_a_collection_that_lost_a_third_of_its_tracks_takes_none_with_it(deck: Deck) -> None:
    many = [entry(f"t{number}") for number in range(120)]
    deck.write(collection(*many))
    await deck.imported()
    deck.write(collection(*many[:60]))
    result = await deck.imported()
    assert result["removed"] == 0
    assert any("60 tracks are missing" in note for note in result["notes"])
    assert len(await deck.ids()) == 120
    deck.write(collection(*many))
    result = await deck.imported()
    assert (result["entries"], result["added"]) == (120, 0)
    deck.write(collection(*many[:60]))
    assert (await deck.imported(strategy="traktor"))["removed"] == 60


async def test_playlists_of_both_sides_hold_both_edits(deck: Deck) -> None:
    tracks = [entry(name) for name in "abcd"]
    deck.write(collection(*tracks, nodes=playlist("Friday", key("a"), key("b"))))
    await deck.imported()
    ids = await deck.ids()
    friday = next(it for it in await playlists.all_playlists(deck.library) if it.name == "Friday")
    await playlists.add(deck.library, friday.id, [ids["c"]])
    await playlists.rename(deck.library, friday.id, "Saturday")
    new, _ = await playlists.create(deck.library, "Sunday", track_ids=[ids["a"]])
    friday_there = playlist("Friday", key("a"), key("b"), key("d"))
    deck.write(collection(*tracks, nodes=friday_there + playlist("Night", key("a"))))
    await deck.imported()
    found = {it.name: it for it in await playlists.all_playlists(deck.library)}
    assert set(found) == {"Saturday", "Sunday", "Night", "_LOOPS", "_RECORDINGS"}
    names = {id: title for title, id in ids.items()}
    items = await playlists.items(deck.library, found["Saturday"].id)
    assert [names[track or 0] for track, _, _ in items] == ["a", "b", "c", "d"]
    tree = await pending.tree(deck.library, 1, None, whole=True)
    assert [(change.path, change.what) for change in pending.tree_changes(tree)] == [
        ("Saturday", "was called Friday, +1"),
        ("Sunday", "new, 1 track"),
    ]
    assert new == found["Sunday"].id


async def test_a_renamed_folder_is_the_same_folder(deck: Deck) -> None:
    def folder(name: str) -> str:
        return nml_text.folder(name, playlist("Friday", key("a")), playlist("Sunday"))

    deck.write(collection(entry("a"), nodes=folder("Gigs")))
    await deck.imported()
    before = {it.name: it.id for it in await playlists.all_playlists(deck.library)}
    deck.write(collection(entry("a"), nodes=folder("Nights")))
    await deck.imported()
    after = {it.name: it.id for it in await playlists.all_playlists(deck.library)}
    assert after.pop("Nights") == before.pop("Gigs")
    assert after == before


async def test_a_playlist_deleted_here_does_not_come_back(deck: Deck) -> None:
    deck.write(collection(entry("a"), nodes=playlist("Friday", key("a"))))
    await deck.imported()
    friday = next(it for it in await playlists.all_playlists(deck.library) if it.name == "Friday")
    await playlists.delete(deck.library, [friday.id])
    deck.replace('TITLE="a"', 'TITLE="A"')
    await deck.imported()
    assert "Friday" not in {it.name for it in await playlists.all_playlists(deck.library)}
    assert await pending.count(deck.library, 1) == 1


async def test_what_the_analysis_filled_in_gives_way_to_traktors_own(deck: Deck) -> None:
    deck.write(collection(entry("a", inside="") + entry("b", inside="")))
    await deck.imported()
    for title in ("a", "b"):
        await deck.edit(title, key=9)
    id = (await deck.ids())["a"]
    heard = Heard(id, 1, "/a.mp3", 1, 1, "2026-01-01T00:00:00Z", key=9, key_confidence=0.9, taken=("key",))
    async with deck.library.writing() as tx:
        await analyses.put(tx, [heard], {})
    deck.write(deck.text.replace("</ENTRY>", '<MUSICAL_KEY VALUE="21"></MUSICAL_KEY>\n</ENTRY>'))
    await deck.imported()
    assert (await deck.image("a"))["key"] == 21
    assert (await deck.image("b"))["key"] == 9
    assert [conflict.field for conflict in await deck.conflicts()] == ["key"]


async def test_what_a_scan_read_from_tags_gives_way_to_traktors_own(deck: Deck) -> None:
    deck.write(collection(entry("a", inside="") + entry("b", inside="")))
    await deck.imported()
    for title in ("a", "b"):
        await deck.edit(title, key=9)
    id = (await deck.ids())["a"]
    async with deck.library.writing() as tx:
        await tx.insert(
            "file",
            ("track_id", "path", "size", "mtime_ns", "tags", "scanned"),
            [(id, "/a.mp3", 1, 1, '{"key": 9}', "2026-01-01T00:00:00Z")],
        )
    deck.write(deck.text.replace("</ENTRY>", '<MUSICAL_KEY VALUE="21"></MUSICAL_KEY>\n</ENTRY>'))
    await deck.imported()
    assert (await deck.image("a"))["key"] == 21
    assert (await deck.image("b"))["key"] == 9
    assert [conflict.field for conflict in await deck.conflicts()] == ["key"]


@pytest.mark.parametrize("how", ["undone", "lost", "kept"])
async def test_an_export_beside_an_open_question_over_a_cue_settles_nothing(deck: Deck, how: str) -> None:
    deck.write(collection(entry("a", inside=GRID + ONE + TWO)))
    await deck.imported()
    cues = (await deck.image("a"))["cues"]
    await deck.edit("a", cues=[cues[0], cues[2]])
    deck.replace('NAME="one"', 'NAME="break"')
    await deck.imported()
    before = deck.text
    (question,) = await deck.conflicts()
    mine = [0, 5000.0, 0.0, 5, "mine", -1, None, None]
    await deck.edit("a", cues=[*(await deck.image("a"))["cues"], mine])
    result = await deck.exported()
    assert 'NAME="break"' in deck.text
    assert 'NAME="mine"' in deck.text
    if how == "undone":
        change = await history.find(deck.library, result["change"])
        await deck.job("traktor-restore", **await restoring.undo_params(deck.library, change))
    elif how == "lost":
        deck.write(before)
    else:
        deck.replace('TITLE="a"', 'TITLE="b"')
    await deck.imported()
    assert [conflict.id for conflict in await deck.conflicts()] == [question.id]
    await deck.exported()
    assert 'NAME="break"' in deck.text
    assert 'NAME="mine"' in deck.text
