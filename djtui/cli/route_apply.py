"""Applying bases from the command line: asked before, waited for, and taken back."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from djtui.cli.output import table
from djtui.cli.route_shared import base_named, child_named, explained, outlook
from djtui.cli.running import ending
from djtui.cli.session import DONE, SOME_FAILED, WRONG_USE, Failure, Session, command
from djtui.cli.spotify_shared import signed_in
from djtui.cli.spotify_sync import watched
from djtui.jobs.views import failures
from djtui.library import route_runs, routes
from djtui.library.history import HistoryError
from djtui.library.routes import Base, Child
from djtui.model.text import plural
from djtui.routing.asking import HANDS, changed_by_hand
from djtui.routing.bases import APPLY
from djtui.routing.scheduling import apply_params
from djtui.routing.undoing import UNDO, params_of
from djtui.spotify.budget import Use

if TYPE_CHECKING:
    from djtui.jobs.views import JobView
    from djtui.library.database import Library

STATES: Final = {
    "verified": "done", "unverified": "not seen yet", "asking": "asks", "planned": "not begun",
    "writing": "broken off", "partial": "in part",
}  # fmt: skip
"""How it went with a playlist, in words; the other states say it themselves."""

_ANSWERS: Final = (
    click.option("--yes", multiple=True, metavar="CHILD",
                 help="This child may become empty or lose many songs, without asking."),
    click.option("--hands", type=click.Choice(HANDS),
                 help="What was changed by hand: keep it for good, drop it, or leave the child alone."),
    click.option("--wait", is_flag=True, help="Wait out Spotify's daily quota, too; that can take a day."),
)  # fmt: skip


def _answers(function: Any) -> Any:
    for option in reversed(_ANSWERS):
        function = option(function)
    return function


@click.command()
@click.argument("bases", nargs=-1, metavar="BASE…")
@click.option("--all", "every", is_flag=True, help="Every base.")
@click.option("--only", multiple=True, metavar="CHILD", help="Only this child, also an inactive one.")
@click.option(
    "--rebuild", is_flag=True, help="Empty the playlists and fill them anew, not just what differs."
)
@click.option("--remake", multiple=True, metavar="CHILD", help="Make its playlist anew: it was deleted.")
@_answers
@command
async def apply(
    session: Session,
    bases: tuple[str, ...],
    every: bool,
    only: tuple[str, ...],
    rebuild: bool,
    remake: tuple[str, ...],
    yes: tuple[str, ...],
    hands: str | None,
    wait: bool,
) -> int | None:
    """Make the children of a base what their rules say, on Spotify and in the library.

    Asks before a playlist is emptied or loses over 30 % of its songs, and what becomes of songs that somebody
    put in or took out by hand. Without a terminal such a child is left as it is (exit code 3), unless --yes
    and --hands say otherwise. Where the day's requests are used up it ends with exit code 75.

    \b
    djtui route apply Friday
    djtui route apply Friday --yes Closing --hands keep
    djtui route apply --all
    """
    if bool(bases) == every:
        raise Failure("Name a base, or say --all.", WRONG_USE)
    if len(bases) != 1 and (only or remake or yes):
        raise Failure("--only, --remake and --yes name children of one base: name just that.", WRONG_USE)
    with explained():
        async with session.library(create=False) as library:
            chosen = await _all(library) if every else [await base_named(library, it) for it in bases]
            wanted = [await _wanted(session, library, base, only, remake, yes, hands) for base in chosen]
            _sign_in_if(session, [child for children, _ in wanted for child in children])
            done = []
            for base, (_, params) in zip(chosen, wanted, strict=True):
                values = await apply_params(library, base.id, rebuild=rebuild, **params)
                done.append(await _run(session, library, base, values, wait=wait))
                if done[-1].state != "succeeded":
                    break
            return await _ended(session, library, done)


@click.command()
@click.argument("base")
@_answers
@command
async def retry(
    session: Session, base: str, yes: tuple[str, ...], hands: str | None, wait: bool
) -> int | None:
    """Try the children again with which the last run failed, and only these.

    \b
    djtui route retry Friday
    """
    with explained():
        async with session.library(create=False) as library:
            found = await base_named(library, base)
            children = await routes.children(library, found.id)
            failed = await failed_titles(library, found, children)
            if not await route_runs.runs(library, found.id, 1):
                raise Failure(f"{found.name} was never applied: djtui route apply {found.name!r}")
            if not failed:
                raise Failure(f"The last run over {found.name} failed with nothing: nothing to try again.")
            mine = [child for child in children if child.title(found) in failed]
            _, params = await _wanted(session, library, found, [it.name for it in mine], (), yes, hands)
            params.pop("children")
            _sign_in_if(session, mine)
            values = await apply_params(library, found.id, **params) | {"retry": failed}
            view = await _run(session, library, found, values, wait=wait)
            return await _ended(session, library, [view])


@click.command()
@click.argument("base")
@click.argument("run", type=int, required=False)
@click.option("--yes", multiple=True, metavar="CHILD", help="Put it back though it was changed since.")
@click.option("--wait", is_flag=True, help="Wait out Spotify's daily quota, too; that can take a day.")
@command
async def undo(session: Session, base: str, run: int | None, yes: tuple[str, ...], wait: bool) -> int | None:
    """Put the playlists back as they were before a run: the last one, or the one with this number.

    \b
    djtui route undo Friday
    djtui route history Friday
    djtui route undo Friday 12
    """
    with explained():
        async with session.library(create=False) as library:
            found = await base_named(library, base)
            children = await routes.children(library, found.id)
            number = run if run is not None else await route_runs.undoable(library, found.id)
            if number is None:
                raise Failure(f"No run over {found.name} has written anything that could be put back.")
            known = await route_runs.run(library, number)
            if known is None or known.base_id != found.id:
                raise Failure(f"{found.name} has no run {number}: djtui route history", WRONG_USE)
            try:
                params = await params_of(library, number)
            except HistoryError as error:
                raise Failure(str(error)) from error
            if yes:
                params["confirmed"] = sorted(child_named(children, name).id for name in yes)
            again = f"djtui route undo {found.name!r} {number}"
            return await put_back(session, library, params, wait=wait, again=again)


async def put_back(
    session: Session, library: Library, params: dict[str, Any], *, wait: bool, again: str
) -> int:
    """Undo a run, with the params of its job, and print how that ended. Returns the exit code."""
    signed_in(session)
    view = await watched(session, library, UNDO, params, Use.WRITE, wait=wait, again=again)
    return await _ended(session, library, [view])


async def failed_titles(library: Library, base: Base, children: Sequence[Child]) -> list[str]:
    """The titles of the children with which the last run over a base failed, or which it asked about."""
    last = await route_runs.runs(library, base.id, 1)
    named = {child.id: child.title(base) for child in children}
    writes = await route_runs.writes(library, last[0].id) if last else []
    failed = (it.child_id for it in writes if it.state != "verified" and it.child_id in named)
    return sorted({named[id] for id in failed})


# -- before -----------------------------------------------------------------------------------------


async def _all(library: Library) -> list[Base]:
    """Every base that has something to apply."""
    bases = await routes.bases(library)
    found = [base for base in bases if any(it.active for it in await routes.children(library, base.id))]
    if not found:
        raise Failure(
            "No base has a child that is on: djtui route create BASE CHILD RULE"
            if bases
            else "There is no base yet: djtui route create 'My playlist'"
        )
    return found


async def _wanted(
    session: Session,
    library: Library,
    base: Base,
    only: Sequence[str],
    remake: Sequence[str],
    yes: Sequence[str],
    hands: str | None,
) -> tuple[list[Child], dict[str, Any]]:
    """The children that are applied, and what `apply_params` takes, with what was answered."""
    children = await routes.children(library, base.id)
    mine = [child_named(children, name) for name in only] or [child for child in children if child.active]
    if not mine:
        raise Failure(f"{base.name} has no child that is on: djtui route create {base.name!r} CHILD RULE")
    confirmed = {child_named(children, name).id for name in yes}
    by_child: Mapping[int, str] = {}
    if not session.out.as_json and sys.stdin.isatty():
        confirmed |= _confirm(session, base, mine, confirmed)
        if hands is None:
            by_child = await _ask_hands(library, base, mine)
    params: dict[str, Any] = {"confirmed": confirmed, "hands": hands or by_child or None}
    params["remake"] = [child_named(children, name).id for name in remake]
    params["children"] = [child.id for child in mine] if only else None
    return mine, params


def _confirm(session: Session, base: Base, children: Sequence[Child], given: set[int]) -> set[int]:
    """The children that may lose many songs, as the DJ answers. Raises `click.Abort` for Ctrl-C."""
    with outlook(session, base, children) as seen:
        plans = [seen.of_child(child) for child in children]
    asked = {
        part.child.id: part.question
        for plan in plans
        for part in plan.lists
        if part.question is not None and part.question.trouble != "full" and part.child.id not in given
    }
    return {id for id, asks in asked.items() if click.confirm(f"{asks.text} Write it?", err=True)}


async def _ask_hands(library: Library, base: Base, children: Sequence[Child]) -> dict[int, str]:
    changed = await changed_by_hand(library, children)
    return {
        child.id: click.prompt(
            f"{child.title(base)} was changed by hand ({changed[child.id]}): keep that always, drop it, or"
            " leave the playlist alone?",
            type=click.Choice(HANDS),
            default="leave",
            err=True,
        )
        for child in children
        if child.id in changed
    }


def _sign_in_if(session: Session, children: Sequence[Child]) -> None:
    if children:
        signed_in(session)  # a local child, too, wants to know what the base holds now


# -- during and after -------------------------------------------------------------------------------


async def _run(
    session: Session, library: Library, base: Base, params: dict[str, Any], *, wait: bool
) -> JobView:
    again = f"djtui route apply {base.name!r}"
    return await watched(session, library, APPLY, params, Use.WRITE, wait=wait, again=again)


async def _ended(session: Session, library: Library, views: Sequence[JobView]) -> int:
    """Print how the jobs ended, and return the exit code."""
    last = views[-1]
    if last.state != "succeeded":
        return await ending(session, library, last, lambda _: ())
    results = [view.result or {} for view in views]
    children = [child for result in results for child in result.get("children", [])]
    failed = [failure for view in views for failure in await failures(library, view.id)]
    total = {name: sum(result.get(name) or 0 for result in results) for name in ("requests", "cached")}
    session.out.result(
        _lines(children, total),
        job=last.id,
        children=children,
        runs=[result.get("run") for result in results],
        change=results[-1].get("change"),
        changes=[result["change"] for result in results if result.get("change")],
        failed=len(failed),
        failures=[{"item": failure.item, "reason": failure.reason} for failure in failed],
        **total,
    )
    return SOME_FAILED if failed else DONE


def _lines(children: Sequence[Mapping[str, Any]], total: Mapping[str, int]) -> list[str]:
    rows = [
        (child["name"] + (" ?" if child["part"] == "review" and not child["name"].endswith(" ?") else ""),
         f"+{child['added']:,}", f"-{child['removed']:,}", f"{child['kept']:,}",
         STATES.get(child["state"], child["state"]))
        for child in children
    ]  # fmt: skip
    lines = table(("Playlist", "Added", "Removed", "Kept", ""), rows, right=(1, 2, 3)) if rows else []
    lines += [f"  {child['name']}: {child['error']}" for child in children if child["error"]]
    if any(child["state"] == "asking" for child in children):
        lines.append("What is asked is answered by --yes CHILD, or --hands keep, drop or leave.")
    sent, saved = plural(total["requests"], "request"), plural(total["cached"], "answer")
    return [*lines, f"{sent} to Spotify, {saved} from the cache."]
