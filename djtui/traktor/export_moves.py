"""The part of an export that tells Traktor where files lie that were renamed or moved here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from sqlite3 import Row
from typing import Final

from djtui.jobs.job import Context, ItemFailure
from djtui.traktor.export_state import LANE, Export, explained
from djtui.traktor.location import portable, taken_apart
from djtui.traktor.nml import Fingerprint, read_spans
from djtui.traktor.patch import locate
from djtui.traktor.patch_entry import Place
from djtui.traktor.patch_moves import Settled, Wish, settle
from djtui.traktor.pending import Edit
from djtui.traktor.spans import Spans
from djtui.traktor.writer import possible

_SIBLINGS: Final = 100
_VOLUME_ID: Final = re.compile(rb'VOLUMEID="([^"]*)"')


@dataclass(slots=True)
class Moving:
    """The moves that one export makes.

    `moved`: old key -> new key; `places` the same as LOCATION has it. `further`: entries, by their place in
    the file, that share the key of one that was moved. `failures`: entry -> why it could not be.
    """

    moved: dict[str, str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    further: dict[int, str] = field(default_factory=dict)
    failures: dict[int, ItemFailure] = field(default_factory=dict)


async def settled_moves(ctx: Context, work: Export, edits: Iterable[Edit]) -> Moving:
    """Which of the edits may move their entries: to a key that no other entry has, then."""
    moving = Moving()
    movers: dict[str, Edit] = {}
    for edit in edits:
        if edit.moved is not None and possible(edit.moved):
            movers[edit.key] = edit
        elif edit.moved is not None:
            moving.failures[edit.entry_id] = _failure(edit, "XML cannot hold its name")
    if not movers:
        return moving
    assert work.survey is not None
    found = work.survey
    gone = list(locate(found.entries, [row.hash for row in work.pending.removed]).values())
    wishes = [Wish(edit.key, edit.hash, edit.moved or "") for edit in movers.values()]
    async with explained(work.path):
        settled: Settled = await ctx.run(
            LANE, settle, str(work.path), found.fingerprint, found.entries, wishes, gone
        )
    moving.moved = dict(settled.moved)
    for key in settled.taken:
        edit = movers[key]
        reason = f"the collection has another entry of {portable(edit.moved or '')}"
        moving.failures[edit.entry_id] = _failure(edit, reason)
    moving.further = {
        place: key
        for key in settled.moved
        for place in settled.places[key]
        if place != _own(found.entries, settled.places[key], movers[key])
    }
    ids = await _new_volumes(ctx, work, settled)
    for key, new in settled.moved.items():
        attributes = taken_apart(new)
        moving.places[key] = Place(attributes, ids.get(attributes.volume))
    return moving


def _failure(edit: Edit, reason: str) -> ItemFailure:
    return ItemFailure(edit.name, f"its new path was not written: {reason}", edit.track_id)


def _own(entries: Spans, places: Sequence[int], edit: Edit) -> int:
    """Of the entries of one key that which the edit means, and which is patched with its fields."""
    return next(place for place in places if entries.hash(place) == edit.hash)


async def _new_volumes(ctx: Context, work: Export, settled: Settled) -> dict[str, str]:
    """The VOLUMEIDs of volumes that entries come to from another one."""
    volumes = {
        new.partition("/:")[0]
        for old, new in settled.moved.items()
        if old.partition("/:")[0] != new.partition("/:")[0]
    }
    if not volumes:
        return {}
    rows = await ctx.library.fetchall(
        "SELECT key, hash FROM nml_entry WHERE file_id = ? AND gone = 0", (work.file_id,)
    )
    return await volume_ids(ctx, work, volumes, rows)


async def volume_ids(ctx: Context, work: Export, volumes: set[str], rows: Sequence[Row]) -> dict[str, str]:
    """The VOLUMEID that most entries of each volume have; `rows` are keys and hashes of all entries."""
    assert work.survey is not None
    found: dict[str, str] = {}
    for volume in volumes:
        hashes = [row["hash"] for row in rows if row["key"].startswith(f"{volume}/:")][:_SIBLINGS]
        places = locate(work.survey.entries, hashes)
        spans = work.survey.entries.pick(sorted(places.values()))
        async with explained(work.path):
            counts: Counter[str] = await ctx.run(
                LANE, counted_volume_ids, str(work.path), work.survey.fingerprint, spans
            )
        if counts:
            found[volume] = counts.most_common(1)[0][0]
    return found


def counted_volume_ids(path: str, expected: Fingerprint, spans: Spans) -> Counter[str]:
    """How often each VOLUMEID stands in some entries: for the pool."""
    texts = read_spans(path, expected, spans)
    found = [match[1].decode() for text in texts if (match := _VOLUME_ID.search(text))]
    return Counter(found)
