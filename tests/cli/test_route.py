"""Routing on the command line, against the stand-in: made, looked at, applied, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from djtui.demo.spotify import Playlist, Quota, StandIn, World
from djtui.demo.spotify_music import Row
from djtui.routing import updating
from tests.cli.test_cli import result
from tests.cli.test_spotify import Home, at_a_terminal

RULE = "explicit:no"
SONG = "spotify:track:4uLU6hMCjMI75M1A2tKUQ"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A DJ with a base of 30 songs on Spotify, synced. What is written is seen there at once."""
    monkeypatch.setattr(updating, "LOOKS_S", (0.0, 0.1, 0.2))
    with StandIn(World.generated(5, liked=60, artists=20, albums=25, playlists=2, rows=40)) as stand_in:
        world = stand_in.world
        rows = [Row(world.track(number), "2026-01-01T00:00:00Z", world.me) for number in range(30)]
        world.create("Friday", public=False, rows=rows)
        home = Home(tmp_path, stand_in)
        home.sign_in()
        assert home("spotify", "sync").returncode == 0
        yield home


def told(home: Home, *arguments: str, code: int = 0) -> dict[str, Any]:
    finished = home("--json", "route", *arguments)
    assert finished.returncode == code, finished.stdout + finished.stderr
    return result(finished)


def on_spotify(home: Home, name: str) -> Playlist:
    return next(it for it in home.stand_in.world.playlists if it.name == name)


def test_made_previewed_applied_and_applied_again_without_a_write(home: Home) -> None:
    assert told(home, "create", "Friday")["base"] == 1
    told(home, "create", "Friday", "Clean", RULE)
    told(home, "create", "Friday", "Slow", "bpm:..122", "--unknown", "review")
    seen = told(home, "preview", "Friday")
    clean, slow = seen["children"]
    assert {"name", "add", "remove", "keep", "unknown"} <= set(clean)
    assert (clean["name"], clean["add"], clean["unknown"]) == ("[Friday] > Clean", clean["add"], 0)
    assert (slow["add"], slow["unknown"]) == (0, 30)
    assert "unknown for 30 of 30" in slow["needs"][0]
    assert seen["requests"] > 3
    done = told(home, "apply", "Friday")
    assert {"added", "removed", "kept", "state"} <= set(done["children"][0])
    assert {child["state"] for child in done["children"]} == {"verified"}
    assert len(on_spotify(home, "[Friday] > Clean").rows) == clean["add"]
    assert len(on_spotify(home, "[Friday] > Slow ?").rows) == 30
    assert done["requests"] > 0
    assert done["change"] is not None
    writes = [it for it in home.stand_in.requests if it.method != "GET"]
    again = told(home, "apply", "Friday")
    assert [it for it in home.stand_in.requests if it.method != "GET"] == writes
    assert again["change"] is None


def test_why_says_for_every_song_what_decided(home: Home) -> None:
    told(home, "create", "Friday", "Clean", RULE)
    seen = told(home, "preview", "Friday", "--why", "clean", "--limit", "0")
    assert len(seen["songs"]) == 30
    assert {song["why"] for song in seen["songs"]} == {"because explicit no", "explicit yes"}
    finished = home("route", "preview", "Friday", "--why", "Clean")
    assert "because explicit no" in finished.stdout
    tried = told(home, "preview", "Friday", "Clean", "--rule", "")
    assert tried["children"][0]["add"] == 30


def test_a_mistake_in_a_rule_is_pointed_at_and_nothing_is_made(home: Home) -> None:
    finished = home("route", "create", "Friday", "Slow", "bmp:..122")
    assert finished.returncode == 2
    assert "^^^" in finished.stderr
    assert "Did you mean bpm" in finished.stderr
    assert told(home, "list")["bases"] == []
    assert told(home, "create", "Nothing like that", code=2)["message"].startswith("There is no playlist")
    assert "There is none yet" in told(home, "preview", "Friday", code=2)["message"]


def test_children_are_edited_moved_and_forgotten(home: Home) -> None:
    told(home, "create", "Friday", "--every", "30", "--on-change")
    for name in ("One", "Two"):
        told(home, "create", "friday", name, RULE)
    told(
        home, "edit", "Friday", "Two", "--rule", "explicit:yes", "--position", "1", "--name", "First", "--off"
    )
    told(home, "edit", "Friday", "First", "--never", SONG + "x", "--always", SONG + "y")
    (base,) = told(home, "list", "Friday")["bases"]
    assert (base["every_min"], base["on_change"]) == (30, True)
    first, second = base["children"]
    assert (first["name"], first["rule"], first["active"]) == ("First", "explicit:yes", False)
    assert (first["always"], first["never"], second["name"]) == (1, 1, "One")
    refused = home("route", "edit", "Friday", "--rule", RULE)
    assert refused.returncode == 2
    for what in (("Friday",), ("Friday", "First")):
        nothing = home("route", "edit", *what)
        assert nothing.returncode == 2 and "Say what to change" in nothing.stderr
    asked = home("route", "delete", "Friday")
    assert (asked.returncode, "--yes" in asked.stderr) == (2, True)
    told(home, "delete", "Friday", "First")
    told(home, "delete", "Friday", "--yes")
    assert told(home, "list")["bases"] == []


def test_a_rule_that_is_tried_is_the_one_that_why_explains(home: Home) -> None:
    told(home, "create", "Friday", "Clean", RULE)
    seen = told(home, "preview", "Friday", "Clean", "--rule", "duration:1..2", "--why", "Clean")
    assert "duration" in seen["songs"][0]["why"]


def test_only_a_song_is_always_or_never_in_a_child(home: Home) -> None:
    told(home, "create", "Friday", "Clean", RULE)
    refused = home("route", "edit", "Friday", "Clean", "--always", "nonsense")
    assert refused.returncode == 2 and "'nonsense' is not a song" in refused.stderr
    id = "4uLU6hMCjMI75M1A2tKUQC"
    told(home, "edit", "Friday", "Clean", "--always", f"https://open.spotify.com/intl-de/track/{id}?si=1")
    assert told(home, "list", "Friday")["bases"][0]["children"][0]["always"] == 1
    told(home, "edit", "Friday", "Clean", "--by-rule", f"spotify:track:{id}")
    assert told(home, "list", "Friday")["bases"][0]["children"][0]["always"] == 0


def test_nothing_is_tried_again_where_nothing_was_applied(home: Home) -> None:
    told(home, "create", "Friday", "Clean", RULE)
    refused = home("route", "retry", "Friday")
    assert refused.returncode == 1 and "Friday was never applied" in refused.stderr


def test_what_would_empty_a_child_waits_for_yes_and_retry_does_it(home: Home) -> None:
    told(home, "create", "Friday", "All")
    told(home, "apply", "Friday")
    told(home, "edit", "Friday", "All", "--rule", "explicit:yes explicit:no")
    assert told(home, "preview", "Friday")["children"][0]["asks"]
    asked = told(home, "apply", "Friday", code=3)
    assert asked["children"][0]["state"] == "asking"
    assert len(on_spotify(home, "[Friday] > All").rows) == 30
    told(home, "retry", "Friday", "--yes", "All")
    assert on_spotify(home, "[Friday] > All").rows == ()
    runs = told(home, "history", "Friday")["runs"]
    assert [(run["kind"], run["state"]) for run in runs][:2] == [("retry", "done"), ("apply", "asking")]
    listed = home("route", "history", "Friday").stdout
    assert "asks" in listed and "failed" not in listed
    assert home("route", "history", "Friday", str(runs[0]["id"])).returncode == 0
    nothing = home("route", "retry", "Friday")
    assert (nothing.returncode, "nothing to try again" in nothing.stderr) == (1, True)


def test_a_run_is_taken_back_by_its_number_or_by_the_history(home: Home) -> None:
    told(home, "create", "Friday", "All")
    told(home, "apply", "Friday")
    told(home, "edit", "Friday", "All", "--rule", RULE)
    told(home, "apply", "Friday", "--yes", "All")
    clean = len(on_spotify(home, "[Friday] > All").rows)
    assert clean < 30
    told(home, "undo", "Friday")
    assert len(on_spotify(home, "[Friday] > All").rows) == 30
    change = result(home("--json", "history"))["changes"][0]
    assert change["kind"] == "undo"
    told(home, "apply", "Friday", "--yes", "All", "--hands", "drop")
    assert len(on_spotify(home, "[Friday] > All").rows) == clean
    assert home("undo").returncode == 0, "the history undoes it, too"
    assert len(on_spotify(home, "[Friday] > All").rows) == 30


def test_at_a_terminal_it_asks_before_a_playlist_is_emptied(home: Home) -> None:
    told(home, "create", "Friday", "All")
    told(home, "apply", "Friday")
    told(home, "edit", "Friday", "All", "--rule", "explicit:yes explicit:no")
    with at_a_terminal(home, "route", "apply", "Friday") as terminal:
        terminal.until("would lose all of its 30 songs. Write it? [y/N]")
        terminal.type("n\r")
        terminal.until("asks")
        assert terminal.ended() == 3
    assert len(on_spotify(home, "[Friday] > All").rows) == 30


def test_what_was_changed_by_hand_is_told_and_kept_if_wanted(home: Home) -> None:
    told(home, "create", "Friday", "Clean", RULE)
    told(home, "apply", "Friday")
    playlist, world = on_spotify(home, "[Friday] > Clean"), home.stand_in.world
    kept = len(playlist.rows)
    world.add(playlist, [world.track(45).uri])
    asked = told(home, "apply", "Friday", code=3)
    assert "changed by hand" in asked["children"][0]["error"]
    told(home, "apply", "Friday", "--hands", "keep")
    assert len(playlist.rows) == kept + 1


def test_a_quota_ends_with_75_and_the_next_apply_goes_on(home: Home) -> None:
    told(home, "create", "Friday", "Clean", RULE)
    home.stand_in.limits.quota = Quota(1)
    finished = home("route", "apply", "Friday")
    assert finished.returncode == 75
    assert "`djtui route apply 'Friday'` goes on then" in finished.stderr


def test_the_same_rule_fills_a_playlist_of_the_library(home: Home) -> None:
    told(home, "create", "Friday", "Here", "--local")
    local = told(home, "preview", "Friday")["children"][0]
    assert (local["add"], local["missing"]) == (0, 30)
    done = told(home, "apply", "Friday")
    assert done["children"][0]["state"] == "verified"
    names = [it["path"] for it in result(home("--json", "playlists"))["playlists"]]
    assert "[Friday] > Here" in names


def test_several_bases_are_applied_in_one_go(home: Home) -> None:
    told(home, "create", "Friday", "Clean", RULE)
    told(home, "create", "liked", "Clean", RULE)
    told(home, "create", next(it.name for it in home.stand_in.world.playlists if it.name != "Friday"))
    done = told(home, "apply", "--all")  # the base that has no child yet is no hindrance
    assert {child["name"] for child in done["children"]} == {"[Friday] > Clean", "[Liked songs] > Clean"}
    assert len(done["changes"]) == 2
