"""Bases as their jobs know them: by what key, and in which state."""

from __future__ import annotations

from typing import Final

from djtui.library.database import Reader
from djtui.library.routes import Base

APPLY: Final = "route-apply"


def key_of(base_id: int) -> str:
    """The key of the job that applies a base."""
    return f"{APPLY}:{base_id}"


async def mark(library: Reader, base: Base) -> str | None:
    """What tells whether a base has changed: its snapshot, or how many songs are liked and the newest one."""
    if not base.is_liked:
        row = await library.fetchone(
            "SELECT snapshot AS mark FROM spotify_playlist WHERE spotify_id = ?", (base.spotify_id,)
        )
    else:
        row = await library.fetchone(
            "SELECT count(*) || ' ' || coalesce(max(added), '') || ' ' || coalesce(max(track_id), 0) AS mark"
            " FROM spotify_like"
        )
    return None if row is None else row["mark"]
