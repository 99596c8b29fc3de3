"""A file as blocks of samples: by libsndfile, or by ffmpeg for what libsndfile cannot read.

Whatever the file is, the outcome is a Source that yields sane samples, or one Unanalyzable that says why not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Literal, Protocol

import numpy as np
import numpy.typing as npt
import soundfile

from djtui.analysis import container
from djtui.analysis.container import Container
from djtui.analysis.ffmpeg import FfmpegReader
from djtui.analysis.mended_mp3 import MendedMp3
from djtui.analysis.result import Unanalyzable

Floats = npt.NDArray[np.float32]
Decoder = Literal["libsndfile", "ffmpeg"]

BLOCK_S: Final = 10.0
_MOST_VALUES: Final = 1 << 21
"""Of a block, over all channels: 8 MB."""

_SLOWEST, _FASTEST, _MOST_CHANNELS = 4_000, 768_000, 32
_TOO_LOUD: Final = 4.0  # 12 dB over full scale: no music, but flipped bits
_STEP_S: Final = 0.5  # what is lost where decoding breaks off
_TOLERANCE: Final = 0.01  # of the stated length, and at least
_TOLERANCE_S: Final = 1.0


class Reader(Protocol):
    """A decoder at work on a file."""

    samplerate: int
    channels: int
    stated: float | None
    trouble: str | None

    @property
    def decoder(self) -> Decoder: ...

    def read(self, frames: int) -> Floats: ...

    def close(self) -> None: ...


class Source:
    """The sound of a file. Iterating, once, gives blocks of float32 [n, channels] within -4 to 4."""

    def __init__(
        self, path: str, opened: os.stat_result, kind: Container, reader: Reader, first: Floats
    ) -> None:
        self.samplerate, self.channels = reader.samplerate, reader.channels
        self.decoder: Decoder = reader.decoder
        self.stated = kind.seconds if kind.seconds is not None else reader.stated
        """Seconds that the file says it has; None: it does not say."""
        self.size, self.mtime_ns = opened.st_size, opened.st_mtime_ns
        self.frames = 0
        """Decoded so far."""
        self.notes: list[str] = []
        """Sentences about what is wrong with the file; complete when the iteration is."""
        self._path, self._opened, self._kind = path, opened, kind
        self._reader, self._first = reader, first
        self._silenced = 0

    @property
    def seconds(self) -> float:
        return self.frames / self.samplerate

    def __iter__(self) -> Iterator[Floats]:
        """Raises Unanalyzable if the file was changed meanwhile, or the decoder hangs."""
        block = self._first
        while len(block):
            self.frames += len(block)
            yield self._sane(block)
            block = self._reader.read(block_frames(self.samplerate, self.channels))
        self._check_unchanged()
        self._note()

    def close(self) -> None:
        self._reader.close()

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()

    def _sane(self, block: Floats) -> Floats:
        if block.max() <= _TOO_LOUD and block.min() >= -_TOO_LOUD:  # not so for NaN
            return block
        wild = ~(np.abs(block) <= _TOO_LOUD)
        self._silenced += int(wild.any(axis=1).sum())
        block[wild] = 0
        return block

    def _check_unchanged(self) -> None:
        try:
            now = os.stat(self._path)  # noqa: PTH116 - the name may be no text
        except OSError as error:
            raise Unanalyzable("missing", "The file went away while it was read.") from error
        if _identity(now) != _identity(self._opened):
            raise Unanalyzable("changed", "The file was changed while it was read.")

    def _note(self) -> None:
        trouble = self._reader.trouble
        cause = "" if trouble is None else f" ({trouble})"
        if self.stated is not None and self.stated - self.seconds > max(
            _TOLERANCE_S, _TOLERANCE * self.stated
        ):
            self.notes.append(
                f"Decoded {lasting(self.seconds)} of {lasting(self.stated)}: cut off or damaged{cause}."
            )
        elif trouble is not None:
            self.notes.append(f"Decoding broke off after {lasting(self.seconds)}{cause}.")
        elif self._kind.cut:
            self.notes.append(f"The end of the file is missing: it breaks off after {lasting(self.seconds)}.")
        if self._silenced:
            self.notes.append(f"Damaged: {self._silenced:,} samples made no sense and were silenced.")


def open_audio(path: str, ffmpeg: str | None = None) -> Source:
    """The sound of a file; `ffmpeg`: the path of the program. The first block is decoded when this returns.

    Raises Unanalyzable, at once for what is no file: nothing here waits for a FIFO or a device.
    """
    descriptor = container.open_file(path)
    try:
        opened = os.fstat(descriptor)
        if opened.st_size == 0:
            raise Unanalyzable("empty", "The file is empty.")
        kind = _recognized(descriptor)
        failures: list[Unanalyzable] = []
        for open_reader in _readers(path, descriptor, kind, ffmpeg):
            try:
                reader, first = _begun(open_reader)
            except Unanalyzable as failure:
                failures.append(failure)
                continue
            return Source(path, opened, kind, reader, first)
    except OSError as error:
        raise Unanalyzable("unreadable", f"The file cannot be read: {error.strerror}.") from error
    finally:
        os.close(descriptor)
    raise _worst(failures)


def block_frames(samplerate: int, channels: int) -> int:
    """Frames of a block: a whole number of tenths of a second, 10 s of them or less."""
    tenth = max(1, round(samplerate / 10))
    return tenth * max(1, min(round(BLOCK_S * 10), _MOST_VALUES // (tenth * channels)))


def _recognized(descriptor: int) -> Container:
    """What the file is. Raises Unanalyzable for what has no sound that may be heard."""
    kind = container.recognize(descriptor)
    if kind is None or kind.silent:
        raise Unanalyzable("not audio", "There is no sound in this file.")
    if kind.protected:
        raise Unanalyzable("protected", f"This {kind.name} file is copy-protected.")
    return kind


def _readers(
    path: str, descriptor: int, kind: Container, ffmpeg: str | None
) -> Iterator[Callable[[], Reader]]:
    """The decoders to try, the best first."""
    if kind.ffmpeg_alone and ffmpeg is None:
        raise Unanalyzable("needs ffmpeg", f"Only ffmpeg can read {kind.name}, and it is not installed.")
    if ffmpeg is not None and (kind.ffmpeg_alone or kind.ffmpeg_better):
        yield lambda: FfmpegReader(ffmpeg, path)
    if not kind.ffmpeg_alone:
        yield lambda: LibsndfileReader(descriptor, kind)
        if ffmpeg is not None and not kind.ffmpeg_better:
            yield lambda: FfmpegReader(ffmpeg, path)


def _begun(open_reader: Callable[[], Reader]) -> tuple[Reader, Floats]:
    """A decoder and the first block of it. Raises Unanalyzable if there is none."""
    reader = open_reader()
    try:
        if not (_SLOWEST <= reader.samplerate <= _FASTEST and 1 <= reader.channels <= _MOST_CHANNELS):
            raise Unanalyzable(
                "damaged", f"{reader.channels} channels at {reader.samplerate} Hz: that is no sound file."
            )
        first = reader.read(block_frames(reader.samplerate, reader.channels))
        if not len(first):
            raise _soundless(reader)
    except BaseException:
        reader.close()
        raise
    return reader, first


def _soundless(reader: Reader) -> Unanalyzable:
    if reader.trouble is not None:
        return Unanalyzable("damaged", f"No sound could be decoded: {reader.trouble}.")
    return Unanalyzable("empty", "There is not one sample in the file.")


def _worst(failures: list[Unanalyzable]) -> Unanalyzable:
    """The failure that says most: that a decoder crashed, else the last one's."""
    return next((failure for failure in failures if failure.reason == "decoder crashed"), failures[-1])


class _Stream(soundfile.SoundFile):  # type: ignore[misc]
    """A file that is read from beginning to end: in others soundfile seeks after each read, which is dear."""

    def seekable(self) -> bool:
        return False


class LibsndfileReader:
    """A file as libsndfile decodes it."""

    decoder: Final = "libsndfile"

    def __init__(self, descriptor: int, kind: Container) -> None:
        """Raises Unanalyzable if libsndfile refuses the file."""
        self.trouble: str | None = None
        self._lead = 0
        """Silent frames that are still to be given."""
        try:
            self._file = self._opened(descriptor, kind)
        except Exception as error:  # a ZeroDivisionError was seen
            raise Unanalyzable("damaged", f"No sound could be decoded: {_words(error)}.") from error
        self.samplerate, self.channels = int(self._file.samplerate), int(self._file.channels)
        # Without an information frame, the length of an MP3 is a guess of libsndfile's.
        self.stated = None if kind.name == "MP3" else self._file.frames / max(1, self.samplerate)

    def _opened(self, descriptor: int, kind: Container) -> Any:
        """By descriptor: the name says nothing that libsndfile should trust."""
        if kind.name == "MP3" and (mended := MendedMp3.of(descriptor)) is not None:
            self._lead = mended.lead
            return _Stream(mended)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return _Stream(os.dup(descriptor))

    def read(self, frames: int) -> Floats:
        """The next samples: float32 [n, channels], n < frames at the end. What was decoded is never lost."""
        block = np.empty((frames, self.channels), np.float32)
        filled = min(self._lead, frames)
        block[:filled] = 0
        self._lead -= filled
        step = max(1, round(_STEP_S * self.samplerate))
        while filled < frames and self.trouble is None:
            before = self._file.tell()
            target = block[filled : filled + step]
            try:
                got = len(self._file.read(out=target))
            except Exception as error:
                self.trouble = _words(error)
                got = self._kept(before, len(target))
            filled += got
            if got < len(target):
                break
        return block[:filled]

    def close(self) -> None:
        with suppress(Exception):
            self._file.close()

    def _kept(self, before: int, most: int) -> int:
        """Frames that libsndfile delivered before it failed."""
        with suppress(Exception):
            return int(min(max(0, self._file.tell() - before), most))
        return 0


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _words(error: Exception) -> str:
    if not isinstance(error, soundfile.SoundFileError):
        return repr(error)
    said = str(error).rpartition(":")[2].strip(" .")
    return f"libsndfile: {said}" if said else "libsndfile found an error"


def lasting(seconds: float) -> str:
    """`90` -> "90 s", `4000` -> "1 h 7 min"."""
    minutes, rest = divmod(round(seconds), 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
