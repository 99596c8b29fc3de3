"""What a file is, by its bytes: which container, for which decoder, protected or not, how long it says it is.

Nothing is decoded here, and nothing that a file says is trusted: reads stay inside the file, walks end.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from djtui.analysis import mpeg
from djtui.analysis.result import Unanalyzable
from djtui.library.regular_file import NotOpened, open_regular

_HEAD: Final = 1 << 16
_MOST_ATOMS: Final = 4096
_UNKNOWN_SIZE: Final = (0, 0xFFFFFFFF)
_PROTECTED: Final = frozenset({b"drms", b"drmi", b"enca", b"aavd"})  # FairPlay, Common Encryption, Audible
_ASF: Final = bytes.fromhex("3026B2758E66CF11A6D900AA0062CE6C")
_ASF_ENCRYPTION: Final = bytes.fromhex("FBB3112223BDD211B4B700A0C955FC6E")
_MP4_STARTS: Final = (b"ftyp", b"moov", b"mdat", b"wide", b"pnot")
_FFMPEG_ALONE: Final = (
    (b"MAC ", "Monkey's Audio"),
    (b"wvpk", "WavPack"),
    (b"TTA1", "True Audio"),
    (b"TTA2", "True Audio"),
    (b"MPCK", "Musepack"),
    (b"MP+", "Musepack"),
    (b"tBaK", "TAK"),
    (b"OFR ", "OptimFROG"),
    (b"DSD ", "DSD"),
    (b"FRM8", "DSD"),
    (b"ADIF", "AAC"),
    (b"#!AMR", "AMR"),
    (b".RMF", "RealAudio"),
    (b".ra\xfd", "RealAudio"),
    (b"\x0b\x77", "AC-3"),
    (b"\x7f\xfe\x80\x01", "DTS"),
    (b"\x1aE\xdf\xa3", "Matroska"),
    (b"FLV\x01", "Flash"),
)
_LIBSNDFILE: Final = (
    (b"fLaC", "FLAC"),
    (b"riff", "Wave64"),
    (b"RF64", "WAV"),
    (b"RIFX", "WAV"),
    (b"caff", "Core Audio"),
    (b".snd", "AU"),
    (b"Creative Voice File", "VOC"),
    (b"2BIT", "AVR"),
)


@dataclass(frozen=True, slots=True)
class Container:
    """What kind of sound file it is."""

    name: str
    ffmpeg_alone: bool = False
    """libsndfile cannot read it."""
    ffmpeg_better: bool = False
    """Both can, and ffmpeg is quicker."""
    seconds: float | None = None
    """How long the file says that it is."""
    cut: bool = False
    """Its end is missing."""
    protected: bool = False
    silent: bool = False
    """It could hold sound and has none: a film without a track of it."""


def open_file(path: str) -> int:
    """A file descriptor of a regular file, opened without waiting for anybody. Raises Unanalyzable."""
    try:
        return open_regular(path)
    except NotOpened as error:
        raise Unanalyzable(error.reason, error.sentence) from error


def recognize(descriptor: int) -> Container | None:
    """What a file is; None: nothing that is known to hold sound."""
    start = after_tags(descriptor)
    head = os.pread(descriptor, _HEAD, start)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return _wav(descriptor, start)
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return _aiff(descriptor, start)
    if head[:4] == b"OggS":
        return _ogg(descriptor, head)
    if head[4:8] in _MP4_STARTS:
        return _mp4(descriptor, start)
    if head[:16] == _ASF:
        return Container("Windows Media", ffmpeg_alone=True, protected=_ASF_ENCRYPTION in head)
    for magic, name in _LIBSNDFILE:
        if head.startswith(magic):
            return Container(name)
    for magic, name in _FFMPEG_ALONE:
        if head.startswith(magic):
            return Container(name, ffmpeg_alone=True)
    if head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xF6 == 0xF0:
        return Container("AAC", ffmpeg_alone=True)
    data, frame = mpeg_head(descriptor)
    return None if frame is None else Container("MP3", seconds=_mpeg_seconds(data, frame))


def mpeg_head(descriptor: int) -> tuple[bytes, mpeg.Frame | None]:
    """The file's first bytes after its tags, and the first MPEG frame in them."""
    data = os.pread(descriptor, _HEAD, after_tags(descriptor))
    return data, mpeg.first_frame(data)


def after_tags(descriptor: int) -> int:
    """Where the sound begins: behind ID3v2 tags, of which there may be several."""
    place = 0
    for _ in range(8):
        head = os.pread(descriptor, 10, place)
        if len(head) < 10 or head[:3] != b"ID3" or max(head[6:10]) > 127:
            break
        size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        place += 10 + size + (10 if head[5] & 0x10 else 0)
    return place


def _mpeg_seconds(data: bytes, frame: mpeg.Frame) -> float | None:
    """By its information frame; without one the length is a guess of the decoder's, from the bit rate."""
    information = mpeg.information(data, frame)
    if information is None or not information.frames:
        return None
    samples = information.frames * frame.samples - information.delay - information.padding
    return max(0, samples) / frame.samplerate


def _wav(descriptor: int, start: int) -> Container:
    size, rate = os.fstat(descriptor).st_size, 0
    for name, place, length in _chunks(descriptor, start + 12, "<"):
        if name == b"fmt ":
            rate = int.from_bytes(os.pread(descriptor, 4, place + 8), "little")
        if name == b"data" and rate and length not in _UNKNOWN_SIZE:
            return Container("WAV", seconds=length / rate, cut=place + length > size)
    return Container("WAV")


def _aiff(descriptor: int, start: int) -> Container:
    size, seconds = os.fstat(descriptor).st_size, None
    for name, place, length in _chunks(descriptor, start + 12, ">"):
        if name == b"COMM":
            seconds = _aiff_seconds(os.pread(descriptor, 18, place))
        if name == b"SSND" and length not in _UNKNOWN_SIZE:
            return Container("AIFF", seconds=seconds, cut=place + length > size)
    return Container("AIFF", seconds=seconds)


def _aiff_seconds(common: bytes) -> float | None:
    if len(common) < 18:
        return None
    _, frames, _, exponent, mantissa = struct.unpack(">hIhHQ", common)
    rate = mantissa * 2.0 ** ((exponent & 0x7FFF) - 16383 - 63) if exponent & 0x7FFF < 16383 + 32 else 0
    return float(frames / rate) if rate >= 1 else None


def _chunks(descriptor: int, place: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and length of each chunk of an IFF file."""
    for _ in range(_MOST_ATOMS):
        head = os.pread(descriptor, 8, place)
        if len(head) < 8:
            return
        name, length = struct.unpack(f"{order}4sI", head)
        yield name, place + 8, length
        place += 8 + length + length % 2


def _ogg(descriptor: int, head: bytes) -> Container:
    tail = os.pread(descriptor, _HEAD, max(0, os.fstat(descriptor).st_size - _HEAD))
    last = tail.rfind(b"OggS")
    ended = last >= 0 and len(tail) > last + 5 and bool(tail[last + 5] & 4)
    opus = b"OpusHead" in head[:256]
    return Container("Opus" if opus else "Ogg", ffmpeg_better=opus, cut=not ended)


def _mp4(descriptor: int, start: int) -> Container:
    size = os.fstat(descriptor).st_size
    film = _inside(descriptor, (start, size), b"moov")
    if film is None or film[1] > size:
        return Container("MP4", ffmpeg_alone=True, cut=True)
    seconds: float | None = None
    sounds: set[bytes] = set()
    for code, place, end in _atoms(descriptor, *film):
        if code == b"mvhd":
            seconds = _film_seconds(os.pread(descriptor, 32, place))
        elif code == b"trak":
            sounds |= _sounds(descriptor, (place, end))
    return Container(
        "MP4", ffmpeg_alone=True, seconds=seconds, protected=bool(sounds & _PROTECTED), silent=not sounds
    )


def _sounds(descriptor: int, track: tuple[int, int]) -> set[bytes]:
    """The codecs of a track of sound, as its sample descriptions name them; empty: it is another track."""
    handler = _inside(descriptor, track, b"mdia", b"hdlr")
    if handler is None or os.pread(descriptor, 12, handler[0])[8:] != b"soun":
        return set()
    descriptions = _inside(descriptor, track, b"mdia", b"minf", b"stbl", b"stsd")
    if descriptions is None:
        return {b"soun"}
    place, end = descriptions
    return {code for code, _, _ in _atoms(descriptor, place + 8, end)} or {b"soun"}


def _film_seconds(header: bytes) -> float | None:
    if len(header) < 32:
        return None
    scale, length = struct.unpack(">20xIQ" if header[0] == 1 else ">12xII12x", header)
    return length / scale if scale and length else None


def _inside(descriptor: int, span: tuple[int, int], *codes: bytes) -> tuple[int, int] | None:
    """The body of the first atom that is reached by these codes, one inside the other."""
    for code in codes:
        found = next(((p, e) for c, p, e in _atoms(descriptor, *span) if c == code), None)
        if found is None:
            return None
        span = found
    return span


def _atoms(descriptor: int, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Code, place of the body and end of each atom of an MP4 file between two places."""
    for _ in range(_MOST_ATOMS):
        if place + 8 > end:
            return
        head = os.pread(descriptor, 16, place)
        if len(head) < 8:
            return
        length, code = struct.unpack(">I4s", head[:8])
        body = place + 8
        if length == 1 and len(head) == 16:
            length, body = int.from_bytes(head[8:], "big"), place + 16
        elif length == 0:
            length = end - place
        if length < body - place:
            return
        yield code, body, place + length
        place += length
