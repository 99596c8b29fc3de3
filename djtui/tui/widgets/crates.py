"""The crates: all tracks, the missing files, and the playlists in their folders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from djtui.library import playlists
from djtui.library.database import Library
from djtui.model.playlist import Playlist
from djtui.tui import formats, keys, scope
from djtui.tui.messages import ScopeChosen
from djtui.tui.scope import Scope
from djtui.tui.widgets.rows import Row, Rows

_SOURCES = {"traktor": "Traktor", "djtui": "djtui"}


class Crates(Rows):
    """The tree, one line a node. The table follows the cursor; enter goes into the crate."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "fold", "open folder", id="crates.fold", group=keys.FIND,
                tooltip="Open or close the folder under the cursor"),
        Binding("right,l", "unfold", "Open folder", show=False, id="crates.open", group=keys.MOVE),
        Binding("left,h", "close", "Close folder", show=False, id="crates.close", group=keys.MOVE),
    ]  # fmt: skip

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._playlists: list[Playlist] = []
        self._shut: set[int] = set()
        self._scopes: dict[str, Scope] = {}
        self.total = 0
        self.missing = 0

    # -- content ----------------------------------------------------------------------------------

    async def read(self, library: Library, *, lists: bool = True) -> None:
        """Read the tree (where `lists` changed) and the counts. Raises `LibraryError`."""
        counts = await library.fetchone(
            "SELECT count(*) AS total, count(nullif(missing, 0)) AS missing FROM track"
        )
        assert counts is not None
        self.total, self.missing = counts["total"], counts["missing"]
        if lists:
            self._playlists = await playlists.all_playlists(library)
        self.draw()

    def close_folders(self, ids: list[int]) -> None:
        """These folders are closed: as they were when the screen was left."""
        self._shut = set(ids)

    @property
    def closed_folders(self) -> list[int]:
        return sorted(self._shut)

    @property
    def scopes(self) -> dict[str, Scope]:
        """Every crate by its key."""
        return self._scopes

    def draw(self) -> None:
        """Draw the tree anew."""
        self._scopes = {crate.key: crate for crate in (scope.ALL, scope.MISSING)}
        self._scopes |= {crate.key: crate for crate in map(scope.of_playlist, self._playlists)}
        rows = [
            Row("all", ((" All tracks", ""),), ((formats.count(self.total), "$quiet"),)),
            Row(
                "missing",
                ((" Missing files", ""),),
                ((formats.count(self.missing), "$warning" if self.missing else "$quiet"),),
            ),
        ]
        self.show([*rows, *self._tree()])

    def _tree(self) -> Iterator[Row]:
        depths: dict[int, int] = {}
        hidden: set[int] = set()
        for source, title in _SOURCES.items():
            nodes = [playlist for playlist in self._playlists if playlist.source == source]
            if nodes:
                yield Row(("source", source), ((f" {title}", "$quiet"),), live=False)
            for node in nodes:
                above = node.parent_id
                depths[node.id] = depths.get(above, 0) + 1 if above is not None else 0
                if above is not None and (above in hidden or above in self._shut):
                    hidden.add(node.id)
                    continue
                yield self._node(node, depths[node.id])

    def _node(self, node: Playlist, depth: int) -> Row:
        sign = ("▸ " if node.id in self._shut else "▾ ") if node.kind == "folder" else "  "
        style = "$quiet" if node.kind == "smart" and not node.query else ""
        name = f" {'  ' * depth}{sign}{node.name}"
        right = {"folder": "", "smart": "smart"}.get(node.kind, formats.count(node.items))
        return Row(f"playlist:{node.id}", ((name, style),), ((right, "$quiet"),))

    # -- keys -------------------------------------------------------------------------------------

    def _folder(self) -> int | None:
        crate = self._scopes.get(str(self.row.key)) if self.row else None
        return crate.id if crate and crate.kind == "folder" else None

    def action_fold(self) -> None:
        if (id := self._folder()) is not None:
            self._shut ^= {id}
            self.draw()

    def action_unfold(self) -> None:
        if (id := self._folder()) is not None:
            self._shut.discard(id)
            self.draw()

    def action_close(self) -> None:
        """Close the folder, or go up to the one this crate is in."""
        id = self._folder()
        if id is not None and id not in self._shut:
            self._shut.add(id)
            self.draw()
            return
        here = self._scopes.get(str(self.row.key)) if self.row else None
        parent = next((node.parent_id for node in self._playlists if here and node.id == here.id), None)
        if parent is not None:
            self.move_to(f"playlist:{parent}")

    def on_rows_highlighted(self, event: Rows.Highlighted) -> None:
        event.stop()
        if self.has_focus and (crate := self._scopes.get(str(event.row.key))):
            self.post_message(ScopeChosen(crate))

    def on_rows_selected(self, event: Rows.Selected) -> None:
        event.stop()
        if crate := self._scopes.get(str(event.row.key)):
            self.post_message(ScopeChosen(crate, enter=True))
