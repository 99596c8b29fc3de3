"""A program on a real pseudo-terminal: what it writes when a key is pressed."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

PAGE_DOWN: Final = b"\x1b[6~"
DOWN: Final = b"\x1b[B"
QUIT: Final = b"\x11"


class Terminal:
    """A full-screen program in a terminal of so many columns and rows, in true colour."""

    def __init__(self, command: Sequence[str], columns: int, rows: int) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled once
        self._process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.write(self._ours, QUIT)
        self.read_until_quiet(1.0)
        self._process.terminate()
        self._process.wait()
        os.close(self._ours)

    def read_until_quiet(self, quiet_s: float = 0.3, first_s: float | None = None) -> bytes:
        """What is written until nothing more comes for `quiet_s`; the first of it may take `first_s`."""
        read = b""
        patience = first_s or quiet_s
        while select.select([self._ours], [], [], patience)[0]:
            try:
                read += os.read(self._ours, 65536)
            except OSError:  # the other side is closed
                break
            patience = quiet_s
        return read

    def read_some(self, patience_s: float = 20.0) -> bytes:
        """What is written next. Raises `TimeoutError`."""
        if not select.select([self._ours], [], [], patience_s)[0]:
            raise TimeoutError(f"The program wrote nothing for {patience_s:.0f} s.")
        return os.read(self._ours, 65536)

    def press(self, key: bytes) -> bytes:
        os.write(self._ours, key)
        return self.read_until_quiet()

    def bytes_of(self, key: bytes, times: int = 8) -> float:
        """How many bytes a press of a key makes it write: the median of several."""
        return statistics.median(len(self.press(key)) for _ in range(times))

    def private_mb(self) -> float:
        """Private memory in MB, without mapped files (smaps: private and dirty). Linux only."""
        for line in Path(f"/proc/{self._process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Private_Dirty:"):
                return int(line.split()[1]) / 1000
        return float("nan")


def wait_for(terminal: Terminal, text: bytes, seconds: float = 60) -> None:
    """Read until the program has written `text`. Raises `TimeoutError`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if text in terminal.read_until_quiet(first_s=1.0):
            return
    raise TimeoutError(f"The program did not write {text!r} within {seconds:.0f} s.")
