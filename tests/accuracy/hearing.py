"""What an analyser hears in the files of the truth set, and how much processor time that takes."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from shutil import which

PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer; None or empty where the analyser gives none."""

    bpm: float | None = None
    key: str = ""
    first_beat: float | None = None
    downbeat: float | None = None
    lufs: float | None = None
    true_peak: float | None = None
    failure: str = ""
    seconds: float = 0.0
    """Of processor time, children included."""


Analyser = Callable[[str], Heard]


def djtui(path: str, *, true_peak: bool = False) -> Heard:
    """Ours, told no genre."""
    from djtui.analysis.analyze import analyze
    from djtui.analysis.result import Options
    from djtui.model.key import spell

    found = analyze(path, Options(true_peak=true_peak, ffmpeg=which("ffmpeg")))
    grid, downbeat = found.grid, None
    if grid and grid.downbeat is not None and found.tempo:
        downbeat = grid.first_beat + grid.downbeat * 60 / found.tempo.bpm
    return Heard(
        bpm=found.tempo.bpm if found.tempo else None,
        key=spell(found.key.key, "musical") if found.key else "",
        first_beat=grid.first_beat if grid else None,
        downbeat=downbeat,
        lufs=found.loudness.lufs,
        true_peak=found.loudness.true_peak,
    )


def hear_all(paths: Sequence[str], analyser: Analyser) -> list[Heard]:
    """Ask the analyser for each file, in two processes with one thread each.

    Once in this process first: two that fill numba's cache at the same time leave one that crashes.
    """
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[variable] = "1"
    hear(analyser, paths[0])
    with get_context("spawn").Pool(PROCESSES, _warm_up, (analyser, paths[0])) as pool:
        return pool.map(partial(hear, analyser), paths, chunksize=1)


def hear(analyser: Analyser, path: str) -> Heard:
    """One answer with its cost; what is raised becomes a failure."""
    before = processor_time()
    try:
        heard = analyser(path)
    except Exception as error:
        heard = Heard(failure=f"{type(error).__name__}: {error}")
    return replace(heard, seconds=processor_time() - before)


def processor_time() -> float:
    """Seconds of this process and its finished children, user and system."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _warm_up(analyser: Analyser, path: str) -> None:
    """Imports and compilation are not the analysis."""
    hear(analyser, path)
