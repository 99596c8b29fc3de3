"""The entries of the history, read: which there are, what they did, and which one undo means."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from djtui.library.database import Library, Reader
from djtui.library.history_files import file_images, files_taken_back, first_files
from djtui.library.history_parts import taken_back
from djtui.library.journal import What
from djtui.library.tracks import as_json

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

_WANTED: Final = "kind = ifnull(:kind, kind) AND (:text = '' OR instr(lower(title), lower(:text)))"

_NEWEST: Final = f"""
WITH last AS (SELECT undoes AS of, kind AS how, max(id) FROM change WHERE undoes IS NOT NULL GROUP BY undoes)
SELECT id FROM change LEFT JOIN last ON last.of = id
WHERE {_ALONE} AND undone IS NULL AND how IS NOT 'undo' ORDER BY id DESC LIMIT 1
"""
_TAKEN_BACK: Final = f"""
WITH back AS (SELECT undoes AS of, max(id) AS by FROM change WHERE kind = 'undo' GROUP BY undoes)
SELECT id, undone FROM change LEFT JOIN back ON back.of = id
WHERE {_ALONE} AND (undone IS NOT NULL OR by IS NOT NULL) ORDER BY coalesce(undone, by) DESC
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


async def changes(
    library: Reader, limit: int = 200, *, kind: str | None = None, text: str = ""
) -> list[Change]:
    """The newest entries, newest first: all, or those of a kind, or with a text in their titles."""
    rows = await library.fetchall(
        f"SELECT {_COLUMNS} FROM change WHERE {_WANTED} ORDER BY id DESC LIMIT :limit",
        {"kind": kind, "text": text, "limit": limit},
    )
    return [Change(*row) for row in rows]


async def count(library: Reader, *, kind: str | None = None, text: str = "") -> int:
    """How many entries `changes` has without a limit."""
    row = await library.fetchone(
        f"SELECT count(*) AS entries FROM change WHERE {_WANTED}", {"kind": kind, "text": text}
    )
    return int(row["entries"]) if row is not None else 0


async def kinds(library: Reader) -> dict[str, int]:
    """The kinds of entries that there are, and how many of each."""
    rows = await library.fetchall("SELECT kind, count(*) AS entries FROM change GROUP BY kind ORDER BY kind")
    return {row["kind"]: row["entries"] for row in rows}


async def taken_in_part(library: Reader, ids: Collection[int]) -> set[int]:
    """Of some changes those of which some items are taken back, and others not."""
    rows = await library.fetchall(
        "SELECT DISTINCT origin.id, origin.kind"
        " FROM change JOIN change AS origin ON origin.id = change.undoes"
        " WHERE change.kind = 'undo' AND origin.undone IS NULL"
        " AND origin.id IN (SELECT value FROM json_each(?))",
        (as_json(list(ids)),),
    )
    found = set()
    for row in rows:
        by_steps = row["kind"] in FILE_KINDS
        if await (files_taken_back if by_steps else taken_back)(library, row["id"]):
            found.add(row["id"])
    return found


async def images(
    library: Library, change_id: int, limit: int = 500
) -> list[tuple[int, dict[str, Any], dict[str, Any]]]:
    """What a change did: (track id, before, after) of its first tracks; of files their paths and tags."""
    rows = await library.fetchall(
        "SELECT track_id, before, after FROM change_item WHERE change_id = ? ORDER BY track_id LIMIT ?",
        (change_id, limit),
    )
    found = [(row["track_id"], json.loads(row["before"]), json.loads(row["after"])) for row in rows]
    if found:
        return found
    files = await file_images(library, change_id, await first_files(library, change_id, limit))
    return [(id, image.before, image.after) for id, image in sorted(files.items())]


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
    """The change that undo (or, with `undone`, redo) means when none is named.

    One of which some items were taken back is not undone next, but done again next: what is left of it could
    not go, or was to stay.
    """
    if not undone:
        row = await library.fetchone(_NEWEST)
        return await find(library, row["id"]) if row is not None else None
    for row in await library.fetchall(_TAKEN_BACK):
        if row["undone"] is not None or await taken_in_part(library, [row["id"]]):
            return await find(library, row["id"])
    return None


async def find(library: Library, change_id: int) -> Change:
    """The entry with this number. Raises `HistoryError`."""
    rows = await library.fetchall(f"SELECT {_COLUMNS} FROM change WHERE id = ?", (change_id,))
    if not rows:
        raise HistoryError(f"There is no change {change_id} in the history.")
    return Change(*rows[0])
