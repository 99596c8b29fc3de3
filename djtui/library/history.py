"""History: what changed, and undoing it, also after a restart.

A change keeps for each track it touched the fields as they were and as they became; of removed tracks, of
playlists and conflicts it keeps the rows. Undoing refuses, item by item, where the present state is no longer
the one that the change left: that is somebody's later work. The tracks and playlists that an import brought
carry its job's number instead of an image each. What was done to files stands in table file_step.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from djtui.library import playlists, removal
from djtui.library.database import Library, Tx
from djtui.library.editing import EDITABLE, Image, derived, edit, edit_each
from djtui.library.history_conflicts import swap_conflicts
from djtui.library.history_files import file_images
from djtui.library.history_imports import remove_imported
from djtui.library.history_playlists import swap_playlists
from djtui.library.history_rows import Progress, Refusal, Undone, put_tracks_back, swap_fields
from djtui.library.journal import Images, Rows, What, add, begin, note, now

__all__ = [
    "BROUGHT",
    "BY_JOB",
    "EDITABLE",
    "FILE_KINDS",
    "Change",
    "HistoryError",
    "Image",
    "Images",
    "Refusal",
    "Rows",
    "Undone",
    "add",
    "add_playlists",
    "begin",
    "changes",
    "derived",
    "edit",
    "edit_each",
    "find",
    "images",
    "newest",
    "note",
    "now",
    "put_values_back",
    "redo",
    "rows",
    "undo",
]

FILE_KINDS: Final = frozenset({"rename", "tags", "merge"})
"""The kinds of change that moved or wrote music files: the job `file-undo` takes them back, step by step."""

BY_JOB: Final = frozenset({"export", "restore", "route", "relocate"}) | FILE_KINDS
"""The kinds of change that only a job can undo: they are about files, or playlists on Spotify."""

BROUGHT: Final = frozenset({"import", "scan"})
"""The kinds of change whose new tracks carry the number of their job, so that undoing removes those."""

# The export that a rename (or its undo) ends with is part of it, and not what is to be undone next.
_ALONE: Final = """
kind NOT IN ('undo', 'redo') AND NOT (kind = 'export' AND EXISTS (
    SELECT 1 FROM change AS whole WHERE whole.job_id = change.job_id AND whole.id < change.id
    AND whole.kind IN ('rename', 'tags', 'merge', 'undo', 'redo')))
"""

_COLUMNS: Final = "id, at, kind, title, items, job_id, undone, undoes"


class HistoryError(Exception):
    """A change cannot be undone; the message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the history. `undone` is the change that undid it, `undoes` the one that it undid.

    `items`: the tracks that it touched; of one that touched none its playlists, else its conflicts.
    """

    id: int
    at: str
    kind: str
    title: str
    items: int
    job_id: int | None
    undone: int | None
    undoes: int | None


async def add_playlists(tx: Tx, change_id: int, ids: Sequence[int]) -> None:
    """Note playlists as they are before a change that is not noted; noting one again changes nothing."""
    images = await playlists.images(tx, ids)
    await note(tx, change_id, "playlist", {id: (image, {}) for id, image in images.items()})


async def changes(library: Library, limit: int = 200) -> list[Change]:
    """The newest entries, newest first."""
    rows = await library.fetchall(f"SELECT {_COLUMNS} FROM change ORDER BY id DESC LIMIT ?", (limit,))
    return [Change(*row) for row in rows]


async def images(
    library: Library, change_id: int, limit: int = 500
) -> list[tuple[int, dict[str, Any], dict[str, Any]]]:
    """What a change did: (track id, before, after) of its first tracks; of files their paths and tags."""
    rows = await library.fetchall(
        "SELECT track_id, before, after FROM change_item WHERE change_id = ? ORDER BY track_id LIMIT ?",
        (change_id, limit),
    )
    found = [(row["track_id"], json.loads(row["before"]), json.loads(row["after"])) for row in rows]
    return found or await file_images(library, change_id, limit)


async def rows(
    library: Library, change_id: int, what: What | None = None, limit: int = 500
) -> list[tuple[What, int, dict[str, Any] | None, dict[str, Any] | None]]:
    """What a change did to other things: (track, playlist or conflict; its id, before, after)."""
    found = await library.fetchall(
        "SELECT what, row_id, before, after FROM change_row WHERE change_id = ? AND what = ifnull(?, what)"
        " ORDER BY what, row_id LIMIT ?",
        (change_id, what, limit),
    )
    return [
        (row["what"], row["row_id"], json.loads(row["before"] or "null"), json.loads(row["after"] or "null"))
        for row in found
    ]


async def newest(library: Library, *, undone: bool) -> Change | None:
    """The change that undo (or, with `undone`, redo) means when none is named."""
    what = "max(undone), id" if undone else "max(id), id"
    condition = "undone IS NOT NULL" if undone else "undone IS NULL"
    row = await library.fetchone(f"SELECT {what} FROM change WHERE {_ALONE} AND {condition}")
    return await find(library, row["id"]) if row and row["id"] is not None else None


async def find(library: Library, change_id: int) -> Change:
    """The entry with this number. Raises `HistoryError`."""
    rows = await library.fetchall(f"SELECT {_COLUMNS} FROM change WHERE id = ?", (change_id,))
    if not rows:
        raise HistoryError(f"There is no change {change_id} in the history.")
    return Change(*rows[0])


async def undo(library: Library, change: Change, progress: Progress = lambda done: None) -> Undone:
    """Put back what a change did. Raises `HistoryError` when it cannot be undone at all.

    Works in short transactions: cut off, it is simply started again.
    """
    _refuse_others(change)
    if change.undone is not None:
        raise HistoryError(
            f"Change {change.id} ({change.title}) is undone already, by change {change.undone}."
        )
    await _refuse_while_running(library, change)
    result = await _begin_reversal(library, change, "undo")
    await _put_back(library, change.id, result, progress)
    if change.kind in BROUGHT and change.job_id is not None:
        await remove_imported(library, change.id, change.job_id, result, progress)
    await _end_reversal(library, change, result, undone=result.change)
    return result


async def put_values_back(library: Library, change_id: int, undo_id: int) -> Undone:
    """Of a change whose files a job has put back: the tracks, playlists and fields that it set here.

    Noted under the change `undo_id`, which the job has begun.
    """
    result = Undone(undo_id)
    await _put_back(library, change_id, result, lambda done: None)
    return result


async def _put_back(library: Library, change_id: int, result: Undone, progress: Progress) -> None:
    await put_tracks_back(library, change_id, result, progress)
    await swap_playlists(library, change_id, result, forward=False)
    await swap_conflicts(library, change_id, result, forward=False)
    await swap_fields(library, change_id, result, progress, forward=False)


async def redo(library: Library, change: Change, progress: Progress = lambda done: None) -> Undone:
    """Do again what an undone change had done. Raises `HistoryError`."""
    _refuse_others(change)
    if change.undone is None:
        raise HistoryError(f"Change {change.id} ({change.title}) is not undone, so it cannot be redone.")
    if change.kind in BROUGHT:
        again = "import the collection" if change.kind == "import" else "scan the folder"
        raise HistoryError(f"An undone {change.kind} is not redone from the history: {again} again.")
    result = await _begin_reversal(library, change, "redo")
    if change.kind == removal.KIND:
        async with library.writing() as tx:
            result.tracks, missing = await removal.remove_again(tx, change.id)
        result.refused += [Refusal(f"track {id}", "it is no longer in the library") for id in missing]
    else:
        await swap_fields(library, change.id, result, progress, forward=True)
        await swap_conflicts(library, change.id, result, forward=True)
        await swap_playlists(library, change.id, result, forward=True)
    await _end_reversal(library, change, result, undone=None)
    return result


def _refuse_others(change: Change) -> None:
    if change.kind in ("undo", "redo"):
        article = "an undo" if change.kind == "undo" else "a redo"
        raise HistoryError(f"Change {change.id} is itself {article}; name change {change.undoes} instead.")
    if change.kind in BY_JOB:
        raise HistoryError(
            f"Change {change.id} ({change.title}) is not about the library alone: a job takes it back."
        )


async def _begin_reversal(library: Library, change: Change, kind: str) -> Undone:
    async with library.writing() as tx:
        return Undone(await begin(tx, kind, f"{kind.title()}: {change.title}", undoes=change.id))


async def _end_reversal(library: Library, change: Change, result: Undone, undone: int | None) -> None:
    async with library.writing() as tx:
        if result.refused and not result.undone:  # nothing happened: the change is as undone as it was
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
