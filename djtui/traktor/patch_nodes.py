"""The nodes of a PLAYLISTS section with their bytes: those that `traktor.tree` knows, and the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from djtui.traktor.markup import Element, Markup
from djtui.traktor.nml import NmlError
from djtui.traktor.tree import DEEPEST, TreeNode, parse_tree

ROOT: Final = "$ROOT"
_KNOWN: Final = frozenset(("FOLDER", "PLAYLIST", "SMARTLIST"))
_CONTENTS: Final = ("SUBNODES", "PLAYLIST", "SMARTLIST")


@dataclass(slots=True)
class Container:
    """An element that nodes stand in: the places of those that are known, how many others there are."""

    element: Element
    places: list[int] = field(default_factory=list)
    strangers: int = 0


@dataclass(slots=True)
class Node:
    """A NODE. `path` is the names on the way to it, joined by backslashes as in SORTING_INFO.

    `home` is the place of the nearest node that is known, itself if it is; `below` the names from there on.
    """

    element: Element
    path: str
    depth: int
    home: int | None
    below: tuple[str, ...]
    known: TreeNode | None = None
    containers: list[Container] = field(default_factory=list)

    @property
    def stranger(self) -> bool:
        """Whether `traktor.tree` leaves it out."""
        return self.known is None


class _Open(NamedTuple):
    """An element that is looked at next, the node around it (None: the top), and, if it is a node, where.

    `rooted`: the root folder is around it.
    """

    element: Element
    owner: Node | None
    container: Container | None
    rooted: bool = False


class Nodes:
    """All nodes in the order of the file; the root itself is none. Raises ExpatError, NmlError."""

    def __init__(self, section: bytes) -> None:
        self.markup = Markup(section, leaves=("PLAYLIST",))
        self.all: list[Node] = []
        self.known: list[Node] = []
        self.tops: list[Container] = []
        self.top = self.markup.root
        self._tree = parse_tree(section).nodes
        self._walk()
        if len(self.known) != len(self._tree):
            raise _unknown_shape()
        self.tops = self.tops or _empty(self.top)
        for node in self.known:
            node.containers = node.containers or _empty(node.element)
        lists = [node for node in self._tree if node.kind != "folder"]
        self.uuids: bool = not lists or any(node.uuid for node in lists)

    def _walk(self) -> None:
        waiting: list[_Open] = [_Open(self.markup.root, None, None)]
        while waiting:
            element, owner, container, rooted = waiting.pop()
            if container is not None:
                owner = self._node(element, owner, container)
            own = Container(element)
            holds = False
            for child in reversed(element.children):
                root = owner is None and not rooted and _is_root(child)
                if root:
                    self.top = child
                node = child.name == "NODE" and not root
                waiting.append(_Open(child, owner, own if node else None, rooted or root))
                holds = holds or node
            if holds:
                (self.tops if owner is None else owner.containers).append(own)

    def _node(self, element: Element, owner: Node | None, container: Container) -> Node:
        name = element.attributes.get("NAME", "")
        depth = owner.depth + 1 if owner else 1
        node = Node(
            element,
            path=f"{owner.path}\\{name}" if owner else name,
            depth=depth,
            home=owner.home if owner else None,
            below=(*owner.below, name) if owner else (name,),
        )
        self.all.append(node)
        if depth > DEEPEST or (owner and owner.stranger) or not _is_known(element):
            container.strangers += 1
            return node
        place = len(self.known)
        if place == len(self._tree) or self._tree[place].name != name:
            raise _unknown_shape()
        node.known, node.home, node.below = self._tree[place], place, ()
        self.known.append(node)
        container.places.append(place)
        return node


def _empty(element: Element) -> list[Container]:
    """The element of a folder in which no node stands yet."""
    subnodes = element.child("SUBNODES")
    return [] if subnodes is None else [Container(subnodes)]


def _is_root(element: Element) -> bool:
    return element.attributes.get("NAME") == ROOT and element.attributes.get("TYPE") == "FOLDER"


def _is_known(element: Element) -> bool:
    """As `traktor.tree` has it: what a node holds says what it is, if its TYPE says nothing that is known."""
    return element.attributes.get("TYPE") in _KNOWN or any(element.child(name) for name in _CONTENTS)


def _unknown_shape() -> NmlError:
    return NmlError("The playlists have a shape that djtui does not know; it leaves them as they are.")
