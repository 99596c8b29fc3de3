"""What the screens do to the library: edit, undo, ask for jobs. Each shows how it goes in a note."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from djtui.tui import environment, formats

if TYPE_CHECKING:
    from djtui.jobs.views import JobView
    from djtui.library.history import Change, Undone
    from djtui.tui.app import DjtuiApp

TRAKTOR_IMPORT: Final = "traktor-import"
TRAKTOR_RESTORE: Final = "traktor-restore"
ROUTE: Final = "route"  # kinds of changes: a run of routing,
RELOCATE: Final = "relocate"  # missing files that were found


class Refused(Exception):
    """The DJ asked for something that cannot be done; the message is a sentence."""


@contextmanager
def sentences(*errors: type[Exception]) -> Iterator[None]:
    """These errors, whose messages are sentences, as `Refused`."""
    try:
        yield
    except errors as error:
        raise Refused(str(error)) from error


# -- tracks ---------------------------------------------------------------------------------------


async def edit(app: DjtuiApp, ids: Sequence[int], fields: Mapping[str, Any]) -> None:
    """Set fields of tracks as one change of the history. Raises `LibraryError`."""
    from djtui.library import history

    names = ", ".join(formats.label(field) for field in fields)
    title = f"{names} of {formats.plural(len(ids), 'track')}"
    changed, _ = await history.edit(await app.library(), ids, fields, title)
    if changed:
        app.toasts.put(
            "edit", "done", f"{names}: {formats.plural(changed, 'track')} changed · u takes it back"
        )
    else:
        app.toasts.put("edit", "done", f"{names}: nothing to change")


async def remove_tracks(app: DjtuiApp, ids: Sequence[int]) -> int:
    """Ask, then remove tracks from the library. Returns how many were. Raises `LibraryError`."""
    from djtui.library import removal
    from djtui.tui.screens.dialog import Question

    library = await app.library()
    among = (json.dumps(list(ids)),)
    lists = await library.fetchone(_LISTS_OF, among)
    exported = await library.fetchone(_EXPORTED, among)
    tracks = formats.plural(len(ids), "track")
    said = ["No music file is touched, and u brings back what leaves the library."]
    if lists and lists[0]:
        said.append(f"{formats.plural(lists[0], 'playlist').capitalize()} will be without.")
    if exported and exported[0]:
        said.append(f"The next export takes {exported[0]:,} out of Traktor's collection, too.")
    answer = await app.push_screen_wait(
        Question(
            f"Remove {tracks} from the library?",
            " ".join(said),
            (("n", "keep"), ("y", f"remove {tracks}")),
        )
    )
    if answer != "y":
        return 0
    removed, _ = await removal.remove(library, ids, f"{tracks} removed from the library")
    app.toasts.put("edit", "done", f"{formats.plural(removed, 'track')} removed · u takes it back")
    return removed


_LISTS_OF: Final = """
SELECT count(DISTINCT playlist_id) FROM playlist_item WHERE track_id IN (SELECT value FROM json_each(?))
"""

_EXPORTED: Final = """
SELECT count(DISTINCT track_id) FROM nml_entry JOIN nml_file ON nml_file.id = file_id
WHERE role = 'collection' AND gone = 0 AND track_id IN (SELECT value FROM json_each(?))
"""


# -- undo and redo --------------------------------------------------------------------------------


async def undo(app: DjtuiApp, change: Change | None = None) -> None:
    """Take a change back: the newest, or the one that is named. Raises `LibraryError`, `Refused`."""
    from djtui.library import history

    library = await app.library()
    change = change or await history.newest(library, undone=False)
    if change is None:
        raise Refused("There is nothing to undo.")
    if change.kind == ROUTE:
        await _put_playlists_back(app, change)
    elif change.kind in (*history.FILE_KINDS, RELOCATE):
        await _put_files_back(app, change)
    elif change.kind in history.BY_JOB:
        await _put_file_back(app, change)
    elif change.kind not in _LONG or await _sure(app, change):
        await _reverse(app, change, "Undo")


_LONG: Final = {
    "import": "the new ones leave the library, the others get back what they had. Tracks that you edited "
    "since stay.",
    "analysis": "the tempi, keys and other values that the analysis gave them go. What was heard is kept, "
    "and = lists it.",
}
"""The changes that took long to make, and what undoing them does."""


async def _sure(app: DjtuiApp, change: Change) -> bool:
    """Whether the DJ means it: an undone import is not redone, only imported again."""
    from djtui.tui.screens.dialog import Question

    answer = await app.push_screen_wait(
        Question(
            f"Undo “{change.title}”?",
            f"{formats.plural(change.items, 'track')}: {_LONG[change.kind]}",
            (("n", "leave it as it is"), ("y", f"undo the {change.kind}")),
        )
    )
    return answer == "y"


async def _put_file_back(app: DjtuiApp, change: Change) -> None:
    """Ask, then let a job put the collection back as it was before an export or a restore."""
    from djtui.library.history import HistoryError
    from djtui.tui.screens.dialog import Question

    await environment.loaded("djtui.traktor.restoring")
    from djtui.traktor import restoring

    with sentences(HistoryError):
        params = await restoring.undo_params(await app.library(), change)
    answer = await app.push_screen_wait(
        Question(
            f"Undo “{change.title}”?",
            f"{formats.tilde(Path(params['path']))} gets back what it had before, from its backup. What was "
            "written there waits for export again; your edits stay. Traktor must be closed.",
            (("n", "leave it as it is"), ("y", "put the collection back")),
        )
    )
    if answer == "y":
        await submit(app, TRAKTOR_RESTORE, params)


async def _put_playlists_back(app: DjtuiApp, change: Change) -> None:
    """Ask, then let a job put the playlists on Spotify back as they were before a run of routing."""
    from djtui.library.history import HistoryError

    await environment.loaded("djtui.routing.undoing", "djtui.tui.screens.routing_actions")
    from djtui.routing import undoing
    from djtui.tui.screens import routing_actions

    with sentences(HistoryError):
        params = await undoing.undo_params(await app.library(), change)
    await routing_actions.ask_and_undo(app, f"“{change.title}”", params)


async def _put_files_back(app: DjtuiApp, change: Change, *, redo: bool = False) -> None:
    """Ask, then let a job take back what a change did to files, or do it again."""
    from djtui.library.history import HistoryError
    from djtui.tui.screens.dialog import Question

    room = "djtui.files.unrelocating" if change.kind == RELOCATE else "djtui.bridge.reversing"
    await environment.loaded(room)
    with sentences(HistoryError):
        params = await import_module(room).undo_params(await app.library(), change, redo=redo)
    word = "Redo" if redo else "Undo"
    answer = await app.push_screen_wait(
        Question(
            f"{word} “{change.title}”?",
            f"{formats.plural(change.items, 'track')}. What was changed since is left alone and listed.",
            (("n", "leave it as it is"), ("y", f"{word.lower()} it")),
        )
    )
    if answer == "y":
        await submit(app, "relocate-undo" if change.kind == RELOCATE else "file-undo", params)


async def redo(app: DjtuiApp, change: Change | None = None) -> None:
    """Do again what an undone change did. Raises `LibraryError`, `Refused`."""
    from djtui.library import history

    library = await app.library()
    change = change or await history.newest(library, undone=True)
    if change is None:
        raise Refused("There is nothing to redo.")
    if change.kind in history.FILE_KINDS:
        await _put_files_back(app, change, redo=True)
        return
    if change.kind in history.BY_JOB:
        again = "apply it again in view 5" if change.kind == ROUTE else "export again, it all waits"
        raise Refused(f"“{change.title}” is not done again from here: {again}.")
    await _reverse(app, change, "Redo")


async def _reverse(app: DjtuiApp, change: Change, word: str) -> None:
    from djtui.library import history

    key = f"change:{change.id}"

    def progress(done: int) -> None:
        app.toasts.put(key, "running", f"{word} · {change.title}: {done:,}")

    work = history.undo if word == "Undo" else history.redo
    try:
        result = await work(await app.library(), change, progress)
    except history.HistoryError as error:
        app.toasts.drop(key)
        raise Refused(str(error)) from error
    said = f"{word} · {change.title}: {_counts(result)}"
    if not result.refused:
        app.toasts.put(key, "done", said)
        return
    first = result.refused[0]
    app.toasts.put(
        key, "error", f"{said}; {len(result.refused):,} left alone, such as {first.item}: {first.reason}"
    )


def _counts(result: Undone) -> str:
    counts = ((result.tracks, "track"), (result.playlists, "playlist"), (result.conflicts, "conflict"))
    return ", ".join(formats.plural(count, word) for count, word in counts if count) or "nothing"


# -- jobs -----------------------------------------------------------------------------------------


async def submit(app: DjtuiApp, kind: str, params: dict[str, Any]) -> int:
    """Ask for a job, and see to it that somebody works it. Raises `LibraryError`, `Refused`."""
    from djtui.jobs import requests
    from djtui.jobs.job import JobError

    await environment.loaded("djtui.kinds")
    from djtui.kinds import KINDS

    with sentences(requests.RequestError, JobError):
        id = await requests.submit(await app.library(), KINDS, kind, params, settings=app.settings)
    app.feed.expect(id)
    await start_host(app)
    return id


async def want(app: DjtuiApp, job_id: int, wanted: str) -> None:
    """Ask a job to run, pause or cancel. Raises `LibraryError`, `Refused`."""
    from djtui.jobs import requests

    with sentences(requests.RequestError):
        await requests.want(await app.library(), job_id, wanted)
    app.feed.expect(job_id)
    if wanted == "run":
        await start_host(app)


async def retry(app: DjtuiApp, job: JobView) -> None:
    """Try again what a job could not do. Raises `LibraryError`, `Refused`."""
    from djtui.jobs import requests

    if job.state in ("queued", "running", "waiting"):
        raise Refused(f"“{job.title}” is still at work: t tries again when it is done.")
    with sentences(requests.RequestError):
        id = await requests.retry(await app.library(), job.id)
    app.feed.expect(id)
    await start_host(app)


async def resume(app: DjtuiApp) -> None:
    """Go on with every job that was cut off. Raises `LibraryError`, `Refused`."""
    news = await app.feed.jobs(await app.library())
    for job in news.living:
        if job.state == "interrupted":
            await want(app, job.id, "run")


async def import_collection(app: DjtuiApp, path: Path) -> None:
    """Ask for the import of a collection.nml. Raises `LibraryError`, `Refused`."""
    await submit(app, TRAKTOR_IMPORT, {"path": str(path)})


async def ask_and_import(app: DjtuiApp) -> None:
    """Import the collection that is known, or ask which one. Raises `LibraryError`, `Refused`."""
    from djtui.tui.screens.dialog import Prompt

    known = await known_collection(app)
    path = await app.push_screen_wait(
        Prompt(
            "Import a Traktor collection",
            "The collection.nml to import. What is here already is brought up to date.",
            str(known or ""),
            check=unfit,
        )
    )
    if path:
        await import_collection(app, absolute(path))


async def known_collection(app: DjtuiApp) -> Path | None:
    """The collection of this library: as set, as imported before, or as found on this machine."""
    from djtui.traktor import collections

    if app.settings.traktor.collection:
        return Path(app.settings.traktor.collection).expanduser()
    library = await app.library()
    row = await library.fetchone("SELECT path FROM nml_file WHERE role = 'collection' ORDER BY id LIMIT 1")
    if row:
        return Path(row["path"])
    found = await asyncio.to_thread(collections.found)
    return found[0] if found else None


def absolute(text: str) -> Path:
    """A typed path, with ~ and quotes understood."""
    return Path(text.strip().strip("'\"")).expanduser().absolute()


def unfit(text: str) -> str | None:
    """Why a typed path is no collection, in a sentence; None when it may be one."""
    if not text.strip():
        return "Type the path of a collection.nml."
    path = absolute(text)
    if not path.exists():
        return f"There is no {path}."
    if path.is_dir():
        return f"{path} is a folder; the collection.nml in it is wanted."
    return None


async def start_host(app: DjtuiApp) -> None:
    """See to it that somebody works the jobs of this library."""
    from djtui.jobs.starting import HostError, ensure_host

    source = app.settings.source
    config = source if source is not None and source.exists() else None
    try:
        await asyncio.to_thread(ensure_host, app.library_path, config)
    except HostError as error:
        from djtui.tui import hosting

        hosting.in_thread(app.library_path, app.settings)
        app.toasts.put("host", "error", f"{error} The jobs run in this screen: leave it open.")
