"""Who may host: a lock on `LIBRARY.host` that the kernel frees when its holder dies, however it dies."""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from djtui.library.database import LibraryError

# `host_is_free` looks by taking a shared lock for some microseconds; a host that meets one asks again.
_TRIES: Final = 20
_PAUSE_S: Final = 0.01


class HostTaken(Exception):
    """Another process hosts this library already. The message is a sentence."""


def lock_path(library: Path) -> Path:
    """`LIBRARY.host`, beside the library."""
    return library.with_name(library.name + ".host")


def host_is_free(library: Path) -> bool:
    """Whether no process hosts the jobs of this library at this moment."""
    try:
        descriptor = os.open(lock_path(library), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


class HostLock:
    """`async with HostLock(path):` is to be the one host of that library.

    Raises `HostTaken` when there is one, `LibraryError` when the lock file cannot be made.
    """

    def __init__(self, library: Path) -> None:
        self._library = library
        self._descriptor = -1

    async def __aenter__(self) -> Self:
        try:
            descriptor = os.open(lock_path(self._library), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise LibraryError(
                f"{lock_path(self._library)} cannot be written ({error.strerror}): no jobs can run here."
            ) from error
        for _ in range(_TRIES):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                await asyncio.sleep(_PAUSE_S)
            else:
                self._descriptor = descriptor
                return self
        os.close(descriptor)
        raise HostTaken(f"Another process works the jobs of {self._library} already.")

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
        self._descriptor = -1
