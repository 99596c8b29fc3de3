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

# The order of attributes, and of children: what is new is put at its place, what is there stays where it is.
ATTRIBUTES: Final[dict[str, tuple[str, ...]]] = {
    name: tuple(attributes.split())
    for name, attributes in {
        "ENTRY": "MODIFIED_DATE MODIFIED_TIME LOCK LOCK_MODIFICATION_TIME AUDIO_ID TITLE ARTIST",
        "LOCATION": "DIR FILE VOLUME VOLUMEID",
        "ALBUM": "OF_TRACKS TRACK TITLE",
        "INFO": "BITRATE GENRE LABEL COMMENT KEY_LYRICS RATING REMIXER PRODUCER COVERARTID MIX "
        "CATALOG_NO KEY PLAYCOUNT PLAYTIME PLAYTIME_FLOAT RANKING IMPORT_DATE LAST_PLAYED RELEASE_DATE "
        "FLAGS FILESIZE COLOR",
        "TEMPO": "BPM_TRANSIENTCOHERENCE BPM BPM_QUALITY",
        "CUE_V2": "NAME DISPL_ORDER TYPE START LEN REPEATS HOTCUE COLOR",
        "NODE": "TYPE NAME",
        "PLAYLIST": "ENTRIES TYPE UUID",
        "SEARCH_EXPRESSION": "VERSION QUERY",
    }.items()
}
CHILDREN: Final[dict[str, tuple[str, ...]]] = {
    name: tuple(children.split())
    for name, children in {
        "NML": "HEAD MUSICFOLDERS COLLECTION SETS PLAYLISTS SORTING_ORDER INDEXING",
        "ENTRY": "LOCATION ALBUM MODIFICATION_INFO INFO TEMPO LOUDNESS MUSICAL_KEY LOOPINFO CUE_V2 STEMS "
        "CELL",
        "NODE": "SUBNODES PLAYLIST SMARTLIST",
    }.items()
}

# `>` and `'` stay as they are; a newline in a value is Traktor's capital &#xA;.
_ESCAPES: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\n": "&#xA;", "\r": "&#xD;", "\t": "&#x9;"}
)
_ESCAPED: Final = re.compile('[&<"\n\r\t]').search
_IMPOSSIBLE: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def escape(value: str) -> str:
    """A value as it stands between the quotes of an attribute."""
    return value.translate(_ESCAPES)


def possible(value: str) -> bool:
    """Whether XML can hold a text at all: no control characters, no halves of a character."""
    return not _IMPOSSIBLE.search(value)


def without_impossible(value: str) -> str:
    """A text without the characters that XML cannot hold."""
    return _IMPOSSIBLE.sub("", value)


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


def day(value: str) -> str:
    """ "2026-02-08" -> `2026/2/8`; a year, or year and month, alone gets the first day of it."""
    parts = [int(part) for part in value.partition("T")[0].split("-")]
    year, month, number = (*parts, 1, 1)[:3]
    return f"{year}/{month}/{number}"


def decimal(value: float) -> str:
    """A number as Traktor has written them since version 19: six digits behind the point."""
    return f"{value:.6f}"
