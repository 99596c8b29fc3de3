"""Which songs of Spotify are in the library, and which are still to be bought."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final

import click

from djtui.cli.library import where
from djtui.cli.output import minutes, table
from djtui.cli.running import ending, follow_job
from djtui.cli.session import WRONG_USE, Failure, Session, command
from djtui.library.songs import songs_connection
from djtui.model.text import plural
from djtui.query import parse, to_sql

if TYPE_CHECKING:
    from djtui.library.database import Library
    from djtui.query import Where

_SHOWN: Final = 50
_COLUMNS: Final = "track.id, track.artist, track.title, track.album, track.duration, track.isrc"


@click.command()
@click.option("--again", is_flag=True, help="Look at every song, though nothing has changed.")
@click.option("--link", nargs=2, type=int, metavar="SONG TRACK", help="Say that this song is this track.")
@click.option("--none", "stranger", type=int, metavar="SONG", help="Say that this song is no track here.")
@command
async def match(
    session: Session, again: bool, link: tuple[int, int] | None, stranger: int | None
) -> int | None:
    """Link Spotify's songs to the tracks that they are; every sync does this too.

    By ISRC, or by artist, title, version and length. What is not certain is listed, and you say: such a
    link is never changed again.

    \b
    djtui spotify match                  link what is certain, list what is not
    djtui spotify match --link 12 4031   song 12 is track 4031
    djtui spotify match --none 12        song 12 is none of the tracks
    """
    async with session.library(create=False) as library:
        if link is not None or stranger is not None:
            song, track = link if link is not None else (stranger or 0, None)
            await _say(library, song, track)
            session.out.result(["Noted."], song=song, track=track)
            return None
        view = await follow_job(session, library, "spotify-match", {"again": again})
        if view.state != "succeeded":
            return await ending(session, library, view, lambda result: [])
        lines, fields = await _open_songs(library)
        counts = dict(view.result or {})
        session.out.result(
            [
                *lines,
                f"{plural(counts['linked'], 'song')} linked, {counts['doubtful']:,} doubtful, "
                f"{counts['unknown']:,} not in the library.",
            ],
            linked=counts["linked"],
            doubtful=fields,
            unknown=counts["unknown"],
        )
    return None


@click.command()
@click.argument("query", nargs=-1)
@click.option("--limit", default=100, show_default=True, help="Show at most so many; 0 for all.")
@command
async def missing(session: Session, query: tuple[str, ...], limit: int) -> None:
    """List the songs at Spotify that the library does not have: a shopping list.

    The filter language speaks of songs here: liked:yes, crate:NAME is a playlist at Spotify.

    \b
    djtui spotify missing liked:yes
    djtui spotify missing crate:friday --limit 0
    """
    text = f"owned:no ({' '.join(query)})" if query else "owned:no"
    where(" ".join(query))
    async with session.library(create=False):
        rows, total = _songs(session, to_sql(parse(text), indexed=False), limit or -1)
    lines = table(
        ("song", "artist", "title", "album", "time"),
        [(row["id"], row["artist"], row["title"], row["album"], minutes(row["duration"])) for row in rows],
        right=(0, 4),
    )
    shown = f" The first {len(rows):,} are shown: --limit 0 shows all." if len(rows) < total else ""
    session.out.result(
        [*(lines if rows else []), f"{plural(total, 'song')} not in the library.{shown}"],
        count=len(rows),
        total=total,
        songs=[dict(row) for row in rows],
    )


def _songs(session: Session, found: Where, limit: int) -> tuple[list[sqlite3.Row], int]:
    """So many of the songs, and how many there are."""
    source = f"FROM track LEFT JOIN track_text ON track_text.id = track.id WHERE {found.sql}"
    connection = songs_connection(session.library_path)
    try:
        rows = connection.execute(
            f"SELECT {_COLUMNS} {source} ORDER BY track.artist, track.title LIMIT ?", (*found.params, limit)
        ).fetchall()
        (total,) = connection.execute(f"SELECT count(*) {source}", found.params).fetchone()
        return rows, total
    finally:
        connection.close()


async def _say(library: Library, song: int, track: int | None) -> None:
    """Note what the DJ says of a song."""
    from djtui.bridge.matching import link

    async with library.writing() as tx:
        if await tx.fetchone("SELECT 1 FROM spotify_track WHERE id = ?", (song,)) is None:
            raise Failure(f"There is no song {song}; `djtui spotify match` tells their numbers.", WRONG_USE)
        if track is not None and await tx.fetchone("SELECT 1 FROM track WHERE id = ?", (track,)) is None:
            raise Failure(f"There is no track {track}; `djtui search` tells their numbers.", WRONG_USE)
        await link(tx, song, track)


async def _open_songs(library: Library) -> tuple[list[str], list[dict[str, Any]]]:
    """The doubtful songs, for a person and for a program."""
    from djtui.bridge.matching import doubts

    found = await doubts(library)
    rows = [
        (song.id if not place else "", song.title if not place else "", track, f"{score:.0f}", name)
        for song in found[:_SHOWN]
        for place, (track, name, score) in enumerate(song.candidates)
    ]
    lines = table(("song", "Spotify", "track", "alike", "library"), rows, right=(0, 2, 3)) if rows else []
    if len(found) > _SHOWN:
        lines.append(f"… and {len(found) - _SHOWN:,} more")
    fields = [
        {
            "song": song.id,
            "title": song.title,
            "candidates": [
                {"track": id, "title": name, "score": score} for id, name, score in song.candidates
            ],
        }
        for song in found
    ]
    return lines, fields
