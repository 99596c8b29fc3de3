"""The phase of an import in which tracks that Traktor deleted go here too, as far as that is safe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from djtui.jobs.job import Batch, Context, Cursor, Estimate
from djtui.library import removal
from djtui.library.database import Tx
from djtui.traktor.gone import STAYS, Fates, fates
from djtui.traktor.import_state import Batches, Import, nothing

_AT_ONCE: Final = 200


@dataclass
class Removing:
    """Behind the playlists: by then those have let go of the tracks that Traktor took out of them."""

    job: Import
    name: str = "Removing"

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        if work.survey is None or work.unchanged:
            return
        found = await fates(ctx.library, work.file_id, work.strategy, work.vanished)
        work.removed = len(found.removed)
        work.kept_back = found.refused
        work.plan["conflicts"] += len(found.changed)
        if work.dry_run:
            return
        ctx.report(total=ctx.done + len(found.removed))
        tracks = list(found.removed.values())
        for start in range(0, len(tracks), _AT_ONCE):
            part = tracks[start : start + _AT_ONCE]

            async def remove(tx: Tx, part: list[int] = part) -> None:
                await removal.remove_tracks(tx, await work.storing.change(tx), part, tombstones=False)

            yield Batch(remove, processed=len(part), updated=0)

        async def settle(tx: Tx) -> None:
            await self._settle(tx, found)

        yield Batch(settle if found.keys or found.forgotten else nothing)

    async def _settle(self, tx: Tx, found: Fates) -> None:
        """The others stay: in silence, as a question, or to be written to the file again."""
        stay = [*found.kept, *found.changed]
        await tx.executemany("UPDATE nml_entry SET gone = ? WHERE id = ?", [(STAYS, id) for id in stay])
        asked = {}
        for entry, fields in found.changed.items():
            row = await tx.fetchone("SELECT track_id FROM nml_entry WHERE id = ?", (entry,))
            if row is not None:
                asked[row["track_id"]] = fields
        await self.job.storing.ask_deleted(tx, asked)
        await tx.executemany("DELETE FROM nml_entry WHERE id = ?", [(id,) for id in found.forgotten])
