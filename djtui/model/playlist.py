"""Playlists and the tree (crates) they hang in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PlaylistKind = Literal["folder", "list", "smart"]


@dataclass(frozen=True, slots=True)
class Playlist:
    """A node of the tree. `items` counts the entries of a list, 0 for the other kinds.

    `edited`: it was changed here since the last sync, or was never in a file.
    """

    id: int
    parent_id: int | None
    position: int
    kind: PlaylistKind
    source: str
    name: str
    items: int = 0
    uuid: str | None = None
    query: str | None = None
    foreign_query: str | None = None
    edited: bool = False
