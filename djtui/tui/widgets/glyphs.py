"""A screen that is not UTF-8 gets ASCII: one filter over every line that is painted.

Widgets draw with the signs they like; what the terminal cannot show is replaced cell by cell at the
very end, borders and other people's titles included.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_SIGNS: Final = {
    "─": "-", "━": "-", "│": "|", "┃": "|", "╵": "|", "╷": "|", "┴": "+", "·": ".", "…": "~", "–": "-",
    "—": "-", "▌": ">", "▐": "<", "▏": "|", "▎": "|", "▍": "|", "▋": "|", "▊": "#", "▉": "#", "█": "#",
    "░": ".", "▕": "|", "▾": "v", "▸": ">", "●": "*", "○": "o", "★": "*", "☆": ".", "✓": "+", "✗": "x",
    "⟳": "~", "⏸": "=", "⟲": "@", "↑": "^", "↓": "v", "→": ">", "←": "<", "␣": "_", "×": "x", "≈": "~",
    "’": "'", "“": '"', "”": '"', "▁": "_", "▂": "_", "▃": ".", "▄": ".", "▅": ":", "▆": ":", "▇": "|",
    "■": "#", "┆": "'",
}  # fmt: skip
_BOX: Final = range(0x2500, 0x2580)
_BRAILLE: Final = range(0x2800, 0x2900)
_DOTS: Final = (0xC0, 0x24, 0x12, 0x09)  # of braille, in lines from below


def speaks_unicode(environ: Mapping[str, str] = os.environ, platform: str = os.name) -> bool:
    """Whether the terminal's locale is UTF-8, as LC_ALL, LC_CTYPE and LANG say."""
    if platform == "nt":
        return True
    name = next((environ[key] for key in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(key)), "")
    return "utf8" in name.lower().replace("-", "")


@lru_cache(maxsize=4096)
def ascii_text(text: str) -> str:
    """The text in ASCII, as many cells wide as before: "Björk…" -> "Bjork~", "東" -> "??"."""
    return text if text.isascii() else "".join(_ascii_sign(char) for char in text)


def _ascii_sign(char: str) -> str:
    if char.isascii():
        return char
    width = cell_len(char)
    if char in _SIGNS:
        sign = _SIGNS[char]
    elif ord(char) in _BOX:
        sign = "+"
    elif ord(char) in _BRAILLE:
        sign = " _.:|"[max((line for line, dots in enumerate(_DOTS, 1) if ord(char) & dots), default=0)]
    else:
        sign = unicodedata.normalize("NFKD", char)[:1]
    return (sign if sign.isascii() else "?" * width).ljust(width)[:width]


class AsciiFilter(LineFilter):
    """Replaces every sign outside ASCII in what is painted."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(ascii_text(text), style, control) for text, style, control in segments]
