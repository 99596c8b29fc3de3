"""The export job: what waits in the library into the collection, byte for byte.

Parsing reads the file again, merges what Traktor has changed meanwhile, and finds what waits; Building works
out the bytes; Backing up copies the collection; Writing makes the new file beside it; Verifying compares the
two and exchanges them in one step. Until then the collection is not touched, and at every moment it is whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from djtui.config import Settings
from djtui.jobs.job import Job
from djtui.traktor.export_building import Building
from djtui.traktor.export_parsing import Parsing
from djtui.traktor.export_state import Export
from djtui.traktor.export_writing import BackingUp, Verifying, Writing


def export_job(params: dict[str, Any], settings: Settings) -> Job:
    """The job for `traktor export`: params path, to, dry_run, force; auto waits while Traktor runs."""
    path = Path(params["path"])
    dry_run = bool(params.get("dry_run"))
    real = path.resolve()  # the file itself is replaced, not a link to it
    target = Path(params["to"]) if params.get("to") else real
    work = Export(path, target, real, dry_run, bool(params.get("force")), bool(params.get("auto")), settings)
    work.counts = {"entries_changed": 0, "playlists_changed": 0, "backup": None, "change": None, "notes": []}
    reading = dry_run or work.copying
    key = f"traktor-export:{path}"
    if reading:
        key = f"traktor-diff:{path}" if dry_run else f"traktor-copy:{path}:{target}"
    phases = (Parsing(work), Building(work), BackingUp(work), Writing(work), Verifying(work))
    return ExportJob(
        kind="traktor-export",
        key=key,
        title=f"Traktor export{' (dry run)' if dry_run else ''} · {path.name}",
        phases=phases,
        reads=frozenset({f"nml:{path}"} if dry_run else ()),
        writes=frozenset(() if dry_run else {f"nml:{path}"}),
        work=work,
    )


@dataclass(eq=False)
class ExportJob(Job):
    """The job, with its counts as the result."""

    work: Export = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        work = self.work
        backup = None if work.backup is None else str(work.backup)
        return work.counts | {"backup": backup, "dry_run": work.dry_run, "path": str(work.target)}

    async def close(self) -> None:
        await self.work.close()
