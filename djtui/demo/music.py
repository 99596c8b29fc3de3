"""Made-up dance tracks whose tempo, key and first beat are known: to try djtui with, and to test it with.

Four bars are synthesised and then repeated, so a track costs about as much as writing it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from djtui.demo.drums import STYLES, Style, strokes
from djtui.model import key as keys

RATE: Final = 44_100
_BARS: Final = 4  # of the loop
_ARRANGED: Final = 16  # a track of so many bars has an introduction, a breakdown and an ending
_MAJOR: Final = (0, 2, 4, 5, 7, 9, 11)
_MINOR: Final = (0, 2, 3, 5, 7, 8, 10)
_PROGRESSIONS: Final = ((0, 3, 4, 0), (0, 0, 3, 4), (0, 3, 0, 4), (0, 5, 3, 4))
"""Scale degrees of the chords of four bars; all of them come home to the tonic."""

Sound = NDArray[np.float32]
"""Samples from -1 to 1: `[n]` of one channel, or `[n, 2]` left and right."""


def compose(
    bpm: float,
    key: str = "Am",
    style: str = "house",
    seconds: float = 60.0,
    seed: int = 0,
    *,
    start: float = 0.0,
    samplerate: int = RATE,
) -> Sound:
    """A track, `[n, 2]`. The same arguments give the same samples.

    Args:
        bpm: Beats a minute, exact.
        key: In any notation that `model.key` reads: "Am", "8A".
        style: One of `drums.STYLES`.
        seconds: The length, `start` included.
        seed: For another bass line, other chords, other noise.
        start: Seconds of silence before the first beat, which is a downbeat.
        samplerate: In Hz.

    Raises:
        ValueError: For a key or a style that there is not.
    """
    tonality = keys.parse(key)
    if tonality is None or style not in STYLES:
        raise ValueError(
            f"There is no key “{key}”, or no style “{style}”; the styles are {', '.join(STYLES)}."
        )
    band = _Band(bpm, tonality, STYLES[style], samplerate, np.random.default_rng(seed))
    drums, music = band.drums(), band.music()
    loops = {"drums": _clip(drums), "music": _clip(music), "both": _clip(drums + music)}
    sound = np.zeros((round(seconds * samplerate), 2), np.float32)
    bar = 4 * 60 / bpm * samplerate
    bars = max(0, int((len(sound) - start * samplerate) / bar + 1))
    for number, part in enumerate(_arrangement(bars)):
        at = round(start * samplerate + number * bar)
        from_loop = round(number % _BARS * bar)
        room = sound[at : at + int(bar) + 1]
        piece = loops[part][from_loop : from_loop + len(room)]
        room[: len(piece)] = piece
    return sound


def write(
    path: Path,
    bpm: float,
    key: str = "Am",
    style: str = "house",
    seconds: float = 60.0,
    seed: int = 0,
    *,
    start: float = 0.0,
    samplerate: int = RATE,
    channels: int = 2,
) -> None:
    """Write a track to a file: wav, aiff, flac, ogg or mp3, as its name ends. See `compose`."""
    sound = compose(bpm, key, style, seconds, seed, start=start, samplerate=samplerate)
    save(path, sound if channels == 2 else sound.mean(axis=1), samplerate)


def save(path: Path, sound: Sound, samplerate: int) -> None:
    """Write samples to a file, a second at a time: libsndfile's Vorbis encoder crashes on long pieces."""
    channels = 1 if sound.ndim == 1 else sound.shape[1]
    with soundfile.SoundFile(path, "w", samplerate, channels) as file:
        for at in range(0, len(sound), samplerate):
            file.write(sound[at : at + samplerate])


def _arrangement(bars: int) -> Sequence[str]:
    """What plays in each bar."""
    if bars < _ARRANGED:
        return ["both"] * bars
    middle = bars // 2 // _BARS * _BARS
    parts = ["both"] * bars
    parts[:_BARS] = parts[-_BARS:] = ["drums"] * _BARS
    parts[middle : middle + _BARS] = ["music"] * _BARS
    return parts


def _clip(sound: Sound) -> Sound:
    """Soft limiting, as loud as club music is."""
    return np.asarray(0.9 * np.tanh(1.5 * sound), np.float32)


class _Band:
    """Plays four bars that can be repeated: what rings on at their end rings on at their beginning."""

    def __init__(
        self, bpm: float, key: int, style: Style, samplerate: int, random: np.random.Generator
    ) -> None:
        self.beat = 60 / bpm * samplerate
        self.key = key
        self.style = style
        self.samplerate = samplerate
        self.random = random
        self.length = int(4 * _BARS * self.beat) + 1

    def drums(self) -> Sound:
        loop = self._silence()
        style = self.style
        parts = (
            (style.kick, self._kick()),
            (style.snare, self._snare()),
            (style.hat, 0.25 * self._hat(0.03)),
            (style.open_hat, 0.3 * self._hat(0.12)),
            (style.shaker, 0.15 * self._hat(0.02)),
        )
        for pattern, sound in parts:
            for bar in range(_BARS):
                for beat, strength in strokes(pattern, bar, style.swing):
                    self._play(loop, bar, beat, np.float32(strength) * sound[:, None])
        return loop

    def music(self) -> Sound:
        loop = self._silence()
        minor = self.key >= 12
        scale = _MINOR if minor else _MAJOR
        progression = self.random.choice(_PROGRESSIONS)
        brightness = self.random.uniform(0.4, 0.8)
        for bar, degree in enumerate(progression):
            notes = [
                self.key % 12 + scale[(degree + step) % 7] + 12 * ((degree + step) // 7) for step in (0, 2, 4)
            ]
            bass = 0.3 * self._tone(36 + notes[0] % 12, 0.45, 0.5)[:, None]
            for beat, strength in strokes(self.style.bass, bar, self.style.swing):
                self._play(loop, bar, beat, np.float32(strength) * bass)
            stabs = strokes(self.style.stabs, bar, self.style.swing) if self.style.stabs else [(0.0, 0.6)]
            chord = self._chord(notes, 0.4 if self.style.stabs else 3.9, brightness)
            for beat, strength in stabs:
                self._play(loop, bar, beat, np.float32(strength) * chord)
        return loop

    def _chord(self, notes: Sequence[int], beats: float, brightness: float) -> Sound:
        """The notes from left to right."""
        chord = np.zeros((int(beats * self.beat), 2), np.float32)
        for note, right in zip(notes, (0.3, 0.5, 0.7), strict=True):
            tone = 0.25 * self._tone(60 + note, beats, brightness)
            chord[:, 0] += (1 - right) * tone
            chord[:, 1] += right * tone
        return chord

    def _tone(self, pitch: int, beats: float, brightness: float) -> Sound:
        """A note (60: middle C) of eight partials, each softer than the one below by `brightness`."""
        frequency = 440 * 2 ** ((pitch - 69) / 12)
        turn = np.arange(2048) / 2048 * 2 * np.pi
        partials = [k for k in range(1, 9) if k * frequency < self.samplerate / 2.2]
        wave = np.sum([brightness ** (k - 1) * np.sin(k * turn) for k in partials], axis=0)
        time = np.arange(int(beats * self.beat))
        position = (time * (frequency / self.samplerate * 2048)).astype(np.int32) & 2047
        edge = min(len(time) // 4, self.samplerate // 200)
        shape = np.linspace(1, 0.5, len(time), dtype=np.float32)
        shape[:edge] *= np.linspace(0, 1, edge, dtype=np.float32)
        shape[len(time) - edge :] *= np.linspace(1, 0, edge, dtype=np.float32)
        return np.asarray(wave[position] * shape, np.float32)

    def _kick(self) -> Sound:
        """A sine that falls from 170 to 50 Hz."""
        t = self._time(0.25)
        return np.asarray(
            np.sin(2 * np.pi * (50 * t + 4 * (1 - np.exp(-30 * t)))) * np.exp(-10 * t), np.float32
        )

    def _snare(self) -> Sound:
        t = self._time(0.2)
        noise = self.random.standard_normal(len(t)) * 0.25
        return np.asarray((noise + 0.3 * np.sin(2 * np.pi * 190 * t)) * np.exp(-20 * t), np.float32)

    def _hat(self, decay: float) -> Sound:
        """Noise, the low part of it taken away."""
        t = self._time(4 * decay)
        noise = np.diff(self.random.standard_normal(len(t) + 1)) * 0.5
        return np.asarray(noise * np.exp(-t / decay), np.float32)

    def _time(self, seconds: float) -> NDArray[np.float64]:
        return np.arange(int(seconds * self.samplerate)) / self.samplerate

    def _silence(self) -> Sound:
        return np.zeros((self.length, 2), np.float32)

    def _play(self, loop: Sound, bar: int, beat: float, sound: Sound) -> None:
        at = round((4 * bar + beat) * self.beat)
        before_end = min(len(sound), self.length - at)
        loop[at : at + before_end] += sound[:before_end]
        loop[: len(sound) - before_end] += sound[before_end:]
