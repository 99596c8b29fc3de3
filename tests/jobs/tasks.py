"""Tasks for the pool that behave, and tasks that do not."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from pathlib import Path


def double(number: int) -> int:
    return 2 * number


def nap(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def spin() -> None:
    while True:
        pass


def hold_the_interpreter() -> None:
    """C code that lets no Python handler run."""
    sum(range(10**12))


def crash() -> None:
    ctypes.string_at(0)


def eat(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))


def blob(size: int) -> bytes:
    return b"x" * size


def refuse(reason: str) -> None:
    raise ValueError(reason)


def leave() -> None:
    sys.exit(3)


class Awkward(Exception):
    """An error that does not survive pickling."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


def refuse_awkwardly() -> None:
    raise Awkward("not like this", 7)


def chatter() -> None:
    """Writes where the terminal would be, past Python too."""
    print("to stdout", flush=True)
    print("to stderr", file=sys.stderr, flush=True)
    os.write(1, b"to fd 1\n")
    os.write(2, b"to fd 2\n")


def circumstances() -> dict[str, object]:
    import signal

    return {
        "niceness": os.nice(0),
        "stdin": Path("/dev/stdin").resolve().name if sys.platform == "linux" else "null",
        "sigint": signal.getsignal(signal.SIGINT) == signal.SIG_IGN,
        "sigterm": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
        "threads": os.environ["OMP_NUM_THREADS"],
    }
