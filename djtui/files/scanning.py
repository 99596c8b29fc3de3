"""The scan job: folders into the library, and what has changed in them since.

Finding walks through the folders and compares path, size and time with what is known; Reading, beside it,
reads what is new or has changed in the pool and stores it as it comes; Missing marks tracks whose files are
gone. The rows of table `file` say what was read: that is how a scan goes on after a crash.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from djtui.files.scan_finding import Finding
from djtui.files.scan_missing import Missing
from djtui.files.scan_reading import Reading
from djtui.files.scan_state import KIND, Neighbour, Scan
from djtui.jobs.job import Job, JobError
from djtui.library.database import Tx
from djtui.model.text import is_text, spelled

RESOURCE: Final = "files"
"""What jobs hold that change which files there are, or are known."""


def scan_job(
    params: dict[str, Any],
    *,
    neighbour: Neighbour | None = None,
    finish: Callable[[Tx], Awaitable[object]] | None = None,
) -> Job:
    """The job for `djtui scan`. Params: folders, dry_run, retry (what failed). Raises `JobError`.

    `neighbour` hears of tracks whose files lie elsewhere now; `finish` is called in the last transaction.
    """
    work = Scan.of(params)
    work.neighbour, work.finish = neighbour, finish
    if not work.folders:
        raise JobError("Name a folder to scan.")
    for folder in work.folders:
        check_name(folder)
        if not Path(folder).exists():
            raise JobError(f"There is no folder {folder}. Is its drive there?")
    kind = f"{KIND}-preview" if work.dry_run else KIND
    held = frozenset({RESOURCE})
    return ScanJob(
        kind=KIND,
        key=f"{kind}:{'|'.join(work.folders)}",
        title=f"Scan{' (dry run)' if work.dry_run else ''} · {work.title}",
        phases=(Finding(work), Reading(work), Missing(work)),
        reads=held if work.dry_run else frozenset(),
        writes=frozenset() if work.dry_run else held,
        work=work,
    )


def check_name(folder: str) -> None:
    """Refuse a folder whose files the library could not name. Raises `JobError`."""
    if not is_text(folder):
        raise JobError(
            f"The name of {spelled(folder)} has letters that no program can read: give it another name in"
            " your file manager, or choose the folder above it."
        )


@dataclass(eq=False)
class ScanJob(Job):
    """The job, with its counts as the result."""

    work: Scan = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        return self.work.counts
