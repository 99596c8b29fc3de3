"""Following a tempo that changes."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from djtui.analysis.result import Options
from tests.analysis.rhythms import curves_of, track


def test_an_analysis_imports_neither_librosa_nor_numba() -> None:
    code = """
import sys
from djtui.analysis import downbeat, grid, onset, tempo, wandering
print([name for name in ("librosa", "numba", "scipy.signal") if name in sys.modules])
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_what_has_no_beat_has_no_tempi() -> None:
    from djtui.analysis import wandering

    assert wandering.tempi(curves_of(np.zeros(100_000, np.float32)), Options()) == []


@pytest.mark.skipif(
    "DJTUI_SLOW_TESTS" not in os.environ,
    reason="librosa takes ten seconds to load; DJTUI_SLOW_TESTS=1 runs it",
)
def test_both_tempi_are_given_with_the_second_of_the_change() -> None:
    from djtui.analysis import wandering

    sound = np.concatenate([track(118.0, seconds=60), track(126.0, seconds=60)])
    seconds, bpm = zip(*wandering.tempi(curves_of(sound), Options()), strict=True)
    assert bpm[0] == pytest.approx(118, abs=2)
    assert (seconds[-1], bpm[-1]) == (pytest.approx(60, abs=10), pytest.approx(126, abs=2))
