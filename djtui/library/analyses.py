"""What was heard of the tracks: the tables analysis and waveform."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Literal, Self

from djtui.library.database import Reader, Tx
from djtui.library.tracks import as_json


@dataclass(frozen=True, slots=True)
class Heard:
    """A row of table analysis; the schema says what each value means. Unknown is None.

    With `reason` and `failure` (a sentence) the file could not be analysed. `tempi` are other octaves of the
    tempo, in BPM; where it changes and was followed, pairs: from which second on, and how fast. `taken` are
    the track's fields that were set from here, `dismissed` those whose difference the DJ has left.
    """

    track_id: int
    version: int
    path: str
    size: int | None
    mtime_ns: int | None
    heard: str
    seconds: float | None = None
    reason: str | None = None
    failure: str | None = None
    duration: float | None = None
    samplerate: int | None = None
    channels: int | None = None
    decoder: str | None = None
    bpm: float | None = None
    bpm_confidence: float | None = None
    steadiness: str | None = None
    spread: float | None = None
    tempi: tuple[Any, ...] = ()
    first_beat: float | None = None
    beat_confidence: float | None = None
    downbeat: int | None = None
    downbeat_confidence: float | None = None
    key: int | None = None
    key_confidence: float | None = None
    key_second: int | None = None
    tuning: float | None = None
    energy: int | None = None
    lufs: float | None = None
    sample_peak: float | None = None
    true_peak: float | None = None
    notes: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    dismissed: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: sqlite3.Row) -> Self:
        """The row as it stands in the table."""
        values = dict(row)
        for name in _LISTS:
            values[name] = tuple(json.loads(values[name] or "[]"))
        return cls(**values)

    def row(self) -> tuple[Any, ...]:
        """The values in the order of COLUMNS."""
        return tuple(
            as_json(getattr(self, name)) if name in _LISTS else getattr(self, name) for name in COLUMNS
        )


COLUMNS: Final = tuple(field.name for field in fields(Heard))
_LISTS: Final = frozenset(("tempi", "notes", "taken", "dismissed"))
_AMONG: Final = "IN (SELECT value FROM json_each(?))"


async def get(library: Reader, id: int) -> Heard | None:
    """What was heard of one track, or None."""
    return (await get_many(library, [id])).get(id)


async def get_many(library: Reader, ids: Sequence[int]) -> dict[int, Heard]:
    """What was heard of these tracks; those that nobody listened to are left out."""
    rows = await library.fetchall(f"SELECT * FROM analysis WHERE track_id {_AMONG}", (as_json(list(ids)),))
    return {row["track_id"]: Heard.of(row) for row in rows}


async def waveform(library: Reader, id: int) -> bytes:
    """The overview waveform: 1,200 columns of three bytes (low, middle, high); empty if there is none."""
    row = await library.fetchone("SELECT columns FROM waveform WHERE track_id = ?", (id,))
    return bytes(row["columns"]) if row is not None else b""


def read(connection: sqlite3.Connection, id: int) -> tuple[Heard | None, bytes]:
    """What was heard of a track and its waveform, over a reading connection: for the screen."""
    row = connection.execute("SELECT * FROM analysis WHERE track_id = ?", (id,)).fetchone()
    drawn = connection.execute("SELECT columns FROM waveform WHERE track_id = ?", (id,)).fetchone()
    return Heard.of(row) if row else None, bytes(drawn[0]) if drawn else b""


async def put(tx: Tx, heard: Iterable[Heard], waveforms: Mapping[int, bytes]) -> None:
    """Write what was heard, and its waveforms, in place of what was heard of those tracks before."""
    rows = [each.row() for each in heard]
    columns, marks = ", ".join(COLUMNS), ", ".join("?" * len(COLUMNS))
    await tx.executemany(f"INSERT OR REPLACE INTO analysis ({columns}) VALUES ({marks})", rows)
    await tx.executemany(
        "DELETE FROM waveform WHERE track_id = ?", [(row[0],) for row in rows if not waveforms.get(row[0])]
    )
    await tx.executemany(
        "INSERT OR REPLACE INTO waveform (track_id, columns) VALUES (?, ?)",
        [(row[0], drawn) for row in rows if (drawn := waveforms.get(row[0]))],
    )


async def put_tempi(tx: Tx, tempi: Mapping[int, Sequence[Any]]) -> None:
    """Write the tempi that followed tracks go through."""
    await tx.executemany(
        "UPDATE analysis SET tempi = ? WHERE track_id = ?",
        [(as_json(list(found)), id) for id, found in tempi.items()],
    )


async def mark(tx: Tx, column: Literal["taken", "dismissed"], marked: Mapping[int, Iterable[str]]) -> None:
    """Note fields of tracks as taken from the analysis, or as left by the DJ, beside those noted before."""
    present = await get_many(tx, list(marked))
    await tx.executemany(
        f"UPDATE analysis SET {column} = ? WHERE track_id = ?",
        [(as_json(sorted({*getattr(heard, column), *marked[id]})), id) for id, heard in present.items()],
    )


async def unmark(tx: Tx, column: Literal["taken", "dismissed"], marked: Mapping[int, Iterable[str]]) -> None:
    """Take such notes back."""
    present = await get_many(tx, list(marked))
    await tx.executemany(
        f"UPDATE analysis SET {column} = ? WHERE track_id = ?",
        [(as_json(sorted({*getattr(heard, column)} - {*marked[id]})), id) for id, heard in present.items()],
    )


async def filled(library: Reader, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The values that the analysis gave these tracks, by field; they may have been changed since."""
    rows = await library.fetchall(
        f"SELECT * FROM analysis WHERE track_id {_AMONG} AND taken != '[]'", (as_json(list(ids)),)
    )
    heard = [Heard.of(row) for row in rows]
    return {it.track_id: {name: getattr(it, name) for name in it.taken if name in COLUMNS} for it in heard}


async def missing(library: Reader, version: int) -> int:
    """How many tracks whose file is there were not heard yet by these algorithms."""
    row = await library.fetchone(
        "SELECT count(*) AS count FROM track LEFT JOIN analysis ON analysis.track_id = track.id"
        " WHERE track.path IS NOT NULL AND track.missing IS NOT 1 AND track.kind != 'set'"
        " AND (analysis.version IS NOT ? OR analysis.path != track.path)",
        (version,),
    )
    assert row is not None
    return int(row["count"])


async def failures(library: Reader) -> dict[str, int]:
    """Why tracks could not be analysed, and how many: the most frequent reason first."""
    rows = await library.fetchall(
        "SELECT reason, count(*) AS count FROM analysis WHERE reason IS NOT NULL"
        " GROUP BY reason ORDER BY count DESC, reason"
    )
    return {row["reason"]: row["count"] for row in rows}


async def failed(library: Reader, reason: str | None = None) -> list[int]:
    """The tracks that could not be analysed, for one reason or any."""
    rows = await library.fetchall(
        "SELECT track_id FROM analysis WHERE reason IS NOT NULL AND reason = ifnull(?, reason)"
        " ORDER BY track_id",
        (reason,),
    )
    return [row["track_id"] for row in rows]
