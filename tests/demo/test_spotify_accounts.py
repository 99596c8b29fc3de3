"""Signing in at the Spotify stand-in with spotipy's PKCE."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from spotipy.cache_handler import MemoryCacheHandler
from spotipy.oauth2 import SpotifyOauthError, SpotifyPKCE

from djtui.demo.spotify import StandIn
from tests.demo.spotify_asking import Client, JumpingClock, small_world

HALF_A_YEAR = 183 * 86_400


class Manager(SpotifyPKCE):  # type: ignore[misc]
    """spotipy's PKCE, pointed at a stand-in."""

    def __init__(self, stand_in: StandIn) -> None:
        super().__init__(
            client_id="a-client",
            redirect_uri="http://127.0.0.1:8888/callback",
            scope="user-library-read playlist-read-private",
            open_browser=False,
            cache_handler=MemoryCacheHandler(),
            requests_timeout=5,
        )
        self.OAUTH_AUTHORIZE_URL = f"{stand_in.accounts_url}authorize"
        self.OAUTH_TOKEN_URL = f"{stand_in.accounts_url}api/token"
        self._session.mount("http://", HTTPAdapter(max_retries=0))

    def sent_back_to(self, **changes: str) -> str:
        """Where the browser ends up; `changes` are made to the URL it is sent to."""
        url = self.get_authorize_url(state="of-mine")
        for old, new in changes.items():
            url = url.replace(old, new)
        answer = requests.get(url, allow_redirects=False, timeout=5)
        return answer.headers.get("Location", f"{answer.status_code} {answer.text}")

    def sign_in(self) -> str:
        _, code = self.parse_auth_response_url(self.sent_back_to())
        token: str = self.get_access_token(code, check_cache=False)
        return token

    @property
    def refresh_token(self) -> str:
        token: str = self.cache_handler.get_cached_token()["refresh_token"]
        return token


@contextmanager
def signing_in(**options: Any) -> Iterator[tuple[StandIn, Manager]]:
    with StandIn(small_world(playlists=0, liked=60), **options) as stand_in:
        manager = Manager(stand_in)
        yield stand_in, manager
        manager._session.close()


def test_a_code_is_exchanged_once_and_its_token_opens_the_api() -> None:
    with signing_in() as (stand_in, manager):
        state, code = manager.parse_auth_response_url(manager.sent_back_to())
        assert state == "of-mine"
        token = manager.get_access_token(code, check_cache=False)
        assert Client(stand_in, token).current_user_saved_tracks()["total"] == 60
        assert Client(stand_in, token).refusal("GET", "me/following", type="artist").http_status == 403
        with pytest.raises(SpotifyOauthError, match="invalid_grant"):
            manager.get_access_token(code, check_cache=False)


def test_the_code_of_another_verifier_is_refused() -> None:
    with signing_in() as (_, manager):
        _, code = manager.parse_auth_response_url(manager.sent_back_to())
        manager.code_verifier = "x" * 64
        with pytest.raises(SpotifyOauthError, match="code_verifier was incorrect"):
            manager.get_access_token(code, check_cache=False)


def test_who_denies_is_sent_back_with_that() -> None:
    with signing_in() as (stand_in, manager):
        stand_in.faults.deny = True
        place = manager.sent_back_to()
        assert "error=access_denied" in place
        assert "state=of-mine" in place


def test_a_redirect_that_spotify_forbids_is_refused() -> None:
    with signing_in() as (_, manager):
        manager.redirect_uri = "http://localhost:8888/callback"
        assert manager.sent_back_to() == "400 INVALID_CLIENT: Insecure redirect URI"


def test_an_access_token_lives_an_hour_and_a_sign_in_half_a_year() -> None:
    clock = JumpingClock()
    with signing_in(clock=clock) as (stand_in, manager):
        token = manager.sign_in()
        clock.go_on(3600)
        refusal = Client(stand_in, token).refusal("GET", "me")
        assert (refusal.http_status, refusal.msg.split("\n ")[1]) == (401, "The access token expired")
        first = manager.refresh_token
        Client(stand_in, manager.refresh_access_token(first)["access_token"]).me()
        assert manager.refresh_token == first
        clock.go_on(HALF_A_YEAR)
        with pytest.raises(SpotifyOauthError, match="invalid_grant"):
            manager.refresh_access_token(first)


def test_a_rotated_refresh_token_ends_the_one_before() -> None:
    with signing_in() as (stand_in, manager):
        manager.sign_in()
        first = manager.refresh_token
        stand_in.faults.rotate_refresh = True
        assert manager.refresh_access_token(first)["refresh_token"] != first
        with pytest.raises(SpotifyOauthError, match="Invalid refresh token"):
            manager.refresh_access_token(first)


def test_refreshing_may_be_refused_once_and_the_service_may_be_down() -> None:
    with signing_in() as (stand_in, manager):
        manager.sign_in()
        stand_in.faults.invalid_grant = 1
        with pytest.raises(SpotifyOauthError, match="Refresh token revoked"):
            manager.refresh_access_token(manager.refresh_token)
        manager.refresh_access_token(manager.refresh_token)
        stand_in.faults.accounts_down = True
        with pytest.raises(SpotifyOauthError):
            manager.refresh_access_token(manager.refresh_token)


def test_signing_in_counts_against_no_limit_and_no_token_is_logged() -> None:
    with signing_in() as (stand_in, manager):
        token = manager.sign_in()
        assert stand_in.requests == []
        assert [logged.path for logged in stand_in.log] == ["/authorize", "/api/token"]
        assert token not in repr(stand_in.log)


def test_a_made_up_token_is_refused() -> None:
    with signing_in() as (stand_in, _):
        refusal = Client(stand_in, "made-up").refusal("GET", "me")
        assert (refusal.http_status, refusal.msg.split("\n ")[1]) == (401, "Invalid access token")
