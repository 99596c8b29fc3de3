"""The command line as a script sees it: exit codes, one line on stderr, JSON that programs can read."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from djtui.demo.collection import write_collection

Run = Callable[..., subprocess.CompletedProcess[str]]


def djtui(library: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "djtui", "--library", str(library), *arguments],
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip


def result(finished: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The last JSON line."""
    fields: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return fields


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with 300 made-up tracks, imported by the real program."""
    folder = tmp_path_factory.mktemp("cli")
    write_collection(folder / "collection.nml", 300)
    finished = djtui(folder / "library.db", "--json", "traktor", "import", str(folder / "collection.nml"))
    assert finished.returncode == 0, finished.stderr
    assert result(finished)["entries"] == 300
    return folder / "library.db"


@pytest.fixture
def library(imported: Path, tmp_path: Path) -> Path:
    """A copy of it that may be changed."""
    with sqlite3.connect(imported) as connection:
        connection.execute("PRAGMA wal_checkpoint (TRUNCATE)")
    return Path(shutil.copy(imported, tmp_path / "library.db"))


def test_progress_and_result_are_one_json_object_a_line(imported: Path) -> None:
    finished = djtui(imported, "--json", "traktor", "import", str(imported.parent / "collection.nml"))
    events = [json.loads(line) for line in finished.stdout.splitlines()]
    assert events[-1]["event"] == "result"
    assert events[-1]["ok"] is True
    names = "entries added updated unchanged conflicts missing_files playlists cues"
    assert set(names.split()) <= set(events[-1])
    assert all({"job", "phase", "done", "total"} <= set(event) for event in events[:-1])


def test_search_finds_counts_and_spells_keys(library: Path) -> None:
    found = result(djtui(library, "--json", "search", "bpm:124..128", "--sort", "bpm", "--limit", "5"))
    assert found["count"] >= len(found["tracks"]) == 5
    assert [track["bpm"] for track in found["tracks"]] == sorted(track["bpm"] for track in found["tracks"])
    assert {"id", "title", "artist", "album", "bpm", "key", "camelot", "rating", "path", "missing"} <= set(
        found["tracks"][0]
    )
    assert "unknown" in found


def test_a_mistake_in_a_query_is_wrong_use_and_pointed_at(library: Path) -> None:
    finished = djtui(library, "search", "bmp:120")
    assert finished.returncode == 2
    assert "^^^" in finished.stderr
    assert "Did you mean bpm?" in finished.stderr


def test_editing_several_tracks_wants_a_yes_and_shows_examples(library: Path) -> None:
    finished = djtui(library, "edit", "bpm:100..", "genre=Test")
    assert finished.returncode == 2
    assert "--yes" in finished.stderr
    assert finished.stderr.count("\n  ") == 6
    assert result(djtui(library, "--json", "search", "genre:=test"))["count"] == 0


def test_an_edit_is_in_the_history_and_comes_back_with_undo(library: Path) -> None:
    edited = result(djtui(library, "--json", "edit", "id:7", "genre=Test", "rating=5"))
    assert edited["changed"] == 1
    changes = result(djtui(library, "--json", "history"))["changes"]
    assert {"id", "at", "kind", "title", "items", "undone"} <= set(changes[0])
    assert changes[0]["id"] == edited["change"]
    undone = result(djtui(library, "--json", "undo"))
    assert (undone["undone"], undone["refused"]) == (1, [])
    assert result(djtui(library, "--json", "search", "genre:=test"))["count"] == 0
    assert result(djtui(library, "--json", "redo"))["undone"] == 1
    assert result(djtui(library, "--json", "search", "genre:=test"))["count"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("edit", "id:7", "filesize=3"), 2, "can be edited"),
        (("edit", "id:7", "bpm=3"), 2, "20 to 400"),
        (("edit", "id:7", "rating=9"), 2, "0 to 5 stars"),
        (("edit", "id:999999", "genre=x"), 1, "Nothing matches"),
        (("search", "x", "--sort", "nothing"), 2, "no field nothing"),
        (("undo", "999"), 1, "no change 999"),
        (("jobs", "watch", "999"), 1, "no job 999"),
        (("traktor", "import", "/nowhere/collection.nml"), 1, "is not there"),
        (("config", "ui.bel"), 1, "Did you mean ui.bell?"),
        (("no-such-command",), 2, "No such command"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_an_exit_code(
    library: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    finished = djtui(library, *arguments)
    assert (finished.returncode, sentence in finished.stderr) == (code, True), finished.stderr
    assert "Traceback" not in finished.stderr


def test_errors_are_json_too(library: Path) -> None:
    finished = djtui(library, "--json", "undo", "999")
    assert result(finished) == {"event": "error", "message": "There is no change 999 in the history."}


def test_a_library_that_cannot_be_read_is_a_sentence_for_every_command(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(b"no database " * 1000)
    for arguments in (("search", "x"), ("history",), ("jobs",), ("stats",), ("playlists",)):
        finished = djtui(path, *arguments)
        assert finished.returncode == 1
        assert "not a djtui library" in finished.stderr
        assert "Traceback" not in finished.stderr


def test_a_file_with_bad_entries_ends_with_3_and_lists_them(tmp_path: Path) -> None:
    path = tmp_path / "collection.nml"
    write_collection(path, 20)
    path.write_text(path.read_text().replace("</LOCATION>", "", 1))
    finished = djtui(tmp_path / "library.db", "traktor", "import", str(path))
    assert finished.returncode == 3, finished.stderr
    assert "19 entries" in finished.stdout
    assert "not read" in finished.stdout


def test_hostile_titles_are_printed_harmlessly(library: Path) -> None:
    djtui(library, "edit", "id:7", "title=\x1b[31mred\x07")
    assert "\x1b" not in djtui(library, "search", "id:7").stdout
    assert "\x1b" not in djtui(library, "history").stdout


def test_the_demo_runs_without_a_terminal_and_leaves_nothing(tmp_path: Path) -> None:
    finished = djtui(tmp_path / "mine.db", "--json", "demo", "--tracks", "200")
    assert finished.returncode == 0, finished.stderr
    assert result(finished)["entries"] == 200
    assert not (tmp_path / "mine.db").exists()


def test_the_demo_takes_nothing_of_the_djs_settings_but_how_things_look(tmp_path: Path) -> None:
    config = tmp_path / "mine.toml"
    config.write_text('[traktor]\nauto = true\ncollection = "/mine.nml"\n[ui]\nkey_notation = "open"\n')
    djtui(
        tmp_path / "mine.db",
        "--config",
        str(config),
        "demo",
        "--tracks",
        "20",
        "--keep",
        str(tmp_path / "demo"),
    )
    kept = (tmp_path / "demo" / "config.toml").read_text(encoding="utf-8")
    assert '\nkey_notation = "open"' in kept
    assert "/mine.nml" not in kept
    assert "\nauto = true" not in kept


def test_the_screens_want_a_terminal(library: Path) -> None:
    finished = djtui(library)
    assert finished.returncode == 2
    assert "need a terminal" in finished.stderr


def test_every_command_explains_itself_and_stands_in_the_readme() -> None:
    from djtui.cli import _COMMANDS

    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    for name in _COMMANDS:
        assert f"djtui {name}" in readme, name


def test_doctor_finds_a_sound_library_sound_and_a_broken_one_broken(library: Path) -> None:
    finished = djtui(library, "--json", "doctor", "--backup")
    assert finished.returncode == 0
    assert all(check["ok"] for check in result(finished)["checks"])
    assert list(library.parent.glob("library.db.backup-*"))
    with library.open("r+b") as file:
        file.seek(4096 * 5)
        file.write(b"\xff" * 4096 * 20)
    finished = djtui(library, "--json", "doctor")
    assert finished.returncode == 1
    assert any("newest backup" in check["detail"] for check in result(finished)["checks"])
