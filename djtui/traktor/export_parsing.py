"""The phase of an export that reads the collection again, merges it, and finds what waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from sqlite3 import Row
from typing import cast

from djtui.jobs.job import Batch, Context, Cursor, Estimate, JobError
from djtui.traktor import export_state, journal, pending
from djtui.traktor.export_state import LANE, WORKERS, Export, explained, reporting
from djtui.traktor.import_state import Batches, nothing
from djtui.traktor.importing import import_phases
from djtui.traktor.merge import Strategy
from djtui.traktor.nml import Survey, fingerprint, identify, survey
from djtui.traktor.recovering import recover
from djtui.traktor.remembered import remember, remembered
from djtui.traktor.tree import read_tree
from djtui.traktor.verify import ready


@dataclass
class Parsing:
    """The file is always read anew; what is remembered of it holds only if it still has the same digest."""

    job: Export
    name: str = "Parsing"
    repeat: bool = True

    async def estimate(self, ctx: Context) -> Estimate:
        try:
            size = self.job.path.stat().st_size
        except OSError:
            return Estimate()
        return Estimate(note=f"{size / 1e6:,.0f} MB")

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        untouched = work.dry_run or work.copying
        while work.auto and not untouched and (wait := await export_state.wait_for_traktor()):
            yield wait
        async with _workers(ctx):
            if not untouched:
                await export_state.refuse_while_running(work.path)
            async for step in self._read(ctx):
                yield step
            await self._find(work.seen(ctx))
        entries = 0 if work.survey is None else len(work.survey.entries)
        ctx.report(total=entries)
        yield Batch(nothing, processed=entries)

    async def _read(self, ctx: Context) -> Batches:
        """Read the collection, again if it must be left alone first: then the library is in step with it."""
        work = self.job
        while True:
            async for batch in self._merge(ctx):
                yield batch
            await self._known(work.seen(ctx))
            if work.foreign is None:
                return
            async with explained(work.path, again=True):
                print_ = await asyncio.to_thread(fingerprint, work.path)
            wait = export_state.quiet(print_, work.settings.traktor.quiet_s)
            if wait is None:
                return
            yield wait

    async def _find(self, ctx: Context) -> None:
        """What waits, in tracks and in the tree."""
        work = self.job
        found = work.survey
        assert found is not None
        work.pending = await pending.waiting(ctx.library, work.file_id, whole=work.whole)
        touched = work.pending.removed or await pending.touched(ctx.library, work.file_id)
        touched = touched and found.role == "collection"
        moved = found.playlists is not None and any(edit.moved for edit in work.pending.edits)
        if touched or moved:
            async with explained(work.path, again=True):
                work.file_tree = await ctx.run(
                    LANE, read_tree, str(work.path), found.fingerprint, found.playlists
                )
            nodes = work.file_tree.nodes
            if touched:
                work.tree = await pending.tree(ctx.library, work.file_id, nodes, whole=work.whole)
            else:
                work.tree = await pending.tree_as_it_is(ctx.library, work.file_id, nodes)

    async def _merge(self, ctx: Context) -> Batches:
        """Import the file if it is not the one that was imported last; a dry run does it in a copy."""
        work = self.job
        row = await _imported(work.seen(ctx), work.path)
        if row is None and work.dry_run:
            raise JobError(f"{work.path} was never imported; import it first.")
        async with explained(work.path, again=True):
            if row is not None:
                if work.dry_run and await journal.exports(ctx.library, row["id"], "replacing"):
                    await work.rehearse(ctx.library.path)
                async for batch in recover(work.seen(ctx), LANE, work.path, row["id"], tidy=not work.dry_run):
                    yield await work.stored(batch)
                row = await _imported(work.seen(ctx), work.path)
            found = work.survey = await surveyed(ctx, work.path, keep=not work.dry_run)
        if found.digest == work.merged or (row is not None and row["digest"] == found.digest):
            work.merged = found.digest
            return
        if work.dry_run and work.rehearsal is None:
            await work.rehearse(ctx.library.path)
        ctx.report(message=f"{work.path.name} has changed since the last import; merging it first.")
        strategy = cast(Strategy, work.settings.traktor.strategy)
        imported, phases = import_phases(work.path, work.settings, strategy)
        for phase in phases:
            async for step in phase.work(None, work.seen(ctx)):
                yield await work.stored(step)
        # The library forgets the digest of a file with damaged entries, to look at them again.
        work.survey = imported.survey or found
        work.merged = work.survey.digest
        work.counts["notes"] += imported.counts.get("notes", [])
        work.counts["merged"] = {
            name: imported.counts.get(name, 0) for name in ("added", "updated", "removed", "conflicts")
        }
        if work.rehearsal is not None:
            work.counts["merged"] |= {"added": work.rehearsal.added, "updated": work.rehearsal.updated}

    async def _known(self, ctx: Context) -> None:
        """What the library knows of the file, and whether it may be written."""
        work = self.job
        row = await ctx.library.fetchone(
            "SELECT id, role, asked FROM nml_file WHERE path = ?", (str(work.path),)
        )
        assert row is not None
        work.file_id = row["id"]
        work.whole = row["role"] == "collection"
        if work.dry_run or work.copying:
            return
        work.foreign = await export_state.foreign(ctx.library, work.file_id)
        if work.foreign is not None and not row["asked"] and not work.force:
            raise JobError(
                f"{work.foreign} So djtui asks once before it writes {work.path.name}: export in a terminal "
                "or on the Traktor screen, or say --force."
            )


async def _imported(ctx: Context, path: Path) -> Row | None:
    """What the library knows of a file: its number, and the digest that it was imported with."""
    return await ctx.library.fetchone("SELECT id, digest FROM nml_file WHERE path = ?", (str(path),))


async def surveyed(ctx: Context, path: Path, *, keep: bool = True) -> Survey:
    """Where the entries lie: as it is remembered, if the file is still the one that was surveyed last.

    Raises what `survey` raises, so whatever comes back is whole. `keep`: remember it.
    """
    known = await asyncio.to_thread(remembered, ctx.library.path, path)
    print_ = await asyncio.to_thread(fingerprint, path)
    if known is not None and known.fingerprint[2:] == print_[2:]:
        print_, digest = await asyncio.to_thread(identify, path, reporting(ctx))
        if digest == known.digest:
            return replace(known, fingerprint=print_)
    found: Survey = await ctx.run(LANE, survey, str(path))
    if keep:
        await asyncio.to_thread(remember, ctx.library.path, found)
    return found


@asynccontextmanager
async def _workers(ctx: Context) -> AsyncIterator[None]:
    """All workers of an export start meanwhile."""
    starting = [asyncio.create_task(ctx.run(LANE, ready)) for _ in range(WORKERS)]
    try:
        yield
        await asyncio.gather(*starting)
    finally:
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)
