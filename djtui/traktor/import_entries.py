"""The phases of an import that read, match and store entries."""

from __future__ import annotations

import asyncio
from array import array
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure
from djtui.library import removal
from djtui.library.database import Tx
from djtui.library.tracks import as_json
from djtui.traktor import journal, lost, matching, moving
from djtui.traktor.entry import ROW, ParsedEntries, ParsedEntry, entry_keys, parse_entries
from djtui.traktor.gone import STAYS, UNDECIDED
from djtui.traktor.import_state import LANE, Batches, Import, nothing, reading
from djtui.traktor.location import VolumeMap
from djtui.traktor.matching import Link, Matches, Portrait
from djtui.traktor.nml import Fingerprint, Survey, fingerprint, survey
from djtui.traktor.recovering import recover
from djtui.traktor.remembered import remember
from djtui.traktor.spans import Spans
from djtui.traktor.storing import Difference

_KEYS_AT_ONCE: Final = 5000
_FIRST_BATCH: Final = 250
_AHEAD: Final = 3
_EXAMPLES: Final = 20
_SAMPLES: Final = 500


@dataclass
class Reading:
    """Where each entry lies and what it hashes to. Quick, so it is simply done again after a crash."""

    job: Import
    name: str = "Reading"
    repeat: bool = True

    async def estimate(self, ctx: Context) -> Estimate:
        try:
            size = self.job.path.stat().st_size
        except OSError:
            return Estimate()
        return Estimate(note=f"{size / 1e6:,.0f} MB")

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        row = await ctx.library.fetchone("SELECT * FROM nml_file WHERE path = ?", (str(work.path),))
        work.file_id = row["id"] if row else None
        work.storing.job_id, work.storing.file_id = ctx.job_id, work.file_id or 0
        async with reading(work):
            if not work.dry_run:
                async for batch in recover(ctx, LANE, work.path, work.file_id):
                    yield batch
                row = await ctx.library.fetchone("SELECT * FROM nml_file WHERE path = ?", (str(work.path),))
            print_ = await asyncio.to_thread(fingerprint, work.path)
            known = row["digest"] if row is not None and not work.retry else None
            if row and known and (row["size"], row["mtime_ns"]) == (print_.size, print_.mtime_ns):
                work.unchanged = True
                yield Batch(nothing)
                return
            found = work.survey = await ctx.run(LANE, survey, str(work.path))
            sample = range(0, len(found.entries), max(1, len(found.entries) // _SAMPLES))
            moved = list(await moving.aliases(ctx.library, work.file_id))[:_SAMPLES]
            before = VolumeMap.stored(row["volumes"] if row is not None else None)
            work.volumes = await ctx.run(
                LANE, learn_volumes, work.volumes, before, moved, *work.spans(sample)
            )
        if not work.dry_run:
            await asyncio.to_thread(remember, ctx.library.path, found)
        work.unchanged = known == found.digest
        ctx.report(total=len(found.entries))

        async def store(tx: Tx) -> None:
            work.file_id = work.storing.file_id = await self._file(tx, found)

        yield Batch(nothing if work.dry_run else store, processed=len(found.entries))

    async def _file(self, tx: Tx, found: Survey) -> int:
        path = str(self.job.path)
        ours = self.job.settings.traktor.collection
        other = await tx.fetchone("SELECT 1 FROM nml_file WHERE role = 'collection' AND path != ?", (path,))
        is_ours = Path(ours).expanduser().absolute() == self.job.path if ours else other is None
        role = "collection" if is_ours and found.role == "collection" else "partial"
        rows = await tx.fetchall(
            "INSERT INTO nml_file (path, role, version) VALUES (?, ?, ?)"
            " ON CONFLICT (path) DO UPDATE SET role = excluded.role, version = excluded.version RETURNING id",
            (path, role, found.version),
        )
        return int(rows[0]["id"])


def learn_volumes(
    volumes: VolumeMap,
    before: VolumeMap,
    moved: list[str],
    path: str,
    expected: Fingerprint,
    sample: Spans,
) -> VolumeMap:
    """The volume map with what the disk says of the volumes of some entries, and of keys they are to have.

    `before` is what it said at the last import.
    """
    keys = [key for key in entry_keys(path, expected, sample) if key is not None]
    return volumes.learn([*moved, *keys], before)


@dataclass
class Matching:
    """Which track each new or changed entry is; the others are known by their hash."""

    job: Import
    name: str = "Matching"
    repeat: bool = True

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        if work.unchanged or work.survey is None:
            return
        found = work.survey
        async for batch in self._lost(ctx, found):
            yield batch
        stored = {
            row["hash"]: row["id"]
            for row in await ctx.library.fetchall(
                "SELECT id, hash FROM nml_entry WHERE file_id IS ?", (work.file_id,)
            )
        }
        present: set[bytes] = set()
        work.pending = pending = array("I")
        for place, hash in enumerate(found.entries.each_hash()):
            if hash in present or hash not in stored:  # one that stands there twice is listed as a double
                pending.append(place)
            present.add(hash)
        ctx.report(total=len(pending))
        vanished = {id for hash, id in stored.items() if hash not in present}
        back = [id for hash, id in stored.items() if hash in present]
        work.superseded = frozenset(vanished)
        work.matches = Matches()
        if not stored and await ctx.library.fetchone("SELECT 1 FROM track LIMIT 1") is None:
            yield Batch(nothing, processed=len(work.pending))
            return
        deleted = await self._deleted_here(ctx)
        aliases = await moving.aliases(ctx.library, work.file_id, work.former)
        for places in _chunks(work.pending, _KEYS_AT_ONCE):
            async with reading(work):
                keys: list[str | None] = await ctx.run(LANE, entry_keys, *work.spans(places))
            if changed := [key for key in keys if key is not None and key in deleted]:
                yield Batch(partial(self._bring_back, keys=changed))
            await matching.match_keys(
                ctx.library,
                work.file_id,
                vanished,
                {place: key for place, key in zip(places, keys, strict=True) if key is not None},
                work.volumes.local,
                work.matches,
                aliases,
            )
            yield Batch(nothing, processed=len(places))
        if work.matches.either:
            await self._tell_apart(ctx, vanished)
        if vanished and found.role == "collection" and work.matches.unmatched:
            await self._find_moved(ctx, vanished)
        work.vanished = frozenset(vanished if found.role == "collection" else ())
        mark = partial(self._mark_gone, vanished=vanished, back=back)
        yield Batch(nothing if work.dry_run or found.role != "collection" else mark)

    async def _deleted_here(self, ctx: Context) -> frozenset[str]:
        """The keys of entries that wait to be taken out of the file."""
        if self.job.dry_run:
            return frozenset()
        rows = await ctx.library.fetchall(
            "SELECT key FROM nml_entry WHERE file_id IS ? AND track_id IS NULL AND gone = 0",
            (self.job.file_id,),
        )
        return frozenset(row["key"] for row in rows)

    async def _bring_back(self, tx: Tx, keys: Sequence[str]) -> None:
        """What was deleted here and changed in Traktor stays, and is whole again."""
        assert self.job.file_id is not None
        self.job.returned |= set(await removal.bring_back(tx, self.job.file_id, keys))

    async def _mark_gone(self, tx: Tx, vanished: set[int], back: Sequence[int]) -> None:
        """Entries that have vanished from the collection await a decision; those that are back stay."""
        await tx.executemany(
            "UPDATE nml_entry SET gone = ? WHERE id = ? AND gone != ?",
            [(UNDECIDED, id, STAYS) for id in vanished],
        )
        # Removed here, and by now changed in Traktor (so it comes back) or removed there too.
        await tx.execute(
            "DELETE FROM nml_entry WHERE file_id = ? AND track_id IS NULL AND gone != 0", (self.job.file_id,)
        )
        returned = await tx.fetchall(
            "UPDATE nml_entry SET gone = 0 WHERE file_id = ? AND gone != 0"
            " AND id IN (SELECT value FROM json_each(?)) RETURNING track_id",
            (self.job.file_id, as_json(back)),
        )
        await tx.executemany(
            "DELETE FROM conflict WHERE track_id = ? AND field = 'deleted'",
            [(row["track_id"],) for row in returned],
        )

    async def _lost(self, ctx: Context, found: Survey) -> Batches:
        """Exports that Traktor has overwritten wait again; the others it has taken over."""
        work = self.job
        written = await journal.exports(ctx.library, work.file_id, "written")
        if not written or found.digest == written[-1].result:
            return
        rows = await ctx.library.fetchall(
            "SELECT id, key FROM nml_entry WHERE id IN (SELECT value FROM json_each(?))",
            (as_json([entry for export in written for entry in export.edits.fields]),),
        )
        keys = {row["id"]: row["key"] for row in rows}
        async with reading(work):
            there = await lost.look(partial(ctx.run, LANE), found, written, keys)
        gone = lost.lost(written, keys, there)
        work.lost = [export.id for export in gone]
        old: dict[int, dict[str, Any]] = {}
        for export in gone:  # the newest first, so that the oldest values stay
            if work.dry_run:
                work.former |= {entry: move.old for entry, move in export.edits.moved.items()}
            for entry, pairs in export.edits.fields.items():
                old[entry] = old.get(entry, {}) | {name: was for name, (was, _) in pairs.items()}
        work.storing.forgotten = await journal.agreed(ctx.library, old)

        async def settle(tx: Tx) -> None:
            for export in gone:
                await journal.forget(tx, export, "lost")
            for export in written:
                if export.id not in work.lost:
                    await journal.mark(tx, export.id, "kept")

        if gone:
            ctx.report(message="Traktor has overwritten the last export: its edits wait for export again.")
        yield Batch(nothing if work.dry_run else settle)

    async def _find_moved(self, ctx: Context, vanished: set[int]) -> None:
        come = await self._portraits(ctx, list(self.job.matches.unmatched))
        gone = await matching.portraits(ctx.library, vanished)
        found = matching.match_moved(gone, come, self.job.matches)
        vanished -= found
        stay = await moving.still_there(ctx.library, found)
        for place, link in self.job.matches.links.items() if stay else ():
            if link.entry_id in stay:
                self.job.matches.links[place] = replace(link, stays=True)

    async def _tell_apart(self, ctx: Context, vanished: set[int]) -> None:
        """Entries at keys that files were moved to here: are they those files, or what was there before?"""
        matches = self.job.matches
        doubtful = {place: links for place, (_, links) in matches.either.items() if len(links) > 1}
        come = await self._portraits(ctx, list(doubtful))
        ids = {link.entry_id for links in doubtful.values() for link in links if link.entry_id}
        matching.tell_apart(matches, vanished, come, await matching.portraits(ctx.library, ids))

    async def _portraits(self, ctx: Context, places: Sequence[int]) -> dict[int, Portrait]:
        """Entries of the file, as they are recognised."""
        work = self.job
        come: dict[int, Portrait] = {}
        for part in _chunks(places, ctx.batch_size):
            async with reading(work):
                parsed: ParsedEntries = await ctx.run(LANE, parse_entries, *work.spans(part), work.volumes)
            come |= {
                place: portrait(entry)
                for place, entry in zip(part, parsed.entries, strict=True)
                if entry is not None
            }
        return come


def portrait(entry: ParsedEntry) -> Portrait:
    """What a moved entry is recognised by."""
    fields = dict(zip(ROW, entry.row, strict=True))
    file = entry.key.rpartition("/:")[2]
    return Portrait(entry.audio, fields["duration"], file, fields["artist"], fields["title"])


@dataclass
class Syncing:
    """Parses entries that are new or changed in the pool, and stores them in the order of the file."""

    job: Import
    name: str = "Syncing"

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        ctx.report(total=ctx.done + len(work.pending))
        async for places, parsed in self._parsed(ctx):
            batch, keys = await self._batch(ctx, places, parsed)
            yield batch
            work.pending = work.pending[len(places) :]
            work.seen |= keys

    async def _parsed(self, ctx: Context) -> AsyncIterator[tuple[Sequence[int], ParsedEntries]]:
        """The pending entries, parsed a few batches ahead, in order."""
        waiting: deque[tuple[Sequence[int], asyncio.Task[ParsedEntries]]] = deque()
        chunks = self._chunks(ctx)
        try:
            while True:
                while len(waiting) < _AHEAD and (places := next(chunks, None)):
                    waiting.append((places, asyncio.create_task(self._parse(ctx, places))))
                if not waiting:
                    return
                places, task = waiting.popleft()
                async with reading(self.job):
                    parsed = await task
                yield places, parsed
        finally:
            for _, task in waiting:
                task.cancel()

    async def _parse(self, ctx: Context, places: Sequence[int]) -> ParsedEntries:
        parsed: ParsedEntries = await ctx.run(LANE, parse_entries, *self.job.spans(places), self.job.volumes)
        return parsed

    def _chunks(self, ctx: Context) -> Iterator[Sequence[int]]:
        """The first batch is small: it is what the DJ sees first."""
        pending = self.job.pending
        start, size = 0, _FIRST_BATCH
        while start < len(pending):
            yield pending[start : start + size]
            start, size = start + size, ctx.batch_size

    async def _batch(
        self, ctx: Context, places: Sequence[int], parsed: ParsedEntries
    ) -> tuple[Batch, set[str]]:
        """The batch that stores these entries, and their keys."""
        work = self.job
        keys: set[str] = set()
        failures = [ItemFailure(failure.item, failure.reason) for failure in parsed.failures]
        new: list[tuple[ParsedEntry, bytes]] = []
        changed: list[tuple[Link, ParsedEntry, bytes]] = []
        questions: dict[str, tuple[int, ...]] = {}
        for place, entry in zip(places, parsed.entries, strict=True):
            if entry is None:
                continue
            if entry.key in keys or entry.key in work.seen or place in work.matches.doubles:
                failures.append(
                    ItemFailure(entry.name, f"a second entry of {entry.key}; the first one counts")
                )
                continue
            keys.add(entry.key)
            hash = work.survey.entries.hash(place) if work.survey else b""
            if (link := work.matches.links.get(place)) is not None:
                changed.append((link, entry, hash))
                continue
            new.append((entry, hash))
            if candidates := work.matches.questions.get(place):
                questions[entry.key] = candidates
        revision = await work.storing.revision(ctx.library)
        differences = await work.storing.differences(ctx.library, changed)
        updated = sum(bool(difference.after) for difference in differences)

        async def store(tx: Tx) -> None:
            await work.storing.new(tx, [entry for entry, _ in new], [hash for _, hash in new])
            await work.storing.changed(tx, changed, differences, revision)
            await work.storing.ask(tx, questions)

        if work.dry_run:
            self._note([entry for entry, _ in new] + [entry for _, entry, _ in changed], differences)
        batch = Batch(
            nothing if work.dry_run else store,
            processed=len(places),
            added=len(new),
            updated=updated,
            failures=failures,
        )
        return batch, keys

    def _note(self, entries: Sequence[ParsedEntry], differences: Sequence[Difference]) -> None:
        """For a dry run: what would be there, and what would change."""
        work = self.job
        work.plan["entries"] += len(entries)
        work.plan["cues"] += sum(len(entry.cues) for entry in entries)
        work.plan["conflicts"] += sum(len(it.conflicts) for it in differences)
        fields: dict[str, int] = work.counts.setdefault("fields", {})
        examples: list[dict[str, Any]] = work.counts.setdefault("changes", [])
        for it in differences:
            for name, after in it.after.items():
                fields[name] = fields.get(name, 0) + 1
                if len(examples) < _EXAMPLES:
                    examples.append({"track": it.name, "field": name, "from": it.before[name], "to": after})


def _chunks(places: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (places[start : start + size] for start in range(0, len(places), size))
