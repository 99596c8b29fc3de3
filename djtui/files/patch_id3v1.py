"""The ID3v1 tag: the last 128 bytes of an MP3. It is kept in step where it is there, and never added."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mutagen.id3 import TCON

from djtui.files import tag_values as values
from djtui.files.splices import Splice

_LENGTH: Final = 128
_PLACES: Final = {"title": (3, 33), "artist": (33, 63), "album": (63, 93), "date": (93, 97)}
_GENRES: Final = [genre.lower() for genre in TCON.GENRES]
_NO_GENRE: Final = 255


@dataclass(frozen=True, slots=True)
class Id3v1:
    """The tag's bytes, and where they begin in the file."""

    start: int
    data: bytes

    def texts(self) -> dict[str, str | None]:
        """What it says, by field."""
        found = {field: _text(self.data[place:end]) for field, (place, end) in _PLACES.items()}
        numbered = self.data[125] == 0 and self.data[126] != 0
        found["comment"] = _text(self.data[97 : 125 if numbered else 127])
        found["track"] = str(self.data[126]) if numbered else None
        genre = self.data[127]
        found["genre"] = TCON.GENRES[genre] if genre < len(TCON.GENRES) else None
        return {field: text for field, text in found.items() if text is not None}


def of_id3v1(descriptor: int, size: int) -> Id3v1 | None:
    """The tag at the end of a file; None: there is none."""
    start = size - _LENGTH
    data = os.pread(descriptor, _LENGTH, start) if start >= 0 else b""
    return Id3v1(start, data) if data[:3] == b"TAG" else None


def id3v1_splices(old: Id3v1 | None, texts: Mapping[str, str | None]) -> list[Splice]:
    """The changes that keep it in step: what it has no room for is cut off."""
    if old is None:
        return []
    new = bytearray(old.data)
    for field, text in texts.items():
        if field in _PLACES:
            place, end = _PLACES[field]
            new[place:end] = _raw(text, end - place)
        elif field == "comment":
            numbered = new[125] == 0 and new[126] != 0
            end = 125 if numbered else 127
            new[97:end] = _raw(text, end - 97)
        elif field == "track":
            number = values.pair(text)[0] or 0
            if number or new[125] == 0:
                new[125:127] = bytes([0, number if number < 256 else 0])
        elif field == "genre":
            known = text is not None and text.lower() in _GENRES
            new[127] = _GENRES.index(str(text).lower()) if known else _NO_GENRE
    return [Splice(old.start, old.start + _LENGTH, bytes(new))] if new != old.data else []


def _text(raw: bytes) -> str | None:
    return values.text([raw.partition(b"\0")[0].decode("latin-1")])


def _raw(text: str | None, length: int) -> bytes:
    return (text or "").encode("latin-1", "replace")[:length].ljust(length, b"\0")
