"""Sound out of ffmpeg, for what libsndfile cannot read: one process, whose answer is a WAV file on a pipe.

The WAV's header tells rate and channels, so ffprobe is not needed. The process cannot outlive its worker (on
Linux), nor take more memory than it is given, nor be led by a file to the network or to other programs.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import numpy as np
import numpy.typing as npt

from djtui.analysis.result import Unanalyzable

Floats = npt.NDArray[np.float32]

PATIENCE_S: Final = 60.0
"""How long ffmpeg may say nothing at all."""

_MEMORY: Final = 1 << 30
_PIPE: Final = 1 << 18
_LONGEST_HEADER: Final = 1 << 16
_PR_SET_PDEATHSIG: Final = 1
_END_S: Final = 2.0


class Stalled(Exception):
    """The program has said nothing for too long."""


class FfmpegReader:
    """The first track of sound of a file, as ffmpeg decodes it."""

    decoder: Final = "ffmpeg"
    stated: float | None = None

    def __init__(self, program: str, path: str, patience: float = PATIENCE_S) -> None:
        """Raises Unanalyzable if no sound begins to come."""
        self.trouble: str | None = None
        """Why the sound ended before its time."""
        self._patience = patience
        self._process = _start(program, path)
        assert self._process.stdout is not None
        self._pipe = self._process.stdout.fileno()
        try:
            self.samplerate, self.channels = self._header()
        except BaseException:
            self.close()
            raise

    def read(self, frames: int) -> Floats:
        """The next samples: float32 [n, channels], n < frames at the end."""
        block = np.empty((frames, self.channels), np.float32)
        try:
            filled = self._fill(block.data.cast("B"))
        except Stalled:
            self._kill()
            raise Unanalyzable(
                "too long to decode", f"ffmpeg gave no sound for {self._patience:.0f} s, so it was stopped."
            ) from None
        whole = filled // (4 * self.channels)
        if whole < frames:
            self.trouble = self._end()
        return block[:whole]

    def close(self) -> None:
        """End the process, whatever it does."""
        self._kill()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _header(self) -> tuple[int, int]:
        """Rate and channels, by the WAV chunks before the samples."""
        try:
            if self._exactly(12)[8:] != b"WAVE":
                raise _nonsense()
            rate = channels = 0
            for _ in range(16):
                name, length = struct.unpack("<4sI", self._exactly(8))
                if name == b"data":
                    break
                body = self._exactly(min(length, _LONGEST_HEADER))
                if name == b"fmt ":
                    channels, rate = struct.unpack_from("<2xHI", body.ljust(8, b"\0"))
        except Stalled:
            raise Unanalyzable(
                "too long to decode", f"ffmpeg said nothing for {self._patience:.0f} s, so it was stopped."
            ) from None
        if not channels or not rate:
            raise _nonsense()
        return rate, channels

    def _exactly(self, size: int) -> bytes:
        data = bytearray(size)
        if self._fill(memoryview(data)) < size:
            raise self._failure()
        return bytes(data)

    def _fill(self, target: memoryview) -> int:
        """Read until the target is full or the sound ends; how many bytes came. Raises Stalled."""
        filled = 0
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        while filled < len(target):
            if not poll.poll(1000 * self._patience):
                raise Stalled
            count = os.readv(self._pipe, [target[filled:]])
            if count == 0:
                break
            filled += count
        return filled

    def _failure(self) -> Unanalyzable:
        """Why the answer ended before its first sample."""
        said = self._end()
        if self._process.returncode is not None and self._process.returncode < 0:
            return Unanalyzable("decoder crashed", f"The decoder crashed: {said}.")
        return Unanalyzable("damaged", f"No sound could be decoded: {said or 'ffmpeg gave none'}.")

    def _end(self) -> str | None:
        """How the process ended, once its output has; None: well."""
        try:
            status = self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._kill()
            return "ffmpeg closed its output and did not end"
        if status < 0:
            return f"ffmpeg was ended by {signal.Signals(-status).name}"
        return f"ffmpeg ended with status {status}" if status else None

    def _kill(self) -> None:
        if self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def _nonsense() -> Unanalyzable:
    return Unanalyzable("decoder crashed", "What ffmpeg answered is no sound.")


def _start(program: str, path: str) -> subprocess.Popen[bytes]:
    source = f"file:{os.path.abspath(path)}"  # noqa: PTH100 - a name may be no text, begin with a dash, hold a %
    options = ["-v", "quiet", "-nostdin", "-threads", "1", "-protocol_whitelist", "file,pipe"]
    wanted = ["-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-bitexact"]
    answer = ["-c:a", "pcm_f32le", "-f", "wav", "pipe:1"]
    try:
        return subprocess.Popen(
            [program, *options, "-i", source, *wanted, *answer],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            pipesize=_PIPE,
            process_group=0,
            preexec_fn=_first_steps(),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Unanalyzable("needs ffmpeg", f"ffmpeg cannot be started: {error}.") from error


def _first_steps() -> Callable[[], None]:
    """What the child does before it becomes ffmpeg. All that it needs is at hand before the fork."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = _MEMORY if most == resource.RLIM_INFINITY else min(_MEMORY, most)
    parent = os.getpid()
    die_with_parent: Callable[[], object] | None = None
    if sys.platform == "linux":
        import ctypes
        from functools import partial

        die_with_parent = partial(ctypes.CDLL(None).prctl, _PR_SET_PDEATHSIG, int(signal.SIGKILL))

    def steps() -> None:
        if die_with_parent is not None:
            die_with_parent()
            if os.getppid() != parent:  # it died before the request was made
                os._exit(1)
        with suppress(ValueError, OSError):  # macOS may refuse it
            resource.setrlimit(resource.RLIMIT_AS, (limit, most))

    return steps
