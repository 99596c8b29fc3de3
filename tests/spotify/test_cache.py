"""The cache of answers: in SQLite, in a real Redis where there is one, and in the little one of `resp`."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from djtui.config import SpotifySettings
from djtui.spotify.cache import Cache, KindFigures, open_cache, packed, saved_requests, unpacked
from djtui.spotify.cache_sqlite import SqliteCache
from tests.spotify.resp import SmallRedis
from tests.spotify.times import JumpingClock

ARTIST = {"id": "1Cs0zKBU1kc0i8ypK3B9ai", "name": "Đuro & the ½ Tone 𝄞", "genres": ["techno", None]}


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    """The addresses of the Redis servers that there are."""
    small = SmallRedis()
    found = {"small": f"redis://127.0.0.1:{small.port}/0"}
    process = None
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # a socket's path may have no more than 104 letters
    if (program := shutil.which("redis-server")) is not None:
        place = folder / "redis.sock"
        process = subprocess.Popen(
            [program, "--port", "0", "--unixsocket", str(place), "--save", "", "--dir", str(folder)],
            stdout=subprocess.DEVNULL,
        )
        found["redis"] = f"unix://{place}"
        deadline = time.monotonic() + 10
        while not place.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
    yield found
    small.stop()
    if process is not None:
        process.terminate()
        process.wait(10)
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "small", "redis"])
def cache(
    request: pytest.FixtureRequest, servers: dict[str, str], tmp_path: Path, clock: JumpingClock
) -> Iterator[Cache]:
    if request.param == "redis" and "redis" not in servers:
        pytest.skip("there is no redis-server here")
    settings = SpotifySettings(
        cache=servers.get(request.param, "sqlite"), client_id=f"{request.node.name}{time.time()}"
    )
    opened = open_cache(settings, clock, tmp_path / "cache.db")
    assert opened.note is None
    yield opened
    assert opened.note is None
    opened.close()


# -- what all of them promise -------------------------------------------------------------------------


def test_what_was_put_comes_back_and_a_miss_is_known_from_what_was_never_asked(cache: Cache) -> None:
    cache.put("artist", {"a": ARTIST, "gone": None})
    assert cache.get("artist", ["a", "gone", "never", "a"]) == {"a": ARTIST, "gone": None}
    assert cache.get("album", ["a"]) == {}
    assert cache.get("artist", []) == {}
    cache.put("artist", {"a": {"name": "anew"}})
    assert cache.get("artist", ["a"]) == {"a": {"name": "anew"}}


def test_long_answers_come_back_whole(cache: Cache) -> None:
    page = {"items": [{"name": f"row {n}", "uri": f"spotify:track:{n}"} for n in range(300)]}
    cache.put("items", {"list:snapshot:0": page})
    assert cache.get("items", ["list:snapshot:0"]) == {"list:snapshot:0": page}
    assert cache.figures().kinds["items"].bytes < len(json.dumps(page)) / 3


def test_forgetting_goes_by_everything_kind_or_id(cache: Cache) -> None:
    def fill() -> None:
        cache.put("artist", {"a": ARTIST, "b": ARTIST})
        cache.put("album", {"a": {}, "[*]?": {}})
        cache.put("items", {"list:s:0": {}, "list:s:50": {}, "lists:s:0": {}})

    fill()
    assert cache.forget("artist", "a") == 1
    assert cache.forget("items", "list") == 2
    assert cache.forget("album", "*") == 0
    assert cache.forget("album", "[*]?") == 1
    assert set(cache.get("artist", "ab")) == {"b"}
    assert set(cache.get("album", ["a"])) == {"a"}
    assert set(cache.get("items", ["list:s:0", "list:s:50", "lists:s:0"])) == {"lists:s:0"}
    fill()
    assert cache.forget("artist") == 2
    assert cache.forget() == 5
    assert cache.figures().total.entries == 0


def test_figures_tell_hits_and_what_they_saved(cache: Cache) -> None:
    assert cache.figures().rate is None
    cache.put("artist", {str(n): ARTIST for n in range(120)})
    cache.get("artist", [str(n) for n in range(150)], batch=50)
    cache.get("album", ["x"])
    figures = cache.figures()
    artists = figures.kinds["artist"]
    assert (artists.entries, artists.hits, artists.misses, artists.saved) == (120, 120, 30, 2)
    assert artists.bytes == 120 * len(packed(ARTIST))
    assert figures.kinds["album"] == KindFigures(misses=1)
    assert figures.rate == pytest.approx(120 / 151)
    assert figures.where


def test_a_time_to_live_of_nothing_keeps_nothing(cache: Cache) -> None:
    cache.put("artist", {"a": ARTIST}, timedelta(0))
    assert cache.get("artist", ["a"]) == {}


def test_a_short_time_to_live_is_kept_to(cache: Cache, clock: JumpingClock) -> None:
    cache.put("artist", {"a": ARTIST}, timedelta(seconds=0.05))
    cache.put("artist", {"b": ARTIST}, timedelta(seconds=60))
    clock.forward(seconds=0.06)
    time.sleep(0.06)  # a Redis has a clock of its own
    assert set(cache.get("artist", "ab")) == {"b"}


def test_answers_of_another_app_are_not_served(
    servers: dict[str, str], tmp_path: Path, clock: JumpingClock
) -> None:
    for address in ("sqlite", *servers.values()):
        mine = SpotifySettings(cache=address, client_id="one")
        one, other, elsewhere = (
            open_cache(settings, clock, tmp_path / "cache.db")
            for settings in (
                mine,
                replace(mine, client_id="other"),
                replace(mine, api_url="http://127.0.0.1:4711/v1/"),
            )
        )
        one.put("artist", {"a": ARTIST})
        assert one.get("artist", ["a"]) and not other.get("artist", ["a"])
        assert not elsewhere.get("artist", ["a"])
        assert other.forget() == 0
        for cache in (one, other, elsewhere):
            cache.close()


def test_requests_saved_are_reckoned_by_the_batch() -> None:
    assert saved_requests(50, 50, 50) == 1
    assert saved_requests(51, 1, 50) == 1
    assert saved_requests(100, 49, 50) == 0
    assert saved_requests(7, 3, 1) == 3


def test_only_long_values_are_packed_and_rubbish_is_no_entry() -> None:
    short, long = {"a": "x" * 4000}, {"a": "x" * 5000}
    assert packed(short)[:1] == b"{" and unpacked(packed(short)) == short
    assert len(packed(long)) < 100 and unpacked(packed(long)) == long
    assert unpacked(packed(None)) is None
    assert unpacked(packed({"half": "\ud83d"})) == {"half": "\ud83d"}
    for rubbish in (b"", b"x", b"xyz", b"{", b"[1]", b"3", b"\xff\xfe"):
        with pytest.raises(ValueError):
            unpacked(rubbish)


# -- SQLite ---------------------------------------------------------------------------------------------


def test_each_kind_is_kept_as_long_as_the_settings_say(tmp_path: Path, clock: JumpingClock) -> None:
    cache = SqliteCache(SpotifySettings(ttl_track_days=3, ttl_artist_days=5), clock, tmp_path / "c.db")
    cache.put("track", {"a": {}, "gone": None})
    cache.put("artist", {"a": {}})
    cache.put("items", {"list:s:0": {}})
    clock.forward(hours=25)
    assert cache.get("track", ["a", "gone"]) == {"a": {}}
    clock.forward(days=3)
    assert cache.get("track", ["a"]) == {} and cache.get("artist", ["a"]) == {"a": {}}
    clock.forward(days=2)
    assert cache.get("artist", ["a"]) == {} and cache.get("items", ["list:s:0"]) == {"list:s:0": {}}
    clock.forward(days=1)
    assert cache.get("items", ["list:s:0"]) == {}
    cache.close()


def test_it_outlives_the_process_and_is_for_its_owner_only(
    tmp_path: Path, clock: JumpingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache = open_cache(SpotifySettings(), clock)
    cache.put("artist", {"a": ARTIST})
    assert isinstance(cache, SqliteCache) and cache.path.is_relative_to(tmp_path)
    assert {stat.S_IMODE(file.stat().st_mode) for file in cache.path.parent.iterdir()} == {0o600}
    cache.close()
    again = open_cache(SpotifySettings(), clock)
    assert again.get("artist", ["a"]) == {"a": ARTIST}
    again.close()


def test_the_least_recently_used_go_when_it_is_full(tmp_path: Path, clock: JumpingClock) -> None:
    rng = random.Random(1)
    path = tmp_path / "c.db"
    cache = SqliteCache(SpotifySettings(cache_mb=1), clock, path)
    cache.put("artist", {"dear": ARTIST})
    for batch in range(60):
        clock.forward(hours=1)
        cache.put("album", {f"{batch}.{n}": {"label": rng.randbytes(500).hex()} for n in range(50)})
        clock.forward(hours=1)
        assert cache.get("artist", ["dear"]), batch
        size = path.stat().st_size
        assert size <= 1 << 20
    assert size > 0.7 * (1 << 20)
    assert not cache.get("album", ["0.0"]) and cache.get("album", ["59.0"])
    cache.forget()
    cache.close()
    assert path.stat().st_size < 100_000


def test_a_smaller_limit_is_met_at_the_next_writing(tmp_path: Path, clock: JumpingClock) -> None:
    rng = random.Random(1)
    path = tmp_path / "c.db"
    large = SqliteCache(SpotifySettings(cache_mb=10), clock, path)
    large.put("album", {str(n): {"label": rng.randbytes(1000).hex()} for n in range(1500)})
    large.close()
    assert path.stat().st_size > 2 << 20
    small = SqliteCache(SpotifySettings(cache_mb=1), clock, path)
    small.put("artist", {"a": ARTIST})
    small.close()
    assert path.stat().st_size <= 1 << 20


def test_entries_of_another_version_go(tmp_path: Path, clock: JumpingClock) -> None:
    path = tmp_path / "c.db"
    cache = SqliteCache(SpotifySettings(), clock, path)
    cache.put("artist", {"a": ARTIST, "b": ARTIST})
    cache.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE entry SET scope = '0.' || scope WHERE id = 'a'")
    connection.close()
    again = SqliteCache(SpotifySettings(), clock, path)
    assert again.figures().total.entries == 1
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM entry").fetchone() == (1,)
    connection.close()
    again.close()


def test_an_entry_that_cannot_be_read_is_dropped(tmp_path: Path, clock: JumpingClock) -> None:
    path = tmp_path / "c.db"
    cache = SqliteCache(SpotifySettings(), clock, path)
    cache.put("artist", {"a": ARTIST, "b": ARTIST})
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE entry SET value = x'78ff' WHERE id = 'a'")
    connection.close()
    assert cache.get("artist", "ab") == {"b": ARTIST}
    assert cache.figures().kinds["artist"].entries == 1
    cache.close()


def test_a_damaged_cache_is_begun_anew(tmp_path: Path, clock: JumpingClock) -> None:
    path = tmp_path / "c.db"
    path.write_bytes(b"rubbish" * 1000)
    cache = SqliteCache(SpotifySettings(), clock, path)
    assert cache.note is not None and "begun anew" in cache.note
    cache.put("artist", {"a": ARTIST})
    assert cache.get("artist", ["a"]) == {"a": ARTIST}
    assert (tmp_path / "c.db.damaged").exists()
    cache.close()


@pytest.mark.parametrize("where", ["file/c.db", "folder"])
def test_a_cache_that_cannot_be_is_done_without(tmp_path: Path, clock: JumpingClock, where: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    cache = SqliteCache(SpotifySettings(), clock, tmp_path / where)
    assert cache.note is not None and "cannot be used" in cache.note
    cache.put("artist", {"a": ARTIST})
    assert cache.get("artist", ["a"]) == {}
    assert cache.forget() == 0
    assert cache.figures().total == KindFigures()
    cache.close()


def test_a_cache_that_is_closed_or_full_fails_nobody(tmp_path: Path, clock: JumpingClock) -> None:
    cache = SqliteCache(SpotifySettings(), clock, tmp_path / "c.db")
    cache.close()
    cache.put("artist", {"a": ARTIST})
    assert cache.get("artist", ["a"]) == {}
    assert cache.note is not None and cache.note.startswith("Spotify's answers cannot be kept")


# -- Redis ----------------------------------------------------------------------------------------------


def nobody_there() -> str:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return f"redis://user:secret@127.0.0.1:{door.getsockname()[1]}/3"


def test_a_redis_that_cannot_be_reached_is_replaced_by_sqlite(tmp_path: Path, clock: JumpingClock) -> None:
    began = time.monotonic()
    cache = open_cache(SpotifySettings(cache=nobody_there()), clock, tmp_path / "c.db")
    assert time.monotonic() - began < 2
    assert cache.note is not None and "Redis at redis://127.0.0.1:" in cache.note
    assert "SQLite" in cache.note and "secret" not in cache.note
    cache.put("artist", {"a": ARTIST})
    assert cache.get("artist", ["a"]) == {"a": ARTIST}
    assert cache.figures().where == str(tmp_path / "c.db")
    cache.close()


@pytest.mark.parametrize("address", ["redis://127.0.0.1:99999", "redis://[", "redis://127.0.0.1:abc/x"])
def test_an_address_that_is_none_is_replaced_by_sqlite(
    tmp_path: Path, clock: JumpingClock, address: str
) -> None:
    cache = open_cache(SpotifySettings(cache=address), clock, tmp_path / "c.db")
    assert cache.note is not None
    cache.put("artist", {"a": ARTIST})
    assert cache.get("artist", ["a"]) == {"a": ARTIST}
    cache.close()


def test_a_redis_that_goes_away_in_the_middle_is_replaced_by_sqlite(
    tmp_path: Path, clock: JumpingClock
) -> None:
    server = SmallRedis()
    address = f"redis://127.0.0.1:{server.port}/0"
    cache = open_cache(SpotifySettings(cache=address), clock, tmp_path / "c.db")
    cache.put("artist", {"a": ARTIST})
    assert cache.get("artist", ["a"]) == {"a": ARTIST}
    server.answer = lambda name, args: ValueError("OOM command not allowed")  # type: ignore[method-assign]
    assert cache.get("artist", ["a"]) == {}
    assert cache.note is not None
    cache.put("artist", {"b": ARTIST})
    assert cache.get("artist", ["b"]) == {"b": ARTIST}
    server.stop()
    cache.close()


def test_a_word_that_is_no_address_is_noted(tmp_path: Path, clock: JumpingClock) -> None:
    cache = open_cache(SpotifySettings(cache="memcached"), clock, tmp_path / "c.db")
    assert isinstance(cache, SqliteCache)
    assert cache.note is not None and "spotify.cache" in cache.note
    cache.close()


def test_redis_is_imported_only_where_it_is_wanted(tmp_path: Path) -> None:
    program = (
        "import sys; from djtui.config import SpotifySettings; from djtui.spotify.cache import open_cache; "
        "open_cache(SpotifySettings()).close(); print('redis' in sys.modules, 'spotipy' in sys.modules)"
    )
    environment: dict[str, Any] = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.split() == ["False", "False"]
