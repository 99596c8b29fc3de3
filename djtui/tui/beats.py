"""What a DJ does to a tempo and a beat grid by hand: tap it, double and halve it, move it. Pure functions.

A track is an image, as `tracks.images` has it: its columns, and "cues", a list of cue rows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from itertools import pairwise
from statistics import median
from typing import Any, Final

from djtui.library.typed import FASTEST, SLOWEST
from djtui.model.cue import CueType

Image = Mapping[str, Any]

LOCKED: Final = "It is locked: its tempo and beat grid stay. Unlock it first (e, lock: no)."
NO_TEMPO: Final = "It has no tempo yet: b taps one, a has it analysed."
NO_GRID: Final = "It has no beat grid, and none was heard: a has it analysed."
FIRST: Final = "Its beat grid cannot begin before the track does."

_TYPE, _START, _GRID_BPM = 0, 1, 6  # in a cue row
_KEPT: Final = 16  # intervals
_PAUSE_S: Final = 3.0
_BAR: Final = 4  # beats


class BeatError(Exception):
    """A tempo or a beat grid cannot be changed so; the message is a sentence."""


class Taps:
    """The tempo of a hand that taps. After a pause of three seconds it begins anew."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=_KEPT + 1)
        self.count = 0

    def tap(self, at: float) -> None:
        """A tap, at a time in seconds."""
        since = at - self._times[-1] if self._times else 0.0
        if since > _PAUSE_S:
            self._times.clear()
            self.count = 0
        if self._times and since < 60 / FASTEST:
            return  # a key that bounced
        self._times.append(at)
        self.count += 1

    @property
    def bpm(self) -> float | None:
        """By the median of the last intervals, so that one that was missed does not matter; None: too few."""
        intervals = [after - before for before, after in pairwise(self._times)]
        return round(60 / median(intervals), 1) if intervals else None


def with_bpm(image: Image, bpm: float) -> dict[str, Any]:
    """The fields of a track that is to have a tempo. Raises `BeatError`."""
    if image["locked"]:
        raise BeatError(LOCKED)
    return {"bpm": bpm}


def scaled(image: Image, factor: float) -> dict[str, Any]:
    """The fields of a track that is to be so many times as fast, the tempi of its grid too.

    Raises `BeatError`.
    """
    if image["bpm"] is None:
        raise BeatError(NO_TEMPO)
    bpm = round(image["bpm"] * factor, 6)
    if not SLOWEST <= bpm <= FASTEST:
        raise BeatError(f"{bpm:g} BPM would be no tempo: it lies between {SLOWEST} and {FASTEST}.")
    return with_bpm(image, bpm) | _with_cues(image, lambda cue: _at(cue, bpm=factor))


def shifted(image: Image, ms: float = 0.0, beats: int = 0) -> dict[str, Any]:
    """The fields of a track whose beat grid is to lie later, by milliseconds or by beats.

    A grid of one marker that would come to begin before the track is moved on by a bar: that is the same
    grid. Raises `BeatError`.
    """
    markers = [cue for cue in image["cues"] or () if cue[_TYPE] == CueType.GRID]
    if not markers:
        raise BeatError(NO_GRID)
    if image["locked"]:
        raise BeatError(LOCKED)
    first = min(markers, key=lambda cue: float(cue[_START]))
    bpm = first[_GRID_BPM] or image["bpm"]
    if beats and not bpm:
        raise BeatError(NO_TEMPO)
    move = ms + (beats * 60_000 / bpm if bpm else 0.0)
    if first[_START] + move < 0:
        if len(markers) > 1 or not bpm:
            raise BeatError(FIRST)
        move += _BAR * 60_000 / bpm
    return _with_cues(image, lambda cue: _at(cue, later=move))


def first_marker(image: Image) -> float | None:
    """Where the grid begins, in ms; None without one."""
    return min((cue[_START] for cue in image["cues"] or () if cue[_TYPE] == CueType.GRID), default=None)


def _with_cues(image: Image, change: Any) -> dict[str, Any]:
    """The cues with all grid markers changed; nothing where there are none."""
    cues = [list(cue) for cue in image["cues"] or ()]
    if not any(cue[_TYPE] == CueType.GRID for cue in cues):
        return {}
    return {"cues": [change(cue) if cue[_TYPE] == CueType.GRID else cue for cue in cues]}


def _at(cue: list[Any], *, later: float = 0.0, bpm: float = 1.0) -> list[Any]:
    moved = list(cue)
    moved[_START] = round(cue[_START] + later, 6)
    if cue[_GRID_BPM] is not None:
        moved[_GRID_BPM] = round(cue[_GRID_BPM] * bpm, 6)
    return moved
