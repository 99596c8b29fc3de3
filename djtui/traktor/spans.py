"""Where the entries of an NML file lie, as bytes, and what they hash to.

`scan` searches, which is quick and right where there is nothing but entries in the collection: Traktor's own
layout, and every reformatting of it without comments. `walk` parses, and finds them in anything well-formed.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import BinaryIO, Final

from djtui.traktor.outline import Outline, Refused, cut_off

HASH: Final = 16

_LARGEST: Final = 64 << 20
_NEAR: Final = 4096  # spans no farther apart than this are read in one go
_RUN: Final = 4 << 20
_BLANKS: Final = b" \t\r\n"
_OPEN: Final = b"<ENTRY"
_CLOSE: Final = b"</ENTRY>"
_COLLECTION: Final = re.compile(rb"<COLLECTION(?:\s+[A-Za-z_]+\s*=\s*\"[^\"<]*\")*\s*>")
_FIRST: Final = re.compile(rb"[ \t\r\n]*(?=<ENTRY[\s>]|</COLLECTION[\s>])")


@dataclass(frozen=True, slots=True)
class Spans:
    """Entries in the order of their file: offsets and lengths in bytes, blake2b-16 hashes end to end."""

    offsets: array[int]
    lengths: array[int]
    hashes: bytes

    def __len__(self) -> int:
        return len(self.offsets)

    def hash(self, place: int) -> bytes:
        """The hash of one entry."""
        return self.hashes[place * HASH : (place + 1) * HASH]

    def each_hash(self) -> list[bytes]:
        """The hashes of all entries."""
        return [self.hashes[at : at + HASH] for at in range(0, len(self.hashes), HASH)]

    def pick(self, places: Iterable[int]) -> Spans:
        """The spans of some entries."""
        chosen = list(places)
        return Spans(
            array("Q", [self.offsets[place] for place in chosen]),
            array("I", [self.lengths[place] for place in chosen]),
            b"".join([self.hash(place) for place in chosen]),
        )

    def runs(self) -> Iterator[tuple[int, int]]:
        """First and last place of spans that lie near each other: read together."""
        first = 0
        for place in range(1, len(self) + 1):
            if place < len(self):
                behind = self.offsets[place - 1] + self.lengths[place - 1]
                near = 0 <= self.offsets[place] - behind <= _NEAR
                if near and behind - self.offsets[first] < _RUN:
                    continue
            yield first, place - 1
            first = place


class _Collector:
    """Spans as they are found."""

    def __init__(self) -> None:
        self._offsets = array("Q")
        self._lengths = array("I")
        self._hashes = bytearray()

    def add(self, offset: int, entry: bytes | memoryview) -> None:
        self._offsets.append(offset)
        self._lengths.append(len(entry))
        self._hashes += blake2b(entry, digest_size=HASH).digest()

    def spans(self) -> Spans:
        return Spans(self._offsets, self._lengths, bytes(self._hashes))


def scan(read: Callable[[], bytes], outline: Outline) -> Spans | None:
    """Search the blocks of a file for entries; the outline parses what is around them.

    None where the layout does not allow it: then the file must be walked. Raises Refused.
    """
    data = read()
    tag = _COLLECTION.search(data)
    if tag is None:
        return None
    outline.feed(data[: tag.end()])
    first = _FIRST.match(data, tag.end())
    if list(outline.collections) != [tag.start()] or first is None:
        return None
    outline.skip(first.end() - tag.end())
    found = _Collector()
    base, start = 0, first.end()
    while (end := data.find(b"</COLLECTION", start)) < 0:
        if (taken := _entries(data, base, start, len(data), found)) is None:
            return None
        outline.skip(taken - start)
        data, base, start = data[taken:], base + taken, 0
        block = read()
        if not block:
            raise cut_off(base)
        if len(data) > _LARGEST:
            raise Refused("has an entry of more than 64 MB", base)
        data += block
    if _entries(data, base, start, end, found, last=True) != end:
        return None
    outline.skip(end - start)
    data = data[end:]
    while data:
        outline.feed(data)
        data = read()
    outline.feed(b"", final=True)
    return None if outline.starts else found.spans()


def _entries(
    data: bytes, base: int, start: int, end: int, found: _Collector, *, last: bool = False
) -> int | None:
    """Collect the entries that lie whole in data[start:end]; returns where that stops.

    `start` is the beginning of an entry. None if anything but entries and blanks is found.
    """
    if _marked(data, b"!", start, end) or _marked(data, b"?", start, end):
        return None
    view = memoryview(data)
    while start < end:
        following = data.find(_OPEN, start + len(_OPEN), end)
        if following < 0:
            if not last:
                return start
            following = end
        stop = following - 1
        if data[stop - len(_CLOSE) : following] != b"</ENTRY>\n":
            text = data[start:following].rstrip(_BLANKS)
            if not text.endswith(_CLOSE):
                return None
            stop = start + len(text)
        found.add(base + start, view[start:stop])
        start = following
    return start


def _marked(data: bytes, sign: bytes, start: int, end: int) -> bool:
    """Whether there is a comment, CDATA, DOCTYPE (`<!`) or a processing instruction (`<?`)."""
    at = data.find(sign, start, end)
    while at >= 0:
        if data[at - 1 : at] == b"<":
            return True
        at = data.find(sign, at + 1, end)
    return False


def walk(read: Callable[[], bytes], outline: Outline, file: BinaryIO) -> Spans:
    """Parse the blocks of a file for entries, then read those from `file` to hash them. Raises Refused."""
    while data := read():
        outline.feed(data)
    outline.feed(b"", final=True)
    found = _Collector()
    for start, end in zip(outline.starts, outline.ends, strict=True):
        length = closed(file, end, b"ENTRY") - start
        file.seek(start)
        found.add(start, file.read(length))
    return found.spans()


def closed(file: BinaryIO, end: int, name: bytes) -> int:
    """Where an element ends, given where expat saw its closing tag (for a self-closed one: behind it)."""
    file.seek(end)
    tag = file.read(len(name) + 2)
    if tag != b"</" + name:
        return end
    while (more := file.read(1)) and more != b">":
        tag += more
    return end + len(tag) + 1
