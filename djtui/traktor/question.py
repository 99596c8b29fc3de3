"""The one question before a collection of another machine is written for the first time."""

from __future__ import annotations

from djtui.library.database import Library
from djtui.traktor.export_state import foreign


async def question(library: Library, path: str) -> str | None:
    """What to ask the DJ before an export to this file; None: nothing, or it has been answered."""
    row = await library.fetchone("SELECT id, asked FROM nml_file WHERE path = ?", (path,))
    if row is None or row["asked"]:
        return None
    reason = await foreign(library, row["id"])
    if reason is None:
        return None
    return f"{reason} Is Traktor closed there, and shall djtui write {path}?"


async def answered(library: Library, path: str) -> None:
    """Remember that the DJ has said yes for this file."""
    async with library.writing() as tx:
        await tx.execute("UPDATE nml_file SET asked = 1 WHERE path = ?", (path,))
