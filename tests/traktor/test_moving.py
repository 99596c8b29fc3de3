"""Files that are renamed here: Traktor is told, its playlists follow, and no track is lost meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from djtui.library import history, playlists, removal, tracks
from djtui.library.database import Library
from djtui.traktor import journal, moving, pending, restoring
from djtui.traktor.conflicts import resolve
from djtui.traktor.nml import fingerprint
from tests.traktor import nml_text
from tests.traktor.both_ways import Deck
from tests.traktor.moved_files import Disk, unplaced
from tests.traktor.test_importing import collection, entry, playlist


@pytest.fixture
def disk(library: Library, tmp_path: Path) -> Disk:
    return Disk(library, tmp_path)


def key(name: str) -> str:
    return f"C:/:Music/:{name}.mp3"


async def begin(disk: Disk, *names: str, nodes: str = "") -> None:
    disk.fill(*names)
    disk.write(collection(*map(entry, names), nodes=nodes))
    await disk.imported()


async def test_a_renamed_file_has_its_new_name_in_its_entry_and_in_every_playlist(disk: Disk) -> None:
    both = playlist("Friday", key("a"), key("b"), key("a")) + playlist("Sunday", key("b"))
    await begin(disk, "a", "b", nodes=both)
    before = disk.text
    moves = await disk.rename({"a": 'c/Music/Ada & "b" <1>.mp3'})
    assert (moves.waiting, moves.settled, moves.refused) == ({(await disk.ids())["a"]}, set(), {})
    assert await pending.count(disk.library, 1) == await moving.unknown_names(disk.library) == 1
    result = await disk.exported()
    assert (result["entries_changed"], result["moved"], result["playlists_changed"]) == (1, 1, 0)
    new = "Ada &amp; &quot;b&quot; &lt;1>.mp3"
    assert f'<LOCATION DIR="/:Music/:" FILE="{new}" VOLUME="C:" VOLUMEID="1"></LOCATION>' in disk.text
    assert disk.items() == [f"C:/:Music/:{new}", key("b"), f"C:/:Music/:{new}", key("b")]
    assert disk.text.count("\n") == before.count("\n")
    assert unplaced(disk.text) == unplaced(before)
    first = before.split("<ENTRY", 2)[2].partition("</COLLECTION>")[0]
    assert first in disk.text, "the other entry is as it was"
    assert await pending.count(disk.library, 1) == await moving.unknown_names(disk.library) == 0


async def test_an_import_behind_the_export_changes_nothing(disk: Disk) -> None:
    await begin(disk, "a", "b", nodes=playlist("Friday", key("a"), key("b")))
    await disk.rename({"a": "x"})
    await disk.exported()
    revision = await disk.library.fetchone("SELECT value FROM meta WHERE name = 'revision'")
    disk.write(disk.text + "\n")
    again = await disk.imported()
    assert (again["added"], again["updated"], again["removed"], again["conflicts"]) == (0, 0, 0, 0)
    assert await disk.library.fetchone("SELECT value FROM meta WHERE name = 'revision'") == revision
    before = disk.nml.read_bytes()
    assert (await disk.exported())["entries_changed"] == 0
    assert disk.nml.read_bytes() == before


async def test_the_diff_names_both_places(disk: Disk) -> None:
    await begin(disk, "a")
    before = disk.nml.read_bytes()
    await disk.rename({"a": "c/New/b.mp3"})
    await disk.edit("a", genre="Acid")
    result = await disk.exported(dry_run=True)
    assert result["changes"] == [
        {"track": "a - Bicep", "field": "path", "from": "C:/Music/a.mp3", "to": "C:/New/b.mp3"},
        {"track": "a - Bicep", "field": "genre", "from": "House", "to": "Acid"},
    ]
    (edit,) = (await pending.waiting(disk.library, 1, whole=True)).edits
    assert edit.fields == {"path": ("C:/Music/a.mp3", "C:/New/b.mp3"), "genre": ("House", "Acid")}
    assert disk.nml.read_bytes() == before
    assert await pending.count(disk.library, 1) == 1
    result = await disk.exported()
    assert (result["entries_changed"], result["moved"]) == (1, 1)
    assert 'GENRE="Acid"' in disk.text
    assert disk.keys() == ["C:/:New/:b.mp3"]


async def test_files_that_change_names_in_a_circle_do_so_in_one_export(disk: Disk) -> None:
    names = "abcde"
    await begin(disk, *names, nodes=playlist("Friday", *map(key, names)))
    await disk.rename({"a": "b", "b": "a", "c": "d", "d": "e", "e": "f"})
    result = await disk.exported()
    assert result["moved"] == 5
    assert disk.items() == disk.keys() == [key(name) for name in "badef"]
    assert {title: path for title, (path, *_) in (await disk.places()).items()} == {
        title: f"c/Music/{name}.mp3" for title, name in zip(names, "badef", strict=True)
    }
    disk.replace("House", "Acid", 5)
    again = await disk.imported()
    assert (again["added"], again["updated"], again["removed"]) == (0, 5, 0)
    assert [(await disk.image(title))["title"] for title in names] == list(names)


async def test_a_name_that_another_entry_has_is_refused_and_what_hangs_on_it_too(disk: Disk) -> None:
    await begin(disk, "a", "b", "c", nodes=playlist("Friday", key("a"), key("b")))
    disk.path("c").unlink()
    await disk.rename({"a": "c", "b": "a"})  # c is gone from the disk, and still in Traktor
    await disk.edit("a", genre="Acid")
    view = await disk.job("traktor-export", force=True)
    assert view.state == "succeeded", view.error
    reason = "its new path was not written: the collection has another entry of"
    assert sorted(await disk.failed(view)) == [
        f"a - Bicep: {reason} C:/Music/c.mp3",
        f"b - Bicep: {reason} C:/Music/a.mp3",
    ]
    assert disk.keys() == [key(name) for name in "abc"]
    assert disk.items() == [key("a"), key("b")]
    assert 'GENRE="Acid"' in disk.text
    assert await pending.count(disk.library, 1) == 2
    await removal.remove(disk.library, [(await disk.ids())["c"]], "gone")
    result = await disk.exported()
    assert (result["moved"], result["removed"]) == (2, 1)
    assert disk.keys() == disk.items() == [key("c"), key("a")]
    assert await pending.count(disk.library, 1) == 0


async def test_a_file_that_takes_the_place_of_a_renamed_one_is_added_in_the_same_export(disk: Disk) -> None:
    await begin(disk, "a", nodes=playlist("Friday", key("a")))
    await disk.rename({"a": "b"})
    disk.fill("a")
    async with disk.library.writing() as tx:
        row = {"title": "new", "path": str(disk.path("a")), "missing": 0, "kind": "track", "cue_count": 0}
        await tracks.insert(tx, [[row.get(it) for it in tracks.GIVEN]], [tracks.text_row(row)], [[]])
    friday = next(it.id for it in await playlists.all_playlists(disk.library) if it.name == "Friday")
    await playlists.add(disk.library, friday, [(await disk.ids())["new"]])
    result = await disk.exported()
    assert (result["moved"], result["added"], result["playlists_changed"]) == (1, 1, 1)
    assert disk.keys() == disk.items() == [key("b"), key("a")]
    assert (await disk.imported())["updated"] == 0
    assert await pending.count(disk.library, 1) == 0


async def test_another_volume_brings_the_volume_id_of_its_files(disk: Disk) -> None:
    disk.fill("a", "d/Other/z.mp3")
    other = entry("z", folder="/:Other/:").replace('VOLUME="C:" VOLUMEID="1"', 'VOLUME="D:" VOLUMEID="2"')
    disk.write(collection(entry("a"), other))
    await disk.imported()
    await disk.rename({"a": "d/Other/New/a.mp3"})
    await disk.exported()
    assert '<LOCATION DIR="/:Other/:New/:" FILE="a.mp3" VOLUME="D:" VOLUMEID="2"></LOCATION>' in disk.text


async def test_a_place_that_the_collection_cannot_name_is_refused_before_anything_moves(
    disk: Disk, tmp_path: Path
) -> None:
    await begin(disk, "a", "b")
    ids = await disk.ids()
    paths = {ids["a"]: str(tmp_path / "elsewhere/a.mp3"), ids["b"]: str(disk.path("c/Music/b\x1b.mp3"))}
    moves = await moving.can_move(disk.library, paths | {99: "/x.mp3"})
    assert "lies on no volume that collection.nml knows" in moves.refused[ids["a"]]
    assert "control characters" in moves.refused[ids["b"]]
    assert moves.waiting == moves.settled == set()
    async with disk.library.writing() as tx:
        assert (await moving.note_moves(tx, paths)).refused == moves.refused
    assert await disk.waiting() == {key("a"): None, key("b"): None}
    assert (await disk.places())["a"] == ("c/Music/a.mp3", "C:/Music/a.mp3", 0)


async def test_a_file_that_is_moved_back_waits_for_nothing(disk: Disk) -> None:
    await begin(disk, "a")
    await disk.rename({"a": "b"})
    assert await disk.waiting() == {key("a"): key("b")}
    assert (await disk.places())["a"] == ("c/Music/b.mp3", "C:/Music/b.mp3", 0)
    moves = await disk.rename({"a": "a"})
    assert moves.settled == {(await disk.ids())["a"]}
    assert await disk.waiting() == {key("a"): None}
    assert (await disk.places())["a"] == ("c/Music/a.mp3", "C:/Music/a.mp3", 0)
    assert await pending.count(disk.library, 1) == 0


async def test_the_folder_keeps_the_spelling_that_the_entry_has(disk: Disk) -> None:
    disk.fill("a", "b")
    disk.write(collection(entry("a"), entry("b").replace('VOLUME="C:"', 'VOLUME="c:"')))
    await disk.imported()
    await disk.rename({"b": "x", "a": "y"})
    assert list((await disk.waiting()).values()) == [key("y"), "c:/:Music/:x.mp3"]


# -- imports meanwhile ----------------------------------------------------------------------------


async def test_until_traktor_knows_an_import_keeps_the_new_path_and_takes_the_rest(disk: Disk) -> None:
    await begin(disk, "a", "b", nodes=playlist("Friday", key("a"), key("b")))
    await disk.rename({"a": "b", "b": "a"})
    disk.replace('GENRE="House"', 'GENRE="Acid"', 2)
    disk.replace(f'<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="{key("b")}"></PRIMARYKEY>\n</ENTRY>\n', "")
    for params in ({"dry_run": True}, {}):
        result = await disk.imported(**params)
        assert (result["added"], result["updated"], result["removed"]) == (0, 2, 0)
    assert await disk.places() == {
        "a": ("c/Music/b.mp3", "C:/Music/b.mp3", 0),
        "b": ("c/Music/a.mp3", "C:/Music/a.mp3", 0),
    }
    assert (await disk.image("a"))["genre"] == "Acid"
    assert await disk.waiting() == {key("a"): key("b"), key("b"): key("a")}
    await disk.exported()
    assert disk.keys() == [key("b"), key("a")]
    assert disk.items() == [key("b")]


async def test_a_track_that_traktor_finds_itself_is_the_same(disk: Disk) -> None:
    await begin(disk, "a", "b", nodes=playlist("Friday", key("a"), key("b")))
    ids = await disk.ids()
    await disk.rename({"a": "x"})
    disk.write(disk.text.replace("a.mp3", "x.mp3").replace("House", "Acid"))
    result = await disk.imported()
    assert (result["added"], result["updated"], result["removed"], result["conflicts"]) == (0, 2, 0, 0)
    assert await disk.waiting() == {key("x"): None, key("b"): None}
    assert await disk.ids() == ids
    assert (await disk.places())["a"] == ("c/Music/x.mp3", "C:/Music/x.mp3", 0)
    friday = next(it for it in await playlists.all_playlists(disk.library) if it.name == "Friday")
    assert [id for id, *_ in await playlists.items(disk.library, friday.id)] == list(ids.values())
    assert await pending.count(disk.library, 1) == 0
    assert (await disk.exported())["playlists_changed"] == 0


@pytest.mark.parametrize("there", [True, False])
async def test_a_track_that_traktor_finds_elsewhere_lies_there_unless_its_file_is_here(
    disk: Disk, there: bool
) -> None:
    await begin(disk, "a")
    disk.replace('TITLE="a"', 'AUDIO_ID="AWx" TITLE="a"')
    await disk.imported()
    await disk.rename({"a": "x"})
    disk.fill("z")
    if not there:
        disk.path("x").unlink()
    disk.replace("a.mp3", "z.mp3")
    assert (await disk.imported())["added"] == 0
    assert await disk.waiting() == {key("z"): key("x") if there else None}
    name = "x" if there else "z"
    assert (await disk.places())["a"] == (f"c/Music/{name}.mp3", f"C:/Music/{name}.mp3", 0)
    await disk.exported()
    assert disk.keys() == [key(name)]


@pytest.mark.parametrize("audio", [True, False])
async def test_a_copy_that_takes_the_collections_place_is_recognised_swaps_and_all(
    disk: Disk, audio: bool
) -> None:
    names = "abcd"
    disk.fill(*names)
    entries = [entry(name, attributes=f'AUDIO_ID="{name}"' if audio else "") for name in names]
    disk.write(collection(*entries, nodes=playlist("Friday", *map(key, names))))
    await disk.imported()
    ids = await disk.ids()
    await disk.rename({"a": "b", "b": "a", "c": "d", "d": "e"})
    copy = disk.folder / "copy.nml"
    await disk.exported(to=str(copy))
    assert await pending.count(disk.library, 1) == 4, "the collection itself does not know yet"
    disk.write(copy.read_bytes())
    result = await disk.imported()
    assert (result["added"], result["removed"], result["conflicts"]) == (0, 0, 0)
    assert await disk.ids() == ids
    assert await disk.waiting() == {key(name): None for name in "bade"}
    assert [path for path, *_ in (await disk.places()).values()] == [f"c/Music/{it}.mp3" for it in "bade"]
    assert (await disk.exported())["entries_changed"] == 0
    friday = next(it for it in await playlists.all_playlists(disk.library) if it.name == "Friday")
    assert [id for id, *_ in await playlists.items(disk.library, friday.id)] == list(ids.values())


async def test_what_traktor_dropped_for_it_missed_the_file_is_a_question(disk: Disk) -> None:
    await begin(disk, "a", "b", nodes=playlist("Friday", key("a"), key("b")))
    await disk.rename({"a": "x"})
    disk.write(collection(entry("b"), nodes=playlist("Friday", key("b"))))
    result = await disk.imported()
    assert (result["removed"], result["conflicts"]) == (0, 1)
    (question,) = await disk.conflicts()
    assert (question.field, question.library) == ("deleted", ["path"])
    await resolve(disk.library, [question.id], "library")
    assert (await disk.exported())["added"] == 1
    assert sorted(disk.keys()) == [key("b"), key("x")]
    assert sorted(disk.items()) == [key("b"), key("x")]
    assert await moving.unknown_names(disk.library) == 0


async def test_another_file_with_the_old_names_knows_the_tracks_too(disk: Disk) -> None:
    await begin(disk, "a", "b")
    await disk.rename({"a": "x"})
    other = Deck(disk.library, disk.folder / "friday.nml", disk.settings)
    other.write(collection(entry("a"), nodes=playlist("Friday", key("a"))).replace(nml_text.STANDARD, ""))
    assert (await other.imported())["added"] == 0
    other.replace("House", "Acid")
    await other.imported()
    assert (await disk.places())["a"] == ("c/Music/x.mp3", "C:/Music/x.mp3", 0)
    await disk.exported()
    assert disk.keys() == [key("x"), key("b")]
    assert await moving.unknown_names(disk.library) == 0
    await disk.rename({"b": "y"})
    await disk.rename({"a": "z"})
    await disk.exported()
    await other.exported()
    assert key("z") in other.text.replace('DIR="/:Music/:" FILE="z.mp3" VOLUME="C:"', key("z"))
    assert key("a") not in other.text


async def test_a_mac_that_lost_every_old_name_still_knows_its_boot_volume(
    library: Library, tmp_path: Path
) -> None:
    deck = Deck(library, tmp_path / "collection.nml")
    names = ("a", "b")
    folder = "".join(f"/:{part}" for part in tmp_path.parts[1:]) + "/:"
    for name in names:
        (tmp_path / f"{name}.mp3").write_bytes(b"x")
    home = [entry(name, folder=folder).replace('VOLUME="C:"', 'VOLUME="Tiger HD"') for name in names]
    deck.write(collection(*home))
    await deck.imported()
    ids = await deck.ids()
    paths = {ids[name]: str(tmp_path / f"{name} new.mp3") for name in names}
    for name in names:
        (tmp_path / f"{name}.mp3").rename(tmp_path / f"{name} new.mp3")
    async with library.writing() as tx:
        await tracks.update(tx, {id: {"path": path} for id, path in paths.items()})
        assert (await moving.note_moves(tx, paths)).waiting == set(ids.values())
    deck.replace("House", "Acid")
    assert (await deck.imported())["missing_files"] == 0
    assert {row["path"] for row in await library.fetchall("SELECT path FROM track")} == {*paths.values()}


# -- exports that did not last ----------------------------------------------------------------------


async def test_renames_that_traktor_overwrote_wait_again(disk: Disk) -> None:
    names = "abcd"
    await begin(disk, *names, nodes=playlist("Friday", *map(key, names)))
    old = disk.text
    await disk.rename({"a": "b", "b": "a", "c": "x"})
    await disk.exported()
    await disk.rename({"c": "y"})
    await disk.exported()
    assert disk.keys() == [key(name) for name in "bayd"]
    disk.write(old.replace('TITLE="d"', 'TITLE="D"'))
    preview = await disk.imported(dry_run=True)
    assert (preview["added"], preview["removed"]) == (0, 0)
    result = await disk.imported()
    assert any("overwritten the last export" in note for note in result["notes"])
    assert (result["added"], result["removed"], result["conflicts"]) == (0, 0, 0)
    moved = dict(zip(map(key, names), [key("b"), key("a"), key("y"), None], strict=True))
    assert await disk.waiting() == moved
    assert [path for path, *_ in (await disk.places()).values()] == [f"c/Music/{it}.mp3" for it in "bayd"]
    assert await pending.count(disk.library, 1) == 3
    await disk.exported()
    assert disk.keys() == disk.items() == [key(name) for name in "bayd"]


async def test_a_rename_that_traktor_has_taken_over_is_not_taken_for_lost(disk: Disk) -> None:
    await begin(disk, "a", "b")
    await disk.rename({"a": "b", "b": "a"})
    await disk.exported()
    disk.replace("House", "Acid", 2)
    result = await disk.imported()
    assert not any("overwritten" in note for note in result["notes"])
    assert await disk.waiting() == {key("b"): None, key("a"): None}


async def test_undoing_an_export_lets_its_renames_wait_again(disk: Disk) -> None:
    await begin(disk, "a", "b", nodes=playlist("Friday", key("a")))
    before = disk.text
    await disk.rename({"a": "x"})
    result = await disk.exported()
    params = await restoring.undo_params(disk.library, await history.find(disk.library, result["change"]))
    view = await disk.job("traktor-restore", **params)
    assert view.state == "succeeded"
    assert disk.text == before
    assert await disk.waiting() == {key("a"): key("x"), key("b"): None}
    assert await pending.count(disk.library, 1) == 1
    await disk.imported()
    assert (await disk.places())["a"] == ("c/Music/x.mp3", "C:/Music/x.mp3", 0)
    await disk.rename({"a": "a"})  # the rename is undone as well
    assert await pending.count(disk.library, 1) == 0
    assert (await disk.exported())["entries_changed"] == 0


@pytest.mark.parametrize("replaced", [True, False])
async def test_after_a_crash_the_renames_are_known_or_wait(disk: Disk, replaced: bool) -> None:
    await begin(disk, "a", "b", nodes=playlist("Friday", key("a"), key("b")))
    before = disk.nml.read_bytes()
    await disk.rename({"a": "b", "b": "a"})
    await disk.exported()
    (export,) = await journal.exports(disk.library, 1, "written")
    async with disk.library.writing() as tx:  # the library as it was when the file was replaced
        await journal.forget(tx, export, "replacing")
        for id, move in export.edits.moved.items():
            await tx.execute("UPDATE nml_entry SET hash = ? WHERE id = ?", (bytes.fromhex(move.hash), id))
        await tx.execute("UPDATE nml_file SET digest = ?", (export.source,))
    if not replaced:
        disk.nml.write_bytes(before)
    await disk.exported()
    assert disk.keys() == disk.items() == [key("b"), key("a")]
    assert await disk.waiting() == {key("b"): None, key("a"): None}
    assert await pending.count(disk.library, 1) == 0


async def test_a_file_that_is_renamed_again_while_it_is_exported_waits_again(disk: Disk) -> None:
    await begin(disk, "a", "b")
    await disk.rename({"a": "x", "b": "y"})
    before = {row["id"]: row["key"] for row in await disk.library.fetchall("SELECT id, key FROM nml_entry")}
    await disk.exported()
    (export,) = await journal.exports(disk.library, 1, "written")
    assert {id: move.old for id, move in export.edits.moved.items()} == before
    async with disk.library.writing() as tx:
        await journal.forget(tx, export, "dropped")
    await disk.rename({"a": "z", "b": "b"})
    async with disk.library.writing() as tx:
        await journal.finish(tx, export, fingerprint(disk.nml))
    assert await disk.waiting() == {key("x"): key("z"), key("y"): key("b")}
    await disk.exported()
    assert disk.keys() == [key("z"), key("b")]
