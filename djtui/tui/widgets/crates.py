"""The crates: all tracks, the missing files, and the playlists in their folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from djtui.library.database import Library
from djtui.model.playlist import Playlist
from djtui.tui import environment, formats, keys, scope
from djtui.tui.messages import ScopeChosen
from djtui.tui.scope import Scope
from djtui.tui.widgets.rows import Row, Rows

_GROUPS = ("Smart", "Playlists")


class Crates(Rows):
    """The tree, one line a node. The table follows the cursor; enter goes into the crate."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "fold", "open folder", id="crates.fold", group=keys.FIND,
                tooltip="Open or close the folder under the cursor"),
        Binding("right,l", "unfold", "Open folder", show=False, id="crates.open", group=keys.MOVE),
        Binding("left,h", "close", "Close folder", show=False, id="crates.close", group=keys.MOVE),
        Binding("n", "screen.new_node('list')", "new", id="crates.new", group=keys.LISTS,
                tooltip="Make a playlist: in the folder under the cursor, else beside what is there"),
        Binding("N", "screen.new_node('folder')", "New folder", show=False, id="crates.new_folder",
                group=keys.LISTS, tooltip="Make a folder"),
        Binding("r", "screen.rename_node", "rename", id="crates.rename", group=keys.LISTS,
                tooltip="Rename the playlist or folder under the cursor"),
        Binding("d,delete", "screen.delete_node", "delete", id="crates.delete", group=keys.LISTS,
                tooltip="Delete it, with all that is in it; asks first, and the tracks stay"),
        Binding("m", "screen.move_node", "move", id="crates.move", group=keys.LISTS,
                tooltip="Move it into another folder"),
        Binding("J,alt+down", "screen.shift_node(1)", "Move down", show=False, id="crates.shift_down",
                group=keys.LISTS, tooltip="Move it down among its neighbours"),
        Binding("K,alt+up", "screen.shift_node(-1)", "Move up", show=False, id="crates.shift_up",
                group=keys.LISTS, tooltip="Move it up among its neighbours"),
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
            await self.read_lists(library)
        else:
            self.draw()

    async def read_lists(self, library: Library) -> None:
        """Read the tree. Raises `LibraryError`."""
        await environment.loaded("djtui.library.playlists")
        from djtui.library import playlists

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
        groups: dict[int, str] = {}
        lines: dict[str, list[Row]] = {name: [] for name in _GROUPS}
        for node in self._playlists:
            above = node.parent_id
            groups[node.id] = _group(node) if above is None else groups[above]
            depths[node.id] = 0 if above is None else depths[above] + 1
            if above is not None and (above in hidden or above in self._shut):
                hidden.add(node.id)
            else:
                lines[groups[node.id]].append(self._node(node, depths[node.id]))
        for name, rows in lines.items():
            if rows:
                yield Row(("group", name), ((f" {name}", "$quiet"),), live=False)
                yield from rows

    def _node(self, node: Playlist, depth: int) -> Row:
        sign = ("▸ " if node.id in self._shut else "▾ ") if node.kind == "folder" else "  "
        style = "$quiet" if node.kind == "smart" and not node.query else ""
        name = f" {'  ' * depth}{sign}{node.name}"
        right = {"folder": "", "smart": "smart"}.get(node.kind, formats.count(node.items))
        return Row(f"playlist:{node.id}", ((name, style),), ((right, "$quiet"),))

    # -- the tree ---------------------------------------------------------------------------------

    @property
    def playlists(self) -> Sequence[Playlist]:
        """The whole tree, parents before their children."""
        return self._playlists

    @property
    def node(self) -> Playlist | None:
        """The playlist or folder under the cursor."""
        crate = self._scopes.get(str(self.row.key)) if self.row else None
        return self.find(crate.id) if crate else None

    def find(self, id: int | None) -> Playlist | None:
        """The node with this number."""
        return next((node for node in self._playlists if node.id == id), None)

    def nodes_in(self, parent: int | None) -> list[Playlist]:
        """What is in a folder, or at the top, in order."""
        return [node for node in self._playlists if node.parent_id == parent]

    def inside(self, node: Playlist) -> list[Playlist]:
        """All that is in a folder, and in the folders in it."""
        found = {node.id}
        for other in self._playlists:
            if other.parent_id in found:
                found.add(other.id)
        return [other for other in self._playlists if other.id in found and other is not node]

    def place_beside(self, node: Playlist, step: int) -> int | None:
        """The place among its siblings, itself not counted, when it passes so many of those seen with it."""
        siblings = self.nodes_in(node.parent_id)
        shown = [one for one in siblings if node.parent_id is not None or _group(one) == _group(node)]
        at = shown.index(node)
        to = max(0, min(at + step, len(shown) - 1))
        if to == at:
            return None
        others = [one for one in siblings if one is not node]
        return others.index(shown[to]) + (1 if to > at else 0)

    def reveal(self, id: int) -> None:
        """Open the folders that a node is in, and put the cursor on it."""
        above = self.find(id)
        while above is not None and above.parent_id is not None:
            self._shut.discard(above.parent_id)
            above = self.find(above.parent_id)
        self.draw()
        self.move_to(f"playlist:{id}")

    # -- keys -------------------------------------------------------------------------------------

    def _folder(self) -> int | None:
        node = self.node
        return node.id if node and node.kind == "folder" else None

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
        if (here := self.node) and here.parent_id is not None:
            self.move_to(f"playlist:{here.parent_id}")

    def on_rows_highlighted(self, event: Rows.Highlighted) -> None:
        event.stop()
        if self.has_focus and (crate := self._scopes.get(str(event.row.key))):
            self.post_message(ScopeChosen(crate))

    def on_rows_selected(self, event: Rows.Selected) -> None:
        event.stop()
        if crate := self._scopes.get(str(event.row.key)):
            self.post_message(ScopeChosen(crate, enter=True))


def _group(root: Playlist) -> str:
    """The heading that a node at the top stands under: smart lists of our own have one of theirs."""
    return "Smart" if root.kind == "smart" and root.query else "Playlists"
