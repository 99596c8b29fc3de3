"""After a crash in the middle of an export: is the collection the old file or the new one?

The journal knows what both hash to. Whichever it is, it is whole, for the new one took the old one's place in
one step; the library is brought in line with it before anything else is done with the file.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from djtui.jobs.job import Batch, Context
from djtui.library.database import Tx
from djtui.traktor import backups, journal
from djtui.traktor.journal import Export, Store
from djtui.traktor.nml import Fingerprint, identify

TEMPORARY: Final = ".djtui-"
"""Begins the name of the new file until it takes its place, in the folder of the collection."""


async def recover(
    ctx: Context, lane: str, path: Path, file_id: int | None, *, tidy: bool = True
) -> AsyncIterator[Batch]:
    """Settle the exports of a file that a crash left open. Raises NmlError if the file cannot be read.

    `tidy`: remove what such an export has left on the disk, too.
    """
    for export in await journal.exports(ctx.library, file_id, "replacing"):
        print_, digest = await ctx.run(lane, identify, str(path))
        if digest == export.source:
            ctx.report(message=f"An export was cut off before it replaced {path.name}: it is the old file.")
            if tidy:
                discard(export.temporary, path)
            if tidy and export.backup is not None:
                backups.give_up(Path(export.backup), path)
            yield Batch(_dropped(export))
        else:
            # If it is neither, Traktor has written it since, and what it has kept is found out below.
            ctx.report(message=f"An export was cut off after it replaced {path.name}: it is the new file.")
            yield Batch(_finished(export, print_))


def discard(temporary: str, target: Path) -> None:
    """Remove the unfinished new file of an export; never anything else."""
    file = Path(temporary)
    if file.parent == target.parent and file.name.startswith(TEMPORARY):
        with suppress(OSError):
            file.unlink()


def _dropped(export: Export) -> Store:
    async def store(tx: Tx) -> None:
        await journal.mark(tx, export.id, "dropped")

    return store


def _finished(export: Export, print_: Fingerprint) -> Store:
    async def store(tx: Tx) -> None:
        await journal.finish(tx, export, print_)

    return store
