"""What the browser brings back from Spotify: a redirect URL, heard by the listener or pasted by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from djtui.jobs.job import JobError
from djtui.model.text import harmless

_LONGEST: Final = 8192


class SignInError(JobError):
    """Signing in did not work, and why. Unless it was denied or left, the same link can be tried again."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Spotify's answer: a code, or an error in its place. Its `repr` shows neither code nor state."""

    state: str = field(repr=False)
    code: str | None = field(repr=False)
    error: str | None


def read_redirect(text: str, expected: str, sign_in_url: str) -> Redirect:
    """Read a pasted address. `expected` is where the browser was to come back to, without a query.

    Line breaks and blanks, as a terminal puts into a long line, are taken out; the `http://` that browsers
    hide and all that comes before the `?` may be missing. Raises `SignInError`, which quotes no secret.
    """
    pasted = "".join(text.split()).strip("<>\"'`")
    if not pasted or len(pasted) > _LONGEST:
        raise _useless(expected)
    try:
        place, fields = _split(pasted)
    except ValueError:
        raise _useless(expected) from None
    if place and place == _place(sign_in_url):
        raise SignInError(
            "That is the link to Spotify itself: open it in a browser and agree there, then paste the "
            "address that the browser ends up at."
        )
    if not fields.keys() & {"code", "error"}:
        raise _useless(expected)
    if place and place != _place(expected):
        raise SignInError(
            f"That address is for another program ({harmless(place)[:80]}); djtui's begins with {expected}."
        )
    if "state" not in fields:
        raise SignInError(
            "That address is incomplete, its `state` is missing: copy all of the browser's address line."
        )
    error = fields.get("error")
    return Redirect(
        fields["state"], None if error else fields["code"], harmless(error)[:80] if error else None
    )


def _split(pasted: str) -> tuple[str, dict[str, str]]:
    """Where the address leads, as `_place` says it ('' if that is missing), and its query."""
    if "://" in pasted:
        return _place(pasted), _fields(urlsplit(pasted).query)
    place, mark, query = pasted.partition("?")
    if mark:
        return (_place(f"http://{place}") if place else ""), _fields(query.partition("#")[0])
    return "", _fields(pasted)


def _fields(query: str) -> dict[str, str]:
    return dict(parse_qsl(query, max_num_fields=20))


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc.rpartition('@')[2].lower()}{parts.path.rstrip('/')}"


def _useless(expected: str) -> SignInError:
    return SignInError(
        f"That is not the address that Spotify sends the browser to: it begins with {expected}?code= "
        "(it does not matter that the browser cannot open it)."
    )
