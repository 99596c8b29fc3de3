"""The conflict queue on the command line."""

from __future__ import annotations

from typing import Literal, cast

import click

from djtui.cli.output import label, table
from djtui.cli.session import FAILED, SOME_FAILED, WRONG_USE, Failure, Session, command
from djtui.traktor import conflicts as queue


@click.command()
@click.option("--field", help="Only those of this field.")
@command
async def conflicts(session: Session, field: str | None) -> None:
    """List what was changed both here and in Traktor since the last sync.

    \b
    djtui traktor conflicts
    djtui traktor resolve 3 4 --take traktor
    """
    async with session.library(create=False) as library:
        found = await queue.conflicts(library)
    if field is not None:
        found = [conflict for conflict in found if field in (conflict.field, label(conflict.field))]
    rows = [
        (
            conflict.id,
            conflict.subject,
            label(conflict.field),
            conflict.shown("base"),
            conflict.shown("library"),
            conflict.shown("traktor"),
        )
        for conflict in found
    ]
    session.out.result(
        table(("id", "Track", "Field", "Last sync", "djtui", "Traktor"), rows, right=(0,))
        if rows
        else ["No conflicts."],
        conflicts=[
            {
                "id": conflict.id,
                "track": conflict.track_id,
                "playlist": conflict.playlist_id,
                "subject": conflict.subject,
                "field": conflict.field,
                "base": conflict.base,
                "library": conflict.library,
                "traktor": conflict.traktor,
            }
            for conflict in found
        ],
    )


@click.command()
@click.argument("ids", nargs=-1, type=int, metavar="ID…")
@click.option(
    "--take", type=click.Choice(["library", "traktor"]), required=True, help="Whose value it is to be."
)
@click.option("--all", "everything", is_flag=True, help="All that are open.")
@click.option("--field", help="All of this field.")
@command
async def resolve(
    session: Session, ids: tuple[int, ...], take: str, everything: bool, field: str | None
) -> int | None:
    """Settle conflicts: with the value that is here, or with Traktor's. Undo with `djtui undo`.

    \b
    djtui traktor resolve 3 4 --take traktor
    djtui traktor resolve --field genre --take library
    """
    if not ids and not everything and field is None:
        raise Failure(
            "Name the conflicts (djtui traktor conflicts lists them), or --field, or --all.", WRONG_USE
        )
    async with session.library(create=False) as library:
        chosen = list(ids)
        if everything or field is not None:
            found = await queue.conflicts(library)
            chosen += [it.id for it in found if everything or field in (it.field, label(it.field))]
        done = await queue.resolve(library, chosen, cast(Literal["library", "traktor"], take))
    side = "Traktor's" if take == "traktor" else "djtui's"
    lines = [f"{done.resolved:,} settled with {side} value."]
    lines += [f"  conflict {id} was left alone: {reason}" for id, reason in done.refused[:20]]
    session.out.result(
        lines,
        resolved=done.resolved,
        change=done.change,
        failed=len(done.refused),
        refused=[{"id": id, "reason": reason} for id, reason in done.refused],
    )
    if not done.refused:
        return None
    return SOME_FAILED if done.resolved else FAILED
