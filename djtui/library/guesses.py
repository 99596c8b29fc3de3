"""Values of tracks that nobody has decided on: what their files' tags said, and what an analysis heard.

They fill what is unknown, and are no edits: where a collection knows better, its value takes their place.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from djtui.library import analyses
from djtui.library.database import Reader
from djtui.library.tracks import as_json
from djtui.model.track import SYNCED

_AMONG: Final = "IN (SELECT value FROM json_each(?))"


async def guesses(library: Reader, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The guessed values of these tracks, by field; they may have been changed since."""
    among = (as_json(list(ids)),)
    found: dict[int, dict[str, Any]] = {}
    rows = await library.fetchall(f"SELECT track_id, tags FROM file WHERE track_id {_AMONG}", among)
    for row in rows:
        said = json.loads(row["tags"])
        found[row["track_id"]] = {
            name: value for name, value in said.items() if name in SYNCED and value is not None
        }
    rows = await library.fetchall(
        "SELECT track.id, added FROM track JOIN job ON job.id = track.job_id AND job.kind = 'scan'"
        f" WHERE track.id {_AMONG} AND added IS NOT NULL",
        among,
    )
    for row in rows:
        found.setdefault(row["id"], {})["added"] = row["added"]
    for id, heard in (await analyses.filled(library, ids)).items():
        found[id] = found.get(id, {}) | heard
    return found
