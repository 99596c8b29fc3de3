"""Just enough of the Standard MIDI File format (1.0, one track) to hand a score to a synthesiser."""

from __future__ import annotations

import struct
from pathlib import Path

TICKS = 480
DRUMS = 9
"""The channel that General MIDI keeps for percussion: its pitches are instruments."""


class Score:
    """Notes of up to 16 instruments at one tempo, times in beats."""

    def __init__(self, bpm: float) -> None:
        self._tempo = round(60e6 / bpm)
        self._events: list[tuple[int, int, bytes]] = []

    @property
    def bpm(self) -> float:
        """The exact tempo: the format keeps whole microseconds a beat."""
        return 60e6 / self._tempo

    def instrument(self, channel: int, program: int, volume: int) -> None:
        """Choose a channel's instrument (General MIDI, from 0) and volume (to 127)."""
        self._add(0, 0, bytes((0xC0 | channel, program)))
        self._add(0, 0, bytes((0xB0 | channel, 7, volume)))

    def note(self, channel: int, pitch: int, strength: float, beat: float, beats: float) -> None:
        """Play a pitch (60: middle C) at a strength of 0 to 1."""
        velocity = max(1, min(127, round(strength * 127)))
        start, length = round(beat * TICKS), max(20, round(beats * TICKS))
        self._add(start, 2, bytes((0x90 | channel, pitch, velocity)))
        self._add(start + length, 1, bytes((0x80 | channel, pitch, 0)))

    def write(self, path: Path) -> None:
        """Write the file. At one time, notes end before others begin."""
        track = bytearray(b"\x00\xff\x51\x03" + self._tempo.to_bytes(3, "big"))
        now = 0
        for tick, _, message in sorted(self._events):
            track += _variable_length(tick - now) + message
            now = tick
        track += b"\x00\xff\x2f\x00"
        header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS)
        path.write_bytes(header + b"MTrk" + struct.pack(">I", len(track)) + track)

    def _add(self, tick: int, order: int, message: bytes) -> None:
        self._events.append((tick, order, message))


def _variable_length(number: int) -> bytes:
    """Seven bits a byte, the highest first, bit 7 set on all but the last."""
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(number & 0x7F | 0x80)
    return bytes(reversed(digits))
