"""Bases, their children and what the DJ said of single songs: what routing is told to do.

Whatever changes something wants a transaction (`routing.editing` opens one, and refuses where a job is at
work), and marks the routes as changed: meta `routes` is the revision of the last change.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, get_args

from djtui.library.database import Reader, Tx
from djtui.library.tracks import as_json
from djtui.query import QueryError, parse

ChildKind = Literal["spotify", "local"]
Policy = Literal["out", "in", "review"]

LIKED: Final = "liked"
"""The `spotify_id` of the base that the liked songs are."""

LIKED_NAME: Final = "Liked songs"
LONGEST: Final = 100
"""Characters that the name of a playlist may have on Spotify."""


class RouteError(Exception):
    """A base or a child cannot be what it is wanted to be; the message is a sentence for the DJ."""


@dataclass(frozen=True, slots=True)
class Base:
    """A playlist whose songs go to children. `applied`, `snapshot`: of the last run that came to its end."""

    id: int
    spotify_id: str
    name: str
    on_change: bool = False
    every_min: int = 0
    applied: str | None = None
    snapshot: str | None = None

    @property
    def is_liked(self) -> bool:
        return self.spotify_id == LIKED


@dataclass(frozen=True, slots=True)
class Child:
    """A playlist that a rule fills. `exceptions`, by uri: True is always in it, False never."""

    id: int
    base_id: int
    name: str
    position: int = 0
    kind: ChildKind = "spotify"
    description: str | None = None
    public: bool = False
    active: bool = True
    rule: str = ""
    unknown: Policy = "out"
    spotify_id: str | None = None
    playlist_id: int | None = None
    review_id: str | None = None
    digest: bytes | None = None
    applied: str | None = None
    exceptions: Mapping[str, bool] = field(default_factory=dict)

    def title(self, base: Base) -> str:
        """What the playlist is called: "[Friday] > Warm-up"."""
        return f"[{base.name}] > {self.name}"

    def review_title(self, base: Base) -> str:
        """What the playlist with the songs the rule cannot judge is called: "[Friday] > Warm-up ?"."""
        return f"{self.title(base)} ?"


_BASE: Final = tuple(column.name for column in fields(Base))
_CHILD: Final = tuple(column.name for column in fields(Child) if column.name != "exceptions")
_BASE_EDITS: Final = frozenset(("name", "on_change", "every_min", "applied", "snapshot"))
_CHILD_EDITS: Final = frozenset(_CHILD) - {"id", "base_id", "position"}


# -- reading ----------------------------------------------------------------------------------------


async def bases(library: Reader) -> list[Base]:
    """Every base, by name."""
    rows = await library.fetchall(f"SELECT {', '.join(_BASE)} FROM route_base")
    found = [Base(**(dict(row) | {"on_change": bool(row["on_change"])})) for row in rows]
    return sorted(found, key=lambda base: (base.name.casefold(), base.id))


async def base(library: Reader, id: int) -> Base:
    """One base. Raises `RouteError` where it is gone."""
    for found in await bases(library):
        if found.id == id:
            return found
    raise RouteError(f"There is no base with the number {id} any more.")


async def children(library: Reader, base_id: int) -> list[Child]:
    """The children of a base, in order."""
    return await _children(library, "base_id = ?", base_id)


async def child(library: Reader, id: int) -> Child:
    """One child. Raises `RouteError` where it is gone."""
    for found in await _children(library, "id = ?", id):
        return found
    raise RouteError(f"There is no child with the number {id} any more.")


async def gone(library: Reader, children: Iterable[Child]) -> frozenset[int]:
    """The children whose playlist is no longer in the account, as far as the library knows."""
    rows = await library.fetchall("SELECT spotify_id FROM spotify_playlist")
    here = {row["spotify_id"] for row in rows}
    return frozenset(it.id for it in children if it.spotify_id is not None and it.spotify_id not in here)


async def _children(library: Reader, condition: str, id: int) -> list[Child]:
    rows = await library.fetchall(
        f"SELECT {', '.join(_CHILD)} FROM route_child WHERE {condition} ORDER BY position, id", (id,)
    )
    said: defaultdict[int, dict[str, bool]] = defaultdict(dict)
    for row in await library.fetchall(
        "SELECT child_id, uri, kept FROM route_exception"
        " WHERE child_id IN (SELECT value FROM json_each(?)) ORDER BY uri",
        (as_json([row["id"] for row in rows]),),
    ):
        said[row["child_id"]][row["uri"]] = bool(row["kept"])
    return [
        Child(**(dict(row) | _flags(row, "public", "active")), exceptions=said[row["id"]]) for row in rows
    ]


def _flags(row: Any, *names: str) -> dict[str, bool]:
    return {name: bool(row[name]) for name in names}


# -- bases ------------------------------------------------------------------------------------------


async def add_base(tx: Tx, spotify_id: str) -> int:
    """Make a playlist of the account, or the liked songs (`LIKED`), a base. Returns its id.

    Raises `RouteError` if it is one, is not known, or its songs are not sent to any app.
    """
    name = LIKED_NAME
    if spotify_id != LIKED:
        row = await tx.fetchone(
            "SELECT name, readable FROM spotify_playlist WHERE spotify_id = ?", (spotify_id,)
        )
        if row is None:
            raise RouteError(f"There is no playlist {spotify_id} in your account: sync with Spotify first.")
        name = row["name"] or spotify_id
        if not row["readable"]:
            raise RouteError(
                f"{name} is somebody else's playlist, whose songs Spotify sends to no app. "
                "Copy its songs into a playlist of your own."
            )
    if await tx.fetchone("SELECT id FROM route_base WHERE spotify_id = ?", (spotify_id,)):
        raise RouteError(f"{name} is a base already.")
    inserted = await tx.execute("INSERT INTO route_base (spotify_id, name) VALUES (?, ?)", (spotify_id, name))
    await _changed(tx)
    assert inserted.lastrowid is not None
    return inserted.lastrowid


async def change_base(tx: Tx, id: int, **values: Any) -> None:
    """Set some of: name, on_change, every_min, applied, snapshot. Raises `RouteError`."""
    if values.get("every_min", 0) < 0:
        raise RouteError("A schedule wants a number of minutes; 0 is none.")
    await _update(tx, "route_base", id, values, _BASE_EDITS)


async def remove_base(tx: Tx, id: int) -> None:
    """Forget a base with its children and runs. The playlists on Spotify stay as they are."""
    await tx.execute("DELETE FROM route_base WHERE id = ?", (id,))
    await _changed(tx)


# -- children ---------------------------------------------------------------------------------------


async def add_child(tx: Tx, base_id: int, name: str, **values: Any) -> int:
    """A new child, the last of its base; `values` as `change_child` takes them. Returns its id.

    Raises `RouteError`.
    """
    owner = await base(tx, base_id)
    there = await children(tx, base_id)
    wanted = _checked(owner, there, None, {"name": name} | values)
    columns = ("base_id", "position", *wanted)
    inserted = await tx.execute(
        f"INSERT INTO route_child ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        (base_id, len(there), *wanted.values()),
    )
    await _changed(tx)
    assert inserted.lastrowid is not None
    return inserted.lastrowid


async def change_child(tx: Tx, id: int, **values: Any) -> None:
    """Set some of a child's values, whatever `Child` has but its place, base and exceptions.

    Raises `RouteError`: a rule that is none, a name that another child of the base has.
    """
    present = await child(tx, id)
    owner = await base(tx, present.base_id)
    siblings = await children(tx, present.base_id)
    await _update(tx, "route_child", id, _checked(owner, siblings, id, values), _CHILD_EDITS)


async def move_child(tx: Tx, id: int, position: int) -> None:
    """Put a child before the one at `position`, counted without itself; too far is last."""
    moved = await child(tx, id)
    order = [other.id for other in await children(tx, moved.base_id) if other.id != id]
    order.insert(max(0, position), id)
    await _renumber(tx, order)


async def remove_child(tx: Tx, id: int) -> None:
    """Forget a child. Its playlist stays as it is."""
    gone = await child(tx, id)
    await tx.execute("DELETE FROM route_child WHERE id = ?", (id,))
    await _renumber(tx, [other.id for other in await children(tx, gone.base_id)])


async def except_songs(tx: Tx, child_id: int, uris: Iterable[str], kept: bool | None) -> None:
    """Say of songs that they are always in a child (True), never (False), or as its rule says (None)."""
    await child(tx, child_id)
    named = [(child_id, uri) for uri in uris]
    if kept is None:
        await tx.executemany("DELETE FROM route_exception WHERE child_id = ? AND uri = ?", named)
    else:
        await tx.executemany(
            "INSERT OR REPLACE INTO route_exception (child_id, uri, kept) VALUES (?, ?, ?)",
            [(*one, kept) for one in named],
        )
    await _changed(tx)


# -- steps ------------------------------------------------------------------------------------------


def _checked(
    owner: Base, siblings: Sequence[Child], id: int | None, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The values of a child as they are stored. Raises `RouteError`."""
    if unknown := set(values) - _CHILD_EDITS:
        raise TypeError(f"A child has no {min(unknown)} to set.")
    wanted = dict(values)
    if "name" in wanted:
        name = wanted["name"] = _name(wanted["name"])
        if any(name.casefold() == other.name.casefold() for other in siblings if other.id != id):
            raise RouteError(f"{owner.name} has a child {name} already: choose another name.")
        longest = Child(0, owner.id, name).review_title(owner)
        if len(longest) > LONGEST:
            raise RouteError(
                f"{longest} is longer than the {LONGEST} characters that Spotify takes: shorten it."
            )
    if "rule" in wanted:
        try:
            parse(wanted["rule"])
        except QueryError as error:
            raise RouteError(f"This is not a rule: {error}") from error
    merged = {"kind": "spotify", "unknown": "out"} | _of(id, siblings) | wanted
    if merged["kind"] == "local" and merged["unknown"] == "review":
        raise RouteError("A playlist of the library has no review playlist: let the unknown ones in or out.")
    for column, allowed in (("kind", get_args(ChildKind)), ("unknown", get_args(Policy))):
        if wanted.get(column, allowed[0]) not in allowed:
            raise RouteError(f"{column} is one of {', '.join(allowed)}, not {wanted[column]}.")
    return wanted


def _of(id: int | None, siblings: Sequence[Child]) -> dict[str, Any]:
    return {
        key: value
        for each in siblings
        if each.id == id
        for key, value in (("kind", each.kind), ("unknown", each.unknown))
    }


def _name(text: str) -> str:
    name = unicodedata.normalize("NFC", text).strip()
    if not name:
        raise RouteError("A child wants a name.")
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in name):
        raise RouteError("The name holds control characters: leave them out.")
    return name


async def _update(tx: Tx, table: str, id: int, values: Mapping[str, Any], allowed: frozenset[str]) -> None:
    if unknown := set(values) - allowed:
        raise TypeError(f"{table} has no {min(unknown)} to set.")
    if values:
        columns = ", ".join(f"{name} = ?" for name in values)
        await tx.execute(f"UPDATE {table} SET {columns} WHERE id = ?", (*values.values(), id))
        await _changed(tx)


async def _renumber(tx: Tx, order: Sequence[int]) -> None:
    await tx.executemany(
        "UPDATE route_child SET position = ? WHERE id = ?", [(at, id) for at, id in enumerate(order)]
    )
    await _changed(tx)


async def _changed(tx: Tx) -> None:
    await tx.execute(
        "INSERT INTO meta VALUES ('routes', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (await tx.revision(),),
    )
