"""`djtui scan` as a script and as a DJ at a terminal see it."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from djtui.cli import run
from tests.cli.conftest import Terminal
from tests.files.sounds import made
from tests.files.test_scanning import retag, song, state

Djtui = Callable[..., "tuple[int, dict[str, Any], str]"]


@pytest.fixture
def djtui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Djtui:
    """The program with --json: exit code, last line, everything."""
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))

    def call(*arguments: object) -> tuple[int, dict[str, Any], str]:
        own = ["djtui", "--library", str(tmp_path / "library.db"), "--json", *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", own)
        with pytest.raises(SystemExit) as ended:
            run()
        out, err = capsys.readouterr()
        last: dict[str, Any] = json.loads(out.splitlines()[-1])
        return int(ended.value.code or 0), last, out + err

    return call


@pytest.fixture
def music(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        song(tmp_path / "music" / name, f"{name}.flac", name, artist="Bicep")
    return tmp_path / "music"


def test_a_scan_counts_what_it_found_and_undo_takes_it_back(djtui: Djtui, music: Path) -> None:
    code, result, _ = djtui("scan", music, "--no-analysis")
    names = ("found", "added", "updated", "unchanged", "missing", "failed")
    assert (code, [result[name] for name in names]) == (0, [2, 2, 0, 0, 0, 0])
    retag(music / "one/one.flac", title="New")
    (music / "two/two.flac").unlink()
    (music / "bad.mp3").touch()
    code, result, _ = djtui("scan")
    assert (code, [result[name] for name in names]) == (3, [2, 0, 1, 0, 1, 1])
    assert result["failures"] == [{"item": str(music / "bad.mp3"), "reason": "The file is empty."}]
    assert djtui("search", "missing:yes")[1]["count"] == 1
    assert djtui("undo")[0] == 0
    assert djtui("search", "title:one")[1]["count"] == 1


def test_a_dry_run_touches_no_file_and_no_track(djtui: Djtui, music: Path) -> None:
    before = state(music)
    code, result, _ = djtui("scan", music, "--dry-run")
    assert (code, result["added"], result["dry_run"]) == (0, 2, True)
    assert state(music) == before
    assert djtui("search", "")[1]["count"] == 0


def test_no_folder_and_none_that_is_there_are_clear_lines(djtui: Djtui, tmp_path: Path) -> None:
    code, error, _ = djtui("scan")
    assert (code, error["message"]) == (2, "Name a folder: no folder was scanned before.")
    code, error, _ = djtui("scan", tmp_path / "usb")
    assert code == 1
    assert error["message"] == f"There is no folder {tmp_path / 'usb'}. Is its drive there?"


def test_a_large_folder_is_announced_and_a_script_is_not_held_up(
    djtui: Djtui, music: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[warn]\nfiles = 2\ncritical = 3\n")
    code, result, said = djtui("--config", config, "scan", music)
    assert (code, result["added"]) == (0, 2)
    assert '"event": "warning", "level": "warning", "files": 2' in said
    assert "warning" not in djtui("--config", config, "scan", music)[2]
    (music / "three.flac").write_bytes(made("flac"))
    assert '"critical"' in djtui("--config", config, "scan", *music.iterdir())[2]


def test_watching_is_remembered(djtui: Djtui, music: Path, tmp_path: Path) -> None:
    djtui("scan", music, "--watch")
    with sqlite3.connect(tmp_path / "library.db") as connection:
        assert connection.execute("SELECT path, watched FROM scan_folder").fetchall() == [(str(music), 1)]
    djtui("scan", music, "--unwatch")
    with sqlite3.connect(tmp_path / "library.db") as connection:
        assert connection.execute("SELECT watched FROM scan_folder").fetchone() == (0,)


def test_at_a_terminal_a_dj_may_choose_a_subfolder_instead(
    at_terminal: Terminal, music: Path, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text("[warn]\nfiles = 1\n")
    code, said = at_terminal("scan", music, answers={"What?": "s", "Which?": "2"})
    assert code == 0
    assert "only a subfolder" in said
    assert "1 file: 1 added" in said
