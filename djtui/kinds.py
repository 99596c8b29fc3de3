"""Everything djtui can do at length: the table of job kinds that the two faces hand the host."""

from __future__ import annotations

from functools import partial
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


def _spotify_sync(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.bridge.matching import Matching
    from djtui.spotify.syncing import sync_job

    job = sync_job(params, settings)
    job.phases = (*job.phases, Matching())
    return job


def _spotify_match(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.bridge.matching import matching_job

    return matching_job(params, settings)


def _spotify_warm(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.spotify.warming import warm_job

    return warm_job(params, settings)


def _route_apply(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.routing.applying import apply_job

    return apply_job(params, library, settings)


def _route_undo(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.routing.undoing import undo_job

    return undo_job(params, library, settings)


def _scan(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.bridge import after_scan
    from djtui.files.scanning import scan_job

    finish = None
    if params.get("analyze"):
        finish = partial(after_scan.queue, job=_analysis({}, library, settings))
    return scan_job(params, neighbour=after_scan.Collections(), finish=finish)


KINDS: JobKinds = {
    "traktor-import": _traktor_import,
    "traktor-export": _traktor_export,
    "traktor-restore": _traktor_restore,
    "traktor-nights": _traktor_nights,
    "analysis": _analysis,
    "scan": _scan,
    "spotify-sync": _spotify_sync,
    "spotify-warm": _spotify_warm,
    "spotify-match": _spotify_match,
    "route-apply": _route_apply,
    "route-undo": _route_undo,
}
