"""Everything djtui can do at length: the table of job kinds that the two faces hand the host."""

from __future__ import annotations

from typing import Any

from djtui.config import Settings
from djtui.jobs.job import Job, JobKinds
from djtui.library.database import Library


def _traktor_import(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.traktor.importing import import_job

    return import_job(params, settings)


KINDS: JobKinds = {
    "traktor-import": _traktor_import,
}
