"""The gate: pace, count, block and what is learned, on a real file, by a clock that jumps."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from djtui.config import SpotifySettings
from djtui.spotify.clock import local_time
from djtui.spotify.errors import RateLimited
from djtui.spotify.gate import Gate, Use, read_budget, seconds_of
from djtui.spotify.state import State
from tests.spotify.times import JumpingClock

QUOTA = "QUOTA_EXCEEDED"
MakeGate = Callable[..., Gate]


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def make(tmp_path: Path, clock: JumpingClock) -> Iterator[MakeGate]:
    """Gates as other processes would have them: each with its own connection to the one file."""
    states: list[State] = []

    def gate(**settings: Any) -> Gate:
        states.append(State.open(tmp_path / "spotify.db", clock=clock))
        return Gate(states[-1], SpotifySettings(**{"requests_per_s": 1000.0, **settings}), clock)

    yield gate
    for state in states:
        state.close()


async def admit(gate: Gate, times: int, use: Use = Use.SYNC) -> None:
    for _ in range(times):
        await gate.admit(use)


async def refusal(gate: Gate, use: Use = Use.SYNC) -> RateLimited:
    with pytest.raises(RateLimited) as caught:
        await gate.admit(use)
    return caught.value


# -- pace ---------------------------------------------------------------------------------------------


async def test_five_requests_go_at_once_and_then_one_a_second(make: MakeGate, clock: JumpingClock) -> None:
    gate = make(requests_per_s=1.0)
    await admit(gate, 5)
    assert clock.slept == 0
    await admit(gate, 10)
    assert clock.slept == pytest.approx(10, abs=0.5)


async def test_a_pace_slower_than_one_a_second_is_kept(make: MakeGate, clock: JumpingClock) -> None:
    gate = make(requests_per_s=0.1)
    await admit(gate, 7)
    assert clock.slept == pytest.approx(20, abs=1.5)


_OTHER_PROCESS = """
import asyncio, sys
from pathlib import Path
from djtui.config import SpotifySettings
from djtui.spotify.gate import Gate, Use
from djtui.spotify.state import State

async def main():
    gate = Gate(State.open(Path(sys.argv[1])), SpotifySettings(requests_per_s=100.0))
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(25):
        await gate.admit(Use.SYNC)
    print("admitted 25", flush=True)
    sys.stdin.readline()
    gate.limited("60", None)
    print("limited", flush=True)

asyncio.run(main())
"""


def test_two_processes_share_pace_count_and_block(tmp_path: Path) -> None:
    path = tmp_path / "spotify.db"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _OTHER_PROCESS, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    told = [(process.stdin, process.stdout) for process in processes]
    try:
        for _, out in told:
            assert out is not None and out.readline() == "ready\n"
        began = time.monotonic()
        for into, _ in told:
            assert into is not None
            into.write("\n")
            into.flush()
        for _, out in told:
            assert out is not None and out.readline() == "admitted 25\n"
        assert time.monotonic() - began > (50 - 5) / 100 - 0.02
        into, out = told[0]
        assert into is not None and out is not None
        into.write("\n")
        into.flush()
        assert out.readline() == "limited\n"
        state = State.open(path)
        gate = Gate(state, SpotifySettings(requests_per_s=100.0))
        assert gate.budget().used == 50
        assert asyncio.run(refusal(gate, Use.INTERACTIVE)).kind == "window"
        state.close()
    finally:
        for process in processes:
            process.kill()
            process.communicate()


async def test_who_waits_at_the_keyboard_goes_before_a_sync(make: MakeGate, clock: JumpingClock) -> None:
    asked: list[float] = []

    async def sleep(seconds: float) -> None:
        asked.append(seconds)
        clock.forward(seconds=seconds)

    clock.sleep = sleep  # type: ignore[method-assign]
    gate = make(requests_per_s=1.0)
    await admit(gate, 5)
    await gate.admit(Use.SYNC)
    clock.time += timedelta(seconds=-asked[-1])
    waits = {}
    for use in Use:
        asked.clear()
        clock.forward(seconds=60)
        await admit(gate, 6, use)
        waits[use] = asked[0]
    assert waits[Use.INTERACTIVE] < waits[Use.WRITE] < waits[Use.SYNC] < waits[Use.ENRICH]


async def test_the_event_loop_goes_on_while_another_process_holds_the_file(
    make: MakeGate, tmp_path: Path
) -> None:
    gate = make()
    other = sqlite3.connect(tmp_path / "spotify.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(gate.admit(Use.INTERACTIVE))
    gaps = []
    for _ in range(20):
        began = time.perf_counter()
        await asyncio.sleep(0.005)
        gaps.append(time.perf_counter() - began)
    assert not waiting.done()
    other.execute("COMMIT")
    await waiting
    other.close()
    assert max(gaps) < 2


# -- blocks -------------------------------------------------------------------------------------------


NOW = datetime(2026, 11, 20, 10, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 48925 ", 48925.0),
        ("1.5", 1.5),
        ("0", 0.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (None, 30.0),
        ("", 30.0),
        ("soon", 30.0),
        ("-5", 30.0),
        ("nan", 30.0),
        ("inf", 30.0),
        ("Fri, 99 Nov 2026 10:00:00 GMT", 30.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 30.0),
        ("9" * 30, 30 * 24 * 3600.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_date_and_garbage_means_thirty_seconds(
    header: str | None, seconds: float
) -> None:
    assert seconds_of(header, NOW) == pytest.approx(seconds, abs=1)


@pytest.mark.parametrize(
    ("header", "reason", "kind"),
    [
        ("7", None, "window"),
        ("300", None, "window"),
        ("301", None, "quota"),
        ("19056", None, "quota"),
        ("7", QUOTA, "quota"),
        (None, None, "window"),
        (None, QUOTA, "quota"),
        ("7", "SOMETHING", "window"),
    ],
)
def test_a_quota_is_told_from_a_window(
    make: MakeGate, header: str | None, reason: str | None, kind: str
) -> None:
    gate = make()
    assert gate.limited(header, reason).kind == kind
    assert gate.budget().kind == kind


async def test_while_blocked_nothing_is_admitted_whatever_it_is_for(
    make: MakeGate, clock: JumpingClock
) -> None:
    gate, other = make(), make()
    limited = gate.limited("7", None)
    assert timedelta(seconds=8) <= limited.until - clock.now() <= timedelta(seconds=10)
    for use in Use:
        for each in (gate, other):
            assert (await refusal(each, use)).until == limited.until
            assert not each.affords(use, 1)
    assert gate.budget().used == 0
    clock.time = limited.until - timedelta(milliseconds=1)
    await refusal(other)
    clock.time = limited.until
    await other.admit(Use.SYNC)


async def test_a_block_outlives_the_process(make: MakeGate, clock: JumpingClock) -> None:
    until = make().limited("48925", QUOTA).until
    clock.forward(hours=13)
    assert (await refusal(make())).until == until


async def test_the_later_end_of_two_blocks_counts(make: MakeGate, clock: JumpingClock) -> None:
    gate = make()
    quota = gate.limited("48925", QUOTA)
    window = gate.limited("3", None)
    assert window.until == quota.until
    assert window.kind == "quota"
    longer = gate.limited("60000", QUOTA)
    assert longer.until > quota.until


async def test_after_a_block_there_is_no_burst(make: MakeGate, clock: JumpingClock) -> None:
    gate = make(requests_per_s=1.0)
    clock.time = gate.limited("20", None).until
    before = clock.slept
    await admit(gate, 4)
    assert clock.slept - before >= 3


async def test_another_service_is_not_blocked(make: MakeGate) -> None:
    make(api_url="http://127.0.0.1:4711/v1/").limited("48925", QUOTA)
    await make().admit(Use.SYNC)


def test_each_refusal_is_a_sentence_with_the_local_time(
    make: MakeGate, clock: JumpingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        gate = make(budget_per_day=10)
        asyncio.run(admit(gate, 8))
        assert str(asyncio.run(refusal(gate))) == (
            "Of the 10 requests a day to Spotify, the 8 that a sync may go up to are used up; "
            "it goes on at 11:10 tomorrow."
        )
        asyncio.run(admit(gate, 2, Use.WRITE))
        assert str(asyncio.run(refusal(gate, Use.WRITE))) == (
            "The 10 requests a day to Spotify are used up; it goes on at 11:10 tomorrow."
        )
        assert str(gate.limited("7", None)).startswith("Spotify asks for a pause; it goes on at 11:04:")
        assert str(gate.limited("18000", QUOTA)) == ("Spotify's daily quota is used up; it goes on at 16:04.")
        assert local_time(clock.now() + timedelta(days=4), clock.now()) == "11:04 on 24 November"
    finally:
        monkeypatch.undo()
        time.tzset()


# -- the count of a day ---------------------------------------------------------------------------------


async def test_attempts_are_counted_by_hour_and_use_and_fall_out_after_a_day(
    make: MakeGate, clock: JumpingClock
) -> None:
    gate = make()
    await admit(gate, 3)
    clock.forward(hours=2)
    await admit(gate, 4, Use.WRITE)
    budget = gate.budget()
    assert budget.used == 7
    assert budget.by_hour[-1] == 4 and budget.by_hour[-3] == 3 and len(budget.by_hour) == 24
    assert budget.by_use == {Use.INTERACTIVE: 0, Use.WRITE: 4, Use.SYNC: 3, Use.ENRICH: 0}
    assert budget.next_release == datetime(2026, 11, 21, 10, 10, tzinfo=UTC)
    clock.time = budget.next_release - timedelta(seconds=1)
    assert gate.budget().used == 7 == sum(gate.budget().by_hour)
    clock.time = budget.next_release
    assert gate.budget().used == 4
    clock.forward(hours=2)
    assert gate.budget().used == 0
    assert gate.budget().next_release is None


async def test_each_use_has_its_share_of_the_day(make: MakeGate, clock: JumpingClock) -> None:
    gate = make(budget_per_day=20)
    assert gate.affords(Use.ENRICH, 10) and not gate.affords(Use.ENRICH, 11)
    await admit(gate, 10, Use.ENRICH)
    assert (await refusal(gate, Use.ENRICH)).kind == "budget"
    await admit(gate, 6, Use.SYNC)
    assert (await refusal(gate, Use.SYNC)).kind == "budget"
    assert gate.affords(Use.WRITE, 4) and not gate.affords(Use.WRITE, 5)
    await admit(gate, 3, Use.WRITE)
    await admit(gate, 1, Use.INTERACTIVE)
    for use in Use:
        assert (await refusal(gate, use)).kind == "budget"
    assert gate.budget().used == 20


async def test_a_spent_share_goes_on_when_enough_has_fallen_out(make: MakeGate, clock: JumpingClock) -> None:
    gate = make(budget_per_day=20)
    await admit(gate, 2)
    clock.forward(hours=1)
    await admit(gate, 14)
    clock.forward(hours=1)
    await admit(gate, 2, Use.WRITE)
    spent = await refusal(gate, Use.ENRICH)
    assert spent.until == datetime(2026, 11, 21, 11, 10, tzinfo=UTC)
    clock.time = (await refusal(gate, Use.SYNC)).until
    assert clock.now() == datetime(2026, 11, 21, 11, 10, tzinfo=UTC)
    await admit(gate, 14)
    await refusal(gate)


async def test_without_a_limit_of_our_own_only_a_learned_one_counts(
    make: MakeGate, clock: JumpingClock
) -> None:
    gate = make(budget_per_day=0)
    await admit(gate, 121)
    assert gate.budget().ceiling is None and gate.affords(Use.ENRICH, 10_000)
    clock.time = gate.limited("3600", QUOTA).until
    assert gate.budget().ceiling == 120 == gate.budget().learned
    assert (await refusal(gate, Use.WRITE)).kind == "budget"


async def test_the_ceiling_learned_is_the_lowest_of_a_fortnight(make: MakeGate, clock: JumpingClock) -> None:
    gate = make()
    await admit(gate, 151)
    clock.time = gate.limited("48925", QUOTA).until
    assert gate.budget().learned == 150
    assert gate.budget().share(Use.SYNC) == 120
    clock.forward(days=1)
    await admit(gate, 110, Use.WRITE)
    gate.limited("48925", QUOTA)
    assert gate.budget().learned == 109
    clock.forward(days=13, hours=23)
    assert gate.budget().learned == 109
    clock.forward(hours=1)
    assert gate.budget().learned is None
    assert gate.budget().ceiling == 1000


async def test_a_429_without_the_reason_teaches_nothing(make: MakeGate) -> None:
    gate = make()
    await admit(gate, 150)
    gate.limited("48925", None)
    assert gate.budget().learned is None


async def test_a_quota_that_others_used_up_teaches_nothing(make: MakeGate, clock: JumpingClock) -> None:
    gate = make()
    await admit(gate, 3)
    limited = gate.limited("48925", QUOTA)
    assert gate.budget().learned is None
    clock.time = limited.until
    await gate.admit(Use.SYNC)


async def test_what_was_learned_grows_when_more_goes_through(make: MakeGate, clock: JumpingClock) -> None:
    gate = make()
    await admit(gate, 121, Use.WRITE)
    gate.limited("3600", QUOTA)
    clock.forward(hours=25)
    await admit(gate, 120, Use.WRITE)
    assert (await refusal(gate, Use.WRITE)).kind == "budget"
    await admit(gate, 6, Use.INTERACTIVE)
    assert gate.budget().learned == 125
    gate.limited("3600", QUOTA)
    assert gate.budget().learned == 125


async def test_a_blocked_sync_is_told_when_it_may_really_go_on(make: MakeGate, clock: JumpingClock) -> None:
    gate = make()
    await admit(gate, 201)
    limited = gate.limited("36000", QUOTA)
    assert limited.until < clock.now() + timedelta(hours=11)
    assert gate.limited("36000", QUOTA, use=Use.SYNC).until == datetime(2026, 11, 21, 10, 10, tzinfo=UTC)
    told = await refusal(gate)
    assert (told.kind, told.until) == ("quota", datetime(2026, 11, 21, 10, 10, tzinfo=UTC))


async def test_a_share_is_never_nothing(make: MakeGate, clock: JumpingClock) -> None:
    gate = make(budget_per_day=1)
    await gate.admit(Use.ENRICH)
    assert (await refusal(gate)).until - clock.now() <= timedelta(hours=24, minutes=10)


# -- clocks and files that misbehave ----------------------------------------------------------------------


async def test_a_clock_set_back_makes_no_block_longer_and_forgets_no_request(
    make: MakeGate, clock: JumpingClock
) -> None:
    gate = make(requests_per_s=1.0)
    await admit(gate, 6)
    gate.limited("600", None)
    clock.forward(seconds=100)
    clock.forward(days=-400)
    told = await refusal(gate)
    assert timedelta(0) < told.until - clock.now() <= timedelta(seconds=603)
    clock.forward(seconds=100)
    assert (await refusal(gate)).until == told.until
    clock.time = told.until
    slept = clock.slept
    await gate.admit(Use.SYNC)
    assert clock.slept - slept < 2
    assert gate.budget().used == 7
    clock.forward(hours=24, minutes=10)
    assert gate.budget().used == 0


async def test_a_clock_that_was_ahead_for_a_while_forgets_no_request(
    make: MakeGate, clock: JumpingClock
) -> None:
    gate = make()
    await admit(gate, 5)
    clock.forward(days=3)
    await admit(gate, 2)
    clock.forward(days=-3)
    assert gate.budget().used == 7 == sum(gate.budget().by_hour)
    await gate.admit(Use.SYNC)
    assert gate.budget().used == 8
    clock.forward(hours=24, minutes=10)
    assert gate.budget().used == 0


async def test_a_laptop_that_slept_through_a_block_goes_on_at_once(
    make: MakeGate, clock: JumpingClock
) -> None:
    gate = make(budget_per_day=10)
    await admit(gate, 8)
    gate.limited("600", None)
    clock.forward(days=2)
    await admit(gate, 5)
    assert clock.slept < 0.1
    assert gate.budget().used == 5


async def test_waking_up_while_waiting_for_a_turn_sees_what_others_were_told(
    make: MakeGate, clock: JumpingClock
) -> None:
    gate, other = make(requests_per_s=0.01), make()
    await admit(gate, 5)

    async def sleep(seconds: float) -> None:
        clock.forward(hours=3)
        other.limited("48925", QUOTA)

    clock.sleep = sleep  # type: ignore[method-assign]
    assert (await refusal(gate)).kind == "quota"
    assert gate.budget().used == 5


def spoil(path: Path) -> None:
    path.write_bytes(b"no database at all, " * 500)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


async def test_a_damaged_file_is_begun_anew_with_care(
    make: MakeGate, clock: JumpingClock, tmp_path: Path
) -> None:
    spoil(tmp_path / "spotify.db")
    gate = make(budget_per_day=100)
    assert gate.budget().careful and gate.budget().ceiling == 50
    await admit(gate, 40)
    assert (await refusal(gate)).kind == "budget"
    clock.forward(days=1, minutes=10)
    assert not gate.budget().careful and gate.budget().ceiling == 100


async def test_damage_found_while_at_work_is_survived_by_all_processes(
    make: MakeGate, tmp_path: Path
) -> None:
    first, second = make(), make()
    await admit(first, 2)
    (tmp_path / "spotify.db").rename(tmp_path / "elsewhere")
    spoil(tmp_path / "spotify.db")
    for gate in (first, second):
        await gate.admit(Use.SYNC)
    assert len(list(tmp_path.glob("spotify.db.damaged-*"))) == 1
    assert [gate.budget().used for gate in (first, second, make())] == [2, 2, 2]


# -- what screens read --------------------------------------------------------------------------------------


async def test_a_screen_reads_the_budget_of_who_asked_last(
    make: MakeGate, clock: JumpingClock, tmp_path: Path
) -> None:
    path = tmp_path / "spotify.db"
    assert read_budget(path, clock=clock) is None
    await admit(make(api_url="http://127.0.0.1:4711/v1/"), 2)
    clock.forward(seconds=1)
    gate = make(budget_per_day=700)
    await admit(gate, 3)
    gate.limited("48925", QUOTA)
    assert read_budget(path, clock=clock) == gate.budget()
    assert gate.budget().ceiling == 700
    spoil(path)
    assert read_budget(path, clock=clock) is None


def test_reading_the_budget_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys; from djtui.spotify.gate import read_budget; print(read_budget()); "
        "print({'spotipy', 'requests', 'redis', 'segno', 'textual', 'lxml', 'numpy'} & set(sys.modules))"
    )
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.split("\n")[:2] == ["None", "set()"]


async def test_whatever_happens_in_whatever_order_the_promises_hold(
    make: MakeGate, clock: JumpingClock
) -> None:
    rng = random.Random(5)
    gates = [make(budget_per_day=150, requests_per_s=1.0) for _ in range(2)]
    blocked_until = clock.now()
    recent: list[datetime] = []
    for _ in range(500):
        gate, use = rng.choice(gates), rng.choice(list(Use))
        match rng.randrange(20):
            case 0:
                header, reason = rng.choice([("7", None), ("600", QUOTA), ("junk", None), ("0", None)])
                until = gate.limited(header, reason).until
                assert until >= blocked_until and until > clock.now()
                blocked_until = until
            case 1 | 2:
                clock.forward(seconds=rng.choice([0.5, 30, 3600, 9 * 3600]))
            case _:
                before = gate.budget()
                try:
                    await gate.admit(use)
                except RateLimited as limited:
                    assert limited.until > clock.now()
                    continue
                assert clock.now() >= blocked_until
                recent = [at for at in recent if clock.now() - at < timedelta(seconds=30)] + [clock.now()]
                assert len(recent) <= 36
                share = before.share(use)
                assert share is None or before.used < share
        budget = gate.budget()
        assert budget.used == sum(budget.by_hour) == sum(budget.by_use.values()) <= 150
