"""The analysis job: files through the pool, results into the library as they come.

Queueing finds the tracks that are meant and not known yet; Analysing hears them, a few at once and in any
order, and stores four times a second what has come; Following tempo changes looks once more, slowly, at those
whose tempo changes. The rows of table analysis say what is done: that is how a job goes on after a crash.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from typing import Any, Final

from djtui.analysis import estimating
from djtui.analysis.choosing import candidates, look
from djtui.analysis.following import Following
from djtui.analysis.listening import File, Listening, Result
from djtui.analysis.power import on_battery
from djtui.analysis.storing import Storing, moment, news
from djtui.analysis.work import Work, nothing
from djtui.config import Settings
from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure, Job, Wait

ON_BATTERY: Final = (
    "On battery: goes on when the laptop is plugged in, or with the setting analysis.on_battery = true."
)
ANALYSING: Final = "Analysing"
_FEW: Final = 10  # files that no battery minds

Batches = AsyncGenerator[Batch | Wait, None]


def analysis_job(params: dict[str, Any], settings: Settings) -> Job:
    """The job for `djtui analyze`.

    Params: ids | query | neither (what is missing); first (ids that go before the others), again, retry (what
    failed), true_peak, workers (files at once, where the pool allows more), timeout (seconds a file).
    """
    work = Work.of(params, settings)
    return AnalysisJob(
        kind="analysis",
        key=work.selection.key,
        title=f"Analysis · {work.selection.said}",
        phases=(Queueing(work), Analysing(work), Following(work)),
        job=work,
    )


@dataclass(eq=False)
class AnalysisJob(Job):
    """The job, with its counts as the result (`failed` is counted by the engine)."""

    job: Work = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        return {"analyzed": self.job.analyzed, "skipped": self.job.skipped}


@dataclass
class Queueing:
    """Which tracks are to be heard. Quick, so it is simply done again after a crash."""

    job: Work
    name: str = "Queueing"
    repeat: bool = True

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        work.since = await self._since(ctx)
        meant, elsewhere = await candidates(ctx.library, work.selection)
        work.pending, work.skipped = array("q"), elsewhere
        ctx.report(total=len(meant))
        async with aclosing(look(ctx.library, meant, work.known)) as parts:
            async for part in parts:
                work.pending.extend(file.track_id for file in part.todo if file.track_id is not None)
                work.skipped += part.known
                yield Batch(nothing, processed=part.looked_at)

    async def _since(self, ctx: Context) -> str:
        """When this job began to listen: it may have been cut off since, and know it from its rows."""
        row = await ctx.library.fetchone(
            "SELECT cursor ->> 'since' AS since FROM job_phase WHERE job_id = ? AND name = ?",
            (ctx.job_id, ANALYSING),
        )
        return str(row["since"]) if row is not None and row["since"] else moment()


@dataclass
class Analysing:
    """Hears the files and stores what was heard."""

    job: Work
    name: str = ANALYSING
    _total: int = 0

    async def estimate(self, ctx: Context) -> Estimate:
        return await estimating.estimate(ctx.library, self.job.selection, self.job.workers)

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        left = [id for id in work.pending if id not in work.seen]
        self._total = ctx.done + len(left)
        ctx.report(total=self._total)
        work.analyzed = await self._analyzed_before(ctx)
        yield Batch(nothing, cursor={"since": work.since})
        storing = Storing(ctx.job_id, f"Analysis of {work.selection.said}", work.settings)
        listening = Listening(self._files(ctx, left), ctx.run, work.options, work.limit)
        try:
            while True:
                battery = await self._battery(len(left))
                listening.width = 0 if battery else self.width(ctx)
                results = await listening.some()
                if results is None:
                    return
                ctx.report(message=listening.at_work(work.workers))
                batch = await self._batch(storing, results)
                yield batch  # without a result too: a job that is to end is asked between batches
                work.seen.update(result.file.track_id for result in results if result.file.track_id)
                work.analyzed += batch.added
                if battery and not listening.under_way:
                    yield Wait(None, ON_BATTERY)
        finally:
            await listening.close()

    async def _files(self, ctx: Context, ids: Sequence[int]) -> AsyncGenerator[File, None]:
        """The files as they lie there when their turn is near; what another job did meanwhile is left out."""
        async with aclosing(look(ctx.library, ids, self.job.known)) as parts:
            async for part in parts:
                if gone := part.looked_at - len(part.todo):
                    self.job.skipped += gone
                    self._total -= gone
                    ctx.report(total=self._total)
                for file in part.todo:
                    yield file

    async def _analyzed_before(self, ctx: Context) -> int:
        """How many tracks the job had analysed before it was cut off."""
        row = await ctx.library.fetchone(
            "SELECT added FROM job_phase WHERE job_id = ? AND name = ?", (ctx.job_id, self.name)
        )
        return int(row["added"]) if row is not None else 0

    async def _battery(self, files: int) -> bool:
        if self.job.settings.on_battery or files <= _FEW:
            return False
        return await asyncio.to_thread(on_battery)

    def width(self, ctx: Context) -> int:
        """How many files may be on the way: fewer while the machine is short of memory, as batches are."""
        return max(1, ceil(self.job.width * ctx.batch_size / ctx.settings.jobs.batch))

    async def _batch(self, storing: Storing, results: Sequence[Result]) -> Batch:
        if not results:
            return Batch(nothing)
        found = await asyncio.to_thread(news, results, storing.settings)
        failures = [
            ItemFailure(result.file.path, result.sentence, result.file.track_id)
            for result in results
            if result.analysis is None
        ]
        return Batch(
            partial(storing.store, found=found),
            processed=len(results),
            added=len(results) - len(failures),
            failures=failures,
        )
