"""The history on the command line: history, undo, redo."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

import click

from djtui.cli.exporting import restore_lines
from djtui.cli.output import table
from djtui.cli.running import run_job
from djtui.cli.session import FAILED, SOME_FAILED, Failure, Session, command
from djtui.library import history as changes
from djtui.library.database import Library
from djtui.library.history import Change, Undone
from djtui.traktor import restoring

ROUTE: Final = "route"
RELOCATE: Final = "relocate"


@click.command()
@click.option("--limit", default=50, show_default=True, help="Show at most so many.")
@command
async def history(session: Session, limit: int) -> None:
    """List what changed, newest first; every entry can be undone.

    \b
    djtui history
    djtui undo 12
    """
    async with session.library(create=False) as library:
        found = await changes.changes(library, limit)
    rows = [
        (
            change.id,
            change.at.replace("T", " ").removesuffix("Z"),
            change.kind,
            change.title,
            f"{change.items:,}",
            f"undone by {change.undone}" if change.undone else "",
        )
        for change in found
    ]
    session.out.result(
        table(("id", "When (UTC)", "Kind", "What", "Items", ""), rows, right=(0, 4))
        if rows
        else ["Nothing yet."],
        changes=[
            {
                "id": change.id,
                "at": change.at,
                "kind": change.kind,
                "title": change.title,
                "items": change.items,
                "undone": change.undone is not None,
            }
            for change in found
        ],
    )


@click.command()
@click.argument("change", type=int, required=False)
@command
async def undo(session: Session, change: int | None) -> int | None:
    """Take a change back: the last one, or the one with this number.

    What was changed again since is left alone and listed.
    """
    return await _reverse(session, change, redo=False)


@click.command()
@click.argument("change", type=int, required=False)
@command
async def redo(session: Session, change: int | None) -> int | None:
    """Do an undone change again: the last one undone, or the one with this number."""
    return await _reverse(session, change, redo=True)


async def _restoring(library: Library, change: Change, *, redo: bool) -> dict[str, object]:
    """What the job needs that undoes an export or a restore. Raises `HistoryError`."""
    if redo:
        raise Failure(f"{change.title} is not redone from the history: export again.")
    return await restoring.undo_params(library, change)


async def _undo_route(session: Session, library: Library, change: Change, *, redo: bool) -> int:
    """Have a job put the playlists back that a run of routing wrote. Raises `HistoryError`."""
    if redo:
        raise Failure(f"{change.title} is not redone from the history: djtui route apply")
    from djtui.cli import route_apply
    from djtui.routing.undoing import undo_params

    params = await undo_params(library, change)
    return await route_apply.put_back(session, library, params, wait=False, again=f"djtui undo {change.id}")


async def _undo_relocation(session: Session, library: Library, change: Change, *, redo: bool) -> int:
    """Have a job make tracks missing again whose files were found. Raises `HistoryError`."""
    from djtui.files.unrelocating import undo_params

    params = await undo_params(library, change, redo=redo)
    return await run_job(
        session,
        "relocate-undo",
        params,
        lambda result: [f"{change.title}: {result['undone']:,} lie where they lay before."],
    )


async def _undo_files(session: Session, library: Library, change: Change, *, redo: bool) -> int:
    """Have a job take back what a change did to files, or do it again. Raises `HistoryError`."""
    from djtui.bridge.reversing import undo_params

    params = await undo_params(library, change, redo=redo)
    again = "done again" if redo else "put back"
    return await run_job(
        session, "file-undo", params, lambda result: [f"{change.title}: {result['undone']:,} {again}."]
    )


async def _reverse(session: Session, number: int | None, *, redo: bool) -> int | None:
    verb = "Redo" if redo else "Undo"

    def progress(done: int) -> None:
        session.out.progress(verb, "Restoring", done, None)

    async with session.library(create=False) as library:
        if number is not None:
            change = await changes.find(library, number)
        else:
            newest = await changes.newest(library, undone=redo)
            if newest is None:
                raise Failure(f"There is nothing to {verb.lower()}.")
            change = newest
        if change.kind == RELOCATE:
            return await _undo_relocation(session, library, change, redo=redo)
        if change.kind == ROUTE:
            return await _undo_route(session, library, change, redo=redo)
        if change.kind in changes.FILE_KINDS:
            return await _undo_files(session, library, change, redo=redo)
        if change.kind in changes.BY_JOB:
            params = await _restoring(library, change, redo=redo)
            return await run_job(session, "traktor-restore", params, restore_lines)
        act = changes.redo if redo else changes.undo
        result: Undone = await act(library, change, progress)
    refused = [f"  left alone: {refusal.item}: {refusal.reason}" for refusal in result.refused[:20]]
    if len(result.refused) > len(refused):
        refused.append(f"  … and {len(result.refused) - len(refused):,} more")
    session.out.result(
        [f"{change.title}: {result.undone:,} {'done again' if redo else 'put back'}.", *refused],
        undone=result.undone,
        refused=[asdict(refusal) for refusal in result.refused],
        change=result.change,
    )
    if not result.refused:
        return None
    return SOME_FAILED if result.undone else FAILED
