"""The job that brings Traktor's history files in: nights, and what was played in them.

Looking finds the files that are new or changed, by their hash; Reading parses those and stores them;
Matching says which track each play was that has none yet, plays of earlier runs among them. A night stays
when its file goes, and is the same night when the file is found elsewhere (a new version of Traktor copies
the old one's folder). Plays count nothing in the tracks: `track.plays` and `track.played` are Traktor's own
count, which arrives with the collection; these tables are the record of when and how.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Row
from typing import Any, Final, TypeVar

from djtui.config import Settings
from djtui.jobs.job import Batch, Context, Cursor, Estimate, ItemFailure, Job, JobError
from djtui.library.database import Reader, Tx
from djtui.library.former_paths import Former, former
from djtui.library.tracks import as_json
from djtui.traktor.history_file import FOLDER, Night, Seen, Unread, history_files, look, read_nights
from djtui.traktor.import_files import absent
from djtui.traktor.import_state import LANE, Batches, nothing
from djtui.traktor.location import VolumeMap, key_hash, spellings
from djtui.traktor.nml import NmlError

_LOOKED_AT_ONCE: Final = 100
_READ_AT_ONCE: Final = 8
_KEYS_AT_ONCE: Final = 500
_PATIENCE_S: Final = 120.0
_PLAY: Final = (
    "night_id", "position", "track_id", "key", "title", "artist", "at", "deck", "duration", "public",
)  # fmt: skip

T = TypeVar("T")


@dataclass(slots=True)
class Histories:
    """One import under way. `pending` are files to be read, `nights` the paths that all nights found have."""

    path: Path
    collection: str
    volumes: VolumeMap
    pending: list[str] = field(default_factory=list)
    nights: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(eq=False)
class NightsJob(Job):
    """The job, with its counts as the result."""

    work: Histories = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        return self.work.counts


def nights_job(params: dict[str, Any], settings: Settings) -> NightsJob:
    """The job for `traktor history`: params path (folder or file), collection (whose keys count first)."""
    path = Path(params["path"])
    work = Histories(path, params.get("collection") or "", VolumeMap.of(settings.traktor.volumes))
    return NightsJob(
        kind="traktor-nights",
        key=f"traktor-nights:{path}",
        title=f"Traktor history · {path.name}",
        phases=(Looking(work), Reading(work), Matching(work)),
        writes=frozenset({"nights"}),
        work=work,
    )


async def history_folder(reader: Reader, settings: Settings) -> Path | None:
    """Where Traktor keeps its history: beside the collection, if it is there. None: no collection yet."""
    if settings.traktor.collection:
        return Path(settings.traktor.collection).expanduser().absolute().parent / FOLDER
    row = await reader.fetchone("SELECT path FROM nml_file WHERE role = 'collection' ORDER BY id LIMIT 1")
    return Path(row["path"]).parent / FOLDER if row is not None else None


@dataclass
class Looking:
    """Which files are new or changed. They are small, so their bytes are asked, not their time stamps."""

    job: Histories
    name: str = "Looking"
    repeat: bool = True

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        work = self.job
        try:
            files: list[str] = await ctx.run(LANE, history_files, str(work.path), timeout=_PATIENCE_S)
        except NmlError as error:
            raise JobError(str(error)) from error
        ctx.report(total=len(files))
        work.pending, work.nights = [], set()
        stored = await ctx.library.fetchall("SELECT path, digest FROM night")
        digests = {row["path"]: row["digest"] for row in stored}
        paths = {digest: path for path, digest in digests.items()}
        gone = await self._gone(ctx, sorted(set(digests) - set(files)))
        for part in _parts(files, _LOOKED_AT_ONCE):
            looked: list[Seen | Unread] = await ctx.run(LANE, look, part, timeout=_PATIENCE_S)
            moved: list[tuple[str, str]] = []
            for file in looked:
                if isinstance(file, Unread):
                    continue
                night = paths.get(file.digest)
                if night in gone and file.path not in digests:
                    moved.append((file.path, str(night)))
                    gone.discard(str(night))
                    night = file.path
                elif night is None:
                    night = file.path
                    work.pending.append(file.path)
                paths[file.digest] = night
                work.nights.add(night)

            async def store(tx: Tx, moved: Sequence[tuple[str, str]] = moved) -> None:
                await tx.executemany("UPDATE night SET path = ? WHERE path = ?", moved)

            yield Batch(store if moved else nothing, processed=len(part), failures=_failures(looked))

    async def _gone(self, ctx: Context, paths: Sequence[str]) -> set[str]:
        """Those of the paths where no file is any more."""
        if not paths:
            return set()
        missing: list[bool] = await ctx.run(LANE, absent, paths, timeout=_PATIENCE_S)
        return {path for path, is_missing in zip(paths, missing, strict=True) if is_missing}


@dataclass
class Reading:
    """Parses the files that are new or changed in the pool; each night is stored whole."""

    job: Histories
    name: str = "Reading"

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        ctx.report(total=ctx.done + len(self.job.pending))
        known = {row["path"] for row in await ctx.library.fetchall("SELECT path FROM night")}
        for part in _parts(self.job.pending, _READ_AT_ONCE):
            read: list[Night | Unread] = await ctx.run(LANE, read_nights, part, timeout=_PATIENCE_S)
            nights = [night for night in read if isinstance(night, Night)]
            again = sum(night.path in known for night in nights)

            async def store(tx: Tx, nights: Sequence[Night] = nights) -> None:
                for night in nights:
                    await _store(tx, night)

            yield Batch(
                store if nights else nothing,
                processed=len(part),
                added=len(nights) - again,
                updated=again,
                failures=_failures(read),
            )


async def _store(tx: Tx, night: Night) -> None:
    """Store a night in place of what was read from its file before; what is known of its tracks stays."""
    rows = await tx.fetchall(
        "INSERT INTO night (path, digest, started, plays) VALUES (?, ?, ?, ?) ON CONFLICT (path) DO UPDATE"
        " SET digest = excluded.digest, started = excluded.started, plays = excluded.plays RETURNING id",
        (night.path, night.digest, night.started, len(night.plays)),
    )
    id = rows[0]["id"]
    known = {
        row["key"]: row["track_id"]
        for row in await tx.fetchall(
            "SELECT key, track_id FROM play WHERE night_id = ? AND track_id IS NOT NULL", (id,)
        )
    }
    await tx.execute("DELETE FROM play WHERE night_id = ?", (id,))
    plays = ((id, position, known.get(play.key), *play) for position, play in enumerate(night.plays))
    await tx.insert("play", _PLAY, plays)


@dataclass
class Matching:
    """Which track a play was: the one that an NML file has under its key, else the one at its path.

    Files may have been renamed since: then it is the track that had the path when it was played.
    """

    job: Histories
    name: str = "Matching"

    async def estimate(self, ctx: Context) -> Estimate:
        return Estimate()

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        rows = await ctx.library.fetchall(
            "SELECT night_id, position, key, at FROM play WHERE track_id IS NULL"
        )
        ctx.report(total=ctx.done + len(rows))
        keys = sorted({row["key"] for row in rows} - {""})
        paths = await self._paths(ctx, keys)
        tracks = await self._by_key(ctx.library, keys)
        tracks |= await self._by_path(ctx, {key: path for key, path in paths.items() if key not in tracks})
        renamed = await self._renamed(ctx.library, paths)
        for part in _parts(rows, ctx.batch_size):
            found = [
                (track, row["night_id"], row["position"], row["key"])
                for row in part
                if (track := _then(row, renamed) or tracks.get(row["key"]) or _last(row, renamed))
            ]

            async def store(tx: Tx, found: Sequence[tuple[int, int, int, str]] = found) -> None:
                await tx.executemany(
                    "UPDATE play SET track_id = (SELECT id FROM track WHERE id = ?)"
                    " WHERE night_id = ? AND position = ? AND key = ?",
                    found,
                )

            yield Batch(store if found else nothing, processed=len(part))
        await self._count(ctx)

    async def _paths(self, ctx: Context, keys: Sequence[str]) -> dict[str, str]:
        """The paths of keys on this machine. Where no file is found any more, the volumes are those that
        the collections had when they were imported."""
        if not keys:
            return {}
        rows = await ctx.library.fetchall("SELECT volumes FROM nml_file ORDER BY role != 'collection', id")
        known = [VolumeMap.stored(row["volumes"]) for row in rows]
        found: dict[str, str] = await ctx.run(
            LANE, paths_of, self.job.volumes, known, keys, timeout=_PATIENCE_S
        )
        return found

    async def _renamed(self, reader: Reader, paths: Mapping[str, str]) -> dict[str, list[Former]]:
        """Of each key the tracks whose files had its path before."""
        if not paths:
            return {}
        forms = {form: path for path in paths.values() for form in spellings(path)}
        left = {forms[form]: tracks for form, tracks in (await former(reader, forms)).items()}
        return {key: left[path] for key, path in paths.items() if path in left}

    async def _by_key(self, reader: Reader, keys: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for part in _parts([key_hash(key) for key in keys], _KEYS_AT_ONCE):
            rows = await reader.fetchall(
                "SELECT entry.key, entry.track_id FROM nml_entry AS entry"
                " JOIN nml_file AS file ON file.id = entry.file_id"
                f" WHERE entry.key_hash IN ({','.join('?' * len(part))}) AND entry.track_id IS NOT NULL"
                " ORDER BY file.path = ?, file.role = 'collection', NOT entry.gone",  # the last one wins
                (*part, self.job.collection),
            )
            found |= {row["key"]: row["track_id"] for row in rows}
        return found

    async def _by_path(self, ctx: Context, paths: Mapping[str, str]) -> dict[str, int]:
        tracks: dict[str, int] = {}
        for part in _parts(sorted(set(paths.values())), _KEYS_AT_ONCE):
            rows = await ctx.library.fetchall(
                f"SELECT path, min(id) AS id FROM track WHERE path IN ({','.join('?' * len(part))})"
                " GROUP BY path",
                part,
            )
            tracks |= {row["path"]: row["id"] for row in rows}
        return {key: tracks[path] for key, path in paths.items() if path in tracks}

    async def _count(self, ctx: Context) -> None:
        nights = as_json(sorted(self.job.nights))
        stored = await ctx.library.fetchone(
            "SELECT count(*) AS nights, total(plays) AS plays, total((SELECT count(*) FROM play"
            " WHERE night_id = night.id AND track_id IS NULL)) AS unknown"
            " FROM night WHERE path IN (SELECT value FROM json_each(?))",
            (nights,),
        )
        work = await ctx.library.fetchone(
            "SELECT total(added) AS added, total(updated) AS updated,"
            " (SELECT count(*) FROM job_failure WHERE job_id = ?1) AS failed"
            " FROM job_phase WHERE job_id = ?1",
            (ctx.job_id,),
        )
        self.job.counts = {name: int(row[name]) for row in (stored, work) if row for name in row.keys()}  # noqa: SIM118


def paths_of(volumes: VolumeMap, known: Sequence[VolumeMap], keys: Sequence[str]) -> dict[str, str]:
    """The paths on this machine of those keys whose volume is mapped or found, or `known` from before."""
    maps = (volumes.learn(keys), *known)
    found = ((key, next(filter(None, (each.local(key) for each in maps)), None)) for key in keys)
    return {key: path for key, path in found if path is not None}


def _then(play: Row, renamed: Mapping[str, Sequence[Former]]) -> int | None:
    """The track that had the path of a play at the time, and left it since."""
    left = renamed.get(play["key"])
    at = _utc(play["at"]) if left and play["at"] else None
    return next((each.track_id for each in left or () if at is not None and each.until > at), None)


def _last(play: Row, renamed: Mapping[str, Sequence[Former]]) -> int | None:
    """The track that had the path last, where nobody has it now."""
    there = renamed.get(play["key"])
    return there[-1].track_id if there else None


def _utc(local: str) -> str | None:
    """A local time without a zone, as the library writes times; None: no calendar has it."""
    try:
        return datetime.fromisoformat(local).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return None


def _failures(files: Sequence[object]) -> list[ItemFailure]:
    return [ItemFailure(Path(file.path).name, file.reason) for file in files if isinstance(file, Unread)]


def _parts(many: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (many[start : start + size] for start in range(0, len(many), size))
