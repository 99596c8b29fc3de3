"""Vorbis comments, changed one by one: all others keep their bytes and order.

After the Vorbis I specification §5.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from djtui.files import tag_values as values
from djtui.files.frames_id3 import Texts
from djtui.files.id3_frames import BrokenTag
from djtui.files.tag_names import RATING_OF_WINDOWS, VORBIS


@dataclass(slots=True)
class Comments:
    """A vendor, comments "NAME=value" and what follows them, all of it as bytes."""

    vendor: bytes
    entries: list[bytes]
    tail: bytes = b""

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Names and values."""
        for entry in self.entries:
            name, _, value = entry.partition(b"=")
            yield name.decode("latin-1"), value.decode("utf-8", "replace")

    def pack(self) -> bytes:
        """Without the tail."""
        parts = [struct.pack("<I", len(self.vendor)), self.vendor, struct.pack("<I", len(self.entries))]
        for entry in self.entries:
            parts += (struct.pack("<I", len(entry)), entry)
        return b"".join(parts)

    def value(self, name: str) -> str | None:
        """The values of a name as one text."""
        found = (entry for entry in self.entries if _name(entry) == name)
        return values.text(entry.partition(b"=")[2].decode("utf-8", "replace") for entry in found)

    def put(self, name: str, text: str | None) -> None:
        """In place of the first of that name, else at the end; None: away with all of them."""
        at = next((number for number, entry in enumerate(self.entries) if _name(entry) == name), None)
        spelled = name.encode() if at is None else self.entries[at].partition(b"=")[0]
        kept = [entry for entry in self.entries if _name(entry) != name]
        if text is not None:
            kept.insert(len(kept) if at is None else at, spelled + b"=" + text.encode())
        self.entries = kept


def parse(data: bytes) -> Comments:
    """Raises `BrokenTag`."""
    try:
        place = 0
        vendor, place = _counted(data, place)
        (number,) = struct.unpack_from("<I", data, place)
        place += 4
        entries = []
        for _ in range(number):
            entry, place = _counted(data, place)
            entries.append(entry)
    except (struct.error, ValueError) as error:
        raise BrokenTag("The comments of the file are damaged.") from error
    return Comments(vendor, entries, data[place:])


def change(comments: Comments, texts: Texts, *, opus: bool = False) -> None:
    """Make the changes: under the field's first name, and under other names that said the same."""
    for field, text in texts.items():
        if field in ("track", "disc"):
            first, second = values.pair(text)
            _write(comments, field, None if first is None else str(first))
            _write(comments, f"{field}_of", None if second is None else str(second))
        elif field == "rating":
            _rating(comments, int(text or 0))
        elif field == "replaygain" and opus:
            number = values.number(text)
            comments.put("R128_TRACK_GAIN", None if number is None else values.r128_of_gain(number))
            if text is None or comments.value("REPLAYGAIN_TRACK_GAIN") is not None:
                comments.put("REPLAYGAIN_TRACK_GAIN", text)
        else:
            _write(comments, field, text)


def _write(comments: Comments, field: str, text: str | None) -> None:
    names = VORBIS[field]
    old = next((value for name in names if (value := comments.value(name))), None)
    for name in names:
        there = comments.value(name)
        if text is None or name == names[0] or (there is not None and there == old):
            comments.put(name, text)


def _rating(comments: Comments, stars: int) -> None:
    scale = values.scale_of(comments.value("RATING"))
    comments.put("RATING", scale(stars) if stars else None)
    if comments.value(RATING_OF_WINDOWS) is not None:
        comments.put(RATING_OF_WINDOWS, values.windows_scale(stars) if stars else None)


def _name(entry: bytes) -> str:
    return entry.partition(b"=")[0].decode("latin-1").upper()


def _counted(data: bytes, place: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from("<I", data, place)
    end = place + 4 + length
    if end > len(data):
        raise ValueError("longer than the data")
    return data[place + 4 : end], end
