"""spotipy as djtui drives it: no retries, no sleeping, no redirects, bounded in time and size.

Heavy (it imports spotipy and requests): import it late, on a thread of the port. spotipy's own retrying would
sleep out a Retry-After inside urllib3 and then throw it away; a session of ours with `max_retries=0` is the
one way to switch that off that also keeps headers and reason.
"""

from __future__ import annotations

import os
import time
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import requests
import spotipy
import urllib3
from requests.adapters import HTTPAdapter

from djtui.spotify.errors import BadRequest, ServiceTrouble
from djtui.spotify.quiet import hush
from djtui.spotify.request import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUTS: Final = (3.05, 15.0)  # seconds to connect, and of silence
_WHOLE_S: Final = 60.0  # an answer that drips in
_WHOLE_BYTES: Final = 64 << 20
_PIECE: Final = 1 << 16


class Client:
    """Spotify's Web API for one thread: one kept connection."""

    def __init__(self, api_url: str, *, timeouts: tuple[float, float] = TIMEOUTS) -> None:
        hush()
        self._session = _Session(api_url)
        self._spotipy = spotipy.Spotify(requests_session=self._session, requests_timeout=timeouts)
        self._spotipy.prefix = api_url.rstrip("/") + "/"
        self._verbs = {
            "GET": self._spotipy._get,
            "POST": self._spotipy._post,
            "PUT": self._spotipy._put,
            "DELETE": self._spotipy._delete,
        }

    def send(self, request: Request, token: str) -> Answer:
        """The answer, whatever its status. Raises ServiceTrouble if none came; `sent` then says whether
        Spotify may have carried the request out."""
        self._spotipy.set_auth(token)
        answer = self._verbs[request.method](request.path, args=dict(request.query), payload=request.body)
        if not isinstance(answer, Answer):
            raise ServiceTrouble(f"The request for {request.about} could not be sent.")
        return answer

    def close(self) -> None:
        """Give the connection back."""
        self._session.close()


class _Session(requests.Session):
    """A session that answers with `Answer`, and raises only what `errors` has."""

    def __init__(self, api_url: str) -> None:
        super().__init__()
        self._host = _host(api_url)
        self._heed_environment(api_url)
        for scheme in ("http://", "https://"):
            self.mount(
                scheme, HTTPAdapter(max_retries=0, pool_connections=1, pool_maxsize=1, pool_block=True)
            )

    def request(self, *args: Any, **kwargs: Any) -> Answer:  # type: ignore[override]
        """One exchange, without following redirects."""
        kwargs.update(allow_redirects=False, stream=True)
        try:
            with super().request(*args, **kwargs) as response:
                body = b"".join(self._pieces(response))
                return Answer(response.status_code, response.headers, body)
        except (OSError, HTTPException, urllib3.exceptions.HTTPError, UnicodeError) as trouble:
            raise _sentence(trouble, self._host) from None

    def _heed_environment(self, api_url: str) -> None:
        """Proxies and certificates as the environment says, read once: requests would at each request, and
        put a password out of ~/.netrc in the place of the token."""
        self.trust_env = False
        self.proxies = requests.utils.get_environ_proxies(api_url)
        bundles = (os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
        self.verify = next(filter(None, bundles), True)

    def _pieces(self, response: requests.Response) -> Iterator[bytes]:
        began, size = time.monotonic(), 0
        for piece in response.iter_content(_PIECE):
            size += len(piece)
            if size > _WHOLE_BYTES or time.monotonic() - began > _WHOLE_S:
                raise ServiceTrouble(f"{self._host} does not come to an end with its answer.", sent=True)
            yield piece


def _sentence(trouble: Exception, host: str) -> ServiceTrouble | BadRequest:
    match trouble:
        case (
            requests.exceptions.InvalidURL()
            | requests.exceptions.InvalidSchema()
            | requests.exceptions.MissingSchema()
            | UnicodeError()
        ):
            return _no_address()
        case requests.ReadTimeout():
            return ServiceTrouble(f"{host} takes too long to answer.", sent=True)
        case requests.exceptions.ProxyError():
            return ServiceTrouble(f"The proxy on the way to {host} refuses the connection.")
        case requests.exceptions.SSLError() if "CERTIFICATE_VERIFY_FAILED" in str(trouble):
            return ServiceTrouble(f"The connection to {host} is not safe: its certificate is not accepted.")
        case requests.ConnectTimeout() | requests.ConnectionError() if _never_connected(trouble):
            return ServiceTrouble(f"{host} cannot be reached; is the network there?")
    return ServiceTrouble(f"The connection to {host} broke off before the answer was whole.", sent=True)


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        raise _no_address() from None


def _no_address() -> BadRequest:
    return BadRequest(
        "Nothing can be asked of Spotify: the setting spotify.api_url is no address of the web."
    )


def _never_connected(trouble: Exception) -> bool:
    cause = trouble.args[0] if trouble.args else None
    return isinstance(getattr(cause, "reason", cause), urllib3.exceptions.ConnectTimeoutError)
