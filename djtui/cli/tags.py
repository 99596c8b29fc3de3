"""Tags of files on the command line: writing what the library knows, and showing what files say."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click

from djtui.cli.library import where
from djtui.cli.output import minutes, table
from djtui.cli.running import ending, follow_job
from djtui.cli.session import FAILED, SOME_FAILED, WRONG_USE, Failure, Session, command
from djtui.files import chosen, tagging
from djtui.files.container import Unreadable
from djtui.files.tag_defaults import as_params
from djtui.files.tagging import FIELDS, Difference
from djtui.files.tags import Tags, read
from djtui.jobs.job import JobError
from djtui.library.database import Library
from djtui.model.text import plural
from djtui.query.errors import closest

_LISTED: Final = 40
_AT_ONCE: Final = 100
_INTERNAL: Final = ("sample",)


@click.group()
def tags() -> None:
    """Write tags into files, and show them."""


@tags.command()
@click.argument("words", nargs=-1, required=True, metavar="[QUERY] FIELD…")
@click.option("--query", metavar="QUERY", help="Which tracks, where the query could be taken for a field.")
@click.option("--dry-run", is_flag=True, help="Read the files, and only say what would be written.")
@click.option("--all", "whole", is_flag=True, help="With --dry-run: list every file.")
@click.option("--notation", type=click.Choice(("camelot", "musical", "open")), help="How keys are written.")
@click.option("--mtime", type=click.Choice(("keep", "now")), help="The files' date of modification.")
@click.option(
    "--id3",
    "id3_version",
    type=click.IntRange(3, 4),
    metavar="3|4",
    help="ID3v2.3 or 2.4, for untagged files.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@command
async def write(
    session: Session,
    /,
    words: tuple[str, ...],
    query: str | None,
    dry_run: bool,
    whole: bool,
    yes: bool,
    **said: Any,
) -> int | None:
    """Write values of the library into the tags of the files: those of the FIELDs, and no other.

    The first word is the QUERY unless it is a field; without one, all tracks are meant. What the library does
    not know stays in the file as it is. The sound is not touched, nor is any other tag, and `djtui undo` puts
    every byte back. Fields: title, artist, album, albumartist, genre, label, catalogue, remixer, producer,
    comment, isrc, track, year, released, rating, bpm, key, replaygain (from the loudness that was measured).

    \b
    djtui tags write 'added:<7d' bpm key --dry-run
    djtui tags write 'crate:friday' bpm key rating --notation musical
    djtui tags write --query bpm:none genre
    """
    query, fields = _parsed(words, query)
    params: dict[str, Any] = {"fields": fields, **as_params(session.settings.files)}
    params |= {name: value for name, value in said.items() if value is not None}
    if query:
        where(query)
        params["query"] = query
    async with session.library(create=False) as library:
        if dry_run:
            await _preview(session, library, params, whole=whole)
            return None
        if not yes and sys.stdin.isatty() and not session.out.as_json:
            many = len(await chosen.chosen(library, params))
            if not click.confirm(f"Write {', '.join(fields)} into {plural(many, 'file')}?", err=True):
                raise Failure("Nothing was written.", FAILED)
        view = await follow_job(session, library, "tags", params)
        return await ending(session, library, view, lines, verdict="not written")


@tags.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False), metavar="FILE…"
)
@command
async def show(session: Session, files: tuple[Path, ...]) -> int | None:
    """Show what the tags of files say, whether the library has them or not.

    \b
    djtui tags show ~/Downloads/*.mp3
    """
    found: list[dict[str, Any]] = []
    failed: list[dict[str, str]] = []
    for file in files:
        path = str(file.expanduser().absolute())
        try:
            found.append({"path": path, **_as_json(await asyncio.to_thread(read, path))})
        except Unreadable as error:
            failed.append({"item": path, "reason": str(error)})
    shown = [line for each in found for line in _shown(each)]
    shown += [f"not read: {each['item']}: {each['reason']}" for each in failed]
    session.out.result(shown, files=found, failures=failed, failed=len(failed))
    return SOME_FAILED if failed else None


def lines(result: Mapping[str, Any]) -> list[str]:
    """What writing did, for a person."""
    if not result["written"]:
        return ["No file was touched: the tags say so already, or nothing is known of these fields."]
    back = f"(change {result['change']}; djtui undo takes it back)"
    return [f"Tags of {plural(result['written'], 'file')} written {back}."]


def _parsed(words: Sequence[str], query: str | None) -> tuple[str | None, list[str]]:
    """The query and the fields. A first word that is nearly a field is asked about, not guessed at."""
    taken = query is None and words[0] not in FIELDS
    if taken:
        query, *words = words
        if query.isalpha() and (near := closest(query, FIELDS)) is not None:
            raise Failure(
                f"{query!r} is no field. Did you mean {near}? If it is the filter, say --query {query}.",
                WRONG_USE,
            )
    try:
        fields = tagging.checked(words)
    except JobError as error:
        raise Failure(str(error), WRONG_USE) from error
    if not fields and taken and query is not None and query.isalpha():
        raise Failure(
            f"{query} is no field, so it was taken as a filter; name the fields to write: "
            f"{', '.join(FIELDS)}.",
            WRONG_USE,
        )
    if not fields:
        raise Failure(f"Name the fields to write: {', '.join(FIELDS)}.", WRONG_USE)
    return query, fields


async def _preview(session: Session, library: Library, params: dict[str, Any], *, whole: bool) -> None:
    """What would be written, file by file."""
    ids = await chosen.chosen(library, params)
    found: list[Difference] = []
    for start in range(0, len(ids), _AT_ONCE):
        session.out.progress("Tags", "Comparing", start, len(ids))
        part = {**params, "ids": ids[start : start + _AT_ONCE]}
        found += await tagging.preview(library, part, _AT_ONCE)
    shown = found if whole else found[:_LISTED]
    text = [line for each in shown for line in _difference(each)]
    if len(found) > len(shown):
        text.append(f"… and {len(found) - len(shown):,} more: --all shows them.")
    text.append(f"{plural(len(found), 'file')} of {len(ids):,} would change.")
    plan = [
        {
            "id": it.track_id,
            "path": it.path,
            "fields": {name: {"from": was, "to": now} for name, (was, now) in it.fields.items()},
        }
        for it in found
    ]
    session.out.result(text, written=0, failed=0, change=None, planned=len(found), plan=plan)


def _difference(each: Difference) -> list[str]:
    values = [f"  {name}: {_value(was)} -> {_value(now)}" for name, (was, now) in each.fields.items()]
    return [each.path, *values]


def _value(value: object) -> str:
    return "none" if value is None else str(value)


def _as_json(found: Tags) -> dict[str, Any]:
    return {name: value for name, value in asdict(found).items() if name not in _INTERNAL}


def _shown(fields: Mapping[str, Any]) -> list[str]:
    rows = [
        (name, minutes(value) if name == "duration" else value)
        for name, value in fields.items()
        if value not in (None, False) and name != "path"
    ]
    return [fields["path"], *(f"  {line}" for line in table(("Tag", "Says"), rows)[1:])]
