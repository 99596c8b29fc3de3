"""Duplicates and missing files from the command line, in the process of the test."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from djtui.cli import _run
from tests.cli.conftest import Terminal
from tests.files.sounds import film, made
from tests.traktor.pretending import no_traktor

Call = Callable[..., dict[str, Any]]
Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Two files of one sound, and another."""
    folder = tmp_path / "music"
    folder.mkdir()
    (folder / "a.wav").write_bytes(made("wav"))
    (folder / "b.wav").write_bytes(made("wav"))
    (folder / "c.m4a").write_bytes(film(bytes(range(256)) * 300))
    return folder


@pytest.fixture
def djtui(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run a command; its result."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def call(*arguments: str, code: int = 0) -> dict[str, Any]:
        with no_traktor():
            ended = _run(["--library", str(tmp_path / "library.db"), "--json", *arguments])
        said = capsys.readouterr().out
        assert ended == code, said
        result: dict[str, Any] = json.loads(said.splitlines()[-1])
        return result

    return call


@pytest.fixture
def said(tmp_path: Path, capsys: pytest.CaptureFixture[str], djtui: Call) -> Said:
    """Run a command as a person does: exit code, what it prints, and what it says beside that."""

    def call(*arguments: str) -> tuple[int, str, str]:
        with no_traktor():
            code = _run(["--library", str(tmp_path / "library.db"), *arguments])
        return code, *capsys.readouterr()

    return call


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_duplicates_are_listed_and_merged_and_undone(music: Path, tmp_path: Path, djtui: Call) -> None:
    djtui("scan", str(music))
    (group,) = djtui("duplicates")["groups"]
    assert (group["how"], [Path(track["path"]).name for track in group["tracks"]]) == (
        "exact",
        ["a.wav", "b.wav"],
    )
    assert group["keeper"] == group["tracks"][0]["id"]
    assert (group["reason"], group["tracks"][0]["quality"]) == ("the first of equals", "WAV 48 kHz")
    would = djtui("duplicates", "merge", "--dry-run", "--quick")
    assert (would["merged"], would["would_merge"], names(music)) == (0, 1, ["a.wav", "b.wav", "c.m4a"])
    refused = djtui("duplicates", "merge", "--quick", code=2)
    assert "Say --yes to merge them." in refused["message"]
    merged = djtui("duplicates", "merge", "--yes")
    assert (merged["merged"], names(music)) == (1, ["a.wav", "c.m4a"])
    assert [path.name for path in (tmp_path / "trash").rglob("*.wav")] == ["b.wav"]
    assert djtui("duplicates", "--quick")["groups"] == []
    (newest, *_) = djtui("history")["changes"]
    assert (newest["id"], newest["kind"]) == (merged["change"], "merge")
    assert djtui("undo")["undone"] == 1
    assert names(music) == ["a.wav", "b.wav", "c.m4a"]


def test_the_dj_chooses_which_to_keep(music: Path, djtui: Call, said: Said) -> None:
    djtui("scan", str(music))
    (group,) = djtui("duplicates")["groups"]
    second = group["tracks"][1]["id"]
    code, _, error = said("duplicates", "merge", "999", "--yes", "--quick")
    assert (code, "Track 999 has no duplicates." in error) == (1, True)
    code, text, _ = said("duplicates", "merge", "--keep", str(second), "--yes", "--quick")
    assert code == 0
    assert "1 track merged (change" in text
    assert names(music) == ["b.wav", "c.m4a"]
    code, _, error = said("duplicates", "merge", "--yes", "--quick")
    assert (code, error.strip().splitlines()[-1]) == (1, "djtui: There is nothing to merge.")


def test_the_same_recording_is_merged_when_it_is_asked_for(music: Path, djtui: Call, said: Said) -> None:
    (music / "d.wav").write_bytes(made("wav")[:-4000])
    djtui("scan", str(music))
    djtui("edit", "added:any", "title=Opal", "artist=Bicep", "--yes")
    (group,) = djtui("duplicates")["groups"]
    assert (group["how"], len(group["tracks"])) == ("recording", 4)
    assert "There is nothing to merge" in said("duplicates", "merge", "--yes", "--quick")[2]
    code, text, _ = said("duplicates", "--quick")
    assert (code, text.startswith("1 group: 0 of the same sound, 1 of the same recording.")) == (0, True)
    assert djtui("duplicates", "merge", "--recordings", "--yes", "--quick")["merged"] == 3


def test_missing_files_are_found_again(music: Path, tmp_path: Path, djtui: Call, said: Said) -> None:
    djtui("scan", str(music))
    new = tmp_path / "new"
    os.rename(music, new)
    music.mkdir()
    djtui("scan", str(music))
    code, text, _ = said("relocate", str(new))
    assert (code, text.splitlines()[0]) == (0, "3 found, 0 that may be others, 0 not found.")
    assert "Say --apply to take what is found." in text
    assert "100" in text
    taken = djtui("relocate", str(new), "--apply")
    assert taken["accepted"] == 3
    assert djtui("search", "missing:yes")["count"] == 0
    assert djtui("undo")["undone"] == 3
    assert djtui("search", "missing:yes")["count"] == 3
    shutil.copy(new / "c.m4a", tmp_path / "c.m4a")
    (track,) = djtui("search", "format:m4a")["tracks"]
    assert djtui("relocate", "--accept", str(track["id"]), str(tmp_path / "c.m4a"))["accepted"] == 1
    assert djtui("search", "missing:yes")["count"] == 2


def test_at_a_terminal_what_is_certain_is_shown_and_it_is_asked(
    music: Path, tmp_path: Path, djtui: Call, at_terminal: Terminal
) -> None:
    places = ["--library", str(tmp_path / "library.db")]
    djtui("scan", str(music))
    new = tmp_path / "new"
    os.rename(music, new)
    music.mkdir()
    djtui("scan", str(music))
    at_terminal(*places, "relocate", new, "--apply", answers={"Give 3 tracks the files": "n"})
    assert djtui("search", "missing:yes")["count"] == 3
    code, text = at_terminal(*places, "relocate", new, "--apply", answers={"Give 3 tracks the files": "y"})
    assert code == 0 and "3 tracks found again" in text
    djtui("undo")
    code, text = at_terminal(*places, "relocate", new, "--apply", "--yes", answers={})
    assert code == 0 and "3 tracks found again" in text


def test_relocating_wants_a_folder_or_files(djtui: Call, tmp_path: Path) -> None:
    djtui("scan", str(tmp_path))
    assert "Name a folder" in djtui("relocate", code=2)["message"]
    assert "not both" in djtui("relocate", str(tmp_path), "--accept", "1", "x", code=2)["message"]
    assert "There is no folder" in djtui("relocate", str(tmp_path / "none"), code=1)["message"]
