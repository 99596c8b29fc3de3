"""ID3v2.2, 2.3 and 2.4 tags, changed frame by frame: all other frames keep their bytes and their order.

The version that is there stays, so text is ISO-8859-1 where that is enough (ASCII) and else UTF-16 in 2.2 and
2.3, UTF-8 in 2.4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from djtui.files import id3_frames as id3
from djtui.files.id3_frames import HEADER, BrokenTag
from djtui.files.splices import Splice, applied, growth
from djtui.files.tag_names import ID3_OLD

_MOST: Final = 1 << 28
_UNSYNCHRONISED_FRAME: Final = 0x0002


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, by its bytes in the tag."""

    name: str
    start: int
    end: int
    body: bytes | None
    """Decoded; None: compressed or encrypted."""


@dataclass(slots=True)
class Tag:
    """A tag's frames, and the changes that are to be made to them."""

    data: bytes
    """All of it, the header and the padding included; unsynchronisation of a whole tag undone."""
    major: int
    frames: list[Frame] = field(default_factory=list)
    frames_start: int = HEADER
    frames_end: int = HEADER
    whole_sizes: bool = False
    """ID3v2.4 with lengths of eight bits a byte, as iTunes wrote them."""
    unsynchronised: bool = False
    """ID3v2.4 whose frames all are."""
    changes: list[Splice] = field(default_factory=list)
    added: list[bytes] = field(default_factory=list)

    def named(self, *names: str) -> Iterator[tuple[Frame, bytes]]:
        """The frames of these names that can be read, and their content."""
        return (
            (frame, frame.body) for frame in self.frames if frame.name in names and frame.body is not None
        )

    def put(self, name: str, body: bytes, places: Sequence[Frame]) -> None:
        """A frame in place of others: where the first of them was, or behind all frames."""
        new = self._frame(name, body)
        if places:
            self.changes.append(Splice(places[0].start, places[0].end, new))
            self.remove(places[1:])
        else:
            self.added.append(new)

    def remove(self, frames: Sequence[Frame]) -> None:
        """Take frames out."""
        self.changes += (Splice(frame.start, frame.end, b"") for frame in frames)

    def _frame(self, name: str, body: bytes) -> bytes:
        if self.major == 2:
            return ID3_OLD[name].encode() + len(body).to_bytes(3, "big") + body
        flags = 0
        if self.unsynchronised and (encoded := id3.unsynchronised(body)) != body:
            body, flags = encoded, _UNSYNCHRONISED_FRAME
        whole = self.major == 3 or self.whole_sizes
        size = len(body).to_bytes(4, "big") if whole else id3.as_synchsafe(len(body))
        return name.encode() + size + flags.to_bytes(2, "big") + body

    def encoding(self, text: str) -> int:
        """The number of an encoding that this version knows, for a text."""
        return 0 if text.isascii() else 3 if self.major == 4 else 1


def encoded(text: str, encoding: int) -> bytes:
    """A text without its end."""
    return b"\xff\xfe" + text.encode("utf-16-le") if encoding == 1 else text.encode(id3.ENCODINGS[encoding])


def empty(major: int) -> Tag:
    """A tag without frames, not in any file yet."""
    return Tag(_header(major, 0), major)


def parse(data: bytes) -> Tag:
    """A tag by its bytes, the header included. Raises `BrokenTag`."""
    if len(data) < HEADER or data[:3] != b"ID3" or data[3] not in (2, 3, 4) or max(data[6:10]) > 127:
        raise BrokenTag("The ID3 tag is of a version that djtui does not write.")
    major, flags = data[3], data[5]
    if major == 2 and flags & id3.EXTENDED:
        raise BrokenTag("The ID3 tag is compressed.")
    content = data[HEADER : HEADER + size_of(data)]
    if len(content) < size_of(data):
        raise BrokenTag("The file ends inside its ID3 tag.")
    unsynchronised = bool(flags & id3.UNSYNCHRONISED)
    if major < 4 and unsynchronised:
        content = id3.resynchronised(content)
    tag = Tag(data[:HEADER] + content, major, unsynchronised=major == 4 and unsynchronised)
    tag.frames_start = tag.frames_end = HEADER + id3.extended_header(content, major, flags)
    for place in id3.walk(id3.inside(tag.data), tag.frames_start, len(tag.data), major):
        body = id3.content(tag.data[place.body : place.end], place.flags, major, tag.unsynchronised)
        tag.frames.append(Frame(place.name, place.start, place.end, body))
        tag.frames_end = place.end
        tag.whole_sizes |= place.whole_size
    if tag.data[tag.frames_end :].strip(b"\0"):
        raise BrokenTag("The ID3 tag holds something that is no frame, and djtui does not throw it away.")
    return tag


def size_of(header: bytes) -> int:
    """The bytes behind a tag's header; a footer is not among them."""
    return id3.synchsafe(header[6:10])


def splices(tag: Tag, old_length: int, padding: int) -> list[Splice]:
    """The changes that make the file's tag, of `old_length` bytes, what it should be.

    The tag keeps its length if its padding allows; else it gets `padding` bytes of it.
    """
    needed = tag.frames_end - tag.frames_start + growth(tag.changes) + sum(map(len, tag.added)) + HEADER
    length = old_length if needed <= old_length else needed + padding + needed % 2
    if length - HEADER >= _MOST:
        raise BrokenTag("An ID3 tag cannot be so long.")
    zeros = bytes(length - needed)
    header = _header(tag.major, length - HEADER, tag.data[5] if tag.unsynchronised else 0, tag.data[4])
    tail = b"".join(tag.added) + zeros
    if not old_length:
        return [Splice(0, 0, header + tail)]
    if len(tag.data) != old_length:  # a footer goes, or all bytes were encoded otherwise
        frames = applied(tag.data[: tag.frames_end], tag.changes)[tag.frames_start :]
        return [Splice(0, old_length, header + frames + tail)]
    return [Splice(0, tag.frames_start, header), *tag.changes, Splice(tag.frames_end, old_length, tail)]


def _header(major: int, size: int, flags: int = 0, revision: int = 0) -> bytes:
    kept = flags & id3.UNSYNCHRONISED
    return struct.pack(">3sBBB4s", b"ID3", major, revision, kept, id3.as_synchsafe(size))
