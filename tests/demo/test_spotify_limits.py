"""The Spotify stand-in's limits, and the trouble it makes when told to."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import requests
from spotipy.exceptions import SpotifyException

from djtui.demo.spotify import Faults, Logged, Quota, StandIn, Window
from tests.demo.spotify_asking import Client, JumpingClock, asking, client, small_world


def limited(asker: Client) -> SpotifyException:
    refusal = asker.refusal("GET", "me")
    assert refusal.http_status == 429
    return refusal


def test_a_window_blocks_for_as_long_as_it_says_and_then_begins_anew() -> None:
    clock = JumpingClock()
    with asking(clock=clock, window=Window(3, 30, retry_after=7)) as (stand_in, asker):
        for _ in range(3):
            asker.me()
        refusal = limited(asker)
        assert refusal.headers["Retry-After"] == "7"
        assert (refusal.msg.split("\n ")[1], refusal.reason) == ("API rate limit exceeded", None)
        clock.go_on(7)
        for _ in range(3):
            asker.me()
        assert stand_in.sent_while_blocked == []


def test_without_a_fixed_time_a_window_blocks_until_its_oldest_request_is_outside() -> None:
    clock = JumpingClock()
    with asking(clock=clock, window=Window(2, 30)) as (_, asker):
        asker.me()
        clock.go_on(11)
        asker.me()
        assert limited(asker).headers["Retry-After"] == "19"
        clock.go_on(19)
        asker.me()


def test_who_asks_in_spite_of_a_block_is_noted_and_blocked_for_longer() -> None:
    clock = JumpingClock()
    with asking(clock=clock, window=Window(1, 30, retry_after=7)) as (stand_in, asker):
        asker.me()
        limited(asker)
        clock.go_on(6)
        limited(asker)
        clock.go_on(6)
        limited(asker)
        assert [logged.number for logged in stand_in.sent_while_blocked] == [3, 4]


def test_what_was_on_its_way_when_the_block_began_is_no_offence() -> None:
    with asking(clock=JumpingClock(), window=Window(1, 30, retry_after=7)) as (stand_in, asker):
        other = client(stand_in)
        asker.me()
        limited(asker)
        limited(other)
        assert stand_in.sent_while_blocked == []
        limited(other)
        assert len(stand_in.sent_while_blocked) == 1


def test_a_quota_blocks_for_hours_and_says_that_it_is_one() -> None:
    clock = JumpingClock()
    with asking(clock=clock, quota=Quota(5)) as (stand_in, asker):
        for _ in range(5):
            asker.me()
            clock.go_on(60)
        refusal = limited(asker)
        assert refusal.headers["Retry-After"] == "48925"
        assert (refusal.msg.split("\n ")[1], refusal.reason) == ("Too many requests", "QUOTA_EXCEEDED")
        clock.go_on(48_925)
        client(stand_in).me()  # the old access token has ended


def test_a_quota_counts_the_last_day_only() -> None:
    clock = JumpingClock()
    with asking(clock=clock, quota=Quota(2)) as (stand_in, _):
        for _ in range(6):
            client(stand_in).me()
            clock.go_on(12 * 3600)


def test_a_limit_may_be_worded_as_plain_text_and_without_a_time() -> None:
    with asking(window=Window(0, 30, retry_after=7)) as (stand_in, asker):
        stand_in.faults.plain_429 = True
        assert limited(asker).msg.split("\n ")[1] == "Too many requests"
        stand_in.faults.garbled_retry_after = ""
        assert "Retry-After" not in limited(asker).headers


@pytest.mark.parametrize("trouble", ["500", "502", "503"])
def test_a_request_of_a_certain_number_fails_as_told(trouble: Any) -> None:
    with asking(faults=Faults(at={2: trouble})) as (stand_in, asker):
        asker.me()
        assert asker.refusal("GET", "me").http_status == int(trouble)
        asker.me()
        assert [logged.status for logged in stand_in.requests] == [200, int(trouble), 200]


def test_a_lost_reply_is_carried_out_and_a_timeout_is_not() -> None:
    with asking(faults=Faults(at={1: "timeout", 2: "lost"})) as (stand_in, asker):
        playlist = stand_in.world.create("Tonight")
        for rows in (0, 1):
            with pytest.raises(requests.ConnectionError):
                asker.add(playlist.id, {"uris": [stand_in.world.track(0).uri]})
            assert len(playlist.rows) == rows
        asker.me()
        assert [logged.status for logged in stand_in.requests] == [None, None, 200]


def test_a_request_that_hangs_ends_with_the_server() -> None:
    stand_in = StandIn(faults=Faults(at={1: "hang"}), world=small_world())
    stand_in.hook = lambda _number, _logged: stand_in._closing.set()
    with stand_in, pytest.raises(requests.ConnectionError):
        client(stand_in).me()


def test_chances_make_about_as_much_trouble_as_they_say() -> None:
    faults = Faults(p_500=0.05, p_timeout=0.01, p_lost=0.01)
    drawn = Counter(faults.trouble(number) for number in range(10_000))
    assert 400 < drawn["500"] < 600
    assert 60 < drawn["timeout"] < 140
    assert 60 < drawn["lost"] < 140


def test_a_hook_changes_the_world_before_a_request_is_answered() -> None:
    with asking() as (stand_in, asker):

        def unlike_one(number: int, logged: Logged) -> None:
            if number == 2:
                stand_in.world.unlike(stand_in.world.liked_uris[0])

        stand_in.hook = unlike_one
        totals = [asker.current_user_saved_tracks(limit=50, offset=at)["total"] for at in (0, 50, 100)]
        assert totals == [120, 119, 119]


def test_snapshots_and_rows_may_lag_behind() -> None:
    clock = JumpingClock()
    faults = Faults(stale_snapshot_s=30, item_lag_s=2)
    with asking(clock=clock, faults=faults) as (stand_in, asker):
        playlist = stand_in.world.create("Tonight")
        clock.go_on(60)
        before = playlist.snapshot
        written = asker.add(playlist.id, {"uris": [stand_in.world.track(0).uri]})["snapshot_id"]

        def shown() -> tuple[str, int]:
            answer = asker.playlist(playlist.id)
            return answer["snapshot_id"], answer["items"]["total"]

        assert shown() == (before, 0)
        clock.go_on(2)
        assert shown() == (before, 1)
        faults.third_snapshot = True
        assert shown()[0] not in (before, written)
        clock.go_on(28)
        assert shown() == (written, 1)


def test_totals_may_wobble() -> None:
    with asking(faults=Faults(total_wobble=0.5)) as (_, asker):
        totals = {asker.current_user_saved_tracks(limit=1)["total"] for _ in range(40)}
        assert totals == {119, 120, 121}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("premium", "Active premium subscription required for the owner of the app."),
        ("allowlist", "the user may not be registered"),
        ("scope", "Insufficient client scope"),
        ("removed", "Forbidden"),
    ],
)
def test_a_refusal_of_a_kind_is_worded_as_recorded(kind: Any, words: str) -> None:
    with asking(faults=Faults(refuse={"": kind})) as (stand_in, asker):
        refusal = asker.refusal("GET", "me")
        assert refusal.http_status == 403
        assert words in refusal.msg
        stand_in.faults.refuse = {"me/playlists": kind}
        asker.me()


def test_a_song_that_vanishes_leaves_its_row_empty() -> None:
    with asking() as (stand_in, asker):
        world = stand_in.world
        uris = [world.track(0).uri, world.track(1).uri]
        playlist = world.create("Tonight")
        world.add(playlist, uris)
        world.vanish(uris[0])
        assert [row["item"] and row["item"]["uri"] for row in asker.playlist_items(playlist.id)["items"]] == [
            None,
            uris[1],
        ]
        assert asker.refusal("GET", f"tracks/{uris[0].split(':')[2]}").http_status == 404
