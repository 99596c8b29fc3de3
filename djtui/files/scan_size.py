"""How large a scan will be, counted before it begins, and what would be smaller."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from djtui.config import WarnSettings
from djtui.files.scan_walk import Walk, lies_in

_WITHIN_S: Final = 1.0
_AT_ONCE: Final = 500
_PER_S: Final = 400.0  # files, before anything was measured here

Level = Literal["", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class Size:
    """So many sound files, at least where the count is not `complete`; `subfolders` are (path, files), the
    largest first, where one folder was counted."""

    files: int
    complete: bool
    subfolders: tuple[tuple[str, int], ...] = ()

    @property
    def said(self) -> str:
        """ "12,345 files", "more than 80,000 files"."""
        return f"{'' if self.complete else 'more than '}{self.files:,} file{'' if self.files == 1 else 's'}"

    def seconds(self, rate: float | None) -> float:
        """How long reading them takes at so many files a second."""
        return self.files / (rate or _PER_S)

    def level(self, settings: WarnSettings) -> Level:
        """How much of a warning the DJ is to get."""
        if self.files >= settings.critical:
            return "critical"
        return "warning" if self.files >= settings.files else ""


def measure(folders: Sequence[str], within_s: float = _WITHIN_S) -> Size:
    """Count for so many seconds at most. Blocks."""
    began = time.monotonic()
    walk = Walk(folders)
    inside: Counter[str] = Counter()
    files = 0
    complete = False
    while not complete and time.monotonic() - began < within_s:
        if (found := walk.some(_AT_ONCE)) is None:
            complete = True
            break
        files += len(found.files)
        if len(folders) == 1:
            inside.update(_subfolder(seen.path, folders[0]) for seen in found.files)
    del inside[""]
    return Size(files, complete, tuple(inside.most_common()))


def _subfolder(path: str, folder: str) -> str:
    """The folder directly below `folder` in which a file lies; "" where it lies in `folder` itself."""
    if not lies_in(path, folder):
        return ""
    first, _, rest = path[len(folder.rstrip("/")) + 1 :].partition("/")
    return str(Path(folder, first)) if rest else ""


def duration(seconds: float) -> str:
    """A length of time in round figures: "40 s", "3 min"."""
    return f"{max(1, round(seconds))} s" if seconds < 100 else f"{round(seconds / 60)} min"
