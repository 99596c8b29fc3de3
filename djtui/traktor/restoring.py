"""The restore job: a backup of a collection takes its place again, by hand or to undo an export.

What exports had written since then waits for export again. The file that is replaced is backed up first, so
that a restore is undone by another one.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from djtui.config import Settings
from djtui.jobs.job import Batch, Context, Cursor, Estimate, Job, JobError
from djtui.library import history
from djtui.library.database import Reader, Tx
from djtui.library.history import Change, HistoryError
from djtui.library.tracks import as_json
from djtui.traktor import backups, export_state, journal
from djtui.traktor.export_state import LANE, explained
from djtui.traktor.export_writing import put_in_place
from djtui.traktor.import_state import Batches, nothing
from djtui.traktor.nml import NmlError, identify, survey
from djtui.traktor.recovering import TEMPORARY, discard

KIND: Final = "restore"
"""The kind of these changes in the history."""


@dataclass(slots=True)
class Restore:
    """One restore under way. `digest` is that of the backup; `undoes` the change that it takes back."""

    path: Path
    backup: Path
    undoes: int | None
    settings: Settings
    digest: bytes = b""
    saved: Path | None = None
    counts: dict[str, Any] = field(default_factory=lambda: {"restored": None, "change": None, "notes": []})

    @property
    def target(self) -> Path:
        """The file itself, where `path` is a link to it."""
        return self.path.resolve()

    @property
    def temporary(self) -> Path:
        """Where the restored file grows."""
        return self.target.with_name(f"{TEMPORARY}restore-{self.target.name}")


def restore_job(params: dict[str, Any], settings: Settings) -> Job:
    """The job for `traktor restore`: params path, backup; undoes, a change of the history."""
    path = Path(params["path"])
    work = Restore(path, Path(params["backup"]), params.get("undoes"), settings)
    return RestoreJob(
        kind="traktor-restore",
        key=f"traktor-restore:{path}",
        title=f"Traktor restore · {path.name}",
        phases=(Checking(work), Restoring(work)),
        writes=frozenset({f"nml:{path}"}),
        work=work,
    )


@dataclass(eq=False)
class RestoreJob(Job):
    """The job, with what it did as the result."""

    work: Restore = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        saved = None if self.work.saved is None else str(self.work.saved)
        return self.work.counts | {"backup": saved}


async def undo_params(library: Reader, change: Change) -> dict[str, Any]:
    """The params of the restore job that undoes an export or a restore. Raises `HistoryError`."""
    if change.undone is not None:
        raise HistoryError(f"Change {change.id} ({change.title}) is undone already.")
    row = await library.fetchone(
        "SELECT path, before FROM change_row JOIN nml_file ON nml_file.id = row_id"
        " WHERE change_id = ? AND what = 'file'",
        (change.id,),
    )
    if change.kind == KIND and row is not None:
        backup = json.loads(row["before"])["backup"]
        return _checked(change, row["path"], backup)
    export = await journal.of_change(library, change.id)
    if export is None:
        raise HistoryError(f"Change {change.id} ({change.title}) left nothing that could be put back.")
    file = await library.fetchone("SELECT path FROM nml_file WHERE id = ?", (export.file_id,))
    assert file is not None
    try:
        _, digest = await asyncio.to_thread(identify, file["path"])
    except NmlError as error:
        raise HistoryError(f"{error} Restore a backup with `djtui traktor restore`.") from error
    if digest != export.result:
        raise HistoryError(
            f"{file['path']} was written since that export. Its backup is {export.backup}: "
            "`djtui traktor restore` puts it back all the same."
        )
    return _checked(change, file["path"], export.backup)


class Stranded(NamedTuple):
    """Files that keep new names when the collection becomes what it was before it was told of them.

    `rename` is the change that gave them the last of those names.
    """

    files: int
    rename: int | None

    @property
    def sentence(self) -> str:
        """What it means for Traktor, and what to do; "" if there are none."""
        if not self.files:
            return ""
        keep = (
            "1 file keeps its new name" if self.files == 1 else f"{self.files:,} files keep their new names"
        )
        advice = "" if self.rename is None else f"; djtui undo {self.rename} takes the rename back, too"
        return f"{keep}, which Traktor will not know until the next export{advice}."


async def stranded(library: Reader, exports: Sequence[journal.Export]) -> Stranded:
    """Which files Traktor loses sight of when these exports, oldest first, are taken back."""
    old: dict[int, str] = {}
    for export in exports:
        for entry, move in export.edits.moved.items():
            old.setdefault(entry, move.old)
    if not old:
        return Stranded(0, None)
    rows = await library.fetchall(
        "SELECT id, track_id, coalesce(moved, key) AS named FROM nml_entry"
        " WHERE track_id IS NOT NULL AND gone = 0 AND id IN (SELECT value FROM json_each(?))",
        (as_json(list(old)),),
    )
    tracks = [row["track_id"] for row in rows if row["named"] != old[row["id"]]]
    rename = await library.fetchone(
        "SELECT max(change.id) AS id FROM change JOIN file_step ON change_id = change.id"
        " WHERE change.kind = 'rename' AND undone IS NULL"
        " AND track_id IN (SELECT value FROM json_each(?))",
        (as_json(tracks),),
    )
    return Stranded(len(tracks), rename["id"] if rename is not None else None)


async def stranded_by(library: Reader, change: Change) -> Stranded:
    """Which files Traktor loses sight of when a change is undone: those that an export told it of."""
    export = await journal.of_change(library, change.id)
    return await stranded(library, [export] if export is not None else [])


def _checked(change: Change, path: str, backup: str | None) -> dict[str, Any]:
    if backup is None or not Path(backup).is_file():
        raise HistoryError(f"The backup of change {change.id} ({change.title}) is no longer there.")
    return {"path": path, "backup": backup, "undoes": change.id}


@dataclass
class Checking:
    """The backup must be a collection; Traktor must not run. The present file is backed up."""

    job: Restore
    name: str = "Checking"
    repeat: bool = True

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        await export_state.refuse_while_running(work.path)
        async with explained(work.backup):
            work.digest = (await ctx.run(LANE, survey, str(work.backup))).digest
        async with explained(work.path):
            if work.path.exists():
                _, present = await ctx.run(LANE, identify, str(work.path))
                if present == work.digest:
                    work.counts["notes"].append(f"{work.path.name} is this backup already.")
                work.saved = await asyncio.to_thread(backups.make, ctx.library.path, work.path, present)
        yield Batch(nothing)


@dataclass
class Restoring:
    """Copies the backup beside the collection and exchanges them in one step."""

    job: Restore
    name: str = "Restoring"
    repeat: bool = True

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        async with explained(work.path):
            discard(str(work.temporary), work.target)
            try:
                await asyncio.to_thread(_copy, work.backup, work.temporary)
                _, digest = await ctx.run(LANE, identify, str(work.temporary))
                if digest != work.digest:
                    raise JobError(f"{work.backup} changed while it was copied; nothing was replaced.")
                await export_state.refuse_while_running(work.path)
                await asyncio.to_thread(put_in_place, work.temporary, work.target)
            except BaseException:
                discard(str(work.temporary), work.target)
                raise
        work.counts["restored"] = str(work.backup)
        yield Batch(self._note, processed=1)

    async def _note(self, tx: Tx) -> None:
        """What exports have written since the backup waits again; the next import reads the file."""
        work = self.job
        row = await tx.fetchone("SELECT id FROM nml_file WHERE path = ?", (str(work.path),))
        undone = await tx.fetchone("SELECT title FROM change WHERE id = ?", (work.undoes,))
        kind, title = (
            (KIND, f"Restore of {work.path.name}") if undone is None else ("undo", f"Undo: {undone['title']}")
        )
        change = await history.begin(tx, kind, title, undoes=work.undoes)
        work.counts["change"] = change
        if work.undoes is not None:
            await tx.execute("UPDATE change SET undone = ? WHERE id = ?", (change, work.undoes))
        if row is None:
            return
        file_id = row["id"]
        saved = None if work.saved is None else str(work.saved)
        await history.note(tx, change, "file", {file_id: ({"backup": saved}, {"backup": str(work.backup)})})
        exports = await journal.exports(tx, file_id, "written", "kept")
        sources = [export.source for export in exports]
        if work.digest in sources:
            first = len(sources) - 1 - sources[::-1].index(work.digest)
            if said := (await stranded(tx, exports[first:])).sentence:
                work.counts["notes"].append(said)
            for export in reversed(exports[first:]):
                await journal.forget(tx, export, "undone" if export.change_id == work.undoes else "lost")
        await tx.execute("UPDATE nml_file SET digest = NULL, mtime_ns = NULL WHERE id = ?", (file_id,))


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as read, target.open("xb") as write:
        shutil.copyfileobj(read, write, 4 << 20)
        write.flush()
        os.fsync(write.fileno())
    shutil.copymode(source, target)
