"""Which track an entry is: never guessed."""

from __future__ import annotations

from typing import Any

from djtui.library.database import Library
from djtui.traktor.location import key_hash
from djtui.traktor.matching import Link, Matches, Portrait, match_keys, match_moved
from tests.making import add_tracks


def local(key: str) -> str | None:
    return "/music/" + key.rpartition("/:")[2] if key.startswith("C:") else None


async def file_with(library: Library, path: str, keys: dict[int, str]) -> int:
    async with library.writing() as tx:
        row = await tx.fetchall(
            "INSERT INTO nml_file (path, role) VALUES (?, 'collection') RETURNING id", (path,)
        )
        await tx.executemany(
            "INSERT INTO nml_entry (file_id, track_id, key_hash, key, hash, cues)"
            " VALUES (?, ?, ?, ?, x'', 0)",
            [(row[0]["id"], id, key_hash(key), key) for id, key in keys.items()],
        )
    return int(row[0]["id"])


async def matched(library: Library, file_id: int | None, vanished: set[int], *keys: str) -> Matches:
    matches = Matches()
    await match_keys(library, file_id, vanished, dict(enumerate(keys)), local, matches)
    return matches


async def test_a_changed_entry_is_known_by_its_key(library: Library) -> None:
    await add_tracks(library, [{"title": "a"}])
    file_id = await file_with(library, "/c.nml", {1: "C:/:a.mp3"})
    vanished = {1}
    assert (await matched(library, file_id, vanished, "C:/:a.mp3")).links == {0: Link(1, 1)}
    assert vanished == set()


async def test_a_second_entry_of_a_key_is_a_double(library: Library) -> None:
    await add_tracks(library, [{"title": "a"}])
    file_id = await file_with(library, "/c.nml", {1: "C:/:a.mp3"})
    matches = await matched(library, file_id, set(), "C:/:a.mp3")
    assert matches.doubles == {0: "C:/:a.mp3"}
    assert matches.links == {}


async def test_an_entry_of_another_file_with_this_key_is_the_same_track(library: Library) -> None:
    await add_tracks(library, [{"title": "a"}])
    await file_with(library, "/history.nml", {1: "D:/:a.mp3"})
    assert (await matched(library, None, set(), "D:/:a.mp3")).links == {0: Link(1)}


async def test_a_track_is_known_by_its_path_in_any_case_and_composition(library: Library) -> None:
    await add_tracks(library, [{"path": "/music/Bj\u00f6rk.mp3"}])
    matches = await matched(library, None, set(), "C:/:BJO\u0308RK.MP3", "C:/:other.mp3")
    assert matches.links == {0: Link(1)}
    assert list(matches.unmatched) == [1]


async def test_two_files_that_differ_by_case_are_a_question(library: Library) -> None:
    await add_tracks(library, [{"path": "/music/a.mp3"}, {"path": "/music/A.mp3"}])
    assert (await matched(library, None, set(), "C:/:a.mp3")).links == {0: Link(1)}
    asked = await matched(library, None, set(), "C:/:A.MP3")
    assert asked.questions == {0: (1, 2)}
    assert asked.links == {}


def portrait(**fields: Any) -> Portrait:
    usual: dict[str, Any] = {"audio": b"x", "duration": 300.0, "file": "a.mp3", "artist": "A", "title": "T"}
    return Portrait(**usual | fields)


def moved(gone: dict[int, Portrait], come: dict[int, Portrait]) -> Matches:
    matches = Matches()
    match_moved({id: (it, id * 10) for id, it in gone.items()}, come, matches)
    return matches


def test_a_moved_file_is_known_by_its_sound_its_length_and_its_name() -> None:
    assert moved({1: portrait()}, {5: portrait(duration=300.9, artist=None)}).links == {5: Link(10, 1)}
    assert moved({1: portrait()}, {5: portrait(file="b.mp3")}).links == {5: Link(10, 1)}


def test_the_same_sound_under_another_name_or_of_another_length_is_new() -> None:
    assert moved({1: portrait()}, {5: portrait(file="b.mp3", title="Other")}).links == {}
    assert moved({1: portrait()}, {5: portrait(duration=302.0)}).links == {}
    assert moved({1: portrait()}, {5: portrait(duration=None)}).links == {}


def test_two_candidates_on_either_side_are_a_question() -> None:
    assert moved({1: portrait(), 2: portrait()}, {5: portrait()}).questions == {5: (10, 20)}
    twins = moved({1: portrait()}, {5: portrait(), 6: portrait()})
    assert twins.links == {}
    assert twins.questions == {5: (10,), 6: (10,)}
