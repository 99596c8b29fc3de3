"""Writing chosen tags of one file; everything else in it, and its sound, stays as it is.

Each format has a module that answers which bytes change (`patch_*.py`); `safe_write` makes the new file.
Before that takes the old one's place its sound is compared, and its tags are read again: the chosen ones must
be there, all others as before.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

from djtui.files import (
    frames_id3,
    patch_asf,
    patch_chunks,
    patch_flac,
    patch_id3,
    patch_mp4,
    patch_ogg,
    payload,
    safe_write,
    tags,
)
from djtui.files import tag_values as values
from djtui.files.container import Container, Unreadable, after_id3, recognize
from djtui.files.id3_frames import HEADER, BrokenTag
from djtui.files.patch_id3v1 import id3v1_splices, of_id3v1
from djtui.files.safe_write import Mtime, Unwritable
from djtui.files.splices import Splice
from djtui.files.tags import Tags
from djtui.files.undo_record import Undo
from djtui.model.key import Notation, spell

Value = str | int | float | None

TEXTS: Final = (
    "title", "artist", "album", "albumartist", "genre", "label", "catalogue", "remixer", "producer",
    "comment", "grouping", "key", "isrc", "released",
)  # fmt: skip
NUMBERS: Final = (
    "track",
    "track_of",
    "disc",
    "disc_of",
    "year",
    "rating",
    "bpm",
    "replaygain",
    "replaygain_peak",
)
FIELDS: Final = (*TEXTS, *NUMBERS)
_FRACTIONS: Final = ("bpm", "replaygain", "replaygain_peak")
_RANGES: Final = {
    "track": (1, 65535),
    "track_of": (1, 65535),
    "disc": (1, 65535),
    "disc_of": (1, 65535),
    "year": (1, 9999),
    "rating": (0, 5),
    "bpm": (1, 999),
    "replaygain": (-51, 51),
    "replaygain_peak": (0, 100),
}


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How tags are written."""

    notation: Notation = "camelot"
    """Of keys that are given as numbers."""
    bpm_decimals: int = 2
    """At most; zeros at the end go."""
    mtime: Mtime = "keep"
    id3_version: int = 3
    """2.3 or 2.4, for files that have no ID3 tag; one that is there keeps its version."""
    padding: int = 2048
    """Bytes of free space where a tag has to grow."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written."""

    path: str
    """The file itself, where the path given was a symbolic link."""
    changed: tuple[str, ...]
    """The fields that were not already so; empty: the file was not touched."""
    size: int
    mtime_ns: int
    undo: Undo | None = None
    notes: tuple[str, ...] = ()


def write(path: str, changes: Mapping[str, Value], options: WriteOptions = WriteOptions()) -> Written:
    """Write some tags of a file.

    Args:
        path: A symbolic link is followed, and stays.
        changes: New values by field (`FIELDS`, named as in `Tags`); None, or an empty text, removes the tag.
            A key is a text, or Traktor's number 0..23; a rating is 0..5 stars, 0 is none.
        options: How.

    Raises:
        Unwritable: The file is untouched; the sentence says why.
    """
    wanted = as_read(changes, options)
    with _explained(), safe_write.original(path) as old:
        before = tags.read(old.path)
        differing = {field: value for field, value in wanted.items() if getattr(before, field) != value}
        if not differing:
            return Written(old.path, (), old.state.st_size, old.state.st_mtime_ns)
        splices = _splices(old.descriptor, recognize(old.descriptor), before, differing, options)
        sound = payload.whole(old.path)

        def check(temporary: str) -> None:
            if payload.whole(temporary) != sound:
                raise Unwritable("not verified", "The new file would have had another sound.")
            _compare(tags.read(temporary), before, differing)

        done = safe_write.rewrite(old, splices, check=check, mtime=options.mtime)
    return Written(done.path, tuple(differing), done.size, done.mtime_ns, done.undo, done.notes)


def as_read(changes: Mapping[str, Value], options: WriteOptions = WriteOptions()) -> dict[str, Value]:
    """Values as `tags.read` gives them once they are written. Raises `Unwritable`."""
    return {field: _checked(field, value, options) for field, value in changes.items()}


def restore(path: str, undo: Undo) -> Written:
    """Put back the file that was there before a `write`. Raises `Unwritable`."""
    done = safe_write.restore(path, undo)
    return Written(done.path, (), done.size, done.mtime_ns, done.undo, done.notes)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except Unreadable as error:
        raise Unwritable("unreadable", error.sentence) from error
    except BrokenTag as error:
        raise Unwritable("unsupported", str(error)) from error
    except (struct.error, LookupError) as error:
        raise Unwritable("unsupported", "The tags of the file are damaged.") from error


def _checked(field: str, value: Value, options: WriteOptions) -> Value:
    """A value as `tags.read` will give it. Raises `Unwritable`."""
    if field not in FIELDS:
        raise Unwritable("unsupported", f"There is no tag “{field}” that djtui writes.")
    if value is None:
        return None
    if field == "key" and isinstance(value, int) and 0 <= value < 24:
        return spell(value, options.notation)
    if field in TEXTS:
        if not isinstance(value, str):
            raise Unwritable("value", f"The {field} must be a text.")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise Unwritable("value", f"The {field} holds signs that are no text.") from error
        return values.text([value.replace("\0", ", ")])
    return _number(field, value, options)


def _number(field: str, value: str | int | float, options: WriteOptions) -> Value:
    low, high = _RANGES[field]
    fits = isinstance(value, int) or (isinstance(value, float) and field in _FRACTIONS)
    if not fits or isinstance(value, bool | str) or not low <= value <= high:
        kind = "number" if field in _FRACTIONS else "whole number"
        raise Unwritable("value", f"The {field} must be a {kind} from {low} to {high}.")
    if field == "rating":
        return value or None
    if field == "bpm":
        return round(float(value), options.bpm_decimals)
    if field == "replaygain":
        return round(float(value), 2)
    return round(float(value), 6) if field == "replaygain_peak" else value


def _texts(before: Tags, changes: Mapping[str, Value]) -> dict[str, str | None]:
    """What the formats' modules want: `frames_id3.Texts`."""
    merged: dict[str, Any] = asdict(before) | dict(changes)
    texts: dict[str, str | None] = {}
    for field, value in changes.items():
        if field in ("track", "track_of", "disc", "disc_of"):
            name = field.removesuffix("_of")
            texts[name] = values.joined(merged[name], merged[f"{name}_of"])
        elif field == "released" or (field == "year" and "released" not in changes):
            texts["date"] = (
                None if value is None else f"{value:04d}" if isinstance(value, int) else str(value)
            )
        elif field == "bpm":
            texts["bpm"] = None if value is None else f"{value:.6f}".rstrip("0").rstrip(".")
        elif field == "replaygain":
            texts["replaygain"] = None if value is None else f"{value:.2f} dB"
        elif field == "replaygain_peak":
            texts["replaygain_peak"] = None if value is None else f"{value:.6f}"
        elif field == "rating":
            texts["rating"] = str(value or 0)
        elif field != "year":
            texts[field] = None if value is None else str(value)
    return texts


def _splices(
    descriptor: int, container: Container, before: Tags, changes: Mapping[str, Value], options: WriteOptions
) -> list[Splice]:
    texts, padding = _texts(before, changes), options.padding
    if container.kind == "mp3":
        return _mp3(descriptor, container, texts, options)
    if container.kind == "flac":
        return patch_flac.splices(descriptor, container, texts, padding)
    if container.kind == "mp4":
        return patch_mp4.splices(descriptor, container, texts, padding)
    if container.kind == "wma":
        return patch_asf.splices(descriptor, container, texts)
    if container.kind in ("wav", "aiff"):
        version = options.id3_version
        return patch_chunks.splices(descriptor, container, texts, version=version, padding=padding)
    return patch_ogg.splices(descriptor, container, texts)


def _mp3(
    descriptor: int, container: Container, texts: dict[str, str | None], options: WriteOptions
) -> list[Splice]:
    """The first ID3v2 tag is the one that programs read; an ID3v1 tag that is there is kept in step."""
    v1 = of_id3v1(descriptor, container.size)
    head = os.pread(descriptor, HEADER, 0)
    if container.start == 0:
        tag, length = patch_id3.empty(options.id3_version), 0
        texts = (v1.texts() if v1 else {}) | texts
    else:
        footer = HEADER if head[5] & 0x10 else 0
        length = HEADER + patch_id3.size_of(head) + footer
        tag = patch_id3.parse(os.pread(descriptor, length, 0))
        if length < after_id3(descriptor):
            raise BrokenTag("The file has several ID3 tags, one behind the other.")
    frames_id3.change(tag, texts)
    return [*patch_id3.splices(tag, length, options.padding), *id3v1_splices(v1, texts)]


def _compare(after: Tags, before: Tags, changes: Mapping[str, Value]) -> None:
    """The new tags are what was asked for, and nothing else became different. Raises `Unwritable`."""
    dated = "year" in changes or "released" in changes
    for field in FIELDS:
        is_now = getattr(after, field)
        if dated and field in ("year", "released"):
            right = _same_date(after, changes)
        elif field in _FRACTIONS:
            should = changes.get(field, getattr(before, field))
            right = is_now == should or (
                is_now is not None and should is not None and abs(float(is_now) - float(should)) < 0.01
            )
        else:
            right = is_now == changes.get(field, getattr(before, field))
        if not right:
            what = "would not have been read back" if field in changes else "would have changed too"
            raise Unwritable("not verified", f"The tag “{field}” {what}, so nothing was written.")
    if (after.kind, after.samplerate, after.channels, after.cover) != (
        before.kind,
        before.samplerate,
        before.channels,
        before.cover,
    ):
        raise Unwritable("not verified", "The new file would have been another one.")


def _same_date(after: Tags, changes: Mapping[str, Value]) -> bool:
    """ID3v2.3 knows years and whole dates only: of a date with a month the year is left."""
    wanted = changes.get("released", changes.get("year"))
    if wanted is None:
        return after.year is None
    return after.year == values.year(f"{wanted:04d}" if isinstance(wanted, int) else str(wanted))
