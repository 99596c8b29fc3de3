"""The descriptions of a Windows Media file, changed one by one: all others keep their bytes and their order.

After Microsoft's ASF specification 1.2, §3.10 and §3.11. Title, artist and comment stand in the content
description, everything else in the extended one.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from djtui.files import tag_values as values
from djtui.files.container import Container, Part, asf_objects
from djtui.files.frames_id3 import Texts
from djtui.files.id3_frames import BrokenTag
from djtui.files.splices import Splice, growth
from djtui.files.tag_names import ASF

_CONTENT: Final = bytes.fromhex("3326B2758E66CF11A6D900AA0062CE6C")
_EXTENDED: Final = bytes.fromhex("40A4D0D207E3D21197F000A0C95EA850")
_PROPERTIES: Final = bytes.fromhex("A1DCAB8C47A9CF118EE400C00C205365")
_CONTENT_FIELDS: Final = {"Title": 0, "Author": 1, "Description": 3}
_UNICODE, _DWORD = 0, 3
_MOST: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class _Attribute:
    name: str
    raw: bytes


def splices(descriptor: int, container: Container, texts: Texts) -> list[Splice]:
    """The changes to a Windows Media file. Raises `BrokenTag`."""
    head = os.pread(descriptor, 30, container.start)
    end = container.start + int.from_bytes(head[16:24], "little")
    if len(head) < 30 or end > container.size:
        raise BrokenTag("The file ends inside its head.")
    parts = {part.name: part for part in asf_objects(descriptor, container.start + 30, end)}
    spoken = {ASF[field][0]: (field, text) for field, text in texts.items()}
    content = {name: text for name, (_, text) in spoken.items() if name in _CONTENT_FIELDS}
    objects = (
        (parts.get(_CONTENT), _content(descriptor, parts.get(_CONTENT), content) if content else None),
        (parts.get(_EXTENDED), _extended(descriptor, parts.get(_EXTENDED), spoken)),
    )
    changes, added = [], 0
    appended = b""
    for part, new in objects:
        if new is None:
            continue
        if part is None:
            appended += new
            added += 1
        else:
            changes.append(Splice(part.start, part.end, new))
    if appended:
        changes.append(Splice(end, end, appended))
    by = growth(changes)
    length = end - container.start + by
    number = int.from_bytes(head[24:28], "little") + added
    sizes = length.to_bytes(8, "little") + number.to_bytes(4, "little")
    changes.append(Splice(container.start + 16, container.start + 28, sizes))
    if (properties := parts.get(_PROPERTIES)) is not None and by:
        place = properties.body + 16
        stated = int.from_bytes(os.pread(descriptor, 8, place), "little")
        changes.append(Splice(place, place + 8, (stated + by).to_bytes(8, "little")))
    return changes


def _content(descriptor: int, part: Part | None, texts: dict[str, str | None]) -> bytes:
    """Title, author, copyright, description and rating: five lengths and five texts."""
    pieces = [b""] * 5
    if part is not None:
        body = os.pread(descriptor, part.end - part.body, part.body)
        if len(body) < 10:
            raise BrokenTag("The head of the file is damaged.")
        place = 10
        for number, length in enumerate(struct.unpack_from("<5H", body)):
            pieces[number] = body[place : place + length]
            place += length
    for name, text in texts.items():
        pieces[_CONTENT_FIELDS[name]] = b"" if text is None else _utf16(text)
    lengths = struct.pack("<5H", *map(len, pieces))
    return _object(_CONTENT, lengths + b"".join(pieces))


def _extended(descriptor: int, part: Part | None, spoken: dict[str, tuple[str, str | None]]) -> bytes | None:
    """What stands in the content description is taken out here: ffmpeg writes it in both places."""
    body = b"" if part is None else os.pread(descriptor, part.end - part.body, part.body)
    old = [] if part is None else list(_attributes(body))
    kept = list(old)
    for name, (field, text) in spoken.items():
        at = next((at for at, each in enumerate(kept) if each.name.upper() == name.upper()), len(kept))
        spelled = kept[at].name if at < len(kept) else name
        kept = [each for each in kept if each.name.upper() != name.upper()]
        if text is not None and name not in _CONTENT_FIELDS and not (field == "rating" and text == "0"):
            kept.insert(min(at, len(kept)), _attribute(spelled, field, text))
    if kept == old:
        return None
    return _object(_EXTENDED, struct.pack("<H", len(kept)) + b"".join(each.raw for each in kept))


def _attributes(body: bytes) -> Iterator[_Attribute]:
    try:
        (number,), place = struct.unpack_from("<H", body), 2
        for _ in range(number):
            start = place
            (length,) = struct.unpack_from("<H", body, place)
            name = body[place + 2 : place + 2 + length].decode("utf-16-le", "replace").rstrip("\0")
            place += 2 + length
            (_, length) = struct.unpack_from("<HH", body, place)
            place += 4 + length
            if place > len(body):
                raise BrokenTag("The head of the file is damaged.")
            yield _Attribute(name, body[start:place])
    except struct.error as error:
        raise BrokenTag("The head of the file is damaged.") from error


def _attribute(name: str, field: str, text: str) -> _Attribute:
    if field == "rating":
        kind, value = _DWORD, values.asf_of_stars(int(text)).to_bytes(4, "little")
    else:
        kind, value = _UNICODE, _utf16(text)
    spelled = _utf16(name)
    head = struct.pack("<H", len(spelled)) + spelled + struct.pack("<HH", kind, len(value))
    return _Attribute(name, head + value)


def _utf16(text: str) -> bytes:
    raw = text.encode("utf-16-le") + b"\0\0"
    if len(raw) > _MOST:
        raise BrokenTag("A text in a Windows Media file cannot be so long.")
    return raw


def _object(name: bytes, body: bytes) -> bytes:
    return name + (24 + len(body)).to_bytes(8, "little") + body
