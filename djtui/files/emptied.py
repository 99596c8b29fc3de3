"""Folders that a rename into other folders leaves empty: removed after it, and made again by its undo.

Only folders within the root of the template, or within a folder that is scanned, and none of those itself:
what lies elsewhere is not djtui's to tidy up. A folder goes only if it then contains nothing at all.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress

from djtui.files.placing import identity
from djtui.files.step_rows import FileStep
from djtui.library.database import Reader


async def steps(library: Reader, names: Mapping[str, str], root: str | None, first: int) -> list[FileStep]:
    """The steps behind those that move files (old path -> new one), numbered from `first` on."""
    left = {_parent(old) for old, new in names.items()} - {_parent(new) for new in names.values()}
    if not left:
        return []
    rows = await library.fetchall("SELECT path FROM scan_folder")
    tops = [row["path"] for row in rows] + ([] if root is None else [root])
    return await asyncio.to_thread(_steps, left, tops, first)


def _steps(left: Iterable[str], tops: Iterable[str], first: int) -> list[FileStep]:
    """Children before their parents, so that each is empty when its turn comes."""
    real = {os.path.realpath(top) for top in tops}
    folders = {folder for each in left for folder in _upwards(os.path.realpath(each), real)}
    steps: list[FileStep] = []
    for folder in sorted(folders, key=lambda path: (-path.count("/"), path)):
        with suppress(OSError, ValueError):
            folder.encode()
            status = os.lstat(folder)
            steps.append(
                FileStep(
                    first + len(steps),
                    None,
                    "unfolder",
                    folder,
                    file=identity(status),
                    detail={"mode": stat.S_IMODE(status.st_mode)},
                )
            )
    return steps


def _upwards(folder: str, tops: Collection[str]) -> Iterator[str]:
    """A folder and those that it is in, below the nearest top; nothing where it is in none."""
    if any(folder.startswith(f"{top.rstrip('/')}/") for top in tops):
        while folder not in tops:
            yield folder
            folder = _parent(folder)


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
