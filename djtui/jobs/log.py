"""The host's log in the state folder: rotating, without secrets, and harmless to look at."""

from __future__ import annotations

import logging
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final

_SIZE: Final = 1_000_000
_KEPT: Final = 3
_SECRETS: Final = re.compile(
    r"""(?ix)
    ( authorization ["']? \s* [:=] \s* ["']? (?: (?:bearer|basic) \s+ )?
    | \b bearer \s+
    | \b (?: (?:access|refresh|id)_token | client_secret | code_verifier | password | token )
      ["']? \s* [:=] \s* ["']?
    | [?&] code =
    )
    [^\s"',;&}\])]+
    """
)


def log_path(library: Path) -> Path:
    """Where the host of this library writes its log. One host a library, so one writer a file."""
    from platformdirs import user_state_path

    mark = zlib.crc32(str(library).encode("utf-8", "surrogateescape"))
    return user_state_path("djtui", appauthor=False) / f"{library.stem}-{mark:08x}.log"


def redacted(text: str) -> str:
    """The text without tokens and other secrets."""
    return _SECRETS.sub(r"\1[redacted]", text)


def escaped(text: str) -> str:
    """The text with control, bidi and other invisible characters spelled out."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _spelled(char) for char in text)


def _spelled(char: str) -> str:
    return ascii(char)[1:-1]


class _Formatter(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = escaped(redacted(record.message))
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        lines = super().formatException(ei).splitlines()
        return "\n".join(f"    {escaped(redacted(line))}" for line in lines)


class _Log(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:
        """What cannot be written is lost: nobody reads a traceback about the log on the screen."""


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Send what djtui logs to `path` for as long as the block runs; nowhere if it cannot be written."""
    handler: logging.Handler
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _Log(path, maxBytes=_SIZE, backupCount=_KEPT, encoding="utf-8", delay=True)
        path.touch()
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(_Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("djtui")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        with suppress(OSError):  # a full disk must not be the end of the job
            handler.close()
