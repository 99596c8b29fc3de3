"""The list of tags (`ilst`) of an MP4 file, changed item by item: all others keep their bytes and order.

After ISO 14496-12 and Apple's QuickTime File Format. Space is taken from the `free` atom behind the list;
where that does not suffice and the sound lies behind, the tables of chunk offsets are moved along.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from djtui.files import tag_values as values
from djtui.files.container import Container, Part, atoms
from djtui.files.frames_id3 import Texts
from djtui.files.id3_frames import BrokenTag
from djtui.files.splices import Splice, growth
from djtui.files.tag_names import MP4, MP4_FREE, RATING_OF_WINDOWS

_ITUNES: Final = b"com.apple.iTunes"
_IMPLICIT, _UTF8, _INTEGER = 0, 1, 21
_LONG: Final = 1 << 32
_HANDLER: Final = b"\0\0\0\0\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0"
_TABLES: Final = {b"stco": ">I", b"co64": ">Q"}


@dataclass(frozen=True, slots=True)
class _Item:
    name: bytes
    """As "©nam"; of a freeform one its last name in capitals."""
    start: int
    end: int
    freeform: tuple[bytes, bytes] | None
    """Its two names as they are spelled."""
    raw: bytes


@dataclass(slots=True)
class _List:
    """The items, and the changes that are to be made to them."""

    items: list[_Item]
    changes: list[Splice] = field(default_factory=list)
    added: list[bytes] = field(default_factory=list)

    def put(self, name: bytes, data: bytes | None) -> None:
        """One item in place of all that have the name; None: away with them."""
        places = [item for item in self.items if item.name == name and item.freeform is None]
        self._exchange(places, None if data is None else atom(name, data))

    def put_freeform(self, names: tuple[str, ...], text: str | None) -> None:
        """Under its first name, and under the others that are there."""
        for name in names:
            wanted = name.upper().encode()
            places = [item for item in self.items if item.freeform and item.name == wanted]
            if places or (name == names[0] and text is not None):
                spelled = places[0].freeform if places else None
                mean, short = spelled or (_ITUNES, name.encode())
                self._exchange(places, None if text is None else _freeform(mean, short, text))

    def _exchange(self, places: Sequence[_Item], new: bytes | None) -> None:
        if not places:
            self.added += [new] if new is not None else []
            return
        self.changes.append(Splice(places[0].start, places[0].end, new or b""))
        self.changes += (Splice(item.start, item.end, b"") for item in places[1:])

    def text(self, *names: str) -> str | None:
        """What stands in the first of these freeform items."""
        for item in self.items:
            if item.freeform and item.name in [name.upper().encode() for name in names]:
                return values.text([item.raw[item.raw.find(b"data") + 12 :].decode("utf-8", "replace")])
        return None


def splices(descriptor: int, container: Container, texts: Texts, padding: int) -> list[Splice]:
    """The changes to an MP4 file. Raises `BrokenTag`."""
    top = list(atoms(descriptor, container.start, container.size))
    film = next((part for part in top if part.name == b"moov"), None)
    if film is None or film.end > container.size:
        raise BrokenTag("The MP4 file is cut off.")
    parents, found = _path(descriptor, film)
    tags = _List([] if found is None else _items(descriptor, found))
    _change(tags, texts)
    made = sum(map(len, tags.added)) + growth(tags.changes)
    if found is None:
        changes, by = _new_list(parents, b"".join(tags.added), padding)
    else:
        changes, by = _changed_list(descriptor, parents, found, tags, made, padding)
    if by:
        if any(part.name == b"moof" for part in top):
            raise BrokenTag("The MP4 file is in fragments and has no room for longer tags.")
        changes += _resized(descriptor, parents, by)
        changes += _moved_offsets(descriptor, film, parents[-1].end if found is None else found.end, by)
    return changes


def atom(name: bytes, *bodies: bytes) -> bytes:
    """An atom."""
    body = b"".join(bodies)
    return (8 + len(body)).to_bytes(4, "big") + name + body


def _path(descriptor: int, film: Part) -> tuple[list[Part], Part | None]:
    """The atoms that hold the list, from the outermost on as far as they are there; and the list."""
    parents = [film]
    for name in (b"udta", b"meta"):
        inside = atoms(descriptor, _content(descriptor, parents[-1]), parents[-1].end)
        if (part := next((part for part in inside if part.name == name), None)) is None:
            return parents, None
        parents.append(part)
    inside = atoms(descriptor, _content(descriptor, parents[-1]), parents[-1].end)
    return parents, next((part for part in inside if part.name == b"ilst"), None)


def _content(descriptor: int, part: Part) -> int:
    """`meta` has four bytes of version before its atoms; QuickTime's has not."""
    if part.name != b"meta" or os.pread(descriptor, 4, part.body + 4) == b"hdlr":
        return part.body
    return part.body + 4


def _items(descriptor: int, found: Part) -> list[_Item]:
    items = []
    for part in atoms(descriptor, found.body, found.end):
        if part.end > found.end:
            raise BrokenTag("The MP4 file's list of tags is damaged.")
        raw = os.pread(descriptor, part.end - part.start, part.start) if part.name == b"----" else b""
        freeform, name = None, part.name
        if raw:
            inside = {each.name: each for each in atoms(descriptor, part.body, part.end)}
            if b"mean" in inside and b"name" in inside:
                mean, short = (
                    raw[inside[each].body - part.start + 4 : inside[each].end - part.start]
                    for each in (b"mean", b"name")
                )
                freeform, name = (mean, short), short.upper()
        items.append(_Item(name, part.start, part.end, freeform, raw))
    return items


def _change(tags: _List, texts: Texts) -> None:
    for name, text in texts.items():
        if name in ("track", "disc"):
            first, second = values.pair(text)
            numbers = struct.pack(">HHH", 0, min(first or 0, 0xFFFF), min(second or 0, 0xFFFF))
            tail = b"\0\0" if name == "track" else b""
            data = None if text is None else _data(_IMPLICIT, numbers + tail)
            tags.put(MP4[name].encode("latin-1"), data)
        elif name == "bpm":
            _bpm(tags, text)
        elif name == "rating":
            _rating(tags, int(text or 0))
        elif name in MP4:
            if name == "genre":
                tags.put(b"gnre", None)
            data = None if text is None else _data(_UTF8, text.encode())
            tags.put(MP4[name].encode("latin-1"), data)
        else:
            tags.put_freeform(MP4_FREE[name], text)


def _bpm(tags: _List, text: str | None) -> None:
    """`tmpo` holds whole numbers; a freeform BPM is added where there are decimals."""
    number = values.bpm(text)
    whole = None if number is None else max(1, round(number)).to_bytes(2, "big")
    tags.put(b"tmpo", None if whole is None else _data(_INTEGER, whole))
    if (number is not None and number != round(number)) or tags.text("BPM") is not None:
        tags.put_freeform(MP4_FREE["bpm"], text)


def _rating(tags: _List, stars: int) -> None:
    scale = values.scale_of(tags.text("RATING"))
    tags.put_freeform(("RATING",), scale(stars) if stars else None)
    if tags.text(RATING_OF_WINDOWS) is not None:
        tags.put_freeform((RATING_OF_WINDOWS,), values.windows_scale(stars) if stars else None)
    if any(item.name == b"rate" for item in tags.items):
        tags.put(b"rate", _data(_UTF8, str(20 * stars).encode()) if stars else None)


def _data(kind: int, value: bytes) -> bytes:
    return atom(b"data", struct.pack(">II", kind, 0), value)


def _freeform(mean: bytes, name: bytes, text: str) -> bytes:
    return atom(
        b"----",
        atom(b"mean", bytes(4), mean),
        atom(b"name", bytes(4), name),
        _data(_UTF8, text.encode()),
    )


def _changed_list(
    descriptor: int, parents: Sequence[Part], found: Part, tags: _List, made: int, padding: int
) -> tuple[list[Splice], int]:
    """The changes inside the list and to the free space behind it; and how much longer all of it becomes."""
    behind = next(atoms(descriptor, found.end, parents[-1].end), None)
    free_end = behind.end if behind is not None and behind.name == b"free" else found.end
    room = free_end - found.end
    left = room - made
    by = 0
    if left != 0 and left < 8:
        by, left = 8 + padding - left, 8 + padding
    space = atom(b"free", bytes(left - 8)) if left else b""
    length = found.end - found.start + made
    return [
        Splice(found.start, found.start + 4, length.to_bytes(4, "big")),
        *tags.changes,
        Splice(found.end, free_end, b"".join(tags.added) + space),
    ], by


def _new_list(parents: Sequence[Part], items: bytes, padding: int) -> tuple[list[Splice], int]:
    """A list in a file that has none, with the atoms that must hold it, behind what the last one holds."""
    new = atom(b"ilst", items) + atom(b"free", bytes(padding))
    if len(parents) < 3:
        new = atom(b"meta", bytes(4), atom(b"hdlr", _HANDLER), new)
    if len(parents) < 2:
        new = atom(b"udta", new)
    place = parents[-1].end
    return [Splice(place, place, new)], len(new)


def _resized(descriptor: int, parents: Sequence[Part], by: int) -> Iterator[Splice]:
    for part in parents:
        if part.body != part.start + 8:
            raise BrokenTag("The MP4 file's head is of a kind that djtui does not change.")
        if os.pread(descriptor, 4, part.start) != bytes(4):  # 0: to the end of the file
            yield Splice(part.start, part.start + 4, (part.end - part.start + by).to_bytes(4, "big"))


def _moved_offsets(descriptor: int, film: Part, place: int, by: int) -> Iterator[Splice]:
    """The tables of where the sound's chunks lie, for those behind a place."""
    for part in _inside(descriptor, film, (b"trak", b"mdia", b"minf", b"stbl")):
        if (form := _TABLES.get(part.name)) is None:
            continue
        table = os.pread(descriptor, part.end - part.body, part.body)
        (number,) = struct.unpack_from(">I", table, 4)
        width = struct.calcsize(form)
        entries = table[8 : 8 + number * width]
        old = [each for (each,) in struct.iter_unpack(form, entries[: len(entries) // width * width])]
        new = [each + by if each >= place else each for each in old]
        if new != old:
            if form == ">I" and max(new) >= _LONG:
                raise BrokenTag("The MP4 file is too long for longer tags.")
            packed = struct.pack(f">{len(new)}{form[1]}", *new)
            yield Splice(part.body + 8, part.body + 8 + len(packed), packed)


def _inside(descriptor: int, part: Part, through: tuple[bytes, ...]) -> Iterator[Part]:
    for each in atoms(descriptor, part.body, part.end):
        if each.name in through:
            yield from _inside(descriptor, each, through)
        else:
            yield each
