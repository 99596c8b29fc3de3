"""Text as compared and as shown: folding, words, counts, and making hostile text harmless."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_BREAKS: Final = str.maketrans({chr(code): " " for code in range(128) if not chr(code).isalnum()})
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
# C0 and C1 controls, the bidirectional overrides and isolates, zero-width marks, variation selectors, halves
# of characters: what Python makes of a name that is no UTF-8, and no terminal is sent.
_HOSTILE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def fold(text: str) -> str:
    """Text without case and diacritics: "Björk" and "BJORK" fold to "bjork".

    Folding a folded text changes nothing.
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFKC", bare.casefold())


def words(*folded: str | None) -> str:
    """The words of folded texts, each once, joined by blanks: what one or two letters find by its start."""
    text = " ".join([text for text in folded if text])
    found = text.translate(_BREAKS).split() if text.isascii() else _WORD.findall(text)
    return " ".join(dict.fromkeys(found))


def harmless(text: str) -> str:
    """Text that may go to a terminal: control, bidi and zero-width characters become blanks.

    Titles are other people's data; an ESC in one must not reach the screen, a log or a toast.
    """
    return text if text.isascii() and text.isprintable() else _HOSTILE.sub(" ", text)


def plural(count: int, one: str, many: str = "") -> str:
    """`1` -> "1 track", `1200` -> "1,200 tracks"; `many` is for words that do not just take an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def is_text(text: str) -> bool:
    """Whether a text is valid UTF-8, so that the library can hold it: names of files need not be."""
    return text.isascii() or _SURROGATES.search(text) is None


def spelled(text: str) -> str:
    """A text as it can be stored and shown: bytes of a name that are no UTF-8 as \\xff."""
    return text if is_text(text) else _SURROGATES.sub(_spelled_byte, text)


def _spelled_byte(half: re.Match[str]) -> str:
    code = ord(half[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"
