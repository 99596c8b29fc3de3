"""The sound of a file without its tags: where it lies, and a hash of it that outlives every retagging.

MP3: without ID3v2 in front and ID3v1, APEv2, Lyrics3 behind. FLAC: the frames. MP4: what the `mdat` atoms
hold. Ogg: the packets behind the headers, whatever pages they lie in. WAV, AIFF: the chunk `data` or `SSND`.
Windows Media: the data object.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import Final, Literal

from djtui.files.container import (
    ASF_DATA,
    Container,
    Page,
    Unreadable,
    asf_objects,
    atoms,
    chunks,
    open_sound,
    page_at,
    pages,
    recognize,
)

Span = tuple[int, int]
"""First byte, and the one behind the last."""

SAMPLE: Final = 4 * 1024
_READ: Final = 1 << 20
_UNKNOWN_SIZE: Final = (0, 0xFFFFFFFF)
_MOST_METADATA: Final = 4096
_OGG_HEADERS: Final = {"vorbis": 3, "opus": 2}
_NO_GRANULE: Final = -1
_OGG_TAIL: Final = 3 << 15
"""A page has at most 65,307 bytes."""


def sampled(path: str) -> bytes:
    """A cheap hash that recognises a moved file: of the sound's length and 4 kB of its begin, middle, end.

    Of Ogg the length is the last granule position, and there is no middle: it could not be found without
    reading every page. Raises `Unreadable`.
    """
    with _opened(path) as descriptor:
        return sample(descriptor, recognize(descriptor))


def whole(path: str) -> bytes:
    """A hash of the whole sound (BLAKE2b, 16 bytes). Raises `Unreadable`."""
    with _opened(path) as descriptor:
        container = recognize(descriptor)
        found = blake2b(digest_size=16)
        for start, end in spans(descriptor, container):
            for piece in read(descriptor, start, end):
                found.update(piece)
        return found.digest()


def sample(descriptor: int, container: Container) -> bytes:
    """What `sampled` answers, of a file that is open and known."""
    if container.kind in _OGG_HEADERS:
        return _ogg_sample(descriptor, container)
    found = list(spans(descriptor, container))
    length = sum(end - start for start, end in found)
    middle = max(0, length // 2 - SAMPLE // 2)
    digest = blake2b(length.to_bytes(8, "big"), digest_size=16)
    for place in (0, middle, max(0, length - SAMPLE)):
        digest.update(_piece(descriptor, found, place))
    return digest.digest()


def spans(descriptor: int, container: Container) -> Iterable[Span]:
    """Where the sound lies, in the order of the file. Raises `Unreadable` where there is none."""
    start, size = container.start, container.size
    if container.kind == "mp3":
        found = [(_after_zeros(descriptor, container), _before_tags(descriptor, start, size))]
    elif container.kind == "flac":
        found = [(_after_metadata(descriptor, start), _before_tags(descriptor, start, size))]
    elif container.kind == "mp4":
        found = [(part.body, part.end) for part in atoms(descriptor, start, size) if part.name == b"mdat"]
    elif container.kind == "wma":
        parts = asf_objects(descriptor, start, size)
        found = [(part.body, part.end) for part in parts if part.name == ASF_DATA]
    elif container.kind == "wav":
        found = _chunk(descriptor, container, b"data")
    elif container.kind == "aiff":
        found = _chunk(descriptor, container, b"SSND")
    else:
        return _ogg_spans(descriptor, container)
    found = [(start, min(end, size)) for start, end in found if start < min(end, size)]
    if not found:
        raise Unreadable("damaged", "There is no sound in the file.")
    return found


def read(descriptor: int, start: int, end: int) -> Iterator[bytes]:
    """The bytes between two places, a megabyte at a time. Raises OSError where the file became shorter."""
    while start < end:
        piece = os.pread(descriptor, min(_READ, end - start), start)
        if not piece:
            raise OSError(None, "the file became shorter while it was read")
        yield piece
        start += len(piece)


@contextmanager
def _opened(path: str) -> Iterator[int]:
    descriptor = open_sound(path)
    try:
        yield descriptor
    except OSError as error:
        raise Unreadable("unreadable", f"The file cannot be read: {error.strerror}.") from error
    finally:
        os.close(descriptor)


def _piece(descriptor: int, found: Iterable[Span], place: int) -> bytes:
    """One sample of the sound, counted from its first byte; it may reach over several spans."""
    taken = b""
    for start, end in found:
        if place < end - start and len(taken) < SAMPLE:
            taken += os.pread(descriptor, min(SAMPLE - len(taken), end - start - place), start + place)
        place = max(0, place - (end - start))
    return taken


def _after_zeros(descriptor: int, container: Container) -> int:
    """Some programs leave zeros between the tag and the first frame, and others remove them."""
    place = container.start
    if container.head[:1] > b"\0":
        return place
    while head := os.pread(descriptor, 4096, place):
        rest = head.lstrip(b"\0")
        if rest:
            return place + len(head) - len(rest)
        place += len(head)
    return place


def _after_metadata(descriptor: int, start: int) -> int:
    """Behind the metadata blocks of FLAC."""
    place = start + 4
    for _ in range(_MOST_METADATA):
        head = os.pread(descriptor, 4, place)
        if len(head) < 4:
            break
        place += 4 + int.from_bytes(head[1:], "big")
        if head[0] & 0x80:
            return place
    raise Unreadable("damaged", "The FLAC ends inside its metadata.")


def _before_tags(descriptor: int, start: int, end: int) -> int:
    """Where the sound ends: before ID3v1, APEv2 and Lyrics3 tags, in whatever order they stand."""
    for _ in range(8):
        tail = os.pread(descriptor, 160, max(start, end - 160))
        length = _tail_tag(descriptor, tail, end)
        if not 0 < length <= end - start:
            break
        end -= length
    return end


def _tail_tag(descriptor: int, tail: bytes, end: int) -> int:
    """The length of the tag that ends a piece of a file; 0: there is none."""
    if tail[-128:-125] == b"TAG":
        enhanced = os.pread(descriptor, 4, end - 355) if end >= 355 else b""
        return 355 if enhanced == b"TAG+" else 128
    if tail[-32:-24] == b"APETAGEX":
        with_header = tail[-9] & 0x80
        return int.from_bytes(tail[-20:-16], "little") + (32 if with_header else 0)
    if tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
        return int(tail[-15:-9]) + 15
    if tail[-9:] == b"LYRICSEND":
        begin = min(end, 5100 + 20)
        found = os.pread(descriptor, begin, end - begin).rfind(b"LYRICSBEGIN")
        return begin - found if found >= 0 else 0
    return 0


def _chunk(descriptor: int, container: Container, name: bytes) -> list[Span]:
    """A stream that was cut off, or that was never told its length, has all to the end of the file."""
    order: Literal["<", ">"] = "<" if container.kind == "wav" else ">"
    for part in chunks(descriptor, container.start + 12, order):
        if part.name == name:
            unknown = part.end - part.body in _UNKNOWN_SIZE
            return [(part.body, container.size if unknown else part.end)]
    return []


def ogg_headers(descriptor: int, container: Container) -> list[Page]:
    """The pages from the first one to the one where the sound's last header packet ends.

    Raises `Unreadable` where they do not.
    """
    wanted, found, serial = _OGG_HEADERS[container.kind], 0, None
    headers: list[Page] = []
    for page in pages(descriptor, container.start):
        if serial is None and _begins_sound(descriptor, page):
            serial = page.serial
        headers.append(page)
        if page.serial == serial:
            found += sum(length < 255 for length in page.lacing)
            if found >= wanted:
                return [each for each in headers if each.serial == serial]
    raise Unreadable("damaged", "The Ogg file ends inside its headers.")


def _begins_sound(descriptor: int, page: Page) -> bool:
    head = os.pread(descriptor, 8, page.body)
    return bool(page.flags & 2) and (head == b"OpusHead" or head[:7] == b"\x01vorbis")


def _ogg_spans(descriptor: int, container: Container) -> Iterator[Span]:
    for page in pages(descriptor, ogg_headers(descriptor, container)[-1].end):
        if page.end > container.size:
            return
        yield page.body, page.end


def _ogg_sample(descriptor: int, container: Container) -> bytes:
    first = ogg_headers(descriptor, container)[-1].end
    begin = b""
    for page in pages(descriptor, first):
        begin += os.pread(descriptor, page.end - page.body, page.body)
        if len(begin) >= SAMPLE:
            break
    end, granule = _ogg_end(descriptor, first, container.size)
    digest = blake2b(granule.to_bytes(8, "big", signed=True), digest_size=16)
    digest.update(begin[:SAMPLE])
    digest.update(end[-SAMPLE:])
    return digest.digest()


def _ogg_end(descriptor: int, first: int, size: int) -> tuple[bytes, int]:
    """The last packets' bytes, and the last granule position; by the pages, from the last one backwards."""
    place = max(first, size - _OGG_TAIL)
    tail = os.pread(descriptor, size - place, place)
    end, body, granule = size, b"", _NO_GRANULE
    at = tail.rfind(b"OggS")
    while at >= 0 and len(body) < SAMPLE:
        page = page_at(descriptor, place + at)
        if page is not None and page.end == end:
            body = tail[page.body - place : page.end - place] + body
            granule = page.granule if granule == _NO_GRANULE else granule
            end = page.start
        at = tail.rfind(b"OggS", 0, at)
    return body, granule
