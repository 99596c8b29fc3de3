"""Undoing an import or a scan: the tracks and playlists that it brought leave the library again."""

from __future__ import annotations

from typing import Final

from djtui.library import journal, playlist_rows, tracks
from djtui.library.database import Library, Reader
from djtui.library.history_parts import Outlook, Refusal
from djtui.library.history_rows import Progress, Undone
from djtui.library.playlist_tree import PlaylistTree
from djtui.library.tracks import as_json

_BATCH: Final = 500
_LATER: Final = "it was changed after the import"
# An edit that was taken back, be it of this track alone, is none.
_EDITED: Final = """
SELECT DISTINCT track.id, track.title FROM change_item AS item
JOIN change ON change.id = item.change_id JOIN track ON track.id = item.track_id
WHERE item.change_id > ? AND track.job_id = ?
AND change.undone IS NULL AND change.kind NOT IN ('undo', 'redo')
AND (change.id NOT IN (SELECT undoes FROM change WHERE undoes IS NOT NULL)
    OR coalesce((SELECT later.kind FROM change AS later
        JOIN change_item AS back ON back.change_id = later.id AND back.track_id = item.track_id
        WHERE later.undoes = change.id ORDER BY later.id DESC LIMIT 1), 'redo') = 'redo')
"""


async def remove_imported(
    library: Library, change_id: int, job_id: int, result: Undone, progress: Progress
) -> None:
    """Remove what a job brought, but for what was changed since."""
    await _remove_playlists(library, change_id, job_id, result)
    kept = await _edited_since(library, change_id, job_id)
    result.refused += kept.values()
    last = 0
    while True:
        rows = await library.fetchall(
            "SELECT id, artist, title FROM track WHERE job_id = ? AND id > ? ORDER BY id LIMIT ?",
            (job_id, last, _BATCH),
        )
        if not rows:
            return
        last = rows[-1]["id"]
        gone = {row["id"]: ({"row": dict(row)}, None) for row in rows if row["id"] not in kept}
        async with library.writing() as tx:
            await tracks.delete(tx, gone)
            await journal.note(tx, result.change, "track", gone)
        result.tracks += len(gone)
        progress(result.tracks)


async def outlook(reader: Reader, change_id: int, job_id: int, found: Outlook) -> None:
    """Add to an outlook what `remove_imported` would do. Writes nothing."""
    row = await reader.fetchone(
        "SELECT (SELECT count(*) FROM track WHERE job_id = ?1)"
        " + (SELECT count(*) FROM playlist WHERE job_id = ?1) AS brought",
        (job_id,),
    )
    kept = await _edited_since(reader, change_id, job_id)
    tree = await PlaylistTree.read(reader)
    rows = await reader.fetchall("SELECT id FROM playlist WHERE job_id = ?", (job_id,))
    later = await _later(reader, change_id) & {row["id"] for row in rows}
    found.refused += kept.values()
    for id in later:
        found.refuse(f"playlist {tree.names[id]}", _LATER, ("playlist", id))
    found.can += (row["brought"] if row is not None else 0) - len(kept) - len(later)


async def _edited_since(reader: Reader, change_id: int, job_id: int) -> dict[int, Refusal]:
    """The tracks that a job brought and that the DJ has changed since: they stay."""
    rows = await reader.fetchall(_EDITED, (change_id, job_id))
    return {
        row["id"]: Refusal(row["title"] or f"track {row['id']}", _LATER, ("track", row["id"])) for row in rows
    }


async def _later(reader: Reader, change_id: int) -> set[int]:
    """The playlists that were changed after a change."""
    rows = await reader.fetchall(
        "SELECT DISTINCT row_id AS id FROM change_row JOIN change ON change.id = change_id"
        " WHERE change_id > ? AND what = 'playlist' AND undone IS NULL AND kind NOT IN ('undo', 'redo')",
        (change_id,),
    )
    return {row["id"] for row in rows}


async def _remove_playlists(library: Library, change_id: int, job_id: int, result: Undone) -> None:
    async with library.writing() as tx:
        tree = await PlaylistTree.read(tx)
        rows = await tx.fetchall("SELECT id FROM playlist WHERE job_id = ?", (job_id,))
        brought = {row["id"] for row in rows}
        later = brought & await _later(tx, change_id)
        gone = []
        for id in tree.with_contents(brought)[::-1]:
            if id in later:
                result.refuse(f"playlist {tree.names[id]}", _LATER, ("playlist", id))
            elif id in brought and not tree.children(id):
                gone.append(id)
                tree.remove([id])
            elif id in brought:
                reason = "there are others in it by now"
                result.refuse(f"folder {tree.names[id]}", reason, ("playlist", id))
        await tx.execute(
            "DELETE FROM nml_node WHERE playlist_id IN (SELECT value FROM json_each(?))", (as_json(gone),)
        )
        await playlist_rows.drop(tx, gone)
        await tree.save(tx)
        # The next import looks at the files again.
        await tx.execute("UPDATE nml_file SET digest = NULL, mtime_ns = NULL")
        result.playlists += len(gone)
