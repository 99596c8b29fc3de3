"""Applying makes each child what its rule says, whatever happens on the way, and never loses a song."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from djtui.demo.spotify import Faults, Playlist
from djtui.demo.spotify_limits import Trouble
from djtui.demo.spotify_music import Track
from djtui.demo.spotify_world import World
from djtui.routing.steps import is_fixed, songs
from tests.routing.driving import Router, routing
from tests.spotify import driving

RULES: dict[str, Any] = {
    "": lambda song: True,
    "duration:..300": lambda song: song.duration_ms <= 300_000,
    "explicit:yes OR duration:>=360": lambda song: song.explicit or song.duration_ms >= 360_000,
    "NOT explicit:yes": lambda song: not song.explicit,
    "duration:>9000": lambda song: False,
    "popularity:>=50": lambda song: song.popularity >= 50,
    "year:2015..": lambda song: int(song.album.release_date[:4]) >= 2015,
}
SONGS = 40


def expected(rule: str, base: Playlist) -> list[str]:
    """What a child holds by the plainest of means."""
    matching = [row.song.uri for row in base.rows if isinstance(row.song, Track) and RULES[rule](row.song)]
    return list(dict.fromkeys(matching))


def outside(world: World, but: set[str]) -> dict[str, Any]:
    """Everything of an account that routing must not change."""
    lists = {it.id: (it.name, it.uris) for it in world.playlists if it.id not in but}
    return lists | {"liked": world.liked_uris}


def fixed(playlist: Playlist) -> Counter[str | None]:
    return Counter(filter(is_fixed, playlist.uris))


rows = st.lists(
    st.integers(0, SONGS - 1) | st.sampled_from([None, "episode", "local", "local B"]), max_size=30
)


@dataclass(frozen=True)
class Case:
    """A world of routing, and what goes wrong in it: by the number of the request, counted from applying."""

    base: list[Any]
    children: list[tuple[str, list[Any] | None]]
    troubles: list[Trouble | None]
    kills: set[int]
    lag: float  # seconds for which the rows of a playlist are shown as they were
    stale: float  # and its snapshot


cases = st.builds(
    Case,
    rows,
    st.lists(st.tuples(st.sampled_from(list(RULES)), st.none() | rows), min_size=1, max_size=3),
    st.lists(st.sampled_from([None, None, None, "500", "lost", "timeout", "window", "quota"]), max_size=40),
    st.sets(st.integers(1, 30), max_size=4),
    st.sampled_from([0.0, 0.0, 3.0]),
    st.sampled_from([0.0, 30.0]),
)


async def built(router: Router, case: Case) -> tuple[int, Playlist, dict[int, Playlist]]:
    """The base, and the children's playlists that exist already."""
    router.playlist("Not mine to touch", 1, 1, "local", None, 5)
    base = router.playlist("Friday", *case.base)
    there = [
        router.playlist(f"Old {n}", *rows) if rows is not None else None
        for n, (_, rows) in enumerate(case.children)
    ]
    id = await router.base(
        base,
        *(
            {"rule": rule, "spotify_id": list_.id if list_ else None}
            for (rule, _), list_ in zip(case.children, there, strict=True)
        ),
    )
    ids = [child.id for child in await router.children(id)]
    return id, base, {id: list_ for id, list_ in zip(ids, there, strict=True) if list_}


async def check(case: Case, folder: Path) -> None:
    async with routing(
        folder,
        cohort="extended",
        world={"liked": SONGS, "artists": 9, "albums": 12, "playlists": 0, "rows": 0},
    ) as router:
        id, base, there = await built(router, case)
        fixed_before = {child: fixed(list_) for child, list_ in there.items()}
        own = {list_.id for list_ in there.values()}
        before = outside(router.world, own)
        begun = len(router.stand_in.requests)
        router.stand_in.faults.at = {
            begun + number: trouble for number, trouble in enumerate(case.troubles, 1) if trouble
        }
        router.stand_in.faults.item_lag_s = case.lag
        router.stand_in.faults.stale_snapshot_s = case.stale
        everyone = [child.id for child in await router.children(id)]
        run = await router.apply(id, kill_at=case.kills, confirmed=everyone)
        router.clock.forward(seconds=120)
        children = await router.children(id)
        made = {child.spotify_id for child in children if child.spotify_id}
        event(f"{run.kills} kills")
        assert run.failures == []
        for child in children:
            wanted = expected(child.rule, base)
            if child.spotify_id is None:
                assert wanted == []
                continue
            playlist = router.world.playlist(child.spotify_id)
            assert songs(playlist.uris) == wanted
            assert fixed(playlist) == fixed_before.get(child.id, Counter())
        assert outside(router.world, own | made) == before
        router.stand_in.faults = Faults()
        done = len(router.stand_in.requests)
        again = await router.apply(id)
        assert router.written(done) == [] and again.failures == []


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases)
def test_each_child_is_what_its_rule_says_whatever_goes_wrong(case: Case) -> None:
    in_own_folders(partial(check, case))


# -- the worst moment -----------------------------------------------------------------------------

numbers = st.lists(st.integers(0, SONGS - 1), unique=True, min_size=1, max_size=SONGS)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(numbers, st.sets(st.integers(0, SONGS - 1)), st.sets(st.integers(2, 20), max_size=3))
def test_at_no_moment_is_a_song_that_stays_away(base: list[int], there: set[int], kills: set[int]) -> None:
    """Before every request the child holds all that it keeps, and what came never goes again."""

    async def watch(folder: Path) -> None:
        async with routing(folder) as router:
            friday = router.playlist("Friday", *base)
            stays = [number for number in base if number in there]
            child = router.playlist("Old", "local", *(n for n in range(SONGS) if n not in base), *stays, None)
            id = await router.base(friday, {"spotify_id": child.id, "rule": "duration:..330"})
            wanted = [uri for uri in friday.uris if uri and shorter(router.world, uri, 330)]
            kept = {uri for uri in songs(child.uris) if uri in wanted}
            moments: list[set[str]] = []
            answer = router.stand_in.answer

            def watched(received: Any) -> Any:
                moments.append({uri for uri in songs(child.uris) if uri in wanted})
                return answer(received)

            router.stand_in.answer = watched  # type: ignore[method-assign]
            everyone = [it.id for it in await router.children(id)]
            await router.apply(id, kill_at=kills, confirmed=everyone)
            assert songs(child.uris) == wanted
            for before, after in pairwise([kept, *moments, set(wanted)]):
                assert before <= after

    in_own_folders(watch)


def shorter(world: World, uri: str, seconds: int) -> bool:
    song = world.songs[uri]
    return isinstance(song, Track) and song.duration_ms <= seconds * 1000


# -- how many requests ----------------------------------------------------------------------------


async def test_thirty_more_and_ten_less_of_three_thousand_are_two_writes(tmp_path: Path) -> None:
    world = {"liked": 3100, "artists": 20, "albums": 30, "playlists": 0, "rows": 0}
    async with routing(tmp_path, world=world) as router:
        songs_alone(router.world)
        base = router.playlist("Friday", *range(3000))
        id = await router.base(base, {})
        await router.apply(id)
        (child,) = await router.children(id)
        assert child.spotify_id is not None
        router.clock.forward(hours=1)
        rows = list(base.rows)
        del rows[100:2100:200]
        router.world.set_rows(base, rows + [router.row(number) for number in range(3000, 3030)])
        begun = len(router.stand_in.requests)
        run = await router.apply(id)
        assert router.world.playlist(child.spotify_id).uris == base.uris
        assert len(router.written(begun)) == 2
        assert run.result["children"][0] | {"id": 0} == {
            "id": 0, "name": "[Friday] > Child 0", "part": "songs", "added": 30, "removed": 10, "kept": 2990,
            "state": "verified", "error": None,
        }  # fmt: skip


async def test_what_has_not_changed_costs_next_to_nothing(tmp_path: Path) -> None:
    world = {"liked": 5000, "artists": 20, "albums": 30, "playlists": 0, "rows": 0}
    async with routing(tmp_path, world=world) as router:
        songs_alone(router.world)
        base = router.playlist("Friday", *range(5000))
        id = await router.base(base, *({"rule": f"duration:>={480 + 10 * n}"} for n in range(10)))
        await router.apply(id)
        children = [router.world.playlist(it.spotify_id or "") for it in await router.children(id)]
        rows = sum(len(child.rows) for child in children)
        router.clock.forward(hours=1)
        quiet = await router.apply(id)
        assert quiet.requests <= 12
        for list_ in (base, *children):
            router.world.describe(list_, description="of another time")  # another snapshot, the same rows
        begun = len(router.stand_in.requests)
        loud = await router.apply(id)
        assert router.written(begun) == []
        pages = sum(ceil(len(child.rows) / 50) for child in children)
        print(f"unchanged: {quiet.requests} requests; other snapshots: {loud.requests} for {rows} rows")
        assert loud.requests <= 3 + ceil(5000 / 50) + pages


def songs_alone(world: World) -> None:
    """Like nothing any more, so that a sync is quick; the songs stay."""
    for uri in world.liked_uris:
        world.unlike(uri)


def in_own_folders(work: Any) -> None:
    """Run an example of hypothesis with files of its own."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for name in ("state", "cache"):
            patch.setenv(f"XDG_{name.upper()}_HOME", f"{folder}/{name}")
        patch.setattr(driving, "ATTEMPTS", 100)  # resumed as often as needed
        asyncio.run(work(Path(folder)))
