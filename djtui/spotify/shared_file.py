"""A small SQLite file that several processes share and that mends itself: damaged, it is moved away and begun
anew. For what may be lost without grief; the library is no such file."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote

from djtui.library.storage import network_file_system

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]

_DAMAGE: Final = ("not a database", "malformed", "corrupt", "no such table", "no such column")


class SharedFile:
    """The open file, readable by its owner only. Any thread may use it; one at a time does.

    `moved` is called with where the old file lies when the file was damaged and has been begun anew.
    Everything raises `sqlite3.Error` or `OSError` for what cannot be mended: a full disk, a folder that may
    not be written, another program's lock.
    """

    def __init__(
        self,
        path: Path,
        tables: Sequence[str],
        *,
        version: int,
        pragmas: Sequence[str] = (),
        damaged_name: Callable[[], str] = lambda: "damaged",
        moved: Callable[[sqlite3.Connection, Path], None] = lambda _connection, _kept: None,
        busy_s: float = 10.0,
    ) -> None:
        self.path = path
        self._tables = tables
        self._version = version
        self._pragmas = pragmas
        self._damaged_name = damaged_name
        self._moved = moved
        self._busy_s = busy_s
        self._turn = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._opened_file: tuple[int, int] | None = None
        self._connection = self._opened()

    def close(self) -> None:
        with self._turn:
            self._connection.close()

    def read(self, work: Work[Result]) -> Result:
        """What `work` reads, or does outside a transaction."""
        with self._turn:
            if _identity(self.path) != self._opened_file:
                self._reopen()
            try:
                return work(self._connection)
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                self._reopen(thoroughly=True)
                return work(self._connection)

    def write(self, work: Work[Result]) -> Result:
        """Do `work` in one transaction that no other process comes between."""

        def whole(connection: sqlite3.Connection) -> Result:
            with transaction(connection):
                return work(connection)

        return self.read(whole)

    def _reopen(self, *, thoroughly: bool = False) -> None:
        self._connection.close()
        self._connection = self._opened(thoroughly=thoroughly)

    def _opened(self, *, thoroughly: bool = False) -> sqlite3.Connection:
        with _alone(self.path):
            try:
                return self._connect(thoroughly=thoroughly)
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
            kept = self._move_away()
            connection = self._connect()
            self._moved(connection, kept)
            return connection

    def _connect(self, *, thoroughly: bool = False) -> sqlite3.Connection:
        # The files beside it get the same mode. One that is there is not opened: closing it would take away
        # the locks of this process's other connections, and the next one to leave would remove their -wal.
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        connection = sqlite3.connect(
            self.path, isolation_level=None, timeout=self._busy_s, check_same_thread=False
        )
        try:
            for pragma in ("synchronous = NORMAL", *self._pragmas):
                connection.execute(f"PRAGMA {pragma}")
            if connection.execute("PRAGMA user_version").fetchone()[0] < self._version:
                self._make_tables(connection)
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if thoroughly and (found := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                raise sqlite3.DatabaseError(f"malformed: {found}")
        except BaseException:
            connection.close()
            raise
        self._opened_file = _identity(self.path)
        return connection

    def _make_tables(self, connection: sqlite3.Connection) -> None:
        if network_file_system(self.path) is None:
            connection.execute("PRAGMA journal_mode = WAL")
        with transaction(connection):
            for table in self._tables:
                connection.execute(table)
            connection.execute(f"PRAGMA user_version = {self._version}")

    def _move_away(self) -> Path:
        kept = self.path.with_name(f"{self.path.name}.{self._damaged_name()}")
        self.path.replace(kept)
        for suffix in ("-wal", "-shm", "-journal"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        return kept


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One writing transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def connect_readonly(path: Path) -> sqlite3.Connection:
    """A connection that only reads. Raises `sqlite3.Error`."""
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None, timeout=1)


def _is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is broken, rather than locked or out of reach."""
    return any(sign in str(error) for sign in _DAMAGE)


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file lies there: another one after a different process has begun it anew."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time makes or mends the file."""
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
