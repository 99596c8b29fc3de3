"""Which tracks are to be analysed, in which order, and which of them are known already."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from array import array
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from djtui.analysis.listening import File, identity
from djtui.analysis.result import VERSION
from djtui.jobs.job import JobError
from djtui.library.database import Reader
from djtui.library.tracks import as_json
from djtui.query import QueryError, parse, to_sql

_AT_ONCE: Final = 500
_AMONG: Final = "IN (SELECT value FROM json_each(?))"
_VIEW: Final = "track LEFT JOIN track_text ON track_text.id = track.id"
_HEARABLE: Final = "track.kind != 'set'"

KNOWN: Final = """
SELECT track.id, track.path, track.genre, track.duration,
       analysis.track_id IS NOT NULL AS tried, analysis.version, analysis.path AS heard_path, analysis.size,
       analysis.mtime_ns, analysis.heard, analysis.reason, analysis.lufs, analysis.true_peak
FROM track LEFT JOIN analysis ON analysis.track_id = track.id
WHERE track.id IN (SELECT value FROM json_each(?))
"""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a DJ wants analysed: these tracks, what a query finds, or (neither) all that were not yet.

    `first` go before the others. `again`: also what is known. `retry`: only what could not be analysed;
    as a list, the paths of those.
    """

    ids: tuple[int, ...] | None = None
    query: str | None = None
    first: tuple[int, ...] = ()
    again: bool = False
    retry: bool | tuple[str, ...] = False
    true_peak: bool = False

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The selection that a job's parameters make."""
        retry = params.get("retry", False)
        return cls(
            ids=None if params.get("ids") is None else tuple(map(int, params["ids"])),
            query=params.get("query"),
            first=tuple(map(int, params.get("first") or ())),
            again=bool(params.get("again")),
            retry=tuple(retry) if isinstance(retry, list) else bool(retry),
            true_peak=bool(params.get("true_peak")),
        )

    @property
    def key(self) -> str:
        """The same for the same selection, whatever goes first."""
        what = "missing"
        if self.ids is not None:
            what = hashlib.blake2b(as_json(sorted(self.ids)).encode(), digest_size=8).hexdigest()
        elif self.query is not None:
            what = self.query
        extras = [name for name in ("again", "retry", "true_peak") if getattr(self, name)]
        return ":".join(("analysis", what, *extras))

    @property
    def said(self) -> str:
        """The selection in a word or two, for the title of the job."""
        if self.retry:
            return "what failed"
        if self.ids is not None:
            return f"{len(self.ids):,} track{'' if len(self.ids) == 1 else 's'}"
        if self.query is not None:
            return self.query or "everything"
        return "everything" if self.again else "what is missing"

    def condition(self) -> tuple[str, tuple[Any, ...]]:
        """The tracks that it may mean, as a condition in SQL over `track` and `track_text`.

        Raises `JobError` for a mistake in the query.
        """
        conditions = [_HEARABLE]
        parameters: list[Any] = []
        if self.ids is not None:
            conditions.append(f"track.id {_AMONG}")
            parameters.append(as_json(list(self.ids)))
        elif self.query is not None:
            try:
                where = to_sql(parse(self.query))
            except QueryError as error:
                raise JobError(f"{self.query!r} is no filter: {error}") from error
            conditions.append(where.sql)
            parameters += where.params
        else:
            conditions.append("track.missing IS NOT 1")
        if isinstance(self.retry, tuple):
            conditions.append(f"track.path {_AMONG}")
            parameters.append(as_json(list(self.retry)))
        elif self.retry:
            conditions.append("track.id IN (SELECT track_id FROM analysis WHERE reason IS NOT NULL)")
        return " AND ".join(conditions), tuple(parameters)


async def candidates(library: Reader, selection: Selection) -> tuple[array[int], int]:
    """The tracks that are meant, those first that are to go first, then the newest; and how many more are
    meant that have no path on this machine."""
    condition, parameters = selection.condition()
    rows = await library.fetchall(
        f"SELECT track.id, track.path IS NOT NULL AS here FROM {_VIEW} WHERE {condition}"
        " ORDER BY track.id DESC",
        parameters,
    )
    here = {row["id"] for row in rows if row["here"]}
    order = [row["id"] for row in rows] if selection.ids is None else selection.ids
    ordered = dict.fromkeys(id for id in (*selection.first, *order) if id in here)
    return array("q", ordered), len(rows) - len(here)


class Known:
    """Tells what need not be heard (again): its file is the one that was heard, by these algorithms.

    `since` is when the job began: what was heard after that, it did itself.
    """

    def __init__(self, selection: Selection, since: str, ffmpeg: str | None) -> None:
        self._selection = selection
        self._since = since
        self._ffmpeg = ffmpeg

    def done_here(self, row: sqlite3.Row) -> bool:
        """Whether this job has done it, before it was cut off."""
        return bool(row["tried"] and row["heard"] >= self._since)

    def is_current(self, row: sqlite3.Row, size: int | None, mtime_ns: int | None) -> bool:
        """Whether what is known of a track (a row of KNOWN) is what an analysis of its file would find."""
        there = (VERSION, row["path"], size, mtime_ns)
        if not row["tried"] or there != (row["version"], row["heard_path"], row["size"], row["mtime_ns"]):
            return False
        if self.done_here(row):
            return True
        if self._selection.again or self._selection.retry:
            return False
        if row["reason"] == "needs ffmpeg":
            return self._ffmpeg is None
        wants_peak = self._selection.true_peak and row["lufs"] is not None
        return not (wants_peak and row["true_peak"] is None)


@dataclass(slots=True)
class Sorted:
    """So many tracks looked at: those to hear, and how many of the others were known before this job."""

    looked_at: int
    todo: list[File]
    known: int = 0


async def look(library: Reader, ids: Sequence[int], known: Known) -> AsyncGenerator[Sorted, None]:
    """Tracks in their order, some hundred at a time, with what lies at their paths now."""
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        rows = {row["id"]: row for row in await library.fetchall(KNOWN, (as_json(list(part)),))}
        present = [row for id in part if (row := rows.get(id)) is not None and row["path"] is not None]
        found = await asyncio.to_thread(_identities, [row["path"] for row in present])
        looked = Sorted(len(part), [])
        for row, (size, mtime_ns) in zip(present, found, strict=True):
            if not known.is_current(row, size, mtime_ns):
                looked.todo.append(
                    File(row["path"], size, mtime_ns, row["duration"], row["genre"], row["id"])
                )
            elif not known.done_here(row):
                looked.known += 1
        yield looked


def _identities(paths: Sequence[str]) -> list[tuple[int | None, int | None]]:
    return [identity(path) for path in paths]
