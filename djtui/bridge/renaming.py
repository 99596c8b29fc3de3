"""The rename job: files get names after a template, and Traktor's collection follows in the same job.

Planning looks at the library and the disk and writes every step down; Moving carries them out; Tagging and
Lists, where they are wanted, write tags and let M3U files follow; then come the phases of the export. Nothing
is moved while Traktor runs, or to where Traktor could not find it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from djtui.bridge import telling
from djtui.bridge.telling import Telling, teller
from djtui.config import Settings
from djtui.files import chosen, emptied, rename_plan, step_rows, tagging
from djtui.files.announcing import LongAnnouncement, begun
from djtui.files.changing import Batches, Change, Changing
from djtui.files.rename_plan import Renames, Sources, Wanted
from djtui.files.scan_walk import UNREADABLE
from djtui.files.scanning import RESOURCE
from djtui.files.step_rows import PLACING, FileStep, State
from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure, Job, Left, Phase
from djtui.library.database import Library, Reader
from djtui.model.text import is_text, plural, spelled
from djtui.traktor import moving
from djtui.traktor.moving import Naming

_PLANNED: Final[tuple[State, ...]] = ("meant", "done", "refused")

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
    told = Telling.of(params, library, settings)
    change = Change(options=tagging.options(params), title=partial(_title, wanted))
    work = Rename(params, wanted, fields, told, change)
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
        phases=(*phases, *told.phases),
        writes=frozenset({RESOURCE}) | told.writes,
        lean=True,
        work=work,
    )


def _title(wanted: Wanted, tracks: int) -> str:
    """What the history calls the change: what is planned, and in the end what was done."""
    return f"Rename of {plural(tracks, 'track')}: {wanted.said}"


@dataclass
class Rename:
    """One rename under way."""

    params: Mapping[str, Any]
    wanted: Wanted
    fields: list[str]
    telling: Telling
    change: Change
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(eq=False)
class RenameJob(Job):
    """The job, with what it did as the result."""

    work: Rename = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        done = self.work.change.counts
        found: dict[str, Any] = {
            "planned": self.work.counts["planned"],
            "renamed": sum(done.get(kind, 0) for kind in ("move", "copy")),
            "skipped": self.work.counts["skipped"],
            "change": self.work.change.id,
        }
        if self.work.fields:
            found["written"] = done.get("tags", 0)
        if self.work.params.get("m3u"):
            found["lists"] = done.get("list", 0)
        return found | self.work.telling.result()

    async def left(self, library: Library, reason: str) -> Left | None:
        change = self.work.change
        await change.look_back(library)
        if change.id is None:
            return None
        result = self.result()
        many = result["renamed"]
        done = f"{plural(many, 'file')} {'was' if many == 1 else 'were'} renamed"
        return Left(result, await telling.left(library, change, done, "the new names", reason))


async def preview(library: Reader, params: Mapping[str, Any]) -> Renames:
    """What the job would do with these params, by the library and the disk as they are. Writes nothing.

    Also what no collection of Traktor could name is refused. Raises `JobError`.
    """
    wanted = Wanted.of(params)
    sources = await rename_plan.read(library, params, wanted)
    renames = await planned(library, sources, wanted, await Naming.read(library))
    renames.lists = await rename_plan.lists(params.get("m3u") or (), renames.names())
    return renames


async def planned(library: Reader, sources: Sources, wanted: Wanted, naming: Naming) -> Renames:
    """The plan. A file that Traktor could not find keeps its name, so that another may not have it."""
    refused: dict[int, str] = {}
    while True:
        plan = await asyncio.to_thread(rename_plan.planned, sources, wanted, refused)
        renames = Renames(plan, sources.files)
        moves = await moving.can_move(library, renames.paths(), naming)
        if not moves.refused:
            return renames
        refused |= moves.refused


@dataclass
class Planning:
    """Writes all steps down, on the disk before the first file is touched.

    The plan of a job that was cut off stands; what is left of it is carried out.
    """

    job: Rename
    name: str = "Planning"
    repeat: bool = True
    keeps: bool = True

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate(items=await chosen.count(ctx.library, self.job.params))

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        work.change.id = await begun(ctx.library, ctx.job_id, KIND, whole=True)
        if work.change.id is not None:
            planned_before = await step_rows.count(ctx.library, work.change.id, _PLANNED, step_rows.MOVING)
            work.counts = Counter(planned=planned_before, skipped=(cursor or {}).get("skipped", 0))
        if work.change.id is not None and not await self._is_left(ctx.library):
            return
        await work.telling.refuse(ctx)
        naming = await Naming.read(ctx.library)

        work.change.moved = await teller(ctx.library, naming)
        if work.change.id is not None:
            return
        ctx.start_over()
        written = LongAnnouncement(work.change, KIND, ctx.job_id, f"Rename: {work.wanted.said}")
        ctx.report(total=await chosen.count(ctx.library, work.params))
        work.counts = Counter()
        async for sources in rename_plan.groups(ctx.library, work.params, work.wanted):
            renames = await planned(ctx.library, sources, work.wanted, naming)
            work.counts.update(renames.counts())
            steps = await self._steps(ctx.library, renames, written.next)
            yield Batch(
                partial(written.add, steps=steps),
                cursor={"skipped": work.counts["skipped"]},
                processed=len(renames.items),
                failures=[
                    ItemFailure(item.path or f"track {item.id}", item.reason or "", item.id)
                    for item in renames.items
                    if item.status == "refused"
                ],
            )
            written.added(steps)
        if written.id is None:
            return
        if places := work.params.get("m3u"):
            found = await rename_plan.lists(places, await step_rows.names(ctx.library, written.id))
            named = [path for path in found if is_text(path)]
            steps = [FileStep(number, None, "list", path) for number, path in enumerate(named, written.next)]
            unfit = [ItemFailure(spelled(path), UNREADABLE) for path in found if not is_text(path)]
            yield Batch(partial(written.add, steps=steps), failures=unfit)
        written.title = _title(work.wanted, work.counts["planned"])
        yield Batch(written.close, durable=True)
        written.written()

    async def _is_left(self, library: Reader) -> bool:
        """Whether steps of the change are still to be carried out."""
        row = await library.fetchone(
            "SELECT 1 FROM file_step WHERE change_id = ? AND state = 'meant' LIMIT 1", (self.job.change.id,)
        )
        return row is not None

    async def _steps(self, library: Reader, renames: Renames, first: int) -> list[FileStep]:
        steps = renames.steps(first)
        steps += await emptied.steps(library, renames.names(), self.job.wanted.root, first + len(steps))
        if self.job.fields:
            ids = [item.id for item in renames.items if item.id in renames.files]
            more, _ = await tagging.tag_steps(
                library, ids, self.job.fields, first=first + len(steps), paths=renames.paths()
            )
            steps += more
        return steps
