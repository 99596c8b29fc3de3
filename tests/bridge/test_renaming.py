"""Files are renamed and back: none is lost, none overwritten, the library always knows where."""

from __future__ import annotations

import errno
import os
import time
from contextlib import aclosing
from pathlib import Path

import pytest

from djtui import ways_back
from djtui.bridge import renaming, reversing
from djtui.files import changing, no_overwrite, rename_plan, step_rows
from djtui.files.placing import look
from djtui.files.step_rows import FileStep
from djtui.jobs.locks import HostLock
from djtui.jobs.requests import submit, want
from djtui.jobs.views import JobView
from djtui.kinds import KINDS
from djtui.library import history
from djtui.library.database import Library
from tests.files.shelf import Shelf, attributes
from tests.working import worked


@pytest.fixture
def shelf(library: Library, tmp_path: Path) -> Shelf:
    return Shelf(library, tmp_path / "music")


def song(artist: str, title: str, **more: object) -> dict[str, object]:
    return {"artist": artist, "title": title, **more}


async def test_files_get_their_names_and_the_library_knows_them(shelf: Shelf) -> None:
    ids = await shelf.put({"x.mp3": song("Bicep", "Opal"), "y.FLAC": song("Ada", "Fall/Rise")})
    result = await shelf.rename("{artist} - {title}")
    assert (result["planned"], result["renamed"], result["skipped"]) == (2, 2, 0)
    assert shelf.tree() == {"Bicep - Opal.mp3": b"x.mp3", "Ada - Fall-Rise.FLAC": b"y.FLAC"}
    assert await shelf.paths() == {ids["x.mp3"]: "Bicep - Opal.mp3", ids["y.FLAC"]: "Ada - Fall-Rise.FLAC"}
    change = await history.find(shelf.library, result["change"])
    assert (change.kind, change.items) == ("rename", 2)
    assert change.title == "Rename of 2 tracks: {artist} - {title}"
    images = await history.images(shelf.library, change.id)
    assert images[0] == (
        ids["x.mp3"], {"path": shelf.path("x.mp3")}, {"path": shelf.path("Bicep - Opal.mp3")},
    )  # fmt: skip


async def test_undo_and_redo_restore_both_trees(shelf: Shelf) -> None:
    await shelf.put({"x.mp3": song("Bicep", "Opal"), "in/y.mp3": song("Ada", "Fall")})
    before, paths = shelf.tree(), await shelf.paths()
    change = (await shelf.rename("{artist}/{title}", root=shelf.path("out")))["change"]
    after, new_paths = shelf.tree(), await shelf.paths()
    assert after == {
        "in": None, "out": None, "out/Ada": None, "out/Ada/Fall.mp3": b"in/y.mp3",
        "out/Bicep": None, "out/Bicep/Opal.mp3": b"x.mp3",
    }  # fmt: skip
    undone = await shelf.undo(change)
    assert undone["undone"] == 2
    assert (shelf.tree(), await shelf.paths()) == (before, paths)
    entry = await history.find(shelf.library, change)
    assert entry.undone == undone["change"]
    undo = await history.find(shelf.library, undone["change"])
    assert (undo.kind, undo.undoes, undo.items, undo.title) == ("undo", change, 2, f"Undo: {entry.title}")
    assert (await shelf.undo(change, redo=True))["undone"] == 2
    assert (shelf.tree(), await shelf.paths()) == (after, new_paths)
    assert (await history.find(shelf.library, change)).undone is None
    await shelf.undo(change)
    assert (shelf.tree(), await shelf.paths()) == (before, paths)


async def test_stems_keep_both_parts_of_their_extension(shelf: Shelf) -> None:
    fields = song("Bicep", "Opal", format="mp4")
    await shelf.put({"x.stem.mp4": fields, "y.Stem.mp4": fields, "z.mp4": fields})
    before = shelf.tree()
    await shelf.rename("{artist} - {title}")
    assert shelf.names() == ["Bicep - Opal (2).Stem.mp4", "Bicep - Opal.mp4", "Bicep - Opal.stem.mp4"]
    rows = await shelf.library.fetchall("SELECT DISTINCT format FROM track")
    assert [row["format"] for row in rows] == ["mp4"]
    await shelf.undo()
    assert shelf.tree() == before


async def test_files_that_change_places_and_circles_of_them(shelf: Shelf) -> None:
    swap = {"A.mp3": song("", "B"), "B.mp3": song("", "A"), "1.mp3": song("", "2"), "2.mp3": song("", "3")}
    ids = await shelf.put(swap | {"3.mp3": song("", "1"), "c.mp3": song("", "C")})
    before = shelf.tree()
    change = (await shelf.rename("{title}"))["change"]
    assert shelf.tree() == {
        "A.mp3": b"B.mp3", "B.mp3": b"A.mp3", "1.mp3": b"3.mp3", "2.mp3": b"1.mp3", "3.mp3": b"2.mp3",
        "C.mp3": b"c.mp3",
    }  # fmt: skip
    assert (await shelf.paths())[ids["A.mp3"]] == "B.mp3"
    assert (await shelf.undo(change))["undone"] == 6
    assert shelf.tree() == before
    assert (await shelf.undo(change, redo=True))["undone"] == 6
    assert shelf.tree()["2.mp3"] == b"1.mp3"


async def test_nothing_is_ever_overwritten(shelf: Shelf) -> None:
    await shelf.put({"x.mp3": song("Ada", "Fall"), "y.mp3": song("Ada", "Fall")})
    Path(shelf.path("Ada - Fall.mp3")).write_bytes(b"a stranger")
    await shelf.rename("{artist} - {title}")
    assert shelf.tree() == {
        "Ada - Fall.mp3": b"a stranger", "Ada - Fall (2).mp3": b"x.mp3", "Ada - Fall (3).mp3": b"y.mp3",
    }  # fmt: skip


async def test_a_name_that_is_taken_between_plan_and_rename_is_left_alone(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shelf.put({"A.mp3": song("", "B"), "B.mp3": song("", "A"), "x.mp3": song("", "C")})
    before = shelf.tree()
    rename, calls = no_overwrite.rename, []

    def meddled(source: str, target: str) -> None:
        calls.append(target)
        if target.endswith(("/A.mp3", "/C.mp3")) and not os.path.lexists(target):
            Path(target).write_bytes(b"a stranger")
        rename(source, target)

    monkeypatch.setattr(no_overwrite, "rename", meddled)
    reasons = await shelf.failed("rename", template="{title}")
    assert reasons["x.mp3"] == "“C.mp3” is there already."
    assert shelf.tree()["C.mp3"] == b"a stranger"
    there = {name: data for name, data in shelf.tree().items() if data != b"a stranger"}
    assert sorted(map(str, there.values())) == sorted(map(str, before.values())), "no file is lost"
    assert {data.decode(): name for name, data in there.items() if data} == {
        os.path.relpath(old, shelf.folder): new
        for (_, new), old in zip(
            sorted((await shelf.paths()).items()), map(shelf.path, ("A.mp3", "B.mp3", "x.mp3")), strict=True
        )
    }, "the library knows where each is"


async def test_a_file_that_is_not_there_and_one_without_a_name_stay(shelf: Shelf) -> None:
    await shelf.put({"x.mp3": song("Ada", "Fall"), "y.mp3": {}, "z.mp3": song("Ada", "Rise")})
    os.unlink(shelf.path("z.mp3"))
    reasons = await shelf.failed("rename", template="{artist} - {title}")
    assert reasons == {
        "y.mp3": "Artist and title are unknown.",
        "z.mp3": "The file is not there.",
    }
    assert shelf.names() == ["Ada - Fall.mp3", "y.mp3"]


async def test_tracks_that_share_a_file_stay_together(shelf: Shelf) -> None:
    ids = await shelf.put({"x.mp3": song("Ada", "Fall")})
    twin = await shelf.put({"x.mp3": song("Ada", "Fall")})
    await shelf.rename("{artist} - {title}", ids=[ids["x.mp3"]])
    assert set((await shelf.paths()).values()) == {"Ada - Fall.mp3"}
    await shelf.undo()
    assert await shelf.paths() == {ids["x.mp3"]: "x.mp3", twin["x.mp3"]: "x.mp3"}


async def test_what_is_known_of_files_follows_them(shelf: Shelf) -> None:
    ids = await shelf.put({"A.mp3": song("", "B"), "B.mp3": song("", "A")})
    async with shelf.library.writing() as tx:
        for name, id in ids.items():
            await tx.execute(
                "INSERT INTO file (track_id, path, size, mtime_ns, tags, scanned)"
                " VALUES (?, ?, 1, 1, '{}', '')",
                (id, shelf.path(name)),
            )
            await tx.execute(
                "INSERT INTO analysis (track_id, version, path, size, mtime_ns, heard)"
                " VALUES (?, 1, ?, 1, 1, '')",
                (id, shelf.path(name)),
            )
    await shelf.rename("{title}")
    for table in ("file", "analysis"):
        rows = await shelf.library.fetchall(f"SELECT path FROM {table} ORDER BY track_id")
        assert [row["path"] for row in rows] == [shelf.path("B.mp3"), shelf.path("A.mp3")]


async def test_a_preview_touches_nothing(shelf: Shelf) -> None:
    await shelf.put({"x.mp3": song("Ada", "Fall"), "in/y.mp3": song("Ada", "Rise")})
    Path(shelf.path("list.m3u8")).write_text("x.mp3\n")
    before = attributes(shelf.folder)
    found = await renaming.preview(
        shelf.library, {"template": "{artist}/{title}", "m3u": [str(shelf.folder)]}
    )
    assert [(row["from"], row["to"], row["status"]) for row in found.as_rows()] == [
        (shelf.path("in/y.mp3"), shelf.path("in/Ada/Rise.mp3"), "rename"),
        (shelf.path("x.mp3"), shelf.path("Ada/Fall.mp3"), "rename"),
    ]
    assert found.counts() == {"planned": 2, "skipped": 0, "refused": 0}
    assert found.lists == [shelf.path("list.m3u8")]
    assert attributes(shelf.folder) == before
    assert await history.changes(shelf.library) == []


async def test_a_change_of_nothing_is_none(shelf: Shelf) -> None:
    await shelf.put({"Ada - Fall.mp3": song("Ada", "Fall")})
    result = await shelf.rename("{artist} - {title}")
    assert (result["planned"], result["skipped"], result["change"]) == (0, 1, None)
    assert await history.changes(shelf.library) == []


# -- undoing what the world has changed since ------------------------------------------------------


async def test_undo_leaves_alone_what_was_changed_since_and_takes_the_rest_back(shelf: Shelf) -> None:
    names = ("gone.mp3", "again.mp3", "taken.mp3", "fine.mp3")
    ids = await shelf.put({name: song("Ada", name.partition(".")[0]) for name in names})
    change = (await shelf.rename("{artist} - {title}"))["change"]
    os.unlink(shelf.path("Ada - gone.mp3"))
    await shelf.rename("{title} - {artist}", ids=[ids["again.mp3"]])
    Path(shelf.path("taken.mp3")).write_bytes(b"a stranger")
    preview = await reversing.preview(shelf.library, change)
    assert preview.files == 1
    reasons = await shelf.failed("file-undo", change=change)
    assert reasons == {
        "Ada - gone.mp3": "The file is not there any more.",
        "Ada - again.mp3": "It was renamed again since.",
        "Ada - taken.mp3": "“taken.mp3” is another file now.",
    }
    assert shelf.names() == ["Ada - taken.mp3", "again - Ada.mp3", "fine.mp3", "taken.mp3"]
    assert (await history.find(shelf.library, change)).undone is None, "the rest can still be undone"
    os.unlink(shelf.path("taken.mp3"))
    await shelf.undo(change)
    assert "taken.mp3" in shelf.names()


async def test_single_items_are_undone(shelf: Shelf) -> None:
    ids = await shelf.put({"x.mp3": song("Ada", "Fall"), "y.mp3": song("Ada", "Rise")})
    change = (await shelf.rename("{artist} - {title}"))["change"]
    await shelf.undo(change, tracks=[ids["y.mp3"]])
    assert shelf.names() == ["Ada - Fall.mp3", "y.mp3"]
    assert (await history.find(shelf.library, change)).undone is None
    await shelf.undo(change)
    assert shelf.names() == ["x.mp3", "y.mp3"]
    assert (await history.find(shelf.library, change)).undone is not None


async def test_an_undone_change_is_not_undone_again(shelf: Shelf) -> None:
    await shelf.put({"x.mp3": song("Ada", "Fall")})
    change = (await shelf.rename("{artist} - {title}"))["change"]
    await shelf.undo(change)
    entry = await history.find(shelf.library, change)
    with pytest.raises(history.HistoryError, match="undone already"):
        await reversing.undo_params(shelf.library, entry)
    assert await reversing.undo_params(shelf.library, entry, redo=True) == {
        "change": change, "title": entry.title, "redo": True,
    }  # fmt: skip
    newest = await history.newest(shelf.library, undone=True)
    assert newest is not None and newest.id == change


# -- M3U -------------------------------------------------------------------------------------------


async def test_m3u_files_follow_and_go_back_byte_by_byte(shelf: Shelf) -> None:
    await shelf.put({"in/ä.mp3": song("Ada", "Fäll"), "y.mp3": song("Ada", "Rise")})
    playlist = Path(shelf.path("lists/a.m3u8"))
    playlist.parent.mkdir()
    text = f"\ufeff#EXTM3U\r\n#EXTINF:1,x\r\n../in/ä.mp3\r\n{shelf.path('y.mp3')}\r\n../other.mp3"
    playlist.write_bytes(text.encode())
    latin = Path(shelf.path("b.m3u"))
    latin.write_bytes("in\\ä.mp3\n".encode("cp1252"))
    before = shelf.tree()
    result = await shelf.rename("{artist} - {title}", m3u=[str(shelf.folder)])
    assert result["lists"] == 2
    assert playlist.read_bytes().decode() == text.replace("in/ä", "in/Ada - Fäll").replace(
        "y.mp3", "Ada - Rise.mp3"
    )
    assert latin.read_bytes() == "in\\Ada - Fäll.mp3\n".encode("cp1252")
    await shelf.undo()
    assert shelf.tree() == before
    await shelf.undo(redo=True)
    assert latin.read_bytes() == "in\\Ada - Fäll.mp3\n".encode("cp1252")
    latin.write_bytes(latin.read_bytes() + b"another.mp3\n")
    await shelf.undo()
    assert latin.read_bytes() == "in\\ä.mp3\nanother.mp3\n".encode("cp1252"), "edited: only names go back"


# -- cancelled, resumed, failed --------------------------------------------------------------------


async def cancelled(shelf: Shelf, template: str) -> JobView:
    """A rename that is cancelled when some of its files have their names."""
    last: JobView | None = None
    async with aclosing(worked(shelf.library, "rename", {"template": template}, shelf.settings)) as views:
        async for view in views:
            last = view
            if any(phase.name == "Moving" and phase.done for phase in view.phases):
                await want(shelf.library, view.id, "cancel")
    assert last is not None
    return last


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Renames that take their time, five a batch."""
    rename = no_overwrite.rename

    def slowly(source: str, target: str) -> None:
        time.sleep(0.02)
        rename(source, target)

    monkeypatch.setattr(no_overwrite, "rename", slowly)
    monkeypatch.setattr(changing, "MOST", 5)


async def test_a_cancelled_rename_is_resumed_or_undone(shelf: Shelf, slow: None) -> None:
    ids = await shelf.put({f"{number}.mp3": song("Ada", f"{number}") for number in range(60)})
    before = shelf.tree()
    assert (await cancelled(shelf, "{artist} - {title}")).state == "cancelled"
    some = [name for name in shelf.names() if name.startswith("Ada")]
    assert 0 < len(some) < 60
    assert sorted((await shelf.paths()).values()) == shelf.names()
    newest = await history.newest(shelf.library, undone=False)
    assert newest is not None
    assert (await reversing.preview(shelf.library, newest.id)).files == len(some)
    assert (await shelf.undo(newest.id))["undone"] == len(some)
    assert shelf.tree() == before
    result = await shelf.rename("{artist} - {title}")
    assert (result["planned"], result["renamed"]) == (60, 60), "asked for again, it is planned again"
    await shelf.undo()
    assert (await cancelled(shelf, "{title} by {artist}")).state == "cancelled"
    await shelf.rename("{title} by {artist}")
    assert all(name.endswith(" by Ada.mp3") for name in shelf.names()) and len(shelf.names()) == len(ids)
    assert sorted((await shelf.paths()).values()) == shelf.names()


async def test_what_stays_is_still_counted_when_a_cut_off_rename_goes_on(shelf: Shelf, slow: None) -> None:
    await shelf.put({f"{number}.mp3": song("Ada", f"{number}") for number in range(60)})
    await shelf.put({"Ada - x.mp3": song("Ada", "x"), "gone.mp3": song("Ada", "gone")})
    os.unlink(shelf.path("gone.mp3"))
    stopped = await cancelled(shelf, "{artist} - {title}")
    assert stopped.failures == 1
    job = await shelf.job("rename", template="{artist} - {title}")
    assert (job.id, job.failures) == (stopped.id, 1)
    result = job.result or {}
    assert [result[name] for name in ("planned", "renamed", "skipped", "failed")] == [60, 60, 1, 1]
    planning = job.phases[0]
    assert planning.done == planning.total == 62


async def test_the_history_says_how_many_were_renamed_not_how_many_were_meant(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shelf.put({"x.mp3": song("Ada", "Fall"), "y.mp3": song("Ada", "Rise")})
    rename = no_overwrite.rename

    def refuse(source: str, target: str) -> None:
        if source.endswith("x.mp3"):
            raise OSError(errno.EACCES, "Permission denied")
        rename(source, target)

    monkeypatch.setattr(no_overwrite, "rename", refuse)
    change = await history.find(shelf.library, (await shelf.rename("{title}"))["change"])
    assert (change.title, change.items) == ("Rename of 1 track: {title}", 1)


async def test_a_playlist_whose_name_is_no_text_is_listed_and_the_files_are_renamed(shelf: Shelf) -> None:
    await shelf.put({"x.mp3": song("Ada", "Fall")})
    strange = os.fsdecode(os.fsencode(shelf.folder) + b"/latin\xe9.m3u8")
    Path(strange).write_text("x.mp3\n")
    job = await shelf.job("rename", template="{title}", m3u=[str(shelf.folder)])
    assert ((job.result or {})["renamed"], (job.result or {})["lists"], job.failures) == (1, 0, 1)
    assert Path(shelf.path("Fall.mp3")).is_file()


async def test_an_undo_is_called_by_what_it_takes_back(shelf: Shelf) -> None:
    await shelf.put({"x.mp3": song("Ada", "Fall")})
    change = await history.find(shelf.library, (await shelf.rename("{title}"))["change"])
    params = await reversing.undo_params(shelf.library, change)
    assert (await shelf.job("file-undo", **params)).title == "Undo of “Rename of 1 track: {title}”"


async def test_a_change_whose_job_is_at_work_is_not_undone(shelf: Shelf) -> None:
    await shelf.put({"x.mp3": song("Ada", "Fall")})
    change = (await shelf.rename("{artist} - {title}"))["change"]
    async with shelf.library.writing() as tx:
        await tx.execute("UPDATE job SET state = 'running'")
    entry = await history.find(shelf.library, change)
    async with HostLock(shelf.library.path):
        with pytest.raises(history.HistoryError, match="its job is running"):
            await reversing.undo_params(shelf.library, entry)
    assert await reversing.undo_params(shelf.library, entry), "its host is gone"


async def test_a_large_selection_is_planned_folder_by_folder(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rename_plan, "_PART", 3)
    monkeypatch.setattr(rename_plan.groups, "__kwdefaults__", {"most": 4})
    files = {
        f"{folder}{number}.mp3": song("Ada", f"{number // 2}")
        for folder in ("", "a/", "a/b/", "a b/", "c/")
        for number in range(7)
    }
    ids = await shelf.put(files)
    before = shelf.tree()
    result = await shelf.rename("{artist} - {title}", m3u=[str(shelf.folder)])
    assert (result["planned"], result["renamed"]) == (35, 35)
    expected = ["Ada - 0", "Ada - 0 (2)", "Ada - 1", "Ada - 1 (2)", "Ada - 2", "Ada - 2 (2)", "Ada - 3"]
    assert sorted(os.listdir(shelf.path("a b"))) == sorted(f"{name}.mp3" for name in expected)
    assert sorted((await shelf.paths()).values()) == shelf.names()
    change = await history.find(shelf.library, result["change"])
    assert (change.items, change.title) == (35, "Rename of 35 tracks: {artist} - {title}")
    assert (await shelf.undo())["undone"] == len(ids)
    assert shelf.tree() == before


async def test_what_was_moved_and_not_noted_counts_among_what_can_be_undone(shelf: Shelf) -> None:
    ids = await shelf.put({"x.mp3": song("Ada", "Fall"), "y.mp3": song("Ada", "Rise")})
    async with shelf.library.writing() as tx:
        cut_off = await history.begin(tx, "rename", "Rename of 2 tracks")
        steps = [
            FileStep(number, ids[f"{name}.mp3"], "move", shelf.path(f"{name}.mp3"),
                     shelf.path(f"{name}!.mp3"), file=look(shelf.path(f"{name}.mp3")))
            for number, name in enumerate("xy", 1)
        ]  # fmt: skip
        await step_rows.write_down(tx, cut_off, steps)
    change = await history.find(shelf.library, cut_off)
    nothing = ways_back.said(change, await ways_back.outlook(shelf.library, change))
    assert nothing == "Nothing of it is left to be undone."
    os.rename(shelf.path("x.mp3"), shelf.path("x!.mp3"))
    said = ways_back.said(change, await ways_back.outlook(shelf.library, change))
    assert said == "1 file can be undone."
    assert (await shelf.undo(cut_off))["undone"] == 1
    assert shelf.names() == ["x.mp3", "y.mp3"]


async def test_a_plan_that_was_cut_off_is_made_anew(shelf: Shelf) -> None:
    await shelf.put({"x.mp3": song("Ada", "Fall")})
    job = await submit(shelf.library, KINDS, "rename", {"template": "{artist} - {title}"})
    async with shelf.library.writing() as tx:
        cut_off = await history.begin(tx, "rename", "Rename", job_id=job)
        await step_rows.write_down(tx, cut_off, [FileStep(1, 1, "move", shelf.path("x.mp3"), "/nowhere")])
    assert (await shelf.rename("{artist} - {title}"))["renamed"] == 1
    assert shelf.names() == ["Ada - Fall.mp3"]
    assert [(it.kind, it.items) for it in await history.changes(shelf.library)] == [("rename", 1)]


async def test_a_rename_goes_on_whose_first_plan_came_to_nothing_and_was_undone(shelf: Shelf) -> None:
    await shelf.put({"x.mp3": song("Ada", "Fall")})
    job = await submit(shelf.library, KINDS, "rename", {"template": "{artist} - {title}"})
    async with shelf.library.writing() as tx:
        cut_off = await history.begin(tx, "rename", "Rename", job_id=job)
        undo = await history.begin(tx, "undo", "Undo: Rename", undoes=cut_off)
        await tx.execute("UPDATE change SET undone = ? WHERE id = ?", (undo, cut_off))
    assert (await shelf.rename("{artist} - {title}"))["renamed"] == 1
    assert [it.kind for it in await history.changes(shelf.library)] == ["rename", "undo", "rename"]


async def test_the_undo_of_what_was_only_planned_leaves_nothing_in_the_history(shelf: Shelf) -> None:
    await shelf.put({"x.mp3": song("Ada", "Fall")})
    async with shelf.library.writing() as tx:
        change = await history.begin(tx, "rename", "Rename")
        await step_rows.write_down(tx, change, [FileStep(1, 1, "move", shelf.path("x.mp3"), "/nowhere")])
    await shelf.undo(change)
    assert shelf.names() == ["x.mp3"]
    assert await history.changes(shelf.library) == []


async def test_of_a_rename_that_was_killed_when_it_had_made_folders_the_undo_removes_them(
    shelf: Shelf,
) -> None:
    await shelf.put({"x.mp3": song("Ada", "Fall")})
    before = shelf.tree()
    async with shelf.library.writing() as tx:
        change = await history.begin(tx, "rename", "Rename")
        move = FileStep(
            2, 1, "move", shelf.path("x.mp3"), shelf.path("new/x.mp3"), file=look(shelf.path("x.mp3"))
        )
        await step_rows.write_down(tx, change, [FileStep(1, None, "folder", shelf.path("new")), move])
    os.mkdir(shelf.path("new"))
    await shelf.undo(change)
    assert shelf.tree() == before
    assert (await history.find(shelf.library, change)).undone is not None
