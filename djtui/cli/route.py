"""Routing on the command line: bases, their children, and the rules that fill them."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any, Final

import click

from djtui.cli import route_apply, route_preview, route_runs
from djtui.cli.output import table
from djtui.cli.route_shared import (
    base_fields,
    base_named,
    by_itself,
    checked,
    child_named,
    explained,
    playlist_named,
)
from djtui.cli.session import FAILED, WRONG_USE, Failure, Session, command
from djtui.library import routes
from djtui.library.routes import Base, Child
from djtui.model.text import plural
from djtui.routing.editing import editing

_KINDS: Final = {"spotify": "Spotify", "local": "library"}
_SONG: Final = re.compile(
    r"(?:spotify:|https?://open\.spotify\.com/(?:intl-[a-z-]+/)?)(track|episode)[:/]([0-9A-Za-z]{22})(?:\?.*)?",
    re.ASCII,
)


@click.group()
def route() -> None:
    """Fill playlists by rules: the songs of one playlist, the base, go to its children.

    BASE is a playlist of your account, or `liked`. CHILD is a name: on Spotify its playlist is called
    "[Base] > Child". RULE is a filter (see `djtui search`): of what Spotify says and what your files say.

    \b
    djtui spotify sync
    djtui route create Friday Warm-up 'bpm:..122 (genre:deep OR key:~8A) -explicit:yes'
    djtui route create Friday Peak 'bpm:126.. rating:4..' --unknown review
    djtui route preview Friday
    djtui route apply Friday
    """


for _command in (
    route_preview.preview,
    route_apply.apply,
    route_apply.retry,
    route_apply.undo,
    route_runs.history,
):
    route.add_command(_command)


@route.command(name="list")
@click.argument("base", required=False)
@command
async def list_(session: Session, base: str | None) -> None:
    """List the bases, or the children of one with their rules.

    \b
    djtui route list
    djtui route list Friday
    """
    async with session.library() as library:
        found = [await base_named(library, base)] if base else await routes.bases(library)
        families = [(one, await routes.children(library, one.id)) for one in found]
    rows = [row for one, children in families for row in _rows(one, children)]
    lines = table(("Base", "Child", "Where", "Unknown", "Rule"), rows)
    lines += [f"{one.name}: applied {said}." for one, _ in families if (said := by_itself(one))]
    empty = ["No base yet: djtui route create 'My playlist'"]
    session.out.result(lines if rows else empty, bases=[base_fields(*family) for family in families])


_UNKNOWN: Final = click.option(
    "--unknown",
    type=click.Choice(["out", "in", "review"]),
    help="Songs of which the rule cannot tell: left out, let in, or put into a playlist of their own.",
)
_PUBLIC: Final = click.option(
    "--public/--private", default=None, help="Who sees the playlist, once it is made; private."
)
_DESCRIPTION: Final = click.option("--description", help="What stands below its name on Spotify.")
_EVERY: Final = click.option(
    "--every",
    type=click.IntRange(min=0),
    metavar="MINUTES",
    help="Apply the base by itself so often; 0: not.",
)
_ON_CHANGE: Final = click.option(
    "--on-change/--no-on-change", default=None, help="Apply the base when a sync finds that it changed."
)


@route.command()
@click.argument("base")
@click.argument("child", required=False)
@click.argument("rule", required=False)
@click.option("--local", is_flag=True, help="A playlist of your library, with the files of the songs.")
@_UNKNOWN
@_PUBLIC
@_DESCRIPTION
@_EVERY
@_ON_CHANGE
@command
async def create(
    session: Session,
    base: str,
    child: str | None,
    rule: str | None,
    local: bool,
    unknown: str | None,
    public: bool | None,
    description: str | None,
    every: int | None,
    on_change: bool | None,
) -> None:
    """Make a playlist a base, or give it a child. Nothing is written to Spotify: `djtui route apply` does.

    Without a rule a child takes every song of its base. Before a rule that begins with - goes a --.

    \b
    djtui route create Friday --on-change
    djtui route create Friday Clean -- -explicit:yes
    djtui route create liked 'Deep and slow' 'genre:deep bpm:..122' --local
    """
    with explained():
        async with session.library() as library:
            known = [one.spotify_id for one in await routes.bases(library)]
            spotify_id = await _playlist_of(library, base)
            is_new = spotify_id not in known
            if not is_new and child is None and every is None and on_change is None:
                raise Failure(f"{base} is a base already: djtui route create {base!r} CHILD RULE", FAILED)
            wanted = _given(unknown=unknown, public=public, description=description)
            if child is None and (wanted or local):
                raise Failure("These are options of a child: name it, too.", WRONG_USE)
            text = checked(rule or "")
            async with editing(library) as tx:
                id = await routes.add_base(tx, spotify_id) if is_new else (await base_named(library, base)).id
            async with editing(library, id) as tx:
                await routes.change_base(tx, id, **_given(every_min=every, on_change=on_change))
                made = None
                if child is not None:
                    kind = "local" if local else "spotify"
                    made = await routes.add_child(tx, id, child, rule=text, kind=kind, **wanted)
            found = await routes.base(library, id)
    said = [f"{found.name} is a base now."] if is_new else []
    if made is not None:
        said.append(
            f"{found.name} has the child {child}. `djtui route preview {_quoted(found.name)}` shows it."
        )
    session.out.result(said or [f"{found.name}: changed."], base=id, child=made)


@route.command()
@click.argument("base")
@click.argument("child", required=False)
@click.option("--rule", help="The rule; '' for every song.")
@click.option("--name", help="Another name; a playlist on Spotify that is made keeps the name it has.")
@click.option("--on/--off", "active", default=None, help="An inactive child is left as it is.")
@click.option("--position", type=click.IntRange(min=1), help="Its place among the children, from 1.")
@click.option("--always", multiple=True, metavar="URI", help="This song is always in it.")
@click.option("--never", multiple=True, metavar="URI", help="This song is never in it.")
@click.option("--by-rule", multiple=True, metavar="URI", help="This song is in it as the rule says.")
@_UNKNOWN
@_PUBLIC
@_DESCRIPTION
@_EVERY
@_ON_CHANGE
@command
async def edit(
    session: Session,
    base: str,
    child: str | None,
    rule: str | None,
    name: str | None,
    active: bool | None,
    position: int | None,
    always: tuple[str, ...],
    never: tuple[str, ...],
    by_rule: tuple[str, ...],
    unknown: str | None,
    public: bool | None,
    description: str | None,
    every: int | None,
    on_change: bool | None,
) -> None:
    """Change a child, or when a base is applied by itself.

    \b
    djtui route edit Friday Warm-up --rule 'bpm:..120' --unknown in
    djtui route edit Friday Warm-up --never spotify:track:4uLU6hMCjMI75M1A2tKUQC
    djtui route edit Friday --every 60
    """
    wanted = _given(
        rule=rule, name=name, active=active, unknown=unknown, public=public, description=description
    )
    said = {True: _uris(always), False: _uris(never), None: [_uri(text) or text for text in by_rule]}
    if not (wanted or position or any(said.values()) or every is not None or on_change is not None):
        raise Failure(f"Say what to change: djtui route edit {_quoted(base)} --help", WRONG_USE)
    if child is None and (wanted or position or any(said.values())):
        raise Failure("These are options of a child: name it, too.", WRONG_USE)
    if child is not None and (every is not None or on_change is not None):
        raise Failure("--every and --on-change are options of a base: leave the child away.", WRONG_USE)
    if "rule" in wanted:
        checked(wanted["rule"])
    with explained():
        async with session.library() as library:
            found = await base_named(library, base)
            mine = None
            if child is not None:
                mine = child_named(await routes.children(library, found.id), child)
            async with editing(library, found.id) as tx:
                if mine is None:
                    await routes.change_base(tx, found.id, **_given(every_min=every, on_change=on_change))
                else:
                    await routes.change_child(tx, mine.id, **wanted)
                    for kept, uris in said.items():
                        await routes.except_songs(tx, mine.id, uris, kept)
                    if position is not None:
                        await routes.move_child(tx, mine.id, position - 1)
    session.out.result([f"{child or found.name}: changed."], base=found.id, child=mine.id if mine else None)


@route.command()
@click.argument("base")
@click.argument("child", required=False)
@click.option("--yes", is_flag=True, help="Forget a base with its children without asking.")
@command
async def delete(session: Session, base: str, child: str | None, yes: bool) -> None:
    """Forget a child, or a base with its children and runs. The playlists on Spotify stay as they are.

    \b
    djtui route delete Friday Warm-up
    djtui route delete Friday --yes
    """
    with explained():
        async with session.library() as library:
            found = await base_named(library, base)
            children = await routes.children(library, found.id)
            mine = child_named(children, child) if child is not None else None
            if mine is None and children and not yes:
                _ask(session, found, children)
            async with editing(library, found.id) as tx:
                if mine is not None:
                    await routes.remove_child(tx, mine.id)
                else:
                    await routes.remove_base(tx, found.id)
    session.out.result(
        [f"{child or found.name}: forgotten; its playlist stays as it is."],
        base=found.id,
        child=mine.id if mine else None,
    )


async def _playlist_of(library: Any, text: str) -> str:
    """The playlist that a base is, or is to be made of."""
    for one in await routes.bases(library):
        if text in (f"id:{one.id}", one.spotify_id) or text.casefold() == one.name.casefold():
            return one.spotify_id
    return await playlist_named(library, text)


def _uris(given: Sequence[str]) -> list[str]:
    """Songs by their uris or by the addresses of open.spotify.com, as uris."""
    for text in given:
        if _uri(text) is None:
            raise Failure(
                f"{text!r} is not a song of Spotify's: give its uri, as in "
                "spotify:track:4uLU6hMCjMI75M1A2tKUQC, or the link that Spotify copies.",
                WRONG_USE,
            )
    return [uri for text in given if (uri := _uri(text)) is not None]


def _uri(text: str) -> str | None:
    song = _SONG.fullmatch(text.strip())
    return f"spotify:{song[1]}:{song[2]}" if song is not None else None


def _rows(base: Base, children: list[Child]) -> list[tuple[str, ...]]:
    return [
        (
            base.name,
            child.name,
            _KINDS[child.kind],
            child.unknown if child.active else "off",
            child.rule or "every song",
        )
        for child in children
    ] or [(base.name, "no child yet", "", "", "")]


def _given(**values: Any) -> dict[str, Any]:
    """What was said, without what was not."""
    return {name: value for name, value in values.items() if value is not None}


def _ask(session: Session, base: Base, children: list[Child]) -> None:
    said = f"{base.name} has {plural(len(children), 'child', 'children')} with rules."
    if session.out.as_json or not sys.stdin.isatty():
        raise Failure(f"{said} Say --yes to forget them too.", WRONG_USE, count=len(children))
    if not click.confirm(f"{said} Forget them too?", err=True):
        raise Failure("Nothing was forgotten.", FAILED)


def _quoted(name: str) -> str:
    return f"'{name}'" if " " in name else name
