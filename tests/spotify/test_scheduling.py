"""Syncs by the clock: as often as the settings say, never two, and none where nobody is signed in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from djtui.config import Settings
from djtui.jobs import records, views
from djtui.kinds import KINDS
from djtui.library.database import Library
from djtui.spotify.asking import LIMITED
from djtui.spotify.clock import local_time
from djtui.spotify.scheduling import Schedule
from djtui.spotify.token_file import token_path
from tests.spotify.driving import Driver, driving

WORLD = {"liked": 3, "artists": 2, "albums": 2, "playlists": 0, "rows": 0}


@asynccontextmanager
async def scheduled(folder: Path, every: int = 30) -> AsyncIterator[tuple[Driver, Schedule]]:
    async with driving(folder, world=WORLD, every_min=every) as driver:
        yield driver, schedule(driver)


def schedule(driver: Driver, told: list[str] | None = None) -> Schedule:
    async def host() -> None:
        pass

    settings = Settings(spotify=driver.settings)
    tell = None if told is None else told.append
    return Schedule(driver.library, lambda: settings, KINDS, host, told=tell, clock=driver.clock)


async def end(driver: Driver, state: str) -> None:
    async with driver.library.writing() as tx:
        await records.end(tx, 1, state)
        await tx.execute("UPDATE job SET finished = ?", (records.stamp(driver.clock.now()),))


async def jobs(library: Library) -> int:
    return len(await views.jobs(library))


async def run_for(schedule: Schedule, driver: Driver, minutes: float) -> None:
    until = driver.clock.now().timestamp() + minutes * 60
    running = asyncio.create_task(schedule.run())
    while driver.clock.now().timestamp() < until and not running.done():
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_sync_is_asked_for_when_the_last_one_ended_so_long_ago(tmp_path: Path) -> None:
    async with scheduled(tmp_path) as (driver, plan):
        await run_for(plan, driver, 1)
        assert await jobs(driver.library) == 1
        await end(driver, "succeeded")
        assert not await plan.is_due()
        driver.clock.forward(minutes=29)
        assert not await plan.is_due()
        await run_for(plan, driver, 3)
        assert await jobs(driver.library) == 2


async def test_while_one_is_at_work_or_paused_no_other_is_asked_for(tmp_path: Path) -> None:
    async with scheduled(tmp_path) as (driver, plan):
        await run_for(plan, driver, 1)
        for state in ("queued", "waiting", "paused"):
            async with driver.library.writing() as tx:
                await tx.execute("UPDATE job SET state = ?", (state,))
            driver.clock.forward(hours=5)
            assert not await plan.is_due()
        assert await jobs(driver.library) == 1


async def test_one_that_a_limit_paused_is_taken_up_again(tmp_path: Path) -> None:
    async with scheduled(tmp_path) as (driver, plan):
        await run_for(plan, driver, 1)
        await end(driver, "paused")
        driver.clock.forward(hours=5)
        assert not await plan.is_due()
        async with driver.library.writing() as tx:
            await records.say(tx, 1, LIMITED)
        assert await plan.is_due()


async def test_what_is_to_be_expected_is_told_once(tmp_path: Path) -> None:
    told: list[str] = []
    async with scheduled(tmp_path) as (driver, _):
        plan = schedule(driver, told)
        await run_for(plan, driver, 1)
        await run_for(plan, driver, 1)
        assert told == ["Spotify is synced every 30 min; a sync is under way."]
        await end(driver, "succeeded")
        due = local_time(driver.clock.now() + timedelta(minutes=30), driver.clock.now())
        await run_for(plan, driver, 1)
        assert told[1:] == [f"Spotify is synced every 30 min; the next sync is due at {due}."]
        await end(driver, "paused")
        await run_for(plan, driver, 1)
        assert told[2:] == [
            "Spotify is synced every 30 min, but the last sync is paused: djtui jobs resume goes on."
        ]
        token_path().unlink()
        assert await plan.outlook() == (
            "Spotify is synced every 30 min once somebody is signed in: djtui spotify login."
        )
    (tmp_path / "other").mkdir()
    async with scheduled(tmp_path / "other", every=0) as (driver, plan):
        assert await plan.outlook() == ""


async def test_two_processes_with_the_same_schedule_have_one_job(tmp_path: Path) -> None:
    async with scheduled(tmp_path) as (driver, plan):
        other = schedule(driver)
        await asyncio.gather(run_for(plan, driver, 1), run_for(other, driver, 1))
        assert await jobs(driver.library) == 1


async def test_without_a_schedule_or_a_sign_in_nothing_is_asked_for(tmp_path: Path) -> None:
    async with scheduled(tmp_path, every=0) as (driver, plan):
        await run_for(plan, driver, 1)
        assert await jobs(driver.library) == 0
    (tmp_path / "other").mkdir()
    async with scheduled(tmp_path / "other") as (driver, plan):
        token_path().unlink()
        await run_for(plan, driver, 1)
        assert await jobs(driver.library) == 0


async def test_a_failed_one_is_tried_again_the_next_time(tmp_path: Path) -> None:
    async with scheduled(tmp_path) as (driver, plan):
        await run_for(plan, driver, 1)
        await end(driver, "failed")
        assert not await plan.is_due()
        driver.clock.forward(minutes=31)
        assert await plan.is_due()
