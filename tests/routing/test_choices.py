"""What the DJ is asked before songs go, and what is done about changes by hand, failures and regrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from djtui.demo.spotify import Playlist
from djtui.jobs.job import JobError
from djtui.library import history, playlists, routes
from djtui.library.history import HistoryError
from djtui.library.route_runs import runs
from djtui.library.routes import except_songs
from djtui.routing import asking
from djtui.routing.editing import editing
from djtui.routing.steps import songs
from djtui.routing.undoing import undo_params
from tests.routing.driving import Router, routing


def states(run: Any) -> list[str]:
    return [child["state"] for child in run.result["children"]]


async def friday(router: Router, *children: dict[str, Any], rows: int = 20) -> tuple[int, Playlist]:
    base = router.playlist("Friday", *range(rows))
    return await router.base(base, *children), base


async def made(router: Router, base: int, number: int = 0) -> Playlist:
    child = (await router.children(base))[number]
    assert child.spotify_id is not None
    return router.world.playlist(child.spotify_id)


async def applied(router: Router, child: dict[str, Any], rows: int = 20) -> tuple[int, Playlist, Playlist]:
    """A base that was applied, its own playlist, and that of its one child."""
    base, source = await friday(router, child, rows=rows)
    await router.apply(base)
    return base, source, await made(router, base)


def change_by_hand(router: Router, child: Playlist) -> tuple[str, str]:
    """Take a song out of a child and put another in, an hour ago; which went, and which came."""
    gone, came = child.uris[3] or "", router.world.track(30).uri
    router.world.remove(child, [gone])
    router.world.add(child, [came], 2)
    router.clock.forward(hours=1)
    return gone, came


async def rule(router: Router, base: int, text: str, number: int = 0) -> None:
    child = (await router.children(base))[number]
    async with editing(router.library, base) as tx:
        await routes.change_child(tx, child.id, rule=text)


@pytest.mark.parametrize(
    ("text", "question"), [("duration:>9000", "lose all"), ("duration:>400", "would lose")]
)
async def test_a_child_that_would_lose_much_is_asked_about_and_the_others_go_on(
    text: str, question: str, tmp_path: Path
) -> None:
    async with routing(tmp_path) as router:
        base, _ = await friday(router, {}, {})
        await router.apply(base)
        await rule(router, base, text, 0)
        await rule(router, base, "duration:>=1", 1)
        (asked, other), before = await router.children(base), (await made(router, base)).uris
        router.world.set_rows(await made(router, base, 1), [router.row(number) for number in range(15)])
        run = await router.apply(base, hands="drop")
        assert states(run) == ["asking", "verified"]
        assert question in run.failures[0].reason and run.failures[0].item == "[Friday] > Child 0"
        assert (await made(router, base)).uris == before
        assert len((await made(router, base, 1)).uris) == 20
        run = await router.apply(base, confirmed=[asked.id])
        assert states(run) == ["verified", "verified"] and other.id
        assert len((await made(router, base)).uris) < 14


async def test_what_was_changed_by_hand_is_noticed_and_left_until_it_is_answered(tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        base, _, child = await applied(router, {"rule": "duration:>=1"})
        gone, came = change_by_hand(router, child)
        by_hand = child.uris
        run = await router.apply(base)
        assert states(run) == ["asking"] and "1 added and 1 removed" in run.failures[0].reason
        (known,) = (await asking.changed_by_hand(router.library, await router.children(base))).values()
        assert known == asking.ByHand((came,), (gone,))
        assert states(await router.apply(base, hands="leave")) == ["asking"]
        assert child.uris == by_hand
        assert states(await router.apply(base, hands="keep")) == ["verified"]
        assert came in child.uris and gone not in child.uris
        assert states(await router.apply(base)) == ["verified"]
        assert came in child.uris and gone not in child.uris


async def test_what_the_dj_keeps_by_hand_is_not_asked_about_again(tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        base, _, child = await applied(router, {"rule": "duration:>=1"})
        gone, came = change_by_hand(router, child)
        await router.apply(base)
        (known,) = await router.children(base)
        async with router.library.writing() as tx:
            await except_songs(tx, known.id, [came], kept=True)
        assert await asking.changed_by_hand(router.library, await router.children(base))
        async with router.library.writing() as tx:
            await except_songs(tx, known.id, [gone], kept=False)
        assert not await asking.changed_by_hand(router.library, await router.children(base))
        assert states(await router.apply(base)) == ["verified"]
        assert came in child.uris and gone not in child.uris


async def test_an_order_by_hand_is_asked_about_too_and_cannot_be_kept(tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        base, source, child = await applied(router, {})
        router.world.move(child, 0, 1, 20)
        router.clock.forward(hours=1)
        run = await router.apply(base)
        assert states(run) == ["asking"] and "another order" in run.failures[0].reason
        dates = {row.song.uri: row.added_at for row in child.rows if row.song}
        begun = len(router.stand_in.requests)
        assert states(await router.apply(base, hands="drop")) == ["verified"]
        assert child.uris == source.uris
        assert router.written(begun) == [f"PUT playlists/{child.id}/items"]  # moved: its date stays
        assert dates == {row.song.uri: row.added_at for row in child.rows if row.song}


async def test_what_was_changed_by_hand_goes_where_the_dj_says_so(tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        base, source, child = await applied(router, {})
        router.world.add(child, [router.world.track(30).uri])
        (id,) = [it.id for it in await router.children(base)]
        assert states(await router.apply(base, hands={str(id): "drop"})) == ["verified"]
        assert child.uris == source.uris


async def test_what_the_rule_wants_as_well_is_no_question(tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        base, source, child = await applied(router, {})
        router.world.add(source, [router.world.track(30).uri])
        router.world.add(child, [router.world.track(30).uri], 0)
        assert states(await router.apply(base)) == ["verified"]
        assert child.uris == source.uris


async def test_a_failed_child_alone_is_tried_again(tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        base, source = await friday(router, {}, {})
        await router.apply(base)
        second = await made(router, base, 1)
        router.world.hidden.add(second.id)
        router.world.set_rows(source, source.rows[:18])
        router.clock.forward(hours=1)
        run = await router.apply(base)
        assert states(run) == ["verified", "failed"]
        router.world.hidden.clear()
        begun = len(router.stand_in.requests)
        again = await router.apply(base, retry=[run.failures[0].item])
        assert states(again) == ["verified"] and again.result["children"][0]["name"] == "[Friday] > Child 1"
        assert all(second.id in path for path in router.written(begun))
        assert [it.kind for it in await runs(router.library, base)] == ["retry", "apply", "apply"]


async def test_a_run_is_undone_row_by_row_but_not_over_later_work(tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        old = router.playlist("Old", 7, "local", 3, 3, None, 30, 7)
        base, source = await friday(router, {"spotify_id": old.id}, {})
        before, held = old.uris, [child.id for child in await router.children(base)]
        applied = await router.apply(base, confirmed=held)
        assert songs(old.uris) == source.uris
        change = await history.find(router.library, applied.result["change"])
        assert (change.kind, change.title, change.items) == ("route", "Routing Friday", 2)
        with pytest.raises(HistoryError):
            await history.undo(router.library, change)
        router.world.add(old, [router.world.track(31).uri])
        undone = await router.undo(applied.result["run"])
        assert states(undone) == ["asking", "verified"]
        undone = await router.undo(applied.result["run"], confirmed=held)
        assert states(undone) == ["verified", "verified"]
        assert songs(old.uris) == songs(before)
        assert old.uris.count(None) == 1 and len(old.uris) == len(before)
        assert (await made(router, base, 1)).uris == []
        with pytest.raises(HistoryError):
            await undo_params(router.library, await history.find(router.library, change.id))


async def test_a_playlist_that_was_deleted_is_made_anew_only_where_that_is_wanted(tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        base, source = await friday(router, {}, {}, {})
        await router.apply(base)
        router.clock.forward(hours=1)
        router.world.unfollow(await made(router, base))
        run = await router.apply(base)
        assert (
            states(run) == ["failed", "verified", "verified"]
            and "no longer on Spotify" in run.failures[0].reason
        )
        (gone, *_) = await router.children(base)
        assert states(await router.apply(base, remake=[gone.id])) == ["verified"] * 3
        assert (await made(router, base)).uris == source.uris
        assert (await made(router, base)) in router.world.playlists


async def test_rebuilding_writes_everything_but_what_cannot_be_put_back(tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        old = router.playlist("Old", *range(20), "local")
        base, source = await friday(router, {"spotify_id": old.id}, {})
        await router.apply(base)
        before = {row.added_at for row in (await made(router, base, 1)).rows}
        router.clock.forward(hours=1)
        assert states(await router.apply(base, rebuild=True)) == ["verified", "verified"]
        assert songs(old.uris) == source.uris and len(old.uris) == 21
        assert (await made(router, base, 1)).uris == source.uris
        assert before.isdisjoint(row.added_at for row in (await made(router, base, 1)).rows)


async def test_more_than_a_playlist_holds_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("djtui.routing.plan.PLAYLIST_ROWS", 50)
    async with routing(tmp_path) as router:
        old = router.playlist("Old", 1, *["local"] * 31)
        base, _ = await friday(router, {"spotify_id": old.id})
        begun = len(router.stand_in.requests)
        run = await router.apply(base)
        assert states(run) == ["refused"] and router.written(begun) == []


async def test_the_liked_songs_are_a_base_and_new_likes_arrive(tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        base = await router.base(None, {})
        await router.apply(base)
        child = await made(router, base)
        assert child.uris == router.world.liked_uris
        router.world.unlike(child.uris[4] or "")
        router.clock.forward(days=30)
        router.world.like_again(child.uris[9] or "")
        await router.apply(base)
        assert child.uris == router.world.liked_uris


async def test_what_a_rule_cannot_judge_goes_where_the_child_says(tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        policies = ("out", "in", "review")
        base, source = await friday(router, *({"rule": "bpm:>=120", "unknown": it} for it in policies))
        run = await router.apply(base)
        assert run.failures == []
        out, inside, review = await router.children(base)
        assert out.spotify_id is None and review.spotify_id is None
        assert router.world.playlist(inside.spotify_id or "").uris == source.uris
        waiting = router.world.playlist(review.review_id or "")
        assert (waiting.name, waiting.uris) == ("[Friday] > Child 2 ?", source.uris)
        assert (await router.apply(base)).failures == []


async def test_a_local_child_gets_the_files_in_the_order_of_the_base(tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        base, source = await friday(router, {"kind": "local"}, {})
        async with router.library.writing() as tx:
            for number, uri in enumerate((source.uris[5], source.uris[2]), 1):
                await tx.execute(
                    "INSERT INTO track (id, revision, title, kind) VALUES (?, 1, 'x', 'track')", (number,)
                )
                await tx.execute(
                    "INSERT INTO spotify_link (song_id, track_id, how, made)"
                    " SELECT id, ?, 'hand', '' FROM spotify_track WHERE uri = ?",
                    (number, uri),
                )
        run = await router.apply(base)
        assert run.result["children"][0]["added"] == 2 and states(run) == ["verified", "verified"]
        child = (await router.children(base))[0]
        assert [it[0] for it in await playlists.items(router.library, child.playlist_id or 0)] == [2, 1]
        router.world.remove(source, [source.uris[2] or ""])
        await router.apply(base)
        assert [it[0] for it in await playlists.items(router.library, child.playlist_id or 0)] == [1]
        change = await history.newest(router.library, undone=False)
        assert change is not None


async def test_a_base_that_cannot_be_read_whole_writes_nothing(tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        base, source = await friday(router, {})
        await router.apply(base)
        router.world.set_rows(source, source.rows[:10])
        router.stand_in.faults.total_wobble = 1.0
        begun = len(router.stand_in.requests)
        with pytest.raises(JobError, match="kept changing"):
            await router.apply(base)
        assert router.written(begun) == []
        assert (await runs(router.library, base))[0].state == "failed"


async def test_a_child_is_begun_only_when_the_day_has_room_for_it(tmp_path: Path) -> None:
    async with routing(tmp_path, budget_per_day=30) as router:
        base, source, child = await applied(router, {}, rows=12)
        router.world.set_rows(source, [row for n, row in enumerate(source.rows) if n % 2 == 0])
        router.world.set_rows(child, list(source.rows)[::-1])
        while router.stand_in.requests[-1].number < 26:
            await router.sync()
        before = router.clock.now()
        run = await router.apply(base, hands="drop")
        assert states(run) == ["verified"] and child.uris == source.uris
        assert router.clock.now() > before


@pytest.mark.parametrize("mine", [0, 1])
async def test_two_rules_never_write_the_same_playlist(mine: int, tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        source = router.playlist("Friday", 1, 2, 3)
        same = [source, router.playlist("Old", 4)][mine]
        base = await router.base(source, {"rule": "explicit:yes"}, {"spotify_id": same.id})
        if mine:
            async with editing(router.library) as tx:
                other = await routes.add_base(tx, routes.LIKED)
                await routes.add_child(tx, other, "Mine", spotify_id=same.id)
        before = same.uris
        assert states(await router.apply(base))[1] == "refused"
        assert same.uris == before


async def test_what_rules_ask_of_artists_is_read_before_they_are_asked(tmp_path: Path) -> None:
    async with routing(tmp_path, cohort="extended") as router:
        base, source = await friday(router, {"rule": "artist_popularity:>=0"})
        async with router.library.writing() as tx:
            await tx.execute("UPDATE spotify_artist SET fetched = NULL, popularity = NULL, genres = NULL")
        await router.apply(base)
        assert (await made(router, base)).uris == source.uris
