"""History: every change, what it touched, and whether it can still be undone."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from djtui.library import history
from djtui.library.history import Change
from djtui.tui import changing, formats, keys, styles, touched
from djtui.tui.feed import Counters
from djtui.tui.screens.view import View
from djtui.tui.touched import said
from djtui.tui.widgets.rows import Row, Rows

SHOWN: Final = 200
UNREADABLE: Final = "What it touched cannot be read."

_NOUNS: Final = {"playlist": "playlist", "resolve": "conflict", "restore": "file", "route": "playlist"}
_KINDS: Final = max(map(len, ("playlist", "resolve", "restore", "import")))


class HistoryView(View):
    """The list of changes, and what the one under the cursor did."""

    MODE = "history"
    CSS_PATH = styles.sheet(MODE)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "undo_this", "undo this", id="history.undo", group=keys.CHANGES,
                tooltip="Take back the change under the cursor; what was changed since is left alone"),
        Binding("ctrl+r", "redo_this", "redo this", id="history.redo", group=keys.CHANGES,
                tooltip="Do again what was undone"),
        Binding("tab", "app.focus_next", "details", id="history.details", group=keys.MOVE,
                tooltip="Between the list and the details"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._changes: dict[int, Change] = {}

    def body(self) -> ComposeResult:
        with Vertical(id="changes", classes="frame") as frame:
            frame.border_title = "History"
            yield Rows(empty="Nothing has been changed yet: edits and imports appear here.", id="list")
        with Vertical(id="touched", classes="frame") as frame:
            frame.border_title = "What it touched"
            yield Rows(empty="", id="details")

    def on_mount(self) -> None:
        self.djtui.library_changed.subscribe(self, self._follow)
        self.query_one("#list").focus()
        self.djtui.do(self._read())

    def _follow(self, counters: tuple[Counters, Counters]) -> None:
        before, now = counters
        if before.changes != now.changes:
            self.djtui.do(self._read())

    async def _read(self) -> None:
        changes = await history.changes(await self.djtui.library(), SHOWN)
        self._changes = {change.id: change for change in changes}
        self.query_one("#list", Rows).show([self._row(change) for change in changes])
        self.query_one("#changes").border_subtitle = f"{len(changes)}" if changes else ""
        self.djtui.do(self._read_details())
        self.refresh_bindings()

    # -- details ----------------------------------------------------------------------------------

    @property
    def change(self) -> Change | None:
        """The change under the cursor."""
        row = self.query_one("#list", Rows).row
        return self._changes.get(int(str(row.key))) if row else None

    def on_rows_highlighted(self, event: Rows.Highlighted) -> None:
        if event.rows.id == "list":
            self.refresh_bindings()
            self.djtui.do(self._read_details())

    async def _read_details(self) -> None:
        change = self.change
        if change is None:
            return
        try:
            rows = await touched.read(await self.djtui.library(), change)
        except Exception as error:  # whatever it is: never what another change touched
            self.log(error)
            rows = [said(UNREADABLE, "$error"), said(f"{type(error).__name__}: {error}")]
        if change is self.change:
            self.query_one("#details", Rows).show([*_about(change), *rows])

    # -- undo and redo ----------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action not in ("undo_this", "redo_this"):
            return True
        # Never None: then the key would go on to the app, and undo a change that is not the one shown.
        return self.change is not None

    def action_undo_this(self) -> None:
        if change := self.change:
            self.djtui.do(changing.undo(self.djtui, change))

    def action_redo_this(self) -> None:
        if change := self.change:
            self.djtui.do(changing.redo(self.djtui, change))

    def _row(self, change: Change) -> Row:
        undone = change.undone is not None
        style = "$quiet" if undone or change.kind in ("undo", "redo") else ""
        left = (
            (f" {formats.moment(change.at):<13} ", "$quiet"),
            (f"{change.kind:<{_KINDS}}  ", "$quiet"),
            (change.title, style),
        )
        of = self._changes.get(change.undoes) if change.undoes is not None else None
        items = formats.plural(change.items, _noun(of or change)) if change.items else ""
        return Row(change.id, left, (("undone  " if undone else "", "$warning"), (items, "$quiet")))


def _noun(change: Change) -> str:
    """What a change counts."""
    return _NOUNS.get(change.kind, "track")


def _about(change: Change) -> list[Row]:
    lines = [
        said(change.title, "bold"),
        said(f"{change.kind} {change.id}, {formats.moment(change.at).strip()}"),
    ]
    if change.undone is not None:
        lines.append(said(f"Undone by change {change.undone}.", "$warning"))
    if change.undoes is not None:
        lines.append(said(f"This {change.kind} is of change {change.undoes}."))
    if change.kind == changing.ROUTE and change.undone is None:
        lines.append(said("u puts the playlists back as they were before; asks first."))
    elif change.kind in history.BY_JOB and change.undone is None:
        lines.append(said("u puts the collection back as it was before, from its backup; asks first."))
    return lines
