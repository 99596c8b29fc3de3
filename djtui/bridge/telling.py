"""Traktor is told of files that were moved: its export, as the last part of the job that moved them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from djtui.config import Settings
from djtui.files.confirming import Moved, nobody
from djtui.jobs.job import Context, Cursor, Estimate, JobError, Phase, repeats
from djtui.library.database import Library, LibraryError, Reader, Tx, connect_readonly
from djtui.traktor import export_state, moving, running
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

    async def refuse(self, library: Reader) -> None:
        """Raise `JobError` where the collection could not be written afterwards: before any file is moved."""
        if self.path is None:
            return
        if (name := await asyncio.to_thread(running.running)) is not None:
            raise JobError(
                f"{name} is running: it would lose the files that are moved, and overwrite {self.path.name}. "
                "Quit it and start again. Nothing was done yet."
            )
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
