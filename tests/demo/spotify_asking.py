"""Real spotipy that asks the Spotify stand-in, and a clock that jumps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
import spotipy
from requests.adapters import HTTPAdapter
from spotipy.exceptions import SpotifyException

from djtui.demo.spotify import SCOPES, StandIn, World


class JumpingClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 1, 20, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def go_on(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def small_world(**sizes: int) -> World:
    wanted: dict[str, Any] = {"liked": 120, "artists": 40, "albums": 50, "playlists": 11, "rows": 400} | sizes
    return World.generated(3, **wanted)


class Client(spotipy.Spotify):  # type: ignore[misc]
    """spotipy without its own retries, as djtui uses it."""

    def __init__(self, stand_in: StandIn, token: str) -> None:
        session = requests.Session()
        session.mount("http://", HTTPAdapter(max_retries=0))
        super().__init__(auth=token, requests_session=session, requests_timeout=5)
        self.prefix = stand_in.api_url

    def refusal(self, method: str, path: str, payload: Any = None, **query: Any) -> SpotifyException:
        """What the server refuses this request with."""
        try:
            self._internal_call(method, path, payload, query)
        except SpotifyException as refusal:
            return refusal
        raise AssertionError(f"{method} {path} was answered")

    def add(self, playlist_id: str, body: Any) -> Any:
        return self._post(f"playlists/{playlist_id}/items", payload=body)


def client(stand_in: StandIn, scope: str = SCOPES) -> Client:
    return Client(stand_in, stand_in.sign_in(scope)["access_token"])


@contextmanager
def asking(world: World | None = None, **options: Any) -> Iterator[tuple[StandIn, Client]]:
    with StandIn(world or small_world(), **options) as stand_in:
        asker = client(stand_in)
        yield stand_in, asker
        asker._session.close()
