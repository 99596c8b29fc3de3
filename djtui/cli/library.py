"""Looking at the library: search, playlists, stats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from djtui.cli.output import minutes, table
from djtui.cli.session import WRONG_USE, Failure, Session, command
from djtui.library import playlists as crates
from djtui.library import tracks
from djtui.library.database import Library
from djtui.model import key as keys
from djtui.model.text import plural
from djtui.model.track import Track
from djtui.query import FIELDS, QueryError, Where, parse, to_sql

_FROM = "FROM track LEFT JOIN track_text ON track_text.id = track.id"


def where(query: str) -> Where:
    """The SQL of a query. A mistake in it is wrong use, with a caret under the place."""
    try:
        return to_sql(parse(query))
    except QueryError as error:
        raise Failure(f"this is not a filter:\n{error.pointed(query)}", WRONG_USE) from error


async def matching(library: Library, query: str, order: str = "track.id", limit: int = -1) -> list[int]:
    """The ids of the tracks that a query finds."""
    found = where(query)
    rows = await library.fetchall(
        f"SELECT track.id {_FROM} WHERE {found.sql} ORDER BY {order} LIMIT ?", (*found.params, limit)
    )
    return [row["id"] for row in rows]


def track_fields(track: Track) -> dict[str, Any]:
    """A track as --json shows it."""
    fields = asdict(track)
    fields["key"] = keys.musical(track.key) if track.key is not None else None
    fields["camelot"] = keys.camelot(track.key) if track.key is not None else None
    fields["open_key"] = keys.open_key(track.key) if track.key is not None else None
    for name in ("missing", "locked", "analyzed"):
        fields[name] = None if fields[name] is None else bool(fields[name])
    return fields


def track_lines(session: Session, shown: Sequence[Track]) -> list[str]:
    """Tracks as a table."""
    return table(
        ("id", "Title", "Artist", "BPM", "Key", "★", "Time", "Genre"),
        [
            (
                track.id,
                track.title or (track.location or "").rpartition("/")[2],
                track.artist,
                "" if track.bpm is None else f"{track.bpm:.2f}",
                keys.spell(track.key, _notation(session)),
                track.rating,
                minutes(track.duration),
                track.genre,
            )
            for track in shown
        ],
        right=(0, 3, 4, 5, 6),
    )


@click.command()
@click.argument("query", nargs=-1)
@click.option("--sort", "sort", default=None, metavar="FIELD", help="Sort by a field, unknown last.")
@click.option("--reverse", is_flag=True, help="The other way round; unknown stays last.")
@click.option("--limit", default=100, show_default=True, help="Show at most so many; 0 for all.")
@command
async def search(
    session: Session, query: tuple[str, ...], sort: str | None, reverse: bool, limit: int
) -> None:
    """Find tracks with the filter language.

    \b
    djtui search 'bicep -remix'
    djtui search 'bpm:124..128 key:~8A (label:drumcode OR genre:techno)' --sort bpm
    djtui search cue:none rating:4..5 --json
    djtui search 'added:<30d missing:no' --limit 0
    """
    text = " ".join(query)
    found = where(text)
    order = _order(sort, reverse)
    async with session.library(create=False) as library:
        counts = await library.fetchone(
            f"SELECT (SELECT count(*) {_FROM} WHERE {found.sql}) AS matches,"
            f" (SELECT count(*) {_FROM} WHERE {found.unknown_sql}) AS unknown",
            (*found.params, *found.params),
        )
        assert counts is not None
        ids = await matching(library, text, order, limit or -1)
        rows = await tracks.get_many(library, ids)
    shown = [rows[id] for id in ids]
    lines = track_lines(session, shown)
    more = f" · {counts['unknown']:,} unknown" if counts["unknown"] else ""
    cut = f" · the first {len(shown):,} shown" if len(shown) < counts["matches"] else ""
    session.out.result(
        [*(lines if shown else []), f"{counts['matches']:,} found{more}{cut}"],
        count=counts["matches"],
        unknown=counts["unknown"],
        tracks=[track_fields(track) for track in shown],
    )


@click.command()
@command
async def playlists(session: Session) -> None:
    """List playlists, folders and smart lists with their sizes."""
    async with session.library(create=False) as library:
        found = await crates.all_playlists(library)
    paths = crates.paths(found)
    rows = [
        (crate.id, paths[crate.id], crate.kind, crate.items if crate.kind == "list" else "")
        for crate in found
    ]
    session.out.result(
        table(("id", "Playlist", "Kind", "Tracks"), rows, right=(0, 3)) if found else ["No playlists."],
        playlists=[
            {
                "id": crate.id,
                "path": paths[crate.id],
                "kind": crate.kind,
                "items": crate.items,
                "source": crate.source,
                "query": crate.query or crate.foreign_query,
            }
            for crate in found
        ],
    )


def unknown_to_traktor(names: int) -> str:
    """That Traktor still has old names for so many files, and what tells it."""
    return f"Traktor does not know {plural(names, 'new name')} yet: djtui traktor export tells it."


_STATS = """
SELECT count(*) AS tracks, count(nullif(missing, 0)) AS missing, sum(cue_count > 0) AS with_cues,
       count(bpm) AS with_bpm, count(key) AS with_key, count(rating) AS rated, count(genre) AS with_genre,
       round(sum(duration) / 3600.0, 1) AS hours, min(bpm) AS slowest, max(bpm) AS fastest
FROM track
"""


@click.command()
@command
async def stats(session: Session) -> None:
    """Count what the library holds, and how much of it is unknown."""
    from djtui.traktor import moving

    async with session.library(create=False) as library:
        counts = await library.fetchone(_STATS)
        unknown = await moving.unknown_names(library)
        cues = await library.fetchone("SELECT count(*) AS cues FROM cue")
        lists = await library.fetchall("SELECT kind, count(*) AS many FROM playlist GROUP BY kind")
        genres = await library.fetchall(
            "SELECT genre, count(*) AS many FROM track WHERE genre IS NOT NULL GROUP BY fold(genre)"
            " ORDER BY many DESC, genre LIMIT 10"
        )
    assert counts is not None
    assert cues is not None
    fields: dict[str, Any] = {name: counts[name] or 0 for name in counts.keys()}  # noqa: SIM118 (a Row is no dict)
    fields["cues"] = cues["cues"]
    fields["names_unknown_to_traktor"] = unknown
    fields["playlists"] = {row["kind"]: row["many"] for row in lists}
    fields["genres"] = {row["genre"]: row["many"] for row in genres}
    total = fields["tracks"]
    lines = [", ".join(plural(fields[f"{unit}s"], unit) for unit in ("track", "hour", "cue"))]
    if total:
        lines += table(
            ("", "Known", "Unknown"),
            [
                (label, f"{fields[name]:,}", f"{total - fields[name]:,}")
                for label, name in (
                    ("BPM", "with_bpm"),
                    ("Key", "with_key"),
                    ("Genre", "with_genre"),
                    ("Rating", "rated"),
                )
            ],
            right=(1, 2),
        )
        lines += [f"{fields['with_cues']:,} with cues, {plural(fields['missing'], 'missing file')}"]
        lines += table(
            ("Genre", "Tracks"), [(name, f"{many:,}") for name, many in fields["genres"].items()], right=(1,)
        )
    if unknown:
        lines.append(unknown_to_traktor(unknown))
    session.out.result(lines, **fields)


def _notation(session: Session) -> keys.Notation:
    notation: Any = session.settings.ui.key_notation
    return notation  # type: ignore[no-any-return]


def _order(sort: str | None, reverse: bool) -> str:
    if sort is None:
        return "track.id DESC" if reverse else "track.id"
    field = FIELDS.get(sort.lower())
    if field is None or field.sort_sql is None:
        names = ", ".join(name for name, field in FIELDS.items() if field.sort_sql is not None)
        raise Failure(f"There is no field {sort} to sort by. There are: {names}.", WRONG_USE)
    return f"{field.sort_sql} IS NULL, {field.sort_sql}{' DESC' if reverse else ''}, track.id"
