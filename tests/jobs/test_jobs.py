"""What the engine promises of one job: batches with checkpoints, waits, retries, pause, cancel, resume."""

from __future__ import annotations

from pathlib import Path

import pytest

from djtui.config import JobSettings, Settings
from djtui.jobs import views
from djtui.jobs.requests import RequestError, estimate, retry, submit, want
from djtui.library.database import Library
from tests.jobs.conftest import Hosting, done_at_least, until
from tests.jobs.toy import KINDS, counted


async def test_a_job_is_worked_to_its_end_and_says_what_it_did(library: Library, at_work: Hosting) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": {"items": 25, "step": 10}})
    async with at_work():
        view = await until(library, job_id, "succeeded")
    assert await counted(library, "toy/Counting") == list(range(25))
    assert view.result == {"added": 25, "updated": 0, "failed": 0, "phases": 1}
    phase = view.phases[0]
    assert (phase.state, phase.done, phase.total, phase.percent) == ("succeeded", 25, 25, 100.0)
    assert phase.rate is not None and phase.seconds > 0
    assert phase.peak_memory is not None and phase.peak_memory > 1_000_000
    assert view.started is not None and view.finished is not None


async def test_failed_items_are_recorded_and_the_job_still_succeeds(
    library: Library, at_work: Hosting
) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": {"items": 10, "step": 3, "failing": [2, 7]}})
    async with at_work():
        view = await until(library, job_id, "succeeded")
    assert view.failures == 2
    assert view.result is not None and view.result["failed"] == 2
    found = await views.failures(library, job_id)
    assert [(failure.item, failure.reason) for failure in found] == [
        ("2", "2 does not count"),
        ("7", "7 does not count"),
    ]


async def test_failed_items_can_be_tried_again_by_themselves(library: Library, at_work: Hosting) -> None:
    first = await submit(library, KINDS, "toy", {"told": {"items": 10, "failing": [2, 7]}})
    async with at_work():
        await until(library, first, "succeeded")
        again = await retry(library, first)
        view = await until(library, again, "succeeded")
    assert again != first
    assert view.params["retry"] == ["2", "7"]


async def test_nothing_to_retry_is_said(library: Library, at_work: Hosting) -> None:
    job_id = await submit(library, KINDS, "toy", {})
    async with at_work():
        await until(library, job_id, "succeeded")
    with pytest.raises(RequestError, match="nothing to try again"):
        await retry(library, job_id)


async def test_passing_trouble_is_retried_from_the_checkpoint(library: Library, at_work: Hosting) -> None:
    told = {"items": 6, "step": 2, "transient": {"2": 3, "4": 3}}
    job_id = await submit(library, KINDS, "toy", {"told": told})
    async with at_work():
        view = await until(library, job_id, "succeeded")
    assert await counted(library, "toy/Counting") == list(range(6))
    assert view.phases[0].done == 6
    assert view.phases[0].last_error == "The line dropped at 4."


async def test_a_retry_shows_its_countdown(library: Library, at_work: Hosting) -> None:
    from djtui.jobs.trouble import Patience

    job_id = await submit(library, KINDS, "toy", {"told": {"items": 2, "transient": {"1": 1}}})
    async with at_work(patience=Patience(attempts=5, first_s=30.0)):
        view = await until(library, job_id, "waiting")
        assert view.message is not None and view.message.startswith("retry 1 of 5 in ")
        assert view.message.endswith(" s: The line dropped at 1.")
        assert view.attempt == 1
        assert view.phases[0].blocked_until is not None
        await want(library, job_id, "cancel")
        await until(library, job_id, "cancelled")


async def test_trouble_that_does_not_pass_fails_the_job_and_keeps_its_checkpoint(
    library: Library, at_work: Hosting
) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": {"items": 6, "step": 2, "transient": {"4": 4}}})
    async with at_work():
        view = await until(library, job_id, "failed")
        assert view.error is not None and "Given up after 3 retries" in view.error
        assert await retry(library, job_id) == job_id
        view = await until(library, job_id, "failed", "succeeded")
    assert view.phases[0].done == 4
    assert await counted(library, "toy/Counting") == list(range(4))


async def test_a_lasting_error_fails_the_job_with_its_own_sentence(
    library: Library, at_work: Hosting
) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": {"items": 6, "step": 2, "broken": 4}})
    async with at_work():
        view = await until(library, job_id, "failed")
    assert view.error == "The source is broken at 4. Mend it and try again."
    assert view.phases[0].state == "failed"
    assert view.phases[0].done == 4


async def test_a_mistake_of_ours_fails_the_job_and_its_traceback_is_in_the_log(
    library: Library, at_work: Hosting, tmp_path: Path
) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": {"mistake": 0}})
    async with at_work():
        view = await until(library, job_id, "failed")
    assert view.error is not None and "KeyError" in view.error and "Traceback" not in view.error
    (log,) = (tmp_path / "state").rglob("*.log")
    assert str(log) in view.error
    assert "Traceback" in log.read_text() and "oops" in log.read_text()


async def test_a_kind_from_another_version_fails_with_a_sentence(library: Library, at_work: Hosting) -> None:
    job_id = await submit(library, KINDS, "toy", {})
    async with library.writing() as tx:
        await tx.execute("UPDATE job SET kind = 'teleport'")
    async with at_work():
        view = await until(library, job_id, "failed")
    assert view.error is not None and "does not know jobs of the kind teleport" in view.error


async def test_a_wait_is_shown_and_waited_out(library: Library, at_work: Hosting) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": {"items": 3, "wait": {"1": 0.8}}})
    async with at_work():
        view = await until(library, job_id, "waiting")
        assert view.phases[0].wait_reason == "the service says wait"
        assert view.phases[0].blocked_until is not None
        view = await until(library, job_id, "succeeded")
    assert view.phases[0].blocked_until is None and view.phases[0].wait_reason is None


async def test_a_wait_without_an_end_can_be_paused_and_resumed(
    library: Library, at_work: Hosting, tmp_path: Path
) -> None:
    told = {"items": 3, "wait_for": {"1": str(tmp_path / "flag")}}
    job_id = await submit(library, KINDS, "toy", {"told": told})
    async with at_work():
        view = await until(library, job_id, "waiting")
        assert view.message == "flag is missing"
        await want(library, job_id, "pause")
        await until(library, job_id, "paused")
        (tmp_path / "flag").touch()
        await want(library, job_id, "run")
        view = await until(library, job_id, "succeeded")
    assert view.resumed == 1


async def test_pause_stops_at_a_checkpoint_and_resume_goes_on_from_it(
    library: Library, at_work: Hosting
) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": {"items": 30, "nap": 0.01}})
    async with at_work():
        await done_at_least(library, job_id, 5)
        await want(library, job_id, "pause")
        view = await until(library, job_id, "paused")
        done = view.phases[0].done
        assert 5 <= done < 30
        assert await counted(library, "toy/Counting") == list(range(done))
        assert view.finished is None
        await want(library, job_id, "run")
        view = await until(library, job_id, "succeeded")
    assert view.phases[0].done == 30 and view.phases[0].added == 30


async def test_cancel_stops_at_a_checkpoint_and_starting_again_resumes(
    library: Library, at_work: Hosting
) -> None:
    params = {"told": {"items": 30, "nap": 0.01}}
    job_id = await submit(library, KINDS, "toy", params)
    async with at_work():
        await done_at_least(library, job_id, 5)
        await want(library, job_id, "cancel")
        view = await until(library, job_id, "cancelled")
        assert view.finished is not None
        assert await submit(library, KINDS, "toy", params) == job_id
        view = await until(library, job_id, "succeeded")
    assert view.phases[0].done == 30


async def test_a_cancelled_job_that_reaches_no_checkpoint_is_cut_off_after_its_grace(
    library: Library, at_work: Hosting
) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": {"items": 2, "nap": 60}})
    async with at_work(grace_s=0.3):
        await until(library, job_id, "running")
        await want(library, job_id, "cancel")
        await until(library, job_id, "cancelled", within=5)


async def test_a_host_that_is_stopped_leaves_its_jobs_interrupted_at_a_checkpoint(
    library: Library, at_work: Hosting
) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": {"items": 200, "nap": 0.01}})
    async with at_work():
        await done_at_least(library, job_id, 3)
    view = await until(library, job_id, "interrupted")
    assert await counted(library, "toy/Counting") == list(range(view.phases[0].done))


@pytest.mark.parametrize(("resume", "state"), [("ask", "interrupted"), ("always", "succeeded")])
async def test_interrupted_jobs_are_offered_or_resumed_as_configured(
    library: Library, at_work: Hosting, resume: str, state: str
) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": {"items": 5}})
    async with library.writing() as tx:
        await tx.execute("UPDATE job SET state = 'running'")
    settings = Settings(jobs=JobSettings(resume=resume))
    async with at_work(settings=settings):
        await until(library, job_id, state)


async def test_starting_a_job_again_finds_the_unfinished_one(library: Library) -> None:
    first = await submit(library, KINDS, "toy", {"told": {"items": 5}})
    assert await submit(library, KINDS, "toy", {"told": {"items": 5}}) == first
    assert await submit(library, KINDS, "toy", {"name": "other"}) != first
    changed = await submit(library, KINDS, "toy", {"told": {"items": 7}})
    assert changed == first  # not begun yet: it takes the new parameters
    (view, *_) = [view for view in await views.jobs(library) if view.id == first]
    assert view.params == {"told": {"items": 7}}


async def test_after_success_or_with_other_parameters_it_is_a_new_job(
    library: Library, at_work: Hosting
) -> None:
    first = await submit(library, KINDS, "toy", {})
    async with at_work():
        await until(library, first, "succeeded")
        second = await submit(library, KINDS, "toy", {"told": {"items": 9, "wait": {"3": 60}}})
        assert second != first
        await until(library, second, "waiting")
        await want(library, second, "pause")
        await until(library, second, "paused")
        third = await submit(library, KINDS, "toy", {"told": {"items": 3}})
        assert third != second
        await until(library, third, "succeeded")
    replaced = await views.job(library, second)
    assert replaced is not None and replaced.state == "cancelled"
    assert replaced.message == f"Replaced by job {third}."


async def test_an_old_job_is_not_resumed_beside_its_successor(library: Library) -> None:
    first = await submit(library, KINDS, "toy", {})
    await want(library, first, "cancel")
    second = await submit(library, KINDS, "toy", {})
    assert second != first  # the first had not begun
    with pytest.raises(RequestError, match=f"started again as job {second}"):
        await want(library, first, "run")


async def test_a_queued_job_is_paused_and_cancelled_without_a_host(library: Library) -> None:
    job_id = await submit(library, KINDS, "toy", {})
    for wanted, state in (("pause", "paused"), ("run", "queued"), ("cancel", "cancelled")):
        await want(library, job_id, wanted)
        view = await views.job(library, job_id)
        assert view is not None and view.state == state
    with pytest.raises(RequestError, match="no job 99"):
        await want(library, 99, "run")


async def test_a_job_says_beforehand_what_it_costs(library: Library, at_work: Hosting) -> None:
    params = {"told": {"items": 40, "step": 10, "requests": 4, "note": "cheaper at night", "nap": 0.05}}
    cost = await estimate(library, KINDS, "toy", params)
    assert (cost["items"], cost["requests"], cost["seconds"]) == (40, 4, None)
    assert cost["notes"] == ["cheaper at night"]
    job_id = await submit(library, KINDS, "toy", params)
    async with at_work():
        view = await until(library, job_id, "succeeded")
    assert view.estimate == cost
    assert view.phases[0].requests == 4
    cost = await estimate(library, KINDS, "toy", params)
    assert cost["seconds"] is not None and 0 < cost["seconds"] < 10


async def test_phases_run_in_order_and_finished_ones_are_not_repeated(
    library: Library, at_work: Hosting
) -> None:
    phases = [
        {"name": "Reading", "items": 3, "repeat": True},
        {"name": "Matching", "items": 4},
        {"name": "Syncing", "items": 5, "broken": 2},
    ]
    job_id = await submit(library, KINDS, "toy", {"phases": phases})
    async with at_work():
        view = await until(library, job_id, "failed")
        assert [phase.state for phase in view.phases] == ["succeeded", "succeeded", "failed"]
        async with library.writing() as tx:
            await tx.execute("DELETE FROM toy")
        await retry(library, job_id)
        view = await until(library, job_id, "failed")
    assert await counted(library, "toy/Reading") == [0, 1, 2]  # it only fills memory: read again
    assert await counted(library, "toy/Matching") == []
    assert [phase.done for phase in view.phases] == [3, 4, 2]


async def test_a_phase_runs_beside_the_ones_it_names(library: Library, at_work: Hosting) -> None:
    phases = [
        {"name": "Reading", "items": 2, "wait": {"1": 1.0}},
        {"name": "Syncing", "items": 3, "beside": ["Reading"]},
        {"name": "Validating", "items": 1},
    ]
    job_id = await submit(library, KINDS, "toy", {"phases": phases})
    async with at_work():
        view = await until(library, job_id, "waiting")
        assert [phase.state for phase in view.phases] == ["waiting", "succeeded", "queued"]
        view = await until(library, job_id, "succeeded")
    assert [phase.done for phase in view.phases] == [2, 3, 1]


async def test_when_one_of_two_phases_fails_the_other_stops(library: Library, at_work: Hosting) -> None:
    phases = [
        {"name": "Reading", "items": 500, "nap": 0.02},
        {"name": "Syncing", "items": 3, "beside": ["Reading"], "broken": 2},
    ]
    job_id = await submit(library, KINDS, "toy", {"phases": phases})
    async with at_work():
        view = await until(library, job_id, "failed")
    assert view.error == "The source is broken at 2. Mend it and try again."
    assert view.phases[0].state == "failed" and view.phases[0].done < 500


async def test_short_memory_makes_batches_smaller_and_says_so(library: Library, at_work: Hosting) -> None:
    job_id = await submit(library, KINDS, "toy", {"told": {"items": 300, "nap": 0.02}})
    async with at_work(memory_floor=1.0) as host:
        view = await until(library, job_id, "running")
        while view.message is None:
            view = await until(library, job_id, "running")
        assert view.message.startswith("Memory is short (")
        assert host.batch_size < 1000
        await want(library, job_id, "cancel")
        await until(library, job_id, "cancelled")


async def test_enough_memory_leaves_the_batch_as_it_is_set(library: Library, at_work: Hosting) -> None:
    async with at_work(memory_floor=0.0) as host:
        assert host.batch_size == 1000
