"""What a scan means to the other worlds: Traktor hears of moved files, the analysis of new tracks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from djtui.jobs import records
from djtui.jobs.job import Job
from djtui.library.database import Library, Tx
from djtui.traktor.moving import Naming, note_moves

_UNFINISHED = "('queued', 'running', 'waiting')"


@dataclass(slots=True)
class Collections:
    """Tells the next export which files lie elsewhere now. A path that Traktor cannot name stays unsaid."""

    _naming: Naming | None = None

    async def prepare(self, library: Library) -> None:
        """Read how the collections spell paths, once a scan."""
        if self._naming is None:
            self._naming = await Naming.read(library)

    async def moved(self, tx: Tx, paths: Mapping[int, str]) -> Collection[int]:
        """Note new paths of tracks for the next export. Returns those that Traktor cannot name."""
        return (await note_moves(tx, paths, self._naming)).refused.keys()


async def queue(tx: Tx, job: Job) -> None:
    """Ask for an analysis of what was not analysed yet, unless one is waiting or at work."""
    row = await tx.fetchone(f"SELECT 1 FROM job WHERE key = ? AND state IN {_UNFINISHED} LIMIT 1", (job.key,))
    if row is None:
        await records.insert(tx, job, {})
