"""Where Traktor keeps its collection on this machine.

`Documents/Native Instruments/Traktor 4.1.0/collection.nml`, one folder for each version that was installed;
OneDrive may have moved Documents.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_VERSION: Final = re.compile(r"Traktor (?:Pro )?(\d+(?:\.\d+)*)(.*)", re.IGNORECASE)
_LENGTH: Final = 4  # numbers of a version
_FILE: Final = "Native Instruments/Traktor*/collection.nml"
_DOCUMENTS: Final = ("Documents", "OneDrive*/Documents", ".", ".wine/drive_c/users/*/Documents")

Version = tuple[tuple[int, ...], bool]


def found(home: Path | None = None) -> list[Path]:
    """The collection.nml files in the usual places, that of the newest Traktor first.

    Of two that are of one version, the one that was written last. With `home`, only below it.
    """
    files: dict[Path, tuple[Version, int, Path]] = {}
    for place in _places(home):
        for path in place.glob(_FILE):
            if (written := _written(path)) is not None:
                files.setdefault(path.resolve(), (version(path), written, path))
    return [path for _, _, path in sorted(files.values(), reverse=True)]


def _places(home: Path | None) -> Iterator[Path]:
    """The folders that may be Documents."""
    if home is None and sys.platform == "win32":
        from platformdirs import user_documents_path

        yield user_documents_path()
    below = home or Path.home()
    for pattern in _DOCUMENTS:
        yield from (below,) if pattern == "." else sorted(below.glob(pattern))


def _written(path: Path) -> int | None:
    """When a file was last written; None if it is no file, or not ours to see."""
    try:
        return path.stat().st_mtime_ns if path.is_file() else None
    except OSError:
        return None


def version(collection: Path) -> Version:
    """The version in the name of a collection's folder, to compare: 4.10.0 > 4.9.1 > `4.9.1 (copy)`."""
    match = _VERSION.fullmatch(collection.parent.name)
    if match is None:
        return (), False
    numbers = tuple(int(part) for part in match[1].split("."))
    return (*numbers, *[0] * (_LENGTH - len(numbers))), not match[2]
