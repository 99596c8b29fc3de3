"""The tree that playlists hang in, in memory: who stands where, who may go where; then what moved is stored.

Traktor knows a folder by the path of names alone: two folders of one name side by side would be one to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, Self

from djtui.library.database import Reader, Tx
from djtui.model.playlist import PlaylistKind

Place = tuple[int | None, int | None]
"""The folder, None at the top; the place among its children, None for the last."""

WORDS: Final[dict[str, str]] = {"folder": "Folder", "list": "Playlist", "smart": "Smart playlist"}


class PlaylistError(Exception):
    """Something cannot be done to a playlist; the message is a sentence that says why."""


class PlaylistTree:
    """Every node's kind, name and place. `save` writes the places that changed since it was read."""

    def __init__(self) -> None:
        self.kinds: dict[int, PlaylistKind] = {}
        self.names: dict[int, str] = {}
        self.parents: dict[int, int | None] = {}
        self._children: defaultdict[int | None, list[int]] = defaultdict(list)
        self._stored: dict[int, tuple[int | None, int]] = {}
        self._touched: set[int | None] = set()

    @classmethod
    async def read(cls, library: Reader) -> Self:
        tree = cls()
        for row in await library.fetchall(
            "SELECT id, parent_id, position, kind, name FROM playlist ORDER BY parent_id, position, id"
        ):
            id, parent = row["id"], row["parent_id"]
            tree.kinds[id], tree.names[id], tree.parents[id] = row["kind"], row["name"], parent
            tree._children[parent].append(id)
            tree._stored[id] = (parent, row["position"])
        return tree

    def __contains__(self, id: int) -> bool:
        return id in self.kinds

    def children(self, parent: int | None) -> list[int]:
        """What stands in a folder, in order."""
        return list(self._children[parent])

    def place(self, id: int) -> tuple[int | None, int]:
        """The folder of a node and its place among the children there."""
        parent = self.parents[id]
        return parent, self._children[parent].index(id)

    def with_contents(self, ids: Iterable[int]) -> list[int]:
        """These nodes and everything in them, each once, folders before what is in them."""
        found: dict[int, None] = {}
        waiting = [id for id in ids if id in self][::-1]
        while waiting:
            id = waiting.pop()
            found.pop(id, None)
            found[id] = None
            waiting += self._children[id][::-1]
        return list(found)

    def namesake(self, kind: str, name: str, parent: int | None, but: int | None = None) -> int | None:
        """Another node of that kind and name in a folder."""
        return next(
            (
                id
                for id in self._children[parent]
                if id != but and self.kinds[id] == kind and self.names[id] == name
            ),
            None,
        )

    def add(self, id: int, kind: PlaylistKind, name: str, place: Place) -> None:
        """A new node, stored already. Raises `PlaylistError`."""
        self._check(id, kind, name, place[0])
        self.kinds[id], self.names[id] = kind, name
        self._insert(id, place)

    def rename(self, id: int, name: str) -> None:
        """Raises `PlaylistError`."""
        self._check_name(id, self.kinds[id], name, self.parents[id])
        self.names[id] = name

    def move(self, id: int, place: Place) -> None:
        """Raises `PlaylistError`; then nothing has moved."""
        self._check(id, self.kinds[id], self.names[id], place[0])
        self._take_out(id)
        self._insert(id, place)

    def arrange(self, places: Mapping[int, Place]) -> dict[int, str]:
        """Move several nodes, so that in the end each stands where it is said to.

        Returns the nodes that could not be moved, and why.
        """
        refused: dict[int, str] = {}
        ordered = sorted(places, key=lambda id: (places[id][1] is None, places[id][1] or 0))
        for id in ordered:
            try:
                self.move(id, places[id])
            except PlaylistError as error:
                refused[id] = str(error)
        # Moved one by one, an early one may have been counted from a late one's old place.
        moved = [id for id in ordered if id not in refused]
        for id in moved:
            self._take_out(id)
        for id in moved:
            self._insert(id, places[id])
        return refused

    def remove(self, ids: Iterable[int]) -> None:
        """Forget nodes that were deleted."""
        for id in ids:
            self._take_out(id)
            del self.parents[id], self.kinds[id], self.names[id]

    async def save(self, tx: Tx) -> None:
        """Store the places that changed, numbered without gaps; those nodes are `edited`."""
        rows = [
            (parent, position, id)
            for parent in self._touched
            for position, id in enumerate(self._children[parent])
            if self._stored.get(id) != (parent, position)
        ]
        await tx.executemany("UPDATE playlist SET parent_id = ?, position = ?, edited = 1 WHERE id = ?", rows)
        self._stored |= {id: (parent, position) for parent, position, id in rows}

    def _take_out(self, id: int) -> None:
        self._touched.add(self.parents[id])
        self._children[self.parents[id]].remove(id)

    def _insert(self, id: int, place: Place) -> None:
        parent, position = place
        self._touched.add(parent)
        siblings = self._children[parent]
        siblings.insert(len(siblings) if position is None else max(0, position), id)
        self.parents[id] = parent

    def _check(self, id: int, kind: str, name: str, parent: int | None) -> None:
        if parent is not None and parent not in self:
            raise PlaylistError("The folder that it belongs into is not there.")
        if parent is not None and self.kinds[parent] != "folder":
            raise PlaylistError(
                f"{self.names[parent]} is a {WORDS[self.kinds[parent]].lower()}; only a folder holds others."
            )
        above = parent
        while above is not None:
            if above == id:
                raise PlaylistError(f"Folder {name} cannot be put into itself.")
            above = self.parents[above]
        self._check_name(id, kind, name, parent)

    def _check_name(self, id: int, kind: str, name: str, parent: int | None) -> None:
        if kind == "folder" and self.namesake(kind, name, parent, id) is not None:
            raise PlaylistError(f"There is another folder {name} in that place.")
