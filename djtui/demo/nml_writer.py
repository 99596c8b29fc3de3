"""Text to Traktor's byte rules: what every collection.nml that Traktor wrote has in common.

One newline behind every closing tag and none elsewhere, no indentation, no self-closed tags, attributes
only, raw UTF-8, and a declaration with a blank before its `?>`. The rules reproduce files of versions 14 to
20 byte by byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n'

Attribute = tuple[str, str | None]

# `>` and `'` stay as they are; a newline in a value is Traktor's capital &#xA;.
_ESCAPES: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\n": "&#xA;", "\r": "&#xD;", "\t": "&#x9;"}
)
_ESCAPED: Final = re.compile('[&<"\n\r\t]').search


def escape(value: str) -> str:
    """A value as it stands between the quotes of an attribute."""
    return value.translate(_ESCAPES)


def opening(name: str, attributes: Iterable[Attribute] = ()) -> str:
    """An opening tag; attributes that are None are left out.

    The order of the attributes is the caller's: Traktor has one for each element.
    """
    written = [
        f' {key}="{escape(value) if _ESCAPED(value) else value}"'
        for key, value in attributes
        if value is not None
    ]
    return f"<{name}{''.join(written)}>"


def closing(name: str) -> str:
    """A closing tag and the newline that belongs to it."""
    return f"</{name}>\n"


def element(name: str, attributes: Iterable[Attribute] = (), content: str = "") -> str:
    """A whole element; `content` is markup already."""
    return f"{opening(name, attributes)}{content}{closing(name)}"


def decimal(value: float) -> str:
    """A number as Traktor has written them since version 19: six digits behind the point."""
    return f"{value:.6f}"
