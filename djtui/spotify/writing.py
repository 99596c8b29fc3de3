"""The requests that change something at Spotify, checked before they are sent.

One request a function, for Spotify has no transactions: who writes more than one notes each as it is done.
Paths and bodies are those of the Web API since February 2026; the older ones are refused to new apps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from djtui.spotify.errors import BadRequest
from djtui.spotify.request import Request
from djtui.spotify.rows import LIBRARY_URIS, PLAYLIST_ROWS, URIS

_ID: Final = re.compile(r"[0-9A-Za-z]{22}", re.ASCII)
_SONG: Final = re.compile(r"spotify:(?:track|episode):[0-9A-Za-z]{22}", re.ASCII)


def is_id(text: str) -> bool:
    """Whether this can be an id of Spotify: 22 letters and digits. Nothing else gets into a path."""
    return _ID.fullmatch(text) is not None


def checked_id(text: str, what: str) -> str:
    """The id, if it may stand in a path. Raises BadRequest."""
    if not is_id(text):
        raise BadRequest(f"{text[:60]!r} is not the id of {what} at Spotify.")
    return text


def create(name: str, description: str | None, public: bool) -> Request:
    """Make an empty playlist of the account's own."""
    body: dict[str, Any] = {"name": name, "public": public}
    if description is not None:
        body["description"] = description
    return Request("POST", "me/playlists", "a new playlist", body=body)


def change(
    playlist_id: str,
    *,
    name: str | None = None,
    description: str | None = None,
    public: bool | None = None,
    collaborative: bool | None = None,
) -> Request:
    """Change what is said of a playlist; None leaves a thing as it is."""
    wanted = {"name": name, "description": description, "public": public, "collaborative": collaborative}
    body = {field: value for field, value in wanted.items() if value is not None}
    if not body:
        raise BadRequest("Nothing of the playlist is to be changed.")
    return Request("PUT", f"playlists/{_playlist(playlist_id)}", "a playlist's name and settings", body=body)


def unfollow(playlist_id: str) -> Request:
    """Take a playlist out of the account's library; one of its own is thereby deleted."""
    return Request(
        "DELETE",
        "me/library",
        "taking a playlist away",
        {"uris": f"spotify:playlist:{_playlist(playlist_id)}"},
    )


def replace(playlist_id: str, uris: Sequence[str]) -> Request:
    """Make these, a hundred at most, the only rows of a playlist. Its local files are lost for good."""
    return _rows("PUT", playlist_id, "the rows of a playlist", uris, {"uris": _songs(uris)})


def add(playlist_id: str, uris: Sequence[str], position: int | None, *, rows: int | None = None) -> Request:
    """Put up to a hundred songs before the row at `position` (None: at the end).

    `rows` is how many the playlist has. Spotify answers a full one with a 500, so that case is refused here.
    """
    if not uris:
        raise BadRequest("No song is to be added to the playlist.")
    if max(rows or 0, position or 0) + len(uris) > PLAYLIST_ROWS:
        raise BadRequest(
            f"A playlist holds {PLAYLIST_ROWS:,} songs at most; with {len(uris)} more this one would have "
            f"{max(rows or 0, position or 0) + len(uris):,}. Nothing was added."
        )
    body: dict[str, Any] = {"uris": _songs(uris)}
    if position is not None:
        body["position"] = position
    return _rows("POST", playlist_id, "songs added to a playlist", uris, body)


def remove(playlist_id: str, uris: Sequence[str], snapshot: str | None) -> Request:
    """Take every row of these songs, a hundred at most, out of a playlist as it was at `snapshot`."""
    body: dict[str, Any] = {"items": [{"uri": uri} for uri in _songs(uris)]}
    if snapshot is not None:
        body["snapshot_id"] = snapshot
    return _rows("DELETE", playlist_id, "songs taken out of a playlist", uris, body)


def move(playlist_id: str, start: int, before: int, length: int = 1) -> Request:
    """Move `length` rows from `start` on to before the row that is now at `before`; their dates stay."""
    if min(start, before) < 0 or length < 1:
        raise BadRequest("No rows of the playlist are to be moved.")
    body = {"range_start": start, "insert_before": before, "range_length": length}
    path = f"playlists/{_playlist(playlist_id)}/items"
    return Request("PUT", path, "the order of a playlist", body=body)


def like(uris: Sequence[str]) -> Request:
    """Add up to forty songs to the liked ones."""
    return Request("PUT", "me/library", "liking songs", {"uris": joined(uris)})


def unlike(uris: Sequence[str]) -> Request:
    """Take up to forty songs out of the liked ones."""
    return Request("DELETE", "me/library", "songs no longer liked", {"uris": joined(uris)})


def chunks(values: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """The values in order, so many at once."""
    rest = iter(values)
    while part := tuple(islice(rest, size)):
        yield part


def joined(uris: Sequence[str]) -> str:
    """The songs as the library's requests name them, forty at most. Raises BadRequest."""
    if not 0 < len(uris) <= LIBRARY_URIS:
        raise BadRequest(f"A request for liked songs names 1 to {LIBRARY_URIS} of them, not {len(uris)}.")
    return ",".join(_songs(uris))


def _rows(method: Any, playlist_id: str, about: str, uris: Sequence[str], body: Mapping[str, Any]) -> Request:
    if len(uris) > URIS:
        raise BadRequest(f"A request for a playlist's rows names {URIS} songs at most, not {len(uris)}.")
    return Request(method, f"playlists/{_playlist(playlist_id)}/items", about, body=body)


def _playlist(playlist_id: str) -> str:
    return checked_id(playlist_id, "a playlist")


def _songs(uris: Sequence[str]) -> list[str]:
    for uri in uris:
        if uri.startswith("spotify:local:"):
            raise BadRequest(
                "A file of your own machine cannot be put into a playlist or taken out of it by an app: "
                f"{uri[:120]!r}. Spotify's own programs can."
            )
        if _SONG.fullmatch(uri) is None:
            raise BadRequest(f"{uri[:120]!r} is not the uri of a song at Spotify.")
    return list(uris)
