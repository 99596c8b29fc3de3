"""What the phases of an export hand each other, and the checks before a collection is touched."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from djtui.config import Settings
from djtui.jobs.job import Batch, Context, JobError, TransientError, Wait
from djtui.library.database import Reader
from djtui.traktor import running
from djtui.traktor.backups import BackupError
from djtui.traktor.journal import Edits
from djtui.traktor.nml import Fingerprint, NmlError, SourceChanged, Survey
from djtui.traktor.patch import Plan
from djtui.traktor.pending import Pending, Tree
from djtui.traktor.rehearsal import Rehearsal
from djtui.traktor.tree import Tree as FileTree

LANE: Final = "export"
WORKERS: Final = 2
"""How many the work of one export is divided among."""

_SAMPLES: Final = 400


@dataclass(slots=True)
class Export:
    """One export under way.

    `path` is what the library calls the collection, `real` where it lies when links are followed, `target`
    the file that is written: the collection itself, or a copy elsewhere. `merged` is the digest of the file
    that the library is in step with. `rehearsal` is the copy of the library in which a dry run has merged it.
    """

    path: Path
    target: Path
    real: Path
    dry_run: bool
    force: bool
    auto: bool
    settings: Settings
    file_id: int = 0
    whole: bool = True
    foreign: str | None = None
    merged: bytes = b""
    rehearsal: Rehearsal | None = None
    survey: Survey | None = None
    pending: Pending = field(default_factory=Pending)
    tree: Tree | None = None
    file_tree: FileTree = field(default_factory=lambda: FileTree([], []))
    plan: Plan | None = None
    edits: Edits = field(default_factory=Edits)
    backup: Path | None = None
    backed_up: asyncio.Event = field(default_factory=asyncio.Event)
    counts: dict[str, Any] = field(default_factory=dict)

    @property
    def copying(self) -> bool:
        """Whether the collection itself stays as it is."""
        return self.target != self.real

    def seen(self, ctx: Context) -> Context:
        """A context with the library that the export is made from."""
        return ctx if self.rehearsal is None else self.rehearsal.context(ctx)

    async def rehearse(self, path: Path) -> None:
        """Have a copy of the library at `path`, as it is now, from here on. Raises LibraryError."""
        await self.close()
        self.rehearsal = await Rehearsal.open(path)

    async def stored(self, step: Batch | Wait) -> Batch | Wait:
        """A step of the merge for the engine to store, or what is left of it when it is in the copy."""
        return step if self.rehearsal is None else await self.rehearsal.stored(step)

    async def close(self) -> None:
        """Let the copy go, if there is one."""
        rehearsal, self.rehearsal = self.rehearsal, None
        if rehearsal is not None:
            await rehearsal.close()

    @property
    def idle(self) -> bool:
        """Whether there is nothing to write."""
        return self.dry_run or self.plan is None or (self.plan.empty and not self.copying)


@asynccontextmanager
async def explained(path: Path, *, again: bool = False) -> AsyncIterator[None]:
    """Turn what can be wrong with the file or the disk into what the engine understands.

    A file that was written meanwhile ends the job, but where it can begin `again`.
    """
    try:
        yield
    except (NmlError, BackupError) as error:
        raise JobError(str(error)) from error
    except SourceChanged as error:
        if again:
            raise TransientError(f"{path} is being written; reading it again.") from error
        raise written_meanwhile(path) from error
    except OSError as error:
        name = error.filename or path
        raise JobError(
            f"{name} cannot be written: {error.strerror or error}. The collection is as it was."
        ) from error


def reporting(ctx: Context) -> Callable[[int, int], None]:
    """What tells of bytes done, and of how many there are, from another thread."""
    loop = asyncio.get_running_loop()

    def progress(done: int, total: int) -> None:
        loop.call_soon_threadsafe(partial(ctx.report, done=done, total=total))

    return progress


def written_meanwhile(path: Path) -> JobError:
    """The refusal of a collection that is no longer the one that was read."""
    return JobError(
        f"{path} was written by another program while it was exported to; nothing was replaced. Export again."
    )


async def refuse_while_running(path: Path) -> None:
    """Raise JobError while Traktor runs: it would overwrite the file when it quits."""
    name = await asyncio.to_thread(running.running)
    if name is not None:
        raise JobError(
            f"{name} is running and would overwrite {path.name} when it quits. Quit it and export again."
        )


def protected(target: Path) -> str | None:
    """Why a file cannot be replaced, as far as its rights tell; None if it can."""
    if not target.stat().st_mode & stat.S_IWUSR or not os.access(target, os.W_OK):
        return f"{target} is write-protected"
    if not os.access(target.parent, os.W_OK | os.X_OK):
        return f"The folder {target.parent} is write-protected, so that {target.name} cannot be replaced"
    return None


async def wait_for_traktor() -> Wait | None:
    """A wait while Traktor runs, for who has time."""
    name = await asyncio.to_thread(running.running)
    return Wait(None, f"{name} is running; the export goes on when it has quit") if name else None


async def foreign(library: Reader, file_id: int) -> str | None:
    """Why looking for a running Traktor on this machine proves nothing for a collection; None if it does."""
    keys = await library.fetchall(
        "SELECT coalesce(moved, key) AS key FROM nml_entry WHERE file_id = ? LIMIT ?", (file_id, _SAMPLES)
    )
    return await asyncio.to_thread(running.foreign, [row["key"] for row in keys])


def quiet(print_: Fingerprint, seconds: int) -> Wait | None:
    """A wait until a file has been left alone for so long."""
    left_alone = datetime.fromtimestamp(print_.mtime_ns / 1e9, UTC) + timedelta(seconds=seconds)
    if left_alone <= datetime.now(UTC):
        return None
    return Wait(
        min(left_alone, datetime.now(UTC) + timedelta(seconds=seconds)),
        f"the collection was written a moment ago; it must be left alone for {seconds} s",
    )
