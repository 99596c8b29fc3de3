"""The path map on the command line: where a collection's volumes lie on this machine."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from djtui import config
from djtui.cli.output import table
from djtui.cli.session import WRONG_USE, Failure, Session, command
from djtui.jobs.job import TaskTimeout

if TYPE_CHECKING:
    from djtui.library.database import Library
    from djtui.traktor.mapping import Place, Volume

_PATIENCE_S: Final = 300.0
_SETTING: Final = "traktor.volumes"
_BY: Final = {"settings": "the settings", "found": "found", "this machine": "this machine"}


@click.command(name="map")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, readable=False), metavar="[NML] [DIR…]")
@click.option("--suggest", is_flag=True, help="Look for what is missing in DIR…, or in all that is mounted.")
@click.option("--yes", is_flag=True, help="With --suggest: write what it suggests to the settings.")
@click.option(
    "--set", "wanted", multiple=True, metavar="PREFIX=FOLDER", help="Map a volume, or a folder on it."
)
@click.option("--unset", "unwanted", multiple=True, metavar="PREFIX", help="Take a mapping back.")
@command
async def map_(
    session: Session,
    paths: tuple[Path, ...],
    suggest: bool,
    yes: bool,
    wanted: tuple[str, ...],
    unwanted: tuple[str, ...],
) -> None:
    """Show where the collection's volumes lie on this machine, and how many of their files are there.

    A mapping is kept in the settings (traktor.volumes); tracks get their new paths with the next import.

    \\b
    djtui traktor map
    djtui traktor map --suggest /media /srv/music
    djtui traktor map --set C:/Users/Ada/Music=/srv/music
    djtui traktor map --unset C:/Users/Ada/Music
    """
    from djtui.traktor.suggestion import search_roots

    folders = [path.expanduser().absolute() for path in paths if path.expanduser().is_dir()]
    files = [path.expanduser().absolute() for path in paths if not path.expanduser().is_dir()]
    if len(files) > 1 or (folders and not suggest):
        raise Failure("Name one collection.nml, and folders only with --suggest.", WRONG_USE)
    settings = _mapped(session, wanted, unwanted)
    search = [str(folder) for folder in folders] or (search_roots() if suggest else [])
    async with session.library(create=False) as library:
        found = await _imported(library, settings, next(iter(files), None))
        if found is None:
            if not wanted and not unwanted:
                raise Failure("No collection is imported yet: djtui traktor import collection.nml")
            session.out.result(["No collection is imported yet."], volumes=[], collection=None, written={})
            return
        file_id, nml = found
        volumes = await _volumes(library, file_id, settings, search)
    offered = {each.prefix: each.path for volume in volumes if (each := volume.suggestion) is not None}
    written = offered if yes else {}
    lines = [*_lines(volumes), *(_advice(volumes) if suggest else [])]
    if written:
        _write(session, settings, {**settings.traktor.volumes, **written}, nml)
    session.out.result(
        lines,
        collection=nml,
        volumes=[_as_json(volume) for volume in volumes],
        written=written,
    )
    ...
