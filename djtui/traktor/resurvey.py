"""The survey of a new file that is an old one but for some splices: nearly all of it is known already.

Of the entries that lie between two splices, all but the first and the last are left out; what remains is
searched as a whole file would be, so that nothing is taken for an entry that a survey would not find.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from djtui.traktor.markup import Splice
from djtui.traktor.nml import (
    BLOCK,
    Fingerprint,
    NmlError,
    Survey,
    described,
    sections_in,
    survey,
)
from djtui.traktor.outline import Outline, Refused
from djtui.traktor.spans import HASH, Spans, scan

_LEAST: Final = 3  # entries in a row of which some can be left out


class _Stretch(NamedTuple):
    """Bytes of the new file that are searched, and the known entries behind them, which moved by `shift`."""

    start: int
    stop: int
    known: range
    shift: int

    @property
    def length(self) -> int:
        return self.stop - self.start


def resurvey(
    source: Survey, path: str, splices: Sequence[Splice], identity: tuple[Fingerprint, bytes]
) -> Survey:
    """The survey of the file at `path`: as `survey` makes it, if that file is the source with these splices.

    It must have been compared with them, and be well-formed for this to say anything. `identity` is what
    `identify` says of it. Raises as `survey` does.
    """
    stretches = list(_stretches(source, splices, identity[0].size))
    outline = Outline()
    try:
        with Path(path).open("rb") as file:
            found = scan(_reader(file, stretches), outline)
            entries = None if found is None else _joined(found, stretches, source.entries)
            if entries is not None:
                outline.playlists[:] = _in_place(outline.playlists, stretches)
                outline.sets[:] = _in_place(outline.sets, stretches)
                return described(path, *identity, outline, entries, sections_in(file, outline))
    except Refused:
        pass  # said with the right line below
    except OSError as error:
        raise NmlError(f"{path} cannot be read: {error.strerror or error}.") from error
    return survey(path)


def _stretches(source: Survey, splices: Sequence[Splice], size: int) -> Iterator[_Stretch]:
    """What is searched of a new file of so many bytes, and what is known of it."""
    offsets, lengths = source.entries.offsets, source.entries.lengths
    start = behind = shift = 0
    for splice in (*splices, Splice(source.fingerprint.size, 0, b"")):
        first, beyond = bisect_left(offsets, behind), bisect_right(offsets, splice.offset)
        if beyond > first and offsets[beyond - 1] + lengths[beyond - 1] > splice.offset:
            beyond -= 1
        if beyond - first >= _LEAST:
            yield _Stretch(start, offsets[first + 1] + shift, range(first + 1, beyond - 1), shift)
            start = offsets[beyond - 1] + shift
        behind = splice.offset + splice.length
        shift += len(splice.text) - splice.length
    yield _Stretch(start, size, range(0), shift)


def _reader(file: BinaryIO, stretches: Sequence[_Stretch]) -> Callable[[], bytes]:
    """What reads the stretches block by block, as if there were nothing between them."""

    def blocks() -> Iterator[bytes]:
        parts: list[bytes] = []
        size = 0
        for stretch in stretches:
            file.seek(stretch.start)
            left = stretch.length
            while left and (data := file.read(min(left, BLOCK - size))):
                parts.append(data)
                size, left = size + len(data), left - len(data)
                if size == BLOCK:
                    yield b"".join(parts)
                    parts, size = [], 0
        if parts:
            yield b"".join(parts)

    return partial(next, blocks(), b"")


def _joined(found: Spans, stretches: Sequence[_Stretch], known: Spans) -> Spans | None:
    """The entries that were found in the stretches and those that are known, in their places.

    None if what is known does not lie between two entries that were found: so it is in the collection.
    """
    offsets, lengths, hashes = array("Q"), array("I"), bytearray()
    at = passed = 0
    for stretch in stretches:
        moved, passed = stretch.start - passed, passed + stretch.length
        end = bisect_left(found.offsets, passed)
        if stretch.known and not (at < end < len(found) and found.offsets[end] == passed):
            return None
        for spans, first, beyond, shift in (
            (found, at, end, moved),
            (known, stretch.known.start, stretch.known.stop, stretch.shift),
        ):
            offsets.extend([offset + shift for offset in spans.offsets[first:beyond]])
            lengths.extend(spans.lengths[first:beyond])
            hashes += spans.hashes[first * HASH : beyond * HASH]
        at = end
    return Spans(offsets, lengths, bytes(hashes))


def _in_place(offsets: Sequence[int], stretches: Sequence[_Stretch]) -> list[int]:
    """Where bytes of the stretches lie in the file."""
    ends = list(accumulate(stretch.length for stretch in stretches))
    places = [bisect_right(ends, offset) for offset in offsets]
    return [
        stretches[place].stop - (ends[place] - offset) for place, offset in zip(places, offsets, strict=True)
    ]
