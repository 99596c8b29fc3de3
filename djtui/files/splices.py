"""Small changes to large files: which spans of the old bytes become which new ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple


class Splice(NamedTuple):
    """The old bytes from `start` to before `end` become `new`."""

    start: int
    end: int
    new: bytes

    def moved(self, by: int) -> Splice:
        """The same change, of bytes that lie elsewhere."""
        return Splice(self.start + by, self.end + by, self.new)


def in_order(splices: Iterable[Splice]) -> list[Splice]:
    """By their place; neighbours become one, and what changes nothing goes.

    Raises ValueError where two overlap.
    """
    found: list[Splice] = []
    for splice in sorted(splices, key=lambda each: each[:2]):
        if found and splice.start < found[-1].end:
            raise ValueError(f"two changes of the same bytes: {found[-1][:2]} and {splice[:2]}")
        if found and splice.start == found[-1].end:
            found[-1] = Splice(found[-1].start, splice.end, found[-1].new + splice.new)
        elif splice.end > splice.start or splice.new:
            found.append(splice)
    return found


def applied(data: bytes, splices: Iterable[Splice]) -> bytes:
    """The bytes with the changes made."""
    pieces, place = [], 0
    for splice in in_order(splices):
        pieces += [data[place : splice.start], splice.new]
        place = splice.end
    return b"".join((*pieces, data[place:]))


def growth(splices: Iterable[Splice]) -> int:
    """By how many bytes the file becomes longer."""
    return sum(len(splice.new) - (splice.end - splice.start) for splice in splices)


def places_after(splices: Sequence[Splice]) -> Iterator[tuple[int, int]]:
    """Where each change lies in the new bytes: place and length, of splices in order."""
    shift = 0
    for splice in splices:
        yield splice.start + shift, len(splice.new)
        shift += len(splice.new) - (splice.end - splice.start)
