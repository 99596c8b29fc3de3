"""Which errors pass by themselves, how long to wait for that, and how to say what went wrong."""

from __future__ import annotations

import errno
import random
import socket
import sqlite3
from dataclasses import dataclass
from typing import Final

from djtui.jobs.job import JobError, TransientError
from djtui.library.database import LibraryError
from djtui.model.text import harmless

_NETWORK: Final = frozenset(
    (
        errno.ECONNABORTED,
        errno.ECONNREFUSED,
        errno.ECONNRESET,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ENETDOWN,
        errno.ENETRESET,
        errno.ENETUNREACH,
        errno.EPIPE,
        errno.ETIMEDOUT,
    )
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a phase is opened again after passing trouble, and after how long: 2, 4, 8, 16, 32 s."""

    attempts: int = 5
    first_s: float = 2.0
    longest_s: float = 60.0

    def delay(self, attempt: int) -> float:
        """Seconds before retry number `attempt` (from 1): exponential, with jitter of a quarter."""
        plain = min(self.longest_s, self.first_s * 2.0 ** (attempt - 1))
        return plain * random.uniform(0.75, 1.25)


def passes(error: BaseException) -> bool:
    """Whether the error is of the kind that may be gone in a while: the network, a lock, a lost worker."""
    if isinstance(error, LibraryError) and error.__cause__ is not None:
        return isinstance(error.__cause__, sqlite3.OperationalError) and passes(error.__cause__)
    if isinstance(error, sqlite3.OperationalError):
        return "locked" in str(error) or "busy" in str(error)
    if isinstance(error, socket.gaierror):
        return True
    return isinstance(error, TransientError | TimeoutError | ConnectionError) or (
        isinstance(error, OSError) and error.errno in _NETWORK
    )


def is_expected(error: BaseException) -> bool:
    """Whether the error's own words are a sentence for the DJ, and no traceback is of use."""
    return isinstance(error, JobError | LibraryError | TransientError)


def sentence(error: BaseException) -> str:
    """The error in words that may go to a screen."""
    if not is_expected(error) and isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return harmless(f"{place}{error.strerror or str(error) or type(error).__name__}.")
    return harmless(str(error) or type(error).__name__)
