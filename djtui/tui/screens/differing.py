"""Where the analysis hears another tempo or key than stands here: take it, or leave it, one or all alike."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from djtui.library import differences
from djtui.library.differences import Difference
from djtui.model.key import Notation
from djtui.model.text import harmless
from djtui.tui import analysing, changing, details, formats
from djtui.tui.beside import reading
from djtui.tui.feed import Counters
from djtui.tui.formats import Part
from djtui.tui.screens.dialog import Dialog
from djtui.tui.widgets.rows import Row, Rows

if TYPE_CHECKING:
    from djtui.tui.app import DjtuiApp

SHOWN: Final = 1000
REST_S: Final = 0.3
PATIENCE: Final = 2
"""The list is read again only after so many times what reading it took."""

_EMPTY: Final = "Nothing differs. Where an analysis hears another tempo or key, it stands here."
_NONE_LEFT: Final = "Nothing was left as it is."
_SAYS: Final = {
    "traktor": "Traktor says {}",
    "analysis": "an earlier analysis heard {}",
    "edited here": "you set {}",
    "file tag": "the tag says {}",
}
_KINDS: Final = {
    "empty": "",
    "near": ", which is near",
    "other": ", which is something else",
    "relative": ", its relative",
    "fifth": ", a fifth away",
    "parallel": ", its parallel",
}
_SURE: Final = 0.75

Key = tuple[int, str]
"""Of a difference: the track's id and the field."""

Deed = Callable[["DjtuiApp", Sequence[Difference]], Coroutine[Any, Any, str]]


class Found(NamedTuple):
    """The differences in their order, and how many there are of each field and kind."""

    by_key: dict[Key, Difference]
    kinds: Counter[tuple[str, str]]


class DifferencesDialog(Dialog[None]):
    """The differences, the surest first; those that are settled go."""

    HINTS = "t take · T all such · d leave · D all such · u undo · tab left ones"
    LEFT_HINTS = "t take · T all such · d list again · D all such · tab open ones"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "take", "Take", show=False),
        Binding("T", "take_kind", "Take all such", show=False),
        Binding("d,delete", "pass", "Leave as it is", show=False),
        Binding("D", "pass_kind", "Leave all such", show=False),
        Binding("tab", "others", "Those left as they are", show=False),
        Binding("u", "undo", "Undo", show=False),
        Binding("q", "leave", show=False),
    ]

    def __init__(self, ids: Sequence[int] | None = None) -> None:
        """`ids`: only of these tracks."""
        of = f" of {formats.plural(len(ids), 'marked track')}" if ids else ""
        super().__init__(f"What the analysis hears otherwise{of}", wide=True)
        self._ids = ids
        self._dismissed = False
        self._found = Found({}, Counter())
        self._settling: dict[Key, Difference] = {}
        self._settled: set[Key] = set()  # those of them that are done: they go when the list is read again
        self._deeds: list[
            Sequence[Difference]
        ] = []  # what u takes back: differences left, () for those taken
        self._stale = self._busy = False

    def body(self) -> ComposeResult:
        yield Static("", id="kinds")
        yield Rows(empty="Looking …", id="differences")
        yield Static("", id="said")
        yield Static("", id="done")

    def on_mount(self) -> None:
        self.djtui.library_changed.subscribe(self, self._follow)
        self.query_one(Rows).focus()
        self._look_again()

    # -- reading ----------------------------------------------------------------------------------

    def _follow(self, counters: tuple[Counters, Counters]) -> None:
        self._look_again()

    def _look_again(self) -> None:
        self._stale = True
        if not self._busy:
            self._busy = True
            self.djtui.do(self._read())

    async def _read(self) -> None:
        try:
            while self._stale and self.is_attached:
                self._stale, begun, which = False, time.monotonic(), self._dismissed
                settled, self._settled = self._settled, set()
                found = await reading(self.djtui.library_path, _reader(self._ids, which))
                for key in settled:
                    self._settling.pop(key, None)
                if which == self._dismissed and self.is_attached:
                    self._found = found
                    self._show()
                if not self._stale:
                    return
                await asyncio.sleep(max(REST_S, PATIENCE * (time.monotonic() - begun)))
        finally:
            self._busy = False

    # -- showing ----------------------------------------------------------------------------------

    def _show(self) -> None:
        left = (each for key, each in self._found.by_key.items() if key not in self._settling)
        notation = cast(Notation, self.djtui.settings.ui.key_notation)
        rows = self.query_one(Rows)
        rows.say(_NONE_LEFT if self._dismissed else _EMPTY)
        rows.show([_row(each, notation) for each in islice(left, SHOWN)])
        self.query_one("#kinds", Static).update(formats.content(self._kinds()))
        self._say()

    def _kinds(self) -> list[Part]:
        going = (each for key, each in self._settling.items() if key in self._found.by_key)
        counts = self._found.kinds - Counter(map(_kind, going))
        said = [f"{field} {kind} {count:,}" for (field, kind), count in counts.most_common()]
        which = "left as it is: " if self._dismissed else ""
        more = f"   the surest {SHOWN:,} are shown" if counts.total() > SHOWN else ""
        return [(which, "$warning"), (" · ".join(said), "$quiet"), (more, "$quiet")] if said else []

    def on_rows_highlighted(self) -> None:
        self._say()

    def _say(self) -> None:
        here = self._here
        known = details.read(self.djtui.reader, here.track_id) if here is not None else None
        notation = cast(Notation, self.djtui.settings.ui.key_notation)
        said = sentence(here, known, notation) if here is not None and known is not None else ""
        self.query_one("#said", Static).update(Content(harmless(said)))

    @property
    def _here(self) -> Difference | None:
        row = self.query_one(Rows).row
        return self._found.by_key.get(cast(Key, row.key)) if row is not None else None

    # -- settling ---------------------------------------------------------------------------------

    def on_rows_selected(self) -> None:
        self.action_take()

    def action_take(self) -> None:
        self._settle(self._this(), analysing.take)

    def action_take_kind(self) -> None:
        self._settle(self._such(), analysing.take)

    def action_pass(self) -> None:
        self._settle(self._this(), self._passing)

    def action_pass_kind(self) -> None:
        self._settle(self._such(), self._passing)

    @property
    def _passing(self) -> Deed:
        return analysing.list_again if self._dismissed else analysing.dismiss

    def action_undo(self) -> None:
        """Take back what was done here last; what was left as it is stands in no history."""
        if self._settling:
            return  # what would be taken back is still being done
        left = self._deeds.pop() if self._deeds else ()
        self.djtui.do(self._list_again(left) if left else changing.undo(self.djtui))

    async def _list_again(self, left: Sequence[Difference]) -> None:
        self._report(await analysing.list_again(self.djtui, left))
        self._look_again()

    def _report(self, done: str) -> None:
        """What was done, in the dialog itself: the notes lie below it."""
        if self.is_attached:
            self.query_one("#done", Static).update(formats.content([(done, "$success")]))

    def action_others(self) -> None:
        """Between what is open and what was left as it is."""
        self._dismissed = not self._dismissed
        self.query_one(".dialog").border_subtitle = Content(
            self.LEFT_HINTS if self._dismissed else self.HINTS
        )
        self._found = Found({}, Counter())
        self._show()
        self._look_again()

    def _this(self) -> list[Difference]:
        return [self._here] if self._here is not None else []

    def _such(self) -> list[Difference]:
        """All of the field and kind of the one under the cursor."""
        here = self._here
        if here is None:
            return []
        return [each for each in self._found.by_key.values() if _kind(each) == _kind(here)]

    def _settle(self, chosen: Sequence[Difference], how: Deed) -> None:
        """Settle these. They leave the list at once, so that the next key means the next one."""
        chosen = [each for each in chosen if _key(each) not in self._settling]
        if chosen:
            self._settling |= {_key(each): each for each in chosen}
            self._show()
            self.djtui.do(self._do(chosen, how))

    async def _do(self, chosen: Sequence[Difference], how: Deed) -> None:
        try:
            self._report(await how(self.djtui, chosen))
            if how is not analysing.list_again:
                self._deeds.append(chosen if how is analysing.dismiss else ())
        finally:
            self._read_after(chosen)

    def _read_after(self, settled: Sequence[Difference]) -> None:
        """They stay away until the list is read again."""
        self._settled |= {_key(each) for each in settled}
        self._look_again()


def _reader(ids: Sequence[int] | None, dismissed: bool) -> Callable[[Any], Coroutine[Any, Any, Found]]:
    async def read(reader: Any) -> Found:
        found = await differences.differences(reader, ids=ids, dismissed=dismissed)
        return Found({_key(each): each for each in found}, Counter(map(_kind, found)))

    return read


def _key(each: Difference) -> Key:
    return each.track_id, each.field


def _kind(each: Difference) -> tuple[str, str]:
    return each.field, each.kind


def _row(each: Difference, notation: Notation) -> Row:
    ours, heard = (each.shown(side, notation) for side in ("ours", "heard"))
    right = (
        (f"{each.field:<4}", "$quiet"),
        (f"{ours:>7}", "$quiet" if each.ours is None else ""),
        (" → ", "$quiet"),
        (f"{heard:<7}", "$accent"),
        (f"{each.kind:<9}", ""),
        (f"{each.confidence:.2f}", "$quiet" if each.confidence < _SURE else ""),
    )
    return Row((each.track_id, each.field), ((f" {each.name}", ""),), right)


def sentence(each: Difference, known: details.Details, notation: Notation) -> str:
    """Who says what: "The tag says 64, the analysis hears 128: double (0.97 sure)."."""
    ours, heard = (each.shown(side, notation) for side in ("ours", "heard"))
    source = known.sources.get(each.field)
    says = (
        _SAYS[source.origin].format(ours)
        if source is not None and each.ours is not None
        else f"no {each.field}"
    )
    how = _KINDS.get(each.kind, f", which is {each.kind}")
    return f"{says[0].upper()}{says[1:]}; the analysis hears {heard}{how} ({each.confidence:.2f} sure)."
