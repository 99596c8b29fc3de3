"""Musical keys and their three notations.

A key is Traktor's number: 0..11 are C, D♭, D … B major, 12..23 the same tonics in minor
(MUSICAL_KEY VALUE in collection.nml). Camelot and Open Key are the circle of fifths, numbered
from different hours: a step of one hour is seven semitones.
"""

from __future__ import annotations

import re
from typing import Final, Literal

Notation = Literal["musical", "camelot", "open"]

MAJOR: Final = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_TONICS: Final = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11, "h": 11}
_ACCIDENTALS: Final = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_MUSICAL: Final = re.compile(r"([a-h])\s*([#♯b♭]?)\s*(maj(?:or)?|dur|min(?:or)?|moll|m)?", re.IGNORECASE)
_WHEEL: Final = re.compile(r"0?([1-9]|1[0-2])\s*([abdm])", re.IGNORECASE)


def musical(key: int) -> str:
    """`21` -> "Am", `0` -> "C"."""
    return MAJOR[key] if key < 12 else MAJOR[key - 12] + "m"


def hour(key: int) -> int:
    """The Camelot number, 1..12, of a key."""
    tonic, offset = (key, 7) if key < 12 else (key - 12, 4)
    return (tonic * 7 + offset) % 12 + 1


def camelot(key: int) -> str:
    """`21` -> "8A": the number is the hour on the circle of fifths, A is minor and B is major."""
    return f"{hour(key)}{'B' if key < 12 else 'A'}"


def open_key(key: int) -> str:
    """`21` -> "1m": the same circle, begun at C major; d is major (dur), m is minor (moll)."""
    return f"{(hour(key) - 8) % 12 + 1}{'d' if key < 12 else 'm'}"


def spell(key: int | None, notation: Notation = "camelot") -> str:
    """A key as a DJ wants to read it; "" for an unknown one."""
    if key is None:
        return ""
    return {"musical": musical, "camelot": camelot, "open": open_key}[notation](key)


_BY_WHEEL: Final = {spell: key for key in range(24) for spell in (camelot(key), open_key(key))}


def parse(text: str) -> int | None:
    """Read a key in any notation: "8A", "1m", "Am", "a minor", "A♭ min", "F#". None where it is no key.

    A lone "b" behind a tonic is a flat ("Bb"), a lower-case "m" is minor; case matters nowhere else.
    """
    text = text.strip()
    if wheel := _WHEEL.fullmatch(text):
        letter = wheel[2].upper() if wheel[2].lower() in "ab" else wheel[2].lower()
        return _BY_WHEEL[wheel[1] + letter]
    if not (match := _MUSICAL.fullmatch(text)):
        return None
    tonic = (_TONICS[match[1].lower()] + _ACCIDENTALS[match[2].lower()]) % 12
    mode = match[3] or ""
    minor = mode == "m" or mode.lower().startswith(("min", "mol"))
    return tonic + 12 if minor else tonic


def neighbours(key: int) -> frozenset[int]:
    """The keys that mix: the key itself, one hour either way, and its relative major or minor."""
    mode = 0 if key < 12 else 12
    tonic = key % 12
    relative = (tonic + 9) % 12 + 12 if key < 12 else (tonic + 3) % 12
    return frozenset((key, (tonic + 7) % 12 + mode, (tonic + 5) % 12 + mode, relative))
