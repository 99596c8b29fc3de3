"""Sound files as rows of the library. Pure: paths in, tuples out; runs in the process pool."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from djtui.files.container import Unreadable
from djtui.library.tracks import GIVEN, as_json, text_row
from djtui.model import key as keys

if TYPE_CHECKING:
    from djtui.files.tags import Tags

FACTS: Final[tuple[str, ...]] = ("duration", "bitrate", "filesize", "format")
"""What only the file itself knows."""

TAGGED: Final[tuple[str, ...]] = (
    "bpm", "key", "key_text", "rating", "year", "released", "track_number", "title", "artist", "album",
    "genre", "label", "remixer", "producer", "albumartist", "comment", "catalogue", "isrc",
)  # fmt: skip
"""What tags say of a track."""

FILE: Final = (
    "path", "size", "mtime_ns", "payload", "codec", "samplerate", "channels", "disc", "grouping", "gain",
    "gain_peak", "cover", "tags", "note",
)  # fmt: skip
"""The columns of table `file` that a reading fills."""

_DATE: Final = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?(?!\d)")
_STEMS: Final = (".stem.mp4", ".stem.m4a")
_row: Final = itemgetter(*GIVEN)
_NOTHING: Final[dict[str, Any]] = dict.fromkeys(GIVEN)


class ReadFile(NamedTuple):
    """A file that was read: a row in the order of `tracks.GIVEN`, its folded texts, a row of `FILE`."""

    path: str
    track: tuple[Any, ...]
    texts: tuple[str | None, ...]
    file: tuple[Any, ...]

    @property
    def size(self) -> int:
        return int(self.file[1])

    @property
    def payload(self) -> bytes:
        return bytes(self.file[3])

    @property
    def said(self) -> dict[str, Any]:
        """The track's fields as the file has them: TAGGED and FACTS."""
        found: dict[str, Any] = json.loads(self.file[12])
        return found


class Trouble(NamedTuple):
    """A file that could not be read: why, in a word and in a sentence."""

    path: str
    size: int | None
    mtime_ns: int | None
    reason: str
    sentence: str


def read_files(paths: Sequence[str], added: str) -> list[ReadFile | Trouble]:
    """Read files, each for itself. `added`: the day on which new tracks come into the library."""
    return [read_file(path, added) for path in paths]


def read_file(path: str, added: str) -> ReadFile | Trouble:
    """Read one file. Its size and time are those from before, so that a write meanwhile is seen later."""
    from djtui.files import tags  # here: only a worker needs mutagen

    size = mtime_ns = None
    try:
        status = os.stat(path)  # noqa: PTH116 - an eighth of the time
        size, mtime_ns = status.st_size, status.st_mtime_ns
        return _rows(path, size, mtime_ns, tags.read(path, sample=True), added)
    except Unreadable as error:
        return Trouble(path, size, mtime_ns, error.reason, error.sentence)
    except OSError as error:
        reason = "missing" if isinstance(error, FileNotFoundError) else "unreadable"
        return Trouble(path, size, mtime_ns, reason, f"The file cannot be read: {error.strerror}.")
    except Exception as error:  # one file is never a reason to give up the others
        said = f"A mistake in djtui stopped its reading: {type(error).__name__}: {error}"
        return Trouble(path, size, mtime_ns, "unexpected", _storable(said))


def _rows(path: str, size: int, mtime_ns: int, found: Tags, added: str) -> ReadFile:
    said = _said(path, size, found)
    track = {
        **_NOTHING,
        **said,
        "path": path,
        "added": added,
        "modified": _moment(mtime_ns),
        "missing": 0,
        "cue_count": 0,
        "kind": "stem" if path.lower().endswith(_STEMS) else "track",
    }
    file = (
        path, size, mtime_ns, found.sample, found.codec, found.samplerate, found.channels, found.disc,
        _text(found.grouping), _finite(found.replaygain), _finite(found.replaygain_peak), int(found.cover),
        as_json(said), found.note,
    )  # fmt: skip
    return ReadFile(path, _row(track), text_row(track), file)


def _said(path: str, size: int, found: Tags) -> dict[str, Any]:
    """The fields of a track as its file has them."""
    key_text = _text(found.key)
    return {
        "bpm": _finite(found.bpm),
        "key": keys.parse(key_text) if key_text else None,
        "key_text": key_text,
        "rating": found.rating,
        "year": found.year,
        "released": day(found.released),
        "track_number": found.track,
        "title": _text(found.title),
        "artist": _text(found.artist),
        "album": _text(found.album),
        "genre": _text(found.genre),
        "label": _text(found.label),
        "remixer": _text(found.remixer),
        "producer": _text(found.producer),
        "albumartist": _text(found.albumartist),
        "comment": _text(found.comment),
        "catalogue": _text(found.catalogue),
        "isrc": _text(found.isrc),
        "duration": None if (length := _finite(found.duration)) is None else round(length, 3),
        "bitrate": found.bitrate,
        "filesize": size,
        "format": path.rpartition(".")[2].lower(),
    }


def day(text: str | None) -> str | None:
    """A date of a tag as the library has it: as much of YYYY-MM-DD as it says."""
    if text is None:
        return None
    if match := _DATE.match(text.strip()):
        return "-".join(part for part in match.groups() if part)
    year = re.search(r"(?<!\d)\d{4}(?!\d)", text)
    return year[0] if year else None


def _text(text: str | None) -> str | None:
    return None if text is None else _storable(text) or None


def _storable(text: str) -> str:
    """Text that UTF-8 can hold, and SQLite to its end."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\0", " ")


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _moment(mtime_ns: int) -> str | None:
    try:
        return f"{datetime.fromtimestamp(mtime_ns // 1_000_000_000, UTC).isoformat()[:19]}Z"
    except (ValueError, OverflowError, OSError):
        return None
