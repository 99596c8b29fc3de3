"""Work beside the event loop: keys are answered meanwhile, and nobody waits for it when the app ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from djtui.library.database import Reader, connect_readonly

if TYPE_CHECKING:
    import sqlite3

    from djtui.library.database import Parameters

T = TypeVar("T")


async def beside(function: Callable[..., T], *arguments: Any) -> T:
    """What a function returns, called in a thread of its own that does not keep the app from ending."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(tell: Callable[[Any], None], value: Any) -> None:
        if not future.done():
            tell(value)

    def work() -> None:
        try:
            outcome: tuple[Callable[[Any], None], Any] = future.set_result, function(*arguments)
        except Exception as error:
            outcome = future.set_exception, error
        with suppress(RuntimeError):  # the app has ended meanwhile
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=work, name="beside", daemon=True).start()
    return await future


async def reading(library: Path, read: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
    """What `read` finds in the library at one moment. Raises `LibraryError`, and what `read` raises."""
    return await beside(_read, library, read)


def _read(library: Path, read: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
    with closing(connect_readonly(library)) as connection:
        connection.execute("BEGIN")
        return asyncio.run(read(_Snapshot(connection)))


class _Snapshot:
    """A `Reader` over a connection that has its thread to itself."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def fetchall(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        return self._connection.execute(sql, parameters).fetchall()

    async def fetchone(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(sql, parameters).fetchone()
        return row
