"""The first frame of an MP3, where an encoder has put a table into it ("Xing", "Info"): the sound in brief.

After the "MP3 Info Tag" specification of the LAME project, and to the same figures as mutagen, which looks at
single bits and takes ten times as long. MPEG audio of other kinds is left to it.
"""

from __future__ import annotations

import re
from typing import Final

from djtui.files.tags_chunks import Stream

_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KBIT: Final = {
    True: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_FIRST_VERSION, _LAYER_3, _MONO = 3, 1, 3
_FRAMES, _BYTES, _PLACES, _QUALITY = 1, 2, 4, 8
_FIELDS: Final = ((_PLACES, 100), (_QUALITY, 4))
_ENCODER: Final = 20
_LAME: Final = re.compile(rb"(?=LAME|L3\.99)[EMAL]*(\d)\.*(\d+)")
_VERSION_END: Final = 9
_WITH_SILENCE: Final = (3, 90)
_SILENCE: Final = 21
_LAME_END: Final = 36


def of_first_frame(data: bytes) -> Stream | None:
    """What the table in the frame at the start of `data` says; None: there is none that tells the length."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return None
    _, second, third, fourth = data[:4]
    version, bitrate, rate = second >> 3 & 3, third >> 4, third >> 2 & 3
    if version == 1 or second >> 1 & 3 != _LAYER_3 or bitrate in (0, 15) or rate == 3:
        return None
    first, mono = version == _FIRST_VERSION, fourth >> 6 == _MONO
    samplerate, bits = _RATES[version][rate], 1000 * _KBIT[first][bitrate - 1]
    per_frame = 1152 if first else 576
    length = per_frame // 8 * bits // samplerate + (third >> 1 & 1)
    at = 4 + ((17 if mono else 32) if first else (9 if mono else 17))
    if data[at : at + 4] not in (b"Xing", b"Info"):
        return None
    flags = int.from_bytes(data[at + 4 : at + 8], "big")
    if not flags & _FRAMES:
        return None
    samples = per_frame * int.from_bytes(data[at + 8 : at + 12], "big")
    at += 12
    if flags & _BYTES:
        size = max(0, int.from_bytes(data[at : at + 4], "big") - length)
        bits = round(size * 8 * samplerate / samples) if samples else bits
        at += 4
    at += sum(width for flag, width in _FIELDS if flags & flag)
    if at > len(data):
        return None
    samples = max(0, samples - _silence(data[at : at + _LAME_END]))
    return Stream("MP3", samples / samplerate, bits, samplerate, 1 if mono else 2)


def _silence(lame: bytes) -> int:
    """How many samples the encoder has put before and behind the music, as LAME notes it behind the table."""
    version = _LAME.match(lame[:_ENCODER])
    if version is None or len(lame) < _LAME_END or version.end() > _VERSION_END or lame[_VERSION_END] >> 4:
        return 0
    if (int(version[1]), int(version[2])) < _WITH_SILENCE:
        return 0
    both = int.from_bytes(lame[_SILENCE : _SILENCE + 3], "big")
    return (both >> 12) + (both & 0xFFF)
