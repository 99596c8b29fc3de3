"""The last phase of an import: which files are there, what it all came to, and what the file now is."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from sqlite3 import Row
from typing import Final

from djtui.jobs.job import Batch, Context, Cursor, Estimate
from djtui.library.database import Tx
from djtui.library.history import now as present_time
from djtui.traktor.import_state import LANE, Batches, Import, nothing
from djtui.traktor.location import VolumeMap, nfc, spellings
from djtui.traktor.moving import Naming, note_moves

_AT_ONCE: Final = 5000
_PATIENCE_S: Final = 120.0
_SAMPLES: Final = 500


_Paths = list[str | None]

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
            before = VolumeMap.stored(known["volumes"] if known is not None else None)
            work.volumes = await self._volumes(ctx, before)
            moved = known is not None and known["volumes"] not in (None, work.volumes.spelled())
            async for batch in self._look(ctx, before if moved else None):
                yield batch
        yield Batch(nothing if work.dry_run else self._finish)
        await self._count(ctx)

    async def _volumes(self, ctx: Context, before: VolumeMap) -> VolumeMap:
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
        found: VolumeMap = await ctx.run(LANE, configured.learn, keys, before, timeout=_PATIENCE_S)
        return found

    async def _look(self, ctx: Context, before: VolumeMap | None) -> Batches:
        """Tracks whose path is not mapped are missing; of the others the disk is asked.

        `before` is the map of the last import, if this one is another. A track that was found again somewhere
        else in between stays there, and Traktor is told of it as soon as it can be.
        """
        last = 0
        naming: Naming | None = None
        condition = "" if before is not None else "AND (track.path IS NOT NULL OR track.missing IS NULL)"
        while rows := await ctx.library.fetchall(
            "SELECT entry.id AS entry_id, coalesce(entry.moved, entry.key) AS key,"
            " track.id, track.path, track.missing"
            " FROM nml_entry AS entry JOIN track ON track.id = entry.track_id"
            f" WHERE entry.file_id = ? AND entry.id > ? {condition} ORDER BY entry.id LIMIT ?",
            (self.job.file_id, last, _AT_ONCE),
        ):
            last = rows[-1]["entry_id"]
            own, mapped = await asyncio.to_thread(self._paths, rows, before)
            wanted = [*filter(None, chain(own, mapped))]
            answers = await ctx.run(LANE, found_at, wanted, timeout=_PATIENCE_S) if wanted else []
            places = dict(zip(wanted, answers, strict=True))
            now = [_settled(pair, places) for pair in zip(own, mapped, strict=True)]
            found = [
                (*state, row["id"])
                for row, state in zip(rows, now, strict=True)
                if state != (row["path"], row["missing"])
            ]
            elsewhere = {
                row["id"]: path
                for row, (path, missing), there in zip(rows, now, mapped, strict=True)
                if before is not None and path is not None and not missing and nfc(path) != there
            }
            if elsewhere and naming is None:
                naming = await Naming.read(ctx.library, {self.job.file_id or 0: self.job.volumes})
            store = partial(_store, found=found, elsewhere=elsewhere, naming=naming)
            yield Batch(store if found or elsewhere else nothing, processed=len(rows))

    def _paths(self, rows: Sequence[Row], before: VolumeMap | None) -> tuple[_Paths, _Paths]:
        """For each track the path that it was given here, if any, and the one that the map says."""
        if before is None:
            return [None] * len(rows), [row["path"] for row in rows]
        own = [
            path if (path := row["path"]) is not None and nfc(path) != before.local(row["key"]) else None
            for row in rows
        ]
        return own, [self.job.volumes.local(row["key"]) for row in rows]

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


def _settled(
    paths: tuple[str | None, str | None], places: Mapping[str, str | None]
) -> tuple[str | None, int]:
    """Of the path that a track was given here and that of the map the first at which its file is, as the
    disk has it; and whether it is at none of them."""
    there = next((place for path in paths if path is not None and (place := places[path]) is not None), None)
    return (there, 0) if there is not None else (paths[0] or paths[1], 1)


async def _store(
    tx: Tx, found: Sequence[tuple[str | None, int, int]], elsewhere: Mapping[int, str], naming: Naming | None
) -> None:
    revision = await tx.revision()
    await tx.executemany(
        "UPDATE track SET path = ?, missing = ?, revision = ? WHERE id = ?",
        [(path, missing, revision, id) for path, missing, id in found],
    )
    if elsewhere:
        await note_moves(tx, elsewhere, naming)


def absent(paths: Sequence[str]) -> list[bool]:
    """For each path whether no file is there, however its letters are composed."""
    return [found is None for found in found_at(paths)]


def found_at(paths: Sequence[str]) -> list[str | None]:
    """For each path where its file is: there, or where folders and file compose their letters otherwise.

    A folder is listed once, not asked for each of its files. A path that is composed, or decomposed, as a
    whole is good enough as it is: all of djtui tries both.
    """
    by_folder: defaultdict[str, list[int]] = defaultdict(list)
    for place, path in enumerate(paths):
        by_folder[path.rpartition(os.sep)[0]].append(place)
    found: list[str | None] = [None] * len(paths)
    for folder, places in by_folder.items():
        spelled, names = _listed(folder)
        forms = {nfc(name): name for name in names if not name.isascii()} if names else {}
        for place in places:
            path = paths[place]
            name = path.rpartition(os.sep)[2]
            if (inside := name if name in names else forms.get(nfc(name))) is not None:
                there = f"{spelled}{os.sep}{inside}"
                found[place] = path if there == path or there in spellings(path) else there
            elif names and any(map(os.path.isfile, spellings(path))):
                found[place] = path
    return found


def _listed(folder: str) -> tuple[str, set[str]]:
    """A folder as the disk spells it, and the files in it."""
    for spelling in dict.fromkeys((folder, *spellings(folder), _by_part(folder))):
        try:
            with os.scandir(spelling or os.sep) as entries:
                return spelling, {entry.name for entry in entries if not entry.is_dir()}
        except OSError:
            continue
    return folder, set()


def _by_part(folder: str) -> str:
    """A folder each of whose names has the form in which it is there; as far as they are there."""
    if folder.isascii():
        return folder
    at, *names = folder.split(os.sep)  # noqa: PTH206 - "" is the root
    for name in names:
        forms = (f"{at}{os.sep}{form}" for form in (name, *spellings(name)))
        at = next(filter(os.path.isdir, forms), f"{at}{os.sep}{name}")
    return at
