"""History: what changed, and undoing it, also after a restart.

A change keeps for each track it touched the fields as they were and as they became. Undoing refuses,
track by track, where the present value is no longer the one that the change wrote: that is somebody's
later work. The tracks that an import brought carry its job's number instead of an image each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from djtui.library import playlists, tracks
from djtui.library.database import Library, Tx
from djtui.library.tracks import as_json

_BATCH: Final = 500

EDITABLE: Final = (
    "title", "artist", "album", "albumartist", "remixer", "producer", "label", "genre", "comment", "comment2",
    "mix", "catalogue", "rating",
)  # fmt: skip


class HistoryError(Exception):
    """A change cannot be undone; the message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the history. `undone` is the change that undid it, `undoes` the one that it undid."""

    id: int
    at: str
    kind: str
    title: str
    items: int
    job_id: int | None
    undone: int | None
    undoes: int | None


@dataclass(slots=True)
class Refusal:
    """A track that an undo left alone, and why."""

    item: str
    reason: str


@dataclass(slots=True)
class Undone:
    """What an undo did: the number of tracks put back or removed, those refused, and its own entry."""

    change: int
    undone: int = 0
    refused: list[Refusal] = field(default_factory=list)


Images = Mapping[int, tuple[Mapping[str, Any], Mapping[str, Any]]]
"""track id -> (fields before, fields after)"""

Progress = Callable[[int], None]


async def begin(
    tx: Tx, kind: str, title: str, *, job_id: int | None = None, undoes: int | None = None
) -> int:
    """Open an entry; `add` fills it. Returns its id."""
    cursor = await tx.execute(
        "INSERT INTO change (at, kind, title, job_id, undoes) VALUES (?, ?, ?, ?, ?)",
        (now(), kind, title, job_id, undoes),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


async def add(tx: Tx, change_id: int, images: Images) -> None:
    """Note what the change did to some tracks; noting a track again changes nothing."""
    rows = [(change_id, id, as_json(before), as_json(after)) for id, (before, after) in images.items()]
    await tx.executemany("INSERT OR IGNORE INTO change_item VALUES (?, ?, ?, ?)", rows)
    await tx.execute(
        "UPDATE change SET items = (SELECT count(*) FROM change_item WHERE change_id = id) WHERE id = ?",
        (change_id,),
    )


async def add_playlists(tx: Tx, change_id: int, ids: Sequence[int]) -> None:
    """Note playlists as they are before a change; noting one again changes nothing."""
    images = await playlists.images(tx, ids)
    await tx.executemany(
        "INSERT OR IGNORE INTO change_playlist VALUES (?, ?, ?)",
        [(change_id, id, as_json(image)) for id, image in images.items()],
    )


async def edit(
    library: Library, ids: Sequence[int], fields: Mapping[str, Any], title: str
) -> tuple[int, int | None]:
    """Set fields of tracks as one change. Returns (tracks changed, the change or None if nothing changed)."""
    change_id: int | None = None
    changed = 0
    for start in range(0, len(ids), _BATCH):
        async with library.writing() as tx:
            present = await tracks.images(tx, ids[start : start + _BATCH])
            images = {id: _difference(image, fields) for id, image in present.items()}
            images = {id: pair for id, pair in images.items() if pair[1]}
            if not images:
                continue
            if change_id is None:
                change_id = await begin(tx, "edit", title)
            await tracks.update(tx, {id: after for id, (_, after) in images.items()})
            await add(tx, change_id, images)
            changed += len(images)
    return changed, change_id


async def changes(library: Library, limit: int = 200) -> list[Change]:
    """The newest entries, newest first."""
    rows = await library.fetchall(
        "SELECT id, at, kind, title, items, job_id, undone, undoes FROM change ORDER BY id DESC LIMIT ?",
        (limit,),
    )
    return [Change(*row) for row in rows]


async def images(
    library: Library, change_id: int, limit: int = 500
) -> list[tuple[int, dict[str, Any], dict[str, Any]]]:
    """What a change did: (track id, before, after) of its first tracks."""
    rows = await library.fetchall(
        "SELECT track_id, before, after FROM change_item WHERE change_id = ? ORDER BY track_id LIMIT ?",
        (change_id, limit),
    )
    return [(row["track_id"], json.loads(row["before"]), json.loads(row["after"])) for row in rows]


async def newest(library: Library, *, undone: bool) -> Change | None:
    """The change that undo (or, with `undone`, redo) means when none is named."""
    what = "max(undone), id" if undone else "max(id), id"
    condition = "undone IS NOT NULL" if undone else "undone IS NULL"
    row = await library.fetchone(
        f"SELECT {what} FROM change WHERE kind NOT IN ('undo', 'redo') AND {condition}"
    )
    return await find(library, row["id"]) if row and row["id"] is not None else None


async def find(library: Library, change_id: int) -> Change:
    """The entry with this number. Raises `HistoryError`."""
    rows = await library.fetchall(
        "SELECT id, at, kind, title, items, job_id, undone, undoes FROM change WHERE id = ?", (change_id,)
    )
    if not rows:
        raise HistoryError(f"There is no change {change_id} in the history.")
    return Change(*rows[0])


async def undo(library: Library, change: Change, progress: Progress = lambda done: None) -> Undone:
    """Put back what a change did. Raises `HistoryError` when it cannot be undone at all.

    Works in short transactions: cut off, it is simply started again.
    """
    if change.kind in ("undo", "redo"):
        raise HistoryError(
            f"Change {change.id} is itself {_article(change.kind)}; name change {change.undoes} instead."
        )
    if change.undone is not None:
        raise HistoryError(
            f"Change {change.id} ({change.title}) is undone already, by change {change.undone}."
        )
    await _refuse_while_running(library, change)
    result = await _begin_reversal(library, change, "undo")
    await _apply(library, change, result, progress, forward=False)
    await _restore_playlists(library, change, result)
    if change.kind == "import" and change.job_id is not None:
        await _remove_imported(library, change, result, progress)
    await _end_reversal(library, change, result, undone=result.change)
    return result


async def redo(library: Library, change: Change, progress: Progress = lambda done: None) -> Undone:
    """Do again what an undone change had done. Raises `HistoryError`."""
    if change.kind in ("undo", "redo"):
        raise HistoryError(
            f"Change {change.id} is itself {_article(change.kind)}; name change {change.undoes} instead."
        )
    if change.undone is None:
        raise HistoryError(f"Change {change.id} ({change.title}) is not undone, so it cannot be redone.")
    if change.kind == "import":
        raise HistoryError("An undone import is not redone from the history: import the collection again.")
    result = await _begin_reversal(library, change, "redo")
    await _apply(library, change, result, progress, forward=True)
    await _end_reversal(library, change, result, undone=None)
    return result


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


async def _apply(
    library: Library, change: Change, result: Undone, progress: Progress, *, forward: bool
) -> None:
    """Take each track of a change from one of its images to the other, if it still is as the first says."""
    last = -1
    while True:
        rows = await library.fetchall(
            "SELECT track_id, before, after FROM change_item WHERE change_id = ? AND track_id > ?"
            " ORDER BY track_id LIMIT ?",
            (change.id, last, _BATCH),
        )
        if not rows:
            return
        last = rows[-1]["track_id"]
        async with library.writing() as tx:
            present = await tracks.images(tx, [row["track_id"] for row in rows], cues=True)
            targets: dict[int, dict[str, Any]] = {}
            for row in rows:
                sides = json.loads(row["before"]), json.loads(row["after"])
                expected, target = sides if forward else sides[::-1]
                id = row["track_id"]
                if (image := present.get(id)) is None:
                    result.refused.append(Refusal(f"track {id}", "it is no longer in the library"))
                    continue
                image["cues"] = image["cues"] or []
                if later := [name for name, value in expected.items() if image.get(name) != value]:
                    result.refused.append(Refusal(_name(image), f"{', '.join(later)} was changed since"))
                    continue
                targets[id] = target
            await tracks.update(tx, targets)
        result.undone += len(targets)
        progress(result.undone)


async def _restore_playlists(library: Library, change: Change, result: Undone) -> None:
    rows = await library.fetchall(
        "SELECT playlist_id, before FROM change_playlist WHERE change_id = ? ORDER BY playlist_id",
        (change.id,),
    )
    for row in rows:
        image = json.loads(row["before"])
        async with library.writing() as tx:
            if not await playlists.restore(tx, row["playlist_id"], image):
                result.refused.append(Refusal(f"playlist {image['name']}", "it is no longer in the library"))


async def _remove_imported(library: Library, change: Change, result: Undone, progress: Progress) -> None:
    kept = {
        row["track_id"]: row["title"]
        for row in await library.fetchall(
            "SELECT DISTINCT item.track_id, track.title FROM change_item AS item"
            " JOIN change ON change.id = item.change_id JOIN track ON track.id = item.track_id"
            " WHERE item.change_id > ? AND change.undone IS NULL"
            " AND track.job_id = ?",
            (change.id, change.job_id),
        )
    }
    result.refused += [
        Refusal(title or f"track {id}", "it was changed after the import") for id, title in kept.items()
    ]
    async with library.writing() as tx:
        await tx.execute("DELETE FROM playlist WHERE job_id = ?", (change.job_id,))
        await tx.execute("UPDATE nml_file SET digest = NULL, mtime_ns = NULL")  # the next import looks again
        await tx.touch("playlists")
    last = 0
    while True:
        rows = await library.fetchall(
            "SELECT id FROM track WHERE job_id = ? AND id > ? ORDER BY id LIMIT ?",
            (change.job_id, last, _BATCH),
        )
        if not rows:
            return
        last = rows[-1]["id"]
        gone = [row["id"] for row in rows if row["id"] not in kept]
        async with library.writing() as tx:
            await tracks.delete(tx, gone)
        result.undone += len(gone)
        progress(result.undone)


def _article(kind: str) -> str:
    return "an undo" if kind == "undo" else "a redo"


def _difference(image: Mapping[str, Any], fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    after = {name: value for name, value in fields.items() if image[name] != value}
    return {name: image[name] for name in after}, after


def _name(image: Mapping[str, Any]) -> str:
    return " - ".join(text for text in (image["artist"], image["title"]) if text) or f"track {image['id']}"


def now() -> str:
    """The present moment as the library writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
