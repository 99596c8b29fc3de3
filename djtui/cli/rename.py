"""Renaming files on the command line: a preview, and the job."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from djtui import config
from djtui.bridge import renaming
from djtui.bridge.telling import Telling, linked
from djtui.cli import rename_listing as listing
from djtui.cli.library import where
from djtui.cli.running import ending, follow_job
from djtui.cli.session import FAILED, WRONG_USE, Failure, Session, command
from djtui.config import Settings
from djtui.files import chosen, presets, step_rows, tagging
from djtui.files.parse_template import TemplateError
from djtui.files.rename_plan import Renames
from djtui.files.tag_defaults import as_params
from djtui.files.template import Template
from djtui.jobs.job import JobError
from djtui.library.database import Library
from djtui.model.text import plural
from djtui.traktor import moving, running
from djtui.traktor.affected import Affected, affected
from djtui.traktor.question import answered, question

_EXAMPLES: Final = 10
_TOKEN: Final = re.compile(r"\{[a-z]+[|}]")
"""A token of a template; no filter has one, not even in a regular expression."""


@click.command()
@click.argument("words", nargs=-1, metavar="[TEMPLATE] [QUERY]")
@click.option("--preset", metavar="NAME", help="A template by its name, instead of TEMPLATE.")
@click.option("--by-context", is_flag=True, help="One template for files of an album, one for all others.")
@click.option("--apply", is_flag=True, help="Rename; without it, everything is only shown.")
@click.option("--yes", is_flag=True, help="With --apply: do not ask.")
@click.option("--all", "whole", is_flag=True, help="Show every file, also those that keep their names.")
@click.option(
    "--root",
    type=click.Path(path_type=Path, readable=False),
    metavar="DIR",
    help="Where the folders of a template begin; without it, in the folder that each file is in.",
)
@click.option("--write-tags", "tags", multiple=True, metavar="FIELD", help="Write this tag in the same step.")
@click.option(
    "--lists",
    multiple=True,
    type=click.Path(path_type=Path, readable=False),
    metavar="PATH",
    help="M3U files, and folders of them, that follow; by default those of files.lists.",
)
@click.option("--no-export", is_flag=True, help="Do not tell Traktor now; the next export does.")
@click.option("--force", is_flag=True, help="Ask nothing about the collection. Every check is still made.")
@click.option("--save", metavar="NAME", help="Keep TEMPLATE as a preset of this name.")
@click.option("--presets", "list_presets", is_flag=True, help="List the presets.")
@click.option("--tokens", is_flag=True, help="List what a template can be made of.")
@command
async def rename(
    session: Session,
    /,
    words: tuple[str, ...],
    list_presets: bool,
    tokens: bool,
    save: str | None,
    apply: bool,
    yes: bool,
    whole: bool,
    **said: Any,
) -> int | None:
    """Show what files would be called after TEMPLATE, and with --apply rename them.

    QUERY says which tracks; without it, all. Cues, playlists and tags stay with their tracks, and Traktor's
    collection gets the new names in the same job, so it must be closed. Nothing is overwritten: of files that
    would have one name, the others get a number. `djtui undo` takes all of it back.

    \b
    djtui rename '{artist} - {title} [{camelot} {bpm}]' 'crate:friday'
    djtui rename --preset mixing 'added:<7d' --apply
    djtui rename '{label|default:No label}/{artist} - {title}' --root ~/Music
    djtui rename --by-context 'folder:downloads' --write-tags bpm --write-tags key
    djtui rename '{bpm} {artist} - {title}' id:17 --save tempo-first
    djtui rename --tokens
    """
    if list_presets or tokens:
        (_show_tokens if tokens else _show_presets)(session)
        return None
    params, texts = _params(session.settings, words, save, said)
    if save is not None:
        _save(session, save, texts[0])
    async with session.library(create=False) as library:
        telling = Telling.of(params, library, session.settings)
        if not apply:
            await _preview(session, library, params, telling, whole=whole)
            return None
        if not yes and sys.stdin.isatty() and not session.out.as_json:
            await _ask(session, library, params, telling)
        else:
            for line in await _unheard(session, library, telling):
                session.out.note(line)
        return await _applied(session, library, params)


def _params(
    settings: Settings, words: Sequence[str], save: str | None, said: dict[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The params of the job, and the templates as they were said or set. Raises `Failure`."""
    params: dict[str, Any] = {}
    if said["preset"] is not None and said["by_context"]:
        raise Failure("Say --preset or --by-context, not both.", WRONG_USE)
    if said["preset"] is not None or said["by_context"]:
        instead = "--preset" if said["preset"] is not None else "--by-context"
        if words and _TOKEN.search(words[0]):
            raise Failure(f"{words[0]!r} is a template: say TEMPLATE or {instead}, not both.", WRONG_USE)
    if said["by_context"]:
        params["templates"] = dict(presets.by_context(settings.files))
        texts = list(params["templates"].values())
    elif said["preset"] is not None:
        params["template"] = _preset(settings, said["preset"])
        texts = [params["template"]]
    else:
        if not words:
            raise Failure(
                "Say a template, --preset NAME or --by-context; --presets and --tokens list what there is.",
                WRONG_USE,
            )
        params["template"], *words = words
        texts = [params["template"]]
    if save is not None and (said["preset"] is not None or said["by_context"]):
        raise Failure("--save keeps a TEMPLATE that is said with it.", WRONG_USE)
    for text in texts:
        _check_template(text)
    if query := " ".join(words):
        where(query)
        params["query"] = query
    if said["root"] is not None:
        params["root"] = _root(said["root"])
    for path in said["lists"]:
        if not path.expanduser().exists():
            raise Failure(f"--lists: there is neither a file nor a folder {path}.", WRONG_USE)
    lists = said["lists"] or map(Path, settings.files.lists)
    if places := [str(path.expanduser().absolute()) for path in lists]:
        params["m3u"] = places
    if said["tags"]:
        params |= {"tags": _fields(said["tags"]), **as_params(settings.files)}
    if said["no_export"]:
        params["export"] = False
    if said["force"]:
        params["force"] = True
    return params, texts


def _root(said: Path) -> str:
    """A folder that is there, or that can be made: a parent that is not there is a typing mistake."""
    root = said.expanduser().absolute()
    if root.exists() and not root.is_dir():
        raise Failure(f"--root: {root} is a file, not a folder.", WRONG_USE)
    if not root.parent.is_dir():
        raise Failure(
            f"--root: there is no folder {root.parent}, so {root.name} cannot be made in it.", WRONG_USE
        )
    return str(root)


def _preset(settings: Settings, name: str) -> str:
    found = presets.named(settings.files, name)
    if found is None:
        names = ", ".join(preset.name for preset in presets.all_presets(settings.files))
        raise Failure(f"There is no preset {name!r}; there are {names}.", WRONG_USE)
    return found.template


def _check_template(text: str) -> None:
    try:
        Template(text)
    except TemplateError as error:
        raise Failure(f"this is not a template:\n{error.pointed(text)}", WRONG_USE) from error


def _fields(names: Sequence[str]) -> list[str]:
    try:
        return tagging.checked(names)
    except JobError as error:
        raise Failure(str(error), WRONG_USE) from error


def _save(session: Session, name: str, template: str) -> None:
    path = config.save(presets.with_preset(session.settings, name, template))
    session.out.note(f"Saved as preset {name} in {path}.")


async def _planned(session: Session, library: Library, params: dict[str, Any]) -> Renames:
    session.out.progress("Rename", "Planning", 0, None)
    try:
        return await renaming.preview(library, params)
    except JobError as error:
        raise Failure(str(error)) from error


async def _preview(
    session: Session, library: Library, params: dict[str, Any], telling: Telling, *, whole: bool
) -> None:
    renames = await _planned(session, library, params)
    share = await _share(library, renames, telling)
    counts = renames.counts()
    fields: dict[str, Any] = {
        "planned": counts["planned"],
        "renamed": 0,
        "skipped": counts["skipped"],
        "failed": counts["refused"],
        "change": None,
        "plan": renames.as_rows() if session.out.as_json else [],
        "lists": renames.lists,
    }
    if share is not None:
        fields["traktor"] = share._asdict()
    lines = listing.files(renames, whole=whole) + await _summary(renames, params, share)
    if counts["planned"]:
        lines += await _unheard(session, library, telling)
        lines.append("Say --apply to rename them.")
    session.out.result(lines, **fields)


async def _share(library: Library, renames: Renames, telling: Telling) -> Affected | None:
    """What changes in the collection; None where it is not to be written."""
    if telling.path is None:
        return None
    return await affected(library, str(telling.path), renames.paths())


async def _unheard(session: Session, library: Library, telling: Telling) -> list[str]:
    """A warning where Traktor runs and is not to be told."""
    path = await asyncio.to_thread(linked, library, session.settings)
    if telling.path is not None or path is None:
        return []
    if (name := await asyncio.to_thread(running.running)) is None:
        return []
    return [
        f"{name} is running and would not find these files: quit it, then djtui traktor export tells it"
        " where they are."
    ]


async def _summary(renames: Renames, params: dict[str, Any], share: Affected | None) -> list[str]:
    """The counts, and what else changes."""
    lines = [listing.counts(renames) if renames.items else _no_track(params)]
    if not renames.counts()["planned"]:
        return lines
    root = params.get("root")
    if root is not None and root in renames.plan.folders:
        lines.append(f"There is no folder {root} yet: it would be made.")
    if share is not None:
        lines.append(listing.traktor(share))
        if share.locations and (name := await asyncio.to_thread(running.running)) is not None:
            lines.append(f"{name} is running: quit it first.")
    if params.get("tags"):
        lines.append(f"Tags that are written too: {', '.join(params['tags'])}.")
    if renames.lists:
        lines.append(f"{plural(len(renames.lists), 'playlist file')} would follow.")
    return lines


def _no_track(params: dict[str, Any]) -> str:
    query = params.get("query")
    return "The library has no track with a file." if query is None else f"No track passes {query}."


async def _ask(session: Session, library: Library, params: dict[str, Any], telling: Telling) -> None:
    """Have the rename confirmed, and the one question about a collection of another machine answered."""
    renames = await _planned(session, library, params)
    many = renames.counts()["planned"]
    summary = await _summary(renames, params, await _share(library, renames, telling))
    if not many:
        raise Failure(" ".join(["Nothing to rename.", *summary]))
    summary += await _unheard(session, library, telling)
    session.out.note("\n".join([*listing.files(renames, limit=_EXAMPLES), *summary]))
    if not click.confirm(f"Rename {plural(many, 'file')}?", err=True):
        raise Failure("Nothing was renamed.", FAILED)
    if telling.path is None or telling.force:
        return
    if (asked := await question(library, str(telling.path))) is not None:
        session.out.note(asked)
        if not click.confirm("Write it?", err=True):
            raise Failure("Nothing was renamed. --no-export renames without telling Traktor.", FAILED)
        await answered(library, str(telling.path))


async def _applied(session: Session, library: Library, params: dict[str, Any]) -> int:
    if not await chosen.count(library, params):
        raise Failure(_no_track(params))
    view = await follow_job(session, library, "rename", params)
    unknown = await moving.unknown_names(library)
    if session.out.as_json and view.result is not None and (change := view.result["change"]) is not None:
        names = await step_rows.names(library, change)
        plan = [{"from": old, "to": new, "status": "renamed"} for old, new in names.items()]
        view = replace(view, result={**view.result, "plan": plan})
    return await ending(
        session, library, view, lambda result: listing.done(result, unknown), verdict="not renamed"
    )


def _show_presets(session: Session) -> None:
    files = session.settings.files
    rows = [
        {"name": it.name, "template": it.template, "meaning": it.meaning, "example": _example(it.template)}
        for it in presets.all_presets(files)
    ]
    contexts = presets.by_context(files)
    session.out.result(listing.presets(rows, contexts), presets=rows, by_context=contexts)


def _example(template: str) -> str:
    """The example, or what is wrong with a template that was put into the settings by hand."""
    try:
        return presets.example(template)
    except TemplateError as error:
        return str(error)


def _show_tokens(session: Session) -> None:
    session.out.result(listing.tokens(), **listing.tokens_as_json())
