"""The library and the collection at one moment, as auto-sync compares them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from djtui.config import TraktorSettings
from djtui.library.database import Reader
from djtui.traktor import pending
from djtui.traktor.nml import NmlError, SourceChanged, identify


class Stamp(NamedTuple):
    """What tells one state of the file from another without reading it."""

    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Look:
    """Both sides at one moment.

    `path` is None where no collection was set or imported, `stamp` where it is not there. `imported` and
    `digest` are those of the last complete import or export; None where there was none.
    """

    path: Path | None = None
    stamp: Stamp | None = None
    imported: Stamp | None = None
    digest: bytes | None = None
    revision: int = 0
    waiting: int = 0

    @property
    def library(self) -> tuple[int, int]:
        """What tells one state of the library, as far as it waits for export, from another."""
        return self.revision, self.waiting


async def look(library: Reader, options: TraktorSettings) -> Look:
    """Both sides as they are now. Some ms. Raises `LibraryError`."""
    meta = await library.fetchone("SELECT value FROM meta WHERE name = 'revision'")
    revision = int(meta["value"]) if meta is not None else 0
    path = await _collection(library, options)
    if path is None:
        return Look(revision=revision)
    stamp = await asyncio.to_thread(_stamp, path)
    row = await library.fetchone(
        "SELECT id, size, mtime_ns, digest FROM nml_file WHERE path = ?", (str(path),)
    )
    if row is None:
        return Look(path, stamp, revision=revision)
    imported = Stamp(row["size"], row["mtime_ns"]) if row["digest"] is not None else None
    waiting = await pending.count(library, row["id"])
    return Look(path, stamp, imported, row["digest"], revision, waiting)


async def same_bytes(seen: Look) -> bool:
    """Whether a file of another time stamp is what was imported all the same."""
    if seen.path is None or seen.digest is None:
        return False
    try:
        _, digest = await asyncio.to_thread(identify, seen.path)
    except (NmlError, SourceChanged):
        return False
    return digest == seen.digest


async def _collection(library: Reader, options: TraktorSettings) -> Path | None:
    if options.collection:
        return Path(options.collection).expanduser().absolute()
    row = await library.fetchone("SELECT path FROM nml_file WHERE role = 'collection' ORDER BY id LIMIT 1")
    return Path(row["path"]) if row is not None else None


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return Stamp(status.st_size, status.st_mtime_ns)
