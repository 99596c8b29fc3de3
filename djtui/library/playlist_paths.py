"""Naming a playlist by its path: "Gigs/Friday", where a slash within a name is written twice; or "id:7"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from djtui.library.playlist_tree import WORDS, PlaylistError
from djtui.model.playlist import Playlist
from djtui.query.errors import closest

_NUMBER: Final = re.compile(r"id:(\d{1,15})")
_NAMES: Final = re.compile(r"(?:[^/]|//)+")


def paths(playlists: Sequence[Playlist]) -> dict[int, str]:
    """The path of each playlist: "Gigs/Friday". Parents must stand before their children."""
    found: dict[int, str] = {}
    for playlist in playlists:
        above = found.get(playlist.parent_id, "") if playlist.parent_id is not None else ""
        name = playlist.name.replace("/", "//")
        found[playlist.id] = f"{above}/{name}" if above else name
    return found


def find(playlists: Sequence[Playlist], path: str) -> Playlist:
    """The playlist of that path or number. Raises `PlaylistError`: there is none, or several."""
    if number := _NUMBER.fullmatch(path):
        for playlist in playlists:
            if playlist.id == int(number[1]):
                return playlist
        raise PlaylistError(f"There is no playlist or folder with the number {number[1]}.")
    named = paths(playlists)
    found = [playlist for playlist in playlists if named[playlist.id] == path]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(f"{WORDS[one.kind].lower()} id:{one.id}" for one in found)
        raise PlaylistError(f"{path} names several: {several}. Say which one by its number.")
    folded = {text.lower(): text for text in named.values()}
    meant = closest(path, folded)
    hint = f" Did you mean {folded[meant]}?" if meant is not None else ""
    raise PlaylistError(f"There is no playlist or folder {path}.{hint}")


def split(path: str) -> tuple[str | None, str]:
    """The path of the folder (None: the top) and the name of what is to be made in it.

    Of three slashes the first two belong to a name. Raises `PlaylistError`.
    """
    names = _NAMES.findall(path)
    if not names:
        raise PlaylistError("A playlist wants a name.")
    return "/".join(names[:-1]) or None, names[-1].replace("//", "/")
