"""What the faces read: jobs, phases, failures and the host, as they stand in the library."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from djtui.jobs.locks import host_is_free

if TYPE_CHECKING:
    from djtui.library.database import Library

AT_WORK: Final = frozenset(("running", "waiting"))
OVER: Final = frozenset(("succeeded", "failed", "cancelled"))
RESTING: Final = frozenset(("paused", "interrupted"))


@dataclass(frozen=True, slots=True)
class PhaseView:
    """A phase of a job. `rate` is items a second, `peak_memory` private bytes of the largest process."""

    name: str
    state: str
    done: int
    total: int | None
    added: int
    updated: int
    failures: int
    message: str | None
    last_error: str | None
    blocked_until: datetime | None
    wait_reason: str | None
    seconds: float
    requests: int
    rate: float | None
    peak_memory: int | None

    @property
    def percent(self) -> float | None:
        """0..100, or None while the total is not known."""
        if self.state == "succeeded":
            return 100.0
        return min(100.0, 100.0 * self.done / self.total) if self.total else None

    @property
    def seconds_left(self) -> float | None:
        """At the present rate, or None where that says nothing."""
        if not self.rate or self.total is None or self.state in OVER:
            return None
        return max(0, self.total - self.done) / self.rate


@dataclass(frozen=True, slots=True)
class JobView:
    """A job with its phases in order. A job that its host left behind is `interrupted` here."""

    id: int
    key: str
    kind: str
    title: str
    params: dict[str, Any]
    state: str
    wanted: str
    created: str
    started: str | None
    finished: str | None
    attempt: int
    resumed: int
    message: str | None
    error: str | None
    estimate: dict[str, Any] | None
    result: dict[str, Any] | None
    phases: tuple[PhaseView, ...]

    @property
    def is_over(self) -> bool:
        """Succeeded, failed or cancelled."""
        return self.state in OVER

    @property
    def failures(self) -> int:
        """How many items could not be done."""
        return sum(phase.failures for phase in self.phases)

    @property
    def phase(self) -> PhaseView | None:
        """The phase to show when there is room for one: at work, else next, else last."""
        for states in (
            ("running",),
            ("waiting", "paused", "interrupted", "failed", "cancelled"),
            ("queued",),
        ):
            for phase in self.phases:
                if phase.state in states:
                    return phase
        return self.phases[-1] if self.phases else None


@dataclass(frozen=True, slots=True)
class FailureView:
    """An item that could not be done."""

    phase: str
    item: str
    reason: str
    track_id: int | None
    at: str


@dataclass(frozen=True, slots=True)
class HostView:
    """The process that works the jobs. `pool`: lane -> max, total, busy, idle, queued, done, killed."""

    pid: int
    started: str
    mode: str
    pool: dict[str, dict[str, int]]


async def jobs(library: Library, *, limit: int = 50) -> list[JobView]:
    """Jobs that are not over, then those that are; each by when they last ran, newest first.

    Not by their numbers: a command that is repeated takes up its old job. Raises `LibraryError`.
    """
    rows = await library.fetchall(
        "SELECT * FROM job ORDER BY state IN ('succeeded', 'failed', 'cancelled'),"
        " coalesce(finished, started, created) DESC, id DESC LIMIT ?",
        (limit,),
    )
    return await _views(library, rows)


async def unfinished(library: Library) -> list[JobView]:
    """Jobs that are queued, at work, paused or interrupted, oldest first. Raises `LibraryError`."""
    rows = await library.fetchall(
        "SELECT * FROM job WHERE state IN ('queued', 'running', 'waiting', 'paused', 'interrupted')"
        " ORDER BY id"
    )
    return await _views(library, rows)


async def job(library: Library, job_id: int) -> JobView | None:
    """One job, or None if there is none of that id. Raises `LibraryError`."""
    rows = await library.fetchall("SELECT * FROM job WHERE id = ?", (job_id,))
    return (await _views(library, rows))[0] if rows else None


async def failures(library: Library, job_id: int) -> list[FailureView]:
    """The items of a job that could not be done, in order. Raises `LibraryError`."""
    rows = await library.fetchall(
        "SELECT f.phase, f.item, f.reason, f.track_id, f.at FROM job_failure f"
        " JOIN job_phase p ON p.job_id = f.job_id AND p.name = f.phase"
        " WHERE f.job_id = ? ORDER BY p.position, f.item",
        (job_id,),
    )
    return [FailureView(**dict(row)) for row in rows]


async def host(library: Library) -> HostView | None:
    """Who works the jobs now, or None. Raises `LibraryError`."""
    row = await library.fetchone("SELECT pid, started, mode, pool FROM host")
    if row is None or host_is_free(library.path):
        return None
    return HostView(row["pid"], row["started"], row["mode"], json.loads(row["pool"] or "{}"))


async def _views(library: Library, rows: list[sqlite3.Row]) -> list[JobView]:
    ids = [row["id"] for row in rows]
    marks = ",".join("?" * len(ids))
    phases: dict[int, list[PhaseView]] = {job_id: [] for job_id in ids}
    for row in await library.fetchall(
        f"SELECT * FROM job_phase WHERE job_id IN ({marks}) ORDER BY job_id, position", ids
    ):
        phases[row["job_id"]].append(_phase(row))
    left_behind = any(row["state"] in AT_WORK for row in rows) and host_is_free(library.path)
    return [_job(row, phases[row["id"]], left_behind) for row in rows]


def _job(row: sqlite3.Row, phases: Iterable[PhaseView], left_behind: bool) -> JobView:
    fields = dict(row)
    for name in ("params", "estimate", "result"):
        fields[name] = json.loads(fields[name]) if fields[name] else None
    if left_behind and fields["state"] in AT_WORK:
        fields["state"] = "interrupted"
        phases = (replace(it, state="interrupted") if it.state in AT_WORK else it for it in phases)
    return JobView(**fields, phases=tuple(phases))


def _phase(row: sqlite3.Row) -> PhaseView:
    fields = {name: row[name] for name in PhaseView.__slots__}
    if (until := fields["blocked_until"]) is not None:
        fields["blocked_until"] = datetime.strptime(until, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if fields["total"] is not None and fields["done"] > fields["total"]:
        fields["total"] = None  # it was an estimate: "11 / 6" would tell nobody anything
    return PhaseView(**fields)
