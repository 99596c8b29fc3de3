"""How to make the old file of the one that was written in its place."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final

_HEAD: Final = struct.Struct(">BQQq16s16sI")
_SPAN: Final = struct.Struct(">QII")
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Undo:
    """The spans that differ, with their old bytes. Sizes in bytes; hashes are BLAKE2b of 16 bytes."""

    old_size: int
    new_size: int
    old_mtime_ns: int
    old_hash: bytes
    new_hash: bytes
    spans: tuple[tuple[int, int, bytes], ...]
    """In the new file: place and length; and the old bytes that stood there."""

    def pack(self) -> bytes:
        """As bytes for a database: a head, and the spans compressed."""
        spans = b"".join(_SPAN.pack(place, length, len(old)) + old for place, length, old in self.spans)
        head = _HEAD.pack(
            _VERSION,
            self.old_size,
            self.new_size,
            self.old_mtime_ns,
            self.old_hash,
            self.new_hash,
            len(self.spans),
        )
        return head + zlib.compress(spans, 6)

    @classmethod
    def unpack(cls, data: bytes) -> Undo:
        """Of the bytes that `pack` made. Raises ValueError for others."""
        try:
            version, old_size, new_size, mtime, old_hash, new_hash, count = _HEAD.unpack_from(data)
            body = zlib.decompress(data[_HEAD.size :])
            spans, place = [], 0
            for _ in range(count):
                start, length, size = _SPAN.unpack_from(body, place)
                place += _SPAN.size
                spans.append((start, length, body[place : place + size]))
                place += size
        except (struct.error, zlib.error) as error:
            raise ValueError("not an undo record") from error
        if version != _VERSION or place != len(body):
            raise ValueError("not an undo record")
        return cls(old_size, new_size, mtime, old_hash, new_hash, tuple(spans))
