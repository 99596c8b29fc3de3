"""Keeps what spotipy and urllib3 would log from carrying secrets, whatever level anybody sets."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

TALKERS: Final = (
    "spotipy",
    "spotipy.cache_handler",
    "spotipy.client",
    "spotipy.exceptions",
    "spotipy.oauth2",
    "spotipy.util",
)
CARRIERS: Final = (
    "requests",
    "urllib3",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)


def hush() -> None:
    """Call before spotipy is used; calling it again changes nothing.

    At DEBUG spotipy logs the bodies of token requests (code, verifier, refresh token) and the headers of
    every other request (access token). All that it says at ERROR is in its exceptions too. So nothing of
    spotipy passes, and of urllib3 and requests warnings only. The filters sit on the loggers themselves:
    raising a level, or a handler on the root logger, does not go round them.
    """
    for name in TALKERS:
        _filtered(name, _nothing)
    for name in CARRIERS:
        _filtered(name, _warnings)


def _filtered(name: str, rule: Callable[[logging.LogRecord], bool]) -> None:
    logging.getLogger(name).addFilter(rule)


def _nothing(record: logging.LogRecord) -> bool:
    return False


def _warnings(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING
