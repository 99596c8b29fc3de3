"""Auto-sync: the library and the collection are kept in step by themselves.

A trigger (the start, a write of the file, an edit here) only says that it is time. Once all has been quiet
for a while, both sides tell what is needed, and it is asked for as the same jobs that the DJ asks for. What
was tried is remembered, so that neither our own export, nor a job that fails, nor what an export has to leave
out is a reason to do it again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from djtui.jobs import requests, views
from djtui.jobs.hosting import follow
from djtui.jobs.job import JobError
from djtui.jobs.locks import host_is_free
from djtui.library.database import LibraryError
from djtui.traktor import running
from djtui.traktor.auto_lock import AutoLock
from djtui.traktor.auto_look import Look, Stamp, look, same_bytes
from djtui.traktor.auto_state import AutoState, Phase
from djtui.traktor.auto_watch import FileWatch
from djtui.traktor.question import question

if TYPE_CHECKING:
    from djtui.config import Settings
    from djtui.jobs.job import JobKinds
    from djtui.jobs.views import JobView
    from djtui.library.database import Library

__all__ = ["AutoState", "AutoSync", "Phase"]

Kind = Literal["traktor-import", "traktor-export"]

_AT_WORK: Final[dict[Kind, Phase]] = {"traktor-import": "importing", "traktor-export": "exporting"}
_LONGEST_S: Final = 600.0
_QUIET: Final = "It begins when both sides have been left alone for a while."
_AGAIN: Final = "It is tried again when something changes."
_LEFT_OUT: Final = "What is left the last export could not write."


class _Obstacle(NamedTuple):
    phase: Phase
    reason: str


class _Trouble(NamedTuple):
    """What is said at rest until a job of that kind is no longer needed."""

    kind: Kind
    phase: Phase
    reason: str


@dataclass(slots=True)
class _Tried:
    """The states of file and library that were dealt with, well or badly."""

    stamp: Stamp | None = None
    library: tuple[int, int] | None = None


class AutoSync:
    """Keeps one library and its collection in step, as `settings.traktor` says, while `run` runs.

    `host` sees to it that somebody works the jobs; `told` is called with the first `state` and at every
    change; `name` is how other processes speak of this one. `debounce_s` is how long both sides must have
    been left alone (the setting, by default), `look_s` how often the library is looked at, and `poll_s` how
    often it is asked whether what stands in the way has gone.
    """

    def __init__(
        self,
        library: Library,
        settings: Settings,
        kinds: JobKinds,
        host: Callable[[], Awaitable[object]],
        *,
        told: Callable[[AutoState], object] | None = None,
        name: str = "djtui",
        debounce_s: float | None = None,
        look_s: float = 1.0,
        poll_s: float = 5.0,
    ) -> None:
        self.state = AutoState("off")
        self._library = library
        self._settings = settings
        self._options = settings.traktor
        self._kinds = kinds
        self._host = host
        self._told = told
        self._silent = True
        self._name = name
        self._debounce_s = self._options.debounce_s if debounce_s is None else debounce_s
        self._look_s = look_s
        self._poll_s = poll_s
        self._watch = FileWatch(poll_s)
        self._version = -1
        self._due = self._options.on_start
        self._not_before = 0.0
        self._why = _Obstacle("waiting", _QUIET)
        self._trouble: _Trouble | None = None
        self._tried = _Tried()
        self._failures = 0

    async def run(self) -> None:
        """Keep in step until cancelled. Trouble is not raised: it stands in `state`."""
        while True:
            try:
                if self._options.auto:
                    await self._take_turns()
                else:
                    await self._only_count("off", "", self._look_s)
            except LibraryError as error:
                self._tell("held", str(error), self.state.waiting)
                await asyncio.sleep(self._poll_s)

    async def _take_turns(self) -> None:
        """One process at a time: the others say who it is, and one of them takes over when it ends."""
        lock = AutoLock(self._library.path, self._name)
        while not lock.take():
            await self._only_count("elsewhere", f"{lock.holder()} does it.", self._poll_s)
        try:
            await self._keep_in_step()
        finally:
            await self._watch.close()
            lock.release()

    async def _only_count(self, phase: Phase, reason: str, seconds: float) -> None:
        if await self._library_changed() or (self.state.phase, self.state.reason) != (phase, reason):
            seen = await look(self._library, self._options)
            self._tell(phase, reason, seen.waiting)
        await asyncio.sleep(seconds)

    async def _keep_in_step(self) -> None:
        last = await look(self._library, self._options)
        while True:
            await self._watch.follow(last.path)
            last = await self._attend(last)
            seen = await self._next(last)
            self._heed(last, seen)
            last = seen

    async def _next(self, last: Look) -> Look:
        """Both sides when one of them may have changed, or as they were after a while."""
        pause = self._look_s
        if self._due:
            pause = max(0.0, min(pause, self._not_before - time.monotonic()))
        file_changed = await self._watch.changed(pause)
        if await self._library_changed() or file_changed:
            return await look(self._library, self._options)
        return last

    async def _library_changed(self) -> bool:
        row = await self._library.fetchone("PRAGMA data_version")
        version = int(row[0]) if row is not None else -1
        changed, self._version = version != self._version, version
        return changed

    def _heed(self, last: Look, seen: Look) -> None:
        """Whether what has changed is a trigger. Every change begins the time of quiet anew."""
        file, library = seen.stamp != last.stamp, seen.library != last.library
        exports = self._options.direction != "import"
        if (file and self._options.on_file_change) or (
            library and exports and self._options.on_library_change
        ):
            self._due = True
        if self._due and (file or library):
            self._wait_for_quiet()

    def _wait_for_quiet(self) -> None:
        quiet = min(_LONGEST_S, self._debounce_s * 2.0 ** min(self._failures, 20))
        self._not_before = time.monotonic() + quiet
        self._why = _Obstacle("waiting", _QUIET)

    async def _attend(self, seen: Look) -> Look:
        """Do what is due, if nothing stands in the way. Returns both sides as they are then."""
        if seen.path is None or seen.stamp is None:
            what = "No collection was imported yet." if seen.path is None else f"{seen.path} is not there."
            self._tell("held", what, seen.waiting)
            return seen
        wanted = self._wanted(seen)
        if not self._due or wanted is None:
            self._due = False
            self._tell(*self._at_rest(seen), seen.waiting)
            return seen
        if time.monotonic() >= self._not_before:
            obstacle = await self._obstacle(seen.path, wanted)
            if obstacle is None:
                return await self._work(wanted, seen, seen.path)
            self._why = obstacle
            patience = self._look_s if obstacle.phase == "waiting" else self._poll_s
            self._not_before = time.monotonic() + patience
        self._tell(*self._why, seen.waiting)
        return seen

    def _wanted(self, seen: Look) -> Kind | None:
        """The job that is needed first, as far as can be seen without reading the file."""
        direction = self._options.direction
        if direction != "export" and seen.stamp not in (seen.imported, self._tried.stamp):
            return "traktor-import"
        if direction != "import" and seen.waiting and seen.library != self._tried.library:
            return "traktor-export"
        return None

    def _at_rest(self, seen: Look) -> tuple[Phase, str]:
        if self._trouble is None:
            return "idle", ""
        imports = self._trouble.kind == "traktor-import"
        if seen.stamp == seen.imported if imports else not seen.waiting:
            self._trouble, self._failures = None, 0
            return "idle", ""
        return self._trouble.phase, self._trouble.reason

    async def _obstacle(self, path: Path, wanted: Kind) -> _Obstacle | None:
        """What stands in the way of a job: another one, a Traktor that runs, a question to the DJ."""
        for job in await views.unfinished(self._library):
            if job.params.get("path") != str(path) or job.params.get("dry_run"):
                continue
            if job.state == "paused":
                return _Obstacle("held", f"“{job.title}” is paused; resume or cancel it.")
            if job.state in views.AT_WORK or (job.state == "queued" and not host_is_free(self._library.path)):
                return _Obstacle("waiting", f"“{job.title}” comes first.")
        if (name := await asyncio.to_thread(running.running)) is not None:
            return _Obstacle("held", f"{name} is running; it goes on when it has quit.")
        if wanted == "traktor-export" and await question(self._library, str(path)) is not None:
            return _Obstacle(
                "held", f"{path.name} belongs to another machine: export once by hand, to say that it may be."
            )
        return None

    async def _work(self, kind: Kind, seen: Look, path: Path) -> Look:
        """Have a job done and remember what was tried. Returns both sides as they are then."""
        if kind == "traktor-import" and await same_bytes(seen):
            self._tried.stamp = seen.stamp
            return seen
        self._tell(_AT_WORK[kind], "", seen.waiting)
        error = await self._job(kind, path)
        after = await look(self._library, self._options)
        if error is not None:
            self._failures += 1
            self._trouble = _Trouble(kind, "held", f"{error} {_AGAIN}")
            self._tried = _Tried(seen.stamp, after.library)
        else:
            self._failures, self._trouble = 0, None
            if kind == "traktor-import":
                self._tried.stamp = seen.stamp
            elif after.revision == seen.revision:  # else something was edited meanwhile: that still waits
                self._tried.library = after.library
                self._trouble = _Trouble(kind, "idle", _LEFT_OUT) if after.waiting else None
        self._wait_for_quiet()
        return after

    async def _job(self, kind: Kind, path: Path) -> str | None:
        """Ask for a job and follow it to its end. Returns what went wrong, in a sentence."""
        params = {"path": str(path), "auto": True}
        try:
            job_id = await requests.submit(self._library, self._kinds, kind, params, settings=self._settings)
        except (requests.RequestError, JobError) as error:
            return str(error)
        await self._host()
        last: JobView | None = None
        counted = 0.0
        waiting = self.state.waiting
        async with aclosing(follow(self._library, job_id)) as job:
            async for last in job:
                if time.monotonic() - counted > self._look_s:
                    waiting = (await look(self._library, self._options)).waiting
                    counted = time.monotonic()
                waits = last.state in ("queued", "waiting")
                self._tell(_AT_WORK[kind], (last.message or "") if waits else "", waiting)
        return _went_wrong(last)

    def _tell(self, phase: Phase, reason: str, waiting: int) -> None:
        since = self.state.since if self.state.phase == phase else datetime.now(UTC)
        state = AutoState(phase, reason, waiting, since)
        if state != self.state or self._silent:
            self.state, self._silent = state, False
            if self._told is not None:
                self._told(state)


def _went_wrong(job: JobView | None) -> str | None:
    """Why a job that nobody works any more has not succeeded; None if it has."""
    if job is None:
        return "The job vanished from the library."
    if job.state == "succeeded":
        return None
    if job.state == "queued":
        return f"“{job.title}” is queued, but nobody works the jobs."
    return job.error or f"“{job.title}” was {job.state}."
