"""ID3 and RIFF INFO tags as texts by field."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from mutagen.id3 import TCON

from djtui.files import id3_frames as id3
from djtui.files import tag_values as values
from djtui.files.container import chunks
from djtui.files.id3_frames import HEADER, BrokenTag
from djtui.files.tag_names import ID3, ID3_DESCRIBED, INFO

Found = dict[str, Any]
"""Texts by field; `rating` is stars, `cover` is whether there is one."""

_DATES: Final = ("TDRC", "TYER", "TDRL", "TDOR", "TORY")
_PICTURES: Final = ("APIC", "PIC")
_TITLED: Final = {frame: field for field, frame in ID3.items()} | {"GRP1": "grouping"}
_WANTED: Final = frozenset((*_TITLED, *_DATES, "TDAT", "TXXX", "COMM", "POPM", "TIPL", "IPLS"))
_DESCRIBED: Final = {name: field for field, names in ID3_DESCRIBED.items() for name in names}
_NUMBERED_GENRE: Final = re.compile(r"\(|\d+$|RX$|CR$")
_MOST_FRAME: Final = 1 << 20
_INFO_MOST: Final = 1 << 20


def of_id3(descriptor: int, start: int, end: int) -> Found:
    """The tag that begins at a place of a file and ends before another one; {} where there is none.

    Of a damaged tag it is what stands before the damage. Covers and cue points are not read.
    """
    header = os.pread(descriptor, HEADER, start)
    if len(header) < HEADER or header[:3] != b"ID3" or header[3] not in (2, 3, 4):
        return {}
    major, flags = header[3], header[5]
    size = min(id3.synchsafe(header[6:10]), end - start - HEADER)
    unsynchronised = bool(flags & id3.UNSYNCHRONISED)
    if major < 4 and unsynchronised:
        data = id3.resynchronised(os.pread(descriptor, size, start + HEADER))
        size, at = len(data), id3.inside(data)
    else:
        at = id3.window(descriptor, start + HEADER)
    frames: dict[str, list[bytes]] = {}
    cover = False
    first = id3.extended_header(at(0, 4), major, flags)
    with suppress(BrokenTag):
        for name, _, place, stop, of_frame, _ in id3.walk(at, first, size, major):
            if name in _WANTED and stop - place <= _MOST_FRAME:
                raw = at(place, stop - place)
                plain = not (of_frame or unsynchronised)
                body = raw if plain else id3.content(raw, of_frame, major, unsynchronised and major == 4)
                if body:
                    frames.setdefault(name, []).append(body)
            elif name in _PICTURES:
                cover = True
    found = _fields(frames)
    found["cover"] = cover
    return found


def _fields(frames: dict[str, list[bytes]]) -> Found:
    found: Found = {}
    for name, bodies in frames.items():
        if (field := _TITLED.get(name)) is not None and (name != "GRP1" or "TIT1" not in frames):
            parts = _parts(bodies)
            found[field] = values.text(_genres(parts) if name == "TCON" else parts)
    if "TXXX" in frames:
        _described(frames["TXXX"], found)
    found["date"] = _date(frames)
    comments = [(body[1:4] != b"eng", id3.texts(body, 4)) for body in frames.get("COMM", ())]
    comments.sort(key=lambda each: each[0])
    main = (values.text(parts[1:]) for _, parts in comments if parts[0] == "")
    found["comment"] = next((text for text in main if text), None)
    found["rating"] = _stars(frames.get("POPM", ()))
    people = [part for name in ("TIPL", "IPLS") for part in _parts(frames.get(name, ()))]
    named = zip(people[::2], people[1::2], strict=False)
    if producers := values.text(person for role, person in named if role.strip().lower() == "producer"):
        found["producer"] = producers
    return found


def _parts(bodies: Sequence[bytes]) -> list[str]:
    if len(bodies) == 1:
        return id3.texts(bodies[0])
    return [part for body in bodies for part in id3.texts(body)]


def _described(bodies: Sequence[bytes], found: Found) -> None:
    said: dict[str, str | None] = {}
    for body in bodies:
        description, *parts = id3.texts(body)
        said.setdefault(description.strip().upper(), values.text(parts))
    for name, field in _DESCRIBED.items():
        if not found.get(field) and said.get(name):
            found[field] = said[name]


def _genres(parts: list[str]) -> list[str]:
    """ "(17)" and "17" are Rock, of a list that ID3v1 began."""
    if any(_NUMBERED_GENRE.match(part) for part in parts):
        frame: Any = TCON
        return list(frame(encoding=3, text=parts).genres)
    return parts


def _date(frames: dict[str, list[bytes]]) -> str | None:
    """The time of recording is where everybody writes the release; day and month stood apart before 2.4."""
    for name in _DATES:
        if name in frames and (date := values.text(id3.texts(frames[name][0])[:1])):
            day = values.text(id3.texts(frames["TDAT"][0])) if name == "TYER" and "TDAT" in frames else None
            if day and len(date) == len(day) == 4 and (date + day).isdigit():
                return f"{date}-{day[2:]}-{day[:2]}"
            return date[:10]
    return None


def _stars(bodies: Sequence[bytes]) -> int | None:
    """Traktor's word counts first."""
    said = []
    for body in bodies:
        email, _, rest = body.partition(b"\0")
        if rest:
            said.append((email.decode("latin-1"), rest[0]))
    said.sort(key=lambda each: each[0] != values.TRAKTOR)
    stars = (values.stars_of_popm(*each) for each in said)
    return next((each for each in stars if each is not None), None)


def of_info(descriptor: int, start: int, end: int) -> Found:
    """The chunks of a list INFO, of a WAV, between two places."""
    found: Found = {}
    field_of = {name: field for field, name in INFO.items()}
    for item in chunks(descriptor, start, "<"):
        if item.end > min(end, start + _INFO_MOST):
            break
        if (field := field_of.get(item.name)) is not None:
            found[field] = values.text([_decoded(os.pread(descriptor, item.end - item.body, item.body))])
    return found


def _decoded(raw: bytes) -> str:
    """INFO states no encoding: UTF-8 where it is valid, else Windows' Western one."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
