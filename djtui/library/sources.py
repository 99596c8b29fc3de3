"""Where the values of a track came from: the analysis, Traktor, an edit made here, or the file's tags."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from djtui.library import analyses, tracks
from djtui.library.analyses import Heard
from djtui.library.database import Reader
from djtui.library.tracks import as_json
from djtui.model.cue import CueType

Origin = Literal["traktor", "analysis", "edited here", "file tag"]

Image = Mapping[str, Any]
"""A track: its columns, and "cues", a list of cue rows or None."""

Base = Mapping[str, Any]
"""What an entry of a collection has in those synced fields that differ here."""

GRID: Final = "grid"
"""The beat grid: not a column, but some of the cues."""

# Nobody but djtui itself says these.
_OWN: Final = frozenset(("id", "revision", "job_id", "missing", "path", "cue_count"))
_ONLY_HEARD: Final = frozenset(("lufs", "energy"))
_CONFIDENCES: Final = {"bpm": "bpm_confidence", "key": "key_confidence", GRID: "beat_confidence"}
_SAME: Final = 0.001
_ENTRIES: Final = (
    "SELECT track_id, base FROM nml_entry WHERE track_id IN (SELECT value FROM json_each(?))"
    " ORDER BY gone DESC, id DESC"
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value came from; `confidence` (0 to 1) where an analysis has one."""

    origin: Origin
    confidence: float | None = None

    def __str__(self) -> str:
        """ "analysis 0.91", "traktor"."""
        return self.origin if self.confidence is None else f"{self.origin} {self.confidence:.2f}"


def derived(image: Image, base: Base | None, heard: Heard | None) -> dict[str, Source]:
    """The source of every field of a track that has a value; under "grid" that of its beat grid.

    `base` is of its entry in a collection, None if it has none; `heard` its analysis, None if it has none.
    """
    found = {}
    for name, value in image.items():
        if value is None or name in _OWN:
            continue
        if heard is not None and _is_heard(name, value, heard):
            found[name] = _analysis(name, heard)
        else:
            found[name] = _elsewhere(name, base)
    if any(cue[0] == CueType.GRID for cue in image.get("cues") or ()):
        taken = heard is not None and GRID in heard.taken
        found[GRID] = _analysis(GRID, heard) if taken and heard else found["cues"]
    return found


def _is_heard(name: str, value: Any, heard: Heard) -> bool:
    """Whether the value came from the analysis, and was not changed since."""
    if name in _ONLY_HEARD:
        return True
    if name not in heard.taken:
        return False
    if name == "analyzed":
        return True
    ours = getattr(heard, name)
    return ours is not None and abs(value - ours) <= _SAME


def _analysis(name: str, heard: Heard) -> Source:
    return Source("analysis", getattr(heard, _CONFIDENCES[name]) if name in _CONFIDENCES else None)


def _elsewhere(name: str, base: Base | None) -> Source:
    if base is None:
        return Source("file tag")
    return Source("edited here" if name in base else "traktor")


async def of_tracks(library: Reader, ids: Sequence[int]) -> dict[int, dict[str, Source]]:
    """The sources of the fields of these tracks; ids that are not there are left out."""
    images = await tracks.images(library, ids, cues=True)
    heard = await analyses.get_many(library, ids)
    bases = _bases(await library.fetchall(_ENTRIES, (as_json(list(ids)),)))
    return {id: derived(image, bases.get(id), heard.get(id)) for id, image in images.items()}


def read(connection: sqlite3.Connection, image: Image, heard: Heard | None) -> dict[str, Source]:
    """The sources of the fields of one track, over a reading connection: for the screen."""
    bases = _bases(connection.execute(_ENTRIES, (as_json([image["id"]]),)))
    return derived(image, bases.get(image["id"]), heard)


def _bases(rows: Iterable[sqlite3.Row]) -> dict[int, Base]:
    """Of the entries of each track the last: the first collection that still has it."""
    return {row["track_id"]: json.loads(row["base"] or "{}") for row in rows}
