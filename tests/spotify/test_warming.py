"""Warming spends what is left over of the day, the most used albums first, and never more."""

from __future__ import annotations

from pathlib import Path

from djtui.config import Settings
from djtui.spotify.warming import warm_job
from tests.spotify.driving import Driver, Run, driving

WORLD = {"liked": 120, "artists": 30, "albums": 50, "playlists": 3, "rows": 60}


async def warm(driver: Driver) -> Run:
    driver.job_id += 1
    settings = Settings(spotify=driver.settings)
    return await driver.work(lambda: warm_job({}, settings, clock=driver.clock))


async def read(driver: Driver) -> list[str]:
    rows = await driver.library.fetchall("SELECT id FROM spotify_album WHERE copyrights IS NOT NULL")
    return [row["id"] for row in rows]


async def test_only_the_left_over_is_spent_and_that_is_a_success(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new", world=WORLD, budget_per_day=40) as driver:
        synced = (await driver.sync()).requests
        run = await warm(driver)
        assert synced + run.requests == 20, "half of the day's requests"
        assert run.waits == [] and run.failures == []
        assert run.result["albums"] == len(await read(driver)) == run.requests
        assert run.result["left"] == 50 - run.requests
        assert run.messages["Albums"].startswith(f"{run.requests} of 50. ")


async def test_the_most_used_go_first_and_the_next_run_goes_on(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new", world=WORLD, budget_per_day=40) as driver:
        await driver.sync()
        await warm(driver)
        first = set(await read(driver))
        uses = {
            row["album_id"]: row["uses"]
            for row in await driver.library.fetchall(
                "SELECT album_id, sum((SELECT count(*) FROM spotify_like l WHERE l.track_id = t.id)"
                " + (SELECT count(*) FROM spotify_item i WHERE i.track_id = t.id)) AS uses"
                " FROM spotify_track t WHERE album_id IS NOT NULL GROUP BY album_id"
            )
        }
        assert min(uses[id] for id in first) >= max(uses[id] for id in uses.keys() - first)
        driver.clock.forward(days=2)
        await warm(driver)
        assert len(await read(driver)) == len(first) + 20


async def test_an_app_that_may_ask_for_several_has_nothing_left_to_warm(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="extended", world=WORLD) as driver:
        await driver.sync()
        run = await warm(driver)
        assert run.requests == 0 and run.result["left"] == 0


async def test_a_killed_warming_reads_no_album_twice(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new", world=WORLD) as driver:
        await driver.sync()
        before = len(driver.asked)
        driver.job_id += 1
        settings = Settings(spotify=driver.settings)
        run = await driver.work(lambda: warm_job({}, settings, clock=driver.clock), kill_at={10, 20})
        assert run.kills == 2 and run.result["albums"] == 50
        asked = driver.asked[before:]
        assert len(asked) <= 50 + 2 and len(set(asked)) == 50
