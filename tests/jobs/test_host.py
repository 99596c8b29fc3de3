"""What the host promises: one a library, jobs beside each other, and nothing lost when it dies."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import aclosing
from pathlib import Path
from typing import Any

import psutil
import pytest

from djtui.config import Settings, load
from djtui.jobs import views
from djtui.jobs.host import Host
from djtui.jobs.hosting import follow, host_in_thread, hosting, perform
from djtui.jobs.job import Job
from djtui.jobs.locks import HostTaken, host_is_free, lock_path
from djtui.jobs.requests import submit, want
from djtui.jobs.resources import holder
from djtui.jobs.starting import HostError, ensure_host
from djtui.library.database import Library, LibraryError
from tests.jobs.conftest import Hosting, StartHost, done_at_least, until
from tests.jobs.toy import KINDS, counted

ROOT = Path(__file__).parents[2]
SLOWLY = {"items": 200, "nap": 0.01}


def alive(process: psutil.Process) -> bool:
    """Whether it still runs; one that ended and was not yet waited for does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_a_second_host_is_refused(library: Library, at_work: Hosting) -> None:
    assert host_is_free(library.path)
    async with at_work() as host:
        await host.began.wait()
        assert not host_is_free(library.path)
        with pytest.raises(HostTaken, match="already"):
            await Host(library, KINDS, Settings()).serve()
        async with aclosing(perform(library, KINDS, "toy", {}, Settings())) as following:
            states = [view.state async for view in following]
        assert states[-1] == "succeeded"
    assert host_is_free(library.path)


async def test_a_library_that_cannot_be_locked_is_said(library: Library) -> None:
    lock_path(library.path).mkdir()
    with pytest.raises(LibraryError, match="no jobs can run here"):
        await Host(library, KINDS, Settings()).serve()


async def test_the_host_says_who_it_is_and_how_busy_its_pool_is(library: Library, at_work: Hosting) -> None:
    assert await views.host(library) is None
    await submit(library, KINDS, "toy", {"told": {"items": 20, "lane": "import", "task_nap": 0.2}})
    async with at_work(mode="cli"):
        for _ in range(100):
            shown = await views.host(library)
            if shown is not None and shown.pool.get("import", {}).get("busy"):
                break
            await asyncio.sleep(0.05)
        assert shown is not None
        assert (shown.pid, shown.mode) == (os.getpid(), "cli")
        assert set(shown.pool["import"]) == {"max", "total", "busy", "idle", "queued", "done", "killed"}
        assert shown.pool["import"]["busy"] == 1
    assert await views.host(library) is None


async def test_jobs_with_different_resources_run_at_once_and_rivals_queue(
    library: Library, at_work: Hosting
) -> None:
    writer = await submit(library, KINDS, "toy", {"name": "a", "told": SLOWLY, "writes": ["nml:/c"]})
    reader = await submit(library, KINDS, "toy", {"name": "b", "reads": ["nml:/c"]})
    other = await submit(library, KINDS, "toy", {"name": "c", "writes": ["nml:/d"]})
    async with at_work():
        await until(library, other, "succeeded")
        queued = await until(library, reader, "queued")
        assert queued.message == "Waits for “Toy a”, which writes nml:/c."
        assert await holder(library, "nml:/c") == "Toy a"
        assert await holder(library, "nml:/c", exclusive=False) == "Toy a"
        assert await holder(library, "nml:/e") is None
        await want(library, writer, "cancel")
        await until(library, reader, "succeeded")
    assert await holder(library, "nml:/c") is None


async def test_readers_share_a_resource_and_a_writer_is_not_overtaken(
    library: Library, at_work: Hosting
) -> None:
    first = await submit(library, KINDS, "toy", {"name": "a", "told": SLOWLY, "reads": ["x"]})
    writer = await submit(library, KINDS, "toy", {"name": "b", "writes": ["x"]})
    late = await submit(library, KINDS, "toy", {"name": "c", "reads": ["x"]})
    async with at_work():
        await done_at_least(library, first, 5)
        assert [(await until(library, job_id, "queued")).message for job_id in (writer, late)] == [
            "Waits for “Toy a”, which reads x.",
            "Waits for “Toy b”, which writes x.",
        ]
        assert await holder(library, "x", exclusive=False) is None
        await want(library, first, "cancel")
        await until(library, late, "succeeded")


async def test_a_host_killed_in_mid_batch_leaves_data_and_checkpoint_together(
    library: Library, start_host: StartHost
) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": {"items": 1500, "step": 10}})
    process = start_host()
    view = await done_at_least(library, job_id, 300)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    view = await until(library, job_id, "interrupted")
    assert view.phases[0].state == "interrupted"
    rows = await library.fetchall("SELECT committed, cursor FROM job_phase")
    done = rows[0]["committed"]
    assert 300 <= done < 1500
    assert rows[0]["cursor"] == f'{{"at":{done}}}'
    assert await counted(library, "toy/Counting") == list(range(done))

    await want(library, job_id, "run")
    start_host()
    view = await until(library, job_id, "succeeded")
    assert await counted(library, "toy/Counting") == list(range(1500))
    assert (view.phases[0].done, view.phases[0].added, view.resumed) == (1500, 1500, 1)


async def test_no_worker_outlives_a_killed_host(library: Library, start_host: StartHost) -> None:
    told = {"items": 4, "lane": "analysis", "task_nap": 60}
    await submit(library, KINDS, "toy", {"name": "a", "told": told})
    await submit(library, KINDS, "toy", {"name": "b", "told": told | {"lane": "import"}})
    process = start_host()
    workers: list[psutil.Process] = []
    while len(workers) < 2:
        await asyncio.sleep(0.05)
        children = psutil.Process(process.pid).children(recursive=True)
        spawned = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
        workers = [child for child in spawned if child.num_threads() > 1]  # it watches its host by now
    os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 1.0
    while any(alive(worker) for worker in workers) and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    assert not any(alive(worker) for worker in workers)
    process.wait()


async def test_a_killed_worker_costs_one_task_and_the_job_goes_on(library: Library, at_work: Hosting) -> None:
    told = {"items": 6, "lane": "import", "task_nap": 0.1}
    job_id = await submit(library, KINDS, "toy", {"told": told})
    async with at_work():
        await done_at_least(library, job_id, 2)
        rows = await library.fetchall("SELECT DISTINCT worker FROM toy")
        os.kill(rows[0]["worker"], signal.SIGKILL)
        view = await until(library, job_id, "succeeded")
    assert await counted(library, "toy/Counting") == list(range(6))
    assert view.phases[0].last_error in (None, "A worker died (SIGKILL).")


async def test_a_terminated_host_stops_at_a_checkpoint(library: Library, start_host: StartHost) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": SLOWLY})
    process = start_host()
    await done_at_least(library, job_id, 3)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    view = await until(library, job_id, "interrupted")
    assert await counted(library, "toy/Counting") == list(range(view.phases[0].done))
    assert await views.host(library) is None


async def test_an_idle_host_ends_and_takes_what_comes_before(library: Library, start_host: StartHost) -> None:
    process = start_host(idle=0.3)
    job_id = await submit(library, KINDS, "toy", {})
    await until(library, job_id, "succeeded")
    assert process.wait(timeout=10) == 0


async def test_the_host_that_a_face_starts_outlives_it(library: Library, tmp_path: Path) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": {"items": 40, "nap": 0.01}})
    face = (
        "import sys; from pathlib import Path; from djtui.jobs.host import ensure_host\n"
        "library = sys.argv[1]\n"
        "host = [sys.executable, '-m', 'tests.jobs.toy_host', library, '0.3']\n"
        "ensure_host(Path(library), None, command=host)"
    )
    subprocess.run([sys.executable, "-c", face, str(library.path)], cwd=ROOT, check=True)
    await until(library, job_id, "succeeded")
    shown = await views.host(library)
    assert shown is not None
    process = psutil.Process(shown.pid)
    assert os.getsid(shown.pid) == shown.pid
    assert process.nice() >= 5
    assert not process.terminal()
    process.wait(timeout=10)


async def test_a_host_is_started_only_where_there_is_none(library: Library, at_work: Hosting) -> None:
    async with at_work() as host:
        await host.began.wait()
        ensure_host(library.path, None, command=["/no/such/program"])
    with pytest.raises(HostError, match="No process can be started"):
        ensure_host(library.path, None, command=["/no/such/program"])


async def test_a_command_hosts_by_itself_and_hands_over_what_is_left(library: Library) -> None:
    async with hosting(library, KINDS, Settings()):
        job_id = await submit(library, KINDS, "toy", {"told": {"items": 5}})
        seen = [view async for view in follow(library, job_id)]
    assert seen[-1].state == "succeeded"
    assert host_is_free(library.path)


async def test_a_command_that_hosts_works_what_another_left_in_the_queue(library: Library) -> None:
    left = await submit(library, KINDS, "toy", {"told": {"items": 5}})
    async with hosting(library, KINDS, Settings()):
        seen = [view async for view in follow(library, left)]
    assert seen[-1].state == "succeeded"


async def test_a_command_left_early_leaves_its_job_queued_at_a_checkpoint(
    library: Library, at_work: Hosting
) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": SLOWLY})
    async with at_work(mode="cli", leave="queued"):
        await done_at_least(library, job_id, 3)
    view = await until(library, job_id, "queued")
    assert 3 <= view.phases[0].done < 200


async def test_a_follower_takes_over_when_the_host_dies(library: Library, start_host: StartHost) -> None:
    process = start_host()
    states = []
    told = {"items": 100, "nap": 0.01}
    following = perform(library, KINDS, "toy", {"told": told}, Settings())
    async with aclosing(following):
        async for view in following:
            states.append(view.state)
            if view.phases and view.phases[0].done > 5 and process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
    assert "interrupted" in states and states[-1] == "succeeded"
    assert await counted(library, "toy/Counting") == list(range(100))


async def test_where_no_process_may_be_started_a_thread_hosts(library: Library) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": {"items": 4, "lane": "import"}})
    host = host_in_thread(library.path, KINDS, Settings())
    await until(library, job_id, "succeeded")
    shown = await views.host(library)
    assert shown is not None and shown.mode == "thread"
    workers = await library.fetchall("SELECT DISTINCT worker FROM toy")
    assert [row["worker"] for row in workers] == [os.getpid()]
    await asyncio.to_thread(host.stop)
    assert not host.alive and host.error is None
    assert host_is_free(library.path)


async def test_edits_from_another_process_get_their_turn_between_batches(
    library: Library, start_host: StartHost
) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": {"items": 200_000, "step": 500}})
    start_host()
    await done_at_least(library, job_id, 500)
    for number in range(30):
        async with library.writing() as tx:
            await tx.execute("INSERT INTO toy (run, item) VALUES ('editor', ?)", (number,))
        await asyncio.sleep(0.005)
    view = await until(library, job_id, "running")
    await done_at_least(library, job_id, view.phases[0].done + 500)
    assert await counted(library, "editor") == list(range(30))
    await want(library, job_id, "cancel")
    await until(library, job_id, "cancelled")


def test_hosting_needs_nothing_of_the_screen_or_the_filter() -> None:
    code = (
        "import sys, djtui.jobs.host, djtui.jobs.hosting\n"
        "heavy = {'textual', 'numpy', 'lark', 'pebble', 'psutil', 'lxml'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


async def test_a_job_has_the_settings_as_they_are_when_it_starts(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[jobs]\nbatch = 700\n")
    seen: list[int] = []

    def looking(params: dict[str, Any], library: Library, settings: Settings) -> Job:
        seen.append(settings.jobs.batch)
        return Job(kind="look", key="look", title="Look", phases=())

    async with hosting(library, {"look": looking}, load(file)):
        file.write_text("[jobs]\nbatch = 800\n")
        id = await submit(library, {"look": looking}, "look", {}, settings=Settings())
        assert [view.state async for view in follow(library, id)][-1] == "succeeded"
    assert seen[-1] == 800
