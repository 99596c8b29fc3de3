"""What an import writes: entries with their bases, merged tracks, conflicts, and the history of it all."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final

from djtui.library import history, tracks
from djtui.library.database import Reader, Tx
from djtui.library.guesses import guesses
from djtui.library.tracks import GIVEN, as_json
from djtui.model.track import SYNCED
from djtui.traktor import moving
from djtui.traktor.entry import ParsedEntry
from djtui.traktor.location import key_hash
from djtui.traktor.matching import Link
from djtui.traktor.merge import Conflict, Strategy, merge

# Facts about the file, which only Traktor's side can know anew: simply taken.
FACTS: Final = (
    "duration",
    "bitrate",
    "filesize",
    "format",
    "modified",
    "kind",
    "analyzed",
    "location",
    "path",
)

# When Traktor last touched its entry says nothing that an undo could put back.
_UNNOTED: Final = frozenset(("modified",))

_COMPARED: Final = tuple(name for name in GIVEN if name in SYNCED or name in FACTS)
_compared: Final = itemgetter(*(GIVEN.index(name) for name in _COMPARED))
_compared_of: Final = itemgetter(*_COMPARED)

Image = Mapping[str, Any]
"""A track, or a part of one: its columns, and "cues"."""

# Of these an entry at its old key says nothing: its file was moved here, and Traktor does not know it yet.
_PLACE: Final = ("format", "location", "path")

_ENTRY: Final = ("file_id", "track_id", "hash", "audio", "cues", "key_hash", "key", "base")


@dataclass(frozen=True, slots=True)
class Difference:
    """What a merge changes in a track. `base` holds the fields whose base is not the track's value then."""

    track_id: int
    name: str
    before: dict[str, Any]
    after: dict[str, Any]
    base: dict[str, Any]
    conflicts: list[Conflict]


@dataclass(slots=True)
class Storing:
    """The writing side of one import of one file.

    `forgotten`: entry -> fields as they were before an export that Traktor has overwritten. (They are stored
    as bases by then, but in a dry run.)
    """

    title: str
    strategy: Strategy
    job_id: int = 0
    file_id: int = 0
    forgotten: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)

    async def new(self, tx: Tx, entries: Sequence[ParsedEntry], hashes: Sequence[bytes]) -> None:
        """Store entries whose tracks are new, and those tracks."""
        if not entries:
            return
        await self.change(tx)
        ids = await tracks.insert(
            tx,
            [entry.row for entry in entries],
            [entry.texts for entry in entries],
            [entry.cues for entry in entries],
            job_id=self.job_id,
        )
        await tx.insert(
            "nml_entry",
            _ENTRY,
            (
                (self.file_id, id, hash, entry.audio, len(entry.cues), entry.key_hash, entry.key, None)
                for id, hash, entry in zip(ids, hashes, entries, strict=True)
            ),
        )

    async def changed(
        self,
        tx: Tx,
        entries: Sequence[tuple[Link, ParsedEntry, bytes]],
        found: Sequence[Difference],
        revision: int,
    ) -> None:
        """Merge entries into the tracks that they are, and note for each track what that changed.

        `found` are the differences as they were at a revision of the library; if somebody has changed it
        since, they are worked out again.
        """
        if not entries:
            return
        current = await self.revision(tx) == revision
        differences = found if current else await self.differences(tx, entries)
        await tracks.update(tx, {it.track_id: it.after for it in differences if it.after})
        images = {it.track_id: (it.before, it.after) for it in differences if it.after.keys() - _UNNOTED}
        if images:
            await history.add(tx, await self.change(tx), images)
        await self._entries(tx, [(*known, it.base) for known, it in zip(entries, differences, strict=True)])
        await self._conflicts(tx, differences)

    async def differences(
        self, library: Reader, entries: Sequence[tuple[Link, ParsedEntry, bytes]]
    ) -> list[Difference]:
        """What merging these entries comes to, each for its track as it is now. Writes nothing."""
        if not entries:
            return []
        images = await tracks.images(library, [link.track_id for link, _, _ in entries], cues=True)
        bases = await self._bases(
            library, [link.entry_id for link, _, _ in entries if link.entry_id is not None]
        )
        guessed = await guesses(library, list(images))
        moves = await moving.awaited(library, list(images))
        found = []
        for link, entry, _ in entries:
            image = images[link.track_id]
            cues = [list(cue) for cue in entry.cues] or None
            key, drift = bases[link.entry_id] if link.entry_id is not None else (None, None)
            if drift == {} and image["cues"] == cues and _compared(entry.row) == _compared_of(image):
                found.append(Difference(link.track_id, entry.name, {}, {}, {}, []))
                continue
            facts = dict(zip(GIVEN, entry.row, strict=True))
            facts["analyzed"] = facts["analyzed"] or image["analyzed"]
            # It may have been found elsewhere, and no collection can name that: the old place is no news.
            is_there = key == entry.key and image["path"] is not None and image["missing"] == 0
            if link.stays or is_there or (link.track_id, entry.key) in moves:
                facts |= {name: image[name] for name in _PLACE}
            traktor = facts | {"cues": cues}
            # A track that was never in this file has no base: what one side does not know, the other does.
            base = {} if drift is None else image | drift
            base |= _replaceable(guessed.get(link.track_id, {}), base, image, traktor)
            merged = merge(base, image, traktor, self.strategy)
            after = {name: facts[name] for name in FACTS if facts[name] != image[name]} | merged.changes
            before = {name: image[name] or [] if name == "cues" else image[name] for name in after}
            image |= after
            image["cues"] = image["cues"] or None
            drift = {name: was for name, was in merged.base.items() if was != image[name]}
            found.append(Difference(link.track_id, entry.name, before, after, drift, merged.conflicts))
        return found

    async def revision(self, library: Reader) -> int:
        """The number of the last change of a track or playlist."""
        row = await library.fetchone("SELECT value FROM meta WHERE name = 'revision'")
        return int(row["value"]) if row is not None else 0

    async def change(self, tx: Tx) -> int:
        """The history's entry for this import, made when the first track changes."""
        row = await tx.fetchone("SELECT id FROM change WHERE job_id = ? AND kind = 'import'", (self.job_id,))
        if row is not None:
            return int(row["id"])
        return await history.begin(tx, "import", self.title, job_id=self.job_id)

    async def finish_change(self, tx: Tx) -> int | None:
        """Count what the history's entry of this import covers; returns its id, None if nothing changed."""
        await tx.execute(
            "UPDATE change SET items = (SELECT count(*) FROM change_item WHERE change_id = change.id)"
            " + (SELECT count(*) FROM track WHERE track.job_id = change.job_id)"
            " WHERE job_id = ? AND kind = 'import'",
            (self.job_id,),
        )
        row = await tx.fetchone("SELECT id FROM change WHERE job_id = ? AND kind = 'import'", (self.job_id,))
        return int(row["id"]) if row else None

    async def ask(self, tx: Tx, questions: Mapping[str, Sequence[int]]) -> None:
        """Note entries (by key) that may be one of several tracks, on the tracks that they were stored as."""
        for key, candidates in questions.items():
            await tx.execute(
                "INSERT OR REPLACE INTO conflict (file_id, track_id, field, library, found)"
                " SELECT file_id, track_id, 'identity', ?, ? FROM nml_entry"
                " WHERE key_hash = ? AND key = ? AND file_id = ?",
                (as_json(list(candidates)), history.now(), key_hash(key), key, self.file_id),
            )

    async def _bases(
        self, library: Reader, entry_ids: Sequence[int]
    ) -> dict[int, tuple[str, dict[str, Any]]]:
        """The keys of entries, and what their tracks were when both sides agreed last."""
        rows = await library.fetchall(
            f"SELECT id, key, base FROM nml_entry WHERE id IN ({','.join('?' * len(entry_ids))})", entry_ids
        )
        return {
            row["id"]: (
                row["key"],
                json.loads(row["base"] or "{}") | self.forgotten.get(row["id"], {}),
            )
            for row in rows
        }

    async def _entries(
        self, tx: Tx, entries: Sequence[tuple[Link, ParsedEntry, bytes, Mapping[str, Any]]]
    ) -> None:
        new, known = [], []
        moves = await moving.awaited(tx, [link.track_id for link, *_ in entries])
        for link, entry, hash, base in entries:
            drift = as_json(base) if base else None
            row = (link.track_id, hash, entry.audio, len(entry.cues), entry.key_hash, entry.key, drift)
            if link.entry_id is None:
                new.append((self.file_id, *row, moves.get((link.track_id, entry.key))))
            else:
                known.append((*row, link.stays, entry.key, link.entry_id))
        await tx.insert("nml_entry", (*_ENTRY, "moved"), new)
        await tx.executemany(
            f"UPDATE nml_entry SET {', '.join(f'{name} = ?' for name in _ENTRY[1:])},"
            " moved = iif(? OR key = ?, moved, NULL), gone = 0 WHERE id = ?",
            known,
        )

    async def _conflicts(self, tx: Tx, differences: Sequence[Difference]) -> None:
        rows = [(it.track_id, None, conflict) for it in differences for conflict in it.conflicts]
        await self.note_conflicts(tx, rows)
        open_fields = defaultdict(list)
        for track_id, _, conflict in rows:
            open_fields[track_id].append(conflict.field)
        await tx.executemany(
            "DELETE FROM conflict WHERE file_id = ? AND track_id = ? AND field != 'identity'"
            " AND field NOT IN (SELECT value FROM json_each(?))",
            [(self.file_id, it.track_id, as_json(open_fields[it.track_id])) for it in differences],
        )

    async def ask_deleted(self, tx: Tx, changed: Mapping[int, Sequence[str]]) -> None:
        """Note tracks that Traktor deleted and that were changed here since: track -> fields."""
        rows = [(id, None, Conflict("deleted", None, list(fields), None)) for id, fields in changed.items()]
        await self.note_conflicts(tx, rows)

    async def ask_playlists(self, tx: Tx, conflicts: Sequence[tuple[int, Conflict]]) -> None:
        """Note what could not be settled in the playlist tree, and nothing else of it."""
        await self.note_conflicts(tx, [(None, playlist, conflict) for playlist, conflict in conflicts])
        await tx.execute(
            "DELETE FROM conflict WHERE file_id = ? AND playlist_id IS NOT NULL AND NOT EXISTS ("
            " SELECT 1 FROM json_each(?) WHERE value ->> 0 = playlist_id AND value ->> 1 = field)",
            (self.file_id, as_json([[playlist, conflict.field] for playlist, conflict in conflicts])),
        )

    async def note_conflicts(self, tx: Tx, rows: Sequence[tuple[int | None, int | None, Conflict]]) -> None:
        """One that is known already keeps its number: the DJ may be about to name it."""
        await tx.executemany(
            "INSERT INTO conflict (file_id, track_id, playlist_id, field, base, library, traktor, found)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (file_id, ifnull(track_id, 0), ifnull(playlist_id, 0), field) DO UPDATE"
            " SET base = excluded.base, library = excluded.library, traktor = excluded.traktor",
            [
                (
                    self.file_id,
                    track_id,
                    playlist_id,
                    conflict.field,
                    as_json(conflict.base),
                    as_json(conflict.library),
                    as_json(conflict.traktor),
                    history.now(),
                )
                for track_id, playlist_id, conflict in rows
            ],
        )


def _replaceable(guessed: Image, base: Image, library: Image, traktor: Image) -> dict[str, Any]:
    """What tags or an analysis filled in where nobody knew anything is no edit: Traktor's replaces it."""
    return {
        name: value
        for name, value in guessed.items()
        if base.get(name) is None and library.get(name) == value and traktor.get(name) is not None
    }
