"""What is said of jobs in a line: what they did, also where they were cut short, and what the pool does."""

from __future__ import annotations

from typing import Any

from djtui.jobs.views import JobView, PhaseView
from djtui.tui import formats, toasts
from djtui.tui.screens.jobs import pool_line
from djtui.tui.widgets.job_pane import phase_line


def phase(name: str, **figures: Any) -> PhaseView:
    """A phase with these figures."""
    plain: dict[str, Any] = dict.fromkeys(PhaseView.__slots__, 0)
    return PhaseView(**plain | {"state": "succeeded", "total": None, "message": None, "name": name} | figures)


def job(kind: str, state: str, *phases: PhaseView, **more: Any) -> JobView:
    """A job of these phases."""
    plain: dict[str, Any] = dict.fromkeys(JobView.__dataclass_fields__)
    return JobView(**plain | {"kind": kind, "state": state, "title": "It", "phases": phases} | more)


def test_a_cancelled_job_says_what_it_did_and_how_it_goes_on() -> None:
    view = job("rename", "cancelled", phase("Planning", failures=298), phase("Moving", updated=2979))
    said = "cancelled: 2,979 renamed, 298 stay as they are · t goes on with the rest"
    assert toasts.outcome(view) == said
    assert toasts.of_job(view) == ("done", f"It · {said}")
    nothing = "cancelled: nothing was done yet · t goes on with the rest"
    assert toasts.outcome(job("rename", "cancelled")) == nothing


def test_what_stays_in_a_rename_did_not_fail() -> None:
    view = job("rename", "succeeded", phase("Moving", failures=1), result={"renamed": 3, "skipped": 2})
    assert toasts.outcome(view) == "1 stays as it is, 3 renamed, 2 kept their names"
    assert toasts.outcome(job("scan", "succeeded", phase("Reading", failures=2), result={})) == "2 failed"


def test_an_undo_says_how_many_went_back() -> None:
    assert toasts.outcome(job("file-undo", "succeeded", result={"undone": 7})) == "7 put back"


def test_a_phase_that_had_nothing_to_do_is_done_and_no_zero_percent() -> None:
    (line,) = formats.content(phase_line(phase("Planning", total=9973), 100)).plain.splitlines()
    assert "✓ Planning" in line and "0%" not in line and "9,973" not in line


def test_the_pool_is_in_words_and_says_only_what_went_wrong() -> None:
    pool = {"import": {"busy": 1, "max": 2, "queued": 3}, "export": {"busy": 0, "max": 2}}
    assert pool_line(pool) == "Workers: import 1/2 · files 0/2 · 3 waiting"
    pool["export"]["killed"] = 1
    assert pool_line(pool).endswith(" · 1 ended: too slow or crashed")
