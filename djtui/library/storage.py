"""The file that the library lies in: what can be wrong with it, said in a sentence, and its backups."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

BACKUPS_KEPT: Final = 5
_BACKUP_EVERY_S: Final = 24 * 3600
_NETWORK: Final = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afpfs", "fuse.rclone")
)
BUSY_S: Final = 30.0


class LibraryError(Exception):
    """The library cannot be used; the message is a sentence for the DJ."""


def backup(path: Path) -> Path:
    """Copy the library, consistent even while it is written, beside itself; the oldest copies go.

    Returns the copy's path. Raises `LibraryError`.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    copy = path.with_name(f"{path.name}.backup-{stamp}")
    partial = copy.with_name(f"{copy.name}.{secrets.token_hex(4)}.partial")  # others may make one just now
    with explained(path):
        source = sqlite3.connect(path, timeout=10)
        target = sqlite3.connect(partial)
        try:
            source.backup(target, pages=2000)
        finally:
            target.close()
            source.close()
        partial.replace(copy)
    for old in (*backups(path)[BACKUPS_KEPT:], *_broken_off(path)):
        old.unlink(missing_ok=True)
    return copy


def _broken_off(path: Path) -> list[Path]:
    """Backups that somebody began, and that are too old to become one."""
    long_ago = time.time() - _BACKUP_EVERY_S
    found = path.parent.glob(f"{path.name}.backup-*.partial")
    return [file for file in found if file.stat().st_mtime < long_ago]


def backup_if_due(path: Path) -> Path | None:
    """A backup, if the library changed and the newest one is over a day old; returns its path."""
    newest = next(iter(backups(path)), None)
    if newest is not None and path.stat().st_mtime - newest.stat().st_mtime < _BACKUP_EVERY_S:
        return None
    return backup(path)


def backups(path: Path) -> list[Path]:
    """The backups of the library at `path`, newest first."""
    found = path.parent.glob(f"{path.name}.backup-*")
    return sorted((file for file in found if file.suffix != ".partial"), reverse=True)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about the library at `path` into `LibraryError` sentences."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise  # a mistake of ours, not a state of the file
    except (sqlite3.DatabaseError, OSError) as error:
        if (sentence := _sentence(error, path)) is None:
            raise
        raise LibraryError(sentence) from error


def _sentence(error: Exception, path: Path) -> str | None:
    text = str(error)
    if "not a database" in text or "malformed" in text or "corrupt" in text:
        newest = backups(path)[:1]
        remedy = (
            f"The newest backup is {newest[0]}: copy it over the library."
            if newest
            else "There is no backup."
        )
        return f"{path} is damaged or not a djtui library ({text}). {remedy}"
    if "readonly" in text or "read-only" in text.lower():
        return f"{path} cannot be written: the file or its folder is read-only."
    if "disk is full" in text or "No space left" in text or "File too large" in text:
        return f"The disk of {path} is full. Nothing of this step was written; make room and start again."
    if "locked" in text or "busy" in text:
        return f"{path} is locked by another program for over {BUSY_S:.0f} s. Close it and try again."
    if "unable to open" in text or "Permission denied" in text:
        return f"{path} cannot be opened: check that it exists and that you may write it and its folder."
    if "disk I/O error" in text:
        return f"The disk of {path} reports an error ({text}). Nothing of this step was written."
    return None


def network_file_system(path: Path) -> str | None:
    """The kind of network file system that `path` lies on, or None; there WAL is not safe. Linux only."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    best, kind = "", ""
    resolved = str(path.resolve())
    for mount in mounts:
        _, point, name, *_ = mount.split(" ")
        point = point.replace("\\040", " ")
        if (resolved == point or resolved.startswith(point.rstrip("/") + "/")) and len(point) >= len(best):
            best, kind = point, name
    return kind if kind in _NETWORK else None
