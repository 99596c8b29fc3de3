"""Opening other people's files: whatever lies at a path, nobody waits for it."""

from __future__ import annotations

import os
import stat
from typing import Literal


class NotOpened(Exception):
    """What lies at a path cannot be read as a file: a word, and a sentence."""

    def __init__(self, reason: Literal["missing", "not a file", "unreadable"], sentence: str) -> None:
        super().__init__(reason, sentence)
        self.reason = reason
        self.sentence = sentence


def open_regular(path: str) -> int:
    """A descriptor of a regular file, opened without waiting for anybody. Raises `NotOpened`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotOpened("missing", "The file is not there.") from error
    except OSError as error:
        if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113 - names may be no text
            raise NotOpened("not a file", "This is no file that holds sound.") from error
        raise NotOpened("unreadable", f"The file cannot be read: {error.strerror}.") from error
    except ValueError as error:  # a name with a zero byte
        raise NotOpened("missing", "No file can have this name.") from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe" if stat.S_ISFIFO(mode) else "a device"
        raise NotOpened("not a file", f"This is {kind}, no file.")
    return descriptor
