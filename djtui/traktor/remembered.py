"""What the last survey of a collection found, kept beside its backups, so that it is not searched again.

A memory and no more: it holds for a file with the same digest, is believed only if it is whole and of this
version of djtui, and may be gone at any time.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from array import array
from contextlib import suppress
from dataclasses import fields
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from djtui import __version__
from djtui.traktor import backups
from djtui.traktor.nml import Fingerprint, Survey
from djtui.traktor.spans import HASH, Spans

_KEPT: Final = [item.name for item in fields(Survey)]
_MAKE: Final = [__version__, sys.byteorder, array("Q").itemsize, array("I").itemsize, _KEPT]
_ARRAYS: Final = ("entries", "digest")


def remember(library_path: Path, survey: Survey) -> None:
    """Keep the survey of a collection, in place of an earlier one; where the disk refuses, do without."""
    entries = survey.entries
    header = {name: getattr(survey, name) for name in _KEPT if name not in _ARRAYS}
    header |= {"make": _MAKE, "count": len(entries), "digest": survey.digest.hex()}
    parts = (entries.offsets.tobytes(), entries.lengths.tobytes(), entries.hashes)
    body = b"".join((json.dumps(header).encode(), b"\n", *parts))
    place = _place(library_path, survey.path)
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(prefix=place.name, suffix=backups.PARTIAL, dir=place.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_checksum(body))
                file.write(body)
            Path(partial).replace(place)
        finally:
            Path(partial).unlink(missing_ok=True)


def remembered(library_path: Path, path: Path) -> Survey | None:
    """The survey of a collection that was kept last, whatever its file is by now; None if there is none."""
    try:
        data = _place(library_path, path).read_bytes()
    except OSError:
        return None
    checksum, body = data[:HASH], data[HASH:]
    if _checksum(body) != checksum:
        return None
    line, _, rest = body.partition(b"\n")
    header: dict[str, Any] = json.loads(line)
    make, count = header.pop("make"), header.pop("count")
    if make != _MAKE:
        return None
    offsets, lengths = array("Q"), array("I")
    behind_offsets = count * offsets.itemsize
    behind_lengths = behind_offsets + count * lengths.itemsize
    offsets.frombytes(rest[:behind_offsets])
    lengths.frombytes(rest[behind_offsets:behind_lengths])
    header |= {
        "fingerprint": Fingerprint(*header["fingerprint"]),
        "digest": bytes.fromhex(header["digest"]),
        "playlists": header["playlists"] and tuple(header["playlists"]),
        "sets": header["sets"] and tuple(header["sets"]),
        "notes": tuple(header["notes"]),
    }
    return Survey(entries=Spans(offsets, lengths, rest[behind_lengths:]), **header)


def _place(library_path: Path, path: str | Path) -> Path:
    return backups.folder(library_path) / f"{backups.prefix(Path(path))}survey"


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=HASH).digest()
