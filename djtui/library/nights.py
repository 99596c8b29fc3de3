"""Nights: what was played, as Traktor's history files tell it. A night becomes a playlist from here.

`at` and `started` are local times of the machine that played, without a zone. A play whose track nobody
knows has title and artist as the history has them.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, NamedTuple

from djtui.library import playlists
from djtui.library.database import Library, Reader

# `heard` are the public plays as spans of minutes, each with the latest end before it: their union is how
# long there was music, whatever was mixed into what, and however long the session stood still.
_NIGHTS: Final = """
WITH chosen AS (
    SELECT id, path, started, plays FROM night WHERE :id IS NULL OR id = :id
    ORDER BY started IS NULL, started DESC, id DESC LIMIT :limit
), counted AS (
    SELECT night_id, total(public) AS public, count(track_id) AS known
    FROM play WHERE night_id IN (SELECT id FROM chosen) GROUP BY night_id
), spans AS (
    SELECT night_id, position, 1440 * julianday(at) AS start, 1440 * julianday(at) + duration / 60 AS stop
    FROM play WHERE public IS NOT 0 AND night_id IN (SELECT id FROM chosen)
), heard AS (
    SELECT night_id, start, stop, max(stop) OVER (
        PARTITION BY night_id ORDER BY start, position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS before FROM spans WHERE stop IS NOT NULL
), lasted AS (
    SELECT night_id, sum(max(0, stop - max(start, ifnull(before, start)))) AS minutes
    FROM heard GROUP BY night_id
)
SELECT chosen.*, counted.public, counted.known, lasted.minutes
FROM chosen LEFT JOIN counted ON counted.night_id = chosen.id LEFT JOIN lasted ON lasted.night_id = chosen.id
ORDER BY chosen.started IS NULL, chosen.started DESC, chosen.id DESC
"""


class NightError(Exception):
    """What was asked of a night cannot be done; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class NightRow:
    """A night: how many plays, how many of them public, how many of tracks that the library knows.

    `minutes` is how long something public was running; None where the history does not say.
    """

    id: int
    path: str
    started: str | None
    plays: int
    public: int
    known: int
    minutes: int | None
    name: str


@dataclass(frozen=True, slots=True)
class NightPlay:
    """A play of a night. `duration` in seconds, `deck` 1 .. 4, `public`: heard, not only cued; None: unknown.

    `key` is what the history calls the track, `track_id` None where the library knows none.
    """

    position: int
    at: str | None
    deck: int | None
    duration: float | None
    public: bool | None
    track_id: int | None
    title: str | None
    artist: str | None
    key: str


@dataclass(frozen=True, slots=True)
class TrackPlay:
    """A play of a track; `night` is the name of the night."""

    night_id: int
    night: str
    at: str | None
    deck: int | None
    duration: float | None
    public: bool | None


class NightPlaylist(NamedTuple):
    """A playlist made of a night, the change that made it, and the plays left out: their track is unknown."""

    playlist_id: int
    change_id: int
    tracks: int
    unknown: int


async def nights(reader: Reader, limit: int = 200) -> list[NightRow]:
    """The newest nights, newest first."""
    return [_night(row) for row in await reader.fetchall(_NIGHTS, {"id": None, "limit": limit})]


async def find(reader: Reader, night_id: int) -> NightRow:
    """The night with this number. Raises NightError."""
    row = await reader.fetchone(_NIGHTS, {"id": night_id, "limit": 1})
    if row is None:
        raise NightError(f"There is no night {night_id}.")
    return _night(row)


async def plays_of_night(reader: Reader, night_id: int) -> list[NightPlay]:
    """What was played in a night, in order; title and artist as the library has them, if it does."""
    rows = await reader.fetchall(
        "SELECT position, at, deck, play.duration, public, track_id, play.key,"
        " ifnull(track.title, play.title) AS title, ifnull(track.artist, play.artist) AS artist"
        " FROM play LEFT JOIN track ON track.id = track_id WHERE night_id = ? ORDER BY position",
        (night_id,),
    )
    return [NightPlay(**(dict(row) | {"public": _truth(row["public"])})) for row in rows]


async def plays_of_track(reader: Reader, track_id: int, limit: int = 200) -> list[TrackPlay]:
    """When a track was played, newest first."""
    rows = await reader.fetchall(
        "SELECT night_id, started, path, at, deck, duration, public"
        " FROM play JOIN night ON night.id = night_id"
        " WHERE track_id = ? ORDER BY ifnull(at, started) DESC, night_id DESC, position DESC LIMIT ?",
        (track_id, limit),
    )
    return [
        TrackPlay(
            row["night_id"],
            _name(row["started"], row["path"]),
            row["at"],
            row["deck"],
            row["duration"],
            _truth(row["public"]),
        )
        for row in rows
    ]


async def to_playlist(
    library: Library, night_id: int, name: str | None = None, public_only: bool = True
) -> NightPlaylist:
    """Make a playlist of a night: its tracks in their order, one that was played twice twice.

    `public_only` leaves out what was only cued. The playlist is called "Set 2019-10-18 19h07" unless named.
    Raises NightError where nothing would be in it, PlaylistError where it cannot be made.
    """
    night = await find(library, night_id)
    played = await plays_of_night(library, night_id)
    plays = [play for play in played if not (public_only and play.public is False)]
    tracks = [play.track_id for play in plays if play.track_id is not None]
    if not tracks:
        reason = "the library knows no track of it" if plays else "all of it was only cued"
        raise NightError(
            f"The night {night.name} makes no playlist: {reason if played else 'nothing was played'}."
        )
    playlist_id, change_id = await playlists.create(
        library, name or f"Set {night.name.replace(':', 'h')}", track_ids=tracks
    )
    return NightPlaylist(playlist_id, change_id, len(tracks), len(plays) - len(tracks))


def _night(row: sqlite3.Row) -> NightRow:
    return NightRow(
        row["id"],
        row["path"],
        row["started"],
        row["plays"],
        int(row["public"] or 0),
        row["known"] or 0,
        None if row["minutes"] is None else round(row["minutes"]),
        _name(row["started"], row["path"]),
    )


def _name(started: str | None, path: str) -> str:
    """What to call a night: "2019-10-18 19:07", else the name of its file."""
    return started[:16].replace("T", " ") if started else PurePath(path).stem


def _truth(value: int | None) -> bool | None:
    return None if value is None else bool(value)
