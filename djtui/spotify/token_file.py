"""Where the sign-in lies on disk: one file, its owner's alone, replaced as a whole and under a lock."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final

_OURS: Final = 0o600


@dataclass(frozen=True, slots=True)
class Kept:
    """A sign-in as it is kept. Its `repr` shows no token. Times are ISO 8601, UTC."""

    client_id: str
    accounts_url: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires: str  # the access token, an hour after it was given
    authorized: str  # when somebody last agreed in the browser
    scopes: tuple[str, ...]
    account_id: str | None = None
    name: str | None = None
    doubtful: str | None = None  # when Spotify first refused to renew it
    ended: bool = False  # Spotify refused a second time


def token_path() -> Path:
    """Where the sign-in is kept unless somebody says otherwise."""
    from platformdirs import user_state_path

    return user_state_path("djtui", appauthor=False) / "spotify-token.json"


class TokenFile:
    """The file. A reader never meets half of it; who reads in order to write holds `locked()` meanwhile."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or token_path()

    def read(self) -> Kept | None:
        """What is kept; None if that is nothing, or nothing that can be used."""
        try:
            document = json.loads(self.path.read_bytes())
            return _read(document)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write(self, kept: Kept) -> None:
        """Replace the file, durably. Raises `OSError`."""
        temporary = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OURS)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(asdict(kept), file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        with suppress(OSError):  # not every file system syncs a folder
            _sync_folder(self.path.parent)

    def delete(self) -> None:
        """Forget what is kept. Raises `OSError`."""
        self.path.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from renewing or replacing the sign-in. Blocks. Raises `OSError`."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = self.path.with_suffix(".lock")
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OURS)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _read(document: dict[str, Any]) -> Kept:
    known = {each.name: document[each.name] for each in fields(Kept) if each.name in document}
    kept = Kept(**known | {"scopes": tuple(known["scopes"])})
    if not all(isinstance(text, str) and text for text in (kept.access_token, kept.refresh_token)):
        raise ValueError("no tokens")
    for time in (kept.expires, kept.authorized, kept.doubtful):
        if time is not None and datetime.fromisoformat(time).tzinfo is None:
            raise ValueError("a time without its zone")
    return kept


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
