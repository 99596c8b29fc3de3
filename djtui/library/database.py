"""Opening the library: one SQLite file, WAL, migrations by number, and short writing transactions.

Every failure that a DJ can meet (a damaged file, a newer version, a full disk) is a `LibraryError`
whose message is a sentence that says what to do.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, Self
from urllib.parse import quote

from djtui.library.storage import (
    BUSY_S,
    LibraryError,
    backup,
    backup_if_due,
    backups,
    explained,
    network_file_system,
)
from djtui.model.text import fold

__all__ = [
    "Library",
    "LibraryError",
    "Reader",
    "Tx",
    "backup",
    "backup_if_due",
    "backups",
    "connect_readonly",
    "explained",
    "migrations",
    "network_file_system",
    "prepare",
]

if TYPE_CHECKING:
    import aiosqlite

APPLICATION_ID: Final = 0x646A7475  # "djtu"
_SCHEMA: Final = Path(__file__).with_name("schema")
_TURN_S: Final = 0.002
_AT_ONCE: Final = 10
_WRITER_MB: Final = 24  # of pages that are kept: an import comes to all indexes at random
_READER_MB: Final = 4
_LEAN_MB: Final = 3

Parameters = Sequence[Any] | dict[str, Any]


def connect_readonly(path: Path) -> sqlite3.Connection:
    """A reading connection for any thread, with `fold` and `regexp`; rows answer to names.

    Raises `LibraryError`.
    """
    with explained(path):
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA mmap_size = 2147483648")
        connection.execute("PRAGMA temp_store = MEMORY")
        _add_functions(connection)
    return connection


class Reader(Protocol):
    """What can be read from: the library, or a transaction under way."""

    async def fetchall(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        ...

    async def fetchone(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        ...


class Tx:
    """One writing transaction. Everything written in it shares one revision."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._revision: int | None = None

    async def execute(self, sql: str, parameters: Parameters = ()) -> aiosqlite.Cursor:
        return await self._connection.execute(sql, parameters)

    async def executemany(self, sql: str, rows: Iterable[Parameters]) -> None:
        await self._connection.executemany(sql, rows)

    async def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows, ten a statement: a third quicker than one by one."""
        many = list(rows)
        whole = len(many) - len(many) % _AT_ONCE
        one = f"({', '.join('?' * len(columns))})"
        head = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
        if whole:
            await self.executemany(
                head + ", ".join([one] * _AT_ONCE),
                (list(chain.from_iterable(many[at : at + _AT_ONCE])) for at in range(0, whole, _AT_ONCE)),
            )
        if whole < len(many):
            await self.executemany(head + one, many[whole:])

    async def fetchall(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        return list(await self._connection.execute_fetchall(sql, parameters))

    async def fetchone(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        rows = await self.fetchall(sql, parameters)
        return rows[0] if rows else None

    async def revision(self) -> int:
        """The number of this transaction in the change feed; counted up at the first call."""
        if self._revision is None:
            rows = await self.fetchall(
                "UPDATE meta SET value = value + 1 WHERE name = 'revision' RETURNING value"
            )
            self._revision = int(rows[0]["value"])
        return self._revision

    async def touch(self, name: str) -> None:
        """Tell the screens that tracks were removed (`removal`) or that playlists changed (`playlists`)."""
        await self.execute("UPDATE meta SET value = ? WHERE name = ?", (await self.revision(), name))


class Library:
    """The library of this process: one connection that writes, one that reads."""

    def __init__(self, path: Path, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self.path = path
        self._writer = writer
        self._reader = reader
        self._turn = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path, *, create: bool = True) -> Self:
        """Open the library at `path`, made and migrated where needed. Raises `LibraryError`."""
        path = path.expanduser().absolute()
        await asyncio.to_thread(prepare, path, create=create)
        with explained(path):
            writer = await _connect(path, cache_mb=_WRITER_MB)
            reader = await _connect(path, cache_mb=_READER_MB)
            await reader.execute("PRAGMA query_only = ON")
        return cls(path, writer, reader)

    @asynccontextmanager
    async def lean(self) -> AsyncIterator[None]:
        """Keep few pages of the file in memory during the block: for work that comes to each row once."""
        await _cache(self._writer, _LEAN_MB)
        await _cache(self._reader, _LEAN_MB)
        try:
            yield
        finally:
            await _cache(self._writer, _WRITER_MB)
            await _cache(self._reader, _READER_MB)

    async def close(self) -> None:
        async with self._turn:
            await self._reader.close()
            await self._writer.close()

    @asynccontextmanager
    async def writing(self, *, durable: bool = False) -> AsyncIterator[Tx]:
        """A transaction that is committed at the end of the block and rolled back when it raises.

        One at a time in this process; other processes take their turn between transactions. `durable`
        waits for the disk: for journals, which must be there before the deed they speak of.
        """
        async with self._turn:
            with explained(self.path):
                if durable:
                    await self._writer.execute("PRAGMA synchronous = FULL")
                try:
                    await self._begin()  # inside: cancelled while it waits, it may have begun all the same
                    yield Tx(self._writer)
                except BaseException:
                    await _see_through(self._writer.rollback())
                    raise
                else:
                    await self._commit()
                finally:
                    if durable:
                        await _see_through(self._writer.execute("PRAGMA synchronous = NORMAL"))

    async def fetchall(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        with explained(self.path):
            return list(await self._reader.execute_fetchall(sql, parameters))

    async def fetchone(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        rows = await self.fetchall(sql, parameters)
        return rows[0] if rows else None

    async def _begin(self) -> None:
        # SQLite's own busy handler sleeps up to 100 ms between tries, and a host that commits batch after
        # batch would win every time; asking every 2 ms finds the gap that it leaves.
        patience = time.monotonic() + BUSY_S
        while True:
            try:
                await self._writer.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > patience:
                    raise
            await asyncio.sleep(_TURN_S)

    async def _commit(self) -> None:
        try:
            await _see_through(self._writer.commit())
        except sqlite3.Error:
            await _see_through(self._writer.rollback())
            raise


async def _see_through(work: Coroutine[Any, Any, Any]) -> None:
    """Finish `work` even when the caller is cancelled: the next transaction needs this one closed."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


async def _cache(connection: aiosqlite.Connection, megabytes: int) -> None:
    await connection.execute(f"PRAGMA cache_size = -{megabytes * 1024}")


async def _connect(path: Path, *, cache_mb: int) -> aiosqlite.Connection:
    import aiosqlite  # here: who only reads, as the first paint does, goes without it

    connection = await aiosqlite.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    waits = 5000 if network_file_system(path) else 0
    for pragma in (
        "foreign_keys = ON",
        "synchronous = NORMAL",
        "temp_store = MEMORY",
        "wal_autocheckpoint = 4000",
        f"busy_timeout = {waits}",
    ):
        await connection.execute(f"PRAGMA {pragma}")
    await _cache(connection, cache_mb)
    await connection.create_function("fold", 1, _fold, deterministic=True)
    await connection.create_function("regexp", 2, _regexp, deterministic=True)
    return connection


# -- making and migrating -------------------------------------------------------------------------


def prepare(path: Path, *, create: bool = True) -> None:
    """Make the library or bring it to this version's schema, with a backup before a migration.

    Raises `LibraryError`.
    """
    if path.is_dir():
        raise LibraryError(f"{path} is a folder; the library is a file. Name a file with --library.")
    if not path.exists():
        if not create:
            raise LibraryError(f"There is no library at {path}.")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(f"The folder {path.parent} cannot be made: {error.strerror}.") from error
    with explained(path):
        connection = sqlite3.connect(path, isolation_level=None, timeout=10)
        try:
            _migrate(connection, path)
        finally:
            connection.close()


def migrations() -> list[tuple[int, str]]:
    """The numbered SQL files of `library/schema`, in order."""
    files = sorted(_SCHEMA.glob("*.sql"))
    return [(int(file.name[:4]), file.read_text(encoding="utf-8")) for file in files]


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    steps = migrations()
    newest = steps[-1][0]
    version = _version(connection, path)
    if version > newest:
        raise LibraryError(
            f"{path} was written by a newer djtui (schema {version}; this one knows {newest}). "
            "Update djtui to open it."
        )
    if version == newest:
        return
    if version == 0 and network_file_system(path) is None:
        connection.execute("PRAGMA journal_mode = WAL")
    if version:
        backup(path)
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection, path)  # another process may have been faster
        for statement in chain.from_iterable(_statements(sql) for number, sql in steps if number > version):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {max(newest, version)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection, path: Path) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    ours = int(connection.execute("PRAGMA application_id").fetchone()[0]) == APPLICATION_ID
    empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if not ours and not empty:
        raise LibraryError(f"{path} is the database of another program, not a djtui library.")
    return version


def _statements(sql: str) -> Iterator[str]:
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


# -- functions in SQL ------------------------------------------------------------------------------


def _add_functions(connection: sqlite3.Connection) -> None:
    connection.create_function("fold", 1, _fold, deterministic=True)
    connection.create_function("regexp", 2, _regexp, deterministic=True)


def _fold(text: object) -> str | None:
    return None if text is None else fold(str(text))


def _regexp(pattern: object, text: object) -> bool | None:
    if pattern is None or text is None:
        return None
    return _compiled(str(pattern)).search(str(text)) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
