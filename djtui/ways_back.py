"""How each kind of change is taken back, or done again: in the library at once, or by which job.

Whether it can be is asked here too, item by item, before anybody tries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any, Final

from djtui.library import history
from djtui.library.database import Library, Reader
from djtui.library.history import Change, HistoryError, Key, Outlook

ROUTE: Final = "route"
RELOCATE: Final = "relocate"
ROOMS: Final = {
    RELOCATE: "djtui.files.unrelocating",
    **dict.fromkeys(history.FILE_KINDS, "djtui.bridge.reversing"),
    ROUTE: "djtui.routing.undoing",
    **dict.fromkeys(("export", "restore"), "djtui.traktor.restoring"),
}
"""By kind of change the modules that this one imports when it is asked about one: some are heavy."""

_PART: Final = 1000
_ABOUT_TRACKS: Final = ("file", "fields", "track")
_NOUNS: Final = {
    "edit": "track",
    "analysis": "track",
    "remove": "track",
    "merge": "track",
    RELOCATE: "track",
    "rename": "file",
    "tags": "file",
    "playlist": "playlist",
    ROUTE: "playlist",
    "resolve": "conflict",
    "restore": "file",
}


@dataclass(frozen=True, slots=True)
class Way:
    """The job, of this kind and with these params, that takes a change back; no kind: the library does it."""

    job: str | None = None
    params: dict[str, Any] = field(default_factory=dict)


async def way(
    library: Library, change: Change, *, redo: bool = False, only: Collection[Key] | None = None
) -> Way:
    """How a change, or `only` some items of it, is taken back or done again. Raises `HistoryError`."""
    if redo and (reason := history.why_no_redo(change)) is not None:
        raise HistoryError(reason)
    if only is not None and change.kind in history.WHOLE:
        raise HistoryError(history.WHOLE[change.kind])
    tracks = tracks_of(only)
    if change.kind == RELOCATE:
        from djtui.files import unrelocating

        return Way("relocate-undo", await unrelocating.undo_params(library, change, tracks=tracks))
    if change.kind in history.FILE_KINDS:
        from djtui.bridge import reversing

        return Way("file-undo", await reversing.undo_params(library, change, redo=redo, tracks=tracks))
    if change.kind == ROUTE:
        from djtui.routing import undoing

        return Way(undoing.UNDO, await undoing.undo_params(library, change))
    if change.kind in history.BY_JOB:
        from djtui.traktor import restoring

        return Way("traktor-restore", await restoring.undo_params(library, change))
    return Way()


async def outlook(
    reader: Reader, change: Change, *, redo: bool = False, only: Collection[Key] | None = None
) -> Outlook:
    """What taking a change back, or doing it again, would come to by the library and the disk as they are.

    Reads only, but all of it: 100,000 files take seconds, so not on an event loop.
    """
    if (reason := _never(change, only, redo=redo)) is not None:
        return Outlook(why=reason)
    if change.kind == RELOCATE:
        from djtui.files import unrelocating

        return await unrelocating.outlook(reader, change, tracks_of(only))
    if change.kind in history.FILE_KINDS:
        from djtui.bridge import reversing

        found = await reversing.outlook(reader, change, redo=redo, tracks=tracks_of(only))
        return (
            found if redo else replace(found, can=found.can + await _moved(reader, change, tracks_of(only)))
        )
    if change.kind not in history.BY_JOB:
        return await history.outlook(reader, change, redo=redo, only=only)
    try:
        if change.kind == ROUTE:
            from djtui.routing import undoing

            await undoing.undo_params(reader, change)
        else:
            from djtui.traktor import restoring

            await restoring.undo_params(reader, change)
    except HistoryError as error:
        return Outlook(why=str(error))
    return Outlook(can=change.items)


async def _moved(reader: Reader, change: Change, tracks: Collection[int] | None) -> int:
    """How many files a job moved that was cut off before it could note it: the undo notes it first."""
    from djtui.files import step_rows
    from djtui.files.placing import Placing

    many = 0
    last: int | None = None
    while steps := await step_rows.read(
        reader, change.id, kinds=step_rows.PLACING, after=last, limit=_PART, undos=False
    ):
        last = steps[-1].step
        for outcome in await asyncio.to_thread(Placing(steps, {}, only_look=True).carried_out):
            step = outcome.step
            whole = outcome.state == "done" and step.kind in step_rows.MOVING and not step.parked
            many += whole and (tracks is None or step.track_id in tracks)
    return many


def said(change: Change, found: Outlook, *, redo: bool = False) -> str:
    """An outlook in a sentence."""
    if found.can and change.kind in ("export", "restore"):
        return "The collection can be put back as it was before, from its backup."
    if found.can and change.kind == ROUTE:
        return "The playlists can be put back; one that somebody changed since is left alone, and asks."
    if found.why is None and not found.can and not found.refused:
        return f"Nothing of it is {'undone' if redo else 'left to be undone'}."
    return found.sentence(noun(change), redo=redo)


def noun(change: Change) -> str:
    """What a change counts."""
    return _NOUNS.get(change.kind, "item" if change.kind in history.BROUGHT else "track")


def tracks_of(only: Collection[Key] | None) -> set[int] | None:
    """The tracks of some items. Raises `HistoryError` where none of them is one."""
    if only is None:
        return None
    found = {id for what, id in only if what in _ABOUT_TRACKS}
    if not found:
        raise HistoryError("These are no tracks: playlists in files follow the tracks that they name.")
    return found


def _never(change: Change, only: Collection[Key] | None, *, redo: bool) -> str | None:
    """Why nothing can be done, whatever the library and the disk are like."""
    if change.kind in ("undo", "redo"):
        article = "an" if change.kind == "undo" else "a"
        return f"This is {article} {change.kind} of change {change.undoes}: undo it or do it again there."
    if redo:
        if (reason := history.why_no_redo(change)) is not None:
            return reason
    elif change.undone is not None:
        return f"It is undone, by change {change.undone}."
    if only is not None:
        return history.WHOLE.get(change.kind)
    return None
