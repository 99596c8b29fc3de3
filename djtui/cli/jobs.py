"""Jobs on the command line: watch them from a second terminal, and say what they shall do."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

import click

from djtui.cli.output import minutes, table
from djtui.cli.running import ending, show
from djtui.cli.session import DONE, SOME_FAILED, Failure, Session, command
from djtui.jobs import requests, views
from djtui.jobs.hosting import follow, host_anyhow, serve_process
from djtui.jobs.requests import RequestError
from djtui.jobs.views import JobView
from djtui.kinds import KINDS
from djtui.library.database import Library


@click.group(invoke_without_command=True)
@click.pass_context
def jobs(context: click.Context) -> None:
    """Show jobs, and watch, pause, resume, cancel or retry them.

    \b
    djtui jobs                 what is under way or was cut off, then what ran last
    djtui jobs watch           follow what runs, also from a second terminal
    djtui jobs cancel 12       stop a job at its next checkpoint
    """
    session = context.find_object(Session)
    assert session is not None
    session.tells_of_jobs = False
    if context.invoked_subcommand is None:
        context.invoke(list_)


@jobs.command(name="list")
@click.option("--limit", default=20, show_default=True, help="Show at most so many.")
@command
async def list_(session: Session, limit: int) -> None:
    """List jobs with their phases: those that are not over first, then those that ran last."""
    async with session.library(create=False) as library:
        found = await views.jobs(library, limit=limit)
    lines = []
    for view in found:
        lines.append(f"{view.id:>4}  {view.title} · {view.state}{_remark(view)}")
        lines += [f"      {line}" for line in _phase_lines(view)]
    session.out.result(lines or ["No jobs yet."], jobs=[job_fields(view) for view in found])


@jobs.command()
@click.argument("job", type=int, required=False)
@command
async def watch(session: Session, job: int | None) -> int | None:
    """Follow a job to its end: the one with this number, or all that are under way, one after the other."""
    async with session.library(create=False) as library:
        numbers = [job] if job is not None else [view.id for view in await views.unfinished(library)]
        if not numbers:
            session.out.result(["No job is under way."], jobs=[])
            return DONE
        codes = [await _watch(session, library, number) for number in numbers]
    return max(codes)


@jobs.command()
@click.argument("job", type=int)
@command
async def failures(session: Session, job: int) -> int | None:
    """List the items of a job that could not be done."""
    async with session.library(create=False) as library:
        await _find(library, job)
        found = await views.failures(library, job)
    lines = table(("Phase", "Item", "Reason"), [(it.phase, it.item, it.reason) for it in found])
    session.out.result(
        lines if found else ["None."], failed=len(found), failures=[asdict(failure) for failure in found]
    )
    return SOME_FAILED if found else DONE


@jobs.command()
@click.argument("job", type=int, required=False)
@command
async def pause(session: Session, job: int | None) -> None:
    """Stop a job at its next checkpoint, to be resumed later."""
    await _want(session, job, "pause", ("queued", "running", "waiting"))


@jobs.command()
@click.argument("job", type=int, required=False)
@command
async def resume(session: Session, job: int | None) -> None:
    """Let a paused, interrupted, failed or cancelled job go on from its checkpoint, in the background."""
    await _want(session, job, "run", ("paused", "interrupted"))
    host_anyhow(session.library_path, KINDS, session.settings, config=session.config_path)


@jobs.command()
@click.argument("job", type=int, required=False)
@command
async def cancel(session: Session, job: int | None) -> None:
    """Stop a job at its next checkpoint. What it has done is kept."""
    await _want(session, job, "cancel", ("queued", "running", "waiting", "paused", "interrupted"))


@jobs.command()
@click.argument("job", type=int)
@command
async def retry(session: Session, job: int) -> None:
    """Try again what went wrong in a job, in the background."""
    async with session.library(create=False) as library:
        try:
            number = await requests.retry(library, job)
        except RequestError as error:
            raise Failure(str(error)) from error
        view = await _find(library, number)
    host_anyhow(session.library_path, KINDS, session.settings, config=session.config_path)
    session.out.result([f"{view.title} tries again as job {number}."], jobs=[job_fields(view)])


@jobs.command(name="host", hidden=True)
@command
async def host_until_idle(session: Session) -> int | None:
    """Work the queue and end after a minute without work: what the screens start in the background."""
    await serve_process(session.library_path, KINDS, session.settings)
    return DONE


def job_fields(view: JobView) -> dict[str, Any]:
    """A job as --json shows it."""
    fields = asdict(view)
    fields["phases"] = [
        asdict(phase)
        | {
            "percent": phase.percent,
            "blocked_until": phase.blocked_until.isoformat() if phase.blocked_until else None,
        }
        for phase in view.phases
    ]
    return fields


async def _watch(session: Session, library: Library, number: int) -> int:
    view = await _find(library, number)
    async for view in follow(library, number):
        show(session, view)
    return await ending(session, library, view, lambda result: [f"{view.title}: {_counts(result)}"])


def _counts(result: dict[str, Any]) -> str:
    counts = {name: count for name, count in result.items() if type(count) is int and name != "change"}
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items()) or "done"


async def _want(session: Session, number: int | None, wanted: str, states: tuple[str, ...]) -> None:
    async with session.library(create=False) as library:
        if number is None:
            candidates = [view for view in await views.unfinished(library) if view.state in states]
            if len(candidates) != 1:
                which = "; ".join(f"{view.id} {view.title}" for view in candidates) or "none"
                raise Failure(f"Say which job by its number. In question: {which}.")
            number = candidates[0].id
        try:
            await requests.want(library, number, wanted)
        except RequestError as error:
            raise Failure(str(error)) from error
        for _ in range(50):  # at work, it obeys at its next checkpoint: give that five seconds
            view = await _find(library, number)
            if wanted == "run" or view.state not in ("running", "waiting"):
                break
            await asyncio.sleep(0.1)
    session.out.result([f"{view.title}: {view.state}{_remark(view)}"], jobs=[job_fields(view)])


async def _find(library: Library, number: int) -> JobView:
    view = await views.job(library, number)
    if view is None:
        raise Failure(f"There is no job {number}.")
    return view


def _remark(view: JobView) -> str:
    remark = view.error if view.state == "failed" else view.message
    return f": {remark}" if remark else ""


def _phase_lines(view: JobView) -> list[str]:
    rows = []
    for phase in view.phases:
        total = f" / {phase.total:,}" if phase.total is not None else ""
        percent = f"{phase.percent:.0f} %" if phase.percent is not None else ""
        rate = f"{phase.rate:,.0f}/s" if phase.rate else ""
        failed = f"{phase.failures} failed" if phase.failures else ""
        rows.append(
            (phase.name, phase.state, f"{phase.done:,}{total}", percent, rate, minutes(phase.seconds), failed)
        )
    return table(("", "", "", "", "", "", ""), rows, right=(2, 3, 4, 5))[1:] if rows else []
