"""What was played: the files that Traktor keeps in its folder History, one a session.

`history_2019y10m18d_19h07m11s.nml` is an NML file with the entries of the tracks that were played, and one
list of type PROTOCOL whose items carry EXTENDEDDATA: STARTDATE is year << 16 | month << 8 | day, STARTTIME
seconds since midnight in the local time of the machine, DURATION seconds, DECK 0 .. 3, PLAYEDPUBLIC 1 if it
was heard and not only cued (seen in files of 2011 to 2020). A session may last for days.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final, NamedTuple
from xml.parsers import expat

from djtui.traktor import values
from djtui.traktor.entry import ROW, parse_entries
from djtui.traktor.location import VolumeMap
from djtui.traktor.nml import NmlError, SourceChanged, Survey, identify, read_section, survey

FOLDER: Final = "History"

_TITLE: Final = ROW.index("title")
_ARTIST: Final = ROW.index("artist")
_NAME: Final = re.compile(r"(\d{4})y(\d\d)m(\d\d)d_(\d\d)h(\d\d)m(\d\d)s")
_BEING_WRITTEN: Final = "it is being written; the next import of the history reads it"
_LATEST_S: Final = 2 * 24 * 3600
_DECKS: Final = 4
_PUBLIC: Final = {"0": False, "1": True}


class Play(NamedTuple):
    """One track on one deck.

    `key` is VOLUME + DIR + FILE to the letter, "" where the file names no track; `at` local time without a
    zone ("2019-10-18T19:07:19"); `deck` 1 .. 4; `duration` seconds; `public`: heard, not only cued.
    """

    key: str
    title: str | None
    artist: str | None
    at: str | None
    deck: int | None
    duration: float | None
    public: bool | None


class Night(NamedTuple):
    """One history file, its plays in their order.

    `digest` is blake2b-16 of the file; `started` when the first play began, else what the file's name says.
    """

    path: str
    digest: bytes
    started: str | None
    plays: list[Play]


class Seen(NamedTuple):
    """A file and its blake2b-16."""

    path: str
    digest: bytes


class Unread(NamedTuple):
    """A file that cannot be read, and why."""

    path: str
    reason: str


def history_files(path: str) -> list[str]:
    """The files to look at: those of a History folder, of a folder that has one, or the file itself.

    Raises NmlError.
    """
    place = Path(path)
    try:
        if not place.is_dir():
            identify(place)
            return [path]
        folder = place / FOLDER if (place / FOLDER).is_dir() else place
        files = [file for file in folder.iterdir() if file.suffix.lower() == ".nml" and file.is_file()]
    except SourceChanged:
        return [path]
    except OSError as error:
        raise NmlError(f"{path} cannot be read: {error.strerror or error}.") from error
    return sorted(str(file) for file in files if not file.name.startswith("."))


def look(files: Sequence[str]) -> list[Seen | Unread]:
    """What files hash to."""
    looked: list[Seen | Unread] = []
    for file in files:
        try:
            file.encode()
            looked.append(Seen(file, identify(file)[1]))
        except UnicodeEncodeError:
            name = file.encode(errors="backslashreplace").decode()
            looked.append(Unread(name, "its name is not in UTF-8; rename it"))
        except NmlError as error:
            looked.append(Unread(file, str(error)))
        except SourceChanged:
            looked.append(Unread(file, _BEING_WRITTEN))
    return looked


def read_nights(files: Sequence[str]) -> list[Night | Unread]:
    """Read history files; one that cannot be read stands in the way of no other."""
    read: list[Night | Unread] = []
    for file in files:
        try:
            read.append(read_night(file))
        except NmlError as error:
            read.append(Unread(file, str(error)))
        except SourceChanged:
            read.append(Unread(file, _BEING_WRITTEN))
    return read


def read_night(path: str | Path) -> Night:
    """Read a history file. Raises NmlError for what is none, SourceChanged if it changed meanwhile."""
    found = survey(path)
    reading = _Reading()
    if found.playlists is not None:
        reading.parse(found.path, read_section(path, found.fingerprint, found.playlists))
    if not reading.is_history:
        raise NmlError(f"{found.path} is not a history: nothing in it says what was played when.")
    names = _names(found)
    plays = [_play(key, names.get(key, (None, None)), data) for key, data in reading.items]
    began = min((play.at for play in plays if play.at is not None), default=None)
    return Night(found.path, found.digest, began or _named(Path(path).name), plays)


class _Reading:
    """The items of histories that expat has seen: each one's key, and its EXTENDEDDATA."""

    def __init__(self) -> None:
        self.is_history = False
        self.items: list[tuple[str, Mapping[str, str]]] = []
        self._node = ""
        self._protocol = False
        self._key = ""
        self._data: Mapping[str, str] | None = None

    def parse(self, path: str, section: bytes) -> None:
        """Read a PLAYLISTS element. Raises NmlError."""
        parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        try:
            parser.Parse(section, True)
        except expat.ExpatError as error:
            fault = expat.ErrorString(error.code)
            raise NmlError(f"The list in {path} is damaged, {error.lineno} lines in: {fault}.") from None

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "NODE":
            self._node = attributes.get("NAME", "")
        elif name == "PLAYLIST":
            self._protocol = attributes.get("TYPE") == "PROTOCOL" or self._node == "HISTORY"
            self.is_history |= self._protocol
        elif name == "ENTRY":
            self._key, self._data = "", None
        elif name == "PRIMARYKEY":
            self._key = attributes.get("KEY", "")
        elif name == "EXTENDEDDATA":
            self._data = attributes
            self.is_history = True

    def _end(self, name: str) -> None:
        if name == "PLAYLIST":
            self._protocol = False
        elif name == "ENTRY" and (self._protocol or self._data is not None):
            self.items.append((self._key, self._data or {}))


def _names(found: Survey) -> dict[str, tuple[str | None, str | None]]:
    """Title and artist by key, of the entries in the file; the first entry of a key counts."""
    parsed = parse_entries(found.path, found.fingerprint, found.entries, VolumeMap())
    names: dict[str, tuple[str | None, str | None]] = {}
    for entry in parsed.entries:
        if entry is not None:
            names.setdefault(entry.key, (entry.row[_TITLE], entry.row[_ARTIST]))
    return names


def _play(key: str, name: tuple[str | None, str | None], data: Mapping[str, str]) -> Play:
    title, artist = name
    deck, duration = values.whole(data.get("DECK")), values.number(data.get("DURATION"))
    return Play(
        key,
        title,
        artist,
        _moment(values.whole(data.get("STARTDATE")), values.whole(data.get("STARTTIME"))),
        deck + 1 if deck is not None and deck < _DECKS else None,
        duration if duration is not None and duration >= 0 else None,
        _PUBLIC.get(data.get("PLAYEDPUBLIC", "")),
    )


def _moment(packed: int | None, seconds: int | None) -> str | None:
    if packed is None or seconds is None or seconds >= _LATEST_S:
        return None
    try:
        day = date(packed >> 16, packed >> 8 & 0xFF, packed & 0xFF)
    except (ValueError, OverflowError):
        return None
    return (datetime.combine(day, time()) + timedelta(seconds=seconds)).isoformat()


def _named(name: str) -> str | None:
    """When a session began, by the name of its file."""
    found = _NAME.search(name)
    try:
        return datetime(*map(int, found.groups())).isoformat() if found else None  # type: ignore[arg-type]
    except ValueError:
        return None
