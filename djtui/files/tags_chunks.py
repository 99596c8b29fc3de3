"""What WAV and AIFF files say of their sound, and the tags in their chunks."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import Final

from djtui.files import tags_id3
from djtui.files.container import Container, Part, chunks
from djtui.files.tags_id3 import Found

ID3_CHUNKS: Final = (b"ID3 ", b"id3 ")
_UNKNOWN_SIZE: Final = (0, 0xFFFFFFFF)
_EXTENSIBLE: Final = 0xFFFE
_WAV_CODECS: Final = {1: "PCM", 2: "ADPCM", 3: "PCM float", 0x11: "ADPCM", 0x55: "MP3"}
_AIFC_FLOATS: Final = (b"fl32", b"FL32", b"fl64", b"FL64")
_MOST_RATE: Final = 1 << 24


class Damaged(Exception):
    """A file without a description of its sound."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What a file says of its sound. Units as in `Tags`."""

    codec: str
    duration: float | None
    bitrate: int | None
    samplerate: int | None
    channels: int | None
    bits: int | None = None


def of_wav(descriptor: int, container: Container) -> tuple[Stream, Found]:
    """The sound and the tags; ID3 counts before the list INFO. Raises `Damaged`."""
    size = container.size
    form, length, said, info = b"", 0, Found(), Found()
    for part in chunks(descriptor, container.start + 12, "<"):
        if part.name == b"fmt ":
            form = os.pread(descriptor, min(part.end - part.body, 40), part.body)
        elif part.name == b"data":
            length = _length(part, size)
        elif part.name == b"LIST" and os.pread(descriptor, 4, part.body) == b"INFO":
            info = tags_id3.of_info(descriptor, part.body + 4, min(part.end, size))
        elif part.name in ID3_CHUNKS:
            said = tags_id3.of_id3(descriptor, part.body, min(part.end, size))
    if len(form) < 16:
        raise Damaged
    code, channels, rate, bytes_a_second, _, bits = struct.unpack_from("<HHIIHH", form)
    if code == _EXTENSIBLE and len(form) >= 26:
        (code,) = struct.unpack_from("<H", form, 24)
    duration = length / bytes_a_second if bytes_a_second else None
    stream = Stream(_WAV_CODECS.get(code, "PCM"), duration, 8 * bytes_a_second, rate, channels, bits)
    return stream, info | {name: value for name, value in said.items() if value is not None}


def of_aiff(descriptor: int, container: Container) -> tuple[Stream, Found]:
    """The sound and the tags. Raises `Damaged`."""
    common, said = b"", Found()
    for part in chunks(descriptor, container.start + 12, ">"):
        if part.name == b"COMM":
            common = os.pread(descriptor, min(part.end - part.body, 22), part.body)
        elif part.name in ID3_CHUNKS:
            said = tags_id3.of_id3(descriptor, part.body, min(part.end, container.size))
    if len(common) < 18:
        raise Damaged
    channels, frames, bits, exponent, mantissa = struct.unpack_from(">HIHHQ", common)
    power = (exponent & 0x7FFF) - 16383 - 63
    rate = round(mantissa * 2.0**power) if -64 <= power <= 0 else 0
    if not 0 < rate < _MOST_RATE:
        raise Damaged
    codec = "PCM float" if common[18:22] in _AIFC_FLOATS else "PCM"
    return Stream(codec, frames / rate, rate * channels * bits, rate, channels, bits), said


def _length(part: Part, size: int) -> int:
    """Of a stream that was never told its length it is all to the end of the file."""
    stated = part.end - part.body
    return size - part.body if stated in _UNKNOWN_SIZE or part.end > size else stated
