"""The block of Vorbis comments of a FLAC file; all other blocks keep their bytes and their order."""

from __future__ import annotations

from typing import Final

from djtui.files.container import Container
from djtui.files.flac import COMMENT, LAST, PADDING, blocks
from djtui.files.frames_id3 import Texts
from djtui.files.id3_frames import BrokenTag
from djtui.files.patch_vorbis import Comments, change, parse
from djtui.files.splices import Splice

_VENDOR: Final = b"djtui"
_MOST: Final = (1 << 24) - 1


def splices(descriptor: int, container: Container, texts: Texts, padding: int) -> list[Splice]:
    """The changes to a FLAC file; the space for them is taken from its padding, if that suffices."""
    found = list(blocks(descriptor, container))
    comment = next((block for block in found if block.code == COMMENT), None)
    comments = Comments(_VENDOR, [])
    if comment is not None:
        comments = parse(comment.body(descriptor))
    change(comments, texts)
    body = comments.pack()
    if len(body) > _MOST:
        raise BrokenTag("The comments of a FLAC cannot be so long.")
    last = found[-1]
    place, end = (comment.start, comment.end) if comment else (found[0].end, found[0].end)
    spare = next((block for block in found if block.code == PADDING), None)
    room = spare.end - spare.start - 4 if spare else -1
    left = room - (len(body) + 4 - (end - place))
    if spare is None or left < 0:
        left = padding
    changes = [Splice(place, end, _block(COMMENT, body, last=spare is not None and comment is last))]
    if spare is not None:
        changes.append(Splice(spare.start, spare.end, _block(PADDING, bytes(left), last=spare is last)))
        return changes
    if last is not comment:
        changes.append(Splice(last.start, last.start + 1, bytes([last.code])))
    return _with_padding(changes, last.end, padding)


def _with_padding(changes: list[Splice], end: int, padding: int) -> list[Splice]:
    """A block of padding behind the last one. Changes of the same place become one."""
    block = _block(PADDING, bytes(padding), last=True)
    if changes[0].end == end:
        return [changes[0]._replace(new=changes[0].new + block), *changes[1:]]
    return [*changes, Splice(end, end, block)]


def _block(code: int, body: bytes, *, last: bool) -> bytes:
    return bytes([code | (LAST if last else 0)]) + len(body).to_bytes(3, "big") + body
