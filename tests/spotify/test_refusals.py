"""A 403 of Spotify says five things with one number. Its words are those of other programs' bug reports."""

from __future__ import annotations

import pytest

from djtui.spotify.errors import RefusalKind
from djtui.spotify.refusals import is_clear, refusal_kind, refused

PREMIUM = "Active premium subscription required for the owner of the app."
NOT_LISTED = "Check settings on developer.spotify.com/dashboard, the user may not be registered."


@pytest.mark.parametrize(
    ("message", "path", "me_works", "kind"),
    [
        (PREMIUM, "me/tracks", None, "premium"),
        (PREMIUM, "me", None, "premium"),
        (NOT_LISTED, "me", None, "allowlist"),
        (NOT_LISTED, "playlists/abc/items", True, "allowlist"),
        ("Insufficient client scope", "me/player/recently-played", True, "scope"),
        ("You cannot add tracks to a playlist you don't own.", "playlists/abc/items", None, "owner"),
        ("Forbidden", "playlists/abc/items", True, "owner"),
        ("Forbidden", "/playlists/abc/items/", None, "owner"),
        ("Forbidden", "playlists/abc", True, "owner"),
        ("Forbidden", "playlists/abc/tracks", True, "removed"),
        ("Forbidden", "artists", True, "removed"),
        ("", "albums", True, "removed"),
        ("Forbidden.", "tracks", True, "removed"),
        ("Forbidden", "artists", None, "other"),
        ("Forbidden", "artists", False, "allowlist"),
        ("Forbidden", "playlists/abc/items", False, "allowlist"),
        ("Forbidden", "me", None, "allowlist"),
        ("Restricted device", "artists", True, "other"),
    ],
)
def test_a_refusal_is_told_apart_by_words_path_and_whether_the_account_answers(
    message: str, path: str, me_works: bool | None, kind: RefusalKind
) -> None:
    assert refusal_kind(message, path, me_works=me_works) == kind
    assert refused(message, path, me_works=me_works).kind == kind


def test_the_account_is_asked_for_only_where_words_and_path_do_not_tell() -> None:
    assert is_clear(PREMIUM, "artists") and is_clear("Forbidden", "me/")
    assert not is_clear("Forbidden", "artists")
    assert not is_clear("Forbidden", "playlists/abc/items")


@pytest.mark.parametrize("message", [PREMIUM, NOT_LISTED, "Insufficient client scope", "Forbidden", ""])
@pytest.mark.parametrize("path", ["me", "artists", "playlists/a/items"])
@pytest.mark.parametrize("me_works", [True, False, None])
def test_each_refusal_is_a_sentence(message: str, path: str, me_works: bool | None) -> None:
    sentence = str(refused(message, path, me_works=me_works))
    assert sentence[0].isupper() and sentence.endswith((".", "login."))
    assert ".." not in sentence and "{" not in sentence


def test_what_spotify_says_reaches_no_terminal_unharmed() -> None:
    refusal = refused("\x1b[31mNo {way}\u202e", "artists", me_works=True)
    assert str(refusal) == "Spotify refuses this (/artists): [31mNo {way}."
