"""What speaks for a key: scales, chords and habits of music, as numbers.

The scales are weighted by how often a degree sounds. The other numbers are the weights of a conditional
logit over the 24 keys (McFadden, 1973), fitted to 565 pieces whose key is known: generated club music, rock
songs as analysed by de Clercq and Temperley (2011), folk tunes of the Nottingham database, chorales of Bach,
most of them rendered with drums. The weights of the scale, of the tonic and of the first chord stay much the
same whichever of these is left out; those of iv, v, VI and VII in minor depend on the club music.

Keys and chords are numbered alike: 0..11 C to B major, 12..23 C to B minor.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]

_MAJOR_SCALE: Final = (1.0, 0, 0.6, 0, 0.85, 0.65, 0, 0.95, 0, 0.65, 0, 0.5)
_MINOR_SCALE: Final = (1.0, 0, 0.5, 0.8, 0, 0.65, 0, 0.9, 0.6, 0, 0.6, 0.15)

_IN_MAJOR: Final = {"I": 4.0, "ii": 1.2, "iii": 0.0, "IV": 2.0, "V": 2.8, "vi": 2.8}
_IN_MINOR: Final = {"i": 5.1, "III": -1.7, "iv": -0.8, "v": -1.7, "V": 2.1, "VI": 2.0, "VII": 2.2}
"""What a chord says for a key, if the music had no other. A chord that is not named says nothing; those below
zero are in the scale as well, but are more often at home in another key: III in the relative major."""

SCALE: Final = 9.4
"""For a correlation of 1 between the music's notes and the scale's."""
MINOR: Final = 1.0
"""Of two keys with the same evidence: the chords of a major key collect more."""
FIRST: Final = 1.9
"""When the first clear chord is the tonic's: loops and songs begin at home."""
LAST: Final = 1.0
"""When the last chord has the tonic for its root; a piece in minor may well end in major."""

_STEPS_OF_MAJOR: Final = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
_STEPS_OF_MINOR: Final = {"I": 0, "II": 2, "III": 3, "IV": 5, "V": 7, "VI": 8, "VII": 10}


def _scales() -> Table:
    scales = np.array([_MAJOR_SCALE, _MINOR_SCALE])
    scales -= scales.mean(axis=1, keepdims=True)
    scales /= np.linalg.norm(scales, axis=1, keepdims=True)
    return np.stack([np.roll(scale, tonic) for scale in scales for tonic in range(12)])


def _functions() -> Table:
    functions = np.zeros((2, 12, 2, 12))  # mode and tonic of the key; mode and root of the chord
    for mode, (table, steps) in enumerate(((_IN_MAJOR, _STEPS_OF_MAJOR), (_IN_MINOR, _STEPS_OF_MINOR))):
        for degree, weight in table.items():
            for tonic in range(12):
                root = (tonic + steps[degree.upper()]) % 12
                functions[mode, tonic, int(degree.islower()), root] = weight
    return functions.reshape(24, 24)


SCALES: Final = _scales()
"""[keys, pitch classes]: each row less its mean, of length 1."""
FUNCTIONS: Final = _functions()
"""[keys, chords]"""
