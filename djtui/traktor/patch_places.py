"""The places around the entries of a file that an export writes to: seen by expat, entries left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final
from xml.parsers import expat

from djtui.traktor.markup import tag_at
from djtui.traktor.nml import BLOCK, NmlError
from djtui.traktor.spans import Spans
from djtui.traktor.writer import CHILDREN

_LARGEST_TAG: Final = 1 << 16
_GAP: Final = len("</COLLECTION>")  # a shorter gap between entries has nothing in it that is looked for
_SORTED: Final = frozenset(("SORTING_INFO", "SORTING_ORDER"))
_BLANKS: Final = b" \t\r\n"
_BEFORE: Final = CHILDREN["NML"][: CHILDREN["NML"].index("PLAYLISTS")]


@dataclass(slots=True)
class Tag:
    """An opening tag of the file: its offset, its bytes, its attributes, where its element ends."""

    name: str
    offset: int
    attributes: dict[str, str]
    text: bytes = b""
    closing: int = 0  # of the closing tag; behind the element if it is self-closed

    @property
    def closed(self) -> bool:
        """Whether it is self-closed."""
        return self.text.endswith(b"/>")


@dataclass(slots=True)
class Places:
    """Collections, the tags that hold the path of a playlist, and where a PLAYLISTS section would go."""

    collections: list[Tag] = field(default_factory=list)
    sortings: list[Tag] = field(default_factory=list)
    playlists: int = 0


def find_places(
    name: str, file: BinaryIO, size: int, entries: Spans, playlists: tuple[int, int] | None
) -> Places:
    """Find the places of a surveyed file. Raises NmlError for a file that is damaged around its entries."""
    outline = _Outline()
    left_out = [(entries.offsets[at], entries.lengths[at]) for at in range(len(entries))]
    if playlists is not None:
        left_out = sorted([*left_out, playlists])
    try:
        for offset, data in _stretches(file, size, left_out):
            outline.feed(offset, data)
        outline.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise NmlError(f"{name} is damaged: {expat.ErrorString(error.code)}.") from None
    places = Places(outline.collections, outline.sortings)
    for tag in (*places.collections, *places.sortings, *outline.before):
        tag.text = _tag(name, file, tag.offset)
    places.playlists = _behind(file, outline.before)
    return places


def blanks(file: BinaryIO, offset: int) -> int:
    """How many blanks lie at an offset."""
    file.seek(offset)
    found = 0
    while (data := file.read(256)) and not (rest := data.lstrip(_BLANKS)):
        found += len(data)
    return found + len(data) - len(rest) if data else found


class _Outline:
    """What expat has seen of the parts that were not left out."""

    def __init__(self) -> None:
        self.collections: list[Tag] = []
        self.sortings: list[Tag] = []
        self.before: list[Tag] = []  # the section that a PLAYLISTS section would stand behind
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self._path: list[Tag] = []
        self._left_out = 0
        self._fed = 0

    def feed(self, offset: int, data: bytes) -> None:
        """Parse the bytes at an offset of the file. Raises ExpatError."""
        self._left_out = offset - self._fed
        self._fed += len(data)
        self.parser.Parse(data, False)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = Tag(name, self.parser.CurrentByteIndex + self._left_out, attributes)
        self._path.append(tag)
        if len(self._path) == 2:
            if name == "COLLECTION":
                self.collections.append(tag)
            if name in _BEFORE:
                self.before = [tag]
        elif len(self._path) == 1:
            self.before = [tag]
        if name in _SORTED and "PATH" in attributes:
            self.sortings.append(tag)

    def _end(self, name: str) -> None:
        self._path.pop().closing = self.parser.CurrentByteIndex + self._left_out


def _stretches(file: BinaryIO, size: int, left_out: list[tuple[int, int]]) -> Iterator[tuple[int, bytes]]:
    """The bytes between what is left out, with their offsets."""
    at = 0
    for offset, length in (*left_out, (size, 0)):
        if offset - at >= _GAP or not at or offset == size:
            while at < offset:
                file.seek(at)
                data = file.read(min(BLOCK, offset - at))
                if not data:
                    return
                yield at, data
                at += len(data)
        at = offset + length


def _tag(name: str, file: BinaryIO, offset: int) -> bytes:
    file.seek(offset)
    tag = tag_at(file.read(_LARGEST_TAG))
    if tag is None:
        raise NmlError(f"{name} has a tag of more than 64 KB, at byte {offset:,}.")
    return tag


def _behind(file: BinaryIO, before: list[Tag]) -> int:
    """Behind a section and the blanks that follow it; within the root if that is all there is."""
    tag = before[0]
    end = tag.offset + len(tag.text)
    if tag.name != "NML" and not tag.closed:
        file.seek(tag.closing)
        end = tag.closing + file.read(_LARGEST_TAG).index(b">") + 1
    return end + blanks(file, end)
