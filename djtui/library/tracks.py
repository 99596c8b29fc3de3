"""Writing tracks: the one place that keeps the search index, the cue count and the revision right."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from djtui.library.database import Reader, Tx
from djtui.model.cue import Cue, CueType
from djtui.model.text import fold, words
from djtui.model.track import COLUMNS, FOLDED, SEARCHED, SYNCED, Track

# What a caller gives for a new track: every column but those that the library itself fills in.
GIVEN: Final = tuple(name for name in COLUMNS if name not in ("id", "revision", "job_id"))

_CUE: Final = ("type", "start", "length", "slot", "name", "repeats", "grid_bpm", "color")
_CUE_COLUMNS: Final = ", ".join(_CUE)
_SEARCHED: Final = ", ".join(SEARCHED)
_encoded: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

TextRow = Sequence[str | None]
CueRow = tuple[int, float, float, int | None, str | None, int | None, float | None, str | None]


def text_row(texts: Mapping[str, Any]) -> tuple[str | None, ...]:
    """The row of `track_text` (FOLDED, then words) for a track with these texts."""
    folded = [None if (text := texts.get(name)) is None else fold(text) for name in FOLDED]
    return (*folded, words(*folded[: len(SEARCHED)]))


async def insert(
    tx: Tx,
    rows: Sequence[Sequence[Any]],
    texts: Sequence[TextRow],
    cues: Sequence[Sequence[CueRow]],
    *,
    job_id: int | None = None,
) -> range:
    """Add tracks: for each a row in the order of GIVEN, its folded texts and its cues. Returns their ids."""
    if not rows:
        return range(0)
    taken = await tx.fetchall(
        "UPDATE meta SET value = value + ? WHERE name = 'track' RETURNING value", (len(rows),)
    )
    last = int(taken[0]["value"])
    ids = range(last - len(rows) + 1, last + 1)  # never used twice: undone tracks leave a gap
    revision = await tx.revision()
    await tx.insert(
        "track",
        ("id", "revision", "job_id", *GIVEN),
        ((id, revision, job_id, *row) for id, row in zip(ids, rows, strict=True)),
    )
    await tx.insert(
        "track_text",
        ("id", *FOLDED, "words"),
        ((id, *row) for id, row in zip(ids, texts, strict=True)),
    )
    await _index(tx, "BETWEEN ? AND ?", (ids[0], ids[-1]))
    await settle_index(tx, 16)
    await _insert_cues(tx, zip(ids, cues, strict=True))
    return ids


async def put_back(tx: Tx, images: Mapping[int, Mapping[str, Any]]) -> None:
    """Make deleted tracks again as their `images` (with cues) say, with the ids they had."""
    if not images:
        return
    revision = await tx.revision()
    await tx.insert(
        "track",
        COLUMNS,
        ([id, revision, *(image[name] for name in COLUMNS[2:])] for id, image in images.items()),
    )
    await tx.insert(
        "track_text", ("id", *FOLDED, "words"), ((id, *text_row(image)) for id, image in images.items())
    )
    for part in _parts(list(images)):
        await _index(tx, f"IN ({_marks(part)})", part)
    await _insert_cues(tx, ((id, image["cues"] or ()) for id, image in images.items()))
    await settle_index(tx, 16)


async def update(tx: Tx, changes: Mapping[int, Mapping[str, Any]]) -> None:
    """Set columns of tracks; under "cues" a sequence of cue rows replaces all of a track's cues.

    What the fields were at the last sync with an NML file is kept with its entry.
    """
    if not changes:
        return
    revision = await tx.revision()
    await _keep_bases(tx, changes)
    statements: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    new_cues: dict[int, Sequence[CueRow]] = {}
    for id, fields in changes.items():
        columns = dict(fields)
        if (cues := columns.pop("cues", None)) is not None:
            new_cues[id] = cues
            columns["cue_count"] = sum(cue[0] != CueType.GRID for cue in cues)
        statements[tuple(columns)].append((revision, *columns.values(), id))
    for names, rows in statements.items():
        assignments = "".join(f", {name} = ?" for name in names)
        await tx.executemany(f"UPDATE track SET revision = ?{assignments} WHERE id = ?", rows)
    await tx.executemany("DELETE FROM cue WHERE track_id = ?", [(id,) for id in new_cues])
    await _insert_cues(tx, new_cues.items())
    if reworded := [id for id, fields in changes.items() if not fields.keys().isdisjoint(FOLDED)]:
        await _index_again(tx, reworded)
        await settle_index(tx, 16)


async def place(tx: Tx, paths: Mapping[int, str]) -> None:
    """Set where the files of tracks lie: neither searched nor synced, so nothing else follows from it."""
    revision = await tx.revision()
    await tx.executemany(
        "UPDATE track SET revision = ?, path = ? WHERE id = ?",
        [(revision, path, id) for id, path in paths.items()],
    )


async def delete(tx: Tx, ids: Iterable[int]) -> None:
    """Remove tracks with their cues; playlists keep the places they had, as unknown items."""
    gone = list(ids)
    for part in _parts(gone):
        marks = _marks(part)
        await tx.execute(
            "UPDATE playlist_item SET location = coalesce(location,"
            " (SELECT key FROM nml_entry WHERE nml_entry.track_id = playlist_item.track_id),"
            " (SELECT coalesce(track.path, track.location) FROM track WHERE track.id = track_id))"
            f" WHERE track_id IN ({marks})",
            part,
        )
        await _unindex(tx, part)
        await tx.execute(f"DELETE FROM cue WHERE track_id IN ({marks})", part)
        await tx.execute(f"DELETE FROM track_text WHERE id IN ({marks})", part)
        await tx.execute(f"DELETE FROM track WHERE id IN ({marks})", part)
    if gone:
        await tx.touch("removal")


async def get(library: Reader, id: int) -> Track | None:
    """One track, or None."""
    found = await get_many(library, [id])
    return found.get(id)


async def get_many(library: Reader, ids: Sequence[int]) -> dict[int, Track]:
    """Tracks by id; ids that are not there are left out."""
    found: dict[int, Track] = {}
    for part in _parts(list(ids)):
        rows = await library.fetchall(
            f"SELECT {', '.join(COLUMNS)} FROM track WHERE id IN ({_marks(part)})", part
        )
        found.update((row["id"], Track(*row)) for row in rows)
    return found


async def cues(library: Reader, id: int) -> list[Cue]:
    """The cues of a track in the order of their source."""
    rows = await library.fetchall(
        f"SELECT {_CUE_COLUMNS} FROM cue WHERE track_id = ? ORDER BY position", (id,)
    )
    return [Cue(CueType(row["type"]), *tuple(row)[1:]) for row in rows]


async def images(library: Reader, ids: Sequence[int], *, cues: bool = False) -> dict[int, dict[str, Any]]:
    """Whole tracks as dictionaries: what a change compares and history keeps.

    With `cues`, under that name a list of cue rows (as lists), None where there are none.
    """
    found: dict[int, dict[str, Any]] = {}
    for part in _parts(list(ids)):
        marks = _marks(part)
        rows = await library.fetchall(f"SELECT {', '.join(COLUMNS)} FROM track WHERE id IN ({marks})", part)
        found.update((row["id"], dict(zip(COLUMNS, row, strict=True))) for row in rows)
        if not cues:
            continue
        of_track: dict[int, list[list[Any]]] = defaultdict(list)
        for row in await library.fetchall(
            f"SELECT track_id, {_CUE_COLUMNS} FROM cue WHERE track_id IN ({marks})"
            " ORDER BY track_id, position",
            part,
        ):
            id, *cue = row
            of_track[id].append(cue)
        for id in part:
            if id in found:
                found[id]["cues"] = of_track.get(id)
    return found


async def _keep_bases(tx: Tx, changes: Mapping[int, Mapping[str, Any]]) -> None:
    for part in _parts([id for id, fields in changes.items() if not fields.keys().isdisjoint(SYNCED)]):
        entries = await tx.fetchall(
            f"SELECT id, track_id, base FROM nml_entry WHERE track_id IN ({_marks(part)})", part
        )
        if not entries:
            continue
        before = await images(tx, part, cues=True)
        bases = []
        for entry in entries:
            fields, image = changes[entry["track_id"]], before[entry["track_id"]]
            changed = {name: image[name] for name in SYNCED if name in fields}
            after = {**image, **fields}
            after["cues"] = [list(cue) for cue in after["cues"] or ()] or None
            base = changed | json.loads(entry["base"] or "{}")
            base = {name: was for name, was in base.items() if was != after[name]}  # else it was taken back
            bases.append((as_json(base) if base else None, entry["id"]))
        await tx.executemany("UPDATE nml_entry SET base = ? WHERE id = ?", bases)


async def file_value(library: Reader, file_id: int, track_id: int, field: str) -> tuple[bool, Any]:
    """Whether a file has this track, and what it has in a synced field."""
    row = await library.fetchone(
        "SELECT base FROM nml_entry WHERE file_id = ? AND track_id = ? ORDER BY gone, id",
        (file_id, track_id),
    )
    image = (await images(library, [track_id], cues=True)).get(track_id)
    if row is None or image is None:
        return False, None
    return True, (image | json.loads(row["base"] or "{}"))[field]


async def set_file_value(tx: Tx, file_id: int, track_id: int, field: str, value: Any) -> None:
    """Note what a file has in a synced field of a track: a base, unless the track has it too."""
    image = (await images(tx, [track_id], cues=True))[track_id]
    for row in await tx.fetchall(
        "SELECT id, base FROM nml_entry WHERE file_id = ? AND track_id = ?", (file_id, track_id)
    ):
        base = {name: was for name, was in json.loads(row["base"] or "{}").items() if name != field}
        if image[field] != value:
            base[field] = value
        await tx.execute(
            "UPDATE nml_entry SET base = ? WHERE id = ?", (as_json(base) if base else None, row["id"])
        )


# -- the search index -----------------------------------------------------------------------------


async def settle_index(tx: Tx, pages: int = 200) -> bool:
    """Merge some of the index segments that batches left: one short step. True when more is to do."""
    more = False
    for table in ("track_search", "track_words"):
        before = await _changes(tx)
        await tx.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)", (pages,))
        more |= await _changes(tx) - before > 1  # what a merge without work changes: the command's own row
    return more


async def _changes(tx: Tx) -> int:
    row = await tx.fetchone("SELECT total_changes() AS changes")
    assert row is not None
    return int(row["changes"])


async def _index(tx: Tx, condition: str, parameters: Sequence[int]) -> None:
    await tx.execute(
        f"INSERT INTO track_search (rowid, {_SEARCHED})"
        f" SELECT id, {_SEARCHED} FROM track_text WHERE id {condition}",
        parameters,
    )
    await tx.execute(
        f"INSERT INTO track_words (rowid, words) SELECT id, words FROM track_text WHERE id {condition}",
        parameters,
    )


async def _unindex(tx: Tx, ids: Sequence[int]) -> None:
    # An external-content index must be told the old text to forget it.
    condition = f"IN ({_marks(ids)})"
    await tx.execute(
        f"INSERT INTO track_search (track_search, rowid, {_SEARCHED})"
        f" SELECT 'delete', id, {_SEARCHED} FROM track_text WHERE id {condition}",
        ids,
    )
    await tx.execute(
        "INSERT INTO track_words (track_words, rowid, words)"
        f" SELECT 'delete', id, words FROM track_text WHERE id {condition}",
        ids,
    )


async def _index_again(tx: Tx, ids: Sequence[int]) -> None:
    assignments = ", ".join(f"{name} = ?" for name in (*FOLDED, "words"))
    for part in _parts(ids):
        await _unindex(tx, part)
        rows = await tx.fetchall(
            f"SELECT id, {', '.join(FOLDED)} FROM track WHERE id IN ({_marks(part)})", part
        )
        await tx.executemany(
            f"UPDATE track_text SET {assignments} WHERE id = ?",
            [(*text_row(dict(row)), row["id"]) for row in rows],
        )
        await _index(tx, f"IN ({_marks(part)})", part)


async def _insert_cues(tx: Tx, cues: Iterable[tuple[int, Sequence[CueRow]]]) -> None:
    rows = ((id, position, *cue) for id, rows in cues for position, cue in enumerate(rows))
    await tx.insert("cue", ("track_id", "position", *_CUE), rows)


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _parts(ids: Sequence[int], size: int = 500) -> Iterable[Sequence[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def as_json(value: Any) -> str:
    """JSON as it is stored: short, and readable by a person with sqlite3."""
    return _encoded(value)
