"""What was played, from the command line."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from djtui.cli import run
from tests.traktor.nml_text import entry, nml, written
from tests.traktor.test_history_file import SATURDAY, TWO, data, history, play

Djtui = Callable[..., "tuple[int, str, str]"]


@pytest.fixture
def djtui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Djtui:
    """The program: exit code, stdout, stderr."""
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))

    def call(*arguments: object) -> tuple[int, str, str]:
        own = ["djtui", "--library", str(tmp_path / "library.db"), *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", own)
        with pytest.raises(SystemExit) as ended:
            run()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call


def result(ended: tuple[int, str, str]) -> dict[str, Any]:
    """The last JSON line of a command that did its work."""
    code, out, err = ended
    assert code == 0, out + err
    fields: dict[str, Any] = json.loads(out.splitlines()[-1])
    return fields


@pytest.fixture
def traktor(tmp_path: Path) -> Path:
    """Traktor's folder: a collection of one track, and a history that also played another."""
    folder = tmp_path / "Traktor 3.5.0"
    (folder / "History").mkdir(parents=True)
    written(folder, nml(entry()))
    plays = (
        play(extended=data(time=86000)),
        play(TWO, data(SATURDAY, 3600, deck=1)),
        play(extended=data(SATURDAY, 7200, public=0)),
    )
    text = history(*plays, entries=(entry("two.mp3", attributes='TITLE="Two" ARTIST="\u202eEve"'),))
    written(folder / "History", text, "history_2019y10m18d_23h50m00s.nml")
    return folder


def test_from_history_files_to_a_playlist(djtui: Djtui, traktor: Path) -> None:
    code, _, err = djtui("traktor", "history")
    assert (code, err) == (
        2,
        "djtui: No collection is known yet: import it, or name the folder: djtui traktor history FOLDER.\n",
    )
    result(djtui("--json", "traktor", "import", traktor / "collection.nml"))
    counts = {"nights": 1, "plays": 3, "added": 1, "updated": 0, "unknown": 1, "failed": 0}
    assert counts.items() <= result(djtui("--json", "traktor", "history")).items()
    code, out, _ = djtui("traktor", "history", traktor / "History")
    assert (code, out.splitlines()[0]) == (0, "1 night with 3 plays: 0 added, 0 updated.")

    (night,) = result(djtui("--json", "nights"))["nights"]
    assert {"id": 1, "started": "2019-10-18T23:53:20", "plays": 3, "public": 2, "known": 2}.items() <= (
        night.items()
    )
    _, out, _ = djtui("nights", "list")
    assert out.splitlines()[1].split() == ["1", "2019-10-18", "23:53", "3", "2", "0:08", "h", "1"]

    _, out, _ = djtui("nights", "show", 1)
    assert out.splitlines() == [
        "2019-10-18 23:53: 3 plays, 2 public, 0:08 h of music",
        "                    At  Deck  Long  Heard  Track",
        "1  2019-10-18 23:53:20     1  4:00  yes    Ada - One",
        "2  2019-10-19 01:00:00     2  4:00  yes     Eve - Two (not in the library)",
    ]
    assert len(result(djtui("--json", "nights", "show", 1, "--all"))["plays"]) == 3
    plays = result(djtui("--json", "nights", "track", 1))["plays"]
    assert [(it["at"], it["public"]) for it in plays] == [
        ("2019-10-19T02:00:00", False),
        ("2019-10-18T23:53:20", True),
    ]

    made = result(djtui("--json", "nights", "playlist", 1, "--all", "--name", "Closing"))
    assert (made["tracks"], made["unknown"]) == (2, 1)
    (crate,) = [it for it in result(djtui("--json", "playlists"))["playlists"] if it["path"] == "Closing"]
    assert (crate["id"], crate["items"]) == (made["playlist"], 2)
    result(djtui("--json", "undo", made["change"]))
    assert "Closing" not in djtui("playlists")[1]

    for arguments in (("show", 9), ("playlist", 9), ("track", 9)):
        code, _, err = djtui("nights", *arguments)
        assert code == 1
        assert err.startswith("djtui: There is no ")
    shutil.rmtree(traktor / "History")
    code, _, err = djtui("traktor", "history")
    assert code == 1
    assert "is not there; name the folder" in err


def test_a_file_that_is_no_history_is_listed_and_the_others_are_in(djtui: Djtui, traktor: Path) -> None:
    shutil.copy(traktor / "collection.nml", traktor / "History" / "a.nml")
    code, out, _ = djtui("traktor", "history", traktor)
    assert code == 3
    assert out.startswith("1 night with 3 plays: 1 added, 0 updated.\n")
    assert f"not read: a.nml: {traktor / 'History' / 'a.nml'} is not a history" in out


def test_before_anything_was_played_the_list_says_what_to_do(djtui: Djtui, tmp_path: Path) -> None:
    result(djtui("--json", "traktor", "import", written(tmp_path, nml(entry()))))
    assert djtui("nights")[1] == "None yet: djtui traktor history.\n"


@pytest.mark.parametrize("command", [("traktor", "history"), ("nights",), ("nights", "playlist")])
def test_the_help_shows_examples(djtui: Djtui, command: tuple[str, ...]) -> None:
    code, out, _ = djtui(*command, "--help")
    assert code == 0
    assert f"\n  djtui {' '.join(command)}" in out
