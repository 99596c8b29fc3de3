"""Chosen values of the library go into tags, nothing else; undo gives back every byte."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from djtui.config import Settings
from djtui.files import payload, rewriting, tagging, tags
from djtui.jobs.job import JobError
from djtui.kinds import KINDS
from djtui.library import history
from djtui.library.database import Library
from tests.files.shelf import Shelf, attributes
from tests.files.sounds import made

FORMATS = ("mp3", "flac", "ogg", "wav", "aiff")
KNOWN = {"title": "Opal", "artist": "Bicep", "bpm": 127.98, "key": 21, "rating": 4, "lufs": -9.5}


@pytest.fixture
def shelf(library: Library, tmp_path: Path) -> Shelf:
    return Shelf(library, tmp_path / "music")


async def fill(shelf: Shelf) -> dict[str, int]:
    for kind in FORMATS:
        Path(shelf.path(f"x.{kind}")).write_bytes(made(kind))
    return await shelf.put({f"x.{kind}": KNOWN for kind in FORMATS})


async def test_only_the_chosen_fields_are_written_and_the_sound_stays(shelf: Shelf) -> None:
    ids = await fill(shelf)
    sounds = {name: payload.whole(shelf.path(name)) for name in ids}
    result = await shelf.done("tags", fields=["bpm", "key", "replaygain"], notation="open")
    assert result["written"] == len(FORMATS)
    for name in ids:
        found = tags.read(shelf.path(name))
        assert (found.bpm, found.key, found.replaygain) == (127.98, "1m", -8.5)
        assert (found.title, found.artist, found.rating) == (None, None, None)
        assert payload.whole(shelf.path(name)) == sounds[name]
    change = await history.find(shelf.library, result["change"])
    assert (change.kind, change.items, change.title) == (
        "tags", len(FORMATS), "Tags of 5 tracks: bpm, key, replaygain",
    )  # fmt: skip
    (_, before, after), *_ = await history.images(shelf.library, change.id)
    assert before == {"bpm": None, "key_text": None, "replaygain": None}
    assert after == {"bpm": 127.98, "key_text": "8A", "replaygain": -8.5}
    assert not [name for name in os.listdir(shelf.folder) if name.startswith(".")]


async def test_undo_gives_back_every_byte_and_redo_writes_again(shelf: Shelf) -> None:
    ids = await fill(shelf)
    before = shelf.tree()
    times = {name: os.stat(shelf.path(name)).st_mtime_ns for name in ids}
    change = (await shelf.done("tags", fields=["title", "rating"]))["change"]
    after = shelf.tree()
    assert after != before
    assert (await shelf.undo(change))["undone"] == len(FORMATS)
    assert shelf.tree() == before
    assert {name: os.stat(shelf.path(name)).st_mtime_ns for name in ids} == times
    await shelf.undo(change, redo=True)
    assert tags.read(shelf.path("x.mp3")).title == "Opal"
    await shelf.undo(change)
    assert shelf.tree() == before


async def test_what_is_unknown_stays_in_the_file(shelf: Shelf) -> None:
    Path(shelf.path("x.mp3")).write_bytes(made("mp3"))
    await shelf.put({"x.mp3": {"title": "Opal", "artist": "Bicep"}})
    await shelf.done("tags", fields=["title", "artist"])
    async with shelf.library.writing() as tx:
        await tx.execute("UPDATE track SET title = NULL, artist = 'Ada'")
    await shelf.done("tags", fields=["title", "artist"])
    found = tags.read(shelf.path("x.mp3"))
    assert (found.title, found.artist) == ("Opal", "Ada")


async def test_a_file_that_has_it_all_is_not_touched(shelf: Shelf) -> None:
    await fill(shelf)
    await shelf.done("tags", fields=["title"])
    before = attributes(shelf.folder)
    result = await shelf.done("tags", fields=["title"])
    assert (result["written"], result["change"]) == (0, None)
    assert {path: it[3] for path, it in attributes(shelf.folder).items() if os.path.isfile(path)} == {
        path: it[3] for path, it in before.items() if os.path.isfile(path)
    }
    assert len(await history.changes(shelf.library)) == 1


async def test_bad_files_are_named_and_the_others_written(shelf: Shelf) -> None:
    await fill(shelf)
    Path(shelf.path("bad.mp3")).write_bytes(b"no sound")
    await shelf.put({"bad.mp3": KNOWN, "gone.mp3": KNOWN})
    os.unlink(shelf.path("gone.mp3"))
    reasons = await shelf.failed("tags", fields=["title"])
    assert set(reasons) == {"bad.mp3", "gone.mp3"}
    assert reasons["gone.mp3"] == "The file is not there."
    assert tags.read(shelf.path("x.flac")).title == "Opal"


async def test_undo_leaves_a_file_alone_that_was_edited_since(shelf: Shelf) -> None:
    await fill(shelf)
    change = (await shelf.done("tags", fields=["title"]))["change"]
    with open(shelf.path("x.wav"), "ab") as file:
        file.write(b"edited")
    edited = Path(shelf.path("x.wav")).read_bytes()
    reasons = await shelf.failed("file-undo", change=change)
    assert reasons == {"x.wav": "The file was changed since, so its old tags are not put back."}
    assert Path(shelf.path("x.wav")).read_bytes() == edited
    assert tags.read(shelf.path("x.mp3")).title is None


async def test_a_scan_and_an_analysis_take_a_written_file_for_the_one_they_know(shelf: Shelf) -> None:
    Path(shelf.path("x.mp3")).write_bytes(made("mp3"))
    await shelf.done("scan", folders=[str(shelf.folder)])
    row = await shelf.library.fetchone("SELECT size, mtime_ns FROM file")
    assert row is not None
    async with shelf.library.writing() as tx:
        await tx.execute("UPDATE track SET title = 'Opal', filesize = 1")
        await tx.execute(
            "INSERT INTO analysis (track_id, version, path, size, mtime_ns, heard)"
            " SELECT id, 1, path, ?, ?, '' FROM track",
            tuple(row),
        )
    await shelf.done("tags", fields=["title"])
    there = os.stat(shelf.path("x.mp3"))
    for table in ("file", "analysis"):
        row = await shelf.library.fetchone(f"SELECT size, mtime_ns FROM {table}")
        assert row is not None and tuple(row) == (there.st_size, there.st_mtime_ns)
    row = await shelf.library.fetchone("SELECT tags ->> 'title' AS title, filesize FROM file, track")
    assert row is not None and tuple(row) == ("Opal", there.st_size)
    assert (await shelf.done("scan", folders=[str(shelf.folder)]))["unchanged"] == 1


async def test_tags_are_written_after_a_rename_and_both_are_undone_as_one(shelf: Shelf) -> None:
    await fill(shelf)
    before = shelf.tree()
    result = await shelf.rename("{artist} - {title}", tags=["title", "bpm"])
    assert (result["renamed"], result["written"]) == (5, 5)
    assert shelf.names() == sorted(f"Bicep - Opal.{kind}" for kind in FORMATS)
    assert tags.read(shelf.path("Bicep - Opal.aiff")).title == "Opal"
    assert (await shelf.undo())["undone"] == 5
    assert shelf.tree() == before


async def test_a_preview_says_what_would_differ_and_touches_nothing(shelf: Shelf) -> None:
    ids = await fill(shelf)
    before = attributes(shelf.folder)
    found = await tagging.preview(shelf.library, {"fields": ["bpm", "key", "album"]})
    assert {it.track_id for it in found} == set(ids.values())
    assert all(it.fields == {"bpm": (None, 127.98), "key": (None, "8A")} for it in found)
    assert attributes(shelf.folder) == before
    await shelf.done("tags", fields=["bpm", "key"])
    assert await tagging.preview(shelf.library, {"fields": ["bpm", "key"]}) == []


def test_a_field_that_is_none_is_refused(library: Library) -> None:
    with pytest.raises(JobError, match="'bmp' is no tag that djtui writes"):
        KINDS["tags"]({"fields": ["bmp"]}, library, Settings())


def test_an_old_file_is_known_by_its_name() -> None:
    assert rewriting.is_old(".djtui-12-7.old")
    assert not rewriting.is_old("12-7.old")
