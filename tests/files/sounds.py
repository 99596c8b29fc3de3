"""Small sound files of every format, made once a session."""

from __future__ import annotations

import shutil
import struct
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import soundfile

LIBSNDFILE = ("mp3", "flac", "ogg", "opus", "wav", "aiff")
FFMPEG = ("m4a", "wma")
HAND_MADE = ("mp4", "asf")
RATE = 48_000
SECONDS = 1.0


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="djtui-sounds-")


@cache
def made(extension: str) -> bytes:
    """A second of noise as a file of this extension. Skips where it takes ffmpeg and there is none."""
    path = Path(_folder().name) / f"made.{extension}"
    if extension == "mp4":
        return film(np.random.default_rng(1).bytes(60_000))
    if extension == "asf":
        return windows_media(np.random.default_rng(1).bytes(60_000))
    if extension in FFMPEG:
        if not shutil.which("ffmpeg"):
            pytest.skip("needs ffmpeg")
        made("wav")
        source = Path(_folder().name) / "made.wav"
        codec = "aac" if extension == "m4a" else "wmav2"
        subprocess.run(["ffmpeg", "-v", "error", "-i", source, "-c:a", codec, path], check=True)
    else:
        noise = np.random.default_rng(1).standard_normal((round(SECONDS * RATE), 2)) * 0.1
        form = {"format": "OGG", "subtype": "OPUS"} if extension == "opus" else {}
        soundfile.write(path, noise, RATE, **form)
    return path.read_bytes()


def sound(folder: Path, extension: str, name: str = "track") -> Path:
    """A copy of it in a folder."""
    path = folder / f"{name}.{extension}"
    path.write_bytes(made(extension))
    return path


def atom(kind: bytes, *parts: bytes) -> bytes:
    """An atom of MP4."""
    body = b"".join(parts)
    return (8 + len(body)).to_bytes(4, "big") + kind + body


def film(samples: bytes, *, first: bytes = b"moov") -> bytes:
    """An MP4 file whose one chunk of sound is where its table says; `first`: moov or mdat."""
    entry = atom(
        b"mp4a", bytes(6), b"\0\1", bytes(8), struct.pack(">HHHHI", 2, 16, 0, 0, RATE << 16), atom(b"free")
    )
    description = atom(b"stsd", bytes(4), struct.pack(">I", 1), entry)

    def head(offset: int) -> bytes:
        tables = atom(b"stbl", description, atom(b"stco", bytes(4), struct.pack(">II", 1, offset)))
        media = atom(
            b"mdia",
            atom(b"mdhd", bytes(12), struct.pack(">II", RATE, RATE), bytes(4)),
            atom(b"hdlr", bytes(8), b"soun", bytes(12)),
            atom(b"minf", tables),
        )
        parts = [atom(b"mvhd", bytes(12), struct.pack(">II", 1000, 1000), bytes(80)), atom(b"trak", media)]
        return atom(b"moov", *parts)

    kind = atom(b"ftyp", b"M4A ", bytes(4))
    if first == b"mdat":
        return kind + atom(b"mdat", samples) + head(len(kind) + 8)
    return kind + head(len(kind) + len(head(0)) + 8) + atom(b"mdat", samples)


def chunk_of(data: bytes) -> bytes:
    """What the table of an MP4 file points to."""
    place = data.index(b"stco") + 12
    (offset,) = struct.unpack_from(">I", data, place)
    return data[offset : offset + 1000]


def windows_media(samples: bytes) -> bytes:
    """An ASF file of one stream of sound."""

    def thing(name: str, body: bytes) -> bytes:
        return bytes.fromhex(name) + struct.pack("<Q", 24 + len(body)) + body

    def properties(size: int) -> bytes:
        body = (
            bytes(16)
            + struct.pack("<Q", size)
            + bytes(16)
            + struct.pack("<QQQ", 10_000_000, 0, 0)
            + bytes(16)
        )
        return thing("A1DCAB8C47A9CF118EE400C00C205365", body)

    form = struct.pack("<HHIIHHH", 0x161, 2, RATE, 16_000, 1, 16, 0)
    kinds = bytes.fromhex("409E69F84D5BCF11A8FD00805F5C442B") + bytes(16)
    stream = thing(
        "9107DCB7B7A9CF118EE600C00C205365", kinds + bytes(8) + struct.pack("<IIHI", len(form), 0, 1, 0) + form
    )
    data = thing("3626B2758E66CF11A6D900AA0062CE6C", bytes(26) + samples)

    def head(size: int) -> bytes:
        return thing(
            "3026B2758E66CF11A6D900AA0062CE6C", struct.pack("<IBB", 2, 1, 2) + properties(size) + stream
        )

    return head(len(head(0)) + len(data)) + data
