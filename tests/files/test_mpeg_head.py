"""The table in an MP3's first frame gives the figures that mutagen gives."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from mutagen.mp3 import HeaderNotFoundError, MPEGInfo

from djtui.files.mpeg_head import of_first_frame
from tests.files.sounds import made

NUMBER = st.one_of(st.integers(0, 5000), st.integers(0, 0xFFFFFFFF))
LAME = st.one_of(
    st.sampled_from(
        [
            b"LAME3.100",
            b"LAME3.90 (alpha)",
            b"LAME3.89r",
            b"L3.99r1",
            b"Lavc59.37",
            b"LAME4",
            b"LAME3.9999999",
        ]
    ),
    st.binary(max_size=20),
)


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """A frame of any version, rate and mode, with any table."""
    second = 0xE2 | draw(st.sampled_from((0, 2, 3))) << 3 | draw(st.integers(0, 1))
    third = draw(st.integers(1, 14)) << 4 | draw(st.integers(0, 2)) << 2 | draw(st.integers(0, 3))
    fourth = draw(st.integers(0, 255))
    first, mono = second >> 3 & 3 == 3, fourth >> 6 == 3
    flags = draw(st.integers(0, 15))
    fields = b"".join(struct.pack(">I", draw(NUMBER)) for flag in (1, 2) if flags & flag)
    fields += bytes(100) if flags & 4 else b""
    fields += struct.pack(">I", draw(NUMBER)) if flags & 8 else b""
    side = (17 if mono else 32) if first else (9 if mono else 17)
    name = draw(st.sampled_from([b"Xing", b"Info"]))
    lame = draw(LAME).ljust(draw(st.sampled_from([0, 9, 20])), b"\0") + draw(st.binary(max_size=30))
    table = name + struct.pack(">I", flags) + fields + lame
    return bytes([0xFF, second, third, fourth]) + bytes(side) + table + bytes(draw(st.sampled_from([0, 400])))


@given(frames())
def test_any_table_is_read_as_mutagen_reads_it(data: bytes) -> None:
    found = of_first_frame(data)
    if found is None:
        return
    event("read")
    info = MPEGInfo(BytesIO(data), offset=0)
    assert (found.codec, found.duration) == ("MP3", info.length)
    assert (found.bitrate, found.samplerate, found.channels) == (
        info.bitrate,
        info.sample_rate,
        info.channels,
    )


def test_a_real_file_is_read_by_its_table() -> None:
    data = made("mp3")
    info = MPEGInfo(BytesIO(data), offset=0)
    found = of_first_frame(data[:512])
    assert found is not None
    assert (found.duration, found.bitrate) == (info.length, info.bitrate)


def test_what_has_no_table_is_left_to_others() -> None:
    assert of_first_frame(b"") is None
    assert of_first_frame(b"\xff\xfb\x90\x64" + bytes(500)) is None
    with pytest.raises(HeaderNotFoundError):
        MPEGInfo(BytesIO(b"\xff\xfb\x90"), offset=0)
    assert of_first_frame(b"\xff\xfb\x90") is None
