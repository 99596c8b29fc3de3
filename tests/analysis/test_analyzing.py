"""The analysis job: one result for every good file and a reason for every bad one, whatever is killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import soundfile

from djtui.analysis.analyzing import Analysing, analysis_job
from djtui.analysis.following import Following
from djtui.analysis.hearing import follow
from djtui.analysis.work import Work
from djtui.config import PoolSettings, Settings
from djtui.demo import music
from djtui.jobs import requests
from djtui.jobs.host import Host
from djtui.jobs.job import Batch, Context, JobError, TaskTimeout
from djtui.jobs.trouble import Patience
from djtui.jobs.views import JobView, failures, job
from djtui.kinds import KINDS
from djtui.library import analyses, history, tracks
from djtui.library.analyses import Heard
from djtui.library.database import Library
from tests.making import add_tracks

SETTINGS = Settings(pool=PoolSettings(analysis_max=2))
ONE = Settings(pool=PoolSettings(analysis_max=1))
TEMPI = (124.0, 128.0, 140.0)

Hosting = Callable[..., AbstractAsyncContextManager[Host]]


@pytest.fixture(autouse=True)
def _own_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(scope="session")
def songs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A short track in each of TEMPI."""
    folder = tmp_path_factory.mktemp("songs")
    for bpm in TEMPI:
        music.write(folder / f"{bpm:g}.wav", bpm, seconds=10, samplerate=11_025, channels=1)
    return [folder / f"{bpm:g}.wav" for bpm in TEMPI]


@pytest.fixture(scope="session")
def long_song(songs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half an hour: what keeps a worker busy for seconds."""
    path = tmp_path_factory.mktemp("mix") / "mix.wav"
    sound, rate = soundfile.read(songs[0], dtype="int16")
    with soundfile.SoundFile(path, "w", rate, 1) as file:
        for _ in range(180):
            file.write(sound)
    return path


@pytest.fixture
def at_work(library: Library) -> Hosting:
    """`async with at_work(…):` hosts the library in this process."""

    @asynccontextmanager
    async def work(settings: Settings = SETTINGS) -> AsyncIterator[Host]:
        host = Host(library, KINDS, settings, patience=Patience(attempts=3, first_s=0.02), grace_s=2.0)
        serving = asyncio.ensure_future(host.serve(None))
        try:
            yield host
        finally:
            host.stop("interrupted")
            await serving

    return work


async def shelve(library: Library, folder: Path, songs: list[Path], count: int) -> None:
    """Tracks 1 to `count`: copies of the songs, in turn."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number:03}.wav" for number in range(count)]
    for number, path in enumerate(paths):
        shutil.copy(songs[number % len(songs)], path)
    await add_tracks(library, [{"path": str(path), "title": path.stem} for path in paths])


async def ask(library: Library, settings: Settings = SETTINGS, **params: Any) -> int:
    return await requests.submit(library, KINDS, "analysis", params, settings=settings)


async def until(library: Library, job_id: int, *states: str, within: float = 60.0) -> JobView:
    deadline = time.monotonic() + within
    while True:
        view = await job(library, job_id)
        assert view is not None
        if view.state in states:
            return view
        assert time.monotonic() < deadline, f"{view.state}, {view.message}, {view.error}, {view.phases}"
        await asyncio.sleep(0.02)


async def heard_at_least(library: Library, count: int, within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while len(await heard(library)) < count:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def heard(library: Library) -> dict[int, Heard]:
    rows = await library.fetchall("SELECT track_id FROM analysis")
    return await analyses.get_many(library, [row["track_id"] for row in rows])


def workers() -> Iterator[psutil.Process]:
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if any("spawn_main" in word for word in child.cmdline()):
                yield child


async def test_every_good_file_gets_its_result_and_every_bad_one_a_reason(
    library: Library, at_work: Hosting, songs: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "music"
    await shelve(library, folder, songs, 6)
    (folder / "empty.mp3").write_bytes(b"")
    (folder / "page.mp3").write_text("<html><body>404</body></html>" * 100)
    (folder / "folder.mp3").mkdir()
    bad = ["empty", "page", "folder", "missing"]
    await add_tracks(library, [{"path": str(folder / f"{name}.mp3")} for name in bad])
    await add_tracks(library, [{"path": None, "title": "not on this machine"}])

    async with at_work():
        view = await until(library, await ask(library, query=""), "succeeded")
    assert view.result is not None
    assert (view.result["analyzed"], view.result["skipped"], view.result["failed"]) == (6, 1, 4)
    rows = await heard(library)
    assert {id: row.reason for id, row in rows.items() if row.reason} == {
        7: "empty", 8: "not audio", 9: "not a file", 10: "missing"
    }  # fmt: skip
    listed = {failure.track_id: failure.reason for failure in await failures(library, view.id)}
    assert listed == {id: rows[id].failure for id in (7, 8, 9, 10)}
    for id in range(1, 7):
        bpm = rows[id].bpm
        assert bpm is not None and abs(bpm - TEMPI[(id - 1) % 3]) < 0.1
        assert len(await analyses.waveform(library, id)) == 3600
        track = await tracks.get(library, id)
        assert track is not None and (track.bpm, track.lufs, track.analyzed) == (bpm, rows[id].lufs, 1)


async def test_what_is_known_is_not_heard_again_unless_its_file_or_the_wish_changed(
    library: Library, at_work: Hosting, songs: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "music"
    await shelve(library, folder, songs, 3)
    await add_tracks(library, [{"path": str(folder / "later.wav")}])

    async def counts(**params: Any) -> tuple[int, int, int]:
        result = (await until(library, await ask(library, ONE, **params), "succeeded")).result
        assert result is not None
        return result["analyzed"], result["skipped"], result["failed"]

    async with at_work(ONE):
        assert await counts() == (3, 0, 1)
        assert await counts() == (0, 4, 0)
        assert await counts(retry=True) == (0, 0, 1)
        shutil.copy(songs[0], folder / "later.wav")
        shutil.copy(songs[0], folder / "001.wav")
        assert await counts() == (2, 2, 0)
        assert await counts(again=True, ids=[1, 2]) == (2, 0, 0)
        assert await counts(true_peak=True, ids=[1, 2, 3]) == (3, 0, 0)
        assert await counts(true_peak=True, query="title:00") == (0, 3, 0)


async def test_failed_files_are_retried_as_a_job_retries_them(
    library: Library, at_work: Hosting, songs: list[Path], tmp_path: Path
) -> None:
    await shelve(library, tmp_path, songs, 2)
    (tmp_path / "001.wav").unlink()
    async with at_work(ONE):
        first = await until(library, await ask(library), "succeeded")
        shutil.copy(songs[1], tmp_path / "001.wav")
        again = await until(library, await requests.retry(library, first.id), "succeeded")
    assert again.id != first.id
    assert again.result is not None
    assert (again.result["analyzed"], again.result["failed"]) == (1, 0)
    assert (await heard(library))[2].reason is None


async def test_a_job_that_is_cut_off_goes_on_from_its_rows(
    library: Library, at_work: Hosting, songs: list[Path], tmp_path: Path
) -> None:
    await shelve(library, tmp_path, songs, 30)
    async with at_work(ONE):
        job_id = await ask(library, ONE, query="", again=True)
        await heard_at_least(library, 3)
    before = await heard(library)
    assert 3 <= len(before) < 30
    async with at_work(ONE):
        assert await ask(library, query="", again=True) == job_id
        view = await until(library, job_id, "succeeded")
    after = await heard(library)
    assert len(after) == 30
    assert all(after[id] == row for id, row in before.items())
    assert view.result is not None and view.result["analyzed"] == 30
    assert [change.items for change in await history.changes(library)] == [30]


async def test_workers_that_are_killed_cost_no_file(
    library: Library, at_work: Hosting, songs: list[Path], tmp_path: Path
) -> None:
    await shelve(library, tmp_path, songs, 20)
    async with at_work(ONE):
        job_id = await ask(library)
        for count in (2, 6, 10):
            await heard_at_least(library, count)
            while not (at_hand := list(workers())):
                await asyncio.sleep(0.01)
            at_hand[0].kill()
        view = await until(library, job_id, "succeeded")
    assert view.result is not None and (view.result["analyzed"], view.result["failed"]) == (20, 0)
    assert all(row.reason is None for row in (await heard(library)).values())


async def test_cancelling_takes_a_second_at_most_and_leaves_no_process(
    library: Library, at_work: Hosting, long_song: Path, tmp_path: Path
) -> None:
    for number in range(3):
        os.link(long_song, tmp_path / f"{number}.wav")
    await add_tracks(library, [{"path": str(tmp_path / f"{number}.wav")} for number in range(3)])
    async with at_work(ONE):
        job_id = await ask(library)
        while not any(worker.cpu_times().user > 0.9 for worker in workers()):
            await asyncio.sleep(0.05)
        started = time.monotonic()
        await requests.want(library, job_id, "cancel")
        await until(library, job_id, "cancelled")
        while list(workers()):
            await asyncio.sleep(0.01)
        assert time.monotonic() - started < 1.5  # a second, and what a busy machine adds
    assert list(workers()) == []


async def test_a_file_that_takes_too_long_costs_only_itself(
    library: Library, at_work: Hosting, long_song: Path, songs: list[Path], tmp_path: Path
) -> None:
    await shelve(library, tmp_path, songs, 1)
    await add_tracks(library, [{"path": str(long_song)}])
    async with at_work(ONE):
        await until(library, await ask(library, timeout=0.3, ids=[2]), "succeeded")
        await until(library, await ask(library), "succeeded")
    rows = await heard(library)
    assert (rows[2].reason, rows[1].reason) == ("too long to decode", None)


async def test_what_the_dj_looks_at_goes_first_then_the_newest(
    library: Library, at_work: Hosting, songs: list[Path], tmp_path: Path
) -> None:
    await shelve(library, tmp_path, songs, 6)
    async with at_work(ONE):
        await until(library, await ask(library, ONE, query="", first=[2, 4], workers=1), "succeeded")
    rows = await heard(library)
    order = sorted(rows, key=lambda id: rows[id].heard)
    stored_together = {id: rows[id].heard for id in order}
    assert max(stored_together[2], stored_together[4]) <= min(
        at for id, at in stored_together.items() if id in (1, 3)
    )


async def test_on_battery_it_waits_and_says_so(
    library: Library, at_work: Hosting, songs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shelve(library, tmp_path, songs, 12)
    plugged = False

    def battery() -> Any:
        return type("Battery", (), {"power_plugged": plugged, "percent": 50})()

    monkeypatch.setattr(psutil, "sensors_battery", battery, raising=False)
    async with at_work(ONE):
        job_id = await ask(library)
        view = await until(library, job_id, "waiting")
        assert view.message is not None and view.message.startswith("On battery")
        assert await heard(library) == {}
        few = await until(library, await ask(library, ids=[1]), "succeeded")
        assert few.result is not None and few.result["analyzed"] == 1
        await requests.want(library, job_id, "cancel")
        await until(library, job_id, "cancelled")
        plugged = True
        view = await until(library, await ask(library), "succeeded")
    assert len(await heard(library)) == 12


class Followed:
    """A pool whose one worker follows every tempo in the same way."""

    async def run(
        self, lane: str, function: Callable[..., Any], *args: Any, timeout: float | None = None
    ) -> list[tuple[float, float]]:
        assert (lane, function) == ("wandering", follow)
        if "broken" in args[0]:
            raise TaskTimeout("A task took longer than its limit.")
        return [(0.0, 99.4), (57.6, 126.0)]


async def test_what_changes_its_tempo_is_followed_once_and_afterwards(library: Library) -> None:
    names = ("before", "steady", "changing", "broken")
    await add_tracks(library, [{"path": f"/{name}.mp3"} for name in names])
    rows = [
        Heard(id, 1, f"/{name}.mp3", 1, 1, "2026" if id > 1 else "2025", tempi=(64.0,),
              steadiness="steady" if name == "steady" else "changing")
        for id, name in enumerate(names, 1)
    ]  # fmt: skip
    async with library.writing() as tx:
        await analyses.put(tx, rows, {})
    work = Work.of({}, SETTINGS)
    work.since = "2026"
    context = Context(1, library, SETTINGS, pool=Followed())  # type: ignore[arg-type]
    batches = [step async for step in Following(work).work(None, context)]
    assert [step.processed for step in batches if isinstance(step, Batch)] == [1, 1]
    assert [failure.item for step in batches for failure in step.failures] == ["/broken.mp3"]  # type: ignore[union-attr]
    async with library.writing() as tx:
        await batches[0].store(tx)  # type: ignore[union-attr]
    assert {id: row.tempi for id, row in (await heard(library)).items()} == {
        1: (64.0,), 2: (64.0,), 3: ([0.0, 99.4], [57.6, 126.0]), 4: (64.0,)
    }  # fmt: skip
    assert len([step async for step in Following(work).work(None, context)]) == 1


async def test_a_mistake_in_the_query_is_a_sentence(library: Library, at_work: Hosting) -> None:
    async with at_work():
        view = await until(library, await ask(library, query="bpm:fast"), "failed")
    assert view.error is not None and "bpm wants a number" in view.error
    with pytest.raises(JobError):
        await requests.estimate(library, KINDS, "analysis", {"query": "bpm:fast"})


async def test_the_cost_is_told_before_and_what_would_cost_less(library: Library) -> None:
    old, new = "2020-01-01", time.strftime("%Y-%m-%d")
    await add_tracks(
        library,
        [{"path": f"/music/{number}.mp3", "duration": 300.0, "added": new if number < 100 else old}
         for number in range(2000)],
    )  # fmt: skip
    cost = await requests.estimate(library, KINDS, "analysis", {}, settings=SETTINGS)
    assert cost["items"] == 2000
    assert cost["notes"] == ["2,000 tracks: about 23 min on 2 workers; narrower: added:<30d (100: 1 min)"]


async def test_fewer_files_are_on_the_way_while_memory_is_short(library: Library) -> None:
    four = Settings(pool=PoolSettings(analysis_max=4))
    phase = analysis_job({}, four).phases[1]
    assert isinstance(phase, Analysing)
    widths = [
        phase.width(Context(1, library, four, batch_size=lambda batch=batch: batch))  # type: ignore[misc]
        for batch in (1000, 500, 50)
    ]
    assert widths == [5, 3, 1]


def test_the_host_loads_no_audio_library() -> None:
    code = (
        "import sys, djtui.kinds; from djtui.config import Settings;"
        "djtui.kinds.KINDS['analysis']({}, None, Settings());"
        "heavy = {'numpy', 'scipy', 'soundfile', 'soxr', 'librosa', 'lark'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert finished.stderr == ""


def test_jobs_of_the_same_selection_are_the_same_job() -> None:
    def key(**params: Any) -> str:
        return analysis_job(params, SETTINGS).key

    assert key(ids=[1, 2]) == key(ids=[2, 1], first=[2], workers=1)
    assert len({key(), key(again=True), key(query=""), key(query="a"), key(ids=[1]), key(retry=True)}) == 6


def test_settings_reach_the_analysis() -> None:
    settings = replace(SETTINGS, analysis=replace(SETTINGS.analysis, octave=[90.0, 180.0]))
    work = analysis_job({"true_peak": True}, settings).job  # type: ignore[attr-defined]
    from djtui.analysis.listening import File

    options = work.options(File("/a.mp3", genre="Dubstep"))
    assert (options.octave, options.genre, options.true_peak) == ((90.0, 180.0), "Dubstep", True)
    assert work.limit(File("/a.mp3", duration=300.0)) == 90.0
    assert work.limit(File("/a.mp3", size=16_000_000)) == 230.0
