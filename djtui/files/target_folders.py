"""The folders that a template's `/` makes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from djtui.files import names
from djtui.files.disk import Disk, asked


class Refused(Exception):
    """A file keeps its name; the message says why, as a sentence."""


class TargetFolders:
    """Finds the folder for each file. What differs in case or form only is one folder, spelled as it exists.

    `in_use` has the twins (`Disk.twin`) of all folders of the plan: no file can be called so.
    """

    def __init__(self, root: str | None, paths: Iterable[str], disk: Disk, sources: Collection[str]) -> None:
        self._root = None if root is None else root.rstrip("/")
        self._disk = disk
        self._sources = sources
        self._existing: set[str] = set()
        self._found: dict[tuple[str, str], str | Refused] = {}
        for folder in {path.rpartition("/")[0] for path in paths if path}:
            self._existing.update(_upwards(folder, self._existing))
        if self._root is not None and disk.is_folder(self._root) is not False:
            self._existing.update(_upwards(self._root, self._existing))
        self._spelled: dict[str, str] = {}
        for folder in sorted(self._existing):
            self._spelled.setdefault(disk.twin(folder), folder)
        self.in_use = set(self._spelled)

    def find(self, own: str, text: str) -> str:
        """The folder, with a slash, that the template calls `text`, of a file in `own`. Raises Refused."""
        base = own.rstrip("/") if self._root is None else self._root
        found = self._found.get((base, text))
        if found is None:
            try:
                found = self._walk(base, text)
            except Refused as refusal:
                found = refusal
            self._found[base, text] = found
        if isinstance(found, Refused):
            raise found
        return found

    def to_make(self, targets: Iterable[str]) -> list[str]:
        """The folders that files with these paths need and that are not there, parents first."""
        missing: set[str] = set()
        if not self._found:
            return []
        for folder in {target.rpartition("/")[0] for target in targets}:
            missing.update(
                each for each in _upwards(folder, self._existing) if not self._disk.is_folder(each)
            )
        return sorted(missing)

    def _walk(self, base: str, text: str) -> str:
        folder = base
        for part in text.split("/"):
            name = names.component(names.shorten(names.component(part), names.LONGEST))
            if name:
                folder = self._one_spelling(f"{folder}/{name}")
                self._check(folder)
                self.in_use.add(self._disk.twin(folder))
        return f"{folder}/"

    def _one_spelling(self, folder: str) -> str:
        return (
            folder if folder in self._existing else self._spelled.setdefault(self._disk.twin(folder), folder)
        )

    def _check(self, folder: str) -> None:
        is_file = self._disk.is_folder(folder) is False and asked(self._disk.taken, folder)
        if is_file or self._disk.place(folder) in self._sources:
            raise Refused(f"“{names.shown(folder)}” is a file, so no folder can be called so.")


def _upwards(folder: str, known: Collection[str]) -> Iterator[str]:
    """A folder and those that it is in, as far as they are not known."""
    while folder and folder not in known:
        yield folder
        folder = folder.rpartition("/")[0]
