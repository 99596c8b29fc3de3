"""What the screens do to the library: edit, undo, ask for jobs. Each shows how it goes in a note."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from djtui.tui import environment, formats

if TYPE_CHECKING:
    from djtui.jobs.views import JobView
    from djtui.library.history import Change, Key, Undone
    from djtui.tui.app import DjtuiApp

TRAKTOR_IMPORT: Final = "traktor-import"


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


async def undo(app: DjtuiApp, change: Change | None = None, only: Collection[Key] | None = None) -> None:
    """Take a change back, the newest or the one that is named, or `only` some items of it.

    Raises `LibraryError`, `Refused`.
    """
    from djtui.library import history

    change = change or await history.newest(await app.library(), undone=False)
    if change is None:
        raise Refused("There is nothing to undo.")
    await _reverse(app, change, only)


async def redo(app: DjtuiApp, change: Change | None = None, only: Collection[Key] | None = None) -> None:
    """Do again what an undone change did, or `only` some items of it. Raises `LibraryError`, `Refused`."""
    from djtui.library import history

    change = change or await history.newest(await app.library(), undone=True)
    if change is None:
        raise Refused("There is nothing to redo.")
    await _reverse(app, change, only, redo=True)


_LONG: Final = {
    "import": "The new ones leave the library, the others get back what they had. An undone import is not "
    "redone, only imported again.",
    "scan": "The new ones leave the library, the others get back what they had. No file is touched.",
    "analysis": "The tempi, keys and other values that the analysis gave them go. What was heard is kept, "
    "and = lists it.",
    "rename": "Traktor's collection, if one is linked, gets the names back in the same step.",
    "export": "What was written there waits for export again; your edits stay. Traktor must be closed.",
    "restore": "Your edits stay. Traktor must be closed.",
}
"""The changes that are asked about before they are undone, and what is to be said of it."""


async def _reverse(
    app: DjtuiApp, change: Change, only: Collection[Key] | None, *, redo: bool = False
) -> None:
    """Take a change back or do it again, by its job or at once; asks where that is long, or about files."""
    from djtui import ways_back
    from djtui.library.history import HistoryError

    if (room := ways_back.ROOMS.get(change.kind)) is not None:
        await environment.loaded(room)
    with sentences(HistoryError):
        way = await ways_back.way(await app.library(), change, redo=redo, only=only)
    if change.kind == ways_back.ROUTE:
        await environment.loaded("djtui.tui.screens.routing_actions")
        from djtui.tui.screens import routing_actions

        await routing_actions.ask_and_undo(app, f"“{change.title}”", way.params)
    elif way.job is None and (redo or only is not None or change.kind not in _LONG):
        await _reverse_here(app, change, only, redo=redo)
    elif await _sure(app, change, only, redo=redo):
        if way.job is None:
            await _reverse_here(app, change, only, redo=redo)
        else:
            await submit(app, way.job, way.params)


async def _sure(app: DjtuiApp, change: Change, only: Collection[Key] | None, *, redo: bool) -> bool:
    """Whether the DJ means it, who is told what can go and what cannot. Raises `Refused` if nothing can."""
    from djtui import ways_back
    from djtui.tui.beside import reading
    from djtui.tui.screens.dialog import Question

    key = f"change:{change.id}"
    app.toasts.put(key, "running", f"{change.title}: looking what can go …")
    try:
        found = await reading(
            app.library_path, lambda reader: ways_back.outlook(reader, change, redo=redo, only=only)
        )
    finally:
        app.toasts.drop(key)
    said = ways_back.said(change, found, redo=redo)
    if found.refused and not found.can:
        raise Refused(said)
    word = "Redo" if redo else "Undo"
    part = f" {formats.plural(found.can + len(found.refused), 'item')} of" if only is not None else ""
    more = "" if redo else _LONG.get(change.kind, "")
    answer = await app.push_screen_wait(
        Question(
            f"{word}{part} “{change.title}”?",
            " ".join(text for text in (said, more) if text),
            (("n", "leave it as it is"), ("y", _answer(change, word.lower()))),
        )
    )
    return answer == "y"


def _answer(change: Change, word: str) -> str:
    return "put the collection back" if change.kind in ("export", "restore") else f"{word} the {change.kind}"


async def _reverse_here(app: DjtuiApp, change: Change, only: Collection[Key] | None, *, redo: bool) -> None:
    from djtui.library import history

    key = f"change:{change.id}"
    word = "Redo" if redo else "Undo"

    def progress(done: int) -> None:
        app.toasts.put(key, "running", f"{word} · {change.title}: {done:,}")

    work = history.redo if redo else history.undo
    try:
        result = await work(await app.library(), change, progress, only=only)
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


async def work_queue(app: DjtuiApp) -> None:
    """See to jobs that were asked for and that nobody works, for the command was cut off."""
    query = "SELECT 1 FROM job WHERE state = 'queued' AND wanted = 'run' LIMIT 1"
    if await (await app.library()).fetchone(query) is not None:
        await start_host(app)


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
