"""Bases, children and exceptions are kept as they were told, and no edit slips in while a job is at work."""

from __future__ import annotations

import json
from typing import Any

import pytest

from djtui.jobs.locks import HostLock
from djtui.library import route_runs, routes
from djtui.library.database import Library
from djtui.library.routes import LIKED, Base, Child, RouteError
from djtui.routing.editing import editing


@pytest.fixture
async def friday(library: Library) -> int:
    """A base with the children A, B and C."""
    async with library.writing() as tx:
        await tx.insert(
            "spotify_playlist",
            ("id", "spotify_id", "position", "name", "readable", "generation"),
            [(1, "friday", 0, "Friday", 1, 1), (2, "theirs", 1, "Top 50", 0, 1)],
        )
        base = await routes.add_base(tx, "friday")
        for name in "ABC":
            await routes.add_child(tx, base, name)
    return base


async def order(library: Library, base: int) -> str:
    children = await routes.children(library, base)
    assert [child.position for child in children] == list(range(len(children)))
    return " ".join(child.name for child in children)


async def child_named(library: Library, base: int, name: str) -> Child:
    return next(child for child in await routes.children(library, base) if child.name == name)


async def test_a_playlist_and_the_liked_songs_become_bases(library: Library, friday: int) -> None:
    async with library.writing() as tx:
        liked = await routes.add_base(tx, LIKED)
        await routes.change_base(tx, friday, on_change=True, every_min=30)
    assert await routes.bases(library) == [
        Base(friday, "friday", "Friday", on_change=True, every_min=30),
        Base(liked, LIKED, "Liked songs"),
    ]
    assert await routes.base(library, liked) == Base(liked, LIKED, "Liked songs")


@pytest.mark.parametrize(
    ("spotify_id", "sentence"),
    [("friday", "a base already"), ("theirs", "somebody else's"), ("nothing", "sync with Spotify first")],
)
async def test_what_cannot_be_a_base_is_refused(
    library: Library, friday: int, spotify_id: str, sentence: str
) -> None:
    with pytest.raises(RouteError, match=sentence):
        async with library.writing() as tx:
            await routes.add_base(tx, spotify_id)


async def test_a_child_is_kept_as_it_was_told(library: Library, friday: int) -> None:
    told: dict[str, Any] = {
        "description": "before eleven",
        "public": True,
        "active": False,
        "rule": "bpm:..122",
        "unknown": "review",
        "spotify_id": "s",
        "review_id": "r",
        "digest": b"\x01",
    }
    async with library.writing() as tx:
        id = await routes.add_child(tx, friday, " Warm-up ", **told)
    child = await routes.child(library, id)
    assert child == Child(id, friday, "Warm-up", 3, **told)
    base = await routes.base(library, friday)
    assert child.title(base) == "[Friday] > Warm-up"
    assert child.review_title(base) == "[Friday] > Warm-up ?"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": "a"}, "has a child a already"),
        ({"name": " "}, "wants a name"),
        ({"name": "a\nb"}, "control characters"),
        ({"name": "x" * 99}, "longer than the 100 characters"),
        ({"rule": "bmp:120"}, "This is not a rule: .*bpm"),
        ({"unknown": "maybe"}, "unknown is one of out, in, review"),
        ({"kind": "cloud"}, "kind is one of"),
        ({"kind": "local", "unknown": "review"}, "no review playlist"),
    ],
)
async def test_a_child_that_cannot_be_is_refused(
    library: Library, friday: int, values: dict[str, Any], sentence: str
) -> None:
    other = await child_named(library, friday, "B")
    with pytest.raises(RouteError, match=sentence):
        async with library.writing() as tx:
            await routes.change_child(tx, other.id, **values)
    with pytest.raises(RouteError, match=sentence):
        async with library.writing() as tx:
            await routes.add_child(tx, friday, **({"name": "New"} | values))
    assert await order(library, friday) == "A B C"


async def test_a_child_may_keep_its_own_name_in_another_case(library: Library, friday: int) -> None:
    child = await child_named(library, friday, "A")
    async with library.writing() as tx:
        await routes.change_child(tx, child.id, name="a", rule="")
    assert await order(library, friday) == "a B C"


async def test_a_local_child_cannot_become_one_to_review(library: Library, friday: int) -> None:
    child = await child_named(library, friday, "A")
    async with library.writing() as tx:
        await routes.change_child(tx, child.id, unknown="review")
        with pytest.raises(RouteError, match="no review playlist"):
            await routes.change_child(tx, child.id, kind="local")
        await routes.change_child(tx, child.id, kind="local", unknown="in")


async def test_a_value_that_a_child_does_not_have_is_a_mistake_of_ours(library: Library, friday: int) -> None:
    child = await child_named(library, friday, "A")
    async with library.writing() as tx:
        with pytest.raises(TypeError):
            await routes.change_child(tx, child.id, position=3)
        with pytest.raises(TypeError):
            await routes.change_base(tx, friday, spotify_id="x")


@pytest.mark.parametrize(("to", "after"), [(0, "C A B"), (1, "A C B"), (2, "A B C"), (9, "A B C")])
async def test_children_stand_where_they_are_put(library: Library, friday: int, to: int, after: str) -> None:
    child = await child_named(library, friday, "C")
    async with library.writing() as tx:
        await routes.move_child(tx, child.id, to)
    assert await order(library, friday) == after


async def test_what_is_removed_takes_what_hangs_on_it(library: Library, friday: int) -> None:
    child = await child_named(library, friday, "B")
    async with library.writing() as tx:
        await routes.except_songs(tx, child.id, ["u"], True)
        await routes.remove_child(tx, child.id)
    assert await order(library, friday) == "A C"
    assert await library.fetchall("SELECT * FROM route_exception") == []
    with pytest.raises(RouteError, match="any more"):
        await routes.child(library, child.id)
    async with library.writing() as tx:
        await routes.remove_base(tx, friday)
    assert await library.fetchall("SELECT * FROM route_child") == []
    with pytest.raises(RouteError, match="any more"):
        await routes.base(library, friday)


async def test_what_was_said_of_a_song_last_holds_until_it_is_taken_back(
    library: Library, friday: int
) -> None:
    child = await child_named(library, friday, "B")
    async with library.writing() as tx:
        await routes.except_songs(tx, child.id, ["a", "b", "c"], True)
        await routes.except_songs(tx, child.id, ["b"], False)
        await routes.except_songs(tx, child.id, ["c", "never said"], None)
    assert (await routes.child(library, child.id)).exceptions == {"a": True, "b": False}
    assert (await child_named(library, friday, "A")).exceptions == {}


async def test_every_edit_is_told_to_the_screens(library: Library, friday: int) -> None:
    async def seen() -> int:
        row = await library.fetchone("SELECT value FROM meta WHERE name = 'routes'")
        assert row is not None
        return int(row["value"])

    before = await seen()
    async with library.writing() as tx:
        await routes.change_base(tx, friday, name="Saturday")
    assert await seen() > before


async def test_while_a_job_applies_a_base_it_is_not_edited(library: Library, friday: int) -> None:
    async with library.writing() as tx:
        await tx.execute(
            "INSERT INTO job (id, key, kind, title, params, state, created)"
            " VALUES (5, 'k', 'route-apply', 'Applying Friday', '{}', 'running', '')"
        )
        await tx.execute("INSERT INTO job_resource VALUES (5, ?, 1)", (f"route:{friday}",))
    async with HostLock(library.path):
        with pytest.raises(RouteError, match="“Applying Friday” is at work"):
            async with editing(library, friday) as tx:
                await routes.remove_base(tx, friday)
        async with editing(library, friday + 1):
            pass
        async with editing(library) as tx:
            await routes.add_base(tx, LIKED)
    async with editing(library, friday) as tx:  # its host is dead
        await routes.change_base(tx, friday, name="Free")


async def test_runs_and_what_they_did_are_read_back(library: Library, friday: int) -> None:
    second, first = await child_named(library, friday, "B"), await child_named(library, friday, "A")
    async with library.writing() as tx:
        for id in (1, 2):
            await tx.execute(
                "INSERT INTO route_run (id, base_id, job_id, began, state) VALUES (?, ?, 5, 't', 'done')",
                (id, friday),
            )
        for child, part in ((second.id, "songs"), (first.id, "review"), (first.id, "songs")):
            await tx.execute(
                "INSERT INTO route_write (run_id, child_id, part, state, before, target)"
                " VALUES (2, ?, ?, 'verified', ?, ?)",
                (child, part, json.dumps(["u", None]), json.dumps(["v"])),
            )
    assert [run.id for run in await route_runs.runs(library, friday)] == [2, 1]
    assert await route_runs.run(library, 9) is None
    writes = await route_runs.writes(library, 2)
    assert [(write.child_id, write.part) for write in writes] == [
        (first.id, "songs"),
        (first.id, "review"),
        (second.id, "songs"),
    ]
    assert writes[0].before == ("u", None)
    assert writes[0].target == ("v",)
    assert writes[0].dates is None
