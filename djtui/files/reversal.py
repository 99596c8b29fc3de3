"""The way back from a change of files, and forth again: which steps are possible, and why others are not.

The world may have changed since: files were renamed again, edited, deleted, or their old names taken. Such
files are left alone, with the reason; all others go.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from djtui.files import step_rows
from djtui.files.names import shown
from djtui.files.placing import GONE, look
from djtui.files.step_rows import COUNTED, MOVING, PLACING, FileStep, Identity, Kind, State
from djtui.library.database import Reader
from djtui.library.history_parts import Key, Refusal
from djtui.library.tracks import as_json

AGAIN: Final = "It was renamed again since."
REMOVED: Final = "Its track is no longer in the library: undo its removal first."
UNKNOWN: Final = "Nothing is known that would put its old tags back."
_PART: Final = 500
_WITHOUT: Final = ("inode", "reason", "parked")
_FOLDERS: Final = ("folder", "unfolder")


@dataclass(slots=True)
class Reversal:
    """Steps in their order, and what is left alone. `files` counts the files that go."""

    steps: list[FileStep] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    @property
    def files(self) -> int:
        return sum(step.kind in step_rows.COUNTED and not step.parked for step in self.steps)


async def back(library: Reader, change_id: int, only: Collection[int] | None = None) -> Reversal:
    """The steps that take a change back, all or `only` those of some tracks. Reads only."""
    steps = await step_rows.read(library, change_id, states=("done", "undone"), undos=False)
    some = only is not None or any(step.state == "undone" and step.kind in COUNTED for step in steps)
    steps = [step for step in reversed(steps) if step.state == "done" or (some and step.kind == "list")]
    turned = [_turned(step, some=some) for step in _of(steps, only)]
    merged = {step.track_id for step in steps if step.kind == "trash"}
    return await _possible(library, turned, merged)


async def forth(library: Reader, change_id: int, only: Collection[int] | None = None) -> Reversal:
    """The steps that do a change again that was taken back. Reads only."""
    steps = await step_rows.read(library, change_id, states=("undone",), undos=False)
    again = [
        step._replace(
            state="meant",
            undo=None,
            detail={name: value for name, value in step.detail.items() if name not in _WITHOUT},
        )
        for step in _of(steps, only)
    ]
    return await _possible(library, again)


def _of(steps: Sequence[FileStep], only: Collection[int] | None) -> list[FileStep]:
    if only is None:
        return list(steps)
    return [step for step in steps if step.track_id in only or step.kind in ("list", *_FOLDERS)]


def _needed(steps: Iterable[FileStep]) -> list[FileStep]:
    """No folders are made but those that files come into."""
    steps = list(steps)
    needed: set[str] = set()
    for step in steps:
        folder = "" if step.target is None else step.target.rpartition("/")[0]
        while folder and folder not in needed:
            needed.add(folder)
            folder = folder.rpartition("/")[0]
    return [step for step in steps if step.kind != "folder" or step.source in needed]


def _turned(step: FileStep, *, some: bool) -> FileStep:
    """The opposite of a step. Its number is negated."""
    state: State = "meant"
    turned = step._replace(step=-step.step, state=state, detail={}, undo=None)
    if step.kind == "folder":
        return turned._replace(kind="unfolder")
    if step.kind == "unfolder":
        return turned._replace(kind="folder", detail=step.detail)
    if step.kind in MOVING:
        assert step.target is not None
        kind: Kind = "copy" if step.kind == "copy" else "move"
        return turned._replace(kind=kind, source=step.target, target=step.source)
    if step.kind == "tags":
        detail = {"fields": step.detail.get("was", {}), "was": step.detail.get("fields", {})}
        return turned._replace(undo=step.undo, detail=detail)
    return turned._replace(undo=None if some else step.undo)


async def _possible(
    library: Reader, steps: Sequence[FileStep], merged: Collection[int | None] = ()
) -> Reversal:
    ids = sorted({step.track_id for step in steps if step.track_id is not None})
    paths: dict[int, str | None] = {}
    for start in range(0, len(ids), _PART):
        rows = await library.fetchall(
            "SELECT id, path FROM track WHERE id IN (SELECT value FROM json_each(?))",
            (as_json(ids[start : start + _PART]),),
        )
        paths.update((row["id"], row["path"]) for row in rows)
    return await asyncio.to_thread(_Check(paths, merged).checked, steps)


class _Check:
    """Walks through steps as if they were carried out, and asks the disk what lies where they lead.

    `merged` are tracks that the change itself has removed; they come back behind their files.
    """

    def __init__(self, paths: Mapping[int, str | None], merged: Collection[int | None]) -> None:
        self._paths = paths
        self._merged = merged
        self._taken: set[str] = set()
        self._free: set[str] = set()
        self._files: dict[int, Identity | None] = {}
        self._stuck: set[int] = set()

    def checked(self, steps: Sequence[FileStep]) -> Reversal:
        found = Reversal()
        last = {step.track_id: number for number, step in enumerate(steps) if step.kind in MOVING}
        for number, step in enumerate(steps):
            if step.kind not in PLACING:
                self._rewriting(step, found)
            elif step.kind not in MOVING:
                found.steps.append(step)
            elif step.track_id is None or step.track_id not in self._stuck:
                parked = step.track_id is not None and last[step.track_id] != number
                self._move(step, found, parked=parked)
        found.steps = _needed(found.steps)
        return found

    def _move(self, step: FileStep, found: Reversal, *, parked: bool) -> None:
        assert step.target is not None
        id = step.track_id
        begins = id is None or id not in self._files
        file = look(step.source) if begins else self._files[id or 0]
        if (reason := self._obstacle(step, file, begins=begins)) is not None:
            found.refused.append(Refusal(step.source, reason, _key(step)))
            if id is not None:
                self._stuck.add(id)
                found.steps = [it for it in found.steps if it.track_id != id or it.kind not in MOVING]
            return
        if id is not None:
            self._files[id] = file
        self._free.add(step.source)
        self._taken.discard(step.source)
        self._taken.add(step.target)
        self._free.discard(step.target)
        detail = {**step.detail, "parked": True} if parked else step.detail
        found.steps.append(step._replace(file=file, detail=detail))

    def _obstacle(self, step: FileStep, file: Identity | None, *, begins: bool) -> str | None:
        """Why a file cannot go back, as a sentence."""
        assert step.target is not None
        if begins and step.track_id is not None:
            if step.track_id in self._paths:
                if self._paths[step.track_id] != step.source:
                    return AGAIN
            elif step.track_id not in self._merged:
                return REMOVED
        if file is None:
            return GONE
        if step.target in self._taken or (step.target not in self._free and look(step.target) is not None):
            return f"“{shown(step.target)}” is another file now."
        return None

    def _rewriting(self, step: FileStep, found: Reversal) -> None:
        path = step.source if step.track_id is None else self._paths.get(step.track_id) or step.source
        file = look(os.path.realpath(path))
        if file is None:
            found.refused.append(Refusal(path, GONE, _key(step)))
        elif step.kind == "tags" and step.undo is None and not step.detail.get("fields"):
            found.refused.append(Refusal(path, UNKNOWN, _key(step)))
        else:
            found.steps.append(step._replace(source=path, file=file))


def _key(step: FileStep) -> Key:
    return ("list", step.step) if step.track_id is None else ("file", step.track_id)
