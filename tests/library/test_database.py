"""Opening, migrating and writing the library, and what happens when that is impossible."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from djtui.library import database, storage
from djtui.library.database import Library, LibraryError


async def sentence(path: Path) -> str:
    with pytest.raises(LibraryError) as caught:
        await Library.open(path)
    return str(caught.value)


async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(b"this is not a database, it is a shopping list" * 50)
    before = path.read_bytes()
    assert "not a djtui library" in await sentence(path)
    assert path.read_bytes() == before


async def test_a_damaged_library_names_its_newest_backup(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    await (await Library.open(path)).close()
    copy = database.backup(path)
    path.write_bytes(b"\0" * 100 + path.read_bytes()[100:])
    assert str(copy) in await sentence(path)


async def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mixxxdb.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE library (id)")
    assert "another program" in await sentence(path)


async def test_a_library_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    await (await Library.open(path)).close()
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version = 999")
    assert "newer djtui" in await sentence(path)


async def test_a_folder_is_no_library(tmp_path: Path) -> None:
    assert "is a folder" in await sentence(tmp_path)


async def test_a_missing_library_is_not_made_by_a_command_that_only_reads(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no library at"):
        await Library.open(tmp_path / "library.db", create=False)
    assert not (tmp_path / "library.db").exists()


async def test_two_processes_may_make_the_library_at_once(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    opened = await asyncio.gather(*(Library.open(path) for _ in range(4)))
    assert len({await_.path for await_ in opened}) == 1
    await asyncio.gather(*(library.close() for library in opened))


async def test_an_error_inside_a_transaction_takes_everything_back(library: Library) -> None:
    with pytest.raises(ZeroDivisionError):
        async with library.writing() as tx:
            await tx.execute("INSERT INTO ui_state VALUES ('a', '1')")
            raise ZeroDivisionError
    assert await library.fetchall("SELECT * FROM ui_state") == []


async def test_a_cancelled_writer_leaves_no_transaction_open(library: Library) -> None:
    started = asyncio.Event()

    async def write() -> None:
        async with library.writing() as tx:
            await tx.execute("INSERT INTO ui_state VALUES ('a', '1')")
            started.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(write())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with library.writing() as tx:
        await tx.execute("INSERT INTO ui_state VALUES ('b', '2')")
    rows = await library.fetchall("SELECT name FROM ui_state")
    assert [row["name"] for row in rows] == ["b"]


async def test_writers_of_two_connections_take_turns_and_lose_nothing(library: Library) -> None:
    other = await Library.open(library.path)

    async def count_up(of: Library) -> None:
        for _ in range(50):
            async with of.writing() as tx:
                await tx.revision()

    await asyncio.gather(count_up(library), count_up(other))
    row = await library.fetchone("SELECT value FROM meta WHERE name = 'revision'")
    assert row is not None
    assert row["value"] == 100
    await other.close()


async def test_one_transaction_has_one_revision(library: Library) -> None:
    async with library.writing() as tx:
        assert await tx.revision() == await tx.revision()


async def test_a_backup_is_a_whole_library_and_only_the_newest_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    await (await Library.open(path)).close()
    for day in range(10, 20):
        (tmp_path / f"library.db.backup-202601{day}-000000").touch()
    copy = database.backup(path)
    assert database.backups(path)[0] == copy
    assert len(database.backups(path)) == storage.BACKUPS_KEPT
    await (await Library.open(copy, create=False)).close()
