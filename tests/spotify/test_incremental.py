"""The second sync, and every one after it: only what is new is read, and what changed is told."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from djtui.spotify import storing_playlists
from tests.spotify.compare import differences
from tests.spotify.driving import Driver, Killed, driving

WORLD = {"liked": 160, "artists": 60, "albums": 90, "playlists": 8, "rows": 300}


async def told(driver: Driver) -> list[tuple[Any, ...]]:
    rows = await driver.library.fetchall(
        "SELECT c.kind, t.uri, c.playlist, c.detail FROM spotify_change c"
        " LEFT JOIN spotify_track t ON t.id = c.track_id ORDER BY c.id"
    )
    return [tuple(row) for row in rows]


async def revision(driver: Driver) -> int:
    row = await driver.library.fetchone("SELECT value FROM meta WHERE name = 'spotify'")
    assert row is not None
    return int(row["value"])


def own(driver: Driver) -> Any:
    """A playlist of the account's own with several rows."""
    me = driver.world.me.id
    return next(it for it in driver.world.playlists if it.owner.id == me and len(it.rows) > 20)


@pytest.mark.parametrize("cohort", ["new", "extended"])
async def test_with_nothing_new_three_requests_and_no_change_of_the_library(
    cohort: str, tmp_path: Path
) -> None:
    async with driving(tmp_path, cohort=cohort, world=WORLD) as driver:
        await driver.sync()
        before = await revision(driver)
        run = await driver.sync()
        assert run.requests == 3 <= 3 + 1
        assert (run.added, run.updated) == (0, 0)
        assert await revision(driver) == before
        assert await told(driver) == []


async def test_new_likes_are_read_until_a_whole_page_is_known(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new", world=WORLD) as driver:
        await driver.sync()
        unliked = [uri for uri in driver.world.songs if ":track:" in uri and not driver.world.likes(uri)]
        driver.clock.forward(hours=1)
        for uri in unliked[:60]:
            driver.world.like(uri)
        run = await driver.sync()
        assert Counter(driver.asked[-run.requests :])["me/tracks"] == 3
        assert run.added >= 60
        assert await differences(driver.library, driver.stand_in) == []
        assert Counter(kind for kind, *_ in await told(driver)) == {"liked": 60}


async def test_what_is_no_longer_liked_is_noticed_by_the_total(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new", world=WORLD) as driver:
        await driver.sync()
        gone = driver.world.liked_uris[100]
        driver.world.unlike(gone)
        run = await driver.sync()
        assert Counter(driver.asked[-run.requests :])["me/tracks"] == 1 + 4
        assert await differences(driver.library, driver.stand_in) == []
        assert await told(driver) == [("unliked", gone, None, None)]


async def test_a_song_liked_again_is_no_news_but_has_its_new_time(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new", world=WORLD) as driver:
        await driver.sync()
        before = await revision(driver)
        driver.clock.forward(hours=1)
        driver.world.like_again(driver.world.liked_uris[120])
        run = await driver.sync()
        assert (run.requests, run.updated) == (4, 1)
        assert await differences(driver.library, driver.stand_in) == []
        assert await told(driver) == [] and await revision(driver) > before


async def test_of_the_playlists_only_what_changed_is_read(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="extended", world=WORLD) as driver:
        await driver.sync()
        playlist = own(driver)
        first, new = playlist.rows[0].song.uri, driver.world.liked_uris[3]
        driver.world.add(playlist, [new, new])
        driver.world.remove(playlist, [first])
        gone = sum(uri == first for uri in playlist.uris)
        assert gone == 0
        run = await driver.sync()
        pages = -(-len(playlist.rows) // 50)
        assert run.requests == 3 + pages
        assert await differences(driver.library, driver.stand_in) == []
        kinds = Counter((kind, uri) for kind, uri, *_ in await told(driver))
        assert kinds[("added", new)] == 2 and kinds[("removed", first)] >= 1
        assert {name for _, _, name, _ in await told(driver)} == {playlist.name}


async def test_playlists_that_come_go_and_are_renamed_are_told(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new", world=WORLD) as driver:
        await driver.sync()
        renamed, gone = own(driver), driver.world.playlists[-1]
        old = renamed.name
        driver.world.describe(renamed, name="After hours")
        driver.world.unfollow(gone)
        driver.world.create("Fresh", rows=renamed.rows[:5])
        await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []
        assert sorted(await told(driver), key=str) == sorted(
            [
                ("playlist", None, "Fresh", None),
                ("playlist gone", None, gone.name, None),
                ("renamed", None, "After hours", old),
            ],
            key=str,
        )


async def test_what_a_sync_found_stays_until_another_finds_something(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new", world=WORLD) as driver:
        await driver.sync()
        driver.world.unlike(driver.world.liked_uris[5])
        await driver.sync()
        await driver.sync()
        assert [kind for kind, *_ in await told(driver)] == ["unliked"]
        driver.world.describe(own(driver), name="Else")
        await driver.sync()
        assert [kind for kind, *_ in await told(driver)] == ["renamed"]


async def test_a_playlist_is_read_again_after_some_days_whatever_its_snapshot_says(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new", world=WORLD, reread_days=7) as driver:
        await driver.sync()
        playlist = own(driver)
        version = playlist.versions[-1]
        playlist.versions[-1] = type(version)(version.at, version.snapshot, version.rows[1:])
        assert (await driver.sync()).requests == 3
        driver.clock.forward(days=8)
        run = await driver.sync()
        assert run.requests > 3 + 5
        assert await differences(driver.library, driver.stand_in) == []


async def test_stale_snapshots_are_a_hint_and_heal(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new", world=WORLD) as driver:
        driver.stand_in.faults.stale_snapshot_s = driver.stand_in.faults.item_lag_s = 30
        driver.clock.forward(hours=1)
        await driver.sync()
        driver.world.add(own(driver), [driver.world.liked_uris[0]])
        await driver.sync()
        driver.clock.forward(seconds=31)
        await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []


async def test_a_playlist_that_djtui_has_just_written_is_left_alone_for_a_minute(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new", world=WORLD) as driver:
        await driver.sync()
        playlist = own(driver)
        driver.world.add(playlist, [driver.world.liked_uris[0]])
        async with driver.library.writing() as tx:
            await storing_playlists.wrote(tx, playlist.id, driver.clock.now())
        assert (await driver.sync()).requests == 3
        driver.clock.forward(minutes=2)
        await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []


async def test_a_full_sync_reads_every_list_again_and_things_from_the_cache(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="extended", world=WORLD) as driver:
        first = await driver.sync()
        async with driver.library.writing() as tx:
            await tx.execute("UPDATE spotify_artist SET genres = '[\"wrong\"]'")
        driver.clock.forward(minutes=1)
        run = await driver.sync(full=True)
        things = Counter(path for path in driver.asked[: first.requests] if path in ("artists", "albums"))
        assert run.requests == first.requests - things.total()
        assert await differences(driver.library, driver.stand_in) == []


async def test_a_sync_killed_between_two_others_is_made_good_by_the_next(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="extended", world=WORLD) as driver:
        await driver.sync()
        driver.world.unlike(driver.world.liked_uris[50])
        driver.world.add(own(driver), [driver.world.liked_uris[0]])
        for number in (3, 5, 7):
            with pytest.raises(Killed):
                await driver.sync(full=True, kill_at={number}, again=False)
        await driver.sync()
        assert await differences(driver.library, driver.stand_in) == []


async def test_songs_of_an_emptied_or_lost_playlist_are_read_out_of_it(tmp_path: Path) -> None:
    async with driving(tmp_path, cohort="new", world=WORLD) as driver:
        await driver.sync()
        driver.world.set_rows(own(driver), [])
        run = await driver.sync()
        assert run.requests == 3, "an empty playlist need not be asked for its rows"
        assert await differences(driver.library, driver.stand_in) == []
