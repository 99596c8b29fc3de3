"""Duplicates on the command line: which tracks are the same, and merging them."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import click

from djtui.bridge import duplicates as finding
from djtui.cli.output import minutes
from djtui.cli.running import ending, follow_job
from djtui.cli.session import FAILED, WRONG_USE, Failure, Session, command
from djtui.files.duplicates import Copy, Group
from djtui.jobs.requests import estimate
from djtui.kinds import KINDS
from djtui.library.database import Library
from djtui.model.text import plural

_LISTED = 50
_LONG_S = 60.0
_GB, _MB = 1e9, 1e6


@click.group(invoke_without_command=True)
@click.option("--quick", is_flag=True, help="Read no files: only what is known already.")
@click.pass_context
def duplicates(context: click.Context, quick: bool) -> None:
    """Find tracks that are there several times, and merge them.

    "exact": the same sound to the last bit, whatever the tags. "recording": the same ISRC, or the same
    artist, title, mix and length. Files whose sound may be the same are read once; files that were never
    scanned (`djtui scan`) can be compared by their tags only. The first of each group is the one to keep.

    \b
    djtui duplicates                          list them
    djtui duplicates merge --dry-run          what would be merged?
    djtui duplicates merge 17 31 --keep 31    these two
    """
    if context.invoked_subcommand is None:
        context.invoke(list_, quick=quick)


@duplicates.command(name="list")
@click.option("--quick", is_flag=True, help="Read no files: only what is known already.")
@command
async def list_(session: Session, quick: bool) -> int | None:
    """List the groups."""
    async with session.library(create=False) as library:
        groups = await _groups(session, library, quick=quick)
    session.out.result(_listing(groups), groups=[_as_json(group) for group in groups])
    return None


@duplicates.command()
@click.argument("tracks", nargs=-1, type=int, metavar="[ID]…")
@click.option("--recordings", is_flag=True, help="Also what is the same recording, not only the same sound.")
@click.option("--keep", type=int, multiple=True, metavar="ID", help="Keep this track of its group.")
@click.option("--quick", is_flag=True, help="Read no files: only what is known already.")
@click.option("--dry-run", is_flag=True, help="Only say what would be merged.")
@click.option("--yes", is_flag=True, help="Merge without asking.")
@command
async def merge(
    session: Session,
    tracks: tuple[int, ...],
    recordings: bool,
    keep: tuple[int, ...],
    quick: bool,
    dry_run: bool,
    yes: bool,
) -> int | None:
    """Keep one track of each group, with all that the others have, and move their files to the trash folder.

    The keeper gets cues, rating, plays, colour, comments, what it does not know, and their places in
    playlists; the others leave the library, and at the next export Traktor's collection. Without ID: all
    groups of the same sound. With IDs: the groups of these tracks, and only these of them if there are
    several of a group. Nothing is deleted: the files lie in the folder that files.trash names (`djtui
    config`), and `djtui undo` takes all of it back.
    """
    async with session.library(create=False) as library:
        groups = await _groups(session, library, quick=quick)
        chosen = _chosen(groups, tracks, keep, recordings=recordings)
        if not chosen:
            raise Failure("There is nothing to merge.", FAILED)
        many = sum(len(others) for _, others in chosen)
        lines = _plan(chosen, many)
        listed = [{"keep": keeper.id, "merge": [copy.id for copy in others]} for keeper, others in chosen]
        if dry_run:
            session.out.result(lines, merged=0, change=None, would_merge=many, groups=listed)
            return None
        if not yes:
            _ask(session, lines, many)
        params = {"groups": [[keeper.id, *(copy.id for copy in others)] for keeper, others in chosen]}
        view = await follow_job(session, library, "merge", params)
        return await ending(session, library, view, _lines)


async def _groups(session: Session, library: Library, *, quick: bool) -> list[Group]:
    """The groups, once what may be the same sound is compared."""
    if not quick:
        cost = await estimate(library, KINDS, "duplicates", {}, settings=session.settings)
        if (cost["seconds"] or 0) > _LONG_S:
            session.out.note(f"{cost['notes'][0]}. --quick goes without.")
        view = await follow_job(session, library, "duplicates", {})
        if view.state != "succeeded":
            raise Failure(view.error or f"{view.title}: {view.state}.")
    return await finding.find(library)


def _chosen(
    groups: Sequence[Group], tracks: Collection[int], keep: Collection[int], *, recordings: bool
) -> list[tuple[Copy, list[Copy]]]:
    """The keepers and what is merged into each. Raises `Failure`."""
    named = {*tracks, *keep}
    known = {copy.id for group in groups for copy in group.copies}
    if strange := sorted(named - known):
        raise Failure(f"Track {strange[0]} has no duplicates. `djtui duplicates` lists those that have.")
    chosen = []
    for group in groups:
        mine = [copy for copy in group.copies if copy.id in named]
        if tracks and not mine:
            continue
        if not mine and group.how != "exact" and not recordings:
            continue
        copies = mine if len(mine) > 1 else list(group.copies)
        kept = [copy for copy in copies if copy.id in keep]
        if len(kept) > 1:
            raise Failure(f"Tracks {kept[0].id} and {kept[1].id} are of one group: keep one.", WRONG_USE)
        keeper = kept[0] if kept else copies[0]
        chosen.append((keeper, [copy for copy in copies if copy is not keeper]))
    return chosen


def _ask(session: Session, lines: Sequence[str], many: int) -> None:
    if session.out.as_json or not sys.stdin.isatty():
        raise Failure("\n".join([*lines, "Say --yes to merge them."]), WRONG_USE, count=many)
    session.out.note("\n".join(lines))
    if not click.confirm("Merge them?", err=True):
        raise Failure("Nothing was merged.", FAILED)


def _plan(chosen: Sequence[tuple[Copy, Sequence[Copy]]], many: int) -> list[str]:
    lines = [f"{plural(many, 'track')} would be merged into {plural(len(chosen), 'other')}:"]
    for keeper, others in chosen[:_LISTED]:
        lines.append(f"  keep  {_line(keeper)}")
        lines += [f"        {_line(copy)}" for copy in others]
    if len(chosen) > _LISTED:
        lines.append(f"  … and {len(chosen) - _LISTED:,} more groups")
    return lines


def _listing(groups: Sequence[Group]) -> list[str]:
    if not groups:
        return ["No track is there twice."]
    exact = sum(group.how == "exact" for group in groups)
    first = (
        f"{plural(len(groups), 'group')}: {exact:,} of the same sound, {len(groups) - exact:,} of the same"
        f" recording. The others take {_size(sum(group.wasted for group in groups))}."
    )
    lines = [first]
    for group in groups[:_LISTED]:
        lines.append(f"{_name(group.keeper)}  ({group.how}; {group.reason})")
        lines += [f"  {_line(copy)}" for copy in group.copies]
    if len(groups) > _LISTED:
        lines.append(f"… and {len(groups) - _LISTED:,} more groups; --json has all.")
    return lines


def _line(copy: Copy) -> str:
    facts = (
        copy.quality,
        minutes(copy.duration),
        plural(copy.cues, "cue") if copy.cues else "",
        plural(copy.plays, "play") if copy.plays else "",
        f"{copy.rating}/5" if copy.rating else "",
        "missing" if not copy.is_there else "",
    )
    return f"{copy.id:>7}  {copy.path or _name(copy)}  [{', '.join(_filled(facts))}]"


def _filled(texts: Iterable[str]) -> Iterable[str]:
    return (text for text in texts if text)


def _name(copy: Copy) -> str:
    return " - ".join(text for text in (copy.artist, copy.title) if text) or f"track {copy.id}"


def _size(bytes: int) -> str:
    return f"{bytes / _GB:,.1f} GB" if bytes >= _GB else f"{bytes / _MB:,.1f} MB"


def _as_json(group: Group) -> dict[str, Any]:
    return {
        "how": group.how,
        "basis": group.basis,
        "keeper": group.keeper.id,
        "reason": group.reason,
        "wasted": group.wasted,
        "tracks": [
            {name: value for name, value in copy._asdict().items() if name not in ("sound", "changed")}
            | {"quality": copy.quality, "missing": not copy.is_there, "collected": bool(copy.collected)}
            for copy in group.copies
        ],
    }


def _lines(result: dict[str, Any]) -> list[str]:
    if not result["merged"]:
        return ["Nothing was merged."]
    return [
        f"{plural(result['merged'], 'track')} merged (change {result['change']}; djtui undo takes it back)."
        " Traktor hears of it at the next export."
    ]
