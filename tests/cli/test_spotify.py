"""Spotify on the command line, against the stand-in: signing in, syncing, and the waits."""

from __future__ import annotations

import asyncio
import io
import json
import os
import pty
import re
import select
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from djtui import cli
from djtui.cli import spotify_demo
from djtui.cli.output import Output
from djtui.cli.session import Session
from djtui.demo.spotify import Quota, StandIn, Window, World
from djtui.demo.spotify_music import User
from tests.cli.test_cli import result
from tests.spotify.signing import CLIENT, browse, free_port, sent_back

LIBRARY = "library.db"


@dataclass
class Home:
    """A DJ's machine: folders of its own, and settings that lead to a stand-in."""

    folder: Path
    stand_in: StandIn
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.config.write_text(
            f'[spotify]\nclient_id = "{CLIENT}"\nredirect_port = {self.port}\nrequests_per_s = 1000\n'
            f'api_url = "{self.stand_in.api_url}"\naccounts_url = "{self.stand_in.accounts_url}"\n'
        )

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def library(self) -> Path:
        return self.folder / LIBRARY

    @property
    def token(self) -> Path:
        return self.folder / "state" / "djtui" / "spotify-token.json"

    @property
    def folders(self) -> dict[str, str]:
        names = ("state", "cache", "data", "config")
        return {f"XDG_{name.upper()}_HOME": str(self.folder / name) for name in names}

    @property
    def options(self) -> dict[str, Any]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return {"text": True, "env": os.environ | self.folders, **pipes}

    def command(self, *arguments: str) -> list[str]:
        ours = ["--library", str(self.library), "--config", str(self.config)]
        return [sys.executable, "-m", "djtui", *ours, *arguments]

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command within this process: how it ends as a program is the other tests' business."""
        ours = self.command(*arguments)[3:]
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name, value in self.folders.items():
                patch.setenv(name, value)
            code = cli._run(ours)
        return subprocess.CompletedProcess(ours, code, out.getvalue(), err.getvalue())

    @contextmanager
    def login(self, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
        """`djtui --json spotify login`, and the address that it shows."""
        process = subprocess.Popen(
            self.command("--json", "spotify", "login", *arguments), stdin=subprocess.PIPE, **self.options
        )
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            assert (told["event"], told["listening"]) == ("sign-in", True)
            yield process, told["url"]
        finally:
            process.kill()
            process.communicate()

    def sign_in(self) -> None:
        """Somebody is signed in, without the program."""
        given = self.stand_in.sign_in(client_id=CLIENT)
        now = self.stand_in.clock.now()
        kept = {
            "client_id": CLIENT,
            "accounts_url": self.stand_in.accounts_url,
            "access_token": given["access_token"],
            "refresh_token": given["refresh_token"],
            "expires": now.replace(year=now.year + 1).isoformat(),
            "authorized": now.isoformat(),
            "scopes": given["scope"].split(),
        }
        self.token.parent.mkdir(parents=True, exist_ok=True)
        self.token.write_text(json.dumps(kept))


class Terminal:
    """A program at a pseudo-terminal."""

    def __init__(self, home: Home, *arguments: str) -> None:
        self._ours, theirs = pty.openpty()
        options = home.options | {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        options["env"] = options["env"] | {"TERM": "xterm-256color"}
        self._process = subprocess.Popen(home.command(*arguments), start_new_session=True, **options)
        os.close(theirs)

    def until(self, text: str) -> str:
        """What it prints until that is there."""
        shown = b""
        while text.encode() not in shown:
            assert select.select([self._ours], [], [], 20)[0], shown.decode()
            shown += os.read(self._ours, 4096)
        return shown.decode(errors="replace")

    def type(self, keys: str) -> None:
        """Press keys. Ctrl-C is told to the program, for it has no terminal that would do it."""
        if keys == "\x03":
            self._process.send_signal(signal.SIGINT)
        else:
            os.write(self._ours, keys.encode())

    def ended(self) -> int:
        """Its exit code."""
        with suppress(OSError):  # Linux reports the other side's end so
            while os.read(self._ours, 4096):
                pass
        return self._process.wait(20)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)


@contextmanager
def at_a_terminal(home: Home, *arguments: str) -> Iterator[Terminal]:
    """djtui at a pseudo-terminal, killed at the end."""
    terminal = Terminal(home, *arguments)
    try:
        yield terminal
    finally:
        terminal.close()


def world() -> World:
    return World.generated(5, liked=130, artists=20, albums=25, playlists=5, rows=40)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with StandIn(world()) as stand_in:
        yield Home(tmp_path, stand_in)


def answer(process: subprocess.Popen[str], text: str = "") -> tuple[int, str, str]:
    """Type that; how the program ended, and what it said."""
    out, err = process.communicate(text, timeout=20)
    return process.returncode, out, err


def test_a_pasted_address_signs_in_garbage_does_not_and_nothing_secret_is_shown(home: Home) -> None:
    with home.login() as (process, url):
        right = asyncio.run(sent_back(url))
        code, out, err = answer(process, f"what is this\n\n{right}\n")
    assert code == 0, err
    told = json.loads(out.splitlines()[-1])
    assert told["account"]["name"] == home.stand_in.world.me.name
    kept = json.loads(home.token.read_text())
    assert stat.S_IMODE(home.token.stat().st_mode) == 0o600
    for secret in (kept["access_token"], kept["refresh_token"], re.findall(r"code=([^&]+)", right)[0]):
        assert secret not in out + err


def test_the_browser_on_this_machine_signs_in(home: Home) -> None:
    with home.login() as (process, url):
        status, page = asyncio.run(browse(url))
        assert (status, "You are signed in" in page) == (200, True)
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["ok"]


def test_who_refuses_in_the_browser_is_told_so_once(home: Home) -> None:
    home.stand_in.faults.deny = True
    with home.login() as (process, url):
        code, out, err = answer(process, f"{asyncio.run(sent_back(url))}\n")
    assert (code, "denied" in json.loads(out.splitlines()[-1])["message"], err) == (1, True, "")
    assert not home.token.exists()


def test_at_a_terminal_the_address_is_a_link_that_y_copies_and_ctrl_c_leaves_at_once(home: Home) -> None:
    with at_a_terminal(home, "spotify", "login") as terminal:
        shown = terminal.until("Ctrl-C leaves.")
        assert f"\x1b]8;;{home.stand_in.accounts_url}authorize" in shown
        terminal.type("what is this\r")
        terminal.until("That is not the address")
        terminal.type("y\r")
        terminal.until("\x1b]52;c;")
        start = time.monotonic()
        terminal.type("\x03")
        assert terminal.ended() == 130
        assert time.monotonic() - start < 1


def test_without_an_app_it_says_how_to_come_by_one(home: Home) -> None:
    home.config.write_text("")
    for arguments in (("login",), ("sync",)):
        finished = home("spotify", *arguments)
        assert finished.returncode == 1
        for said in ("developer.spotify.com/dashboard", "http://127.0.0.1:8888/callback", "--client-id"):
            assert said in finished.stderr
    finished = home("spotify", "login", "--client-id", "what is this")
    assert (finished.returncode, "letters and digits" in finished.stderr) == (2, True)


def test_a_sync_reads_all_and_the_next_one_next_to_nothing(home: Home) -> None:
    assert "djtui spotify login" in home("spotify", "sync").stderr
    home.sign_in()
    finished = home("--json", "spotify", "sync")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    events = [json.loads(line) for line in finished.stdout.splitlines()]
    assert {"requests", "cached", "tracks", "artists", "albums", "playlists", "items"} <= set(events[-1])
    assert events[-1]["blocked_until"] is None
    tracks = [event for event in events if event.get("phase") == "Tracks"]
    assert (tracks[-1]["done"], tracks[-1]["estimated_total"], tracks[-1]["has_more"]) == (130, 130, False)
    again = result(home("--json", "spotify", "sync"))
    assert again["requests"] <= 4
    status = result(home("--json", "spotify", "status"))
    assert {"account", "budget", "capabilities", "phases"} <= set(status)
    assert status["budget"]["used"] == len(home.stand_in.requests)
    assert {phase["state"] for phase in status["phases"]} == {"succeeded"}
    assert home("spotify", "status").returncode == 0


def test_what_is_missing_in_the_library_is_a_list_to_shop_by(home: Home) -> None:
    home.sign_in()
    home("spotify", "sync")
    matched = result(home("--json", "spotify", "match"))
    assert (matched["linked"], matched["doubtful"]) == (0, [])
    missing = result(home("--json", "spotify", "missing", "liked:yes", "--limit", "0"))
    assert missing["count"] == 130
    few = home("spotify", "missing", "liked:yes", "--limit", "3").stdout
    assert "130 songs not in the library. The first 3 are shown: --limit 0 shows all." in few
    song = missing["songs"][0]["id"]
    assert home("spotify", "match", "--none", str(song)).returncode == 0
    refused = home("spotify", "match", "--link", str(song), "999")
    assert (refused.returncode, "There is no track 999" in refused.stderr) == (2, True)


def test_a_pause_of_seconds_is_counted_down_and_waited_out(home: Home) -> None:
    home.sign_in()
    home.stand_in.limits.window = Window(9, 30, retry_after=0)
    with at_a_terminal(home, "spotify", "sync") as terminal:
        terminal.until("Spotify asks for a pause")
        terminal.until("waits 0:0")
        terminal.until("130 liked songs")
        assert terminal.ended() == 0
    assert not home.stand_in.sent_while_blocked


def test_a_quota_ends_with_75_and_the_next_sync_goes_on_from_there(home: Home) -> None:
    home.sign_in()
    home.stand_in.limits.quota = Quota(3)
    first = home("--json", "spotify", "sync")
    assert first.returncode == 75, first.stdout
    told = result(first)
    assert "daily quota is used up until" in told["message"]
    assert told["blocked_until"] is not None
    sent = len(home.stand_in.requests)
    again = home("spotify", "sync")
    assert again.returncode == 75
    assert "What was read is kept" in again.stderr
    assert len(home.stand_in.requests) == sent, "nothing is sent while blocked"
    assert result(home("--json", "jobs"))["jobs"][0]["state"] == "paused"
    with at_a_terminal(home, "spotify", "sync", "--wait") as terminal:
        terminal.until("waits 13:3")
        terminal.type("\x03")
        assert terminal.ended() == 130
    home.stand_in.limits.quota = home.stand_in.limits.blocked_until = None
    with sqlite3.connect(home.token.with_name("spotify.db")) as state:
        state.execute("UPDATE gate SET blocked_until = NULL")
    finished = home("--json", "spotify", "sync")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    pages = [logged.query["offset"] for logged in home.stand_in.requests if logged.path == "/v1/me/tracks"]
    assert pages[:4] == ["0", "50", "100", "100"], "it goes on at the page that was refused"
    assert set(pages[4:]) <= {"0"}, "and looks at the top once more, for what came meanwhile"


def test_another_account_is_refused_until_the_first_is_forgotten(home: Home) -> None:
    home.sign_in()
    assert home("spotify", "sync").returncode == 0
    home.stand_in.world.me = User("other", "Somebody Else", "account-of-somebody-else")
    with home.login() as (process, url):
        code, out, _ = answer(process, f"{asyncio.run(sent_back(url))}\n")
    assert (code, "logout --forget" in json.loads(out.splitlines()[-1])["message"]) == (1, True)
    asked = home("spotify", "logout", "--forget")
    assert (asked.returncode, "--yes" in asked.stderr) == (2, True)
    forgotten = result(home("--json", "spotify", "logout", "--forget", "--yes"))
    assert (forgotten["signed_out"], forgotten["songs"] > 130, forgotten["playlists"]) == (True, True, 5)
    assert not home.token.exists()
    with home.login() as (process, url):
        code, out, _ = answer(process, f"{asyncio.run(sent_back(url))}\n")
    assert (code, json.loads(out.splitlines()[-1])["account"]["name"]) == (0, "Somebody Else")
    with sqlite3.connect(home.library) as library:
        names = library.execute(
            "SELECT name FROM sqlite_master WHERE name LIKE 'spotify_%' AND type = 'table'"
        )
        left = {name: library.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for (name,) in names}
    assert not any(left.values()), left


@pytest.mark.parametrize("cohort", ["new", "extended"])
def test_the_doctor_says_what_the_app_may_with_ten_requests_at_most(tmp_path: Path, cohort: str) -> None:
    with StandIn(world(), cohort=cohort) as stand_in:
        home = Home(tmp_path, stand_in)
        home.sign_in()
        finished = home("--json", "doctor", "--spotify")
        assert finished.returncode == 0, finished.stdout
        told = result(finished)
        assert {logged.method for logged in stand_in.requests} == {"GET"}
        assert told["requests"] == len(stand_in.requests) <= 10
    checks = {check["name"]: check["detail"] for check in told["checks"]}
    may = "yes" if cohort == "extended" else "no"
    assert checks["artists"] == f"several artists at once: {may}"
    assert checks["liked songs"] == "130 songs"
    assert told["capabilities"]["has_genres"]["value"] == (cohort == "extended")


def test_the_cache_is_shown_and_dropped_by_kind(home: Home) -> None:
    home.sign_in()
    assert home("doctor", "--spotify").returncode == 0
    shown = result(home("--json", "spotify", "cache"))
    assert shown["kinds"]["artist"]["entries"] == shown["kinds"]["album"]["entries"] == 1
    cleared = result(home("--json", "spotify", "cache", "--clear", "artist"))
    assert (cleared["dropped"], cleared["entries"]) == (1, 1)
    assert result(home("--json", "spotify", "cache", "--clear"))["entries"] == 0
    assert home("spotify", "cache", "--id", "x").returncode == 2


def test_the_demo_syncs_with_a_pause_and_touches_nothing_of_the_djs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("config", "data", "state", "cache"):
        monkeypatch.setenv(f"XDG_{name.upper()}_HOME", str(tmp_path / "mine" / name))
    monkeypatch.setattr(spotify_demo, "PAUSE_S", 0)
    monkeypatch.setattr(spotify_demo, "PACE", 1000.0)
    session = Session(tmp_path / "mine.db", None, Output(as_json=True))
    assert spotify_demo.demonstrate(session, tmp_path / "demo") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any(event.get("rate_limited_until") for event in events)
    assert events[-1]["ok"]
    assert not (tmp_path / "mine").exists()
    assert not (tmp_path / "mine.db").exists()
    assert (tmp_path / "demo" / "state" / "djtui" / "spotify.db").exists()
