"""The list of a rename: what each file is called now, and what it will be called then."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from textual.binding import Binding, BindingType

from djtui.files.names import shown
from djtui.model.text import harmless
from djtui.tui import formats, keys
from djtui.tui.formats import Part
from djtui.tui.widgets.lazy_rows import LazyRows
from djtui.tui.widgets.rows import Row, RowSource

if TYPE_CHECKING:
    from djtui.files.facts import Facts
    from djtui.files.plan import Planned

SIGNS: Final = {"rename": " ", "unchanged": "=", "numbered": "!", "refused": "✗"}
_STYLES: Final = {"rename": "", "unchanged": "$quiet", "numbered": "", "refused": "$error"}
_SIGN_STYLES: Final = {"unchanged": "$quiet", "numbered": "$warning", "refused": "$error"}
_FRINGE: Final = 5  # the cursor's mark, the sign with its blank, the right edge with its blank
_GAP: Final = 2
_TAKEN: Final = "  taken: gets a number"
_NOW: Final = 0.42

Looked = Callable[[int], "tuple[Facts, Planned | None] | None"]
"""A row: the file, and what becomes of it where that is known; None where there is no such row."""


class NameRows(RowSource):
    """The lines of the list; each is put together when it is painted. `order`: the rows that are shown."""

    def __init__(self, order: Sequence[int], look: Looked, root: str, width: int) -> None:
        self._order = order
        self._look = look
        self._root = root
        self._width = width

    def __len__(self) -> int:
        return len(self._order)

    def line(self, at: int) -> Row:
        return self._row(self._order[at])

    def place_of(self, key: Hashable) -> int | None:
        """Where a row stands among those that are shown."""
        if not isinstance(key, int):
            return None
        try:
            return self._order.index(key)
        except ValueError:
            return None

    def _row(self, row: int) -> Row:
        if (found := self._look(row)) is None:
            return Row(row, ())
        facts, planned = found
        now, then = columns(self._width)
        left = formats.fit(name(facts.path) or "no file here", now)
        if planned is None:
            return Row(row, ((f"  {left}{' ' * _GAP}", "$quiet"), ("…", "$quiet")))
        sign = (f"{SIGNS[planned.status]} ", _SIGN_STYLES.get(planned.status, ""))
        style = "$quiet" if planned.status == "unchanged" else ""
        return Row(row, (sign, (f"{left}{' ' * _GAP}", style), *_becomes(planned, self._root, then)))


class RenameRows(LazyRows):
    """The list itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.begin", "Do it", show=False, id="rename.begin", group=keys.FILES,
                tooltip="Rename the files, as the list shows it"),
    ]  # fmt: skip


def columns(width: int) -> tuple[int, int]:
    """How wide what stands now is, and what stands then."""
    room = max(20, width - _FRINGE - _GAP)
    now = int(room * _NOW)
    return now, room - now


def name(path: str) -> str:
    """A file's name, as it may be shown."""
    return shown(path)


def below(path: str, folder: str) -> str:
    """A path from a folder on, where it lies in it."""
    return "/".join(map(shown, path.removeprefix(f"{folder.rstrip('/')}/").split("/")))


def _becomes(planned: Planned, root: str, width: int) -> list[Part]:
    style = _STYLES[planned.status]
    if planned.status == "refused":
        return [(formats.cut(f"stays: {harmless(planned.reason or '')}", width), style)]
    if planned.status == "unchanged":
        kept = "keeps its name" if planned.reason is None else "keeps its number"
        return [(kept, style)]
    own = planned.path.rpartition("/")[0]
    moves = planned.target.rpartition("/")[0] != own
    target = below(planned.target, root or own) if moves else name(planned.target)
    fits = planned.status == "numbered" and cell_len(target) + len(_TAKEN) <= width
    return [(formats.cut(target, width), style), (_TAKEN if fits else "", "$warning")]
