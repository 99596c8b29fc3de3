"""The words of the template language: tokens, what each reads and how it is spelled, and functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import floor, isfinite
from typing import Any, Final
from unicodedata import combining, normalize

from djtui.files.facts import split_mix
from djtui.files.names import extension, shortened
from djtui.model import key as keys

Spell = Callable[[Any], str | None]
"""A raw value of the facts, unknown included, as text."""
Change = Callable[[str | None], str | None]
"""What a function makes of a text."""


@dataclass(frozen=True, slots=True)
class Token:
    """`reads` is an attribute of `Facts`; `number` is what `round` rounds, None where it is text."""

    reads: str
    meaning: str
    example: str
    spell: Spell
    number: Callable[[Any], float] | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """`build` makes the change from the text behind the colon; ValueError: it cannot be used."""

    meaning: str
    example: str
    build: Callable[[str], Change]
    argument: str = ""
    """What stands behind the colon, in words; empty: nothing does."""
    optional: bool = False


def _text(meaning: str, example: str, reads: str) -> Token:
    return Token(reads, meaning, example, lambda value: value)


def _number(meaning: str, example: str, reads: str, spell: Callable[[Any], str], scale: float = 1.0) -> Token:
    """A number that is unknown at 0: tags say that for it. `round` rounds the value times `scale`."""

    def spelled(value: Any) -> str | None:
        return spell(value) if value is not None and isfinite(value) and value > 0 else None

    return Token(reads, meaning, example, spelled, lambda value: value * scale)


def _key(meaning: str, example: str, notation: Callable[[int], str]) -> Token:
    return Token("key", meaning, example, lambda value: None if value is None else notation(value))


def whole(value: float) -> str:
    """A number without its fraction, halves upwards."""
    return str(floor(value + 0.5))


def minutes(seconds: float) -> str:
    """`6m32`: no name may hold a colon."""
    total = floor(seconds + 0.5)
    return f"{total // 60}m{total % 60:02}"


def _year(dates: tuple[int | None, str | None]) -> str | None:
    year, released = dates
    if year:
        return str(year)
    found = re.match("[12][0-9]{3}", released or "")
    return found[0] if found else None


def bare_title(title_and_mix: tuple[str | None, str | None]) -> str | None:
    """The title without its mix."""
    title, mix = title_and_mix
    return split_mix(title, mix)[0] if title else title


def mix_of(title_and_mix: tuple[str | None, str | None]) -> str | None:
    """The mix, from its own field or from the title."""
    title, mix = title_and_mix
    return mix or (split_mix(title)[1] if title else None)


def _day(value: str | None) -> str | None:
    return value.partition("T")[0] if value else None


def _folder(path: str) -> str:
    return path.rpartition("/")[0].rpartition("/")[2]


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(extension(path))


TOKENS: Final[dict[str, Token]] = {
    "artist": _text("the artist", "Bicep", "artist"),
    "title": _text("the title; without its mix if the template has {mix}", "Opal (Four Tet Remix)", "title"),
    "mix": Token("title_and_mix", "the mix, from its tag or from the title", "Four Tet Remix", mix_of),
    "album": _text("the album", "Isles", "album"),
    "albumartist": _text("the artist of the album", "Bicep", "albumartist"),
    "label": _text("the label", "Ninja Tune", "label"),
    "catalogue": _text("the catalogue number", "ZEN12", "catalogue"),
    "year": Token("dates", "the year of release", "2021", _year),
    "released": Token("released", "the day of release", "2021-01-22", _day),
    "track": _number("the number on the disc, two digits", "03", "track", lambda value: f"{value:02d}"),
    "disc": _number("the number of the disc", "1", "disc", whole),
    "bpm": _number("the tempo, rounded; {bpm|round:1} has decimals", "128", "bpm", whole),
    "key": _key("the key as musicians write it", "Am", keys.musical),
    "camelot": _key("the key on the Camelot wheel", "8A", keys.camelot),
    "openkey": _key("the key in Open Key notation", "1m", keys.open_key),
    "genre": _text("the genre", "Techno", "genre"),
    "kb": _number("kilobits a second", "320", "bitrate", lambda value: whole(value / 1000), 0.001),
    "duration": _number("minutes and seconds; {duration|round} is seconds", "6m32", "duration", minutes),
    "ext": Token("path", "the file's extension", "mp3", lambda path: extension(path)[1:]),
    "name": Token("path", "the name that the file has now, without extension", "01 Opal", _stem),
    "folder": Token("path", "the folder that the file is in now", "New", _folder),
    "remixer": _text("the remixer", "Four Tet", "remixer"),
    "producer": _text("the producer", "Bicep", "producer"),
    "comment": _text("the comment", "peak time", "comment"),
    "comment2": _text("Traktor's second comment", "vocal", "comment2"),
    "rating": _number("the stars, 1 to 5", "4", "rating", whole),
    "energy": _number("the energy, 1 to 10", "7", "energy", whole),
    "isrc": _text("the recording's ISRC", "GBCFB2000123", "isrc"),
    "added": Token("added", "the day it came into the library", "2025-06-01", _day),
}  # fmt: skip

TELLING: Final = frozenset((
    "artist", "title", "mix", "album", "catalogue", "isrc", "name", "remixer", "producer",
    "comment", "comment2",
))  # fmt: skip
"""The tokens of which a name needs one, if the template has any: "[8A 128]" alone tells nobody what it is."""

ALIASES: Final = {
    "bitrate": "kb", "kbps": "kb", "tempo": "bpm", "length": "duration", "time": "duration",
    "stars": "rating", "extension": "ext", "publisher": "label", "catalog": "catalogue", "number": "track",
    "date": "released", "filename": "name", "directory": "folder", "path": "folder", "version": "mix",
    "initialkey": "key",
}  # fmt: skip
"""What other programs call them: suggested, not understood."""

_ARTISTS: Final = re.compile(
    r"\s*(?:;|,(?! the\b)| / |\b(?:feat|ft|featuring|vs|pres|presents)\b\.?| x )\s*", re.IGNORECASE
)
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LATIN: Final = str.maketrans({
    "ß": "ss", "ẞ": "SS", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L",
    "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "’": "'", "‘": "'", "“": '"',
    "”": '"', "–": "-", "—": "-", "…": "...", "♯": "#", "♭": "b", "×": "x",
})  # fmt: skip


def first_artist(text: str) -> str:
    """The first of several artists; "&" and "and" stand, for bands are called so."""
    return next((part for part in _ARTISTS.split(text) if part.strip()), text)


def titled(text: str) -> str:
    """Each word with a capital: "don't stop" is "Don't Stop"."""
    return _WORD.sub(lambda word: word[0][0].upper() + word[0][1:].lower(), text)


def as_ascii(text: str) -> str:
    """Without diacritics, and without what has no Latin letter."""
    if text.isascii():
        return text
    letters = normalize("NFKD", text.translate(_LATIN))
    return "".join(char for char in letters if not combining(char) and char < "\x80")


def _known(change: Callable[[str], str]) -> Callable[[str], Change]:
    return lambda _: lambda text: None if text is None else change(text)


def _max(argument: str) -> Change:
    count = _whole(argument, 1, 1000)
    return lambda text: None if text is None else shortened(text, count)


def _pad(argument: str) -> Change:
    digits = _whole(argument, 1, 20)

    def padded(text: str | None) -> str | None:
        return text.lstrip("0").rjust(digits, "0") if text and text.isdecimal() else text

    return padded


def _default(argument: str) -> Change:
    if not argument.strip():
        raise ValueError
    return lambda text: argument if text is None or not text.strip() else text


def decimals(argument: str) -> Callable[[float], str]:
    """How `round` spells a number: as many places behind the point as are asked for, none by default."""
    places = _whole(argument, 0, 6) if argument else 0
    return (lambda value: f"{value:.{places}f}") if places else whole


def _round(argument: str) -> Change:
    decimals(argument)
    return lambda text: text


def _whole(argument: str, low: int, high: int) -> int:
    if not (argument.isascii() and argument.isdigit() and low <= int(argument) <= high):
        raise ValueError
    return int(argument)


FUNCTIONS: Final[dict[str, Function]] = {
    "upper": Function("in capitals", "{label|upper}", _known(str.upper)),
    "lower": Function("in small letters", "{genre|lower}", _known(str.lower)),
    "title": Function("each word with a capital", "{title|title}", _known(titled)),
    "max": Function("at most so many characters", "{title|max:40}", _max, "a number from 1 to 1000"),
    "pad": Function("zeros in front of a number", "{track|pad:3}", _pad, "a number from 1 to 20"),
    "first": Function("the first of several artists", "{artist|first}", _known(first_artist)),
    "ascii": Function("without accents and foreign letters", "{artist|ascii}", _known(as_ascii)),
    "default": Function("what stands for an unknown value", "{label|default:Unknown}", _default, "a text"),
    "round": Function("so many decimals", "{bpm|round:1}", _round, "a number from 0 to 6", True),
}  # fmt: skip
