"""What a change of the history touched, read beside the event loop; and how it stands with its job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from djtui.library import history
from djtui.library.database import Library
from djtui.library.history import Change
from djtui.library.tracks import as_json
from djtui.tui import environment, formats
from djtui.tui.beside import reading

if TYPE_CHECKING:
    from djtui.bridge.touched import Item, Touched
    from djtui.library.history import Outlook
    from djtui.tui.app import DjtuiApp

_JOBS: Final = """
SELECT change.id, job.state, change.kind, (job.state IN ('cancelled', 'failed') AND NOT EXISTS (
    SELECT 1 FROM file_step WHERE change_id = change.id AND state = 'meant')) AS settled
FROM change JOIN job ON job.id = job_id
WHERE job.state <> 'succeeded' AND change.id IN (SELECT value FROM json_each(?))
"""
_FILES: Final = """
SELECT count(DISTINCT track_id) AS files,
       count(DISTINCT iif(state = 'done', track_id, NULL)) AS done
FROM file_step WHERE change_id = ? AND state IN ('done', 'meant')
"""
_WORDS: Final = {"queued": "queued", "running": "running", "waiting": "running", "paused": "paused"}


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A change whose job has not come to its end: the state of that."""

    state: str

    @property
    def word(self) -> str:
        """For the list."""
        return _WORDS.get(self.state, "unfinished")


async def read(app: DjtuiApp, change: Change) -> Touched:
    """What a change touched. Raises `LibraryError`."""
    await environment.loaded("djtui.bridge.touched")
    from djtui.bridge import touched

    return await reading(app.library_path, lambda reader: touched.touched(reader, change))


async def page(app: DjtuiApp, found: Touched, start: int, stop: int) -> list[Item]:
    """Some of its items. Raises `LibraryError`."""
    from djtui.bridge import touched

    return await reading(app.library_path, lambda reader: touched.items(reader, found, start, stop))


async def outlook(app: DjtuiApp, change: Change) -> tuple[Outlook, str]:
    """Whether a change can be undone, or done again if it is undone; and the same in a sentence."""
    from djtui import ways_back

    if (room := ways_back.ROOMS.get(change.kind)) is not None:
        await environment.loaded(room)
    redo = change.undone is not None and history.why_no_redo(change) is None
    found = await reading(app.library_path, lambda reader: ways_back.outlook(reader, change, redo=redo))
    return found, ways_back.said(change, found, redo=redo)


def noun(change: Change) -> str:
    """What a change counts."""
    from djtui import ways_back

    return ways_back.noun(change)


# -- what is not finished -------------------------------------------------------------------------


async def unfinished(library: Library, ids: Sequence[int]) -> dict[int, Unfinished]:
    """Of some changes those whose jobs have not come to their ends. Raises `LibraryError`."""
    rows = await library.fetchall(_JOBS, (as_json(list(ids)),))
    if not rows:
        return {}
    from djtui.jobs.locks import host_is_free

    left_behind = host_is_free(library.path)
    return {
        row["id"]: Unfinished(
            "interrupted" if left_behind and row["state"] in ("running", "waiting") else row["state"]
        )
        for row in rows
        if not row["settled"]
    }


async def how_far(library: Library, change: Change, job: Unfinished) -> str:
    """How it stands with an unfinished change, and what to do. Raises `LibraryError`."""
    row = await library.fetchone(_FILES, (change.id,))
    done = ""
    if row is not None and row["files"]:
        done = f" {row['done']:,} of {formats.plural(row['files'], 'file')} were touched."
    back = " u takes back what was done." if change.kind in history.FILE_KINDS else ""
    if job.state in ("running", "waiting", "queued"):
        return f"It is at work, see view 2.{done}"
    if job.state == "interrupted":
        return f"It was cut off.{done} R goes on with it.{back}"
    if job.state == "paused":
        return f"It is paused.{done} p in view 2 goes on with it.{back}"
    word = "cancelled" if job.state == "cancelled" else "stopped by an error"
    return f"It was {word}.{done} t in view 2 tries the rest again.{back}"
