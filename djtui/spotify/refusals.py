"""What a 403 of Spotify means. One status says five things: they are told apart by the words of the answer,
by what was asked, and, where neither tells, by whether the account itself (`GET /me`) can still be read."""

from __future__ import annotations

import re
from typing import Final

from djtui.model.text import harmless
from djtui.spotify.errors import RefusalKind, Refused

_WORDS: Final[tuple[tuple[str, RefusalKind], ...]] = (
    ("premium", "premium"),  # before "owner": "… required for the owner of the app"
    ("may not be registered", "allowlist"),
    ("not registered", "allowlist"),
    ("developer.spotify.com/dashboard", "allowlist"),
    ("scope", "scope"),
    ("don't own", "owner"),
    ("do not own", "owner"),
    ("not the owner", "owner"),
)
_PLAYLIST: Final = re.compile(r"playlists/[^/]+(/items|/images|/followers)?")
_ACCOUNT: Final = "me"

_SENTENCES: Final[dict[RefusalKind, str]] = {
    "premium": "Spotify serves an app only while its owner has Premium, and this app's owner has not. "
    "Renew it, or set spotify.client_id to an app whose owner has.",
    "allowlist": "Spotify does not serve this account through this app. Add the account under User "
    "Management of the app in Spotify's developer dashboard, and see that its owner has Premium.",
    "owner": "Spotify lets an app read and change only playlists that you own or collaborate on; "
    "this is somebody else's.",
    "scope": "The sign-in does not cover this. Sign in again: djtui spotify login.",
    "removed": "Spotify does not offer this to this app ({path}).",
    "other": "Spotify refuses this ({path}): {message}.",
}


def is_clear(message: str, path: str) -> bool:
    """Whether words and path alone say what the refusal means; else ask for `/me` before blaming anything."""
    return _by_words(message) is not None or path.strip("/") == _ACCOUNT


def refusal_kind(message: str, path: str, *, me_works: bool | None = None) -> RefusalKind:
    """What kind of refusal it is.

    `path`: what was asked, below the API's address ("artists", "playlists/ID/items"). `me_works`: whether
    `GET /me` was answered lately; None: not known, and then no endpoint is called removed.
    """
    if (kind := _by_words(message)) is not None:
        return kind
    path = path.strip("/")
    if me_works is False or path == _ACCOUNT:
        return "allowlist"
    if _PLAYLIST.fullmatch(path):
        return "owner"
    if me_works and message.strip(" .").casefold() in ("", "forbidden"):
        return "removed"
    return "other"


def refused(message: str, path: str, *, me_works: bool | None = None) -> Refused:
    """The exception for a 403: its kind, and a sentence that says what can be done."""
    kind = refusal_kind(message, path, me_works=me_works)
    words = harmless(message).strip().rstrip(".") or "it does not say why"
    return Refused(kind, _SENTENCES[kind].format(path=f"/{path.strip('/')}", message=words))


def _by_words(message: str) -> RefusalKind | None:
    text = message.casefold()
    return next((kind for words, kind in _WORDS if words in text), None)
