"""What the pool runs, one file a task. The heavy imports happen here, inside a worker, and only there."""

from __future__ import annotations

from djtui.analysis.result import Analysis, Options
from djtui.jobs.job import JobError


def hear(path: str, options: Options) -> Analysis:
    """Analyse one file. Raises `Unanalyzable`, and `JobError` where no file could be analysed at all."""
    try:
        from djtui.analysis.analyze import analyze
    except Exception as error:
        raise JobError(
            f"No file can be analysed: the audio libraries cannot be loaded ({error!r}). "
            "Install djtui again, with all that it needs."
        ) from error
    return analyze(path, options)


def follow(path: str, options: Options) -> list[tuple[float, float]]:
    """The tempi that a file goes through: from which second on, and how fast. Raises `Unanalyzable`."""
    from djtui.analysis import wandering

    tempi: list[tuple[float, float]] = wandering.follow(path, options)
    return tempi
