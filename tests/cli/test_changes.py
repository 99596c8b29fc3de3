"""The history from the command line: what a change touched, and its undoing in whole and in part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from djtui.cli import _run
from tests.cli.test_editing import Call, Refused, djtui, library, refused, track

__all__ = ["djtui", "library", "refused"]

Read = Callable[..., str]


@pytest.fixture
def read(library: Path, capsys: pytest.CaptureFixture[str]) -> Read:
    """What a command that must succeed prints for a person."""

    def call(*arguments: str, code: int = 0) -> str:
        assert _run(["--library", str(library), *arguments]) == code, capsys.readouterr()
        return capsys.readouterr().out

    return call


def genres(djtui: Call) -> list[Any]:
    return [track(djtui, id)["genre"] for id in (1, 2, 3)]


def test_one_change_shows_its_items_and_what_can_go(djtui: Call, read: Read) -> None:
    djtui("edit", "bpm:any", "genre=Acid", "--yes")
    djtui("edit", "id:2", "genre=Dub")
    said = read("history", "1")
    assert "2 of 3 tracks can be undone; 1 stays: genre was changed since." in said
    assert "  Bicep - Opal  genre: House → Acid\n" in said
    assert "  Burial - Kids  genre: unknown → Acid  stays: genre was changed since\n" in said
    shown = djtui("history", "--show", "1", "--limit", "1")
    assert (shown["total"], shown["can"], shown["change"]["kind"]) == (3, 2, "edit")
    assert shown["touched"] == [
        {
            "what": "fields", "id": 1, "track": 1, "name": "Bicep - Opal",
            "fields": {"genre": ["House", "Acid"]}, "said": ["genre: House → Acid"],
            "state": "done", "stays": None,
        }
    ]  # fmt: skip
    assert shown["refused"] == [{"item": "Burial - Kids", "reason": "genre was changed since"}]
    assert "… and 2 more: --limit 0" in read("history", "1", "--limit", "1")


def test_only_some_tracks_are_undone_by_id_and_by_filter(djtui: Call, read: Read) -> None:
    djtui("edit", "bpm:any", "genre=Acid", "--yes")
    assert djtui("undo", "1", "--only", "2")["undone"] == 1
    assert genres(djtui) == ["Acid", None, "Acid"]
    assert djtui("history")["changes"][1] | {"at": ""} == {
        "id": 1, "at": "", "kind": "edit", "title": "genre = Acid", "items": 3, "undone": False,
        "in_part": True,
    }  # fmt: skip
    assert "undone in part" in read("history")
    assert "Burial - Kids  genre: unknown → Acid  (undone)" in read("history", "1")
    assert djtui("undo", "1", "--only", "artist:bicep title:opal", "--only", "3,99")["undone"] == 2
    assert genres(djtui) == ["House", None, None]
    assert djtui("redo", "1", "--only", "3")["undone"] == 1
    assert genres(djtui) == ["House", None, "Acid"]
    assert djtui("redo")["undone"] == 2, "without a number: what was undone last, and is still"


def test_what_cannot_be_undone_so_is_a_sentence(djtui: Call, refused: Refused) -> None:
    djtui("edit", "id:1", "genre=Acid")
    djtui("playlist", "create", "Friday")
    for arguments, sentence in (
        (("undo", "1", "--only", "2"), "touched none of these tracks"),
        (("undo", "7"), "no change 7"),
        (("redo", "1"), "is not undone, so it cannot be redone"),
        (("history", "9"), "no change 9"),
        (("history", "--kind", "renam"), "There are edit, playlist."),
    ):
        code, said = refused(*arguments)
        assert (code in (1, 2), sentence in said, said.count("\n")) == (True, True, 1), said


def test_changes_are_listed_by_kind_and_by_words(djtui: Call) -> None:
    djtui("edit", "id:1", "genre=Acid")
    djtui("playlist", "create", "Friday")
    djtui("undo", "1")
    kinds = [it["kind"] for it in djtui("history")["changes"]]
    assert kinds == ["undo", "playlist", "edit"]
    assert [it["id"] for it in djtui("history", "--kind", "edit")["changes"]] == [1]
    assert [it["id"] for it in djtui("history", "--search", "friday")["changes"]] == [2]
    assert djtui("history", "--kind", "edit", "--search", "friday")["changes"] == []


@pytest.mark.parametrize("command", ["history", "undo", "redo"])
def test_help_shows_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run([command, "--help"]) == 0
    assert capsys.readouterr().out.count(f"djtui {command}") >= 2
