"""What the process pool promises: tasks that hang, crash or are cancelled cost one task and nothing else."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import psutil
import pytest
import pytest_asyncio

from djtui.config import PoolSettings
from djtui.jobs.crew import CrewSize
from djtui.jobs.job import TaskCrashed, TaskTimeout
from djtui.jobs.pool import Lane, Pool
from tests.jobs import tasks


@pytest_asyncio.fixture
async def pool() -> AsyncIterator[Pool]:
    pool = Pool.of(PoolSettings(analysis_max=1))
    yield pool
    await pool.close()


async def killed_by(task: asyncio.Task[Any]) -> type[BaseException] | None:
    await asyncio.wait({task})
    if task.cancelled():
        return asyncio.CancelledError
    error = task.exception()
    return None if error is None else type(error)


async def test_a_task_runs_in_another_process_and_its_value_comes_back(pool: Pool) -> None:
    assert await pool.run("import", tasks.double, 21) == 42
    assert await pool.run("import", tasks.nap, 0) != os.getpid()


async def test_a_worker_that_hangs_is_killed_and_costs_one_task(pool: Pool) -> None:
    neighbour = asyncio.ensure_future(pool.run("import", tasks.nap, 0.8))
    with pytest.raises(TaskTimeout, match=r"longer than its limit of 0\.3 s"):
        await pool.run("import", tasks.spin, timeout=0.3)
    with pytest.raises(TaskTimeout):
        await pool.run("import", tasks.hold_the_interpreter, timeout=0.3)
    assert await neighbour > 0
    assert await pool.run("import", tasks.double, 1) == 2
    assert pool.statistics()["import"].killed == 2


async def test_a_worker_that_crashes_costs_one_task(pool: Pool) -> None:
    with pytest.raises(TaskCrashed, match="SIGSEGV"):
        await pool.run("import", tasks.crash)
    assert await pool.run("import", tasks.double, 2) == 4
    assert pool.statistics()["import"].killed == 1


async def test_a_task_that_is_called_off_is_no_killed_one(pool: Pool) -> None:
    task = asyncio.ensure_future(pool.run("import", tasks.nap, 60))
    while not pool.statistics()["import"].busy:
        await asyncio.sleep(0)
    task.cancel()
    assert await killed_by(task) is asyncio.CancelledError
    assert pool.statistics()["import"].killed == 0


async def test_a_worker_killed_while_it_sends_its_result_costs_one_task(pool: Pool) -> None:
    await pool.run("import", tasks.double, 1)
    running = [asyncio.ensure_future(pool.run("import", tasks.blob, 20_000_000)) for _ in range(10)]
    await asyncio.sleep(0.03)
    os.kill(pool.pids()[0], signal.SIGKILL)
    lost = [reason for task in running if (reason := await killed_by(task)) is not None]
    assert lost in ([], [TaskCrashed])


async def test_an_idle_worker_that_is_killed_costs_no_task(pool: Pool) -> None:
    for wait in (0.0, 0.25):  # before and after its death is noticed
        pid = await pool.run("import", tasks.nap, 0)
        os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(wait)
        assert await pool.run("import", tasks.double, 3) == 6


async def test_cancelling_the_caller_kills_the_worker(pool: Pool) -> None:
    task = asyncio.ensure_future(pool.run("import", tasks.spin))
    while not (pids := pool.pids()):
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)
    task.cancel()
    assert await killed_by(task) is asyncio.CancelledError
    for _ in range(100):
        if not psutil.pid_exists(pids[0]):
            break
        await asyncio.sleep(0.02)
    assert not psutil.pid_exists(pids[0])
    assert await pool.run("import", tasks.double, 4) == 8


async def test_time_in_the_queue_does_not_count_towards_the_limit(pool: Pool) -> None:
    naps = [pool.run("import", tasks.nap, 0.2, timeout=0.7) for _ in range(8)]
    assert len(await asyncio.gather(*naps)) == 8


async def test_a_lane_runs_no_more_at_once_than_it_may(pool: Pool) -> None:
    naps = [asyncio.ensure_future(pool.run("import", tasks.nap, 0.1)) for _ in range(5)]
    while pool.statistics()["import"].busy < 2:
        await asyncio.sleep(0.01)
    statistics = pool.statistics()["import"]
    assert (statistics.max, statistics.busy, statistics.queued) == (2, 2, 3)
    pids = set(await asyncio.gather(*naps))
    assert len(pids) <= 2
    statistics = pool.statistics()["import"]
    assert (statistics.total, statistics.idle, statistics.busy, statistics.done) == (2, 2, 0, 5)


async def test_too_much_memory_costs_one_task() -> None:
    pool = Pool([Lane("import", "quick", 1)], [CrewSize("quick", 1)], memory_limit=1 << 30)
    with pytest.raises(TaskCrashed, match="eat needs more memory"):
        await pool.run("import", tasks.eat, 2000)
    assert await pool.run("import", tasks.eat, 10) == 10 << 20
    await pool.close()


async def test_errors_come_back_as_they_are_or_as_words(pool: Pool) -> None:
    with pytest.raises(ValueError, match="no such beat") as raised:
        await pool.run("import", tasks.refuse, "no such beat")
    assert "tasks.py" in raised.value.__notes__[0]
    with pytest.raises(RuntimeError, match="Awkward: not like this"):
        await pool.run("import", tasks.refuse_awkwardly)
    with pytest.raises(RuntimeError, match="leave ended its worker"):
        await pool.run("import", tasks.leave)


async def test_workers_are_quiet_and_modest(pool: Pool, capfd: pytest.CaptureFixture[str]) -> None:
    await pool.run("import", tasks.chatter)
    assert capfd.readouterr() == ("", "")
    quick = await pool.run("import", tasks.circumstances)
    assert quick | {"niceness": 0} == {
        "niceness": 0,
        "stdin": "null",
        "sigint": True,
        "sigterm": True,
        "threads": "1",
    }
    heavy = await pool.run("analysis", tasks.circumstances)
    assert heavy["niceness"] >= 10


async def test_idle_workers_end_and_are_opened_again_on_demand() -> None:
    pool = Pool([Lane("import", "quick", 2)], [CrewSize("quick", 2, idle_s=0.3)])
    first = await pool.run("import", tasks.nap, 0)
    for _ in range(100):
        if not pool.pids() and not psutil.pid_exists(first):
            break
        await asyncio.sleep(0.05)
    assert not psutil.pid_exists(first)
    assert await pool.run("import", tasks.nap, 0) != first
    await pool.close()


async def test_closing_ends_busy_workers_too() -> None:
    pool = Pool([Lane("import", "quick", 2)], [CrewSize("quick", 2)])
    task = asyncio.ensure_future(pool.run("import", tasks.spin))
    while not (pids := pool.pids()):
        await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await pool.close()
    assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_where_no_process_may_be_started_threads_do_the_work() -> None:
    pool = Pool.of(PoolSettings(), threads=True)
    assert await pool.run("import", tasks.nap, 0) == os.getpid()
    with pytest.raises(TaskTimeout):
        await pool.run("import", tasks.nap, 1, timeout=0.1)
    with pytest.raises(ValueError, match="no"):
        await pool.run("analysis", tasks.refuse, "no")
    assert pool.pids() == []
    await pool.close()
