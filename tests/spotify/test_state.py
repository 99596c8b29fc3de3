"""The file beside the library that remembers limits and capabilities."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from djtui.jobs.job import JobError
from djtui.spotify.shared_file import SharedFile
from djtui.spotify.state import State, state_path
from tests.spotify.times import JumpingClock


def facts(state: State) -> list[tuple[str, float]]:
    return state.read(lambda connection: connection.execute("SELECT * FROM fact").fetchall())


def note(state: State, name: str, value: float) -> None:
    def store(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO fact VALUES (?, ?)", (name, value))

    state.write(store)


def test_it_lies_in_the_state_folder_and_is_for_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    state = State.open()
    note(state, "a", 1)
    assert state.path == state_path() and state.path.is_relative_to(tmp_path)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in state.path.parent.iterdir()}
    assert set(modes.values()) == {0o600} and {"spotify.db", "spotify.db-wal"} <= modes.keys()
    assert stat.S_IMODE(state.path.parent.stat().st_mode) == 0o700
    state.close()


def test_what_one_wrote_another_reads_and_so_does_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "spotify.db"
    one, other = State.open(path), State.open(path)
    note(one, "a", 1)
    assert facts(other) == [("a", 1.0)]
    one.close()
    other.close()
    later = State.open(path)
    assert facts(later) == [("a", 1.0)]
    later.close()


def test_a_transaction_that_raises_changes_nothing(tmp_path: Path) -> None:
    state = State.open(tmp_path / "spotify.db")

    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO fact VALUES ('a', 1)")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        state.write(fail)
    assert facts(state) == []
    state.close()


@pytest.mark.parametrize("content", [b"nonsense " * 100, b"SQLite format 3\x00" + b"\xff" * 4000])
def test_a_damaged_file_is_kept_aside_and_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "spotify.db"
    path.write_bytes(content)
    state = State.open(path, clock=JumpingClock())
    [kept] = tmp_path.glob("spotify.db.damaged-20261120-100430")
    assert kept.read_bytes() == content
    assert state.note is not None and str(kept) in state.note
    assert [name for name, _ in facts(state)] == ["begun_anew"]
    again = State.open(path)
    assert again.note is None
    again.close()
    state.close()


def test_a_folder_that_cannot_be_used_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JobError, match=r"cannot be used .*sends none without it"):
        State.open(tmp_path / "file" / "spotify.db")
    (tmp_path / "spotify.db").mkdir()
    with pytest.raises(JobError, match="cannot be used"):
        State.open(tmp_path / "spotify.db")


def test_many_processes_may_make_the_file_at_once(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from djtui.spotify.state import State\n"
        "State.open(Path(sys.argv[1])).write(lambda c: c.execute("
        "\"INSERT INTO fact VALUES ('n', 1) ON CONFLICT DO UPDATE SET value = value + 1\"))"
    )
    path = tmp_path / "spotify.db"
    path.write_bytes(b"nonsense " * 100)
    processes = [subprocess.Popen([sys.executable, "-c", program, str(path)]) for _ in range(3)]
    assert [process.wait(30) for process in processes] == [0, 0, 0]
    state = State.open(path)
    assert dict(facts(state))["n"] == 3
    assert len(list(tmp_path.glob("*.damaged-*"))) == 1
    state.close()


def test_any_thread_may_use_it(tmp_path: Path) -> None:
    state = State.open(tmp_path / "spotify.db")

    def add(name: str) -> None:
        for value in range(20):
            note(state, f"{name}{value}", value)

    threads = [threading.Thread(target=add, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(facts(state)) == 60
    state.close()


def test_damage_that_shows_only_at_work_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    moved: list[Path] = []
    file = SharedFile(
        path,
        ["CREATE TABLE it (value BLOB)"],
        version=1,
        pragmas=["cache_size = 5"],
        moved=lambda _, kept: moved.append(kept),
    )
    file.write(lambda c: c.executemany("INSERT INTO it VALUES (?)", [(b"x" * 3000,)] * 200))
    file.read(lambda c: c.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
    with path.open("r+b") as raw:
        raw.seek(8192)
        raw.write(b"\xee" * 400_000)

    def count(connection: sqlite3.Connection) -> int:
        return len(connection.execute("SELECT * FROM it").fetchall())

    assert file.read(count) == 0
    assert moved == [tmp_path / "some.db.damaged"]
    file.close()


def test_opening_it_twice_keeps_what_is_written_for_other_processes(tmp_path: Path) -> None:
    """Closing a file takes away the locks that a process has on it: none must be opened beside SQLite."""
    path = tmp_path / "spotify.db"
    look = (
        "import sys; from pathlib import Path; from djtui.spotify.state import State;"
        "state = State.open(Path(sys.argv[1]));"
        "print(state.read(lambda it: it.execute('SELECT count(*) FROM fact').fetchone()[0])); state.close()"
    )

    def seen() -> str:
        run = subprocess.run([sys.executable, "-c", look, path], capture_output=True, text=True, check=True)
        return run.stdout.strip()

    first = State.open(path)
    State.open(path).close()
    assert seen() == "0"
    first.write(lambda it: it.execute("INSERT INTO fact VALUES ('begun_anew', 1)"))
    assert seen() == "1"
    first.close()
