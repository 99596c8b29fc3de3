"""The playlist tree, patched: only the nodes that differ are written anew, everything else keeps its bytes.

What `traktor.tree` does not read (nodes of a kind that nobody knows, or that lie too deep) stays where it is
in its folder, for as long as that folder is wanted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from xml.parsers import expat

from djtui.model.playlist import PlaylistKind
from djtui.traktor.markup import Element, Markup, Splice, edited_tag, opened_tag, spliced, tag_at
from djtui.traktor.nml import NmlError
from djtui.traktor.patch_list import counted_list, patch_list, search
from djtui.traktor.patch_nodes import Container, Node, Nodes
from djtui.traktor.tree import ItemKind
from djtui.traktor.writer import Attribute, opening

_TYPES: Final[dict[PlaylistKind, str]] = {"folder": "FOLDER", "list": "PLAYLIST", "smart": "SMARTLIST"}


class WantedNode(NamedTuple):
    """A node as it is to be. `place`: which node of the file it is (its place in `traktor.tree`), None: new.

    `parent` is the place in the wanted nodes of its folder, None: at the top. `items` None and `query` None
    leave a node of the file what it has. `uuid` is for a new one.
    """

    place: int | None
    parent: int | None
    kind: PlaylistKind
    name: str
    uuid: str | None = None
    items: Sequence[tuple[str, ItemKind]] | None = None
    query: str | None = None


class PatchedTree(NamedTuple):
    """The PLAYLISTS section, and where nodes went: old path -> new path, names joined by backslashes."""

    section: bytes
    moved: dict[str, str]


def patch_tree(section: bytes, wanted: Sequence[WantedNode]) -> PatchedTree:
    """Make the tree what is wanted: nodes in order, folders before what is in them.

    Nodes of the file that no wanted one names are taken out. An empty `section` is a file without one: then
    the result has a newline behind it. Raises NmlError for a section that is damaged.
    """
    if not section:
        if not wanted:
            return PatchedTree(b"", {})
        return PatchedTree(patch_tree(b"<PLAYLISTS></PLAYLISTS>", wanted).section + b"\n", {})
    try:
        nodes = Nodes(section)
    except expat.ExpatError as error:
        raise NmlError(f"The playlists are damaged: {expat.ErrorString(error.code)}.") from None
    patching = _Patching(nodes, wanted)
    return PatchedTree(patching.section(), moves(nodes, wanted))


def moves(nodes: Nodes, wanted: Sequence[WantedNode]) -> dict[str, str]:
    """Where each path went. One that another node of the file has too, and keeps, went nowhere."""
    paths: list[str] = []
    by_place: dict[int | None, str] = {None: ""}
    for it in wanted:
        paths.append(_joined("" if it.parent is None else paths[it.parent], it.name))
        by_place[it.place] = paths[-1] if it.place is not None else ""
    found: dict[str, str] = {}
    kept: set[str] = set()
    for node in nodes.all:
        new = by_place.get(node.home)
        if new is None:
            continue
        for name in node.below:
            new = _joined(new, name)
        if new == node.path:
            kept.add(new)
        else:
            found.setdefault(node.path, new)
    return {old: new for old, new in found.items() if old not in kept}


def _joined(folder: str, name: str) -> str:
    return f"{folder}\\{name}" if folder else name


def _equal(items: Sequence[Sequence[str]], others: Sequence[Sequence[str]]) -> bool:
    return [tuple(item) for item in items] == [tuple(item) for item in others]


class _Patching:
    """The tree while it is written."""

    def __init__(self, nodes: Nodes, wanted: Sequence[WantedNode]) -> None:
        self._nodes = nodes
        self._markup = nodes.markup
        self._wanted = wanted
        self._content: defaultdict[int | None, list[int]] = defaultdict(list)
        for at, node in enumerate(wanted):
            if node.parent is not None and not node.parent < at:
                raise ValueError(f"the folder of {node.name!r} comes behind it")
            self._content[node.parent].append(at)

    def section(self) -> bytes:
        """The whole section."""
        return self._spliced(self._markup.root, list(self._folder(None, self._nodes.top, self._nodes.tops)))

    def _node(self, at: int) -> bytes:
        """A node with all that is in it, without the newline behind it."""
        wanted = self._wanted[at]
        if wanted.place is None:
            return self._new(at)
        node = self._nodes.known[wanted.place]
        element, was = node.element, node.known
        assert was is not None
        renamed = wanted.name != was.name
        splices = list(self._folder(at, element, node.containers, renamed=renamed))
        if wanted.kind == "list":
            splices += self._items(node, wanted, renamed=renamed)
        if wanted.kind == "smart" and wanted.query not in (None, was.foreign_query):
            splices.append(self._child(element, "SMARTLIST", self._smart(element.child("SMARTLIST"), wanted)))
        if not renamed:
            return self._spliced(element, splices)
        if not (splices and self._markup.closed(element)):
            return self._spliced(element, [*splices, self._tag(element, "NAME", wanted.name)])
        whole = self._spliced(element, splices)
        tag = tag_at(whole) or b""
        return edited_tag(tag, {"NAME": wanted.name}) + whole[len(tag) :]

    def _spliced(self, element: Element, splices: list[Splice]) -> bytes:
        text = self._markup.text[element.start : element.end]
        if not splices:
            return text
        splices = [it._replace(offset=it.offset - element.start) for it in splices]
        return spliced(text, sorted(splices, key=lambda splice: splice.offset))

    def _tag(self, element: Element, attribute: str, value: str) -> Splice:
        tag = self._markup.text[element.start : element.opened]
        return Splice(element.start, len(tag), edited_tag(tag, {attribute: value}))

    def _folder(
        self, at: int | None, element: Element, containers: Sequence[Container], *, renamed: bool = False
    ) -> Iterator[Splice]:
        """The edits of what is in a folder: of each element of the file that nodes stand in.

        The count of one that is `renamed`, or that has other nodes now, is put right.
        """
        content = self._content[at]
        if not containers:
            if content:
                yield self._child(element, "SUBNODES", self._subnodes(content), top=at is None)
            return
        shares: list[list[int]] = [[] for _ in containers]
        last = 0
        for child in content:
            place = self._wanted[child].place
            last = next((it for it, box in enumerate(containers) if place in box.places), last)
            shares[last].append(child)
        for container, share in zip(containers, shares, strict=True):
            yield from self._contained(container, share, renamed=renamed)

    def _contained(self, container: Container, content: Sequence[int], *, renamed: bool) -> Iterator[Splice]:
        element = container.element
        places = [self._wanted[at].place for at in content]
        texts = [self._node(at) for at in content]
        own = [self._nodes.known[place].element for place in container.places]
        count = str(container.strangers + len(content))
        tag = self._tag(element, "COUNT", count) if element.name == "SUBNODES" else None
        if places == container.places:
            for child, text in zip(own, texts, strict=True):
                if text != self._markup.text[child.start : child.end]:
                    yield Splice(child.start, child.end - child.start, text)
            if tag is not None and renamed and element.attributes.get("COUNT") != count:
                yield tag
            return
        children: dict[int | None, Element] = dict(zip(container.places, own, strict=True))
        order = [(children.get(place), text) for place, text in zip(places, texts, strict=True)]
        inside = self._markup.arranged(element, order, own)
        if tag is not None and self._markup.closed(element):
            yield tag._replace(text=opened_tag(tag.text) + inside + b"</SUBNODES>")
            return
        if tag is not None:
            yield tag
        yield Splice(element.opened, element.closing - element.opened, inside)

    def _child(self, parent: Element, name: str, text: bytes, *, top: bool = False) -> Splice:
        """A child of a node written anew, or put in if there is none."""
        if top and parent.name == "PLAYLISTS":
            text = self._made("NODE", (("TYPE", "FOLDER"), ("NAME", "$ROOT")), text + self._markup.newline)
        if (child := parent.child(name)) is not None:
            return Splice(child.start, child.end - child.start, text)
        if self._markup.closed(parent):
            tag = opened_tag(self._markup.text[parent.start : parent.opened])
            text = tag + text + self._markup.newline + b"</%b>" % parent.name.encode()
            return Splice(parent.start, parent.end - parent.start, text)
        return Splice(parent.closing, 0, text + self._markup.newline)

    def _new(self, at: int) -> bytes:
        """A node that the file does not have."""
        wanted = self._wanted[at]
        if wanted.kind == "folder":
            content = self._subnodes(self._content[at])
        elif wanted.kind == "list":
            content = self._list(None, wanted)
        else:
            content = self._smart(None, wanted)
        attributes = (("TYPE", _TYPES[wanted.kind]), ("NAME", wanted.name))
        return self._made("NODE", attributes, content + self._markup.newline)

    def _subnodes(self, content: Sequence[int]) -> bytes:
        nodes = b"".join([self._node(at) + self._markup.newline for at in content])
        return self._made("SUBNODES", (("COUNT", str(len(content))),), nodes)

    def _items(self, node: Node, wanted: WantedNode, *, renamed: bool) -> Iterator[Splice]:
        """The edits of a list; the count of one that is `renamed` is put right, too."""
        assert node.known is not None
        playlist = node.element.child("PLAYLIST")
        if wanted.items is not None and not _equal(wanted.items, node.known.items):
            yield self._child(node.element, "PLAYLIST", self._list(playlist, wanted))
        elif renamed and playlist is not None:
            text = self._markup.text[playlist.start : playlist.end]
            yield Splice(playlist.start, len(text), counted_list(text))

    def _list(self, playlist: Element | None, wanted: WantedNode) -> bytes:
        newline = self._markup.newline
        if playlist is None:
            attributes = (("ENTRIES", "0"), ("TYPE", "LIST"), ("UUID", self._uuid(wanted)))
            return patch_list(self._made("PLAYLIST", attributes), wanted.items or (), newline)
        return patch_list(self._markup.text[playlist.start : playlist.end], wanted.items or (), newline)

    def _smart(self, smartlist: Element | None, wanted: WantedNode) -> bytes:
        if smartlist is None:
            content = search(wanted.query or "") + self._markup.newline
            return self._made("SMARTLIST", (("UUID", self._uuid(wanted)),), content)
        own = Markup(self._markup.text[smartlist.start : smartlist.end], newline=self._markup.newline)
        if (expression := own.root.child("SEARCH_EXPRESSION")) is not None:
            own.set(expression, "QUERY", wanted.query)
        else:
            own.insert(own.root, search(wanted.query or ""))
        return own.result()

    def _uuid(self, wanted: WantedNode) -> str | None:
        return wanted.uuid if self._nodes.uuids else None

    def _made(self, name: str, attributes: Sequence[Attribute], content: bytes = b"") -> bytes:
        """A new element, without the newline behind it."""
        return opening(name, attributes).encode() + content + b"</%b>" % name.encode()
