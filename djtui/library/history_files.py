"""What changes did to files, read from their steps."""

from __future__ import annotations

import json
from typing import Any, Final

from djtui.library.database import Reader
from djtui.model import key as keys

_STEPS: Final = """
SELECT track_id, source, target, detail FROM file_step
WHERE change_id = ?1 AND state IN ('done', 'undone') AND track_id IN (
    SELECT DISTINCT track_id FROM file_step WHERE change_id = ?1 AND state IN ('done', 'undone')
    AND track_id IS NOT NULL ORDER BY track_id LIMIT ?2)
ORDER BY track_id, step
"""
_FIELDS: Final = {"track": "track_number", "key": "key_text"}

Image = dict[str, Any]


async def file_images(library: Reader, change_id: int, limit: int) -> list[tuple[int, Image, Image]]:
    """What a change did to the files of its first tracks: (track id, before, after) of paths and tags."""
    found: dict[int, tuple[Image, Image]] = {}
    for row in await library.fetchall(_STEPS, (change_id, limit)):
        before, after = found.setdefault(row["track_id"], ({}, {}))
        if row["target"] is not None:
            before.setdefault("path", row["source"])
            after["path"] = row["target"]
        detail = json.loads(row["detail"] or "{}")
        for side, name in ((before, "was"), (after, "fields")):
            side |= {
                _FIELDS.get(field, field): value for field, value in _spelled(detail.get(name, {})).items()
            }
    return [(id, before, after) for id, (before, after) in found.items()]


def _spelled(fields: Image) -> Image:
    """Tags as they may be read; a key may be a number."""
    key = fields.get("key")
    return fields | {"key": keys.camelot(key)} if isinstance(key, int) else fields
