"""A collection as it was before each export, in a folder of djtui's own beside the library.

`library.db.traktor/collection-1a2b3c4d-20260709-181500.nml`: the file's name, which file it was (8 hex digits
of the blake2b of its path), and when, in UTC. Traktor's own backups are Traktor's: they are never touched.

A backup is a copy, or the very file that an export is about to replace, under a second name: then it is a
backup only once the export has happened. Until then, or if it never does, it is the collection itself, and
counts for nothing here.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from djtui.traktor.nml import BLOCK, Fingerprint, SourceChanged

_STAMP: Final = "%Y%m%d-%H%M%S"
PARTIAL: Final = ".partial"
_ABANDONED_S: Final = 3600.0
_LONGEST_STEM: Final = 150  # bytes
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

Progress = Callable[[int, int], None]


class BackupError(Exception):
    """A backup cannot be made or looked up; the message is a sentence for the DJ."""


class Backup(NamedTuple):
    """One copy; `at` is in UTC, `size` in bytes."""

    path: Path
    at: datetime
    size: int


def folder(library_path: Path) -> Path:
    """Where the backups of the collections of a library lie."""
    return library_path.with_name(f"{library_path.name}.traktor")


def make(library_path: Path, nml: Path, digest: bytes, progress: Progress | None = None) -> Path:
    """Copy an NML file, whole and on disk; returns the copy's path. It never takes another backup's place.

    `digest` is the blake2b-16 that the file must have: SourceChanged if it has another. `progress` hears of
    the bytes that are copied, and of how many there are. Raises BackupError where the file cannot be read or
    the copy not be written; then nothing is left behind.
    """
    place = folder(library_path)
    with _explained(nml, place):
        place.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=prefix(nml), suffix=PARTIAL, dir=place)
        partial = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as target, nml.open("rb") as source:
                if _copied(source, target, progress) != digest:
                    raise SourceChanged(f"{nml} changed before it was backed up.")
                partial.chmod(stat.S_IMODE(os.fstat(source.fileno()).st_mode))
                target.flush()
                os.fsync(target.fileno())
            return _named(partial, place / f"{prefix(nml)}{datetime.now(UTC).strftime(_STAMP)}.nml")
        finally:
            partial.unlink(missing_ok=True)


def link(library_path: Path, nml: Path, expected: Fingerprint) -> Path | None:
    """Give an NML file that is about to be replaced a second name, as its backup; returns that.

    None where only a copy will do: on another disk, on one without links, and where the file has other names
    already, by which somebody may write it later. Raises SourceChanged unless it is the expected file, and
    BackupError. The file must be replaced by another one, or the name be given up (`give_up`).
    """
    place, real = folder(library_path), nml.resolve()
    with _explained(nml, place):
        place.mkdir(parents=True, exist_ok=True)
        for path in _names(place, nml):
            give_up(path, real)
        with real.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_nlink != 1:
                return None
            os.fsync(file.fileno())
        wanted = place / f"{prefix(nml)}{datetime.now(UTC).strftime(_STAMP)}.nml"
        for path in _numbered(wanted):
            try:
                path.hardlink_to(real)
            except FileExistsError:
                continue
            except OSError:
                return None
            break
        if Fingerprint.of(path.stat()) != expected:
            path.unlink()
            raise SourceChanged(f"{nml} changed before it was backed up.")
        _sync(place)
        return path


def give_up(backup: Path, nml: Path) -> None:
    """Remove a backup that is the file itself, for nothing has taken that file's place."""
    with suppress(OSError):
        if backup.samefile(nml):
            backup.unlink()


def written_since(backup: Path, expected: Fingerprint) -> bool:
    """Whether a file that was replaced, and is a backup now, was written by a program that had it open."""
    with suppress(OSError):
        found = Fingerprint.of(backup.stat())
        return found[:2] == expected[:2] and found != expected
    return False


def kept(library_path: Path, nml: Path) -> list[Backup]:
    """The backups of an NML file, newest first. Raises BackupError."""
    found: list[tuple[datetime, int, Backup]] = []
    with _explained(nml, folder(library_path)), suppress(FileNotFoundError):
        for path, (at, number) in _names(folder(library_path), nml).items():
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and not _same(status, nml):
                found.append((at, number, Backup(path, at, status.st_size)))
    return [backup for _, _, backup in sorted(found, reverse=True)]


def rotate(library_path: Path, nml: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` backups of an NML file (the newest always stays); returns what went.

    Also what crashes left behind half-made. Raises BackupError.
    """
    place = folder(library_path)
    too_many = [backup.path for backup in kept(library_path, nml)[max(keep, 1) :]]
    with _explained(nml, place):
        for path in (*too_many, *_abandoned(place, nml)):
            path.unlink(missing_ok=True)
    return too_many


def _abandoned(place: Path, nml: Path) -> list[Path]:
    """Copies of this file that were begun and that nobody writes any more."""
    if not place.is_dir():
        return []
    begun = [path for path in place.iterdir() if path.name.startswith(prefix(nml)) and path.suffix == PARTIAL]
    return [path for path in begun if time.time() - path.lstat().st_mtime > _ABANDONED_S]


def _names(place: Path, nml: Path) -> dict[Path, tuple[datetime, int]]:
    """What has the name of a backup of this file: when it was made, and its number in that second."""
    name = re.compile(rf"{re.escape(prefix(nml))}(\d{{8}}-\d{{6}})(?:-(\d+))?\.nml")
    return {
        path: (at, int(match[2] or 1))
        for path in place.iterdir()
        if (match := name.fullmatch(path.name)) and (at := _time(match[1])) is not None
    }


def _same(status: os.stat_result, nml: Path) -> bool:
    with suppress(OSError):
        return os.path.samestat(status, nml.stat())
    return False


def prefix(nml: Path) -> str:
    """What the names of all backups of a file begin with. A very long name is cut."""
    path = nml.absolute()
    stem = os.fsencode(path.stem)[:_LONGEST_STEM].decode("utf-8", "ignore")
    return f"{stem}-{blake2b(os.fsencode(path), digest_size=4).hexdigest()}-"


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _copied(source: BinaryIO, target: BinaryIO, progress: Progress | None) -> bytes:
    """Copy block by block; the digest of what was read."""
    seen, done, size = blake2b(digest_size=16), 0, os.fstat(source.fileno()).st_size
    while block := source.read(BLOCK):
        seen.update(block)
        target.write(block)
        done += len(block)
        if progress is not None:
            progress(done, size)
    return seen.digest()


def _named(partial: Path, wanted: Path) -> Path:
    """Give a copy its name, with a number behind it if there is one of the same second; returns its path."""
    for path in _numbered(wanted):
        try:
            path.hardlink_to(partial)  # unlike a rename, this never replaces
        except FileExistsError:
            continue
        except OSError:  # a disk without links
            if path.exists():
                continue
            partial.rename(path)
        _sync(path.parent)
        return path
    raise AssertionError("unreachable")


def _numbered(wanted: Path) -> Iterator[Path]:
    """A name, and the same with a number behind it for each that is taken."""
    yield wanted
    for number in count(2):
        yield wanted.with_stem(f"{wanted.stem}-{number}")


def _sync(place: Path) -> None:
    """Have a folder's new names on disk, where the system lets us."""
    with suppress(OSError):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _explained(nml: Path, place: Path) -> Iterator[None]:
    """Turn what the disk says into a BackupError."""
    try:
        yield
    except OSError as error:
        raise BackupError(_sentence(error, nml, place)) from error


def _sentence(error: OSError, nml: Path, place: Path) -> str:
    if error.errno in _FULL:
        return (
            f"The disk of {place} is full, so no backup could be made. Nothing was changed; make room there."
        )
    if error.filename == str(nml):
        return f"{nml} cannot be read: {error.strerror}."
    return f"The backups in {place} cannot be written: {error.strerror or error}. Nothing was changed."
