"""Editing, cues, playlists and removing from the command line, in the process of the test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from djtui.cli import _run
from djtui.library.database import Library
from tests.making import add_tracks

GRID = (4, 12.5, 0.0, None, "AutoGrid", -1, 124.0, None)
DROP = (0, 64200.0, 0.0, 3, "drop", -1, None, None)

Call = Callable[..., dict[str, Any]]
Refused = Callable[..., tuple[int, str]]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Three tracks: the first with a beat grid and a hotcue."""

    async def make() -> None:
        library = await Library.open(tmp_path / "library.db")
        await add_tracks(
            library,
            [
                {
                    "title": "Opal",
                    "artist": "Bicep",
                    "bpm": 124.0,
                    "key": 21,
                    "key_text": "8A",
                    "genre": "House",
                },
                {"title": "Kids", "artist": "Burial", "bpm": 140.0},
                {"title": "Glue", "artist": "Bicep", "bpm": 126.0},
            ],
            cues={0: [GRID, DROP]},
        )
        await library.close()

    asyncio.run(make())
    return tmp_path / "library.db"


@pytest.fixture
def djtui(library: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command that must succeed; its result."""

    def call(*arguments: str, code: int = 0) -> dict[str, Any]:
        assert _run(["--library", str(library), "--json", *arguments]) == code, capsys.readouterr()
        result: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
        return result

    return call


@pytest.fixture
def refused(library: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Run a command that must fail; its exit code and what it says."""

    def call(*arguments: str) -> tuple[int, str]:
        code = _run(["--library", str(library), *arguments])
        return code, capsys.readouterr().err

    return call


def track(djtui: Call, id: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = djtui("search", f"id:{id}")["tracks"][0]
    return found


def cues(djtui: Call, id: int = 1) -> list[tuple[Any, ...]]:
    found = djtui("cue", "list", f"id:{id}")["tracks"][0]["cues"]
    return [(cue["slot"], cue["type"], cue["start"], cue["length"], cue["name"]) for cue in found]


def test_every_field_is_edited_as_it_is_typed(djtui: Call) -> None:
    fields = "color=violet", "key=1A", "bpm=125.125", "rating=4", "released=2020-05", "locked=yes"
    assert djtui("edit", "id:1", *fields, "track_number=7", "title=Opal II")["changed"] == 1
    found = track(djtui)
    changed = ("color", "camelot", "key_text", "bpm", "rating", "released", "year")
    assert [found[name] for name in changed] == [6, "1A", "1A", 125.125, 4, "2020-05", 2020]
    assert (found["locked"], found["track_number"], found["title"]) == (True, 7, "Opal II")
    assert djtui("history")["changes"][0]["title"].startswith("color = violet, key = 1A, bpm = 125.125")
    djtui("undo")
    assert (track(djtui)["key_text"], track(djtui)["bpm"], track(djtui)["year"]) == ("8A", 124.0, None)


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("color=pink", "red, orange"),
        ("key=Z", "8A, Am or 1m"),
        ("bpm=1000", "20 to 400"),
        ("cues=x", "can be edited"),
        ("released=June", "2025-06-01"),
    ],
)
def test_a_wrong_value_is_a_sentence(refused: Refused, assignment: str, sentence: str) -> None:
    code, said = refused("edit", "id:1", assignment)
    assert (code, sentence in said) == (2, True), said


def test_deleting_wants_a_yes_even_for_one(djtui: Call, refused: Refused) -> None:
    code, said = refused("delete", "id:1")
    assert code == 2
    assert "1 track would leave the library:\n  Bicep - Opal\nSay --yes to remove it." in said
    djtui("playlist", "create", "Friday")
    djtui("playlist", "add", "Friday", "artist:bicep")
    assert djtui("delete", "artist:bicep", "--yes")["removed"] == 2
    assert djtui("playlist", "list", "Friday")["items"] == []
    assert djtui("undo")["undone"] == 2
    assert [item["track"]["title"] for item in djtui("playlist", "list", "Friday")["items"]] == [
        "Opal",
        "Glue",
    ]


def test_cues_are_set_moved_and_deleted(djtui: Call) -> None:
    grid = (None, "grid", 12.5, 0.0, "AutoGrid")
    djtui("cue", "set", "id:1", "3", "--name", "big drop", "--slot", "5")
    assert cues(djtui) == [grid, (5, "cue", 64200.0, 0.0, "big drop")]
    djtui("cue", "set", "id:1", "+", "--at", "0:32", "--type", "loop", "--length", "4000")
    djtui("cue", "set", "id:1", "2", "--at", "0:01.5")
    assert cues(djtui)[2:] == [(1, "loop", 32000.0, 4000.0, None), (2, "cue", 1500.0, 0.0, None)]
    djtui("cue", "delete", "id:1", "2", "5")
    djtui("cue", "delete", "id:1", "--at", "0:32")
    assert cues(djtui) == [grid]
    for _ in range(5):
        djtui("undo")
    assert cues(djtui) == [grid, (3, "cue", 64200.0, 0.0, "drop")]


def test_a_cue_that_does_not_fit_is_a_sentence(djtui: Call, refused: Refused) -> None:
    djtui("cue", "set", "id:1", "1", "--at", "0:01")
    for arguments, code, sentence in (
        (("set", "id:1", "3", "--slot", "1"), 1, "Hotcue 1 is taken"),
        (("set", "id:1", "4", "--name", "x"), 1, "Say with --at where hotcue 4"),
        (("set", "id:1", "9", "--name", "x"), 2, "hotcues 1 to 8"),
        (("set", "id:1", "3", "--at", "soon"), 2, "is no time"),
        (("set", "id:1", "3"), 2, "Say what to change"),
        (("delete", "id:1", "7"), 1, "no such cue"),
        (("delete", "id:1"), 2, "Say which"),
    ):
        said = refused("cue", *arguments)
        assert (said[0], sentence in said[1]) == (code, True), said


def test_one_change_of_cues_covers_the_tracks_that_it_fits(djtui: Call, refused: Refused) -> None:
    assert refused("cue", "set", "artist:bicep", "3", "--name", "x")[0] == 2
    result = djtui("cue", "set", "artist:bicep", "3", "--name", "x", "--yes", code=3)
    assert (result["changed"], [one["item"] for one in result["refused"]]) == (1, ["Bicep - Glue (id 3)"])


def test_playlists_are_named_by_their_path(djtui: Call) -> None:
    assert djtui("playlist", "create", "Gigs", "--folder")["id"] == 1
    assert djtui("playlist", "create", "Gigs/AC//DC")["change"] == 2
    djtui("playlist", "create", "Gigs/Peak", "--query", "bpm:>=126")
    djtui("playlist", "rename", "Gigs/AC//DC", "Friday")
    djtui("playlist", "move", "Gigs/Peak", "Gigs", "--position", "1")
    djtui("playlist", "move", "id:2", "/", "--position", "1")
    paths = [one["path"] for one in djtui("playlists")["playlists"]]
    assert paths == ["Friday", "Gigs", "Gigs/Peak"]
    assert [item["track"]["id"] for item in djtui("playlist", "list", "Gigs/Peak")["items"]] == [2, 3]
    assert djtui("playlist", "rename", "Gigs", "Gigs")["change"] is None


def test_tracks_are_put_into_a_playlist_and_taken_out(djtui: Call) -> None:
    djtui("playlist", "create", "Friday")
    assert djtui("playlist", "add", "Friday", "artist:bicep")["added"] == 2
    assert djtui("playlist", "add", "Friday", "bpm:any")["added"] == 1
    assert djtui("playlist", "add", "Friday", "id:1", "--again")["added"] == 1
    result = djtui("playlist", "remove", "Friday", "id:1")
    assert (result["removed"], result["change"]) == (2, 5)
    assert [item["track"]["id"] for item in djtui("playlist", "list", "Friday")["items"]] == [3, 2]
    assert djtui("undo")["undone"] == 1


def test_a_full_folder_is_deleted_after_a_yes(djtui: Call, refused: Refused) -> None:
    djtui("playlist", "create", "Gigs", "--folder")
    djtui("playlist", "create", "Gigs/Friday")
    code, said = refused("playlist", "delete", "Gigs")
    assert (code, "holds 1:\n  Gigs/Friday\nSay --yes" in said) == (2, True), said
    assert djtui("playlist", "delete", "Gigs", "--yes")["deleted"] == 2
    assert djtui("playlists")["playlists"] == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("create", "Nowhere/Friday"), "no playlist or folder Nowhere"),
        (("create", "/"), "wants a name"),
        (("create", "Peak", "--query", "bmp:1"), "Did you mean bpm?"),
        (("add", "Friday", "id:1"), "no playlist or folder Friday"),
        (("list", "id:4"), "number 4"),
    ],
)
def test_what_is_wrong_with_a_playlist_is_one_sentence(
    refused: Refused, arguments: tuple[str, ...], sentence: str
) -> None:
    code, said = refused("playlist", *arguments)
    assert (code, sentence in said, said.count("\n")) == (1, True, 1), said


@pytest.mark.parametrize(
    "command",
    ["edit", "delete", "cue list", "cue set", "cue delete",
     *(f"playlist {name}" for name in "create rename move delete add remove list".split())],
)  # fmt: skip
def test_help_shows_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run([*command.split(), "--help"]) == 0
    assert capsys.readouterr().out.count(f"djtui {command} ") >= 1 + (command != "playlist rename")
