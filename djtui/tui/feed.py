"""What changed in the library since the last look: how the screen follows jobs and other terminals.

`PRAGMA data_version` says for a few microseconds whether anybody else wrote; only then are the counters
read, and the rows of living jobs off the event loop. A host that is killed writes nothing: its lock tells.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from djtui.jobs.views import HostView, JobView
    from djtui.library.database import Library

INTERVAL_S: Final = 0.1
HOST_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Counters:
    """Numbers that grow: `revision` with tracks, `playlists` with crates, `changes` with the history, of
    which `items` and `undone` tell how much they hold and how many of them are taken back."""

    revision: int = -1
    removal: int = -1
    playlists: int = -1
    changes: int = -1
    items: int = -1
    undone: int = -1

    @property
    def history(self) -> tuple[int, ...]:
        """Another one whenever the history is: an undo of some items changes no more than its own."""
        return self.changes, self.items, self.undone


@dataclass(frozen=True, slots=True)
class JobNews:
    """The living jobs, those that ended since the last news, and who works them."""

    living: tuple[JobView, ...] = ()
    ended: tuple[JobView, ...] = ()
    host: HostView | None = None

    def is_stale(self, library: Path) -> bool:
        """Whether somebody is said to work who is gone. Takes some microseconds."""
        from djtui.jobs.locks import host_is_free
        from djtui.jobs.views import AT_WORK

        said = self.host is not None or any(job.state in AT_WORK for job in self.living)
        return said and host_is_free(library)


class Feed:
    """Follows one library through a reading connection of its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._version = -1
        self._living: frozenset[int] = frozenset()
        self._asked: set[int] = set()

    def expect(self, job_id: int) -> None:
        """Tell how this job ends, though it may do so between two looks, or have done so already."""
        self._asked.add(job_id)
        self.look_again()

    def look_again(self) -> None:
        """Take it that somebody wrote."""
        self._version = -1

    def changed(self) -> bool:
        """Whether anybody wrote since the last call. Raises `sqlite3.Error`."""
        version = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        changed, self._version = version != self._version, version
        return changed

    def counters(self) -> Counters:
        """The present numbers. Raises `sqlite3.Error`."""
        meta = dict(self._connection.execute("SELECT name, value FROM meta").fetchall())
        changes = self._connection.execute("SELECT max(id), sum(items), count(undone) FROM change").fetchone()
        return Counters(
            meta["revision"], meta["removal"], meta["playlists"], *(number or 0 for number in changes)
        )

    async def jobs(self, library: Library) -> JobNews:
        """The state of the jobs. Raises `LibraryError`."""
        from djtui.jobs import views

        asked = frozenset(self._asked)
        living = tuple(await views.unfinished(library))
        now = frozenset(job.id for job in living)
        gone = [await views.job(library, id) for id in sorted((self._living | asked) - now)]
        host = await views.host(library) if living else None
        # From here on nothing waits: what ended is told, and what was asked for anew meanwhile told later.
        self._living = now
        self._asked = (self._asked - asked) | {job.id for job in gone if job and not job.is_over}
        return JobNews(living, tuple(job for job in gone if job and job.is_over), host)
