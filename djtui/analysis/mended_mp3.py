"""MP3s that libsndfile would cut short, given to it with a right length."""

from __future__ import annotations

import io
import mmap
import os
from typing import Any, Final

from djtui.analysis import container, mpeg

_DECODER_DELAY: Final = 529  # samples, see mp3_delay.py
_BUFFER: Final = 1 << 16
_PROBES: Final = 32
_PROBE: Final = 1 << 14
_TAGS: Final = 1 << 17  # bytes behind the sound that may be tags


class MendedMp3(io.RawIOBase):
    """An MP3 whose information frame tells the truth about its length.

    libsndfile decodes no more frames than the information frame says, and without one guesses from the first
    frame's bit rate: of a file of variable bit rate it would leave out the rest.
    """

    def __init__(self, descriptor: int, beginning: bytes, offset: int, lead: int) -> None:
        """`beginning` stands in for the first `offset` bytes of the file."""
        super().__init__()
        self.lead = lead
        """Samples at the start that libsndfile leaves out of this file and would not of the other."""
        self._file = io.BufferedReader(io.FileIO(os.dup(descriptor)), _BUFFER)
        self._beginning, self._shift = beginning, len(beginning) - offset
        self._length = os.fstat(descriptor).st_size + self._shift
        self._place = 0

    @classmethod
    def of(cls, descriptor: int) -> MendedMp3 | None:
        """The file mended; None: it need not be."""
        head, frame = container.mpeg_head(descriptor)
        if frame is None:
            return None
        start = container.after_tags(descriptor) + frame.start
        stated = mpeg.information(head, frame)
        with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as data:
            if stated is None and not _varies(data, start, frame):
                return None
            size = len(data) - start
            if stated is not None and (stated.size is None or size <= 1.01 * stated.size + _TAGS):
                return None
            frames = mpeg.count_frames(data, start)
            first = data[start : start + frame.length]
        if stated is None:
            extra = mpeg.xing_frame(first, frames, size)
            extra = mpeg.xing_frame(first, frames, size + len(extra))
            return cls(descriptor, extra, start, _DECODER_DELAY)
        return cls(descriptor, mpeg.restated(first, frame, frames - 1, size), start + frame.length, 0)

    def readinto(self, target: Any) -> int:
        view = memoryview(target).cast("B")
        if self._place < len(self._beginning):
            part = self._beginning[self._place : self._place + len(view)]
            view[: len(part)] = part
            count = len(part)
        else:
            self._file.seek(self._place - self._shift)
            count = self._file.readinto(view)
        self._place += count
        return count

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._length}[whence]
        self._place = max(0, base + offset)
        return self._place

    def close(self) -> None:
        self._file.close()
        super().close()


def _varies(data: mmap.mmap, start: int, first: mpeg.Frame) -> bool:
    """Whether the bit rate varies, by frames taken throughout the file."""
    for probe in range(1, _PROBES):
        place = start + (len(data) - start) * probe // _PROBES
        frame = mpeg.first_frame(data[place : place + _PROBE])
        if frame is not None and abs(frame.length - first.length) > 4:
            return True
    return False
