"""History: what changed, and undoing it, also after a restart.

A change keeps for each track it touched the fields as they were and as they became; of removed tracks, of
playlists and conflicts it keeps the rows. Undoing refuses, item by item, where the present state is no longer
the one that the change left: that is somebody's later work. The tracks and playlists that an import brought
carry its job's number instead of an image each. What was done to files stands in table file_step.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from djtui.library import (
    history_conflicts,
    history_imports,
    history_playlists,
    history_rows,
    playlists,
    removal,
)
from djtui.library.database import Library, Reader, Tx
from djtui.library.editing import EDITABLE, Image, derived, edit, edit_each
from djtui.library.history_conflicts import swap_conflicts
from djtui.library.history_entries import (
    BROUGHT,
    BY_JOB,
    FILE_KINDS,
    Change,
    HistoryError,
    changes,
    count,
    find,
    images,
    kinds,
    newest,
    rows,
    taken_in_part,
)
from djtui.library.history_imports import remove_imported
from djtui.library.history_parts import (
    ALL,
    NOT_REDONE,
    WHOLE,
    Chosen,
    Key,
    Outlook,
    Refusal,
    items_of,
    only_these,
    taken_back,
)
from djtui.library.history_rows import GONE, Progress, Undone, put_tracks_back, swap_fields
from djtui.library.journal import Images, Rows, add, begin, note, now

__all__ = [
    "BROUGHT",
    "BY_JOB",
    "EDITABLE",
    "FILE_KINDS",
    "NOT_REDONE",
    "WHOLE",
    "Change",
    "HistoryError",
    "Image",
    "Images",
    "Key",
    "Outlook",
    "Refusal",
    "Rows",
    "Undone",
    "add",
    "add_playlists",
    "begin",
    "changes",
    "count",
    "derived",
    "edit",
    "edit_each",
    "find",
    "images",
    "kinds",
    "newest",
    "note",
    "now",
    "outlook",
    "put_values_back",
    "redo",
    "rows",
    "taken_back",
    "taken_in_part",
    "undo",
    "why_no_redo",
]


async def add_playlists(tx: Tx, change_id: int, ids: Sequence[int]) -> None:
    """Note playlists as they are before a change that is not noted; noting one again changes nothing."""
    images = await playlists.images(tx, ids)
    await note(tx, change_id, "playlist", {id: (image, {}) for id, image in images.items()})


async def undo(
    library: Library,
    change: Change,
    progress: Progress = lambda done: None,
    *,
    only: Collection[Key] | None = None,
) -> Undone:
    """Put back what a change did, or `only` some items of it. Raises `HistoryError` when that cannot be.

    Works in short transactions: cut off, it is simply started again.
    """
    chosen = await _chosen(library, change, only, forward=False)
    await _refuse_while_running(library, change)
    result = await _begin_reversal(library, change, "undo")
    await _put_back(library, change, result, progress, chosen)
    if change.kind in BROUGHT and change.job_id is not None and only is None:
        await remove_imported(library, change.id, change.job_id, result, progress)
    whole = not result.refused and (only is None or await _is_taken_back(library, change))
    await _end_reversal(library, change, result, undone=result.change if whole else None)
    return result


async def outlook(
    library: Reader, change: Change, *, redo: bool = False, only: Collection[Key] | None = None
) -> Outlook:
    """What `undo` or `redo` would do with a change in the library, item by item. Writes nothing."""
    found = Outlook()
    try:
        chosen = await _chosen(library, change, only, forward=redo)
    except HistoryError as error:
        return Outlook(why=str(error))
    if change.kind == removal.KIND:
        await _removal_outlook(library, change, found, chosen, redo=redo)
        return found
    await history_rows.outlook(library, change.id, found, chosen, forward=redo)
    await history_playlists.outlook(library, change.id, found, chosen, forward=redo)
    if change.kind not in WHOLE or only is None:
        await history_conflicts.outlook(library, change.id, found, forward=redo)
    if change.kind in BROUGHT and change.job_id is not None and only is None:
        await history_imports.outlook(library, change.id, change.job_id, found)
    return found


async def _removal_outlook(
    library: Reader, change: Change, found: Outlook, chosen: Chosen, *, redo: bool
) -> None:
    """Tracks count; playlists only where they could not be as they were."""
    if redo:
        there = await removal.removable(library, change.id)
        found.can = sum(there.values())
        for id in [id for id, is_there in there.items() if not is_there]:
            found.refuse(f"track {id}", GONE, ("track", id))
        return
    await history_rows.outlook(library, change.id, found, chosen, forward=False)
    if not await _is_begun(library, change, chosen):
        lists = Outlook()
        await history_playlists.outlook(library, change.id, lists, chosen, forward=False)
        found.refused += lists.refused


def why_no_redo(change: Change) -> str | None:
    """Why a change is not done again from the history, in a sentence; None where it may be."""
    if change.kind in ("undo", "redo"):
        return _is_reversal(change)
    return NOT_REDONE.get(change.kind)


async def _chosen(library: Reader, change: Change, only: Collection[Key] | None, *, forward: bool) -> Chosen:
    """Which items of a change are meant. Raises `HistoryError` where none can be."""
    if change.kind in ("undo", "redo"):
        raise HistoryError(_is_reversal(change))
    if change.kind in BY_JOB:
        raise HistoryError(
            f"Change {change.id} ({change.title}) is not about the library alone: a job takes it back."
        )
    if only is not None and change.kind in WHOLE:
        raise HistoryError(WHOLE[change.kind])
    taken = await taken_back(library, change.id)
    if not forward:
        if change.undone is not None:
            raise HistoryError(
                f"Change {change.id} ({change.title}) is undone already, by change {change.undone}."
            )
        return only_these(only, taken)
    if change.kind in NOT_REDONE:
        raise HistoryError(NOT_REDONE[change.kind])
    if change.kind == removal.KIND and (only is not None or (change.undone is None and taken)):
        raise HistoryError(
            "A removal is done again as a whole, once all of it is undone: remove the tracks again instead."
        )
    if change.undone is None and not taken:
        raise HistoryError(f"Change {change.id} ({change.title}) is not undone, so it cannot be redone.")
    if change.undone is not None:
        return only_these(only)
    return only_these(taken if only is None else taken & set(only))


async def put_values_back(library: Library, change_id: int, undo_id: int) -> Undone:
    """Of a change whose files a job has put back: the tracks, playlists and fields that it set here.

    Noted under the change `undo_id`, which the job has begun.
    """
    result = Undone(undo_id)
    change = await find(library, change_id)
    await _put_back(library, change, result, lambda done: None, ALL)
    return result


async def _put_back(
    library: Library, change: Change, result: Undone, progress: Progress, chosen: Chosen
) -> None:
    joining = change.kind == removal.KIND and await _is_begun(library, change, chosen)
    await put_tracks_back(library, change.id, result, progress, chosen, joining=joining)
    if not joining:
        await history_playlists.swap_playlists(library, change.id, result, forward=False, chosen=chosen)
    await swap_conflicts(library, change.id, result, forward=False)
    await swap_fields(library, change.id, result, progress, forward=False, chosen=chosen)


async def _is_begun(library: Reader, change: Change, chosen: Chosen) -> bool:
    """Whether only some of the tracks come back that a removal took out of playlists: then each joins its
    playlists for itself."""
    rows = await library.fetchall(
        "SELECT row_id FROM change_row WHERE change_id = ? AND what = 'track'", (change.id,)
    )
    return not all(chosen(("track", row["row_id"])) for row in rows)


async def redo(
    library: Library,
    change: Change,
    progress: Progress = lambda done: None,
    *,
    only: Collection[Key] | None = None,
) -> Undone:
    """Do again what an undone change had done, or `only` some items of it. Raises `HistoryError`."""
    chosen = await _chosen(library, change, only, forward=True)
    result = await _begin_reversal(library, change, "redo")
    if change.kind == removal.KIND:
        async with library.writing() as tx:
            result.tracks, missing = await removal.remove_again(tx, change.id, result.change)
        result.refused += [Refusal(f"track {id}", GONE, ("track", id)) for id in missing]
    else:
        await swap_fields(library, change.id, result, progress, forward=True, chosen=chosen)
        await swap_conflicts(library, change.id, result, forward=True)
        await history_playlists.swap_playlists(library, change.id, result, forward=True, chosen=chosen)
    await _end_reversal(library, change, result, undone=None)
    return result


def _is_reversal(change: Change) -> str:
    article = "an undo" if change.kind == "undo" else "a redo"
    return f"Change {change.id} is itself {article}; name change {change.undoes} instead."


async def _is_taken_back(library: Library, change: Change) -> bool:
    """Whether nothing of a change is left."""
    if change.kind in BROUGHT:
        return False
    return len(await taken_back(library, change.id)) >= await items_of(library, change.id)


async def _begin_reversal(library: Library, change: Change, kind: str) -> Undone:
    async with library.writing() as tx:
        return Undone(await begin(tx, kind, f"{kind.title()}: {change.title}", undoes=change.id))


async def _end_reversal(library: Library, change: Change, result: Undone, undone: int | None) -> None:
    async with library.writing() as tx:
        if not result.undone and (result.refused or undone is None):  # nothing happened
            await tx.execute("DELETE FROM change WHERE id = ?", (result.change,))
            return
        await tx.execute("UPDATE change SET undone = ? WHERE id = ?", (undone, change.id))
        await tx.execute("UPDATE change SET items = ? WHERE id = ?", (result.undone, result.change))


async def _refuse_while_running(library: Library, change: Change) -> None:
    if change.job_id is None:
        return
    row = await library.fetchone("SELECT state FROM job WHERE id = ?", (change.job_id,))
    if row and row["state"] in ("queued", "running", "waiting", "paused", "interrupted"):
        raise HistoryError(
            f"Change {change.id} ({change.title}) is not finished: its job is {row['state']}. "
            "Cancel the job or let it end, then undo."
        )
