"""Cues on the command line: list, set, delete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import click

from djtui.cli.editing import ask, found
from djtui.cli.output import table
from djtui.cli.session import FAILED, SOME_FAILED, WRONG_USE, Failure, Session, command
from djtui.library import cues as rows
from djtui.library import history, tracks, typed
from djtui.library.cues import KEEP, TYPES, CueError, Keep
from djtui.model.cue import CueType

_NEW: Final = "+"


@click.group()
def cue() -> None:
    """Look at cue points and change them."""


@cue.command(name="list")
@click.argument("query")
@command
async def list_(session: Session, query: str) -> None:
    """List the cues of the tracks that QUERY finds.

    \b
    djtui cue list id:17
    djtui cue list 'artist:bicep cue:any' --json
    """
    async with session.library(create=False) as library:
        ids = await found(library, query)
        images = await tracks.images(library, ids, cues=True)
    lines: list[str] = []
    for image in images.values():
        lines += [_called(image), *(f"  {line}" for line in _lines(image["cues"] or ()))]
    session.out.result(
        lines,
        tracks=[
            {
                "id": id,
                "title": image["title"],
                "artist": image["artist"],
                "cues": [_fields(cue) for cue in image["cues"] or ()],
            }
            for id, image in images.items()
        ],
    )


@cue.command(name="set")
@click.argument("query")
@click.argument("which", metavar="SLOT|+")
@click.option("--at", metavar="TIME", help="Where it stands: 1:04.2")
@click.option("--name", help="What it is called; empty for no name.")
@click.option("--type", "kind", type=click.Choice(list(TYPES)), help="What it does.")
@click.option("--length", type=float, metavar="MS", help="Of a loop, in milliseconds.")
@click.option("--slot", metavar="N", help="Move it to another hotcue, 1 to 8, or none.")
@click.option("--yes", is_flag=True, help="Change several tracks without asking.")
@command
async def set_(
    session: Session,
    query: str,
    which: str,
    at: str | None,
    name: str | None,
    kind: str | None,
    length: float | None,
    slot: str | None,
    yes: bool,
) -> int | None:
    """Change the hotcue SLOT, or make it where there is none. + makes a new one on the first free slot.

    \b
    djtui cue set id:17 3 --name drop --at 1:04.2
    djtui cue set id:17 + --at 0:32 --type loop --length 4000
    djtui cue set id:17 3 --slot 5
    """
    wanted: dict[str, Any] = {
        "type": KEEP if kind is None else TYPES[kind],
        "start": KEEP if at is None else _time(at),
        "length": KEEP if length is None else length,
        "name": KEEP if name is None else name,
    }
    move = KEEP if slot is None else None if slot == "none" else _slot(slot)
    number = None if which == _NEW else _slot(which)
    if number is not None and move is KEEP and all(value is KEEP for value in wanted.values()):
        raise Failure("Say what to change: --at, --name, --type, --length or --slot.", WRONG_USE)

    def changed(cues: Sequence[rows.Row]) -> list[list[Any]]:
        index = None if number is None else rows.by_slot(cues, number)
        target: int | Keep | None = move
        if index is None and move is KEEP:
            grid = wanted["type"] == CueType.GRID
            target = number or (None if grid else rows.free_slot(cues))
        if index is None and wanted["start"] is KEEP:
            place = "a new cue" if number is None else f"hotcue {number}, which is free,"
            raise CueError(f"Say with --at where {place} is to stand.")
        return rows.set_cue(cues, index, slot=target, **wanted)

    title = f"Cue {which}: " + (", ".join(_said(at, name, kind, length, slot)) or "new")
    return await _change(session, query, title, changed, yes=yes)


@cue.command(name="delete")
@click.argument("query")
@click.argument("slots", nargs=-1, metavar="SLOT…")
@click.option("--at", metavar="TIME", help="The cue at this time (within 50 ms): 1:04.2")
@click.option("--yes", is_flag=True, help="Change several tracks without asking.")
@command
async def delete(
    session: Session, query: str, slots: tuple[str, ...], at: str | None, yes: bool
) -> int | None:
    """Delete hotcues by their slots, or the cue at a time.

    \b
    djtui cue delete id:17 3 4
    djtui cue delete id:17 --at 1:04.2
    """
    numbers, start = [_slot(text) for text in slots], None if at is None else _time(at)
    if not numbers and start is None:
        raise Failure("Say which: one or more slots, or --at TIME.", WRONG_USE)

    def changed(cues: Sequence[rows.Row]) -> list[list[Any]]:
        chosen = [rows.by_slot(cues, number) for number in numbers]
        if start is not None:
            chosen.append(rows.by_time(cues, start))
        there = {index for index in chosen if index is not None}
        if not there:
            raise CueError("There is no such cue.")
        return rows.delete_cues(cues, there)

    which = ", ".join([*slots, *([f"at {at}"] if at else [])])
    return await _change(session, query, f"Cue {which}: deleted", changed, yes=yes)


async def _change(
    session: Session,
    query: str,
    title: str,
    changed: Callable[[Sequence[rows.Row]], list[list[Any]]],
    *,
    yes: bool,
) -> int | None:
    """Change the cues of the tracks that a query finds, as one change; those it does not fit are listed."""
    refused: list[dict[str, str]] = []

    def compute(image: history.Image) -> dict[str, Any]:
        try:
            return {"cues": changed(image["cues"])}
        except CueError as error:
            refused.append({"item": _called(image), "reason": str(error)})
            return {}

    async with session.library(create=False) as library:
        ids = await found(library, query)
        if len(ids) > 1 and not yes:
            await ask(session, library, ids, f"would be changed: {title}", "change", "Change them?")
        count, change = await history.edit_each(library, ids, compute, title)
    if refused and not count:
        raise Failure(refused[0]["reason"], FAILED, refused=refused)
    line = f"{count:,} changed (change {change})." if change else "Nothing to change."
    listed = [f"  left alone: {one['item']}: {one['reason']}" for one in refused[:20]]
    session.out.result([line, *listed], changed=count, change=change, failed=len(refused), refused=refused)
    return SOME_FAILED if refused else None


def _said(
    at: str | None, name: str | None, kind: str | None, length: float | None, slot: str | None
) -> list[str]:
    """What is set, for the title of the change."""
    given = {"at": at, "name": name, "type": kind, "length": length, "slot": slot}
    return [f"{option} {value}".strip() for option, value in given.items() if value is not None]


def _slot(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) not in rows.SLOTS:
        raise Failure(f"There are hotcues 1 to 8, and no {text!r}.", WRONG_USE)
    return int(text)


def _time(text: str) -> float:
    try:
        return typed.milliseconds(text)
    except ValueError as error:
        raise Failure(str(error), WRONG_USE) from error


def _called(image: history.Image) -> str:
    name = " - ".join(text for text in (image["artist"], image["title"]) if text)
    return f"{name or 'untitled'} (id {image['id']})"


def _lines(cues: Sequence[rows.Row]) -> list[str]:
    if not cues:
        return ["no cues"]
    return table(
        ("Slot", "At", "Type", "Length", "Name"),
        [
            (slot, typed.clock(start), CueType(type).word, f"{length:,.0f} ms" if length else "", name)
            for type, start, length, slot, name, *_ in cues
        ],
        right=(0, 1, 3),
    )


def _fields(cue: rows.Row) -> dict[str, Any]:
    type, start, length, slot, name, *_ = cue
    return {"slot": slot, "type": CueType(type).word, "start": start, "length": length, "name": name}
