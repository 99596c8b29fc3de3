"""A rename with tag writes that is killed at any moment is completed or undone: no file lost, none half.

`FAULT_FILES=2000 FAULT_KILLS=50 make faults` for the whole thing.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from djtui.demo.collection import write_collection
from djtui.files import tags
from djtui.library import tracks
from djtui.library.database import Library
from tests.files.shelf import tree
from tests.files.sounds import made
from tests.traktor.moved_files import KEY, LOCATION

FILES = int(os.environ.get("FAULT_FILES", "300"))
KILLS = int(os.environ.get("FAULT_KILLS", "6"))
HOST = """
import asyncio, json, sys
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from djtui.config import Settings
from djtui.jobs.hosting import perform
from djtui.kinds import KINDS
from djtui.library.database import Library

async def main(path, kind, params, volumes):
    library = await Library.open(Path(path))
    settings = Settings()
    traktor = replace(settings.traktor, quiet_s=0, recheck_s=0, volumes=volumes)
    async with aclosing(perform(library, KINDS, kind, params, replace(settings, traktor=traktor))) as views:
        async for view in views:
            last = view
    await library.close()
    print(json.dumps({"state": last.state, "error": last.error, "result": last.result}))

asyncio.run(main(sys.argv[1], sys.argv[2], *map(json.loads, sys.argv[3:])))
"""
RENAME = {"template": "{artist}/{title} [{bpm}]", "tags": ["title", "bpm"], "force": True}


class Home:
    """A collection, its files, and a library that is in step with both."""

    def __init__(self, folder: Path) -> None:
        self.library = folder / "library.db"
        self.nml = folder / "collection.nml"
        self.music = folder / "music"
        self.volumes: dict[str, str] = {}

    def start(self, kind: str, params: dict[str, Any]) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOST, str(self.library), kind]
        arguments = [json.dumps(params), json.dumps(self.volumes)]
        return subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)

    def done(self, kind: str, params: dict[str, Any]) -> dict[str, Any]:
        output, _ = self.start(kind, params).communicate()
        answer: dict[str, Any] = json.loads(output.splitlines()[-1])
        assert answer["state"] == "succeeded", answer
        return answer["result"] or {}

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.library, timeout=30)) as connection:
            return connection.execute(sql).fetchall()

    def sounds(self) -> list[str]:
        """What of the files stays whatever is written into their tags: each begins with its number."""
        return sorted(_sound(data) for data in tree(self.music).values() if data is not None)


def _sound(data: bytes) -> str:
    return hashlib.blake2b(data[-5000:], digest_size=16).hexdigest()


async def _give_paths(home: Home) -> None:
    """Files for the tracks of the collection, each with a sound of its own, and names that change places."""
    library = await Library.open(home.library)
    rows = await library.fetchall("SELECT id, path FROM track WHERE path IS NOT NULL ORDER BY id")
    song = made("mp3")
    for row in rows:
        path = Path(row["path"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(song + f"{row['id']:08}".encode() * 700)
    async with library.writing() as tx:
        await tracks.update(tx, {row["id"]: {"bpm": 100.0 + row["id"] % 50} for row in rows})
    await library.close()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    write_collection(home.nml, FILES)
    volumes = {volume for _, _, volume in LOCATION.findall(home.nml.read_text(encoding="utf-8"))}
    home.volumes = {name: str(home.music / name.strip(":")) for name in volumes}
    home.done("traktor-import", {"path": str(home.nml)})
    asyncio.run(_give_paths(home))
    return home


def check(home: Home, sounds: list[str]) -> None:
    """No file is lost, none is half, nothing is left lying about, and the library knows where each is."""
    assert home.sounds() == sounds
    rows = home.ask("SELECT id, path FROM track WHERE path IS NOT NULL")
    for id, path in rows:
        data = Path(path).read_bytes()
        assert data.endswith(f"{id:08}".encode()), path
        tags.read(path)
    assert not [name for name in tree(home.music) if "/.djtui-" in f"/{name}"]
    assert home.ask("SELECT count(*) FROM file_step WHERE state = 'meant'") == [(0,)]
    assert home.ask("PRAGMA integrity_check") == [("ok",)]


def check_collection(home: Home) -> None:
    """Every key of every playlist leads to an entry, and every entry to its file."""
    text = home.nml.read_text(encoding="utf-8")
    entries = {"".join((volume, folder, file)) for folder, file, volume in LOCATION.findall(text)}
    assert {key for _, key in KEY.findall(text)} <= entries
    waiting = home.ask("SELECT count(*) FROM nml_entry WHERE moved IS NOT NULL")
    assert waiting == [(0,)]


def test_a_rename_with_tags_is_completed_or_undone_whenever_it_is_killed(home: Home) -> None:
    dice = random.Random(7)
    before, sounds = tree(home.music), home.sounds()
    started = time.perf_counter()
    change = home.done("rename", RENAME)["change"]
    seconds = time.perf_counter() - started
    check(home, sounds)
    check_collection(home)
    home.done("file-undo", {"change": change, "force": True})
    check(home, sounds)
    assert tree(home.music) == before
    outcomes: dict[str, int] = {}
    for number in range(KILLS):
        process = home.start("rename", RENAME)
        time.sleep(dice.uniform(0.4, seconds))
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(0.3)
        states = dict(
            home.ask(f"SELECT state, count(*) FROM file_step WHERE change_id > {change} GROUP BY 1")
        )
        outcomes[_said(states)] = outcomes.get(_said(states), 0) + 1
        newest = home.ask("SELECT max(id) FROM change WHERE kind = 'rename' AND undone IS NULL")[0][0]
        succeeded = home.ask("SELECT state FROM job WHERE kind = 'rename' ORDER BY id DESC")[0] == (
            "succeeded",
        )
        if newest is None or not (succeeded or number % 2):
            newest = home.done("rename", RENAME)["change"]
            check(home, sounds)
            check_collection(home)
        home.done("file-undo", {"change": newest, "force": True})
        check(home, sounds)
        check_collection(home)
        assert tree(home.music) == before, number
        change = home.ask("SELECT max(id) FROM change")[0][0]
    print(f"{FILES} files, killed {KILLS} times: {outcomes}")


def _said(states: dict[str, int]) -> str:
    return "before" if not states else "after" if "meant" not in states else "in between"


def test_an_undo_is_completed_whenever_it_is_killed(home: Home) -> None:
    dice = random.Random(11)
    before, sounds = tree(home.music), home.sounds()
    for _ in range(max(2, KILLS // 3)):
        change = home.done("rename", RENAME)["change"]
        undo = {"change": change, "force": True}
        for _ in range(3):
            process = home.start("file-undo", undo)
            time.sleep(dice.uniform(0.4, 2))
            process.send_signal(signal.SIGKILL)
            process.wait()
        if home.ask(f"SELECT undone FROM change WHERE id = {change}") == [(None,)]:
            home.done("file-undo", undo)
        home.done("traktor-export", {"path": str(home.nml), "force": True})
        check(home, sounds)
        check_collection(home)
        assert tree(home.music) == before
