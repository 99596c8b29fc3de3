"""What tests of the sign-in share: an app at the stand-in, a browser, a clock that is set by hand."""

from __future__ import annotations

import asyncio
import random
import socket
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from djtui.config import SpotifySettings
from djtui.demo.spotify import StandIn, World
from djtui.spotify.pkce import Grant
from djtui.spotify.tokens import Tokens
from tests.spotify.times import JumpingClock

CLIENT = "0123456789abcdef0123456789abcdef"


class HandClock:
    """A clock that stands still until it is set forward."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.forward(seconds=seconds)
        await asyncio.sleep(0)

    def forward(self, **amount: float) -> None:
        self.time += timedelta(**amount)


def small_world() -> World:
    return World.generated(1, liked=3, artists=2, albums=2, playlists=0, rows=0)


def free_port() -> int:
    """Not one of those that the system gives to whoever calls out: it would soon be taken."""
    while True:
        port = random.randrange(10_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@dataclass
class App:
    """An app of djtui's, known at a stand-in, with a token file of its own."""

    stand_in: StandIn
    clock: HandClock | JumpingClock
    path: Path
    settings: SpotifySettings

    def tokens(self) -> Tokens:
        return Tokens(self.settings, self.path, self.clock)

    def signed_in(self) -> Tokens:
        """Somebody is signed in without a browser."""
        given = self.stand_in.sign_in(client_id=CLIENT)
        expires = self.clock.now() + timedelta(seconds=given["expires_in"])
        tokens = self.tokens()
        scopes = tuple(given["scope"].split())
        tokens.keep(Grant(given["access_token"], given["refresh_token"], expires, scopes), None)
        return tokens

    @property
    def token_requests(self) -> int:
        return sum(logged.path == "/api/token" for logged in self.stand_in.log)


async def browse(url: str) -> tuple[int, str]:
    """Open a page as a browser does, redirects and all: status and text. 0: nobody is there."""

    def opened() -> tuple[int, str]:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except (OSError, urllib.error.URLError):
            return 0, ""

    return await asyncio.to_thread(opened)


async def sent_back(url: str) -> str:
    """Where Spotify sends the browser to, which gets no further: what the DJ copies from its address line."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args: object) -> None:
            return None

    def opened() -> str:
        try:
            urllib.request.build_opener(Stay).open(url, timeout=10)
        except urllib.error.HTTPError as error:
            with error:
                return str(error.headers["Location"])
        raise AssertionError("no redirect")

    return await asyncio.to_thread(opened)
