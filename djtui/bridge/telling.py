"""Traktor is told of files that were moved: its export, as the last part of the job that moved them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from djtui.config import Settings
from djtui.files.changing import Change
from djtui.files.confirming import Moved, nobody
from djtui.jobs.job import Context, Cursor, Estimate, JobError, Phase, repeats
from djtui.library.database import Library, LibraryError, Reader, Tx, connect_readonly
from djtui.traktor import export_state, moving, running
from djtui.traktor.export_parsing import surveyed
from djtui.traktor.exporting import ExportJob, export_job
from djtui.traktor.import_state import Batches
from djtui.traktor.moving import Naming


@dataclass
class Telling:
    """What a job does about Traktor. `export` is None where no collection is linked or to be written.

    `quiet`: Traktor knows all names, so nothing is to be exported; None: nobody has looked.
    """

    export: ExportJob | None = None
    force: bool = False
    quiet: bool | None = None
    phases: list[Phase] = field(default_factory=list)

    @classmethod
    def of(cls, params: dict[str, Any], library: Library, settings: Settings) -> Telling:
        """Of the params of a job: export (default: where a collection is linked), force, collection."""
        telling = cls(force=bool(params.get("force")))
        path = linked(library, settings) if params.get("export", True) else None
        if path is None:
            return telling
        export = export_job({"path": str(path), "force": telling.force}, settings)
        assert isinstance(export, ExportJob)
        telling.export = export
        telling.phases = [Exporting(telling, phase) for phase in export.phases]
        return telling

    @property
    def writes(self) -> frozenset[str]:
        """What the job holds for it."""
        return frozenset() if self.export is None else self.export.writes

    @property
    def path(self) -> Path | None:
        """The collection."""
        return None if self.export is None else self.export.work.path

    async def refuse(self, ctx: Context) -> None:
        """Raise `JobError` where the collection could not be written afterwards: before any file is moved."""
        if self.export is None or self.path is None:
            return
        if (name := await asyncio.to_thread(running.running)) is not None:
            raise JobError(
                f"{name} is running: it would lose the files that are moved, and overwrite {self.path.name}. "
                "Quit it and start again. Nothing was done yet."
            )
        try:
            await _check(ctx, self.path, self.export.work.target)
        except JobError as error:
            raise JobError(f"{error} Nothing was done yet; --no-export leaves Traktor out.") from error
        library = ctx.library
        row = await library.fetchone("SELECT id, asked FROM nml_file WHERE path = ?", (str(self.path),))
        if row is None or row["asked"] or self.force:
            return
        if (reason := await export_state.foreign(library, row["id"])) is not None:
            raise JobError(
                f"{reason} So djtui asks once before it writes {self.path.name}: export in a terminal or on "
                "the Traktor screen first, or say --force. Nothing was done yet."
            )

    def result(self) -> dict[str, Any]:
        """What the export did; nothing where there was none."""
        if self.export is None or self.quiet is not False:
            return {}
        return {"export": self.export.result()}


async def _check(ctx: Context, path: Path, target: Path) -> None:
    """Raise `JobError` unless a collection is there, whole, and can be replaced."""
    async with export_state.explained(path, again=True):
        await surveyed(ctx, path)
        reason = await asyncio.to_thread(export_state.protected, target)
    if reason is not None:
        raise JobError(f"{reason}: Traktor could not be told of the new names.")


class Exporting:
    """A phase of the export, left out where Traktor knows all names."""

    def __init__(self, telling: Telling, phase: Phase) -> None:
        self._telling = telling
        self._phase = phase
        self.name = phase.name
        self.repeat = repeats(phase)
        self.beside: tuple[str, ...] = getattr(phase, "beside", ())

    async def estimate(self, ctx: Context) -> Estimate:
        return await self._phase.estimate(ctx)

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        telling = self._telling
        if telling.quiet is None:
            telling.quiet = not await moving.unknown_names(ctx.library)
        if telling.quiet:
            return
        async for step in self._phase.work(cursor, ctx):
            yield step


async def teller(library: Reader, naming: Naming) -> Moved:
    """Whoever is told of new paths as files get them: the entries of collections, where there are any."""
    if await library.fetchone("SELECT 1 FROM nml_file LIMIT 1") is None:
        return nobody

    async def moved(tx: Tx, paths: Mapping[int, str]) -> None:
        await moving.note_moves(tx, paths, naming)

    return moved


async def left(library: Reader, change: Change, done: str, names: str, reason: str) -> str:
    """What to say of a change of names that was cut short: `done`, and what Traktor does not know of it.

    `names`: what it does not know. Without a `reason`, the change was cancelled.
    """
    unknown = await _count(library, change.id, "moved IS NOT NULL")
    if not unknown:
        return reason
    said = f"{done}; Traktor does not know {unknown:,} of {names} yet"
    if reason:
        return f"{said}: {reason} Then: djtui traktor export"
    return f"{said}: djtui traktor export tells it."


async def is_told(library: Reader, change_id: int) -> bool:
    """Whether Traktor's collection has any of the names that a change has given."""
    return await _count(library, change_id, "moved IS NULL") > 0


async def _count(library: Reader, change_id: int | None, condition: str) -> int:
    """Of the tracks whose files a change has moved those with such an entry in the collection."""
    row = await library.fetchone(
        "SELECT count(DISTINCT step.track_id) AS tracks FROM file_step AS step"
        " JOIN nml_entry AS entry ON entry.track_id = step.track_id"
        " JOIN nml_file AS file ON file.id = entry.file_id"
        " WHERE change_id = ? AND step.state = 'done' AND step.kind IN ('move', 'copy')"
        f" AND entry.gone = 0 AND file.role = 'collection' AND {condition}",
        (change_id,),
    )
    return int(row["tracks"]) if row is not None else 0


def linked(library: Library, settings: Settings) -> Path | None:
    """The collection that this library is in step with: as set, else the first one that was imported."""
    try:
        with closing(connect_readonly(library.path)) as connection:
            rows = connection.execute(
                "SELECT path FROM nml_file WHERE role = 'collection' ORDER BY id"
            ).fetchall()
    except LibraryError:
        return None
    known = [Path(row["path"]) for row in rows]
    if settings.traktor.collection:
        path = Path(settings.traktor.collection).expanduser().absolute()
        return path if path in known else None
    return known[0] if known else None
