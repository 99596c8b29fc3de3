"""The words of the engine: a job is phases, a phase is batches, a batch is worked and then committed."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from djtui.config import Settings
    from djtui.jobs.pool import Pool
    from djtui.jobs.progress import Figures
    from djtui.library.database import Library, Tx

_TRANSACTION_S: Final = 0.045
_TELLING: Final = 50  # fewer items say nothing about the time that one takes

Cursor = dict[str, Any]
"""Where a phase stands, as plain JSON: a key, a page token, a generation; never an offset."""


class TransientError(Exception):
    """Trouble that passes: the phase is opened again from its last checkpoint, after a while.

    The message is a sentence; it is shown with the countdown.
    """


class JobError(Exception):
    """Trouble that lasts: the job fails and keeps its checkpoint. The message is the sentence shown."""


class TaskTimeout(TransientError):
    """A task of the pool ran over its limit; its worker was killed."""


class TaskCrashed(TransientError):
    """The worker of a task died, or the task wanted more memory than a worker may have."""


@dataclass(frozen=True, slots=True)
class ItemFailure:
    """One item that could not be done, and why. The job goes on."""

    item: str
    reason: str
    track_id: int | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a phase will cost; None is unknown. `seconds` may stay None: past runs then answer."""

    items: int | None = None
    requests: int | None = None
    seconds: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Work that is done and now stored: `store` and the checkpoint are committed together.

    `store` is only SQL, idempotent, and aims at 50 ms or less. Without a `cursor` the rows themselves
    say what is done. `durable` waits for the disk, as a journal must.
    """

    store: Callable[[Tx], Awaitable[None]]
    cursor: Cursor | None = None
    processed: int = 0
    added: int = 0
    updated: int = 0
    failures: Sequence[ItemFailure] = ()
    durable: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now, and not an error: a rate limit, Traktor open. `until` is aware; None asks again every 5 s."""

    until: datetime | None
    reason: str


class Phase(Protocol):
    """One step of a job. More attributes are read where a phase has them:

    `repeat: bool`: run again when the job is resumed, for it only fills memory;
    `keeps: bool`: what it has counted stands when it is run again, unless it says `Context.start_over`;
    `beside: tuple[str, ...]`: the names of phases that may run at the same time.
    """

    name: str

    async def estimate(self, ctx: Context) -> Estimate:
        """What the phase will cost, found cheaply and without changing anything."""
        ...

    def work(self, cursor: Cursor | None, ctx: Context) -> AsyncGenerator[Batch | Wait, None]:
        """Work on from `cursor` (None: the start). Between yields: network, pool, files, reads, but never
        a writing transaction. Control comes back from a yield only when that batch is committed."""
        ...


def repeats(phase: Phase) -> bool:
    """Whether the phase runs again when its job is resumed."""
    return bool(getattr(phase, "repeat", False))


def keeps(phase: Phase) -> bool:
    """Whether the figures of a phase stand when it is run again."""
    return bool(getattr(phase, "keeps", False))


def may_overlap(one: Phase, other: Phase) -> bool:
    """Whether two phases may run at the same time; either may say so."""
    return other.name in getattr(one, "beside", ()) or one.name in getattr(other, "beside", ())


@dataclass(frozen=True, slots=True)
class Left:
    """What a job leaves behind that failed or was cancelled: its result so far, and what is to be said."""

    result: dict[str, Any]
    said: str


@dataclass(eq=False)
class Job:
    """Something long. Made by a factory from plain parameters, so it must be cheap to make.

    `key` is what the job is about (`traktor-import:PATH`): two with one key are the same job. `reads` are
    resources shared with other readers, `writes` those held alone (`nml:PATH`, `playlist:ID`). `lean`: it
    comes to each row once and in order, so that it needs little of the library in memory (`Library.lean`).
    """

    kind: str
    key: str
    title: str
    phases: Sequence[Phase]
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    lean: bool = field(default=False, kw_only=True)

    def result(self) -> dict[str, Any]:
        """What the job adds to its result when it has succeeded: plain JSON."""
        return {}

    async def left(self, library: Library, reason: str) -> Left | None:
        """What it leaves behind, having failed for a `reason`, or (empty) been cancelled; None: nothing."""
        return None

    async def close(self) -> None:
        """Let go of what the phases share (a connection): the job leaves its host, however it ended."""


JobKinds = Mapping[str, "Callable[[dict[str, Any], Library, Settings], Job]"]
"""Everything djtui can do at length: kind -> factory of parameters, library and settings."""


class Context:
    """What a phase is given to work with."""

    def __init__(
        self,
        job_id: int,
        library: Library,
        settings: Settings,
        *,
        pool: Pool | None = None,
        figures: Figures | None = None,
        batch_size: Callable[[], int] | None = None,
    ) -> None:
        self.job_id = job_id
        self.library = library
        self.settings = settings
        self._pool = pool
        self._figures = figures
        self._batch_size = batch_size
        self._briefly = math.inf

    @property
    def batch_size(self) -> int:
        """How many items to work between two checkpoints.

        Smaller while memory is short, and so many that a transaction takes about 45 ms: an edit from
        another process waits for it.
        """
        wanted = self._batch_size() if self._batch_size else self.settings.jobs.batch
        return int(min(wanted, self._briefly))

    @property
    def done(self) -> int:
        """How many items of the phase are done, those before a resume too."""
        return self._figures.done if self._figures is not None else 0

    def took(self, items: int, seconds: float) -> None:
        """Note how long it took to store so many items."""
        if items >= _TELLING:
            self._briefly = max(_TELLING, round(items * _TRANSACTION_S / max(seconds, 1e-4), -1))

    async def run(
        self,
        lane: str,
        function: Callable[..., Any],
        *args: Any,
        timeout: float | None = None,  # noqa: ASYNC109 - it is the worker that is stopped
    ) -> Any:
        """Run a pure function in the process pool. `timeout` in seconds counts from its start there.

        Raises `TaskTimeout`, `TaskCrashed`, and whatever the function raises.
        """
        if self._pool is None:
            raise RuntimeError("An estimate is made without the process pool.")
        return await self._pool.run(lane, function, *args, timeout=timeout)

    def report(
        self, *, done: int | None = None, total: int | None = None, message: str | None = None
    ) -> None:
        """Say how far the phase is, between two checkpoints. Cheap: written at most four times a second."""
        if self._figures is not None:
            self._figures.report(done=done, total=total, message=message)

    def start_over(self) -> None:
        """Say that the cursor was of no use (its source has changed): what was counted counts no more."""
        if self._figures is not None:
            self._figures.start_over()

    def requested(self, count: int = 1) -> None:
        """Count requests made to a service over the network."""
        if self._figures is not None:
            self._figures.requested(count)
