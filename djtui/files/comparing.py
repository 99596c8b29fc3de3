"""The job "duplicates": files that may be the same sound are compared as wholes.

Only files whose samples of the sound are equal are read, each once; the hash stays with the file's row until
its sound changes, which also is how the job goes on after a crash.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from djtui.files import payload
from djtui.files.container import Unreadable
from djtui.files.scan_state import Batches
from djtui.files.scanning import RESOURCE
from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure, Job, TaskCrashed, TaskTimeout
from djtui.library.database import Reader, Tx

LANE: Final = "import"
_BYTES: Final = 64 << 20
_FILES: Final = 64
_WIDTH: Final = 2
_BASE_S: Final = 60.0
_S_PER_BYTE: Final = 1 / (1 << 20)  # the slowest disk worth waiting for
_BYTES_PER_S: Final = 150e6

_CANDIDATES: Final = """
SELECT file.track_id, file.path, file.size, file.mtime_ns
FROM file JOIN track ON track.id = file.track_id AND track.path = file.path
WHERE whole IS NULL AND track.missing IS NOT 1 AND payload IN (
    SELECT payload FROM file JOIN track ON track.id = file.track_id AND track.path = file.path
    WHERE payload IS NOT NULL AND track.missing IS NOT 1 GROUP BY payload HAVING count(*) > 1)
ORDER BY payload, file.track_id
"""


class Candidate(NamedTuple):
    """A file as it was scanned. Size in bytes, time of the last change in ns."""

    track_id: int
    path: str
    size: int
    mtime_ns: int


def comparing_job(params: dict[str, Any]) -> Job:
    """The job "duplicates", which takes no parameters. `bridge.duplicates.find` then knows the groups."""
    return Job(
        kind="duplicates",
        key="duplicates",
        title="Duplicates · comparing",
        phases=(Comparing(),),
        reads=frozenset({RESOURCE}),
    )


async def candidates(library: Reader) -> list[Candidate]:
    """The files whose sound has to be read, those that may be the same one after the other."""
    return [Candidate(*row) for row in await library.fetchall(_CANDIDATES)]


@dataclass
class Comparing:
    """Reads the sound of files, some at a time in the pool."""

    name: str = "Comparing"

    async def estimate(self, ctx: Context) -> Estimate:
        found = await candidates(ctx.library)
        size = sum(file.size for file in found)
        return Estimate(
            items=len(found),
            seconds=size / _BYTES_PER_S,
            note=f"{len(found):,} files that may be the same are read: {size / 1e9:,.1f} GB",
        )

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        found = await candidates(ctx.library)
        ctx.report(total=ctx.done + len(found))
        parts = _parts(found)
        for start in range(0, len(parts), _WIDTH):
            answers = await asyncio.gather(*(self._hash(ctx, part) for part in parts[start : start + _WIDTH]))
            both = [pair for answer in answers for pair in answer]
            known = [(sound, file.track_id, file.path) for file, sound in both if isinstance(sound, bytes)]
            failures = [
                ItemFailure(file.path, sound, file.track_id) for file, sound in both if isinstance(sound, str)
            ]
            yield Batch(
                partial(_store, known=known), processed=len(both), updated=len(known), failures=failures
            )

    async def _hash(self, ctx: Context, files: Sequence[Candidate]) -> list[tuple[Candidate, bytes | str]]:
        """The sound of each file, or why it could not be read."""
        limit = _BASE_S + sum(file.size for file in files) * _S_PER_BYTE
        try:
            sounds = await ctx.run(LANE, hashes, list(files), timeout=limit)
        except (TaskTimeout, TaskCrashed) as error:
            if len(files) == 1:
                return [(files[0], f"It could not be read: {error}")]
            return [pair for file in files for pair in await self._hash(ctx, [file])]
        return list(zip(files, sounds, strict=True))


def hashes(files: Sequence[Candidate]) -> list[bytes | str]:
    """The hash of the whole sound of each file, or a sentence: for the pool."""
    return [_hash(file) for file in files]


def _hash(file: Candidate) -> bytes | str:
    try:
        if not _is_as_scanned(file):
            return "It was changed since it was scanned: scan it again."
        sound = payload.whole(file.path)
        return sound if _is_as_scanned(file) else "It was changed while it was read: scan it again."
    except Unreadable as error:
        return error.sentence
    except OSError as error:
        return f"The file cannot be read: {error.strerror}."


def _is_as_scanned(file: Candidate) -> bool:
    state = os.stat(file.path)  # noqa: PTH116 - names may be no text
    return (state.st_size, state.st_mtime_ns) == (file.size, file.mtime_ns)


def _parts(files: Sequence[Candidate]) -> list[list[Candidate]]:
    """Files for one task each: as much as is read in a second or so."""
    parts: list[list[Candidate]] = []
    size = 0
    for file in files:
        if not parts or size + file.size > _BYTES or len(parts[-1]) >= _FILES:
            parts.append([])
            size = 0
        parts[-1].append(file)
        size += file.size
    return parts


async def _store(tx: Tx, known: Sequence[tuple[bytes, int, str]]) -> None:
    await tx.executemany("UPDATE file SET whole = ? WHERE track_id = ? AND path = ?", known)
