"""What the command line says of a job that a crash cut off, and of names that Traktor does not know."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Call, Said
from tests.files.test_scanning import song
from tests.traktor.test_importing import collection, entry

TOLD = "was cut off in Reading at 2 of 3: djtui jobs resume 1 goes on with it."


@pytest.fixture
def cut_off(tmp_path: Path, djtui: Call) -> sqlite3.Connection:
    """A scan that was cut off, and a newer one that was not."""
    song(tmp_path / "music", "01.flac", "Opal", artist="Bicep")
    djtui("scan", tmp_path / "music", "--no-analysis")
    djtui("scan", tmp_path / "music", "--no-analysis")
    library = sqlite3.connect(tmp_path / "library.db")
    with library:
        library.execute("UPDATE job SET state = 'interrupted' WHERE id = 1")
        library.execute("UPDATE job_phase SET state = 'succeeded' WHERE job_id = 1")
        library.execute(
            "UPDATE job_phase SET state = 'interrupted', name = 'Reading', done = 2, total = 3"
            " WHERE job_id = 1 AND position = 0"
        )
    return library


def test_every_command_says_once_that_a_job_was_cut_off_and_what_goes_on_with_it(
    said: Said, djtui: Call, cut_off: sqlite3.Connection
) -> None:
    code, out, note = said("stats")
    assert code == 0 and TOLD not in out
    assert note.count(TOLD) == 1 and len(note.splitlines()) == 1
    assert said("rename", "{title}")[2].count(TOLD) == 1
    with cut_off:
        cut_off.execute("UPDATE job SET state = 'interrupted'")
    assert "2 jobs were cut off: djtui jobs lists them, djtui jobs resume 1 goes on" in said("stats")[2]
    assert djtui("stats")["tracks"] == 1


def test_the_list_of_jobs_says_it_itself(said: Said, cut_off: sqlite3.Connection) -> None:
    for words in (("jobs",), ("jobs", "list"), ("jobs", "failures", 1)):
        assert "was cut off" not in said(*words)[2]


def test_what_is_not_over_is_listed_first_and_then_what_ran_last(
    djtui: Call, cut_off: sqlite3.Connection, tmp_path: Path
) -> None:
    djtui("scan", tmp_path / "music", "--dry-run")
    assert [job["id"] for job in djtui("jobs", "list")["jobs"]] == [1, 3, 2]
    assert [job["id"] for job in djtui("jobs", "list", "--limit", 1)["jobs"]] == [1]
    with cut_off:
        cut_off.execute("UPDATE job SET finished = '2999-01-01T00:00:00Z' WHERE id = 2")
    assert [job["id"] for job in djtui("jobs", "list")["jobs"]] == [1, 2, 3]


def test_names_that_traktor_does_not_know_are_counted(djtui: Call, said: Said, tmp_path: Path) -> None:
    nml = tmp_path / "collection.nml"
    nml.write_text(collection(entry("a")))
    path = tmp_path / "c/Music/a.mp3"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a")
    djtui("traktor", "import", nml)
    assert "Traktor does not know" not in said("stats")[1]
    djtui("rename", "{artist} {title}", "--apply", "--no-export")
    assert "Traktor does not know 1 new name yet: djtui traktor export tells it." in said("stats")[1]
    assert djtui("stats")["names_unknown_to_traktor"] == 1


def test_a_diff_says_which_tracks_are_new_to_traktor(djtui: Call, said: Said, tmp_path: Path) -> None:
    nml = tmp_path / "collection.nml"
    nml.write_text(collection(entry("a")))
    djtui("traktor", "import", nml)
    song(tmp_path / "c/Music", "01.flac", "Opal", artist="Bicep")
    djtui("scan", tmp_path / "c/Music", "--no-analysis")
    assert (
        "Would change: 1 track (1 new, 0 changed) and 0 playlists."
        in said("traktor", "export", nml, "--dry-run")[1]
    )
