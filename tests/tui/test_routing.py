"""The Routing view: bases, children, a rule previewed while it is typed, what is asked before writing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from djtui.jobs.locks import HostLock
from djtui.library import routes
from djtui.library.database import Tx
from djtui.library.routes import Child
from djtui.routing.port import digest
from djtui.tui.changing import Refused
from djtui.tui.screens import routing_actions
from djtui.tui.screens.routing import RoutingView
from djtui.tui.widgets.routing_lists import BaseRows, ChildRows
from djtui.tui.widgets.routing_rule import RuleInput, RuleLine
from djtui.tui.widgets.routing_songs import SongRows
from tests.tui import spotify_library
from tests.tui.conftest import Opened, Session, another

BASE = "list Friday (base)"  # the songs 5, 3, 9, 7, of which 8 is explicit and no other


@pytest.fixture
async def synced(path: Path) -> Path:
    """A library with an account's songs and playlists."""
    await spotify_library.fill(path)
    return path


@pytest.fixture
async def based(synced: Path) -> Path:
    """And a base of 200 liked songs with three children; the first has a playlist of 40 of them."""
    async with another(synced) as library, library.writing() as tx:
        base = await routes.add_base(tx, routes.LIKED)
        await spotify_library.add_playlist(tx, "[Liked songs] > Short", range(1, 41))
        await routes.add_child(
            tx, base, "Short", rule="duration:..3:20", spotify_id="list [Liked songs] > Short"
        )
        await routes.add_child(tx, base, "Clean", rule="explicit:no")
        await routes.add_child(tx, base, "Here", rule="bpm:..122", kind="local")
    return synced


@asynccontextmanager
async def at(path: Path, opened: Opened, **options: Any) -> AsyncIterator[Session]:
    """The Routing view, with a lock that keeps job hosts from starting."""
    async with HostLock(path), opened(path, **options) as djtui:
        await djtui.press("5")
        await djtui.until(lambda: not view(djtui)._reading and view(djtui).facts.playlists)
        if view(djtui).facts.families:
            await djtui.until(lambda: view(djtui).preview)
        yield djtui


def view(djtui: Session) -> RoutingView:
    bottom = djtui.app.screen_stack[0]
    assert isinstance(bottom, RoutingView)
    return bottom


def rows(djtui: Session) -> dict[Any, str]:
    """The lines of the list of children, by their keys, without the blanks."""
    return {
        row.key: " ".join("".join(text for text, _ in (*row.left, *row.right)).split())
        for row in view(djtui).query_one(ChildRows).rows
    }


async def children(djtui: Session) -> Sequence[Child]:
    return await routes.children(await djtui.app.library(), 1)


async def add_job(tx: Tx, state: str, done: int = 0) -> int:
    """A job that applies the first base."""
    cursor = await tx.execute(
        "INSERT INTO job (key, kind, title, params, state, created, started) VALUES ('route-apply:1',"
        " 'route-apply', 'Routing Liked songs', '{\"base\": 1}', ?, '2026-11-20T09:00:00Z', '')",
        (state,),
    )
    job = cursor.lastrowid
    assert job is not None
    await tx.execute(
        "INSERT INTO job_resource (job_id, resource, exclusive) VALUES (?, 'route:1', 1)", (job,)
    )
    await tx.execute(
        "INSERT INTO job_phase (job_id, position, name, state, done, total)"
        " VALUES (?, 0, 'Updating', ?, ?, 4)",
        (job, state, done),
    )
    return job


async def add_run(
    tx: Tx, state: str, *, child: int = 1, write: str = "verified", error: str | None = None
) -> None:
    """A run of the past over the first base, which wrote to a child."""
    job = await add_job(tx, "succeeded")
    change = await tx.execute(
        "INSERT INTO change (at, kind, title, items) VALUES ('2026-11-20T09:00:00Z', 'route', 'Routing', 1)"
    )
    run = await tx.execute(
        "INSERT INTO route_run (base_id, job_id, began, ended, state, songs, requests, change_id)"
        " VALUES (1, ?, '2026-11-20T09:00:00Z', '2026-11-20T09:00:09Z', ?, 200, 12, ?)",
        (job, state, change.lastrowid),
    )
    target = [f"spotify:track:{number:022}" for number in range(38)]
    await tx.execute(
        "INSERT INTO route_write (run_id, child_id, spotify_id, state, before, target, added, removed, kept,"
        " requests, error) VALUES (?, ?, 'list [Liked songs] > Short', ?, '[]', ?, 38, 0, 0, 1, ?)",
        (run.lastrowid, child, write, json.dumps(target), error),
    )
    if write == "verified":
        await tx.execute("UPDATE route_child SET digest = ? WHERE id = ?", (digest(target), child))


# -- what to do first ------------------------------------------------------------------------------


async def test_without_playlists_it_sends_to_spotify_and_then_has_a_base_chosen(
    path: Path, opened: Opened
) -> None:
    async with HostLock(path), opened(path, size=(80, 24)) as djtui:
        await djtui.press("5")
        await djtui.sees("One playlist feeds many", "4 goes to Spotify", "n new base")
        assert "apply" not in djtui.lines[-1]
        await djtui.press("n")
        await djtui.sees("sign in and sync in view 4")
        await spotify_library.fill(path)
        await djtui.sees("1 n chooses the base")
        await djtui.press("escape", "n")
        await djtui.sees("Which playlist is the base?", "not readable", "Liked songs")
        await djtui.type("friday")
        await djtui.press("enter")
        await djtui.sees("Friday (base) · 5 rows", "No child yet: n makes one", "left out: 1 there twice")
        assert {cell_len(line) for line in djtui.lines} == {80}


# -- building --------------------------------------------------------------------------------------


async def test_a_child_by_text_and_one_by_form(synced: Path, opened: Opened) -> None:
    async with another(synced) as library, library.writing() as tx:
        await routes.add_base(tx, BASE)
    async with at(synced, opened) as djtui:
        await djtui.press("n")
        await djtui.sees("A new child of Friday (base)")
        await djtui.type("Clean")
        await djtui.press("enter")
        await djtui.sees("a playlist on Spotify", "a playlist of the library")
        await djtui.press("s")
        await djtui.until(lambda: isinstance(djtui.app.focused, RuleInput))
        await djtui.sees("+ ", "every song", "4 of 4")
        await djtui.type("explicit:ye")
        await djtui.until(lambda: djtui.text.count("^") == 0 or "explicit" in djtui.text)
        await djtui.type("s")
        await djtui.sees("0 of 4", "in no child", "explicit no")
        assert [child.rule for child in await children(djtui)] == [""], "nothing is kept while one types"
        await djtui.press("enter")
        await djtui.until(lambda: view(djtui).child and view(djtui).child.rule)  # type: ignore[union-attr]
        await djtui.press("n")
        await djtui.type("Later")
        await djtui.press("enter")
        await djtui.sees("Where is Later?")
        await djtui.press("l")
        await djtui.until(lambda: isinstance(djtui.app.focused, RuleInput))
        await djtui.press("enter", "t")
        await djtui.sees("The rule of Later", "+ a condition", "takes 4 of 4 songs")
        await djtui.press("enter")
        await djtui.type("duration")
        await djtui.press("enter")
        await djtui.sees("at least", "at most")
        await djtui.type("at least")
        await djtui.press("enter")
        await djtui.type("soon")
        await djtui.press("enter")
        await djtui.sees("duration wants")
        await djtui.press(*["backspace"] * 4, *"3:05", "enter")
        await djtui.sees("duration:>=3:05", "takes 2 of 4 songs")
        await djtui.press("s")
        await djtui.until(lambda: len(view(djtui).facts.families[1].children) == 2)
        made = [(it.name, it.rule, it.kind) for it in await children(djtui)]
        assert made == [("Clean", "explicit:yes", "spotify"), ("Later", "duration:>=3:05", "local")]
        await djtui.sees("library · new")


async def test_children_say_what_would_become_of_them(based: Path, opened: Opened) -> None:
    async with at(based, opened) as djtui:
        await djtui.sees("Liked songs · 200 rows", "[Liked songs] > Short", "writes", "reads · about")
        said = rows(djtui)
        assert [said[1], said[2]] == ["Short 40 -19", "Clean new 0 +171"]
        assert said[3] == "Here library · new 0 +4 ? 191"
        assert said["nowhere"].startswith("in no child")
        assert said["several"].startswith("in several")
        await djtui.press("j", "j")
        await djtui.sees("needs bpm: of the files in your library; unknown for 191 of 200")
        await djtui.press("j", "j")
        await djtui.sees("In several children", "in Short, Clean")


async def test_a_mistake_is_pointed_at_and_stays_to_be_mended_and_esc_puts_the_rule_back(
    based: Path, opened: Opened
) -> None:
    async with at(based, opened) as djtui:
        await djtui.press("e", *" bmp:3")
        await djtui.sees("^^^", "Did you mean bpm?")
        await djtui.press("escape")
        await djtui.until(lambda: view(djtui).query_one(RuleLine).text == "duration:..3:20")
        assert "^^^" not in djtui.text
        await djtui.press("e", *" bmp:3", "enter")
        await djtui.sees("^^^", "Did you mean bpm?")
        assert view(djtui).query_one(RuleLine).text == "duration:..3:20 bmp:3"
        assert isinstance(djtui.app.focused, RuleInput)
        assert (await children(djtui))[0].rule == "duration:..3:20"
        await djtui.press(*["backspace"] * 6, "enter")
        await djtui.until(lambda: not isinstance(djtui.app.focused, RuleInput))
        await djtui.press("e", *" bmp:3", "tab")
        await djtui.sees("This is not a rule")
        assert (await children(djtui))[0].rule == "duration:..3:20"
        assert view(djtui).query_one(RuleLine).text == "duration:..3:20"


async def test_why_for_a_song_and_what_is_said_of_it(based: Path, opened: Opened) -> None:
    async with at(based, opened) as djtui:
        songs = view(djtui).query_one(SongRows)
        songs.focus()
        await djtui.until(lambda: songs.told)
        uri = songs.uri
        await djtui.press("enter")
        await djtui.sees("Short", "Clean", "Here", "explicit")
        await djtui.press("escape", "x")
        await djtui.until(lambda: view(djtui).child.exceptions)  # type: ignore[union-attr]
        assert (await children(djtui))[0].exceptions == {uri: False}
        await djtui.until(lambda: songs.told and "you said never" in songs.told.why.text)
        await djtui.press("full_stop")
        await djtui.until(lambda: not view(djtui).child.exceptions)  # type: ignore[union-attr]


async def test_children_are_changed_moved_and_forgotten(based: Path, opened: Opened) -> None:
    async with at(based, opened) as djtui:
        await djtui.press("J")
        await djtui.until(lambda: list(rows(djtui))[:2] == [2, 1])
        assert view(djtui).child.name == "Short"  # type: ignore[union-attr]
        await djtui.press("r")
        await djtui.sees("unknown songs", "left out", "no: left as it is")
        await djtui.press("down", *["backspace"] * 3, *"rev", "down", *["backspace"] * 3, *"no", "enter")
        await djtui.until(lambda: "off" in rows(djtui)[1])
        changed = next(it for it in await children(djtui) if it.name == "Short")
        assert (changed.unknown, changed.active) == ("review", False)
        await djtui.press("delete")
        await djtui.sees("Forget [Liked songs] > Short?")
        await djtui.press("y")
        await djtui.until(lambda: 1 not in rows(djtui))


async def test_a_base_gets_a_schedule_and_is_forgotten(based: Path, opened: Opened) -> None:
    async with at(based, opened, size=(80, 24)) as djtui:
        assert not view(djtui).query_one("#bases").display
        await djtui.press("b")
        await djtui.sees("Bases", "Liked songs")
        assert isinstance(djtui.app.focused, BaseRows)
        await djtui.press("r")
        await djtui.sees("every (min)", "on change")
        await djtui.press(*"60", "down", *["backspace"] * 2, *"yes", "enter")
        await djtui.sees("auto")
        base = await routes.base(await djtui.app.library(), 1)
        assert (base.every_min, base.on_change) == (60, True)
        await djtui.press("delete")
        await djtui.sees("3 children with rules")
        await djtui.press("y")
        await djtui.sees("One playlist feeds many")
        assert "n new base" in djtui.lines[-1]


# -- applying --------------------------------------------------------------------------------------


async def params(djtui: Session) -> dict[str, Any]:
    """What the newest job was asked for with."""
    text = await djtui.value("SELECT params FROM job ORDER BY id DESC LIMIT 1")
    return dict(json.loads(text))


async def test_apply_asks_and_then_the_base_is_held(based: Path, opened: Opened) -> None:
    async with at(based, opened) as djtui:
        await djtui.sees("asks first", "would lose", "of its 40 songs")
        await djtui.press("enter")
        await djtui.sees("Apply Liked songs", "left alone", "written", "about")
        await djtui.press("space")
        await djtui.sees("written all the same")
        await djtui.press("j", "space", "enter")
        await djtui.sees("“Routing Liked songs” is at work", "queued")
        asked = await params(djtui)
        assert (asked["base"], asked["children"], asked["confirmed"]) == (1, [1, 3], [1])
        for word in ("apply", "rule", "form", "new", "forget"):
            assert word not in djtui.lines[-1], djtui.lines[-1]


async def test_while_a_job_is_at_work_its_percent_shows_and_nothing_is_edited(
    based: Path, opened: Opened
) -> None:
    async with another(based) as library, library.writing() as tx:
        await add_job(tx, "running", done=2)
    async with at(based, opened) as djtui:
        await djtui.sees("⟳ 50%", "is at work: nothing can be changed until it ends")
        await djtui.press("e", "n", "enter")
        assert len(djtui.app.screen_stack) == 1
        assert not isinstance(djtui.app.focused, RuleInput)
        with pytest.raises(Refused, match="“Routing Liked songs” is at work"):
            await routing_actions.keep_rule(djtui.app, (await children(djtui))[0], "")


async def test_what_was_changed_by_hand_is_listed_and_kept_or_made_a_rule(
    based: Path, opened: Opened
) -> None:
    async with another(based) as library, library.writing() as tx:
        await add_run(tx, "done")
    async with at(based, opened) as djtui:
        await djtui.sees("! by hand: 2 added", "h shows it", "h by hand")
        await djtui.press("enter")
        await djtui.sees("It was changed by hand since djtui wrote it: 2 added")
        await djtui.press("escape", "h")
        await djtui.sees("[Liked songs] > Short was changed by hand", "Somebody put in")
        await djtui.press("r")
        await djtui.until(lambda: "OR artist:=" in view(djtui).query_one(RuleLine).text)
        await djtui.press("escape", "h")
        await djtui.sees("Somebody put in")
        await djtui.press("k")
        await djtui.until(lambda: len(view(djtui).child.exceptions) == 2)  # type: ignore[union-attr]
        assert set((await children(djtui))[0].exceptions.values()) == {True}
        await djtui.until(lambda: "! by hand" not in "\n".join(djtui.lines))
        await djtui.press("enter")
        await djtui.sees("Apply Liked songs")
        assert "It was changed by hand" not in "\n".join(djtui.lines)


async def test_runs_are_kept_undone_and_tried_again(based: Path, opened: Opened) -> None:
    async with another(based) as library, library.writing() as tx:
        await add_run(tx, "done")
        await add_run(tx, "partial", child=2, write="failed", error="Spotify was away.")
    async with at(based, opened) as djtui:
        await djtui.sees("✗ failed", "f retry", "w runs", "U undo run")
        await djtui.press("w")
        await djtui.sees("Runs over Liked songs", "200 songs of the base", "12 requests")
        await djtui.press("enter")
        await djtui.sees("Run 2", "Clean", "+38 -0", "Spotify was away.")
        await djtui.press("escape", "f")
        await djtui.sees("queued")
        assert (await params(djtui))["retry"] == ["[Liked songs] > Clean"]
        await djtui.app.library()
    async with another(based) as library, library.writing() as tx:
        await tx.execute("UPDATE job SET state = 'cancelled' WHERE state = 'queued'")
    async with at(based, opened) as djtui:
        await djtui.press("U")
        await djtui.sees("Undo run 2 over Liked songs", "put them back")
        await djtui.press("y")
        await djtui.sees("Undoing routing")
        assert (await params(djtui))["run"] == 2
    async with another(based) as library, library.writing() as tx:
        await tx.execute("UPDATE job SET state = 'cancelled' WHERE state = 'queued'")
    async with at(based, opened) as djtui:
        await djtui.press("6")
        await djtui.sees("Clean  +38 -0, 0 kept", "The playlists can be put back")
        await djtui.press("j", "u")
        await djtui.sees("Undo “Routing”?")
        await djtui.press("y")
        await djtui.until(lambda: any(job.kind == "route-undo" for job in djtui.app.jobs))
        assert (await params(djtui))["run"] == 1


async def test_everything_fits_into_80_by_24(based: Path, opened: Opened) -> None:
    async with at(based, opened, size=(80, 24)) as djtui:
        await djtui.sees("Liked songs · 200 rows", "rule duration:..3:20", "about", "enter apply")
        await djtui.until(lambda: "duration" in djtui.lines[14])
        assert {cell_len(line) for line in djtui.lines} == {80}
        await djtui.press("enter")
        await djtui.sees("enter apply · ␣ another answer")
        await djtui.press("escape", "t")
        await djtui.sees("The rule of Short", "at most", "3:20")
        assert {cell_len(line) for line in djtui.lines} == {80}
