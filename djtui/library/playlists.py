"""Playlists, folders and smart lists: the tree of crates, and every change that a DJ makes to it.

Each function that changes something is one change of the history, marks as `edited` what an export has to
look at, and does nothing at all where there is nothing to change.
"""

from __future__ import annotations

import unicodedata
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from djtui.library import journal
from djtui.library.database import Library, Reader, Tx
from djtui.library.playlist_paths import find, paths
from djtui.library.playlist_rows import (
    Item,
    drop,
    images,
    insert_image,
    items,
    new_id,
    renumber,
    restore,
    restore_content,
    set_items,
)
from djtui.library.playlist_tree import WORDS, PlaylistError, PlaylistTree
from djtui.library.tracks import as_json
from djtui.model.playlist import Playlist, PlaylistKind
from djtui.query import QueryError, parse

__all__ = [
    "Item",
    "PlaylistError",
    "add",
    "all_playlists",
    "create",
    "delete",
    "drop",
    "find",
    "images",
    "insert_image",
    "items",
    "move",
    "new_id",
    "order",
    "paths",
    "remove",
    "rename",
    "renumber",
    "reorder",
    "restore",
    "set_items",
    "set_query",
]

_COLUMNS: Final = "id, parent_id, position, kind, source, name, items, uuid, query, foreign_query, edited"

KIND: Final = "playlist"
"""The kind of these changes in the history."""


async def all_playlists(library: Reader) -> list[Playlist]:
    """The whole tree, parents before their children, each level in its order."""
    rows = await library.fetchall(f"SELECT {_COLUMNS} FROM playlist ORDER BY parent_id, position, id")
    children: dict[int | None, list[Playlist]] = {}
    for row in rows:
        playlist = Playlist(**(dict(row) | {"edited": bool(row["edited"])}))
        children.setdefault(playlist.parent_id, []).append(playlist)
    ordered: list[Playlist] = []
    waiting = children.get(None, [])[::-1]
    while waiting:
        playlist = waiting.pop()
        ordered.append(playlist)
        waiting += children.get(playlist.id, [])[::-1]
    return ordered


# -- the tree -------------------------------------------------------------------------------------


async def create(
    library: Library,
    name: str,
    kind: PlaylistKind = "list",
    parent: int | None = None,
    position: int | None = None,
    track_ids: Sequence[int] = (),
    query: str | None = None,
) -> tuple[int, int]:
    """Make a playlist, a folder, or a smart playlist of our own query. Returns (its id, the change).

    Raises `PlaylistError`.
    """
    name = _name(name)
    if (kind == "smart") != (query is not None):
        raise PlaylistError("A smart playlist has a filter, a playlist and a folder have none.")
    if kind != "list" and track_ids:
        raise PlaylistError("Only a playlist holds tracks.")
    if query is not None:
        _check_query(query)
    async with library.writing() as tx:
        tree = await PlaylistTree.read(tx)
        _refuse_namesake(tree, kind, name, parent)
        id = await new_id(tx)
        tree.add(id, kind, name, (parent, position))
        await tx.execute(
            "INSERT INTO playlist (id, parent_id, position, kind, source, name, uuid, query, edited)"
            " VALUES (?, ?, -1, ?, 'djtui', ?, ?, ?, 1)",
            (id, parent, kind, name, None if kind == "folder" else uuid.uuid4().hex, query),
        )
        await tree.save(tx)
        await set_items(tx, id, await _items_of(tx, track_ids))
        with_tracks = f" with {_tracks(len(track_ids))}" if track_ids else ""
        change = await journal.begin(tx, KIND, f"{WORDS[kind]} {name}: created{with_tracks}")
        await journal.note(tx, change, "playlist", {id: (None, (await images(tx, [id]))[id])})
    return id, change


async def rename(library: Library, id: int, name: str) -> int | None:
    """Give a node another name. Returns the change, None if it has that name. Raises `PlaylistError`."""
    name = _name(name)
    async with library.writing() as tx:
        tree = await _tree_with(tx, id)
        was = tree.names[id]
        if name == was:
            return None
        _refuse_namesake(tree, tree.kinds[id], name, tree.parents[id], id)
        tree.rename(id, name)
        return await _change(tx, id, f"{WORDS[tree.kinds[id]]} {was}: renamed to {name}", {"name": name})


async def set_query(library: Library, id: int, query: str) -> int | None:
    """Give a smart playlist of our own another filter. Raises `PlaylistError`."""
    _check_query(query)
    async with library.writing() as tx:
        tree = await _tree_with(tx, id)
        was = (await images(tx, [id]))[id]["query"]
        if was is None:
            raise PlaylistError(f"{tree.names[id]} is no smart playlist of djtui: its filter cannot be set.")
        if query == was:
            return None
        return await _change(tx, id, f"Smart playlist {tree.names[id]}: {query}", {"query": query})


async def move(library: Library, id: int, parent: int | None, position: int | None = None) -> int | None:
    """Put a node into a folder (None: the top), before the child at `position` (None: last).

    Positions are counted without the node itself. Returns the change, None if it stands there. Raises
    `PlaylistError`.
    """
    async with library.writing() as tx:
        tree = await _tree_with(tx, id)
        name, was = tree.names[id], tree.place(id)
        if parent != was[0]:
            _refuse_namesake(tree, tree.kinds[id], name, parent, id)
        tree.move(id, (parent, position))
        place = tree.place(id)
        if place == was:
            return None
        await tree.save(tx)
        where = "to the top" if parent is None else f"into {tree.names[parent]}"
        how = where if parent != was[0] else f"to place {place[1] + 1}"
        change = await journal.begin(tx, KIND, f"{WORDS[tree.kinds[id]]} {name}: moved {how}")
        before, after = (
            {"name": name, "kind": tree.kinds[id], "parent_id": folder, "position": at}
            for folder, at in (was, place)
        )
        await journal.note(tx, change, "playlist", {id: (before, after)})
        await tx.touch("playlists")
        return change


async def delete(library: Library, ids: Iterable[int]) -> tuple[int, int | None]:
    """Delete nodes, folders with everything in them. Returns (nodes deleted, the change).

    The tracks stay, of course. Raises `PlaylistError`.
    """
    wanted = list(dict.fromkeys(ids))
    async with library.writing() as tx:
        tree = await PlaylistTree.read(tx)
        gone = tree.with_contents(wanted)
        if not gone:
            return 0, None
        kind, name = tree.kinds[gone[0]], tree.names[gone[0]]
        what = f"{WORDS[kind]} {name}" if len(wanted) == 1 else f"{len(wanted):,} playlists"
        title = f"{what}: deleted"
        if len(gone) > len(wanted):
            title += f" with {len(gone) - len(wanted):,} in {'it' if len(wanted) == 1 else 'them'}"
        change = await journal.begin(tx, KIND, title)
        kept = {id: image | {"position": tree.place(id)[1]} for id, image in (await images(tx, gone)).items()}
        await journal.note(tx, change, "playlist", {id: (image, None) for id, image in kept.items()})
        tree.remove(gone[::-1])
        await drop(tx, gone[::-1])
        await tree.save(tx)
    return len(gone), change


# -- what is in a list ----------------------------------------------------------------------------


async def add(
    library: Library, id: int, track_ids: Iterable[int], position: int | None = None, again: bool = False
) -> tuple[int, int | None]:
    """Put tracks into a list, at its end or before the item at `position`. Returns (added, the change).

    Those that are in it already are passed over, unless `again`. Raises `PlaylistError`.
    """
    async with library.writing() as tx:
        name, there = await _list(tx, id)
        present = set() if again else {item[0] for item in there}
        wanted = track_ids if again else dict.fromkeys(track_ids)
        new = await _items_of(tx, [track for track in wanted if track not in present])
        if not new:
            return 0, None
        at = len(there) if position is None else max(0, min(position, len(there)))
        title = f"Playlist {name}: {_tracks(len(new))} added"
        return len(new), await _set_items(tx, id, title, [*there[:at], *new, *there[at:]])


async def remove(library: Library, id: int, positions: Collection[int]) -> tuple[int, int | None]:
    """Take the items at these positions (from 0) out of a list. Returns (removed, the change).

    Raises `PlaylistError`.
    """
    async with library.writing() as tx:
        name, there = await _list(tx, id)
        chosen = _chosen(name, there, positions)
        if not chosen:
            return 0, None
        left = [item for at, item in enumerate(there) if at not in chosen]
        title = f"Playlist {name}: {_tracks(len(chosen))} removed"
        return len(chosen), await _set_items(tx, id, title, left)


async def reorder(library: Library, id: int, positions: Collection[int], to: int) -> int | None:
    """Move the items at these positions so that they stand before the item that is at `to` now.

    `to` may be the length of the list: then they stand last. Returns the change, None if they stand there.
    Raises `PlaylistError`.
    """

    def moved(name: str, there: list[Item]) -> tuple[str, list[Item]]:
        chosen = _chosen(name, there, positions)
        first = [item for at, item in enumerate(there) if at < to and at not in chosen]
        last = [item for at, item in enumerate(there) if at >= to and at not in chosen]
        between = [there[at] for at in sorted(chosen)]
        return f"Playlist {name}: {_tracks(len(chosen))} moved", [*first, *between, *last]

    return await _reorder(library, id, moved)


async def order(library: Library, id: int, track_ids: Sequence[int]) -> int | None:
    """Put a list in the order of these tracks, such as that of a sorted view.

    Items whose track is not named, or not known, stay behind, as they follow each other now. Returns the
    change, None if the list is in that order. Raises `PlaylistError`.
    """

    def ordered(name: str, there: list[Item]) -> tuple[str, list[Item]]:
        waiting: defaultdict[int | None, deque[int]] = defaultdict(deque)
        for at, (track, _, _) in enumerate(there):
            waiting[track].append(at)
        first = [waiting[track].popleft() for track in track_ids if waiting[track]]
        rest = sorted(set(range(len(there))).difference(first))
        return f"Playlist {name}: put in another order", [there[at] for at in (*first, *rest)]

    return await _reorder(library, id, ordered)


async def _reorder(
    library: Library, id: int, arranged: Callable[[str, list[Item]], tuple[str, list[Item]]]
) -> int | None:
    async with library.writing() as tx:
        name, there = await _list(tx, id)
        title, new = arranged(name, there)
        return None if new == there else await _set_items(tx, id, title, new)


# -- steps ----------------------------------------------------------------------------------------


async def _change(tx: Tx, id: int, title: str, new: Mapping[str, Any]) -> int:
    """Change columns or items of a playlist, as one entry of the history."""
    was = (await images(tx, [id]))[id]
    await restore_content(tx, id, new)
    named = {"name": was["name"], "kind": was["kind"]}
    change = await journal.begin(tx, KIND, title)
    before = named | {key: was[key] for key in new}
    await journal.note(tx, change, "playlist", {id: (before, named | dict(new))})
    return change


async def _set_items(tx: Tx, id: int, title: str, new: Sequence[Item]) -> int:
    return await _change(tx, id, title, {"items": [list(item) for item in new]})


async def _tree_with(tx: Tx, id: int) -> PlaylistTree:
    tree = await PlaylistTree.read(tx)
    if id not in tree:
        raise PlaylistError(f"There is no playlist with the number {id} any more.")
    return tree


async def _list(tx: Tx, id: int) -> tuple[str, list[Item]]:
    """The name and the items of a list."""
    row = await tx.fetchone("SELECT name, kind FROM playlist WHERE id = ?", (id,))
    if row is None:
        raise PlaylistError(f"There is no playlist with the number {id} any more.")
    if row["kind"] != "list":
        raise PlaylistError(f"{row['name']} is a {WORDS[row['kind']].lower()}: it has no tracks of its own.")
    return row["name"], await items(tx, id)


async def _items_of(tx: Tx, track_ids: Sequence[int]) -> list[Item]:
    """Items for those of the tracks that are in the library; an item says of what kind its track is."""
    rows = await tx.fetchall(
        "SELECT id, kind FROM track WHERE id IN (SELECT value FROM json_each(?))", (as_json(list(track_ids)),)
    )
    kinds = {row["id"]: row["kind"] for row in rows}
    return [(id, None, kinds[id]) for id in track_ids if id in kinds]


def _chosen(name: str, there: Sequence[Item], positions: Collection[int]) -> set[int]:
    chosen = set(positions)
    if chosen and not 0 <= min(chosen) <= max(chosen) < len(there):
        raise PlaylistError(f"{name} has only {_tracks(len(there))}: it was changed meanwhile. Look again.")
    return chosen


def _refuse_namesake(
    tree: PlaylistTree, kind: PlaylistKind, name: str, parent: int | None, but: int | None = None
) -> None:
    if tree.namesake(kind, name, parent, but) is not None:
        where = "at the top" if parent is None else f"in {tree.names.get(parent)}"
        raise PlaylistError(f"There is another {WORDS[kind].lower()} {name} {where}: choose another name.")


def _name(text: str) -> str:
    """A name as Traktor would write it: composed, on one line."""
    name = unicodedata.normalize("NFC", text).strip()
    if not name:
        raise PlaylistError("A playlist wants a name.")
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in "\ufffe\uffff" for char in name):
        raise PlaylistError("The name holds control characters: leave them out.")
    return name


def _check_query(query: str) -> None:
    try:
        parse(query)
    except QueryError as error:
        raise PlaylistError(f"This is not a filter: {error}") from error


def _tracks(count: int) -> str:
    return f"{count:,} track{'' if count == 1 else 's'}"
