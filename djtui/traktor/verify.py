"""Is a new collection the old one with the planned changes, and sound? Nothing of the writing is reused here.

`well_formed` parses all of it, `compare` holds every byte against source and plan, `references` looks whether
what is wrong with it (doubled keys, items without a track, counts) was wrong with the source already.
The first takes most of the time, and can be done in pieces, at once.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, cast
from xml.parsers import expat

from djtui.traktor.entry import entry_key
from djtui.traktor.nml import (
    BLOCK,
    Fingerprint,
    NmlError,
    SourceChanged,
    Survey,
    identify,
    read_section,
)
from djtui.traktor.patch import Plan
from djtui.traktor.resurvey import resurvey
from djtui.traktor.spans import Spans

_BITE: Final = 1 << 16  # stays in the processor's cache
_PIECE: Final = 8 << 20  # bytes that are worth another worker's while
_PIECES: Final = 6
_BEFORE: Final = b"<NML><COLLECTION>]]"  # behind which no `>` may stand: nor may `]]>` be cut in two
_BEHIND: Final = b"</COLLECTION></NML>"
_DECLARATION: Final = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*\?>").match
_FILE: Final = b'/:" FILE="'  # as Traktor has it, behind the folder
_PLAIN: Final = re.compile(rb"[^&/\t\r\n]*").fullmatch  # any other name may not be what it looks like
_NAMED: Final = 3  # examples in a sentence
_COUNTED: Final = {"SUBNODES": ("COUNT", "NODE"), "PLAYLIST": ("ENTRIES", "ENTRY")}


def ready() -> None:
    """Load what parses, so that a worker has it when it is wanted."""
    import lxml.etree  # noqa: F401


def verify(source: Survey, result: str, plan: Plan) -> list[str]:
    """All checks of a new file: what is wrong with it, as sentences. Raises NmlError, SourceChanged."""
    for piece in pieces(source, plan):
        well_formed(result, *piece)
    return inspect(source, result, plan)[0]


def inspect(source: Survey, result: str, plan: Plan) -> tuple[list[str], Survey | None]:
    """All checks but whether it is well-formed, and the survey of a new file that is as planned."""
    if differences := compare(source.path, source.fingerprint, result, plan):
        return differences, None
    found = resurvey(source, result, plan.splices, identify(result))
    return references(source, found, plan.moved, rearranged=plan.rearranged), found


def pieces(source: Survey, plan: Plan, least: int = _PIECE) -> list[tuple[int, int | None]]:
    """Where a new file can be cut so that its pieces are parsed at once: before entries of the collection."""
    offsets, count = source.entries.offsets, max(1, min(_PIECES, plan.result_size // least))
    cuts = []
    for number in range(1, count):
        place = bisect_left(offsets, source.fingerprint.size * number // count)
        if place < len(offsets):
            before = (splice for splice in plan.splices if splice.offset < offsets[place])
            cuts.append(offsets[place] + sum(len(splice.text) - splice.length for splice in before))
    return list(zip([0, *cuts], [*cuts, None], strict=True))


def well_formed(path: str, start: int = 0, stop: int | None = None) -> None:
    """Parse a file, which must be well-formed. Raises NmlError with the line.

    Or a piece of it: then each cut must lie in the collection, between two of its elements. What comes before
    a cut is parsed with the tags behind it that would end the file there, what comes after it with those that
    would begin it: so if all pieces are well-formed, the cuts are where they must be, and all of it is.

    libxml2 takes half of expat's time for it; what it refuses (it has limits, too) is up to expat.
    """
    from lxml.etree import XMLParser, XMLSyntaxError

    quick = XMLParser(target=cast(Any, _Nothing()), huge_tree=True, resolve_entities=False, no_network=True)
    try:
        with Path(path).open("rb") as file:
            try:
                if start:
                    quick.feed(_declaration(file) + _BEFORE)
                for data in _bites(file, start, stop):
                    quick.feed(data)
                if stop is not None:
                    quick.feed(_BEHIND)
                quick.close()
            except XMLSyntaxError:
                _parse_thoroughly(path, file)
    except OSError as error:
        raise NmlError(f"{path} cannot be read: {error.strerror or error}.") from error


def _bites(file: BinaryIO, start: int, stop: int | None) -> Iterator[bytes]:
    """The bytes of a file from start to stop, or to its end."""
    file.seek(start)
    while data := file.read(_BITE if stop is None else min(_BITE, stop - start)):
        yield data
        start += len(data)


def _declaration(file: BinaryIO) -> bytes:
    """The XML declaration: it says in what the piece behind it is written."""
    declaration = _DECLARATION(file.read(_BITE))
    return declaration[0] if declaration else b""


def _parse_thoroughly(path: str, file: BinaryIO) -> None:
    parser = expat.ParserCreate()
    file.seek(0)
    try:
        while data := file.read(BLOCK):
            parser.Parse(data, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        fault = expat.ErrorString(error.code)
        raise NmlError(f"{path} is not well-formed: {fault} (line {error.lineno}).") from None


def compare(source: str, expected: Fingerprint, result: str, plan: Plan) -> list[str]:
    """Hold a new file against source and plan, byte by byte. Raises SourceChanged, NmlError."""
    try:
        with Path(source).open("rb") as old, Path(result).open("rb") as new:
            if Fingerprint.of(os.fstat(old.fileno())) != expected or plan.size != expected.size:
                raise SourceChanged(f"{source} changed after it was surveyed.")
            return list(_differences(old, new, plan))
    except OSError as error:
        raise NmlError(f"{error.filename or result} cannot be read: {error.strerror or error}.") from error


def references(
    source: Survey, result: Survey, moved: Mapping[str, str] | None = None, *, rearranged: bool = True
) -> list[str]:
    """Keys and counts that are wrong in a new file and were not in the source.

    `moved`: old key -> new key, which all entries, playlists and remix sets must have followed; but for that,
    the remix sets name the same files and the playlists are the same unless they were `rearranged`.
    Raises SourceChanged, NmlError.
    """
    problems = _wrong_count(source, result)
    named, names = _cells(source), _cells(result)
    if _followed(named, moved or {}) != names:
        problems.append("The remix sets of the new file do not name the files of the old one.")
    sections = _section(source), _section(result)
    went, come = _changed_keys(source, result)
    gone = _followed(went, moved or {})
    more, fewer = come - gone, gone - come
    if sections[0] == sections[1] and not more and not fewer and not moved:
        return problems
    before, after = map(_Tree.of, sections)
    before.keys = _followed(before.keys, moved or {})
    if not rearranged and before.keys != after.keys:
        problems.append("The playlists of the new file do not have the tracks of the old one.")
    for wrong in (after.wrong - before.wrong).elements():
        problems.append(
            f"{wrong.element} of {wrong.name!r} says {wrong.stated}; {wrong.real} would be right."
        )
    asked = (after.keys.keys() - before.keys.keys()) | (after.keys.keys() & fewer.keys())
    if more or asked or moved:
        new = {key: went[old] for old, key in (moved or {}).items()}
        cells = names.keys() - named.keys()
        keys = _keys(result, result.entries, more.keys() | asked | cells | new.keys())
        doubled = {key for key in more if keys[key] > 1} | {key for key in new if keys[key] > new[key]}
        problems += _listed("is there more than once", doubled)
        problems += _listed(
            "stands in a playlist, but no track has it", (key for key in asked if not keys[key])
        )
        problems += _listed(
            "stands in a remix set, but no track has it", (key for key in cells if not keys[key])
        )
    return problems


def _differences(old: BinaryIO, new: BinaryIO, plan: Plan) -> Iterator[str]:
    at = 0
    for splice in plan.splices:
        if splice.offset < at or splice.offset + splice.length > plan.size:
            yield f"Two changes overlap at byte {splice.offset:,} of the source."
            return
        if not _equal(old, new, splice.offset - at):
            yield f"Something changed between byte {at:,} and byte {splice.offset:,} of the source."
            return
        if new.read(len(splice.text)) != splice.text:
            yield f"The change at byte {splice.offset:,} of the source was not written as planned."
            return
        at = splice.offset + splice.length
        old.seek(at)
    if not _equal(old, new, plan.size - at) or new.read(1):
        yield f"Something changed behind byte {at:,} of the source."


def _equal(old: BinaryIO, new: BinaryIO, length: int) -> bool:
    """Whether the next bytes of two files are the same."""
    while length > 0:
        data = old.read(min(BLOCK, length))
        if not data or data != new.read(len(data)):
            return False
        length -= len(data)
    return True


def _changed_keys(source: Survey, result: Survey) -> tuple[Counter[str], Counter[str]]:
    """The keys of entries that only the source has, and of those that only the result has."""
    old, new = source.entries.each_hash(), result.entries.each_hash()
    if old == new:
        return Counter(), Counter()
    before, after = Counter(old), Counter(new)
    gone = source.entries.pick(_surplus(old, before, after))
    come = result.entries.pick(_surplus(new, after, before))
    return _keys(source, gone), _keys(result, come)


def _followed(keys: Counter[str], moved: Mapping[str, str]) -> Counter[str]:
    """Keys as they are called when those that were moved have their new names."""
    found: Counter[str] = Counter()
    for key, count in keys.items():
        found[moved.get(key, key)] += count
    return found


def _surplus(hashes: list[bytes], own: Counter[bytes], other: Counter[bytes]) -> Iterator[int]:
    """Where entries stand that another file does not have, or does not have as often."""
    left = {hash: count - other.get(hash, 0) for hash, count in own.items() if count > other.get(hash, 0)}
    for place, hash in enumerate(hashes):
        if left.get(hash):
            left[hash] -= 1
            yield place


def _keys(found: Survey, entries: Spans, wanted: Collection[str] | None = None) -> Counter[str]:
    """The keys of some entries, or those among them that are wanted. An entry that names no file has none."""
    names = None if wanted is None else {key.rpartition("/:")[2].encode() for key in wanted}
    keys: Counter[str] = Counter()
    with Path(found.path).open("rb") as file:
        for first, last in entries.runs():
            base = entries.offsets[first]
            file.seek(base)
            run = file.read(entries.offsets[last] + entries.lengths[last] - base)
            for place in range(first, last + 1):
                start = entries.offsets[place] - base
                text = run[start : start + entries.lengths[place]]
                if (names is None or _may_be(text, names)) and (key := entry_key(text)) is not None:
                    keys[key] += 1
        if Fingerprint.of(os.fstat(file.fileno())) != found.fingerprint:
            raise SourceChanged(f"{found.path} changed after it was surveyed.")
    return keys


def _may_be(entry: bytes, names: Collection[bytes]) -> bool:
    """Whether the file of an entry may have one of these names: surely not, for almost all, at a glance."""
    at = entry.find(_FILE, entry.find(b"<LOCATION"))
    name = entry[at + len(_FILE) : entry.find(b'"', at + len(_FILE))]
    return name in names or at < 0 or _PLAIN(name) is None or b"<!" in entry


def _listed(what: str, keys: Iterable[str]) -> list[str]:
    """One sentence for any number of keys."""
    found = sorted(keys)
    if not found:
        return []
    more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
    return [f"{', '.join(found[:_NAMED])}{more} {what}."]


class _Wrong(NamedTuple):
    """A count that is not what it counts: of which element, in a node of which name."""

    element: str
    name: str
    stated: str | None
    real: int


@dataclass(slots=True)
class _Tree:
    """What the PLAYLISTS section refers to, and the counts in it that are wrong."""

    keys: Counter[str] = field(default_factory=Counter)
    wrong: Counter[_Wrong] = field(default_factory=Counter)
    _open: list[list[Any]] = field(default_factory=list)  # element, name, stated, real
    _names: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, section: bytes) -> _Tree:
        tree = cls()
        parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler = tree._start
        parser.EndElementHandler = tree._end
        if section:
            parser.Parse(section, True)
        return tree

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._open and _COUNTED.get(self._open[-1][0], ("", ""))[1] == name:
            self._open[-1][3] += 1
        if name == "PRIMARYKEY" and attributes.get("TYPE") != "SET":
            self.keys[attributes.get("KEY", "")] += 1
        if name == "NODE":
            self._names.append(attributes.get("NAME", ""))
        stated = attributes.get(_COUNTED[name][0]) if name in _COUNTED else None
        self._open.append([name, self._names[-1] if self._names else "", stated, 0])

    def _end(self, name: str) -> None:
        element, node, stated, real = self._open.pop()
        if name == "NODE":
            self._names.pop()
        if element in _COUNTED and stated != str(real):
            self.wrong[_Wrong(element, node, stated, real)] += 1


def _section(found: Survey) -> bytes:
    if found.playlists is None:
        return b""
    return read_section(found.path, found.fingerprint, found.playlists)


def _cells(found: Survey) -> Counter[str]:
    """The files that the cells of remix sets name, as keys."""
    keys: Counter[str] = Counter()

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "CELL":
            keys["".join(attributes.get(part, "") for part in ("VOLUME", "DIR", "FILE"))] += 1

    if found.sets is not None:
        parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler = start
        parser.Parse(read_section(found.path, found.fingerprint, found.sets), True)
    return keys


def _wrong_count(source: Survey, result: Survey) -> list[str]:
    """COLLECTION's ENTRIES is often wrong in Traktor's own files; it has to change by as much as they do."""
    before, after = _stated(source), _stated(result)
    if before is None or after is None:
        return []
    right = max(0, before + len(result.entries) - len(source.entries))
    return (
        []
        if after == right
        else [f"COLLECTION says that it has {after:,} entries; {right:,} would be right."]
    )


def _stated(found: Survey) -> int | None:
    """ENTRIES of the first COLLECTION."""
    numbers: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "COLLECTION":
            numbers.append(attributes.get("ENTRIES", ""))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    end = found.entries.offsets[0] if len(found.entries) else found.fingerprint.size
    with Path(found.path).open("rb") as file:
        while not numbers and file.tell() < end:
            parser.Parse(file.read(min(BLOCK, end - file.tell())), False)
    number = numbers[0] if numbers else ""
    return int(number) if number.isascii() and number.isdigit() else None


class _Nothing:
    """What a parser may tell of the file: nobody listens."""

    def close(self) -> None:
        return
