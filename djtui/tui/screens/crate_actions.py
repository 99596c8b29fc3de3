"""What can be done with the playlists and folders in the crates: make, rename, move, delete, put in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from djtui.library.playlist_tree import WORDS
from djtui.model.playlist import Playlist, PlaylistKind
from djtui.tui.changing import Refused
from djtui.tui.screens.view import View
from djtui.tui.steps import Steps
from djtui.tui.widgets.crates import Crates

NO_NODE = "This is no playlist and no folder: n makes one."


class CrateActions(View):
    """The part of the Library view that changes the tree. The keys are those of `Crates`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._node_steps = Steps(self._shift_node)

    @property
    def crates(self) -> Crates:
        return self.query_one(Crates)

    @property
    def _node(self) -> Playlist:
        """What the cursor is on. Raises `Refused` where that is no playlist."""
        if (node := self.crates.node) is None:
            raise Refused(NO_NODE)
        return node

    def action_new_node(self, kind: PlaylistKind) -> None:
        self.djtui.do(self._new_node(kind))

    async def _new_node(self, kind: PlaylistKind) -> None:
        from djtui.tui import list_changes

        parent, position = self._place_of_new()
        name = await self._ask_name(f"New {WORDS[kind].lower()}", kind, parent)
        if name:
            id = await list_changes.create(self.djtui, name, kind, parent, position)
            await self.crates.read_lists(await self.djtui.library())
            self.crates.reveal(id)

    def _place_of_new(self) -> tuple[int | None, int | None]:
        """In the folder under the cursor, else behind the playlist there."""
        node = self.crates.node
        if node is None:
            return None, None
        if node.kind == "folder":
            return node.id, None
        return node.parent_id, self.crates.nodes_in(node.parent_id).index(node) + 1

    def action_rename_node(self) -> None:
        self.djtui.do(self._rename_node())

    async def _rename_node(self) -> None:
        from djtui.tui import list_changes

        node = self._node
        title = f"Rename {WORDS[node.kind].lower()} {node.name}"
        name = await self._ask_name(title, node.kind, node.parent_id, node)
        if name:
            await list_changes.rename(self.djtui, node, name)
            await self.crates.read_lists(await self.djtui.library())

    async def _ask_name(
        self, title: str, kind: PlaylistKind, parent: int | None, node: Playlist | None = None
    ) -> str | None:
        from djtui.tui.screens.dialog import Prompt

        folder = self.crates.find(parent)
        where = f"in {folder.name}" if folder else "at the top"
        siblings = [one for one in self.crates.nodes_in(parent) if one is not node]
        return await self.djtui.push_screen_wait(
            Prompt(
                title,
                f"Its name, {where}:",
                node.name if node else "",
                check=lambda text: misnamed(text, kind, siblings, where),
            )
        )

    def action_delete_node(self) -> None:
        self.djtui.do(self._delete_node())

    async def _delete_node(self) -> None:
        from djtui.tui import list_changes

        node = self._node
        if await list_changes.delete(self.djtui, node, self.crates.inside(node)):
            await self.crates.read_lists(await self.djtui.library())

    def action_move_node(self) -> None:
        self.djtui.do(self._move_node())

    async def _move_node(self) -> None:
        from djtui.tui import list_changes
        from djtui.tui.screens.dialog import Picker
        from djtui.tui.screens.list_picker import TOP, folder_rows

        node = self._node
        but = frozenset(one.id for one in (node, *self.crates.inside(node)))
        answer = await self.djtui.push_screen_wait(
            Picker(
                f"Move {node.name} into",
                folder_rows(self.crates.playlists, but),
                cursor=TOP if node.parent_id is None else str(node.parent_id),
            )
        )
        if answer is not None:
            await list_changes.move(self.djtui, node, None if answer == TOP else int(answer))
            await self.crates.read_lists(await self.djtui.library())
            self.crates.reveal(node.id)

    def action_shift_node(self, step: int) -> None:
        self.djtui.do(self._begin_shift_node(step))

    async def _begin_shift_node(self, step: int) -> None:
        await self._node_steps.add(self._node.id, step)

    async def _shift_node(self, id: int, steps: int) -> None:
        from djtui.tui import list_changes

        node = self.crates.find(id)
        place = self.crates.place_beside(node, steps) if node else None
        if node is not None and place is not None:
            await list_changes.move(self.djtui, node, node.parent_id, place)
            await self.crates.read_lists(await self.djtui.library())


def misnamed(text: str, kind: str, siblings: Sequence[Playlist], where: str) -> str | None:
    """Why a name will not do, as a sentence."""
    name = text.strip()
    if not name:
        return "It wants a name."
    if any(one.kind == kind and one.name == name for one in siblings):
        return f"There is another {WORDS[kind].lower()} {name} {where}."
    return None
