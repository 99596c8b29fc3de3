"""An export as a plan: which bytes of the collection give way to which others. Pure: for the process pool.

The file is never held: entries are read by their spans, the rest is copied block by block.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, Final

from djtui.traktor.entry import entry_keys
from djtui.traktor.markup import Splice, edited_tag, opened_tag, spliced
from djtui.traktor.nml import (
    BLOCK,
    Fingerprint,
    NmlError,
    Section,
    SourceChanged,
    Survey,
    read_section,
    read_spans,
)
from djtui.traktor.patch_entry import EntryEdit, Refusal, patch_entry
from djtui.traktor.patch_moves import cells_of, recelled, rekeyed
from djtui.traktor.patch_places import Places, Tag, blanks, find_places
from djtui.traktor.patch_tree import WantedNode, patch_tree
from djtui.traktor.spans import HASH, Spans

_PART: Final = 32 << 20


@dataclass(frozen=True, slots=True)
class Patches:
    """Entries that were patched. By hash of the entry as it was: its hash now, what was refused of its edit.

    `doubles` counts cues of the file that say the same as another one of their track.
    """

    splices: tuple[Splice, ...] = ()
    hashes: Mapping[bytes, bytes] = field(default_factory=dict)
    refusals: Mapping[bytes, tuple[Refusal, ...]] = field(default_factory=dict)
    doubles: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the source, start to stop, and its splices; it comes to lie at `at` in the new file."""

    start: int
    stop: int
    at: int
    splices: tuple[Splice, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All splices of an export, in order, for a source of `size` bytes.

    `hashes` and `refusals` as in Patches; `missing` are hashes that no entry of the source has, `added` the
    hashes of the new entries, in their order. `moved`: old key -> new key; `rearranged`: the playlists have
    other changes than those. `cells` counts the cells of remix sets that follow, `bereft` those whose entries
    are taken out: they go on to name their files.
    """

    size: int
    splices: tuple[Splice, ...] = ()
    hashes: Mapping[bytes, bytes] = field(default_factory=dict)
    refusals: Mapping[bytes, tuple[Refusal, ...]] = field(default_factory=dict)
    doubles: int = 0
    missing: tuple[bytes, ...] = ()
    added: tuple[bytes, ...] = ()
    moved: Mapping[str, str] = field(default_factory=dict)
    rearranged: bool = False
    cells: int = 0
    bereft: int = 0

    @property
    def empty(self) -> bool:
        """Whether the new file would be the old one."""
        return not self.splices

    @property
    def result_size(self) -> int:
        """The size of the new file in bytes."""
        return self.size + sum(len(it.text) - it.length for it in self.splices)

    def parts(self, step: int = _PART) -> list[Part]:
        """The work of writing in pieces of about `step` bytes, one behind the other."""
        parts: list[Part] = []
        start = at = place = 0
        while not parts or start < self.size:
            stop, first, grown = min(start + step, self.size), place, 0
            while place < len(self.splices) and (self.splices[place].offset < stop or stop == self.size):
                splice = self.splices[place]
                stop = max(stop, splice.offset + splice.length)
                grown += len(splice.text) - splice.length
                place += 1
            parts.append(Part(start, stop, at, self.splices[first:place]))
            at += stop - start + grown
            start = stop
        return parts


def locate(entries: Spans, hashes: Iterable[bytes]) -> dict[bytes, int]:
    """Where entries lie, by hash. Of those that are the same to the byte, the first one is meant."""
    wanted = set(hashes)
    found: dict[bytes, int] = {}
    for place, hash in enumerate(entries.each_hash() if wanted else ()):
        if hash in wanted:
            found.setdefault(hash, place)
    return found


def patch_entries(
    source: str, expected: Fingerprint, spans: Spans, edits: Sequence[EntryEdit], now: datetime
) -> Patches:
    """Patch the entries at some spans, an edit for each. Raises SourceChanged, NmlError."""
    texts = read_spans(source, expected, spans)
    splices: list[Splice] = []
    hashes: dict[bytes, bytes] = {}
    refusals: dict[bytes, tuple[Refusal, ...]] = {}
    doubles = 0
    for offset, text, edit in zip(spans.offsets, texts, edits, strict=True):
        patched = patch_entry(text, edit, now)
        doubles += patched.doubles
        if patched.refusals:
            refusals[edit.hash] = patched.refusals
        if patched.text != text:
            splices.append(Splice(offset, len(text), patched.text))
            hashes[edit.hash] = _hash(patched.text)
    return Patches(tuple(splices), hashes, refusals, doubles)


def build(
    found: Survey,
    patches: Sequence[Patches] = (),
    removed: Sequence[bytes] = (),
    added: Sequence[bytes] = (),
    wanted: Sequence[WantedNode] | None = None,
    moved: Mapping[str, str] | None = None,
) -> Plan:
    """Join patched entries, entries to take out (hashes), new ones (texts) and the tree into one plan.

    `wanted` None leaves the tree as it is, but for the keys that were `moved` (old -> new); `wanted` has the
    new ones. Raises SourceChanged, and NmlError for a file that there is no place in.
    """
    moved = moved or {}
    gone = locate(found.entries, removed)
    gone_offsets = {found.entries.offsets[place] for place in gone.values()}
    by_offset = {it.offset: it for patch in patches for it in patch.splices}
    splices = [it for it in by_offset.values() if it.offset not in gone_offsets]
    if gone or added or wanted is not None:
        with _source(found.path, found.fingerprint) as file:
            places = find_places(found.path, file, found.fingerprint.size, found.entries, found.playlists)
            splices += _taken_out(file, found.entries, gone.values())
            splices += _counted(found.path, places, sorted(gone_offsets), added)
        if wanted is not None:
            splices += _tree(found, places, wanted, moved)
    if wanted is None and moved:
        splices += _within(found, found.playlists, lambda section: rekeyed(section, moved))
    cells = _within(found, found.sets, lambda section: recelled(section, moved)) if moved else []
    splices += cells
    splices.sort(key=lambda splice: (splice.offset, splice.length))
    return Plan(
        size=found.fingerprint.size,
        splices=tuple(splices),
        hashes={old: new for patch in patches for old, new in patch.hashes.items() if old not in gone},
        refusals={hash: reasons for patch in patches for hash, reasons in patch.refusals.items()},
        doubles=sum(patch.doubles for patch in patches),
        missing=tuple(hash for hash in removed if hash not in gone),
        added=tuple(_hash(text.strip()) for text in added),
        moved=moved,
        rearranged=wanted is not None,
        cells=len(cells),
        bereft=_bereft(found, gone.values()),
    )


def write_part(source: str, expected: Fingerprint, part: Part, target: str) -> int:
    """Write one part of the new file; returns its size in bytes. Parts go in their order.

    The first one makes the file, the last one gives it the rights of the source. It is for the caller to have
    it all on the disk (`on_disk`). Raises SourceChanged, and NmlError where the disk refuses.
    """
    try:
        with _source(source, expected) as file, _target(target, part.at) as new:
            new.seek(part.at)
            new.truncate()
            at = part.start
            for splice in part.splices:
                _copy(file, new, at, splice.offset)
                new.write(splice.text)
                at = splice.offset + splice.length
            _copy(file, new, at, part.stop)
            if part.stop == expected.size:
                _give_rights(file, new)
            new.flush()
            written = new.tell() - part.at
    except OSError as error:
        raise NmlError(f"{target} cannot be written: {error.strerror or error}.") from error
    return written


def on_disk(path: str) -> None:
    """Wait until a file that was written is on the disk. Raises NmlError where the disk refuses."""
    try:
        with Path(path).open("r+b") as file:
            os.fsync(file.fileno())
    except OSError as error:
        raise NmlError(f"{path} cannot be written: {error.strerror or error}.") from error


def _hash(text: bytes) -> bytes:
    return blake2b(text, digest_size=HASH).digest()


def _taken_out(file: BinaryIO, entries: Spans, places: Iterable[int]) -> Iterator[Splice]:
    """Entries with the newline behind them."""
    for place in places:
        offset, length = entries.offsets[place], entries.lengths[place]
        yield Splice(offset, length + blanks(file, offset + length), b"")


def _counted(name: str, places: Places, gone: Sequence[int], added: Sequence[bytes]) -> Iterator[Splice]:
    """New entries behind the others, and COLLECTION's ENTRIES changed by how many come and go.

    It is often wrong in Traktor's own files: so it is changed, not corrected.
    """
    if added and not places.collections:
        raise NmlError(f"{name} has no COLLECTION that tracks could be added to.")
    for place, tag in enumerate(places.collections):
        new = b"".join(added) if place == 0 else b""
        grown = len(added) if place == 0 else 0
        grown -= sum(tag.offset < offset < tag.closing for offset in gone)
        text = _with_entries(tag, grown)
        if tag.closed and new:
            text = opened_tag(text) + new + b"</COLLECTION>"
        elif new:
            yield Splice(tag.closing, 0, new)
        if text != tag.text:
            yield Splice(tag.offset, len(tag.text), text)


def _within(found: Survey, section: Section | None, edit: Callable[[bytes], list[Splice]]) -> list[Splice]:
    """The edits of a section, if there is one, as edits of the file."""
    if section is None:
        return []
    text = read_section(found.path, found.fingerprint, section)
    return [it._replace(offset=section[0] + it.offset) for it in edit(text)]


def _bereft(found: Survey, gone: Collection[int]) -> int:
    """How many cells of remix sets name the files of entries that are taken out."""
    if not gone or found.sets is None:
        return 0
    keys = set(entry_keys(found.path, found.fingerprint, found.entries.pick(sorted(gone))))
    return sum(key in keys for key in cells_of(read_section(found.path, found.fingerprint, found.sets)))


def _with_entries(tag: Tag, grown: int) -> bytes:
    number = tag.attributes.get("ENTRIES", "")
    if not grown or not (number.isascii() and number.isdigit()):
        return tag.text
    return edited_tag(tag.text, {"ENTRIES": str(max(0, int(number) + grown))})


def _tree(
    found: Survey, places: Places, wanted: Sequence[WantedNode], moved: Mapping[str, str]
) -> Iterator[Splice]:
    """The tree, and the paths of what was renamed or moved in it."""
    offset, length = found.playlists or (places.playlists, 0)
    section = b""
    if found.playlists is not None:
        section = read_section(found.path, found.fingerprint, found.playlists)
    renamed = spliced(section, rekeyed(section, moved)) if moved else section
    patched = patch_tree(renamed, wanted)
    if patched.section != section:
        yield Splice(offset, length, patched.section)
    for tag in places.sortings:
        if (path := patched.moved.get(tag.attributes["PATH"])) is not None:
            yield Splice(tag.offset, len(tag.text), edited_tag(tag.text, {"PATH": path}))


@contextmanager
def _source(path: str, expected: Fingerprint) -> Iterator[BinaryIO]:
    """The file that is read; checked before, and after. Raises SourceChanged, NmlError."""
    try:
        file = Path(path).open("rb")  # noqa: SIM115
    except FileNotFoundError:
        raise SourceChanged(f"{path} is gone.") from None
    except OSError as error:
        raise NmlError(f"{path} cannot be read: {error.strerror or error}.") from error
    with file:
        _expect(path, Fingerprint.of(os.fstat(file.fileno())), expected)
        yield file
        _expect(path, Fingerprint.of(os.fstat(file.fileno())), expected)


def _expect(path: str, found: Fingerprint, expected: Fingerprint) -> None:
    if found != expected:
        raise SourceChanged(f"{path} changed after it was surveyed.")


def _target(path: str, at: int) -> BinaryIO:
    """The file that is written: a new one, which is the user's alone, or its next part."""
    if at:
        return Path(path).open("r+b")
    return open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600))


def _give_rights(source: BinaryIO, target: BinaryIO) -> None:
    """The new file belongs to whom the old one does, and may be read by the same people."""
    status = os.fstat(source.fileno())
    with suppress(OSError, AttributeError):
        os.fchown(target.fileno(), status.st_uid, status.st_gid)
    with suppress(OSError, AttributeError):
        os.fchmod(target.fileno(), status.st_mode & 0o777)


def _copy(source: BinaryIO, target: BinaryIO, start: int, stop: int) -> None:
    source.seek(start)
    while start < stop:
        data = source.read(min(BLOCK, stop - start))
        if not data:
            raise SourceChanged("The collection became shorter while it was read.")
        target.write(data)
        start += len(data)
