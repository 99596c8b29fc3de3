"""Table file_step: what a change means to do to files, and what became of it.

All steps of a change are written, and on the disk, before the first file is touched. A change that takes
another one back has the steps of that one with their numbers negated: so they come in reverse order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Literal, NamedTuple

from djtui.library.database import Reader, Tx
from djtui.library.tracks import as_json

Kind = Literal["folder", "unfolder", "move", "copy", "trash", "tags", "list"]
State = Literal["meant", "done", "undone", "refused"]

PLACING: Final[tuple[Kind, ...]] = ("folder", "unfolder", "move", "copy", "trash")
"""Steps that say where files lie; `copy` and `trash` are moves, across disks and out of the way."""
MOVING: Final[tuple[Kind, ...]] = ("move", "copy", "trash")
REWRITING: Final[tuple[Kind, ...]] = ("tags", "list")
"""Steps that change what is in a file: the tags of a track, the paths in an M3U."""
COUNTED: Final[tuple[Kind, ...]] = (*MOVING, *REWRITING)
"""Steps that are about the file of a track, or a list."""

_COLUMNS: Final = (
    "step", "track_id", "kind", "source", "target", "state", "size", "mtime_ns", "detail", "undo",
)  # fmt: skip
_AT_ONCE: Final = 1000
_INODE: Final = '{"inode":'
_NOTHING: Final[Mapping[str, Any]] = {}
_PARKED: Final = "instr(detail, 'parked') AND detail ->> 'parked' IS NOT NULL"
"""JSON is slow to take apart."""
_LAST: Final = "(detail IS NULL OR instr(detail, 'parked') = 0 OR detail ->> 'parked' IS NULL)"
_AMONG: Final = "IN (SELECT value FROM json_each(?))"


class Identity(NamedTuple):
    """By what a file is known again. A file system may give it another inode; its time it keeps."""

    size: int
    mtime_ns: int
    inode: int


class FileStep(NamedTuple):
    """One step. `file` is what lay at `source` when the step was written down.

    `detail`: parked (the file has a temporary name then), fields (of tags: name -> value), was (the same,
    before), names (of a list: old path -> new one), reason (why it was refused).
    """

    step: int
    track_id: int | None
    kind: Kind
    source: str
    target: str | None = None
    state: State = "meant"
    file: Identity | None = None
    detail: Mapping[str, Any] = _NOTHING
    undo: bytes | None = None

    @property
    def parked(self) -> bool:
        """Whether the file goes on from there in a later step."""
        return "parked" in self.detail


@dataclass(slots=True)
class Outcome:
    """What became of a step: done, refused with a sentence, or (None) nothing to do after all.

    `file` is the file as it is then, `undo` what puts its old bytes back, `was` the tags that it had, `read`
    its row of table file.
    """

    step: FileStep
    state: Literal["done", "refused"] | None
    reason: str | None = None
    file: Identity | None = None
    undo: bytes | None = None
    was: Mapping[str, Any] | None = None
    read: tuple[Any, ...] | None = None

    @property
    def as_meant(self) -> bool:
        """Whether it was done and nothing is to be noted but that."""
        return self.state == "done" and self.file is None and self.step.kind in PLACING


async def write_down(tx: Tx, change_id: int, steps: Iterable[FileStep]) -> None:
    """Write steps down. The transaction must be durable."""
    left = iter(steps)
    while part := [(change_id, *_row(step)) for step in islice(left, _AT_ONCE)]:
        await tx.insert("file_step", ("change_id", *_COLUMNS), part)


def _row(step: FileStep) -> tuple[Any, ...]:
    size, mtime_ns, inode = step.file or (None, None, None)
    detail = step.detail if inode is None else {"inode": inode, **step.detail}
    if len(detail) == 1 and inode is not None:
        text: str | None = f"{_INODE}{inode}}}"
    else:
        text = as_json(detail) if detail else None
    return (
        step.step, step.track_id, step.kind, step.source, step.target, step.state, size, mtime_ns, text,
        step.undo,
    )  # fmt: skip


def _step(row: Any) -> FileStep:
    step, track_id, kind, source, target, state, size, mtime_ns, text, undo = row
    detail: Mapping[str, Any] = _NOTHING
    inode = 0
    if text:
        if text.startswith(_INODE) and (number := text[len(_INODE) : -1]).isdigit():
            inode = int(number)
        else:
            detail = said = json.loads(text)
            inode = said.pop("inode", 0)
    file = None if size is None else Identity(size, mtime_ns, inode)
    return FileStep(step, track_id, kind, source, target, state, file, detail, undo)


async def read(
    library: Reader,
    change_id: int,
    *,
    states: Sequence[State] = ("meant",),
    kinds: Sequence[Kind] = (*PLACING, *REWRITING),
    after: int | None = None,
    limit: int = -1,
    undos: bool = True,
) -> list[FileStep]:
    """The steps of a change in these states, in their order; some, behind the step `after`.

    Without `undos`, a step that can be undone has an empty one: they are large.
    """
    columns = _COLUMNS if undos else (*_COLUMNS[:-1], "iif(undo IS NULL, NULL, x'') AS undo")
    rows = await library.fetchall(
        f"SELECT {', '.join(columns)} FROM file_step"
        f" WHERE change_id = ? AND step > ? AND {_one_of('state', states)} AND {_one_of('kind', kinds)}"
        " ORDER BY step LIMIT ?",
        (change_id, -(1 << 62) if after is None else after, limit),
    )
    return [_step(row) for row in rows]


def _one_of(column: str, words: Sequence[str]) -> str:
    """A condition; the words are our own."""
    return f"{column} IN ({', '.join(map(repr, words))})"


async def of_track(library: Reader, change_id: int, track_id: int) -> list[FileStep]:
    """The moves of one track in a change, in their order."""
    rows = await library.fetchall(
        f"SELECT {', '.join(_COLUMNS)} FROM file_step WHERE change_id = ? AND track_id = ? AND kind {_AMONG}"
        " ORDER BY step",
        (change_id, track_id, as_json(list(MOVING))),
    )
    return [_step(row) for row in rows]


async def copy_undos(tx: Tx, change_id: int, origin: int) -> None:
    """Give the steps that take others back what puts the old bytes back; empty ones were a promise."""
    await tx.execute(
        "UPDATE file_step SET undo = (SELECT undo FROM file_step AS first"
        " WHERE first.change_id = ? AND first.step = -file_step.step) WHERE change_id = ? AND undo = x''",
        (origin, change_id),
    )


async def rewritten(library: Reader, change_id: int) -> list[tuple[int, str]]:
    """The files that a change has rewritten: the step, and where the file lies now."""
    rows = await library.fetchall(
        "SELECT step, coalesce(track.path, source) AS path FROM file_step LEFT JOIN track"
        f" ON track.id = track_id WHERE change_id = ? AND state = 'done' AND file_step.kind {_AMONG}",
        (change_id, as_json(list(REWRITING))),
    )
    return [(row["step"], row["path"]) for row in rows]


async def of_several_steps(library: Reader, change_id: int) -> set[int]:
    """The tracks whose files get temporary names on their way."""
    rows = await library.fetchall(
        f"SELECT DISTINCT track_id FROM file_step WHERE change_id = ? AND {_PARKED}",
        (change_id,),
    )
    return {row["track_id"] for row in rows if row["track_id"] is not None}


async def count(
    library: Reader, change_id: int, states: Sequence[State], kinds: Sequence[Kind] = COUNTED
) -> int:
    """How many files the steps in these states are about, each counted once for a move of several steps."""
    return sum((await counts(library, change_id, states, kinds)).values())


async def counts(
    library: Reader, change_id: int, states: Sequence[State], kinds: Sequence[Kind] = COUNTED
) -> dict[str, int]:
    """The same by kinds; those of which there are none are left out."""
    each = [f"count(*) FILTER (WHERE kind = '{kind}')" for kind in kinds]  # GROUP BY would sort all rows
    row = await library.fetchone(
        f"SELECT {', '.join(each)} FROM file_step"
        f" WHERE change_id = ? AND {_one_of('state', states)} AND {_one_of('kind', kinds)} AND {_LAST}",
        (change_id,),
    )
    return {kind: count for kind, count in zip(kinds, row or (), strict=False) if count}


async def tracks_in(library: Reader, change_id: int, state: State = "done") -> int:
    """How many tracks (and files that are none) a change has touched."""
    row = await library.fetchone(
        "SELECT count(DISTINCT coalesce(track_id, -step)) AS tracks FROM file_step"
        f" WHERE change_id = ? AND state = ? AND kind {_AMONG}",
        (change_id, state, as_json(list(COUNTED))),
    )
    return int(row["tracks"]) if row is not None else 0


async def names(library: Reader, change_id: int) -> dict[str, str]:
    """Where the files lay before a change, and where it leaves them, as far as it has not refused to."""
    found: dict[str, str] = {}
    begins: dict[int | None, str] = {}
    for step in await read(library, change_id, states=("meant", "done"), kinds=MOVING):
        begin = begins.pop(step.track_id, step.source) if step.track_id is not None else step.source
        if step.parked:
            begins[step.track_id] = begin
        elif step.target is not None:
            found[begin] = step.target
    return found


async def mark(tx: Tx, change_id: int, outcomes: Sequence[Outcome]) -> None:
    """Note what became of steps; those of which nothing was to do are forgotten."""
    plain: list[int] = []
    others: list[Outcome] = []
    for it in outcomes:
        if it.as_meant:
            plain.append(it.step.step)
        else:
            others.append(it)
    if plain and plain[-1] - plain[0] == len(plain) - 1:
        await tx.execute(
            "UPDATE file_step SET state = 'done' WHERE change_id = ? AND step BETWEEN ? AND ?",
            (change_id, plain[0], plain[-1]),
        )
    elif plain:
        await tx.execute(
            f"UPDATE file_step SET state = 'done' WHERE change_id = ? AND step {_AMONG}",
            (change_id, as_json(plain)),
        )
    if noted := [it for it in others if it.state]:
        await tx.executemany(
            "UPDATE file_step SET state = ?, source = ?, size = ?, mtime_ns = ?, detail = ?, undo = ?"
            " WHERE change_id = ? AND step = ?",
            [(*_became(it), change_id, it.step.step) for it in noted],
        )
    if gone := [(change_id, it.step.step) for it in others if it.state is None]:
        await tx.executemany("DELETE FROM file_step WHERE change_id = ? AND step = ?", gone)


def _became(outcome: Outcome) -> tuple[Any, ...]:
    step = outcome.step
    size, mtime_ns, inode = outcome.file or step.file or (None, None, None)
    detail = dict(step.detail)
    if inode is not None:
        detail["inode"] = inode
    if outcome.was is not None:
        detail["was"] = outcome.was
        detail["fields"] = {name: detail["fields"].get(name) for name in outcome.was}
    if outcome.reason is not None:
        detail["reason"] = outcome.reason
    undo = outcome.undo if outcome.state == "done" else step.undo
    return outcome.state, step.source, size, mtime_ns, as_json(detail) if detail else None, undo


async def mark_origin(tx: Tx, change_id: int, origin: int, outcomes: Sequence[Outcome]) -> None:
    """Note in the change that is taken back, or done again, what became of its steps."""
    undone = [(origin, -it.step.step) for it in outcomes if it.state == "done" and it.step.step < 0]
    await tx.executemany("UPDATE file_step SET state = 'undone' WHERE change_id = ? AND step = ?", undone)
    await tx.executemany(
        "UPDATE file_step SET state = 'done', undo = ?, size = ?, mtime_ns = ?,"
        " detail = json_set(coalesce(detail, '{}'), '$.inode', ?) WHERE change_id = ? AND step = ?",
        [
            (it.undo, *(it.file or it.step.file or (None, None, None)), origin, it.step.step)
            for it in outcomes
            if it.state == "done" and it.step.step > 0
        ],
    )
