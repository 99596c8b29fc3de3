"""Writing down what a change means to do to files, before anything is touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from djtui.files import step_rows
from djtui.files.changing import Change
from djtui.files.step_rows import FileStep
from djtui.library import journal
from djtui.library.database import Reader, Tx


async def begun(library: Reader, job_id: int, kind: str) -> int | None:
    """The change that a job has begun before it was cut off, unless it was taken back since."""
    row = await library.fetchone(
        "SELECT max(id) AS id FROM change WHERE job_id = ? AND kind = ? AND undone IS NULL", (job_id, kind)
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


def plural(many: int, noun: str = "track") -> str:
    """ "1 track", "1,200 tracks"."""
    return f"{many:,} {noun}{'' if many == 1 else 's'}"
