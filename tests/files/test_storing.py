"""What a scan writes, and what it never takes from a track."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from djtui.files.scan_merge import merged
from djtui.files.scan_read import FACTS, TAGGED, ReadFile, Trouble, day, read_file
from djtui.files.storing import Plan, Storing, known_at, maybe_moved, plan, put_troubles, troubles_at
from djtui.library import tracks
from djtui.library.database import Library
from tests.files.sounds import sound
from tests.making import add_tracks

UNKNOWN: dict[str, Any] = dict.fromkeys((*TAGGED, *FACTS)) | {"locked": None}


def read(path: Path) -> ReadFile:
    found = read_file(str(path), "2026-01-02")
    assert isinstance(found, ReadFile)
    return found


async def store(library: Library, *files: ReadFile, moved: dict[str, int] | None = None) -> Plan:
    found = await plan(library, files, moved or {})
    async with library.writing() as tx:
        await Storing(7, "Scan").store(tx, found)
    return found


@pytest.mark.parametrize(
    ("base", "ours", "now", "taken"),
    [
        (None, None, "tag", True),  # they meet: the tag fills what is unknown
        (None, "mine", "tag", False),
        ("tag", "tag", "new", True),  # the tag changed, the track did not
        ("tag", "tag", None, True),  # ... to unknown
        ("tag", "mine", "new", False),  # both changed: the track stays
        ("tag", None, "new", False),  # ... to unknown, here
        ("tag", "mine", "tag", False),  # only the track changed
        (None, "new", "new", False),
    ],
)
def test_a_tag_and_its_track_are_merged_three_ways(base: Any, ours: Any, now: Any, taken: bool) -> None:
    before = None if base is None else UNKNOWN | {"title": base}
    after = merged(before, UNKNOWN | {"title": ours}, UNKNOWN | {"title": now})
    assert after == ({"title": now} if taken else {})


def test_facts_follow_the_file_and_a_locked_tempo_stays() -> None:
    before, now = UNKNOWN | {"bitrate": 1, "bpm": 120.0}, UNKNOWN | {"bitrate": 2, "bpm": 128.0}
    track = UNKNOWN | {"bitrate": 99, "bpm": 120.0, "locked": 1}
    assert merged(before, track, now) == {"bitrate": 2}
    assert merged(None, track, now) == {}


def test_a_second_spelling_of_what_is_known_is_not_taken() -> None:
    said = UNKNOWN | {"key": 21, "key_text": "Am", "year": 2020, "released": "2020-05"}
    assert merged(None, UNKNOWN | {"key": 3, "released": "2019"}, said) == {}
    assert merged(None, UNKNOWN, said) == {"key": 21, "key_text": "Am", "year": 2020, "released": "2020-05"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2021-05-07", "2021-05-07"),
        ("2021-05-07T10:00:00Z", "2021-05-07"),
        ("2021-13", "2021"),
        ("07.05.2021", "2021"),
        ("someday", None),
        ("20210507", None),
    ],
)
def test_dates_of_tags_are_those_of_the_library_as_far_as_they_say(text: str, said: str | None) -> None:
    assert day(text) == said


async def test_storing_twice_is_storing_once_and_search_finds_it(library: Library, tmp_path: Path) -> None:
    file = read(sound(tmp_path, "flac", "opal"))
    first = await store(library, file)
    again = await store(library, file)
    assert (len(first.new), again.new, again.updated) == (1, [], 0)
    rows = await library.fetchall("SELECT track.id, job_id, file.path FROM track JOIN file ON track_id = id")
    assert [(row["job_id"], row["path"]) for row in rows] == [(7, file.path)]
    assert (await known_at(library, [file.path]))[file.path].size == file.size


async def test_a_path_that_another_track_had_is_the_new_ones(library: Library, tmp_path: Path) -> None:
    file = read(sound(tmp_path, "flac"))
    await store(library, file)
    async with library.writing() as tx:
        await tracks.update(tx, {1: {"path": "/elsewhere.flac"}})
    await store(library, file)
    rows = await library.fetchall("SELECT track_id, path FROM file")
    assert [tuple(row) for row in rows] == [(2, file.path)]


async def test_the_hash_of_the_whole_sound_is_kept_while_the_sound_is(
    library: Library, tmp_path: Path
) -> None:
    path = sound(tmp_path, "flac")
    file = read(path)
    await store(library, file)
    async with library.writing() as tx:
        await tx.execute("UPDATE file SET whole = x'00'")
    await store(library, file)
    assert (await library.fetchall("SELECT whole FROM file"))[0]["whole"] == b"\0"
    path.write_bytes(path.read_bytes()[:-500])
    await store(library, read(path))
    assert (await library.fetchall("SELECT whole FROM file"))[0]["whole"] is None


async def test_only_tracks_that_were_not_seen_may_have_moved(library: Library, tmp_path: Path) -> None:
    old = read(sound(tmp_path, "flac", "old"))
    await store(library, old)
    new = read(sound(tmp_path, "flac", "new"))
    assert await maybe_moved(library, [new], lambda id: False) == {new.path: [(1, old.path)]}
    assert await maybe_moved(library, [new], lambda id: True) == {}


async def test_what_was_heard_of_a_moved_file_is_not_heard_again(library: Library, tmp_path: Path) -> None:
    old = sound(tmp_path, "flac", "old")
    await store(library, read(old))
    async with library.writing() as tx:
        await tx.execute(
            "INSERT INTO analysis (track_id, version, path, heard) VALUES (1, 1, ?, '2026')", (str(old),)
        )
    new = read(old.rename(tmp_path / "new.flac"))
    found = await store(library, new, moved={new.path: 1})
    assert found.moved == {1: new.path}
    assert (await library.fetchall("SELECT path FROM analysis"))[0]["path"] == new.path
    track = await tracks.get(library, 1)
    assert track is not None
    assert (track.path, track.missing) == (new.path, 0)


async def test_trouble_is_remembered_and_forgotten_when_the_file_can_be_read(
    library: Library, tmp_path: Path
) -> None:
    path = tmp_path / "a.flac"
    path.write_bytes(b"x")
    bad = read_file(str(path), "2026-01-02")
    assert isinstance(bad, Trouble)
    async with library.writing() as tx:
        await put_troubles(tx, [bad])
        await put_troubles(tx, [bad])
    assert await troubles_at(library, [str(path)]) == {str(path): bad}
    await store(library, read(sound(tmp_path, "flac", "a")))
    assert await troubles_at(library, [str(path)]) == {}


async def test_the_first_of_two_tracks_at_one_path_is_meant(library: Library, tmp_path: Path) -> None:
    await add_tracks(library, [{"path": "/a.mp3"}, {"path": "/a.mp3"}])
    assert (await known_at(library, ["/a.mp3"]))["/a.mp3"].track_id == 1
