"""What a job will cost, before it starts: items, requests, and time as past runs tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from djtui.jobs.job import Estimate

if TYPE_CHECKING:
    from djtui.jobs.job import Context, Job
    from djtui.library.database import Library

_PAST_RUNS: Final = 5


async def estimates(job: Job, ctx: Context) -> list[Estimate]:
    """The estimate of each phase; its seconds, where it gives none, from the rate of past runs.

    Raises what the phases raise.
    """
    found = []
    for phase in job.phases:
        estimate = await phase.estimate(ctx)
        if estimate.seconds is None and estimate.items is not None:
            rate = await _past_rate(ctx.library, job.kind, phase.name)
            estimate = replace(estimate, seconds=estimate.items / rate if rate else None)
        found.append(estimate)
    return found


def summary(job: Job, found: Sequence[Estimate]) -> dict[str, Any]:
    """The cost of a whole job as it stands in `job.estimate`. Sums are of what is known.

    `items` are those of the largest phase: the phases of a job mostly work the same items.
    """
    items = [estimate.items for estimate in found if estimate.items is not None]
    requests = [estimate.requests for estimate in found if estimate.requests is not None]
    seconds = [estimate.seconds for estimate in found if estimate.seconds is not None]
    return {
        "items": max(items, default=None),
        "requests": sum(requests) if requests else None,
        "seconds": round(sum(seconds), 1) if seconds else None,
        "notes": [estimate.note for estimate in found if estimate.note],
        "phases": [
            {"name": phase.name, "items": it.items, "requests": it.requests, "seconds": it.seconds}
            for phase, it in zip(job.phases, found, strict=True)
        ],
    }


async def _past_rate(library: Library, kind: str, phase: str) -> float | None:
    rows = await library.fetchall(
        "SELECT p.rate FROM job_phase p JOIN job ON job.id = p.job_id"
        " WHERE job.kind = ? AND p.name = ? AND p.state = 'succeeded' AND p.rate > 0"
        " ORDER BY job.id DESC LIMIT ?",
        (kind, phase, _PAST_RUNS),
    )
    return median(row["rate"] for row in rows) if rows else None
