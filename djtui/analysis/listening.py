"""Files through the pool: some at once, in any order, one result for each whatever becomes of workers."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from djtui.analysis.hearing import hear
from djtui.analysis.result import Analysis, Options, Reason, Unanalyzable
from djtui.config import AnalysisSettings
from djtui.jobs.job import JobError, TaskCrashed, TaskTimeout
from djtui.jobs.worker import OutOfMemory

LANE: Final = "analysis"
MOST: Final = 40
"""Results that are handed on at once, at most."""

_TRIES: Final = 3
_LONG_S: Final = 5.0
_SLOWEST: Final = 16_000  # bytes a second: a file of unknown length may be as long as 128 kbit/s make it


class Run(Protocol):
    """How a task gets into the pool: `Context.run` or `Pool.run`."""

    async def __call__(
        self,
        lane: str,
        function: Callable[..., Any],
        *args: Any,
        timeout: float | None = None,  # noqa: ASYNC109 - it is the worker that is stopped
    ) -> Any: ...


@dataclass(frozen=True, slots=True)
class File:
    """A file to analyse, as it lay there when it was looked at. `duration` as the tags have it."""

    path: str
    size: int | None = None
    mtime_ns: int | None = None
    duration: float | None = None
    genre: str | None = None
    track_id: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a file: its analysis, or why there is none, in a word and in a sentence."""

    file: File
    analysis: Analysis | None = None
    reason: Reason | None = None
    sentence: str = ""


def time_limit(file: File, settings: AnalysisSettings) -> float:
    """Seconds that the analysis of a file may take."""
    duration = file.duration or (file.size or 0) / _SLOWEST
    return settings.timeout_base_s + settings.timeout_per_s * duration


@dataclass(slots=True)
class _Task:
    file: File
    limit: float
    started: float


def _progress(task: _Task, now: float) -> str:
    name = Path(task.file.path).name
    seconds = now - task.started
    return f"{name} {seconds:.0f} s of {task.limit:.0f} s" if seconds >= _LONG_S else name


class Listening:
    """Some files on their way through the pool.

    `width` is how many may be on the way at once; 0 lets those that are come to their end. A file whose
    worker died is tried again when all others are done, alone: then it has the machine for itself, and a
    death that was not its fault costs only time.
    """

    def __init__(
        self,
        files: AsyncGenerator[File, None],
        run: Run,
        options: Callable[[File], Options],
        limit: Callable[[File], float],
        width: int = 1,
    ) -> None:
        self.width = width
        self._files = files
        self._fresh = True
        self._run = run
        self._options = options
        self._limit = limit
        self._tasks: dict[asyncio.Future[Analysis], _Task] = {}
        self._again: deque[File] = deque()
        self._tries: dict[str, int] = {}

    @property
    def under_way(self) -> int:
        """How many files are on the way."""
        return len(self._tasks)

    def at_work(self, workers: int) -> str:
        """What so many workers are at, for the screen: names, and how long where it takes long."""
        now = time.monotonic()
        return " · ".join(_progress(task, now) for task in list(self._tasks.values())[:workers])

    async def some(self, within: float = 0.25) -> list[Result] | None:
        """The results of the next `within` seconds, perhaps none; None when every file has had its own.

        Raises `JobError` and `TransientError` for what is no file's fault.
        """
        results: list[Result] = []
        until = time.monotonic() + within
        while len(results) < MOST:
            await self._fill()
            left = until - time.monotonic()
            if not self._tasks or left <= 0:
                break
            done, _ = await asyncio.wait(self._tasks, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            for future in done:
                if (result := self._judge(self._tasks.pop(future), future)) is not None:
                    results.append(result)
        results = await self._unchanged(results)
        if not results and not self._tasks and not self._again and not self._fresh:
            return None
        return results

    async def close(self) -> None:
        """Drop what is on the way; its workers are killed."""
        for future in self._tasks:
            future.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self._files.aclose()

    async def _fill(self) -> None:
        while self._fresh and len(self._tasks) < self.width:
            try:
                self._start(await anext(self._files))
            except StopAsyncIteration:
                self._fresh = False
        if not self._fresh and self._again and not self._tasks and self.width:
            self._start(self._again.popleft())

    def _start(self, file: File) -> None:
        limit = self._limit(file)
        task = self._run(LANE, hear, file.path, self._options(file), timeout=limit)
        self._tasks[asyncio.ensure_future(task)] = _Task(file, limit, time.monotonic())

    def _judge(self, task: _Task, future: asyncio.Future[Analysis]) -> Result | None:
        """What came of a task; None if it is to be tried again."""
        file = task.file
        try:
            return Result(file, future.result())
        except Unanalyzable as error:
            return Result(file, None, error.reason, error.sentence)
        except TaskTimeout:
            slept = time.monotonic() - task.started < 0.9 * task.limit  # a clock that stood still meanwhile
            if slept and self._may_try_again(file):
                return None
            return Result(
                file, None, "too long to decode", f"It was not analysed within {task.limit:.0f} seconds."
            )
        except TaskCrashed as error:
            if isinstance(error.__cause__, BrokenProcessPool):
                raise
            if isinstance(error.__cause__, OutOfMemory):
                return Result(
                    file, None, "too much memory", "Its analysis wants more memory than a worker may have."
                )
            if self._may_try_again(file):
                return None
            return Result(
                file, None, "decoder crashed", f"Its worker died {_TRIES} times; the last time: {error}"
            )
        except JobError:
            raise
        except Exception as error:
            sentence = f"A mistake in djtui stopped its analysis: {type(error).__name__}: {error}"
            return Result(file, None, "unexpected", sentence)

    def _may_try_again(self, file: File) -> bool:
        self._tries[file.path] = tries = self._tries.get(file.path, 1) + 1
        if tries > _TRIES:
            return False
        self._again.append(file)
        return True

    async def _unchanged(self, results: Sequence[Result]) -> list[Result]:
        """Those whose file is still the one that was heard; the others are heard again."""
        heard = [result.analysis for result in results if result.analysis is not None]
        changed = await asyncio.to_thread(_changed, heard) if heard else frozenset()
        kept = []
        for result in results:
            if result.file.path not in changed:
                kept.append(result)
            elif not self._may_try_again(result.file):
                sentence = "It was changed again and again while it was read."
                kept.append(Result(result.file, None, "changed", sentence))
        return kept


def _changed(heard: Sequence[Analysis]) -> frozenset[str]:
    """The paths at which no longer lies what was heard."""
    return frozenset(each.path for each in heard if identity(each.path) != (each.size, each.mtime_ns))


def identity(path: str) -> tuple[int | None, int | None]:
    """Size in bytes and time of the last change in ns; (None, None) for what is not there."""
    with suppress(OSError, ValueError):
        status = Path(path).stat()
        return status.st_size, status.st_mtime_ns
    return None, None
