"""The phases of an export that write: a backup, the new file beside the old one, and then in its place."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure, JobError, Wait
from djtui.library.database import Tx
from djtui.traktor import backups, export_state, journal
from djtui.traktor.export_state import LANE, Export, explained, reporting
from djtui.traktor.import_state import Batches, nothing
from djtui.traktor.merge_tree import ORDER
from djtui.traktor.nml import Fingerprint, Survey, identify
from djtui.traktor.patch import Plan, on_disk, write_part
from djtui.traktor.recovering import TEMPORARY, discard
from djtui.traktor.remembered import remember
from djtui.traktor.tree import Tree, read_tree
from djtui.traktor.tree_sides import Row, read_rows
from djtui.traktor.verify import compare, inspect, pieces, well_formed


@dataclass
class BackingUp:
    """The collection as it is, into djtui's own folder. Traktor's backups are never touched.

    A second name for the file will do, for what takes its place is another one. A copy waits for the disk,
    beside the phases that follow; the collection is replaced only when there is a backup.
    """

    job: Export
    name: str = "Backing up"
    repeat: bool = True
    beside: tuple[str, ...] = ("Writing", "Verifying")

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        if work.idle or work.copying:
            return
        assert work.survey is not None
        library, found = ctx.library.path, work.survey
        async with explained(work.path):
            work.backup = await asyncio.to_thread(backups.link, library, work.path, found.fingerprint)
            if work.backup is None:
                work.backup = await asyncio.to_thread(
                    backups.make, library, work.path, found.digest, reporting(ctx)
                )
        ctx.report(done=found.fingerprint.size, total=found.fingerprint.size)
        work.backed_up.set()
        yield Batch(nothing)


@dataclass
class Writing:
    """The new file, beside the one that it is to replace: on the same disk, so that it can in one step."""

    job: Export
    name: str = "Writing"
    repeat: bool = True

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        if work.idle:
            return
        assert work.plan is not None
        assert work.survey is not None
        async with explained(work.target):
            await asyncio.to_thread(_clear, work)
            done = 0
            ctx.report(total=work.plan.result_size)
            try:
                for part in work.plan.parts():
                    done += await ctx.run(
                        LANE, write_part, str(work.path), work.survey.fingerprint, part, str(temporary(work))
                    )
                    ctx.report(done=done)
                    yield Batch(nothing)
            except BaseException:
                _give_up(work)
                raise


@dataclass
class Verifying:
    """Is the new file what it should be, and the old one still what it was? Only then are they exchanged."""

    job: Export
    name: str = "Verifying"
    repeat: bool = True

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        if work.idle:
            if work.edits.fields and not work.dry_run:  # the file has those values already
                yield Batch(self._settle)
            return
        assert work.plan is not None
        assert work.survey is not None
        new = temporary(work)
        try:
            async with explained(work.target):
                result = await _verified(ctx, work.survey, work.plan, new)
                work.edits.nodes = await self._new_nodes(ctx, result)
                if not work.copying:
                    await work.backed_up.wait()
                await self._last_look(ctx)
        except BaseException:
            _give_up(work)
            raise
        if work.copying:
            async with explained(work.target):
                await asyncio.to_thread(put_in_place, new, work.target)
            yield Batch(nothing, processed=1)
            return
        async for batch in self._replace(ctx, result):
            yield batch

    async def _replace(self, ctx: Context, result: Survey) -> Batches:
        """Journal, replace, note: at whatever moment this is cut off, the journal tells what happened."""
        work = self.job
        assert work.survey is not None
        source = work.survey
        new = temporary(work)

        async def announce(tx: Tx) -> None:
            await journal.announce(
                tx, work.file_id, ctx.job_id, source.digest, result.digest, new, work.backup, work.edits
            )

        yield Batch(announce, durable=True)
        announced = (await journal.exports(ctx.library, work.file_id, "replacing"))[-1]
        try:
            async with explained(work.path):
                print_ = await asyncio.to_thread(put_in_place, new, work.target, source.fingerprint)
        except JobError:
            _give_up(work)
            async with ctx.library.writing() as tx:
                await journal.mark(tx, announced.id, "dropped")
            raise

        async def finish(tx: Tx) -> None:
            await journal.finish(tx, announced, print_)
            if work.force or work.foreign is not None:
                await tx.execute("UPDATE nml_file SET asked = 1 WHERE id = ?", (work.file_id,))

        yield Batch(finish, processed=1, updated=work.counts["entries_changed"])
        row = await ctx.library.fetchone("SELECT change_id FROM nml_export WHERE id = ?", (announced.id,))
        work.counts["change"] = row["change_id"] if row is not None else None
        yield Batch(await journal.what_is_left(ctx.library, work.file_id, whole=work.whole))
        await self._tidy(ctx.library.path, replace(result, path=str(work.path), fingerprint=print_))
        async for batch in self._look_again(ctx, result.digest):
            yield batch

    async def _tidy(self, library: Path, result: Survey) -> None:
        """For the next export. The collection is in its place: whatever goes wrong here is only told."""
        work = self.job
        await asyncio.to_thread(remember, library, result)
        try:
            await asyncio.to_thread(backups.rotate, library, work.path, work.settings.traktor.backups)
        except backups.BackupError as error:
            work.counts["notes"].append(str(error))
        if (trouble := await self._written_since()) is not None:
            work.counts["notes"].append(trouble)

    async def _written_since(self) -> str | None:
        """A sentence if the old collection was written after the new one took its place."""
        work = self.job
        if work.backup is None or work.survey is None:
            return None
        if not await asyncio.to_thread(backups.written_since, work.backup, work.survey.fingerprint):
            return None
        return f"Another program wrote the old {work.path.name} after it was replaced: see {work.backup}."

    async def _settle(self, tx: Tx) -> None:
        await journal.settle(tx, self.job.edits)

    async def _last_look(self, ctx: Context) -> None:
        """Traktor must not run, and the new file be the collection as it is now, with the planned changes."""
        work = self.job
        assert work.survey is not None
        if not work.copying:
            await export_state.refuse_while_running(work.path)
        problems = await ctx.run(
            LANE, compare, str(work.path), work.survey.fingerprint, str(temporary(work)), work.plan
        )
        _refuse(problems)

    async def _new_nodes(self, ctx: Context, result: Survey) -> list[journal.NodePair]:
        """The rows of nml_node that this export changes, before and after."""
        work = self.job
        rows = {f"n{row.id}": row for row in await read_rows(ctx.library, work.file_id)}
        if work.tree is None:
            return []
        tree: Tree = await ctx.run(LANE, read_tree, result.path, result.fingerprint, result.playlists)
        if len(tree.nodes) != len(work.tree.nodes):
            raise JobError(
                f"The playlists of the new file are not those that were meant: {work.path.name} is as it was."
            )
        asked = await self._asked(ctx)
        moved = {move.old: move.new for move in work.edits.moved.values()}
        pairs: list[journal.NodePair] = []
        for (id, node), read in zip(work.tree.nodes.items(), tree.nodes, strict=True):
            row = rows.pop(id, None)
            base = {
                "kind": read.kind,
                "name": read.name,
                "parent": None if read.parent is None else tree.nodes[read.parent].identity,
                "position": read.position,
                "query": read.foreign_query,
                "items": [item.key for item in read.items],
            }
            if row is not None and (row.identity, row.hash) == (read.identity, read.hash):
                continue
            if row is not None:  # what is an open question was not agreed upon by writing something else
                was = row.base | {"items": [moved.get(key, key) for key in row.base.get("items") or ()]}
                kept = asked.get(row.playlist_id, [])
                if moved and node.items == work.tree.sides.traktor[id].items:
                    kept = [*kept, "items"]
                base |= {name: was[name] for name in kept if name in base}
            if node.name != read.name:
                raise JobError(
                    f"The playlist {node.name} did not get its place; {work.path.name} is as it was."
                )
            if row is None and id not in work.tree.sides.playlists:
                continue
            after = {
                "id": row.id if row is not None else None,
                "playlist_id": work.tree.sides.playlists.get(id),
                "identity": read.identity,
                "hash": read.hash.hex(),
                "base": base,
            }
            pairs.append((_as_node(row) if row is not None else None, after))
        gone = [id for id in rows if id in work.tree.sides.traktor]
        return pairs + [(_as_node(rows[id]), None) for id in gone]

    async def _asked(self, ctx: Context) -> dict[int | None, list[str]]:
        """The fields of playlists' bases over which there is an open conflict."""
        rows = await ctx.library.fetchall(
            "SELECT playlist_id, field FROM conflict WHERE file_id = ? AND playlist_id IS NOT NULL",
            (self.job.file_id,),
        )
        found: dict[int | None, list[str]] = {}
        for row in rows:
            name = "items" if row["field"] == ORDER else row["field"]
            found.setdefault(row["playlist_id"], []).append(name)
        return found

    async def _look_again(self, ctx: Context, digest: bytes) -> Batches:
        """A Traktor on another machine cannot be seen: has it overwritten the file within a minute?"""
        work = self.job
        seconds = work.settings.traktor.recheck_s
        if work.foreign is None or not seconds:
            return
        yield Wait(
            datetime.now(UTC) + timedelta(seconds=seconds),
            f"the new collection is in its place; looking again after {seconds} s whether Traktor elsewhere"
            " overwrites it",
        )
        async with explained(work.path):
            _, present = await ctx.run(LANE, identify, str(work.path))
        if present != digest:
            reason = "was written by another program within a minute; import it to see what is left"
            yield Batch(nothing, failures=[ItemFailure(work.path.name, reason)])
        if (trouble := await self._written_since()) is not None and trouble not in work.counts["notes"]:
            work.counts["notes"].append(trouble)


async def _verified(ctx: Context, source: Survey, plan: Plan, new: Path) -> Survey:
    """The survey of the new file, which is on the disk then.

    Raises JobError where it holds something wrong that the old one did not.
    """
    cuts = await asyncio.to_thread(pieces, source, plan)
    inspecting = asyncio.create_task(ctx.run(LANE, inspect, source, str(new), plan))
    checks = [
        inspecting,
        asyncio.create_task(asyncio.to_thread(on_disk, str(new))),
        *(asyncio.create_task(ctx.run(LANE, well_formed, str(new), *piece)) for piece in cuts),
    ]
    ctx.report(total=len(checks) + 1)
    try:
        for done, check in enumerate(asyncio.as_completed(checks), start=1):
            await check
            ctx.report(done=done)
    finally:
        for task in checks:
            task.cancel()
        await asyncio.gather(*checks, return_exceptions=True)
    problems, result = inspecting.result()
    _refuse(problems)
    assert isinstance(result, Survey)
    return result


def _refuse(problems: list[str]) -> None:
    if problems:
        raise JobError(f"The new file is not what it should be: {problems[0]} Nothing was replaced.")


def temporary(work: Export) -> Path:
    """Where the new file grows: in the folder of the one that it is to replace."""
    return work.target.with_name(f"{TEMPORARY}{work.target.name}")


def _give_up(work: Export) -> None:
    """Leave nothing behind of an export that does not replace the collection."""
    discard(str(temporary(work)), work.target)
    if work.backup is not None:
        backups.give_up(work.backup, work.real)


def _clear(work: Export) -> None:
    """Remove what a crash left of an earlier export."""
    discard(str(temporary(work)), work.target)


def put_in_place(new: Path, target: Path, expected: Fingerprint | None = None) -> Fingerprint:
    """Let the new file take the target's place, on disk too. Returns its fingerprint.

    With `expected`, raises JobError unless the target is still that file.
    """
    if expected is not None:
        status = target.stat()
        if Fingerprint.of(status) != expected:
            raise export_state.written_meanwhile(target)
        if (reason := export_state.protected(target)) is not None:
            raise JobError(f"{reason}; nothing was replaced.")
    new.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return Fingerprint.of(target.stat())


def _as_node(row: Row) -> dict[str, object]:
    return {
        "id": row.id,
        "playlist_id": row.playlist_id,
        "identity": row.identity,
        "hash": row.hash.hex(),
        "base": row.base,
    }
