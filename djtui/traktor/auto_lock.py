"""Who keeps the collection in step: one process a library, by a lock that the kernel frees when it dies."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from djtui.library.database import LibraryError

_READ: Final = 200


class AutoLock:
    """The lock on `LIBRARY.auto`, beside the library. The file says who holds it: `name` and its process."""

    def __init__(self, library: Path, name: str) -> None:
        self.path = library.with_name(library.name + ".auto")
        self._name = name
        self._descriptor = -1

    def take(self) -> bool:
        """Take it; False if another process holds it. Raises `LibraryError` where it cannot be made."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                os.close(descriptor)
                if isinstance(error, BlockingIOError):
                    return False
                raise
        except OSError as error:
            raise LibraryError(
                f"{self.path} cannot be locked ({error.strerror}): there is no auto-sync here."
            ) from error
        with suppress(OSError):  # who it is, is only for people
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{self._name} (process {os.getpid()})".encode(), 0)
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let others take it."""
        os.close(self._descriptor)
        self._descriptor = -1

    def holder(self) -> str:
        """Who holds it, as that process calls itself."""
        try:
            with self.path.open("rb") as file:
                text = file.read(_READ).decode("utf-8", "replace")
        except OSError:
            text = ""
        return text.strip() or "Another process"
