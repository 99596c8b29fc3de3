"""Undoing an import or a scan: the tracks and playlists that it brought leave the library again."""

from __future__ import annotations

from typing import Final

from djtui.library import playlist_rows, tracks
from djtui.library.database import Library
from djtui.library.history_rows import Progress, Undone
from djtui.library.playlist_tree import PlaylistTree
from djtui.library.tracks import as_json

_BATCH: Final = 500
_LATER: Final = "it was changed after the import"


async def remove_imported(
    library: Library, change_id: int, job_id: int, result: Undone, progress: Progress
) -> None:
    """Remove what a job brought, but for what was changed since."""
    await _remove_playlists(library, change_id, job_id, result)
    kept = {
        row["id"]: row["title"]
        for row in await library.fetchall(
            "SELECT DISTINCT track.id, track.title FROM change_item AS item"
            " JOIN change ON change.id = item.change_id JOIN track ON track.id = item.track_id"
            " WHERE item.change_id > ? AND change.undone IS NULL AND track.job_id = ?",
            (change_id, job_id),
        )
    }
    for id, title in kept.items():
        result.refuse(title or f"track {id}", _LATER)
    last = 0
    while True:
        rows = await library.fetchall(
            "SELECT id FROM track WHERE job_id = ? AND id > ? ORDER BY id LIMIT ?", (job_id, last, _BATCH)
        )
        if not rows:
            return
        last = rows[-1]["id"]
        gone = [row["id"] for row in rows if row["id"] not in kept]
        async with library.writing() as tx:
            await tracks.delete(tx, gone)
        result.tracks += len(gone)
        progress(result.tracks)


async def _remove_playlists(library: Library, change_id: int, job_id: int, result: Undone) -> None:
    async with library.writing() as tx:
        tree = await PlaylistTree.read(tx)
        rows = await tx.fetchall("SELECT id FROM playlist WHERE job_id = ?", (job_id,))
        brought = {row["id"] for row in rows}
        rows = await tx.fetchall(
            "SELECT DISTINCT row_id AS id FROM change_row JOIN change ON change.id = change_id"
            " WHERE change_id > ? AND what = 'playlist' AND undone IS NULL",
            (change_id,),
        )
        later = brought & {row["id"] for row in rows}
        gone = []
        for id in tree.with_contents(brought)[::-1]:
            if id in later:
                result.refuse(f"playlist {tree.names[id]}", _LATER)
            elif id in brought and not tree.children(id):
                gone.append(id)
                tree.remove([id])
            elif id in brought:
                result.refuse(f"folder {tree.names[id]}", "there are others in it by now")
        await tx.execute(
            "DELETE FROM nml_node WHERE playlist_id IN (SELECT value FROM json_each(?))", (as_json(gone),)
        )
        await playlist_rows.drop(tx, gone)
        await tree.save(tx)
        # The next import looks at the files again.
        await tx.execute("UPDATE nml_file SET digest = NULL, mtime_ns = NULL")
        result.playlists += len(gone)
