"""Auto-sync: what it starts, what it leaves alone, and what it says of itself."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from djtui.config import Settings, TraktorSettings
from djtui.jobs.hosting import ThreadHost, host_in_thread
from djtui.jobs.job import Batch, Context, Cursor, Estimate, Job, JobKinds
from djtui.jobs.locks import host_is_free
from djtui.jobs.requests import submit, want
from djtui.jobs.views import JobView, jobs
from djtui.kinds import KINDS
from djtui.library import history
from djtui.library.database import Library
from djtui.traktor.auto import AutoState, AutoSync
from djtui.traktor.import_state import Batches, nothing
from djtui.traktor.question import answered
from tests.traktor.pretending import no_traktor, running_traktor
from tests.traktor.test_importing import by_title, collection, entry, imported
from tests.tui.library import add_tracks

AUTO = Settings(traktor=TraktorSettings(auto=True, quiet_s=0, recheck_s=0))
QUIET_S = 0.05


@dataclass
class Watched:
    """An auto-sync that runs, and everything it said."""

    sync: AutoSync
    library: Library
    said: list[AutoState] = field(default_factory=list)
    heard: int = 0

    @property
    def state(self) -> AutoState:
        return self.sync.state

    async def until(self, holds: Callable[[AutoState], bool]) -> AutoState:
        """Wait for a state that it has not been waited for yet, however short it lasts."""
        for _ in range(500):
            while self.heard < len(self.said):
                self.heard += 1
                if holds(state := self.said[self.heard - 1]):
                    return state
            await asyncio.sleep(0.01)
        raise AssertionError(self.said)

    async def is_(self, phase: str) -> AutoState:
        return await self.until(lambda state: state.phase == phase)

    async def in_step(self) -> AutoState:
        return await self.until(lambda state: state.phase == "idle" and not state.waiting)

    async def later(self) -> None:
        """Long enough for it to do something, had it a mind to."""
        await asyncio.sleep(4 * QUIET_S)

    async def done(self) -> list[str]:
        """What was asked for since the beginning, oldest first: "import succeeded"."""
        return [f"{job.kind[8:]} {job.state}" for job in await self.jobs()]

    async def jobs(self) -> list[JobView]:
        return list(reversed(await jobs(self.library)))


@asynccontextmanager
async def syncing(
    library: Library,
    settings: Settings = AUTO,
    kinds: JobKinds = KINDS,
    name: str = "djtui",
    **seconds: float,
) -> AsyncIterator[Watched]:
    said: list[AutoState] = []
    sync = AutoSync(
        library,
        settings,
        kinds,
        hosted,
        told=said.append,
        name=name,
        debounce_s=QUIET_S,
        look_s=0.01,
        poll_s=0.05,
    )
    task = asyncio.create_task(sync.run())
    try:
        yield Watched(sync, library, said)
    finally:
        task.cancel()
        assert [type(it) for it in await asyncio.gather(task, return_exceptions=True)] == [
            asyncio.CancelledError
        ]


async def hosted() -> None:
    """The jobs are worked by the fixture."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a collection, and a library that has imported it and may write it."""
    folder = tmp_path_factory.mktemp("auto")
    (folder / "collection.nml").write_text(collection(entry("a"), entry("b")))

    async def make() -> None:
        made = await Library.open(folder / "library.db")
        await imported(made, folder / "collection.nml", AUTO)
        await answered(made, str(folder / "collection.nml"))
        async with made.writing() as tx:
            await tx.execute("DELETE FROM job")
        await made.close()

    asyncio.run(make())
    return folder


@pytest.fixture
def nml(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy2(template / "collection.nml", tmp_path))


@pytest.fixture
async def library(template: Path, nml: Path) -> AsyncIterator[Library]:
    opened = await Library.open(Path(shutil.copy(template / "library.db", nml.parent)))
    async with opened.writing() as tx:
        await tx.execute("UPDATE nml_file SET path = ?", (str(nml),))
    yield opened
    await opened.close()


@pytest.fixture(autouse=True)
def briskly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody pauses between two looks at the queue as long as where people look on."""
    monkeypatch.setattr("djtui.jobs.host._POLL_S", 0.01)
    monkeypatch.setattr("djtui.jobs.hosting._LOOK_S", 0.01)
    monkeypatch.setattr("djtui.jobs.hosting._LOCK_LOOK_S", 0.1)


@pytest.fixture(autouse=True)
def undisturbed(request: pytest.FixtureRequest) -> Iterator[None]:
    if "traktor" in request.fixturenames:
        yield
        return
    with no_traktor():
        yield


@contextmanager
def working(library: Library, kinds: JobKinds) -> Iterator[ThreadHost]:
    thread = host_in_thread(library.path, kinds, AUTO)
    while host_is_free(library.path) and thread.alive:
        time.sleep(0.005)
    try:
        yield thread
    finally:
        thread.stop()


@pytest.fixture
def host(library: Library) -> Iterator[ThreadHost]:
    """Somebody who works the jobs."""
    with working(library, KINDS) as thread:
        yield thread


@pytest.fixture
def traktor(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Traktor that runs."""
    with running_traktor(tmp_path) as process:
        yield process


def with_(**options: Any) -> Settings:
    return replace(AUTO, traktor=replace(AUTO.traktor, **options))


async def edit(library: Library, **fields: Any) -> None:
    await history.edit(library, [1], fields, "edit")


async def test_without_the_setting_it_only_counts_what_waits(
    library: Library, nml: Path, host: ThreadHost
) -> None:
    nml.write_text(collection(entry("a"), entry("b"), entry("c")))
    async with syncing(library, with_(auto=False)) as watched:
        await edit(library, genre="Breaks")
        state = await watched.until(lambda state: state.waiting == 1)
        await watched.later()
        assert state.phase == "off"
        assert state.line == "auto-sync: off · +1 to export"
        assert await watched.done() == []


async def test_at_the_start_a_file_that_changed_meanwhile_is_imported_and_what_waits_exported(
    library: Library, nml: Path, host: ThreadHost
) -> None:
    await edit(library, genre="Breaks")
    nml.write_text(collection(entry("a"), entry("b"), entry("c")))
    async with syncing(library) as watched:
        await watched.in_step()
        assert await watched.done() == ["import succeeded", "export succeeded"]
    assert list(await by_title(library)) == ["a", "b", "c"]
    assert 'GENRE="Breaks"' in nml.read_text()


async def test_nothing_is_asked_for_when_nothing_changed(
    library: Library, nml: Path, host: ThreadHost
) -> None:
    async with syncing(library) as watched:
        await watched.is_("idle")
        os.utime(nml)  # another time, the same bytes
        await watched.later()
        await edit(library, energy=7)  # which no collection has
        await watched.later()
        assert await watched.done() == []
        assert watched.state.line == "auto-sync: in step"


async def test_what_traktor_writes_is_imported_once_it_has_been_left_alone(
    library: Library, nml: Path, host: ThreadHost
) -> None:
    async with syncing(library) as watched:
        await watched.is_("idle")
        for names in ("abc", "abcd", "abcde"):
            nml.write_text(collection(*map(entry, names)))
            await asyncio.sleep(QUIET_S / 2)
        await watched.is_("importing")
        await watched.in_step()
        assert await watched.done() == ["import succeeded"]
    assert len(await by_title(library)) == 5


async def test_an_edit_is_exported_and_our_own_export_is_not_imported(
    library: Library, nml: Path, host: ThreadHost
) -> None:
    async with syncing(library) as watched:
        await watched.is_("idle")
        await edit(library, genre="Breaks")
        await edit(library, comment="late")
        await watched.is_("exporting")
        await watched.in_step()
        await watched.later()
        assert await watched.done() == ["export succeeded"]
        assert max(state.waiting for state in watched.said) == 1
    assert 'GENRE="Breaks"' in nml.read_text()
    assert 'COMMENT="late"' in nml.read_text()


@dataclass
class Halt:
    """A phase that lasts until the test lets it go on."""

    reached: threading.Event
    go_on: threading.Event
    name: str = "Halt"

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        self.reached.set()
        await asyncio.to_thread(self.go_on.wait, 5)
        yield Batch(nothing)


async def test_an_edit_made_while_an_export_runs_stays_pending_and_is_exported_afterwards(
    library: Library, nml: Path
) -> None:
    halt = Halt(threading.Event(), threading.Event())

    def export(params: dict[str, Any], library: Library, settings: Settings) -> Job:
        """The real job, halted when it has read what waits."""
        job = KINDS["traktor-export"](params, library, settings)
        job.phases = (job.phases[0], halt, *job.phases[1:])
        return job

    kinds = {**KINDS, "traktor-export": export}
    with working(library, kinds):
        async with syncing(library, kinds=kinds) as watched:
            await watched.is_("idle")
            await edit(library, genre="Breaks", comment="x")
            await asyncio.to_thread(halt.reached.wait, 5)
            await edit(library, genre="Techno")
            halt.go_on.set()
            await watched.in_step()
            assert await watched.done() == ["export succeeded", "export succeeded"]
            exports = await watched.jobs()
            assert [(job.result or {})["entries_changed"] for job in exports] == [1, 1]
    assert 'GENRE="Techno"' in nml.read_text()
    assert 'COMMENT="x"' in nml.read_text()


async def test_of_two_processes_one_does_it_and_the_other_says_who_and_takes_over_when_it_ends(
    library: Library, nml: Path, host: ThreadHost
) -> None:
    async with AsyncExitStack() as first_runs:
        first = await first_runs.enter_async_context(syncing(library, name="djtui host"))
        await first.is_("idle")
        async with syncing(library, name="the screens") as second:
            state = await second.is_("elsewhere")
            assert state.reason == f"djtui host (process {os.getpid()}) does it."
            await edit(library, genre="Breaks")
            await second.until(lambda state: state.waiting == 1)
            await first.in_step()
            await second.until(lambda state: state.waiting == 0)
            await first_runs.aclose()
            await second.is_("idle")
            await edit(library, genre="Techno")
            await second.is_("exporting")
            await second.in_step()
            assert await second.done() == ["export succeeded", "export succeeded"]


async def test_while_traktor_runs_it_is_held_and_goes_on_when_traktor_has_quit(
    library: Library, nml: Path, host: ThreadHost, traktor: subprocess.Popen[bytes]
) -> None:
    async with syncing(library) as watched:
        await watched.is_("idle")
        await edit(library, genre="Breaks")
        state = await watched.is_("held")
        assert state.reason == "Traktor Pro 4 is running; it goes on when it has quit."
        assert state.waiting == 1
        await watched.later()
        assert await watched.done() == []
        traktor.kill()
        traktor.wait()
        await watched.in_step()
        assert await watched.done() == ["export succeeded"]


async def test_a_job_that_fails_is_tried_again_only_when_something_changes(
    library: Library, nml: Path, host: ThreadHost
) -> None:
    async with syncing(library) as watched:
        await watched.is_("idle")
        nml.write_text("<NML>cut off")
        state = await watched.is_("held")
        assert str(nml) in state.reason
        assert state.reason.endswith("It is tried again when something changes.")
        await watched.later()
        assert await watched.done() == ["import failed"]
        nml.write_text(collection(entry("a"), entry("c")))
        await watched.in_step()
        assert await watched.done() == ["import succeeded"]


async def test_after_each_failure_the_time_of_quiet_doubles(
    library: Library, nml: Path, host: ThreadHost
) -> None:
    async with syncing(library) as watched:
        await watched.is_("idle")
        for text in ("one", "other"):
            nml.write_text(text)
            await watched.is_("importing")
            await watched.is_("held")
        began = time.monotonic()
        nml.write_text("a third")
        await watched.is_("importing")
        assert time.monotonic() - began > 4 * QUIET_S


async def test_what_an_export_has_to_leave_out_is_not_exported_again_and_again(
    library: Library, nml: Path, host: ThreadHost
) -> None:
    async with syncing(library) as watched:
        await watched.is_("idle")
        async with library.writing() as tx:
            await add_tracks(tx, 1, missing=0)  # a file on no volume that the collection knows
        await watched.is_("exporting")
        state = await watched.is_("idle")
        await watched.later()
        assert (state.phase, state.waiting) == ("idle", 1)
        assert state.reason == "What is left the last export could not write."
        assert await watched.done() == ["export succeeded"]


async def test_an_export_that_needs_an_answer_waits_for_the_dj(
    library: Library, nml: Path, host: ThreadHost
) -> None:
    async with library.writing() as tx:
        await tx.execute("UPDATE nml_file SET asked = 0")
    async with syncing(library) as watched:
        await watched.is_("idle")
        await edit(library, genre="Breaks")
        state = await watched.is_("held")
        assert "belongs to another machine: export once by hand" in state.reason
        await watched.later()
        assert await watched.done() == []
        await answered(library, str(nml))
        await watched.in_step()
        assert await watched.done() == ["export succeeded"]


async def test_a_job_that_the_dj_paused_is_left_alone(library: Library, nml: Path) -> None:
    nml.write_text(collection(entry("a")))
    job = await submit(library, KINDS, "traktor-import", {"path": str(nml)})
    await want(library, job, "pause")
    with working(library, KINDS):
        async with syncing(library) as watched:
            state = await watched.is_("held")
            assert state.reason == "“Traktor import · collection.nml” is paused; resume or cancel it."
            await want(library, job, "run")
            await watched.in_step()
            assert [it.id for it in await watched.jobs()] == [job]


@pytest.mark.parametrize("direction", ["import", "export"])
async def test_only_the_direction_that_is_wanted_is_synced(
    library: Library, nml: Path, host: ThreadHost, direction: str
) -> None:
    async with syncing(library, with_(direction=direction)) as watched:
        await watched.is_("idle")
        if direction == "import":
            await edit(library, genre="Breaks")
        else:
            nml.write_text(collection(entry("a"), entry("b"), entry("c")))
        await watched.later()
        assert await watched.done() == []


async def test_each_trigger_can_be_switched_off(library: Library, nml: Path, host: ThreadHost) -> None:
    await edit(library, genre="Breaks")
    off = dict.fromkeys(("on_start", "on_file_change", "on_library_change"), False)
    async with syncing(library, with_(**off)) as watched:
        await watched.is_("idle")
        await edit(library, comment="x")
        nml.write_text(collection(entry("a"), entry("c")))
        await watched.later()
        assert await watched.done() == []
        assert watched.state.line == "auto-sync: on · +1 to export"


async def test_without_a_collection_it_says_so_and_begins_with_the_first_import(
    nml: Path, tmp_path: Path
) -> None:
    library = await Library.open(tmp_path / "empty.db")
    with working(library, KINDS):
        async with syncing(library) as watched:
            assert (await watched.is_("held")).reason == "No collection was imported yet."
            await submit(library, KINDS, "traktor-import", {"path": str(nml)}, settings=AUTO)
            await watched.in_step()
            nml.rename(nml.with_name("elsewhere"))
            assert (await watched.is_("held")).reason == f"{nml} is not there."
            nml.with_name("elsewhere").rename(nml)
            await watched.is_("idle")
            assert await watched.done() == ["import succeeded"]
    await library.close()


async def test_where_nobody_works_the_jobs_it_says_so(
    library: Library, nml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("djtui.jobs.hosting._HOSTLESS_S", 0.1)
    with working(library, KINDS):
        await edit(library, genre="Breaks")
    async with syncing(library) as watched:
        state = await watched.is_("held")
        assert state.reason.startswith("“Traktor export · collection.nml” is queued, but nobody works")
        assert state.waiting == 1
