"""Missing files are found again, whatever was scanned before; no file is touched, and all can be undone."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from djtui.files import relocate_review, relocated, storing, tag_writing
from djtui.files.relocating import relocate_job
from djtui.files.scan_read import ReadFile, read_files
from djtui.jobs.job import JobError
from djtui.jobs.views import failures
from djtui.library import history, playlists, tracks
from djtui.library.database import Library, connect_readonly
from tests.files.shelf import Shelf, attributes
from tests.files.sounds import film, made
from tests.making import add_tracks


def sound(number: int) -> bytes:
    """A file of one sound among many."""
    return film(number.to_bytes(4, "big") * 20_000)


@pytest.fixture
async def shelf(library: Library, tmp_path: Path) -> Shelf:
    """Three scanned files with something done to them."""
    shelf = Shelf(library, tmp_path / "music")
    old = shelf.folder / "old"
    old.mkdir()
    for number in range(3):
        (old / f"{number}.m4a").write_bytes(sound(number))
    await scan(shelf, old)
    await playlists.create(library, "Friday", track_ids=list(await shelf.paths()))
    return shelf


async def scan(shelf: Shelf, folder: Path) -> None:
    """What a scan stores that knows of no moved files."""
    read = read_files(sorted(map(str, folder.iterdir())), "2026-01-01")
    found = await storing.plan(shelf.library, [it for it in read if isinstance(it, ReadFile)], {})
    async with shelf.library.writing() as tx:
        await storing.Storing(1, "scan").store(tx, found)


async def lose(shelf: Shelf, new: str = "new") -> str:
    """Move the folder; what a scan of the old place makes of that."""
    target = shelf.path(new)
    os.renames(shelf.path("old"), target)
    os.makedirs(shelf.path("old"))
    async with shelf.library.writing() as tx:
        await storing.mark_missing(tx, dict.fromkeys(await shelf.paths(), 1))
    return target


async def missing(shelf: Shelf) -> list[int]:
    rows = await shelf.library.fetchall("SELECT id FROM track WHERE missing = 1 ORDER BY id")
    return [row["id"] for row in rows]


async def test_what_is_certain_is_found_and_taken_and_given_back(shelf: Shelf) -> None:
    before = await shelf.paths()
    new = await lose(shelf)
    os.rename(f"{new}/0.m4a", f"{new}/another name.m4a")
    disk = attributes(shelf.folder)
    looked = await shelf.done("relocate", folders=[new])
    assert (looked["found"], looked["ambiguous"], looked["missing"], looked["accepted"]) == (3, 0, 0, 0)
    assert {match["candidates"][0]["score"] for match in looked["matches"]} == {100}
    assert len(await missing(shelf)) == 3

    result = await shelf.done("relocate", folders=[new], apply=True)
    assert (result["found"], result["accepted"]) == (3, 3)
    assert await missing(shelf) == []
    names = {1: "new/another name.m4a", 2: "new/1.m4a", 3: "new/2.m4a"}
    assert await shelf.paths() == names
    rows = await shelf.library.fetchall("SELECT track_id, path FROM file ORDER BY track_id")
    assert {row["track_id"]: os.path.relpath(row["path"], shelf.folder) for row in rows} == names
    scanned = await shelf.done("scan", folders=[new])
    assert (scanned["added"], scanned["updated"], scanned["unchanged"]) == (0, 0, 3)
    assert attributes(shelf.folder) == disk

    undone = await shelf.done("relocate-undo", change=result["change"])
    assert (undone["undone"], await shelf.paths(), await missing(shelf)) == (3, before, [1, 2, 3])
    assert (await history.find(shelf.library, result["change"])).undone == undone["change"]
    again = await shelf.done("relocate", folders=[new], apply=True)
    assert again["accepted"] == 3
    assert attributes(shelf.folder) == disk


async def test_a_name_that_is_no_text_is_listed_and_stops_nothing(shelf: Shelf) -> None:
    new = await lose(shelf)
    strange = os.fsdecode(os.fsencode(new) + b"/latin\xe9.m4a")
    shutil.copyfile(f"{new}/0.m4a", strange)
    job = await shelf.job("relocate", folders=[new], apply=True)
    assert (job.state, (job.result or {})["accepted"]) == ("succeeded", 3)
    (failure,) = await failures(shelf.library, job.id)
    assert failure.item == f"{new}/latin\\xe9.m4a"
    assert "another name in your file manager" in failure.reason


async def test_a_folder_whose_name_is_no_text_is_a_sentence(shelf: Shelf) -> None:
    folder = os.fsdecode(os.fsencode(shelf.folder) + b"/latin\xe9")
    os.mkdir(folder)
    with pytest.raises(JobError, match="another name in your file manager"):
        relocate_job({"folders": [folder]})


async def test_undone_tracks_whose_files_are_there_again_are_not_missing(shelf: Shelf) -> None:
    await lose(shelf)
    result = await shelf.done("relocate", folders=[shelf.path("new")], apply=True)
    shutil.copyfile(shelf.path("new/1.m4a"), shelf.path("old/1.m4a"))
    undone = await shelf.done("relocate-undo", change=result["change"])
    assert (undone["undone"], await missing(shelf)) == (3, [1, 3])


async def test_a_scan_that_came_first_is_no_obstacle(shelf: Shelf) -> None:
    new = await lose(shelf)
    shutil.copytree(new, shelf.path("copy"))
    await scan(shelf, Path(new))
    assert len(await shelf.paths()) == 6
    result = await shelf.done("relocate", folders=[new], apply=True)
    assert result["accepted"] == 3
    assert await shelf.paths() == {1: "new/0.m4a", 2: "new/1.m4a", 3: "new/2.m4a"}
    await shelf.done("relocate-undo", change=result["change"])
    assert len(await shelf.paths()) == 6
    assert await missing(shelf) == [1, 2, 3]


async def test_a_file_of_a_track_that_somebody_uses_is_that_tracks(shelf: Shelf) -> None:
    new = await lose(shelf)
    await scan(shelf, Path(new))
    ids = {path: id for id, path in (await shelf.paths()).items()}
    await history.edit(shelf.library, [ids["new/0.m4a"]], {"rating": 5}, "mine")
    await playlists.create(shelf.library, "Sunday", track_ids=[ids["new/1.m4a"]])
    result = await shelf.done("relocate", folders=[new], apply=True)
    assert (result["accepted"], result["missing"]) == (1, 2)
    assert await missing(shelf) == [1, 2]
    refused = await shelf.job("relocate", accept=[[1, f"{new}/0.m4a"]])
    (failure,) = await failures(shelf.library, refused.id)
    assert failure.reason == "It is the file of another track of the library: see the duplicates."


async def test_what_is_ambiguous_is_listed_and_the_dj_decides(shelf: Shelf) -> None:
    new = await lose(shelf, "a/x")
    shutil.copytree(new, shelf.path("b/x"))
    result = await shelf.done("relocate", folders=[str(shelf.folder)], apply=True)
    assert (result["found"], result["ambiguous"], result["accepted"], result["change"]) == (0, 3, 0, None)
    match = result["matches"][0]
    assert [os.path.relpath(each["path"], shelf.folder) for each in match["candidates"]] == [
        "a/x/0.m4a",
        "b/x/0.m4a",
    ]
    taken = await shelf.done("relocate", accept=[[match["track"], match["candidates"][1]["path"]]])
    assert taken["accepted"] == 1
    assert (await shelf.paths())[match["track"]] == "b/x/0.m4a"


async def test_proposals_are_written_down_and_what_is_chosen_of_them_is_taken(shelf: Shelf) -> None:
    new = await lose(shelf)
    shutil.copytree(new, shelf.path("copy"))
    os.unlink(f"{new}/2.m4a")
    os.unlink(shelf.path("copy/2.m4a"))
    library = shelf.library
    assert await relocate_review.last_look(library) is None
    await shelf.done("relocate", folders=[str(shelf.folder)])
    assert await relocate_review.last_look(library) is not None
    found = await relocate_review.overview(library)
    assert (list(found.certain), list(found.doubtful), list(found.nowhere)) == ([], [1, 2], [3])
    with closing(connect_readonly(library.path)) as reader:
        matches = relocate_review.matches(reader, [2, 3])
    assert [os.path.relpath(each.path, shelf.folder) for each in matches[2].candidates] == [
        "copy/1.m4a",
        "new/1.m4a",
    ]
    assert matches[2].candidates[0].reasons == ("same sound", "same size")
    assert (matches[3].candidates, matches[3].lost.path) == ((), shelf.path("old/2.m4a"))

    for choices in ({1: 0}, {2: 1}):  # what was chosen before and not asked for is forgotten
        async with library.writing() as tx:
            await relocate_review.choose(tx, choices)
    result = await shelf.done("relocate", reviewed=True)
    assert (result["accepted"], await missing(shelf)) == (1, [1, 3])
    assert (await shelf.paths())[2] == "new/1.m4a"
    assert await relocate_review.chosen(library) == []
    await shelf.done("relocate-undo", change=result["change"])
    assert list((await relocate_review.overview(library)).doubtful) == [1, 2]


async def test_a_look_forgets_what_was_proposed_before(shelf: Shelf) -> None:
    new = await lose(shelf)
    await shelf.done("relocate", folders=[new])
    assert list((await relocate_review.overview(shelf.library)).certain) == [1, 2, 3]
    await shelf.done("relocate", folders=[shelf.path("old")])
    assert list((await relocate_review.overview(shelf.library)).nowhere) == [1, 2, 3]


async def test_where_missing_tracks_were_is_counted_by_the_upper_folders(library: Library) -> None:
    names = ("/Volumes/Old/Music/a/1.mp3", "/Volumes/Old/Music/b/c/2.mp3", "C:/Music/3.mp3")
    await add_tracks(library, [{"title": "x", "location": name} for name in names])
    assert await relocate_review.places(library) == [("/Volumes/Old/Music", 2), ("C:/Music", 1)]


@pytest.fixture
async def foreign(library: Library, tmp_path: Path) -> Shelf:
    """A track that came with a collection from another machine."""
    shelf = Shelf(library, tmp_path / "music")
    data = made("flac")
    Path(shelf.path("opal.flac")).write_bytes(data)
    fields: dict[str, Any] = {"title": "Opal", "artist": "Bicep", "duration": 1.0, "genre": "Breaks"}
    size = len(data) // 1024 * 1024
    await add_tracks(library, [{**fields, "location": "C:/Music/opal.flac", "filesize": size}])
    return shelf


async def test_a_track_of_another_machine_is_found_by_name_size_length_and_tags(foreign: Shelf) -> None:
    result = await foreign.done("relocate", folders=[str(foreign.folder)])
    assert (result["found"], result["ambiguous"]) == (0, 1)
    tag_writing.write(foreign.path("opal.flac"), {"title": "Opal", "artist": "Bicep", "label": "Ninja Tune"})
    async with foreign.library.writing() as tx:
        size = os.path.getsize(foreign.path("opal.flac")) // 1024 * 1024
        await tracks.update(tx, {1: {"filesize": size}})
    result = await foreign.done("relocate", folders=[str(foreign.folder)], apply=True)
    assert result["accepted"] == 1
    track = await tracks.get(foreign.library, 1)
    assert track is not None
    assert (track.path, track.missing, track.genre) == (foreign.path("opal.flac"), 0, "Breaks")
    assert track.label == "Ninja Tune"
    await foreign.done("relocate-undo", change=result["change"])
    track = await tracks.get(foreign.library, 1)
    assert track is not None
    assert (track.path, track.label, track.location) == (None, None, "C:/Music/opal.flac")


async def test_a_file_that_is_there_again_is_found_at_its_own_place(shelf: Shelf) -> None:
    new = await lose(shelf)
    shutil.copy(f"{new}/1.m4a", shelf.path("old/1.m4a"))
    result = await shelf.done("relocate", folders=[shelf.path("old")], apply=True)
    assert (result["accepted"], result["missing"]) == (1, 2)
    assert await missing(shelf) == [1, 3]


async def test_with_nothing_missing_nothing_is_walked(shelf: Shelf) -> None:
    result = await shelf.done("relocate", folders=[str(shelf.folder)], apply=True)
    assert (result["found"], result["missing"], result["change"]) == (0, 0, None)
    assert await relocated.lost(shelf.library) == []


async def test_what_was_moved_since_is_not_taken_back(shelf: Shelf) -> None:
    new = await lose(shelf)
    change = (await shelf.done("relocate", folders=[new], apply=True))["change"]
    async with shelf.library.writing() as tx:
        await tracks.update(tx, {2: {"path": shelf.path("else.m4a")}})
    view = await shelf.job("relocate-undo", change=change)
    (failure,) = await failures(shelf.library, view.id)
    assert failure.reason == "Its file was moved since."
    assert (await shelf.paths()) == {1: "old/0.m4a", 2: "else.m4a", 3: "old/2.m4a"}


def test_a_folder_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(JobError, match="There is no folder /no/such"):
        relocate_job({"folders": ["/no/such"]})
    with pytest.raises(JobError, match="Name a folder"):
        relocate_job({})
