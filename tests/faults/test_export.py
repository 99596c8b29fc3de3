"""An export that is killed at any moment leaves a whole collection, and is finished or taken back.

`FAULT_TRACKS=100000 FAULT_KILLS=30 make faults` for the whole thing.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import pytest

from djtui.demo.collection import write_collection
from djtui.library import history
from djtui.library.database import Library
from djtui.traktor import backups

TRACKS = int(os.environ.get("FAULT_TRACKS", "8000"))
KILLS = int(os.environ.get("FAULT_KILLS", "6"))
EDITED = 100


def djtui(library: Path, *command: str) -> list[str]:
    config = library.with_name("config.toml")
    config.write_text("[traktor]\nquiet_s = 0\nrecheck_s = 0\n")
    start = [sys.executable, "-m", "djtui", "--library", str(library), "--config", str(config), "--json"]
    return [*start, *command]


def run(library: Path, *command: str) -> dict[str, object]:
    finished = subprocess.run(djtui(library, *command), capture_output=True, text=True, check=False)
    last: dict[str, object] = json.loads(finished.stdout.splitlines()[-1])
    return last | {"code": finished.returncode}


async def _edited(library: Path, genre: str) -> None:
    opened = await Library.open(library)
    rows = await opened.fetchall("SELECT id FROM track ORDER BY id")
    ids = [row["id"] for row in rows][:: len(rows) // EDITED][:EDITED]
    await history.edit(opened, ids, {"genre": genre}, "edit")
    await opened.close()


def edited(library: Path, genre: str) -> None:
    asyncio.run(_edited(library, genre))


def digest(path: Path) -> bytes:
    return blake2b(path.read_bytes(), digest_size=16).digest()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder with a collection and a library that is in step with it."""
    folder = tmp_path / "home"
    folder.mkdir()
    write_collection(folder / "collection.nml", TRACKS)
    assert run(folder / "library.db", "traktor", "import", str(folder / "collection.nml"))["code"] == 0
    yield folder
    folder.chmod(0o755)


def test_a_collection_is_whole_whenever_its_export_is_killed(home: Path) -> None:
    library, nml = home / "library.db", home / "collection.nml"
    dice = random.Random(5)
    edited(library, "first")
    started = time.perf_counter()
    assert run(library, "traktor", "export", str(nml), "--force")["entries_changed"] == EDITED
    seconds = time.perf_counter() - started
    outcomes = {"old": 0, "new": 0}
    for number in range(KILLS):
        genre = f"kill {number}"
        edited(library, genre)
        before = digest(nml)
        process = subprocess.Popen(
            djtui(library, "traktor", "export", str(nml), "--force"), stdout=subprocess.DEVNULL
        )
        time.sleep(dice.uniform(0.3, seconds))
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(0.3)
        text = nml.read_bytes()
        assert text.endswith(b"</NML>\n")
        written = text.count(f'GENRE="{genre}"'.encode())
        assert written in (0, EDITED)
        assert (digest(nml) == before) == (written == 0)
        outcomes["new" if written else "old"] += 1
        result = run(library, "traktor", "export", str(nml), "--force")
        assert result["code"] == 0, result
        assert nml.read_bytes().count(f'GENRE="{genre}"'.encode()) == EDITED
        assert [file.name for file in home.iterdir() if file.name.startswith(".djtui-")] == []
        assert run(library, "traktor", "export", str(nml), "--dry-run")["entries_changed"] == 0
        assert not [file for file in backups.folder(library).iterdir() if file.samefile(nml)]
        newest = backups.kept(library, nml)[0].path
        assert newest.read_bytes().count(f'GENRE="{genre}"'.encode()) == 0
    print(f"killed {KILLS} times: {outcomes}")
    connection = sqlite3.connect(library)
    states = connection.execute("SELECT state, count(*) FROM nml_export GROUP BY state").fetchall()
    connection.close()
    assert "replacing" not in dict(states)


def _limited(size: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_full_disk_refuses_the_export_with_a_sentence(home: Path) -> None:
    library, nml = home / "library.db", home / "collection.nml"
    edited(library, "full")
    before = digest(nml)
    finished = subprocess.run(
        djtui(library, "traktor", "export", str(nml), "--force"),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: _limited(nml.stat().st_size // 2),
    )
    assert finished.returncode == 1
    assert "Traceback" not in finished.stderr + finished.stdout
    assert digest(nml) == before
    assert [file.name for file in home.iterdir() if file.name.startswith(".djtui-")] == []
    assert run(library, "traktor", "export", str(nml), "--force")["entries_changed"] == EDITED


def _without_a_masters_key() -> None:
    """Root is refused nothing, so it gives away the right to pass over permissions. (Linux only.)"""
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def test_a_read_only_folder_refuses_the_export_with_a_sentence(home: Path, tmp_path: Path) -> None:
    library, nml = tmp_path / "library.db", home / "collection.nml"
    assert run(library, "traktor", "import", str(nml))["code"] == 0
    edited(library, "read-only")
    before = digest(nml)
    home.chmod(0o555)
    finished = subprocess.run(
        djtui(library, "traktor", "export", str(nml), "--force"),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_without_a_masters_key,
    )
    assert finished.returncode == 1, finished.stdout + finished.stderr
    assert "cannot be written" in finished.stdout + finished.stderr
    assert "Traceback" not in finished.stdout + finished.stderr
    assert digest(nml) == before
    home.chmod(0o755)
    assert run(library, "traktor", "export", str(nml), "--force")["entries_changed"] == EDITED
