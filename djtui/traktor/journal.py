"""The journal of exports: what each wrote, and how the library forgets an export that did not last.

An export stands here before the file is replaced. Afterwards its old and new values tell whether Traktor,
which holds its collection in memory and writes it when it quits, has overwritten it: then its edits wait for
export again, and are neither edits nor deletions made in Traktor.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeVar

from djtui.library import history, tracks
from djtui.library.database import Reader, Tx
from djtui.library.tracks import as_json
from djtui.model.cue import IDENTITY as CUE
from djtui.model.cue import by_identity, with_cue
from djtui.traktor.location import key_hash
from djtui.traktor.merge_tree import ORDER
from djtui.traktor.nml import Fingerprint
from djtui.traktor.tree_sides import read_rows, read_sides

T = TypeVar("T")
Store = Callable[[Tx], Awaitable[None]]
NodePair = tuple[dict[str, Any] | None, dict[str, Any] | None]

State = Literal["replacing", "written", "kept", "lost", "undone", "dropped"]
"""replacing: the file may or may not have been replaced; written: it was; kept: Traktor has taken it over;
lost: Traktor has overwritten it; undone: from the history; dropped: it never took place."""

_SIDES: Final = ("base", "library", "traktor")
_COLUMNS: Final = "id, file_id, job_id, change_id, at, state, source, result, temporary, backup, edits"


class Move(NamedTuple):
    """An entry's key before and after an export, and what its bytes hashed to before (hex)."""

    old: str
    new: str
    hash: str


@dataclass(slots=True)
class Edits:
    """What an export changed in the file. Hashes are hex.

    `fields`: entry -> synced field -> (old, new). `hashes`: entry -> what its bytes hash to now. `added`,
    `removed`: rows of nml_entry that came (id: None until they are stored) and went. `nodes`: rows of
    nml_node as (before, after), None where there was or is none. `moved`: entries that have another key now.
    """

    fields: dict[int, dict[str, tuple[Any, Any]]] = field(default_factory=dict)
    hashes: dict[int, str] = field(default_factory=dict)
    added: list[dict[str, Any]] = field(default_factory=list)
    removed: list[dict[str, Any]] = field(default_factory=list)
    nodes: list[NodePair] = field(default_factory=list)
    moved: dict[int, Move] = field(default_factory=dict)

    @property
    def entries(self) -> int:
        """How many tracks it touched."""
        return len(self.fields.keys() | self.moved.keys()) + len(self.added) + len(self.removed)

    def as_json(self) -> str:
        """As the journal keeps it."""
        return as_json({item.name: getattr(self, item.name) for item in fields(self)})

    @classmethod
    def of(cls, text: str) -> Edits:
        """What `as_json` wrote."""
        read = json.loads(text)
        fields = {
            int(entry): {name: (old, new) for name, (old, new) in pairs.items()}
            for entry, pairs in read.pop("fields").items()
        }
        hashes = {int(entry): hash for entry, hash in read.pop("hashes").items()}
        nodes = [(before, after) for before, after in read.pop("nodes")]
        moved = {int(entry): Move(*move) for entry, move in read.pop("moved", {}).items()}
        return cls(fields=fields, hashes=hashes, nodes=nodes, moved=moved, **read)


@dataclass(frozen=True, slots=True)
class Export:
    """An export as the journal has it. `source` and `result` are blake2b-16 of the file before and after."""

    id: int
    file_id: int
    job_id: int | None
    change_id: int | None
    at: str
    state: State
    source: bytes
    result: bytes
    temporary: str
    backup: str | None
    edits: Edits


async def exports(library: Reader, file_id: int | None, *states: State) -> list[Export]:
    """The exports of a file that are in one of these states, oldest first."""
    rows = await library.fetchall(
        f"SELECT {_COLUMNS} FROM nml_export WHERE file_id IS ? AND state IN ({','.join('?' * len(states))})"
        " ORDER BY id",
        (file_id, *states),
    )
    return [Export(**(dict(row) | {"edits": Edits.of(row["edits"])})) for row in rows]


async def of_change(library: Reader, change_id: int) -> Export | None:
    """The export that an entry of the history stands for."""
    row = await library.fetchone(f"SELECT {_COLUMNS} FROM nml_export WHERE change_id = ?", (change_id,))
    return Export(**(dict(row) | {"edits": Edits.of(row["edits"])})) if row is not None else None


async def put_back_since(reader: Reader, file_id: int, change_id: int | None) -> bool:
    """Whether the DJ has put a backup in the collection's place since a change."""
    row = await reader.fetchone(
        "SELECT 1 FROM change JOIN change_row ON change_id = change.id"
        " WHERE change.id > ? AND what = 'file' AND row_id = ? LIMIT 1",
        (change_id, file_id),
    )
    return row is not None


async def announce(
    tx: Tx,
    file_id: int,
    job_id: int,
    source: bytes,
    result: bytes,
    temporary: Path,
    backup: Path | None,
    edits: Edits,
) -> int:
    """Note an export that is about to replace the file. Returns its number."""
    rows = await tx.fetchall(
        "INSERT INTO nml_export (file_id, job_id, at, state, source, result, temporary, backup, edits)"
        " VALUES (?, ?, ?, 'replacing', ?, ?, ?, ?, ?) RETURNING id",
        (
            file_id,
            job_id,
            history.now(),
            source,
            result,
            str(temporary),
            None if backup is None else str(backup),
            edits.as_json(),
        ),
    )
    return int(rows[0]["id"])


async def mark(tx: Tx, export_id: int, state: State) -> None:
    """Say what became of an export."""
    await tx.execute("UPDATE nml_export SET state = ? WHERE id = ?", (state, export_id))


async def finish(tx: Tx, export: Export, print_: Fingerprint) -> None:
    """Note in the library that the file has what an export wrote. What was edited meanwhile stays pending."""
    edits = export.edits
    await settle(tx, edits)
    await _rekey(tx, export.file_id, {entry: (move.old, move.new) for entry, move in edits.moved.items()})
    for row in edits.added:
        rows = await tx.fetchall(
            "INSERT INTO nml_entry (file_id, track_id, hash, cues, key_hash, key)"
            " SELECT ?, id, ?, ?, ?, ? FROM track WHERE id = ? RETURNING id",
            (
                export.file_id,
                bytes.fromhex(row["hash"]),
                row["cues"],
                row["key_hash"],
                row["key"],
                row["track"],
            ),
        )
        row["id"] = rows[0]["id"] if rows else None
    await tx.executemany("DELETE FROM nml_entry WHERE id = ?", [(row["id"],) for row in edits.removed])
    for before, after in edits.nodes:
        if after is None:
            assert before is not None
            await tx.execute("DELETE FROM nml_node WHERE id = ?", (before["id"],))
        else:
            after["id"] = await _store_node(tx, export.file_id, after)
    await tx.execute(
        "UPDATE nml_file SET digest = ?, size = ?, mtime_ns = ?, imported = ? WHERE id = ?",
        (export.result, print_.size, print_.mtime_ns, history.now(), export.file_id),
    )
    file = await tx.fetchone("SELECT path FROM nml_file WHERE id = ?", (export.file_id,))
    name = Path(file["path"]).name if file is not None else "the collection"
    change = await history.begin(tx, "export", f"Export to {name}", job_id=export.job_id)
    await tx.execute("UPDATE change SET items = ? WHERE id = ?", (edits.entries or len(edits.nodes), change))
    await tx.execute(
        "UPDATE nml_export SET state = 'written', change_id = ?, edits = ? WHERE id = ?",
        (change, edits.as_json(), export.id),
    )


async def what_is_left(library: Reader, file_id: int, *, whole: bool) -> Store:
    """What notes that playlists which the file has now wait no more, unless one is changed meanwhile."""
    revision = "SELECT value FROM meta WHERE name = 'playlists'"
    read_at = await library.fetchone(revision)
    same: list[int] = []
    if await library.fetchone("SELECT 1 FROM playlist WHERE edited LIMIT 1") is not None:
        sides = await read_sides(library, file_id, await read_rows(library, file_id), None, whole=whole)
        same = [sides.playlists[id] for id, node in sides.library.items() if sides.base.get(id) == node]

    async def store(tx: Tx) -> None:
        if await tx.fetchone(revision) == read_at:
            await tx.executemany(
                "UPDATE playlist SET edited = 0 WHERE edited AND id = ?", [(id,) for id in same]
            )

    return store


async def forget(tx: Tx, export: Export, state: State) -> None:
    """Make what an export wrote wait for export again, for the file no longer has it."""
    edits = export.edits
    await _old_bases(tx, edits.fields)
    await _rekey(tx, export.file_id, {entry: (move.new, move.old) for entry, move in edits.moved.items()})
    await tx.executemany("DELETE FROM nml_entry WHERE id = ?", [(row["id"],) for row in edits.added])
    await tx.executemany(
        "INSERT OR IGNORE INTO nml_entry (id, file_id, hash, audio, cues, key_hash, key)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                row["id"],
                export.file_id,
                bytes.fromhex(row["hash"]),
                bytes.fromhex(row["audio"]) if row["audio"] else None,
                row["cues"],
                row["key_hash"],
                row["key"],
            )
            for row in edits.removed
        ],
    )
    for before, after in edits.nodes:
        if before is None:
            assert after is not None
            await tx.execute("DELETE FROM nml_node WHERE id = ?", (after["id"],))
        else:
            await _store_node(tx, export.file_id, before)
        playlist = (before or after or {}).get("playlist_id")
        await tx.execute("UPDATE playlist SET edited = 1 WHERE id = ?", (playlist,))
    await tx.execute("UPDATE nml_file SET digest = NULL, mtime_ns = NULL WHERE id = ?", (export.file_id,))
    await mark(tx, export.id, state)


async def _rekey(tx: Tx, file_id: int, keys: Mapping[int, tuple[str, str]]) -> None:
    """The file has other keys: entry -> (which it had, which it has). Where that is not where the track's
    file lies, for it was moved (again, or back) or the export did not last, the move waits.
    """
    if not keys:
        return
    await tx.executemany(
        "UPDATE nml_entry SET key = :has, key_hash = :hash,"
        " moved = nullif(coalesce(moved, key), :has) WHERE id = :id",
        [{"id": id, "has": has, "hash": key_hash(has)} for id, (_, has) in keys.items()],
    )
    now = dict(keys.values())
    for row in await tx.fetchall(
        "SELECT id, base, library, traktor FROM conflict WHERE file_id = ? AND field = ?", (file_id, ORDER)
    ):
        sides = ([now.get(key, key) for key in json.loads(row[side] or "[]")] for side in _SIDES)
        await tx.execute(
            "UPDATE conflict SET base = ?, library = ?, traktor = ? WHERE id = ?",
            (*map(as_json, sides), row["id"]),
        )


async def settle(tx: Tx, edits: Edits) -> None:
    """The file has the new values: what the library has changed since is all that still differs."""
    new = {entry: {name: new for name, (_, new) in pairs.items()} for entry, pairs in edits.fields.items()}
    for part in parts(sorted(edits.fields.keys() | edits.hashes.keys())):
        bases = await agreed(tx, {entry: new.get(entry, {}) for entry in part})
        rows = await tx.fetchall(
            f"SELECT id, track_id FROM nml_entry WHERE id IN ({','.join('?' * len(part))})", part
        )
        images = await tracks.images(tx, [row["track_id"] for row in rows if row["track_id"]], cues=True)
        stored = []
        for row in rows:
            image = images.get(row["track_id"], {})
            base = {name: value for name, value in bases[row["id"]].items() if value != image.get(name)}
            hash = edits.hashes.get(row["id"])
            stored.append((as_json(base) if base else None, hash and bytes.fromhex(hash), row["id"]))
        await tx.executemany("UPDATE nml_entry SET base = ?, hash = coalesce(?, hash) WHERE id = ?", stored)


async def agreed(library: Reader, values: Mapping[int, Mapping[str, Any]]) -> dict[int, dict[str, Any]]:
    """The bases of entries, now that the file has these values.

    Of a cue over which there is an open conflict the file has Traktor's, but nobody has agreed to that: it
    keeps the base that it has. Else the conflict would be taken for settled, and one side be lost.
    """
    found = {}
    for part in parts(sorted(values)):
        asked = await _asked_cues(library, part)
        rows = await library.fetchall(
            f"SELECT id, base FROM nml_entry WHERE id IN ({','.join('?' * len(part))})", part
        )
        for row in rows:
            before = json.loads(row["base"] or "{}")
            base = before | values[row["id"]]
            for identity in asked.get(row["id"], ()) if "cues" in values[row["id"]] else ():
                was = by_identity(before.get("cues") or ()).get(identity)
                base["cues"] = with_cue(base["cues"], identity, was)
            found[row["id"]] = base
    return found


async def _asked_cues(library: Reader, entries: Sequence[int]) -> dict[int, list[str]]:
    """The cues, by identity, over which there is an open conflict: of each entry."""
    rows = await library.fetchall(
        "SELECT nml_entry.id, field FROM conflict JOIN nml_entry USING (file_id, track_id)"
        f" WHERE nml_entry.id IN ({','.join('?' * len(entries))}) AND substr(field, 1, ?) = ?",
        (*entries, len(CUE), CUE),
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row["id"], []).append(row["field"])
    return found


async def _old_bases(tx: Tx, fields: Mapping[int, Mapping[str, tuple[Any, Any]]]) -> None:
    old = {entry: {name: old for name, (old, _) in pairs.items()} for entry, pairs in fields.items()}
    bases = [(as_json(base), entry) for entry, base in (await agreed(tx, old)).items()]
    await tx.executemany("UPDATE nml_entry SET base = ? WHERE id = ?", bases)


async def _store_node(tx: Tx, file_id: int, node: Mapping[str, Any]) -> int:
    rows = await tx.fetchall(
        "INSERT OR REPLACE INTO nml_node (id, file_id, playlist_id, identity, hash, base)"
        " VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        (
            node["id"],
            file_id,
            node["playlist_id"],
            node["identity"],
            bytes.fromhex(node["hash"]),
            as_json(node["base"]),
        ),
    )
    return int(rows[0]["id"])


def parts(values: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """The values, so many at a time as SQLite takes."""
    return (values[start : start + size] for start in range(0, len(values), size))
