"""A sync brings the library to what the server has, whatever happens on the way."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from djtui.config import Settings
from djtui.demo.spotify import Faults, Logged, Quota, Window
from djtui.jobs.hosting import perform
from djtui.jobs.job import Batch, JobError, Wait
from djtui.kinds import KINDS
from djtui.spotify.errors import Refused, SignInNeeded
from djtui.spotify.sync_state import Part
from djtui.spotify.token_file import token_path
from tests.spotify.compare import differences, fewest_requests, unbroken
from tests.spotify.driving import Driver, driving
from tests.spotify.signing import App

COHORTS = ("new", "old", "extended")


@pytest.mark.parametrize("cohort", COHORTS)
async def test_a_first_sync_brings_all_that_the_server_has_with_no_request_too_many(
    cohort: str, tmp_path: Path
) -> None:
    async with driving(tmp_path, cohort=cohort) as driver:
        run = await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []
        assert (run.failures, run.waits) == ([], [])
        assert run.requests == fewest_requests(driver.stand_in)
        world = driver.world
        assert run.processed["Tracks"] == len(world.liked)
        assert run.processed["Contents"] == sum(len(it.rows) for it in world.playlists if world.readable(it))


async def test_what_the_app_may_not_ask_is_said_once_and_not_asked_for_again(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new") as driver:
        run = await driver.sync()
        assert run.messages["Artists"].startswith("not available to this app: genres")
        assert run.messages["Albums"].startswith("not available to this app: labels")
        again = await driver.sync()
        assert again.messages["Artists"].startswith("not available to this app: genres")
        assert Counter(driver.asked)["artists"] == Counter(driver.asked)["albums"] == 1


@pytest.mark.parametrize("cohort", ["new", "extended"])
async def test_a_sync_that_is_killed_again_and_again_ends_as_one_left_in_peace(
    cohort: str, tmp_path: Path
) -> None:
    async with driving(tmp_path, cohort=cohort) as driver:
        kills = set(random.Random(5).sample(range(1, 32), 10))
        run = await driver.sync(kill_at=kills)
        assert run.kills >= 7
        assert await differences(driver.library, driver.stand_in) == []
        assert run.requests <= fewest_requests(driver.stand_in) + 4 * run.kills
        assert await changes(driver) == []


async def test_a_killed_sync_goes_on_where_it_was(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new") as driver:
        await driver.sync(kill_at={4})
        offsets = [it.query.get("offset") for it in driver.stand_in.requests if it.path == "/v1/me/tracks"]
        assert offsets == ["0", "50", "100", "100", "150", "0"]


@pytest.mark.parametrize(("cohort", "kind"), [("old", "window"), ("new", "quota")])
async def test_a_sync_that_is_limited_waits_and_sends_nothing_meanwhile(
    cohort: str, kind: str, tmp_path: Path
) -> None:
    limited: dict[str, Any] = {"window": Window(8, 20, 7)} if kind == "window" else {"quota": Quota(7)}
    async with driving(tmp_path, cohort=cohort, **limited) as driver:
        run = await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []
        assert len(run.waits) >= 2 and run.failures == []
        unbroken(driver.stand_in)
        assert {wait.reason.split(";")[0] for wait in run.waits} == {
            "Spotify asks for a pause" if kind == "window" else "Spotify's daily quota is used up"
        }


@pytest.mark.parametrize("seed", range(2))
async def test_limits_at_any_request_and_as_plain_text_cost_nothing_but_time(
    seed: int, tmp_path: Path
) -> None:
    dice = random.Random(seed)
    at = {number: dice.choice(("window", "quota")) for number in dice.sample(range(1, 36), 8)}
    faults = Faults(at=at, plain_429=bool(seed % 2))  # type: ignore[arg-type]
    async with driving(tmp_path, cohort="extended", faults=faults) as driver:
        run = await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []
        assert len(run.waits) >= 4
        assert driver.stand_in.sent_while_blocked == []


@pytest.mark.parametrize("seed", range(2))
async def test_a_service_that_fails_now_and_then_is_asked_again(seed: int, tmp_path: Path) -> None:
    faults = Faults(p_500=0.1, p_timeout=0.1, p_lost=0.1, seed=seed)
    async with driving(tmp_path, cohort="extended", faults=faults) as driver:
        run = await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []
        assert run.requests > fewest_requests(driver.stand_in)
        assert run.failures == []


def like_one(driver: Driver) -> None:
    driver.world.like(driver.world.track(-1).uri)


def unlike_one_that_was_read(driver: Driver) -> None:
    driver.world.unlike(driver.world.liked_uris[20])


def unlike_one_to_be_read(driver: Driver) -> None:
    driver.world.unlike(driver.world.liked_uris[-20])


def like_again(driver: Driver) -> None:
    driver.world.like_again(driver.world.liked_uris[-10])


def unlike_many(driver: Driver) -> None:
    for uri in driver.world.liked_uris[30:90]:
        driver.world.unlike(uri)


@pytest.mark.parametrize(
    "change", [like_one, unlike_one_that_was_read, unlike_one_to_be_read, like_again, unlike_many]
)
@pytest.mark.parametrize("at", [3, 6])
async def test_likes_that_change_while_they_are_read_are_all_there_at_the_end(
    change: Any, at: int, tmp_path: Path
) -> None:
    world = {"liked": 230, "artists": 60, "albums": 90, "playlists": 2, "rows": 60}
    async with driving(tmp_path, cohort="new", world=world) as driver:
        driver.stand_in.hook = _at(at, lambda: change(driver))
        run = await driver.sync()
        if change is like_again:  # the list keeps its length: what went to the top the next sync finds
            await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []
        assert run.failures == []


def _at(number: int, change: Any) -> Any:
    def hook(count: int, _: Logged) -> None:
        if count == number:
            change()

    return hook


async def test_one_like_during_a_sync_costs_one_request_and_not_a_second_walk(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new") as driver:
        driver.stand_in.hook = _at(4, lambda: like_one(driver))
        await driver.sync()
        assert Counter(driver.asked)["me/tracks"] == 4 + 1


@pytest.mark.parametrize("seed", range(2))
async def test_a_playlist_that_changes_while_it_is_read_is_read_again(seed: int, tmp_path: Path) -> None:
    world = {"liked": 40, "artists": 60, "albums": 90, "playlists": 4, "rows": 400}
    async with driving(tmp_path, cohort="extended", world=world) as driver:
        dice = random.Random(seed)

        def edit(number: int, logged: Logged) -> None:
            if not logged.path.endswith("/items") or dice.random() < 0.8:
                return
            playlist = dice.choice([it for it in driver.world.playlists if it.owner.id == driver.world.me.id])
            if dice.random() < 0.5 or not playlist.rows:
                driver.world.add(playlist, [driver.world.track(0).uri], 0)
            else:
                driver.world.set_rows(playlist, playlist.rows[1:])

        driver.stand_in.hook = edit
        await driver.sync()
        driver.stand_in.hook = None
        await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []


async def test_a_list_that_never_says_how_long_it_is_ends_as_a_failure_and_keeps_what_there_is(
    tmp_path: Path,
) -> None:
    world = {"liked": 230, "artists": 60, "albums": 90, "playlists": 0, "rows": 0}
    async with driving(tmp_path, cohort="new", world=world) as driver:
        await driver.sync()
        driver.stand_in.faults.total_wobble = 1.0
        run = await driver.sync(full=True)
        assert [failure.item for failure in run.failures] == ["liked songs"]
        assert await differences(driver.library, driver.stand_in) == []
        driver.stand_in.faults.total_wobble = 0.0
        driver.world.unlike(driver.world.liked_uris[7])
        assert (await driver.sync()).failures == []
        assert await differences(driver.library, driver.stand_in) == []


async def test_totals_that_are_wrong_now_and_then_are_seen_through(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new", faults=Faults(total_wobble=0.1, seed=2)) as driver:
        run = await driver.sync()
        assert run.failures == []
        assert await differences(driver.library, driver.stand_in) == []


@pytest.mark.parametrize("size", [1, 120, 5000])
async def test_batches_are_as_large_as_the_settings_say_and_the_requests_as_few(
    size: int, tmp_path: Path
) -> None:
    sizes: dict[str, Any] = {f"batch_{name}": size for name in ("tracks", "artists", "albums", "playlists")}
    async with driving(tmp_path, cohort="extended", window=Window(8, 20, 7), **sizes) as driver:
        run = await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []
        answered = [logged for logged in driver.stand_in.requests if logged.status == 200]
        assert len(answered) <= fewest_requests(driver.stand_in) + len(run.waits)


async def test_a_playlist_that_is_not_shown_to_the_app_is_a_failed_item(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new") as driver:
        gone = next(it for it in driver.world.playlists if driver.world.readable(it) and it.rows)
        driver.world.hidden.add(gone.id)
        run = await driver.sync()
        assert [failure.item for failure in run.failures] == [f"playlist {gone.name}"]
        driver.world.hidden.clear()
        assert (await driver.sync()).failures == []
        assert await differences(driver.library, driver.stand_in) == []


async def test_a_refusal_of_the_whole_app_ends_the_sync(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new") as driver:
        await driver.sync()
        driver.stand_in.faults.refuse[""] = "premium"
        with pytest.raises(Refused, match="Premium"):
            await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []


async def test_a_sign_in_that_has_ended_ends_the_sync_and_keeps_what_was_read(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new") as driver:
        await driver.sync()
        driver.clock.forward(hours=2)
        driver.stand_in.faults.invalid_grant = 1
        run = await driver.sync()
        assert [wait.reason.split(":")[0][:34] for wait in run.waits] == [
            "Spotify does not accept the sign-i"
        ]
        driver.clock.forward(hours=2)
        driver.stand_in.faults.invalid_grant = True
        with pytest.raises(SignInNeeded, match="sign in again"):
            await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []


async def test_who_signs_in_again_has_the_sync_go_on_at_once_from_where_it_stood(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new") as driver:
        accounts, begun = driver.stand_in.accounts, driver.clock.now()

        def revoke() -> None:
            if driver.asked[-1:] == ["me/tracks"] and driver.asked_again is None:
                driver.asked_again = sign_in
                accounts.revoke()
                accounts.expire()

        def sign_in() -> None:
            App(driver.stand_in, driver.clock, token_path(), driver.settings).signed_in()

        driver.before = revoke
        run = await driver.sync()
        assert [wait.reason[:35] for wait in run.waits] == ["Spotify does not accept the sign-in"]
        assert (driver.clock.now() - begun).total_seconds() < 60
        assert driver.asked.count("me/tracks") == 4 + 1  # the one that was refused
        assert await differences(driver.library, driver.stand_in) == []


async def test_the_library_of_one_account_is_not_mixed_with_anothers(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new") as driver:
        await driver.sync()
        async with driver.library.writing() as tx:
            await tx.execute("UPDATE spotify_account SET id = 'somebody', name = 'Somebody Else'")
        with pytest.raises(JobError, match="Somebody Else"):
            await driver.sync()


async def test_plays_are_noted_where_they_are_wanted(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new", plays=True) as driver:
        await driver.sync()
        assert len(await plays(driver)) == len(driver.world.plays) > 0
        driver.clock.forward(minutes=5)
        driver.world.play(driver.world.liked_uris[0])
        run = await driver.sync()
        assert await plays(driver) == sorted((it.played_at, it.track.uri) for it in driver.world.plays)
        assert run.requests == 4


async def plays(driver: Driver) -> list[tuple[str, str]]:
    rows = await driver.library.fetchall(
        "SELECT played, uri FROM spotify_play JOIN spotify_track t ON t.id = track_id ORDER BY played"
    )
    return [tuple(row) for row in rows]


async def changes(driver: Driver) -> list[tuple[Any, ...]]:
    rows = await driver.library.fetchall("SELECT kind, playlist FROM spotify_change ORDER BY id")
    return [tuple(row) for row in rows]


def test_a_part_says_what_a_batch_came_to() -> None:
    part = Part(processed=50, added=3, updated=1, next={"offset": 50}, estimated_total=230)
    assert part.has_more and not Part().has_more
    batch = part.step(cached=7)
    assert isinstance(batch, Batch)
    assert batch.cursor == {"offset": 50, "cached": 7}
    until = datetime(2026, 11, 21, tzinfo=UTC)
    assert Part(rate_limited_until=until, error="Wait.").step() == Wait(until, "Wait.")
    failed = Part(error="It is gone.", item="playlist Closing").step()
    assert isinstance(failed, Batch) and failed.failures[0].reason == "It is gone."


async def test_under_a_host_the_job_tells_what_it_took_and_found(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="extended", real=True, window=Window(16, 1, 1)) as driver:
        settings = Settings(spotify=driver.settings)
        async for view in perform(driver.library, KINDS, "spotify-sync", {"full": False}, settings):
            last = view
        assert last.state == "succeeded" and last.result is not None
        requests = len(driver.stand_in.requests)
        assert last.result == {
            "added": last.result["added"],
            "updated": 0,
            "failed": 0,
            "requests": requests,
            "cached": 0,
            "tracks": 180,
            "artists": 70,
            "albums": 110,
            "playlists": 8,
            "items": 300,
            "blocked_until": None,
        }
        phases = [phase.name for phase in last.phases]
        assert phases == "Tracks Artists Albums Playlists Contents Matching".split()
        assert sum(phase.requests for phase in last.phases) == requests
        assert await differences(driver.library, driver.stand_in) == []
        unbroken(driver.stand_in)
