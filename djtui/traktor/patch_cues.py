"""The cues of an entry, patched: those that are wanted as they are keep their bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from djtui.model.cue import CueType
from djtui.traktor import values
from djtui.traktor.entry import CueRow
from djtui.traktor.markup import Element, Markup
from djtui.traktor.writer import Attribute, decimal, element

GRID: Final = CueType.GRID.value
UNNAMED: Final = "n.n."
_TYPES: Final = frozenset(kind.value for kind in CueType)


@dataclass(slots=True)
class FileCue:
    """A CUE_V2 of the entry, and the row that it is or becomes."""

    element: Element
    row: CueRow
    retuned: bool = False  # its GRID BPM was changed


@dataclass(slots=True)
class PatchedCues:
    """What became of the cues: those of the file that stay, the rows that were added."""

    kept: list[FileCue]
    added: list[CueRow] = field(default_factory=list)
    doubles: int = 0
    grid_refused: bool = False

    @property
    def markers(self) -> int:
        """How many grid markers the entry has now."""
        return sum(cue.row[0] == GRID for cue in self.kept) + sum(row[0] == GRID for row in self.added)


class _Place(NamedTuple):
    """Two cues with the same one are doubles: type, position to 1 ms, slot."""

    type: int
    start: int
    slot: int | None


def file_cues(markup: Markup) -> list[FileCue]:
    """The cues of an entry, read as `traktor.entry` reads them."""
    return [FileCue(child, _row(child)) for child in markup.root.children if child.name == "CUE_V2"]


def patch_cues(
    markup: Markup, cues: Sequence[FileCue], wanted: Sequence[Sequence[Any]], *, locked: bool
) -> PatchedCues:
    """Make the cues of an entry those that are wanted. The grid markers of a `locked` one stay."""
    rows = [normal(row) for row in wanted]
    done = PatchedCues([])
    if locked:
        markers = [cue for cue in cues if cue.row[0] == GRID]
        grid = [row for row in rows if row[0] == GRID]
        done.grid_refused = len(_matched(markers, grid, same)) != max(len(markers), len(grid))
        done.kept += markers
        cues = [cue for cue in cues if cue.row[0] != GRID]
        rows = [row for row in rows if row[0] != GRID]
    matches = _matches(cues, rows)
    places = Counter(place(cue.row) for cue in (*done.kept, *(cues[at] for at in matches.values())))
    done.doubles = sum(number - 1 for number in places.values())
    for at, cue in enumerate(cues):
        if at not in matches.values():
            markup.remove(cue.element)
    for row_at, cue_at in matches.items():
        _patch(markup, cues[cue_at], rows[row_at])
        done.kept.append(cues[cue_at])
    taken = {place(cue.row) for cue in done.kept}
    for row_at, row in enumerate(rows):
        if row_at not in matches and place(row) not in taken:
            taken.add(place(row))
            markup.insert(markup.root, cue_markup(row).encode().rstrip(b"\n"))
            done.added.append(row)
    return done


def retune(markup: Markup, cue: FileCue, bpm: float) -> None:
    """Give a grid marker that has its own BPM another one."""
    grid = cue.element.child("GRID")
    if grid is not None and not cue.retuned and values.positive(grid.attributes.get("BPM")) != bpm:
        markup.set(grid, "BPM", decimal(bpm))


def cue_markup(row: CueRow, *, grids: bool = True) -> str:
    """A new cue; a grid marker has its BPM in a child (`grids`: since version 20)."""
    kind, start, length, slot, name, repeats, grid_bpm, color = row
    attributes: tuple[Attribute, ...] = (
        ("NAME", name or UNNAMED),
        ("DISPL_ORDER", "0"),
        ("TYPE", str(kind)),
        ("START", decimal(start)),
        ("LEN", decimal(length)),
        ("REPEATS", str(-1 if repeats is None else repeats)),
        ("HOTCUE", _hotcue(slot)),
        ("COLOR", color),
    )
    grid = element("GRID", (("BPM", decimal(grid_bpm)),)) if grid_bpm and grids and kind == GRID else ""
    return element("CUE_V2", attributes, grid)


def normal(row: Sequence[Any]) -> CueRow:
    """A row of the library as one of the file reads."""
    kind, start, length, slot, name, repeats, grid_bpm, color = row
    return (
        int(kind) if kind in _TYPES else 0,
        float(start or 0),
        float(length or 0),
        slot if slot in range(1, 9) else None,
        None if not name or name == UNNAMED else str(name),
        None if repeats is None else int(repeats),
        float(grid_bpm) if grid_bpm else None,
        color or None,
    )


def place(row: CueRow) -> Hashable:
    """What makes two cues doubles of each other: type, position to 1 ms, slot."""
    return _Place(row[0], round(row[1]), row[3])


def same(cue: CueRow, wanted: CueRow) -> bool:
    """Whether a cue of the file is as wanted; unknown repeats and BPM of a marker are any."""
    return (
        cue[:5] == wanted[:5]
        and wanted[5] in (None, cue[5])
        and wanted[6] in (None, cue[6])
        and cue[7] == wanted[7]
    )


def _row(mark: Element) -> CueRow:
    get = mark.attributes.get
    kind, slot, name = get("TYPE", ""), get("HOTCUE", ""), get("NAME")
    grid = mark.child("GRID")
    return (
        int(kind) if kind in map(str, _TYPES) else 0,
        values.number(get("START")) or 0.0,
        values.span(get("LEN")) or 0.0,
        int(slot) + 1 if slot in tuple("01234567") else None,
        None if not name or name == UNNAMED else name,
        values.repeats(get("REPEATS")),
        values.positive(grid.attributes.get("BPM")) if grid is not None else None,
        get("COLOR") or None,
    )


def _matches(cues: Sequence[FileCue], rows: Sequence[CueRow]) -> dict[int, int]:
    """Which cue of the file each row is: an equal one, else the one of its pad, else of its place.

    A grid marker is never taken for another kind of cue.
    """
    found = _matched(cues, rows, same)
    by_slot = _by(lambda row: row[3] and (row[0] == GRID, row[3]))
    by_start = _by(lambda row: (row[0], round(row[1])))
    for alike in (by_slot, by_start):
        free_rows = [at for at in range(len(rows)) if at not in found]
        taken = set(found.values())
        free_cues = [at for at in range(len(cues)) if at not in taken]
        more = _matched([cues[at] for at in free_cues], [rows[at] for at in free_rows], alike)
        found |= {free_rows[row]: free_cues[cue] for row, cue in more.items()}
    return found


def _by(identity: Callable[[CueRow], Hashable]) -> Callable[[CueRow, CueRow], bool]:
    def alike(cue: CueRow, wanted: CueRow) -> bool:
        return bool(identity(wanted)) and identity(cue) == identity(wanted)

    return alike


def _matched(
    cues: Sequence[FileCue], rows: Sequence[CueRow], alike: Callable[[CueRow, CueRow], bool]
) -> dict[int, int]:
    """Rows with the first cue, not yet another's, that is alike."""
    free = list(range(len(cues)))
    found: dict[int, int] = {}
    for row_at, row in enumerate(rows):
        cue_at = next((at for at in free if alike(cues[at].row, row)), None)
        if cue_at is not None:
            free.remove(cue_at)
            found[row_at] = cue_at
    return found


def _patch(markup: Markup, cue: FileCue, row: CueRow) -> None:
    """Change the attributes in which a cue differs from the row that is wanted."""
    kind, start, length, slot, name, repeats, grid_bpm, color = row
    was = cue.row
    changes: dict[str, str | None] = {}
    if kind != was[0]:
        changes["TYPE"] = str(kind)
    if start != was[1]:
        changes["START"] = decimal(start)
    if length != was[2]:
        changes["LEN"] = decimal(length)
    if slot != was[3]:
        changes["HOTCUE"] = _hotcue(slot)
    if name != was[4]:
        changes["NAME"] = name or UNNAMED
    if repeats is not None and repeats != was[5]:
        changes["REPEATS"] = str(repeats)
    if color != was[7]:
        changes["COLOR"] = color
    for attribute, value in changes.items():
        markup.set(cue.element, attribute, value)
    if grid_bpm is not None and grid_bpm != was[6] and kind == GRID:
        cue.retuned = True
        grid = cue.element.child("GRID")
        if grid is not None:
            markup.set(grid, "BPM", decimal(grid_bpm))
        else:
            markup.insert(cue.element, b'<GRID BPM="%b"></GRID>' % decimal(grid_bpm).encode())
    cue.row = (*row[:5], was[5] if repeats is None else repeats, grid_bpm or was[6], color)


def _hotcue(slot: int | None) -> str:
    return str(slot - 1 if slot else -1)
