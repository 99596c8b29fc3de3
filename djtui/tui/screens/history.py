"""History: every change, what it touched item by item, and what of it can still be undone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from djtui.library import history
from djtui.library.history import Change, Key
from djtui.model.text import harmless
from djtui.tui import changing, formats, keys, styles, touched
from djtui.tui.feed import Counters, JobNews
from djtui.tui.formats import Part
from djtui.tui.screens.view import View
from djtui.tui.touched import Unfinished
from djtui.tui.widgets.item_list import PAGE, ItemList
from djtui.tui.widgets.rows import Row, Rows

if TYPE_CHECKING:
    from djtui.bridge.touched import Item, Touched
    from djtui.library.history import Outlook

SHOWN: Final = 500
REST_S: Final = 0.2
"""So long the cursor rests on a change before anybody looks whether it can be undone."""

UNREADABLE: Final = "What it touched cannot be read."
MARK: Final = "●"
_EMPTY: Final = "Nothing has been changed yet: edits and imports appear here."
_FILTERED: Final = "No change like that. Esc shows all of them."
_STATES: Final = {"undone": "undone", "meant": "not done yet", "begun": "half done"}
_KINDS: Final = max(map(len, ("playlist", "analysis", "relocate")))


class HistoryView(View):
    """The list of changes, and what the one under the cursor did."""

    MODE = "history"
    CSS_PATH = styles.sheet(MODE)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "undo_this", "undo this", id="history.undo", group=keys.CHANGES,
                tooltip="Take back the change under the cursor, or its marked items only"),
        Binding("ctrl+r", "redo_this", "redo this", id="history.redo", group=keys.CHANGES,
                tooltip="Do again what was undone, or the marked items of it only"),
        Binding("f", "pick_kind", "kind", id="history.kind", group=keys.FIND,
                tooltip="Show changes of one kind only: edits, renames, exports"),
        Binding("slash", "search", "search", id="history.search", group=keys.FIND,
                tooltip="Show changes with a word in their titles"),
        Binding("tab", "app.focus_next", "items", id="history.details", group=keys.MOVE,
                tooltip="Between the list and the items of a change"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._changes: dict[int, Change] = {}
        self._unfinished: dict[int, Unfinished] = {}
        self._in_part: set[int] = set()
        self._kind: str | None = None
        self._text = ""
        self._touched: Touched | None = None
        self._outlook: Outlook | None = None
        self._about: list[list[Part]] = []
        self._stays: dict[Key, str] = {}
        self._marked: set[Key] = set()
        self._stale = self._busy = False

    def body(self) -> ComposeResult:
        with Vertical(id="changes", classes="frame") as frame:
            frame.border_title = "History"
            yield Rows(empty=_EMPTY, id="list")
        with Vertical(id="touched", classes="frame") as frame:
            frame.border_title = "What it touched"
            yield Static("", id="about")
            yield ItemList(self._item_row, empty="", id="items")
            yield Static("", id="whole")

    def on_mount(self) -> None:
        self.djtui.library_changed.subscribe(self, self._follow)
        self.djtui.jobs_changed.subscribe(self, self._follow_jobs)
        self.query_one("#list").focus()
        self.djtui.do(self._read())

    def _follow(self, counters: tuple[Counters, Counters]) -> None:
        before, now = counters
        if before.history != now.history:
            self.djtui.do(self._read())

    def _follow_jobs(self, news: JobNews) -> None:
        if self._unfinished or news.ended:
            self.djtui.do(self._read())

    # -- the list ---------------------------------------------------------------------------------

    async def _read(self) -> None:
        library = await self.djtui.library()
        wanted = {"kind": self._kind, "text": self._text}
        changes = await history.changes(library, SHOWN, kind=self._kind, text=self._text)
        total = await history.count(library, kind=self._kind, text=self._text)
        ids = [change.id for change in changes]
        self._unfinished = await touched.unfinished(library, ids)
        self._in_part = await history.taken_in_part(library, ids)
        if wanted != {"kind": self._kind, "text": self._text}:
            return  # another reading is on its way
        self._changes = {change.id: change for change in changes}
        rows = self.query_one("#list", Rows)
        rows.say(_FILTERED if self._is_filtered else _EMPTY)
        rows.show([self._row(change) for change in changes])
        shown = f"the newest {len(changes):,} of " if len(changes) < total else ""
        frame = self.query_one("#changes")
        frame.border_subtitle = f"{shown}{total:,}" if changes else ""
        said = " · ".join(word for word in (self._kind, harmless(self._text)) if word)
        frame.border_title = formats.content([("History", ""), (f" · {said}" if said else "", "")])
        self._look(keep=True)

    @property
    def _is_filtered(self) -> bool:
        return self._kind is not None or bool(self._text)

    def action_pick_kind(self) -> None:
        self.djtui.do(self._pick_kind())

    async def _pick_kind(self) -> None:
        from djtui.tui.screens.dialog import Picker, plain

        found = await history.kinds(await self.djtui.library())
        rows = [plain("", "every kind", f"{sum(found.values()):,}")]
        rows += [plain(kind, kind, f"{count:,}") for kind, count in found.items()]
        answer = await self.djtui.push_screen_wait(
            Picker("Show which changes?", rows, cursor=self._kind or "")
        )
        if answer is not None:
            self._kind = answer or None
            await self._read()

    def action_search(self) -> None:
        self.djtui.do(self._search())

    async def _search(self) -> None:
        from djtui.tui.screens.dialog import Prompt

        answer = await self.djtui.push_screen_wait(
            Prompt("Search the history", "Words in the titles of changes; nothing shows all.", self._text)
        )
        if answer is not None:
            self._text = answer.strip()
            await self._read()

    def escape(self) -> None:
        """Unmark, then show all changes again."""
        if self._marked:
            self._marked.clear()
            self._show_marks()
        elif self._is_filtered:
            self._kind, self._text = None, ""
            self.djtui.do(self._read())

    def _row(self, change: Change) -> Row:
        undone = change.undone is not None
        style = "$quiet" if undone or change.kind in ("undo", "redo") else ""
        left = (
            (f" {formats.moment(change.at):<13} ", "$quiet"),
            (f"{change.kind:<{_KINDS}}  ", "$quiet"),
            (change.title, style),
        )
        of = self._changes.get(change.undoes) if change.undoes is not None else None
        items = formats.plural(change.items, touched.noun(of or change)) if change.items else ""
        return Row(change.id, left, ((self._state(change), "$warning"), (items, "$quiet")))

    def _state(self, change: Change) -> str:
        if (job := self._unfinished.get(change.id)) is not None:
            return f"{job.word}  "
        if change.undone is not None:
            return "undone  "
        return "partly undone  " if change.id in self._in_part else ""

    # -- details ----------------------------------------------------------------------------------

    @property
    def change(self) -> Change | None:
        """The change under the cursor."""
        row = self.query_one("#list", Rows).row
        return self._changes.get(int(str(row.key))) if row is not None else None

    @property
    def items(self) -> ItemList[Item]:
        return self.query_one(ItemList)

    def on_rows_highlighted(self, event: Rows.Highlighted) -> None:
        if event.rows.id == "list":
            self._look(keep=False)
        else:
            self._show_whole()

    def _look(self, *, keep: bool) -> None:
        """Read the details of the change under the cursor; one at a time, the last that was asked for."""
        if not keep:
            self._marked.clear()
        self.refresh_bindings()
        self._stale = True
        if not self._busy:
            self._busy = True
            self.djtui.do(self._read_details())

    async def _read_details(self) -> None:
        try:
            while self._stale and self.is_attached:
                self._stale = False
                if (change := self.change) is None:
                    self._clear()
                    continue
                try:
                    await self._read_touched(change)
                    await asyncio.sleep(REST_S)
                    if not self._stale:
                        await self._read_outlook(change)
                except Exception as error:  # whatever it is: never what another change touched
                    self.log(error)
                    self._clear()
                    self._say_about([[(UNREADABLE, "$error")], [(f"{type(error).__name__}: {error}", "")]])
        finally:
            self._busy = False

    def _clear(self) -> None:
        self._touched = self._outlook = None
        self._stays = {}
        self.items.open(0)
        self._say_about([])
        self._show_marks()

    async def _read_touched(self, change: Change) -> None:
        found = await touched.read(self.djtui, change)
        about: list[list[Part]] = [[(f"{change.kind} {change.id}  ", "$quiet"), (change.title, "bold")]]
        about += [[(note, "$quiet")] for note in found.notes]
        if (job := self._unfinished.get(change.id)) is not None:
            far = await touched.how_far(await self.djtui.library(), change, job)
            about.append([(far, "$warning")])
        if self._stale:
            return
        keep = self._touched is not None and self._touched.change.id == change.id
        if not keep or self._touched is None or self._touched.change != change:
            self._outlook, self._stays = None, {}
        self._touched = found
        self.items.open(len(found), keep=keep)
        self._say_about(about)
        self._show_marks()

    async def _read_outlook(self, change: Change) -> None:
        """Whether it can be undone, by the library and the disk as they are now."""
        found, said = await touched.outlook(self.djtui, change)
        if self._stale or change != self.change:
            return
        self._outlook = found
        self._stays = {refusal.key: refusal.reason for refusal in found.refused if refusal.key is not None}
        more = []
        if change.id in self._in_part and history.why_no_redo(change) is None:
            more = [[("Partly undone: ^r does that part again.", "$quiet")]]
        style = "$warning" if found.refused or (found.why and change.undone is None) else "$quiet"
        self._say_about([*self._about, [(said, style)], *more], last=True)
        self.items.refresh()
        self._show_whole()
        self.refresh_bindings()

    def _say_about(self, lines: list[list[Part]], *, last: bool = False) -> None:
        if not last:
            self._about = lines
        self.query_one("#about", Static).update(_text(lines))

    # -- items ------------------------------------------------------------------------------------

    def on_item_list_wanted(self, event: ItemList.Wanted) -> None:
        if self._touched is not None:
            self.djtui.do(self._read_page(self._touched, event.page))

    async def _read_page(self, found: Touched, page: int) -> None:
        items = await touched.page(self.djtui, found, page * PAGE, (page + 1) * PAGE)
        if found is self._touched:
            self.items.put(page, items)

    def _item_row(self, item: Item) -> Row:
        right = _STATES.get(item.state, "")
        if not right and item.key in self._stays:
            right = "stays"
        mark = f"{MARK} " if item.key in self._marked else "  " if self._marked else ""
        left = ((f" {mark}", "$accent"), (item.name, ""), ("  " if item.name else "", ""))
        return Row(item.key, (*left, (" · ".join(item.said), "$quiet")), ((right, "$warning"),))

    def on_item_list_marked(self) -> None:
        item = self.items.item
        if item is None or self._touched is None:
            return
        if not self._touched.single(item.key):
            why = history.WHOLE.get(self._touched.change.kind, "This is undone with all of the change only.")
            self.djtui.toasts.put("mark", "error", why)
            return
        self._marked ^= {item.key}
        self.items.action_move(1)
        self._show_marks()

    def _show_marks(self) -> None:
        count = len(self._touched) if self._touched is not None else 0
        marked = f" · {len(self._marked):,} marked" if self._marked else ""
        self.query_one("#touched").border_subtitle = f"{count:,}{marked}" if count else ""
        self.items.refresh()
        self._show_whole()
        self.refresh_bindings()

    def _show_whole(self) -> None:
        """The item under the cursor in full."""
        item = self.items.item
        lines: list[list[Part]] = []
        if item is not None:
            stays = f"stays: {self._stays[item.key]}" if item.key in self._stays else ""
            parts = [(item.name, ""), *((said, "$quiet") for said in item.said), (stays, "$warning")]
            lines = [[part] for part in parts if part[0]]
        self.query_one("#whole", Static).update(_text(lines))

    def on_rows_selected(self, event: Rows.Selected) -> None:
        if event.rows.id == "list":
            self.items.focus()
        elif (item := self.items.item) is not None:
            from djtui.tui.screens.dialog import Lines

            said = [*item.said, *([self._stays[item.key]] if item.key in self._stays else [])]
            rows = [Row(number, ((f" {text}", ""),)) for number, text in enumerate(said)]
            self.djtui.push_screen(Lines(item.name or "This file", rows))

    # -- undo and redo ----------------------------------------------------------------------------

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """Undo and redo are offered only where they can be done; their keys stay this view's all the same:
        else they would go on to the app, and undo a change that is not the one shown."""
        found = super().active_bindings
        for key, active in list(found.items()):
            word, is_this, _ = active.binding.action.partition("_this")
            if not is_this:
                continue
            nothing = word == "undo" and self._outlook is not None and not self._outlook.can
            if nothing or self._refusal(redo=word == "redo") is not None:
                del found[key]
            elif self._marked:
                description = f"{word} {len(self._marked):,} marked"
                found[key] = active._replace(binding=replace(active.binding, description=description))
        return found

    def _refusal(self, *, redo: bool) -> str | None:
        """Why the change under the cursor cannot be undone or done again, as far as that is sure."""
        change = self.change
        if change is None:
            return "There is no change here."
        never = history.why_no_redo(change)
        if change.kind in ("undo", "redo") or (redo and never is not None):
            return never
        if redo:
            begun = change.undone is not None or change.id in self._in_part
            return None if begun else f"“{change.title}” is not undone, so it cannot be redone."
        return None if change.undone is None else f"“{change.title}” is undone already."

    def action_undo_this(self) -> None:
        self._reverse(redo=False)

    def action_redo_this(self) -> None:
        self._reverse(redo=True)

    def _reverse(self, *, redo: bool) -> None:
        if (reason := self._refusal(redo=redo)) is not None:
            self.djtui.toasts.put("error", "error", reason)
        elif change := self.change:
            act = changing.redo if redo else changing.undo
            only = set(self._marked) or None
            self._marked.clear()
            self._show_marks()
            self.djtui.do(act(self.djtui, change, only))


def _text(lines: Sequence[Sequence[Part]]) -> Content:
    return Content("\n").join(formats.content(line) for line in lines)
