"""The first phase of a scan: which files there are, and which of them have to be read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from djtui.files.scan_size import Size, duration, measure
from djtui.files.scan_state import Batches, Scan, nothing
from djtui.files.scan_walk import Found, Seen, Walk
from djtui.files.storing import Known, known_at, known_files, mark_missing, reading_rate, trashed, troubles_at
from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure
from djtui.model.text import spelled

_FIRST: Final = 250
_AT_ONCE: Final = 4000
_ALWAYS_TRIED: Final = frozenset(("unreadable", "missing", "unexpected"))
"""Reasons that may pass though the file stays as it is: rights, a disk that was busy."""


@dataclass
class Finding:
    """Walks through the folders in a thread, ahead of the reading. Only fills memory, so it runs again after
    a crash: what was read by then is known.
    """

    job: Scan
    name: str = "Finding"
    repeat: bool = True
    beside: tuple[str, ...] = ("Reading",)
    _back: dict[int, int] = field(default_factory=dict)
    _trashed: frozenset[str] = frozenset()
    _ahead: asyncio.Task[Found | None] | None = None

    async def estimate(self, ctx: Context) -> Estimate:
        """As many as there were at the last scan; else counted, if somebody asks before the scan begins."""
        folders = self.job.folders
        known = await known_files(ctx.library, folders)
        if known is None and ctx.job_id:
            return Estimate()
        size = Size(known, True) if known is not None else await asyncio.to_thread(measure, folders)
        seconds = size.seconds(await reading_rate(ctx.library)) if known is None else None
        about = f": about {duration(seconds)}" if seconds is not None else ""
        return Estimate(items=size.files, seconds=seconds, note=f"{size.said}{about}")

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        if work.walk is None:
            work.walk = Walk(work.folders if work.retry is None else sorted(work.retry))
            self._trashed = await trashed(ctx.library)
            self._ahead = self._walk_on(work.walk, _FIRST)
        while self._ahead is not None and (found := await self._ahead) is not None:
            self._ahead = self._walk_on(work.walk, _AT_ONCE)
            files = [seen for seen in found.files if seen.path not in self._trashed]
            work.unread += found.unread
            work.bad_names += len(found.failures) - len(found.unread)
            work.found += len(files) + len(found.failures) - len(found.unread)
            self._back |= await self._sort(ctx, files)
            back = dict(self._back) if not work.dry_run else {}
            yield Batch(
                partial(mark_missing, marks=back) if back else nothing,
                processed=len(files),
                failures=[ItemFailure(spelled(path), sentence) for path, sentence in found.failures],
            )
            self._back.clear()
        work.complete = True
        work.news.set()

    @staticmethod
    def _walk_on(walk: Walk, files: int) -> asyncio.Task[Found | None]:
        """The next files, looked for while those before them are compared with the library."""
        return asyncio.create_task(asyncio.to_thread(walk.some, files))

    async def _sort(self, ctx: Context, files: Sequence[Seen]) -> dict[int, int]:
        """Put files on the list of those to be read. Returns the tracks that were not known to be there."""
        work = self.job
        known = await known_at(ctx.library, [seen.path for seen in files])
        here = {}
        other = []
        for seen in files:
            if (track := known.get(seen.path)) is not None:
                work.see(track.track_id)
                if track.missing != 0:
                    here[track.track_id] = 0
                if track.mtime_ns == seen.mtime_ns and track.size == seen.size:
                    continue
            other.append(seen)
        strange = [seen.path for seen in other if not _was_read(known.get(seen.path))]
        troubles = await troubles_at(ctx.library, strange) if strange and work.retry is None else {}
        pending = []
        for seen in other:
            trouble = troubles.get(seen.path)
            is_same = trouble is not None and trouble[1:3] == (seen.size, seen.mtime_ns)
            if trouble is not None and is_same and trouble.reason not in _ALWAYS_TRIED:
                track = known.get(seen.path)
                id = track.track_id if track else None
                work.known_bad.append(ItemFailure(trouble.path, trouble.sentence, id))
            else:
                pending.append(seen)
        work.pending.add(pending)
        if pending or work.known_bad:  # each news costs Reading a checkpoint
            work.news.set()
        return here


def _was_read(known: Known | None) -> bool:
    return known is not None and known.size is not None
