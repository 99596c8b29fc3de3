"""Traktor's collection on the command line: export to it, and put a backup of it back."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from djtui.cli.output import label, table
from djtui.cli.running import run_job
from djtui.cli.session import FAILED, WRONG_USE, Failure, Session, command
from djtui.library.database import Library
from djtui.model.text import plural
from djtui.traktor import backups, conflicts
from djtui.traktor.backups import Backup
from djtui.traktor.question import answered, question

_SHOWN: Final = 40


@click.command()
@click.argument("nml", required=False, type=click.Path(path_type=Path, readable=False))
@click.option("--dry-run", is_flag=True, help="Only say what would change, field by field.")
@click.option("--to", "copy", type=click.Path(path_type=Path), help="Write a copy there; NML stays as it is.")
@click.option("--force", is_flag=True, help="Ask nothing. Every check is still made.")
@command
async def export(
    session: Session, nml: Path | None, dry_run: bool, copy: Path | None, force: bool
) -> int | None:
    """Write what was changed here into Traktor's collection, and nothing else of it.

    The collection is read again first; what Traktor changed meanwhile is merged. Only then is a new file
    written beside it, compared with the old one, and put in its place in one step; the old one is kept as
    a backup. While Traktor runs, nothing is written: it would overwrite it when it quits.

    \b
    djtui traktor export --dry-run
    djtui traktor export ~/Traktor/collection.nml
    djtui traktor export --to ~/try.nml
    """
    async with session.library(create=False) as library:
        path = await _collection(session, library, nml)
        if copy is not None and copy.exists() and not force:
            raise Failure(
                f"{copy} is there already; name another file, or say --force to replace it.", WRONG_USE
            )
        if not dry_run and copy is None and not force:
            await _ask(session, library, path)
    params: dict[str, object] = {"path": str(path)}
    if copy is not None:
        params["to"] = str(copy.expanduser().absolute())
    params |= {name: True for name, said in (("dry_run", dry_run), ("force", force)) if said}
    return await run_job(session, "traktor-export", params, export_lines)


@click.command()
@click.argument("backup", required=False)
@click.option(
    "--nml", type=click.Path(path_type=Path), help="The collection; the one of this library by default."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@command
async def restore(session: Session, backup: str | None, nml: Path | None, yes: bool) -> int | None:
    """List the backups of the collection, or put one back: by its number in the list, or its path.

    What exports had written since then waits for export again. The present file is backed up first.

    \b
    djtui traktor restore
    djtui traktor restore 1
    """
    async with session.library(create=False) as library:
        path = await _collection(session, library, nml)
        kept = await asyncio.to_thread(backups.kept, library.path, path)
        if backup is None:
            session.out.result(
                _backup_lines(path, kept),
                backups=[
                    {"number": number, "path": str(it.path), "at": it.at.isoformat(), "size": it.size}
                    for number, it in enumerate(kept, 1)
                ],
            )
            return None
        chosen = _chosen(kept, backup)
        if not yes:
            _sure(session, f"{path} becomes what it was in {chosen}.", "Put it back?")
    params = {"path": str(path), "backup": str(chosen)}
    return await run_job(session, "traktor-restore", params, restore_lines)


async def _collection(session: Session, library: Library, nml: Path | None) -> Path:
    """The collection that is meant: as named, as set, or the one that was imported."""
    if nml is not None:
        return nml.expanduser().absolute()
    if session.settings.traktor.collection:
        return Path(session.settings.traktor.collection).expanduser().absolute()
    row = await library.fetchone("SELECT path FROM nml_file WHERE role = 'collection' ORDER BY id LIMIT 1")
    if row is None:
        raise Failure("No collection was imported yet: djtui traktor import COLLECTION.NML", WRONG_USE)
    return Path(row["path"])


async def _ask(session: Session, library: Library, path: Path) -> None:
    """The one question before a collection of another machine is written; its answer is remembered."""
    asked = await question(library, str(path))
    if asked is None:
        return
    _sure(session, asked, "Write it?")
    await answered(library, str(path))


def _sure(session: Session, text: str, prompt: str) -> None:
    if session.out.as_json or not sys.stdin.isatty():
        hint = "Say --force" if prompt == "Write it?" else "Say --yes"
        raise Failure(f"{text} {hint} to go on without a question.", FAILED)
    session.out.note(text)
    if not click.confirm(prompt, err=True):
        raise Failure("Nothing was changed.", FAILED)


def _chosen(kept: list[Backup], text: str) -> Path:
    if text.isdigit():
        number = int(text)
        if not 1 <= number <= len(kept):
            raise Failure(f"There is no backup {number}; there are {len(kept)}.", WRONG_USE)
        return kept[number - 1].path
    path = Path(text).expanduser().absolute()
    if not path.is_file():
        raise Failure(f"There is no backup {path}.", WRONG_USE)
    return path


def _backup_lines(path: Path, kept: list[Backup]) -> list[str]:
    if not kept:
        return [f"There are no backups of {path} yet; every export makes one."]
    rows = [(number, _local(it.at), f"{it.size / 1e6:,.1f} MB", it.path) for number, it in enumerate(kept, 1)]
    return [f"Backups of {path}:", *table(("", "When", "Size", "File"), rows, right=(0, 2))]


def _local(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def restore_lines(result: dict[str, Any]) -> list[str]:
    """What a restore did, for a person."""
    lines = [f"Put back: {result['restored']}"]
    if result.get("backup"):
        lines.append(f"What it replaced is kept: {result['backup']}")
    return [*lines, *result.get("notes", [])]


def export_lines(result: dict[str, Any]) -> list[str]:
    """The diff and the counts of an export for a person."""
    dry = result.get("dry_run")
    lines = []
    if dry:
        for change in result.get("changes", [])[:_SHOWN]:
            field = change["field"]
            if field == "cues":
                lines.append(f"  {change['track']}: {_cues_said(change['from'], change['to'])}")
                continue
            old, new = (conflicts.shown(field, change[side], "traktor") for side in ("from", "to"))
            lines.append(f"  {change['track']}: {label(field)}: {old} -> {new}")
        if len(result.get("changes", [])) > _SHOWN:
            lines.append(f"  … and {len(result['changes']) - _SHOWN:,} more fields (all of them with --json)")
        lines += [f"  new: {key.replace('/:', '/')}" for key in result.get("new", [])[:_SHOWN]]
        lines += [f"  removed: {key.replace('/:', '/')}" for key in result.get("gone", [])[:_SHOWN]]
    lines += [f"  playlist {path}: {what}" for path, what in result.get("playlists", [])[:_SHOWN]]
    tracks, lists = result["entries_changed"], result["playlists_changed"]
    if not tracks and not lists:
        lines.append("Nothing waits for export.")
    else:
        said = f"{plural(tracks, 'track')}{_of_them(result)} and {plural(lists, 'playlist')}"
        if cells := result.get("cells"):
            said += f", and {plural(cells, 'cell')} of remix sets"
        lines.append(f"Would change: {said}." if dry else f"Written: {said}, to {result['path']}.")
    if result.get("merged"):
        merged = ", ".join(_merged(name, count) for name, count in result["merged"].items() if count)
        if merged:
            lines.append(f"{'Would be merged' if dry else 'Merged'} from Traktor first: {merged}.")
    if result.get("doubled_cues"):
        lines.append(f"{plural(result['doubled_cues'], 'cue')} twice in the collection: left alone.")
    if result.get("backup"):
        lines.append(f"The collection as it was: {result['backup']}")
    return [*lines, *result.get("notes", [])]


def _of_them(result: dict[str, Any]) -> str:
    """How many of the tracks Traktor does not have yet, and how many go, where it is not all changes."""
    new, gone = result.get("added", 0), result.get("removed", 0)
    if not new and not gone:
        return ""
    said = [f"{new:,} new", f"{result['entries_changed'] - new - gone:,} changed"]
    return f" ({', '.join([*said, *([f'{gone:,} removed'] if gone else [])])})"


def _merged(name: str, count: int) -> str:
    """One count of an import: "1 conflict", "3 conflicts", "3 updated"."""
    return plural(count, "conflict") if name == "conflicts" else f"{count:,} {name}"


def _cues_said(old: list[object] | None, new: list[object] | None) -> str:
    was, now = old or [], new or []
    added, gone = (sum(cue not in other for cue in side) for side, other in ((now, was), (was, now)))
    return f"cues: {added} new or changed, {gone} gone or changed"
