"""Where a track and its analysis differ, in SQL: for `track JOIN analysis ON analysis.track_id = track.id`.

What the DJ has seen and left (`dismissed`) differs no more, nor does the tempo of a locked track. What the
track does not have at all differs too: the analysis was not sure enough to fill it by itself.
"""

from __future__ import annotations

from typing import Final

SAME_BPM: Final = 0.05
"""Tempi that differ by no more are the same: Traktor writes 123 as 123.000061, and no ear is finer."""

_SEEN: Final = "instr(analysis.dismissed, '\"{}\"') > 0"

BPM_SEEN: Final = _SEEN.format("bpm")
KEY_SEEN: Final = _SEEN.format("key")

BPM_DIFFERS: Final = (
    "(analysis.bpm IS NOT NULL AND track.locked IS NOT 1"
    f" AND (track.bpm IS NULL OR abs(track.bpm - analysis.bpm) > {SAME_BPM}))"
)
KEY_DIFFERS: Final = "(analysis.key IS NOT NULL AND track.key IS NOT analysis.key)"

DIFFERS: Final = (
    f"coalesce((SELECT CASE (({BPM_DIFFERS}) AND NOT {BPM_SEEN}) + 2 * (({KEY_DIFFERS}) AND NOT {KEY_SEEN})"
    " WHEN 1 THEN 'bpm' WHEN 2 THEN 'key' WHEN 3 THEN 'both' ELSE 'no' END"
    " FROM analysis WHERE analysis.track_id = track.id), 'no')"
)
"""Which of the two differ: bpm, key, both or no; also where there is no analysis."""
