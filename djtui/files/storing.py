"""What a scan writes: new tracks, what the tags of known ones changed, and the files as they were read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import PurePath
from typing import Any, Final, NamedTuple
from unicodedata import normalize

from djtui.files.scan_merge import merged
from djtui.files.scan_read import FILE, TAGGED, ReadFile, Trouble
from djtui.files.scan_state import KIND
from djtui.library import history, tracks
from djtui.library.database import Reader, Tx
from djtui.library.tracks import as_json

_AMONG: Final = "IN (SELECT value FROM json_each(?))"
_FILE: Final = ("track_id", *FILE, "scanned")
_PUT_FILE: Final = (
    f"INSERT INTO file ({', '.join(_FILE)}) VALUES ({', '.join('?' * len(_FILE))})"
    " ON CONFLICT (track_id) DO UPDATE SET whole = CASE WHEN payload = excluded.payload THEN whole END, "
    + ", ".join(f"{name} = excluded.{name}" for name in _FILE[1:])
)
_PART: Final = 500
_FREQUENT: Final = 2000  # files of one sound: silence, most likely

Candidates = Mapping[str, Sequence[tuple[int, str]]]
"""New path -> the tracks whose file may lie there now, and where it was."""


class Known(NamedTuple):
    """What the library has of a path: the track, and how its file was when it was read (None: never)."""

    track_id: int
    path: str
    missing: int | None
    size: int | None
    mtime_ns: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What a file that was read changes in its track; `moved`: it lies elsewhere now."""

    track_id: int
    read: ReadFile
    before: dict[str, Any]
    after: dict[str, Any]
    moved: bool = False


@dataclass(slots=True)
class Plan:
    """What some files come to, at one revision of the library."""

    revision: int
    new: list[ReadFile] = field(default_factory=list)
    known: list[Difference] = field(default_factory=list)

    @property
    def updated(self) -> int:
        """How many tracks get other values; where a file lies, or that it is there again, is none. Those
        whose files lie elsewhere count as moved, whatever else changed."""
        return sum(bool(it.after.keys() - {"missing", "path"}) and not it.moved for it in self.known)

    @property
    def moved(self) -> dict[int, str]:
        """The tracks whose files lie elsewhere now, and where."""
        return {it.track_id: it.read.path for it in self.known if it.moved}


# -- what is known --------------------------------------------------------------------------------


async def known_at(library: Reader, paths: Sequence[str]) -> dict[str, Known]:
    """The tracks whose files these are. Where several tracks have one path, it is that of the first."""
    rows = await library.fetchall(
        "SELECT track.id, track.path, track.missing, file.size, file.mtime_ns"
        " FROM json_each(?) AS wanted CROSS JOIN track ON track.path = wanted.value"
        " LEFT JOIN file ON file.track_id = track.id AND file.path = track.path ORDER BY track.id DESC",
        (as_json(list(paths)),),
    )
    return {row[1]: Known(*row) for row in rows}


async def known_files(library: Reader, folders: Sequence[str]) -> int | None:
    """How many files the folders had at their last scan; None where one of them was never scanned."""
    rows = await library.fetchall(
        f"SELECT files FROM scan_folder WHERE files IS NOT NULL AND path {_AMONG}", (as_json(folders),)
    )
    return sum(row["files"] for row in rows) if len(rows) == len(folders) else None


async def reading_rate(library: Reader) -> float | None:
    """Files a second, as the last scans read them."""
    row = await library.fetchone(
        "SELECT avg(rate) AS rate FROM (SELECT phase.rate FROM job_phase AS phase"
        " JOIN job ON job.id = phase.job_id WHERE job.kind = ? AND phase.name = 'Reading'"
        " AND phase.added > 100 ORDER BY job.id DESC LIMIT 5)",
        (KIND,),
    )
    return row["rate"] if row is not None else None


async def troubles_at(library: Reader, paths: Sequence[str]) -> dict[str, Trouble]:
    """What could not be read at these paths before."""
    rows = await library.fetchall(
        f"SELECT path, size, mtime_ns, reason, failure FROM file_trouble WHERE path {_AMONG}",
        (as_json(list(paths)),),
    )
    return {row["path"]: Trouble(*row) for row in rows}


async def trashed(library: Reader) -> frozenset[str]:
    """Where the files lie that djtui has moved to the trash: they are no tracks, wherever the trash is."""
    rows = await library.fetchall(
        "SELECT target FROM file_step WHERE kind = 'trash' AND state IN ('meant', 'done')"
    )
    return frozenset(row["target"] for row in rows)


async def maybe_moved(library: Reader, read: Sequence[ReadFile], seen: Callable[[int], bool]) -> Candidates:
    """For files at paths that no track has: the tracks that may lie there now.

    Their files had the same size and sound; or the same path but for the way its letters are composed, for
    Traktor's paths are composed whatever the disk has. A track that was `seen` was copied; of the others the
    caller has to look whether their file is still there.
    """
    found: dict[str, dict[int, str]] = {it.path: {} for it in read}
    sounds: dict[tuple[bytes, int], list[str]] = {}
    for it in read:
        sounds.setdefault((it.payload, it.size), []).append(it.path)
    payloads = list({payload for payload, _ in sounds})
    for start in range(0, len(payloads), _PART):
        part = await _rare(library, payloads[start : start + _PART])
        for row in await library.fetchall(
            "SELECT file.payload, file.size, track.id, track.path FROM file"
            " JOIN track ON track.id = file.track_id AND track.path = file.path"
            f" WHERE payload IN ({','.join('?' * len(part))})",
            part,
        ):
            if not seen(row["id"]):
                for path in sounds.get((row["payload"], row["size"]), ()):
                    found[path][row["id"]] = row["path"]
    forms = {
        form: it.path
        for it in read
        if not it.path.isascii()
        for form in (normalize("NFC", it.path), normalize("NFD", it.path))
        if form != it.path
    }
    for form, known in (await known_at(library, list(forms)) if forms else {}).items():
        found[forms[form]][known.track_id] = form
    return {path: list(tracks.items()) for path, tracks in found.items() if tracks}


async def _rare(library: Reader, payloads: Sequence[bytes]) -> list[bytes]:
    """Those of some sounds that the library has, without what is so frequent that it tells nothing."""
    rows = await library.fetchall(
        f"SELECT payload FROM file WHERE payload IN ({','.join('?' * len(payloads))})"
        " GROUP BY payload HAVING count(*) <= ?",
        (*payloads, _FREQUENT),
    )
    return [row["payload"] for row in rows]


def choose_moved(candidates: Candidates) -> dict[str, int]:
    """Which new path is which track's, where only one can be meant.

    Of several that sound the same, the one whose names (of the file, then of its folders) agree furthest.
    """
    chosen: dict[str, int] = {}
    taken: set[int] = set()
    scored = [(_agreement(path, old), path, id) for path, tracks in candidates.items() for id, old in tracks]
    for score, path, id in sorted(scored, key=lambda it: (-it[0], it[1], it[2])):
        if path in chosen or id in taken:
            continue
        rivals = {other for agreed, at, other in scored if agreed == score and at == path} - taken
        if len(rivals) == 1:
            chosen[path] = id
            taken.add(id)
    return chosen


def _agreement(new: str, old: str) -> int:
    """How many names two paths have in common, from the end on."""
    names = zip(reversed(_names(new)), reversed(_names(old)), strict=False)
    return next((count for count, (one, other) in enumerate(names) if one != other), len(new))


def _names(path: str) -> tuple[str, ...]:
    return PurePath(normalize("NFC", path)).parts


# -- what is to be written ------------------------------------------------------------------------


async def plan(library: Reader, read: Sequence[ReadFile], moved: Mapping[str, int]) -> Plan:
    """What files that were read come to. `moved`: new path -> the track whose file lies there now.

    A file at the path of a track is that track's, whatever it sounds like.
    """
    found = Plan(await revision(library))
    at = await known_at(library, [it.path for it in read])
    ids: dict[str, int] = {it.path: at[it.path].track_id for it in read if it.path in at}
    ids |= {path: id for path, id in moved.items() if path not in ids}
    images = await tracks.images(library, list(ids.values()))
    bases = await _bases(library, list(ids.values()))
    for it in read:
        if (id := ids.get(it.path)) is None or id not in images:
            found.new.append(it)
            continue
        image = images[id]
        base = bases.get(id)
        after = merged(base, image, it.said)
        if image["path"] != it.path:
            after["path"] = it.path
        if image["missing"] != 0:
            after["missing"] = 0
        before = {name: image[name] for name in after}
        is_moved = "path" in after and normalize("NFC", image["path"] or "") != normalize("NFC", it.path)
        found.known.append(Difference(id, it, before, after, is_moved))
    return found


async def _bases(library: Reader, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    rows = await library.fetchall(f"SELECT track_id, tags FROM file WHERE track_id {_AMONG}", (as_json(ids),))
    return {row["track_id"]: json.loads(row["tags"]) for row in rows}


async def revision(library: Reader) -> int:
    """The number of the last change of a track or playlist."""
    row = await library.fetchone("SELECT value FROM meta WHERE name = 'revision'")
    return int(row["value"]) if row is not None else 0


# -- writing --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Storing:
    """The writing side of one scan."""

    job_id: int
    title: str

    async def store(self, tx: Tx, found: Plan) -> range:
        """Write what files came to. Returns the ids of the new tracks."""
        now = history.now()
        await tracks.update(tx, {it.track_id: it.after for it in found.known if it.after})
        await tx.executemany(
            "UPDATE analysis SET path = ? WHERE track_id = ? AND path = ?",
            [(it.read.path, it.track_id, it.before["path"]) for it in found.known if "path" in it.after],
        )
        await _put_files(tx, [(it.track_id, *it.read.file, now) for it in found.known])
        ids = await tracks.insert(
            tx,
            [it.track for it in found.new],
            [it.texts for it in found.new],
            [()] * len(found.new),
            job_id=self.job_id,
        )
        rows = [(id, *it.file, now) for id, it in zip(ids, found.new, strict=True)]
        await _forget_files(tx, [it.path for it in found.new])
        await tx.insert("file", _FILE, rows)
        paths = [it.path for it in chain(found.new, (it.read for it in found.known))]
        await tx.execute(f"DELETE FROM file_trouble WHERE path {_AMONG}", (as_json(paths),))
        await self._note(tx, found)
        return ids

    async def _note(self, tx: Tx, found: Plan) -> None:
        images = {}
        for it in found.known:
            if names := [name for name in TAGGED if name in it.after]:
                images[it.track_id] = (
                    {name: it.before[name] for name in names},
                    {name: it.after[name] for name in names},
                )
        if found.new or images:
            await history.add(tx, await self._change(tx), images)

    async def _change(self, tx: Tx) -> int:
        """The history's entry for this scan, made when it changes the first track."""
        row = await tx.fetchone("SELECT id FROM change WHERE job_id = ? AND kind = ?", (self.job_id, KIND))
        if row is not None:
            return int(row["id"])
        return await history.begin(tx, KIND, self.title, job_id=self.job_id)

    async def finish_change(self, tx: Tx) -> None:
        """Count what the history's entry of this scan covers."""
        await tx.execute(
            "UPDATE change SET items = (SELECT count(*) FROM change_item WHERE change_id = change.id)"
            " + (SELECT count(*) FROM track WHERE track.job_id = change.job_id)"
            " WHERE job_id = ? AND kind = ?",
            (self.job_id, KIND),
        )


async def _put_files(tx: Tx, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows of files of known tracks; a path that another track's file had is this one's now."""
    await tx.executemany(
        "DELETE FROM file WHERE path = ? AND track_id != ?", [(row[1], row[0]) for row in rows]
    )
    await tx.executemany(_PUT_FILE, rows)


async def _forget_files(tx: Tx, paths: Sequence[str]) -> None:
    """The files at these paths are those of new tracks now."""
    await tx.execute(f"DELETE FROM file WHERE path {_AMONG}", (as_json(list(paths)),))


async def put_troubles(tx: Tx, troubles: Sequence[Trouble]) -> None:
    """Remember files that could not be read, so that they are not tried again until they change."""
    await tx.executemany(
        "INSERT INTO file_trouble (path, size, mtime_ns, reason, failure, scanned) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (path) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns,"
        " reason = excluded.reason, failure = excluded.failure, scanned = excluded.scanned",
        [(*trouble, history.now()) for trouble in troubles],
    )


async def mark_missing(tx: Tx, marks: Mapping[int, int]) -> None:
    """Set `missing` of tracks: a fact, so it stands in no history. Where a moved file lies is one, too: to
    take that back would make its track lose it."""
    number = await tx.revision()
    await tx.executemany(
        "UPDATE track SET missing = ?, revision = ? WHERE id = ?",
        [(missing, number, id) for id, missing in marks.items()],
    )


def below(folder: str) -> tuple[str, str]:
    """Between which texts the paths below a folder lie: from the first on, before the second."""
    bare = folder.rstrip(os.sep)
    return f"{bare}{os.sep}", f"{bare}{chr(ord(os.sep) + 1)}"


async def folders(library: Reader, *, watched: bool = False) -> list[str]:
    """The folders that were scanned, or only those that are watched."""
    condition = "WHERE watched" if watched else ""
    rows = await library.fetchall(f"SELECT path FROM scan_folder {condition} ORDER BY path")
    return [row["path"] for row in rows]


async def watch_folder(tx: Tx, folder: str, watched: bool) -> None:
    """Have a folder scanned whenever something changes in it, or no longer."""
    await tx.execute(
        "INSERT INTO scan_folder (path, watched) VALUES (?, ?)"
        " ON CONFLICT (path) DO UPDATE SET watched = excluded.watched",
        (folder, int(watched)),
    )


async def put_folder(tx: Tx, folder: str) -> None:
    """Note that a folder was scanned to its end, and how many files of it are known now."""
    await tx.execute(
        "INSERT INTO scan_folder (path, scanned, files)"
        " VALUES (?, ?, (SELECT count(*) FROM file WHERE path >= ? AND path < ?))"
        " ON CONFLICT (path) DO UPDATE SET scanned = excluded.scanned, files = excluded.files",
        (folder, history.now(), *below(folder)),
    )
