"""Linking Spotify's songs to the tracks that they are. A link that the DJ made by hand is never touched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from sqlite3 import Row
from typing import Any, Final

from djtui.bridge.match import Doubt, Match, Shelf
from djtui.bridge.recording import Recording, recording
from djtui.config import Settings
from djtui.jobs.job import Batch, Context, Cursor, Estimate, Job, Wait
from djtui.jobs.records import stamp
from djtui.library.database import Reader, Tx

_AT_ONCE: Final = 5000
_BATCH: Final = 500
_SEEN: Final = "matched"


def matching_job(params: dict[str, Any], settings: Settings) -> Job:
    """The job "spotify-match": `again` looks at every song though nothing has changed."""
    phase = Matching(again=bool(params.get("again")))
    return MatchingJob("spotify-match", "spotify-match", "Matching songs", [phase], matching=phase)


@dataclass(eq=False)
class MatchingJob(Job):
    """The job; its result says how many songs are linked, doubtful, or not in the library."""

    matching: Matching = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        return self.matching.counts


class Matching:
    """The phase that links. Cheap where neither songs nor tracks have changed since the last time."""

    name = "Matching"
    repeat = True

    def __init__(self, *, again: bool = False) -> None:
        self._again = again
        self.counts = {"linked": 0, "doubtful": 0, "unknown": 0}

    async def estimate(self, ctx: Context) -> Estimate:
        row = await ctx.library.fetchone("SELECT count(*) AS songs FROM spotify_track WHERE kind = 'track'")
        return Estimate(items=row["songs"] if row else 0)

    async def work(self, cursor: Cursor | None, ctx: Context) -> AsyncGenerator[Batch | Wait, None]:
        state = await _state(ctx.library)
        if not self._again and await _seen(ctx.library) == state:
            await self._count(ctx.library)
            return
        ctx.report(message="reading the library")
        shelf = await _shelf(ctx.library)
        ctx.report(message="")
        last = -1
        while songs := await _songs(ctx.library, last):
            last = songs[-1]["id"]
            found = await asyncio.to_thread(_matched, shelf, songs)
            yield Batch(partial(_store, found), processed=len(songs))
        yield Batch(_note)
        await self._count(ctx.library)

    async def _count(self, reader: Reader) -> None:
        row = await reader.fetchone(
            "SELECT count(*) AS songs, count(link.track_id) AS linked, (SELECT count(DISTINCT song_id)"
            " FROM spotify_doubt) AS doubtful FROM spotify_track AS song"
            " LEFT JOIN spotify_link AS link ON link.song_id = song.id WHERE song.kind = 'track'"
        )
        assert row is not None
        unknown = row["songs"] - row["linked"] - row["doubtful"]
        self.counts = {"linked": row["linked"], "doubtful": row["doubtful"], "unknown": unknown}


async def link(tx: Tx, song_id: int, track_id: int | None) -> None:
    """Say by hand which track a song is; None: none of the library."""
    await tx.execute(
        "INSERT INTO spotify_link (song_id, track_id, how, made) VALUES (?, ?, 'hand', ?)"
        " ON CONFLICT (song_id) DO UPDATE SET track_id = excluded.track_id, how = 'hand', score = NULL,"
        " made = excluded.made",
        (song_id, track_id, stamp()),
    )
    await tx.execute("DELETE FROM spotify_doubt WHERE song_id = ?", (song_id,))
    await _touch(tx, [song_id])


@dataclass(frozen=True, slots=True)
class OpenSong:
    """A song that may be one of some tracks: (id, artist and title, 0 to 100), the likeliest first."""

    id: int
    title: str
    candidates: tuple[tuple[int, str, float], ...]


async def doubts(reader: Reader) -> list[OpenSong]:
    """The songs for which the DJ is to say which track they are, if any."""
    rows = await reader.fetchall(
        "SELECT song.id, song.artist, song.title, doubt.track_id, doubt.score, track.artist AS mine,"
        " track.title AS called FROM spotify_doubt AS doubt"
        " JOIN spotify_track AS song ON song.id = doubt.song_id JOIN track ON track.id = doubt.track_id"
        " ORDER BY song.artist, song.title, song.id, doubt.score DESC"
    )
    found = []
    for _, group in groupby(rows, lambda row: row["id"]):
        same = list(group)
        candidates = ((row["track_id"], _name(row["mine"], row["called"]), row["score"]) for row in same)
        found.append(OpenSong(same[0]["id"], _name(same[0]["artist"], same[0]["title"]), tuple(candidates)))
    return found


def _name(artist: str | None, title: str | None) -> str:
    return " - ".join(text for text in (artist, title) if text)


async def _state(reader: Reader) -> str:
    """What tells whether songs or tracks changed."""
    row = await reader.fetchone(
        "SELECT (SELECT max(revision) FROM spotify_track) AS songs,"
        " (SELECT max(revision) FROM track) AS tracks,"
        " (SELECT value FROM meta WHERE name = 'removal') AS removal,"
        " (SELECT count(*) FROM spotify_link) AS links"
    )
    return json.dumps(list(row)) if row else ""


async def _seen(reader: Reader) -> str | None:
    row = await reader.fetchone("SELECT value FROM spotify_fact WHERE name = ?", (_SEEN,))
    return row["value"] if row else None


async def _note(tx: Tx) -> None:
    """The state after the matching, which itself changed songs."""
    await tx.execute("INSERT OR REPLACE INTO spotify_fact VALUES (?, ?)", (_SEEN, await _state(tx)))


async def _shelf(reader: Reader) -> Shelf:
    recordings: dict[int, Recording] = {}
    last = -1
    while True:
        rows = await reader.fetchall(
            "SELECT id, title, artist, mix, duration, isrc FROM track WHERE id > ? AND kind = 'track'"
            " ORDER BY id LIMIT ?",
            (last, _AT_ONCE),
        )
        if not rows:
            return Shelf(recordings)
        last = rows[-1]["id"]
        recordings |= await asyncio.to_thread(_recordings, rows)


def _recordings(rows: Sequence[Row]) -> dict[int, Recording]:
    found = {}
    for row in rows:
        known = recording(
            row["title"], [row["artist"]], mix=row["mix"], duration=row["duration"], isrc=row["isrc"]
        )
        if known is not None:
            found[int(row["id"])] = known
    return found


async def _songs(reader: Reader, last: int) -> list[Row]:
    return await reader.fetchall(
        "SELECT song.id, title, artist, duration, isrc, link.track_id, link.how FROM spotify_track AS song"
        " LEFT JOIN spotify_link AS link ON link.song_id = song.id"
        " WHERE song.id > ? AND song.kind = 'track' AND link.how IS NOT 'hand' ORDER BY song.id LIMIT ?",
        (last, _BATCH),
    )


def _matched(shelf: Shelf, songs: Sequence[Row]) -> dict[int, Match | Doubt | None]:
    """What is found for each song whose link is to change, or that is in doubt."""
    found: dict[int, Match | Doubt | None] = {}
    for row in songs:
        song = recording(row["title"], [row["artist"]], duration=row["duration"], isrc=row["isrc"])
        answer = shelf.match(song) if song is not None else None
        if isinstance(answer, Match) and (answer.track_id, answer.how) == (row["track_id"], row["how"]):
            continue
        if answer is not None or row["track_id"] is not None:
            found[int(row["id"])] = answer
    return found


async def _store(found: Mapping[int, Match | Doubt | None], tx: Tx) -> None:
    ids = json.dumps(list(found))
    among = "song_id IN (SELECT value FROM json_each(?))"
    await tx.execute(f"DELETE FROM spotify_doubt WHERE {among}", (ids,))
    await tx.execute(f"DELETE FROM spotify_link WHERE {among} AND how != 'hand'", (ids,))
    made = stamp()
    await tx.insert(
        "spotify_link",
        ("song_id", "track_id", "how", "score", "made"),
        [
            (id, answer.track_id, answer.how, answer.score, made)
            for id, answer in found.items()
            if isinstance(answer, Match)
        ],
    )
    await tx.insert(
        "spotify_doubt",
        ("song_id", "track_id", "score"),
        [
            (id, track_id, score)
            for id, answer in found.items()
            if isinstance(answer, Doubt)
            for track_id, score in answer.candidates
        ],
    )
    await _touch(tx, list(found))


async def _touch(tx: Tx, songs: Sequence[int]) -> None:
    """Tell the screens that these songs are shown differently now."""
    if songs:
        await tx.execute(
            "UPDATE spotify_track SET revision = ? WHERE id IN (SELECT value FROM json_each(?))",
            (await tx.revision(), json.dumps(songs)),
        )
        await tx.touch("spotify")
