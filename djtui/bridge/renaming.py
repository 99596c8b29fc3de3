"""The rename job: files get names after a template, and Traktor's collection follows in the same job.

Planning looks at the library and the disk and writes every step down; Moving carries them out; Tagging and
Lists, where they are wanted, write tags and let M3U files follow; then come the phases of the export. Nothing
is moved while Traktor runs, or to where Traktor could not find it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from djtui.bridge.telling import Telling, teller
from djtui.config import Settings
from djtui.files import chosen, rename_plan, tagging
from djtui.files.announcing import Announcement, begun
from djtui.files.changing import Batches, Change, Changing
from djtui.files.rename_plan import Renames, Wanted
from djtui.files.scanning import RESOURCE
from djtui.files.step_rows import PLACING
from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure, Job, Phase
from djtui.library.database import Library, Reader
from djtui.traktor import moving
from djtui.traktor.import_state import nothing
from djtui.traktor.moving import Naming

KIND: Final = "rename"
"""The kind of these changes in the history."""


def rename_job(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    """The job for `djtui rename --apply`.

    Params: template | templates (album, single: by context); root (folder for templates with `/`); ids |
    query | neither (all); export (default true), force (no question about the collection); tags (fields to
    write too), notation, mtime, id3_version; m3u (files and folders); retry (paths). Raises `JobError`.
    """
    wanted = Wanted.of(params)
    fields = tagging.checked(params.get("tags") or ())
    telling = Telling.of(params, library, settings)
    work = Rename(params, wanted, fields, telling, Change(options=tagging.options(params)))
    phases: list[Phase] = [Planning(work), Changing(work.change, "Moving", PLACING)]
    if fields:
        phases.append(Changing(work.change, "Tagging", ("tags",)))
    if params.get("m3u"):
        phases.append(Changing(work.change, "Lists", ("list",)))
    names = ("template", "templates", "root", "tags", "m3u", "export")
    return RenameJob(
        kind="rename",
        key=f"rename:{chosen.key(params, *names)}",
        title=f"Rename · {wanted.said} · {chosen.said(params)}",
        phases=(*phases, *telling.phases),
        writes=frozenset({RESOURCE}) | telling.writes,
        work=work,
    )


@dataclass
class Rename:
    """One rename under way."""

    params: Mapping[str, Any]
    wanted: Wanted
    fields: list[str]
    telling: Telling
    change: Change
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(eq=False)
class RenameJob(Job):
    """The job, with what it did as the result."""

    work: Rename = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        done = self.work.change.counts
        found: dict[str, Any] = {
            "planned": self.work.counts.get("planned", 0),
            "renamed": sum(done.get(kind, 0) for kind in ("move", "copy")),
            "skipped": self.work.counts.get("skipped", 0),
            "change": self.work.change.id,
        }
        if self.work.fields:
            found["written"] = done.get("tags", 0)
        if self.work.params.get("m3u"):
            found["lists"] = done.get("list", 0)
        return found | self.work.telling.result()


async def preview(library: Reader, params: Mapping[str, Any]) -> Renames:
    """What the job would do with these params, by the library and the disk as they are. Writes nothing.

    Also what no collection of Traktor could name is refused. Raises `JobError`.
    """
    wanted = Wanted.of(params)
    return await planned(library, params, wanted, await Naming.read(library))


async def planned(library: Reader, params: Mapping[str, Any], wanted: Wanted, naming: Naming) -> Renames:
    """The plan. A file that Traktor could not find keeps its name, so that another may not have it."""
    sources = await rename_plan.read(library, params, wanted)
    refused: dict[int, str] = {}
    while True:
        plan = await asyncio.to_thread(rename_plan.planned, sources, wanted, refused)
        paths = {item.id: item.target for item in plan.items if item.target != item.path}
        moves = await moving.can_move(library, paths, naming)
        if not moves.refused:
            return await rename_plan.with_lists(plan, sources, params.get("m3u") or ())
        refused |= moves.refused


@dataclass
class Planning:
    """Writes all steps down, on the disk before the first file is touched.

    The plan of a job that was cut off stands; what is left of it is carried out.
    """

    job: Rename
    name: str = "Planning"
    repeat: bool = True

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate(items=len(await chosen.chosen(ctx.library, self.job.params)))

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        work.change.id = await begun(ctx.library, ctx.job_id, KIND)
        if work.change.id is not None and not await self._is_left(ctx.library):
            return
        await work.telling.refuse(ctx.library)
        naming = await Naming.read(ctx.library)

        work.change.moved = await teller(ctx.library, naming)
        if work.change.id is not None:
            return
        renames = await planned(ctx.library, work.params, work.wanted, naming)
        work.counts = renames.counts()
        ctx.report(total=len(renames.items))
        failures = [
            ItemFailure(item.path or f"track {item.id}", item.reason or "", item.id)
            for item in renames.items
            if item.status == "refused"
        ]
        announcement = await self._announcement(ctx, renames)
        if announcement is None:
            yield Batch(nothing, processed=len(renames.items), failures=failures)
            return
        yield Batch(announcement.store, processed=len(renames.items), failures=failures, durable=True)
        announcement.written()

    async def _is_left(self, library: Reader) -> bool:
        """Whether steps of the change are still to be carried out."""
        row = await library.fetchone(
            "SELECT 1 FROM file_step WHERE change_id = ? AND state = 'meant' LIMIT 1", (self.job.change.id,)
        )
        return row is not None

    async def _announcement(self, ctx: Context, renames: Renames) -> Announcement | None:
        work = self.job
        steps = renames.steps()
        if work.fields:
            ids = [item.id for item in renames.items if item.id in renames.files]
            more, _ = await tagging.tag_steps(
                ctx.library, ids, work.fields, first=len(steps) + 1, paths=renames.paths()
            )
            steps += more
        steps += renames.list_steps(len(steps) + 1)
        if not steps:
            return None
        return Announcement(work.change, KIND, rename_plan.title(renames, work.wanted), ctx.job_id, steps)
