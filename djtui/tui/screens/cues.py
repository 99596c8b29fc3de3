"""The cues of a track: a list of them, and a form for one. Each change is saved at once; u takes it back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from djtui.library import cues, history, tracks, typed
from djtui.library.cues import KEEP, SLOTS, TYPES, CueError
from djtui.model.cue import CueType
from djtui.model.text import harmless
from djtui.tui import changing
from djtui.tui.feed import Counters
from djtui.tui.fields import Field
from djtui.tui.formats import Parts
from djtui.tui.screens.dialog import Dialog
from djtui.tui.screens.form import Form
from djtui.tui.widgets.rows import Row, Rows

if TYPE_CHECKING:
    from djtui.tui.app import DjtuiApp

    Reverse = Callable[[DjtuiApp, history.Change], Awaitable[None]]

Image = Mapping[str, Any]
CueRows = Sequence[cues.Row]

LOCKED: Final = "The track is locked: its beat grid stays. Unlock it first (e, lock: no)."
CHANGED: Final = "This cue was changed meanwhile: look again."
_TYPE, _START, _LENGTH, _SLOT, _NAME, _GRID_BPM = 0, 1, 2, 3, 4, 6
_UNNAMED: Final = ("n.n.", "AutoGrid", "Beat Marker")  # what Traktor calls a cue that nobody named


class CuesDialog(Dialog[None]):
    """Cues by time. Grid markers stand among them, and cannot be touched while the track is locked."""

    HINTS = "e edit · n new · d delete · 1-8 pad · 0 no pad · u undo · esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit", show=False),
        Binding("n", "new", "New", show=False),
        Binding("d,delete", "delete", "Delete", show=False),
        Binding("u", "undo", "Undo", show=False),
        Binding("ctrl+r", "redo", "Redo", show=False),
        Binding("q", "leave", show=False),
        Binding("0", "pad(0)", "No pad", show=False),
        *(Binding(str(slot), f"pad({slot})", f"Pad {slot}", show=False) for slot in SLOTS),
    ]

    def __init__(self, image: Image) -> None:
        """`image`: a whole track, as `tracks.images` has it."""
        name = image["title"] or "untitled"
        super().__init__(f"Cues of {name}", wide=True)
        self._image = image
        self._made: list[tuple[int, str]] = []  # the changes made here, and what each did: these u takes back
        self._undone: list[tuple[int, str]] = []
        self._turn = asyncio.Lock()  # one change after the other, as the keys came

    def body(self) -> ComposeResult:
        yield Rows(empty="No cues yet: n makes one.", id="cues")
        yield Static("", id="said")

    def on_mount(self) -> None:
        self.djtui.library_changed.subscribe(self, self._follow)
        rows = self._rows()
        first = next((row.key for row in rows if self._cues[int(str(row.key))][_TYPE] != CueType.GRID), None)
        self.query_one(Rows).show(rows, cursor=first)
        self.query_one(Rows).focus()

    # -- what is there -----------------------------------------------------------------------------

    @property
    def _cues(self) -> CueRows:
        return self._image["cues"] or ()

    @property
    def _here(self) -> int | None:
        """The place of the cue under the cursor among the track's cues."""
        row = self.query_one(Rows).row
        return int(str(row.key)) if row else None

    def _rows(self) -> list[Row]:
        order = sorted(range(len(self._cues)), key=lambda index: self._cues[index][_START])
        return [_row(index, self._cues[index], locked=bool(self._image["locked"])) for index in order]

    def _follow(self, counters: tuple[Counters, Counters]) -> None:
        self.djtui.do(self._read())

    async def _read(self) -> None:
        id = self._image["id"]
        image = (await tracks.images(await self.djtui.library(), [id], cues=True)).get(id)
        if image is None:
            self.dismiss(None)
        elif self.is_attached and image != self._image:
            self._image = image
            self.query_one(Rows).show(self._rows())

    def _say(self, sentence: str, *, wrong: bool = False) -> None:
        if not self.is_attached:
            return
        said = self.query_one("#said", Static)
        said.set_class(wrong, "mistake")
        said.update(Content(harmless(sentence)))

    # -- changes -----------------------------------------------------------------------------------

    def on_rows_selected(self) -> None:
        self.action_edit()

    def action_edit(self) -> None:
        if (index := self._here) is None:
            return
        seen = self._cues[index]
        if self._image["locked"] and seen[_TYPE] == CueType.GRID:
            self._say(LOCKED, wrong=True)
            return
        self.djtui.push_screen(
            CueForm(self._image, index),
            lambda values: self._set(index, values, "changed") if values else None,
        )

    def action_new(self) -> None:
        self.djtui.push_screen(
            CueForm(self._image, None), lambda values: self._set(None, values, "new") if values else None
        )

    def action_pad(self, pad: int) -> None:
        if (index := self._here) is None:
            return
        where = f"to pad {pad}" if pad else "off its pad"
        self._set(index, {"slot": pad or None}, f"moved {where}")

    def action_delete(self) -> None:
        if (index := self._here) is not None:
            self._change(index, lambda there: cues.delete_cues(there, [index]), "deleted")

    def _set(self, index: int | None, values: Image, what: str) -> None:
        self._change(index, lambda there: set_cue(self._image, there, index, values), what)

    def _change(self, index: int | None, change: Callable[[CueRows], CueRows], what: str) -> None:
        """Change the cues; `index` is that of the cue that it is about, None for a new one."""
        seen = None if index is None else list(self._cues[index])

        def compute(image: Image) -> Image:
            there = image["cues"]
            if index is not None and (index >= len(there) or list(there[index]) != seen):
                raise CueError(CHANGED)
            wanted = change(there)
            if image["locked"] and _grid(wanted) != _grid(there):
                raise CueError(LOCKED)
            return {"cues": wanted}

        self.djtui.do(self._save(compute, "a cue" if seen is None else cues.label(seen), what))

    async def _save(self, compute: Callable[[Image], Image], name: str, what: str) -> None:
        title = f"{name} of {self._image['title'] or 'untitled'}: {what}"
        async with self._turn:
            try:
                _, change = await history.edit_each(
                    await self.djtui.library(), [self._image["id"]], compute, title
                )
            except CueError as error:
                self._say(str(error), wrong=True)
                return
            await self._read()
            if change is not None:
                self._made.append((change, f"{name} {what}"))
                self._undone.clear()
            self._say("nothing to change" if change is None else f"{name} {what} · u takes it back")

    def action_undo(self) -> None:
        self.djtui.do(self._undo())

    async def _undo(self) -> None:
        """Take back the newest change that was made here; what was done elsewhere is not seen from here."""
        async with self._turn:
            if not self._made:
                self._say("nothing to take back here")
                return
            id, what = self._made.pop()
            if await self._reversed(id, changing.undo):
                self._undone.append((id, what))
                self._say(f"{what}: taken back · ^r does it again")

    def action_redo(self) -> None:
        self.djtui.do(self._redo())

    async def _redo(self) -> None:
        async with self._turn:
            if not self._undone:
                self._say("nothing to do again here")
                return
            id, what = self._undone.pop()
            if await self._reversed(id, changing.redo):
                self._made.append((id, what))
                self._say(f"{what} again · u takes it back")

    async def _reversed(self, id: int, reverse: Reverse) -> bool:
        """Undo or redo a change, and show the cues; whether it came to that. Says it, where it did not."""
        library = await self.djtui.library()
        try:
            before = await history.find(library, id)
            await reverse(self.djtui, before)
            after = await history.find(library, id)
        except (history.HistoryError, changing.Refused) as error:
            self._say(str(error), wrong=True)
            return False
        await self._read()
        if (before.undone is None) == (after.undone is None):
            self._say("The cues were changed since: left as they are.", wrong=True)
            return False
        return True


class CueForm(Form):
    """Answers what was changed of a cue, or what a new one is to be, as arguments of `set_cue`."""

    def __init__(self, image: Image, index: int | None) -> None:
        there = image["cues"] or ()
        cue = _new(there) if index is None else there[index]
        time = "" if index is None else typed.clock(cue[_START])
        length = typed.clock(cue[_LENGTH]) if cue[_LENGTH] else ""
        fields = [
            Field("name", "name", _name(cue), lambda text: text.strip() or None, empty="none"),
            Field("type", "type", CueType(cue[_TYPE]).word, _type, _types),
            Field("slot", "pad", str(cue[_SLOT] or ""), _slot, partial(_pads, there, index), empty="none"),
            Field("start", "time", time, _time, _times),
            Field("length", "length", length, _length, _lengths, empty="none"),
        ]
        title = "New cue" if index is None else f"Edit {cues.label(cue)}"
        super().__init__(title, fields, first="start" if index is None else None)
        self._image = image
        self._index = index

    def refusal(self, values: dict[str, Any]) -> str | None:
        there = self._image["cues"] or ()
        cue = _new(there) if self._index is None else there[self._index]
        if self._index is None:
            values.setdefault("slot", cue[_SLOT])
        if values.get("type", cue[_TYPE]) == CueType.LOOP and not values.get("length", cue[_LENGTH]):
            return "A loop wants a length: 0:08 are eight seconds."
        try:
            wanted = set_cue(self._image, there, self._index, values)
        except CueError as error:
            return str(error)
        return LOCKED if self._image["locked"] and _grid(wanted) != _grid(there) else None


def set_cue(image: Image, there: CueRows, index: int | None, values: Image) -> list[list[Any]]:
    """As `cues.set_cue`; what becomes a grid marker has the track's tempo. Raises `CueError`."""
    new_grid = values.get("type") == CueType.GRID
    return cues.set_cue(there, index, grid_bpm=image["bpm"] if new_grid else KEEP, **values)


def _grid(there: CueRows) -> list[list[Any]]:
    return [list(cue) for cue in there if cue[_TYPE] == CueType.GRID]


def _new(there: CueRows) -> list[Any]:
    """What a new cue is at first: on the first free pad."""
    return [CueType.CUE, 0.0, 0.0, cues.free_slot(there), None, None, None, None]


def _name(cue: cues.Row) -> str:
    return "" if cue[_NAME] in _UNNAMED else cue[_NAME] or ""


def _row(index: int, cue: cues.Row, *, locked: bool) -> Row:
    type, start, length, slot, _, _, grid_bpm, _ = cue
    kind = CueType(type)
    left = (
        (f" {slot or '·':>2}  ", "$accent" if slot else "$quiet"),
        (f"{kind.word:<9}", "$quiet" if kind is CueType.GRID else ""),
        (f"{typed.clock(start):>10}  ", ""),
        (f"{typed.clock(length) if length else '':>9}  ", "$quiet"),
        (_name(cue), ""),
    )
    said = [f"{grid_bpm:.2f} BPM"] if grid_bpm else []
    if locked and kind is CueType.GRID:
        said.append("locked")
    return Row(index, left, ((" · ".join(said), "$quiet"),) if said else ())


# -- what is typed ---------------------------------------------------------------------------------


def _type(text: str) -> CueType:
    meant = [name for name in TYPES if name.startswith(text.strip().lower())]
    if text.strip().lower() in TYPES:
        return TYPES[text.strip().lower()]
    if not text.strip() or len(meant) != 1:
        raise ValueError(f"type wants {', '.join(TYPES)}, not {text!r}.")
    return TYPES[meant[0]]


def _types(text: str) -> Parts:
    meant = [name for name in TYPES if name.startswith(text.strip().lower())]
    return [(" ".join(meant or TYPES), "$quiet")]


def _slot(text: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdecimal() or int(text) not in SLOTS:
        raise ValueError(f"There are hotcues 1 to 8, and no {text!r}; empty is no pad.")
    return int(text)


def _pads(there: CueRows, index: int | None, text: str) -> Parts:
    at = cues.by_slot(there, int(text)) if text.strip().isdecimal() else None
    if at is not None and at != index:
        return [(f"taken: {cues.label(there[at])}", "$warning")]
    return [("1 to 8, empty for none", "$quiet")]


def _time(text: str) -> float:
    if not text.strip():
        raise ValueError("A cue wants a time, as in 1:04.2.")
    return typed.milliseconds(text)


def _times(text: str) -> Parts:
    return [("minutes and seconds: 1:04.2", "$quiet")]


def _length(text: str) -> float:
    return typed.milliseconds(text) if text.strip() else 0.0


def _lengths(text: str) -> Parts:
    return [("of a loop: 0:08 or 7.742", "$quiet")]
