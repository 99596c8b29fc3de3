"""Composing a dance track with a known tempo, key and first bar, as a score."""

from __future__ import annotations

import random
from dataclasses import dataclass

from djtui.demo.drums import STYLES, Style, strokes
from tests.accuracy.midi import DRUMS, Score

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
NAMES = "C Db D Eb E F Gb G Ab A Bb B".split()

KICK, SNARE, CLAP, HAT, OPEN_HAT, CRASH, SHAKER = 36, 38, 39, 42, 46, 49, 70
CHORDS, BASS, LEAD = 0, 1, 2

PADS = (89, 90, 91, 94, 95, 48, 50, 81, 62, 4, 16)
BASSES = (38, 39, 87, 33, 36)
LEADS = (80, 81, 82, 84, 5, 11, 88, 98)
KITS = (0, 8, 16, 24, 25, 25, 24)
CLAPPING = ("house", "techno", "trance", "trap")
FROM_THE_START = ("hiphop", "trap")
"""Styles whose chords don't wait for the end of an introduction."""

# Scale degrees of the chords of four bars. I-VI-III-VII has the notes of its relative major: hard on purpose.
PROGRESSIONS = {
    False: ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 4, 3), (0, 0, 3, 4), (0, 1, 4, 0), (0, 3, 0, 4)),
    True: ((0, 5, 2, 6), (0, 3, 5, 4), (0, 6, 5, 6), (0, 0, 3, 3), (0, 2, 5, 6), (0, 3, 0, 4)),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """What a track shall be."""

    style: str
    bpm: float
    root: int
    """The tonic, in semitones above C."""
    minor: bool
    bars: int
    lead_in: float
    """Beats of silence before the first bar."""
    seed: int

    @property
    def key(self) -> str:
        return NAMES[self.root] + ("m" if self.minor else "")


def compose(piece: Piece) -> Score:
    """Write the score: an introduction of drums, the music, a breakdown without drums, the music again."""
    return _Composer(piece).compose()


class _Composer:
    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self.random = random.Random(piece.seed)
        self.score = Score(piece.bpm)
        self.style: Style = STYLES[piece.style]
        self.scale = MINOR if piece.minor else MAJOR
        self.progression = self.random.choice(PROGRESSIONS[piece.minor])
        self.leading_note = piece.minor and self.random.random() < 0.4
        self.introduction = self.random.choice((4, 8))
        self.stabbing = self.random.random() < 0.8
        self.crashing = self.random.random() < 0.6
        middle = piece.bars // 2
        self.breakdown = range(middle, middle + self.random.choice((4, 8)))
        for channel, programs, volume in (
            (CHORDS, PADS, 80), (BASS, BASSES, 110), (LEAD, LEADS, 75), (DRUMS, KITS, 118),
        ):  # fmt: skip
            self.score.instrument(channel, self.random.choice(programs), volume)

    def compose(self) -> Score:
        for bar in range(self.piece.bars):
            if bar not in self.breakdown:
                self._drums(bar)
            chord = self._chord(self.progression[bar % 4])
            if bar >= self.introduction or self.piece.style in FROM_THE_START:
                self._chords(bar, chord)
            if bar >= self.introduction // 2:
                self._bass(bar, chord)
            if bar >= self.introduction * 2 and bar // 8 % 2 == 0:
                self._lead(bar, chord)
        return self.score

    def _drums(self, bar: int) -> None:
        style = self.style
        snare = CLAP if self.piece.style in CLAPPING else SNARE
        parts = (
            (KICK, style.kick, 0.95), (snare, style.snare, 0.95), (HAT, style.hat, 0.75),
            (OPEN_HAT, style.open_hat, 0.85), (SHAKER, style.shaker, 0.7),
        )  # fmt: skip
        for instrument, pattern, volume in parts:
            for beat, strength in strokes(pattern, bar, style.swing):
                human = self.random.uniform(-0.05, 0.05)
                self._note(DRUMS, instrument, strength * volume + human, bar, beat, 0.2)
        if self.crashing and bar in (self.introduction, self.breakdown.stop):
            self._note(DRUMS, CRASH, 0.8, bar, 0, 1)

    def _chords(self, bar: int, chord: list[int]) -> None:
        low = [60 + note for note in chord]
        if self.style.stabs and self.stabbing:
            for beat, strength in strokes(self.style.stabs, bar, self.style.swing):
                for note in low:
                    self._note(CHORDS, note, strength * 0.85, bar, beat, 0.35)
        else:
            for note in low:
                self._note(CHORDS, note, 0.67, bar, 0, 3.9)

    def _bass(self, bar: int, chord: list[int]) -> None:
        for beat, _ in strokes(self.style.bass, bar, self.style.swing):
            self._note(BASS, 36 + chord[0] % 12, 0.83, bar, beat, 0.4)

    def _lead(self, bar: int, chord: list[int]) -> None:
        for eighth in range(8):
            if self.random.random() < 0.6:
                own = self.random.random() < 0.7
                note = self.random.choice(chord if own else self._from_root())
                self._note(LEAD, 72 + note, 0.63, bar, eighth / 2, 0.4)

    def _chord(self, degree: int) -> list[int]:
        """A triad of the scale, in semitones above C; the fifth of a minor key may carry its leading note."""
        notes = []
        for step in (degree, degree + 2, degree + 4):
            octave, step = divmod(step, 7)
            notes.append(self.piece.root + self.scale[step] + 12 * octave)
        if degree == 4 and self.leading_note:
            notes[1] += 1
        return notes

    def _from_root(self) -> list[int]:
        return [self.piece.root + step for step in self.scale]

    def _note(self, channel: int, pitch: int, strength: float, bar: int, beat: float, beats: float) -> None:
        self.score.note(channel, pitch, strength, self.piece.lead_in + 4 * bar + beat, beats)
