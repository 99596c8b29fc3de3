"""`djtui traktor map` as a user runs it: where is my music, and how do I say so?"""

from __future__ import annotations

import json
import os
import pty
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.traktor.nml_text import entry, nml, written

Djtui = Callable[..., subprocess.CompletedProcess[str]]
NAMES = [f"{genre}/:{genre} {number}.mp3" for genre in ("Techno", "House") for number in range(10)]


def run(
    library: Path, config: Path, *arguments: str, stdin: int = subprocess.DEVNULL
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "djtui", "--library", str(library), "--config", str(config), *arguments],
        capture_output=True, text=True, stdin=stdin, timeout=60,
    )  # fmt: skip


@pytest.fixture
def djtui(tmp_path: Path) -> Djtui:
    """The program with a library and settings of this test's own."""
    (tmp_path / "config.toml").touch()
    return partial(run, tmp_path / "library.db", tmp_path / "config.toml")


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection whose 20 files lie in `music` beside it, but for two; one more is on a stick."""
    folder = tmp_path_factory.mktemp("map")
    entries = []
    for place, name in enumerate(NAMES):
        genre, _, file = name.partition("/:")
        title = f'TITLE="{file}"'
        entries.append(entry(file, attributes=title, directory=f"/:Users/:Ada/:Music/:{genre}/:"))
        if place % 10:
            path = folder / "music" / genre / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    entries.append(entry("\x7fs.mp3", directory="/:", volume="STICK"))
    (folder / "config.toml").touch()
    finished = run(
        folder / "library.db",
        folder / "config.toml",
        "traktor",
        "import",
        str(written(folder, nml(*entries))),
    )
    assert finished.returncode == 0, finished.stderr
    return folder / "collection.nml"


@pytest.fixture
def collection(imported: Path, tmp_path: Path) -> Path:
    """It, imported into the library of this test."""
    with closing(sqlite3.connect(imported.with_name("library.db"))) as connection:
        connection.execute("PRAGMA wal_checkpoint (TRUNCATE)")
    shutil.copy(imported.with_name("library.db"), tmp_path)
    return imported


def result(finished: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert finished.returncode == 0, finished.stderr
    fields: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return fields


def settings(tmp_path: Path) -> dict[str, str]:
    document = tomllib.loads((tmp_path / "config.toml").read_text())
    table: dict[str, str] = document.get("traktor", {}).get("volumes", {})
    return table


def test_a_collection_that_lies_elsewhere_is_found_mapped_and_imported_again(
    tmp_path: Path, collection: Path, djtui: Djtui
) -> None:
    shown = result(djtui("--json", "traktor", "map"))
    assert [
        {name: each[name] for name in ("volume", "path", "found", "total")} for each in shown["volumes"]
    ] == [
        {"volume": "C:", "path": None, "found": 0, "total": 20},
        {"volume": "STICK", "path": None, "found": 0, "total": 1},
    ]
    assert shown["volumes"][0]["missing"][0] == {
        "location": "C:/Users/Ada/Music/Techno/Techno 0.mp3", "path": None
    }  # fmt: skip

    taken = djtui("--json", "traktor", "map", "--suggest", str(collection.parent), "--yes")
    mapping = {"C:/:Users/:Ada/:Music": f"{collection.parent}/music"}
    assert result(taken)["written"] == mapping == settings(tmp_path)

    again = result(djtui("--json", "traktor", "import", str(collection)))
    assert (again["unchanged"], again["missing_files"]) == (21, 3)
    [track] = result(djtui("--json", "search", "Techno 3"))["tracks"]
    assert track["path"] == f"{collection.parent}/music/Techno/Techno 3.mp3"


def test_a_mapping_is_set_replaced_and_taken_back(tmp_path: Path, collection: Path, djtui: Djtui) -> None:
    done = djtui("traktor", "map", "--set", f"C:/Users/Ada/Music={collection.parent}/music")
    assert "18  20  90 %" in done.stdout
    assert f"(looked for {collection.parent}/music/Techno/Techno 0.mp3)" in done.stdout
    assert "\x7f" not in done.stdout
    said = djtui("traktor", "map", "--set", "c:\\users\\ADA\\music\\=/nowhere/a=b", "--set", "D:=/d")
    assert settings(tmp_path) == {"c:\\users\\ADA\\music\\": "/nowhere/a=b", "D:": "/d"}
    assert "There is no folder /nowhere/a=b now" in said.stderr
    assert "No track of the collection lies in D:." in said.stderr
    assert f"djtui traktor import '{collection}'" in said.stderr
    djtui("traktor", "map", "--unset", "C:/:Users/:Ada/:Music", "--unset", "D:")
    assert settings(tmp_path) == {}


def test_wrong_use_is_said_in_a_sentence_and_changes_nothing(
    tmp_path: Path, collection: Path, djtui: Djtui
) -> None:
    for arguments, sentence in (
        (("--set", "C:=relative"), "like this: --set C:/Music=/srv/music"),
        (("--unset", "C:"), "The settings map no C:."),
        ((str(tmp_path),), "--suggest"),
    ):
        finished = djtui("traktor", "map", *arguments)
        assert finished.returncode == 2
        assert sentence in finished.stderr
    other = djtui("traktor", "map", str(tmp_path / "other.nml"))
    assert other.returncode == 1
    assert "is not imported yet" in other.stderr
    assert settings(tmp_path) == {}


def test_a_mapping_can_be_set_before_the_first_import(tmp_path: Path, djtui: Djtui) -> None:
    assert result(djtui("--json", "traktor", "map", "--set", "C:=/srv"))["volumes"] == []
    assert settings(tmp_path) == {"C:": "/srv"}
    assert djtui("traktor", "map").returncode == 1


def test_at_a_terminal_it_asks_before_it_writes(tmp_path: Path, collection: Path, djtui: Djtui) -> None:
    search = ("traktor", "map", "--suggest", str(collection.parent))
    piped = djtui(*search)
    assert f"C:/:Users/:Ada/:Music = {collection.parent}/music would find 18 of 20" in piped.stdout
    assert "With --yes it is written" in piped.stderr
    assert settings(tmp_path) == {}
    ours, theirs = pty.openpty()
    os.write(ours, b"y\n")
    djtui(*search, stdin=theirs)
    os.close(ours)
    os.close(theirs)
    assert settings(tmp_path) == {"C:/:Users/:Ada/:Music": f"{collection.parent}/music"}
