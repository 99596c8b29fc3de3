"""Everything djtui can do at length: the table of job kinds that the two faces hand the host."""

from __future__ import annotations

from typing import Any

from djtui.config import Settings
from djtui.jobs.job import Job, JobKinds
from djtui.library.database import Library


def _traktor_import(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.traktor.importing import import_job

    return import_job(params, settings)


def _traktor_export(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.traktor.exporting import export_job

    return export_job(params, settings)


def _traktor_restore(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.traktor.restoring import restore_job

    return restore_job(params, settings)


def _traktor_nights(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.traktor.history_importing import nights_job

    return nights_job(params, settings)


def _analysis(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.analysis.analyzing import analysis_job

    return analysis_job(params, settings)


KINDS: JobKinds = {
    "traktor-import": _traktor_import,
    "traktor-export": _traktor_export,
    "traktor-restore": _traktor_restore,
    "traktor-nights": _traktor_nights,
    "analysis": _analysis,
}
