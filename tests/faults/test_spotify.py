"""A library of 5,000 liked songs and 40 playlists, synced through everything that can go wrong.

`FAULT_LIKED=500 make faults` for a smaller one.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from djtui.config import Settings
from djtui.demo.spotify import Faults, Quota, Window
from djtui.jobs import requests, views
from djtui.jobs.locks import host_is_free
from djtui.kinds import KINDS
from tests.spotify.compare import differences, fewest_requests, unbroken
from tests.spotify.driving import Driver, driving

LIKED = int(os.environ.get("FAULT_LIKED", "5000"))
KILLS = 20
WORLD = {
    "liked": LIKED,
    "artists": LIKED // 2,
    "albums": LIKED * 7 // 10,
    "playlists": 40,
    "rows": LIKED * 6 // 5,
}
COHORTS = ("new", "old", "extended")


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STATE", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))


@asynccontextmanager
async def large(folder: Path, **options: Any) -> AsyncIterator[Driver]:
    async with driving(folder, world=WORLD, **options) as driver:
        yield driver


@pytest.mark.parametrize("cohort", COHORTS)
async def test_left_in_peace_it_ends_equal_by_the_fewest_requests(cohort: str, tmp_path: Path) -> None:
    async with large(tmp_path, cohort=cohort, budget_per_day=1000) as driver:
        run = await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []
        assert run.requests == fewest_requests(driver.stand_in)
        assert run.requests <= (380 if cohort == "new" else 610)
        again = await driver.sync()
        assert again.requests == 3
        unbroken(driver.stand_in)


@pytest.mark.parametrize("cohort", COHORTS)
async def test_killed_at_twenty_random_requests_it_ends_equal(cohort: str, tmp_path: Path) -> None:
    async with large(tmp_path, cohort=cohort) as driver:
        fewest = fewest_requests(driver.stand_in)
        run = await driver.sync(kill_at=set(random.Random(cohort).sample(range(1, fewest), KILLS)))
        assert run.kills >= KILLS - 2, "two kills at neighbouring requests may be one"
        assert await differences(driver.library, driver.stand_in) == []
        assert run.requests <= fewest + 4 * KILLS
        unbroken(driver.stand_in)


@pytest.mark.parametrize("cohort", COHORTS)
async def test_limited_at_random_requests_it_ends_equal(cohort: str, tmp_path: Path) -> None:
    dice = random.Random(cohort)
    faults = Faults(at={number: dice.choice(("window", "quota")) for number in dice.sample(range(600), 25)})
    async with large(tmp_path, cohort=cohort, faults=faults) as driver:
        run = await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []
        assert len(run.waits) >= 8 and run.failures == []
        assert driver.stand_in.sent_while_blocked == []


@pytest.mark.parametrize("cohort", COHORTS)
async def test_with_a_window_of_seven_seconds_and_a_quota_of_fourteen_hours_it_ends_equal(
    cohort: str, tmp_path: Path
) -> None:
    async with large(tmp_path, cohort=cohort, window=Window(40, 30, 7), quota=Quota(150)) as driver:
        run = await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []
        assert run.failures == []
        unbroken(driver.stand_in)


@pytest.mark.parametrize("cohort", COHORTS)
async def test_with_errors_timeouts_and_lost_replies_it_ends_equal(cohort: str, tmp_path: Path) -> None:
    faults = Faults(p_500=0.05, p_timeout=0.02, p_lost=0.02, seed=len(cohort))
    async with large(tmp_path, cohort=cohort, faults=faults) as driver:
        run = await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []
        assert run.failures == []
        unbroken(driver.stand_in)


@pytest.mark.parametrize("seed", range(3))
async def test_through_all_of_it_at_once_with_a_busy_dj_it_ends_equal_after_a_calm_sync(
    seed: int, tmp_path: Path
) -> None:
    dice = random.Random(seed)
    at: Any = {number: dice.choice(("window", "quota")) for number in dice.sample(range(900), 12)}
    faults = Faults(at=at, p_500=0.04, p_timeout=0.02, p_lost=0.02, total_wobble=0.01, seed=seed)
    async with large(tmp_path, cohort="extended", faults=faults) as driver:
        world, me = driver.world, driver.world.me.id

        def live() -> None:
            playlist = dice.choice([it for it in world.playlists if it.owner.id == me])
            match dice.randrange(40):
                case 0:
                    world.unlike(dice.choice(world.liked_uris))
                case 1:
                    world.like(world.track(dice.randrange(LIKED)).uri)
                case 2:
                    world.like_again(dice.choice(world.liked_uris))
                case 3:
                    world.add(playlist, [dice.choice(world.liked_uris)], 0)
                case 4 if playlist.rows:
                    world.set_rows(playlist, playlist.rows[1:])
                case 5:
                    world.describe(playlist, name=f"Renamed {dice.random()}")
                case 6 if dice.random() < 0.3:
                    world.unfollow(playlist)

        driver.before = live
        await driver.sync(kill_at=set(dice.sample(range(1, 500), 8)))
        driver.before = None
        driver.stand_in.faults = Faults()
        driver.clock.forward(days=1)
        await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []
        assert driver.stand_in.sent_while_blocked == []


async def test_a_host_killed_again_and_again_leaves_a_library_that_ends_equal(tmp_path: Path) -> None:
    async with large(tmp_path, cohort="extended", real=True) as driver:
        config = tmp_path / "config.toml"
        config.write_text(
            "[jobs]\nresume = 'always'\n[spotify]\nrequests_per_s = 1000.0\nbudget_per_day = 0\n"
            f"client_id = '{driver.settings.client_id}'\napi_url = '{driver.settings.api_url}'\n"
            f"accounts_url = '{driver.settings.accounts_url}'\n"
        )
        driver.stand_in.faults.delay_s = 0.004
        settings = Settings(spotify=driver.settings)
        job = await requests.submit(driver.library, KINDS, "spotify-sync", {"full": False}, settings=settings)
        command = [sys.executable, "-m", "djtui", "--library", str(driver.library.path)]
        command += ["--config", str(config), "host"]
        dice = random.Random(3)
        kills = 0
        deadline = time.monotonic() + 150
        while True:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            patience = time.monotonic() + (dice.uniform(1.0, 2.5) if kills < 8 else 120)
            state = ""
            while time.monotonic() < patience and state != "succeeded":
                await asyncio.sleep(0.05)
                view = await views.job(driver.library, job)
                assert view is not None and view.state != "failed", view
                state = view.state
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert host_is_free(driver.library.path)
            if state == "succeeded":
                break
            kills += 1
            assert time.monotonic() < deadline
        assert kills >= 3
        assert await differences(driver.library, driver.stand_in) == []
        unbroken(driver.stand_in)
