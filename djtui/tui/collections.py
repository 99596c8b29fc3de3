"""Where Traktor keeps its collection on this machine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_VERSION: Final = re.compile(r"Traktor (?:Pro )?(\d+(?:\.\d+)*)")


def found(home: Path | None = None) -> list[Path]:
    """The collection.nml files in the usual places below `home`, that of the newest Traktor first."""
    home = home or Path.home()
    places = (home / "Documents" / "Native Instruments", home / "Native Instruments")
    files = {path for place in places for path in place.glob("Traktor*/collection.nml") if path.is_file()}
    return sorted(files, key=lambda path: (_version(path.parent.name), path.parent.name), reverse=True)


def _version(folder: str) -> tuple[int, ...]:
    match = _VERSION.search(folder)
    return tuple(int(part) for part in match[1].split(".")) if match else ()
