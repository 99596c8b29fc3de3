"""The last phase of a scan: which tracks have lost their files, and what it all came to."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from djtui.files.scan_state import Batches, Scan, nothing
from djtui.files.scan_walk import lies_in
from djtui.files.storing import Storing, below, mark_missing, put_folder
from djtui.jobs.job import Batch, Context, Cursor, Estimate
from djtui.library.database import Reader, Tx
from djtui.library.tracks import as_json

_AT_ONCE: Final = 5000
_AMONG: Final = "IN (SELECT value FROM json_each(?))"

Marks = AsyncGenerator[tuple[Batch, int], None]
"""Batches, and how many of their tracks have lost their files."""


@dataclass
class Missing:
    """Looks for what the walk has not met. A track below a folder that cannot be read stays as it is."""

    job: Scan
    name: str = "Missing"

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        gone = 0
        folders = work.folders if work.retry is None else ()
        for folder in folders:
            async for batch, count in self._look(ctx, folder):
                gone += count
                yield batch
        forgotten = [path for folder in folders for path in await self._troubles(ctx, folder)]
        scanned = [folder for folder in folders if Path(folder).is_dir()]
        finish = partial(self._finish, job_id=ctx.job_id, scanned=scanned, forgotten=forgotten)
        yield Batch(nothing if work.dry_run else finish)
        await self._count(ctx, gone)

    async def _look(self, ctx: Context, folder: str) -> Marks:
        work = self.job
        first, end = below(folder)
        while (page := await _ids_between(ctx.library, first, end, _AT_ONCE)).last is not None:
            unmet = await _paths_of(ctx.library, [id for id in page.ids if not work.has_seen(id)])
            answers = await asyncio.to_thread(_gone, [row["path"] for row in unmet], work.unread)
            marks = {
                row["id"]: int(is_gone)
                for row, is_gone in zip(unmet, answers, strict=True)
                if is_gone is not None and row["missing"] != int(is_gone)
            }
            store = partial(mark_missing, marks=marks) if marks and not work.dry_run else nothing
            yield Batch(store, processed=len(page.ids)), sum(is_gone is True for is_gone in answers)
            first = f"{page.last}\0"

    async def _troubles(self, ctx: Context, folder: str) -> list[str]:
        """Files that could not be read, and are no longer there."""
        rows = await ctx.library.fetchall(
            "SELECT path FROM file_trouble WHERE path >= ? AND path < ?", below(folder)
        )
        paths = [row["path"] for row in rows]
        answers = await asyncio.to_thread(_gone, paths, self.job.unread)
        return [path for path, is_gone in zip(paths, answers, strict=True) if is_gone]

    async def _finish(self, tx: Tx, job_id: int, scanned: Sequence[str], forgotten: Sequence[str]) -> None:
        work = self.job
        await tx.executemany("DELETE FROM file_trouble WHERE path = ?", [(path,) for path in forgotten])
        for folder in scanned:
            await put_folder(tx, folder)
        await Storing(job_id, work.title).finish_change(tx)
        if work.finish is not None:
            await work.finish(tx)

    async def _count(self, ctx: Context, gone: int) -> None:
        work = self.job
        row = await ctx.library.fetchone(
            "SELECT total(added) AS added, total(updated) AS updated,"
            " total(CASE WHEN name = 'Reading' THEN failures END) AS failed FROM job_phase WHERE job_id = ?",
            (ctx.job_id,),
        )
        assert row is not None
        dealt_with = row["added"] + row["updated"] + row["failed"] + work.moved + work.bad_names
        work.counts = {
            "found": work.found,
            "unchanged": max(0, work.found - int(dealt_with)),
            "missing": gone,
            "moved": work.moved,
            "dry_run": work.dry_run,
        }


class _Page(NamedTuple):
    """Some tracks in the order of their paths, and the path of the last; None: there are no more."""

    ids: list[int]
    last: str | None


async def _ids_between(library: Reader, first: str, end: str, most: int) -> _Page:
    """The tracks whose paths lie between two texts: as one text, for most of them nobody asks more of."""
    row = await library.fetchone(
        "SELECT json_group_array(id) AS ids, max(path) AS last FROM"
        " (SELECT id, path FROM track WHERE path >= ? AND path < ? ORDER BY path LIMIT ?)",
        (first, end, most),
    )
    return _Page(json.loads(row["ids"]), row["last"]) if row is not None else _Page([], None)


async def _paths_of(library: Reader, ids: Sequence[int]) -> list[sqlite3.Row]:
    """Tracks by id: id, path, missing."""
    if not ids:
        return []
    return await library.fetchall(
        f"SELECT id, path, missing FROM track WHERE id {_AMONG} AND path IS NOT NULL", (as_json(ids),)
    )


def _gone(paths: Sequence[str], unread: Sequence[str]) -> list[bool | None]:
    """For each path whether its file is gone; None where that cannot be told."""
    return [None if any(lies_in(path, folder) for folder in unread) else is_gone(path) for path in paths]


def is_gone(path: str) -> bool | None:
    """Whether a file is not there; None where that cannot be told."""
    try:
        os.stat(path)  # noqa: PTH116 - of many
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return None
    return False
