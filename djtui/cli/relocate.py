"""Finding the files of missing tracks again, from the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from djtui.cli.running import ending, follow_job, run_job
from djtui.cli.session import FAILED, WRONG_USE, Failure, Session, command
from djtui.files import relocate_review
from djtui.model.text import plural

_LISTED = 50


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path, readable=False), metavar="[DIR]…")
@click.option("--apply", is_flag=True, help="Give tracks the files that are certain.")
@click.option("--yes", is_flag=True, help="With --apply: do not ask.")
@click.option(
    "--accept",
    nargs=2,
    type=(int, click.Path(path_type=Path, readable=False)),
    multiple=True,
    metavar="ID FILE",
    help="Give this track this file; may be said several times.",
)
@command
async def relocate(
    session: Session, folders: tuple[Path, ...], apply: bool, yes: bool, accept: tuple[tuple[int, Path], ...]
) -> int | None:
    """Look in folders for the files of tracks that are missing.

    Certain is a file of the same sound and size; or, of a track that was never scanned here, of the same
    name, size, length, artist and title. What only may be it is listed with a score (to 100) and the reasons.
    No file is touched; Traktor hears of the new places at the next export, and `djtui undo` takes them back.

    \b
    djtui relocate /media/new-disk                           what is where?
    djtui relocate /media/new-disk --apply                   take what is certain
    djtui relocate --accept 17 /media/new-disk/opal.flac     and what you know
    """
    if accept:
        if folders or apply:
            raise Failure("Name folders to look in, or files to accept, not both.", WRONG_USE)
        pairs = [[id, str(path.expanduser().absolute())] for id, path in accept]
        return await run_job(session, "relocate", {"accept": pairs}, _lines)
    if not folders:
        raise Failure("Name a folder in which the missing files may be.", WRONG_USE)
    params: dict[str, Any] = {"folders": [str(folder.expanduser().absolute()) for folder in folders]}
    if apply and not yes and sys.stdin.isatty() and not session.out.as_json:
        return await _asked(session, params)
    if apply:
        params["apply"] = True
    return await run_job(session, "relocate", params, _lines)


async def _asked(session: Session, params: dict[str, Any]) -> int:
    """Look, show what was found, and take what is certain if the DJ says so."""
    async with session.library(create=False) as library:
        view = await follow_job(session, library, "relocate", params)
        if view.state != "succeeded" or view.result is None:
            return await ending(session, library, view, _lines)
        certain = (await relocate_review.overview(library)).certain
        shown = _found(view.result)
        if not certain:
            return await ending(session, library, view, lambda _: shown)
        session.out.note("\n".join(shown))
        if not click.confirm(f"Give {plural(len(certain), 'track')} the files that are certain?", err=True):
            raise Failure("Nothing was changed.", FAILED)
        async with library.writing() as tx:
            await relocate_review.choose(tx, dict.fromkeys(certain, 0))
        view = await follow_job(session, library, "relocate", {"reviewed": True})
        return await ending(session, library, view, _lines)


def _lines(result: dict[str, Any]) -> list[str]:
    lines = _found(result)
    if result["change"] is not None:
        lines.append(
            f"{plural(result['accepted'], 'track')} found again (change {result['change']}; djtui undo takes"
            f" it back). {_told(result)}"
        )
    elif result["found"]:
        lines.append("Say --apply to take what is found.")
    return lines


def _told(result: dict[str, Any]) -> str:
    """What Traktor is going to know of it."""
    if not result["untold"]:
        return "Traktor hears of it at the next export."
    return (
        f"Traktor cannot be told of {plural(result['untold'], 'track')} yet: djtui does not know on which of"
        f" its volumes {result['untold_in']} lies. If it is one that the collection has files of, say so"
        " (djtui traktor map --set VOLUME=FOLDER) and import again."
    )


def _found(result: dict[str, Any]) -> list[str]:
    """The counts, and the first matches with their files, scores and reasons."""
    lines = []
    if result["found"] or result["ambiguous"] or result["missing"]:
        lines.append(
            f"{result['found']:,} found, {result['ambiguous']:,} that may be others, "
            f"{result['missing']:,} not found."
        )
    elif result["change"] is None:
        lines.append("No track is missing.")
    for match in result["matches"][:_LISTED]:
        lines.append(f"{match['track']:>7}  {match['name']}")
        for each in match["candidates"]:
            lines.append(f"    {each['score']:>3}  {each['path']}  ({', '.join(each['reasons'])})")
    if len(result["matches"]) > _LISTED:
        lines.append(f"… and {len(result['matches']) - _LISTED:,} more; --json has them.")
    return lines
