"""A task that dies or hangs is told from a file that cannot be analysed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from djtui.analysis.listening import File, Listening, Result, identity
from djtui.analysis.result import Analysis, Loudness, Options
from djtui.jobs.crew import CrewSize
from djtui.jobs.job import JobError, TaskCrashed, TaskTimeout
from djtui.jobs.pool import Lane, Pool
from tests.jobs import tasks


@pytest_asyncio.fixture
async def pool() -> AsyncIterator[Pool]:
    made = Pool([Lane("analysis", "heavy", 2)], [CrewSize("heavy", 2)], memory_limit=1 << 30)
    yield made
    await made.close()


@pytest.fixture
def file(tmp_path: Path) -> File:
    path = tmp_path / "song.wav"
    path.write_bytes(b"music")
    return File(str(path), *identity(str(path)))


def analysis_of(file: File) -> Analysis:
    size, mtime_ns = identity(file.path)
    assert size is not None and mtime_ns is not None
    return Analysis(file.path, size, mtime_ns, 60.0, None, 44_100, 2, "libsndfile", Loudness(None, None))


class Answers:
    """A way into the pool that gives another answer each time, as told: a value, an error, or a task."""

    def __init__(self, *answers: Any, pool: Pool | None = None) -> None:
        self.asked = 0
        self._answers = answers
        self._pool = pool

    async def __call__(
        self, lane: str, function: Callable[..., Any], *args: Any, timeout: float | None = None
    ) -> Any:
        answer = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, tuple):
            assert self._pool is not None
            return await self._pool.run(lane, *answer, timeout=timeout)
        return answer() if callable(answer) else answer


async def listen(run: Answers, *files: File, limit: float = 60.0) -> list[Result]:
    async def each() -> AsyncGenerator[File, None]:
        for file in files:
            yield file

    listening = Listening(each(), run, lambda file: Options(), lambda file: limit, width=2)
    results: list[Result] = []
    while (some := await listening.some()) is not None:
        results += some
    await listening.close()
    return results


async def test_a_file_that_crashes_its_worker_is_tried_three_times(pool: Pool, file: File) -> None:
    run = Answers((tasks.crash,), pool=pool)
    (result,) = await listen(run, file)
    assert run.asked == 3
    assert result.reason == "decoder crashed"
    assert "SIGSEGV" in result.sentence


async def test_a_worker_that_somebody_killed_costs_its_file_nothing(pool: Pool, file: File) -> None:
    run = Answers((tasks.crash,), analysis_of(file), pool=pool)
    (result,) = await listen(run, file)
    assert result.analysis == analysis_of(file)


async def test_a_file_that_eats_memory_and_one_that_hangs_have_a_reason_each(pool: Pool, file: File) -> None:
    (greedy,) = await listen(Answers((tasks.eat, 4000), pool=pool), file)
    assert greedy.reason == "too much memory"
    (slow,) = await listen(Answers((tasks.spin,), pool=pool), file, limit=0.3)
    assert slow.reason == "too long to decode"


async def test_a_clock_that_jumped_is_no_fault_of_a_file(file: File) -> None:
    (result,) = await listen(Answers(TaskTimeout("late"), analysis_of(file)), file)
    assert result.analysis is not None


async def test_a_file_that_changed_meanwhile_is_heard_again(file: File) -> None:
    old = analysis_of(file)
    Path(file.path).write_bytes(b"other music")
    (result,) = await listen(Answers(old, lambda: analysis_of(file)), file)
    assert result.analysis == analysis_of(file)
    (restless,) = await listen(Answers(old), file)
    assert restless.reason == "changed"


async def test_a_mistake_of_ours_is_said_and_costs_one_file(file: File) -> None:
    (result,) = await listen(Answers(ValueError("oops")), file)
    assert (result.reason, "ValueError: oops" in result.sentence) == ("unexpected", True)


async def test_what_is_no_files_fault_ends_the_phase(file: File) -> None:
    from concurrent.futures.process import BrokenProcessPool

    unable = TaskCrashed("A worker could not begin a task.")
    unable.__cause__ = BrokenProcessPool("no process could be started")
    for error in (unable, JobError("The audio libraries cannot be loaded.")):
        with pytest.raises(type(error)):
            await listen(Answers(error), file)
