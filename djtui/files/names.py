"""What a file may be called, so that Linux, macOS and Windows all take the name and no terminal stumbles.

The rules are the strictest of the three: 255 bytes of UTF-8 a component (ext4, APFS; Windows and HFS+ count
UTF-16 units, of which there are never more), the characters and device names that Windows reserves
(learn.microsoft.com, "Naming Files, Paths, and Namespaces"), `:` and `/` of macOS, no blank or dot at an end,
no dot or dash at the start (hidden files, options of commands), no control and no invisible characters, NFC.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import Final
from unicodedata import category as category_of
from unicodedata import combining, is_normalized, normalize

from djtui.model.text import harmless

LONGEST: Final = 255
"""Bytes of a component."""
LONGEST_PATH: Final = 4096
"""Bytes of a path with the zero that ends it (PATH_MAX of Linux)."""

_LONGEST_EXTENSION: Final = 11
_STEM: Final = re.compile(r"(?<=[^/])\.stem\.(?:mp4|m4a)\Z", re.IGNORECASE | re.ASCII).search

FORBIDDEN: Final = {
    "/": "-", "\\": "-", "|": "-", ":": "-", "*": "_", "?": "", '"': "'", "<": "(", ">": ")",
}  # fmt: skip
"""What no name may hold, and what stands there instead."""

_REPLACED: Final = str.maketrans(FORBIDDEN)
_PLAIN: Final = re.compile(r'[^\x00-\x1f\x7f"*/:<>?\\|]*').fullmatch
_BLANKS: Final = re.compile(r"\s+")
# Controls; marks that turn the direction of writing, and other characters that nobody sees; letters that
# look like blanks; halves of characters, what is none at all, and tags.
_UNWANTED: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)
# Joiners and variation selectors have a meaning behind a character of their scripts, and nowhere else.
_LOOSE: Final = re.compile("(?:(?<=[\x00-\x7f])|^)[\u200c\u200d\ufe00-\ufe0f]+|[\u200c\u200d]+$")
_RESERVED: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9¹²³])(\s*(?:\..*)?)", re.IGNORECASE | re.DOTALL
)


def clean(value: str) -> str:
    """A value as it may stand within a name: may be empty. Cleaning what is clean changes nothing."""
    if value.isascii() and _PLAIN(value):
        return _BLANKS.sub(" ", value).strip() if "  " in value else value.strip()
    text = _BLANKS.sub(" ", value.translate(_REPLACED))
    text = _UNWANTED.sub("", text)
    text = _LOOSE.sub("", text)
    text = normalize("NFC", text)
    return _BLANKS.sub(" ", text).strip()


def component(text: str) -> str:
    """A folder's name, or a file's without extension, from text of clean values; empty: nothing is left."""
    if not text:
        return ""
    if "  " in text:
        text = _BLANKS.sub(" ", text)
    if text[0] in " .-" or text[-1] in " .":
        text = text.lstrip(" .-").rstrip(" .")
    if not (text.isascii() or is_normalized("NFC", text)):
        text = normalize("NFC", text)
    if (len(text) < 8 or "." in text) and (device := _RESERVED.fullmatch(text)):
        text = f"{device[1]}_{device[2]}"
    return text


def extension(path: str) -> str:
    """`.mp3` of "/music/A.mp3", as it is spelled; "" where the end of the name is no extension.

    Native Instruments' Stems end in `.stem.mp4`, and only so Traktor takes them for what they are.
    """
    point = path.rfind(".")
    end = path[point:]
    if point < 1 or path[point - 1] == "/" or not _is_extension(end):
        return ""
    stem = _STEM(path) if "4" in end else None
    return end if stem is None else stem[0]


@lru_cache(maxsize=256)  # a library has a dozen
def _is_extension(end: str) -> bool:
    return len(end) <= _LONGEST_EXTENSION and end[1:].isalnum() and end.isascii()


def size(text: str) -> int:
    """Bytes of a name or path on disk. Names that are no UTF-8 are given as Python reads them."""
    return len(text) if text.isascii() else len(os.fsencode(text))


def shorten(text: str, room: int) -> str:
    """At most `room` bytes of a text, cut between two characters as a reader sees them."""
    if size(text) <= room:
        return text
    end = used = 0
    for place, char in enumerate(text):
        if not (place and _joined(text, place)):
            end = place
        used += size(char)
        if used > room:
            break
    return text[:end].rstrip(" ")


def shortened(text: str, count: int) -> str:
    """At most `count` characters of a text, as a reader sees them."""
    if len(text) <= count:
        return text
    seen = 0
    for place in range(len(text)):
        if not (place and _joined(text, place)):
            seen += 1
            if seen > count:
                return text[:place].rstrip(" ")
    return text


def as_written(path: str) -> str:
    """Paths are one if they are the same characters: Linux."""
    return path


def composed(path: str) -> str:
    """Equal for paths that differ in composed and decomposed letters only, and look the same."""
    return path if path.isascii() else normalize("NFC", path)


def caseless(path: str) -> str:
    """Equal for paths that differ in case only."""
    return path.lower() if path.isascii() else path.casefold()


def folded(path: str) -> str:
    """Equal for paths that differ in case and forms of letters only: macOS."""
    return path.lower() if path.isascii() else normalize("NFC", normalize("NFD", path).casefold())


def shown(path: str) -> str:
    """The last part of a path as it may stand in a sentence."""
    return harmless(os.fsencode(path.rpartition("/")[2]).decode("utf-8", "replace"))


def _joined(text: str, place: int) -> bool:
    """Whether the character at `place` belongs to the one before it (after UAX 29, the rules that matter)."""
    before, char = text[place - 1], text[place]
    if char < "\u0300":
        return False
    if combining(char) or category_of(char) in ("Mn", "Mc", "Me") or char == "\u200d":
        return True
    if before == "\u200d" or "\U0001f3fb" <= char <= "\U0001f3ff":
        return True
    if _flag(char) and _flag(before):
        start = place
        while start and _flag(text[start - 1]):
            start -= 1
        return (place - start) % 2 == 1
    return _hangul(before, char)


def _flag(char: str) -> bool:
    """Whether it is half a flag: two of these letters make one."""
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _hangul(before: str, char: str) -> bool:
    """Whether a Korean syllable goes on: consonant, vowel, final."""
    if "\u1160" <= char <= "\u11a7":
        return "\u1100" <= before <= "\u11a7" or _open_syllable(before)
    if "\u11a8" <= char <= "\u11ff":
        return "\u1160" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3"
    return "\u1100" <= char <= "\u115f" and "\u1100" <= before <= "\u115f"


def _open_syllable(char: str) -> bool:
    return "\uac00" <= char <= "\ud7a3" and (ord(char) - 0xAC00) % 28 == 0
