"""Entries that get another key; playlists and remix sets follow them. Pure: for the process pool."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from xml.parsers import expat

from djtui.traktor.entry import entry_keys
from djtui.traktor.location import Key, taken_apart
from djtui.traktor.markup import Splice, edited_tag, tag_at
from djtui.traktor.nml import Fingerprint, NmlError
from djtui.traktor.spans import Spans

_AT_ONCE: Final = 5000
_PLACE: Final = ("VOLUME", "DIR", "FILE")


class Wish(NamedTuple):
    """The entry of a key, known by its hash, is to have another key."""

    key: str
    hash: bytes
    moved: str


@dataclass(frozen=True, slots=True)
class Settled:
    """Which wishes can be met together: old key -> new key; and those whose new key another entry has.

    `places` are where the entries lie, by old key: further ones of that key go with the first.
    """

    moved: Mapping[str, str] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    places: Mapping[str, list[int]] = field(default_factory=dict)


def settle(
    path: str, expected: Fingerprint, entries: Spans, wishes: Iterable[Wish], gone: Collection[int]
) -> Settled:
    """Look which wishes a file allows; `gone` are places of entries that are taken out of it.

    A key is free if nobody has it, or who has it gives it up: so files can change names among each other.
    Wishes for entries that the file does not have are passed over. Raises SourceChanged, NmlError.
    """
    wishes = list(wishes)
    places = _places(path, expected, entries, {key for wish in wishes for key in (wish.key, wish.moved)})
    wishes = [
        wish for wish in wishes if any(entries.hash(place) == wish.hash for place in places.get(wish.key, ()))
    ]
    by_key = {wish.key: wish for wish in wishes}
    claims: dict[str, Wish] = {}
    refused: list[Wish] = []
    for wish in wishes:
        stays = wish.moved not in by_key and not set(places.get(wish.moved, ())).issubset(gone)
        if stays or claims.setdefault(wish.moved, wish) is not wish:
            refused.append(wish)
    taken: set[str] = set()
    while refused:
        wish = refused.pop()
        taken.add(wish.key)
        if (heir := claims.get(wish.key)) is not None and heir.key not in taken:
            refused.append(heir)
    return Settled(
        {wish.key: wish.moved for wish in wishes if wish.key not in taken},
        frozenset(taken),
        {key: places[key] for key in by_key},
    )


def rekeyed(section: bytes, moved: Mapping[str, str]) -> list[Splice]:
    """What differs in a PLAYLISTS section when entries have other keys: those attributes alone.

    A remix set is no entry of the collection, and keeps its key. Raises NmlError for damage.
    """

    def follow(name: str, attributes: Mapping[str, str]) -> dict[str, str]:
        new = moved.get(attributes.get("KEY", "")) if name == "PRIMARYKEY" else None
        return {} if new is None or attributes.get("TYPE") == "SET" else {"KEY": new}

    return _followed(section, "playlists", follow)


def recelled(section: bytes, moved: Mapping[str, str]) -> list[Splice]:
    """What differs in a SETS section when entries have other keys: where the cells find their files.

    Of its attributes only those that differ are written. Raises NmlError for damage.
    """

    def follow(name: str, attributes: Mapping[str, str]) -> dict[str, str]:
        new = moved.get(key_of(attributes)) if name == "CELL" else None
        return {} if new is None else differing(attributes, taken_apart(new))

    return _followed(section, "remix sets", follow)


def cells_of(section: bytes) -> list[str]:
    """The keys that the cells of a SETS section name, in their order. Raises NmlError for damage."""
    found: list[str] = []

    def look(name: str, attributes: Mapping[str, str]) -> dict[str, str]:
        if name == "CELL" and attributes.get("FILE"):
            found.append(key_of(attributes))
        return {}

    _followed(section, "remix sets", look)
    return found


def key_of(place: Mapping[str, str]) -> str:
    """The key that the attributes of a LOCATION or a CELL make."""
    return "".join(place.get(name, "") for name in _PLACE)


def differing(attributes: Mapping[str, str], key: Key) -> dict[str, str]:
    """Of VOLUME, DIR and FILE those that have to be others for a key."""
    wanted = zip(_PLACE, key, strict=True)
    return {name: value for name, value in wanted if attributes.get(name, "") != value}


def _followed(
    section: bytes, what: str, follow: Callable[[str, Mapping[str, str]], Mapping[str, str]]
) -> list[Splice]:
    """A section with other values in the tags for which `follow` (element, attributes) has some."""
    found: list[Splice] = []
    parser = expat.ParserCreate("utf-8")

    def start(name: str, attributes: dict[str, str]) -> None:
        if new := follow(name, attributes):
            at = parser.CurrentByteIndex
            tag = tag_at(section, at) or b""
            found.append(Splice(at, len(tag), edited_tag(tag, new)))

    parser.StartElementHandler = start
    try:
        parser.Parse(section, True)
    except expat.ExpatError as error:
        raise NmlError(f"The {what} are damaged: {expat.ErrorString(error.code)}.") from None
    return found


def _places(path: str, expected: Fingerprint, entries: Spans, wanted: set[str]) -> dict[str, list[int]]:
    """Where the entries of some keys lie, in the order of the file."""
    found: dict[str, list[int]] = {}
    for start in range(0, len(entries) if wanted else 0, _AT_ONCE):
        part = range(start, min(start + _AT_ONCE, len(entries)))
        for place, key in zip(part, entry_keys(path, expected, entries.pick(part)), strict=True):
            if key in wanted:
                found.setdefault(key, []).append(place)
    return found
