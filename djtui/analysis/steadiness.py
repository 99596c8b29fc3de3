"""Whether the beats keep to a constant grid, drift around it, or change their tempo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from djtui.analysis import octave, ridge
from djtui.analysis.onset import RATE, Floats
from djtui.analysis.result import Options, Steadiness

Values = npt.NDArray[np.float64]

_CHUNK_BEATS: Final = 16
_BINS: Final = 96  # of a beat
_SHIFTS: Final = np.arange(-_BINS // 4, _BINS // 4 + 1)  # a chunk is looked for up to a quarter beat off
_CLEAR: Final = 0.5  # correlation with the whole, from which a chunk says something
_ON_GRID: Final = 0.015  # seconds: nobody hears a beat that is 15 ms off
_MOST: Final = 0.8  # of the clear chunks

_PIECE: Final = 24.0  # seconds: 48 beats, enough for 0.2 %
_LONG_PIECE: Final = 60.0
_MIX: Final = 20 * 60.0  # seconds from which a file is a mix
_LIVE: Final = 0.003  # relative: a piece's tempo that strays farther is not a machine's
_OTHER: Final = 0.025  # relative: from here it is another tempo
_LASTING: Final = 2  # pieces
_BLUR: Final = 3.0  # frames, 17 ms


@dataclass(frozen=True, slots=True)
class Piece:
    bpm: float
    pulse: float


@dataclass(frozen=True, slots=True)
class Course:
    """How the tempo goes."""

    steadiness: Steadiness
    bpm: float
    """The constant tempo; where it drifts the median, where it changes the one that lasts longest."""
    tempi: tuple[float, ...] = ()
    """Where it changes: all in order."""


def deviations(onsets: Floats, bpm: float) -> tuple[Values, Values]:
    """How late, in seconds, every 16 beats come against a constant grid; how clearly (-1 to 1) that is heard.

    Each chunk's onsets are folded over the beat and shifted over the fold of the whole.
    """
    period = 60 / bpm * RATE
    beats = np.arange(len(onsets)) / period
    chunks = (beats / _CHUNK_BEATS).astype(np.int64)
    place = chunks * _BINS + ((beats % 1) * _BINS).astype(np.int64)
    count = int(chunks[-1]) + 1
    onset_sums = np.bincount(place, np.maximum(onsets, 0), minlength=count * _BINS)
    folds = _centred(_smooth(onset_sums.reshape(count, _BINS).astype(np.float64)))
    whole = _centred(folds.sum(0, keepdims=True))[0]
    shifted = np.stack([np.roll(whole, shift) for shift in _SHIFTS], axis=1)
    match = folds @ shifted
    best = np.argmax(match, axis=1)
    return _SHIFTS[best] / _BINS * 60 / bpm, match[np.arange(count), best]


def keeps_grid(late: Values, clear: Values) -> bool:
    """Whether what `deviations` found is a constant grid, all along."""
    say = clear > _CLEAR
    return bool(say.mean() >= _MOST and on_grid(late, clear) >= _MOST)


def on_grid(late: Values, clear: Values) -> float:
    """The share of what is clear that lies on a constant grid."""
    say = clear > _CLEAR
    if not say.any():
        return 0.0
    return float(np.mean(np.abs(late[say] - np.median(late[say])) < _ON_GRID))


def wanders(late: Values, clear: Values) -> bool:
    """Whether the beats leave the grid little by little, as players do, not by leaps, as mishearing does."""
    say = late[clear > _CLEAR]
    return len(say) > 2 and on_grid(late, clear) < _MOST and bool(np.median(np.abs(np.diff(say))) < _ON_GRID)


def spread(late: Values, clear: Values) -> float:
    """The standard deviation of the clear chunks in ms, without the tenth that is farthest off."""
    say = late[clear > _CLEAR] if (clear > _CLEAR).any() else late
    off = np.sort(np.abs(say - np.median(say)))
    kept = off[: max(1, int(np.ceil(0.9 * len(off))))]
    return float(1000 * np.sqrt(np.mean(kept**2)))


def course(full: Floats, low: Floats, bpm: float, options: Options) -> Course | None:
    """How the tempo goes in a track that keeps to no grid; None: most pieces have no tempo at all."""
    pieces = [piece for piece in _pieces(full, low, options) if piece is not None]
    if len(pieces) < max(_LASTING, 0.5 * len(_starts(len(full)))):
        return None
    sections = _sections([piece.bpm for piece in pieces])
    if len(sections) > 1:
        longest = max(sections, key=len)
        return Course("changing", _octave_of(longest), tuple(_octave_of(section) for section in sections))
    tempi = np.array([_folded(piece.bpm, bpm) for piece in pieces])
    machine = np.mean(np.abs(tempi / np.median(tempi) - 1) < _LIVE) >= _MOST
    if machine:
        return Course("steady", _octave_of([piece.bpm for piece in pieces]))
    return Course("drifting", _folded(float(np.median(tempi)), _blurred_tempo(full, options)))


def _pieces(full: Floats, low: Floats, options: Options) -> Iterator[Piece | None]:
    length, _ = _piece_frames(len(full))
    for start in _starts(len(full)):
        part = full[start : start + length]
        guess = octave.guess(part, options)
        if guess.pulse < needed_pulse(len(part) / RATE):
            yield None
            continue
        line = ridge.follow(guess.bpm, ridge.correlated(part, low[start : start + length]), len(part))
        yield Piece(line.bpm, guess.pulse) if line else None


def _blurred_tempo(full: Floats, options: Options) -> float:
    """The tempo of a drifting track. Its bars are alike only if onsets are taken less exactly; else the slow
    octaves go unheard, for their multiples are the farthest off."""
    width = int(3 * _BLUR)
    kernel = np.exp(-0.5 * (np.arange(-width, width + 1) / _BLUR) ** 2)
    blurred = np.convolve(full, kernel / kernel.sum(), "same").astype(np.float32)
    parts = [blurred[start : start + _piece_frames(len(full))[0]] for start in _starts(len(full))]
    return float(np.median([octave.guess(part, options).bpm for part in parts]))


def needed_pulse(seconds: float) -> float:
    """The least pulse of music. It falls with the length: short noise looks regular by chance."""
    return 0.05 + 0.4 / float(np.sqrt(seconds))


def _piece_frames(count: int) -> tuple[int, int]:
    if count > _MIX * RATE:
        return int(_LONG_PIECE * RATE), int(_LONG_PIECE * RATE)
    return int(_PIECE * RATE), int(_PIECE * RATE / 2)


def _starts(frames: int) -> range:
    length, step = _piece_frames(frames)
    return range(0, max(1, frames - length + 1), step)


def _folded(bpm: float, towards: float) -> float:
    """A piece heard at another octave is the same tempo."""
    return min((bpm * factor for factor in (0.5, 1.0, 2.0)), key=lambda each: abs(np.log2(each / towards)))


def _octave_of(tempi: list[float]) -> float:
    """The median, in the octave that most of them were heard in."""
    usual = float(np.median(tempi))
    return float(np.median([_folded(tempo, usual) for tempo in tempi]))


def _sections(tempi: list[float]) -> list[list[float]]:
    """Runs of pieces of one tempo that last; what lies between two of them, or is met once, is left out."""
    runs = _runs([[tempo] for tempo in tempi])
    return _runs([run for run in runs if len(run) >= _LASTING])


def _runs(parts: list[list[float]]) -> list[list[float]]:
    """Neighbours of the same tempo, joined."""
    runs: list[list[float]] = []
    for part in parts:
        tempo = _octave_of(part)
        before = _octave_of(runs[-1]) if runs else 0.0
        if before and abs(_folded(tempo, before) / before - 1) < _OTHER:
            runs[-1].extend(part)
        else:
            runs.append(list(part))
    return runs


def _smooth(folds: Values) -> Values:
    kernel = np.exp(-0.5 * (np.arange(-4, 5) / 1.5) ** 2)
    wrapped = np.concatenate([folds[:, -4:], folds, folds[:, :4]], axis=1)
    return np.asarray(
        sum(weight * wrapped[:, at : at + _BINS] for at, weight in enumerate(kernel / kernel.sum()))
    )


def _centred(folds: Values) -> Values:
    """Without mean, of length 1: products of two are correlations."""
    folds = folds - folds.mean(1, keepdims=True)
    return np.asarray(folds / (np.linalg.norm(folds, axis=1, keepdims=True) + 1e-9))
