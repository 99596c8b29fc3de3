"""A copy of the library in which a dry run merges a collection that has changed, as an export would first.

So a dry run says what an export would write, what a lost or undone one had written among it, and the library
stays as it is.
"""

from __future__ import annotations

import asyncio
import sqlite3
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from djtui.jobs.job import Batch, Context, Wait
from djtui.library.database import Library, explained
from djtui.traktor.import_state import nothing

_NAME: Final = "library.db"


@dataclass(slots=True)
class Rehearsal:
    """The copy, and how many tracks the merge has added to it and updated in it."""

    library: Library
    folder: TemporaryDirectory[str]
    added: int = 0
    updated: int = 0

    @classmethod
    async def open(cls, path: Path) -> Rehearsal:
        """Copy the library at `path`, consistent even while it is written. Raises `LibraryError`."""
        folder = await asyncio.to_thread(TemporaryDirectory, prefix="djtui-dry-run-")
        try:
            target = Path(folder.name, _NAME)
            await asyncio.to_thread(_copy, path, target)
            return cls(await Library.open(target, create=False), folder)
        except BaseException:
            folder.cleanup()
            raise

    async def close(self) -> None:
        """Let the copy go."""
        await self.library.close()
        await asyncio.to_thread(self.folder.cleanup)

    def context(self, ctx: Context) -> Context:
        """A context that reads the copy."""
        inner = copy(ctx)
        inner.library = self.library
        return inner

    async def stored(self, step: Batch | Wait) -> Batch | Wait:
        """Store a step of the merge in the copy; returns what is left of it for the job."""
        if isinstance(step, Wait):
            return step
        async with self.library.writing() as tx:
            await step.store(tx)
        self.added += step.added
        self.updated += step.updated
        return replace(step, store=nothing, durable=False)


def _copy(path: Path, target: Path) -> None:
    with explained(path):
        source, new = sqlite3.connect(path, timeout=10), sqlite3.connect(target)
        try:
            source.backup(new)
        finally:
            new.close()
            source.close()
