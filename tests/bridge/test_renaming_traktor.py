"""A rename and Traktor's collection are one job: playlists resolve, and Traktor loses no file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from djtui.bridge import reversing
from djtui.demo.collection import write_collection
from djtui.demo.files import place_files
from djtui.files import reversal
from djtui.jobs.requests import want
from djtui.jobs.views import JobView, failures
from djtui.library import history, removal
from djtui.library.database import Library
from djtui.traktor import moving
from djtui.traktor.affected import affected
from tests.files.shelf import tree
from tests.traktor.both_ways import SETTINGS, Deck
from tests.traktor.moved_files import KEY, LOCATION, Disk, unplaced
from tests.traktor.pretending import running_traktor
from tests.traktor.test_importing import collection, entry, playlist
from tests.working import worked


@pytest.fixture
def disk(library: Library, tmp_path: Path) -> Disk:
    return Disk(library, tmp_path)


def key(name: str) -> str:
    return f"C:/:Music/:{name}.mp3"


async def begin(disk: Disk, *names: str) -> None:
    disk.fill(*names)
    disk.write(collection(*map(entry, names), nodes=playlist("Friday", *map(key, names), key(names[0]))))
    await disk.imported()


async def rename(disk: Disk, template: str, **params: Any) -> dict[str, Any]:
    view = await disk.job("rename", template=template, **{"force": True} | params)
    assert view.state == "succeeded", view.error
    return view.result or {}


async def undo(disk: Deck, change: int, **params: Any) -> dict[str, Any]:
    view = await disk.job("file-undo", change=change, force=True, **params)
    assert view.state == "succeeded", view.error
    return view.result or {}


async def test_a_rename_ends_with_traktor_knowing_the_new_names_and_its_undo_too(disk: Disk) -> None:
    await begin(disk, "a", "b", "c")
    before, text = tree(disk.folder / "c"), disk.text
    result = await rename(disk, "{title} by {artist}")
    assert result["renamed"] == 3
    assert result["export"]["moved"] == 3
    assert disk.keys() == [key(f"{name} by Bicep") for name in "abc"]
    assert disk.items() == [key(f"{name} by Bicep") for name in "abca"]
    assert unplaced(disk.text) == unplaced(text)
    assert await moving.unknown_names(disk.library) == 0
    newest = await history.newest(disk.library, undone=False)
    assert newest is not None and (newest.id, newest.kind) == (result["change"], "rename")
    undone = await undo(disk, result["change"])
    assert (undone["undone"], undone["export"]["moved"]) == (3, 3)
    assert tree(disk.folder / "c") == before
    assert disk.items() == [key(name) for name in "abca"]
    assert await moving.unknown_names(disk.library) == 0
    newest = await history.newest(disk.library, undone=True)
    assert newest is not None and newest.id == result["change"]
    assert (await disk.places())["a"][:2] == ("c/Music/a.mp3", "C:/Music/a.mp3")


async def test_without_export_the_new_names_wait(disk: Disk) -> None:
    await begin(disk, "a", "b")
    text = disk.text
    result = await rename(disk, "{title} by {artist}", export=False)
    assert "export" not in result
    assert disk.text == text
    assert await moving.unknown_names(disk.library) == 2
    await undo(disk, result["change"], export=False)
    assert await moving.unknown_names(disk.library) == 0
    assert disk.text == text


async def test_the_name_of_a_track_that_was_removed_since_comes_back_behind_the_track(disk: Disk) -> None:
    await begin(disk, "a", "b")
    renamed = (await rename(disk, "{title} by {artist}"))["change"]
    id = (await disk.ids())["a"]
    _, removed = await removal.remove(disk.library, [id], "gone")
    await disk.exported()
    assert disk.keys() == [key("b by Bicep")]

    found = await reversing.preview(disk.library, renamed)
    (refusal,) = found.refused
    assert (found.files, refusal.key, refusal.reason) == (1, ("file", id), reversal.REMOVED)
    view = await disk.job("file-undo", change=renamed, force=True)
    assert (view.result or {})["undone"] == 1
    assert [failure.reason for failure in await failures(disk.library, view.id)] == [reversal.REMOVED]
    assert disk.path("a by Bicep").exists() and not disk.path("a").exists()

    await disk.undo(removed or 0)
    assert (await disk.places())["a"] == ("c/Music/a by Bicep.mp3", "C:/Music/a by Bicep.mp3", 0)
    assert (await undo(disk, renamed, tracks=[id]))["undone"] == 1
    assert disk.path("a").exists()
    await disk.exported()
    assert disk.keys() == [key("b"), key("a")]


async def test_a_removed_track_whose_file_is_gone_comes_back_as_missing(disk: Disk) -> None:
    await begin(disk, "a", "b")
    ids = await disk.ids()
    _, removed = await removal.remove(disk.library, list(ids.values()), "gone")
    disk.path("a").unlink()
    await disk.undo(removed or 0)
    assert [place[2] for place in (await disk.places()).values()] == [1, 0]


@contextmanager
def traktor(folder: Path) -> Iterator[None]:
    with running_traktor(folder):
        yield


async def test_nothing_is_moved_while_traktor_runs(disk: Disk) -> None:
    await begin(disk, "a")
    disk.traktor = lambda: traktor(disk.folder / "bin")
    assert "Traktor Pro 4 is running" in await disk.refused("rename", template="{title} by {artist}")
    assert disk.path("a").exists()
    assert [change.kind for change in await history.changes(disk.library)] == ["import"]


async def test_nothing_is_moved_before_the_one_question_about_a_foreign_collection_is_answered(
    disk: Disk,
) -> None:
    await begin(disk, "a")
    sentence = await disk.refused("rename", template="{title} by {artist}", force=False)
    assert "djtui asks once" in sentence and "Nothing was done yet." in sentence
    assert disk.path("a").exists()


async def test_nothing_is_moved_where_the_collection_could_not_be_written_afterwards(disk: Disk) -> None:
    await begin(disk, "a")
    text, before = disk.text, tree(disk.folder / "c")

    async def reason() -> str:
        sentence = await disk.refused("rename", template="{title} by {artist}")
        assert "Nothing was done yet" in sentence and "--no-export" in sentence
        assert tree(disk.folder / "c") == before
        assert [change.kind for change in await history.changes(disk.library)] == ["import"]
        return sentence

    disk.nml.chmod(0o444)
    assert f"{disk.nml} is write-protected" in await reason()
    disk.nml.chmod(0o644)
    disk.write(text[: len(text) // 2])
    assert "line" in await reason()
    disk.nml.unlink()
    assert f"{disk.nml} is not there." in await reason()
    result = await rename(disk, "{title} by {artist}", export=False)
    assert result["renamed"] == 1


async def test_a_rename_that_traktor_knows_of_is_not_undone_while_the_collection_is_write_protected(
    disk: Disk,
) -> None:
    await begin(disk, "a")
    result = await rename(disk, "{title} by {artist}")
    disk.nml.chmod(0o444)
    assert "write-protected" in await disk.refused("file-undo", change=result["change"])
    assert disk.path("a by Bicep").exists()


async def test_a_rename_that_traktor_was_never_told_of_is_undone_without_it(disk: Disk) -> None:
    await begin(disk, "a")
    result = await rename(disk, "{title} by {artist}", export=False)
    disk.nml.unlink()
    assert (await undo(disk, result["change"]))["undone"] == 1
    assert disk.path("a").exists()
    assert await moving.unknown_names(disk.library) == 0


async def test_a_rename_whose_export_fails_says_what_was_renamed_and_what_traktor_does_not_know(
    disk: Disk,
) -> None:
    await begin(disk, "a", "b")
    disk.nml.with_name(".djtui-collection.nml").mkdir()  # where the new collection would grow
    view = await disk.job("rename", template="{title} by {artist}", force=True)
    assert view.state == "failed" and view.error is not None
    assert view.error.startswith("2 files were renamed; Traktor does not know 2 of the new names yet: ")
    assert view.error.endswith("Then: djtui traktor export")
    assert view.result is not None
    assert (view.result["renamed"], view.result["change"]) == (2, 2)
    disk.nml.with_name(".djtui-collection.nml").rmdir()
    assert (await disk.exported())["moved"] == 2


async def test_a_rename_that_is_cancelled_before_traktor_was_told_says_so(disk: Disk) -> None:
    await begin(disk, "a", "b")
    disk.settings = replace(disk.settings, traktor=replace(disk.settings.traktor, quiet_s=600))
    disk.nml.touch()
    params = {"template": "{title} by {artist}", "force": True}
    last: JobView | None = None
    with disk.traktor():
        async with aclosing(worked(disk.library, "rename", params, disk.settings)) as views:
            async for view in views:
                last = view
                if view.state == "waiting" and view.wanted == "run":
                    await want(disk.library, view.id, "cancel")
    assert last is not None and last.state == "cancelled"
    assert last.message == (
        "2 files were renamed; Traktor does not know 2 of the new names yet: djtui traktor export tells it."
    )
    assert last.result is not None and last.result["renamed"] == 2


async def test_what_else_waits_goes_into_the_collection_too_and_is_counted_before(disk: Disk) -> None:
    await begin(disk, "a", "b")
    await disk.edit("b", genre="Acid")
    share = await affected(disk.library, str(disk.nml), [(await disk.ids())["a"]])
    assert (share.locations, share.besides) == (1, "1 other change")
    result = await rename(disk, "{title} by {artist}", query="title:a")
    assert (result["export"]["moved"], result["export"]["entries_changed"]) == (1, 2)


async def test_an_undo_counts_playlist_files_by_themselves(disk: Disk) -> None:
    await begin(disk, "a", "b")
    lists = disk.folder / "friday.m3u"
    lists.write_text(f"{disk.path('a')}\n{disk.path('b')}\n")
    result = await rename(disk, "{title} by {artist}", m3u=[str(lists)])
    undone = await undo(disk, result["change"])
    assert (undone["undone"], undone["lists"]) == (2, 1)


async def test_a_file_that_traktor_could_not_find_keeps_its_name_and_its_place(disk: Disk) -> None:
    await begin(disk, "a", "b")
    elsewhere = disk.folder / "elsewhere"
    elsewhere.mkdir()
    view = await disk.job("rename", template="x/{title}", root=str(elsewhere), force=True)
    assert view.state == "succeeded"
    reasons = await disk.failed(view)
    assert len(reasons) == 2 and "lies on no volume that collection.nml knows" in reasons[0]
    assert disk.path("a").exists() and not list(elsewhere.iterdir())


async def test_of_a_whole_collection_only_places_differ_and_every_playlist_resolves(
    library: Library, tmp_path: Path
) -> None:
    nml = tmp_path / "collection.nml"
    write_collection(nml, 500)
    volumes = place_files(nml, tmp_path / "disks")
    deck = Deck(library, nml, replace(SETTINGS, traktor=replace(SETTINGS.traktor, volumes=volumes)))
    await deck.imported()
    text, before = deck.text, tree(tmp_path / "disks")
    view = await deck.job("rename", template="{label|default:None}/{artist} - {title} [{bpm}]", force=True)
    result = view.result or {}
    assert view.state == "succeeded" and result["renamed"] > 450
    assert result["export"]["moved"] == result["renamed"]
    assert unplaced(deck.text) == unplaced(text)
    entries = _entries(deck.text)
    assert len(set(entries)) == len(entries)
    assert {key for _, key in KEY.findall(deck.text)} <= set(entries)
    assert [entries.index(key) for _, key in KEY.findall(deck.text)] == [
        _entries(text).index(key) for _, key in KEY.findall(text)
    ]
    await undo(deck, result["change"])
    assert tree(tmp_path / "disks") == before
    assert _entries(deck.text) == _entries(text)


def _entries(text: str) -> list[str]:
    return ["".join((volume, folder, file)) for folder, file, volume in LOCATION.findall(text)]
