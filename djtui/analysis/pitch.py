"""Which pitches sound when: the spectral peaks of a track, kept so small that a two-hour mix
fits in about 12 MB.

Peaks are stored and not chroma, for what a pitch is called depends on the tuning, and the tuning is known
only when the whole track has been heard. From the peaks every frame's chroma (how strong each of the twelve
pitch classes is) can be folded at any time, for all registers or for the bass alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from djtui.analysis import fourier as fft

SAMPLERATE: Final = 11025
WINDOW: Final = 4096
HOP: Final = 2048
RATE: Final = SAMPLERATE / HOP
"""Frames a second. Frame `i` hears the sound around `(i + 1) / RATE` seconds, 0.37 s of it."""

_LOWEST: Final = 55.0
_HIGHEST: Final = 2100.0
"""Hz. Below are kick drums; above, harmonics outnumber fundamentals."""
_QUIETEST: Final = 4e-4
"""Of a frame's strongest peak, as power: 34 dB down."""

_LOWEST_NOTE: Final = 33  # MIDI: A1, 55 Hz
_NOTES: Final = 64  # up to C7, 2093 Hz
_BASS_NOTES: Final = 22  # up to F#3, 185 Hz
_OCTAVE: Final = 12
_TWELFTH: Final = 19
_UNPROVEN: Final = 0.05
"""What a low note without any overtone counts for, as a share of its power: a pure sub-bass, or a drum."""

_FIRST_BIN: Final = int(_LOWEST * WINDOW / SAMPLERATE) - 1
_LAST_BIN: Final = int(_HIGHEST * WINDOW / SAMPLERATE) + 2
_FRAMES_AT_ONCE: Final = 64  # 1 MB of samples: stays in the cache
_PEAKS_AT_ONCE: Final = 100_000

Chroma = NDArray[np.float32]
"""[frames, 12], C to B. The strongest class of each frame is 1; a silent frame is all 0."""


@dataclass(frozen=True, slots=True, eq=False)
class PitchFrames:
    """The peaks of all frames, one after the other."""

    pitch: NDArray[np.uint16]
    """In cents above MIDI note 0: A4 = 440 Hz is 6900."""
    strength: NDArray[np.float16]
    """Amplitude, of the strongest peak of its frame."""
    starts: NDArray[np.int64]
    """[frames + 1]: peaks `starts[i]` up to `starts[i + 1]` belong to frame `i`."""
    level: NDArray[np.float32]
    """[frames]: power between 55 and 2100 Hz."""

    def __len__(self) -> int:
        return len(self.level)

    def tuning(self) -> float:
        """How far the music is from A = 440 Hz, in cents, -50 to 50: the circular mean over all peaks."""
        treble = self.pitch > 100 * (_LOWEST_NOTE + _BASS_NOTES)
        cents = np.bincount(self.pitch[treble] % 100, self.strength[treble], minlength=100)
        around = np.exp(2j * np.pi * np.arange(100) / 100)
        return float(np.angle(cents @ around) * 50 / np.pi)

    def chroma(self, tuning: float) -> Chroma:
        """How strong each pitch class is. `tuning` in cents."""
        return self._fold(tuning, _NOTES)

    def bass(self, tuning: float) -> Chroma:
        """The same for the notes below 190 Hz."""
        return self._fold(tuning, _BASS_NOTES)

    def _fold(self, tuning: float, notes: int) -> Chroma:
        chroma = np.zeros((len(self), 12), np.float32)
        for first, last in self._stretches():
            roll = _without_drums(self._roll(first, last, tuning))
            for note in range(notes):
                chroma[first:last, (_LOWEST_NOTE + note) % 12] += roll[:, note]
        strongest = chroma.max(axis=1, keepdims=True)
        np.divide(chroma, strongest, out=chroma, where=strongest > 0)
        return chroma

    def _roll(self, first: int, last: int, tuning: float) -> NDArray[np.float32]:
        """[frames, 64]: how strong each note is. A peak that lies between two notes counts for little."""
        peaks = slice(int(self.starts[first]), int(self.starts[last]))
        frame = np.repeat(np.arange(last - first), np.diff(self.starts[first : last + 1]))
        semitones = (self.pitch[peaks].astype(np.float32) - np.float32(tuning)) / 100
        note = np.round(semitones)
        weight = self.strength[peaks] * np.cos(np.pi * (semitones - note)) ** 2
        place = frame * _NOTES + np.clip(note.astype(np.intp) - _LOWEST_NOTE, 0, _NOTES - 1)
        roll = np.bincount(place, weight, minlength=(last - first) * _NOTES)
        return roll.astype(np.float32).reshape(-1, _NOTES)

    def _stretches(self) -> Iterator[tuple[int, int]]:
        """Ranges of frames with about 100,000 peaks each, so that folding a mix costs no more memory."""
        first = 0
        while first < len(self):
            last = int(np.searchsorted(self.starts, self.starts[first] + _PEAKS_AT_ONCE, side="right")) - 1
            last = max(last, first + 1)
            yield first, last
            first = last


class Pitches:
    """Finds the peaks while the sound streams by."""

    def __init__(self) -> None:
        self._waiting: NDArray[np.float32] = np.zeros(0, np.float32)
        self._pitch: list[NDArray[np.uint16]] = []
        self._strength: list[NDArray[np.float16]] = []
        self._count: list[NDArray[np.int64]] = []
        self._level: list[NDArray[np.float32]] = []

    def feed(self, mono: NDArray[np.float32]) -> None:
        """Hear the next samples, at 11,025 Hz."""
        sound = np.concatenate([self._waiting, mono])
        if len(sound) < WINDOW:
            self._waiting = sound
            return
        windows = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP]
        for first in range(0, len(windows), _FRAMES_AT_ONCE):
            self._hear(windows[first : first + _FRAMES_AT_ONCE])
        self._waiting = sound[len(windows) * HOP :].copy()

    def result(self) -> PitchFrames:
        """What was heard. Sound shorter than one window (0.37 s) has no frames."""
        starts = np.concatenate([np.zeros(1, np.int64), *self._count]).cumsum()
        return PitchFrames(
            pitch=np.concatenate([np.zeros(0, np.uint16), *self._pitch]),
            strength=np.concatenate([np.zeros(0, np.float16), *self._strength]),
            starts=starts,
            level=np.concatenate([np.zeros(0, np.float32), *self._level]),
        )

    def _hear(self, windows: NDArray[np.float32]) -> None:
        spectrum = fft.rfft(windows * _BLACKMAN, axis=1)[:, _FIRST_BIN:_LAST_BIN]
        power = spectrum.real**2 + spectrum.imag**2
        strongest = power.max(axis=1, keepdims=True)
        middle = power[:, 1:-1]
        is_peak = (middle > power[:, :-2]) & (middle >= power[:, 2:]) & (middle > _QUIETEST * strongest)
        frame, place = np.nonzero(is_peak)

        left, centre, right = (np.log(power[frame, place + i] + 1e-30) for i in range(3))
        bend = np.minimum(left - 2 * centre + right, -1e-9)  # in single precision a flat peak may have none
        aside = 0.5 * (left - right) / bend
        height = np.exp(0.5 * (centre - 0.25 * (left - right) * aside - np.log(strongest[frame, 0])))
        pitch = _cents((_FIRST_BIN + 1 + place + aside) * SAMPLERATE / WINDOW)
        inside = (pitch > _cents(_LOWEST)) & (pitch < _cents(_HIGHEST))

        self._pitch.append(np.round(pitch[inside]).astype(np.uint16))
        self._strength.append(np.minimum(height[inside], 1).astype(np.float16))
        self._count.append(np.bincount(frame[inside], minlength=len(windows)))
        self._level.append(power.sum(axis=1))


def _cents(hertz: float | NDArray[np.floating]) -> NDArray[np.float64]:
    """Above MIDI note 0, where A4 = 440 Hz is note 69."""
    return 1200 * np.log2(np.asarray(hertz) / 440) + 6900


def _without_drums(roll: NDArray[np.float32]) -> NDArray[np.float32]:
    """Low notes weighed by their overtones, an octave and a twelfth above: a note has them, a kick drum or
    a snare, whose modes are no multiples of each other, has not."""
    low = roll[:, : _NOTES - _TWELFTH]
    overtones = np.maximum(roll[:, _OCTAVE : _OCTAVE + low.shape[1]], roll[:, _TWELFTH:])
    proven = np.sqrt(low * np.maximum(overtones, _UNPROVEN * low))
    return np.concatenate([proven, roll[:, low.shape[1] :]], axis=1)


_BLACKMAN: Final = np.blackman(WINDOW).astype(np.float32)
