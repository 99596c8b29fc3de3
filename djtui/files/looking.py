"""Whether the files of tracks are where the library has them: asked of the disk, whatever was scanned."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Final
from unicodedata import normalize

from djtui.files.scan_missing import is_gone
from djtui.files.storing import mark_missing
from djtui.library.database import Library, Reader

_AT_ONCE: Final = 5000


async def gone(library: Reader) -> AsyncIterator[dict[int, int]]:
    """Tracks that count as present and whose files are not there, some at a time: what `mark_missing` takes.

    A file that cannot be asked for (its drive does not answer) stays as it is.
    """
    last = 0
    while rows := await library.fetchall(
        "SELECT id, path FROM track WHERE id > ? AND path IS NOT NULL AND missing IS NOT 1 AND kind != 'set'"
        " ORDER BY id LIMIT ?",
        (last, _AT_ONCE),
    ):
        last = rows[-1]["id"]
        yield await asyncio.to_thread(_marks, [(row["id"], row["path"]) for row in rows])


async def mark_gone(library: Library) -> int:
    """Mark those tracks as missing. Returns how many there are."""
    found = 0
    async for marks in gone(library):
        if marks:
            found += len(marks)
            async with library.writing() as tx:
                await mark_missing(tx, marks)
    return found


def _marks(paths: Iterable[tuple[int, str]]) -> dict[int, int]:
    return {id: 1 for id, path in paths if all(is_gone(form) for form in _forms(path))}


def _forms(path: str) -> tuple[str, ...]:
    """A path as it may stand on disk, where a letter has two forms."""
    return (path,) if path.isascii() else (path, normalize("NFC", path), normalize("NFD", path))
