"""Files for a made-up collection: empty ones, so that its tracks are there, but for a few."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from djtui.traktor.entry import entry_keys
from djtui.traktor.location import VolumeMap
from djtui.traktor.nml import survey

_AT_ONCE: Final = 5000
_MISSING: Final = 40  # every so many tracks one has lost its file, as in any collection


def place_files(collection: Path, folder: Path) -> dict[str, str]:
    """Make the files of a collection below `folder`. Returns where each volume lies: `traktor.volumes`."""
    found = survey(collection)
    volumes: dict[str, str] = {}
    mapped = VolumeMap()
    number = 0
    for start in range(0, len(found.entries), _AT_ONCE):
        places = range(start, min(start + _AT_ONCE, len(found.entries)))
        for key in entry_keys(str(collection), found.fingerprint, found.entries.pick(places)):
            number += 1
            if key is None or number % _MISSING == 0:
                continue
            volume = key.partition("/:")[0]
            if volume not in volumes:
                volumes[volume] = str(folder / volume.strip(":"))
                mapped = VolumeMap.of(volumes)
            if (path := mapped.local(key)) is not None:
                _touch(Path(path))
    return volumes


def _touch(path: Path) -> None:
    try:
        path.touch()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
