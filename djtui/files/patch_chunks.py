"""The ID3 chunk of WAV and AIFF files; every other chunk, the list INFO among them, stays as it is."""

from __future__ import annotations

import os
from typing import Final, Literal

from djtui.files import patch_id3
from djtui.files.container import Container, Part, chunks
from djtui.files.frames_id3 import Texts, change
from djtui.files.id3_frames import BrokenTag
from djtui.files.splices import Splice, growth

_NAMES: Final = (b"ID3 ", b"id3 ")
_NEW: Final = {"wav": b"id3 ", "aiff": b"ID3 "}
_MOST: Final = (1 << 32) - 1


def splices(
    descriptor: int, container: Container, texts: Texts, *, version: int, padding: int
) -> list[Splice]:
    """The changes to a WAV or AIFF file. Raises `BrokenTag`."""
    order: Literal["<", ">"] = "<" if container.kind == "wav" else ">"
    byteorder: Literal["little", "big"] = "little" if order == "<" else "big"
    form_size = int.from_bytes(os.pread(descriptor, 4, container.start + 4), byteorder)
    form_end = container.start + 8 + form_size
    parts = [part for part in chunks(descriptor, container.start + 12, order) if part.start < form_end]
    if form_end > container.size + 1 or not parts or _end(parts[-1]) not in (form_end, form_end + 1):
        raise BrokenTag("The file states another length than it has, so nothing is added to it.")
    place = min(form_end + form_size % 2, container.size)
    found = next((part for part in parts if part.name in _NAMES), None)
    if found is None:
        tag = patch_id3.empty(version)
        change(tag, texts)
        [whole] = patch_id3.splices(tag, 0, padding)
        new = _NEW[container.kind] + len(whole.new).to_bytes(4, byteorder) + whole.new
        changes = [
            Splice(place, place, bytes((place - container.start) % 2) + new + bytes(len(whole.new) % 2))
        ]
    else:
        changes = _in_chunk(descriptor, found, texts, padding, byteorder)
    size = max(form_size, place - container.start - 8) + growth(changes)
    if size > _MOST:
        raise BrokenTag("The file is too long for longer tags.")
    if size != form_size:
        changes.append(Splice(container.start + 4, container.start + 8, size.to_bytes(4, byteorder)))
    return changes


def _in_chunk(
    descriptor: int, found: Part, texts: Texts, padding: int, byteorder: Literal["little", "big"]
) -> list[Splice]:
    """A chunk of odd length has a byte behind it that is not counted."""
    data = os.pread(descriptor, found.end - found.body, found.body)
    tag = patch_id3.parse(data)
    change(tag, texts)
    changes = patch_id3.splices(tag, len(data), padding)
    if by := growth(changes):
        length = len(data) + by
        odd = len(os.pread(descriptor, len(data) % 2, found.end))
        last = changes.pop()
        changes.append(Splice(last.start, last.end + odd, last.new + bytes(length % 2)))
        changes.append(Splice(-4, 0, length.to_bytes(4, byteorder)))
    return [splice.moved(found.body) for splice in changes]


def _end(part: Part) -> int:
    return part.end + (part.end - part.body) % 2
