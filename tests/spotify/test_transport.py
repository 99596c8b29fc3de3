"""The way to Spotify: spotipy and requests, held to one try, in bounded time, and to sentences for errors."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from djtui.spotify.errors import BadRequest, ServiceTrouble
from djtui.spotify.request import NOTHING, Answer, Request
from djtui.spotify.threads import Threads
from djtui.spotify.transport import Client
from tests.spotify.tiny import Tiny, answer, dropped, raw

ME = Request("GET", "me", "the account")
TOKEN = "BQsecret-token"


def sent(server: Tiny, request: Request = ME) -> Answer:
    client = Client(server.url, timeouts=(0.5, 0.5))
    try:
        return client.send(request, TOKEN)
    finally:
        client.close()


def test_a_request_is_sent_as_the_web_api_has_it() -> None:
    with Tiny([answer(201, {"snapshot_id": "a"})]) as server:
        request = Request(
            "POST", "playlists/p1/items", "songs", {"x": "spotify:track:1,b"}, {"uris": ["spotify:track:1"]}
        )
        assert sent(server, request).content == {"snapshot_id": "a"}
    heard = server.heard[0]
    assert (heard.method, heard.target) == ("POST", "/v1/playlists/p1/items?x=spotify%3Atrack%3A1%2Cb")
    assert heard.headers["authorization"] == f"Bearer {TOKEN}"
    assert heard.json == {"uris": ["spotify:track:1"]}


def test_an_empty_list_is_a_body_too() -> None:
    with Tiny([answer(200, {})]) as server:
        sent(server, Request("PUT", "playlists/p1/items", "songs", body={"uris": []}))
    assert server.heard[0].json == {"uris": []}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_one_try_and_no_waiting_whatever_the_server_says(status: int) -> None:
    body = {"error": {"status": status, "message": "Too many requests", "reason": "QUOTA_EXCEEDED"}}
    with Tiny([answer(status, body, Retry_After="48925")]) as server:
        began = time.monotonic()
        got = sent(server)
    assert time.monotonic() - began < 2
    assert len(server.heard) == 1
    assert (got.status, got.headers["retry-after"]) == (status, "48925")
    assert (got.message, got.reason) == ("Too many requests", "QUOTA_EXCEEDED")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"Too many requests", "Too many requests"),
        ({"error": "invalid_grant"}, "invalid_grant"),
        ({"error": None}, ""),
        ({"error": {"message": {"not": "text"}, "reason": 5}}, ""),
        ([1, 2], ""),
        (b"", ""),
        (b"\x1b[2Jred\r\n\x00 \xff end", "[2Jred � end"),
    ],
)
def test_an_error_with_any_body_is_told(body: object, message: str) -> None:
    with Tiny([answer(403, body)]) as server:
        got = sent(server)
    assert (got.status, got.message, got.reason) == (403, message, None)


@pytest.mark.parametrize(
    "body",
    [b"<html>Sign in to the hotel</html>", b'{"items": [', b"", b"9" * 5000, b"[" * 200_000, b"\xff\xfe"],
)
def test_what_is_no_json_is_an_answer_without_content(body: bytes) -> None:
    with Tiny([answer(200, body)]) as server:
        assert sent(server).content is NOTHING


def test_a_redirect_is_not_followed() -> None:
    with Tiny([answer(302, None, Location="http://127.0.0.1:1/login")]) as server:
        assert sent(server).status == 302
    assert len(server.heard) == 1


def test_a_connection_that_is_never_made_was_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    client = Client(f"http://127.0.0.1:{port}/v1/")
    with pytest.raises(ServiceTrouble, match=rf"127.0.0.1:{port} cannot be reached.*\?$") as caught:
        client.send(ME, TOKEN)
    assert not caught.value.sent
    client.close()


@pytest.mark.parametrize(
    "behave",
    [
        dropped,
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        raw(b"\x00\x01nonsense\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n"),
        answer(200, b"no gzip", Content_Encoding="gzip"),
    ],
    ids=["dropped", "cut", "chunk", "nonsense", "headers", "gzip"],
)
def test_a_connection_that_breaks_off_may_have_been_sent(behave: object) -> None:
    with (
        Tiny([behave]) as server,  # type: ignore[list-item]
        pytest.raises(ServiceTrouble, match=r"broke off before the answer was whole\.$") as caught,
    ):
        sent(server)
    assert caught.value.sent


def test_an_answer_that_takes_too_long_may_have_been_sent() -> None:
    with Tiny([]) as server:
        server.script = [server.silent]
        with pytest.raises(ServiceTrouble, match=r"takes too long to answer\.$") as caught:
            sent(server)
    assert caught.value.sent


def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("djtui.spotify.transport._WHOLE_BYTES", 100_000)
    with (
        Tiny([answer(200, b" " * 300_000)]) as server,
        pytest.raises(ServiceTrouble, match="does not come to an end") as caught,
    ):
        sent(server)
    assert caught.value.sent


@pytest.mark.parametrize("url", ["http:///v1/", "nowhere", "ftp://127.0.0.1/", "http://[::1/"])
def test_an_address_that_is_none_is_a_sentence(url: str) -> None:
    with pytest.raises(BadRequest, match=r"spotify\.api_url"):
        Client(url).send(ME, TOKEN)


def test_a_password_in_netrc_does_not_replace_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with Tiny([answer(200, {})]) as server:
        sent(server)
    assert server.heard[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_no_token_is_logged_at_any_level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("spotipy.client", "urllib3.connectionpool"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    with Tiny([answer(200, {}), answer(500, {"error": {"message": TOKEN}}), dropped]) as server:
        got = [sent(server), sent(server)]
        with pytest.raises(ServiceTrouble) as caught:
            sent(server)
    assert TOKEN not in caplog.text + repr(got) + repr(caught.value)


async def test_one_connection_is_kept_for_many_requests() -> None:
    with Tiny([answer(200, {})]) as server:
        threads = Threads(lambda: Client(server.url))
        for _ in range(20):
            await threads.run(lambda client: client.send(ME, TOKEN))
        assert server.connections <= 2
        threads.close()


async def test_closing_with_a_request_in_flight_takes_no_time() -> None:
    with Tiny([]) as server:
        server.script = [server.silent]
        threads = Threads(lambda: Client(server.url))
        waiting = asyncio.ensure_future(threads.run(lambda client: client.send(ME, TOKEN)))
        while not server.heard:
            await asyncio.sleep(0.001)
        began = time.monotonic()
        threads.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert time.monotonic() - began < 0.1


def test_the_interpreter_ends_with_a_request_in_flight() -> None:
    program = """
import asyncio, sys
from djtui.spotify.request import Request
from djtui.spotify.threads import Threads
from djtui.spotify.transport import Client
async def main():
    threads = Threads(lambda: Client(sys.argv[1]))
    asyncio.ensure_future(threads.run(lambda client: client.send(Request("GET", "me", "it"), "t")))
    await asyncio.to_thread(sys.stdin.readline)
    threads.close()
asyncio.run(main())
"""
    with Tiny([]) as server:
        server.script = [server.silent]
        with subprocess.Popen(
            [sys.executable, "-c", program, server.url],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            while not server.heard:
                time.sleep(0.005)
            began = time.monotonic()
            assert process.communicate("\n", timeout=10)[1] == ""
            assert process.returncode == 0
            assert time.monotonic() - began < 1


class Nothing:
    """A client that holds nothing, and notes that it was closed."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()


async def test_a_call_that_is_cancelled_before_its_turn_never_begins() -> None:
    threads = Threads(Nothing, count=1)
    hold, begun = threading.Event(), []
    first = asyncio.ensure_future(threads.run(lambda _: hold.wait(5)))
    second = asyncio.ensure_future(threads.run(lambda _: begun.append("second")))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    hold.set()
    assert await first
    assert await threads.run(lambda _: "third") == "third"
    assert begun == []
    threads.close()


async def test_what_a_thread_held_is_closed_at_its_end() -> None:
    threads = Threads(Nothing, count=1)
    held = await threads.run(lambda held: held)
    threads.close()
    assert await asyncio.to_thread(held.closed.wait, 2)


async def test_trouble_on_a_thread_is_raised_to_who_asked() -> None:
    threads = Threads(Nothing)

    def fails(_: Nothing) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await threads.run(fails)
    assert await threads.run(lambda _: 7) == 7
    threads.close()


def test_the_way_there_is_imported_late() -> None:
    program = "import sys, djtui.spotify.api; print([m for m in ('requests', 'spotipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
