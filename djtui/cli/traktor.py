"""Traktor on the command line."""

from __future__ import annotations

from pathlib import Path

import click

from djtui.cli.conflicts import conflicts, resolve
from djtui.cli.exporting import export, restore
from djtui.cli.nights import history
from djtui.cli.running import import_collection
from djtui.cli.session import Session, command
from djtui.cli.traktor_map import map_


@click.group()
def traktor() -> None:
    """Keep the library in step with Traktor's collection.nml."""


@traktor.command(name="import")
@click.argument("nml", type=click.Path(path_type=Path, readable=False))
@click.option(
    "--strategy",
    type=click.Choice(["merge", "traktor", "library", "fill"]),
    help="Who wins where both sides changed a field; the setting traktor.strategy by default.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@command
async def import_(session: Session, nml: Path, strategy: str | None, dry_run: bool) -> int | None:
    """Bring an NML file in: a collection, a history, an exported playlist. Again at any time.

    Edits made here survive. Where the same field was changed here and in Traktor, what is here stays and
    the conflict waits for you (djtui traktor conflicts). A file that is not there is a track that is
    missing, not one that is dropped; a track that Traktor deleted goes here too, if nobody changed it here.

    \b
    djtui traktor import "~/Documents/Native Instruments/Traktor 4.1.0/collection.nml"
    djtui traktor import collection.nml --dry-run
    """
    params: dict[str, object] = {}
    if strategy is not None:
        params["strategy"] = strategy
    if dry_run:
        params["dry_run"] = True
    return await import_collection(session, nml.expanduser().absolute(), **params)


for each in (export, conflicts, resolve, restore, map_, history):
    traktor.add_command(each)
