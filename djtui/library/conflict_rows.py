"""The rows of conflicts: kept with the image of the track or playlist that they are about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from djtui.library.database import Reader, Tx
from djtui.library.tracks import as_json

COLUMNS: Final = (
    "id", "file_id", "track_id", "playlist_id", "field", "base", "library", "traktor", "found",
)  # fmt: skip


async def about(
    library: Reader, column: Literal["id", "track_id", "playlist_id"], ids: Sequence[int]
) -> list[dict[str, Any]]:
    """The conflicts about these tracks or playlists (or with these ids), whole rows."""
    rows = await library.fetchall(
        f"SELECT {', '.join(COLUMNS)} FROM conflict"
        f" WHERE {column} IN (SELECT value FROM json_each(?)) ORDER BY id",
        (as_json(list(ids)),),
    )
    return [dict(row) for row in rows]


async def put_back(tx: Tx, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert conflicts again; not those about the same as an open one, nor those of a file that went.

    A number that another one has by now is not taken.
    """
    for row in rows:
        await tx.execute(
            f"INSERT OR IGNORE INTO conflict ({', '.join(COLUMNS)})"
            " SELECT CASE WHEN EXISTS (SELECT 1 FROM conflict WHERE id = :id) THEN NULL ELSE :id END,"
            f" {', '.join(f':{name}' for name in COLUMNS[1:])}"
            " WHERE EXISTS (SELECT 1 FROM nml_file WHERE id = :file_id)",
            dict(row),
        )


async def set_node_base(tx: Tx, file_id: int, playlist_id: int, field: str, value: Any) -> None:
    """Note what a file has of a playlist: name, parent (a playlist's id), query, or order (its keys)."""
    row = await tx.fetchone(
        "SELECT id, base FROM nml_node WHERE file_id = ? AND playlist_id = ?", (file_id, playlist_id)
    )
    if row is None:
        return
    base = json.loads(row["base"])
    if field == "parent":
        parent = await tx.fetchone(
            "SELECT identity FROM nml_node WHERE file_id = ? AND playlist_id = ?", (file_id, value)
        )
        base["parent"] = parent["identity"] if parent is not None else None
    else:
        base["items" if field == "order" else field] = value
    await tx.execute("UPDATE nml_node SET base = ? WHERE id = ?", (as_json(base), row["id"]))
