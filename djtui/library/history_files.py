"""What changes did to files, read from their steps."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from djtui.library.database import Reader
from djtui.library.history_parts import Key
from djtui.library.tracks import as_json
from djtui.model import key as keys

_STEPS: Final = """
SELECT track_id, step, source, target, state, detail FROM file_step
WHERE change_id = ? AND state <> 'refused' AND {column} IN (SELECT value FROM json_each(?))
ORDER BY step
"""
_FIELDS: Final = {"track": "track_number", "key": "key_text"}

Image = dict[str, Any]


@dataclass(slots=True)
class FileImage:
    """What a change did to a file, or (meant) is still to do: its path and tags before and after.

    `begun`: of its steps some are done, and some are still to do.
    """

    source: str
    state: Literal["done", "undone", "meant", "begun"]
    before: Image = field(default_factory=dict)
    after: Image = field(default_factory=dict)


async def files_taken_back(library: Reader, change_id: int) -> set[Key]:
    """The tracks whose files an undo has taken back, and no redo has done again."""
    rows = await library.fetchall(
        "SELECT DISTINCT track_id FROM file_step WHERE change_id = ? AND state = 'undone'"
        " AND track_id IS NOT NULL",
        (change_id,),
    )
    return {("file", row["track_id"]) for row in rows}


async def first_files(library: Reader, change_id: int, limit: int) -> list[int]:
    """The first tracks of whose files something was done."""
    rows = await library.fetchall(
        "SELECT DISTINCT track_id FROM file_step WHERE change_id = ? AND state IN ('done', 'undone')"
        " AND track_id IS NOT NULL ORDER BY track_id LIMIT ?",
        (change_id, limit),
    )
    return [row["track_id"] for row in rows]


async def file_images(
    library: Reader, change_id: int, ids: Collection[int], *, lists: bool = False
) -> dict[int, FileImage]:
    """What a change did to the files of these tracks; with `lists` to the M3U files of these steps."""
    found: dict[int, FileImage] = {}
    sql = _STEPS.format(column="step" if lists else "track_id")
    for row in await library.fetchall(sql, (change_id, as_json(list(ids)))):
        id = row["step"] if lists else row["track_id"]
        image = found.setdefault(id, FileImage(row["source"], row["state"]))
        if row["state"] != image.state:
            image.state = "begun" if "meant" in (row["state"], image.state) else "undone"
        if row["target"] is not None:
            image.before.setdefault("path", row["source"])
            image.after["path"] = row["target"]
        detail = json.loads(row["detail"] or "{}")
        for side, name in ((image.before, "was"), (image.after, "fields")):
            side |= {
                _FIELDS.get(field, field): value for field, value in _spelled(detail.get(name, {})).items()
            }
    return found


def _spelled(fields: Image) -> Image:
    """Tags as they may be read; a key may be a number."""
    key = fields.get("key")
    return fields | {"key": keys.camelot(key)} if isinstance(key, int) else fields
