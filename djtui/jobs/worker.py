"""What runs inside a worker process: its first steps, and one task after the other."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

THREAD_VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_PR_SET_PDEATHSIG: Final = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task came to: its value, or the error that it raised."""

    value: Any = None
    error: BaseException | None = None


class OutOfMemory(Exception):
    """A task asked for more memory than a worker may have."""


def one_thread_each() -> None:
    """Keep BLAS and OpenMP to one thread a process; children inherit it, so it is set before they start."""
    for name in THREAD_VARIABLES:
        os.environ.setdefault(name, "1")


def initialize(host: int, niceness: int, memory_limit: int | None) -> None:
    """Make a fresh worker process quiet, killable, modest, and mortal together with its host.

    `host` is the process id of the host, `memory_limit` the address space in bytes (None: no limit).
    """
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)
    one_thread_each()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A Python handler cannot run while C code computes: the default action can, and at once.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(max(0, niceness - os.nice(0)))
    if memory_limit is not None:
        _limit_memory(memory_limit)
    _die_with(host)


def _limit_memory(limit: int) -> None:
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most != resource.RLIM_INFINITY:
        limit = min(limit, most)
    with suppress(ValueError, OSError):  # macOS may refuse it: better a worker without a limit than none
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))


def _die_with(host: int) -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != host:  # it died before the request was made
            os._exit(1)
    threading.Thread(target=_watch, name="host-watch", daemon=True).start()


def _watch() -> None:
    import multiprocessing

    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGKILL)


def perform(function: Callable[..., Any], args: Sequence[Any]) -> Outcome:
    """Run one task. What it raises is an outcome: so what the pool raises is about the pool."""
    try:
        return Outcome(value=function(*args))
    except MemoryError:
        return Outcome(error=OutOfMemory(f"{_name(function)} needs more memory than a worker may have."))
    except Exception as error:
        error.add_note(traceback.format_exc())
        return Outcome(error=_portable(error))
    except BaseException as error:
        return Outcome(error=RuntimeError(f"{_name(function)} ended its worker: {error!r}"))


def _portable(error: Exception) -> Exception:
    """The error itself if it survives pickling (lxml's do not), else its words."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:
        words = RuntimeError(f"{type(error).__name__}: {error}")
        for note in error.__notes__:
            words.add_note(note)
        return words
    return error


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", repr(function))
