"""The import job: an NML file into the library, three ways, batch by batch.

Reading finds the entries' bytes and their hashes; Matching says which track each new or changed entry is;
Syncing parses and stores those; Playlists merges the tree; Removing takes out what Traktor deleted;
Validating looks which files are there. An entry whose hash is stored is done: that is how an import goes on
after a crash, and why a second one is quick.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from djtui.config import Settings
from djtui.jobs.job import Job, Phase
from djtui.traktor.import_entries import Matching, Reading, Syncing
from djtui.traktor.import_files import Validating
from djtui.traktor.import_playlists import Playlists
from djtui.traktor.import_removals import Removing
from djtui.traktor.import_state import Import
from djtui.traktor.location import VolumeMap
from djtui.traktor.merge import Strategy
from djtui.traktor.storing import Storing


def import_job(params: dict[str, Any], settings: Settings) -> Job:
    """The job for `traktor import`: params path, strategy, dry_run."""
    path = Path(params["path"])
    dry_run = bool(params.get("dry_run"))
    work, phases = import_phases(
        path,
        settings,
        cast(Strategy, params.get("strategy") or settings.traktor.strategy),
        dry_run=dry_run,
        retry="retry" in params,
    )
    return ImportJob(
        kind="traktor-import",
        key=f"traktor-{'preview' if dry_run else 'import'}:{path}",
        title=f"Traktor import{' (dry run)' if dry_run else ''} · {path.name}",
        phases=phases,
        reads=frozenset({f"nml:{path}"} if dry_run else ()),
        writes=frozenset(() if dry_run else {f"nml:{path}"}),
        work=work,
    )


def import_phases(
    path: Path, settings: Settings, strategy: Strategy, *, dry_run: bool = False, retry: bool = False
) -> tuple[Import, tuple[Phase, ...]]:
    """An import as phases: of a job of its own, or of an export that finds the file changed."""
    storing = Storing(title=f"Import of {path.name}", strategy=strategy)
    volumes = VolumeMap.of(settings.traktor.volumes)
    work = Import(path, strategy, dry_run, retry, settings, storing, volumes)
    phases = (
        Reading(work),
        Matching(work),
        Syncing(work),
        Playlists(work),
        Removing(work),
        Validating(work),
    )
    return work, phases


@dataclass(eq=False)
class ImportJob(Job):
    """The job, with its counts as the result."""

    work: Import = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        return self.work.counts
