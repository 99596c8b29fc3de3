"""Scanning folders from the command line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from djtui.cli.running import ending, follow_job
from djtui.cli.session import DONE, WRONG_USE, Failure, Session, command
from djtui.files import storing
from djtui.files.scan_order import Order
from djtui.files.scan_size import Size, duration, measure
from djtui.files.scan_walk import roots
from djtui.jobs.hosting import host_anyhow
from djtui.jobs.job import JobError
from djtui.jobs.requests import RequestError, submit
from djtui.kinds import KINDS
from djtui.library.database import Library
from djtui.model.text import plural

_SUBFOLDERS = 9


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path, readable=False), metavar="[DIR]…")
@click.option(
    "--analysis/--no-analysis",
    default=None,
    help="Analyse the new tracks afterwards, in the background; by default as analysis.after_scan says.",
)
@click.option("--dry-run", is_flag=True, help="Read, and only say what would change.")
@click.option("--background", is_flag=True, help="Begin, and do not wait for the end.")
@click.option(
    "--watch/--unwatch",
    default=None,
    help="Scan the folders again whenever something changes in them, while djtui runs; or no longer.",
)
@click.option("--yes", is_flag=True, help="Do not count and ask first, however many files there are.")
@command
async def scan(
    session: Session,
    folders: tuple[Path, ...],
    analysis: bool | None,
    dry_run: bool,
    background: bool,
    watch: bool | None,
    yes: bool,
) -> int | None:
    """Bring the sound files of folders into the library, and what has changed in them since.

    Without DIR: the folders that were scanned before. A file that is new is a new track; one at the path of a
    known track joins it, and fills what is unknown. Tags that were changed by another program go to their
    tracks, unless you changed those here too. A file that was moved keeps its track with its cues and
    playlists; a track whose file is gone stays, marked as missing. Files that cannot be read are listed, and
    nothing else comes of them. Ctrl-C stops; the same command goes on.

    \b
    djtui scan ~/Music                   new, changed, moved and missing files
    djtui scan ~/Music --dry-run --json  what would that change?
    djtui scan ~/Music --watch           and again whenever something changes there
    """
    wanted = session.settings.analysis.after_scan if analysis is None else analysis
    async with session.library() as library:
        places = roots(map(str, folders)) or tuple(await storing.folders(library))
        if not places:
            raise Failure("Name a folder: no folder was scanned before.", WRONG_USE)
        order = Order(places, analyze=wanted, background=background, dry_run=dry_run)
        if not yes and await storing.known_files(library, places) is None:
            order = await _announced(session, library, order)
        if watch is not None and not dry_run:
            async with library.writing() as tx:
                for folder in order.folders:
                    await storing.watch_folder(tx, folder, watch)
        if order.background:
            return await _begin(session, library, order)
        view = await follow_job(session, library, "scan", order.params)
        return await ending(session, library, view, _lines)


async def _begin(session: Session, library: Library, order: Order) -> int:
    try:
        job_id = await submit(library, KINDS, "scan", order.params, settings=session.settings)
    except (RequestError, JobError) as error:
        raise Failure(str(error)) from error
    host_anyhow(session.library_path, KINDS, session.settings, config=session.config_path)
    session.out.result([f"Job {job_id} scans in the background: djtui jobs watch {job_id}"], job=job_id)
    return DONE


async def _announced(session: Session, library: Library, order: Order) -> Order:
    """The order, once the DJ knows how large it is and has perhaps chosen something smaller."""
    size = await asyncio.to_thread(measure, order.folders)
    level = size.level(session.settings.warn)
    if not level:
        return order
    about = duration(size.seconds(await storing.reading_rate(library)))
    session.out.event("warning", level=level, files=size.files, complete=size.complete)
    large = "That is a large library. " if level == "critical" else ""
    session.out.note(f"{size.said.capitalize()}: about {about}. {large}Ctrl-C stops, and nothing is lost.")
    if session.out.as_json or not sys.stdin.isatty():
        session.out.note("Cheaper: one of its folders, --no-analysis, --background.")
        return order
    return await asyncio.to_thread(_chosen, session, order, size)


def _chosen(session: Session, order: Order, size: Size) -> Order:
    """Ask. Raises `Failure` where nothing is to be scanned."""
    ways = {"g": "go on"}
    if size.subfolders:
        ways["s"] = "only a subfolder"
    if order.analyze:
        ways["t"] = "tags only, no analysis"
    if not order.background:
        ways["b"] = "in the background"
    ways["q"] = "do nothing"
    session.out.note("\n".join(f"  {letter}  {what}" for letter, what in ways.items()))
    answer = click.prompt("What?", type=click.Choice(list(ways)), default="g", err=True, show_choices=False)
    if answer == "q":
        raise Failure("Nothing was scanned.")
    if answer == "t":
        return replace(order, analyze=False)
    if answer == "b":
        return replace(order, background=True)
    return replace(order, folders=(_subfolder(session, size.subfolders),)) if answer == "s" else order


def _subfolder(session: Session, subfolders: Sequence[tuple[str, int]]) -> str:
    shown = subfolders[:_SUBFOLDERS]
    lines = [f"  {number}  {Path(path).name}  {files:,}" for number, (path, files) in enumerate(shown, 1)]
    if more := len(subfolders) - len(shown):
        lines.append(f"  … and {more:,} smaller ones: djtui scan FOLDER")
    session.out.note("\n".join(lines))
    number = click.prompt("Which?", type=click.IntRange(1, len(shown)), err=True)
    return shown[number - 1][0]


def _lines(result: dict[str, Any]) -> list[str]:
    """The counts of a scan for a person."""
    first = (
        f"{plural(result['found'], 'file')}: {result['added']:,} added, {result['updated']:,} updated, "
        f"{result['unchanged']:,} unchanged, {result['failed']:,} failed."
    )
    lines = [f"Would be: {first}" if result.get("dry_run") else first]
    if result["moved"]:
        lines.append(f"{plural(result['moved'], 'track')} found at another place, with all they had.")
    if result["missing"]:
        lines.append(
            f"{plural(result['missing'], 'track')} without a file: kept, and shown as missing"
            " (djtui search missing:yes)."
        )
    return lines
