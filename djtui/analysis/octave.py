"""Which of the tempi that fit is the one that people tap: 70 or 140, 87 or 174.

Each tempo from 60 to 215 BPM is scored by the autocorrelation of the onsets at fractions and multiples of its
beat. The score is a log-likelihood (conditional logit): its exponentials, made to sum to 1, say how likely
each tempo is. The range of the settings and the genre add to it, mildly: clear evidence prevails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from djtui.analysis.onset import RATE, Floats
from djtui.analysis.result import Options
from djtui.analysis.ridge import autocorrelation

Values = npt.NDArray[np.float64]

SLOWEST: Final = 60.0
FASTEST: Final = 215.0
BEATS: Final = (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16)
TEMPI: Final[Values] = np.exp2(np.arange(np.log2(SLOWEST), np.log2(FASTEST), 1 / 350))

# Learnt from 258 tracks of known tempo (176 generated in 11 styles; 82 songs, tunes and loops), each against
# all other tempi of the list, with a ridge penalty: 14 numbers. In 8-fold cross-validation 256 of them come
# out right, and 249 if nothing of a track's style is learnt from.
_WEIGHTS: Final = np.array([3.8, 12.1, 6.7, 21.2, 11.3, 24.5, 18.7, 31.8, 20.6, 28.0, 24.9, 22.9])
_SLOPE: Final = 19.6  # for each octave above 128 BPM: slow tempi have the peaks of the fast ones, too
_CURVE: Final = -24.7  # for each octave squared

_OUTSIDE: Final = -1.5  # outside of the settings' range
_GENRE: Final = 2.5  # at the genre's own tempi
_SAME: Final = 0.03  # tempi so near (relative) are one
_LIKELY: Final = 0.05  # another tempo worth naming

GENRES: Final[tuple[tuple[str, float, float], ...]] = (
    ("drum & bass|drum and bass|drum'n'bass|drum n bass|drum n' bass|dnb|d&b|jungle|neurofunk", 160, 185),
    ("footwork|juke", 150, 170),
    ("hardcore|gabber|speedcore", 160, 215),
    ("hardstyle|hard trance", 140, 165),
    ("dubstep|grime|riddim|trap", 130, 155),
    ("garage|2-step|2 step|breakbeat|breaks", 122, 142),
    ("psytrance|psy-trance|goa", 135, 150),
    ("trance|techno", 122, 150),
    ("house|disco|electro", 110, 135),
    ("reggaeton|dembow|moombahton", 84, 115),
    ("hip-hop|hip hop|hiphop|rap|boom bap|r&b|rnb|lo-fi|lofi|downtempo|trip hop|trip-hop", 70, 110),
    ("reggae|dub", 65, 100),
)
"""Words of a genre, and its usual tempi. The first line that has a word of it counts."""


@dataclass(frozen=True, slots=True)
class Guess:
    bpm: float
    """To half a percent."""
    confidence: float
    pulse: float
    """How much more alike sound is after 2, 4, 8 and 16 beats than after any time: noise 0, a metronome 1."""
    others: tuple[float, ...]
    """Tempi that are likely as well, the likeliest first."""


def guess(onsets: Floats, options: Options) -> Guess:
    """The likeliest tempo of normalised onsets, however unlikely that is."""
    alike = _alike(onsets)
    octaves = np.log2(TEMPI / 128)
    score = alike @ _WEIGHTS + _SLOPE * octaves + _CURVE * octaves**2 + preference(options)
    likely = np.exp(score - score.max())
    likely /= likely.sum()

    best = int(np.argmax(likely))
    pulses = alike[:, [BEATS.index(beat) for beat in (2, 4, 8, 16)]].mean(1)
    rest = likely.copy()
    others: list[float] = []
    for _ in range(3):
        top = TEMPI[int(np.argmax(rest))]
        same = np.abs(TEMPI / top - 1) < _SAME
        if rest[same].sum() < _LIKELY:
            break
        others.append(float(top))
        rest[same] = 0
    same = np.abs(TEMPI / TEMPI[best] - 1) < _SAME
    return Guess(
        bpm=float(TEMPI[best]),
        confidence=float(likely[same].sum()),
        pulse=float(pulses[best] - np.median(pulses)),
        others=tuple(others[1:]),
    )


def preference(options: Options) -> Values:
    """The log-likelihood that settings and genre add to each of TEMPI."""
    low, high = options.octave
    added = np.where((low > TEMPI) | (high < TEMPI), _OUTSIDE, 0.0)
    usual = genre_range(options.genre)
    if usual:
        added = added + np.where((usual[0] <= TEMPI) & (usual[1] >= TEMPI), _GENRE, 0.0)
    return added


def genre_range(genre: str | None) -> tuple[float, float] | None:
    """The usual tempi of a genre as tags have it; None: unknown."""
    folded = (genre or "").casefold()
    for words, low, high in GENRES:
        if any(word in folded for word in words.split("|")):
            return low, high
    return None


def _alike(onsets: Floats) -> Values:
    """[TEMPI, BEATS]: the autocorrelation at each multiple of each tempo's beat, the highest near by."""
    lags = 60 / TEMPI[:, None] * RATE * np.array(BEATS)
    correlation = autocorrelation(onsets, int(lags.max()) + 20)
    place = np.arange(len(correlation))
    return np.asarray(np.max([np.interp(lags * near, place, correlation) for near in _NEAR], axis=0))


_NEAR: Final = np.exp2(np.array([-0.5, -0.25, 0, 0.25, 0.5]) / 350)  # up to half-way to the next tempo
