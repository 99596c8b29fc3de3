"""Signing in at the Spotify stand-in: authorization codes with PKCE, access tokens, refresh tokens.

Who is sent to /authorize agrees at once, or refuses if the faults say so. Texts as Spotify's accounts service
answers; a sign-in ends six months after it, however often it is refreshed (announced in June 2026).
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode, urlsplit

from djtui.demo.spotify_answers import Json
from djtui.demo.spotify_limits import Answer, AnswerNow, Faults
from djtui.demo.spotify_world import Clock

SCOPES: Final = (
    "user-library-read user-library-modify playlist-read-private playlist-read-collaborative "
    "playlist-modify-private playlist-modify-public user-read-recently-played user-follow-read user-top-read"
)
_CODE_LIFE: Final = timedelta(minutes=10)
_TOKEN_LIFE: Final = timedelta(hours=1)
_SIGN_IN_LIFE: Final = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class _Code:
    """An authorization code that waits to be exchanged."""

    client_id: str
    redirect_uri: str
    challenge: str
    scope: str
    made: datetime


@dataclass(frozen=True, slots=True)
class _SignIn:
    """A sign-in: what it may do and since when it stands."""

    client_id: str
    scope: str
    since: datetime


@dataclass(frozen=True, slots=True)
class _Access:
    """An access token's worth."""

    scope: frozenset[str]
    until: datetime


class Accounts:
    """Makes tokens and knows which are good."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock = clock
        self._rng = random.Random(seed)
        self._codes: dict[str, _Code] = {}
        self._sign_ins: dict[str, _SignIn] = {}  # by refresh token
        self._access: dict[str, _Access] = {}

    def authorize(self, query: Mapping[str, str], faults: Faults) -> Answer:
        """Send the browser back with a code, or say what is wrong with the app's question."""
        redirect = query.get("redirect_uri", "")
        if not query.get("client_id"):
            return Answer(400, "INVALID_CLIENT: Invalid client")
        if not _allowed(redirect):
            return Answer(400, "INVALID_CLIENT: Insecure redirect URI")
        if query.get("response_type") != "code":
            return Answer(400, "response_type must be code")
        if query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
            return Answer(400, "code_challenge_method must be S256")
        back = {"error": "access_denied"} if faults.deny else {"code": self._code(query)}
        if "state" in query:
            back["state"] = query["state"]
        return Answer(302, None, (("Location", f"{redirect}?{urlencode(back)}"),))

    def token(self, form: Mapping[str, str], faults: Faults) -> Answer:
        """Exchange a code, or refresh."""
        kind = form.get("grant_type")
        if kind == "authorization_code":
            return self._exchange(form)
        if kind == "refresh_token":
            return self._refresh(form, faults)
        return Answer(400, {"error": "unsupported_grant_type", "error_description": "grant_type is missing"})

    def sign_in(self, scope: str = SCOPES, client_id: str = "stand-in") -> Json:
        """A sign-in without a browser: what the token endpoint would answer."""
        refresh = self._secret()
        self._sign_ins[refresh] = _SignIn(client_id, scope, self._clock.now())
        return {**self._granted(scope), "refresh_token": refresh}

    def revoke(self) -> None:
        """End every sign-in, as the account's owner does on Spotify's page; access tokens live on."""
        self._sign_ins.clear()

    def expire(self) -> None:
        """End every access token."""
        self._access.clear()

    def scope(self, authorization: str | None) -> frozenset[str]:
        """What the bearer of a token may do; raises the 401 that a bad one is answered with."""
        if not authorization or not authorization.startswith("Bearer "):
            raise AnswerNow(401, "No token provided")
        access = self._access.get(authorization.removeprefix("Bearer "))
        if access is None:
            raise AnswerNow(401, "Invalid access token")
        if access.until <= self._clock.now():
            raise AnswerNow(401, "The access token expired")
        return access.scope

    def _code(self, query: Mapping[str, str]) -> str:
        code = self._secret()
        self._codes[code] = _Code(
            query["client_id"],
            query["redirect_uri"],
            query["code_challenge"],
            query.get("scope", ""),
            self._clock.now(),
        )
        return code

    def _exchange(self, form: Mapping[str, str]) -> Answer:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.client_id != form.get("client_id"):
            return _invalid_grant("Invalid authorization code")
        if self._clock.now() - code.made > _CODE_LIFE:
            return _invalid_grant("Authorization code expired")
        if code.redirect_uri != form.get("redirect_uri"):
            return _invalid_grant("Invalid redirect URI")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != code.challenge:
            return _invalid_grant("code_verifier was incorrect")
        return Answer(200, self.sign_in(code.scope, code.client_id))

    def _refresh(self, form: Mapping[str, str], faults: Faults) -> Answer:
        token = form.get("refresh_token", "")
        sign_in = self._sign_ins.get(token)
        if faults.invalid_grant:
            if faults.invalid_grant is not True:
                faults.invalid_grant -= 1
            return _invalid_grant("Refresh token revoked")
        if sign_in is None or sign_in.client_id != form.get("client_id"):
            return _invalid_grant("Invalid refresh token")
        if self._clock.now() - sign_in.since >= _SIGN_IN_LIFE:
            return _invalid_grant("Refresh token expired")
        granted = self._granted(sign_in.scope)
        if faults.rotate_refresh:
            del self._sign_ins[token]
            granted["refresh_token"] = self._secret()
            self._sign_ins[granted["refresh_token"]] = sign_in
        return Answer(200, granted)

    def _granted(self, scope: str) -> Json:
        token = self._secret()
        self._access[token] = _Access(frozenset(scope.split()), self._clock.now() + _TOKEN_LIFE)
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": int(_TOKEN_LIFE.total_seconds()),
            "scope": scope,
        }

    def _secret(self) -> str:
        return base64.urlsafe_b64encode(self._rng.randbytes(48)).decode()


def _allowed(redirect: str) -> bool:
    """Only https, or http to this machine by number: Spotify's rule for redirect URIs since 2025."""
    place = urlsplit(redirect)
    return place.scheme == "https" or (place.scheme == "http" and place.hostname in ("127.0.0.1", "::1"))


def _invalid_grant(description: str) -> Answer:
    return Answer(400, {"error": "invalid_grant", "error_description": description})
