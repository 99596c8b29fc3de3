"""FLAC's metadata blocks, after RFC 9639 §8: what they say of the sound, and its Vorbis comments.

mutagen reads them too, the covers in full.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from djtui.files import patch_vorbis, tags_other
from djtui.files.container import Container
from djtui.files.id3_frames import BrokenTag
from djtui.files.tags_chunks import Damaged, Stream
from djtui.files.tags_id3 import Found

STREAM, PADDING, COMMENT, PICTURE = 0, 1, 4, 6
LAST: Final = 0x80
HEAD: Final = 4


@dataclass(frozen=True, slots=True)
class Block:
    """A metadata block, its head included."""

    code: int
    start: int
    end: int

    def body(self, descriptor: int) -> bytes:
        """Its bytes without the head."""
        return os.pread(descriptor, self.end - self.start - HEAD, self.start + HEAD)


def blocks(descriptor: int, container: Container) -> Iterator[Block]:
    """All of them. Raises `BrokenTag` where the file ends inside them."""
    place = container.start + 4
    while True:
        head = os.pread(descriptor, HEAD, place)
        end = place + HEAD + int.from_bytes(head[1:], "big")
        if len(head) < HEAD or end > container.size:
            raise BrokenTag("The FLAC ends inside its metadata.")
        yield Block(head[0] & ~LAST, place, end)
        if head[0] & LAST:
            return
        place = end


def of_flac(descriptor: int, container: Container) -> tuple[Stream, Found]:
    """The sound and the tags. Raises `Damaged` or `BrokenTag`."""
    stream: Stream | None = None
    comments: list[tuple[str, str]] = []
    cover = False
    for block in blocks(descriptor, container):
        if block.code == STREAM:
            stream = _stream(block.body(descriptor))
        elif block.code == COMMENT and not comments:
            comments = list(patch_vorbis.parse(block.body(descriptor)).pairs())
        cover = cover or block.code == PICTURE
    if stream is None:
        raise Damaged
    return stream, tags_other.of_vorbis(comments, cover=cover)


def _stream(body: bytes) -> Stream:
    """20 bits of rate, 3 of channels, 5 of bits a sample, 36 of samples; the last three less one."""
    packed = int.from_bytes(body[10:18], "big")
    rate = packed >> 44
    if len(body) < 18 or not rate:
        raise Damaged
    return Stream(
        "FLAC",
        duration=(packed & ((1 << 36) - 1)) / rate,
        bitrate=None,
        samplerate=rate,
        channels=(packed >> 41 & 7) + 1,
        bits=(packed >> 36 & 31) + 1,
    )
