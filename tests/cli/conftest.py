"""Commands called within the process of a test, and at a terminal of their own."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from djtui.cli import _run
from tests.traktor.pretending import no_traktor

Call = Callable[..., dict[str, Any]]
Said = Callable[..., tuple[int, str, str]]
Terminal = Callable[..., tuple[int, str]]


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What stands before every command: the library and settings of the test."""
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    config = tmp_path / "config.toml"
    config.write_text(
        f'[traktor]\nquiet_s = 0\nrecheck_s = 0\n[traktor.volumes]\n"C:" = "{tmp_path / "c"}"\n'
    )
    return ["--library", str(tmp_path / "library.db"), "--config", str(config)]


@pytest.fixture
def djtui(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command with --json; its last line. `code` is the exit code that it must have."""

    def call(*words: object, code: int = 0) -> dict[str, Any]:
        with no_traktor():
            ended = _run([*arguments, "--json", *map(str, words)])
        said = capsys.readouterr().out
        assert ended == code, said
        result: dict[str, Any] = json.loads(said.splitlines()[-1])
        return result

    return call


@pytest.fixture
def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> Said:
    """Run a command as a person does: exit code, what it prints, and what it says beside that."""

    def call(*words: object) -> tuple[int, str, str]:
        with no_traktor():
            code = _run([*arguments, *map(str, words)])
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def at_terminal(arguments: list[str]) -> Terminal:
    """Run a command at a terminal where questions are answered; exit code, and all that stood there."""

    def call(*words: object, answers: dict[str, str]) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "djtui", *arguments, *map(str, words)]
        with no_traktor():
            process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
            os.close(theirs)
            said = _answered(ours, answers)
            return process.wait(timeout=30), said

    return call


def _answered(terminal: int, answers: dict[str, str]) -> str:
    said = ""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        said += piece.decode(errors="replace")
        for question in [question for question in answers if question in said]:
            os.write(terminal, f"{answers.pop(question)}\n".encode())
    os.close(terminal)
    return said
