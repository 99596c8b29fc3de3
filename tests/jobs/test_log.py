"""The log keeps secrets secret and is harmless to look at."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from djtui.jobs.log import log_path, logging_to, redacted


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("Authorization: Bearer BQDc-x.y_z== sent", "Authorization: Bearer [redacted] sent"),
        ("{'Authorization': 'Basic Zm9vOmJhcg=='}", "{'Authorization': 'Basic [redacted]'}"),
        ('{"access_token": "abc", "scope": "x"}', '{"access_token": "[redacted]", "scope": "x"}'),
        ("POST refresh_token=AQA-12&grant=x", "POST refresh_token=[redacted]&grant=x"),
        ("GET /callback?code=AQB1&state=s", "GET /callback?code=[redacted]&state=s"),
        ("client_secret=0af3", "client_secret=[redacted]"),
        ("exit code=3 of a tokenizer", "exit code=3 of a tokenizer"),
    ],
)
def test_tokens_are_redacted(said: str, written: str) -> None:
    assert redacted(said) == written


def test_hostile_titles_cannot_forge_lines_or_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "host.log"
    with logging_to(path):
        logging.getLogger("djtui.test").warning("Not read: %s", "a\x1b[31m\nERROR fake\u202e")
        try:
            raise ValueError("b\x1b[2J token=abc")
        except ValueError:
            logging.getLogger("djtui.test").exception("failed")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].endswith("Not read: a\\x1b[31m\\nERROR fake\\u202e")
    assert lines[-1].endswith("ValueError: b\\x1b[2J token=[redacted]")
    assert all(line.isprintable() for line in lines)


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with logging_to(tmp_path / "state" / "host.log"):
        logging.getLogger("djtui.test").warning("unheard")


def test_each_library_has_its_own_log() -> None:
    assert log_path(Path("/a/library.db")) != log_path(Path("/b/library.db"))
