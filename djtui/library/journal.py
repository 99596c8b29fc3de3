"""Writing entries of the history: a change, the tracks it touched field by field, and the rest as images."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

from djtui.library.database import Tx
from djtui.library.tracks import as_json

What = Literal["track", "playlist", "conflict", "file"]

Images = Mapping[int, tuple[Mapping[str, Any], Mapping[str, Any]]]
"""track id -> (fields before, fields after)"""

Rows = Mapping[int, tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]]
"""row id -> (the row before, the row after); None: it did not exist; {} as after: not to be compared"""

# A change is as large as the tracks it touched; one of nothing but playlists or conflicts as those.
_COUNT: Final = """
UPDATE change SET items = coalesce(
    nullif((SELECT count(*) FROM change_item WHERE change_id = change.id)
         + (SELECT count(*) FROM change_row WHERE change_id = change.id AND what = 'track'), 0),
    nullif((SELECT count(*) FROM change_row WHERE change_id = change.id AND what = 'playlist'), 0),
    (SELECT count(*) FROM change_row WHERE change_id = change.id AND what = 'conflict'))
WHERE id = ?
"""


async def begin(
    tx: Tx, kind: str, title: str, *, job_id: int | None = None, undoes: int | None = None
) -> int:
    """Open an entry; `add` and `note` fill it. Returns its id."""
    cursor = await tx.execute(
        "INSERT INTO change (at, kind, title, job_id, undoes) VALUES (?, ?, ?, ?, ?)",
        (now(), kind, title, job_id, undoes),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


async def add(tx: Tx, change_id: int, images: Images) -> None:
    """Note what the change did to fields of tracks; noting a track again changes nothing."""
    rows = [(change_id, id, as_json(before), as_json(after)) for id, (before, after) in images.items()]
    await tx.executemany("INSERT OR IGNORE INTO change_item VALUES (?, ?, ?, ?)", rows)
    await tx.execute(_COUNT, (change_id,))


async def note(tx: Tx, change_id: int, what: What, rows: Rows) -> None:
    """Note what the change did to whole tracks, to playlists or to conflicts.

    Of a row that is noted again the first `before` stays and the last `after` counts. The images of a
    playlist may hold only what changed, and its name.
    """
    await tx.executemany(
        "INSERT INTO change_row (change_id, what, row_id, before, after) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (change_id, what, row_id) DO UPDATE SET after = excluded.after",
        [
            (change_id, what, id, *(None if image is None else as_json(image) for image in sides))
            for id, sides in rows.items()
        ],
    )
    await tx.execute(_COUNT, (change_id,))


def now() -> str:
    """The present moment as the library writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
