"""The engine under fire: hosts and workers killed at random moments, editors and rivals in between."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from djtui.jobs.crew import CrewSize
from djtui.jobs.job import TaskCrashed
from djtui.jobs.locks import host_is_free
from djtui.jobs.pool import Lane, Pool
from djtui.jobs.requests import submit, want
from djtui.jobs.views import failures, job
from djtui.library.database import Library
from tests.jobs import tasks
from tests.jobs.conftest import StartHost, done_at_least, until
from tests.jobs.test_host import alive
from tests.jobs.toy import KINDS, counted

ROOT = Path(__file__).parents[2]
KILLS = 20
ITEMS = 4000
COMMITTED = "SELECT name, committed FROM job_phase WHERE job_id = ?"


def told(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "phases": [
            {"name": "Reading", "items": 20, "repeat": True},
            {
                "name": "Syncing",
                "items": ITEMS,
                "step": 10,
                "lane": "import",
                "task_nap": 0.01,
                "failing": list(range(7, ITEMS, 100)),
            },
            {"name": "Validating", "items": ITEMS, "step": 50, "beside": ["Syncing"]},
        ],
    }


async def outcome(library: Library, job_id: int, name: str) -> dict[str, Any]:
    """Everything that a job leaves behind, but for times."""
    view = await job(library, job_id)
    assert view is not None
    return {
        "state": view.state,
        "result": view.result,
        "phases": [(it.name, it.state, it.done, it.total, it.added, it.failures) for it in view.phases],
        "failures": [(it.phase, it.item, it.reason) for it in await failures(library, job_id)],
        "rows": {it.name: await counted(library, f"{name}/{it.name}") for it in view.phases},
    }


async def test_a_job_whose_host_is_killed_again_and_again_ends_as_if_undisturbed(
    library: Library, start_host: StartHost
) -> None:
    calm = await submit(library, KINDS, "toy", told("calm"))
    process = start_host()
    await until(library, calm, "succeeded", within=60)
    process.terminate()
    process.wait()

    stormy = await submit(library, KINDS, "toy", told("stormy"))
    kills = 0
    while True:
        process = start_host()
        await asyncio.sleep(random.uniform(0.05, 0.6))
        view = await job(library, stormy)
        assert view is not None
        if view.is_over or kills == KILLS:
            break
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
        for row in await library.fetchall(
            "SELECT name, committed FROM job_phase WHERE job_id = ?", (stormy,)
        ):
            stored = len(await counted(library, f"stormy/{row['name']}"))
            assert row["name"] == "Reading" or stored == row["committed"]
        await want(library, stormy, "run")
    await until(library, stormy, "succeeded", within=60)
    assert kills >= 5
    assert await outcome(library, stormy, "stormy") == await outcome(library, calm, "calm")


async def test_a_job_whose_workers_are_killed_again_and_again_ends_complete(
    library: Library, start_host: StartHost
) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": {"items": 120, "lane": "import", "task_nap": 0.02}})
    process = start_host()
    kills = 0
    while kills < 6:
        await asyncio.sleep(random.uniform(0.1, 0.4))
        view = await job(library, job_id)
        assert view is not None
        if view.is_over:
            break
        children = psutil.Process(process.pid).children(recursive=True)
        workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
        if workers:
            random.choice(workers).kill()
            kills += 1
    await until(library, job_id, "succeeded", within=120)
    assert await counted(library, "toy/Counting") == list(range(120))


async def test_a_pool_under_fire_loses_one_task_a_kill_and_never_hangs() -> None:
    pool = Pool([Lane("import", "quick", 2)], [CrewSize("quick", 2)])
    await pool.run("import", tasks.double, 1)
    for _ in range(30):
        running = [asyncio.ensure_future(pool.run("import", tasks.blob, 10_000_000)) for _ in range(12)]
        await asyncio.sleep(random.uniform(0, 0.15))
        if pids := pool.pids():
            os.kill(random.choice(pids), signal.SIGKILL)
        await asyncio.wait_for(asyncio.wait(running), 20)
        lost = [error for task in running if (error := task.exception()) is not None]
        assert len(lost) <= 1 and all(isinstance(error, TaskCrashed) for error in lost)
    pids = pool.pids()
    await pool.close()
    assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_not_even_a_worker_deep_in_c_code_outlives_its_host() -> None:
    code = (
        "import asyncio, sys\n"
        "from djtui.jobs.crew import CrewSize\n"
        "from djtui.jobs.pool import Lane, Pool\n"
        "from tests.jobs import tasks\n"
        "async def main():\n"
        "    pool = Pool([Lane('a', 'quick', 3)], [CrewSize('quick', 3)])\n"
        "    work = [tasks.spin, tasks.hold_the_interpreter]\n"
        "    running = [asyncio.ensure_future(pool.run('a', task)) for task in work]\n"
        "    await pool.run('a', tasks.double, 1)\n"
        "    while len(pool.pids()) < 3: await asyncio.sleep(0.05)\n"
        "    await asyncio.sleep(0.5)\n"
        "    print(*pool.pids(), flush=True)\n"
        "    await asyncio.gather(*running)\n"
        "asyncio.run(main())\n"
    )
    host = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert host.stdout is not None
    workers = [psutil.Process(int(pid)) for pid in host.stdout.readline().split()]
    assert len(workers) == 3
    os.kill(host.pid, signal.SIGKILL)
    deadline = time.monotonic() + 1.0
    while any(alive(worker) for worker in workers) and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    assert not any(alive(worker) for worker in workers)
    host.wait()
    host.stdout.close()


async def test_of_many_hosts_started_at_once_one_stays(library: Library) -> None:
    for _ in range(3):
        hosts = [
            subprocess.Popen([sys.executable, "-m", "tests.jobs.toy_host", str(library.path)], cwd=ROOT)
            for _ in range(5)
        ]
        deadline = time.monotonic() + 20
        while sum(host.poll() is None for host in hosts) > 1 and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        (left,) = [host for host in hosts if host.poll() is None]
        assert all(host.returncode == 0 for host in hosts if host is not left)
        assert not host_is_free(library.path)
        left.terminate()
        left.wait()


async def test_a_hundred_edits_during_a_job_wait_little_and_none_is_lost(
    library: Library, start_host: StartHost
) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": {"items": 2_000_000, "step": 5000}})
    start_host()
    await done_at_least(library, job_id, 5000)
    waits = []
    for number in range(100):
        began = time.perf_counter()
        async with library.writing() as tx:
            await tx.execute("INSERT INTO toy (run, item) VALUES ('editor', ?)", (number,))
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)
    view = await job(library, job_id)
    assert view is not None and view.state == "running"
    assert statistics.median(waits) <= 0.05
    assert await counted(library, "editor") == list(range(100))
    await want(library, job_id, "cancel")
    await until(library, job_id, "cancelled")
