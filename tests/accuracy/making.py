"""The generated part of the truth set: dance tracks and tunes. Each is decided by number and edition alone.

What was tuned on one edition is judged on another. In edition 0 the music begins with a bar; in all others
half of the dance tracks begin anywhere in one, as if their start had been cut off.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from djtui.demo.drums import STYLES
from tests.accuracy import tunes
from tests.accuracy.composing import Piece, compose
from tests.accuracy.rendering import FORMATS, RATE, Sound, encode, master, play, varispeed
from tests.accuracy.truth import Truth

TRACKS, TUNES = 176, 64
_EDITION = 10_000
LONG_EVERY = 22  # every so many tracks one lasts four minutes
FOUR_TO_THE_FLOOR = ("house", "techno", "trance")


def dance_tracks(folder: Path, known: frozenset[str], edition: int = 0) -> Iterator[Truth]:
    """Make the dance tracks that are not yet known."""
    for number in range(TRACKS):
        plan = _Plan(number, folder, edition)
        if str(plan.path) not in known:
            yield plan.make()


def folk_tunes(folder: Path, known: frozenset[str], edition: int = 0) -> Iterator[Truth]:
    """Make the tunes that are not yet known. Those without drums are for their key only."""
    for number in range(TUNES):
        choose = random.Random(2000 + number + _EDITION * edition)
        waltz = number % 4 == 3
        tune = tunes.Tune(
            bpm=choose.randint(88, 152),
            root=number * 7 % 12,
            minor=number // 12 % 2 == 1,
            beats_a_bar=3 if waltz else 4,
            drums=not waltz and number % 4 != 2,
            periods=choose.choice((3, 4)),
            seed=number + _EDITION * edition,
        )
        format = list(FORMATS)[number % len(FORMATS)]
        path = folder / f"tune-{number:03}-{tune.key}.{FORMATS[format][0]}"
        if str(path) in known:
            continue
        score = tunes.compose(tune)
        sound = master(play(score), 1.5)
        encode(sound, RATE, path, format, RATE)
        yield Truth(
            path=str(path),
            group="tune",
            style="waltz" if waltz else "",
            format=format,
            bpm=score.bpm if tune.drums else None,
            octave_known=True,
            key=tune.key,
            first_beat=0.0 if tune.drums else None,
            downbeat=0.0 if tune.drums else None,
            duration=len(sound) / RATE,
        )


class _Plan:
    """One dance track."""

    def __init__(self, number: int, folder: Path, edition: int) -> None:
        choose = random.Random(1000 + number + _EDITION * edition)
        names = list(STYLES)
        style = names[number % len(names)]
        low, high = STYLES[style].tempi
        bpm = choose.uniform(low, high)
        seconds = 240 if number % LONG_EVERY == LONG_EVERY - 1 else choose.choice((60, 75, 90, 100))
        bpm = round(bpm, 0 if choose.random() < 0.5 else 2)
        self.piece = Piece(
            style=style,
            bpm=bpm,
            root=number * 7 % 12,
            minor=choose.random() < 0.6,
            bars=round(seconds * bpm / 240),
            lead_in=choose.choice((0, 0, 0.5, 1, 0.37, 2.25)),
            seed=number + _EDITION * edition,
        )
        self.format = list(FORMATS)[number // 2 % len(FORMATS)]
        self.cents = choose.choice((0, 0, 0, 0, -25, 18, 31, -15))
        """The pitch fader: changes tempo and tuning at once."""
        self.layered = style in FOUR_TO_THE_FLOOR and choose.random() < 0.5
        self.drive = choose.choice((1.2, 2, 3))
        self.rate = choose.choice((RATE, RATE, 48_000))
        self.cut = choose.uniform(0, 4) if edition and number % 2 else 0.0
        """Beats that are missing at the start."""
        self.path = folder / f"{number:03}-{style}-{self.piece.key}.{FORMATS[self.format][0]}"

    def make(self) -> Truth:
        score = compose(self.piece)
        sound = play(score)
        if self.layered:
            self._layer_kicks(sound, 60 / score.bpm)
        played_at = varispeed(self.cents)
        cut = round((self.piece.lead_in + self.cut) * 60 / score.bpm * RATE) if self.cut else 0
        sound = sound[cut:]
        encode(master(sound, self.drive), played_at, self.path, self.format, self.rate)
        bpm = score.bpm * played_at / RATE
        start = self.piece.lead_in * 60 / bpm - cut / played_at
        return Truth(
            path=str(self.path),
            group="synth",
            style=self.piece.style,
            format=self.format,
            bpm=bpm,
            octave_known=True,
            key=self.piece.key,
            first_beat=start % (60 / bpm) if cut else start,
            downbeat=start % (240 / bpm) if cut else start,
            duration=len(sound) / played_at,
        )

    def _layer_kicks(self, sound: Sound, beat: float) -> None:
        """A synthetic bass drum on every beat, silent in the middle, as club music has it."""
        t = np.arange(RATE // 4) / RATE
        kick = 0.8 * np.sin(2 * np.pi * (50 * t + 5 * (1 - np.exp(-30 * t)))) * np.exp(-9 * t)
        middle = self.piece.bars // 2
        for number in range(self.piece.bars * 4):
            start = round((number + self.piece.lead_in) * beat * RATE)
            if not middle <= number // 4 < middle + 4 and start + len(kick) < len(sound):
                sound[start : start + len(kick)] += kick[:, None]
