"""What a plan is told of the disk: plain answers, so that planning itself touches nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial

from djtui.files import names

Answer = Collection[str] | Callable[[str], bool]
"""A set of paths, or a function that says of a path whether it is one of them."""


@dataclass(frozen=True, slots=True)
class Disk:
    """What lies where the files are, and where they are to go."""

    taken: Answer = ()
    """What exists, of whatever kind; that the files of the plan do is known anyway."""
    folders: Answer | None = None
    """Which folders exist; None: those of the files, and more is not known."""
    device: Callable[[str], int] | None = None
    """The device (st_dev) that a folder is on, or will be; None: all are on one."""
    folds_case: bool = False
    """"A.mp3" and "a.mp3" are one file: macOS and Windows as a rule."""
    folds_forms: bool = False
    """Composed and decomposed letters are one: macOS."""
    longest_path: int = names.LONGEST_PATH

    place: Callable[[str], str] = field(init=False, repr=False, compare=False)
    """Equal for two paths that are one file on this disk."""
    near: Callable[[str], str] = field(init=False, repr=False, compare=False)
    """As `place`, and equal where forms of a letter differ: that a disk folds those is not certain."""

    def __post_init__(self) -> None:
        near = names.folded if self.folds_case else names.composed
        exact = names.caseless if self.folds_case else names.as_written
        object.__setattr__(self, "near", near)
        object.__setattr__(self, "place", near if self.folds_forms else exact)

    @property
    def twin(self) -> Callable[[str], str]:
        """Equal for two paths of which a plan makes one only, whatever this disk does: the files may go to
        exFAT, macOS or Windows, where names that differ in case only are one file.
        """
        return names.folded

    def is_folder(self, path: str) -> bool | None:
        """Whether there is a folder; None: not told."""
        return None if self.folders is None else asked(self.folders, path)


def asked(answer: Answer, path: str) -> bool:
    """What a set or a function says of a path."""
    return answer(path) if callable(answer) else path in answer


def strangers(disk: Disk, sources: Collection[str]) -> Callable[[str], bool]:
    """Says whether something lies at a path that is no file of the plan, given the places of those."""
    if callable(disk.taken):
        return partial(_lies, disk, sources, disk.taken)
    known = [disk.taken] if disk.folders is None or callable(disk.folders) else [disk.taken, disk.folders]
    others = {disk.twin(path) for paths in known for path in paths if disk.place(path) not in sources}
    if not others:
        return _none
    return lambda path: disk.twin(path) in others


def _lies(disk: Disk, sources: Collection[str], taken: Callable[[str], bool], path: str) -> bool:
    return disk.place(path) not in sources and taken(path)


def _none(path: str) -> bool:
    return False
