"""What a sound file is by its bytes, whatever its name says; and the walks through its parts.

Nothing that a file says is trusted: reads stay inside the file, every walk ends.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from djtui.library.regular_file import NotOpened, open_regular

Kind = Literal["mp3", "flac", "mp4", "vorbis", "opus", "wav", "aiff", "wma"]

Reason = Literal[
    "missing",  # no such file (any more)
    "not a file",  # a folder, a pipe, a device
    "unreadable",  # no right to read it, an I/O error
    "empty",  # 0 bytes
    "unknown",  # no sound file that djtui knows
    "damaged",  # a sound file, but it is broken
]

SPOKEN: Final[dict[Kind, str]] = {
    "mp3": "MP3",
    "flac": "FLAC",
    "mp4": "MP4",
    "vorbis": "Ogg Vorbis",
    "opus": "Opus",
    "wav": "WAV",
    "aiff": "AIFF",
    "wma": "Windows Media",
}
EXTENSIONS: Final[dict[Kind, tuple[str, ...]]] = {
    "mp3": ("mp3", "mp2", "mpga"),
    "flac": ("flac",),
    "mp4": ("m4a", "mp4", "alac", "m4b", "m4p", "m4r", "aac"),
    "vorbis": ("ogg", "oga"),
    "opus": ("opus", "ogg", "oga"),
    "wav": ("wav", "wave", "bwf"),
    "aiff": ("aif", "aiff", "aifc"),
    "wma": ("wma", "asf"),
}
SOUND_EXTENSIONS: Final = frozenset(name for names in EXTENSIONS.values() for name in names)

_HEAD: Final = 512
_MOST_PARTS: Final = 4096
_MP4_STARTS: Final = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
ASF_HEADER: Final = bytes.fromhex("3026B2758E66CF11A6D900AA0062CE6C")
ASF_DATA: Final = bytes.fromhex("3626B2758E66CF11A6D900AA0062CE6C")


class Unreadable(Exception):
    """A file whose tags cannot be read: a reason for the statistics, a sentence for the DJ."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(reason, sentence)  # as arguments, so that it survives pickling
        self.reason = reason
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class Container:
    """What a file is, and the byte at which it begins: ID3 tags may stand before any format."""

    kind: Kind
    start: int
    size: int
    """Of the file, in bytes."""
    head: bytes = field(default=b"", repr=False, compare=False)
    """What it begins with."""


def open_sound(path: str) -> int:
    """A descriptor of a regular file, opened without waiting for anybody. Raises `Unreadable`."""
    try:
        return open_regular(path)
    except NotOpened as error:
        raise Unreadable(error.reason, error.sentence) from error


def recognize(descriptor: int) -> Container:
    """What a file is by its content. Raises `Unreadable`.

    What begins like nothing known may still be MPEG audio behind rubbish: only a look for frames can tell,
    so it is called "mp3" here, and who reads the frames decides.
    """
    size = os.fstat(descriptor).st_size
    if size == 0:
        raise Unreadable("empty", "The file is empty.")
    head = os.pread(descriptor, _HEAD, 0)
    start = 0
    if head[:3] == b"ID3" and (start := after_id3(descriptor)):
        head = os.pread(descriptor, _HEAD, start)
    kind = _kind(head)
    if kind is None:
        raise Unreadable("unknown", "This is no sound file that djtui knows.")
    return Container(kind, start, size, head)


def _kind(head: bytes) -> Kind | None:
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[:4] == b"OggS":
        return "opus" if b"OpusHead" in head else "vorbis" if b"\x01vorbis" in head else None
    if head[4:8] in _MP4_STARTS:
        return "mp4"
    if head[:16] == ASF_HEADER:
        return "wma"
    if head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xF6 == 0xF0:
        return None  # AAC without a container
    return "mp3"


def misnamed(path: str, kind: Kind) -> str | None:
    """A sentence where the extension says something else than the content; None: they agree."""
    extension = os.path.splitext(path)[1][1:]  # noqa: PTH122 - an eighth of the time
    if extension.lower() in EXTENSIONS[kind]:
        return None
    called = f"is called .{extension}" if extension else "has no extension"
    return f"The file {called} and is {SPOKEN[kind]}."


def after_id3(descriptor: int) -> int:
    """Where the sound begins: behind ID3v2 tags, of which there may be several."""
    place = 0
    for _ in range(8):
        head = os.pread(descriptor, 10, place)
        if len(head) < 10 or head[:3] != b"ID3" or max(head[6:10]) > 127:
            break
        size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        place += 10 + size + (10 if head[5] & 0x10 else 0)
    return place


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk, an atom or an object of a file: its name, where its head and its body begin, its end."""

    name: bytes
    start: int
    body: int
    end: int


def chunks(descriptor: int, place: int, order: Literal["<", ">"]) -> Iterator[Part]:
    """The chunks of a RIFF ("<") or IFF (">") file; `place`: behind the form's name."""
    for _ in range(_MOST_PARTS):
        head = os.pread(descriptor, 8, place)
        if len(head) < 8:
            return
        name, length = struct.unpack(f"{order}4sI", head)
        yield Part(name, place, place + 8, place + 8 + length)
        place += 8 + length + length % 2


def atoms(descriptor: int, place: int, end: int) -> Iterator[Part]:
    """The atoms of an MP4 file between two places."""
    for _ in range(_MOST_PARTS):
        head = os.pread(descriptor, 16, place)
        if place + 8 > end or len(head) < 8:
            return
        length, name = struct.unpack(">I4s", head[:8])
        body = place + 8
        if length == 1 and len(head) == 16:
            length, body = int.from_bytes(head[8:], "big"), place + 16
        elif length == 0:
            length = end - place
        if length < body - place:
            return
        yield Part(name, place, body, place + length)
        place += length


def asf_objects(descriptor: int, place: int, end: int) -> Iterator[Part]:
    """The objects of an ASF file between two places."""
    for _ in range(_MOST_PARTS):
        head = os.pread(descriptor, 24, place)
        if place + 24 > end or len(head) < 24:
            return
        length = int.from_bytes(head[16:], "little")
        if length < 24:
            return
        yield Part(head[:16], place, place + 24, place + length)
        place += length


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an Ogg file."""

    start: int
    body: int
    end: int
    flags: int
    """1: begins inside a packet, 2: first of its stream, 4: last of it."""
    granule: int
    serial: bytes
    sequence: int
    lacing: bytes
    """Lengths of the packets' pieces; below 255: the packet ends with it."""


def page_at(descriptor: int, place: int) -> Page | None:
    """The Ogg page that begins at a place; None: there is none."""
    head = os.pread(descriptor, 27 + 255, place)
    if len(head) < 27 or head[:5] != b"OggS\0":
        return None
    lacing = head[27 : 27 + head[26]]
    if len(lacing) < head[26]:
        return None
    body = place + 27 + len(lacing)
    granule, sequence = struct.unpack_from("<q4xI", head, 6)
    return Page(place, body, body + sum(lacing), head[5], granule, head[14:18], sequence, lacing)


def pages(descriptor: int, place: int) -> Iterator[Page]:
    """The Ogg pages from a place on, until something else comes."""
    while (page := page_at(descriptor, place)) is not None:
        yield page
        place = page.end
