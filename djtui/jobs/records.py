"""The rows of jobs: every statement that changes them, but for the requests of the faces."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from djtui.model.text import spelled

if TYPE_CHECKING:
    from djtui.jobs.job import Batch, Cursor, Estimate, Job
    from djtui.jobs.progress import Figures
    from djtui.library.database import Library, Tx


def stamp(moment: datetime | None = None) -> str:
    """A moment (default: now) as the database spells it, in UTC, to the second above."""
    moment = (moment or datetime.now(UTC)).astimezone(UTC)
    if moment.microsecond:
        moment = moment.replace(microsecond=0) + timedelta(seconds=1)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def as_json(value: Any) -> str:
    """JSON in one spelling, so that equal values are equal texts."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


# -- jobs -----------------------------------------------------------------------------------------


async def insert(tx: Tx, job: Job, params: Mapping[str, Any]) -> int:
    """A new job, queued. Returns its id."""
    inserted = await tx.execute(
        "INSERT INTO job (key, kind, title, params, state, created) VALUES (?, ?, ?, ?, 'queued', ?)",
        (job.key, job.kind, job.title, as_json(params), stamp()),
    )
    job_id = inserted.lastrowid
    assert job_id is not None
    await declare(tx, job_id, job)
    return job_id


async def declare(tx: Tx, job_id: int, job: Job) -> None:
    """Note the resources that the job reads and writes."""
    await tx.execute("DELETE FROM job_resource WHERE job_id = ?", (job_id,))
    held = [(job_id, name, False) for name in job.reads - job.writes]
    held += [(job_id, name, True) for name in job.writes]
    await tx.executemany("INSERT INTO job_resource (job_id, resource, exclusive) VALUES (?, ?, ?)", held)


async def requeue(tx: Tx, job_id: int) -> None:
    """Let a host take the job up again, from its checkpoint."""
    await tx.execute(
        "UPDATE job SET state = 'queued', wanted = 'run', error = NULL, message = NULL, finished = NULL,"
        " attempt = 0 WHERE id = ?",
        (job_id,),
    )


async def claim(tx: Tx, job_id: int) -> bool:
    """Take a queued job up. False if it was taken back meanwhile."""
    taken = await tx.execute(
        "UPDATE job SET state = 'running', started = COALESCE(started, ?), message = NULL,"
        " resumed = resumed + (started IS NOT NULL)"
        " WHERE id = ? AND state = 'queued' AND wanted = 'run'",
        (stamp(), job_id),
    )
    return taken.rowcount == 1


async def say(tx: Tx, job_id: int, message: str | None) -> None:
    await tx.execute("UPDATE job SET message = ? WHERE id = ?", (message, job_id))


async def end(
    tx: Tx,
    job_id: int,
    state: str,
    *,
    message: str | None = None,
    error: str | None = None,
    result: Mapping[str, Any] | None = None,
) -> None:
    """The job leaves the host: for good, or (paused, interrupted, queued) for now, checkpoint kept."""
    over = state in ("succeeded", "failed", "cancelled")
    await tx.execute(
        "UPDATE job SET state = ?, wanted = 'run', message = ?, error = ?, result = ?, finished = ?,"
        " attempt = 0 WHERE id = ?",
        (
            state,
            message,
            error,
            None if result is None else as_json(result),
            stamp() if over else None,
            job_id,
        ),
    )
    await tx.execute(
        "UPDATE job_phase SET state = ?, blocked_until = NULL, wait_reason = NULL"
        " WHERE job_id = ? AND state IN ('running', 'waiting')",
        (state, job_id),
    )


async def settle(tx: Tx, *, resume: bool) -> list[int]:
    """Jobs that a dead host left at work are interrupted, or queued again. Returns their ids."""
    rows = await tx.fetchall("SELECT id, wanted FROM job WHERE state IN ('running', 'waiting')")
    for row in rows:
        state = {"pause": "paused", "cancel": "cancelled"}.get(row["wanted"], "interrupted")
        message = "The process that worked it ended." if state == "interrupted" else None
        await end(tx, row["id"], state, message=message)
    left = await tx.fetchall("SELECT id FROM job WHERE state = 'interrupted'") if resume else []
    for row in left:
        await requeue(tx, row["id"])
    return [int(row["id"]) for row in rows]


async def totals(tx: Tx, job_id: int) -> dict[str, Any]:
    """What every result holds: how much was added, updated, failed."""
    row = await tx.fetchone(
        "SELECT sum(added) AS added, sum(updated) AS updated, sum(failures) AS failed"
        " FROM job_phase WHERE job_id = ?",
        (job_id,),
    )
    assert row is not None
    return {name: row[name] or 0 for name in ("added", "updated", "failed")}


# -- phases ---------------------------------------------------------------------------------------


async def create_phases(tx: Tx, job_id: int, names: Sequence[str], estimates: Sequence[Estimate]) -> None:
    """The rows of a job that starts from nothing."""
    await tx.execute("DELETE FROM job_phase WHERE job_id = ?", (job_id,))
    await tx.execute("DELETE FROM job_failure WHERE job_id = ?", (job_id,))
    rows = [
        (job_id, position, name, estimate.items)
        for position, (name, estimate) in enumerate(zip(names, estimates, strict=True))
    ]
    await tx.executemany("INSERT INTO job_phase (job_id, position, name, total) VALUES (?, ?, ?, ?)", rows)


async def repeat_phase(tx: Tx, job_id: int, position: int, *, keep: bool) -> None:
    """A phase that only fills memory runs again from nothing: its figures too, but for those it keeps."""
    if keep:
        await tx.execute(
            "UPDATE job_phase SET state = 'queued' WHERE job_id = ? AND position = ?", (job_id, position)
        )
        return
    await tx.execute(
        "DELETE FROM job_failure WHERE job_id = ? AND phase ="
        " (SELECT name FROM job_phase WHERE job_id = ? AND position = ?)",
        (job_id, job_id, position),
    )
    await tx.execute(
        "UPDATE job_phase SET state = 'queued', cursor = NULL, done = 0, committed = 0, added = 0,"
        " updated = 0, failures = 0, seconds = 0, requests = 0, rate = NULL"
        " WHERE job_id = ? AND position = ?",
        (job_id, position),
    )


async def cursor(library: Library, figures: Figures) -> Cursor | None:
    """Where the phase stood at its last checkpoint."""
    row = await library.fetchone(
        "SELECT cursor FROM job_phase WHERE job_id = ? AND position = ?", (figures.job_id, figures.position)
    )
    return None if row is None or row["cursor"] is None else json.loads(row["cursor"])


async def phase_state(
    tx: Tx,
    figures: Figures,
    state: str,
    *,
    until: datetime | None = None,
    reason: str | None = None,
    last_error: str | None = None,
    attempt: int = 0,
) -> None:
    """The phase is running, waiting (for `reason`, `until` then), succeeded or failed; the job follows.

    A job waits while all of its phases at work do.
    """
    await tx.execute(
        "UPDATE job_phase SET state = ?, blocked_until = ?, wait_reason = ?,"
        " last_error = COALESCE(?, last_error) WHERE job_id = ? AND position = ?",
        (state, stamp(until) if until else None, reason, last_error, figures.job_id, figures.position),
    )
    await tx.execute(
        "UPDATE job SET attempt = ?, message = ?, state = CASE"
        " WHEN EXISTS (SELECT 1 FROM job_phase p WHERE p.job_id = job.id AND p.state = 'waiting')"
        "  AND NOT EXISTS (SELECT 1 FROM job_phase p WHERE p.job_id = job.id AND p.state = 'running')"
        " THEN 'waiting' ELSE 'running' END WHERE id = ?",
        (attempt, reason, figures.job_id),
    )
    await write_figures(tx, figures)


async def checkpoint(tx: Tx, figures: Figures, batch: Batch) -> str:
    """What a batch did and where the phase stands now. Returns what the job is wanted to do.

    A failure that was recorded before is recorded once.
    """
    if figures.fresh:
        figures.fresh = False
        await tx.execute(
            "DELETE FROM job_failure WHERE job_id = ? AND phase ="
            " (SELECT name FROM job_phase WHERE job_id = ? AND position = ?)",
            (figures.job_id, figures.job_id, figures.position),
        )
        await tx.execute(
            "UPDATE job_phase SET failures = 0 WHERE job_id = ? AND position = ?",
            (figures.job_id, figures.position),
        )
    if batch.failures:
        await _record_failures(tx, figures, batch)
    if batch.cursor is not None:
        await tx.execute(
            "UPDATE job_phase SET cursor = ? WHERE job_id = ? AND position = ?",
            (as_json(batch.cursor), figures.job_id, figures.position),
        )
    await write_figures(tx, figures)
    row = await tx.fetchone("SELECT wanted FROM job WHERE id = ?", (figures.job_id,))
    return "cancel" if row is None else str(row["wanted"])


async def _record_failures(tx: Tx, figures: Figures, batch: Batch) -> None:
    at = stamp()
    await tx.executemany(
        "INSERT INTO job_failure (job_id, phase, item, reason, track_id, at)"
        " SELECT job_id, name, ?, ?, ?, ? FROM job_phase WHERE job_id = ? AND position = ?"
        " ON CONFLICT (job_id, phase, item) DO UPDATE SET reason = excluded.reason,"
        " track_id = excluded.track_id, at = excluded.at",
        [
            (
                spelled(failure.item),
                spelled(failure.reason),
                failure.track_id,
                at,
                figures.job_id,
                figures.position,
            )
            for failure in batch.failures
        ],
    )
    await tx.execute(
        "UPDATE job_phase SET last_error = ?, failures ="
        " (SELECT count(*) FROM job_failure f WHERE f.job_id = job_phase.job_id AND f.phase = job_phase.name)"
        " WHERE job_id = ? AND position = ?",
        (spelled(batch.failures[-1].reason), figures.job_id, figures.position),
    )


async def write_figures(tx: Tx, figures: Figures) -> None:
    await tx.execute(
        "UPDATE job_phase SET done = ?, committed = ?, total = ?, added = ?, updated = ?, requests = ?,"
        " message = ?, seconds = ?, rate = ?,"
        " peak_memory = NULLIF(max(COALESCE(peak_memory, 0), ?), 0)"
        " WHERE job_id = ? AND position = ?",
        (
            figures.done,
            figures.committed,
            figures.total,
            figures.added,
            figures.updated,
            figures.requests,
            figures.message,
            figures.seconds,
            figures.rate,
            figures.peak_memory,
            figures.job_id,
            figures.position,
        ),
    )


# -- the host -------------------------------------------------------------------------------------


async def host_began(tx: Tx, pid: int, mode: str) -> None:
    await tx.execute(
        "INSERT INTO host (id, pid, started, mode) VALUES (1, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
        " SET pid = excluded.pid, started = excluded.started, mode = excluded.mode, pool = NULL",
        (pid, stamp(), mode),
    )


async def host_pool(tx: Tx, statistics: str) -> None:
    await tx.execute("UPDATE host SET pool = ? WHERE id = 1", (statistics,))


async def host_left(tx: Tx) -> None:
    await tx.execute("DELETE FROM host")
