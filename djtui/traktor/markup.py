"""A piece of XML as bytes: read by expat, edited in place. What is not touched keeps every byte.

Quotes, blanks, the order of attributes, comments and elements that nobody knows stay as they are; what is put
in takes the newline and the indentation of its neighbour.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from xml.parsers import expat

from djtui.traktor.writer import ATTRIBUTES, CHILDREN, escape

_TAG: Final = re.compile(rb"<[^\s/>]+(?:\s+[^\s=/>]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")
_ATTRIBUTE: Final = re.compile(rb"(\s+)([^\s=/>]+)(\s*=\s*)(\"[^\"]*\"|'[^']*')")
_END: Final = re.compile(rb"\s*/?>\Z")
_BLANKS: Final = re.compile(rb"[ \t\r\n]*")


class Element:
    """An element: its tag is text[start:opened], its content text[opened:closing]; it ends at `end`.

    One that is self-closed has opened == closing == end.
    """

    __slots__ = ("attributes", "changes", "children", "closing", "content", "end", "name", "opened", "start")

    def __init__(self, name: str, attributes: dict[str, str], start: int, opened: int) -> None:
        self.name = name
        self.attributes = attributes
        self.start = start
        self.opened = self.closing = self.end = opened
        self.children: list[Element] = []
        self.changes: dict[str, str | None] = {}
        self.content: list[bytes] = []  # what is put into a self-closed one

    def child(self, name: str) -> Element | None:
        """The first child of a name."""
        return next((child for child in self.children if child.name == name), None)


class Splice(NamedTuple):
    """Bytes that take the place of `length` bytes at `offset`."""

    offset: int
    length: int
    text: bytes


class _Piece(NamedTuple):
    """A child or something else between tags: text[start:end], with blanks behind it as far as `stop`."""

    element: Element | None
    start: int
    end: int
    stop: int


class Markup:
    """One element with all that is in it. Edits are collected and take effect in `result`."""

    def __init__(self, text: bytes, leaves: Collection[str] = (), newline: bytes | None = None) -> None:
        """Parse; what is within elements named in `leaves` is passed over. Raises ExpatError."""
        self.text = text
        self.newline = newline or (b"\r\n" if b"\r\n" in text else b"\n")
        self.root = _parsed(text, leaves)
        self._edited: dict[int, Element] = {}
        self._splices: list[tuple[int, int, int, bytes]] = []

    @property
    def changed(self) -> bool:
        """Whether anything will differ."""
        return bool(self._edited or self._splices)

    def set(self, element: Element, name: str, value: str | None) -> bool:
        """Give an attribute a value, or (None) take it out; returns whether that is a change."""
        if self.get(element, name) == value:
            return False
        element.changes[name] = value
        self._edited[element.start] = element
        return True

    def get(self, element: Element, name: str) -> str | None:
        """An attribute with the edits so far."""
        return element.changes.get(name, element.attributes.get(name))

    def bare(self, element: Element) -> bool:
        """Whether no attribute is left of an element."""
        names = element.attributes.keys() | element.changes.keys()
        return all(self.get(element, name) is None for name in names)

    def insert(self, parent: Element, markup: bytes) -> None:
        """Put a new child (without a newline behind it) where Traktor's order has it."""
        name = markup[1 : _end_of_name(markup)].decode()
        order = CHILDREN.get(parent.name, ())
        rank = order.index(name) if name in order else len(order)
        before = [child for child in parent.children if _rank(order, child.name) <= rank]
        if before:
            self._insert_behind(before[-1], markup, rank)
        elif self.closed(parent):
            parent.content.append(markup + self.newline)
            self._edited[parent.start] = parent
        else:
            blanks = self.blanks(parent.opened)
            at = parent.opened + len(blanks)
            self._splice(at, at, rank, markup + (blanks or self._blanks_behind(parent) or self.newline))

    def remove(self, element: Element) -> None:
        """Take an element out, and the blanks behind it."""
        self._edited.pop(element.start, None)
        self._splice(element.start, element.end + len(self.blanks(element.end)), -1, b"")

    def replace(self, start: int, end: int, text: bytes) -> None:
        """Put other bytes in the place of text[start:end]."""
        self._splice(start, end, 0, text)

    def fill(self, element: Element, content: bytes) -> None:
        """Replace all that is in an element."""
        if self.closed(element):
            element.content = [content] if content else []
            self._edited[element.start] = element
        else:
            self._splice(element.opened, element.closing, 0, content)

    def closed(self, element: Element) -> bool:
        """Whether an element is self-closed."""
        return self.text[element.opened - 2 : element.opened] == b"/>"

    def blanks(self, at: int) -> bytes:
        """The blanks that begin at an offset."""
        found = _BLANKS.match(self.text, at)
        return found[0] if found else b""

    def arranged(
        self, parent: Element, order: Iterable[tuple[Element | None, bytes]], gone: Iterable[Element] = ()
    ) -> bytes:
        """The content of an element with its children in another order, some gone, some new.

        `order` is what is to stand there: which child it was, if any, and its bytes now. Everything that
        neither `order` nor `gone` names, comments too, stays behind what it stands behind.
        """
        order = list(order)
        placed = {id(child) for child, _ in order if child is not None}
        gone_ids = {id(child) for child in gone}
        lead = self.blanks(parent.opened) if parent.opened < parent.closing else b""
        blanks: dict[int, bytes] = {}
        followers: dict[int, bytes] = {}
        at, usual = 0, None
        for piece in self._pieces(parent):
            behind = self.text[piece.end : piece.stop]
            usual = behind if usual is None else usual
            if piece.element is not None and id(piece.element) in placed:
                at = id(piece.element)
                blanks[at] = behind
            elif piece.element is None or id(piece.element) not in gone_ids:
                followers[at] = followers.get(at, b"") + self.text[piece.start : piece.stop]
        usual = self.newline if usual is None else usual
        written = [lead, followers.get(0, b"")]
        for child, text in order:
            written += (text, blanks.get(id(child), usual), followers.get(id(child), b""))
        return b"".join(written)

    def splices(self) -> list[Splice]:
        """The edits, in order."""
        edits = list(self._splices)
        edits += [(it.start, it.opened, 0, self._tag(it)) for it in self._edited.values()]
        edits.sort(key=lambda edit: edit[:3])
        return [Splice(start, end - start, text) for start, end, _, text in edits]

    def result(self) -> bytes:
        """The text with all edits."""
        return spliced(self.text, self.splices())

    def _insert_behind(self, neighbour: Element, markup: bytes, rank: int) -> None:
        blanks = self.blanks(neighbour.end)
        at = neighbour.end + len(blanks)
        self._splice(at, at, rank, markup + blanks)

    def _splice(self, start: int, end: int, rank: int, text: bytes) -> None:
        self._splices.append((start, end, rank, text))

    def _blanks_behind(self, element: Element) -> bytes:
        return self.blanks(element.end) if element is not self.root else b""

    def _pieces(self, parent: Element) -> Iterator[_Piece]:
        """The children, and what else there is between the tags."""
        at = parent.opened + len(self.blanks(parent.opened))
        for child in parent.children:
            if at < child.start:
                yield self._between(at, child.start)
            at = child.end + len(self.blanks(child.end))
            yield _Piece(child, child.start, child.end, at)
        if at < parent.closing:
            yield self._between(at, parent.closing)

    def _between(self, start: int, stop: int) -> _Piece:
        return _Piece(None, start, start + len(self.text[start:stop].rstrip()), stop)

    def _tag(self, element: Element) -> bytes:
        tag = edited_tag(self.text[element.start : element.opened], element.changes)
        if element.content:
            tag = opened_tag(tag) + b"".join(element.content) + b"</%b>" % element.name.encode()
        return tag


def spliced(text: bytes, splices: Sequence[Splice]) -> bytes:
    """A text with splices, which are in order and do not overlap."""
    parts: list[bytes] = []
    at = 0
    for splice in splices:
        parts += (text[at : splice.offset], splice.text)
        at = splice.offset + splice.length
    parts.append(text[at:])
    return b"".join(parts)


def tag_at(text: bytes, start: int = 0) -> bytes | None:
    """The opening tag that begins at an offset; None if it is not all there."""
    found = _TAG.match(text, start)
    return found[0] if found else None


def edited_tag(tag: bytes, changes: Mapping[str, str | None]) -> bytes:
    """An opening tag with other values; None takes an attribute out, new ones come to Traktor's place."""
    name = tag[1 : _end_of_name(tag)].decode()
    end = _END.search(tag)
    assert end is not None
    pieces = [(found[2].decode(), found[1], found[0], found[4][:1]) for found in _ATTRIBUTE.finditer(tag)]
    order = ATTRIBUTES.get(name, ())
    for attribute, value in changes.items():
        places = [place for place, piece in enumerate(pieces) if piece[0] == attribute]
        if value is None:
            for place in places:
                del pieces[place]
        elif places:
            _, lead, text, quote = pieces[places[0]]
            start = text.index(quote)
            text = text[: start + 1] + _value(value, quote) + quote
            pieces[places[0]] = (attribute, lead, text, quote)
        else:
            rank = order.index(attribute) if attribute in order else len(order)
            place = max(
                (it + 1 for it, piece in enumerate(pieces) if _rank(order, piece[0]) < rank), default=0
            )
            lead = pieces[max(0, place - 1)][1] if pieces else b" "
            text = b'%b%b="%b"' % (lead, attribute.encode(), _value(value, b'"'))
            pieces.insert(place, (attribute, lead, text, b'"'))
    return b"<%b%b%b" % (name.encode(), b"".join([piece[2] for piece in pieces]), end[0])


def opened_tag(tag: bytes) -> bytes:
    """A self-closed tag as one that is open."""
    return tag[:-2].rstrip() + b">" if tag.endswith(b"/>") else tag


def _parsed(text: bytes, leaves: Collection[str]) -> Element:
    parser = expat.ParserCreate("utf-8")
    path: list[Element] = []
    found: list[Element] = []
    passing = 0  # how deep within a leaf

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal passing
        if passing:
            passing += 1
            return
        at = parser.CurrentByteIndex
        tag = _TAG.match(text, at)
        assert tag is not None
        element = Element(name, attributes, at, tag.end())
        (path[-1].children if path else found).append(element)
        path.append(element)
        passing = int(name in leaves)

    def end(name: str) -> None:
        nonlocal passing
        if passing > 1:
            passing -= 1
            return
        passing = 0
        element = path.pop()
        if text[element.opened - 2 : element.opened] != b"/>":
            element.closing = parser.CurrentByteIndex
            element.end = text.index(b">", element.closing) + 1

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(text, True)
    return found[0]


def _end_of_name(tag: bytes) -> int:
    found = re.search(rb"[\s/>]", tag)
    return found.start() if found else len(tag)


def _rank(order: Sequence[str], name: str) -> int:
    """Where a name stands in Traktor's order; one that nobody knows decides nothing."""
    return order.index(name) if name in order else len(order) + 1


def _value(value: str, quote: bytes) -> bytes:
    text = escape(value)
    return (text.replace("'", "&apos;") if quote == b"'" else text).encode()
