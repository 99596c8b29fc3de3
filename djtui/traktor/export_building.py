"""The phase of an export that works out which bytes of the collection change."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure
from djtui.library import tracks
from djtui.library.tracks import GIVEN
from djtui.model.cue import by_identity
from djtui.traktor.entry import ParsedEntries, parse_entries
from djtui.traktor.export_moves import Moving, settled_moves, volume_ids
from djtui.traktor.export_state import LANE, WORKERS, Export, explained
from djtui.traktor.import_state import Batches, nothing
from djtui.traktor.journal import Move, parts
from djtui.traktor.location import Key, Keys, VolumeMap, key_hash
from djtui.traktor.moving import PATH
from djtui.traktor.new_entry import new_entry
from djtui.traktor.patch import Patches, build, locate, patch_entries
from djtui.traktor.patch_entry import EntryEdit, Place
from djtui.traktor.patch_tree import WantedNode
from djtui.traktor.pending import Edit, Tree, name_of, tree_changes
from djtui.traktor.spans import Spans
from djtui.traktor.tree_sides import STRANGER

_AT_ONCE: Final = 250
_EXAMPLES: Final = 500


@dataclass
class Building:
    """Every edit is held against the file's own value first: what is another one there is not overwritten."""

    job: Export
    name: str = "Building"
    repeat: bool = True

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        ctx = work.seen(ctx)
        found = work.survey
        assert found is not None
        pending = work.pending
        ctx.report(total=len(pending.edits) + len(pending.new) + len(pending.removed))
        now = datetime.now(UTC)
        places = locate(found.entries, [edit.hash for edit in pending.edits])
        here = [edit for edit in pending.edits if edit.hash in places]
        moves = await settled_moves(ctx, work, here)
        patches = await self._further(ctx, moves, now)
        for some in parts(list(parts(here, _AT_ONCE)), WORKERS):
            done = await asyncio.gather(*(self._patched(ctx, part, places, moves, now) for part in some))
            patches += [patched for patched, _ in done]
            failures = [failure for _, those in done for failure in those]
            yield Batch(nothing, processed=sum(map(len, some)), failures=failures)
        added, keys, failures = await self._new(ctx, now, moves.moved)
        removed = list(locate(found.entries, [row.hash for row in pending.removed]))
        work.edits.removed = [
            {
                "id": row.id,
                "key": row.key,
                "key_hash": row.key_hash,
                "hash": row.hash.hex(),
                "audio": row.audio.hex() if row.audio else None,
                "cues": row.cues,
            }
            for row in pending.removed
        ]
        wanted_nodes = await self._nodes(ctx, keys, moves.moved)
        async with explained(work.path):
            work.plan = await ctx.run(LANE, build, found, patches, removed, added, wanted_nodes, moves.moved)
        for row, hash in zip(work.edits.added, work.plan.added, strict=True):
            row["hash"] = hash.hex()
        self._count(keys)
        yield Batch(nothing, processed=len(pending.new) + len(pending.removed), failures=failures)

    async def _patched(
        self, ctx: Context, edits: Sequence[Edit], places: Mapping[bytes, int], moves: Moving, now: datetime
    ) -> tuple[Patches, list[ItemFailure]]:
        """The entries of some edits, patched, and what of the edits could not be written."""
        work = self.job
        assert work.survey is not None
        spans = work.survey.entries.pick([places[edit.hash] for edit in edits])
        wanted, failures = await self._held_against(ctx, edits, spans)
        failures += [moves.failures[edit.entry_id] for edit in edits if edit.entry_id in moves.failures]
        entries = [_entry_edit(edit, wanted[edit.entry_id], moves.places.get(edit.key)) for edit in edits]
        async with explained(work.path):
            patched: Patches = await ctx.run(
                LANE, patch_entries, str(work.path), work.survey.fingerprint, spans, entries, now
            )
        return patched, failures + self._note(edits, wanted, patched, moves)

    async def _held_against(
        self, ctx: Context, edits: Sequence[Edit], spans: Spans
    ) -> tuple[dict[int, dict[str, tuple[Any, Any]]], list[ItemFailure]]:
        """The fields of each edit that may be written, for the file has what we think it has."""
        work = self.job
        assert work.survey is not None
        async with explained(work.path):
            parsed: ParsedEntries = await ctx.run(
                LANE, parse_entries, str(work.path), work.survey.fingerprint, spans, VolumeMap()
            )
        wanted: dict[int, dict[str, tuple[Any, Any]]] = {}
        failures = [ItemFailure(failure.item, failure.reason) for failure in parsed.failures]
        for edit, entry in zip(edits, parsed.entries, strict=True):
            if entry is None:
                wanted[edit.entry_id] = {}
                continue
            theirs = dict(zip(GIVEN, entry.row, strict=True))
            theirs["cues"] = [list(cue) for cue in entry.cues] or None
            fine = {
                name: pair
                for name, pair in edit.synced.items()
                if any(_same(name, theirs[name], value) for value in pair)
            }
            wanted[edit.entry_id] = fine
            failures += [
                ItemFailure(edit.name, f"{name} was not written: Traktor has another value", edit.track_id)
                for name in edit.synced.keys() - fine.keys()
            ]
        return wanted, failures

    def _note(
        self,
        edits: Sequence[Edit],
        wanted: Mapping[int, dict[str, tuple[Any, Any]]],
        patched: Patches,
        moves: Moving,
    ) -> list[ItemFailure]:
        """Keep what was patched, for the journal; what was refused stays pending and is listed."""
        failures = []
        for edit in edits:
            refusals = patched.refusals.get(edit.hash, ())
            refused = {refusal.field for refusal in refusals}
            fields = {name: pair for name, pair in wanted[edit.entry_id].items() if name not in refused}
            if fields:
                self.job.edits.fields[edit.entry_id] = fields
            if (hash := patched.hashes.get(edit.hash)) is not None:
                self.job.edits.hashes[edit.entry_id] = hash.hex()
            if edit.key in moves.moved:
                move = Move(edit.key, moves.moved[edit.key], edit.hash.hex())
                self.job.edits.moved[edit.entry_id] = move
            failures += [
                ItemFailure(edit.name, f"{refusal.field} was not written: {refusal.reason}", edit.track_id)
                for refusal in refusals
            ]
        return failures

    async def _further(self, ctx: Context, moves: Moving, now: datetime) -> list[Patches]:
        """Entries that share their key with one that was moved: they are of the same file, and go with it."""
        work = self.job
        assert work.survey is not None
        found = work.survey
        edits = [
            EntryEdit(found.entries.hash(place), {}, place=moves.places[key])
            for place, key in moves.further.items()
        ]
        if not edits:
            return []
        async with explained(work.path):
            spans = found.entries.pick(moves.further)
            return [await ctx.run(LANE, patch_entries, str(work.path), found.fingerprint, spans, edits, now)]

    async def _new(
        self, ctx: Context, now: datetime, moved: Mapping[str, str]
    ) -> tuple[list[bytes], dict[int, str], list[ItemFailure]]:
        """The entries of tracks that the file does not have, their keys by track, and why some get none."""
        work = self.job
        if not work.pending.new or work.survey is None:
            return [], {}, []
        images = {
            id: image
            for part in parts(work.pending.new)
            for id, image in (await tracks.images(ctx.library, part, cues=True)).items()
        }
        rows = await ctx.library.fetchall(
            "SELECT key, hash FROM nml_entry WHERE file_id = ? AND gone = 0", (work.file_id,)
        )
        stored = await ctx.library.fetchone("SELECT volumes FROM nml_file WHERE id = ?", (work.file_id,))
        volumes = VolumeMap.stored(stored["volumes"] if stored is not None else None)
        siblings = [row["key"] for row in rows]
        paths = {id: image["path"] for id, image in images.items()}
        found = await asyncio.to_thread(_keys, volumes, siblings, paths)
        taken = {moved.get(key, key) for key in siblings}
        ids = await volume_ids(ctx, work, {key.volume for key in found.values()}, rows)
        texts: list[bytes] = []
        keys: dict[int, str] = {}
        failures = []
        for id, image in images.items():
            name = name_of(image, image["path"])
            key = found.get(id)
            if key is None or "".join(key) in taken:
                reason = "its file lies outside the volumes of the collection"
                if key is not None:
                    reason = "the collection has another entry of this file"
                failures.append(ItemFailure(name, f"not added to Traktor: {reason}", id))
                continue
            taken.add("".join(key))
            cues = image.pop("cues") or []
            version = work.survey.version or 19
            texts.append(new_entry(image, cues, *key, ids.get(key.volume), version, now))
            keys[id] = text = "".join(key)
            work.edits.added.append(
                {
                    "id": None,
                    "track": id,
                    "key": text,
                    "key_hash": key_hash(text),
                    "cues": len(cues),
                    "hash": "",
                }
            )
        return texts, keys, failures

    async def _nodes(
        self, ctx: Context, keys: Mapping[int, str], moved: Mapping[str, str]
    ) -> list[WantedNode] | None:
        """The playlist tree as it is to be written, moved keys apart; None if the file has it so already."""
        work = self.job
        tree = work.tree
        if tree is None:
            return None
        _leave_out(tree, {row.key for row in work.pending.removed})
        tree.rekey(moved)
        _settle_strangers(tree, {f"{STRANGER}{id}": key for id, key in keys.items()})
        if list(tree.nodes.items()) == list(tree.sides.traktor.items()):
            return None
        stems = {
            moved.get(row["key"], row["key"])
            for row in await ctx.library.fetchall(
                "SELECT entry.key FROM nml_entry AS entry JOIN track ON track.id = entry.track_id"
                " WHERE entry.file_id = ? AND track.kind = 'stem'",
                (work.file_id,),
            )
        }
        uuids = {
            row["id"]: row["uuid"]
            for row in await ctx.library.fetchall("SELECT id, uuid FROM playlist WHERE uuid IS NOT NULL")
        }
        indexes = {id: index for index, id in enumerate(tree.nodes)}
        wanted = []
        for id, node in tree.nodes.items():
            place, was = tree.sides.places.get(id), tree.sides.traktor.get(id)
            items = None
            if node.items is not None and (was is None or was.items != node.items):
                there = work.file_tree.nodes[place].items if place is not None else []
                kinds = {moved.get(item.key, item.key): item.kind for item in there}
                items = [(key, kinds.get(key, "stem" if key in stems else "track")) for key in node.items]
            wanted.append(
                WantedNode(
                    place,
                    None if node.parent is None else indexes[node.parent],
                    node.kind,  # type: ignore[arg-type]
                    node.name,
                    uuids.get(tree.sides.playlists.get(id, 0)),
                    items,
                    None if was is not None and was.query == node.query else node.query,
                )
            )
        return wanted

    def _count(self, keys: Mapping[int, str]) -> None:
        work = self.job
        assert work.plan is not None
        changes = tree_changes(work.tree) if work.tree is not None else []
        work.counts |= {
            "entries_changed": len(work.plan.hashes) + len(work.edits.added) + len(work.edits.removed),
            "playlists_changed": len(changes),
            "added": len(keys),
            "removed": len(work.edits.removed),
            "doubled_cues": work.plan.doubles,
            "playlists": [[change.path, change.what] for change in changes[:_EXAMPLES]],
            "changes": [
                {"track": edit.name, "field": name, "from": old, "to": new}
                for edit in work.pending.edits[:_EXAMPLES]
                for name, (old, new) in edit.fields.items()
                if name in work.edits.fields.get(edit.entry_id, ())
                or (name == PATH and edit.entry_id in work.edits.moved)
            ],
            "moved": len(work.edits.moved),
            "cells": work.plan.cells,
            "new": [row["key"] for row in work.edits.added[:_EXAMPLES]],
            "gone": [row["key"] for row in work.edits.removed[:_EXAMPLES]],
        }
        if work.plan.bereft:
            work.counts["notes"].append(
                f"Cells of remix sets whose tracks leave the collection, and that keep their files: "
                f"{work.plan.bereft:,}."
            )
        if work.tree is not None and work.tree.left_out:
            work.counts["notes"].append(
                f"{work.tree.left_out:,} playlist entries stay here: their tracks are not in this collection."
            )


def _keys(volumes: VolumeMap, siblings: Sequence[str], paths: Mapping[int, str]) -> dict[int, Key]:
    keys = Keys(volumes, siblings)
    return {id: key for id, path in paths.items() if (key := keys.key(path)) is not None}


def _leave_out(tree: Tree, removed: set[str]) -> None:
    """Take the tracks that are taken out of the collection out of its lists."""
    for id, node in tree.nodes.items():
        if node.items is not None and not removed.isdisjoint(node.items):
            tree.nodes[id] = node._replace(items=tuple(key for key in node.items if key not in removed))


def _settle_strangers(tree: Tree, named: Mapping[str, str]) -> None:
    """Give the tracks of lists that the file did not have their keys; leave out those that have none."""
    for id, node in tree.nodes.items():
        if node.items is None:
            continue
        items = tuple(key for item in node.items if not (key := named.get(item, item)).startswith(STRANGER))
        tree.left_out += sum(item.startswith(STRANGER) and item not in named for item in node.items)
        tree.nodes[id] = node._replace(items=items)


def _entry_edit(edit: Edit, fields: Mapping[str, tuple[Any, Any]], place: Place | None) -> EntryEdit:
    wanted = {name: new for name, (_, new) in fields.items()}
    cues = (wanted.pop("cues") or []) if "cues" in wanted else None
    return EntryEdit(edit.hash, wanted, cues, place)


def _same(name: str, one: Any, other: Any) -> bool:
    return by_identity(one or ()) == by_identity(other or ()) if name == "cues" else bool(one == other)
