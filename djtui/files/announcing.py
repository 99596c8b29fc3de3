"""Writing down what a change means to do to files, before anything is touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from djtui.files import step_rows
from djtui.files.changing import Change
from djtui.files.step_rows import FileStep
from djtui.library import journal
from djtui.library.database import Reader, Tx

_FORGET_BEGUN: Final = """
DELETE FROM change WHERE job_id = ? AND kind = ? AND items = 0
AND id NOT IN (SELECT undoes FROM change WHERE undoes IS NOT NULL)
"""


async def begun(library: Reader, job_id: int, kind: str, *, whole: bool = False) -> int | None:
    """The change that a job has begun before it was cut off, unless it was taken back since.

    With `whole`, one of a `LongAnnouncement` that was cut off itself does not count.
    """
    row = await library.fetchone(
        "SELECT max(id) AS id FROM change WHERE job_id = ? AND kind = ? AND undone IS NULL AND items >= ?",
        (job_id, kind, int(whole)),
    )
    return None if row is None or row["id"] is None else int(row["id"])


@dataclass
class Announcement:
    """A change and its steps, to be written down in one durable batch before anything is touched."""

    change: Change
    kind: str
    title: str
    job_id: int
    steps: Sequence[FileStep]
    _id: int | None = None

    async def store(self, tx: Tx, *, whole: bool = False) -> None:
        """Nothing is begun where no step is to be done, unless the change is more than those (`whole`)."""
        self._id = None
        if not self.steps and not whole:
            return
        self._id = await journal.begin(
            tx, self.kind, self.title, job_id=self.job_id, undoes=self.change.origin
        )
        await step_rows.write_down(tx, self._id, self.steps)
        if self.change.origin is not None:
            await step_rows.copy_undos(tx, self._id, self.change.origin)
        items = len({step.track_id for step in self.steps if step.kind in step_rows.COUNTED})
        await tx.execute("UPDATE change SET items = ? WHERE id = ?", (items, self._id))

    def written(self) -> None:
        """It is on the disk."""
        self.change.id = self._id


@dataclass
class LongAnnouncement:
    """The same part by part. It counts once `close` has told how many tracks it is about; one that was cut
    off before is begun anew.
    """

    change: Change
    kind: str
    job_id: int
    title: str
    steps: int = 0
    tracks: int = 0
    _id: int | None = None

    @property
    def next(self) -> int:
        """The number of the next step."""
        return self.steps + 1

    async def add(self, tx: Tx, steps: Sequence[FileStep]) -> None:
        if self._id is None:
            await tx.execute(_FORGET_BEGUN, (self.job_id, self.kind))
            if steps:
                self._id = await journal.begin(tx, self.kind, self.title, job_id=self.job_id)
        if self._id is not None:
            await step_rows.write_down(tx, self._id, steps)

    def added(self, steps: Sequence[FileStep]) -> None:
        """They are stored."""
        self.steps += len(steps)
        self.tracks += len({step.track_id for step in steps if step.kind in step_rows.COUNTED})

    async def close(self, tx: Tx) -> None:
        """The transaction must be durable."""
        await tx.execute(
            "UPDATE change SET items = ?, title = ? WHERE id = ?",
            (max(self.tracks, 1), self.title, self._id),
        )

    def written(self) -> None:
        """It is on the disk."""
        self.change.id = self._id

    @property
    def id(self) -> int | None:
        """The change, once it has steps."""
        return self._id
