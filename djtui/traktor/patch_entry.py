"""One entry of a collection, patched: the attributes that are to differ, and not a byte more.

A value of the file that means what is wanted keeps its spelling. What Traktor would not stand, or would undo,
is refused with a reason, and the rest is done all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from xml.parsers import expat

from djtui.model import key as keys
from djtui.traktor import values
from djtui.traktor.entry import CueRow
from djtui.traktor.key_text import respelled
from djtui.traktor.location import Key
from djtui.traktor.markup import Element, Markup
from djtui.traktor.patch_cues import GRID, FileCue, PatchedCues, file_cues, patch_cues, retune
from djtui.traktor.patch_moves import differing, key_of
from djtui.traktor.writer import ATTRIBUTES, day, decimal, element, possible

_LOCKED: Final = "the track is locked in Traktor"
_DROPPED: Final = ("ALBUM", "TEMPO", "MUSICAL_KEY")  # Traktor has none of these rather than an empty one


class Place(NamedTuple):
    """Where a file lies, as LOCATION has it. `volume_id` is for an entry that comes from another volume."""

    key: Key
    volume_id: str | None = None


@dataclass(frozen=True, slots=True)
class EntryEdit:
    """What an entry is to hold: wanted values of synced fields (None: unknown), and all its cues or None.

    `hash` is blake2b-16 of the entry as it is in the file. Fields that are not named stay as they are, and
    so does its LOCATION without a `place`.
    """

    hash: bytes
    fields: Mapping[str, Any]
    cues: Sequence[CueRow] | None = None
    place: Place | None = None


class Refusal(NamedTuple):
    """A field that was left alone, and why: a part of a sentence."""

    field: str
    reason: str


class Patched(NamedTuple):
    """An entry after its edit. `doubles` counts cues of the file that say the same as another of its cues."""

    text: bytes
    refusals: tuple[Refusal, ...]
    doubles: int


class _Home(NamedTuple):
    """Where a field lives: its element and attribute, how it is read, and how written."""

    element: str
    attribute: str
    read: Callable[[str | None], Any]
    write: Callable[[Any], str]


def _text(value: str | None) -> str | None:
    return value or None


def _ranking(stars: Any) -> str:
    return str(int(stars) * 51)


def _number(value: Any) -> str:
    return str(int(value))


HOMES: Final[dict[str, _Home]] = {
    "title": _Home("ENTRY", "TITLE", _text, str),
    "artist": _Home("ENTRY", "ARTIST", _text, str),
    "album": _Home("ALBUM", "TITLE", _text, str),
    "track_number": _Home("ALBUM", "TRACK", values.counting, _number),
    "genre": _Home("INFO", "GENRE", _text, str),
    "label": _Home("INFO", "LABEL", _text, str),
    "comment": _Home("INFO", "COMMENT", _text, str),
    "comment2": _Home("INFO", "RATING", _text, str),
    "remixer": _Home("INFO", "REMIXER", _text, str),
    "producer": _Home("INFO", "PRODUCER", _text, str),
    "mix": _Home("INFO", "MIX", _text, str),
    "catalogue": _Home("INFO", "CATALOG_NO", _text, str),
    "key_text": _Home("INFO", "KEY", _text, str),
    "plays": _Home("INFO", "PLAYCOUNT", values.counting, _number),
    "rating": _Home("INFO", "RANKING", values.stars, _ranking),
    "added": _Home("INFO", "IMPORT_DATE", values.day, day),
    "played": _Home("INFO", "LAST_PLAYED", values.day, day),
    "released": _Home("INFO", "RELEASE_DATE", values.day, day),
    "color": _Home("INFO", "COLOR", values.color, _number),
}


def patch_entry(entry: bytes, edit: EntryEdit, now: datetime) -> Patched:
    """Patch an entry; `now` is its new MODIFIED_DATE and MODIFIED_TIME if anything changes."""
    try:
        markup = Markup(entry)
    except expat.ExpatError as error:
        return Patched(entry, (Refusal("entry", f"it is damaged: {expat.ErrorString(error.code)}"),), 0)
    patching = _Patching(markup, edit.fields, now)
    doubles = patching.apply(edit.cues)
    if edit.place is not None:
        patching.move(edit.place)
    if markup.changed:
        date, seconds = stamp(now)
        markup.set(markup.root, "MODIFIED_DATE", date)
        markup.set(markup.root, "MODIFIED_TIME", seconds)
    return Patched(markup.result(), tuple(patching.refusals), doubles)


def stamp(now: datetime) -> tuple[str, str]:
    """A moment as MODIFIED_DATE and MODIFIED_TIME: UTC, seconds since midnight."""
    now = now.astimezone(UTC) if now.tzinfo else now
    return day(now.date().isoformat()), str(now.hour * 3600 + now.minute * 60 + now.second)


def clock(now: datetime) -> str:
    """A moment as LOCK_MODIFICATION_TIME."""
    return (now.astimezone(UTC) if now.tzinfo else now).strftime("%Y-%m-%dT%H:%M:%S")


def spelled(name: str, value: Any) -> str | None:
    """A field's value as the file has it, None for none. Raises ValueError for what no file can hold."""
    home = HOMES[name]
    if value is None or value == "" or (value == 0 and home.read is not _text):
        return None
    try:
        text = home.write(value)
    except (TypeError, ValueError):
        text = ""
    if home.read(text) is None:
        raise ValueError(f"{value!r} is no value that Traktor knows")
    if not possible(text):
        raise ValueError("it has control characters, which XML cannot hold")
    return text


def ordered(name: str, attributes: Mapping[str, str | None]) -> str:
    """An element with its attributes in Traktor's order."""
    order = ATTRIBUTES.get(name, tuple(attributes))
    return element(name, [(attribute, attributes.get(attribute)) for attribute in order])


class _Patching:
    """One entry while it is patched."""

    def __init__(self, markup: Markup, fields: Mapping[str, Any], now: datetime) -> None:
        self.refusals: list[Refusal] = []
        self._markup = markup
        self._fields = fields
        self._now = now
        self._entry = markup.root
        self._made: dict[str, dict[str, str | None]] = {}  # new children: their attributes
        self._touched: dict[str, Element] = {}
        self._locked = self._get("ENTRY", "LOCK") == "1" and bool(fields.get("locked", 1))

    def apply(self, cues: Sequence[CueRow] | None) -> int:
        """Make all the edits; returns how many cues of the file are doubles."""
        key = values.key(self._get("MUSICAL_KEY", "VALUE"), self._get("INFO", "KEY"))
        for name in HOMES:
            if name in self._fields:
                self._plain(name)
        self._key(self._fields.get("key", key))
        self._lock()
        there = file_cues(self._markup)
        done = PatchedCues(there) if cues is None else self._cues(there, cues)
        self._bpm(done)
        self._settle()
        return done.doubles

    def move(self, place: Place) -> None:
        """Give its file another place, where a CELL of the entry names it, too.

        VOLUMEID tells nothing within one volume, and stays there.
        """
        location = self._entry.child("LOCATION")
        if location is None or not all(map(possible, (*place.key, place.volume_id or ""))):
            self._refuse("path", "no LOCATION can hold it")
            return
        volume, directory, file = place.key
        was = key_of(location.attributes)
        for cell in self._entry.children:
            if cell.name == "CELL" and key_of(cell.attributes) == was:
                for name, value in differing(cell.attributes, place.key).items():
                    self._markup.set(cell, name, value)
        if self._markup.set(location, "VOLUME", volume):
            self._markup.set(location, "VOLUMEID", place.volume_id)
        self._markup.set(location, "DIR", directory)
        self._markup.set(location, "FILE", file)

    def _plain(self, name: str) -> None:
        home, wanted = HOMES[name], self._fields[name]
        now = home.read(self._get(home.element, home.attribute))
        try:
            text = spelled(name, wanted)
        except ValueError as error:
            self._refuse(name, str(error))
            return
        if now != (wanted if text is not None else None) and now != home.read(text):
            self._set(home.element, home.attribute, text)

    def _key(self, wanted: Any) -> None:
        """MUSICAL_KEY counts before INFO KEY, which is all that some tracks have."""
        text = self._get("INFO", "KEY")
        if values.key(self._get("MUSICAL_KEY", "VALUE"), text) == wanted:
            return
        follows = (
            "key" in self._fields and "key_text" not in self._fields and keys.parse(text or "") is not None
        )
        if wanted is None:
            if text and keys.parse(text) is not None and not follows:
                if "key" in self._fields:
                    self._refuse("key", f"the tag still names one ({text})")
                return
            self._set("MUSICAL_KEY", "VALUE", None)
        elif wanted in range(24):
            self._set("MUSICAL_KEY", "VALUE", str(int(wanted)))
        else:
            self._refuse("key", f"{wanted!r} is no key")
            return
        if text and follows and keys.parse(text) != wanted:
            self._set("INFO", "KEY", None if wanted is None else respelled(text, wanted))

    def _lock(self) -> None:
        wanted = self._fields.get("locked", self._locked)
        if bool(wanted) != (self._get("ENTRY", "LOCK") == "1"):
            self._set("ENTRY", "LOCK", None if wanted is None else str(int(bool(wanted))))
            self._set("ENTRY", "LOCK_MODIFICATION_TIME", None if wanted is None else clock(self._now))

    def _cues(self, there: Sequence[FileCue], wanted: Sequence[CueRow]) -> PatchedCues:
        if not all(possible(text) for row in wanted for text in row if isinstance(text, str)):
            self._refuse("cues", "a name has control characters, which XML cannot hold")
            return PatchedCues(list(there))
        done = patch_cues(self._markup, there, wanted, locked=self._locked)
        if done.grid_refused:
            self._refuse("cues", f"{_LOCKED}, so its beat grid stays")
        return done

    def _bpm(self, cues: PatchedCues) -> None:
        wanted, now = self._fields.get("bpm"), values.positive(self._get("TEMPO", "BPM"))
        text = decimal(wanted) if wanted else None
        if "bpm" not in self._fields or now in (wanted or None, values.positive(text)):
            return
        if text is not None and values.positive(text) is None:
            self._refuse("bpm", f"{wanted!r} is no tempo")
        elif self._locked:
            self._refuse("bpm", _LOCKED)
        elif cues.markers > 1:
            self._refuse("bpm", f"its beat grid has {cues.markers} markers")
        else:
            self._set("TEMPO", "BPM", text)
            if "TEMPO" in self._made:
                self._made["TEMPO"]["BPM_QUALITY"] = decimal(100)
            for cue in cues.kept:
                if wanted and cue.row[0] == GRID:
                    retune(self._markup, cue, wanted)

    def _refuse(self, field: str, reason: str) -> None:
        self.refusals.append(Refusal(field, reason))

    def _element(self, name: str) -> Element | None:
        return self._entry if name == "ENTRY" else self._entry.child(name)

    def _get(self, name: str, attribute: str) -> str | None:
        """An attribute as it is by now."""
        element = self._element(name)
        if element is None:
            return self._made.get(name, {}).get(attribute)
        return self._markup.get(element, attribute)

    def _set(self, name: str, attribute: str, value: str | None) -> None:
        element = self._element(name)
        if element is None:
            if value is not None:
                self._made.setdefault(name, {})[attribute] = value
        elif value is None and (name, attribute) == ("ENTRY", "TITLE"):
            self._markup.set(element, attribute, "")  # Traktor's entries always have one
        else:
            self._markup.set(element, attribute, value)
            self._touched[name] = element

    def _settle(self) -> None:
        """Put in the children that are new, take out those that nothing is left of."""
        for name, attributes in self._made.items():
            self._markup.insert(self._entry, ordered(name, attributes).rstrip("\n").encode())
        for name, child in self._touched.items():
            if name in _DROPPED and not child.children and self._markup.bare(child):
                self._markup.remove(child)
