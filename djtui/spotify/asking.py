"""What to ask of a sync, given how the last one ended."""

from __future__ import annotations

import json
from typing import Any, Final

from djtui.library.database import Reader

KIND: Final = "spotify-sync"

LIMITED: Final = "The day's requests are spent: the next sync goes on from here."
"""The message of a sync that was paused by a limit, not by the DJ: a schedule may take it up again."""


async def sync_params(library: Reader, *, full: bool) -> dict[str, Any]:
    """The parameters of the next sync. One of everything that is not done yet goes on, though only news is
    asked for: else what it has read would be lost, and the rest of it never be read. Raises `LibraryError`.
    """
    last = await library.fetchone(
        "SELECT state, params, EXISTS (SELECT 1 FROM job_phase WHERE job_id = job.id) AS begun"
        " FROM job WHERE key = ? ORDER BY id DESC LIMIT 1",
        (KIND,),
    )
    if full or last is None or not last["begun"] or last["state"] in ("succeeded", "cancelled"):
        return {"full": full}
    return {"full": bool(json.loads(last["params"]).get("full"))}
