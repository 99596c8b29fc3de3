"""The frames of ID3v2.2, 2.3 and 2.4 tags as bytes, after the structure documents of id3.org.

mutagen reads them too, three times slower: it takes apart every cover and cue point, and copies the rest of
the tag behind each frame.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from djtui.files.tag_names import ID3_OLD

HEADER: Final = 10
UNSYNCHRONISED: Final = 0x80
EXTENDED: Final = 0x40
FOOTER: Final = 0x10
ENCODINGS: Final = ("latin-1", "utf-16", "utf-16-be", "utf-8")
TERMINATORS: Final = (b"\0", b"\0\0", b"\0\0", b"\0")

_WINDOW: Final = 16 * 1024
_SPELLED: Final = {
    name.encode(): new for new, old in (*ID3_OLD.items(), ("TDRC", ""), ("APIC", "")) for name in (new, old)
}
"""Names that are met in most tags, as in ID3v2.3 and 2.4."""
_NAME: Final = re.compile(rb"[A-Z0-9][A-Z0-9 \0]{2,3}")
_SAME_WITH_SEVEN_BITS: Final = 127
_FALSE_SYNC: Final = re.compile(rb"\xff(?=[\xe0-\xff\0]|$)", re.DOTALL)
_COMPRESSED_OR_ENCRYPTED: Final = {3: 0x00C0, 4: 0x000C}
_FRAME_UNSYNCHRONISED, _LENGTH_STATED, _GROUPED_4, _GROUPED_3 = 0x02, 0x01, 0x40, 0x20

At = Callable[[int, int], bytes]
"""The bytes at a place: so many, or fewer where they end."""


class BrokenTag(ValueError):
    """A tag that cannot be changed safely; the text is a sentence."""


class Place(NamedTuple):
    """Where a frame lies, its head included."""

    name: str
    """As in ID3v2.3 and 2.4, whatever the version."""
    start: int
    body: int
    end: int
    flags: int
    whole_size: bool
    """Its length was written with eight bits a byte, as iTunes did in ID3v2.4."""


def inside(data: bytes) -> At:
    """The bytes of a text in memory."""
    return lambda place, length: data[place : place + length]


def window(descriptor: int, start: int) -> At:
    """The bytes of a file, counted from a place, read as they are wanted: a cover is stepped over."""
    held, first = b"", 0

    def at(place: int, length: int) -> bytes:
        nonlocal held, first
        if not first <= place <= place + length <= first + len(held):
            held, first = os.pread(descriptor, max(length, _WINDOW), start + place), place
        return held[place - first : place - first + length]

    return at


def walk(at: At, place: int, end: int, major: int) -> Iterator[Place]:
    """The frames from a place to the padding. Raises `BrokenTag` where something else comes."""
    width, head = (3, 6) if major == 2 else (4, 10)
    while place + head <= end:
        raw = at(place, head)
        name = raw[:width]
        if (spelled := _SPELLED.get(name)) is None:
            if not raw.strip(b"\0"):
                return
            if not _NAME.fullmatch(name):
                raise BrokenTag("The ID3 tag is damaged.")
            spelled = name.decode()
        if len(raw) < head:
            raise BrokenTag("The ID3 tag is damaged.")
        length, whole = int.from_bytes(raw[width : 2 * width], "big"), False
        if major == 4 and length > _SAME_WITH_SEVEN_BITS:
            length, whole = _length_of_24(at, raw[4:8], place + head, end)
        body = place + head
        if body + length > end:
            raise BrokenTag("The ID3 tag is damaged.")
        yield Place(spelled, place, body, body + length, raw[8] << 8 | raw[9] if head == 10 else 0, whole)
        place = body + length


def _length_of_24(at: At, raw: bytes, body: int, end: int) -> tuple[int, bool]:
    """Seven bits a byte, unless what follows makes sense only for the eight that iTunes wrote."""
    proper, whole = synchsafe(raw), int.from_bytes(raw, "big")
    if proper == whole:
        return proper, False
    if max(raw) < 128 and _is_boundary(at, body + proper, end):
        return proper, False
    return (whole, True) if _is_boundary(at, body + whole, end) else (proper, False)


def _is_boundary(at: At, place: int, end: int) -> bool:
    following = at(place, 4) if place < end else b""
    return place == end or not following.strip(b"\0") or _NAME.fullmatch(following) is not None


def content(body: bytes, flags: int, major: int, all_unsynchronised: bool = False) -> bytes | None:
    """A frame's content without what its flags put before it; None: compressed or encrypted."""
    if major == 2 or not (flags or all_unsynchronised):
        return body
    if flags & _COMPRESSED_OR_ENCRYPTED[major]:
        return None
    if major == 3:
        return body[bool(flags & _GROUPED_3) :]
    body = body[bool(flags & _GROUPED_4) + (4 if flags & _LENGTH_STATED else 0) :]
    return resynchronised(body) if all_unsynchronised or flags & _FRAME_UNSYNCHRONISED else body


def resynchronised(data: bytes) -> bytes:
    """Without the zeros that were put between what looked like MPEG frames."""
    return data.replace(b"\xff\0", b"\xff")


def unsynchronised(data: bytes) -> bytes:
    """With them."""
    return _FALSE_SYNC.sub(b"\xff\0", data)


def synchsafe(number: bytes) -> int:
    """A number of seven bits a byte."""
    value = 0
    for byte in number:
        value = value << 7 | byte & 0x7F
    return value


def as_synchsafe(number: int) -> bytes:
    """Four bytes of seven bits."""
    return bytes(number >> 7 * place & 0x7F for place in (3, 2, 1, 0))


def extended_header(start: bytes, major: int, flags: int) -> int:
    """Its length, by the first bytes behind the header. Some programs set its flag and write none."""
    if major == 2 or not flags & EXTENDED or _NAME.fullmatch(start[:4]):
        return 0
    return synchsafe(start[:4]) if major == 4 else int.from_bytes(start[:4], "big") + 4


def texts(body: bytes, skip: int = 1) -> list[str]:
    """The texts of a body: a byte for the encoding, `skip` bytes in all before them, zeros behind each."""
    encoding = body[0] if body and body[0] < len(ENCODINGS) else 0
    if encoding in (0, 3):
        return body[skip:].rstrip(b"\0").decode(ENCODINGS[encoding], "replace").split("\0")
    found = [part.decode(ENCODINGS[encoding], "replace") for part in _split_pairs(body[skip:])]
    while len(found) > 1 and not found[-1]:
        found.pop()
    return found


def _split_pairs(data: bytes) -> list[bytes]:
    """At zeros of two bytes that stand at even places."""
    found, start, place = [], 0, data.find(b"\0\0")
    while place >= 0:
        if (place - start) % 2:
            place = data.find(b"\0\0", place + 1)
            continue
        found.append(data[start:place])
        start = place + 2
        place = data.find(b"\0\0", start)
    return [*found, data[start:]]
