"""What an analysis will cost: the lengths of the tracks, times the processor time that earlier ones took."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from djtui.analysis.choosing import Selection
from djtui.analysis.result import VERSION
from djtui.jobs.job import Estimate
from djtui.library.database import Reader

_PER_SECOND: Final = 0.004  # of processor time, for a second of music: before anything was measured here
_OVERHEAD: Final = 1.15
_USUAL_S: Final = 300.0  # a track of unknown length
_LONG_S: Final = 600.0  # what takes longer makes one look for something narrower
_NARROWER: Final = ("added:<30d", "crate:any", "bpm:none")
_SAMPLE: Final = 500


@dataclass(frozen=True, slots=True)
class Cost:
    """Tracks to hear, and the seconds that this takes."""

    tracks: int
    seconds: float


async def estimate(library: Reader, selection: Selection, workers: int) -> Estimate:
    """The cost of a selection, and of narrower ones if that is long. Raises `JobError` for a bad query."""
    speed = await _processor_seconds(library) * _OVERHEAD / max(workers, 1)
    whole = await _cost(library, selection, speed)
    said = f"{whole.tracks:,} track{'' if whole.tracks == 1 else 's'}"
    note = f"{said}: about {duration(whole.seconds)} on {workers} worker{'' if workers == 1 else 's'}"
    if whole.seconds >= _LONG_S and not selection.ids:
        narrower = [
            f"{query} ({cost.tracks:,}: {duration(cost.seconds)})"
            for query in _NARROWER
            if 0 < (cost := await _cost(library, _within(selection, query), speed)).tracks < whole.tracks / 2
        ]
        if narrower:
            note += f"; narrower: {', '.join(narrower)}"
    return Estimate(whole.tracks, seconds=round(whole.seconds, 1), note=note)


def _within(selection: Selection, query: str) -> Selection:
    return replace(selection, query=f"({selection.query}) {query}" if selection.query else query)


async def _cost(library: Reader, selection: Selection, speed: float) -> Cost:
    """Files that changed since are not looked for: that would take as long as beginning."""
    condition, parameters = selection.condition()
    if not selection.again and not selection.retry:
        condition += (
            " AND NOT EXISTS (SELECT 1 FROM analysis WHERE track_id = track.id"
            f" AND version = {VERSION} AND analysis.path = track.path)"
        )
    row = await library.fetchone(
        f"SELECT count(*) AS count, sum(coalesce(track.duration, {_USUAL_S})) AS sound"
        " FROM track LEFT JOIN track_text ON track_text.id = track.id"
        f" WHERE track.path IS NOT NULL AND {condition}",
        parameters,
    )
    assert row is not None
    return Cost(row["count"], (row["sound"] or 0.0) * speed)


async def _processor_seconds(library: Reader) -> float:
    """Of processor time for a second of music, as the last analyses took it on this machine."""
    row = await library.fetchone(
        "SELECT sum(seconds) / sum(duration) AS speed FROM ("
        " SELECT seconds, duration FROM analysis WHERE duration > 0 AND seconds > 0"
        f" ORDER BY heard DESC LIMIT {_SAMPLE})"
    )
    return float(row["speed"] or _PER_SECOND) if row is not None else _PER_SECOND


def duration(seconds: float) -> str:
    """A length of time in round figures: "3 h 40 min", "5 min", "40 s"."""
    if seconds < 55:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(round(minutes, -1), 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
