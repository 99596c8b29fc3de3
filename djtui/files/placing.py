"""Carrying out steps that say where files lie: folders made, files moved. On the disk alone, in their order.

A step may have been carried out already by a job that was cut off before it could say so: then its file is
found at one of the places that it was to go to. Files are known again by their inode, else by size and time.
"""

# Plain functions of os, for a rename takes 30 µs, and a Path as long again.
# ruff: noqa: PTH101, PTH103, PTH106, PTH108, PTH112, PTH120

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

from djtui.files import no_overwrite, safe_write
from djtui.files.names import shown
from djtui.files.safe_write import Unwritable
from djtui.files.step_rows import MOVING, FileStep, Identity, Outcome

GONE: Final = "The file is not there any more."
NOT_DONE: Final = "It was not done before the job was cancelled."
OTHER: Final = "Another file lies there now."
_REASONS: Final = {
    errno.EACCES: "You may not write in this folder.",
    errno.EPERM: "The system does not let this file be moved.",
    errno.EROFS: "The disk is write-protected.",
    errno.ENOSPC: "The disk is full.",
    errno.EDQUOT: "Your share of the disk is full.",
    errno.ENAMETOOLONG: "The disk does not take so long a name.",
    errno.EILSEQ: "The disk does not take such a name.",
    errno.ENOENT: GONE,
    errno.EBUSY: "Another program uses the file.",
    errno.ETXTBSY: "Another program uses the file.",
}


def identity(status: os.stat_result) -> Identity:
    """What a file is known by."""
    return Identity(status.st_size, status.st_mtime_ns, status.st_ino)


def look(path: str) -> Identity | None:
    """What lies at a path, links not followed; None: nothing."""
    try:
        return identity(os.lstat(path))
    except (OSError, ValueError):
        return None


def _file(path: str) -> Identity | None:
    """The same of a file; a folder is none."""
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return None
    return None if stat.S_ISDIR(status.st_mode) else identity(status)


class Placing:
    """Steps in their order. `further`: places to which files go in steps behind these, by track.

    With `only_look` nothing is moved: it is found out what was done, and all else is refused.
    """

    def __init__(
        self,
        steps: Sequence[FileStep],
        further: dict[int, list[str]],
        *,
        only_look: bool = False,
        homes: dict[int, str] | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self._steps = steps
        self._further = further
        self._only_look = only_look
        self._homes = homes or {}
        self._stop = stop or threading.Event()
        self._outcomes: list[Outcome] = []
        self._stuck: dict[int, str] = {}
        self._folders: set[str] = set()

    def carried_out(self) -> list[Outcome]:
        """What became of the steps: of fewer than there are, if it was stopped. All of it is on the disk."""
        for number, step in enumerate(self._steps):
            if self._stop.is_set():
                break
            self._outcomes.append(self._step(number, step))
        no_overwrite.flush(sorted(self._folders))
        return self._outcomes

    def _step(self, number: int, step: FileStep) -> Outcome:
        if step.kind not in MOVING:
            return self._folder(step) if step.kind == "folder" else self._unfolder(step)
        if self._stuck and step.track_id is not None and (reason := self._stuck.get(step.track_id)):
            return Outcome(step, "refused", reason)
        place = self._place(number, step)
        if place:
            return Outcome(step, "done")
        if place is None:
            there = look(step.source)
            return self._refused(step, GONE if there is None else OTHER)
        if self._only_look:
            return Outcome(step, "refused", NOT_DONE)
        return self._move(step)

    def _place(self, number: int, step: FileStep) -> int | None:
        """Where the file is: 0 at its source, 1 moved on; None: it is nowhere, or has not come there yet."""
        expected = step.file
        here = _file(step.source)
        if here is not None and (expected is None or here.inode == expected.inode):
            return 0
        if expected is None:
            return None
        found = [here, *map(_file, self._later(number, step))]
        for place, file in enumerate(found):
            if file is not None and file.inode == expected.inode:
                return min(place, 1)
        for file in map(_file, self._earlier(number, step)):
            if file is not None and file.inode == expected.inode:
                return None
        for place, file in enumerate(found):
            if file is not None and file[:2] == expected[:2]:
                return min(place, 1)
        return None

    def _later(self, number: int, step: FileStep) -> list[str]:
        """The places to which the file goes with this step, and after it."""
        targets = [step.target, *(it.target for it in self._own(self._steps[number + 1 :], step))]
        further = self._further.get(step.track_id, []) if step.track_id is not None else []
        return [*(path for path in targets if path is not None), *further]

    def _earlier(self, number: int, step: FileStep) -> list[str]:
        """The places from which it went before."""
        return [it.source for it in self._own(self._steps[:number], step)]

    def _own(self, steps: Sequence[FileStep], step: FileStep) -> list[FileStep]:
        if step.track_id is None:
            return []
        return [it for it in steps if it.track_id == step.track_id and it.kind in MOVING]

    def _move(self, step: FileStep) -> Outcome:
        assert step.target is not None
        try:
            copied = _moved(step.source, step.target)
        except OSError as error:
            return self._refused(step, reason(error, step.target))
        except ValueError:
            return self._refused(step, "No file can have this name.")
        self._folders.add(step.source.rpartition("/")[0])
        self._folders.add(step.target.rpartition("/")[0])
        if step.track_id is not None and step.parked:
            self._homes.setdefault(step.track_id, step.source)
        return Outcome(step, "done", file=None if copied is None else identity(copied))

    def _refused(self, step: FileStep, reason: str) -> Outcome:
        """A refusal. A file that has a temporary name gets the one back that it had before."""
        if step.track_id is not None and not self._only_look:
            self._stuck[step.track_id] = reason
            home = self._homes.get(step.track_id)
            if home is not None and home != step.source:
                with suppress(OSError):
                    no_overwrite.rename(step.source, home)
                    self._folders.add(os.path.dirname(home))
                    for outcome in self._outcomes:
                        if outcome.step.track_id == step.track_id:
                            outcome.state, outcome.reason = "refused", reason
        return Outcome(step, "refused", reason)

    def _folder(self, step: FileStep) -> Outcome:
        if os.path.isdir(step.source):
            return Outcome(step, "done")
        if self._only_look:
            return Outcome(step, "refused", NOT_DONE)
        try:
            os.makedirs(step.source)
            if (mode := step.detail.get("mode")) is not None:
                os.chmod(step.source, mode)
        except OSError as error:
            return Outcome(step, "refused", reason(error, step.source))
        self._folders.add(os.path.dirname(step.source))
        return Outcome(step, "done")

    def _unfolder(self, step: FileStep) -> Outcome:
        """A folder goes only when it is empty; else there is nothing to do after all."""
        if not self._only_look:
            with suppress(OSError):
                os.rmdir(step.source)
                self._folders.add(os.path.dirname(step.source))
        return Outcome(step, None if os.path.lexists(step.source) else "done")


def _moved(source: str, target: str) -> os.stat_result | None:
    try:
        return no_overwrite.move(source, target)
    except FileNotFoundError:
        folder = os.path.dirname(target)
        if os.path.isdir(folder) or not os.path.lexists(source):
            raise
        os.makedirs(folder)  # it was emptied, and somebody has tidied up
        return no_overwrite.move(source, target)


def reason(error: OSError, target: str) -> str:
    """Why a file could not be moved, as a sentence."""
    if isinstance(error, FileExistsError):
        return f"“{shown(target)}” is there already."
    said = _REASONS.get(error.errno or 0)
    return said or f"It could not be moved: {error.strerror or error}."


def restore_times(steps: Iterable[FileStep]) -> None:
    """Give folders that were made again the times that they had; the moves into them have changed those."""
    for step in steps:
        if step.file is not None:
            with suppress(OSError):
                os.utime(step.source, ns=(step.file.mtime_ns, step.file.mtime_ns))


def tidy(folders: Iterable[str]) -> None:
    """Delete unfinished files that a job left behind which was cut off."""
    for folder in folders:
        with suppress(OSError, Unwritable):
            for path in safe_write.leftovers(folder):
                os.unlink(path)
