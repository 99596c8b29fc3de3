"""Values of NML attributes: Traktor's spelling in, the library's out. What cannot be read is None."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Final

from djtui.model import key as keys

_LARGEST: Final = 1 << 40  # no count of seconds, kilobytes or plays comes near; SQLite takes it
_TWO_DIGITS: Final = tuple(f"{number:02}" for number in range(60))


def number(text: str | None) -> float | None:
    """A finite number."""
    try:
        value = float(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return value if -_LARGEST < value < _LARGEST else None


def positive(text: str | None) -> float | None:
    """A number above zero: a tempo, a length."""
    try:
        value = float(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return value if 0 < value < _LARGEST else None


def size(text: str | None) -> int | None:
    """FILESIZE, in KB -> bytes."""
    value = positive(text)
    return int(value) * 1024 if value else None


span = lru_cache(maxsize=1 << 10)(number)  # of a cue: mostly zero


@lru_cache(maxsize=1 << 14)
def whole(text: str | None) -> int | None:
    """A count, from zero on. (Traktor writes -1 for a bit rate that it does not know.)"""
    value = number(text)
    return int(value) if value is not None and value >= 0 else None


def counting(text: str | None) -> int | None:
    """A count, from one on."""
    return whole(text) or None


@lru_cache(maxsize=1 << 8)
def repeats(text: str | None) -> int | None:
    """REPEATS of a cue; -1 is for ever."""
    value = number(text)
    return int(value) if value is not None and -1 <= value < _LARGEST else None


@lru_cache(maxsize=1 << 16)
def day(text: str | None) -> str | None:
    """`2026/2/8` -> "2026-02-08"; a year, or year and month, alone is as much as is known."""
    parts = text.split("/") if text else []
    if not 1 <= len(parts) <= 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    year, month, number = (*map(int, parts), 1, 1)[:3]
    try:
        iso = date(year, month, number).isoformat()
    except (ValueError, OverflowError):
        return None
    return iso[: (4, 7, 10)[len(parts) - 1]]


def moment(day_text: str | None, seconds: str | None) -> str | None:
    """MODIFIED_DATE and MODIFIED_TIME (seconds since midnight, UTC) -> "2026-02-08T19:19:27Z"."""
    iso = day(day_text)
    if iso is None or seconds is None or not seconds.isdecimal() or not 0 < len(seconds) < 6:
        return None
    minutes, second = divmod(int(seconds), 60)
    if minutes >= 24 * 60 or len(iso) < 10:
        return None
    return f"{iso}T{_TWO_DIGITS[minutes // 60]}:{_TWO_DIGITS[minutes % 60]}:{_TWO_DIGITS[second]}Z"


@lru_cache(maxsize=1 << 10)
def stars(text: str | None) -> int | None:
    """RANKING -> stars 1..5: Traktor writes 51 a star, others 1, 64, 128, 196 … 255; 0 is unrated."""
    value = counting(text)
    return None if value is None else min(5, -(-value // 51))


@lru_cache(maxsize=1 << 12)
def key(value: str | None, text: str | None) -> int | None:
    """MUSICAL_KEY VALUE 0..23; else the key that the tag (INFO KEY) spells."""
    if value is not None and value.isascii() and value.isdigit() and len(value) < 3 and int(value) < 24:
        return int(value)
    return keys.parse(text) if text else None


@lru_cache(maxsize=1 << 8)
def color(text: str | None) -> int | None:
    """INFO COLOR: 1 red .. 7 magenta."""
    value = counting(text)
    return value if value is not None and value <= 7 else None


def extension(file: str) -> str | None:
    """`a.MP3` -> "mp3"; None where what follows the last dot is no extension."""
    name, _, end = file.rpartition(".")
    return _extension(end) if name else None


@lru_cache(maxsize=1 << 8)
def _extension(end: str) -> str | None:
    return end.lower() if len(end) <= 5 and end.isascii() and end.isalnum() else None
