"""A crate as a place to look: all tracks, the missing files, a folder, a list, a smart list."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any, Final, Literal

from djtui.model.playlist import Playlist

ScopeKind = Literal["all", "missing", "folder", "list", "smart"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What the table shows before the filter. `id` is the playlist's."""

    kind: ScopeKind
    name: str
    id: int | None = None
    query: str | None = None
    foreign_query: str | None = None

    @property
    def key(self) -> str:
        """The name under which the scope is remembered."""
        return self.kind if self.id is None else f"playlist:{self.id}"

    @property
    def opaque(self) -> bool:
        """A smart list whose rule only its home program can work out."""
        return self.kind == "smart" and not self.query

    def where(self) -> tuple[str, tuple[Any, ...]] | None:
        """SQL on `track`, and its parameters, without a smart list's own query. None: every track."""
        if self.kind == "missing":
            return "track.missing = 1", ()
        if self.kind == "folder":
            return _FOLDER, (self.id,)
        return ("0", ()) if self.opaque else None


_FOLDER: Final = (
    "track.id IN (WITH RECURSIVE below (id) AS (VALUES (?) UNION SELECT playlist.id FROM playlist, below"
    " WHERE playlist.parent_id = below.id)"
    " SELECT track_id FROM playlist_item WHERE playlist_id IN (SELECT id FROM below))"
)

ALL: Final = Scope("all", "All tracks")
MISSING: Final = Scope("missing", "Missing files")


def of_playlist(playlist: Playlist) -> Scope:
    """The scope that shows a playlist."""
    return Scope(playlist.kind, playlist.name, playlist.id, playlist.query, playlist.foreign_query)


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether the library has no track at all."""
    return connection.execute("SELECT 1 FROM track LIMIT 1").fetchone() is None


def of_key(connection: sqlite3.Connection, key: str) -> Scope | None:
    """The crate of a key, if it is still there."""
    if not key.startswith("playlist:"):
        return {crate.key: crate for crate in (ALL, MISSING)}.get(key)
    row = connection.execute(
        "SELECT kind, name, id, query, foreign_query FROM playlist WHERE id = ?", (key.partition(":")[2],)
    ).fetchone()
    return Scope(*row) if row else None
