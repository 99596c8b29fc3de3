"""Which ID3 frames a changed field means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from djtui.files import tag_values as values
from djtui.files.id3_frames import TERMINATORS, texts
from djtui.files.patch_id3 import Frame, Tag, encoded
from djtui.files.tag_names import ID3, ID3_DESCRIBED

Texts = Mapping[str, str | None]
"""New texts by field, None: remove it. `date` is one, `track` and `disc` are pairs, `rating` is stars."""

_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_POPM_WITHOUT_COUNTER: Final = b"\0\0\0\0"
_ROLE: Final = "producer"


def change(tag: Tag, changes: Texts) -> None:
    """Make the changes in a tag."""
    for field, text in changes.items():
        if field == "comment":
            _comment(tag, text)
        elif field == "rating":
            _rating(tag, int(text or 0))
        elif field == "date":
            _date(tag, text)
        elif field in ID3:
            _text(tag, ID3[field], text)
        if field == "producer":
            _producer(tag, text)
        if field in ID3_DESCRIBED:
            _described(tag, field, text)


def _text(tag: Tag, name: str, text: str | None, *, also: Iterable[str] = ()) -> None:
    places = [frame for frame in tag.frames if frame.name in (name, *also)]
    if text is None:
        tag.remove(places)
    else:
        encoding = tag.encoding(text)
        tag.put(name, bytes([encoding]) + encoded(text, encoding), places)


def _date(tag: Tag, text: str | None) -> None:
    if tag.major == 4:
        tag.remove([frame for frame in tag.frames if frame.name in ("TYER", "TDAT", "TIME")])
        _text(tag, "TDRC", text)
        return
    tag.remove([frame for frame in tag.frames if frame.name in ("TDRC", "TIME")])
    year = values.year(text)
    _text(tag, "TYER", f"{year:04d}" if year else None)
    day = _DAY.match(text) if text else None
    _text(tag, "TDAT", day[3] + day[2] if day else None)


def _described(tag: Tag, field: str, text: str | None) -> None:
    """TXXX frames: the field's own, or others that say the same as its text frame."""
    names = ID3_DESCRIBED[field]
    there: dict[str, list[tuple[Frame, str]]] = {}
    for frame, body in tag.named("TXXX"):
        description = texts(body)[0].strip()
        if description.upper() in names:
            there.setdefault(description.upper(), []).append((frame, description))
    own = field not in ID3 and field != _ROLE
    if own and text is not None and names[0] not in there:
        there = {names[0]: [], **there}
    for name, found in there.items():
        places = [frame for frame, _ in found]
        if text is None:
            tag.remove(places)
        else:
            spelled = found[0][1] if found else name
            tag.put("TXXX", _two_texts(tag, b"", spelled, text), places)


def _comment(tag: Tag, text: str | None) -> None:
    """The one without a description, in whatever language; English is looked for first."""
    found = [(frame, body[1:4]) for frame, body in tag.named("COMM") if texts(body, 4)[0] == ""]
    found.sort(key=lambda each: each[1] != b"eng")
    places = [frame for frame, _ in found]
    if text is None:
        tag.remove(places)
    else:
        language = found[0][1] if found else b"eng"
        tag.put("COMM", _two_texts(tag, language, "", text), places[:1])


def _rating(tag: Tag, stars: int) -> None:
    """Each program's popularimeter on its own scale; Traktor's is added. Counters of plays stay."""
    from_traktor = False
    for frame, body in tag.named("POPM"):
        raw_email, _, rest = body.partition(b"\0")
        email = raw_email.decode("latin-1")
        from_traktor |= email == values.TRAKTOR
        counter = rest[1:]
        if stars == 0 and not counter.strip(b"\0"):
            tag.remove([frame])
        else:
            rating = values.popm_of_stars(email, stars)
            tag.put("POPM", raw_email + b"\0" + bytes([rating]) + counter, [frame])
    if stars and not from_traktor:
        rating = values.popm_of_stars(values.TRAKTOR, stars)
        tag.put("POPM", values.TRAKTOR.encode() + b"\0" + bytes([rating]) + _POPM_WITHOUT_COUNTER, [])


def _producer(tag: Tag, text: str | None) -> None:
    """A pair (role, name) among the involved people."""
    frame_name = "TIPL" if tag.major == 4 else "IPLS"
    places, people = [], list[str]()
    for frame, body in tag.named(frame_name):
        places.append(frame)
        people += texts(body)
    pairs = list(zip(people[::2], people[1::2], strict=False))
    kept = [pair for pair in pairs if pair[0].strip().lower() != _ROLE]
    if text is not None:
        kept.append((_ROLE, text))
    if not kept:
        tag.remove(places)
        return
    flat = [part for pair in kept for part in pair]
    encoding = tag.encoding("".join(flat))
    raw = (encoded(part, encoding) + TERMINATORS[encoding] for part in flat)
    tag.put(frame_name, bytes([encoding]) + b"".join(raw), places)


def _two_texts(tag: Tag, language: bytes, description: str, text: str) -> bytes:
    """The body of TXXX (no language) and COMM."""
    encoding = tag.encoding(description + text)
    described = encoded(description, encoding) + TERMINATORS[encoding]
    return bytes([encoding]) + language + described + encoded(text, encoding)
