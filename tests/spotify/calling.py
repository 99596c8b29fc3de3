"""What tests of the port share: a stand-in with one account, and djtui's way to it, signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from djtui.config import SpotifySettings
from djtui.demo.spotify import StandIn, World
from djtui.spotify.api import Spotify
from djtui.spotify.cache import open_cache
from djtui.spotify.state import State
from tests.spotify.signing import CLIENT, App, HandClock


@dataclass
class Call:
    """A stand-in and the ports to it. `open` makes one; all are closed at the end."""

    world: World
    stand_in: StandIn
    clock: HandClock
    folder: Path
    settings: SpotifySettings
    opened: list[Spotify] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def app(self) -> App:
        return App(self.stand_in, self.clock, self.folder / "token.json", self.settings)

    def open(self) -> Spotify:
        port = Spotify(
            self.settings,
            State.open(self.folder / "spotify.db", clock=self.clock),
            self.app.tokens(),
            open_cache(self.settings, self.clock, self.folder / "cache.db"),
            clock=self.clock,
            told=self.notes.append,
        )
        self.opened.append(port)
        return port

    @property
    def asked(self) -> list[str]:
        """The requests to the API: method and path."""
        return [f"{logged.method} {logged.path.removeprefix('/v1/')}" for logged in self.stand_in.requests]


@asynccontextmanager
async def call(folder: Path, *, scope: str | None = None, **options: Any) -> AsyncIterator[Call]:
    """A small account at a stand-in, signed in. `options` are the stand-in's, and settings of `spotify`."""
    wanted = {"liked": 7, "artists": 5, "albums": 6, "playlists": 12, "rows": 24}
    wanted |= {name: options.pop(name) for name in list(options) if name in wanted}
    knobs = {name: options.pop(name) for name in list(options) if name in ("cohort", "window", "quota")}
    clock = HandClock()
    world = World.generated(3, clock=clock, **wanted)
    with StandIn(world, clock=clock, **knobs) as stand_in:
        settings = SpotifySettings(
            client_id=CLIENT,
            api_url=stand_in.api_url,
            accounts_url=stand_in.accounts_url,
            requests_per_s=1000,
            **options,
        )
        calling = Call(world, stand_in, clock, folder, settings)
        calling.app.signed_in()
        yield calling
        for port in calling.opened:
            await port.close()
