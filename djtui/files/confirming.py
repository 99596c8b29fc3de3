"""What steps that were carried out mean for the library: where tracks lie now, and what their files are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from djtui.files.names import extension
from djtui.files.scan_read import FILE
from djtui.files.step_rows import MOVING, Outcome
from djtui.library import tracks
from djtui.library.database import Reader, Tx
from djtui.library.tracks import as_json

Moved = Callable[[Tx, Mapping[int, str]], Awaitable[object]]
"""Told of tracks and their new paths, in the transaction that notes them."""

_AMONG: Final = "IN (SELECT value FROM json_each(?))"
_SIZE, _MTIME = FILE.index("size"), FILE.index("mtime_ns")


async def nobody(tx: Tx, paths: Mapping[int, str]) -> None:
    """Where nobody has to be told of moves."""


async def shared(library: Reader) -> bool:
    """Whether any two tracks have one file."""
    row = await library.fetchone(
        "SELECT 1 FROM track WHERE path IS NOT NULL GROUP BY path HAVING count(*) > 1 LIMIT 1"
    )
    return row is not None


async def note_moves(
    tx: Tx, outcomes: Sequence[Outcome], moved: Moved = nobody, *, shared: bool = True
) -> None:
    """The tracks of files that were moved get their new paths, and whoever else has the same file.

    `shared`: that may be somebody.
    """
    paths: dict[int, str] = {}
    parked: set[int] = set()
    by_path: dict[str, str] = {}
    begins: dict[int, str] = {}
    for outcome in outcomes:
        step = outcome.step
        if outcome.state != "done" or step.kind not in MOVING or step.target is None:
            continue
        begin = step.source
        if step.track_id is not None:
            begin = begins.setdefault(step.track_id, step.source)
            paths[step.track_id] = step.target
            (parked.add if step.parked else parked.discard)(step.track_id)
        by_path[begin] = step.target
    if not by_path:
        return
    if shared:
        rows = await tx.fetchall(f"SELECT id, path FROM track WHERE path {_AMONG}", (as_json(list(by_path)),))
        for row in rows:
            paths.setdefault(row["id"], by_path[row["path"]])
            begins.setdefault(row["id"], row["path"])
    await tracks.place(tx, paths)
    formats = ((id, _format(begins[id], path)) for id, path in paths.items())
    await tracks.update(tx, {id: {"format": other} for id, other in formats if other is not None})
    await _move_files(tx, paths)
    heard = await tx.fetchall(
        f"SELECT track_id AS id FROM analysis WHERE track_id {_AMONG}", (as_json(list(paths)),)
    )
    if heard:
        await tx.executemany(
            "UPDATE analysis SET path = ? WHERE track_id = ?",
            [(paths[row["id"]], row["id"]) for row in heard],
        )
    if final := {id: path for id, path in paths.items() if id not in parked}:
        await moved(tx, final)


def _format(before: str, path: str) -> str | None:
    """The format that a path names, where the one before named another."""
    if path[path.rfind(".") :] == before[before.rfind(".") :]:
        return None
    end, old = (extension(each).rpartition(".")[2].lower() for each in (path, before))
    return end if end and end != old else None


async def _move_files(tx: Tx, paths: Mapping[int, str]) -> None:
    """Table file has each path once: files that change places must not meet on their way."""
    there = await tx.fetchall(
        "SELECT track_id, path FROM file WHERE track_id IN (SELECT value FROM json_each(?1))"
        " OR path IN (SELECT value FROM json_each(?2))",
        (as_json(list(paths)), as_json(list(paths.values()))),
    )
    if not there:
        return
    known: dict[int, str] = {row["track_id"]: row["path"] for row in there}
    stale = [(id,) for id in known if id not in paths]
    await tx.executemany("DELETE FROM file WHERE track_id = ?", stale)  # of tracks whose files are gone
    moving = [id for id in known if id in paths]
    targets = set(paths.values())
    in_the_way = [(f"|{id}", id) for id in moving if known[id] in targets]
    await tx.executemany("UPDATE file SET path = ? WHERE track_id = ?", in_the_way)
    await tx.executemany(
        "UPDATE OR IGNORE file SET path = ? WHERE track_id = ?", [(paths[id], id) for id in moving]
    )


async def note_tags(tx: Tx, outcomes: Sequence[Outcome]) -> None:
    """Files whose tags were written are as if they had been scanned and analysed as they are now."""
    done = [it for it in outcomes if it.state == "done" and it.file is not None and it.step.kind == "tags"]
    await tx.executemany(
        "UPDATE analysis SET size = ?, mtime_ns = ? WHERE track_id = ? AND size = ? AND mtime_ns = ?",
        [(*it.file[:2], it.step.track_id, *it.step.file[:2]) for it in done if it.file and it.step.file],
    )
    columns = FILE[1:]
    await tx.executemany(
        f"UPDATE file SET {', '.join(f'{name} = ?' for name in columns)} WHERE track_id = ?",
        [(*it.read[1:], it.step.track_id) for it in done if it.read is not None],
    )
    sizes = {it.step.track_id: it.read[_SIZE] for it in done if it.read is not None and it.step.track_id}
    rows = await tx.fetchall(
        f"SELECT id FROM track WHERE id {_AMONG} AND filesize IS NOT NULL", (as_json(list(sizes)),)
    )
    await tracks.update(tx, {row["id"]: {"filesize": sizes[row["id"]]} for row in rows})
