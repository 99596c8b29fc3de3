"""What was played, on the command line: Traktor's history files in, sets by night out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from djtui.cli.output import minutes, table
from djtui.cli.running import run_job
from djtui.cli.session import WRONG_USE, Failure, Session, command
from djtui.library import nights as stored
from djtui.library import tracks
from djtui.library.database import Library
from djtui.library.nights import NightError, NightPlay, NightRow
from djtui.library.playlists import PlaylistError
from djtui.model.text import plural

_PUBLIC = {True: "yes", False: "cued", None: ""}


@click.command()
@click.argument("path", type=click.Path(path_type=Path, readable=False), required=False)
@command
async def history(session: Session, path: Path | None) -> int | None:
    """Bring in what was played: Traktor's folder History, or one file of it. Again at any time.

    Without a path: the folder History beside your collection. Only new and changed files are read. A play
    whose track is not in the library is kept with its title, and finds its track when that has come.
    `djtui nights` shows the sets. (Changes made here are listed by `djtui history`.)

    \b
    djtui traktor history
    djtui traktor history "~/Documents/Native Instruments/Traktor 3.5.0/History"
    djtui traktor history history_2019y10m18d_19h07m11s.nml
    """
    chosen = path.expanduser().absolute() if path is not None else await _folder(session)
    return await run_job(session, "traktor-nights", {"path": str(chosen)}, _import_lines)


async def _folder(session: Session) -> Path:
    from djtui.traktor.history_importing import history_folder

    async with session.library() as library:
        found = await history_folder(library, session.settings)
    if found is None:
        raise Failure(
            "No collection is known yet: import it, or name the folder: djtui traktor history FOLDER.",
            WRONG_USE,
        )
    if not found.is_dir():
        raise Failure(f"{found} is not there; name the folder: djtui traktor history FOLDER.")
    return found


def _import_lines(result: dict[str, Any]) -> list[str]:
    first = (
        f"{plural(result['nights'], 'night')} with {plural(result['plays'], 'play')}: "
        f"{result['added']:,} added, {result['updated']:,} updated."
    )
    if not result["unknown"]:
        return [first]
    return [
        first,
        f"{plural(result['unknown'], 'play')} of tracks that are not in the library; "
        "import the collection, then the history again.",
    ]


@click.group(invoke_without_command=True)
@click.pass_context
def nights(context: click.Context) -> None:
    """Show what was played, night by night, and make playlists of it.

    \b
    djtui traktor history              bring Traktor's history files in
    djtui nights                       the newest nights
    djtui nights show 12               what was played in one
    djtui nights track 345             when a track was played
    djtui nights playlist 12           make a playlist of a night
    """
    if context.invoked_subcommand is None:
        context.invoke(list_)


@nights.command(name="list")
@click.option("--limit", default=50, show_default=True, help="Show at most so many.")
@command
async def list_(session: Session, limit: int) -> None:
    """List the nights, newest first."""
    async with session.library(create=False) as library:
        found = await stored.nights(library, limit)
    rows = [
        (night.id, night.name, f"{night.plays:,}", f"{night.public:,}", _length(night), _unknown(night))
        for night in found
    ]
    header = ("id", "Night", "Plays", "Public", "Music", "Unknown")
    session.out.result(
        table(header, rows, right=(0, 2, 3, 4, 5)) if rows else ["None yet: djtui traktor history."],
        nights=[asdict(night) for night in found],
    )


@nights.command()
@click.argument("night", type=int)
@click.option("--all", "everything", is_flag=True, help="Also what was only cued.")
@command
async def show(session: Session, night: int, everything: bool) -> None:
    """Show what was played in a night, in order.

    \b
    djtui nights show 12
    djtui nights show 12 --all
    """
    async with session.library(create=False) as library:
        found = await _find(library, night)
        plays = await stored.plays_of_night(library, night)
    shown = [play for play in plays if everything or play.public is not False]
    facts = [plural(found.plays, "play"), f"{found.public:,} public"]
    if found.minutes is not None:
        facts.append(f"{_length(found)} of music")
    header = ("", "At", "Deck", "Long", "Heard", "Track")
    rows = [
        (place, at, play.deck, minutes(play.duration), _PUBLIC[play.public], _title(play))
        for place, (at, play) in enumerate(zip(_clock(shown), shown, strict=True), 1)
    ]
    session.out.result(
        [f"{found.name}: {', '.join(facts)}", *table(header, rows, right=(0, 1, 2, 3))],
        night=asdict(found),
        plays=[asdict(play) for play in shown],
    )


@nights.command()
@click.argument("track", type=int)
@click.option("--limit", default=50, show_default=True, help="Show at most so many.")
@command
async def track(session: Session, track: int, limit: int) -> None:
    """Show when a track was played; `djtui search` tells its number.

    \b
    djtui nights track 345
    """
    async with session.library(create=False) as library:
        if not await tracks.get_many(library, [track]):
            raise Failure(f"There is no track {track}.")
        plays = await stored.plays_of_track(library, track, limit)
    rows = [
        (_moment(play.at), play.deck, minutes(play.duration), _PUBLIC[play.public], play.night_id, play.night)
        for play in plays
    ]
    session.out.result(
        table(("At", "Deck", "Long", "Heard", "id", "Night"), rows, right=(1, 2, 4))
        if rows
        else ["No history tells of it."],
        plays=[asdict(play) for play in plays],
    )


@nights.command()
@click.argument("night", type=int)
@click.option("--name", help="What to call the playlist.")
@click.option("--all", "everything", is_flag=True, help="Also what was only cued.")
@command
async def playlist(session: Session, night: int, name: str | None, everything: bool) -> None:
    """Make a playlist of a night; `djtui undo` takes it back.

    \b
    djtui nights playlist 12
    djtui nights playlist 12 --name "Berlin, closing set"
    """
    async with session.library(create=False) as library:
        try:
            made = await stored.to_playlist(library, night, name, public_only=not everything)
        except (NightError, PlaylistError) as error:
            raise Failure(str(error)) from error
    lines = [f"Made a playlist of {plural(made.tracks, 'track')}."]
    if made.unknown:
        lines.append(f"{plural(made.unknown, 'play')} left out: their tracks are not in the library.")
    session.out.result(
        lines,
        playlist=made.playlist_id,
        tracks=made.tracks,
        unknown=made.unknown,
        change=made.change_id,
    )


async def _find(library: Library, night: int) -> NightRow:
    try:
        return await stored.find(library, night)
    except NightError as error:
        raise Failure(str(error)) from error


def _title(play: NightPlay) -> str:
    name = " - ".join(text for text in (play.artist, play.title) if text)
    name = name or play.key.rpartition("/:")[2] or "?"
    return name if play.track_id is not None else f"{name} (not in the library)"


def _moment(at: str | None) -> str:
    return at.replace("T", " ") if at else ""


def _clock(plays: Sequence[NightPlay]) -> Iterator[str]:
    """When each play began; the day only where it is another than before, for a session may last for days."""
    last = ""
    for play in plays:
        day, _, clock = (play.at or "").partition("T")
        yield clock if day in ("", last) else f"{day} {clock}"
        last = day or last


def _length(night: NightRow) -> str:
    return "" if night.minutes is None else f"{night.minutes // 60}:{night.minutes % 60:02} h"


def _unknown(night: NightRow) -> str:
    return f"{night.plays - night.known:,}" if night.plays > night.known else ""
