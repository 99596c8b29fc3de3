"""The playlist tree of an NML file: folders, lists and smart lists with their items.

Folders have no id in NML, nor has anything before version 16: what has no UUID is known by its kind and the
names on the way to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from json import JSONEncoder
from pathlib import Path
from typing import Final, Literal, NamedTuple
from xml.parsers import expat

from djtui.model.playlist import PlaylistKind
from djtui.traktor.nml import Fingerprint, NmlError, read_section
from djtui.traktor.spans import HASH

ItemKind = Literal["track", "stem", "set"]

DEEPEST: Final = 64  # folders within folders; what lies deeper is left out

_KINDS: Final[dict[str | None, PlaylistKind]] = {"FOLDER": "folder", "PLAYLIST": "list", "SMARTLIST": "smart"}
_CONTENTS: Final[dict[str, PlaylistKind]] = {"SUBNODES": "folder", "PLAYLIST": "list", "SMARTLIST": "smart"}
_ITEM_KINDS: Final[dict[str | None, ItemKind]] = {"TRACK": "track", "STEM": "stem", "SET": "set"}
_json: Final = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class TreeItem(NamedTuple):
    """An entry of a list: the key of a track, or the file of a remix set."""

    key: str
    kind: ItemKind


class TreeFailure(NamedTuple):
    """A part of the tree that could not be taken over, and why."""

    item: str
    reason: str


@dataclass(slots=True)
class TreeNode:
    """One node. `parent` is the place of its folder in the list of nodes; None at the top.

    `identity` is the UUID, else kind and names; `hash` blake2b-16 of name, place and content.
    """

    kind: PlaylistKind
    name: str
    parent: int | None
    position: int
    uuid: str | None = None
    foreign_query: str | None = None
    items: list[TreeItem] = field(default_factory=list)
    identity: str = ""
    hash: bytes = b""


class Tree(NamedTuple):
    """All nodes in the order of the file, folders before what is in them; the root itself is none."""

    nodes: list[TreeNode]
    failures: list[TreeFailure]


def read_tree(path: str | Path, expected: Fingerprint, section: tuple[int, int] | None) -> Tree:
    """The tree of a surveyed file; `section` is its PLAYLISTS. Raises SourceChanged if it is another file."""
    return Tree([], []) if section is None else parse_tree(read_section(path, expected, section))


def parse_tree(section: bytes) -> Tree:
    """The tree in a PLAYLISTS element. Raises NmlError."""
    reading = _Reading()
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    try:
        parser.Parse(section, True)
    except expat.ExpatError as error:
        fault = expat.ErrorString(error.code)
        raise NmlError(f"The playlists are damaged, {error.lineno} lines in: {fault}.") from None
    _identify(reading.nodes)
    return Tree(reading.nodes, reading.failures)


@dataclass(slots=True)
class _Frame:
    """An open NODE: its place among the nodes (None for the root), its depth, its children so far."""

    place: int | None
    depth: int = 0
    left_out: bool = False
    children: int = 0


class _Reading:
    """The nodes that expat has seen. Keeps its own stack, so that depth costs no recursion."""

    def __init__(self) -> None:
        self.nodes: list[TreeNode] = []
        self.failures: list[TreeFailure] = []
        self._frames = [_Frame(None)]
        self._kinds: list[PlaylistKind | None] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        frame = self._frames[-1]
        if name == "NODE":
            self._frames.append(self._node(frame, attributes))
        elif frame.left_out or frame.place is None:
            return
        elif name == "PRIMARYKEY":
            self._item(frame.place, attributes)
        elif name == "SEARCH_EXPRESSION":
            self.nodes[frame.place].foreign_query = attributes.get("QUERY")
        elif name in _CONTENTS:
            # What a node holds says what it is, if its TYPE says nothing that is known.
            self._kinds[frame.place] = self._kinds[frame.place] or _CONTENTS[name]
            self.nodes[frame.place].uuid = attributes.get("UUID") or None

    def end(self, name: str) -> None:
        if name != "NODE":
            return
        frame = self._frames.pop()
        if frame.left_out or frame.place is None:
            return
        kind = self._kinds[frame.place]
        if kind is not None:
            self.nodes[frame.place].kind = kind
            return
        # Of no known kind, so without nodes within: it is the last one.
        self._kinds.pop()
        node = self.nodes.pop()
        self._frames[-1].children -= 1
        self.failures.append(TreeFailure(node.name, "it is neither folder nor playlist nor smart playlist"))

    def _node(self, parent: _Frame, attributes: Mapping[str, str]) -> _Frame:
        name, kind = attributes.get("NAME", ""), _KINDS.get(attributes.get("TYPE"))
        if parent.left_out:
            return _Frame(None, left_out=True)
        if len(self._frames) == 1 and name == "$ROOT" and kind == "folder":
            return _Frame(None)
        if parent.depth == DEEPEST:
            self.failures.append(TreeFailure(name, f"it lies more than {DEEPEST} folders deep"))
            return _Frame(None, left_out=True)
        self.nodes.append(TreeNode(kind or "list", name, parent.place, parent.children))
        self._kinds.append(kind)
        parent.children += 1
        return _Frame(len(self.nodes) - 1, parent.depth + 1)

    def _item(self, place: int, attributes: Mapping[str, str]) -> None:
        node = self.nodes[place]
        if key := attributes.get("KEY"):
            node.items.append(TreeItem(key, _ITEM_KINDS.get(attributes.get("TYPE"), "track")))
        else:
            self.failures.append(TreeFailure(node.name, f"its item {len(node.items) + 1} names no track"))


def _identify(nodes: list[TreeNode]) -> None:
    """Give every node an identity that no other has, and its hash."""
    taken: set[str] = set()
    paths: list[str] = []
    for node in nodes:
        parent = None if node.parent is None else nodes[node.parent]
        folder = "" if node.parent is None else f"{paths[node.parent]}/"
        paths.append(folder + node.name.replace("/", "//"))
        plain = identity = node.uuid or f"{node.kind}:{paths[-1]}"
        number = 1
        while identity in taken:
            number += 1
            identity = f"{plain}#{number}"
        taken.add(identity)
        node.identity = identity
        place = [node.kind, node.name, parent and parent.identity, node.position]
        content = _json([*place, node.foreign_query, node.items])
        node.hash = blake2b(content.encode(), digest_size=HASH).digest()
