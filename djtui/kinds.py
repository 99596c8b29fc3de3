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

    job = analysis_job(params, settings)
    if fields := params.get("write_tags"):
        from djtui.bridge.after_analysis import with_tags

        return with_tags(job, fields)
    return job


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


def _rename(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.bridge.renaming import rename_job

    return rename_job(params, library, settings)


def _tags(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.files.tagging import tags_job

    return tags_job(params, settings)


def _file_undo(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.bridge.reversing import reversing_job

    return reversing_job(params, library, settings)


def _duplicates(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.files.comparing import comparing_job

    return comparing_job(params)


def _merge(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.bridge.merging import merging_job

    return merging_job(params, settings)


def _relocate(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.bridge.after_scan import Collections
    from djtui.files.relocating import relocate_job

    return relocate_job(params, neighbour=Collections())


def _relocate_undo(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    from djtui.bridge.after_scan import Collections
    from djtui.files.unrelocating import undo_job

    return undo_job(params, neighbour=Collections())


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
    "rename": _rename,
    "tags": _tags,
    "file-undo": _file_undo,
    "duplicates": _duplicates,
    "merge": _merge,
    "relocate": _relocate,
    "relocate-undo": _relocate_undo,
    "spotify-sync": _spotify_sync,
    "spotify-warm": _spotify_warm,
    "spotify-match": _spotify_match,
    "route-apply": _route_apply,
    "route-undo": _route_undo,
}
