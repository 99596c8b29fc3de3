"""What the screens do to the library: edit, undo, ask for jobs. Each shows how it goes in a note."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from djtui.tui import formats

if TYPE_CHECKING:
    from djtui.jobs.views import JobView
    from djtui.library.history import Change
    from djtui.tui.app import DjtuiApp

TRAKTOR_IMPORT: Final = "traktor-import"


class Refused(Exception):
    """The DJ asked for something that cannot be done; the message is a sentence."""


async def edit(app: DjtuiApp, ids: Sequence[int], fields: Mapping[str, Any]) -> None:
    """Set fields of tracks as one change of the history. Raises `LibraryError`."""
    from djtui.library import history

    names = ", ".join(fields)
    title = f"{names} of {formats.plural(len(ids), 'track')}"
    changed, _ = await history.edit(await app.library(), ids, fields, title)
    if changed:
        app.toasts.put(
            "edit", "done", f"{names}: {formats.plural(changed, 'track')} changed · u takes it back"
        )
    else:
        app.toasts.put("edit", "done", f"{names}: nothing to change")


async def undo(app: DjtuiApp, change: Change | None = None) -> None:
    """Take a change back: the newest, or the one that is named. Raises `LibraryError`, `Refused`."""
    from djtui.library import history

    library = await app.library()
    change = change or await history.newest(library, undone=False)
    if change is None:
        raise Refused("There is nothing to undo.")
    if change.kind == "import" and not await _sure(app, change):
        return
    await _reverse(app, change, "Undo")


async def _sure(app: DjtuiApp, change: Change) -> bool:
    """Whether the DJ means it: an undone import is not redone, only imported again."""
    from djtui.tui.screens.dialog import Question

    answer = await app.push_screen_wait(
        Question(
            f"Undo “{change.title}”?",
            f"{formats.plural(change.items, 'track')}: the new ones leave the library, the others get back "
            "what they had. Tracks that you edited since stay.",
            (("n", "leave it as it is"), ("y", "undo the import")),
        )
    )
    return answer == "y"


async def redo(app: DjtuiApp, change: Change | None = None) -> None:
    """Do again what an undone change did. Raises `LibraryError`, `Refused`."""
    from djtui.library import history

    library = await app.library()
    change = change or await history.newest(library, undone=True)
    if change is None:
        raise Refused("There is nothing to redo.")
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
    said = f"{word} · {change.title}: {formats.plural(result.undone, 'track')}"
    if not result.refused:
        app.toasts.put(key, "done", said)
        return
    first = result.refused[0]
    app.toasts.put(
        key, "error", f"{said}; {len(result.refused):,} left alone, such as {first.item}: {first.reason}"
    )


async def want(app: DjtuiApp, job_id: int, wanted: str) -> None:
    """Ask a job to run, pause or cancel. Raises `LibraryError`, `Refused`."""
    from djtui.jobs import requests

    try:
        await requests.want(await app.library(), job_id, wanted)
    except requests.RequestError as error:
        raise Refused(str(error)) from error
    if wanted == "run":
        await start_host(app)


async def retry(app: DjtuiApp, job: JobView) -> None:
    """Try again what a job could not do. Raises `LibraryError`, `Refused`."""
    from djtui.jobs import requests

    try:
        await requests.retry(await app.library(), job.id)
    except requests.RequestError as error:
        raise Refused(str(error)) from error
    await start_host(app)


async def resume(app: DjtuiApp) -> None:
    """Go on with every job that was cut off. Raises `LibraryError`, `Refused`."""
    news = await app.feed.jobs(await app.library())
    for job in news.living:
        if job.state == "interrupted":
            await want(app, job.id, "run")


async def import_collection(app: DjtuiApp, path: Path) -> None:
    """Ask for the import of a collection.nml. Raises `LibraryError`, `Refused`."""
    from djtui.jobs import requests
    from djtui.jobs.job import JobError

    kinds = await asyncio.to_thread(importlib.import_module, "djtui.kinds")
    try:
        await requests.submit(
            await app.library(), kinds.KINDS, TRAKTOR_IMPORT, {"path": str(path)}, settings=app.settings
        )
    except (requests.RequestError, JobError) as error:
        raise Refused(str(error)) from error
    await start_host(app)


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
    from djtui.tui import collections

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
