"""What a change of the history touched, item by item: files, tracks, playlists, conflicts, what was written.

First the keys of all its items, then any span of them: a change may have touched 100,000 tracks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final, Literal

from djtui.bridge import touched_words as words
from djtui.bridge.touched_words import Image, Names
from djtui.library import history
from djtui.library.database import Reader
from djtui.library.history import Change, Key
from djtui.library.history_files import FileImage, file_images
from djtui.library.tracks import as_json
from djtui.traktor import journal
from djtui.traktor.journal import Edits
from djtui.traktor.location import portable

ITEM_KINDS: Final = ("file", "fields", "track", "playlist")
"""The kinds of items of which single ones can be undone."""

State = Literal["done", "undone", "meant", "begun"]

_FATES: Final = {
    "kept": "Traktor has read it since, and kept it.",
    "lost": "Traktor has overwritten it since: all of it waits for export again.",
    "put back": "A backup was put back since: all of it waits for export again.",
    "undone": "It was taken back: all of it waits for export again.",
}
_OF_LIBRARY: Final = {
    "fields": "SELECT track_id FROM change_item WHERE change_id = ? ORDER BY track_id",
    **{
        what: f"SELECT row_id FROM change_row WHERE change_id = ? AND what = '{what}' ORDER BY row_id"
        for what in ("track", "playlist", "conflict", "file")
    },
}
_FILES: Final = """
SELECT track_id FROM file_step WHERE change_id = ? AND state <> 'refused' AND track_id IS NOT NULL
AND kind IN ('move', 'copy', 'trash', 'tags') GROUP BY track_id ORDER BY min(step)
"""
_LISTS: Final = """
SELECT step FROM file_step WHERE change_id = ? AND state <> 'refused' AND kind = 'list' ORDER BY step
"""
_AMONG: Final = "IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a change touched: its name, and what was done to it in words.

    Its state may be `meant`: not done yet, or `begun`: some of it. `fields`: of a track or a file what was
    set, name -> (old, new); `track`: its id.
    """

    key: Key
    name: str
    said: Sequence[str]
    state: State = "done"
    track: int | None = None
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """All of it in one line."""
        return "  ".join(text for text in (self.name, " · ".join(self.said)) if text)


@dataclass(slots=True)
class Touched:
    """The items of a change by their keys, in groups of one kind. `notes` are about all of it."""

    change: Change
    groups: list[tuple[str, Sequence[int]]] = field(default_factory=list)
    taken: set[Key] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    edits: Edits = field(default_factory=Edits)
    writes: Sequence[Item] = ()

    def __len__(self) -> int:
        return sum(len(ids) for _, ids in self.groups)

    def keys(self, start: int, stop: int) -> Iterator[Key]:
        """The keys of a span of the items."""
        for what, ids in self.groups:
            for id in ids[max(0, start) : max(0, stop)]:
                yield what, id
            start, stop = start - len(ids), stop - len(ids)

    def single(self, key: Key) -> bool:
        """Whether an item can be taken back for itself."""
        return key[0] in ITEM_KINDS and self.change.kind not in history.WHOLE


async def touched(reader: Reader, change: Change) -> Touched:
    """The keys of all that a change touched."""
    found = Touched(change, taken=await history.taken_back(reader, change.id))
    is_merge = change.kind == "merge"  # its tracks tell of their files
    for what, sql in (("file", _FILES), ("list", _LISTS)):
        if not (is_merge and what == "file"):
            await _group(reader, found, what, sql)
    for what, sql in _OF_LIBRARY.items():
        await _group(reader, found, "collection" if what == "file" else what, sql)
    if change.kind == "export":
        await _read_export(reader, found)
    found.writes = await _route_writes(reader, change)
    if found.writes:
        found.groups.append(("route", range(len(found.writes))))
    if change.kind in history.BROUGHT and change.job_id is not None:
        for what, table in (("new", "track"), ("new list", "playlist")):
            sql = f"SELECT id FROM {table} WHERE job_id = ? ORDER BY id"
            await _group(reader, found, what, sql, change.job_id)
    return found


async def _group(reader: Reader, found: Touched, what: str, sql: str, of: int | None = None) -> None:
    rows = await reader.fetchall(sql, (found.change.id if of is None else of,))
    if rows:
        found.groups.append((what, [row[0] for row in rows]))


async def items(reader: Reader, found: Touched, start: int, stop: int) -> list[Item]:
    """A span of the items."""
    groups: dict[str, list[int]] = {}
    keys = list(found.keys(start, stop))
    for what, id in keys:
        groups.setdefault(what, []).append(id)
    by_key: dict[Key, Item] = {}
    for what, ids in groups.items():
        by_key |= {item.key: item for item in await _made(reader, found, what, ids)}
    return [by_key.get(key) or Item(key, "it is no longer known", []) for key in keys]


async def _made(reader: Reader, found: Touched, what: str, ids: Sequence[int]) -> list[Item]:
    if what in ("file", "list"):
        return await _files(reader, found, what, ids)
    if what == "fields":
        return await _fields(reader, found, ids)
    if what in ("track", "playlist", "conflict", "collection"):
        return await _rows(reader, found, what, ids)
    if what in ("new", "new list"):
        return await _brought(reader, what, ids)
    if what == "route":
        return [found.writes[id] for id in ids]
    return await _exported(reader, found.edits, what, ids)


# -- tracks and files -----------------------------------------------------------------------------


async def _fields(reader: Reader, found: Touched, ids: Sequence[int]) -> list[Item]:
    names = await _names(reader, ids)
    return [
        _with_fields(
            ("fields", row["track_id"]),
            words.track(row["track_id"], names),
            json.loads(row["before"]),
            json.loads(row["after"]),
            _state(found, ("fields", row["track_id"])),
        )
        for row in await reader.fetchall(
            f"SELECT track_id, before, after FROM change_item WHERE change_id = ? AND track_id {_AMONG}",
            (found.change.id, as_json(list(ids))),
        )
    ]


def _with_fields(key: Key, name: str, before: Image, after: Image, state: State) -> Item:
    changes = {field: (before.get(field), value) for field, value in after.items()}
    return Item(key, name, words.fields(before, after), state, key[1], changes)


async def _files(reader: Reader, found: Touched, what: str, ids: Sequence[int]) -> list[Item]:
    images = await file_images(reader, found.change.id, ids, lists=what == "list")
    names = await _names(reader, ids if what == "file" else ())
    made = []
    for id, image in images.items():
        key = (what, id)
        if what == "list":
            made.append(Item(key, PurePath(image.source).name, ["its paths follow the files"], image.state))
            continue
        name = "" if "path" in image.after else words.track(id, names)
        made.append(_with_fields(key, name, image.before, image.after, image.state))
    return made


# -- rows -----------------------------------------------------------------------------------------


async def _rows(reader: Reader, found: Touched, what: str, ids: Sequence[int]) -> list[Item]:
    rows = [
        (row["row_id"], json.loads(row["before"] or "null"), json.loads(row["after"] or "null"))
        for row in await reader.fetchall(
            f"SELECT row_id, before, after FROM change_row WHERE change_id = ? AND what = ?"
            f" AND row_id {_AMONG} ORDER BY row_id",
            (found.change.id, "file" if what == "collection" else what, as_json(list(ids))),
        )
    ]
    files: dict[int, FileImage] = {}
    if found.change.kind == "merge" and what == "track":
        files = await file_images(reader, found.change.id, ids)
    names = await _names(reader, _mentioned(what, rows))
    return [
        _of_row((what, id), before, after, names, files.get(id), _state(found, (what, id)))
        for id, before, after in rows
    ]


def _mentioned(what: str, rows: Iterable[tuple[int, Any, Any]]) -> set[int]:
    """The tracks that rows are about, beside their own."""
    found: set[int | None] = set()
    for _, was, now in rows:
        if what == "playlist" and was and now:
            found |= {id for exchanged in words.exchanged(was, now) for id in exchanged[: words.ITEMS]}
        else:
            found |= {side.get(name) for side in (was, now) if side for name in ("track_id", "keeper")}
    return {id for id in found if id is not None}


def _of_row(key: Key, before: Any, after: Any, names: Names, file: FileImage | None, state: State) -> Item:
    """A track as a whole, a playlist, a conflict, or a collection."""
    what, id = key
    image = before or after or {}
    if what == "track":
        row = image.get("row", {})
        name = " - ".join(text for text in (row.get("artist"), row.get("title")) if text)
        said = ["back in the library" if before is None else "removed from the library"]
        if (keeper := image.get("keeper")) is not None:
            said = [f"merged into {words.track(keeper, names)}"]
        if file is not None and (path := file.after.get("path")) is not None:
            said.append(f"file moved to {path}")
        return Item(key, name or f"track {id}", said, state, id)
    if what == "playlist":
        kind = "" if image.get("kind", "list") == "list" else f"{image['kind']} "
        return Item(key, f"{kind}{image.get('name', id)}", words.playlist(before, after, names), state)
    if what == "conflict":
        track = image.get("track_id")
        name = words.track(track, names) if track is not None else "a playlist"
        return Item(key, name, words.conflict(before, after), state, track)
    backup = (after or {}).get("backup")
    said = [f"put back from {PurePath(backup).name}" if backup else "written"]
    return Item(key, "the collection", said, state)


async def _brought(reader: Reader, what: str, ids: Sequence[int]) -> list[Item]:
    if what == "new":
        names = await _names(reader, ids)
        return [Item((what, id), name, ["new in the library"], track=id) for id, name in names.items()]
    rows = await reader.fetchall(f"SELECT id, name FROM playlist WHERE id {_AMONG}", (as_json(list(ids)),))
    return [Item((what, row["id"]), row["name"], ["new playlist"]) for row in rows]


# -- what was written elsewhere -------------------------------------------------------------------


async def _read_export(reader: Reader, found: Touched) -> None:
    export = await journal.of_change(reader, found.change.id)
    if export is None:
        return
    fate: str = export.state
    if fate == "lost" and await journal.put_back_since(reader, export.file_id, found.change.id):
        fate = "put back"
    found.notes += [_FATES[fate]] if fate in _FATES else []
    edits = found.edits = export.edits
    groups: list[tuple[str, Sequence[int]]] = [
        ("entry", sorted(edits.fields.keys() | edits.moved.keys())),
        ("node", range(len(edits.nodes))),
        ("added", range(len(edits.added))),
        ("removed", range(len(edits.removed))),
    ]
    found.groups += [(what, ids) for what, ids in groups if ids]


async def _exported(reader: Reader, edits: Edits, what: str, ids: Sequence[int]) -> list[Item]:
    """What an export wrote into the collection."""
    if what == "node":
        return [Item((what, id), *words.node(*edits.nodes[id])) for id in ids]
    if what == "entry":
        rows = await reader.fetchall(
            f"SELECT id, track_id FROM nml_entry WHERE id {_AMONG}", (as_json(list(ids)),)
        )
        tracks = {row["id"]: row["track_id"] for row in rows}
    else:
        rows_of = edits.added if what == "added" else edits.removed
        tracks = {id: rows_of[id].get("track") for id in ids}
    names = await _names(reader, [track for track in tracks.values() if track is not None])
    made = []
    for id in ids:
        track = tracks.get(id)
        name = names.get(track or 0, "a track that is gone")
        if what == "entry":
            changes = dict(edits.fields.get(id, {}))
            if (move := edits.moved.get(id)) is not None:
                changes["path"] = portable(move.old), portable(move.new)
            sides = [{field: pair[side] for field, pair in changes.items()} for side in (0, 1)]
            made.append(Item((what, id), name, words.fields(*sides), "done", track, changes))
        elif what == "added":
            made.append(Item((what, id), name, ["new in the collection"], track=track))
        else:
            key = portable(edits.removed[id].get("key", ""))
            made.append(Item((what, id), PurePath(key).name, ["taken out of the collection"]))
    return made


async def _route_writes(reader: Reader, change: Change) -> list[Item]:
    """What a run of routing, or the undo of one, did to playlists on Spotify."""
    rows = await reader.fetchall(
        "SELECT child.name, part, added, removed, kept, write.error FROM route_write AS write"
        " JOIN route_run AS run ON run.id = run_id LEFT JOIN route_child AS child ON child.id = child_id"
        " WHERE run.change_id = ? AND write.requests > 0 ORDER BY child.position, part DESC",
        (change.id,),
    )
    made = []
    for number, row in enumerate(rows):
        name = (row["name"] or "a child that is gone") + (" ?" if row["part"] == "review" else "")
        said = [f"+{row['added']:,} -{row['removed']:,}, {row['kept']:,} kept"]
        said += [row["error"]] if row["error"] else []
        made.append(Item(("route", number), name, said))
    return made


# -- both -----------------------------------------------------------------------------------------


def _state(found: Touched, key: Key) -> State:
    return "undone" if found.change.undone is not None or key in found.taken else "done"


async def _names(reader: Reader, ids: Iterable[int]) -> dict[int, str]:
    rows = await reader.fetchall(
        f"SELECT id, artist, title, coalesce(path, location) AS place FROM track WHERE id {_AMONG}",
        (as_json(list(ids)),),
    )
    return {
        row["id"]: " - ".join(text for text in (row["artist"], row["title"]) if text)
        or PurePath(row["place"] or f"track {row['id']}").name
        for row in rows
    }
