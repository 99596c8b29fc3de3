"""The port, driven through real spotipy against the stand-in: every read, and what comes instead of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from djtui.config import SpotifySettings
from djtui.demo.spotify import Quota, Window
from djtui.demo.spotify_limits import Refusal
from djtui.demo.spotify_music import Episode, LocalFile, Row
from djtui.spotify.api import Spotify
from djtui.spotify.cache import open_cache
from djtui.spotify.errors import BadRequest, NotFound, RateLimited, Refused, ServiceTrouble, SignInNeeded
from djtui.spotify.gate import Use
from djtui.spotify.pkce import Grant
from djtui.spotify.rows import Page
from djtui.spotify.state import State
from djtui.spotify.tokens import Tokens
from tests.spotify.calling import Call, call
from tests.spotify.signing import CLIENT, HandClock
from tests.spotify.tiny import Behaviour, Tiny, answer

GONE = "9" * 22


@pytest_asyncio.fixture
async def new(tmp_path: Path) -> AsyncIterator[Call]:
    """An app in development mode made since February 2026."""
    async with call(tmp_path) as calling:
        yield calling


@pytest_asyncio.fixture
async def extended(tmp_path: Path) -> AsyncIterator[Call]:
    """An app that may do all and is sent all."""
    async with call(tmp_path, cohort="extended") as calling:
        yield calling


async def all_of(read: Callable[[int], Awaitable[Page[Any]]]) -> list[Any]:
    rows: list[Any] = []
    offset: int | None = 0
    while offset is not None:
        page = await read(offset)
        rows += page.rows
        offset = page.next
    return rows


@pytest.mark.parametrize("cohort", ["new", "old", "extended"])
async def test_the_whole_account_is_read_as_it_is(tmp_path: Path, cohort: str) -> None:
    async with call(tmp_path, cohort=cohort, liked=120, artists=40, albums=60, rows=300) as calling:
        world, port = calling.world, calling.open()
        likes = await all_of(port.liked)
        assert [like.song.uri for like in likes] == world.liked_uris
        assert [like.added for like in likes] == [like.added_at for like in world.liked]
        lists = await all_of(port.playlists)
        assert [one.id for one in lists] == [one.id for one in world.playlists]
        for one, listed in zip(world.playlists, lists, strict=True):
            assert (listed.name, listed.snapshot, listed.owner_id) == (one.name, one.snapshot, one.owner.id)
            if world.readable(one):
                rows = await all_of(lambda offset, one=one: port.items(one.id, offset))  # type: ignore[misc]
                assert [row.song and row.song.uri for row in rows] == one.uris
                assert [row.added for row in rows] == [row.added_at for row in one.rows]
                assert listed.total == len(rows)
        pages = 3 + 1 + sum(max(1, -(-len(p.rows) // 50)) for p in world.playlists if world.readable(p))
        assert port.requests == len(calling.asked) == pages


async def test_rows_of_every_kind_keep_their_places(new: Call) -> None:
    world = new.world
    song = world.track(0)
    local = next(one for one in world.songs.values() if isinstance(one, LocalFile))
    episode = next(one for one in world.songs.values() if isinstance(one, Episode))
    at = "2026-01-02T03:04:05Z"
    mine = world.create("Mixed", rows=[Row(one, at, world.me) for one in (song, None, local, episode, song)])
    page = await new.open().items(mine.id, 0)
    kinds = [row.song and row.song.kind for row in page.rows]
    assert kinds == ["track", None, "local", "episode", "track"]
    assert {row.added_by for row in page.rows} == {world.me.id}
    found = page.rows[2].song
    assert found is not None
    assert (found.uri, found.id, found.title) == (local.uri, None, local.title)
    assert found.artists[0].name == local.artist


async def test_requests_are_worded_as_the_web_api_wants_them(extended: Call) -> None:
    port, world = extended.open(), extended.world
    await port.me()
    await port.liked(50)
    await port.playlists(0)
    mine = next(one for one in world.playlists if world.readable(one))
    await port.items(mine.id, 100)
    await port.artists(list(world.artists))
    logged = extended.stand_in.requests
    assert [request.path for request in logged] == [
        "/v1/me",
        "/v1/me/tracks",
        "/v1/me/playlists",
        f"/v1/playlists/{mine.id}/items",
        "/v1/artists",
    ]
    assert logged[1].query == {"limit": "50", "offset": "50"}
    assert logged[3].query == {"limit": "50", "offset": "100", "additional_types": "track,episode"}
    assert not any("market" in request.query for request in logged)


async def test_who_is_signed_in_is_asked_every_ten_minutes_and_noted(new: Call) -> None:
    port = new.open()
    account = await port.me()
    me = new.world.me
    assert (account.id, account.user_id, account.name, account.product) == (
        me.account_id,
        me.id,
        me.name,
        None,
    )
    new.clock.forward(minutes=9)
    assert await port.me() == account
    assert len(new.asked) == 1
    new.clock.forward(minutes=2)
    assert await port.me() == account
    assert len(new.asked) == 2
    signed_in = port.tokens.signed_in()
    assert signed_in is not None and signed_in.account_id == me.account_id


async def test_several_are_asked_for_at_a_time_and_kept(tmp_path: Path) -> None:
    async with call(tmp_path, cohort="extended", liked=130, artists=120, albums=45) as calling:
        port, world = calling.open(), calling.world
        artists, albums = list(world.artists), list(world.albums)
        songs = [like.track.id for like in world.liked]
        found = await port.artists([*artists, GONE, "no id", artists[0]])
        assert found is not None
        assert list(found) == [*artists, GONE, "no id"]
        assert found[GONE] is None and found["no id"] is None
        for one in artists:
            artist, theirs = found[one], world.artists[one]
            assert artist is not None
            assert (artist.name, artist.genres, artist.followers) == (
                theirs.name,
                tuple(theirs.genres),
                theirs.followers,
            )
        read = await port.albums(albums)
        assert read is not None
        assert {one.label for one in read.values() if one} == {world.albums[one].label for one in albums}
        tracks = await port.tracks(songs)
        assert tracks is not None and all(tracks.values())
        requests = -(-(len(artists) + 1) // 50) + -(-len(albums) // 20) + -(-len(songs) // 50)
        assert (port.requests, port.cached) == (requests, 0)

        again = calling.open()
        assert await again.artists([*artists, GONE]) == {
            one: known for one, known in found.items() if one != "no id"
        }
        assert await again.albums(albums) == read
        assert await again.tracks(songs) == tracks
        assert again.requests == 0
        assert again.cached == len(artists) + 1 + len(albums) + len(songs)

        calling.clock.forward(days=2)
        await again.artists([*artists, GONE])  # that there is none is believed for a day
        assert calling.stand_in.requests[-1].query == {"ids": GONE}


async def test_an_app_that_may_not_ask_for_several_finds_out_once(new: Call) -> None:
    port = new.open()
    await port.me()
    some = list(new.world.artists)
    assert await port.artists(some) is None
    assert await port.artists(some) is None
    assert await new.open().artists(some) is None
    assert new.asked == ["GET me", "GET artists"]
    assert port.capabilities.get("batch_artists") == 0
    new.clock.forward(days=8)
    assert await port.artists(some) is None
    assert new.asked[2:] == ["GET artists", "GET me"]


@pytest.mark.parametrize("trouble", ["500", "timeout", "lost", "window", "quota"])
async def test_trouble_says_nothing_about_what_an_app_may(extended: Call, trouble: Any) -> None:
    port = extended.open()
    await port.me()
    extended.stand_in.faults.at = {2: trouble}
    some = list(extended.world.artists)
    with pytest.raises((ServiceTrouble, RateLimited)):
        await port.artists(some)
    assert port.capabilities.get("batch_artists") is None
    extended.clock.forward(days=1)
    assert await port.artists(some) is not None
    assert port.capabilities.get("batch_artists") == 1


async def test_a_limit_while_finding_out_why_is_stored_as_nothing(new: Call) -> None:
    port = new.open()
    new.stand_in.faults.at = {2: "window"}
    with pytest.raises(RateLimited):
        await port.artists(list(new.world.artists))
    assert new.asked == ["GET artists", "GET me"]
    assert port.capabilities.get("batch_artists") is None


@pytest.mark.parametrize("refusal", ["premium", "allowlist", "removed"])
async def test_an_app_that_is_refused_everything_is_told_so(extended: Call, refusal: Refusal) -> None:
    port = extended.open()
    extended.stand_in.faults.refuse = {"": refusal}
    with pytest.raises(Refused) as caught:
        await port.artists(list(extended.world.artists))
    assert caught.value.kind == ("allowlist" if refusal == "removed" else refusal)
    assert port.capabilities.get("batch_artists") is None


@pytest.mark.parametrize(("cohort", "shown"), [("new", (0, 0, 0)), ("extended", (1, 1, 1))])
async def test_what_an_app_is_sent_is_seen_by_what_came(
    tmp_path: Path, cohort: str, shown: tuple[int, ...]
) -> None:
    async with call(tmp_path, cohort=cohort) as calling:
        port = calling.open()
        assert await port.artist(next(iter(calling.world.artists)))
        assert await port.album(next(iter(calling.world.albums)))
        names = ("has_genres", "has_popularity", "has_label")
        assert tuple(port.capabilities.get(name) for name in names) == shown  # type: ignore[arg-type]


async def test_one_thing_is_asked_for_once(new: Call) -> None:
    port, world = new.open(), new.world
    track = world.track(0)
    album = await port.album(track.album.id)
    assert album is not None
    assert (album.name, album.upc, album.label) == (track.album.name, track.album.upc, None)
    assert album.copyrights is not None
    song = await port.track(track.id)
    assert song is not None and song.uri == track.uri
    assert await port.artist(GONE) is None
    assert (port.requests, port.cached) == (3, 0)
    assert await port.album(track.album.id) == album
    assert await port.track(track.id) == song
    assert await port.artist(GONE) is None
    assert (port.requests, port.cached) == (3, 3)
    with pytest.raises(BadRequest):
        await port.album("../me")


async def test_a_page_of_a_playlist_is_kept_by_its_snapshot(new: Call) -> None:
    port, world = new.open(), new.world
    mine = next(one for one in world.playlists if world.readable(one) and one.rows)
    first = await port.items(mine.id, 0, snapshot=mine.snapshot)
    assert await new.open().items(mine.id, 0, snapshot=mine.snapshot) == first
    assert len(new.asked) == 1
    assert await port.items(mine.id, 0, snapshot=mine.snapshot, fresh=True) == first
    assert await port.items(mine.id, 0) == first
    assert len(new.asked) == 3
    world.add(mine, [world.track(0).uri])
    changed = await port.items(mine.id, 0, snapshot=mine.snapshot)
    assert changed.total == first.total + 1
    assert (port.requests, port.cached) == (4, 0)


async def test_somebody_elses_playlist_is_refused_and_spotifys_own_is_not_there(new: Call) -> None:
    port, world = new.open(), new.world
    theirs = next(one for one in world.playlists if not world.readable(one))
    listed = await port.playlist(theirs.id)
    assert (listed.name, listed.total) == (theirs.name, None)
    with pytest.raises(Refused, match="somebody else's") as caught:
        await port.items(theirs.id, 0)
    assert caught.value.kind == "owner"
    world.hidden.add(theirs.id)
    with pytest.raises(NotFound):
        await port.items(theirs.id, 0)
    with pytest.raises(NotFound):
        await port.playlist(theirs.id)


async def test_a_token_that_is_not_accepted_is_renewed_once(new: Call) -> None:
    port = new.open()
    new.stand_in.accounts.expire()
    assert (await port.liked(0)).total == 7
    assert port.requests == len(new.asked) == 2
    assert new.app.token_requests == 1


async def test_a_second_refusal_of_a_token_asks_for_a_new_sign_in(new: Call) -> None:
    port = new.open()
    new.stand_in.hook = lambda *_: new.stand_in.accounts.expire()
    with pytest.raises(SignInNeeded, match="sign in again"):
        await port.liked(0)
    assert port.requests == len(new.asked) == 2
    assert port.gate.budget().used == 2


async def test_nobody_signed_in_is_a_sentence_and_nothing_is_sent(new: Call) -> None:
    port = new.open()
    new.app.tokens().forget()
    with pytest.raises(SignInNeeded):
        await port.liked(0)
    assert (port.requests, new.asked) == (0, [])


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("kind", ["window", "quota"])
async def test_a_limit_is_raised_and_nothing_is_sent_before_its_time(
    new: Call, kind: Any, plain: bool
) -> None:
    port, other = new.open(), new.open()
    new.stand_in.faults.plain_429 = plain
    new.stand_in.faults.at = {1: kind}
    with pytest.raises(RateLimited) as caught:
        await port.liked(0)
    limited = caught.value
    assert limited.kind == kind
    for asking in (port, other):
        with pytest.raises(RateLimited) as caught:
            await asking.playlists(0, use=Use.INTERACTIVE)
        assert caught.value.until == limited.until
    assert (len(new.asked), port.requests, other.requests) == (1, 1, 0)
    new.clock.time = limited.until
    await other.playlists(0)
    assert new.stand_in.sent_while_blocked == []


async def test_nothing_is_sent_while_blocked_however_many_ask_at_once(tmp_path: Path) -> None:
    async with call(tmp_path, window=Window(5, 30)) as calling:
        port = calling.open()
        done = await asyncio.gather(*(port.liked(0) for _ in range(20)), return_exceptions=True)
        assert sum(isinstance(one, Page) for one in done) == 5
        assert sum(isinstance(one, RateLimited) for one in done) == 15
        assert len(calling.asked) == port.requests == 6
        assert calling.stand_in.sent_while_blocked == []


async def test_a_quota_is_learned(tmp_path: Path) -> None:
    async with call(tmp_path, quota=Quota(120), budget_per_day=0) as calling:
        port = calling.open()
        with pytest.raises(RateLimited) as caught:
            for _ in range(200):
                await port.liked(0)
        assert caught.value.kind == "quota"
        assert caught.value.until - calling.clock.now() > timedelta(seconds=48_925)
        assert port.gate.budget().learned == 120


async def test_a_limit_is_noted_though_nobody_waits_for_the_answer_any_more(new: Call) -> None:
    port = new.open()
    new.stand_in.faults.at = {1: "window"}
    new.stand_in.faults.delay_s = 0.05
    asking = asyncio.ensure_future(port.liked(0))
    while not new.asked:
        await asyncio.sleep(0.001)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    with pytest.raises(RateLimited):
        await port.playlists(0)
    assert len(new.asked) == 1


async def test_closing_takes_no_time_with_a_request_in_flight(new: Call) -> None:
    port = new.open()
    new.stand_in.faults.at = {1: "hang"}
    asking = [asyncio.ensure_future(port.liked(0)) for _ in range(3)]
    while not new.asked:
        await asyncio.sleep(0.001)
    began = time.monotonic()
    await port.close()
    for one in asking:
        one.cancel()
    await asyncio.wait(asking)
    assert time.monotonic() - began < 0.2
    assert len(new.asked) == 1
    new.opened.clear()


async def test_plays_are_read_from_where_the_last_ones_ended(new: Call) -> None:
    port, world = new.open(), new.world
    songs = [world.track(number).uri for number in range(3)]
    for number, uri in enumerate(songs):
        world.play(uri, new.clock.now() + timedelta(seconds=number), "spotify:playlist:x" if number else None)
    plays = await port.plays()
    assert [play.song.uri for play in plays[:3]] == songs[::-1]
    assert (plays[0].context, plays[2].context) == ("spotify:playlist:x", None)
    assert [play.song.uri for play in await port.plays(plays[1].played)] == [songs[2]]
    assert port.capabilities.get("plays") == 1


async def test_plays_that_the_sign_in_does_not_cover_are_refused(new: Call) -> None:
    port = new.open()
    new.stand_in.faults.refuse = {"me/player": "scope"}
    with pytest.raises(Refused) as caught:
        await port.plays()
    assert caught.value.kind == "scope"
    assert port.capabilities.get("plays") is None
    new.stand_in.faults.refuse = {"me/player": "removed"}
    assert await port.plays() == ()
    asked = len(new.asked)
    assert await port.plays() == ()
    assert len(new.asked) == asked


@pytest.mark.parametrize(("cohort", "most", "requests"), [("new", 10, 3), ("extended", 50, 2)])
async def test_a_search_asks_for_as_many_as_the_app_may(
    tmp_path: Path, cohort: str, most: int, requests: int
) -> None:
    async with call(tmp_path, cohort=cohort) as calling:
        port = calling.open()
        name = calling.world.track(0).name
        for _ in range(2):
            found = await port.search(f'track:"{name}"', limit=50)
            assert calling.world.track(0).uri in {song.uri for song in found.rows}
        assert len(calling.asked) == requests
        assert port.capabilities.get("search_max") == most


def tiny_port(server: Tiny, folder: Path) -> Spotify:
    """A port to a server that says anything; signed in."""
    clock = HandClock()
    settings = SpotifySettings(client_id=CLIENT, api_url=server.url, requests_per_s=1000)
    tokens = Tokens(settings, folder / "token.json", clock)
    tokens.keep(Grant("access", "refresh", clock.now() + timedelta(hours=1), ()), None)
    state = State.open(folder / "spotify.db", clock=clock)
    return Spotify(settings, state, tokens, open_cache(settings, clock, folder / "cache.db"), clock=clock)


SENTENCES: list[tuple[Behaviour, type[Exception], str]] = [
    (answer(200, b"<html>Welcome to the hotel</html>", Content_Type="text/html"), ServiceTrouble, "no JSON"),
    (answer(200, b'{"items": [{'), ServiceTrouble, "no JSON"),
    (answer(204), ServiceTrouble, "no JSON"),
    (answer(200, {"items": {}, "total": 1}), ServiceTrouble, "no rows"),
    (answer(200, {"items": [], "total": "many"}), ServiceTrouble, "how long"),
    (answer(200, None), ServiceTrouble, "no JSON"),
    (answer(200, [5]), ServiceTrouble, "no rows"),
    (answer(302, None, Location="/login"), ServiceTrouble, "sent elsewhere"),
    (answer(400, {"error": {"message": "Invalid limit"}}), BadRequest, "Invalid limit"),
    (answer(404, b"<html>"), NotFound, "the liked songs"),
    (answer(410, b""), NotFound, "the liked songs"),
    (answer(418, [[]]), BadRequest, "418"),
    (answer(500, {"error": "oops"}), ServiceTrouble, "500: oops"),
    (answer(599, b"\x1b[31m" + b"long " * 200), ServiceTrouble, "599"),
    (answer(429, None, Retry_After="nonsense"), RateLimited, "pause"),
    (answer(429, {"error": None}, Retry_After="Sat, 21 Nov 2026 12:00:05 GMT"), RateLimited, "pause"),
]


@pytest.mark.parametrize(("behave", "kind", "words"), SENTENCES, ids=lambda value: str(value)[:20])
async def test_an_answer_of_any_sort_ends_in_a_sentence(
    tmp_path: Path, behave: Behaviour, kind: type[Exception], words: str
) -> None:
    with Tiny([behave]) as server:
        port = tiny_port(server, tmp_path)
        with pytest.raises(kind, match=words) as caught:
            await port.liked(0)
        text = str(caught.value)
        assert text.endswith(".") and text.isprintable() and len(text) < 400
        assert port.requests == len(server.heard) == 1
        await port.close()


async def test_a_write_that_is_answered_by_a_page_of_html_may_not_have_been_done(tmp_path: Path) -> None:
    with Tiny([answer(200, b"<html>"), answer(200, {}), answer(200)]) as server:
        port = tiny_port(server, tmp_path)
        song = ["spotify:track:" + "1" * 22]
        for _ in range(2):
            with pytest.raises(ServiceTrouble) as caught:
                await port.create_playlist("Set")
            assert caught.value.sent
        assert await port.add_items("1" * 22, song) is None
        await port.close()


async def test_things_that_spotify_merged_go_by_the_id_that_was_asked_for(tmp_path: Path) -> None:
    old, fresh = "1" * 22, "2" * 22
    with Tiny([answer(200, {"artists": [{"id": fresh, "name": "Both"}]})]) as server:
        port = tiny_port(server, tmp_path)
        for _ in range(2):
            found = await port.artists([old])
            assert found is not None and found[old] is not None
            assert (found[old].id, found[old].name) == (old, "Both")  # type: ignore[union-attr]
        assert len(server.heard) == 1
        await port.close()


async def test_a_batch_with_rubbish_in_it_is_taken_for_what_it_is(tmp_path: Path) -> None:
    with Tiny([answer(200, {"albums": [None, 5, {"id": []}]})]) as server:
        port = tiny_port(server, tmp_path)
        ids = ["1" * 22, "2" * 22, "3" * 22]
        assert await port.albums(ids) == dict.fromkeys(ids)
        await port.close()


async def test_a_port_is_made_of_settings_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    port = Spotify.of(SpotifySettings(client_id=CLIENT))
    with pytest.raises(SignInNeeded):
        await port.me()
    assert (port.requests, port.cached) == (0, 0)
    await port.close()
