"""What was done for a base: its runs, and for each playlist of a run how that went."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from djtui.library.database import Reader

RunKind = Literal["apply", "retry", "undo", "rebuild"]
RunState = Literal["running", "done", "asking", "partial", "failed"]
Part = Literal["songs", "review"]
WriteState = Literal["planned", "asking", "writing", "partial", "verified", "unverified", "failed", "refused"]


@dataclass(frozen=True, slots=True)
class Run:
    """One run over a base. `requests` were made, `cached` were not needed."""

    id: int
    base_id: int
    job_id: int
    kind: RunKind
    began: str
    ended: str | None
    state: RunState
    songs: int | None
    requests: int
    cached: int
    error: str | None
    change_id: int | None


@dataclass(frozen=True, slots=True)
class Write:
    """What a run did to one playlist. `before` and `target` are rows by uri; None: an empty row."""

    run_id: int
    child_id: int
    part: Part
    spotify_id: str | None
    state: WriteState
    before: tuple[str | None, ...] | None
    dates: tuple[str | None, ...] | None
    target: tuple[str, ...]
    added: int
    removed: int
    kept: int
    requests: int
    in_flight: Any
    error: str | None


async def runs(library: Reader, base_id: int, limit: int = 100) -> list[Run]:
    """The runs of a base, the newest first."""
    rows = await library.fetchall(
        "SELECT * FROM route_run WHERE base_id = ? ORDER BY id DESC LIMIT ?", (base_id, limit)
    )
    return [Run(**dict(row)) for row in rows]


async def run(library: Reader, id: int) -> Run | None:
    """One run, or None where it is gone."""
    row = await library.fetchone("SELECT * FROM route_run WHERE id = ?", (id,))
    return None if row is None else Run(**dict(row))


async def undoable(library: Reader, base_id: int) -> int | None:
    """The newest run over a base that wrote something and was not taken back."""
    row = await library.fetchone(
        "SELECT run.id FROM route_run AS run JOIN change ON change.id = run.change_id"
        " WHERE base_id = ? AND run.kind <> 'undo' AND run.state <> 'running' AND change.undone IS NULL"
        " ORDER BY run.id DESC LIMIT 1",
        (base_id,),
    )
    return None if row is None else int(row["id"])


async def writes(library: Reader, run_id: int) -> list[Write]:
    """What a run did to each playlist, in the order of the children."""
    rows = await library.fetchall(
        "SELECT route_write.* FROM route_write LEFT JOIN route_child ON route_child.id = child_id"
        " WHERE run_id = ? ORDER BY route_child.position, child_id, part DESC",
        (run_id,),
    )
    return [_write(dict(row)) for row in rows]


def _write(row: dict[str, Any]) -> Write:
    lists = {name: _rows(row[name]) for name in ("before", "dates")}
    in_flight = None if row["in_flight"] is None else json.loads(row["in_flight"])
    return Write(**(row | lists | {"target": _rows(row["target"]) or (), "in_flight": in_flight}))


def _rows(text: str | None) -> tuple[Any, ...] | None:
    return None if text is None else tuple(json.loads(text))
