"""What the faces ask for: rows in the library, which the host finds. None of this waits for a host."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

from djtui.config import Settings
from djtui.jobs import records
from djtui.jobs.estimates import estimates, summary
from djtui.jobs.job import Context, Job, JobKinds
from djtui.jobs.locks import host_is_free
from djtui.model.text import is_text, spelled

if TYPE_CHECKING:
    from djtui.library.database import Library, Tx


class RequestError(Exception):
    """What was asked of a job cannot be done; the message is a sentence."""


async def submit(
    library: Library,
    kinds: JobKinds,
    kind: str,
    params: dict[str, Any],
    *,
    settings: Settings | None = None,
) -> int:
    """Ask for a job; returns its id.

    The newest job of the same key is taken up again if it did not succeed: one that is queued or at work
    goes on as it is; one that is paused, interrupted, failed or cancelled resumes from its checkpoint, if it
    has one and was asked for with the same parameters. Otherwise, and after success, this is a new job.
    Raises `RequestError`, `LibraryError`, and `JobError` where the factory refuses the parameters.
    """
    job = _make(library, kinds, kind, params, settings)
    async with library.writing() as tx:
        last = await tx.fetchone("SELECT * FROM job WHERE key = ? ORDER BY id DESC LIMIT 1", (job.key,))
        if last is None or last["state"] == "succeeded":
            return await records.insert(tx, job, params)
        same = last["params"] == records.as_json(params)
        state = _state(library, last)
        if state in ("running", "waiting"):
            await tx.execute("UPDATE job SET wanted = 'run' WHERE id = ?", (last["id"],))
            return int(last["id"])
        if state == "queued" and not same and not await _has_checkpoint(tx, last["id"]):
            await tx.execute(
                "UPDATE job SET params = ?, title = ? WHERE id = ?",
                (records.as_json(params), job.title, last["id"]),
            )
            await records.declare(tx, last["id"], job)
            same = True
        if state == "queued" or (same and await _has_checkpoint(tx, last["id"])):
            await records.requeue(tx, last["id"])
            return int(last["id"])
        new = await records.insert(tx, job, params)
        if state in ("paused", "interrupted"):
            await records.end(tx, last["id"], "cancelled", message=f"Replaced by job {new}.")
        return new


async def want(library: Library, job_id: int, wanted: str) -> None:
    """Ask a job to "run", "pause" or "cancel". At work, it obeys at its next checkpoint; else at once.

    "run" also takes up a job that is paused, interrupted, failed or cancelled. What cannot matter any more
    (to pause what has ended) is ignored. Raises `RequestError` for an unknown job, `LibraryError`.
    """
    async with library.writing() as tx:
        row = await _job(tx, job_id)
        state = _state(library, row)
        if state in ("running", "waiting"):
            await tx.execute("UPDATE job SET wanted = ? WHERE id = ?", (wanted, job_id))
        elif wanted == "run" and state in ("paused", "interrupted", "failed", "cancelled"):
            await _refuse_rivals(library, tx, row)
            await records.requeue(tx, job_id)
        elif wanted == "pause" and state in ("queued", "interrupted"):
            await records.end(tx, job_id, "paused")
        elif wanted == "cancel" and state in ("queued", "paused", "interrupted"):
            await records.end(tx, job_id, "cancelled")


async def retry(library: Library, job_id: int) -> int:
    """Try again what went wrong; returns the id of the job that does.

    A job that failed, was cancelled or interrupted goes on from its checkpoint. One that succeeded with
    failed items is asked for anew with the parameter `retry`: the list of those items. Raises
    `RequestError` when there is nothing to try again or the same work is under way, `LibraryError`.
    """
    async with library.writing() as tx:
        row = await _job(tx, job_id)
        state = _state(library, row)
        if state in ("queued", "running", "waiting"):
            return job_id
        await _refuse_rivals(library, tx, row)
        if state != "succeeded":
            await records.requeue(tx, job_id)
            return job_id
        failed = await tx.fetchall("SELECT DISTINCT item FROM job_failure WHERE job_id = ?", (job_id,))
        if not failed:
            raise RequestError(f"“{row['title']}” did all of its items: there is nothing to try again.")
        params = json.loads(row["params"]) | {"retry": sorted(item["item"] for item in failed)}
        return await _copy(tx, row, params)


async def estimate(
    library: Library,
    kinds: JobKinds,
    kind: str,
    params: dict[str, Any],
    *,
    settings: Settings | None = None,
) -> dict[str, Any]:
    """What a job would cost, without asking for it: `items`, `requests`, `seconds` (each may be None),
    `notes`, and the same by `phases`.

    Raises `RequestError`, `LibraryError`, and what the phases raise (`JobError`, `TransientError`).
    """
    job = _make(library, kinds, kind, params, settings)
    ctx = Context(0, library, settings or Settings())
    return summary(job, await estimates(job, ctx))


def _make(
    library: Library, kinds: JobKinds, kind: str, params: dict[str, Any], settings: Settings | None
) -> Job:
    if (factory := kinds.get(kind)) is None:
        raise RequestError(f"There is no kind of job called {kind}.")
    job = factory(params, library, settings or Settings())
    if not is_text(given := records.as_json(params)):
        raise RequestError(
            f"A name has letters that no program can read: {_around_bad(given)}. Give it another name in your"
            " file manager."
        )
    return job


def _around_bad(text: str) -> str:
    """Of a text that is no UTF-8 the quoted part that is not."""
    return next((spelled(part) for part in text.split('"') if not is_text(part)), "")


def _state(library: Library, row: sqlite3.Row) -> str:
    """The job's state, with what its host left behind taken for interrupted."""
    state = str(row["state"])
    return "interrupted" if state in ("running", "waiting") and host_is_free(library.path) else state


async def _job(tx: Tx, job_id: int) -> sqlite3.Row:
    row = await tx.fetchone("SELECT * FROM job WHERE id = ?", (job_id,))
    if row is None:
        raise RequestError(f"There is no job {job_id}.")
    return row


async def _has_checkpoint(tx: Tx, job_id: int) -> bool:
    return await tx.fetchone("SELECT 1 FROM job_phase WHERE job_id = ? LIMIT 1", (job_id,)) is not None


async def _refuse_rivals(library: Library, tx: Tx, row: sqlite3.Row) -> None:
    """A job whose key was asked for again since is history: the newer one is the one to resume."""
    rival = await tx.fetchone(
        "SELECT * FROM job WHERE key = ? AND id > ? AND state NOT IN ('succeeded', 'failed', 'cancelled')"
        " LIMIT 1",
        (row["key"], row["id"]),
    )
    if rival is not None:
        raise RequestError(
            f"“{row['title']}” was started again as job {rival['id']}, which is {_state(library, rival)}."
        )


async def _copy(tx: Tx, row: sqlite3.Row, params: dict[str, Any]) -> int:
    inserted = await tx.execute(
        "INSERT INTO job (key, kind, title, params, state, created) VALUES (?, ?, ?, ?, 'queued', ?)",
        (row["key"], row["kind"], row["title"], records.as_json(params), records.stamp()),
    )
    job_id = inserted.lastrowid
    assert job_id is not None
    await tx.execute(
        "INSERT INTO job_resource (job_id, resource, exclusive)"
        " SELECT ?, resource, exclusive FROM job_resource WHERE job_id = ?",
        (job_id, row["id"]),
    )
    return job_id
