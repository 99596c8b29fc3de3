"""MPEG audio (MP3) as bytes: its frames, and the information frame that an encoder may have put first.

An information frame looks like a frame of silence and holds a table: "Xing" or "Info" (LAME and most
others; see the "MP3 Info Tag" specification of the LAME project) or "VBRI" (Fraunhofer).
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from typing import Final, Literal

_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_LAYER_3, _LAYER_2, _LAYER_1 = 1, 2, 3
_KBIT: Final = {
    (True, _LAYER_1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, _LAYER_2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, _LAYER_3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, _LAYER_1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, _LAYER_2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, _LAYER_3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_IN_A_ROW: Final = 3  # frames that fit each other are no accident
_TAG_FLAGS: Final = ((1, 4), (2, 4), (4, 100), (8, 4))  # of a Xing table: a bit, and the bytes of its field
_VBRI_OFFSET: Final = 36


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: where it starts, its bytes, and the samples of each channel in it."""

    start: int
    length: int
    samples: int
    samplerate: int
    side_information: int
    """Offset of a Xing table from the frame's start."""
    stream: tuple[int, int]
    """What all frames of a stream share."""


@dataclass(frozen=True, slots=True)
class Information:
    """What an information frame says; None where it does not."""

    kind: Literal["Xing", "VBRI"]
    frames: int | None
    """Frames of music."""
    size: int | None
    """Bytes of the stream, the information frame included."""
    encoder: str = ""
    """"LAME3.100", "Lavc59.37"; empty: the part that LAME added to the table is not there."""
    delay: int = 0
    """Samples of silence that the encoder put before the music."""
    padding: int = 0
    """And after it."""
    checked: bool = False
    """The table's checksum is right."""


def frame_at(data: bytes | mmap.mmap, start: int) -> Frame | None:
    """The frame whose header stands at `start`; None: there is no valid one."""
    if start + 4 > len(data) or data[start] != 0xFF or data[start + 1] & 0xE0 != 0xE0:
        return None
    _, second, third, fourth = data[start : start + 4]
    version, layer = second >> 3 & 3, second >> 1 & 3
    bitrate, rate = third >> 4, third >> 2 & 3
    if version == 1 or layer == 0 or bitrate in (0, 15) or rate == 3:
        return None
    first_version = version == 3
    samplerate = _RATES[version][rate]
    bits = 1000 * _KBIT[first_version, layer][bitrate - 1]
    padding = third >> 1 & 1
    if layer == _LAYER_1:
        samples, length = 384, (12 * bits // samplerate + padding) * 4
    else:
        samples = 576 if layer == _LAYER_3 and not first_version else 1152
        length = samples // 8 * bits // samplerate + padding
    mono = fourth >> 6 == 3
    side = (17 if mono else 32) if first_version else (9 if mono else 17)
    checksum = 0 if second & 1 else 2
    return Frame(start, length, samples, samplerate, 4 + checksum + side, (second & 0xFE, third & 0x0C))


def first_frame(data: bytes | mmap.mmap, start: int = 0) -> Frame | None:
    """The first frame from `start` on that others like it follow; None: this is no MPEG audio."""
    place = data.find(b"\xff", start)
    while place >= 0:
        frame = frame_at(data, place)
        if frame is not None and _is_followed(data, frame):
            return frame
        place = data.find(b"\xff", place + 1)
    return None


def _is_followed(data: bytes | mmap.mmap, frame: Frame) -> bool:
    following = frame
    for _ in range(_IN_A_ROW - 1):
        place = following.start + following.length
        if place >= len(data) - 4:
            return following is not frame
        found = frame_at(data, place)
        if found is None or found.stream != frame.stream:
            return False
        following = found
    return True


def information(data: bytes, frame: Frame) -> Information | None:
    """What the frame says about the stream if it is an information frame, else None."""
    body = data[frame.start : frame.start + frame.length]
    if body[_VBRI_OFFSET : _VBRI_OFFSET + 4] == b"VBRI":
        size, frames = (_number(body, _VBRI_OFFSET + offset, 4) for offset in (10, 14))
        return Information("VBRI", frames, size)
    table = frame.side_information
    if body[table : table + 4] not in (b"Xing", b"Info"):
        return None
    flags = _number(body, table + 4, 4)
    place = table + 8
    fields: list[int | None] = []
    for bit, width in _TAG_FLAGS:
        fields.append(_number(body, place, 4) if flags & bit else None)
        place += width if flags & bit else 0
    encoder = body[place : place + 9].rstrip(b"\0 ").decode("latin-1")
    if not encoder or len(body) < place + 36:
        return Information("Xing", fields[0], fields[1])
    gaps = _number(body, place + 21, 3)
    checked = _number(body, place + 34, 2) == _crc16(body[: place + 34])
    return Information("Xing", fields[0], fields[1], encoder, gaps >> 12, gaps & 0xFFF, checked)


def count_frames(data: bytes | mmap.mmap, start: int) -> int:
    """How many frames stand in the data from `start` on, whatever lies between them."""
    frames, place = 0, start
    while (frame := frame_at(data, place)) is not None or (frame := first_frame(data, place)) is not None:
        frames += 1
        place = frame.start + frame.length
    return frames


def xing_frame(like: bytes, frames: int, size: int) -> bytes:
    """An information frame for a stream of `frames` frames and `size` bytes; `like`: its first frame."""
    header = bytearray(like[:4])
    header[1] |= 1  # without a checksum
    for bitrate in range(1, 15):
        header[2] = bitrate << 4 | like[2] & 0x0C
        frame = frame_at(bytes(header), 0)
        if frame is not None and frame.length >= frame.side_information + 16:
            table = b"Xing" + b"".join(number.to_bytes(4, "big") for number in (3, frames, size))
            return (bytes(header).ljust(frame.side_information, b"\0") + table).ljust(frame.length, b"\0")
    raise ValueError("not the first frame of an MPEG stream")


def restated(first: bytes, frame: Frame, frames: int, size: int) -> bytes:
    """An information frame (`first`, parsed as `frame`) with other numbers of frames and bytes."""
    changed = bytearray(first)
    table = frame.side_information
    flags, place = _number(first, table + 4, 4), table + 8
    for bit, number in ((1, frames), (2, size)):
        if flags & bit:
            changed[place : place + 4] = number.to_bytes(4, "big")
            place += 4
    return bytes(changed)


def _number(data: bytes, place: int, width: int) -> int:
    return int.from_bytes(data[place : place + width], "big")


def _crc16(data: bytes) -> int:
    """CRC-16/ARC, as LAME uses it."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
