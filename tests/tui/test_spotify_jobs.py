"""A job that asks Spotify: what it may still ask today, and the countdown while it waits."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rich.cells import cell_len

from djtui.config import SpotifySettings
from djtui.jobs.locks import HostLock
from djtui.spotify.budget import Budget, Use
from djtui.spotify.cache import Figures, KindFigures
from djtui.spotify.gate import Gate
from djtui.spotify.state import State
from djtui.tui import formats
from djtui.tui.allowance import Allowance
from djtui.tui.widgets.spotify_requests import requests_line, spark
from tests.tui import spotify_library
from tests.tui.conftest import SETTINGS, Opened, Session, another

PHASES = (
    ("Tracks", "succeeded", 5004, 5004, 100),
    ("Artists", "succeeded", 0, 249, 1),
    ("Playlists", "waiting", 13, 42, 1),
    ("Contents", "queued", 0, None, 0),
)
REASON = "Spotify's quota for today is used up."
STAMP = "%Y-%m-%dT%H:%M:%SZ"


def budget(**fields: object) -> Budget:
    """812 of about 1,000."""
    known: dict[str, object] = {
        "used": 812, "ceiling": 1000, "own": None, "learned": 1000, "by_hour": tuple(range(24)),
        "by_use": {Use.SYNC: 812}, "blocked_until": None, "kind": None, "next_release": None,
    }  # fmt: skip
    return Budget(**{**known, **fields})  # type: ignore[arg-type]


async def waiting_job(path: Path, until: datetime) -> int:
    """A sync that Spotify keeps waiting, as the engine leaves it in the library."""
    async with another(path) as library, library.writing() as tx:
        cursor = await tx.execute(
            "INSERT INTO job (key, kind, title, params, state, created, started)"
            " VALUES ('spotify-sync', 'spotify-sync', 'Spotify sync', '{}', 'waiting', ?, ?)",
            (datetime.now(UTC).strftime(STAMP),) * 2,
        )
        for position, (name, state, done, total, requests) in enumerate(PHASES):
            waits = state == "waiting"
            await tx.execute(
                "INSERT INTO job_phase (job_id, position, name, state, done, total, requests, seconds,"
                " blocked_until, wait_reason, message) VALUES (?, ?, ?, ?, ?, ?, ?, 41, ?, ?, ?)",
                (
                    cursor.lastrowid, position, name, state, done, total, requests,
                    until.strftime(STAMP) if waits else None,
                    REASON if waits else None,
                    "not available to this app: genres" if name == "Artists" else None,
                ),
            )  # fmt: skip
        assert cursor.lastrowid is not None
        return cursor.lastrowid


def seconds(text: str) -> int:
    """The countdown in a text, in seconds."""
    found = re.search(r"(\d+):(\d\d)", text)
    assert found is not None, text
    return int(found[1]) * 60 + int(found[2])


def line_with(djtui: Session, text: str) -> str:
    return next(line for line in djtui.lines if text in line)


def test_requests_are_told_hour_by_hour_and_what_the_cache_saved() -> None:
    assert spark((0, 1, 4, 8)) == "▁▂▅█"
    assert spark((0, 0)) == "▁▁"
    figures = Figures("cache.db", {"track": KindFigures(hits=78, misses=22, saved=1240)})
    said = "".join(text for text, _ in requests_line(Allowance(budget(), figures), 110))
    assert said == f"requests today {spark(range(24))}  812 of about 1,000 · cache saved 1,240 (78 %)"
    short = "".join(text for text, _ in requests_line(Allowance(budget(own=1000), figures), 72))
    assert short == f"requests today {spark(range(16, 24))}  812 of 1,000 · cache saved 1,240 (78 %)"
    assert "".join(text for text, _ in requests_line(Allowance(), 80)) == "requests today none yet"


def test_why_a_sync_waits_is_said_only_where_it_is_known() -> None:
    assert Allowance().reason == ""
    assert Allowance(budget()).reason == "budget", "812 of 1,000 are more than a sync may use"
    assert Allowance(budget(used=12)).reason == "", "the network is away, or the limit not read yet"
    assert Allowance(budget(kind="window")).reason == "window"


async def test_a_waiting_sync_counts_down_in_its_pane_and_in_the_status_line(
    path: Path, opened: Opened
) -> None:
    settings = replace(SETTINGS, spotify=SpotifySettings(client_id="0" * 32, budget_per_day=1000))
    state = State.open()
    gate = Gate(state, settings.spotify)
    await gate.admit(Use.SYNC)
    gate.limited("48925", "QUOTA_EXCEEDED")
    until = gate.budget().blocked_until
    state.close()
    assert until is not None
    at = formats.at(until)
    await spotify_library.fill(path, 30)
    async with HostLock(path), opened(path, settings=settings) as djtui:
        await waiting_job(path, until)
        await djtui.sees("⏸ Spotify waits 13:3", f"(quota, until {at})")
        await djtui.press("2")
        await djtui.sees("Spotify sync ", "waiting", f"· at {at}", "resumes in 13:3", "100 req")
        await djtui.sees("requests today", "1 of 1,000", REASON, "✓ Artists      not available to this app")
        before = line_with(djtui, "resumes in")
        await djtui.until(lambda: line_with(djtui, "resumes in") != before)
        await djtui.pilot.resize_terminal(80, 24)
        await djtui.sees("⏸ Spotify 13:3", "13 / 42", f"· {at}")
        assert {cell_len(line) for line in djtui.lines} == {80}
        await djtui.press("4")
        await djtui.sees("⏸ 13:3", f"(quota, until {at})")


async def test_y_asks_for_a_sync_and_Y_for_a_full_one(path: Path, opened: Opened) -> None:
    from tests.tui.test_spotify import at, sign_in

    sign_in()
    async with at(path, opened) as djtui:
        for key, full in (("y", False), ("Y", True)):
            await djtui.until(lambda: "y sync" in djtui.lines[-1])
            await djtui.press(key)
            await djtui.until(lambda: any(job.kind == "spotify-sync" for job in djtui.app.jobs))
            assert json.loads(await djtui.value("SELECT params FROM job"))["full"] is full
            await djtui.until(lambda: "y sync" not in djtui.lines[-1])
            async with another(path) as library, library.writing() as tx:
                await tx.execute("DELETE FROM job_phase")
                await tx.execute("DELETE FROM job")
