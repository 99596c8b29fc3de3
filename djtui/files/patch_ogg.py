"""The comments of Ogg Vorbis and Opus: their packet is laid into the pages anew, the sound's packets stay.

After RFC 3533 (pages), the Vorbis I specification §5 and RFC 7845 (Opus). The new headers take as many pages
as the old ones did wherever that can be; else the pages of the sound get other numbers and checksums.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Final

from djtui.files.container import Container, Page, pages
from djtui.files.frames_id3 import Texts
from djtui.files.id3_frames import BrokenTag
from djtui.files.patch_vorbis import change, parse
from djtui.files.payload import ogg_headers
from djtui.files.splices import Splice

_MAGIC: Final = {"vorbis": b"\x03vorbis", "opus": b"OpusTags"}
_FRAMING: Final = b"\x01"
_MIRROR: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_MOST_SEGMENTS: Final = 255
_CONTINUED: Final = 1
_NOTHING_ENDS: Final = -1
_CHECKSUM: Final = slice(22, 26)


def splices(descriptor: int, container: Container, texts: Texts) -> list[Splice]:
    """The changes to an Ogg file. Raises `BrokenTag`."""
    headers = ogg_headers(descriptor, container)
    old = headers[1:]
    if not old or headers[-1].lacing[-1:] == b"\xff" or len(headers[0].lacing) > 1:
        raise BrokenTag("The headers of the Ogg file share a page with its sound.")
    packets = _packets(descriptor, old)
    if len(packets) != (2 if container.kind == "vorbis" else 1):
        raise BrokenTag("The headers of the Ogg file share a page with its sound.")
    packets[0] = _comment_packet(packets[0], container, texts)
    new = _laid_out(packets, len(old), old[0])
    changes = [Splice(page.start, page.end, piece) for page, piece in zip(old, new, strict=False)]
    if len(new) > len(old):
        changes[-1] = changes[-1]._replace(new=b"".join(new[len(old) - 1 :]))
    changes += (Splice(page.start, page.end, b"") for page in old[len(new) :])
    if by := len(new) - len(old):
        changes += _renumbered(descriptor, headers[-1].end, old[0].serial, by)
    return changes


def checksum(page: bytes) -> bytes:
    """CRC-32 of polynomial 04C11DB7, by zlib's mirrored one; the page has zeros in its place."""
    mirrored = zlib.crc32(page.translate(_MIRROR), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return mirrored.to_bytes(4, "big").translate(_MIRROR)


def _comment_packet(packet: bytes, container: Container, texts: Texts) -> bytes:
    """As long as the old one, with padding behind the comments, if it fits into that."""
    magic = _MAGIC[container.kind]
    if not packet.startswith(magic):
        raise BrokenTag("The Ogg file's comments are not where they belong.")
    comments = parse(packet[len(magic) :])
    opus = container.kind == "opus"
    change(comments, texts, opus=opus)
    new = magic + comments.pack() + (b"" if opus else _FRAMING)
    if opus and comments.tail[:1] and comments.tail[0] & 1:
        return new + comments.tail  # RFC 7845 §5.2: to be kept
    return new.ljust(len(packet), b"\0")


def _packets(descriptor: int, headers: Sequence[Page]) -> list[bytes]:
    found, packet = [], b""
    for page in headers:
        place = page.body
        for length in page.lacing:
            packet += os.pread(descriptor, length, place)
            place += length
            if length < 255:
                found.append(packet)
                packet = b""
    return found


def _laid_out(packets: Sequence[bytes], wanted: int, like: Page) -> list[bytes]:
    """Pages of these packets, as many as wanted if that can be."""
    lacing = [each for packet in packets for each in _lacing(len(packet))]
    fewest = -(-len(lacing) // _MOST_SEGMENTS)
    number = min(max(wanted, fewest), len(lacing))
    share, more = divmod(len(lacing), number)
    data, made, place, at = b"".join(packets), [], 0, 0
    for index in range(number):
        part = lacing[at : at + share + (index < more)]
        continued = at > 0 and lacing[at - 1] == 255
        granule = 0 if min(part) < 255 else _NOTHING_ENDS
        body = data[place : place + sum(part)]
        made.append(_page(like, like.sequence + index, continued, granule, bytes(part), body))
        at, place = at + len(part), place + len(body)
    return made


def _lacing(length: int) -> Iterator[int]:
    yield from [255] * (length // 255)
    yield length % 255


def _page(like: Page, sequence: int, continued: bool, granule: int, lacing: bytes, body: bytes) -> bytes:
    flags = _CONTINUED if continued else 0
    head = struct.pack("<4sBBq4sI4xB", b"OggS", 0, flags, granule, like.serial, sequence, len(lacing))
    page = bytearray(head + lacing + body)
    page[_CHECKSUM] = checksum(bytes(page))
    return bytes(page)


def _renumbered(descriptor: int, place: int, serial: bytes, by: int) -> Iterator[Splice]:
    """Other numbers and checksums for all pages of a stream from a place on."""
    for page in pages(descriptor, place):
        if page.serial != serial:
            continue
        if page.flags & 2:  # another stream with the same serial number: it counts from zero again
            return
        raw = bytearray(os.pread(descriptor, page.end - page.start, page.start))
        if len(raw) < page.end - page.start:
            return
        raw[18:22] = struct.pack("<I", page.sequence + by)
        raw[_CHECKSUM] = bytes(4)
        raw[_CHECKSUM] = checksum(bytes(raw))
        yield Splice(page.start + 18, page.start + 26, bytes(raw[18:26]))
