"""What the screens know about scans: the folders, what is asked for, what came of it, folders being typed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from djtui.files.scan_order import Order
from djtui.library.database import Reader
from djtui.model.text import harmless
from djtui.tui import changing, environment, formats
from djtui.tui.beside import reading

if TYPE_CHECKING:
    from djtui.tui.app import DjtuiApp

KIND: Final = "scan"
_FOLDERS: Final = "SELECT path, files, scanned, watched FROM scan_folder ORDER BY path"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as its last scan left it; `files` is None where it was never scanned to its end."""

    path: str
    files: int | None = None
    scanned: str | None = None
    watched: bool = False


async def folders(app: DjtuiApp) -> list[Folder]:
    """The folders that were scanned before. Raises `LibraryError`."""

    async def read(reader: Reader) -> list[Folder]:
        rows = await reader.fetchall(_FOLDERS)
        return [Folder(row["path"], row["files"], row["scanned"], bool(row["watched"])) for row in rows]

    return await reading(app.library_path, read)


async def begin(app: DjtuiApp, order: Order) -> int:
    """Ask for the scan; returns the id of its job. Raises `LibraryError`, `Refused`."""
    job_id = await changing.submit(app, KIND, order.params)
    if order.watch:
        for folder in order.folders:
            await watch(app, folder, True)
    return job_id


async def watch(app: DjtuiApp, folder: str, watched: bool) -> None:
    """Have a folder scanned whenever something changes in it, or no longer. Raises `LibraryError`."""
    await environment.loaded("djtui.files.storing")
    from djtui.files import storing

    library = await app.library()
    async with library.writing() as tx:
        await storing.watch_folder(tx, folder, watched)


def found(result: Mapping[str, Any]) -> str:
    """What a scan would change, in words."""
    counts = (
        (result["added"], "new"),
        (result["updated"], "with other tags"),
        (result["moved"], "at another place"),
        (result["unchanged"], "as they were"),
        (result["failed"], "that cannot be read"),
    )
    files = ", ".join(f"{count:,} {what}" for count, what in counts if count) or "no sound file"
    gone = result["missing"]
    missing = f" {formats.plural(gone, 'track')} would be marked as missing." if gone else ""
    return f"{files[0].upper()}{files[1:]}.{missing} Nothing was changed."


# -- typed folders --------------------------------------------------------------------------------


def typed(text: str) -> str:
    """A typed folder as an absolute path, with ~ and quotes understood."""
    return os.path.normpath(changing.absolute(text))


def unfit(text: str) -> str | None:
    """Why what was typed is no folder to scan, in a sentence; None where it is one. Blocks."""
    if not text.strip():
        return "Type the path of a folder."
    path = Path(typed(text))
    if not path.exists():
        return f"There is no {formats.tilde(path)}. Is its drive there?"
    return None if path.is_dir() else f"{formats.tilde(path)} is a file: type the folder that it lies in."


def completed(text: str) -> tuple[str, list[str]]:
    """A typed path as far as it can only go on in one way, and the folders that it can go on to. Blocks.

    Hidden folders are left out unless a dot was typed, and so is what cannot be shown as it is.
    """
    head, slash, start = text.rpartition("/")
    if not slash:
        return (f"{text}/", []) if text == "~" else (text, [])
    try:
        with os.scandir(Path(f"{head}/").expanduser()) as entries:
            names = sorted(entry.name for entry in entries if _is_folder(entry))
    except OSError:
        return text, []
    names = [name for name in names if name.startswith(".") == start.startswith(".")]
    known = [name for name in names if name.startswith(start)]
    known = known or [name for name in names if name.casefold().startswith(start.casefold())]
    if not known:
        return text, []
    if len(known) == 1:
        return f"{head}/{known[0]}/", []
    first, last = known[0], known[-1]
    same = next(
        (at for at, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1), len(first)
    )
    return f"{head}/{first[:same] if same > len(start) else start}", known


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return harmless(entry.name) == entry.name and entry.name.isprintable() and entry.is_dir()
    except OSError:
        return False
