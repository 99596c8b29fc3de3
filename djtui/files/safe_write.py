"""Changing a file so that at every moment the old or the new one is there, whole; and putting the old back.

The new file is written beside the old one under a name of its own, flushed to the disk, checked, and only
then takes the old one's place. Whatever goes wrong before that leaves the old file as it was.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Literal

from djtui.files.payload import read
from djtui.files.splices import Splice, growth, in_order, places_after
from djtui.files.undo_record import Undo

Mtime = Literal["keep", "now"]
Check = Callable[[str], None]
"""Looks at the new file before it takes the old one's place; raises `Unwritable` where it is not right."""

Reason = Literal[
    "missing",
    "not a file",
    "no permission",
    "write-protected",
    "locked",  # another program has it locked
    "disk full",
    "disk error",
    "changed",  # by somebody else, meanwhile or since
    "unreadable",
    "unsupported",  # a format or a field that djtui does not write
    "not verified",  # the new file was not what it should be
    "value",  # a value that does not fit its field
]

_PREFIX, _SUFFIX = ".djtui-", ".part"
_TEMPORARY: Final = re.compile(r"\.djtui-[0-9a-f]{16}\.part")
_REASONS: Final[dict[int | None, tuple[Reason, str]]] = {
    errno.ENOSPC: ("disk full", "The disk is full."),
    errno.EDQUOT: ("disk full", "Your share of the disk is full."),
    errno.EFBIG: ("disk full", "The disk cannot hold so long a file."),
    errno.EROFS: ("write-protected", "The disk is write-protected."),
    errno.EACCES: ("no permission", "You may not write in this folder."),
    errno.EPERM: ("no permission", "The system does not let this file be changed."),
    errno.ENOENT: ("missing", "The file is not there any more."),
    errno.ENOTDIR: ("missing", "The file is not there any more."),
    errno.ETXTBSY: ("locked", "Another program uses the file."),
    errno.EBUSY: ("locked", "Another program uses the file."),
}


class Unwritable(Exception):
    """A file that was not changed: a reason for the statistics, a sentence for the DJ."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(reason, sentence)  # as arguments, so that it survives pickling
        self.reason = reason
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What became of a file."""

    path: str
    """The file itself, where the path given was a symbolic link."""
    size: int
    mtime_ns: int
    undo: Undo
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Original:
    """A file that is open for reading and about to be replaced."""

    path: str
    descriptor: int
    state: os.stat_result


@contextmanager
def original(path: str) -> Iterator[Original]:
    """Open the file that is to be changed, and see whether it may be. Raises `Unwritable`."""
    with _explained():
        real = os.path.realpath(path)
        descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise Unwritable("not a file", "This is no file that holds sound.")
        if not state.st_mode & 0o222 or not os.access(real, os.W_OK):
            raise Unwritable("write-protected", "The file is write-protected.")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unwritable("locked", "Another program has locked the file.") from error
        except OSError:
            pass  # a network disk without locks
        with _explained():
            yield Original(real, descriptor, state)
    finally:
        os.close(descriptor)


def rewrite(
    old: Original, splices: Sequence[Splice], *, check: Check, mtime: Mtime | int = "keep"
) -> Rewritten:
    """Replace a file by one with some spans changed.

    Args:
        old: The file, as `original` opened it.
        splices: What is to change.
        check: Looks at the new file before it takes the old one's place.
        mtime: "keep" the time of change, "now", or a time in nanoseconds.

    Raises:
        Unwritable: The old file is untouched.
    """
    changes = in_order(splices)
    _enough_space(old, growth(changes))
    folder = os.path.dirname(old.path)  # noqa: PTH120 - names may be no text
    temporary = os.path.join(folder, f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}")  # noqa: PTH118
    with _explained():
        target = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with suppress(OSError):
            fcntl.flock(target, fcntl.LOCK_EX | fcntl.LOCK_NB)  # who looks for leftovers sees it is in use
        with _explained():
            old_hash = _copy(old, changes, target)
            _dress(old, target, mtime)
            os.fsync(target)
            new_hash = _hash(target)
            check(temporary)
            undo = Undo(
                old.state.st_size,
                os.fstat(target).st_size,
                old.state.st_mtime_ns,
                old_hash,
                new_hash,
                _inverse(old, changes),
            )
            _unchanged(old)
            os.replace(temporary, old.path)  # noqa: PTH105
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108
        raise
    finally:
        state = os.fstat(target)
        os.close(target)
    _flush_folder(folder)
    return Rewritten(old.path, state.st_size, state.st_mtime_ns, undo, _notes(old))


def restore(path: str, undo: Undo) -> Rewritten:
    """Put the file back, byte by byte, that was there before a rewrite; its time of change too.

    Raises `Unwritable` where the file is not the one that was written.
    """
    with original(path) as old:
        if old.state.st_size != undo.new_size or _hash(old.descriptor) != undo.new_hash:
            raise Unwritable("changed", "The file was changed since, so its old tags are not put back.")
        splices = [Splice(place, place + length, was) for place, length, was in undo.spans]

        def check(temporary: str) -> None:
            descriptor = os.open(temporary, os.O_RDONLY | os.O_CLOEXEC)
            try:
                if _hash(descriptor) != undo.old_hash:
                    raise Unwritable("not verified", "The old file could not be made of this one.")
            finally:
                os.close(descriptor)

        return rewrite(old, splices, check=check, mtime=undo.old_mtime_ns)


def is_leftover(name: str) -> bool:
    """Whether a file's name is one that new files have while they are written."""
    return _TEMPORARY.fullmatch(name) is not None


def leftovers(folder: str) -> list[str]:
    """Paths of unfinished files in a folder that nobody is writing any more: they can be deleted."""
    found = []
    with _explained(), os.scandir(folder) as entries:
        for entry in entries:
            if is_leftover(entry.name) and entry.is_file(follow_symlinks=False) and _abandoned(entry.path):
                found.append(entry.path)
    return sorted(found)


def _abandoned(path: str) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        told: tuple[Reason, str] = ("disk error", f"The file could not be written: {error.strerror}.")
        raise Unwritable(*_REASONS.get(error.errno, told)) from error
    except ValueError as error:
        if "null" not in str(error):
            raise
        raise Unwritable("missing", "No file can have this name.") from error


def _enough_space(old: Original, longer: int) -> None:
    try:
        disk = os.statvfs(old.path)
    except OSError:
        return
    if disk.f_blocks and disk.f_bavail * disk.f_frsize < old.state.st_size + longer:
        raise Unwritable("disk full", "The disk has no room for a second copy of the file.")


def _copy(old: Original, changes: Sequence[Splice], target: int) -> bytes:
    """Write the new file; the hash of all the old one's bytes."""
    found, place = blake2b(digest_size=16), 0
    for splice in (*changes, Splice(old.state.st_size, old.state.st_size, b"")):
        for piece in read(old.descriptor, place, splice.start):
            found.update(piece)
            _write(target, piece)
        for piece in read(old.descriptor, splice.start, splice.end):
            found.update(piece)
        _write(target, splice.new)
        place = splice.end
    return found.digest()


def _write(target: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(target, rest) :]


def _inverse(old: Original, changes: Sequence[Splice]) -> tuple[tuple[int, int, bytes], ...]:
    return tuple(
        (place, length, os.pread(old.descriptor, splice.end - splice.start, splice.start))
        for splice, (place, length) in zip(changes, places_after(changes), strict=True)
    )


def _hash(descriptor: int) -> bytes:
    found = blake2b(digest_size=16)
    for piece in read(descriptor, 0, os.fstat(descriptor).st_size):
        found.update(piece)
    return found.digest()


def _dress(old: Original, target: int, mtime: Mtime | int) -> None:
    """The old file's owner, rights, extended attributes and times."""
    state = old.state
    if (state.st_uid, state.st_gid) != (os.geteuid(), os.getegid()):
        try:
            os.fchown(target, state.st_uid, state.st_gid)
        except PermissionError:
            with suppress(PermissionError):
                os.fchown(target, -1, state.st_gid)
    if hasattr(os, "listxattr"):
        _copy_attributes(old.descriptor, target)
    os.fchmod(target, stat.S_IMODE(state.st_mode))
    if mtime != "now":
        os.utime(target, ns=(state.st_atime_ns, state.st_mtime_ns if mtime == "keep" else mtime))


def _copy_attributes(source: int, target: int) -> None:
    """What the system keeps for itself cannot be copied, and need not be."""
    try:
        names = os.listxattr(source)
    except OSError:
        return
    for name in names:
        try:
            os.setxattr(target, name, os.getxattr(source, name))
        except OSError:
            if name.startswith("user."):
                raise


def _unchanged(old: Original) -> None:
    """The name still leads to the file that was read, and that is what it was."""
    now, then = os.stat(old.path), old.state  # noqa: PTH116
    if (now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns) != (
        then.st_dev,
        then.st_ino,
        then.st_size,
        then.st_mtime_ns,
        then.st_ctime_ns,
    ):
        raise Unwritable("changed", "The file was changed by another program meanwhile.")


def _notes(old: Original) -> tuple[str, ...]:
    others = old.state.st_nlink - 1
    if others < 1:
        return ()
    names = "one other name" if others == 1 else f"{others} other names"
    return (f"The file has {names} (hard links), which still lead to the old one.",)


def _flush_folder(folder: str) -> None:
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
