"""Sounds and programs that the tests of the analysis make for themselves."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

Floats = npt.NDArray[np.float32]

RATE = 22_050


def beats(seconds: float, samplerate: int = RATE, channels: int = 2, bpm: float = 120.0) -> Floats:
    """Kicks and hats over a chord of A minor: [n, channels]."""
    return np.tile(_beats(seconds, samplerate, bpm)[:, None], channels)


@cache
def _beats(seconds: float, samplerate: int, bpm: float) -> Floats:
    t = np.arange(round(seconds * samplerate)) / samplerate
    beat = 60 / bpm
    kick = 0.5 * np.sin(2 * np.pi * 55 * (t % beat)) * np.exp(-18 * (t % beat))
    hiss = np.random.default_rng(1).standard_normal(len(t))
    hat = hiss * (0.1 * np.exp(-60 * ((t + beat / 2) % beat)) + 0.1 * np.exp(-200 * (t % beat)) + 0.001)
    chord = sum(0.06 * np.sin(2 * np.pi * note * t) for note in (220.0, 261.63, 329.63))
    return np.asarray(kick + chord + hat, np.float32)


def write(path: Path, sound: Floats, samplerate: int = RATE, **format: Any) -> Path:
    """A file of any format that libsndfile writes; by the name's ending, unless told."""
    if path.suffix == ".opus":
        format = {"format": "OGG", "subtype": "OPUS", **format}
    soundfile.write(path, sound, samplerate, **format)
    return path


def program(path: Path, python: str) -> str:
    """An executable that stands in for ffmpeg. `answer(sound, rate)` writes a WAV as ffmpeg does."""
    head = f"""#!{sys.executable} -S
import os, signal, struct, sys, time
def answer(frames, rate=22050, stated=0xFFFFFFFF):
    out = sys.stdout.buffer
    out.write(b"RIFF" + struct.pack("<I", stated) + b"WAVE")
    out.write(b"fmt " + struct.pack("<IHHIIHH", 16, 3, 1, rate, 4 * rate, 4, 32))
    out.write(b"data" + struct.pack("<I", stated))
    out.write(struct.pack("<f", 0.25) * frames)
    out.flush()
"""
    path.write_text(head + python)
    path.chmod(0o755)
    return str(path)


def film(codec: bytes = b"mp4a", seconds: float = 3.0) -> bytes:
    """An MP4 file of one track of sound, without any samples."""

    def atom(kind: bytes, *parts: bytes) -> bytes:
        body = b"".join(parts)
        return (8 + len(body)).to_bytes(4, "big") + kind + body

    def number(value: int) -> bytes:
        return value.to_bytes(4, "big")

    description = atom(b"stsd", number(0), number(1), atom(codec, bytes(28)))
    media = atom(
        b"mdia",
        atom(b"hdlr", number(0), number(0), b"soun", bytes(12)),
        atom(b"minf", atom(b"stbl", description)),
    )
    header = atom(b"mvhd", bytes(12), number(1000), number(round(1000 * seconds)), bytes(80))
    return atom(b"ftyp", b"M4A ", bytes(4)) + atom(b"moov", header, atom(b"trak", media))
