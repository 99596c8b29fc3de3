"""What the Traktor view knows of the collection, read beside the event loop: it makes thousands of rows."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from djtui.library.database import Reader
from djtui.tui.beside import beside, reading

if TYPE_CHECKING:
    from djtui.tui.app import DjtuiApp


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the collection; times are as the library writes them (UTC).

    `path` is None where there is no collection at all, `file_id` where it has not been imported yet.
    `waiting` counts tracks and playlists, `lost` says that Traktor has overwritten the last export,
    `put_back` that the DJ has put a backup in its place since.
    """

    path: Path | None = None
    file_id: int | None = None
    version: int | None = None
    imported: str | None = None
    exported: str | None = None
    lost: bool = False
    put_back: bool = False
    waiting: int = 0
    conflicts: int = 0
    missing: int = 0
    backups: int = 0
    nights: int = 0

    @property
    def linked(self) -> tuple[int, Path] | None:
        """The number and the path of the imported collection."""
        return None if self.file_id is None or self.path is None else (self.file_id, self.path)


async def facts_of(app: DjtuiApp, path: Path | None) -> Facts:
    """What there is to know of the collection at `path`. Raises `LibraryError`."""

    def read(reader: Reader) -> Coroutine[Any, Any, Facts]:
        return _facts(reader, app.library_path, path)

    return await reading(app.library_path, read)


async def _facts(reader: Reader, library: Path, path: Path | None) -> Facts:
    from djtui.traktor import pending
    from djtui.traktor.journal import put_back_since

    nights = await _number(reader, "SELECT count(*) FROM night")
    missing = await _number(reader, "SELECT count(*) FROM track WHERE missing = 1")
    backups = _backups(library, path)
    row = await reader.fetchone(
        "SELECT id, version, imported FROM nml_file WHERE path = ?", (str(path or ""),)
    )
    if row is None:
        return Facts(path, missing=missing, nights=nights, backups=backups)
    file_id = row["id"]
    last = await reader.fetchone(
        "SELECT at, state, change_id FROM nml_export"
        " WHERE file_id = ? AND state IN ('written', 'kept', 'lost')"
        " ORDER BY id DESC LIMIT 1",
        (file_id,),
    )
    lost = last if last is not None and last["state"] == "lost" else None
    put_back = lost is not None and await put_back_since(reader, file_id, lost["change_id"])
    return Facts(
        path=path,
        file_id=file_id,
        version=row["version"],
        imported=row["imported"],
        exported=last["at"] if last is not None else None,
        lost=lost is not None and not put_back,
        put_back=put_back,
        waiting=await pending.count(reader, file_id),
        conflicts=await _number(reader, "SELECT count(*) FROM conflict WHERE file_id = ?", file_id),
        missing=missing,
        backups=backups,
        nights=nights,
    )


async def foreign_to_here(app: DjtuiApp, file_id: int) -> str | None:
    """Why it proves nothing that no Traktor runs here; None if it does. Raises `LibraryError`."""
    from djtui.traktor.export_state import foreign

    return await reading(app.library_path, lambda reader: foreign(reader, file_id))


async def running() -> str | None:
    """The name of a Traktor that runs on this machine."""
    from djtui.traktor.running import running

    return await beside(running)


async def _number(reader: Reader, sql: str, *parameters: object) -> int:
    row = await reader.fetchone(sql, parameters)
    return int(row[0]) if row is not None else 0


def _backups(library: Path, path: Path | None) -> int:
    from djtui.traktor.backups import BackupError, kept

    with suppress(BackupError):
        return len(kept(library, path)) if path else 0
    return 0
