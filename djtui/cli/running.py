"""Running a job from the command line: submitted, hosted here or by whoever hosts, followed to its end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from djtui.cli.output import label, minutes
from djtui.cli.session import CANCELLED, DONE, FAILED, SOME_FAILED, WAITING, Failure, Session
from djtui.config import Settings
from djtui.jobs.hosting import host_anyhow, perform
from djtui.jobs.job import JobError
from djtui.jobs.requests import RequestError, submit, want
from djtui.jobs.views import JobView, failures, host
from djtui.kinds import KINDS
from djtui.library.database import Library
from djtui.model.text import plural

_TICK_S: Final = 1.0

Lines = Callable[[dict[str, Any]], Iterable[str]]


Watch = Callable[[JobView], Awaitable[None]]


async def run_job(session: Session, kind: str, params: dict[str, Any], lines: Lines) -> int:
    """Do a job, showing its progress; Ctrl-C cancels it at the next checkpoint. Returns the exit code."""
    async with session.library() as library:
        view = await follow_job(session, library, kind, params)
        return await ending(session, library, view, lines)


async def follow_job(
    session: Session,
    library: Library,
    kind: str,
    params: dict[str, Any],
    *,
    settings: Settings | None = None,
    watch: Watch | None = None,
    display: Callable[[JobView], None] | None = None,
) -> JobView:
    """Do a job as `run_job` does, and return how it ended. `watch` is told of every step; `display` shows it
    instead of `show`."""
    view: JobView | None = None
    obeying: asyncio.Task[None] | None = None
    shown: list[JobView] = []
    ticking = asyncio.create_task(_count_down(session, shown))
    with cancelling() as cancelled:
        try:
            views = perform(
                library, KINDS, kind, params, settings or session.settings, config=session.config_path
            )
            async with aclosing(views):
                async for view in views:
                    obeying = obeying or asyncio.create_task(_cancel_when(cancelled, library, view.id))
                    if display is not None:
                        display(view)
                    else:
                        shown[:] = [view]
                        show(session, view)
                    if watch is not None:
                        await watch(view)
        except (RequestError, JobError) as error:
            raise Failure(str(error)) from error
        finally:
            helping = [ticking] if obeying is None else [ticking, obeying]
            for task in helping:
                task.cancel()
            await asyncio.gather(*helping, return_exceptions=True)
    if view is None:
        raise Failure("The job vanished from the library.")
    return view


async def _cancel_when(cancelled: asyncio.Event, library: Library, job_id: int) -> None:
    """Ctrl-C counts also while nothing changes that could be shown: in a wait of hours."""
    await cancelled.wait()
    await want(library, job_id, "cancel")


async def _count_down(session: Session, shown: list[JobView]) -> None:
    """Draw what is left of a wait once a second."""
    while True:
        await asyncio.sleep(_TICK_S)
        for view in shown:
            if view.state == "waiting" and not session.out.as_json:
                show(session, view)


async def import_collection(session: Session, path: Path, **params: Any) -> int:
    """Import an NML file and print the counts. Returns the exit code."""
    return await run_job(session, "traktor-import", {"path": str(path), **params}, import_lines)


def import_lines(result: dict[str, Any]) -> list[str]:
    """The counts of an import for a person."""
    entries = plural(result["entries"], "entry", "entries")
    lists, cues = plural(result["playlists"], "playlist"), plural(result["cues"], "cue")
    first = (
        f"{entries}: {result['added']:,} added, {result['updated']:,} updated, "
        f"{result['unchanged']:,} unchanged. {lists}, {cues}."
    )
    lines = [f"Would be: {first}" if result.get("dry_run") else first]
    if result["missing_files"]:
        lines.append(f"{plural(result['missing_files'], 'file')} not on this machine: shown as missing.")
        if result["missing_files"] > result["entries"] * 0.9:
            lines.append(
                "Does the music lie elsewhere on this machine? `djtui traktor map --suggest` looks for it."
            )
    if result["conflicts"]:
        lines.append(
            f"{plural(result['conflicts'], 'conflict')}: changed here and in Traktor; what is here was kept."
            " `djtui traktor conflicts` shows both sides."
        )
    if result.get("removed"):
        lines.append(f"{plural(result['removed'], 'track')} that Traktor deleted went here too.")
    for name, count in (result.get("fields") or {}).items():
        lines.append(f"  {label(name)}: {plural(count, 'track')}")
    for change in result.get("changes") or []:
        lines.append(f"  {change['track']}: {label(change['field'])}: {change['from']!r} -> {change['to']!r}")
    lines += result.get("notes") or []
    return lines


async def start_import(session: Session, path: Path) -> None:
    """Have a collection imported in the background."""
    async with session.library() as library:
        await submit(library, KINDS, "traktor-import", {"path": str(path)}, settings=session.settings)
    host_anyhow(session.library_path, KINDS, session.settings, config=session.config_path)


async def end_host(session: Session) -> None:
    """End the process that hosts the library, and wait for it: its jobs stop at their next checkpoint."""
    async with session.library() as library:
        working = await host(library)
        if working is None:
            return
        with suppress(ProcessLookupError):
            os.kill(working.pid, signal.SIGTERM)
        while await host(library) is not None:  # noqa: ASYNC110 (another process: there is nothing to await)
            await asyncio.sleep(0.05)


def show(session: Session, view: JobView) -> None:
    """Show how far a job is."""
    phase = view.phase
    if phase is not None and view.state == "waiting" and phase.wait_reason and not session.out.as_json:
        until = phase.blocked_until
        left = "" if until is None else minutes(max(0.0, (until - datetime.now(UTC)).total_seconds()))
        session.out.waiting(view.title, phase.wait_reason, left)
    elif phase is not None and not view.is_over:
        rate = f"{phase.rate:,.0f}/s" if phase.rate else ""
        waiting = view.message if view.state in ("waiting", "queued") else None
        session.out.progress(view.title, phase.name, phase.done, phase.total, waiting or rate)
    elif view.message and view.state == "queued":
        session.out.progress(view.title, "Queued", 0, None, view.message)


async def ending(
    session: Session, library: Library, view: JobView, lines: Lines, *, verdict: str = "not read"
) -> int:
    """Print how a job ended and return the exit code of DESIGN §6. `verdict` stands before failed items."""
    failed = await failures(library, view.id)
    if view.state == "succeeded":
        result = dict(view.result or {})
        listed = [f"  {verdict}: {failure.item}: {failure.reason}" for failure in failed[:20]]
        if len(failed) > len(listed):
            listed.append(f"  … and {len(failed) - len(listed):,} more: djtui jobs failures {view.id}")
        result["failures"] = [{"item": failure.item, "reason": failure.reason} for failure in failed]
        result.setdefault("failed", len(failed))
        session.out.result([*lines(result), *listed], job=view.id, **result)
        return SOME_FAILED if failed else DONE
    fields = {**(view.result or {}), "job": view.id}
    if view.state == "cancelled":
        kept = f"Cancelled. What is done is kept; the same command goes on from there (job {view.id})."
        session.out.error(f"{kept} {view.message}" if view.message else kept, **fields)
        return CANCELLED
    if view.state in ("paused", "waiting", "queued"):
        session.out.error(
            f"{view.title} is {view.state}: {view.message or 'djtui jobs resume goes on'}.", job=view.id
        )
        return WAITING
    session.out.error(view.error or f"{view.title}: {view.state}.", **fields)
    return FAILED


class cancelling:
    """While it is entered, Ctrl-C sets an event instead of cutting a transaction short."""

    def __enter__(self) -> asyncio.Event:
        self._event = asyncio.Event()
        with suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._event.set)
        return self._event

    def __exit__(self, *exception: object) -> None:
        with suppress(NotImplementedError):
            asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
