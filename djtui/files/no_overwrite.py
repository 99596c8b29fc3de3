"""Moving a file to a name that nobody has: never over another file, also across file systems."""

# Plain functions of os, for a rename takes 30 µs, and names may be no text.
# ruff: noqa: PTH104, PTH108, PTH114, PTH115, PTH116, PTH118, PTH120, PTH123, PTH211

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import secrets
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from typing import Any, Final

_AT_FDCWD: Final = -100
_RENAME_NOREPLACE: Final = 1
_RENAME_EXCL: Final = 4
_UNKNOWN: Final = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
_PIECE: Final = 1 << 20

Native = Callable[[bytes, bytes], int]


def _native() -> Native | None:
    """The system's own rename that refuses to overwrite, if it has one: Linux 3.15, macOS 10.12."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            mac: Any = libc.renamex_np
            mac.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint)
            return lambda source, target: int(mac(source, target, _RENAME_EXCL))
        linux: Any = libc.renameat2
        linux.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    except (AttributeError, OSError, TypeError):
        return None
    return lambda source, target: int(linux(_AT_FDCWD, source, _AT_FDCWD, target, _RENAME_NOREPLACE))


_RENAME: Final = _native()


def rename(source: str, target: str) -> None:
    """Give a file another name. Raises FileExistsError where somebody has it, and other OSErrors."""
    if _RENAME is None:
        _rename_if_free(source, target)
        return
    if _RENAME(os.fsencode(source), os.fsencode(target)) == 0:
        return
    code = ctypes.get_errno()
    if code in _UNKNOWN:  # a file system that cannot
        _rename_if_free(source, target)
        return
    raise OSError(code, os.strerror(code), source, None, target)


def _rename_if_free(source: str, target: str) -> None:
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), source, None, target)
    os.rename(source, target)


def move(source: str, target: str) -> os.stat_result | None:
    """The same wherever the target lies: to another file system the file is copied, the copy read again and
    compared, and only then the old one deleted. Returns the state of the copy, if one was made.
    """
    try:
        rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return _copy_over(source, target)
    return None


def _copy_over(source: str, target: str) -> os.stat_result:
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
        os.unlink(source)
        return os.lstat(target)
    if os.path.lexists(target):
        if not _copied_before(source, target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), source, None, target)
        os.unlink(source)
        return os.lstat(target)
    folder = os.path.dirname(target)
    temporary = os.path.join(folder, f".djtui-{secrets.token_hex(8)}.part")  # safe_write.leftovers finds it
    before = os.stat(source)
    try:
        with open(source, "rb") as read, open(temporary, "xb") as write:
            with suppress(OSError):
                fcntl.flock(write, fcntl.LOCK_EX | fcntl.LOCK_NB)
            wanted = blake2b(digest_size=16)
            while piece := read.read(_PIECE):
                wanted.update(piece)
                write.write(piece)
            write.flush()
            _dress(source, temporary, before)
            os.fsync(write.fileno())
            if _hash(temporary) != wanted.digest():
                raise OSError(errno.EIO, "the copy is not like the file", source, None, target)
            if _state(os.stat(source)) != _state(before):
                raise OSError(errno.EBUSY, "another program is writing it", source, None, target)
            rename(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    flush([folder])
    os.unlink(source)
    return os.lstat(target)


def _copied_before(source: str, target: str) -> bool:
    """Whether a copy was made, and all that is left to do is to delete the old file."""
    old, new = os.stat(source), os.stat(target)
    same = (old.st_size, old.st_mtime_ns) == (new.st_size, new.st_mtime_ns)
    return same and old.st_dev != new.st_dev and _hash(source) == _hash(target)


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


def _dress(source: str, target: str, status: os.stat_result) -> None:
    """Rights, owner, times, extended attributes: as far as the other file system has such things."""
    with suppress(OSError):
        os.chown(target, status.st_uid, status.st_gid)
    with suppress(OSError):
        shutil.copystat(source, target)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


def _hash(path: str) -> bytes:
    found = blake2b(digest_size=16)
    with open(path, "rb") as file:
        while piece := file.read(_PIECE):
            found.update(piece)
    return found.digest()


_ONE_BY_ONE: Final = 32


def flush(folders: list[str]) -> None:
    """Wait until what was renamed in these folders is on the disk."""
    if len(folders) > _ONE_BY_ONE:
        os.sync()
        return
    for folder in folders:
        with suppress(OSError):
            descriptor = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
