"""The export job: only what changed changes, and the collection is whole at every moment."""

from __future__ import annotations

import os
import re
from contextlib import aclosing, nullcontext
from pathlib import Path

import pytest

from djtui.jobs.requests import submit
from djtui.jobs.views import jobs
from djtui.kinds import KINDS
from djtui.library import history, playlists, removal
from djtui.library.database import Library
from djtui.traktor import backups, journal, pending, restoring
from djtui.traktor.conflicts import resolve
from djtui.traktor.nml import identify
from tests.traktor import nml_text
from tests.traktor.both_ways import SETTINGS, Deck
from tests.traktor.pretending import running_traktor
from tests.traktor.test_importing import GRID, collection, entry, playlist
from tests.traktor.test_merging_imports import ONE, TWO, key
from tests.working import worked

STAMP = re.compile(r'MODIFIED_DATE="[^"]*" MODIFIED_TIME="[^"]*"')


@pytest.fixture
def deck(library: Library, tmp_path: Path) -> Deck:
    return Deck(library, tmp_path / "collection.nml")


def unstamped(text: str) -> str:
    return STAMP.sub("", text)


async def playlist_named(deck: Deck, name: str) -> int:
    return next(it.id for it in await playlists.all_playlists(deck.library) if it.name == name)


async def test_without_a_change_nothing_is_written(deck: Deck) -> None:
    deck.write(collection(entry("a")))
    await deck.imported()
    before, stat = deck.nml.read_bytes(), deck.nml.stat()
    result = await deck.exported()
    assert (result["entries_changed"], result["playlists_changed"], result["backup"]) == (0, 0, None)
    assert deck.nml.read_bytes() == before
    assert deck.nml.stat().st_ino == stat.st_ino


async def test_one_edit_changes_one_tag_and_the_date_of_its_entry(deck: Deck) -> None:
    deck.write(collection(entry("a"), entry("b")))
    await deck.imported()
    before = deck.text
    await deck.edit("b", genre="Acid & <Deep>")
    result = await deck.exported()
    assert (result["entries_changed"], result["playlists_changed"]) == (1, 0)
    first, second = before.split("<ENTRY", 2)[1:]
    assert first in deck.text
    assert unstamped(deck.text) == unstamped(before).replace(
        unstamped(second), unstamped(second).replace('GENRE="House"', 'GENRE="Acid &amp; &lt;Deep>"')
    )
    assert Path(result["backup"]).read_text() == before
    assert await pending.count(deck.library, 1) == 0
    assert (await deck.imported())["updated"] == 0
    assert (await deck.exported())["entries_changed"] == 0


async def test_the_old_collection_itself_is_the_backup(deck: Deck) -> None:
    deck.write(collection(entry("a"), entry("b")))
    await deck.imported()
    old, before = deck.nml.stat().st_ino, deck.text
    await deck.edit("b", genre="Acid")
    backup = Path((await deck.exported())["backup"])
    assert (backup.stat().st_ino, backup.stat().st_nlink) == (old, 1)
    assert backup.read_text() == before
    assert deck.nml.stat().st_ino != old
    assert [it.path for it in backups.kept(deck.library.path, deck.nml)] == [backup]


async def test_an_export_that_replaces_nothing_leaves_no_backup_that_is_the_collection(deck: Deck) -> None:
    deck.write(collection(entry("a")))
    await deck.imported()
    await deck.edit("a", genre="Acid")
    deck.nml.chmod(0o444)
    assert "write-protected" in await deck.refused()
    assert deck.nml.stat().st_nlink == 1
    assert backups.kept(deck.library.path, deck.nml) == []


async def test_an_export_that_was_cut_off_before_it_replaced_the_file_leaves_no_backup(deck: Deck) -> None:
    deck.write(collection(entry("a")))
    await deck.imported()
    await deck.edit("a", genre="Acid")
    print_, digest = identify(deck.nml)
    left = backups.link(deck.library.path, deck.nml, print_)
    new = deck.nml.with_name(".djtui-collection.nml")
    new.write_text("half")
    async with deck.library.writing() as tx:
        await journal.announce(tx, 1, 1, digest, b"never", new, left, journal.Edits())
    await deck.imported(retry=True)
    assert deck.nml.stat().st_nlink == 1
    assert not new.exists()
    backup = Path((await deck.exported())["backup"])
    assert [it.path for it in backups.kept(deck.library.path, deck.nml)] == [backup]


async def test_a_collection_that_has_another_name_is_copied(deck: Deck, tmp_path: Path) -> None:
    deck.write(collection(entry("a")))
    await deck.imported()
    (other := tmp_path / "other").hardlink_to(deck.nml)
    before = deck.text
    await deck.edit("a", genre="Acid")
    backup = Path((await deck.exported())["backup"])
    assert not backup.samefile(other)
    assert backup.read_text() == other.read_text() == before


async def test_what_is_remembered_of_a_file_does_not_count_for_another(deck: Deck) -> None:
    deck.write(collection(entry("a"), entry("b"), entry("c")))
    await deck.imported()
    await deck.edit("b", genre="Acid")
    await deck.exported()
    text, status = deck.text, deck.nml.stat()
    first = text.index("<ENTRY", text.index("<COLLECTION"))
    second = text.index("<ENTRY", first + 1)
    last = text.index("</COLLECTION>")
    deck.nml.write_text(text[:first] + text[second:last] + text[first:second] + text[last:])
    os.utime(deck.nml, ns=(status.st_atime_ns, status.st_mtime_ns))
    await deck.edit("a", genre="Dub")
    await deck.exported()
    assert [re.findall(name, deck.text) for name in ('GENRE="Acid"', 'GENRE="Dub"')] == [
        ['GENRE="Acid"'],
        ['GENRE="Dub"'],
    ]
    assert re.findall('TITLE="(.)"', deck.text) == ["b", "c", "a"]


async def test_what_traktor_changed_meanwhile_is_merged_first(deck: Deck) -> None:
    deck.write(collection(entry("a", inside=GRID + ONE)))
    await deck.imported()
    await deck.edit("a", genre="Acid")
    deck.replace(ONE, ONE + TWO)
    result = await deck.exported()
    assert result["merged"]["updated"] == 1
    assert TWO in deck.text
    assert 'GENRE="Acid"' in deck.text
    assert len((await deck.image("a"))["cues"]) == 3


async def test_a_conflict_is_not_written_and_holds_up_nothing_else(deck: Deck) -> None:
    deck.write(collection(entry("a"), entry("b")))
    await deck.imported()
    await deck.edit("a", genre="Acid", label="Drumcode")
    deck.replace('GENRE="House"', 'GENRE="Breaks"')
    await deck.exported()
    assert 'GENRE="Breaks"' in deck.text
    assert 'LABEL="Drumcode"' in deck.text
    (conflict,) = await deck.conflicts()
    await resolve(deck.library, [conflict.id], "library")
    await deck.exported()
    assert 'GENRE="Acid"' in deck.text
    assert await deck.conflicts() == []


async def test_cues_playlists_and_folders_arrive(deck: Deck) -> None:
    deck.write(collection(entry("a", inside=GRID + ONE), entry("b"), nodes=playlist("Friday", key("a"))))
    await deck.imported()
    ids = await deck.ids()
    cues = (await deck.image("a"))["cues"]
    await deck.edit("a", cues=[*cues, [0, 5000.0, 0.0, 5, "mine", -1, None, None]])
    await playlists.add(deck.library, await playlist_named(deck, "Friday"), [ids["b"]])
    gigs, _ = await playlists.create(deck.library, "Gigs", kind="folder")
    await playlists.create(deck.library, "Sunday", parent=gigs, track_ids=[ids["b"], ids["a"]])
    before = deck.text
    result = await deck.exported()
    assert (result["entries_changed"], result["playlists_changed"]) == (1, 3)
    assert ONE in deck.text
    assert 'NAME="mine"' in deck.text
    assert '<SUBNODES COUNT="4">' in deck.text
    head = before.index("<PLAYLISTS>")
    assert deck.text[: deck.text.index("<PLAYLISTS>")].count("\n") == before[:head].count("\n") + 1
    assert await pending.count(deck.library, 1) == 0
    again = await deck.imported()
    assert (again["updated"], again["added"]) == (0, 0)
    fresh = await Library.open(deck.library.path.with_name("fresh.db"))
    try:
        other = Deck(fresh, deck.nml)
        await other.imported()
        names = {it.name: it for it in await playlists.all_playlists(fresh)}
        assert names["Sunday"].parent_id == names["Gigs"].id
        assert names["Sunday"].items == 2
        assert (await other.image("a"))["cues"] == (await deck.image("a"))["cues"]
    finally:
        await fresh.close()


async def test_a_deleted_playlist_and_a_removed_track_leave_the_file(deck: Deck) -> None:
    friday = playlist("Friday", key("a"), key("b"))
    deck.write(collection(entry("a"), entry("b"), nodes=friday + playlist("Sunday", key("b"))))
    await deck.imported()
    await playlists.delete(deck.library, [await playlist_named(deck, "Sunday")])
    await removal.remove(deck.library, [(await deck.ids())["a"]], "gone")
    result = await deck.exported()
    assert (result["entries_changed"], result["removed"], result["playlists_changed"]) == (1, 1, 2)
    assert 'FILE="a.mp3"' not in deck.text
    assert key("a") not in deck.text
    assert "Sunday" not in deck.text
    assert '<COLLECTION ENTRIES="1">' in deck.text
    assert (await deck.imported())["entries"] == 1


async def test_an_export_that_traktor_overwrote_waits_again(deck: Deck) -> None:
    friday = playlist("Friday", key("a"))
    deck.write(collection(entry("a"), entry("b"), nodes=friday))
    await deck.imported()
    old = deck.text
    ids = await deck.ids()
    await deck.edit("a", genre="Acid")
    await playlists.add(deck.library, await playlist_named(deck, "Friday"), [ids["b"]])
    await playlists.create(deck.library, "Sunday", track_ids=[ids["a"]])
    await deck.exported()
    # Traktor quits, and writes what it had in memory; meanwhile the DJ had changed another track there.
    deck.write(old.replace('TITLE="b"', 'TITLE="B"'))
    result = await deck.imported()
    assert any("overwritten the last export" in note for note in result["notes"])
    assert (await deck.image("a"))["genre"] == "Acid"
    assert "B" in await deck.ids()
    assert await deck.conflicts() == []
    assert {it.name for it in await playlists.all_playlists(deck.library)} >= {"Friday", "Sunday"}
    assert await pending.count(deck.library, 1) == 3
    await deck.exported()
    assert 'GENRE="Acid"' in deck.text
    assert 'NAME="Sunday"' in deck.text
    assert await pending.count(deck.library, 1) == 0


async def test_two_exports_in_a_row_are_lost_together(deck: Deck) -> None:
    deck.write(collection(entry("a"), entry("b")))
    await deck.imported()
    old = deck.text
    await deck.edit("a", genre="Acid")
    await deck.exported()
    await deck.edit("a", genre="Breaks")
    await deck.edit("b", label="Drumcode")
    await deck.exported()
    deck.write(old)
    await deck.imported()
    assert (await deck.image("a"))["genre"] == "Breaks"
    assert (await deck.image("b"))["label"] == "Drumcode"
    assert await deck.conflicts() == []
    waiting = (await pending.waiting(deck.library, 1, whole=True)).edits
    assert {edit.name: edit.fields for edit in waiting} == {
        "a - Bicep": {"genre": ("House", "Breaks")},
        "b - Bicep": {"label": (None, "Drumcode")},
    }


async def test_an_edit_taken_back_in_traktor_after_it_had_arrived_is_an_edit(deck: Deck) -> None:
    deck.write(collection(entry("a"), entry("b")))
    await deck.imported()
    await deck.edit("a", genre="Acid")
    await deck.exported()
    deck.replace('TITLE="b"', 'TITLE="B"')  # Traktor has taken the export over
    await deck.imported()
    deck.replace('GENRE="Acid"', 'GENRE="House"')
    await deck.imported()
    assert (await deck.image("a"))["genre"] == "House"


async def test_undoing_an_export_puts_the_file_back_and_the_edits_wait(deck: Deck) -> None:
    deck.write(collection(entry("a")))
    await deck.imported()
    before = deck.text
    await deck.edit("a", genre="Acid")
    result = await deck.exported()
    change = await history.find(deck.library, result["change"])
    assert change.kind == "export"
    params = await restoring.undo_params(deck.library, change)
    view = await deck.job("traktor-restore", **params)
    assert view.state == "succeeded"
    assert deck.text == before
    assert (await deck.image("a"))["genre"] == "Acid"
    assert await pending.count(deck.library, 1) == 1
    assert (await history.find(deck.library, change.id)).undone == (view.result or {})["change"]
    await deck.imported()
    assert (await deck.image("a"))["genre"] == "Acid"
    with pytest.raises(history.HistoryError):
        await restoring.undo_params(deck.library, await history.find(deck.library, change.id))


async def test_an_export_is_not_undone_over_what_traktor_wrote_since(deck: Deck) -> None:
    deck.write(collection(entry("a")))
    await deck.imported()
    await deck.edit("a", genre="Acid")
    result = await deck.exported()
    deck.replace('TITLE="a"', 'TITLE="A"')
    with pytest.raises(history.HistoryError, match="written since"):
        await restoring.undo_params(deck.library, await history.find(deck.library, result["change"]))


async def test_a_copy_elsewhere_leaves_collection_and_library_alone(deck: Deck, tmp_path: Path) -> None:
    deck.write(collection(entry("a")))
    await deck.imported()
    before = deck.nml.read_bytes()
    await deck.edit("a", genre="Acid")
    await deck.exported(to=str(tmp_path / "copy.nml"))
    assert deck.nml.read_bytes() == before
    assert 'GENRE="Acid"' in (tmp_path / "copy.nml").read_text()
    assert await pending.count(deck.library, 1) == 1


async def test_a_dry_run_tells_every_field_and_writes_nothing(deck: Deck) -> None:
    deck.write(collection(entry("a")))
    await deck.imported()
    before = deck.nml.read_bytes()
    await deck.edit("a", genre="Acid", rating=4)
    result = await deck.exported(dry_run=True)
    assert {(it["field"], it["from"], it["to"]) for it in result["changes"]} == {
        ("genre", "House", "Acid"),
        ("rating", None, 4),
    }
    assert deck.nml.read_bytes() == before
    assert not backups.kept(deck.library.path, deck.nml)


async def test_while_traktor_runs_the_export_is_refused(deck: Deck, tmp_path: Path) -> None:
    deck.write(collection(entry("a")))
    await deck.imported()
    before = deck.nml.read_bytes()
    await deck.edit("a", genre="Acid")
    deck.traktor = nullcontext
    with running_traktor(tmp_path):
        assert "Traktor Pro 4 is running" in await deck.refused()
    assert deck.nml.read_bytes() == before


async def test_a_locked_track_keeps_its_tempo_and_is_listed(deck: Deck) -> None:
    deck.write(collection(entry("a", attributes='LOCK="1"')))
    await deck.imported()
    await deck.edit("a", bpm=125.0, genre="Acid")
    view = await deck.job("traktor-export", force=True)
    assert view.state == "succeeded"
    assert any("bpm was not written" in reason for reason in await deck.failed(view))
    assert 'BPM="124.000000"' in deck.text
    assert 'GENRE="Acid"' in deck.text
    assert await pending.count(deck.library, 1) == 1


async def test_a_track_that_only_the_library_has_is_added_beside_its_siblings(
    deck: Deck, tmp_path: Path
) -> None:
    music = tmp_path / "music"
    music.mkdir()
    for name in "ab":
        (music / f"{name}.mp3").write_bytes(b"x")
    folder = "".join(f"/:{name}" for name in music.parts[1:])
    home = entry("a", folder=f"{folder}/:").replace('VOLUME="C:"', 'VOLUME="Macintosh HD"')
    other = entry("b", folder=f"{folder}/:").replace('VOLUME="C:"', 'VOLUME="Macintosh HD"')
    deck.write(collection(home))
    await deck.imported()
    partial = Deck(deck.library, tmp_path / "friday.nml")
    partial.write(collection(other).replace(nml_text.STANDARD, ""))
    await partial.imported()
    assert await pending.count(deck.library, 1) == 1
    await playlists.create(deck.library, "Sunday", track_ids=[(await deck.ids())["b"]])
    result = await deck.exported()
    assert (result["added"], result["playlists_changed"]) == (1, 1)
    added = f'<LOCATION DIR="{folder}/:" FILE="b.mp3" VOLUME="Macintosh HD" VOLUMEID="1"></LOCATION>'
    assert added in deck.text
    assert '<COLLECTION ENTRIES="2">' in deck.text
    assert await pending.count(deck.library, 1) == 0
    again = await deck.imported()
    assert (again["added"], again["updated"]) == (0, 0)


@pytest.mark.parametrize("phase", ["Building", "Writing", "Verifying"])
async def test_a_file_that_is_written_meanwhile_is_left_alone(deck: Deck, phase: str) -> None:
    deck.write(collection(*(entry(f"t{number}") for number in range(3000))))
    await deck.imported()
    await deck.edit("t7", genre="Acid")
    theirs = ""
    last = None
    views = worked(deck.library, "traktor-export", {"path": str(deck.nml), "force": True}, SETTINGS)
    async with aclosing(views):
        async for view in views:
            last = view
            if not theirs and view.phase is not None and view.phase.name == phase:
                deck.replace('TITLE="t9"', 'TITLE="T9"')
                theirs = deck.text
    assert last is not None
    if last.state == "failed":
        assert "written by another program" in (last.error or "")
        assert backups.kept(deck.library.path, deck.nml) == []
    assert not theirs or deck.text == theirs
    assert [file.name for file in deck.nml.parent.iterdir() if file.name.startswith(".djtui")] == []


async def test_an_import_of_one_file_and_an_export_to_another_run_together(
    deck: Deck, tmp_path: Path
) -> None:
    deck.write(collection(*(entry(f"t{number}") for number in range(4000))))
    await deck.imported()
    await deck.edit("t7", genre="Acid")
    other = Deck(deck.library, tmp_path / "other.nml")
    other.write(collection(*(entry(f"o{number}", folder="/:Other/:") for number in range(4000))))
    await submit(deck.library, KINDS, "traktor-import", {"path": str(other.nml)}, settings=SETTINGS)
    await deck.exported()
    finished = {job.kind: job for job in await jobs(deck.library)}
    imported, exported = finished["traktor-import"], finished["traktor-export"]
    assert imported.started is not None
    assert exported.started is not None
    assert imported.state in ("running", "succeeded", "interrupted")
    assert imported.phases[0].state == "succeeded"
    assert "Acid" in deck.text


async def test_a_track_removed_here_and_changed_in_traktor_comes_back(deck: Deck) -> None:
    deck.write(collection(entry("a"), entry("b"), nodes=playlist("Friday", key("b"), key("a"), key("b"))))
    await deck.imported()
    id = (await deck.ids())["a"]
    await deck.edit("a", rating=4)
    await removal.remove(deck.library, [id], "gone")
    deck.replace('GENRE="House"', 'GENRE="Breaks"')
    result = await deck.imported()
    assert "They are back" in " ".join(result["notes"])
    before = deck.text
    await deck.exported()
    image = await deck.image("a")
    assert (image["id"], image["genre"], image["rating"]) == (id, "Breaks", 4)
    assert 'FILE="a.mp3"' in deck.text
    friday = before.index("Friday")
    assert deck.text[deck.text.index("Friday") :] == before[friday:]
    assert await pending.count(deck.library, 1) == 0


async def test_a_removal_that_traktor_overwrote_waits_again(deck: Deck) -> None:
    deck.write(collection(entry("a"), entry("b"), nodes=playlist("Friday", key("a"), key("b"))))
    await deck.imported()
    old = deck.text
    await removal.remove(deck.library, [(await deck.ids())["a"]], "gone")
    await deck.exported()
    deck.write(old.replace('TITLE="b"', 'TITLE="B"'))
    await deck.imported()
    assert list(await deck.ids()) == ["B"]
    assert await pending.count(deck.library, 1) == 2
    await deck.exported()
    assert 'FILE="a.mp3"' not in deck.text


async def test_a_folder_moved_here_and_filled_there_holds_both(deck: Deck) -> None:
    def tree(*inside: str) -> str:
        return nml_text.folder("Gigs", playlist("Friday", key("a")), *inside) + nml_text.folder("Archive")

    deck.write(collection(entry("a"), nodes=tree()))
    await deck.imported()
    gigs, archive = await playlist_named(deck, "Gigs"), await playlist_named(deck, "Archive")
    await playlists.move(deck.library, gigs, archive)
    await playlists.rename(deck.library, gigs, "Old gigs")
    deck.write(collection(entry("a"), nodes=tree(playlist("Sunday", key("a")))))
    result = await deck.exported()
    assert result["playlists_changed"] >= 1
    paths = playlists.paths(await playlists.all_playlists(deck.library))
    assert {"Archive/Old gigs/Friday", "Archive/Old gigs/Sunday"} <= set(paths.values())
    assert 'NAME="Gigs"' not in deck.text
    before = deck.nml.read_bytes()
    assert (await deck.exported())["playlists_changed"] == 0
    assert deck.nml.read_bytes() == before
    fresh = await Library.open(deck.library.path.with_name("fresh.db"))
    try:
        await Deck(fresh, deck.nml).imported()
        seen = playlists.paths(await playlists.all_playlists(fresh))
        assert set(seen.values()) == set(paths.values())
    finally:
        await fresh.close()


async def test_a_conflict_over_a_playlists_name_is_settled_either_way(deck: Deck) -> None:
    deck.write(collection(entry("a"), nodes=playlist("Friday", key("a"), uuid="f1")))
    await deck.imported()
    await playlists.rename(deck.library, await playlist_named(deck, "Friday"), "Saturday")
    deck.replace('NAME="Friday"', 'NAME="Sunday"')
    await deck.exported()
    assert 'NAME="Sunday"' in deck.text
    (conflict,) = await deck.conflicts()
    assert (conflict.subject, conflict.field, conflict.traktor) == ("Saturday", "name", "Sunday")
    done = await resolve(deck.library, [conflict.id], "library")
    assert await pending.count(deck.library, 1) == 1
    assert done.change is not None
    await deck.undo(done.change)
    assert len(await deck.conflicts()) == 1
    assert await pending.count(deck.library, 1) == 0
    await resolve(deck.library, [conflict.id], "traktor")
    assert await playlist_named(deck, "Sunday")
    assert (await deck.exported())["playlists_changed"] == 0


async def test_an_export_beside_an_open_question_over_a_name_settles_nothing(deck: Deck) -> None:
    deck.write(collection(entry("a"), entry("b"), nodes=playlist("Friday", key("a"), uuid="f1")))
    await deck.imported()
    list_id = await playlist_named(deck, "Friday")
    await playlists.rename(deck.library, list_id, "Saturday")
    deck.replace('NAME="Friday"', 'NAME="Sunday"')
    await deck.imported()
    (question,) = await deck.conflicts()
    await playlists.add(deck.library, list_id, [(await deck.ids())["b"]])
    await deck.exported()
    assert key("b") in deck.text.partition('NAME="Sunday"')[2]
    deck.replace('TITLE="a"', 'TITLE="A"')
    deck.replace(f'KEY="{key("a")}"', f'KEY="{key("b")}"')
    await deck.exported()
    assert [conflict.id for conflict in await deck.conflicts()] == [question.id]
    assert 'NAME="Sunday"' in deck.text


async def test_a_playlist_deleted_there_and_changed_here_can_be_kept_or_let_go(deck: Deck) -> None:
    friday = playlist("Friday", key("a"), uuid="f1")
    deck.write(collection(entry("a"), entry("b"), nodes=friday))
    await deck.imported()
    await playlists.add(deck.library, await playlist_named(deck, "Friday"), [(await deck.ids())["b"]])
    deck.replace(friday, "")
    await deck.exported()
    (conflict,) = await deck.conflicts()
    assert conflict.field == "deleted"
    done = await resolve(deck.library, [conflict.id], "library")
    await deck.exported()
    assert key("b") in deck.text
    assert done.refused == []
    assert await deck.conflicts() == []
