"""`djtui host`: stays, works the jobs, and keeps the collection in step where that is wanted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from djtui.jobs.locks import host_is_free
from tests.traktor.pretending import no_traktor
from tests.traktor.test_importing import collection, entry


@contextmanager
def hosting(library: Path, config: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`djtui host` at work; ended as Ctrl-C ends it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "djtui", "--library", str(library), "--config", str(config), *options, "host"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert process.returncode == 0, out + err


def event(process: subprocess.Popen[str], phase: str) -> dict[str, Any]:
    """The next event in which auto-sync is in this phase."""
    assert process.stdout is not None
    for line in process.stdout:
        told: dict[str, Any] = json.loads(line)
        if told.get("event") == "auto" and told["phase"] == phase:
            return told
    raise AssertionError("It ended.")


def test_it_stays_until_ctrl_c_and_syncs_and_a_second_one_waits_for_its_turn(
    tmp_path: Path,
) -> None:
    nml, config, library = (tmp_path / name for name in ("collection.nml", "config.toml", "library.db"))
    config.write_text(f'[traktor]\nauto = true\ncollection = "{nml}"\n')
    nml.write_text(collection(entry("a")))
    with no_traktor(), hosting(library, config, "--json") as first:
        event(first, "importing")
        assert event(first, "idle")["waiting"] == 0
        with hosting(library, config, "--json") as second:
            told = event(second, "elsewhere")
            assert told["reason"] == f"djtui host (process {first.pid}) does it."
    assert host_is_free(library)
