"""What stands in tags, as values: numbers, pairs, dates, and the many scales of stars."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Final

TRAKTOR: Final = "traktor@native-instruments.de"

_NUMBER: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?|[+-]?[.,]\d+")
_PAIR: Final = re.compile(r"(\d{1,9})?\s*(?:(?:/|of)\s*(\d{1,9}))?")
_YEAR: Final = re.compile(r"\d{4}(?!\d)")
_MOST_BPM: Final = 1000.0
_R128_OFFSET: Final = 5.0
"""R128_TRACK_GAIN aims at -23 LUFS, ReplayGain 2 at -18."""

# Windows Media Player, and MediaMonkey's whole stars among it: where each of the stars 1..5 ends.
_WINDOWS_ENDS: Final = (31, 95, 159, 223, 255)
_WINDOWS: Final = (0, 1, 64, 128, 196, 255)
_ASF: Final = (0, 1, 25, 50, 75, 99)


def text(values: Iterable[object]) -> str | None:
    """Values as one text: zero bytes and blanks around them gone, different ones joined by ", "."""
    found = list(map(str, values))
    if len(found) == 1 and "\0" not in found[0]:
        return found[0].strip() or None
    parts = [part.strip() for value in found for part in value.split("\0")]
    return ", ".join(dict.fromkeys(part for part in parts if part)) or None


def number(value: str | None) -> float | None:
    """The number that a text begins with: "-6.48 dB", "127,5"."""
    match = _NUMBER.match(value.strip()) if value else None
    found = float(match[0].replace(",", ".")) if match else None
    return found if found is not None and math.isfinite(found) else None


def bpm(value: str | None) -> float | None:
    """Beats a minute; None where that is no tempo."""
    found = number(value)
    return found if found is not None and 0 < found < _MOST_BPM else None


def pair(value: str | None) -> tuple[int | None, int | None]:
    """ "3/12" -> (3, 12). Zero and what is no number ("A1", of a record) are unknown."""
    match = _PAIR.fullmatch(value.strip()) if value else None
    if not match:
        return None, None
    first, second = (int(part) if part else 0 for part in match.groups())
    return first or None, second or None


def joined(first: int | None, second: int | None) -> str | None:
    """(3, 12) -> "3/12"."""
    if first is None and second is None:
        return None
    return str(first or 0) if second is None else f"{first or 0}/{second}"


def year(date: str | None) -> int | None:
    """The year of "2021-05-07", "2021", "07.05.2021"."""
    match = _YEAR.search(date) if date else None
    return int(match[0]) or None if match else None


def stars_of_popm(email: str, value: int) -> int | None:
    """Stars 1..5 of an ID3 popularimeter; None: not rated.

    Traktor writes steps of 51. Windows writes 1, 64, 128, 196, 255, and MediaMonkey the same for whole
    stars and something between them for half ones, which are rounded up.
    """
    if value <= 0:
        return None
    if email == TRAKTOR:
        return max(1, round(value / 51))
    return next(stars for stars, end in enumerate(_WINDOWS_ENDS, 1) if value <= end)


def popm_of_stars(email: str, stars: int) -> int:
    """The byte that the program of an email address writes for stars 0..5."""
    return 51 * stars if email == TRAKTOR else _WINDOWS[stars]


Scale = Callable[[int], str]
"""Spells stars."""


def stars_of_text(value: str | None) -> int | None:
    """Stars 1..5 of a comment RATING: 0..5, 0..100 or Traktor's and Windows' 0..255; None: not rated."""
    found = number(value)
    if found is None or not 0 < found <= 255:
        return None
    if found < 1 or value in ("1.0", "1,0"):
        return max(1, round(5 * found))
    if found <= 5:
        return math.floor(found + 0.5)
    if found > 100 or found % 51 == 0:
        return stars_of_popm(TRAKTOR if found % 51 == 0 else "", int(found))
    return max(1, math.floor(found / 20 + 0.5))


def scale_of(old: str | None) -> Scale:
    """How to write stars so that they stand on the scale of the value that is there; else 0..100."""
    found = number(old) or 0
    if 0 < found <= 5 and old and old.isdigit():
        return str
    if found > 100 or found == 51:
        return lambda stars: str(popm_of_stars(TRAKTOR, stars))
    return lambda stars: str(20 * stars)


def stars_of_windows(value: str | None) -> int | None:
    """Stars 1..5 of the comment RATING WMP; None: not rated."""
    found = number(value)
    return stars_of_popm("", int(found)) if found is not None and found <= 255 else None


def windows_scale(stars: int) -> str:
    """For the comment RATING WMP."""
    return str(_WINDOWS[stars])


def stars_of_asf(value: str | None) -> int | None:
    """Stars 1..5 of WM/SharedUserRating (0..99); None: not rated."""
    found = number(value)
    if found is None or not 0 < found <= 100:
        return None
    return min(range(1, 6), key=lambda stars: abs(_ASF[stars] - found))


def asf_of_stars(stars: int) -> int:
    """1, 25, 50, 75, 99."""
    return _ASF[stars]


def gain_of_r128(value: str | None) -> float | None:
    """ReplayGain in dB of Opus' R128_TRACK_GAIN (RFC 7845: 1/256 dB, to -23 LUFS)."""
    found = number(value)
    return None if found is None else round(found / 256 + _R128_OFFSET, 2)


def r128_of_gain(gain: float) -> str:
    """And back."""
    return str(max(-32768, min(32767, round((gain - _R128_OFFSET) * 256))))
