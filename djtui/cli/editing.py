"""Changing tracks from the command line: edit, delete."""

from __future__ import annotations

import sys
from typing import Any

import click

from djtui.cli.library import matching
from djtui.cli.session import FAILED, WRONG_USE, Failure, Session, command
from djtui.library import history, removal, tracks, typed
from djtui.library.database import Library
from djtui.model.text import plural


@click.command()
@click.argument("query")
@click.argument("assignments", nargs=-1, required=True, metavar="FIELD=VALUE…")
@click.option("--yes", is_flag=True, help="Change several tracks without asking.")
@command
async def edit(session: Session, query: str, assignments: tuple[str, ...], yes: bool) -> int | None:
    """Set fields of the tracks that QUERY finds. Undo with `djtui undo`.

    Texts, rating (0-5), color (red, orange, yellow, green, blue, violet, magenta), key (8A, Am or 1m), bpm,
    released (2025-06-01), track_number, locked (yes, no). Nothing behind the = makes a field unknown. With
    the key its spelling in the tag changes, with the bpm the tempo of the beat grid.

    \b
    djtui edit id:17 title='Opal (Four Tet Remix)' key=8A bpm=124
    djtui edit 'artist:bicep genre:none' genre=Breaks rating=4 color=red --yes
    djtui edit id:17 comment=
    """
    pairs = [_assignment(text) for text in assignments]
    said = ", ".join(f"{name} = {text.strip() or 'unknown'}" for name, text, _ in pairs)
    async with session.library(create=False) as library:
        ids = await found(library, query)
        if len(ids) > 1 and not yes:
            await ask(session, library, ids, f"would get {said}", "change", "Change them?")
        count, change = await history.edit(library, ids, {name: value for name, _, value in pairs}, said)
    line = (
        f"{count:,} changed (change {change}; djtui undo takes it back)." if change else "Nothing to change."
    )
    session.out.result([line], changed=count, change=change)
    return None


@click.command()
@click.argument("query")
@click.option("--yes", is_flag=True, help="Remove them without asking.")
@command
async def delete(session: Session, query: str, yes: bool) -> int | None:
    """Remove tracks from the library (never the files), and at the next export from Traktor's collection.

    They leave their playlists too. `djtui undo` puts everything back.

    \b
    djtui delete id:17 --yes
    djtui delete 'missing:yes folder:downloads'
    """
    async with session.library(create=False) as library:
        ids = await found(library, query)
        if not yes:
            await ask(session, library, ids, "would leave the library", "remove", "Remove them?")
        count, change = await removal.remove(library, ids, f"{plural(len(ids), 'track')} removed")
    session.out.result(
        [f"{plural(count, 'track')} removed (change {change}; djtui undo takes it back). The files stay."],
        removed=count,
        change=change,
    )
    return None


async def ask(
    session: Session, library: Library, ids: list[int], what: str, verb: str, question: str
) -> None:
    """Show what would happen to some tracks, and have it confirmed; wrong use where nobody can be asked."""
    examples = await tracks.get_many(library, ids[:5])
    named = [
        " - ".join(text for text in (track.artist, track.title) if text) or f"track {track.id}"
        for track in examples.values()
    ]
    lines = [f"{plural(len(ids), 'track')} {what}:", *(f"  {name}" for name in named)]
    if len(ids) > len(named):
        lines.append(f"  … and {len(ids) - len(named):,} more")
    if session.out.as_json or not sys.stdin.isatty():
        said = f"Say --yes to {verb} {'it' if len(ids) == 1 else 'them all'}."
        raise Failure("\n".join([*lines, said]), WRONG_USE, count=len(ids), examples=named)
    session.out.note("\n".join(lines))
    if not click.confirm(question, err=True):
        raise Failure("Nothing was changed.", FAILED)


async def found(library: Library, query: str) -> list[int]:
    """The ids of the tracks that a query finds; a failure if there are none."""
    ids = await matching(library, query)
    if not ids:
        raise Failure(f"Nothing matches {query!r}; nothing was changed.")
    return ids


def _assignment(text: str) -> tuple[str, str, Any]:
    """The field, the value as it was typed, and what it means."""
    name, equals, value = text.partition("=")
    if not equals or name not in typed.TYPED:
        raise Failure(
            f"{text!r} is not FIELD=VALUE with a field that can be edited: {', '.join(typed.TYPED)}.",
            WRONG_USE,
        )
    try:
        return name, value, typed.read(name, value)
    except ValueError as error:
        raise Failure(str(error), WRONG_USE) from error
