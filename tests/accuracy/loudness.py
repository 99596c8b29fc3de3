"""Loudness and true peak against ffmpeg's ebur128 filter."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from tests.accuracy.hearing import djtui
from tests.accuracy.truth import Truth

FILES = 30


@dataclass(frozen=True, slots=True)
class Difference:
    """Ours less ffmpeg's."""

    path: str
    lufs: float
    true_peak: float
    """In dB."""


def differences(rows: Sequence[Truth]) -> list[Difference]:
    """Of files from all over the set."""
    found = []
    for row in rows[:: max(1, len(rows) // FILES)][:FILES]:
        lufs, peak = _ebur128(row.path)
        ours = djtui(row.path, true_peak=True)
        if ours.lufs is not None and ours.true_peak is not None:
            found.append(Difference(row.path, ours.lufs - lufs, ours.true_peak - peak))
    return found


def _ebur128(path: str) -> tuple[float, float]:
    """LUFS to three places (the filter's summary has one) and dBTP (of which the summary has one)."""
    metadata = "ebur128=metadata=1:peak=true,ametadata=print:key=lavfi.r128.I:file=-"
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-i", path, "-vn", "-af", metadata, "-f", "null", "-"]
    finished = subprocess.run(command, capture_output=True, text=True)
    lufs = re.findall(r"lavfi\.r128\.I=(-?[\d.]+)", finished.stdout)[-1]
    peak = re.findall(r"Peak:\s+(-?[\d.]+) dBFS", finished.stderr)[-1]
    return float(lufs), float(peak)
