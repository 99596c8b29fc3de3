"""The journal of a run: what each playlist held and shall hold, on the disk before anything is written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from djtui.library import history
from djtui.library.database import Reader, Tx
from djtui.library.route_runs import Part, RunKind, RunState, Write, WriteState, writes
from djtui.routing.port import Held, digest, json_of
from djtui.routing.steps import Row, songs

KIND: Final = "route"
"""The kind of these changes in the history."""

_TITLES: Final[dict[str, str]] = {
    "apply": "Routing",
    "retry": "Routing",
    "rebuild": "Routing anew",
    "undo": "Undo: Routing",
}
_WHERE: Final = "WHERE run_id = ? AND child_id = ? AND part = ?"


@dataclass(frozen=True, slots=True)
class InFlight:
    """A write whose answer has not come. `rows` is the digest of what the playlist holds once it is done;
    where it is known that it was not done, of what it held before. `creating`: a playlist is made."""

    at: str
    rows: str
    creating: bool = False

    @classmethod
    def of(cls, at: datetime, rows: Sequence[Row]) -> Self:
        return cls(at.isoformat(), digest(rows).hex())

    @classmethod
    def read(cls, text: str) -> Self:
        return cls(**json.loads(text))

    def is_done(self, rows: Sequence[Row]) -> bool:
        """Whether the playlist holds what it should after it."""
        return digest(rows).hex() == self.rows

    @property
    def began(self) -> datetime:
        return datetime.fromisoformat(self.at)

    def as_json(self) -> str:
        return json_of({"at": self.at, "rows": self.rows, "creating": self.creating})


# -- runs -----------------------------------------------------------------------------------------


async def run_of(library: Reader, job_id: int) -> int | None:
    """The run of a job, None before it has one."""
    row = await library.fetchone("SELECT id FROM route_run WHERE job_id = ?", (job_id,))
    return None if row is None else int(row["id"])


async def begin_run(tx: Tx, base_id: int, job_id: int, kind: RunKind, now: str) -> int:
    """A new run. One over the same base that was not worked to its end has failed now."""
    await tx.execute(
        "UPDATE route_run SET state = 'failed', ended = ?, error = 'Its job was not worked to the end.'"
        " WHERE base_id = ? AND state = 'running'",
        (now, base_id),
    )
    inserted = await tx.execute(
        "INSERT INTO route_run (base_id, job_id, kind, began, state) VALUES (?, ?, ?, ?, 'running')",
        (base_id, job_id, kind, now),
    )
    await touch(tx)
    assert inserted.lastrowid is not None
    return inserted.lastrowid


async def go_on(tx: Tx, run_id: int) -> None:
    """A run that was broken off is worked again."""
    await tx.execute(
        "UPDATE route_run SET state = 'running', ended = NULL, error = NULL WHERE id = ?", (run_id,)
    )
    await touch(tx)


async def stop_run(tx: Tx, run_id: int, now: str) -> None:
    """Note that a run is left before its end: its job was paused, cancelled, or could not go on."""
    row = await tx.fetchone("SELECT state FROM route_run WHERE id = ?", (run_id,))
    if row is not None and row["state"] == "running":
        await end_run(tx, run_id, now, error="It was stopped before its end; its job can go on with it.")


async def end_run(tx: Tx, run_id: int, now: str, *, error: str | None = None) -> None:
    """Note how a run ended: by its playlists, or with an error that ended all of it. One in which nothing
    failed, but a playlist waits for an answer of the DJ, is asking."""
    rows = await tx.fetchall("SELECT state FROM route_write WHERE run_id = ?", (run_id,))
    states = [row["state"] for row in rows]
    good = states.count("verified")
    state: RunState = "done" if good == len(rows) else "partial" if good else "failed"
    if error is not None:
        state = "failed"
    elif "asking" in states and set(states) <= {"verified", "asking"}:
        state = "asking"
    await tx.execute(
        "UPDATE route_run SET state = ?, ended = ?, error = ? WHERE id = ?", (state, now, error, run_id)
    )
    await _sum_up_change(tx, run_id)
    if good:
        await tx.execute(
            "UPDATE change SET undone = undoing.id FROM change AS undoing JOIN route_run AS run"
            " ON undoing.id = run.change_id WHERE run.id = ? AND change.id = undoing.undoes",
            (run_id,),
        )
    if error is None:
        await tx.execute(
            "UPDATE route_base SET applied = ? WHERE id = (SELECT base_id FROM route_run WHERE id = ?"
            " AND kind <> 'undo')",
            (now, run_id),
        )
    await touch(tx)


async def open_change(tx: Tx, run_id: int, undoes: int | None) -> None:
    """Open the run's entry in the history, if it has none yet. `undoes`: the entry that it undoes."""
    row = await tx.fetchone(
        "SELECT job_id, change_id, run.kind, name FROM route_run AS run JOIN route_base AS base"
        " ON base.id = base_id WHERE run.id = ?",
        (run_id,),
    )
    if row is None or row["change_id"] is not None:
        return
    title = f"{_TITLES[row['kind']]} {row['name']}"
    kind = KIND if undoes is None else "undo"
    change = await history.begin(tx, kind, title, job_id=row["job_id"], undoes=undoes)
    await tx.execute("UPDATE route_run SET change_id = ? WHERE id = ?", (change, run_id))


async def _sum_up_change(tx: Tx, run_id: int) -> None:
    """Say in the history how many playlists were written."""
    await tx.execute(
        "UPDATE change SET items ="
        " (SELECT count(*) FROM route_write WHERE run_id = ?1 AND requests > 0)"
        " WHERE id = (SELECT change_id FROM route_run WHERE id = ?1)",
        (run_id,),
    )


# -- playlists ------------------------------------------------------------------------------------


async def plan(
    tx: Tx,
    run_id: int,
    child_id: int,
    part: Part,
    spotify_id: str | None,
    target: Sequence[str],
    *,
    state: WriteState = "planned",
    error: str | None = None,
) -> None:
    """Note what a playlist shall hold. What was noted before for this run stays."""
    await tx.execute(
        "INSERT OR IGNORE INTO route_write (run_id, child_id, part, spotify_id, state, target, error)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (run_id, child_id, part, spotify_id, state, json_of(list(target)), error),
    )
    await touch(tx)


async def playlists_of_others(library: Reader, base_id: int) -> set[str]:
    """The playlists on Spotify that the children of other bases have."""
    rows = await library.fetchall(
        "SELECT spotify_id AS id FROM route_child WHERE base_id <> ?1 AND spotify_id IS NOT NULL"
        " UNION SELECT review_id FROM route_child WHERE base_id <> ?1 AND review_id IS NOT NULL",
        (base_id,),
    )
    return {row["id"] for row in rows}


async def planned(tx: Tx, run_id: int, child_id: int, part: Part) -> Write | None:
    """What is planned for a playlist; None: something was done to it already."""
    for write in await writes(tx, run_id):
        if (write.child_id, write.part, write.state) == (child_id, part, "planned"):
            return write
    return None


async def note_local(
    tx: Tx, run_id: int, child_id: int, counts: Mapping[str, int], now: str, error: str | None = None
) -> None:
    """Note what became of a playlist of the library."""
    await tx.execute(
        "UPDATE route_write SET added = ?, removed = ?, kept = ?, state = ?, error = ?"
        " WHERE run_id = ? AND child_id = ? AND part = 'songs'",
        (
            *(counts.get(name, 0) for name in ("added", "removed", "kept")),
            "verified" if error is None else "failed",
            error,
            run_id,
            child_id,
        ),
    )
    if error is None:
        await tx.execute("UPDATE route_child SET applied = ? WHERE id = ?", (now, child_id))


async def open_writes(library: Reader, run_id: int) -> list[Write]:
    """What is still to be written: planned, or broken off in the middle."""
    return [
        write
        for write in await writes(library, run_id)
        if write.state == "planned" or (write.state == "writing" and write.in_flight is not None)
    ]


async def unverified_writes(library: Reader, run_id: int) -> list[Write]:
    """What was written and not yet read again."""
    return [
        write
        for write in await writes(library, run_id)
        if write.state == "writing" and write.in_flight is None
    ]


async def last_flight(library: Reader, playlist_id: str) -> InFlight | None:
    """The last write of a playlist of which it is not known what became of it, in whichever run."""
    rows = await library.fetchall(
        "SELECT in_flight FROM route_write WHERE spotify_id = ? AND in_flight IS NOT NULL", (playlist_id,)
    )
    return max((InFlight.read(row["in_flight"]) for row in rows), key=lambda it: it.began, default=None)


async def overtaken(library: Reader, run_id: int) -> bool:
    """Whether there is a newer run over the same base: this one must write nothing any more."""
    row = await library.fetchone(
        "SELECT 1 FROM route_run AS newer JOIN route_run AS this USING (base_id)"
        " WHERE this.id = ? AND newer.id > this.id LIMIT 1",
        (run_id,),
    )
    return row is not None


async def note_before(tx: Tx, write: Write, held: Held) -> None:
    """Keep what the playlist holds before it is written, and count what will become of that."""
    before, target = songs(held.rows), Counter(write.target)
    kept = sum((Counter(before) & target).values())
    await tx.execute(
        "UPDATE route_write SET before = ?, dates = ?, added = ?, removed = ?, kept = ?"
        f" {_WHERE} AND before IS NULL",
        (
            json_of(held.rows),
            json_of(held.dates),
            target.total() - kept,
            len(before) - kept,
            kept,
            *key(write),
        ),
    )


async def note_flight(tx: Tx, write: Write, flight: InFlight, *, acknowledged: int) -> None:
    """Note what is about to be sent; `acknowledged` more were done before it."""
    await tx.execute(
        "UPDATE route_write SET state = 'writing', in_flight = ?, error = NULL, requests = requests + ?"
        f" {_WHERE}",
        (flight.as_json(), acknowledged, *key(write)),
    )
    # Until it is known to be right nobody can say what we left.
    if write.part == "songs":
        await tx.execute("UPDATE route_child SET digest = NULL WHERE id = ?", (write.child_id,))


async def note_creating(tx: Tx, write: Write, flight: InFlight | None) -> None:
    """Note that the playlist is about to be made; None: it was not."""
    await tx.execute(
        f"UPDATE route_write SET in_flight = ? {_WHERE}",
        (None if flight is None else flight.as_json(), *key(write)),
    )


async def note_written(tx: Tx, write: Write, *, acknowledged: int) -> None:
    """All is sent and acknowledged."""
    await tx.execute(
        f"UPDATE route_write SET in_flight = NULL, requests = requests + ? {_WHERE}",
        (acknowledged, *key(write)),
    )


async def note_made(tx: Tx, write: Write, playlist_id: str) -> None:
    """The playlist was made, and is the child's from now on."""
    await tx.execute(
        "UPDATE route_write SET spotify_id = ?, state = 'planned', in_flight = NULL, requests = requests + 1"
        f" {_WHERE}",
        (playlist_id, *key(write)),
    )
    column = "spotify_id" if write.part == "songs" else "review_id"
    await tx.execute(f"UPDATE route_child SET {column} = ? WHERE id = ?", (playlist_id, write.child_id))
    await touch(tx)


async def settle(tx: Tx, write: Write, state: WriteState, now: str, error: str | None = None) -> None:
    """Note how it ended with a playlist. A verified one is known again from now on."""
    await tx.execute(
        f"UPDATE route_write SET state = ?, error = ?, in_flight = NULL {_WHERE}", (state, error, *key(write))
    )
    if state == "verified":
        await tx.execute("UPDATE route_child SET applied = ? WHERE id = ?", (now, write.child_id))
        if write.part == "songs":
            await tx.execute(
                "UPDATE route_child SET digest = ? WHERE id = ?", (digest(write.target), write.child_id)
            )
    await touch(tx)


async def left(library: Reader, child_id: int) -> tuple[str, ...] | None:
    """The songs that we left in a child when it was last right; None: not known."""
    row = await library.fetchone(
        "SELECT write.target FROM route_write AS write JOIN route_child AS child ON child.id = write.child_id"
        " WHERE child.id = ? AND part = 'songs' AND state = 'verified' AND digest IS NOT NULL"
        " ORDER BY run_id DESC LIMIT 1",
        (child_id,),
    )
    return None if row is None else tuple(json.loads(row["target"]))


def key(write: Write) -> tuple[int, int, str]:
    return write.run_id, write.child_id, write.part


async def touch(tx: Tx) -> None:
    """Tell the screens that something of the routes has changed."""
    await tx.execute(
        "INSERT INTO meta VALUES ('routes', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (await tx.revision(),),
    )
