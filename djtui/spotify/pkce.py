"""spotipy's PKCE flow with djtui's manners: it asks nobody anything, keeps no file, and fails in sentences.

Heavy to import (spotipy, requests): import it inside functions, and only on a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final, NoReturn

import requests
import urllib3
from requests.adapters import HTTPAdapter
from spotipy.cache_handler import CacheHandler
from spotipy.oauth2 import SpotifyPKCE

from djtui.model.text import harmless
from djtui.spotify.errors import RateLimited, ServiceTrouble
from djtui.spotify.gate import seconds_of
from djtui.spotify.quiet import hush

if TYPE_CHECKING:
    from djtui.config import SpotifySettings
    from djtui.spotify.clock import Clock

TIMEOUT_S: Final = (3.05, 15.0)  # to connect, and between two pieces of the answer
_QUOTA_S: Final = 300  # whoever is sent away for longer has spent more than a moment's share
_LONGEST: Final = 200
_USELESS: Final = "Spotify's sign-in service answered something that is no token."


@dataclass(frozen=True, slots=True)
class Grant:
    """What Spotify grants: an access token until `expires`, and what renews it, if that is a new one."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires: datetime
    scopes: tuple[str, ...] | None


class NotGranted(Exception):
    """Spotify refuses code or refresh token. `error` is its word for it (RFC 6749, 5.2): invalid_grant."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description or error)
        self.error = error


def new_session() -> requests.Session:
    """A session for tokens: nothing is sent twice, and nothing follows a redirect to another server."""
    session = requests.Session()
    session.max_redirects = 0
    session.auth = _as_it_is
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=0))
    return session


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps requests from adding a password out of ~/.netrc."""
    return request


class Pkce(SpotifyPKCE):  # type: ignore[misc]
    """One flow: its own code verifier, and the URLs of the settings. Raises `NotGranted`, `ServiceTrouble`
    and `RateLimited`; no message of theirs holds a secret."""

    def __init__(
        self,
        settings: SpotifySettings,
        session: requests.Session,
        clock: Clock,
        *,
        scopes: Iterable[str] = (),
    ) -> None:
        hush()
        super().__init__(
            client_id=settings.client_id,
            redirect_uri=redirect_uri(settings),
            scope=" ".join(scopes) or None,
            open_browser=False,
            cache_handler=_NoCache(),
            requests_session=session,
            requests_timeout=TIMEOUT_S,
        )
        accounts = settings.accounts_url.rstrip("/")
        self.OAUTH_AUTHORIZE_URL = f"{accounts}/authorize"
        self.OAUTH_TOKEN_URL = f"{accounts}/api/token"
        self._clock = clock

    def exchange(self, code: str) -> Grant:
        """The tokens for the code that the browser brought back."""
        return self._granted(code, lambda: self.get_access_token(code=code, check_cache=False))

    def renew(self, refresh_token: str) -> Grant:
        """A new access token. Spotify mostly leaves the refresh token as it is, and does not repeat it."""
        return self._granted(refresh_token, lambda: self.refresh_access_token(refresh_token))

    def close(self) -> None:
        """Give the connection back."""
        self._session.close()

    def _granted(self, secret: str, ask: Callable[[], object]) -> Grant:
        kept: _NoCache = self.cache_handler
        try:
            ask()
            return _grant(kept.taken)
        except NotGranted as refusal:
            raise (NotGranted(refusal.error, "") if secret in str(refusal) else refusal) from None
        except requests.Timeout:
            message = "Spotify's sign-in service did not answer in time."
        except requests.JSONDecodeError:
            message = _USELESS
        except (OSError, HTTPException, urllib3.exceptions.HTTPError, UnicodeError):
            message = f"Spotify's sign-in service cannot be reached at {_host(self.OAUTH_TOKEN_URL)}."
        except (KeyError, TypeError, ValueError, OverflowError):
            message = _USELESS
        finally:
            kept.taken = {}
        raise ServiceTrouble(message) from None  # what spotipy and requests raise may quote the request

    def _add_custom_values_to_token_info(self, token_info: dict[str, Any]) -> dict[str, Any]:
        """When the token expires, by djtui's clock."""
        lasts = timedelta(seconds=int(token_info["expires_in"]))
        token_info["expires_at"] = (self._clock.now() + lasts).timestamp()
        return token_info

    def _handle_oauth_error(self, http_error: requests.HTTPError) -> NoReturn:
        response = http_error.response
        if response.status_code == requests.codes.too_many_requests:
            raise _limited(response, self._clock.now()) from None
        if response.status_code >= requests.codes.server_error:
            raise ServiceTrouble(
                f"Spotify's sign-in service fails at the moment ({response.status_code})."
            ) from None
        raise _refusal(response) from None

    def get_authorization_code(self, response: object = None) -> NoReturn:
        """spotipy would ask at the terminal, or wait for a browser: that is `SignIn`'s part."""
        raise RuntimeError("A code is needed here.")


class _NoCache(CacheHandler):  # type: ignore[misc]
    """Takes what spotipy would store. Where it goes is the business of `Tokens`."""

    def __init__(self) -> None:
        self.taken: Mapping[str, Any] = {}

    def get_cached_token(self) -> None:
        return None

    def save_token_to_cache(self, token_info: Mapping[str, Any]) -> None:
        self.taken = token_info


def redirect_uri(settings: SpotifySettings) -> str:
    """Where the browser comes back to. Spotify takes plain http for a loopback address in digits only."""
    return f"http://127.0.0.1:{settings.redirect_port}/callback"


def _grant(taken: Mapping[str, Any]) -> Grant:
    access, refresh, scope = taken["access_token"], taken.get("refresh_token"), taken.get("scope")
    if not isinstance(access, str) or not access or not isinstance(refresh, str | None):
        raise ValueError("no token")
    expires = datetime.fromtimestamp(taken["expires_at"], UTC)
    return Grant(access, refresh or None, expires, tuple(scope.split()) if isinstance(scope, str) else None)


def _refusal(response: requests.Response) -> NotGranted:
    try:
        answer = response.json()
    except ValueError:
        answer = None
    fields = answer if isinstance(answer, dict) else {}
    error, description = (str(fields.get(name) or "") for name in ("error", "error_description"))
    return NotGranted(
        harmless(error)[:_LONGEST] or f"HTTP {response.status_code}", harmless(description)[:_LONGEST]
    )


def _limited(response: requests.Response, now: datetime) -> RateLimited:
    seconds = seconds_of(response.headers.get("Retry-After"), now)
    return RateLimited(
        now + timedelta(seconds=seconds),
        "quota" if seconds > _QUOTA_S else "window",
        "Spotify's sign-in service asks for patience.",
    )


def _host(url: str) -> str:
    return url.split("/")[2] if url.count("/") > 1 else url
