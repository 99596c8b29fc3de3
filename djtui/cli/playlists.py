"""Playlists on the command line: make, rename, move, delete them; put tracks in, take them out."""

from __future__ import annotations

import sys
from typing import Any, Final

import click

from djtui.cli.editing import found
from djtui.cli.library import matching, track_fields, track_lines
from djtui.cli.output import table
from djtui.cli.session import FAILED, WRONG_USE, Failure, Session, command
from djtui.library import playlists as crates
from djtui.library import tracks
from djtui.library.database import Library
from djtui.library.playlist_paths import split
from djtui.model.playlist import Playlist, PlaylistKind

_TOP: Final = "/"


@click.group()
def playlist() -> None:
    """Make playlists and change them.

    PATH is the way through the folders: Gigs/Friday. A slash in a name is written twice (AC//DC); a
    playlist can also be named by its number: id:7 (see `djtui playlists`). Every change can be undone.
    """


@playlist.command()
@click.argument("path")
@click.option("--folder", is_flag=True, help="A folder.")
@click.option("--query", help="A smart playlist: the tracks that this filter finds.")
@command
async def create(session: Session, path: str, folder: bool, query: str | None) -> None:
    """Make a playlist, a folder or a smart playlist.

    \b
    djtui playlist create Gigs --folder
    djtui playlist create Gigs/Friday
    djtui playlist create 'Peak time' --query 'bpm:>=130 rating:>=4'
    """
    if folder and query is not None:
        raise Failure("Either --folder or --query.", WRONG_USE)
    above, name = split(path)
    async with session.library() as library:
        parent = None if above is None else (await _named(library, above)).id
        kind: PlaylistKind = "folder" if folder else "list" if query is None else "smart"
        id, change = await crates.create(library, name, kind, parent, query=query)
    session.out.result([f"{path}: made (id:{id}, change {change})."], id=id, change=change)


@playlist.command()
@click.argument("path")
@click.argument("name")
@command
async def rename(session: Session, path: str, name: str) -> None:
    """Give a playlist or folder another name.

    \b
    djtui playlist rename Gigs/Friday 'Friday warm-up'
    """
    async with session.library(create=False) as library:
        change = await crates.rename(library, (await _named(library, path)).id, name)
    _done(session, f"{path}: renamed to {name}" if change else f"{path} is its name", change)


@playlist.command()
@click.argument("path")
@click.argument("folder", metavar="FOLDER|/")
@click.option("--position", type=click.IntRange(min=1), help="Its place there, from 1; the last by default.")
@command
async def move(session: Session, path: str, folder: str, position: int | None) -> None:
    """Put a playlist or folder into another folder, or to the top (/).

    \b
    djtui playlist move Friday Gigs
    djtui playlist move Gigs/Friday / --position 1
    """
    async with session.library(create=False) as library:
        node = await _named(library, path)
        parent = None if folder == _TOP else (await _named(library, folder)).id
        change = await crates.move(library, node.id, parent, None if position is None else position - 1)
    _done(session, f"{path}: moved" if change else f"{path} is there already", change)


@playlist.command()
@click.argument("path")
@click.option("--yes", is_flag=True, help="Delete a folder with what is in it without asking.")
@command
async def delete(session: Session, path: str, yes: bool) -> None:
    """Delete a playlist, or a folder with everything in it. The tracks stay.

    \b
    djtui playlist delete Gigs/Friday
    djtui playlist delete Gigs --yes
    """
    async with session.library(create=False) as library:
        everything = await crates.all_playlists(library)
        node = crates.find(everything, path)
        inside = _inside(everything, node)
        if inside and not yes:
            _ask(session, path, inside)
        deleted, change = await crates.delete(library, [node.id])
    _done(session, f"{path}: deleted", change, deleted=deleted)


@playlist.command()
@click.argument("path")
@click.argument("query")
@click.option("--again", is_flag=True, help="Also those that are in it already.")
@command
async def add(session: Session, path: str, query: str, again: bool) -> None:
    """Put the tracks that QUERY finds at the end of a playlist.

    \b
    djtui playlist add Gigs/Friday id:17
    djtui playlist add Gigs/Friday 'bpm:124..128 rating:5'
    """
    async with session.library(create=False) as library:
        node = await _named(library, path)
        ids = await found(library, query)
        added, change = await crates.add(library, node.id, ids, again=again)
    passed = len(ids) - added
    already = f", {passed:,} in it already" if passed else ""
    _done(session, f"{path}: {added:,} added{already}", change, added=added)


@playlist.command()
@click.argument("path")
@click.argument("query")
@command
async def remove(session: Session, path: str, query: str) -> None:
    """Take the tracks that QUERY finds out of a playlist.

    \b
    djtui playlist remove Gigs/Friday id:17
    djtui playlist remove Gigs/Friday 'missing:yes'
    """
    async with session.library(create=False) as library:
        node = await _named(library, path)
        wanted = set(await matching(library, query))
        there = await crates.items(library, node.id)
        positions = [at for at, (track, _, _) in enumerate(there) if track in wanted]
        removed, change = await crates.remove(library, node.id, positions)
    _done(session, f"{path}: {removed:,} removed", change, removed=removed)


@playlist.command(name="list")
@click.argument("path")
@command
async def list_(session: Session, path: str) -> None:
    """List what is in a playlist or a folder.

    \b
    djtui playlist list Gigs/Friday
    djtui playlist list id:7 --json
    """
    async with session.library(create=False) as library:
        everything = await crates.all_playlists(library)
        node = crates.find(everything, path)
        items = await _items(library, node)
        known = await tracks.get_many(library, [id for id, _, _ in items if id is not None])
    inside = [one for one in everything if one.parent_id == node.id]
    lines = table(("id", "Name", "Kind"), [(one.id, one.name, one.kind) for one in inside], right=(0,))
    if node.kind != "folder":
        lines = track_lines(session, [known[id] for id, _, _ in items if id in known])
        unknown = [location for _, location, _ in items if location is not None]
        lines += [f"not in the library: {location}" for location in unknown]
    count = len(inside) if node.kind == "folder" else len(items)
    session.out.result(
        [*(lines if count else []), f"{count:,} in {path}"],
        playlist={"id": node.id, "name": node.name, "kind": node.kind, "query": node.query},
        playlists=[{"id": one.id, "name": one.name, "kind": one.kind} for one in inside],
        items=[
            {"position": at, "location": location, "kind": kind, "track": _fields(known.get(id or 0))}
            for at, (id, location, kind) in enumerate(items)
        ],
    )


async def _items(library: Library, node: Playlist) -> list[crates.Item]:
    if node.kind != "smart":
        return await crates.items(library, node.id)
    if node.query is None:
        raise Failure(f"{node.name} is a smart playlist of Traktor's: only Traktor can tell what is in it.")
    return [(id, None, "track") for id in await matching(library, node.query)]


def _fields(track: Any) -> dict[str, Any] | None:
    return None if track is None else track_fields(track)


async def _named(library: Library, path: str) -> Playlist:
    return crates.find(await crates.all_playlists(library), path)


def _inside(playlists: list[Playlist], folder: Playlist) -> list[str]:
    """The paths of all that is in a folder."""
    paths = crates.paths(playlists)
    within = {folder.id}
    for one in playlists:  # parents stand before their children
        if one.parent_id in within:
            within.add(one.id)
    return [paths[id] for id in paths if id in within and id != folder.id]


def _ask(session: Session, path: str, inside: list[str]) -> None:
    lines = [f"Folder {path} holds {len(inside):,}:", *(f"  {name}" for name in inside[:5])]
    if len(inside) > 5:
        lines.append(f"  … and {len(inside) - 5:,} more")
    if session.out.as_json or not sys.stdin.isatty():
        raise Failure("\n".join([*lines, "Say --yes to delete them too."]), WRONG_USE, count=len(inside))
    session.out.note("\n".join(lines))
    if not click.confirm("Delete them too?", err=True):
        raise Failure("Nothing was deleted.", FAILED)


def _done(session: Session, said: str, change: int | None, **fields: Any) -> None:
    line = f"{said} (change {change})." if change else f"{said}; nothing was changed."
    session.out.result([line], change=change, **fields)
