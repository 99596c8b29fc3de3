"""Making libraries for tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from djtui.library import tracks
from djtui.library.database import Library

DEFAULTS: Mapping[str, Any] = {"kind": "track", "cue_count": 0}


def row(fields: Mapping[str, Any]) -> tuple[Any, ...]:
    """A row in the order of tracks.GIVEN."""
    return tuple(fields.get(name, DEFAULTS.get(name)) for name in tracks.GIVEN)


async def add_tracks(
    library: Library,
    many: Iterable[Mapping[str, Any]],
    *,
    cues: Mapping[int, Sequence[tracks.CueRow]] | None = None,
    job_id: int | None = None,
) -> range:
    """Add tracks given as dictionaries; `cues` by their place in `many`."""
    given = list(many)
    async with library.writing() as tx:
        return await tracks.insert(
            tx,
            [row(fields) for fields in given],
            [tracks.text_row(fields) for fields in given],
            [list((cues or {}).get(place, ())) for place in range(len(given))],
            job_id=job_id,
        )
