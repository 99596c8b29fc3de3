"""Carrying out steps that change what is in a file: tags, and the paths in M3U files. For the pool.

While a file is written its old one has a second name in the same folder, until the library knows what puts
it back. A job that was cut off in between finds the old file there, and begins anew.
"""

# Names may be no text.
# ruff: noqa: PTH105, PTH108, PTH116, PTH118, PTH120

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

from djtui.files import playlist_files, safe_write, tag_writing, tags
from djtui.files.container import Unreadable
from djtui.files.placing import look, tidy
from djtui.files.playlist_files import Names
from djtui.files.safe_write import Unwritable
from djtui.files.scan_read import ReadFile, read_file
from djtui.files.step_rows import FileStep, Outcome
from djtui.files.tag_writing import WriteOptions
from djtui.files.undo_record import Undo

_IS_OLD: Final = re.compile(r"\.djtui-\d+-\d+\.old")


def write_all(
    change_id: int, steps: Sequence[FileStep], options: WriteOptions, names: Names
) -> list[Outcome]:
    """Write files, each for itself. `names`: old and new paths, for lists."""
    return [_written(change_id, step, options, names) for step in steps]


def let_go(change_id: int, written: Iterable[tuple[int, str]]) -> None:
    """Forget the old files, of steps and their paths: the library has what puts them back."""
    for step, path in written:
        with suppress(OSError, ValueError):
            os.unlink(_old_name(change_id, step, path))


def settle(change_id: int, steps: Sequence[FileStep]) -> None:
    """Put the old files back of which nobody knows how they were written: as if nothing had been done."""
    for step in steps:
        old = _old_name(change_id, step.step, step.source)
        with suppress(OSError, ValueError):
            if (there := look(old)) is not None:
                path = os.path.realpath(step.source)
                now = look(path)
                if now is not None and now.inode != there.inode:
                    os.replace(old, path)
                else:
                    os.unlink(old)
    tidy({os.path.dirname(step.source) for step in steps})


def is_old(name: str) -> bool:
    """Whether a file's name is one that old files have while new ones are written."""
    return _IS_OLD.fullmatch(name) is not None


def _old_name(change_id: int, step: int, path: str) -> str:
    name = f".djtui-{change_id}-{abs(step)}.old"
    return os.path.join(os.path.dirname(os.path.realpath(path)), name)


def _written(change_id: int, step: FileStep, options: WriteOptions, names: Names) -> Outcome:
    old = _old_name(change_id, step.step, step.source)
    try:
        with suppress(OSError, ValueError):  # a file system without hard links
            if os.stat(step.source).st_nlink == 1:
                os.link(os.path.realpath(step.source), old)
        outcome = _list(step, names) if step.kind == "list" else _tags(step, options)
    except Unwritable as error:
        outcome = Outcome(step, "refused", error.sentence)
    if outcome.state != "done":
        with suppress(OSError, ValueError):
            os.unlink(old)
    return outcome


def _tags(step: FileStep, options: WriteOptions) -> Outcome:
    was = None
    if step.undo is not None:
        written = tag_writing.restore(step.source, Undo.unpack(step.undo))
    else:
        before = _read(step.source)
        written = tag_writing.write(step.source, step.detail.get("fields") or {}, options)
        if not written.changed:
            return Outcome(step, None)
        was = {name: getattr(before, name) for name in written.changed} if before else None
    found = read_file(step.source, "")
    rows = found.file if isinstance(found, ReadFile) else None
    undo = None if written.undo is None else written.undo.pack()
    return Outcome(step, "done", file=look(written.path), undo=undo, was=was, read=rows)


def _read(path: str) -> tags.Tags | None:
    try:
        return tags.read(path)
    except Unreadable:
        return None


def _list(step: FileStep, names: Names) -> Outcome:
    written = None
    if step.undo is not None:
        try:
            written = safe_write.restore(step.source, Undo.unpack(step.undo))
        except Unwritable as error:  # edited since: then only the names are put back
            if error.reason != "changed":
                raise
    if written is None:
        written = playlist_files.rewrite(step.source, names)
    if written is None:
        return Outcome(step, None)
    return Outcome(step, "done", file=look(written.path), undo=written.undo.pack())
