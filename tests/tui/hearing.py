"""Tracks that were analysed, as an analysis leaves them in the library."""

from __future__ import annotations

from typing import Any

from djtui.analysis.result import COLUMNS, VERSION
from djtui.library import analyses
from djtui.library.analyses import Heard
from djtui.library.database import Library

LOUD = bytes((200, 120, 60)) * (COLUMNS // 2)
QUIET = bytes((10, 90, 30)) * (COLUMNS // 2)
DROP = QUIET + LOUD
"""A waveform of two halves: voices alone, then the bass."""


def heard(id: int, **fields: Any) -> Heard:
    """What was heard of a track; what is not named is of a steady house track in A minor."""
    made = {
        "version": VERSION,
        "path": f"/music/{id - 1:05}.mp3",
        "size": 1,
        "mtime_ns": 1,
        "heard": "2026-01-01T00:00:00.000000Z",
        "seconds": 1.0,
        "duration": 200.0,
        "samplerate": 44_100,
        "channels": 2,
        "decoder": "libsndfile",
        "bpm": 124.0,
        "bpm_confidence": 0.97,
        "steadiness": "steady",
        "spread": 0.4,
        "first_beat": 0.129,
        "beat_confidence": 0.9,
        "key": 21,
        "key_confidence": 0.91,
        "key_second": 0,
        "tuning": 12.0,
        "energy": 7,
        "lufs": -8.4,
        "sample_peak": -0.3,
        **fields,
    }
    return Heard(id, **made)


def failed(id: int, reason: str, sentence: str) -> Heard:
    """A file that could not be analysed."""
    return Heard(
        id, VERSION, f"/music/{id - 1:05}.mp3", 1, 1, "2026-01-01T00:00:00.000000Z",
        reason=reason, failure=sentence,
    )  # fmt: skip


async def hear(library: Library, *rows: Heard, waveform: bytes = DROP) -> None:
    """Write what was heard."""
    drawn = {row.track_id: waveform for row in rows if row.reason is None}
    async with library.writing() as tx:
        await analyses.put(tx, rows, drawn)
        await tx.execute(
            "UPDATE track SET analyzed = 1, revision = ? WHERE id IN (SELECT track_id FROM analysis)",
            (await tx.revision(),),
        )
