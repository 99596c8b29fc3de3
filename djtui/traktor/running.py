"""Is Traktor open? It holds its collection in memory and writes it over everything when it quits.

Its processes have been called `Traktor`, `Traktor Pro 4`, `Traktor Pro 3.exe` and `Traktor.exe`, so whatever
begins so counts: by the name of the process, of its file, of its first argument (which is all that Wine
leaves), or of the Mac bundle it is started from. Panels and drivers of the hardware are no Traktor.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from djtui.traktor.location import VolumeMap, head, is_drive, spellings, split
from djtui.traktor.suggestion import spread

if TYPE_CHECKING:
    import psutil

_TRAKTOR: Final = re.compile(r"traktor", re.IGNORECASE)
_HELPER: Final = re.compile(
    r"helper|kontrol|audio|driver|control panel|crash|report|updat|install|service", re.IGNORECASE
)
_BUNDLE: Final = re.compile(r"([^/]+)\.app/Contents/MacOS/[^/]+$")
_OF_WINDOWS: Final = re.compile(r"[a-z]:\\.*?\.exe", re.IGNORECASE)
_SLASHES: Final = re.compile(r"[/\\]")
_SAMPLES: Final = 400
_NAMED: Final = 3
_UNSEEN: Final = "where djtui cannot see whether Traktor is open."


def running() -> str | None:
    """The name of a Traktor that runs on this machine; None if there is none."""
    return next(iter(traktor_processes()), None)


def traktor_processes() -> list[str]:
    """The names of all Traktors that run on this machine, sorted, each once."""
    import psutil

    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found: set[str] = set()
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess):  # it has just ended
            if process.pid not in own and (name := _traktor(process)) is not None:
                found.add(name)
    return sorted(found)


def _traktor(process: psutil.Process) -> str | None:
    """The name by which a process is a Traktor. Raises NoSuchProcess."""
    import psutil

    names = list(_names(process))
    name = next(filter(_TRAKTOR.match, names), None)
    if name is None or any(map(_HELPER.search, names)) or process.status() == psutil.STATUS_ZOMBIE:
        return None
    return name


def _names(process: psutil.Process) -> Iterator[str]:
    """What a process may be known by. Raises NoSuchProcess."""
    import psutil

    for ask in (process.name, lambda: _program(process.cmdline()), process.exe):
        with suppress(psutil.AccessDenied, OSError):
            path = ask()
            yield _SLASHES.split(path)[-1]
            if bundle := _BUNDLE.search(path):
                yield bundle[1]


def _program(arguments: Sequence[str]) -> str:
    """The program of a command line. One of Windows may have been cut at its blanks."""
    whole = _OF_WINDOWS.match(" ".join(arguments))
    return whole[0] if whole else next(iter(arguments), "")


def foreign(keys: Iterable[str], platform: str = sys.platform) -> str | None:
    """A sentence that says why a collection belongs to another machine; None if it belongs to this one.

    Then it proves nothing that no Traktor runs here. `keys` are those of some of its tracks, from everywhere
    in it. Looks for files, but not for more than a few hundred.
    """
    sample = spread(list(keys), _SAMPLES)
    volumes = [split(f"{head(key)}/:").volume for key in sample]
    drives = [volume for volume in volumes if is_drive(volume)]
    windows = len(drives) * 2 > len(volumes)
    of_kind = sorted({*drives} if windows else {*volumes} - {*drives, ""})
    named = ", ".join(of_kind[:_NAMED]) + (" …" if len(of_kind) > _NAMED else "")
    kind = f"{'Windows drives' if windows else 'volumes of a Mac'} ({named})"
    if platform not in ("win32", "darwin"):
        where = f"The collection's tracks lie on {kind}" if named else "Traktor does not run on this system"
        return f"{where}: it belongs to another machine, {_UNSEEN}"
    if not sample:
        return None
    if windows != (platform == "win32"):
        return f"The collection's tracks lie on {kind}, on another machine, {_UNSEEN}"
    here = VolumeMap.of({}, platform).learn(sample)
    paths = [path for key in sample if (path := here.local(key)) is not None]
    if any(any(map(os.path.isfile, spellings(path))) for path in paths):
        return None
    return (
        f"None of the collection's tracks that were looked for is on {named} of this machine, "
        f"so it belongs to another one, {_UNSEEN}"
    )
