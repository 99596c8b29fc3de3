"""The last phase of an import: which files are there, what it all came to, and what the file now is."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from djtui.jobs.job import Batch, Context, Cursor, Estimate
from djtui.library.database import Tx
from djtui.library.history import now as present_time
from djtui.traktor.import_state import LANE, Batches, Import, nothing
from djtui.traktor.location import VolumeMap, spellings

_AT_ONCE: Final = 5000
_PATIENCE_S: Final = 120.0
_SAMPLES: Final = 500


_COUNTED: Final = ("entries", "cues", "missing_files", "conflicts", "playlists", "gone")
_COUNTS: Final = """
SELECT count(*) AS entries, total(entry.cues) AS cues, count(nullif(track.missing, 0)) AS missing_files,
       (SELECT count(*) FROM conflict WHERE conflict.file_id = :file) AS conflicts,
       (SELECT count(*) FROM nml_node JOIN playlist ON playlist.id = nml_node.playlist_id
        WHERE nml_node.file_id = :file AND playlist.kind != 'folder') AS playlists,
       (SELECT count(*) FROM nml_entry WHERE file_id = :file AND gone) AS gone
FROM nml_entry AS entry JOIN track ON track.id = entry.track_id
WHERE entry.file_id = :file AND NOT entry.gone
"""


@dataclass
class Validating:
    """Looks in the pool, where a disk that hangs can be given up, and writes only what has changed."""

    job: Import
    name: str = "Validating"

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        if not work.dry_run:
            known = await ctx.library.fetchone("SELECT volumes FROM nml_file WHERE id = ?", (work.file_id,))
            work.volumes = await self._volumes(ctx)
            moved = known is not None and known["volumes"] not in (None, work.volumes.spelled())
            async for batch in self._look(ctx, moved):
                yield batch
        yield Batch(nothing if work.dry_run else self._finish)
        await self._count(ctx)

    async def _volumes(self, ctx: Context) -> VolumeMap:
        """Where the volumes of all stored entries lie now: drives come and go between two imports."""
        of_file = (self.job.file_id,)
        stored = await ctx.library.fetchone(
            "SELECT count(*) AS entries FROM nml_entry WHERE file_id = ?", of_file
        )
        step = max(1, stored["entries"] // _SAMPLES) if stored else 1
        rows = await ctx.library.fetchall(
            "SELECT coalesce(moved, key) AS key FROM nml_entry WHERE file_id = ? AND id % ? = 0"
            " UNION SELECT min(coalesce(moved, key)) FROM nml_entry WHERE file_id = ?"
            " GROUP BY substr(coalesce(moved, key), 1, instr(coalesce(moved, key), '/:'))",
            (*of_file, step, *of_file),
        )
        keys = [row["key"] for row in rows]
        configured = VolumeMap.of(self.job.settings.traktor.volumes)
        found: VolumeMap = await ctx.run(LANE, configured.learn, keys, timeout=_PATIENCE_S)
        return found

    async def _look(self, ctx: Context, moved: bool) -> Batches:
        """Tracks whose path is not mapped are missing; of the others the disk is asked."""
        last = 0
        condition = "" if moved else "AND (track.path IS NOT NULL OR track.missing IS NULL)"
        while rows := await ctx.library.fetchall(
            "SELECT entry.id AS entry_id, coalesce(entry.moved, entry.key) AS key,"
            " track.id, track.path, track.missing"
            " FROM nml_entry AS entry JOIN track ON track.id = entry.track_id"
            f" WHERE entry.file_id = ? AND entry.id > ? {condition} ORDER BY entry.id LIMIT ?",
            (self.job.file_id, last, _AT_ONCE),
        ):
            last = rows[-1]["entry_id"]
            paths = [self.job.volumes.local(row["key"]) if moved else row["path"] for row in rows]
            mapped = [path for path in paths if path is not None]
            answers = iter(await ctx.run(LANE, absent, mapped, timeout=_PATIENCE_S) if mapped else ())
            now = [(path, 1 if path is None else int(next(answers))) for path in paths]
            found = [
                (*state, row["id"])
                for row, state in zip(rows, now, strict=True)
                if state != (row["path"], row["missing"])
            ]

            async def store(tx: Tx, found: list[tuple[str | None, int, int]] = found) -> None:
                revision = await tx.revision()
                await tx.executemany(
                    "UPDATE track SET path = ?, missing = ?, revision = ? WHERE id = ?",
                    [(path, missing, revision, id) for path, missing, id in found],
                )

            yield Batch(store if found else nothing, processed=len(rows))

    async def _finish(self, tx: Tx) -> None:
        """The file counts as imported only now; with entries that could not be read, it is read again."""
        work = self.job
        await tx.execute(
            "UPDATE nml_file SET volumes = ? WHERE id = ?", (work.volumes.spelled(), work.file_id)
        )
        if work.survey is None:
            return
        failed = await tx.fetchone("SELECT 1 FROM job_failure WHERE job_id = ?", (work.storing.job_id,))
        print_ = work.survey.fingerprint
        await tx.execute(
            "UPDATE nml_file SET size = ?, mtime_ns = ?, digest = ?, imported = ? WHERE id = ?",
            (
                print_.size,
                print_.mtime_ns,
                None if failed else work.survey.digest,
                present_time(),
                work.file_id,
            ),
        )
        await work.storing.finish_change(tx)

    async def _count(self, ctx: Context) -> None:
        work = self.job
        sums = await ctx.library.fetchone(
            "SELECT total(added) AS added, total(updated) AS updated FROM job_phase WHERE job_id = ?",
            (ctx.job_id,),
        )
        stored = await ctx.library.fetchone(_COUNTS, {"file": work.file_id})
        assert sums is not None
        assert stored is not None
        counts = {name: int(stored[name]) for name in _COUNTED}
        if work.dry_run:
            counts |= await self._planned(ctx)
        counts |= {name: int(sums[name]) for name in ("added", "updated")}
        counts["cues"] += work.double_cues
        counts["unchanged"] = max(0, counts["entries"] - counts["added"] - counts["updated"])
        notes = list(work.survey.notes) if work.survey else []
        if work.returned:
            notes.append(
                f"Tracks that you deleted here and that Traktor has changed since: {len(work.returned):,}. "
                "They are back as they were, with their places in playlists; delete again what is to go."
            )
        if work.lost:
            notes.append("Traktor has overwritten the last export: its edits wait for export again.")
        if work.kept_back:
            notes.append(
                f"{work.kept_back:,} tracks are missing from the collection at once, so nothing was removed "
                "here. If that is right, import with --strategy traktor."
            )
        elif counts["gone"]:
            notes.append(f"Tracks that are no longer in the collection and stay here: {counts['gone']:,}.")
        work.counts |= counts | {"removed": work.removed, "notes": notes, "dry_run": work.dry_run}

    async def _planned(self, ctx: Context) -> dict[str, int]:
        """The counts as they would be: what is stored and stays, and what was read."""
        work = self.job
        if work.survey is None:
            return {}
        rows = await ctx.library.fetchall(
            "SELECT id, cues FROM nml_entry WHERE file_id IS ? AND NOT gone", (work.file_id,)
        )
        kept = [row["cues"] for row in rows if row["id"] not in work.superseded]
        plan = work.plan
        return {
            "entries": len(kept) + plan["entries"],
            "cues": sum(kept) + plan["cues"],
            "conflicts": plan["conflicts"],
            "playlists": plan["playlists"],
        }


def absent(paths: Sequence[str]) -> list[bool]:
    """For each path whether no file is there. A folder is listed once, not asked for each of its files."""
    by_folder: defaultdict[str, list[int]] = defaultdict(list)
    for place, path in enumerate(paths):
        by_folder[path.rpartition(os.sep)[0]].append(place)
    missing = [True] * len(paths)
    for folder, places in by_folder.items():
        names = _names(folder)
        for place in places:
            path = paths[place]
            there = path.rpartition(os.sep)[2] in names
            missing[place] = not (there or (names and any(map(os.path.isfile, spellings(path)))))
    return missing


def _names(folder: str) -> set[str]:
    for spelling in spellings(folder):
        try:
            with os.scandir(spelling) as entries:
                return {entry.name for entry in entries if not entry.is_dir()}
        except OSError:
            continue
    return set()
