"""What the phases of one scan hand each other."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, Self

from djtui.files.scan_walk import Files, Walk, roots
from djtui.jobs.job import Batch, ItemFailure, Wait
from djtui.library.database import Library, Tx

KIND: Final = "scan"
"""The kind of the jobs, and of their changes in the history."""

Batches = AsyncGenerator[Batch | Wait, None]


class Neighbour(Protocol):
    """What other worlds do with what a scan has found; they are strangers to each other."""

    async def prepare(self, library: Library) -> None:
        """Learn what `moved` needs. Called before it, outside of a transaction."""
        ...

    async def moved(self, tx: Tx, paths: Mapping[int, str]) -> Collection[int]:
        """Note that the files of tracks lie elsewhere now; their `path` is set already.

        Returns those of whose new paths the neighbour can know nothing.
        """
        ...


@dataclass(slots=True)
class Scan:
    """One scan under way. All of it is found again after a crash.

    `folders` are absolute, and none lies in another one (they may be files too). `pending` are the files to
    be read, `known_bad` those that could not be read before and have not changed; `complete`: there will be
    no more of either. `seen` has a byte for each track whose file was found. `finish` is called within the
    last transaction.
    """

    folders: tuple[str, ...]
    retry: frozenset[str] | None = None
    dry_run: bool = False
    neighbour: Neighbour | None = None
    finish: Callable[[Tx], Awaitable[object]] | None = None
    walk: Walk | None = None
    pending: Files = field(default_factory=Files)
    known_bad: deque[ItemFailure] = field(default_factory=deque)
    complete: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)
    unread: list[str] = field(default_factory=list)
    seen: bytearray = field(default_factory=bytearray)
    found: int = 0
    bad_names: int = 0
    moved: int = 0
    counts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """The scan that a job's parameters ask for."""
        retry = params.get("retry")
        return cls(
            roots(params["folders"]),
            retry=frozenset(retry) if isinstance(retry, list) else None,
            dry_run=bool(params.get("dry_run")),
        )

    @property
    def title(self) -> str:
        """The folders in a word or two."""
        first, *others = (folder.rstrip("/").rpartition("/")[2] or folder for folder in self.folders)
        return f"{first} and {len(others)} more" if others else first

    def see(self, track_id: int) -> None:
        """Note that the file of a track is there."""
        if track_id >= len(self.seen):
            self.seen.extend(bytes(track_id + 4096 - len(self.seen)))
        self.seen[track_id] = 1

    def has_seen(self, track_id: int) -> bool:
        return track_id < len(self.seen) and bool(self.seen[track_id])


async def nothing(tx: Tx) -> None:
    """A batch that stores nothing: only a checkpoint."""
