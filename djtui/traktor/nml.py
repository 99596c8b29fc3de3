"""Reading an NML file as bytes: where its entries lie, what they hash to, and whether it can be read at all.

The bytes are the truth; nothing here builds a tree of the whole file. No memory map, for Traktor may truncate
the file while it is read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, Final, Literal, NamedTuple

from djtui.traktor.outline import Outline, Refused
from djtui.traktor.spans import HASH, Spans, closed, scan, walk

Progress = Callable[[int, int], None]
Section = tuple[int, int]
"""Offset and length of an element in its file."""

BLOCK: Final = 4 << 20
VERSIONS: Final = range(14, 21)

_BEGINNINGS: Final = (
    (b"\x00\x05\x16\x07", "is a macOS companion file; the collection has the same name without the ._"),
    (b"\x1f\x8b", "is compressed with gzip; unpack it first"),
    (b"PK\x03\x04", "is a zip archive; unpack it first"),
    (b"\xff\xfe", "is in UTF-16; Traktor writes UTF-8"),
    (b"\xfe\xff", "is in UTF-16; Traktor writes UTF-8"),
)


class NmlError(Exception):
    """A file that cannot be read as NML: a sentence for the DJ, with the line where there is one."""


class SourceChanged(Exception):
    """The file is no longer the one that was surveyed: begin again."""


class Fingerprint(NamedTuple):
    """What tells one state of a file from another without reading it."""

    dev: int
    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Fingerprint:
        """The fingerprint that a stat shows."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over a file found.

    `digest` is blake2b-16 of all bytes, `playlists` offset and length of the PLAYLISTS section, `sets` those
    of SETS, the remix sets. `role` is "partial" where absence means nothing, and `why` says so: a history, an
    exported playlist, no collection.
    """

    path: str
    fingerprint: Fingerprint
    digest: bytes
    version: int | None
    program: str | None
    entries: Spans
    playlists: Section | None
    sets: Section | None
    role: Literal["collection", "partial"]
    why: str | None
    notes: tuple[str, ...]


class _Source:
    """A file that is read from front to back, hashed on the way, and watched for changes."""

    def __init__(
        self, path: str, file: BinaryIO, block: int = BLOCK, progress: Progress | None = None
    ) -> None:
        self.path = path
        self.file = file
        self.fingerprint = Fingerprint.of(os.fstat(file.fileno()))
        self._block = block
        self._progress = progress
        self._hash = blake2b(digest_size=HASH)
        self._hasher = ThreadPoolExecutor(1)
        self._hashing: Future[None] | None = None

    def read(self) -> bytes:
        """The next block; b"" at the end. It is hashed while the caller looks at it."""
        data = self.file.read(self._block)
        self._hashed()
        if data:
            self._hashing = self._hasher.submit(self._hash.update, data)
        if self._progress is not None:
            self._progress(self.file.tell(), self.fingerprint.size)
        return data

    def rewind(self) -> None:
        """Begin again at the front."""
        self._hashed()
        self.file.seek(0)
        self._hash = blake2b(digest_size=HASH)

    @property
    def digest(self) -> bytes:
        """blake2b-16 of what was read."""
        self._hashed()
        return self._hash.digest()

    def _hashed(self) -> None:
        if self._hashing is not None:
            self._hashing.result()
            self._hashing = None

    def check(self) -> None:
        """Raise SourceChanged if the path no longer leads to the bytes that were read."""
        try:
            states = {Fingerprint.of(os.fstat(self.file.fileno())), Fingerprint.of(Path(self.path).stat())}
        except OSError:
            states = set()
        if states != {self.fingerprint}:
            raise SourceChanged(f"{self.path} changed while it was read.")


def survey(
    path: str | Path, progress: Progress | None = None, *, thorough: bool = False, block: int = BLOCK
) -> Survey:
    """Find the entries of an NML file, in one pass. `progress` is told bytes read, and bytes in all.

    An entry that is damaged within may pass here and fail when it is parsed; `thorough` parses everything
    at once. Raises NmlError for what cannot be read, SourceChanged if the file changed meanwhile.
    """
    name = os.fspath(path)
    with _opened(name) as file:
        source = _Source(name, file, block, progress)
        try:
            _check_beginning(file)
            outline = Outline()
            entries = None if thorough else scan(source.read, outline)
            if entries is None:
                source.rewind()
                outline = Outline()
                entries = walk(source.read, outline, file)
            sections = sections_in(file, outline)
        except Refused as refusal:
            source.check()
            raise _error(name, file, refusal) from None
        source.check()
    return described(name, source.fingerprint, source.digest, outline, entries, sections)


def described(
    path: str,
    print_: Fingerprint,
    digest: bytes,
    outline: Outline,
    entries: Spans,
    sections: tuple[Section | None, Section | None],
) -> Survey:
    """A survey, with what the outline says of the file as a whole; `sections` as `sections_in` has them."""
    version, notes = _version(path, outline.attributes.get("VERSION"))
    why = outline.partial(len(entries))
    return Survey(
        path=path,
        fingerprint=print_,
        digest=digest,
        version=version,
        program=outline.program,
        entries=entries,
        playlists=sections[0],
        sets=sections[1],
        role="partial" if why else "collection",
        why=why,
        notes=notes,
    )


def identify(path: str | Path, progress: Progress | None = None) -> tuple[Fingerprint, bytes]:
    """Fingerprint and digest of a file, as `survey` gives them, and nothing else. Raises as it does."""
    name = os.fspath(path)
    with _opened(name) as file:
        source = _Source(name, file, progress=progress)
        while source.read():
            continue
        source.check()
        return source.fingerprint, source.digest


def fingerprint(path: str | Path) -> Fingerprint:
    """The fingerprint of a file as it is now. Raises NmlError."""
    with _opened(os.fspath(path)) as file:
        return Fingerprint.of(os.fstat(file.fileno()))


def read_spans(path: str | Path, expected: Fingerprint, spans: Spans) -> list[bytes]:
    """The bytes of entries. Raises SourceChanged unless they are those that were surveyed."""
    name = os.fspath(path)
    texts: list[bytes] = []
    with _opened(name) as file:
        _expect(name, file, expected)
        for first, last in spans.runs():
            base = spans.offsets[first]
            file.seek(base)
            run = file.read(spans.offsets[last] + spans.lengths[last] - base)
            for place in range(first, last + 1):
                start = spans.offsets[place] - base
                texts.append(run[start : start + spans.lengths[place]])
    if b"".join([blake2b(text, digest_size=HASH).digest() for text in texts]) != spans.hashes:
        raise _changed(name)
    return texts


def read_section(path: str | Path, expected: Fingerprint, section: Section) -> bytes:
    """The bytes of a section (offset and length) of a file. Raises SourceChanged as `read_spans` does."""
    name = os.fspath(path)
    offset, length = section
    with _opened(name) as file:
        file.seek(offset)
        data = file.read(length)
        _expect(name, file, expected)
    if len(data) != length:
        raise _changed(name)
    return data


def line_numbers(path: str | Path, offsets: Sequence[int]) -> list[int]:
    """The lines, from 1, on which bytes of a file lie."""
    with _opened(os.fspath(path)) as file:
        return _lines(file, offsets)


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """A file to read; whatever the disk has against it becomes an NmlError."""
    try:
        mode = Path(path).stat().st_mode
        if stat.S_ISDIR(mode):
            raise NmlError(f"{path} is a folder; name the collection.nml in it.")
        if not stat.S_ISREG(mode):
            raise NmlError(f"{path} is not a file.")
        with Path(path).open("rb") as file:
            yield file
    except FileNotFoundError:
        raise NmlError(f"{path} is not there.") from None
    except PermissionError:
        raise NmlError(f"{path} may not be read: permission denied.") from None
    except OSError as error:
        raise NmlError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:  # a NUL in the name
        raise NmlError(f"{path!r} is no file name: {error}.") from error


def _expect(name: str, file: BinaryIO, expected: Fingerprint) -> None:
    if Fingerprint.of(os.fstat(file.fileno())) != expected:
        raise _changed(name)


def _changed(name: str) -> SourceChanged:
    return SourceChanged(f"{name} changed after it was surveyed.")


def _check_beginning(file: BinaryIO) -> None:
    """Refuse what is plainly something else, in the words that help most."""
    beginning = file.read(8)
    file.seek(0)
    if not beginning:
        raise Refused("is empty")
    for magic, reason in _BEGINNINGS:
        if beginning.startswith(magic):
            raise Refused(reason)


def sections_in(file: BinaryIO, outline: Outline) -> tuple[Section | None, Section | None]:
    """The PLAYLISTS and the SETS section that the outline has seen in a file."""
    return _section(file, outline.playlists, b"PLAYLISTS"), _section(file, outline.sets, b"SETS")


def _section(file: BinaryIO, ends: Sequence[int], name: bytes) -> Section | None:
    if not ends:
        return None
    start, end = ends
    return start, closed(file, end, name) - start


def _error(name: str, file: BinaryIO, refusal: Refused) -> NmlError:
    place = "" if refusal.offset is None else f" (line {_lines(file, [refusal.offset])[0]})"
    advice = f" {refusal.advice}" if refusal.advice else ""
    return NmlError(f"{name} {refusal.reason}{place}.{advice}")


def _lines(file: BinaryIO, offsets: Sequence[int]) -> list[int]:
    lines = dict.fromkeys(offsets, 1)
    file.seek(0)
    passed, line = 0, 1
    for offset in sorted(lines):
        while passed < offset and (block := file.read(min(BLOCK, offset - passed))):
            line += block.count(b"\n")
            passed += len(block)
        lines[offset] = line
    return [lines[offset] for offset in offsets]


def _version(name: str, text: str | None) -> tuple[int | None, tuple[str, ...]]:
    """The NML version, and what is to be said of one that nobody has seen yet."""
    version = int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else None
    if version in VERSIONS:
        return version, ()
    spelled = "without a version" if text is None else f"of version {text!r}"
    known = f"{VERSIONS[0]} to {VERSIONS[-1]}"
    return version, (f"{name} is NML {spelled}; djtui knows {known}, and reads it by its structure.",)
