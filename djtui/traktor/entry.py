"""Entries of an NML file as rows of the library. Pure: spans in, tuples out; runs in the process pool.

What is unknown, unreadable or out of range becomes None; only an entry that is no XML, or does not say where
its file lies, is a failure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from djtui.model.cue import CueType
from djtui.model.text import fold, words
from djtui.model.track import COLUMNS, FOLDED, SEARCHED
from djtui.traktor import values
from djtui.traktor.location import Locator, VolumeMap, key_hash
from djtui.traktor.nml import Fingerprint, line_numbers, read_spans
from djtui.traktor.spans import HASH, Spans

if TYPE_CHECKING:
    from lxml.etree import XMLParser, _Element

CueRow = tuple[int, float, float, int | None, str | None, int | None, float | None, str | None]
# A name of an attribute -> its value. Names are bytes, which lxml takes as they are.
Getter = Callable[[bytes], "str | None"]

# The columns of table track that a row gives, in order; the library fills in the other three.
ROW: Final = tuple(name for name in COLUMNS if name not in ("id", "revision", "job_id"))
CUE_ROW: Final = ("type", "start", "length", "slot", "name", "repeats", "grid_bpm", "color")

_TITLE: Final = ROW.index("title")
_ARTIST: Final = ROW.index("artist")
_DOCUMENT: Final = 250  # entries parsed together: few enough to stay in the processor's cache
_CUE_TYPES: Final[dict[str | None, int]] = {str(kind.value): kind.value for kind in CueType}
_SLOTS: Final[dict[str | None, int]] = {str(slot - 1): slot for slot in range(1, 9)}
_GRID: Final = CueType.GRID.value
_ANALYZED: Final = 4  # the bit of FLAGS
_UNNAMED: Final = "n.n."  # what Traktor calls a cue without a name

_row: Final = itemgetter(*ROW)
_folded: Final = itemgetter(*FOLDED)

_COMMENT: Final = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>", re.DOTALL)
_LOCATION: Final = re.compile(rb'<LOCATION DIR="([^"]*)" FILE="([^"]+)" VOLUME="([^"]*)"')
_ANY_LOCATION: Final = re.compile(rb"<LOCATION(?=[\s/>])((?:\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)")
_ATTRIBUTE: Final = re.compile(rb"([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_REFERENCE: Final = re.compile("&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|([a-z]+));")
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_BLANK: Final = str.maketrans("\t\n\r", "   ")


def _nothing(name: bytes) -> str | None:
    """The attributes of an element that is not there."""
    return None


class ParsedEntry(NamedTuple):
    """One entry.

    `key` is VOLUME + DIR + FILE to the letter, `row` in the order of ROW, `texts` a row of track_text
    (FOLDED, then words), `cues` in the order of CUE_ROW, `audio` the blake2b-16 of AUDIO_ID.
    """

    key: str
    row: tuple[Any, ...]
    texts: tuple[str | None, ...]
    cues: list[CueRow]
    audio: bytes | None
    key_hash: int

    @property
    def name(self) -> str:
        """What to call it in a message: artist and title, or else its file."""
        title, artist = self.row[_TITLE], self.row[_ARTIST]
        return f"{artist} – {title}" if title and artist else title or self.key.rpartition("/:")[2]


class EntryFailure(NamedTuple):
    """An entry that could not be read: its place among those asked for, what to call it, and why not."""

    place: int
    item: str
    reason: str


class ParsedEntries(NamedTuple):
    """The entries that were asked for, in their order, None for those among the failures."""

    entries: list[ParsedEntry | None]
    failures: list[EntryFailure]


class _Unreadable(Exception):
    """Why one entry cannot be taken in, on which of its lines, and its title if that can be read."""

    def __init__(self, reason: str, line: int = 1, title: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.title = title


def parse_entries(path: str, expected: Fingerprint, spans: Spans, volumes: VolumeMap) -> ParsedEntries:
    """Read and parse entries of a surveyed file. Raises SourceChanged if it is no longer that file."""
    texts = read_spans(path, expected, spans)
    locator = Locator(volumes)
    entries: list[ParsedEntry | None] = []
    faults: dict[int, _Unreadable] = {}
    for start in range(0, len(texts), _DOCUMENT):
        part = texts[start : start + _DOCUMENT]
        root = _together(part)
        for element in root if root is not None else map(_alone, part):
            try:
                if isinstance(element, _Unreadable):
                    raise element
                entries.append(_entry(element, locator))
            except _Unreadable as fault:
                faults[len(entries)] = fault
                entries.append(None)
    return ParsedEntries(entries, _failures(path, spans, texts, faults))


def entry_keys(path: str, expected: Fingerprint, spans: Spans) -> list[str | None]:
    """The keys of entries of a surveyed file, None where there is none. Raises as `parse_entries` does."""
    return [entry_key(text) for text in read_spans(path, expected, spans)]


def entry_key(text: bytes) -> str | None:
    """The key of an entry: what parsing it would give, for a tenth of the price."""
    if b"<!" in text:
        text = _COMMENT.sub(b"", text)
    if found := _LOCATION.match(text, max(0, text.find(b"<LOCATION"))):
        directory, file, volume = found.groups()
    elif found := _ANY_LOCATION.search(text):
        attributes = {name: double or single for name, double, single in _ATTRIBUTE.findall(found[1])}
        volume, directory, file = (attributes.get(name, b"") for name in (b"VOLUME", b"DIR", b"FILE"))
    else:
        return None
    try:
        return _plain((volume + directory + file).decode()) if file else None
    except ValueError:
        return None


def _plain(value: str) -> str:
    """An attribute's value as an XML parser gives it."""
    value = value.replace("\r\n", "\n").translate(_BLANK)
    return _REFERENCE.sub(_character, value) if "&" in value else value


def _character(reference: re.Match[str]) -> str:
    """Raises ValueError for what is no character, which no XML parser takes either."""
    hexadecimal, decimal, name = reference.groups()
    if name:
        return _NAMED.get(name, reference[0])
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if not 0 < code < 0x110000 or 0xD800 <= code < 0xE000:
        raise ValueError(reference[0])
    return chr(code)


@lru_cache(maxsize=1)
def _parser() -> XMLParser:
    """Entities, network and DTDs off; attributes may be huge, for STEMS and COMMENT sometimes are."""
    from lxml.etree import XMLParser

    return XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )


def _together(texts: Sequence[bytes]) -> _Element | None:
    """Entries as the children of one element; None if one of them breaks it."""
    from lxml.etree import XMLSyntaxError, fromstring

    try:
        root = fromstring(b"<COLLECTION>%b</COLLECTION>" % b"".join(texts), _parser())
    except XMLSyntaxError:
        return None
    return root if len(root) == len(texts) else None


def _alone(text: bytes) -> _Element | _Unreadable:
    """One entry by itself."""
    from lxml.etree import XMLSyntaxError, fromstring

    try:
        return fromstring(text, _parser())
    except XMLSyntaxError as error:
        reason = (error.msg or "not well-formed").partition(", line ")[0]
        return _Unreadable(f"it is damaged: {reason}", error.lineno or 1)


def _failures(
    path: str, spans: Spans, texts: Sequence[bytes], faults: dict[int, _Unreadable]
) -> list[EntryFailure]:
    """Say of each fault which entry it is, and on which line."""
    lines = line_numbers(path, [spans.offsets[place] for place in faults]) if faults else []
    failures = []
    for (place, fault), line in zip(faults.items(), lines, strict=True):
        item = entry_key(texts[place]) or f"{fault.title or 'entry'} (line {line})"
        failures.append(EntryFailure(place, item, f"line {line + fault.line - 1}: {fault.reason}"))
    return failures


def _entry(element: _Element, locator: Locator) -> ParsedEntry:
    """One ENTRY as rows. Raises _Unreadable."""
    parts, marks = _children(element)
    own: Getter = element.get
    location, info, album = (parts.get(name, _nothing) for name in ("LOCATION", "INFO", "ALBUM"))
    volume, directory, file = location(b"VOLUME") or "", location(b"DIR") or "", location(b"FILE")
    if not file:
        raise _Unreadable("it does not say where its file is (LOCATION)", title=own(b"TITLE"))
    home, path = locator.find(volume, directory, file)
    cues = _cues(marks)
    key_text, ranking = info(b"KEY") or None, info(b"RANKING")
    released = values.day(info(b"RELEASE_DATE"))
    flags, audio = values.whole(info(b"FLAGS")), own(b"AUDIO_ID")
    fields: dict[str, Any] = {
        "bpm": values.positive(parts.get("TEMPO", _nothing)(b"BPM")),
        "key": values.key(parts.get("MUSICAL_KEY", _nothing)(b"VALUE"), key_text),
        "rating": values.stars(ranking),
        "duration": values.positive(info(b"PLAYTIME_FLOAT")) or values.positive(info(b"PLAYTIME")),
        "year": released and int(released[:4]),
        "added": values.day(info(b"IMPORT_DATE")),
        "plays": values.whole(info(b"PLAYCOUNT") or "0"),
        "played": values.day(info(b"LAST_PLAYED")),
        "missing": None if path else 1,
        "cue_count": sum([cue[0] != _GRID for cue in cues]),
        "color": values.color(info(b"COLOR")),
        "energy": None,
        "lufs": None,
        "bitrate": values.counting(info(b"BITRATE")),
        "locked": int(own(b"LOCK") == "1"),
        "analyzed": None if flags is None else int(flags & _ANALYZED > 0),
        "track_number": values.counting(album(b"TRACK")),
        "filesize": values.size(info(b"FILESIZE")),
        "released": released,
        "modified": values.moment(own(b"MODIFIED_DATE"), own(b"MODIFIED_TIME")),
        "format": values.extension(file),
        "kind": "stem" if "STEMS" in parts else "track",
        "title": own(b"TITLE") or None,
        "artist": own(b"ARTIST") or None,
        "album": album(b"TITLE") or None,
        "genre": info(b"GENRE") or None,
        "label": info(b"LABEL") or None,
        "remixer": info(b"REMIXER") or None,
        "producer": info(b"PRODUCER") or None,
        "albumartist": None,
        "comment": info(b"COMMENT") or None,
        "comment2": info(b"RATING") or None,
        "mix": info(b"MIX") or None,
        "catalogue": info(b"CATALOG_NO") or None,
        "isrc": None,
        "key_text": key_text,
        "path": path,
        "location": home,
    }
    folded = [text and fold(text) for text in _folded(fields)]
    searched = " ".join([text for text in folded[: len(SEARCHED)] if text])
    key = volume + directory + file
    return ParsedEntry(
        key,
        _row(fields),
        (*folded, words(searched)),
        cues,
        blake2b(audio.encode(), digest_size=HASH).digest() if audio else None,
        key_hash(key),
    )


def _children(element: _Element) -> tuple[dict[str, Getter], list[_Element]]:
    """The children of an entry by name, and its cues."""
    parts: dict[str, Getter] = {}
    marks: list[_Element] = []
    for child in element:
        tag = child.tag
        if tag == "CUE_V2":
            marks.append(child)
        elif tag not in parts:
            parts[tag] = child.get
    return parts, marks


def _cues(marks: Sequence[_Element]) -> list[CueRow]:
    """The CUE_V2 of an entry. Since version 20 a grid marker has its tempo in a child."""
    cues: list[CueRow] = []
    for mark in marks:
        get: Getter = mark.get
        name = get(b"NAME")
        grid_bpm = None
        if len(mark):
            tempos = [values.positive(child.get(b"BPM")) for child in mark if child.tag == "GRID"]
            grid_bpm = tempos[0] if tempos else None
        cues.append(
            (
                _CUE_TYPES.get(get(b"TYPE"), 0),
                values.number(get(b"START")) or 0.0,
                values.span(get(b"LEN")) or 0.0,
                _SLOTS.get(get(b"HOTCUE")),
                None if not name or name == _UNNAMED else name,
                values.repeats(get(b"REPEATS")),
                grid_bpm,
                get(b"COLOR") or None,
            )
        )
    return cues
