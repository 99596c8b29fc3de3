"""What the phases of one analysis job share."""

from __future__ import annotations

import shutil
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from djtui.analysis.choosing import Known, Selection
from djtui.analysis.listening import File, time_limit
from djtui.analysis.result import Options
from djtui.config import AnalysisSettings, Settings
from djtui.library.database import Tx


@dataclass(slots=True)
class Work:
    """One analysis: what is meant, under which conditions, and how far it is.

    `workers` is how many files are heard at once, `width` how many are on their way, `timeout` the seconds
    for each (None: by its length), `since` when the job began to listen. `pending` are the tracks to hear,
    `seen` those that are stored.
    """

    selection: Selection
    settings: AnalysisSettings
    workers: int
    width: int
    timeout: float | None = None
    ffmpeg: str | None = None
    since: str = ""
    pending: array[int] = field(default_factory=lambda: array("q"))
    seen: set[int] = field(default_factory=set)
    analyzed: int = 0
    skipped: int = 0

    @classmethod
    def of(cls, params: Mapping[str, Any], settings: Settings) -> Self:
        """The work that a job's parameters ask for."""
        most = settings.pool.analysis_max
        workers = params.get("workers") or most
        return cls(
            Selection.of(params),
            settings.analysis,
            workers=workers,
            width=workers + (workers >= most),  # one more than workers, so that none waits for its next file
            timeout=params.get("timeout"),
            ffmpeg=shutil.which("ffmpeg"),
        )

    @property
    def known(self) -> Known:
        """What need not be heard."""
        return Known(self.selection, self.since, self.ffmpeg)

    def options(self, file: File) -> Options:
        """What the analysis of a file is asked for."""
        slowest, fastest = self.settings.octave
        return Options((slowest, fastest), file.genre, self.selection.true_peak, self.ffmpeg)

    def limit(self, file: File) -> float:
        """Seconds that it may take."""
        return self.timeout or time_limit(file, self.settings)


async def nothing(tx: Tx) -> None:
    """A batch that stores nothing: only a checkpoint."""
