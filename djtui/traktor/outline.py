"""The structure of an NML file around its entries: seen by expat, block by block.

Offsets count bytes of the file. The bytes of entries may be left out (`skip`): then what they hold is neither
parsed nor checked here.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Final
from xml.parsers import expat

_ENCODINGS: Final = frozenset(("UTF-8", "UTF8", "US-ASCII", "ASCII"))
_CUT_OFF: Final = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
# Traktor keeps these two in every collection; a playlist that was exported stands alone.
_STANDARD_LISTS: Final = frozenset(("_LOOPS", "_RECORDINGS"))


_BACKUPS: Final = "Traktor keeps backups of its collection in its folder Backup/Collection."


class Refused(Exception):
    """Why a file is not read: the end of a sentence that begins with its path, and perhaps what to do."""

    def __init__(self, reason: str, offset: int | None = None, advice: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset
        self.advice = advice


def cut_off(offset: int) -> Refused:
    """The refusal of a file whose end is missing."""
    return Refused("is cut off: the end is missing", offset, _BACKUPS)


class Outline:
    """What expat has seen of one file so far."""

    def __init__(self) -> None:
        self.attributes: Mapping[str, str] = {}
        self.program: str | None = None
        self.collections = array("Q")
        self.starts = array("Q")  # of the entries that were not left out
        self.ends = array("Q")  # of their closing tags; for a self-closed entry, behind it
        self.playlists: list[int] = []  # the same two of the PLAYLISTS section
        self.sets: list[int] = []  # and of the SETS section: the remix sets
        self.history = False
        self.lists: list[str] = []
        self.items = 0
        self._skipped = 0
        self._path: list[str] = []
        self._begun = False
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.XmlDeclHandler = self._declaration

    def feed(self, data: bytes, final: bool = False) -> None:
        """Parse the next bytes. Raises Refused."""
        try:
            self._parser.Parse(data, final)
        except expat.ExpatError as error:
            offset = self._parser.ErrorByteIndex + self._skipped
            if not self._begun:
                raise Refused("is not XML", offset) from None
            if final and error.code in _CUT_OFF:
                raise cut_off(offset) from None
            raise Refused(f"is damaged: {expat.ErrorString(error.code)}", offset, _BACKUPS) from None

    def skip(self, length: int) -> None:
        """Leave out the next bytes of the file."""
        self._skipped += length

    @property
    def _at(self) -> int:
        return self._parser.CurrentByteIndex + self._skipped

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.upper() not in _ENCODINGS:
            raise Refused(f"says that it is in {encoding}; Traktor writes UTF-8", self._at)

    def _doctype(self, *_: object) -> None:
        raise Refused("has a DOCTYPE, which Traktor never writes and djtui does not read", self._at)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        path = self._path
        path.append(name)
        depth = len(path)
        if depth == 3:
            if name == "ENTRY" and path[1] == "COLLECTION":
                self.starts.append(self._at)
        elif depth > 3:
            if path[1] == "PLAYLISTS":
                self._node(name, attributes)
        elif depth == 1:
            self._begun = True
            if name != "NML":
                raise Refused(f"is XML but not NML: its root is <{name}>", self._at)
            self.attributes = attributes
        elif name == "HEAD":
            self.program = attributes.get("PROGRAM")
        elif name == "COLLECTION":
            self.collections.append(self._at)
        elif name == "PLAYLISTS" and not self.playlists:
            self.playlists.append(self._at)
        elif name == "SETS" and not self.sets:
            self.sets.append(self._at)

    def _node(self, name: str, attributes: dict[str, str]) -> None:
        if name == "PRIMARYKEY":
            self.items += 1
        elif name == "NODE":
            if attributes.get("TYPE") == "PLAYLIST":
                self.lists.append(attributes.get("NAME", ""))
        elif name == "EXTENDEDDATA" or (name == "PLAYLIST" and attributes.get("TYPE") == "PROTOCOL"):
            self.history = True

    def _end(self, name: str) -> None:
        path = self._path
        depth = len(path)
        if depth == 3 and name == "ENTRY" and path[1] == "COLLECTION":
            self.ends.append(self._at)
        elif depth == 2 and name == "PLAYLISTS" and len(self.playlists) == 1:
            self.playlists.append(self._at)
        elif depth == 2 and name == "SETS" and len(self.sets) == 1:
            self.sets.append(self._at)
        path.pop()

    def partial(self, entries: int) -> str | None:
        """Why a file with so many entries is not a whole collection; None if it is one."""
        if not self.collections:
            return "it has no COLLECTION"
        if self.history or self.lists == ["HISTORY"]:
            return "it is a history of what was played"
        alone = len(self.lists) == 1 and self.lists[0] not in _STANDARD_LISTS
        if alone and 0 < entries <= self.items:
            return "it is a single playlist with its tracks"
        return None
