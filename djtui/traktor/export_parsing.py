"""The phase of an export that reads the collection again, merges it, and finds what waits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import cast

from djtui.jobs.job import Batch, Context, Cursor, Estimate, JobError
from djtui.traktor import export_state, pending
from djtui.traktor.export_state import LANE, Export, explained
from djtui.traktor.import_state import Batches, nothing
from djtui.traktor.importing import import_phases
from djtui.traktor.merge import Strategy
from djtui.traktor.nml import fingerprint, survey
from djtui.traktor.recovering import recover
from djtui.traktor.tree import read_tree
from djtui.traktor.verify import ready


@dataclass
class Parsing:
    """Nothing is remembered of an earlier reading but its hash: the file is always read anew."""

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
        if not untouched:
            await export_state.refuse_while_running(work.path)
        while True:
            async for batch in self._merge(ctx):
                yield batch
            await self._known(ctx)
            if untouched or work.foreign is None:
                break
            async with explained(work.path, again=True):
                print_ = await asyncio.to_thread(fingerprint, work.path)
            wait = export_state.quiet(print_, work.settings.traktor.quiet_s)
            if wait is None:
                break
            yield wait
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
        ctx.report(total=len(found.entries))
        yield Batch(nothing, processed=len(found.entries))

    async def _merge(self, ctx: Context) -> Batches:
        """Import the file if it is not the one that was imported last."""
        work = self.job
        row = await ctx.library.fetchone("SELECT id, digest FROM nml_file WHERE path = ?", (str(work.path),))
        async with explained(work.path, again=True):
            if row is not None and not work.dry_run:
                async for batch in recover(ctx, LANE, work.path, row["id"]):
                    yield batch
                row = await ctx.library.fetchone("SELECT id, digest FROM nml_file WHERE id = ?", (row["id"],))
            # The second worker starts while the first is busy: both are wanted to verify.
            second = asyncio.create_task(ctx.run(LANE, ready))
            found = work.survey = await ctx.run(LANE, survey, str(work.path))
            await second
        if found.digest == work.merged or (row is not None and row["digest"] == found.digest):
            work.merged = found.digest
            return
        if work.dry_run:
            if row is None:
                raise JobError(f"{work.path} was never imported; import it first.")
            work.counts["notes"].append(
                f"{work.path.name} has changed since the last import; shown is what waited then."
            )
            return
        ctx.report(message=f"{work.path.name} has changed since the last import; merging it first.")
        strategy = cast(Strategy, work.settings.traktor.strategy)
        imported, phases = import_phases(work.path, work.settings, strategy)
        for phase in phases:
            async for step in phase.work(None, ctx):
                yield step
        # The library forgets the digest of a file with damaged entries, to look at them again.
        work.survey = imported.survey or found
        work.merged = work.survey.digest
        work.counts["notes"] += imported.counts.get("notes", [])
        work.counts["merged"] = {
            name: imported.counts.get(name, 0) for name in ("added", "updated", "removed", "conflicts")
        }

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
