"""The history on the command line: history, undo, redo."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import click

from djtui import ways_back
from djtui.cli.exporting import restore_lines
from djtui.cli.library import matching
from djtui.cli.output import table
from djtui.cli.running import ending, follow_job
from djtui.cli.session import FAILED, SOME_FAILED, WRONG_USE, Failure, Session, command
from djtui.library import history as changes
from djtui.library.database import Library
from djtui.library.history import Change, Key, Refusal, Undone
from djtui.model.text import plural

if TYPE_CHECKING:
    from djtui.bridge.touched import Item

_REFUSED: Final = 20
_STATES: Final = {"undone": "  (undone)", "meant": "  (not done yet)", "begun": "  (half done)"}


@click.command()
@click.argument("change", type=int, required=False)
@click.option("--show", "shown", type=int, default=None, metavar="CHANGE", help="The same as CHANGE.")
@click.option("--kind", default=None, help="Only changes of this kind: edit, rename, tags, import, export …")
@click.option("--search", default="", metavar="TEXT", help="Only changes with this text in their titles.")
@click.option("--limit", default=50, show_default=True, help="Show at most so many; 0 for all.")
@command
async def history(
    session: Session, change: int | None, shown: int | None, kind: str | None, search: str, limit: int
) -> None:
    """List what changed, newest first; or what one CHANGE touched, and what of it can still be undone.

    \b
    djtui history
    djtui history --kind rename
    djtui history 12 --limit 0
    djtui undo 12
    """
    number = change if change is not None else shown
    async with session.library(create=False) as library:
        if number is not None:
            await _show(session, library, await changes.find(library, number), limit or -1)
            return
        found = await changes.changes(library, limit or -1, kind=kind, text=search)
        if not found and kind is not None and kind not in (kinds := await changes.kinds(library)):
            known = f" There are {', '.join(kinds)}." if kinds else ""
            raise Failure(f"There is no change of the kind {kind}.{known}", WRONG_USE)
        in_part = await changes.taken_in_part(library, [change.id for change in found])
    rows = [
        (
            change.id,
            change.at.replace("T", " ").removesuffix("Z"),
            change.kind,
            change.title,
            f"{change.items:,}",
            f"undone by {change.undone}"
            if change.undone
            else "undone in part"
            if change.id in in_part
            else "",
        )
        for change in found
    ]
    session.out.result(
        table(("id", "When (UTC)", "Kind", "What", "Items", ""), rows, right=(0, 4))
        if rows
        else ["Nothing like that."]
        if search
        else ["Nothing yet."],
        changes=[_fields(change) | {"in_part": change.id in in_part} for change in found],
    )


def _fields(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "at": change.at,
        "kind": change.kind,
        "title": change.title,
        "items": change.items,
        "undone": change.undone is not None,
    }


async def _show(session: Session, library: Library, change: Change, limit: int) -> None:
    """One change: its items, and whether it can be undone (or done again)."""
    from djtui.bridge import touched

    found = await touched.touched(library, change)
    total = len(found)
    items = await touched.items(library, found, 0, total if limit < 0 else min(limit, total))
    redo = change.undone is not None and changes.why_no_redo(change) is None
    outlook = await ways_back.outlook(library, change, redo=redo)
    stays = {refusal.key: refusal.reason for refusal in outlook.refused}
    lines = [
        f"{change.title} ({change.kind} {change.id}, {change.at.replace('T', ' ').removesuffix('Z')} UTC)"
    ]
    lines += [*found.notes, ways_back.said(change, outlook, redo=redo)]
    for item in items:
        reason = f"  stays: {stays[item.key]}" if item.key in stays else ""
        lines.append(f"  {item.line}{_STATES.get(item.state, '')}{reason}")
    if len(items) < total:
        lines.append(f"  … and {total - len(items):,} more: --limit 0")
    session.out.result(
        lines,
        change=_fields(change),
        total=total,
        touched=[_item(item) | {"stays": stays.get(item.key)} for item in items],
        can=outlook.can,
        why=outlook.why,
        refused=_refused(outlook.refused),
    )


def _item(item: Item) -> dict[str, Any]:
    what, id = item.key
    return {
        "what": what,
        "id": id,
        "track": item.track,
        "name": item.name,
        "fields": {name: list(pair) for name, pair in item.fields.items()},
        "said": list(item.said),
        "state": item.state,
    }


def _refused(refused: Sequence[Refusal]) -> list[dict[str, str]]:
    return [{"item": refusal.item, "reason": refusal.reason} for refusal in refused]


_only = click.option(
    "--only",
    multiple=True,
    metavar="TRACK…",
    help="Only these tracks of it: ids, or a filter; may be said several times.",
)
_no_export = click.option(
    "--no-export", is_flag=True, help="Of a rename: do not tell Traktor now; the next export does."
)


@click.command()
@click.argument("change", type=int, required=False)
@_only
@_no_export
@click.option("--yes", is_flag=True, help="Of an export: do not ask before the collection is put back.")
@command
async def undo(
    session: Session, change: int | None, only: tuple[str, ...], no_export: bool, yes: bool
) -> int | None:
    """Take a change back: the last one, or the one with this number; or only some tracks of it.

    What was changed again since is left alone and listed.

    \b
    djtui undo
    djtui undo 12 --only 17 --only 'artist:bicep'
    """
    return await _reverse(session, change, only, redo=False, export=not no_export, yes=yes)


@click.command()
@click.argument("change", type=int, required=False)
@_only
@_no_export
@command
async def redo(session: Session, change: int | None, only: tuple[str, ...], no_export: bool) -> int | None:
    """Do an undone change again: the last one undone, or the one with this number.

    \b
    djtui redo
    djtui redo 12 --only 17
    """
    return await _reverse(session, change, only, redo=True, export=not no_export)


async def _reverse(
    session: Session,
    number: int | None,
    only: tuple[str, ...],
    *,
    redo: bool,
    export: bool,
    yes: bool = False,
) -> int | None:
    verb = "Redo" if redo else "Undo"
    async with session.library(create=False) as library:
        if number is not None:
            change = await changes.find(library, number)
        else:
            newest = await changes.newest(library, undone=redo)
            if newest is None:
                raise Failure(f"There is nothing to {verb.lower()}.")
            change = newest
        keys = await _keys(library, change, only)
        way = await ways_back.way(library, change, redo=redo, only=keys)
        if way.job == "file-undo" and not export:
            way = replace(way, params={**way.params, "export": False})
        if way.job == "traktor-restore" and not yes:
            await _ask(session, library, change)
        if way.job is not None:
            return await _by_job(session, library, change, way, redo=redo)

        def progress(done: int) -> None:
            session.out.progress(verb, "Restoring", done, None)

        act = changes.redo if redo else changes.undo
        result = await act(library, change, progress, only=keys)
    return _told(session, change, result, redo=redo)


async def _ask(session: Session, library: Library, change: Change) -> None:
    """Have it confirmed that a collection is put back; where nobody can be asked, only if it loses files."""
    from djtui.traktor import restoring

    lost = (await restoring.stranded_by(library, change)).sentence
    if session.out.as_json or not sys.stdin.isatty():
        if lost:
            raise Failure(f"{lost} Say --yes to put the collection back all the same.")
        return
    session.out.note(f"{change.title}: the collection becomes what it was before, from its backup.")
    if lost:
        session.out.note(lost)
    if not click.confirm("Put the collection back?", err=True):
        raise Failure("Nothing was changed.")


async def _keys(library: Library, change: Change, only: tuple[str, ...]) -> set[Key] | None:
    """The items of a change that are about the tracks that were named: by id, or by a filter."""
    if not only:
        return None
    from djtui.bridge import touched

    wanted: set[int] = set()
    for text in only:
        numbers = text.replace(",", " ").split()
        if all(number.isdecimal() for number in numbers):
            wanted.update(map(int, numbers))
        else:
            wanted.update(await matching(library, text))
    found = await touched.touched(library, change)
    keys = {key for key in found.keys(0, len(found)) if key[0] in ("file", "fields", "track")}
    named = {key for key in keys if key[1] in wanted}
    if not named and change.kind not in changes.WHOLE:
        raise Failure(f"Change {change.id} ({change.title}) touched none of these tracks.")
    return named


async def _by_job(
    session: Session, library: Library, change: Change, way: ways_back.Way, *, redo: bool
) -> int:
    """Have a job take a change back that is about files, or playlists on Spotify."""
    assert way.job is not None
    if change.kind == ways_back.ROUTE:
        from djtui.cli import route_apply

        again = f"djtui undo {change.id}"
        return await route_apply.put_back(session, library, way.params, wait=False, again=again)
    done = "lie where they lay before" if change.kind == ways_back.RELOCATE else "put back"
    said = "done again" if redo else done
    view = await follow_job(session, library, way.job, way.params)
    if way.job == "traktor-restore":
        return await ending(session, library, view, restore_lines)
    return await ending(
        session,
        library,
        view,
        lambda result: [f"{change.title}: {_files(result)} {said}."],
        verdict="left alone",
    )


def _files(result: dict[str, Any]) -> str:
    """How many were put back; where there were playlist files, of each kind."""
    if not (lists := result.get("lists")):
        return f"{result['undone']:,}"
    return f"{plural(result['undone'], 'file')} and {plural(lists, 'list')}"


def _told(session: Session, change: Change, result: Undone, *, redo: bool) -> int | None:
    refused = [f"  left alone: {refusal.item}: {refusal.reason}" for refusal in result.refused[:_REFUSED]]
    if len(result.refused) > len(refused):
        refused.append(f"  … and {len(result.refused) - len(refused):,} more")
    done = "done again" if redo else "put back"
    session.out.result(
        [f"{change.title}: {result.undone:,} {done}.", *refused],
        undone=result.undone,
        refused=_refused(result.refused),
        change=result.change,
    )
    if not result.refused:
        return None
    return SOME_FAILED if result.undone else FAILED
